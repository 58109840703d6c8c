//! The parts of `mcrsd` as a library, so that benchmarks and tests reach them; the program is
//! `main.rs`. Direction: `net` → `exec` → `engine`, and nothing points back.

pub mod engine;
pub mod flags;
