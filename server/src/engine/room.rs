//! Making room: from a free chunk, or from an item that must go.

use std::sync::atomic::Ordering;

use super::counters::Count;
use super::evict::{self, Start, Victim, Wish};
use super::item::{FETCHED, Layout};
use super::memory::{Chunk, Link};
use super::slab::Got;
use super::{Engine, Eviction};

/// Items removed for one chunk at most, before the store fails.
pub(super) const EVICTIONS_MAX: usize = 64;

impl Engine {
    /// What is asked for when memory is wanted. `returned`: for an item that was evicted lately.
    pub(super) fn wish(&self, start: Start, returned: bool, now: u32) -> Wish<'_> {
        let (clock, items) = self.clock();
        Wish {
            expiry: &self.expiry,
            evict: self.config.evict,
            eviction: self.eviction(),
            start,
            returned,
            ghosts: self.table.ghosts(),
            now,
            clock,
            items,
        }
    }

    /// How it is chosen who must go.
    #[inline]
    pub fn eviction(&self) -> Eviction {
        let index = self.eviction.load(Ordering::Relaxed);
        Eviction::ALL[usize::from(index) % Eviction::ALL.len()]
    }

    /// Changes how it is chosen who must go. Takes its time with many items, during which stores
    /// wait: for an LRU all of them are put in a queue.
    pub fn set_eviction(&self, eviction: Eviction) {
        let before = self.eviction();
        self.eviction.store(eviction as u8, Ordering::Relaxed);
        if eviction == Eviction::Lru && before != eviction {
            (0..self.slab.classes().len()).for_each(|class| self.slab.queue_all(class));
        }
    }

    /// Items stored so far, and items there are, both about.
    pub(super) fn clock(&self) -> (u64, usize) {
        let shared = &self.shared;
        (
            shared.cas.load(Ordering::Relaxed),
            shared.items.load(Ordering::Relaxed),
        )
    }

    /// A chunk of a class for `bytes`, free or made free, and the policy's item bits for what is
    /// stored in it. A failure for a part of a chunked item counts for the class such items are in.
    pub(super) fn allocate(
        &self,
        class: usize,
        bytes: usize,
        chunked: bool,
        wish: &Wish<'_>,
    ) -> Option<(Chunk, u32)> {
        let count_failure = |class| {
            let class = if chunked { self.chunked_class() } else { class };
            self.counters.one(class, Count::OutOfMemory);
        };
        match self.slab.allocate(class, bytes, wish) {
            Got::Chunk(chunk, bits) => return Some((chunk, bits)),
            Got::Victim(victim, class) => {
                let chunk = self.use_victim(victim, class, wish);
                self.rebalance(class, wish.now);
                if chunk.is_some() {
                    return chunk;
                }
            }
            Got::Nothing(class) if self.slab.supply(class) => {}
            Got::Nothing(class) => {
                count_failure(class);
                return None;
            }
        }
        let chunk = self.make_room(class, bytes, wish);
        if chunk.is_none() {
            count_failure(class);
        }
        chunk
    }

    /// As [`allocate`](Engine::allocate), but moves no pages and counts no failure.
    pub(super) fn make_room(
        &self,
        class: usize,
        bytes: usize,
        wish: &Wish<'_>,
    ) -> Option<(Chunk, u32)> {
        for _ in 0..EVICTIONS_MAX {
            match self.slab.allocate(class, bytes, wish) {
                Got::Chunk(chunk, bits) => return Some((chunk, bits)),
                Got::Victim(victim, class) => {
                    let chunk = self.use_victim(victim, class, wish);
                    if chunk.is_some() {
                        return chunk;
                    }
                }
                Got::Nothing(class) if self.slab.supply(class) => {}
                Got::Nothing(_) => return None,
            }
        }
        None
    }

    /// Removes a victim; its chunk, if that is one of the class and free now.
    pub(super) fn use_victim(
        &self,
        victim: Victim,
        class: usize,
        wish: &Wish<'_>,
    ) -> Option<(Chunk, u32)> {
        let head = self.expel(victim, class, wish.now)?;
        let chunked = Layout::of(self.header(head.link())).chunked;
        // Chunks on a page that leaves the class are given back, not used again.
        if !chunked && self.slab.is_of(head.link(), class) {
            return Some((head, evict::on_store(wish.eviction, wish.start, false)));
        }
        self.free(head);
        None
    }

    /// Removes what was chosen to make room in a class; its head chunk, unless it was removed by somebody
    /// else or is being read, when it is freed later.
    pub(super) fn expel(&self, victim: Victim, class: usize, now: u32) -> Option<Chunk> {
        let (pin, arena) = (victim.pin, self.arena());
        let link = pin.link();
        let layout = Layout::of(self.header(link));
        let hash = self.hash(arena.body(&pin, layout.key_at(), layout.key_len));
        let bucket = self.table.lock(hash);
        // One reference is ours; somebody else's would keep the memory.
        let idle = self.header(link).references() == 1;
        if idle && let Some(place) = bucket.find(hash, link) {
            self.count_expelled(link, class, victim.dead, now);
            if !victim.dead {
                self.table.note_evicted(hash, class);
            }
            self.count_item(link, -1);
            bucket.remove(place);
            let taken = arena.unlink(link);
            debug_assert!(taken.is_none(), "freed under our reference");
            self.drift(-1);
        }
        drop(bucket);
        arena.release(pin)
    }

    /// Counts an item that goes so that `room_class` has room, under the class of the item.
    fn count_expelled(&self, link: Link, room_class: usize, dead: bool, now: u32) {
        let header = self.header(link);
        let class = self.class_of(link);
        let unfetched = header.bits() & FETCHED == 0;
        if dead {
            self.counters.one(class, Count::Reclaimed);
            if unfetched {
                self.counters.one(class, Count::ExpiredUnfetched);
            }
            return;
        }
        self.tell_evicted(link, now);
        self.counters.one(class, Count::Evicted);
        if unfetched {
            self.counters.one(class, Count::EvictedUnfetched);
        }
        if evict::is_worth_keeping(header) {
            self.counters.one(class, Count::EvictedActive);
        }
        if header.expiry.load(Ordering::Relaxed) != 0 {
            self.counters.one(class, Count::EvictedNonzero);
        }
        let age = now.saturating_sub(header.access.load(Ordering::Relaxed));
        self.slab.note_eviction(room_class, age);
    }
}
