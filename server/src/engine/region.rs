//! Zeroed arrays that grow in place, for what many threads look at while it grows: the table, the
//! counters, what is known of pages and chunks.
#![allow(unsafe_code)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

use super::counters::Shard;
use super::mapping::Mapping;
#[cfg(not(all(test, mcrsd_loom)))]
use super::table::Line;

/// Types for which zero bytes are a value, that can be shared between threads and need no drop.
///
/// # Safety
/// All three must be true.
pub(super) unsafe trait Zeroed: Sync {}

// SAFETY: an atomic integer of value 0.
unsafe impl Zeroed for AtomicU32 {}
// SAFETY: an atomic integer of value 0.
unsafe impl Zeroed for AtomicU64 {}
// SAFETY: consists of `AtomicU32` only.
#[cfg(not(all(test, mcrsd_loom)))]
unsafe impl Zeroed for Line {}
// SAFETY: consists of atomic integers only.
unsafe impl Zeroed for Shard {}

/// An array that grows at its end, in place, and never moves. New elements are zero and cost no
/// memory before they are touched.
#[derive(Debug)]
pub(super) struct Region<T> {
    map: Mapping,
    /// Elements that may be used. Only grows.
    len: AtomicUsize,
    growing: Mutex<()>,
    capacity: usize,
    element: std::marker::PhantomData<T>,
}

impl<T: Zeroed> Region<T> {
    /// Reserves room for `capacity` elements (at least 1) and has none yet.
    pub(super) fn reserve(capacity: usize) -> Option<Region<T>> {
        const { assert!(align_of::<T>() <= 4096) };
        let bytes = capacity
            .checked_mul(size_of::<T>())?
            .checked_next_multiple_of(4096)?;
        let map = Mapping::reserve(bytes)?;
        let (len, growing) = (AtomicUsize::new(0), Mutex::new(()));
        Some(Region {
            map,
            len,
            growing,
            capacity,
            element: std::marker::PhantomData,
        })
    }

    /// Number of elements that may be used.
    pub(super) fn len(&self) -> usize {
        self.len.load(Ordering::Acquire)
    }

    /// Makes room for at least `len` elements, `step` more at a time at the least. `false` if
    /// that is beyond the reservation or the system gives no memory.
    pub(super) fn grow(&self, len: usize, step: usize) -> bool {
        let _growing = self
            .growing
            .lock()
            .unwrap_or_else(|poison| poison.into_inner());
        let now = self.len();
        if len <= now {
            return true;
        }
        if len > self.capacity {
            return false;
        }
        let to = len.max(now.saturating_add(step)).min(self.capacity);
        // Whole system pages, the last one may be committed already.
        let from_byte = (now * size_of::<T>()) & !4095;
        let to_byte = (to * size_of::<T>()).next_multiple_of(4096);
        if !self.map.commit(from_byte, to_byte - from_byte) {
            return false;
        }
        self.len.store(to, Ordering::Release);
        true
    }

    /// Asks the processor to fetch an element ahead of its use; nothing if there is none.
    #[inline]
    #[cfg_attr(
        all(test, mcrsd_loom),
        expect(dead_code, reason = "the table has another")
    )]
    pub(super) fn prefetch(&self, index: usize) {
        if index < self.len() {
            prefetch(
                self.map
                    .base()
                    .cast::<T>()
                    .as_ptr()
                    .wrapping_add(index)
                    .cast(),
            );
        }
    }

    /// One element.
    ///
    /// # Panics
    /// If `index` is not below [`len`](Region::len).
    #[inline]
    pub(super) fn get(&self, index: usize) -> &T {
        assert!(index < self.len(), "element beyond the end of a region");
        // SAFETY: below `len`, so committed, and within the mapping; aligned, since the mapping is
        // to 4096 and elements follow each other; zero is a value of `T`; nobody has a `&mut`.
        unsafe { self.map.base().cast::<T>().add(index).as_ref() }
    }
}

/// Asks the processor for the cache line at an address, where it can be asked.
#[inline]
pub(super) fn prefetch(at: *const u8) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a hint; any address will do, also one that cannot be read.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) };
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = at;
}
