//! Which class should have which page: without it a cache keeps for ever the division of memory
//! that its first hours happened to make.
//!
//! Each class lets an unread item live for one round of its hand. The time a round takes, counted
//! in items stored anywhere, is the age of the class. A class whose age is low throws away what
//! another class would keep, so it gets a page from the class of the highest. Ages are weighed
//! with the size of the chunks ([`weight`]), since the same page keeps more small items than
//! large ones. How a page gets there is `mover.rs`.

use std::sync::atomic::Ordering;

use super::slab::Slab;
use super::{Automove, Engine};

/// A class is given a page at most once in so many pages of victims: what a move throws away must
/// be little beside what the class throws away without it.
const PATIENCE_PAGES: usize = 2;
/// A class gives a page only if it weighs so many times what the class weighs that gets it.
const MARGIN: u64 = 2;

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
        if self.mover.is_moving() {
            self.step_move(now);
            return;
        }
        let least = match self.mover.automove() {
            Automove::Off => return,
            Automove::ByNeed => PATIENCE_PAGES * self.slab.classes().per_page(class),
            Automove::Always => 1,
        };
        if self.slab.take_victims(class, least as u32) {
            self.consider(Some(class));
        }
    }

    /// Starts a move to a class, or back to the system, if it is worth it.
    pub(super) fn consider(&self, to: Option<usize>) {
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
        let by_need = self.mover.automove() != Automove::Always;
        if by_need && to.is_some_and(|to| heavy <= weigh(to).0.saturating_mul(MARGIN)) {
            return;
        }
        self.begin_move(from, to);
    }
}
