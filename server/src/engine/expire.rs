//! When an item is dead although it is still there: its time is over, or it was flushed.

use std::sync::atomic::{AtomicU32, Ordering};

use super::item::GENERATION_SHIFT;
use super::memory::Header;

/// Flush generations that can be told apart.
const GENERATIONS: u32 = 16;

/// Why an item is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Death {
    /// Its expiry has come.
    Expired,
    /// It was flushed.
    Flushed,
}

/// The state of the engine that makes items dead.
///
/// A flush at once counts a generation up; every item knows the one it was stored in, so one
/// stored in the same tick after the flush lives. The number in the item is small, so before it
/// comes round again all items of older generations must be swept out.
#[derive(Debug, Default)]
pub(super) struct Expiry {
    generation: AtomicU32,
    /// Nothing is left of the generations before this one.
    swept: AtomicU32,
    /// From this tick on, what was last accessed at or before it is dead; 0: none.
    point: AtomicU32,
    /// Items stored with less than so many ticks to live are temporary; 0: none are.
    temporary_below: AtomicU32,
}

impl Expiry {
    /// Why the item is dead, if it is.
    #[inline]
    pub(super) fn death(&self, header: &Header, now: u32) -> Option<Death> {
        let generation = header.bits() >> GENERATION_SHIFT;
        let point = self.point.load(Ordering::Relaxed);
        let expiry = header.expiry.load(Ordering::Relaxed);
        let passed = point != 0 && now >= point && header.access.load(Ordering::Relaxed) <= point;
        if generation != self.generation.load(Ordering::Relaxed) % GENERATIONS || passed {
            return Some(Death::Flushed);
        }
        (expiry != 0 && expiry <= now).then_some(Death::Expired)
    }

    /// Is the item dead?
    #[inline]
    pub(super) fn is_dead(&self, header: &Header, now: u32) -> bool {
        self.death(header, now).is_some()
    }

    /// The item bits for what is stored now.
    pub(super) fn generation_bits(&self) -> u32 {
        (self.generation.load(Ordering::Relaxed) % GENERATIONS) << GENERATION_SHIFT
    }

    /// Makes everything stored so far dead and cancels the point. Flushes are done one at a time;
    /// if [`must_sweep`](Expiry::must_sweep) says so, all dead items are swept out before.
    pub(super) fn flush(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
        self.point.store(0, Ordering::Relaxed);
    }

    /// Would the next flush make items alive that died long ago and are still there?
    pub(super) fn must_sweep(&self) -> bool {
        // The oldest generation that may be left comes round again in 16.
        let swept = self.swept.load(Ordering::Relaxed);
        self.generation().wrapping_sub(swept) >= GENERATIONS - 2
    }

    /// The present generation.
    pub(super) fn generation(&self) -> u32 {
        self.generation.load(Ordering::Relaxed)
    }

    /// What must be kept for the items to be as dead or alive as they are: the generation, the one
    /// that was swept, and the point.
    pub(super) fn keep(&self) -> [u32; 3] {
        [&self.generation, &self.swept, &self.point].map(|part| part.load(Ordering::Relaxed))
    }

    /// Brings back what was kept.
    pub(super) fn restore(&self, kept: [u32; 3]) {
        for (part, value) in [&self.generation, &self.swept, &self.point]
            .iter()
            .zip(kept)
        {
            part.store(value, Ordering::Relaxed);
        }
    }

    /// Notes that all items of the generations before this one have been removed.
    pub(super) fn note_swept(&self, generation: u32) {
        self.swept.store(generation, Ordering::Relaxed);
    }

    /// Sets the point, 0 for none.
    pub(super) fn flush_at(&self, point: u32) {
        self.point.store(point, Ordering::Relaxed);
    }

    /// Is an item temporary that is stored now and expires then?
    #[inline]
    pub(super) fn is_temporary(&self, expiry: u32, now: u32) -> bool {
        let below = self.temporary_below.load(Ordering::Relaxed);
        below != 0 && expiry != 0 && expiry.saturating_sub(now) < below
    }

    /// Sets how many ticks to live a temporary item has at most; `None`: there are none.
    pub(super) fn set_temporary_ttl(&self, ttl: Option<u32>) {
        let below = ttl.map_or(0, |ttl| ttl.saturating_add(1));
        self.temporary_below.store(below, Ordering::Relaxed);
    }

    /// The point, 0 for none.
    pub(super) fn point(&self) -> u32 {
        self.point.load(Ordering::Relaxed)
    }
}
