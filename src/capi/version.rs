//! The version of the library that is loaded.

use std::ffi::c_char;

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");

/// The version of the library that the program runs with, such as `0.1.0`; MCRS_VERSION is the one
/// it was compiled with. The string is static.
///
/// # Safety
/// Nothing is asked of the caller. Any thread may call it at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_version() -> *const c_char {
    VERSION.as_ptr().cast()
}
