//! `memcache_rs.so`: the PHP module `memcache`, a drop-in replacement for pecl/memcache 8.2.
//!
//! What it is: PHP's arguments and values translated to calls of [`mcrs::Client`] and back, with
//! pecl/memcache's return values and diagnostics. What it is not: protocol, placement and sockets
//! are the core's.
//!
//! # Layout
//!
//! | file | holds |
//! |---|---|
//! | `zend/` | the only raw engine calls |
//! | `guard.rs` | panics become exceptions |
//! | `ini.rs`, `info.rs` | directives, phpinfo() |
//! | `state.rs`, `scratch.rs` | what lives from request to request, and for one call |
//! | `zval.rs` | PHP values to stored bytes and back |
//! | `prefix.rs` | what goes in front of keys |
//! | `errors.rs` | what the client reported becomes callbacks, notices and warnings |
//! | `memcache/` | the classes and functions, one file per group of verbs |
//!
//! This file holds the lists of what the module registers, and nothing else. The API as PHP sees
//! it is stated in `memcache.stub.php`.

mod errors;
mod guard;
mod info;
mod ini;
mod memcache;
mod prefix;
mod scratch;
mod state;
mod zend;
mod zval;

use std::ffi::CStr;

use memcache::arginfo::*;
use memcache::{admin, arith, connect, delete, get, server, stats, store};
use zend::table::{Functions, end, function, method};

/// The name PHP knows the module by.
const NAME: &str = "memcache";

/// What `phpversion('memcache')` says: the version of pecl/memcache this stands in for, which
/// applications compare with.
const VERSION: &str = "8.2";

/// Constants, case-sensitive.
///
/// Differs from pecl/memcache: MEMCACHE_HAVE_SESSION is 0, because this build has no session
/// handler.
const CONSTANTS: [(&CStr, i64); 6] = [
    (c"MEMCACHE_COMPRESSED", 0x2),
    (c"MEMCACHE_USER1", 0x1_0000),
    (c"MEMCACHE_USER2", 0x2_0000),
    (c"MEMCACHE_USER3", 0x4_0000),
    (c"MEMCACHE_USER4", 0x8_0000),
    (c"MEMCACHE_HAVE_SESSION", 0),
];

/// The functions; all but three take the object first and then do what the method does.
static FUNCTIONS: Functions<25> = Functions::new([
    function(c"memcache_connect", connect::function_connect, &F_CONNECT),
    function(c"memcache_pconnect", connect::function_pconnect, &F_CONNECT),
    function(
        c"memcache_add_server",
        connect::memcache_addserver,
        &F_ADD_SERVER,
    ),
    function(
        c"memcache_set_server_params",
        server::setserverparams,
        &F_SET_SERVER_PARAMS,
    ),
    function(
        c"memcache_set_failure_callback",
        server::setfailurecallback,
        &F_SET_FAILURE_CALLBACK,
    ),
    function(
        c"memcache_get_server_status",
        server::getserverstatus,
        &F_GET_SERVER_STATUS,
    ),
    function(c"memcache_get_version", admin::getversion, &F_GET_VERSION),
    function(c"memcache_add", store::add, &F_STORE),
    function(c"memcache_set", store::set, &F_STORE),
    function(c"memcache_replace", store::replace, &F_STORE),
    function(c"memcache_cas", store::cas, &F_STORE),
    function(c"memcache_append", store::append, &F_STORE),
    function(c"memcache_prepend", store::prepend, &F_STORE),
    function(c"memcache_get", get::get, &F_GET),
    function(c"memcache_delete", delete::delete, &F_DELETE),
    function(c"memcache_debug", admin::debug, &F_DEBUG),
    function(c"memcache_get_stats", stats::getstats, &F_STATS),
    function(
        c"memcache_get_extended_stats",
        stats::getextendedstats,
        &F_STATS,
    ),
    function(
        c"memcache_set_compress_threshold",
        admin::setcompressthreshold,
        &F_SET_COMPRESS_THRESHOLD,
    ),
    function(c"memcache_increment", arith::increment, &F_ARITH),
    function(c"memcache_decrement", arith::decrement, &F_ARITH),
    function(c"memcache_close", admin::close, &F_CLOSE),
    function(c"memcache_flush", admin::flush, &F_FLUSH),
    function(
        c"memcache_set_sasl_auth_data",
        admin::set_sasl_auth_data,
        &F_SET_SASL_AUTH_DATA,
    ),
    end(),
]);

/// Methods of `MemcachePool`. The names are lower case because diagnostics show them so.
static POOL_METHODS: Functions<24> = Functions::new([
    method(c"connect", connect::pool_connect, &POOL_CONNECT),
    method(c"addserver", connect::pool_addserver, &POOL_ADD_SERVER),
    method(
        c"setserverparams",
        server::setserverparams,
        &SET_SERVER_PARAMS,
    ),
    method(
        c"setfailurecallback",
        server::setfailurecallback,
        &SET_FAILURE_CALLBACK,
    ),
    method(
        c"getserverstatus",
        server::getserverstatus,
        &GET_SERVER_STATUS,
    ),
    method(c"findserver", server::findserver, &FIND_SERVER),
    method(c"getversion", admin::getversion, &GET_VERSION),
    method(c"add", store::add, &STORE),
    method(c"set", store::set, &STORE),
    method(c"replace", store::replace, &STORE),
    method(c"cas", store::cas, &STORE),
    method(c"append", store::append, &STORE),
    method(c"prepend", store::prepend, &STORE),
    method(c"get", get::get, &GET),
    method(c"delete", delete::delete, &DELETE),
    method(c"getstats", stats::getstats, &STATS),
    method(c"getextendedstats", stats::getextendedstats, &STATS),
    method(
        c"setcompressthreshold",
        admin::setcompressthreshold,
        &SET_COMPRESS_THRESHOLD,
    ),
    method(c"increment", arith::increment, &ARITH),
    method(c"decrement", arith::decrement, &ARITH),
    method(c"close", admin::close, &CLOSE),
    method(c"flush", admin::flush, &FLUSH),
    method(
        c"setSaslAuthData",
        admin::set_sasl_auth_data,
        &SET_SASL_AUTH_DATA,
    ),
    end(),
]);

/// Methods that `Memcache` has in place of its parent's.
static MEMCACHE_METHODS: Functions<4> = Functions::new([
    method(c"connect", connect::memcache_connect, &CONNECT),
    method(c"pconnect", connect::memcache_pconnect, &CONNECT),
    method(c"addserver", connect::memcache_addserver, &ADD_SERVER),
    end(),
]);
