//! The classes and functions, one file per group of verbs.

pub(crate) mod arginfo;
pub(crate) mod pending;

use crate::scratch::Scratch;
use crate::zend::{Call, Out, R};

/// A pool.
pub(crate) struct Pool;

macro_rules! pending {
    ($($module:ident: $($name:ident)*;)*) => {
        $(pub(crate) mod $module { $(pub(crate) use super::pending::pending as $name;)* })*
    };
}
pending! {
    connect: function_connect function_pconnect pool_connect pool_addserver memcache_connect memcache_pconnect memcache_addserver;
    server: setserverparams setfailurecallback getserverstatus findserver;
    store: set add replace cas append prepend;
    get: get;
    delete: delete;
    arith: increment decrement;
    stats: getstats getextendedstats;
    admin: getversion debug setcompressthreshold close flush set_sasl_auth_data;
}
