//! What went wrong, for callers that want to know.

use std::ffi::{CString, c_char, c_int};

use super::guard;
use super::result::mcrs_result;
use crate::error::Error;

/// What is known about an error: the result, a text, the server concerned, the operating system's
/// number. One thread at a time.
#[derive(Default)]
pub struct mcrs_error {
    last: Option<Last>,
}

struct Last {
    result: mcrs_result,
    text: CString,
    server: Option<CString>,
    errno: c_int,
}

impl mcrs_error {
    pub(super) fn set(&mut self, error: &Error) {
        self.last = Some(Last {
            result: error.kind().into(),
            text: c_string(error.text()),
            server: error.server().map(c_string),
            errno: error.errno(),
        });
    }
}

/// A C string cannot hold NUL; a server's words and a host name might.
fn c_string(text: &str) -> CString {
    let mut bytes = text.as_bytes().to_vec();
    for byte in &mut bytes {
        if *byte == 0 {
            *byte = b'?';
        }
    }
    CString::new(bytes).unwrap_or_default()
}

/// An error object that holds no error yet. To be freed by mcrs_error_free(). NULL only after a
/// defect of this library.
///
/// # Safety
/// Nothing is asked of the caller. Any thread may call it at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_error_new() -> *mut mcrs_error {
    guard::make(mcrs_error::default)
}

/// The result of the last call that failed with this object; MCRS_RESULT_OK if none has, and for
/// NULL.
///
/// # Safety
/// `error` must be NULL or an error object that is not freed yet, and that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_error_result(error: *const mcrs_error) -> mcrs_result {
    // SAFETY: the caller passes NULL or a live error object, which nobody changes meanwhile.
    let last = unsafe { guard::look(error) }.and_then(|error| error.last.as_ref());
    last.map_or(mcrs_result::MCRS_RESULT_OK, |last| last.result)
}

/// What went wrong, in English or in the server's words, without the server's name: for people to
/// read, not for programs. Never holds a key or a value. Empty if nothing went wrong, and for NULL.
///
/// The string belongs to the object and is valid until the object is used in another call.
///
/// # Safety
/// `error` must be NULL or an error object that is not freed yet, and that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_error_text(error: *const mcrs_error) -> *const c_char {
    // SAFETY: the caller passes NULL or a live error object, which nobody changes meanwhile.
    let last = unsafe { guard::look(error) }.and_then(|error| error.last.as_ref());
    last.map_or(c"".as_ptr(), |last| last.text.as_ptr())
}

/// `host:port` of the server concerned, in the words in which it was added. NULL if the error
/// concerns none, if nothing went wrong, and for NULL.
///
/// The string belongs to the object and is valid until the object is used in another call.
///
/// # Safety
/// `error` must be NULL or an error object that is not freed yet, and that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_error_server(error: *const mcrs_error) -> *const c_char {
    // SAFETY: the caller passes NULL or a live error object, which nobody changes meanwhile.
    let last = unsafe { guard::look(error) }.and_then(|error| error.last.as_ref());
    let server = last.and_then(|last| last.server.as_ref());
    server.map_or(std::ptr::null(), |server| server.as_ptr())
}

/// The operating system's number for the error, such as ECONNREFUSED; 0 if it has none, if nothing
/// went wrong, and for NULL.
///
/// # Safety
/// `error` must be NULL or an error object that is not freed yet, and that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_error_errno(error: *const mcrs_error) -> c_int {
    // SAFETY: the caller passes NULL or a live error object, which nobody changes meanwhile.
    let last = unsafe { guard::look(error) }.and_then(|error| error.last.as_ref());
    last.map_or(0, |last| last.errno)
}

/// Frees an error object. Its strings are invalid from then on.
///
/// # Safety
/// `error` must be NULL or an error object that is not freed yet, and that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_error_free(error: *mut mcrs_error) {
    // SAFETY: the caller passes NULL or a live error object of this library, and gives it up.
    unsafe { guard::take_back(error) };
}
