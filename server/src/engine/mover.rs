//! Moving a page from one class to another, or back to the system.
//!
//! A page moves in small steps, each by a thread that stores and must make room anyway, or by one
//! that has nothing else to do ([`Engine::tend`]). Items on it that were read since the hand was
//! there last are stored elsewhere in their class, the others are evicted. Readers and drafts on
//! the page are waited for. Which page goes where is `balance.rs`.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};

use super::Engine;
use super::evict;
use super::item::{self, Layout};
use super::memory::{Chunk, Pin};

/// Items taken off a moving page in one step.
const STEP: usize = 4;

/// When pages change class without a command. Source: mcrsd.md 8.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Automove {
    /// Never.
    Off,
    /// When a class that evicts would use a page better than another.
    ByNeed,
    /// Whenever a class evicts and another has a page to spare.
    Always,
}

/// A page on its way.
#[derive(Debug, Clone, Copy)]
struct Move {
    from: usize,
    /// `None`: back to the system.
    to: Option<usize>,
}

/// The move under way, if there is one, and what is left to do.
#[derive(Debug)]
pub(super) struct Mover {
    current: Mutex<Option<Move>>,
    /// There is one: saves a look at the lock.
    moving: AtomicBool,
    /// Pages to give back to the system, since the limit was lowered.
    surplus: AtomicUsize,
    /// An [`Automove`].
    automove: AtomicU8,
    moved: AtomicU64,
    rescued: AtomicU64,
}

impl Default for Mover {
    fn default() -> Mover {
        Mover {
            current: Mutex::new(None),
            moving: AtomicBool::new(false),
            surplus: AtomicUsize::new(0),
            automove: AtomicU8::new(Automove::ByNeed as u8),
            moved: AtomicU64::new(0),
            rescued: AtomicU64::new(0),
        }
    }
}

impl Mover {
    /// When pages change class without a command.
    pub(super) fn automove(&self) -> Automove {
        match self.automove.load(Ordering::Relaxed) {
            0 => Automove::Off,
            1 => Automove::ByNeed,
            _ => Automove::Always,
        }
    }

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

impl Engine {
    /// Sets when pages change class without a command; by need at the start.
    pub fn set_automove(&self, automove: Automove) {
        let mode = &self.mover.automove;
        mode.store(automove as u8, Ordering::Relaxed);
    }

    /// Starts a move, unless there is one or the class can spare no page.
    pub(super) fn begin_move(&self, from: usize, to: Option<usize>) {
        let Ok(mut current) = self.mover.current.try_lock() else {
            return;
        };
        if current.is_none() && self.slab.begin(from) {
            *current = Some(Move { from, to });
            self.mover.moving.store(true, Ordering::Relaxed);
        }
    }

    /// Takes some items off the moving page; ends the move when none is left.
    pub(super) fn step_move(&self, now: u32) {
        let Ok(mut current) = self.mover.current.try_lock() else {
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
                self.mover.moved.fetch_add(1, Ordering::Relaxed);
            }
            self.tell_page_moved(from, to, given);
            *current = None;
            self.mover.moving.store(false, Ordering::Relaxed);
        }
    }

    /// Work that can be done while nobody waits: gives pages above a lowered limit back. Call it
    /// about every tick; each call does little.
    pub fn tend(&self, now: u32) {
        for _ in 0..256 {
            if !self.mover.moving.load(Ordering::Relaxed) {
                let surplus = self.mover.surplus.load(Ordering::Relaxed);
                if surplus == 0 || self.slab.pages_taken() <= self.slab.limit_pages() {
                    return;
                }
                self.consider(None);
                if !self.mover.moving.load(Ordering::Relaxed) {
                    return;
                }
                self.mover.surplus.fetch_sub(1, Ordering::Relaxed);
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
        if self.is_held(&pin, &layout) {
            if let Some(chunk) = self.arena().release(pin) {
                self.free(chunk);
            }
            return;
        }
        let keep =
            !self.config.evict || item::is_temporary(header) || evict::is_worth_keeping(header);
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

    /// Whether a script wants the item to stay where it is.
    #[cfg(feature = "debug-commands")]
    fn is_held(&self, pin: &Pin, layout: &Layout) -> bool {
        let key = self.arena().body(pin, layout.key_at(), layout.key_len);
        self.is_debug_locked(self.hash(key))
    }

    #[cfg(not(feature = "debug-commands"))]
    fn is_held(&self, _: &Pin, _: &Layout) -> bool {
        false
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
        self.mover.rescued.fetch_add(1, Ordering::Relaxed);
        if let Some(chunk) = arena.release(pin) {
            self.free(chunk);
        }
    }
}
