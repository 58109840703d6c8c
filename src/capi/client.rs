//! The client and its options.

use std::ffi::c_char;

use super::error::mcrs_error;
use super::guard;
use super::result::mcrs_result;
use crate::client::Client;
use crate::options::Options;

/// A list of servers with the rules for using them, and the connections to them. One thread at a
/// time.
pub struct mcrs_client {
    pub(super) client: Client,
    /// A call has not come back: what it left behind cannot be trusted.
    pub(super) broken: bool,
}

// The header says that a client may move from thread to thread.
const _: fn() = || {
    fn may_move<T: Send>() {}
    may_move::<mcrs_client>();
};

/// A client with default options and without servers. To be freed by mcrs_client_free(). NULL only
/// after a defect of this library.
///
/// # Safety
/// Nothing is asked of the caller. Any thread may call it at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_client_new() -> *mut mcrs_client {
    guard::make(|| mcrs_client {
        client: Client::new(Options::default()),
        broken: false,
    })
}

/// Closes the client's connections and frees it. Items and texts that came from it stay valid.
///
/// # Safety
/// `client` must be NULL or a client that is not freed yet, and that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_client_free(client: *mut mcrs_client) {
    // SAFETY: the caller passes NULL or a live client of this library, and gives it up.
    unsafe { guard::take_back(client) };
}

/// Sets an option. `name` and `value` are C strings; numbers are in decimal. The options, their
/// range and default:
///
/// - `hash_strategy`: how keys are spread over servers; standard, consistent; default consistent.
///   Cannot be changed after a server was added.
/// - `hash_function`: the hash that spreads keys; crc32, fnv; default crc32. Cannot be changed
///   after a server was added.
/// - `allow_failover`: ask other servers for the keys of one that failed; 0, 1; default 1.
/// - `max_failover_attempts`: how many other places of a key are looked at; 1 to 4294967295;
///   default 20.
/// - `compress_threshold`: values of at least this many bytes are compressed; 0 to 2147483647
///   bytes, 0 for never; default 20000.
/// - `min_savings`: the share of a value that compression must save; 0.0 to 1.0; default 0.2.
/// - `timeout_ms`: time-out of servers added from now on, for connecting and for replies; 0 to
///   31536000000 milliseconds; default 1000. A client waits for replies as long as the smallest
///   time-out of its servers.
/// - `retry_interval_sec`: how long a failed server is left alone; for servers added from now on;
///   -1 to 2147483647 seconds, -1 for never; default 15.
///
/// Two programs find each other's items only with the same strategy, hash, and servers in the same
/// order.
///
/// Errors: MCRS_RESULT_INVALID_ARGUMENT for a name that is not listed and a value outside its
/// range; nothing is changed then.
///
/// Source: pecl/memcache's directives of the same names.
///
/// # Safety
/// `client` must be a client, `name` and `value` C strings, and `error` an error object, or NULL;
/// no other thread may use the client or the error object during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_client_set_option(
    client: *mut mcrs_client,
    name: *const c_char,
    value: *const c_char,
    error: *mut mcrs_error,
) -> mcrs_result {
    // SAFETY: the caller passes NULL or what the arguments' types say, and keeps other threads
    // from it.
    unsafe {
        guard::with_client(client, error, |client| {
            let name = String::from_utf8_lossy(guard::c_str("name", name)?);
            let value = String::from_utf8_lossy(guard::c_str("value", value)?);
            client.set_option(&name, &value)?;
            Ok(mcrs_result::MCRS_RESULT_OK)
        })
    }
}
