//! PHP arrays: walking borrowed ones, building new ones.

use std::marker::PhantomData;
use std::ptr::NonNull;

use super::value::type_of;
use super::{Owned, Str, Value, ffi};

/// Bit of the flags byte: the table is a plain list of values without keys.
const PACKED: u8 = 1 << 2;

/// A borrowed PHP array.
#[derive(Clone, Copy)]
pub(crate) struct Array<'a> {
    raw: *mut ffi::zend_array,
    _life: PhantomData<&'a ffi::zend_array>,
}

/// A key of a PHP array.
#[derive(Clone, Copy)]
pub(crate) enum Key<'a> {
    /// An integer key.
    Int(i64),
    /// A string key; never looks like a decimal integer.
    Str(Str<'a>),
}

impl<'a> Array<'a> {
    /// Wraps an array of the engine.
    ///
    /// # Safety
    ///
    /// `raw` is not null and the array lives, and is not written to, for `'a`.
    pub(super) unsafe fn new(raw: *mut ffi::zend_array) -> Self {
        Self {
            raw,
            _life: PhantomData,
        }
    }

    /// The entry under a string key.
    pub(crate) fn get(self, key: &[u8]) -> Option<Value<'a>> {
        // SAFETY: the array lives; a found slot is initialised and stays in place for `'a`.
        unsafe {
            let slot = ffi::zend_hash_str_find(self.raw, key.as_ptr().cast(), key.len());
            (!slot.is_null()).then(|| Value::new(direct(slot)))
        }
    }

    /// The entries in order.
    pub(crate) fn iter(self) -> Entries<'a> {
        Entries {
            array: self,
            next: 0,
        }
    }

    /// A new array with the same entries.
    pub(super) fn duplicate(self) -> NewArray {
        // SAFETY: the array lives; the engine returns a fresh array with one reference.
        unsafe {
            NewArray {
                raw: NonNull::new_unchecked(ffi::zend_array_dup(self.raw)),
            }
        }
    }
}

/// The slot behind an indirect entry (a declared property, a compiled variable).
///
/// # Safety
///
/// `slot` is an initialised slot of a live table.
pub(super) unsafe fn direct(slot: *mut ffi::zval) -> *mut ffi::zval {
    // SAFETY: an indirect entry points to the slot that holds the value.
    unsafe {
        if type_of(slot) == ffi::IS_INDIRECT {
            (*slot).value.zv
        } else {
            slot
        }
    }
}

/// Iterator over the entries of an array.
///
/// Safe against user code in between: the array a call was given is never written to in place,
/// since the call's argument holds a reference of its own; positions are checked on each step.
pub(crate) struct Entries<'a> {
    array: Array<'a>,
    next: u32,
}

impl<'a> Iterator for Entries<'a> {
    type Item = (Key<'a>, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        // SAFETY: `next < nNumUsed` holds on each access; the flag says which of the two layouts
        // the table has; undefined slots are holes left by removed entries.
        unsafe {
            let table = self.array.raw;
            while self.next < (*table).nNumUsed {
                let at = self.next as usize;
                self.next += 1;
                let packed = (*table).u.v.flags & PACKED != 0;
                let (key, slot) = if packed {
                    let slot = (*table).__bindgen_anon_1.arPacked.add(at);
                    (Key::Int(at as i64), slot)
                } else {
                    let bucket = (*table).__bindgen_anon_1.arData.add(at);
                    let key = match Str::new((*bucket).key) {
                        Some(text) => Key::Str(text),
                        None => Key::Int((*bucket).h.cast_signed()),
                    };
                    (key, &raw mut (*bucket).val)
                };
                let slot = direct(slot);
                if type_of(slot) != ffi::IS_UNDEF {
                    return Some((key, Value::new(slot)));
                }
            }
        }
        None
    }
}

/// An array under construction. Not released by itself: hand it to the engine.
#[must_use]
pub(crate) struct NewArray {
    raw: NonNull<ffi::zend_array>,
}

