//! The arguments of every function and method, as reflection shows them.
//!
//! They are pecl/memcache's to the letter (`vectors/reflection.txt`): a subclass that overrides a
//! method has to match them, and no default values are known, so skipping one by name throws.
//! What is really taken is in the handlers; the two differ, as in pecl/memcache. `F_` tables
//! belong to the functions.

use crate::zend::table::arginfo;
use crate::zend::table::types::{
    ARR, BOOL, CALLABLE_OR_NULL, FLOAT, INT, MIXED, NONE, POOL, REF, STR,
};

arginfo!(F_CONNECT, 1 => NONE;
    host: NONE, port: NONE, timeout: NONE, unused4: NONE, unused5: NONE, unused6: NONE,
    unused7: NONE, unugsed8: NONE);
arginfo!(CONNECT, 1 => NONE;
    host: NONE, port: NONE, timeout: NONE, unused4: NONE, unused5: NONE, unused6: NONE,
    unused7: NONE, unugsed8: NONE);
arginfo!(POOL_CONNECT, 1 => NONE;
    host: NONE, tcp_port: NONE, udp_port: NONE, persistent: NONE, weight: NONE, timeout: NONE,
    retry_interval: NONE);
arginfo!(POOL_ADD_SERVER, 1 => BOOL;
    host: NONE, tcp_port: NONE, udp_port: NONE, persistent: NONE, weight: NONE, timeout: NONE,
    retry_interval: NONE, status: NONE);
arginfo!(ADD_SERVER, 1 => BOOL;
    host: NONE, tcp_port: NONE, persistent: NONE, weight: NONE, timeout: NONE,
    retry_interval: NONE, status: NONE, failure_callback: NONE);
arginfo!(F_ADD_SERVER, 2 => BOOL;
    memcache: POOL, host: NONE, port: NONE, tcp_port: NONE, persistent: NONE, weight: NONE,
    timeout: NONE, retry_interval: NONE, status: NONE, failure_callback: NONE);

arginfo!(SET_SERVER_PARAMS, 1 => BOOL;
    host: STR, tcp_port: INT, timeout: FLOAT, retry_interval: INT, status: BOOL,
    failure_callback: NONE);
arginfo!(F_SET_SERVER_PARAMS, 2 => BOOL;
    memcache: POOL, host: STR, tcp_port: INT, timeout: FLOAT, retry_interval: INT, status: BOOL,
    failure_callback: NONE);
arginfo!(SET_FAILURE_CALLBACK, 1 => BOOL; failure_callback: CALLABLE_OR_NULL);
arginfo!(F_SET_FAILURE_CALLBACK, 2 => BOOL;
    memcache: POOL, failure_callback: CALLABLE_OR_NULL);
arginfo!(GET_SERVER_STATUS, 1 => INT | BOOL; host: STR, tcp_port: INT);
arginfo!(F_GET_SERVER_STATUS, 2 => INT | BOOL; memcache: POOL, host: STR, tcp_port: INT);
arginfo!(FIND_SERVER, 1 => STR | BOOL; key: STR);

arginfo!(STORE, 1 => BOOL;
    key: ARR | STR, value: MIXED, flags: INT, exptime: INT, cas: INT);
arginfo!(F_STORE, 2 => BOOL;
    memcache: POOL, key: ARR | STR, value: MIXED, flags: INT, exptime: INT, cas: INT);
arginfo!(GET, 1 => MIXED; key: ARR | STR, flags: MIXED | REF, cas: MIXED | REF);
arginfo!(F_GET, 2 => MIXED; memcache: POOL, key: NONE, flags: REF, cas: REF);
arginfo!(DELETE, 1 => ARR | BOOL; key: ARR | STR, exptime: INT);
arginfo!(F_DELETE, 2 => ARR | BOOL; memcache: POOL, key: NONE, exptime: NONE);
arginfo!(ARITH, 1 => ARR | INT | BOOL; key: ARR | STR, value: INT, defval: INT, exptime: INT);
arginfo!(F_ARITH, 2 => ARR | INT | BOOL;
    memcache: POOL, key: ARR | STR, value: INT, defval: INT, exptime: INT);

arginfo!(GET_VERSION, 0 => STR | BOOL;);
arginfo!(F_GET_VERSION, 1 => STR | BOOL; memcache: POOL);
arginfo!(STATS, 0 => ARR | BOOL; type: STR, slabid: INT, limit: INT);
arginfo!(F_STATS, 1 => ARR | BOOL; memcache: POOL, type: STR, slabid: INT, limit: INT);
arginfo!(SET_COMPRESS_THRESHOLD, 1 => BOOL; threshold: INT, min_savings: FLOAT);
arginfo!(F_SET_COMPRESS_THRESHOLD, 2 => BOOL; memcache: POOL, threshold: INT, min_savings: FLOAT);
arginfo!(CLOSE, 0 => BOOL;);
arginfo!(F_CLOSE, 1 => BOOL; memcache: POOL);
arginfo!(FLUSH, 0 => BOOL; delay: INT);
arginfo!(F_FLUSH, 1 => BOOL; memcache: POOL, delay: INT);
arginfo!(SET_SASL_AUTH_DATA, 2 => BOOL; username: STR, password: STR);
arginfo!(F_SET_SASL_AUTH_DATA, 3 => BOOL; memcache: POOL, username: STR, password: STR);
arginfo!(F_DEBUG, 1 => BOOL; on_off: NONE);
