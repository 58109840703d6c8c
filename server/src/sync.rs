//! Atomics, locks and threads for code in which their order matters: those of the standard library,
//! or loom's while the models in `engine/tests/loom.rs` are checked (`make loom`). What only counts
//! takes the standard library's as they are.
//!
//! The models have a `cfg` of their own, since tokio takes `cfg(loom)` to leave its sockets out.

#[cfg(not(all(test, mcrsd_loom)))]
pub(crate) use std::{
    hint::spin_loop,
    sync::{Mutex, MutexGuard, atomic},
    thread::yield_now,
};

#[cfg(all(test, mcrsd_loom))]
pub(crate) use loom::{
    hint::spin_loop,
    sync::{Mutex, MutexGuard, atomic},
    thread::yield_now,
};
