//! libmcrs: a client for memcache servers that places keys and stores values as PHP's memcache
//! extension does. This page says what is common to all functions.
//!
//! # Shape
//! Functions are named `mcrs_<noun>_<verb>`. The receiver comes first, then inputs, then outputs,
//! then an mcrs_error. No parameter is both input and output. Outputs are written only when the
//! function returns MCRS_RESULT_OK, unless its comment names another result.
//!
//! # Results
//! A function that can fail returns an mcrs_result: 0 is success; 1 to 99 are answers that say no
//! (there is no such key, the condition does not hold); from 100 on the question was not answered,
//! and mcrs_result_is_error() is true. Numbers are never reused, and later versions may add some:
//! treat one you do not know by its hundred (1xx the caller's fault, 2xx no connection, 3xx the
//! server said so, 4xx bad data, 900 a defect of this library).
//!
//! # Errors
//! The last parameter, `mcrs_error *error`, may be NULL. Otherwise it is an object of the caller's
//! that tells more about the last error; it is written when the result is 100 or more and left
//! alone otherwise. One object may serve any number of calls.
//!
//! # Pointers
//! Every pointer is checked: NULL where it is not allowed gives MCRS_RESULT_INVALID_ARGUMENT, or
//! NULL or 0 from a function that returns no mcrs_result. Apart from NULL, a pointer must be valid,
//! and a handle must come from this library and not be freed yet; that cannot be checked.
//! Keys and values are a pointer and a length in bytes; they may hold any byte that memcache
//! allows, and are not terminated. They are only read, and not kept after the call. A key has 1 to
//! 250 bytes, all above 0x20. A value may be empty; its pointer may then be NULL.
//! Names and texts that are no keys or values are C strings: terminated by NUL, and not kept.
//!
//! # Ownership
//! What a function named _new returns, or writes to an output of type `mcrs_... **`, belongs to the
//! caller, who gives it back to the _free function of its type, once. _free of NULL does nothing.
//! Memory from this library must not be passed to free(3). Items and texts do not depend on the
//! client they came from. Pointers that a function returns into a handle are valid until the handle
//! is freed, or, for an mcrs_error, until it is used in another call.
//!
//! # Threads and processes
//! One handle, one thread at a time: a handle may move from thread to thread, and two handles may
//! be used by two threads at once. The library starts no thread, handles no signal, keeps no global
//! state, and never raises SIGPIPE.
//! After fork(2), the child may go on using a client: it notices, leaves the parent's connections
//! alone and makes its own.
//!
//! # Time
//! Calls block, for connecting and for every reply no longer than the option timeout_ms; host names
//! are looked up by the system's resolver, which has time-outs of its own. Names of numbers end in
//! their unit, but for `exptime`, which is memcache's: 0 never, negative at once, up to 2592000 (30
//! days) seconds from now, larger ones seconds since 1970.
//!
//! # Defects
//! A panic inside the library does not cross into C: the call returns MCRS_RESULT_INTERNAL, and so
//! does every later call on the same client, which is then only good for mcrs_client_free(). A
//! line about it goes to standard error. When memory runs out the process ends.
//!
//! # Inside
//! What stands above this line is also the head of `include/mcrs.h`, and every comment on a public
//! item of this module stands in it too: no links, no words that only Rust knows. The header is
//! written by `make header` (`tests/it/header.rs`).
//!
//! This layer translates and decides nothing; what calls mean is in `src/client.rs`. Pointers are
//! turned into references in `guard.rs` alone. Functions are written out, not made by macros:
//! that is what the header's generator reads.

#![allow(unsafe_code, reason = "C passes pointers")]
#![allow(
    non_camel_case_types,
    reason = "types have the names they have in the header"
)]
#![allow(
    clippy::too_many_arguments,
    reason = "a key and a value are two arguments each in C"
)]

pub mod client;
pub mod error;
mod guard;
pub mod item;
pub mod read;
pub mod result;
pub mod server;
pub mod text;
pub mod version;
pub mod write;
