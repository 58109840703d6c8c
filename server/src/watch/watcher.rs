//! Lines on their way from the log thread to a client.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use super::{Streams, Watch, logger};

/// Somebody who watches.
#[derive(Debug)]
pub(super) struct Watcher {
    streams: Streams,
    /// Bytes of lines there may be.
    limit: u64,
    waiting: Mutex<Waiting>,
}

/// What has not been taken yet.
#[derive(Debug, Default)]
struct Waiting {
    lines: Vec<u8>,
    /// Lines lost since the last one there was room for.
    skipped: u64,
    /// Who is to be told of new lines.
    waker: Option<Waker>,
}

impl Watcher {
    pub(super) fn new(streams: Streams, limit: u64) -> Watcher {
        Watcher {
            streams,
            limit,
            waiting: Mutex::default(),
        }
    }

    pub(super) fn streams(&self) -> Streams {
        self.streams
    }

    /// Adds those of the lines that are wanted and have room; how many were added and how many lost.
    pub(super) fn deliver(&self, lines: &[u8]) -> (u64, u64) {
        let (mut sent, mut skipped) = (0, 0);
        let mut waiting = self.lock();
        let waiting = &mut *waiting;
        for (_, line) in logger::split(lines).filter(|(bits, _)| self.streams.bits() & bits != 0) {
            let before = waiting.lines.len();
            if waiting.skipped > 0 {
                let notice = format!("skipped={}\n", waiting.skipped);
                waiting.lines.extend_from_slice(notice.as_bytes());
            }
            waiting.lines.extend_from_slice(line);
            if waiting.lines.len() as u64 > self.limit {
                waiting.lines.truncate(before);
                waiting.skipped += 1;
                skipped += 1;
            } else {
                waiting.skipped = 0;
                sent += 1;
            }
        }
        if sent > 0
            && let Some(waker) = waiting.waker.take()
        {
            waker.wake();
        }
        (sent, skipped)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to a watcher's lines; dropping it ends the watching.
#[derive(Debug)]
pub struct Subscription {
    watch: &'static Watch,
    watcher: Arc<Watcher>,
}

impl Subscription {
    pub(super) fn new(watch: &'static Watch, watcher: Arc<Watcher>) -> Subscription {
        Subscription { watch, watcher }
    }

    /// Moves up to `most` bytes of lines behind what `out` has. If there are none, `waker` will be
    /// woken when there are.
    pub fn take(&self, out: &mut Vec<u8>, most: usize, waker: &Waker) {
        let mut waiting = self.watcher.lock();
        let len = waiting.lines.len().min(most);
        if len == 0 {
            waiting.waker = Some(waker.clone());
            // A burst is over; its memory need not wait for the next one.
            waiting.lines = Vec::new();
        }
        out.extend(waiting.lines.drain(..len));
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.watch.unsubscribe(&self.watcher);
    }
}
