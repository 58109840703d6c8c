//! Which class should have which page: without it a cache keeps for ever the division of memory
//! that its first hours happened to make.
//!
//! Each class lets an unread item live for one round of its hand. The time a round takes, counted
//! in items stored anywhere, is the age of the class. A class whose age is low throws away what
//! another class would keep, so it gets a page from the class of the highest. Ages are weighed
//! with the size of the chunks ([`weight`]), since the same page keeps more small items than
//! large ones.
//!
//! A page moves in small steps, each by a thread that stores and must make room anyway. Items on
//! it that were read since the hand was there last are stored elsewhere in their class, the others
//! are evicted. Readers and drafts on the page are waited for.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use super::Engine;
use super::evict;
use super::item::Layout;
use super::memory::{Chunk, Pin};
use super::slab::Slab;

/// Items taken off a moving page in one step.
const STEP: usize = 4;
/// A class is given a page at most once in so many pages of victims: what a move throws away must
/// be little beside what the class throws away without it.
const PATIENCE_PAGES: usize = 2;
/// A class gives a page only if it weighs so many times what the class weighs that gets it.
const MARGIN: u64 = 2;

/// A page on its way.
#[derive(Debug, Clone, Copy)]
struct Move {
    from: usize,
    /// `None`: back to the system.
    to: Option<usize>,
}

/// The move under way, if there is one, and what is left to do.
#[derive(Debug, Default)]
pub(super) struct Balance {
    current: Mutex<Option<Move>>,
    /// There is one: saves a look at the lock.
    moving: AtomicBool,
    /// Pages to give back to the system, since the limit was lowered.
    surplus: AtomicUsize,
    moved: AtomicU64,
    rescued: AtomicU64,
}

impl Balance {
    /// Pages that changed class or went back to the system.
    pub(super) fn moved(&self) -> u64 {
        self.moved.load(Ordering::Relaxed)
    }

    /// Items stored elsewhere because their page was leaving.
    pub(super) fn rescued(&self) -> u64 {
        self.rescued.load(Ordering::Relaxed)
    }

    /// Whether a page is on its way.
    pub(super) fn is_moving(&self) -> bool {
        self.moving.load(Ordering::Relaxed)
    }

    /// Sets the counts to 0.
    pub(super) fn reset_stats(&self) {
        self.moved.store(0, Ordering::Relaxed);
        self.rescued.store(0, Ordering::Relaxed);
    }

    /// Sets how many pages are to be given back.
    pub(super) fn set_surplus(&self, pages: usize) {
        self.surplus.store(pages, Ordering::Relaxed);
    }
}

/// What an age counts for a class with chunks of `size` bytes: the more, the sooner it gives.
fn weight(age: u64, size: usize) -> u64 {
    age.saturating_mul((size as u64).isqrt())
}

/// The age of a class in stores, and whether it can give a page.
fn age(slab: &Slab, class: usize, clock: u64) -> (u64, bool) {
    let slot = slab.lock(class);
    let next = slot.hand.next_page(slot.pages.len());
    let entered = slot.pages.get(next).map_or(clock, |page| page.entered);
    (clock.saturating_sub(entered), slab.can_spare(&slot, class))
}

impl Engine {
    /// To be called by a thread that had to make room in a class: looks now and then whether the
    /// class should get a page of another, and does a step of a move that is under way. The
    /// constants are measured: moves sooner, or for less, cost more misses than they save on
    /// traces whose sizes do not shift.
    pub(super) fn rebalance(&self, class: usize, now: u32) {
        if self.balance.moving.load(Ordering::Relaxed) {
            self.step_move(now);
            return;
        }
        let least = PATIENCE_PAGES * self.slab.classes().per_page(class);
        if self.slab.take_victims(class, least as u32) {
            self.consider(Some(class));
        }
    }

    /// Starts a move to a class, or back to the system, if it is worth it.
    fn consider(&self, to: Option<usize>) {
        let clock = self.shared.cas.load(Ordering::Relaxed);
        let slab = &self.slab;
        let weigh = |class| {
            let (age, can_spare) = age(slab, class, clock);
            (weight(age, slab.classes().size(class)), can_spare)
        };
        let others = (0..slab.classes().len()).filter(|&class| Some(class) != to);
        let heaviest = others
            .map(|class| (weigh(class), class))
            .filter(|((_, can_spare), _)| *can_spare)
            .max_by_key(|((weight, _), _)| *weight);
        let Some(((heavy, _), from)) = heaviest else {
            return;
        };
        if to.is_some_and(|to| heavy <= weigh(to).0.saturating_mul(MARGIN)) {
            return;
        }
        let Ok(mut current) = self.balance.current.try_lock() else {
            return;
        };
        if current.is_none() && self.slab.begin(from) {
            *current = Some(Move { from, to });
            self.balance.moving.store(true, Ordering::Relaxed);
        }
    }

