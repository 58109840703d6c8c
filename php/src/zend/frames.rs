//! The scratch memory of the calls in progress: one each, since user code can call back.

use std::cell::{Cell, RefCell};

use crate::scratch::Scratch;

/// Scratches that are kept for the next request; deeper nesting gives its memory back.
const KEPT: usize = 4;

/// A stack of scratches. Reused from call to call, so that a call allocates nothing it has needed
/// before.
#[derive(Default)]
pub(crate) struct CallStack {
    /// Boxes by pointer: the innermost calls are borrowed while the list grows. Freed on drop.
    frames: RefCell<Vec<*mut Scratch>>,
    depth: Cell<usize>,
}

impl CallStack {
    /// The scratch for a call that begins; nobody else uses it until [`CallStack::leave`].
    pub(super) fn enter(&self) -> *mut Scratch {
        let depth = self.depth.get();
        self.depth.set(depth + 1);
        let mut frames = self.frames.borrow_mut();
        if depth == frames.len() {
            frames.push(Box::into_raw(Box::default()));
        }
        frames[depth]
    }

    /// Ends the innermost call.
    ///
    /// # Safety
    ///
    /// The scratch of that call is borrowed by nobody.
    pub(super) unsafe fn leave(&self) {
        let depth = self.depth.get();
        let frame = self.frames.borrow()[depth - 1];
        // SAFETY: the pointer came from a box; as promised by the caller it is not borrowed. It
        // is still counted as in use, so a pool that closes here cannot hand it out again.
        unsafe { (*frame).reset() };
        self.depth.set(depth - 1);
    }

    /// At the end of a request: repairs what calls that ended in a fatal error left behind.
    pub(super) fn end_request(&self) {
        let cut_off = self.depth.replace(0);
        let mut frames = self.frames.borrow_mut();
        for frame in frames.iter().take(cut_off) {
            // SAFETY: the pointer came from a box, and no call is running any more. The pinned
            // strings are not touched: the engine frees request memory by itself.
            unsafe {
                (**frame).pins.forget();
                (**frame).reset();
            }
        }
        while frames.len() > KEPT {
            if let Some(frame) = frames.pop() {
                // SAFETY: the pointer came from a box, is used by nobody, and is gone from the
                // list.
                drop(unsafe { Box::from_raw(frame) });
            }
        }
    }
}

impl Drop for CallStack {
    fn drop(&mut self) {
        for frame in self.frames.get_mut().drain(..) {
            // SAFETY: the pointer came from a box; at the end of the process, or thread, no call
            // is running. Strings that were pinned are gone with their request.
            unsafe {
                (*frame).pins.forget();
                drop(Box::from_raw(frame));
            }
        }
    }
}
