//! Who is being served: what the log of a worker says besides what happened.

use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

/// A worker's own part of the log.
#[derive(Debug, Default)]
pub struct Logger {
    client: AtomicI32,
}

impl Logger {
    /// From now on the worker serves the client of this descriptor.
    #[inline]
    pub fn serve(&self, fd: i32) {
        self.client.store(fd, Relaxed);
    }

    /// The descriptor of the client being served.
    #[inline]
    pub fn client(&self) -> i32 {
        self.client.load(Relaxed)
    }
}
