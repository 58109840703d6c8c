//! The core of memcache-rs: the memcache protocol, pecl/memcache-compatible placement and values,
//! and a pooled blocking client.
//!
//! The PHP extension, the C library and the command-line tools are thin layers over [`Client`];
//! the server uses [`codec`] alone (build with `default-features = false`).
//!
//! # Layout
//!
//! | module | holds | may use |
//! |---|---|---|
//! | [`error`], [`hash`] | error kinds, key hashes | nothing |
//! | [`options`] | the option table | `error`, `hash` |
//! | [`codec`] | requests and replies as bytes, in both directions | `error` |
//! | `value` | flag bits and compression | `error`, `options` |
//! | `ring` | key to server | `hash`, `options` |
//! | `conn` | one server's byte streams: what was asked, what came back | `codec`, `error` |
//! | `pool` | many servers: failover, retry, fan-out | all of the above but `value` |
//! | `transport` | sockets, poll(2), the clock | `pool`, `conn` |
//! | `persistent` | servers that outlive one client | `pool`, `transport` |
//! | `client` | the blocking façade | everything |
//! | `capi` | the C symbols (feature `capi`) | `client` |
//!
//! Nothing below `transport` opens a socket, reads a clock or starts a thread; `tests/it/tidy.rs`
//! holds the table.

#[cfg(feature = "capi")]
pub mod capi;
#[cfg(feature = "client")]
pub mod client;
pub mod codec;
#[cfg(feature = "client")]
pub mod conn;
pub mod error;
pub mod hash;
pub mod options;
#[cfg(feature = "client")]
pub mod persistent;
#[cfg(feature = "client")]
pub mod pool;
#[cfg(feature = "client")]
pub mod ring;
#[cfg(feature = "client")]
pub mod transport;
#[cfg(feature = "client")]
pub mod value;

#[cfg(feature = "client")]
pub use client::{Client, Item, ServerId};
pub use error::{Error, ErrorKind};
pub use options::Options;
#[cfg(feature = "client")]
pub use persistent::PersistentServers;
#[cfg(feature = "client")]
pub use pool::{Address, Event, Outcome, Retry, ServerOptions};
