//! Items that were fetched.

use std::ffi::c_void;

use super::guard;
use crate::client::Item;
use crate::value::flags;

/// The value of an item was made by PHP's `serialize()`.
pub const MCRS_FLAG_SERIALIZED: u32 = 0x1;
/// The value is stored as a zlib stream. The library sets it when it compresses a value, and
/// decompresses a value that has it. In the flags of a call it asks for compression of a value
/// below the threshold.
pub const MCRS_FLAG_COMPRESSED: u32 = 0x2;
/// The bits (0x0f00) that hold the PHP type of a value that is not serialized; all 0 for a string.
pub const MCRS_FLAG_TYPE_MASK: u32 = 0x0f00;
/// The value is a PHP bool: `1` or `0`.
pub const MCRS_FLAG_TYPE_BOOL: u32 = 0x0100;
/// The value is a PHP int in decimal.
pub const MCRS_FLAG_TYPE_INT: u32 = 0x0300;
/// The value is a PHP float in decimal.
pub const MCRS_FLAG_TYPE_FLOAT: u32 = 0x0700;
/// The bits (0xffff0000) that are free for applications.
pub const MCRS_FLAG_USER_MASK: u32 = 0xffff0000;

// The header needs the numbers written out; they are the core's.
const _: () = assert!(
    MCRS_FLAG_SERIALIZED == flags::SERIALIZED
        && MCRS_FLAG_COMPRESSED == flags::COMPRESSED
        && MCRS_FLAG_TYPE_MASK == flags::TYPE_MASK
        && MCRS_FLAG_TYPE_BOOL == flags::TYPE_BOOL
        && MCRS_FLAG_TYPE_INT == flags::TYPE_INT
        && MCRS_FLAG_TYPE_FLOAT == flags::TYPE_FLOAT
        && MCRS_FLAG_USER_MASK == flags::USER_MASK
);

/// A value with its flags and CAS id, as it was when it was fetched. It never changes: any number
/// of threads may read it at once.
pub struct mcrs_item {
    item: Item,
}

impl mcrs_item {
    pub(super) fn new(item: Item) -> mcrs_item {
        mcrs_item { item }
    }
}

/// The value, decompressed: mcrs_item_value_len() bytes, with no NUL behind them.
///
/// The pointer belongs to the item and is valid until mcrs_item_free(). It is not NULL, but may
/// not be read from when the length is 0. NULL for NULL.
///
/// # Safety
/// `item` must be NULL or an item that is not freed yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_item_value(item: *const mcrs_item) -> *const c_void {
    // SAFETY: the caller passes NULL or a live item, which nobody changes.
    let item = unsafe { guard::look(item) };
    item.map_or(std::ptr::null(), |item| item.item.value.as_ptr().cast())
}

/// The length of the value in bytes, decompressed. 0 for NULL.
///
/// # Safety
/// `item` must be NULL or an item that is not freed yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_item_value_len(item: *const mcrs_item) -> usize {
    // SAFETY: the caller passes NULL or a live item, which nobody changes.
    let item = unsafe { guard::look(item) };
    item.map_or(0, |item| item.item.value.len())
}

/// The client flags as they are stored. MCRS_FLAG_COMPRESSED says that the value was stored as a
/// zlib stream; mcrs_item_value() is decompressed already. 0 for NULL.
///
/// # Safety
/// `item` must be NULL or an item that is not freed yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_item_flags(item: *const mcrs_item) -> u32 {
    // SAFETY: the caller passes NULL or a live item, which nobody changes.
    let item = unsafe { guard::look(item) };
    item.map_or(0, |item| item.item.flags)
}

/// The CAS id: a number that changes with every change of the item on its server, for
/// mcrs_client_cas(). 0 for NULL.
///
/// # Safety
/// `item` must be NULL or an item that is not freed yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_item_cas(item: *const mcrs_item) -> u64 {
    // SAFETY: the caller passes NULL or a live item, which nobody changes.
    let item = unsafe { guard::look(item) };
    item.map_or(0, |item| item.item.cas)
}

/// Frees an item. Pointers into it are invalid from then on.
///
/// # Safety
/// `item` must be NULL or an item that is not freed yet, and that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_item_free(item: *mut mcrs_item) {
    // SAFETY: the caller passes NULL or a live item of this library, and gives it up.
    unsafe { guard::take_back(item) };
}
