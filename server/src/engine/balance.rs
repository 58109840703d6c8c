//! Which class should have which page: without it a cache keeps for ever the division of memory
//! that its first hours happened to make.
//!
//! A class that has too little memory evicts items that are soon stored again. So what a page is
//! worth to a class is estimated by how many of those came back lately (`ghosts.rs`), and a little
//! by how much it evicts at all, for each page it has. A class gets a page from the one to which
//! pages are worth least, if that is clearly less. How a page gets there is `mover.rs`.
//!
//! The constants are measured, on traces and on mixes of sizes that do not shift and that do; half
//! or twice as much makes little difference.

use super::slab::Class;
use super::{Automove, Engine};

/// A class is given a page at most once while it gives this part of a page of victims: what a move
/// throws away must not be much beside what the class throws away without it.
const PATIENCE_PART: usize = 2;
/// A class gives a page only if it is worth so many times as much to the one that gets it: a
/// quarter more.
const MARGIN: (u64, u64) = (5, 4);
/// What an item that came back counts, and one that was evicted.
const RETURNED: u64 = 20;
const EVICTED: u64 = 1;
/// What every class counts from the start: nothing is concluded from a few items.
const PRIOR: u64 = 3 * RETURNED;
/// Figures lose half their weight while this part of all items is stored anew, but not sooner than
/// after so many stores.
const HALF_LIFE_PART: usize = 1;
const HALF_LIFE_LEAST: usize = 256;

/// What is known about the worth of memory to a class.
#[derive(Debug, Default)]
pub(super) struct Worth {
    returned: u64,
    evicted: u64,
    /// When both were halved last, in stores.
    halved: u64,
}

impl Worth {
    /// Lets figures lose weight: `clock` items were stored so far, `items` are there.
    fn age(&mut self, clock: u64, items: usize) {
        let half_life = (items / HALF_LIFE_PART).max(HALF_LIFE_LEAST) as u64;
        let lives = clock.saturating_sub(self.halved) / half_life;
        if lives > 0 {
            let shift = lives.min(63) as u32;
            self.returned >>= shift;
            self.evicted >>= shift;
            self.halved = clock;
        }
    }

    /// An item must go to make room in the class; `returned`: for one that went lately.
    pub(super) fn note(&mut self, returned: bool, clock: u64, items: usize) {
        self.age(clock, items);
        self.evicted += 1;
        self.returned += u64::from(returned);
    }

    /// Of one page, to a class that has so many, in halves.
    fn of_page(&self, half_pages: usize) -> u64 {
        let all = self.returned * RETURNED + self.evicted * EVICTED + PRIOR;
        (all << 10) / half_pages.max(1) as u64
    }
}

impl Class {
    /// What a page would be worth to the class if it had one more (first), and if it had one less.
    fn page_worth(&mut self, clock: u64, items: usize) -> (u64, u64) {
        self.worth.age(clock, items);
        let half_pages = 2 * self.pages.len();
        let less = half_pages.saturating_sub(2);
        (self.worth.of_page(half_pages + 2), self.worth.of_page(less))
    }
}

impl Engine {
    /// To be called by a thread that had to make room in a class: looks now and then whether the
    /// class should get a page of another, and does a step of a move that is under way.
    pub(super) fn rebalance(&self, class: usize, now: u32) {
        if self.mover.is_moving() {
            self.step_move(now);
            return;
        }
        let least = match self.mover.automove() {
            Automove::Off => return,
            Automove::ByNeed => self.slab.classes().per_page(class) / PATIENCE_PART,
            Automove::Always => 1,
        };
        if self.slab.take_victims(class, least as u32) {
            self.consider(Some(class));
        }
    }

    /// Starts a move to a class, or back to the system, if it is worth it.
    pub(super) fn consider(&self, to: Option<usize>) {
        let (clock, items) = self.clock();
        let worth = |class| {
            let mut slot = self.slab.lock(class);
            let worth = slot.page_worth(clock, items);
            (worth, self.slab.can_spare(&slot, class))
        };
        let others = (0..self.slab.classes().len()).filter(|&class| Some(class) != to);
        let least = others
            .map(|class| (worth(class), class))
            .filter(|((_, can_spare), _)| *can_spare)
            .min_by_key(|(((_, given), _), _)| *given);
        let Some((((_, given), _), from)) = least else {
            return;
        };
        let by_need = self.mover.automove() != Automove::Always;
        if by_need && to.is_some_and(|to| worth(to).0.0 * MARGIN.1 < given * MARGIN.0) {
            return;
        }
        self.begin_move(from, to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_back_weighs_more_and_both_fade() {
        let (mut used, mut scanned) = (Worth::default(), Worth::default());
        for clock in 0..200 {
            used.note(clock % 4 == 0, clock, 1000);
            scanned.note(false, clock, 1000);
        }
        assert!(used.of_page(2) > scanned.of_page(1));
        let before = used.of_page(1);
        used.age(10_000, 1000);
        assert!(used.of_page(1) < before / 2);
        used.age(1_000_000, 1000);
        assert_eq!(used.of_page(1), Worth::default().of_page(1));
    }
}
