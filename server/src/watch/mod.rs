//! The live log: what happens, line by line, for clients that asked with `watch`.
//!
//! ```text
//!  workers, engine                    log thread                sessions of watchers
//!  ┌───────────────────┐   lines   ┌───────────────┐  copies  ┌──────────────────────┐
//!  │ Event → Logger    ├──────────►│ empties the   ├─────────►│ Watcher, written to  │
//!  │ (one per worker)  │  bounded  │ loggers       │  bounded │ the client's socket  │
//!  └───────────────────┘           └───────────────┘          └──────────────────────┘
//! ```
//!
//! While nobody watches, an event costs a look at [`Watch::wants`] and no more. When somebody does, a
//! line goes into the buffer of the worker it happened on, whose lock is shared with the log thread
//! alone; a full buffer loses lines and counts them. Next: `event.rs` has the lines, `logger.rs` the
//! buffers of workers, `watcher.rs` those of clients, `rest.rs` how the log thread rests.
//!
//! Source: mcrsd.md 2.10; memcached 1.6.18, measured.

mod event;
mod logger;
mod rest;
mod watcher;

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use event::{CloseReason, Event, Origin, Stream, Streams};
pub use logger::Logger;
pub use watcher::Subscription;

use crate::engine::{Evicted, Witness};
use rest::Rest;
use watcher::Watcher;

/// Most watchers at a time. Source: mcrsd.md 2.10.
const WATCHERS_MAX: usize = 20;

/// Pause of the log thread between two looks at the loggers while there is something to do: it need not
/// wake for each line.
const PAUSE: Duration = Duration::from_millis(1);

/// The log of a server.
#[derive(Debug)]
pub struct Watch {
    /// The streams that at least one watcher wants, as [`Streams`].
    watched: AtomicU32,
    /// These, and the ones that are always wanted.
    wanted: AtomicU32,
    always: Streams,
    /// One per worker, and one for what happens on no worker's account.
    loggers: Box<[Logger]>,
    watchers: Mutex<Vec<Arc<Watcher>>>,
    /// Bytes of a watcher's buffer.
    watcher_bytes: u64,
    /// Numbers the lines, over all workers.
    serial: AtomicU64,
    /// Whether there is a log thread; changes with the watchers locked.
    delivers: AtomicBool,
    rest: Rest,
    skipped: AtomicU64,
    sent: AtomicU64,
}

/// Why nobody more can watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscribeError {
    /// There are `WATCHERS_MAX` already.
    TooMany,
    /// The system gives no thread.
    NoThread,
}

/// Figures about the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WatchStats {
    /// Lines lost because a worker's buffer was full (cumulative).
    pub worker_dropped: u64,
    /// Lines put into workers' buffers (cumulative).
    pub worker_written: u64,
    /// Lines lost because a watcher's buffer was full (cumulative).
    pub watcher_skipped: u64,
    /// Lines put into watchers' buffers (cumulative).
    pub watcher_sent: u64,
    /// Watchers now.
    pub watchers: u64,
}

impl Watch {
    /// The log of so many workers, with buffers of so many bytes for each worker and each watcher.
    /// Somebody wants to know of `always` even while nobody watches.
    pub fn new(workers: u32, worker_bytes: u64, watcher_bytes: u64, always: Streams) -> Watch {
        Watch {
            watched: AtomicU32::new(0),
            wanted: AtomicU32::new(always.bits()),
            always,
            loggers: (0..=workers).map(|_| Logger::new(worker_bytes)).collect(),
            watchers: Mutex::default(),
            watcher_bytes,
            serial: AtomicU64::new(0),
            delivers: AtomicBool::new(false),
            rest: Rest::default(),
            skipped: AtomicU64::new(0),
            sent: AtomicU64::new(0),
        }
    }

    /// Whether anybody wants to know of such events.
    #[inline]
    pub fn wants(&self, stream: Stream) -> bool {
        self.wanted.load(Relaxed) & stream as u32 != 0
    }

    /// Whether nobody wants to know of anything.
    #[inline]
    pub fn is_idle(&self) -> bool {
        self.wanted.load(Relaxed) == 0
    }

    /// The logger of a worker, from 0.
    ///
    /// # Panics
    /// If there are not that many workers.
    pub fn logger(&self, worker: usize) -> &Logger {
        let (_, workers) = self.loggers.split_last().expect("one more than workers");
        &workers[worker]
    }

