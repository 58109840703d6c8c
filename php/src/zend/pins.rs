//! What one PHP call borrowed from the engine, given back when the call ends.

use super::string::{OwnedStr, release};
use super::{Str, ffi};

/// Strings and resources a call keeps alive until it ends. See the rule about destructors in the
/// module documentation: after a fatal error the list is forgotten, not released, since the engine
/// frees all request memory by itself.
#[derive(Default)]
pub(crate) struct Pins {
    strings: Vec<*mut ffi::zend_string>,
    resources: Vec<*mut ffi::zend_resource>,
}

/// Names a pinned string. Valid until the call ends; a stale one panics, it never dangles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PinId(usize);

impl Pins {
    /// Takes over a string until the call ends.
    pub(crate) fn keep(&mut self, text: OwnedStr) -> PinId {
        self.strings.push(text.into_raw());
        PinId(self.strings.len() - 1)
    }

    /// The bytes of a pinned string.
    pub(crate) fn bytes(&self, id: PinId) -> &[u8] {
        // SAFETY: the list holds one reference of each of its strings, so they live as long as
        // they are in it, and the borrow of `self` keeps them there.
        unsafe { Str::new(self.strings[id.0]).map_or(&[], Str::bytes) }
    }

    /// Takes over one reference of a resource until the call ends.
    pub(super) fn keep_resource(&mut self, resource: *mut ffi::zend_resource) {
        self.resources.push(resource);
    }

    /// Gives everything back. A resource can be the last reference of a pool and closes it then.
    pub(crate) fn release(&mut self) {
        while let Some(text) = self.strings.pop() {
            // SAFETY: the list owned one reference, which ends here.
            unsafe { release(text) };
        }
        while let Some(resource) = self.resources.pop() {
            // SAFETY: the list owned one reference, which ends here.
            unsafe {
                (*resource).gc.refcount -= 1;
                if (*resource).gc.refcount == 0 {
                    ffi::zend_list_free(resource);
                }
            }
        }
    }

    /// Forgets everything, after a fatal error.
    pub(super) fn forget(&mut self) {
        self.strings.clear();
        self.resources.clear();
    }
}
