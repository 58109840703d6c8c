//! Diagnostics, exceptions and calls of user functions.

use std::ffi::{CStr, c_int};
use std::ptr;

use super::array::direct;
use super::call::{R, Thrown};
use super::ffi;
use super::value::{Owned, Value};

/// Weight of a diagnostic.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Level {
    /// E_WARNING
    Warning,
    /// E_NOTICE
    Notice,
}

/// Says `text`; the engine puts the running class and function in front. Can run a user error
/// handler: hold nothing that has to be dropped, and stop when it has thrown.
pub(crate) fn say(level: Level, text: &CStr) -> R<()> {
    let level = match level {
        Level::Warning => ffi::E_WARNING,
        Level::Notice => ffi::E_NOTICE,
    };
    // SAFETY: the format takes one C string, and gets one.
    unsafe {
        ffi::php_error_docref(ptr::null(), level as c_int, c"%s".as_ptr(), text.as_ptr());
    }
    check()
}

/// `Err` when an exception is pending.
pub(crate) fn check() -> R<()> {
    // SAFETY: the executor globals of the running thread live as long as the thread.
    let pending = unsafe { !(*ffi::ext_php_rs_executor_globals()).exception.is_null() };
    if pending { Err(Thrown) } else { Ok(()) }
}

/// Throws the engine's `ArgumentCountError: Wrong parameter count for f()`.
pub(crate) fn wrong_param_count() -> Thrown {
    // SAFETY: called inside a PHP call; the engine reads the running frame and throws.
    unsafe { ffi::zend_wrong_param_count() };
    Thrown
}

/// Throws `Error`.
pub(super) fn throw_error(message: &CStr) -> Thrown {
    // SAFETY: the format takes one C string, and gets one; a null class stands for `Error`.
    unsafe { ffi::zend_throw_error(ptr::null_mut(), c"%s".as_ptr(), message.as_ptr()) };
    Thrown
}

/// Throws `Error` for a panic of our own code.
#[cold]
pub(super) fn throw_panic(message: &CStr) {
    // SAFETY: the format takes one C string, and gets one; a null class stands for `Error`.
    unsafe {
        ffi::zend_throw_error(
            ptr::null_mut(),
            c"memcache: internal error: %s".as_ptr(),
            message.as_ptr(),
        );
    }
}

/// Whether a value can be called. Can run an autoloader.
pub(crate) fn is_callable(value: Value<'_>) -> R<bool> {
    // SAFETY: the slot is initialised; the engine writes nothing to it.
    let callable = unsafe { ffi::zend_is_callable(value.target(), 0, ptr::null_mut()) };
    check().map(|()| callable)
}

/// Calls `callable` and drops its result. The arguments are released.
pub(crate) fn call_user<const N: usize>(callable: Value<'_>, mut arguments: [Owned; N]) -> R<()> {
    let mut result = Owned::null();
    // SAFETY: `Owned` is a transparent slot, so the array is an array of slots; the engine copies
    // what it keeps, and the callable is kept alive by the caller.
    unsafe {
        ffi::_call_user_function_impl(
            ptr::null_mut(),
            callable.target(),
            result.as_mut_ptr(),
            N as u32,
            arguments.as_mut_ptr().cast(),
            ptr::null_mut(),
        );
    }
    for argument in arguments {
        argument.release();
    }
    result.release();
    check()
}

/// A value converted to a string by PHP's rules (runs `__toString`).
pub(crate) fn to_string(value: Value<'_>) -> R<super::string::OwnedStr> {
    // SAFETY: the slot is initialised; the engine returns a string we own one reference of, also
    // when it threw.
    let text =
        unsafe { super::string::OwnedStr::from_raw(ffi::zval_get_string_func(value.target())) };
    let text = text.ok_or(Thrown)?;
    if check().is_err() {
        Owned::str(text).release();
        return Err(Thrown);
    }
    Ok(text)
}

/// An entry of the superglobal `$_SERVER`, if it is a string. A copy, since scripts change it.
pub(crate) fn server_variable<T>(name: &[u8], read: impl FnOnce(&[u8]) -> T) -> Option<T> {
    let superglobal = super::string::OwnedStr::new(b"_SERVER").into_raw();
    // SAFETY: the name is a live string, released after its last use; the symbol table lives as
    // long as the request; found slots are initialised.
    unsafe {
        // The superglobal is filled at its first mention; this mentions it.
        ffi::zend_is_auto_global(superglobal);
        let symbols = &raw const (*ffi::ext_php_rs_executor_globals()).symbol_table;
        let slot = ffi::zend_hash_find(symbols, superglobal);
        super::string::release(superglobal);
        if slot.is_null() {
            return None;
        }
        let super::Kind::Array(server) = Value::new(direct(slot)).kind() else {
            return None;
        };
        match server.get(name)?.kind() {
            super::Kind::Str(text) => Some(read(text.bytes())),
            _ => None,
        }
    }
}

/// Bytes a request may use (`memory_limit`).
pub(crate) fn memory_limit() -> usize {
    // SAFETY: the process globals live as long as the thread; -1 says there is no limit.
    let limit = unsafe { (*ffi::ext_php_rs_process_globals()).memory_limit };
    usize::try_from(limit).unwrap_or(usize::MAX)
}
