//! Who may touch a chunk. The first word of every chunk says it: bits for who owns it, bits of the
//! item in it (`item.rs`), and how many references to that item there are.
//!
//! | state | meaning | bytes may be |
//! |---|---|---|
//! | 0 | free | touched by nobody |
//! | [`CLAIMED`] | one [`Chunk`](super::memory::Chunk) exists and owns it | read and written through that value |
//! | [`LINKED`], n references | an item others can find; n [`Pin`](super::memory::Pin) values exist | read |
//! | [`LEAVING`], n references | no longer found, n `Pin` values exist | read |
//! | [`DATA`] | part of the value of a chunked item, goes with its head | read like the head |
//!
//! Every change is one atomic operation on the word, so two threads cannot both come to own a chunk,
//! and nobody does while there is a reference. It comes after whatever the former owner wrote and
//! the former readers read. Checked by the models of `tests/loom.rs`.
//!
//! Only `memory.rs` has changes made that give something away; it hands out a value for each.

use crate::sync::atomic::{AtomicU32, Ordering};

/// State bit: the item can be found by its key.
pub(super) const LINKED: u32 = 1 << 0;
/// State bit: exactly one owner has the chunk.
pub(super) const CLAIMED: u32 = 1 << 1;
/// State bit: the chunk holds a part of a chunked item's value.
pub(super) const DATA: u32 = 1 << 2;
/// State bit: the item cannot be found any more, but references to it are left.
const LEAVING: u32 = 1 << 3;
/// The state bits of this file; the others among the lower 16 belong to `item.rs`.
const OWNERSHIP: u32 = LINKED | CLAIMED | DATA | LEAVING;
/// One reference; the upper 16 bits of the state count them.
const REFERENCE: u32 = 1 << 16;
/// References after which no more are given. Source: mcrsd.md 2.4.
const REFERENCES_MAX: u32 = 60_000;

/// What a chunk was before the engine was there ([`State::take_over`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relic {
    /// The head of an item, as it says.
    Item,
    /// A part of an item's value, as it says.
    Data,
    /// Neither; it is free.
    Nothing,
}

/// The first word of a chunk.
#[derive(Debug, Default)]
#[repr(transparent)]
pub(super) struct State(AtomicU32);

/// Looking, and changing what belongs to the item.
impl State {
    /// Ownership and item bits, without the references. What was written to the chunk before these
    /// bits were set is seen afterwards.
    #[inline]
    pub(super) fn bits(&self) -> u32 {
        self.0.load(Ordering::Acquire) & 0xffff
    }

    /// Number of references held.
    pub(super) fn references(&self) -> u32 {
        self.0.load(Ordering::Relaxed) >> 16
    }

    /// Is this a part of a chunked item's value?
    pub(super) fn is_data(&self) -> bool {
        self.0.load(Ordering::Acquire) == DATA
    }

    /// Changes item bits of a linked item, whatever happens to its references meanwhile; nothing is
    /// written if they stay what they are. `false`, and no change, where [`pin`](State::pin) gives
    /// nothing.
    #[inline]
    pub(super) fn mark(&self, change: impl Fn(u32) -> u32) -> bool {
        let mut old = self.0.load(Ordering::Acquire);
        while is_free_to_pin(old) {
            let bits = change(old & 0xffff) & 0xffff & !OWNERSHIP;
            let new = (old & !0xffff) | LINKED | bits;
            if new == old {
                return true;
            }
            match self.replace_weak(old, new, Ordering::Acquire) {
                Ok(_) => return true,
                Err(now) => old = now,
            }
        }
        false
    }

    /// Changes item bits; a change that would touch the ownership bits or references is cut to
    /// the others. May lose against a change of another thread, in which case nothing happens.
    pub(super) fn change_bits(&self, change: impl FnOnce(u32) -> u32) {
        let old = self.0.load(Ordering::Relaxed);
        let bits = change(old) & 0xffff & !OWNERSHIP;
        let new = (old & !0xffff) | (old & OWNERSHIP) | bits;
        let _ = self.turn(old, new, Ordering::Relaxed);
    }
}

/// Owning.
impl State {
    /// Takes a free chunk. Whether it was free; the caller owns it then.
    pub(super) fn claim(&self) -> bool {
        self.turn(0, CLAIMED, Ordering::AcqRel)
    }

    /// Gives an owned chunk up; it is free then.
    pub(super) fn retire(&self) {
        self.0.store(0, Ordering::Release);
    }

    /// Makes an owned chunk an item that can be found and pinned, with these item bits.
    #[inline]
    pub(super) fn publish(&self, bits: u32) {
        let state = LINKED | (bits & 0xffff & !OWNERSHIP);
        self.0.store(state, Ordering::Release);
    }

