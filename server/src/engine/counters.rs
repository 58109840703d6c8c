//! Counters of the engine, kept by thread so that counting costs no cache line that others write.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::classes::CLASSES_MAX;
use super::region::Region;

/// What is counted, each per slab class.
#[derive(Debug, Clone, Copy)]
pub(super) enum Count {
    Items,
    Temporary,
    Bytes,
    TotalItems,
    GetHits,
    TouchHits,
    CmdSet,
    DeleteHits,
    IncrHits,
    DecrHits,
    CasHits,
    CasBadval,
    Evicted,
    EvictedNonzero,
    EvictedUnfetched,
    EvictedActive,
    Reclaimed,
    ExpiredUnfetched,
    GetExpired,
    GetFlushed,
    OutOfMemory,
    CrawlerChecked,
    CrawlerReclaimed,
}

/// Number of different [`Count`]s.
const COUNTS: usize = Count::CrawlerReclaimed as usize + 1;
/// The counts that go up and down and that a reset leaves alone.
const LEVELS: [Count; 3] = [Count::Items, Count::Temporary, Count::Bytes];
/// Ups or downs that [`Counters::drift`] gathers.
const DRIFT: i64 = 16;
/// Shards, each for one thread; the last one is shared by all threads beyond.
const SHARDS: usize = 64;
const SHARED: usize = SHARDS - 1;

/// The counters of one thread.
#[derive(Debug)]
#[repr(C, align(64))]
pub(super) struct Shard {
    /// By class, counted from 0.
    counts: [[AtomicU64; COUNTS]; CLASSES_MAX],
    /// See [`Counters::drift`].
    drift: AtomicU64,
}

/// Shards that threads gave back, and the number ever handed out.
static RETURNED: Mutex<Vec<usize>> = Mutex::new(Vec::new());
static HANDED_OUT: AtomicUsize = AtomicUsize::new(0);

/// The shard of a thread, the same in every engine; given back when the thread ends.
struct Owned(Cell<usize>);

impl Owned {
    fn new() -> Owned {
        let mut returned = RETURNED.lock().unwrap_or_else(PoisonError::into_inner);
        let shard = returned.pop().unwrap_or_else(|| {
            let next = HANDED_OUT.load(Ordering::Relaxed);
            HANDED_OUT.store((next + 1).min(SHARDS), Ordering::Relaxed);
            next.min(SHARED)
        });
        Owned(Cell::new(shard))
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        if self.0.get() != SHARED {
            RETURNED
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(self.0.get());
        }
    }
}

thread_local! {
    static SHARD: Owned = Owned::new();
}

/// The counters of an engine.
#[derive(Debug)]
pub(super) struct Counters {
    shards: Region<Shard>,
    /// What the cumulative counts stood at when they were last reset.
    base: Mutex<Vec<[u64; COUNTS]>>,
}

impl Counters {
    /// All zero. `None` if the system gives no memory.
    pub(super) fn new() -> Option<Counters> {
        let shards = Region::reserve(SHARDS)?;
        let base = Mutex::new(vec![[0; COUNTS]; CLASSES_MAX]);
        shards.grow(SHARDS, 0).then_some(Counters { shards, base })
    }

    /// Counts `by` more for a class, counted from 0; downwards by wrapping.
    #[inline]
    pub(super) fn add(&self, class: usize, count: Count, by: u64) {
        self.add_each(class, [count], by);
    }

    #[inline]
    fn add_each<const N: usize>(&self, class: usize, counts: [Count; N], by: u64) {
        let shard = SHARD.try_with(|shard| shard.0.get()).unwrap_or(SHARED);
        let of_class = &self.shards.get(shard).counts[class];
        for count in counts {
            let counter = &of_class[count as usize];
            if shard == SHARED {
                counter.fetch_add(by, Ordering::Relaxed);
            } else {
                // No other thread writes here, so no locked instruction is needed.
                counter.store(
                    counter.load(Ordering::Relaxed).wrapping_add(by),
                    Ordering::Relaxed,
                );
            }
        }
    }

    /// Gathers ups and downs of this thread and returns them together once there are enough, so
    /// that a number all threads share need not change every time.
    #[inline]
    pub(super) fn drift(&self, by: i64) -> Option<i64> {
        let shard = SHARD.try_with(|shard| shard.0.get()).unwrap_or(SHARED);
        if shard == SHARED {
            return Some(by);
        }
        let drift = &self.shards.get(shard).drift;
        let sum = (drift.load(Ordering::Relaxed) as i64).wrapping_add(by);
        let full = sum.abs() >= DRIFT;
        drift.store(if full { 0 } else { sum as u64 }, Ordering::Relaxed);
        full.then_some(sum)
    }

    /// Counts one more.
    #[inline]
    pub(super) fn one(&self, class: usize, count: Count) {
        self.add(class, count, 1);
    }

    /// Counts one more of each.
    #[inline]
    pub(super) fn one_each<const N: usize>(&self, class: usize, counts: [Count; N]) {
        self.add_each(class, counts, 1);
    }

    /// The sum over all threads since the last reset, or for a level, now.
    pub(super) fn sum(&self, class: usize, count: Count) -> u64 {
        let base = self.base.lock().unwrap_or_else(PoisonError::into_inner);
        self.raw(class, count as usize)
            .wrapping_sub(base[class][count as usize])
    }

    /// The sum over all classes.
    pub(super) fn total(&self, count: Count) -> u64 {
        (0..CLASSES_MAX).fold(0, |sum, class| sum.wrapping_add(self.sum(class, count)))
    }

    /// Makes all cumulative sums 0.
    pub(super) fn reset(&self) {
        let mut base = self.base.lock().unwrap_or_else(PoisonError::into_inner);
        for (class, counts) in base.iter_mut().enumerate() {
            for (count, value) in counts.iter_mut().enumerate() {
                if !LEVELS.iter().any(|&level| level as usize == count) {
                    *value = self.raw(class, count);
                }
            }
        }
    }

    fn raw(&self, class: usize, count: usize) -> u64 {
        let used = HANDED_OUT.load(Ordering::Relaxed);
        let of = |shard| self.shards.get(shard).counts[class][count].load(Ordering::Relaxed);
        (0..used.min(SHARED))
            .chain([SHARED])
            .fold(0, |sum: u64, shard| sum.wrapping_add(of(shard)))
    }
}
