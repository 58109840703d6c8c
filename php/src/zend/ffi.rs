//! The generated declarations: `ext_php_rs::ffi` plus what `build.rs` adds from the same headers.
//!
//! Nothing is declared by hand: a signature that changes in a new PHP has to fail the build.
#![allow(
    missing_docs,
    dead_code,
    unreachable_pub,
    non_camel_case_types,
    non_upper_case_globals,
    non_snake_case,
    clippy::all,
    clippy::undocumented_unsafe_blocks
)]

pub use ext_php_rs::ffi::*;

mod more {
    include!(concat!(env!("OUT_DIR"), "/more.rs"));
}
// Where both declare an item, ours wins over the two glob imports.
pub use more::*;
