//! The fences: what C hands over is checked here and nowhere else, and no panic gets past.
//!
//! Each function that C calls builds one of [`Bytes`](bytes), [`Out`], … from each argument inside
//! [`with_client`], and returns its result.

use std::ffi::{CStr, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

use super::client::mcrs_client;
use super::error::mcrs_error;
use super::result::mcrs_result;
use crate::client::Client;
use crate::error::{Error, ErrorKind};

/// Runs `body` on a client. An error it returns, or a panic, is told to `error`.
///
/// While `body` runs the handle is marked broken; it stays so if `body` does not come back.
///
/// # Safety
/// `client` is NULL or a live client that no other thread uses; so is `error`.
pub(super) unsafe fn with_client(
    client: *mut mcrs_client,
    error: *mut mcrs_error,
    body: impl FnOnce(&mut Client) -> Result<mcrs_result, Error>,
) -> mcrs_result {
    let work = || {
        // SAFETY: NULL or live, and nobody else uses it, says the caller.
        let handle = unsafe { client.as_mut() }.ok_or_else(|| null("client"))?;
        if handle.broken {
            return Err(Error::new(
                ErrorKind::Internal,
                "the client has had an internal error and can only be freed",
            ));
        }
        handle.broken = true;
        // A fork is noticed here: connections that another process made are not used.
        handle.client.set_epoch(u64::from(std::process::id()));
        let result = body(&mut handle.client);
        handle.broken = false;
        result
    };
    let failure = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(result)) => return result,
        Ok(Err(failure)) => failure,
        Err(_) => Error::new(ErrorKind::Internal, "a panic inside the library"),
    };
    // SAFETY: NULL or live, and nobody else uses it, says the caller.
    if let Some(error) = unsafe { error.as_mut() } {
        error.set(&failure);
    }
    failure.kind().into()
}

/// Makes a handle for C, or NULL if making it panics.
pub(super) fn make<T>(value: impl FnOnce() -> T) -> *mut T {
    catch_unwind(AssertUnwindSafe(|| give(value()))).unwrap_or(std::ptr::null_mut())
}

/// Hands a value over to C, which gives it to [`take_back`] later.
pub(super) fn give<T>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

/// Takes back a handle and drops it.
///
/// # Safety
/// `handle` is NULL or came from [`give`] with the same type, was not taken back yet, and nobody
/// uses it any more.
pub(super) unsafe fn take_back<T>(handle: *mut T) {
    if handle.is_null() {
        return;
    }
    // SAFETY: it came from `give`, and is taken back for the first time, says the caller.
    let value = unsafe { Box::from_raw(handle) };
    // Whatever a panic in the middle of dropping leaves behind is leaked: there is no one to tell.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(value)));
}

/// Looks at a handle.
///
/// # Safety
/// `handle` is NULL or live, and nobody changes it during `'a`.
pub(super) unsafe fn look<'a, T>(handle: *const T) -> Option<&'a T> {
    // SAFETY: as the caller says.
    unsafe { handle.as_ref() }
}

/// A key: `len` bytes, which C calls `char`.
///
/// # Safety
/// `key` is NULL or can be read for `len` bytes, which nobody changes during `'a`.
pub(super) unsafe fn key<'a>(key: *const c_char, len: usize) -> Result<&'a [u8], Error> {
    // SAFETY: as the caller says.
    unsafe { bytes("key", key.cast(), len) }
}

/// `len` bytes. NULL stands for no bytes if `len` is 0.
///
/// # Safety
/// `start` is NULL or can be read for `len` bytes, which nobody changes during `'a`.
pub(super) unsafe fn bytes<'a>(
    name: &str,
    start: *const u8,
    len: usize,
) -> Result<&'a [u8], Error> {
    if len == 0 {
        return Ok(&[]);
    }
    if start.is_null() {
        return Err(null(name));
    }
    // No object is that large; -1 in a size_t is, and a slice may not be.
    if isize::try_from(len).is_err() {
        return Err(invalid(format!("the length of {name} is out of range")));
    }
    // SAFETY: not NULL, readable for `len` bytes, which are not changed, says the caller; the
    // length fits an isize.
    Ok(unsafe { std::slice::from_raw_parts(start, len) })
}

/// `count` things, such as pointers. NULL stands for none if `count` is 0.
///
/// # Safety
/// `start` is NULL or points to `count` aligned things, which nobody changes during `'a`.
pub(super) unsafe fn array<'a, T>(
    name: &str,
    start: *const T,
    count: usize,
) -> Result<&'a [T], Error> {
    check_array(name, start, count)?;
    if count == 0 {
        return Ok(&[]);
    }
    // SAFETY: checked above not to be NULL and to have a sound length; the rest says the caller.
    Ok(unsafe { std::slice::from_raw_parts(start, count) })
}

fn check_array<T>(name: &str, start: *const T, count: usize) -> Result<(), Error> {
    if count > 0 && start.is_null() {
        return Err(null(name));
    }
    if count > isize::MAX as usize / size_of::<T>().max(1) {
        return Err(invalid(format!("there are too many {name}")));
    }
    Ok(())
}