    /// Takes a linked item that nobody references. Whether it was one; the caller owns it then.
    #[inline]
    pub(super) fn take(&self) -> bool {
        let old = self.0.load(Ordering::Relaxed);
        let idle = old & OWNERSHIP == LINKED && old >> 16 == 0;
        idle && self.turn(old, (old & !OWNERSHIP) | CLAIMED, Ordering::AcqRel)
    }

    /// Makes an owned chunk a part of a chunked item.
    pub(super) fn seal(&self) {
        self.0.store(DATA, Ordering::Release);
    }

    /// Takes back a part of a chunked item whose head the caller owns. Whether it was one.
    pub(super) fn unseal(&self) -> bool {
        self.turn(DATA, CLAIMED, Ordering::AcqRel)
    }

    /// Makes an item one that can no longer be found or pinned; its item bits stay. Whether nobody
    /// references it; the caller owns it then, and otherwise whoever
    /// [`release`](State::release)s it last.
    pub(super) fn unlink(&self) -> bool {
        let mut old = self.0.load(Ordering::Relaxed);
        while old & OWNERSHIP == LINKED {
            let last = old >> 16 == 0;
            let owner = if last { CLAIMED } else { LEAVING };
            let new = (old & !OWNERSHIP) | owner;
            match self.replace_weak(old, new, Ordering::AcqRel) {
                Ok(_) => return last,
                Err(now) => old = now,
            }
        }
        false
    }
}

/// Referring.
impl State {
    /// Adds a reference to a linked item. `false` if it is not linked or has too many references.
    /// `change` gives the new item bits for the old ones, in the same step.
    #[inline]
    pub(super) fn pin(&self, change: impl Fn(u32) -> u32) -> bool {
        let mut old = self.0.load(Ordering::Relaxed);
        while is_free_to_pin(old) {
            let bits = change(old & 0xffff) & 0xffff & !OWNERSHIP;
            let new = ((old & !0xffff) | LINKED | bits) + REFERENCE;
            match self.replace_weak(old, new, Ordering::Acquire) {
                Ok(_) => return true,
                Err(now) => old = now,
            }
        }
        false
    }

    /// Gives a reference back. Whether it was the last one to an item no longer linked; the caller
    /// owns the chunk then.
    #[inline]
    pub(super) fn release(&self) -> bool {
        let old = self.0.fetch_sub(REFERENCE, Ordering::AcqRel);
        if old >> 16 != 1 || old & OWNERSHIP != LEAVING {
            return false;
        }
        // Leaving and without references: nobody else changes the word any more.
        let state = (old & 0xffff & !OWNERSHIP) | CLAIMED;
        self.0.store(state, Ordering::Relaxed);
        true
    }
}

/// Taking over what another engine left, before there are other threads.
impl State {
    /// What the chunk was, now without references. Whatever was neither an item nor a part of one
    /// is free.
    pub(super) fn take_over(&self) -> Relic {
        let old = self.0.load(Ordering::Relaxed);
        if old == DATA {
            return Relic::Data;
        }
        let is_item = old & OWNERSHIP == LINKED;
        self.overrule(if is_item { old & 0xffff } else { 0 });
        if is_item { Relic::Item } else { Relic::Nothing }
    }

    /// Frees the chunk.
    pub(super) fn drop_relic(&self) {
        self.overrule(0);
    }

    /// Vouches for a part of an item's value.
    pub(super) fn vouch(&self) {
        self.overrule(DATA | CLAIMED);
    }

    /// Ends the taking over: is the chunk in use? A part of a value nobody vouched for is not.
    pub(super) fn conclude(&self) -> bool {
        let new = match self.0.load(Ordering::Relaxed) {
            vouched if vouched == DATA | CLAIMED => DATA,
            item if item & OWNERSHIP == LINKED => item,
            _ => 0,
        };
        self.overrule(new);
        new != 0
    }

    fn overrule(&self, state: u32) {
        self.0.store(state, Ordering::Relaxed);
    }
}

impl State {
    #[inline]
    fn turn(&self, from: u32, to: u32, success: Ordering) -> bool {
        self.0
            .compare_exchange(from, to, success, Ordering::Relaxed)
            .is_ok()
    }

    #[inline]
    fn replace_weak(&self, from: u32, to: u32, success: Ordering) -> Result<u32, u32> {
        self.0
            .compare_exchange_weak(from, to, success, Ordering::Relaxed)
    }
}

/// Whether the state is that of a linked item that may have one more reference.
#[inline]
fn is_free_to_pin(state: u32) -> bool {
    state & OWNERSHIP == LINKED && state >> 16 < REFERENCES_MAX
}
