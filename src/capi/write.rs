//! Operations that change items.

use std::ffi::{c_char, c_void};

use super::client::mcrs_client;
use super::error::mcrs_error;
use super::guard::{self, Out, invalid};
use super::result::mcrs_result::{self, MCRS_RESULT_NOT_FOUND, MCRS_RESULT_OK};
use super::result::of_outcome;
use crate::client::{ArithVerb, Outcome, StoreVerb};
use crate::error::{Error, ErrorKind};

/// Stores an item, whatever was there before (`set`).
///
/// `value` is of any bytes, less than 4 GiB; servers take 1 MiB with the key unless they were told
/// otherwise. One of at least as many bytes as the option compress_threshold says is stored as a
/// zlib stream if that saves enough, and gets MCRS_FLAG_COMPRESSED; so is a shorter one if `flags`
/// have that bit. The other flags are stored with the value and come back with it. `exptime`: see
/// Time, above.
///
/// Errors: all of 1xx to 3xx.
///
/// # Safety
/// `client` must be a client, `key` point to `key_len` and `value` to `value_len` bytes, and
/// `error` be an error object, or NULL; no other thread may use the client or the error object
/// during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_client_set(
    client: *mut mcrs_client,
    key: *const c_char,
    key_len: usize,
    value: *const c_void,
    value_len: usize,
    flags: u32,
    exptime: i64,
    error: *mut mcrs_error,
) -> mcrs_result {
    // SAFETY: the caller promises what `store` asks for.
    unsafe {
        store(
            StoreVerb::Set,
            client,
            key,
            key_len,
            value,
            value_len,
            flags,
            exptime,
            0,
            error,
        )
    }
}

/// Stores an item if its key does not exist yet (`add`).
///
/// `value` is of any bytes, less than 4 GiB; servers take 1 MiB with the key unless they were told
/// otherwise. One of at least as many bytes as the option compress_threshold says is stored as a
/// zlib stream if that saves enough, and gets MCRS_FLAG_COMPRESSED; so is a shorter one if `flags`
/// have that bit. The other flags are stored with the value and come back with it. `exptime`: see
/// Time, above.
///
/// Answers besides MCRS_RESULT_OK: MCRS_RESULT_NOT_STORED, the key exists.
///
/// Errors: all of 1xx to 3xx.
///
/// # Safety
/// `client` must be a client, `key` point to `key_len` and `value` to `value_len` bytes, and
/// `error` be an error object, or NULL; no other thread may use the client or the error object
/// during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_client_add(
    client: *mut mcrs_client,
    key: *const c_char,
    key_len: usize,
    value: *const c_void,
    value_len: usize,
    flags: u32,
    exptime: i64,
    error: *mut mcrs_error,
) -> mcrs_result {
    // SAFETY: the caller promises what `store` asks for.
    unsafe {
        store(
            StoreVerb::Add,
            client,
            key,
            key_len,
            value,
            value_len,
            flags,
            exptime,
            0,
            error,
        )
    }
}

/// Stores an item if its key exists already (`replace`).
///
/// `value` is of any bytes, less than 4 GiB; servers take 1 MiB with the key unless they were told
/// otherwise. One of at least as many bytes as the option compress_threshold says is stored as a
/// zlib stream if that saves enough, and gets MCRS_FLAG_COMPRESSED; so is a shorter one if `flags`
/// have that bit. The other flags are stored with the value and come back with it. `exptime`: see
/// Time, above.
///
/// Answers besides MCRS_RESULT_OK: MCRS_RESULT_NOT_STORED, there is no such key.
///
/// Errors: all of 1xx to 3xx.
///
/// # Safety
/// `client` must be a client, `key` point to `key_len` and `value` to `value_len` bytes, and
/// `error` be an error object, or NULL; no other thread may use the client or the error object
/// during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_client_replace(
    client: *mut mcrs_client,
    key: *const c_char,
    key_len: usize,
    value: *const c_void,
    value_len: usize,
    flags: u32,
    exptime: i64,
    error: *mut mcrs_error,
) -> mcrs_result {
    // SAFETY: the caller promises what `store` asks for.
    unsafe {
        store(
            StoreVerb::Replace,
            client,
            key,
            key_len,
            value,
            value_len,
            flags,
            exptime,
            0,
            error,
        )
    }
}