/// The bytes of a C string, without its NUL.
///
/// # Safety
/// `text` is NULL or a C string that nobody changes during `'a`.
pub(super) unsafe fn c_str<'a>(name: &str, text: *const c_char) -> Result<&'a [u8], Error> {
    if text.is_null() {
        return Err(null(name));
    }
    // SAFETY: not NULL, and terminated, says the caller.
    Ok(unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// A place that C wants something written to.
pub(super) struct Out<T>(NonNull<T>);

impl<T> Out<T> {
    /// # Safety
    /// `place` is NULL or can be written to until the call returns, and is aligned.
    pub(super) unsafe fn new(name: &str, place: *mut T) -> Result<Out<T>, Error> {
        NonNull::new(place).map(Out).ok_or_else(|| null(name))
    }

    /// Writes it. What was there before is not looked at.
    pub(super) fn write(self, value: T) {
        // SAFETY: `new`'s caller said that it can be written to.
        unsafe { self.0.write(value) }
    }
}

/// Several places next to each other.
pub(super) struct OutArray<T> {
    start: *mut T,
    count: usize,
}

impl<T> OutArray<T> {
    /// # Safety
    /// `start` is NULL or points to `count` aligned places that can be written to until the call
    /// returns.
    pub(super) unsafe fn new(
        name: &str,
        start: *mut T,
        count: usize,
    ) -> Result<OutArray<T>, Error> {
        check_array(name, start.cast_const(), count)?;
        Ok(OutArray { start, count })
    }

    /// Writes as many values as there are places, and drops the rest.
    pub(super) fn write(self, values: impl IntoIterator<Item = T>) {
        for (i, value) in values.into_iter().take(self.count).enumerate() {
            // SAFETY: `i` is below the count of places for which `new`'s caller has vouched.
            unsafe { self.start.add(i).write(value) };
        }
    }
}

fn null(name: &str) -> Error {
    invalid(format!("{name} is NULL"))
}

/// An argument outside its range.
pub(super) fn invalid(text: String) -> Error {
    Error::new(ErrorKind::InvalidArgument, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::client::{mcrs_client_free, mcrs_client_new};
    use crate::capi::error::{mcrs_error_free, mcrs_error_new, mcrs_error_result, mcrs_error_text};

    #[test]
    fn a_panic_is_a_result_and_breaks_the_client_for_good() {
        // SAFETY: each handle is made here, used by this thread alone, and freed once at the end.
        unsafe {
            let client = mcrs_client_new();
            let error = mcrs_error_new();
            let calm = |_: &mut Client| Ok(mcrs_result::MCRS_RESULT_OK);
            assert_eq!(
                with_client(client, error, calm),
                mcrs_result::MCRS_RESULT_OK
            );

            let result = with_client(client, error, |_| panic!("as if by a defect"));
            assert_eq!(result, mcrs_result::MCRS_RESULT_INTERNAL);
            assert_eq!(mcrs_error_result(error), result);
            let text = CStr::from_ptr(mcrs_error_text(error));
            assert_eq!(text, c"a panic inside the library");

            let result = with_client(client, std::ptr::null_mut(), calm);
            assert_eq!(result, mcrs_result::MCRS_RESULT_INTERNAL);
            mcrs_client_free(client);
            mcrs_error_free(error);
        }
    }

    #[test]
    fn an_error_leaves_the_client_usable() {
        // SAFETY: the handle is made here, used by this thread alone, and freed once at the end.
        unsafe {
            let client = mcrs_client_new();
            let none = std::ptr::null_mut();
            let result = with_client(client, none, |_| Err(invalid("no".into())));
            assert_eq!(result, mcrs_result::MCRS_RESULT_INVALID_ARGUMENT);
            let result = with_client(client, none, |_| Ok(mcrs_result::MCRS_RESULT_EXISTS));
            assert_eq!(result, mcrs_result::MCRS_RESULT_EXISTS);
            mcrs_client_free(client);
        }
    }

    #[test]
    fn null_and_absurd_lengths_are_refused() {
        let byte = 7_u8;
        // SAFETY: NULL, or one readable byte; the absurd length is refused before anything is read.
        unsafe {
            assert_eq!(bytes("x", std::ptr::null(), 0).unwrap(), b"");
            assert!(bytes("x", std::ptr::null(), 1).is_err());
            assert_eq!(bytes("x", &raw const byte, 1).unwrap(), [7]);
            assert!(bytes("x", &raw const byte, usize::MAX).is_err());
            assert!(array::<u64>("x", std::ptr::null(), 1).is_err());
            let aligned = NonNull::<u64>::dangling().as_ptr();
            assert!(array("x", aligned, usize::MAX / 8).is_err());
            assert!(Out::<u8>::new("x", std::ptr::null_mut()).is_err());
            assert!(OutArray::<u8>::new("x", std::ptr::null_mut(), 1).is_err());
            assert!(c_str("x", std::ptr::null()).is_err());
        }
    }

    #[test]
    fn no_more_is_written_than_there_is_room() {
        let mut places = [0_u8; 3];
        // SAFETY: two of the three places are handed over.
        let out = unsafe { OutArray::new("x", places.as_mut_ptr(), 2) };
        out.unwrap().write([1, 2, 3]);
        assert_eq!(places, [1, 2, 0]);
    }
}
