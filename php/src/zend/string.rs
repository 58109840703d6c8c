//! PHP strings: borrowed views and new ones. Bytes, never assumed to be UTF-8.

use std::marker::PhantomData;
use std::ptr::NonNull;

use super::ffi;

/// A borrowed PHP string that lives at least for `'a`.
#[derive(Clone, Copy)]
pub(crate) struct Str<'a> {
    raw: NonNull<ffi::zend_string>,
    _life: PhantomData<&'a [u8]>,
}

impl<'a> Str<'a> {
    /// Wraps an engine string; `None` for a null pointer.
    ///
    /// # Safety
    ///
    /// `raw` is null, or points to a string that stays alive and unchanged for `'a`.
    pub(super) unsafe fn new(raw: *const ffi::zend_string) -> Option<Self> {
        NonNull::new(raw.cast_mut()).map(|raw| Self {
            raw,
            _life: PhantomData,
        })
    }

    /// The bytes, without the NUL that follows them in memory.
    pub(crate) fn bytes(self) -> &'a [u8] {
        // SAFETY: an engine string holds `len` initialised bytes from `val` on, and lives for `'a`.
        unsafe {
            let raw = self.raw.as_ptr();
            std::slice::from_raw_parts((&raw const (*raw).val).cast::<u8>(), (*raw).len)
        }
    }

    /// The engine's pointer.
    pub(super) fn as_ptr(self) -> *mut ffi::zend_string {
        self.raw.as_ptr()
    }
}

/// A string this extension owns one reference of. Not released by itself: hand it to the engine.
#[must_use]
pub(crate) struct OwnedStr {
    raw: NonNull<ffi::zend_string>,
}

impl OwnedStr {
    /// A request-lived copy of `bytes`. Runs out of memory the engine's way (a fatal error).
    pub(crate) fn new(bytes: &[u8]) -> Self {
        // SAFETY: the pointer and the length describe `bytes`; the engine copies them and never
        // returns null (it ends the request instead).
        unsafe {
            let raw = ffi::ext_php_rs_zend_string_init(bytes.as_ptr().cast(), bytes.len(), false);
            Self {
                raw: NonNull::new_unchecked(raw),
            }
        }
    }

    /// Takes over one reference of an engine string; `None` for a null pointer.
    ///
    /// # Safety
    ///
    /// `raw` is null, or the caller owns one reference of it and gives it up.
    pub(super) unsafe fn from_raw(raw: *mut ffi::zend_string) -> Option<Self> {
        NonNull::new(raw).map(|raw| Self { raw })
    }

    /// The engine's pointer; the reference goes with it.
    pub(super) fn into_raw(self) -> *mut ffi::zend_string {
        self.raw.as_ptr()
    }
}

/// Whether the engine never counts references of this string.
///
/// # Safety
///
/// `raw` points to a live engine string.
pub(super) unsafe fn is_interned(raw: *const ffi::zend_string) -> bool {
    // SAFETY: the header of a live string can be read; `IS_STR_INTERNED` is `GC_IMMUTABLE`.
    unsafe { (*raw).gc.u.type_info & ffi::GC_IMMUTABLE != 0 }
}

/// Gives one reference back.
///
/// # Safety
///
/// The caller owns one reference of `raw` and does not use it afterwards.
pub(super) unsafe fn release(raw: *mut ffi::zend_string) {
    // SAFETY: as promised by the caller.
    unsafe { ffi::ext_php_rs_zend_string_release(raw) }
}