impl NewArray {
    /// An empty array with room for `capacity` entries.
    pub(crate) fn with_capacity(capacity: u32) -> Self {
        // SAFETY: the engine returns a fresh array with one reference, never null.
        unsafe {
            Self {
                raw: NonNull::new_unchecked(ffi::_zend_new_array(capacity)),
            }
        }
    }

    /// Sets an entry. A key that reads as a decimal integer becomes an integer key, as in PHP.
    pub(crate) fn set(&mut self, key: &[u8], mut value: Owned) {
        // SAFETY: we own the array; the engine takes over the value and copies the key.
        unsafe {
            match integer_key(key) {
                Some(index) => {
                    ffi::zend_hash_index_update(self.raw.as_ptr(), index, value.as_mut_ptr())
                }
                None => ffi::zend_hash_str_update(
                    self.raw.as_ptr(),
                    key.as_ptr().cast(),
                    key.len(),
                    value.as_mut_ptr(),
                ),
            };
        }
    }

    /// Adds an entry under the next free integer key.
    pub(crate) fn push(&mut self, mut value: Owned) {
        // SAFETY: we own the array; the engine takes over the value. It refuses only when the
        // integer keys are used up, and then the value is still ours.
        unsafe {
            let slot = ffi::zend_hash_next_index_insert(self.raw.as_ptr(), value.as_mut_ptr());
            if slot.is_null() {
                value.release();
            }
        }
    }

    /// The array under `key`, made (in place of anything else) when there is none. It stays part
    /// of this one.
    pub(crate) fn child(&mut self, key: &[u8]) -> Child<'_> {
        let parent = self.raw.as_ptr();
        // SAFETY: we own the array; a child found in it was made here, so it has one reference
        // and nobody else can see it.
        let raw = unsafe {
            let found = match integer_key(key) {
                Some(index) => ffi::zend_hash_index_find(parent, index),
                None => ffi::zend_hash_str_find(parent, key.as_ptr().cast(), key.len()),
            };
            if found.is_null() || type_of(found) != ffi::IS_ARRAY {
                let child = NewArray::with_capacity(0);
                let raw = child.raw;
                self.set(key, Owned::array(child));
                raw
            } else {
                NonNull::new_unchecked((*found).value.arr)
            }
        };
        Child {
            array: Self { raw },
            _parent: PhantomData,
        }
    }

    /// The engine's pointer; the reference goes with it.
    pub(super) fn into_raw(self) -> *mut ffi::zend_array {
        self.raw.as_ptr()
    }
}

/// An array inside an array under construction.
pub(crate) struct Child<'a> {
    array: NewArray,
    _parent: PhantomData<&'a mut NewArray>,
}

impl<'a> Child<'a> {
    /// Sets an entry, as [`NewArray::set`].
    pub(crate) fn set(&mut self, key: &[u8], value: Owned) {
        self.array.set(key, value);
    }

    /// The array under `key` of this one, as [`NewArray::child`].
    pub(crate) fn into_child(mut self, key: &[u8]) -> Child<'a> {
        Child {
            array: self.array.child(key).array,
            _parent: PhantomData,
        }
    }
}

/// The integer a string key stands for, if PHP takes it for one (`"5"`, `"-3"`, not `"05"`).
fn integer_key(key: &[u8]) -> Option<ffi::zend_ulong> {
    if !matches!(key.first(), Some(b'0'..=b'9' | b'-')) {
        return None;
    }
    // The engine looks one byte past the digits for the end, so it gets a terminated copy; longer
    // texts than any 64-bit number are not integers.
    let mut text = [0_u8; 24];
    if key.len() >= text.len() {
        return None;
    }
    text[..key.len()].copy_from_slice(key);
    let mut index = 0;
    // SAFETY: pointer and length describe `text`, which has a NUL after `key.len()` bytes.
    let is_integer = unsafe {
        ffi::_zend_handle_numeric_str_ex(text.as_ptr().cast(), key.len(), &raw mut index)
    };
    is_integer.then_some(index)
}
