//! The parts of `mcrsd` as a library, so that benchmarks and tests reach them; the program is
//! `main.rs`. Direction: `net` → `exec` → `engine`, and nothing points back.
//!
//! `flags` reads the command line, `process` arranges the process, `clock` and `stats` serve all,
//! `restart` keeps the items over one, `sasl` and `secret` know who may log in.

pub mod clock;
pub mod crawler;
pub mod engine;
pub mod exec;
pub mod flags;
pub mod net;
pub mod process;
pub mod quote;
pub mod restart;
pub mod sasl;
pub mod secret;
pub mod stats;
mod sync;
#[cfg_attr(not(feature = "tls"), path = "tls/absent.rs")]
pub mod tls;
pub mod tuning;
pub mod upkeep;
pub mod watch;