/// Adds bytes at the end of a value (`append`).
///
/// Flags and exptime of the item stay as they are, and nothing is compressed: bytes after a
/// value that is stored as a zlib stream damage it. Keep values to which something is added below
/// the option compress_threshold.
///
/// Answers besides MCRS_RESULT_OK: MCRS_RESULT_NOT_STORED, there is no such key.
///
/// Errors: all of 1xx to 3xx.
///
/// # Safety
/// `client` must be a client, `key` point to `key_len` and `value` to `value_len` bytes, and
/// `error` be an error object, or NULL; no other thread may use the client or the error object
/// during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_client_append(
    client: *mut mcrs_client,
    key: *const c_char,
    key_len: usize,
    value: *const c_void,
    value_len: usize,
    error: *mut mcrs_error,
) -> mcrs_result {
    // SAFETY: the caller promises what `store` asks for.
    unsafe {
        store(
            StoreVerb::Append,
            client,
            key,
            key_len,
            value,
            value_len,
            0,
            0,
            0,
            error,
        )
    }
}

/// Adds bytes at the front of a value (`prepend`).
///
/// Flags and exptime of the item stay as they are, and nothing is compressed: bytes before a
/// value that is stored as a zlib stream damage it. Keep values to which something is added below
/// the option compress_threshold.
///
/// Answers besides MCRS_RESULT_OK: MCRS_RESULT_NOT_STORED, there is no such key.
///
/// Errors: all of 1xx to 3xx.
///
/// # Safety
/// `client` must be a client, `key` point to `key_len` and `value` to `value_len` bytes, and
/// `error` be an error object, or NULL; no other thread may use the client or the error object
/// during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_client_prepend(
    client: *mut mcrs_client,
    key: *const c_char,
    key_len: usize,
    value: *const c_void,
    value_len: usize,
    error: *mut mcrs_error,
) -> mcrs_result {
    // SAFETY: the caller promises what `store` asks for.
    unsafe {
        store(
            StoreVerb::Prepend,
            client,
            key,
            key_len,
            value,
            value_len,
            0,
            0,
            0,
            error,
        )
    }
}

/// Stores an item if it has not changed since it was fetched (`cas`). `cas` is what
/// mcrs_item_cas() gave then.
///
/// `value` is of any bytes, less than 4 GiB; servers take 1 MiB with the key unless they were told
/// otherwise. One of at least as many bytes as the option compress_threshold says is stored as a
/// zlib stream if that saves enough, and gets MCRS_FLAG_COMPRESSED; so is a shorter one if `flags`
/// have that bit. The other flags are stored with the value and come back with it. `exptime`: see
/// Time, above.
///
/// Answers besides MCRS_RESULT_OK: MCRS_RESULT_EXISTS, it has changed; MCRS_RESULT_NOT_FOUND,
/// it is gone.
///
/// Errors: all of 1xx to 3xx.
///
/// # Safety
/// `client` must be a client, `key` point to `key_len` and `value` to `value_len` bytes, and
/// `error` be an error object, or NULL; no other thread may use the client or the error object
/// during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_client_cas(
    client: *mut mcrs_client,
    key: *const c_char,
    key_len: usize,
    value: *const c_void,
    value_len: usize,
    flags: u32,
    exptime: i64,
    cas: u64,
    error: *mut mcrs_error,
) -> mcrs_result {
    // SAFETY: the caller promises what `store` asks for.
    unsafe {
        store(
            StoreVerb::Cas,
            client,
            key,
            key_len,
            value,
            value_len,
            flags,
            exptime,
            cas,
            error,
        )
    }
}

/// Deletes an item (`delete`).
///
/// Answers besides MCRS_RESULT_OK: MCRS_RESULT_NOT_FOUND.
///
/// Errors: all of 1xx to 3xx.
///
/// # Safety
/// `client` must be a client, `key` point to `key_len` bytes, and `error` be an error object, or
/// NULL; no other thread may use the client or the error object during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_client_delete(
    client: *mut mcrs_client,
    key: *const c_char,
    key_len: usize,
    error: *mut mcrs_error,
) -> mcrs_result {
    // SAFETY: the caller passes NULL or what the arguments' types say, and keeps other threads
    // from it.
    unsafe {
        guard::with_client(client, error, |client| {
            let key = guard::key(key, key_len)?;
            of_outcome(client.delete(key)?)
        })
    }
}

