//! Nothing unwinds into PHP: a panic of our code becomes an `Error` exception, or a failed step.

use std::any::Any;
use std::ffi::CString;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `step`; a panic in it comes back as its message.
pub(crate) fn catch<T>(step: impl FnOnce() -> T) -> Result<T, CString> {
    // What `step` could leave half done is either owned by the call, and cleared when it ends, or
    // a pool, which notices that it was left (see `Pool::with`).
    catch_unwind(AssertUnwindSafe(step)).map_err(|payload| message(&*payload))
}

fn message(payload: &(dyn Any + Send)) -> CString {
    let text = if let Some(text) = payload.downcast_ref::<&str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.as_str()
    } else {
        "panic"
    };
    CString::new(text.replace('\0', "\\0")).unwrap_or_default()
}

/// Keeps the standard library from writing a report to standard error: the exception says it, and
/// under a web server standard error is somebody else's log, or closed.
pub(crate) fn silence_panics() {
    std::panic::set_hook(Box::new(|_| {}));
}
