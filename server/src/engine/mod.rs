//! The storage engine: keys, values, expiry, CAS ids and memory. It knows no protocol, no socket
//! and no clock.
//!
//! Time is an argument everywhere: `now` is the server's clock in ticks of one second since some
//! start, at least 1, the same for every thread. An expiry is the tick at which the item is gone
//! (`expiry <= now`), 0 is never. The rules that turn a client's exptime into such a tick are
//! above this layer.
//!
//! An [`Engine`] is shared by reference between any number of threads; the server makes one and
//! leaks it (`&'static Engine`), so that an [`ItemRef`] can wait in a connection's output queue
//! without counting references to the engine itself. No call blocks on another thread for longer
//! than that thread needs to look at a handful of items; none does I/O.
//!
//! Where to go next: `config.rs` for the settings, `outcome.rs` for what calls answer.

mod config;
mod naive;
mod outcome;

pub use config::{Config, ConfigError, KEY_MAX_BYTES, PAGE_BYTES};
pub use naive::{Draft, Engine, ItemRef};
pub use outcome::{
    Arith, ClassStats, Delete, Direction, Mode, NoMemory, ReserveError, Stats, Stored,
};

#[cfg(test)]
mod tests;
