//! Lines on their way from a worker to the log thread.

use std::sync::atomic::{AtomicI32, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use super::Event;

/// Bytes in front of each line: its stream, and its length.
const HEAD: usize = 8;

/// The log of one worker, and whom it serves.
#[derive(Debug, Default)]
pub struct Logger {
    client: AtomicI32,
    /// Lines, each behind its [`HEAD`].
    lines: Mutex<Vec<u8>>,
    /// Bytes of lines there may be.
    limit: u64,
    written: AtomicU64,
    dropped: AtomicU64,
}

impl Logger {
    /// One that keeps at most so many bytes until they are taken.
    pub(super) fn new(limit: u64) -> Logger {
        Logger {
            limit,
            ..Logger::default()
        }
    }

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

    /// Adds a line, or counts it as lost.
    #[cold]
    pub(super) fn push(&self, event: &Event<'_>, serial: &AtomicU64) {
        let mut lines = self.lock();
        let start = lines.len();
        lines.extend_from_slice(&[0; HEAD]);
        // Steps of the system's clock show in the log, as in any other.
        let time = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        event.encode(time, serial.fetch_add(1, Relaxed) + 1, &mut lines);
        let len = lines.len() - start - HEAD;
        if lines.len() as u64 > self.limit {
            lines.truncate(start);
            self.dropped.fetch_add(1, Relaxed);
            return;
        }
        let head = &mut lines[start..start + HEAD];
        head[..4].copy_from_slice(&(event.stream() as u32).to_ne_bytes());
        // A line has a key of 250 bytes at most, each of which becomes three.
        head[4..].copy_from_slice(&(len as u32).to_ne_bytes());
        self.written.fetch_add(1, Relaxed);
    }

    /// Moves all lines out, into `lines`, whose memory is used for the next ones.
    pub(super) fn take(&self, lines: &mut Vec<u8>) {
        lines.clear();
        std::mem::swap(&mut *self.lock(), lines);
    }

    /// Lines added and lines lost.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.written.load(Relaxed), self.dropped.load(Relaxed))
    }

    pub(super) fn reset_counts(&self) {
        self.written.store(0, Relaxed);
        self.dropped.store(0, Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lines that [`Logger::take`] took, each with the bits of its stream.
pub(super) fn split(mut lines: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    std::iter::from_fn(move || {
        let (head, rest) = lines.split_at_checked(HEAD)?;
        let number = |at: usize| head[at..at + 4].try_into().map_or(0, u32::from_ne_bytes);
        let (line, rest) = rest.split_at_checked(number(4) as usize)?;
        lines = rest;
        Some((number(0), line))
    })
}