/// Gives an item another expiry (`touch`). `exptime`: see Time, above; -2147483648 to 2147483647.
///
/// Answers besides MCRS_RESULT_OK: MCRS_RESULT_NOT_FOUND.
///
/// Errors: all of 1xx to 3xx.
///
/// # Safety
/// `client` must be a client, `key` point to `key_len` bytes, and `error` be an error object, or
/// NULL; no other thread may use the client or the error object during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_client_touch(
    client: *mut mcrs_client,
    key: *const c_char,
    key_len: usize,
    exptime: i64,
    error: *mut mcrs_error,
) -> mcrs_result {
    // SAFETY: the caller passes NULL or what the arguments' types say, and keeps other threads
    // from it.
    unsafe {
        guard::with_client(client, error, |client| {
            let key = guard::key(key, key_len)?;
            let exptime = i32::try_from(exptime)
                .map_err(|_| invalid("exptime is -2147483648 to 2147483647".into()))?;
            of_outcome(client.touch(key, exptime)?)
        })
    }
}

/// Adds to a counter (`incr`), modulo 2^64. A counter is an item whose value is a number in
/// decimal; it must exist.
///
/// `*value` becomes the new value; `value` may be NULL.
///
/// Answers besides MCRS_RESULT_OK: MCRS_RESULT_NOT_FOUND.
///
/// Errors: all of 1xx to 3xx; MCRS_RESULT_CLIENT_ERROR when the value is no number.
///
/// # Safety
/// `client` must be a client, `key` point to `key_len` bytes, `value` to a uint64_t, and `error` be
/// an error object, or NULL; no other thread may use the client or the error object during the
/// call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_client_incr(
    client: *mut mcrs_client,
    key: *const c_char,
    key_len: usize,
    delta: u64,
    value: *mut u64,
    error: *mut mcrs_error,
) -> mcrs_result {
    // SAFETY: the caller promises what `arith` asks for.
    unsafe { arith(ArithVerb::Incr, client, key, key_len, delta, value, error) }
}

/// Subtracts from a counter (`decr`), stopping at 0. Otherwise like mcrs_client_incr(). A server
/// pads a number that becomes shorter with blanks, which a later mcrs_client_get() shows.
///
/// # Safety
/// As for mcrs_client_incr().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_client_decr(
    client: *mut mcrs_client,
    key: *const c_char,
    key_len: usize,
    delta: u64,
    value: *mut u64,
    error: *mut mcrs_error,
) -> mcrs_result {
    // SAFETY: the caller promises what `arith` asks for.
    unsafe { arith(ArithVerb::Decr, client, key, key_len, delta, value, error) }
}

/// The storage commands; `cas` counts for one of them.
///
/// # Safety
/// `client` is NULL or a live client and `error` NULL or a live error object, both used by no other
/// thread; `key` and `value` are NULL or can be read for their lengths.
unsafe fn store(
    verb: StoreVerb,
    client: *mut mcrs_client,
    key: *const c_char,
    key_len: usize,
    value: *const c_void,
    value_len: usize,
    flags: u32,
    exptime: i64,
    cas: u64,
    error: *mut mcrs_error,
) -> mcrs_result {
    // SAFETY: as the caller says.
    unsafe {
        guard::with_client(client, error, |client| {
            let key = guard::key(key, key_len)?;
            let value = guard::bytes("value", value.cast(), value_len)?;
            of_outcome(client.store(verb, key, value, flags, exptime, cas)?)
        })
    }
}

/// The counting commands.
///
/// # Safety
/// `client` is NULL or a live client and `error` NULL or a live error object, both used by no other
/// thread; `key` is NULL or can be read for its length, `value` is NULL or can be written to.
unsafe fn arith(
    verb: ArithVerb,
    client: *mut mcrs_client,
    key: *const c_char,
    key_len: usize,
    delta: u64,
    value: *mut u64,
    error: *mut mcrs_error,
) -> mcrs_result {
    // SAFETY: as the caller says.
    unsafe {
        guard::with_client(client, error, |client| {
            let key = guard::key(key, key_len)?;
            let number = match client.arith(verb, key, delta)? {
                Outcome::NotFound => return Ok(MCRS_RESULT_NOT_FOUND),
                Outcome::Number(number) => u64::try_from(number).ok(),
                _ => None,
            };
            let number = number.ok_or_else(|| {
                Error::new(ErrorKind::Protocol, "the server's answer is no counter")
            })?;
            if let Ok(value) = Out::new("value", value) {
                value.write(number);
            }
            Ok(MCRS_RESULT_OK)
        })
    }
}
