//! The classes and functions, one file per group of verbs.
//!
//! Each handler serves the method and the function of its verb. It reads its arguments, finds the
//! pool, fills the batch of its [`Scratch`](crate::scratch::Scratch), lets [`Pool::exchange`] run
//! it and report, and makes the result of the outcomes. Everything is gathered before anything is
//! said, so user code (callbacks, error handlers, `__wakeup`) always finds pool and connections at
//! rest and may use them.
//!
//! Return values and texts are pecl/memcache's; what differs is said where it happens.

pub(crate) mod admin;
pub(crate) mod arginfo;
pub(crate) mod arith;
mod callback;
pub(crate) mod connect;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod keys;
mod pool;
pub(crate) mod server;
pub(crate) mod stats;
pub(crate) mod store;

pub(crate) use pool::Pool;