    /// Takes some items off the moving page; ends the move when none is left.
    fn step_move(&self, now: u32) {
        let Ok(mut current) = self.balance.current.try_lock() else {
            return;
        };
        let Some(Move { from, to }) = *current else {
            return;
        };
        let clock = self.shared.cas.load(Ordering::Relaxed);
        for pin in self.slab.on_leaving(from, STEP) {
            self.take_off(pin, now);
        }
        if let Some(given) = self.slab.finish(from, to, clock) {
            if given {
                self.balance.moved.fetch_add(1, Ordering::Relaxed);
            }
            *current = None;
            self.balance.moving.store(false, Ordering::Relaxed);
        }
    }

    /// Work that can be done while nobody waits: gives pages above a lowered limit back. Call it
    /// about every tick; each call does little.
    pub fn tend(&self, now: u32) {
        for _ in 0..256 {
            if !self.balance.moving.load(Ordering::Relaxed) {
                let surplus = self.balance.surplus.load(Ordering::Relaxed);
                if surplus == 0 || self.slab.pages_taken() <= self.slab.limit_pages() {
                    return;
                }
                self.consider(None);
                if !self.balance.moving.load(Ordering::Relaxed) {
                    return;
                }
                self.balance.surplus.fetch_sub(1, Ordering::Relaxed);
            }
            self.step_move(now);
        }
    }

    /// Gets an item off the page it is on: stores it elsewhere if it is worth that, else evicts
    /// it.
    fn take_off(&self, pin: Pin, now: u32) {
        let link = pin.link();
        let header = self.header(link);
        let dead = self.expiry.is_dead(header, now);
        let layout = Layout::of(header);
        let keep = !self.config.evict || evict::is_worth_keeping(header);
        if !dead && keep && !layout.chunked {
            let class = self.slab.class_of(link);
            let bytes = layout.head_bytes(self.arena().body_start());
            if let Some((copy, _)) = self.make_room(class, bytes, now) {
                self.replace_by(pin, copy, layout);
                return;
            }
        }
        if !dead && !self.config.evict {
            // Nothing may go; the move waits until memory comes free.
            if let Some(chunk) = self.arena().release(pin) {
                self.free(chunk);
            }
            return;
        }
        let class = self.slab.class_of(link);
        let victim = evict::Victim { pin, dead };
        if let Some(chunk) = self.expel(victim, class, now) {
            self.free(chunk);
        }
    }

    /// Puts a copy in the place of an item: same key, value, times, marks and id.
    fn replace_by(&self, pin: Pin, mut copy: Chunk, layout: Layout) {
        let (arena, link) = (self.arena(), pin.link());
        let bytes = layout.head_bytes(arena.body_start()) - arena.body_start();
        // A reference keeps value and key from changing; the rest may until the bucket is locked.
        arena
            .body_mut(&mut copy, 0, bytes)
            .copy_from_slice(arena.body(&pin, 0, bytes));
        let hash = self.hash(arena.body(&pin, layout.key_at(), layout.key_len));
        let bucket = self.table.lock(hash);
        let Some(place) = bucket.find(hash, |other| other == link) else {
            drop(bucket);
            self.slab.free(copy);
            if let Some(chunk) = arena.release(pin) {
                self.free(chunk);
            }
            return;
        };
        let (from, to) = (arena.header(link), arena.header(copy.link()));
        for (from, to) in [
            (&from.lens, &to.lens),
            (&from.expiry, &to.expiry),
            (&from.access, &to.access),
        ] {
            to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        if let Some(id) = arena.cas(copy.link()) {
            id.store(self.cas_of(link), Ordering::Relaxed);
        }
        let copied = arena.publish(copy, from.bits());
        bucket.replace(place, copied);
        let taken = arena.unlink(link);
        debug_assert!(taken.is_none(), "freed under our reference");
        drop(bucket);
        self.balance.rescued.fetch_add(1, Ordering::Relaxed);
        if let Some(chunk) = arena.release(pin) {
            self.free(chunk);
        }
    }
}
