//! Operations that fetch items.

use std::ffi::c_char;

use super::client::mcrs_client;
use super::error::mcrs_error;
use super::guard::{self, Out, OutArray};
use super::item::mcrs_item;
use super::result::mcrs_result::{self, MCRS_RESULT_NOT_FOUND, MCRS_RESULT_OK};

/// Fetches an item (`gets`): its value, flags and CAS id.
///
/// `*item` becomes the item, to be freed by mcrs_item_free(). It is not written when there is none.
///
/// Answers besides MCRS_RESULT_OK: MCRS_RESULT_NOT_FOUND.
///
/// Errors: all but MCRS_RESULT_OUT_OF_MEMORY. MCRS_RESULT_TOO_LARGE for a value of more than 1 GiB
/// after decompression, MCRS_RESULT_DECODE for one that cannot be decompressed.
///
/// # Safety
/// `client` must be a client, `key` point to `key_len` bytes, `item` to a pointer, and `error` be
/// an error object, or NULL; no other thread may use the client or the error object during the
/// call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_client_get(
    client: *mut mcrs_client,
    key: *const c_char,
    key_len: usize,
    item: *mut *mut mcrs_item,
    error: *mut mcrs_error,
) -> mcrs_result {
    // SAFETY: the caller passes NULL or what the arguments' types say, and keeps other threads
    // from it.
    unsafe {
        guard::with_client(client, error, |client| {
            let key = guard::key(key, key_len)?;
            let item = Out::new("item", item)?;
            let Some(found) = client.get(key)? else {
                return Ok(MCRS_RESULT_NOT_FOUND);
            };
            item.write(guard::give(mcrs_item::new(found)));
            Ok(MCRS_RESULT_OK)
        })
    }
}

/// Fetches many items at once: all servers concerned are asked at the same time, each with as few
/// requests as possible.
///
/// `keys` are `count` pointers to keys, `key_lens` their lengths in bytes. `items` and `results`
/// have room for `count` each. The call returns MCRS_RESULT_OK when the servers were asked, and
/// then both are written whole, in the order of the keys: `results[i]` is what mcrs_client_get()
/// would return for that key, and `items[i]` the item if that is MCRS_RESULT_OK, otherwise NULL.
/// Each item is to be freed by mcrs_item_free(). With a `count` of 0 nothing is asked, and all four
/// may be NULL.
///
/// Errors: MCRS_RESULT_INVALID_KEY if any key is invalid, MCRS_RESULT_INVALID_ARGUMENT,
/// MCRS_RESULT_NO_SERVERS. What befalls a server is told in `results` alone.
///
/// # Safety
/// `client` must be a client, `keys` point to `count` pointers to as many bytes each as `key_lens`
/// says, `items` and `results` to room for `count`, and `error` be an error object, or NULL; no
/// other thread may use the client or the error object during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_client_get_many(
    client: *mut mcrs_client,
    keys: *const *const c_char,
    key_lens: *const usize,
    count: usize,
    items: *mut *mut mcrs_item,
    results: *mut mcrs_result,
    error: *mut mcrs_error,
) -> mcrs_result {
    // SAFETY: the caller passes NULL or what the arguments' types say, and keeps other threads
    // from it.
    unsafe {
        guard::with_client(client, error, |client| {
            let keys = guard::array("keys", keys, count)?;
            let key_lens = guard::array("key_lens", key_lens, count)?;
            let items = OutArray::new("items", items, count)?;
            let results = OutArray::new("results", results, count)?;
            let keys = keys.iter().zip(key_lens);
            let keys: Vec<&[u8]> = keys
                .map(|(&key, &len)| guard::key(key, len))
                .collect::<Result<_, _>>()?;
            let found = client.get_many(&keys)?;
            results.write(found.iter().map(|found| match found {
                Ok(Some(_)) => MCRS_RESULT_OK,
                Ok(None) => MCRS_RESULT_NOT_FOUND,
                Err(error) => error.kind().into(),
            }));
            items.write(found.into_iter().map(|found| match found {
                Ok(Some(item)) => guard::give(mcrs_item::new(item)),
                _ => std::ptr::null_mut(),
            }));
            Ok(MCRS_RESULT_OK)
        })
    }
}
