//! PHP's own serializer. Both directions run user code (`__serialize`, `__wakeup`, autoloaders).

use std::ptr;

use super::call::{R, Thrown};
use super::error::check;
use super::ffi;
use super::string::OwnedStr;
use super::value::{Owned, Value};

/// The serialized form of a value. `Ok(None)`: the serializer produced nothing.
pub(crate) fn serialize(value: Value<'_>) -> R<Option<OwnedStr>> {
    let mut buffer = ffi::smart_str {
        s: ptr::null_mut(),
        a: 0,
    };
    // SAFETY: the buffer is empty and grows in request memory; the handle is made and destroyed
    // around its one use. The text grows without a closing NUL, for which there is always room.
    let text = unsafe {
        let mut state = ffi::php_var_serialize_init();
        ffi::php_var_serialize(&raw mut buffer, value.target(), &raw mut state);
        ffi::php_var_serialize_destroy(state);
        if !buffer.s.is_null() {
            let text = (&raw mut (*buffer.s).val).cast::<u8>();
            *text.add((*buffer.s).len) = 0;
        }
        OwnedStr::from_raw(buffer.s)
    };
    if check().is_err() {
        if let Some(text) = text {
            Owned::str(text).release();
        }
        return Err(Thrown);
    }
    Ok(text)
}

/// The value of a serialized form; bytes behind it are ignored. `Ok(None)`: it is malformed.
///
/// `bytes` have to stay where they are while user code runs.
pub(crate) fn unserialize(bytes: &[u8]) -> R<Option<Owned>> {
    let mut value = Owned::null();
    let mut at = bytes.as_ptr();
    // SAFETY: `at` and `end` bound `bytes`; the handle is made and destroyed around its one use.
    // The engine may remember where it put the value when this runs inside another unserialize(),
    // so it goes into a slot of the handle and not into one of this frame. The copy is taken
    // before the handle goes, and follows a reference that the serialized form made.
    let complete = unsafe {
        let end = bytes.as_ptr().add(bytes.len());
        let mut state = ffi::php_var_unserialize_init();
        let slot = ffi::var_tmp_var(&raw mut state);
        let done = ffi::php_var_unserialize(slot, &raw mut at, end, &raw mut state) != 0;
        if done {
            value = Owned::copy_of(Value::new(slot));
        }
        ffi::php_var_unserialize_destroy(state);
        done
    };
    if complete && check().is_ok() {
        return Ok(Some(value));
    }
    value.release();
    check().map(|()| None)
}