    /// Logs an event that happened on a worker, if anybody wants to know.
    pub fn log(&self, logger: &Logger, event: &Event<'_>) {
        if self.watched.load(Relaxed) & event.stream() as u32 != 0 {
            logger.push(event, &self.serial);
            self.rest.end();
        }
    }

    /// Logs an event that happened on no worker's account, if anybody wants to know.
    pub fn log_system(&self, event: &Event<'_>) {
        if let Some(logger) = self.loggers.last() {
            self.log(logger, event);
        }
    }

    /// Makes somebody a watcher of these streams, until the subscription is dropped.
    ///
    /// # Errors
    /// There are too many, or there is no thread to be had.
    pub fn subscribe(&'static self, streams: Streams) -> Result<Subscription, SubscribeError> {
        let mut watchers = self.watchers();
        if watchers.len() >= WATCHERS_MAX {
            return Err(SubscribeError::TooMany);
        }
        if !self.delivers.load(Relaxed) {
            std::thread::Builder::new()
                .name("mcrsd-log".into())
                .spawn(move || self.keep_delivering())
                .map_err(|_| SubscribeError::NoThread)?;
            self.delivers.store(true, Relaxed);
        }
        let watcher = Arc::new(Watcher::new(streams, self.watcher_bytes));
        watchers.push(Arc::clone(&watcher));
        self.note_wanted(&watchers);
        Ok(Subscription::new(self, watcher))
    }

    /// Ends a subscription.
    fn unsubscribe(&self, watcher: &Arc<Watcher>) {
        let mut watchers = self.watchers();
        watchers.retain(|other| !Arc::ptr_eq(other, watcher));
        self.note_wanted(&watchers);
    }

    fn note_wanted(&self, watchers: &[Arc<Watcher>]) {
        let watched = watchers.iter().map(|watcher| watcher.streams());
        let watched = watched.fold(Streams::NONE, Streams::and);
        self.watched.store(watched.bits(), Relaxed);
        let wanted = watched.and(self.always);
        self.wanted.store(wanted.bits(), Relaxed);
    }

    /// What the log thread does, for ever.
    fn keep_delivering(&self) {
        let mut lines = Vec::new();
        loop {
            if self.deliver(&mut lines) {
                std::thread::park_timeout(PAUSE);
                continue;
            }
            self.rest.begin(|| self.deliver(&mut lines));
        }
    }

    /// Hands what the loggers have to the watchers; whether there was anything. `lines` is room to
    /// work in.
    fn deliver(&self, lines: &mut Vec<u8>) -> bool {
        let mut any = false;
        for logger in &self.loggers {
            logger.take(lines);
            if lines.is_empty() {
                continue;
            }
            any = true;
            for watcher in self.watchers().iter() {
                let (sent, skipped) = watcher.deliver(lines);
                self.sent.fetch_add(sent, Relaxed);
                self.skipped.fetch_add(skipped, Relaxed);
            }
        }
        any
    }

    /// Figures since the start or the last reset.
    pub fn stats(&self) -> WatchStats {
        let (written, dropped) = self.loggers.iter().fold((0, 0), |(w, d), logger| {
            let (written, dropped) = logger.counts();
            (w + written, d + dropped)
        });
        WatchStats {
            worker_dropped: dropped,
            worker_written: written,
            watcher_skipped: self.skipped.load(Relaxed),
            watcher_sent: self.sent.load(Relaxed),
            watchers: self.watchers().len() as u64,
        }
    }

    /// Sets the cumulative figures to 0.
    pub fn reset_stats(&self) {
        self.loggers.iter().for_each(Logger::reset_counts);
        self.skipped.store(0, Relaxed);
        self.sent.store(0, Relaxed);
    }

    fn watchers(&self) -> MutexGuard<'_, Vec<Arc<Watcher>>> {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Witness for Watch {
    fn wants_evictions(&self) -> bool {
        self.wants(Stream::Evictions)
    }

    fn evicted(&self, item: &Evicted<'_>) {
        self.log_system(&Event::Evict(*item));
    }

    fn page_moved(&self, from: u8, to: u8, arrived: bool) {
        self.log_system(&Event::SlabMove { from, to, arrived });
    }
}

#[cfg(test)]
mod tests;
