//! Texts that are handed to the caller.

use std::ffi::c_char;

use super::guard;

/// A text that a server or the library wrote. It never changes: any number of threads may read it
/// at once.
pub struct mcrs_text {
    /// Ends in a NUL that is not counted.
    bytes: Box<[u8]>,
}

impl mcrs_text {
    pub(super) fn new(mut bytes: Vec<u8>) -> mcrs_text {
        bytes.push(0);
        mcrs_text {
            bytes: bytes.into_boxed_slice(),
        }
    }
}

/// The text, with a NUL behind its last byte. It is in whatever encoding the server uses, and a
/// broken server can put NUL bytes into it: mcrs_text_len() counts all.
///
/// The pointer belongs to the text and is valid until mcrs_text_free(). NULL for NULL.
///
/// # Safety
/// `text` must be NULL or a text that is not freed yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_text_data(text: *const mcrs_text) -> *const c_char {
    // SAFETY: the caller passes NULL or a live text, which nobody changes.
    let text = unsafe { guard::look(text) };
    text.map_or(std::ptr::null(), |text| text.bytes.as_ptr().cast())
}

/// The length of the text in bytes, without the NUL behind it. 0 for NULL.
///
/// # Safety
/// `text` must be NULL or a text that is not freed yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_text_len(text: *const mcrs_text) -> usize {
    // SAFETY: the caller passes NULL or a live text, which nobody changes.
    let text = unsafe { guard::look(text) };
    text.map_or(0, |text| text.bytes.len() - 1)
}

/// Frees a text. Pointers into it are invalid from then on.
///
/// # Safety
/// `text` must be NULL or a text that is not freed yet, and that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_text_free(text: *mut mcrs_text) {
    // SAFETY: the caller passes NULL or a live text of this library, and gives it up.
    unsafe { guard::take_back(text) };
}
