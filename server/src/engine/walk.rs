//! Walking over all items in small steps, to drop the dead ones or to list the living.
//!
//! A walk goes through the hash table, not through the pages: it meets whatever is there from its
//! beginning to its end exactly once, also when the table grows and items are carried to other
//! pages meanwhile. Nobody waits for it longer than it takes to look at the items of a bucket.

use std::sync::atomic::Ordering;

use super::Engine;
use super::classes::CLASSES_MAX;
use super::counters::Count;
use super::item::{FETCHED, ItemRef};
use super::memory::{Link, Pin};
use super::table::{Bucket, Tour};

/// How many buckets ahead items are fetched into the processor's cache.
const AHEAD: usize = 4;

/// How far a walk has come.
#[derive(Debug)]
pub struct Walk {
    tour: Tour,
    /// The flush generation at its beginning.
    generation: u32,
    /// It has left nothing out so far.
    whole: bool,
}

/// What a walk found out about an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It lives until this tick, 0 for ever.
    Live {
        /// As [`ItemRef::expiry`].
        expiry: u32,
    },
    /// It was dead, and is gone now.
    Reclaimed,
}

/// Which classes a walk looks at, and at how many items of each.
#[derive(Debug, Clone)]
pub struct Quota {
    /// By class, counted from 0.
    left: [u32; CLASSES_MAX],
}

impl Quota {
    /// No class yet.
    pub fn none() -> Quota {
        Quota {
            left: [0; CLASSES_MAX],
        }
    }

    /// Adds a class, counted from 1, with so many items, 0 for all. A number that is no class is
    /// ignored.
    pub fn add(&mut self, class: usize, items: u32) {
        if let Some(left) = class.checked_sub(1).and_then(|at| self.left.get_mut(at)) {
            *left = if items == 0 { u32::MAX } else { items };
        }
    }

    /// Adds what another quota has.
    pub fn extend(&mut self, other: &Quota) {
        for (left, &more) in self.left.iter_mut().zip(&other.left) {
            *left = (*left).max(more);
        }
    }

    /// Its classes with items left to look at, counted from 1.
    pub fn classes(&self) -> impl Iterator<Item = usize> {
        let left = self.left.iter().enumerate();
        left.filter_map(|(index, &left)| (left > 0).then_some(index + 1))
    }

    /// Is there no class with items left to look at?
    pub fn is_used_up(&self) -> bool {
        self.left.iter().all(|&left| left == 0)
    }

    /// Does it have items of this class, counted from 0, left to look at?
    fn has(&self, class: usize) -> bool {
        self.left[class] > 0
    }

    fn take(&mut self, class: usize) {
        if self.left[class] != u32::MAX {
            self.left[class] -= 1;
        }
    }
}

impl Engine {
    /// Begins a walk.
    pub fn walk(&self) -> Walk {
        Walk {
            tour: self.table.tour(),
            generation: self.expiry.generation(),
            whole: true,
        }
    }

    /// Goes on with a walk by one bucket, which has about a dozen items, looks at those the quota
    /// has, tells `found` their class (counted from 1) and what they are, and drops those that are
    /// dead. `false` when the walk is over.
    pub fn reap(
        &self,
        walk: &mut Walk,
        quota: &mut Quota,
        now: u32,
        mut found: impl FnMut(u8, Found),
    ) -> bool {
        self.prefetch_ahead(walk);
        let whole = &mut walk.whole;
        let more = self.table.visit(&mut walk.tour, |bucket, link| {
            let class = self.class_of(link);
            if !quota.has(class) {
                *whole = false;
                return;
            }
            quota.take(class);
            self.counters.one(class, Count::CrawlerChecked);
            let header = self.header(link);
            let dead = self.expiry.is_dead(header, now);
            let what = if dead {
                self.counters.one(class, Count::CrawlerReclaimed);
                self.drop_dead(bucket, link, class);
                Found::Reclaimed
            } else {
                let expiry = header.expiry.load(Ordering::Relaxed);
                Found::Live { expiry }
            };
            found(class as u8 + 1, what);
        });
        if !more && walk.whole {
            self.expiry.note_swept(walk.generation);
        }
        more
    }

    /// Goes on with a walk by one bucket and shows the live items of the quota's classes in it to
    /// `show`, whatever number of them it has left. `false` when the walk is over. No item counts
    /// as accessed.
    pub fn show(
        &self,
        walk: &mut Walk,
        quota: &Quota,
        now: u32,
        mut show: impl FnMut(&ItemRef<'_>),
    ) -> bool {
        self.prefetch_ahead(walk);
        let mut pins: Vec<(Pin, (u32, u32))> = Vec::new();
        let more = self.table.visit(&mut walk.tour, |_, link| {
            let class = self.class_of(link);
            let header = self.header(link);
            if !quota.has(class) || self.expiry.is_dead(header, now) {
                return;
            }
            let before = (header.bits(), header.access.load(Ordering::Relaxed));
            self.counters.one(class, Count::CrawlerChecked);
            pins.extend(self.arena().pin(link, |bits| bits).map(|pin| (pin, before)));
        });
        for (pin, before) in pins {
            show(&ItemRef::new(self, pin, before));
        }
        more
    }

    /// Removes every item that is dead at `now`.
    pub(super) fn sweep(&self, now: u32) {
        let mut walk = self.walk();
        let visit = |bucket: &Bucket<'_>, link| {
            if self.expiry.is_dead(self.header(link), now) {
                self.drop_dead(bucket, link, self.class_of(link));
            }
        };
        while self.table.visit(&mut walk.tour, visit) {}
        self.expiry.note_swept(walk.generation);
    }

    fn prefetch_ahead(&self, walk: &Walk) {
        for link in self.table.guess_ahead(&walk.tour, AHEAD) {
            self.arena().prefetch(link);
        }
    }

    /// Removes a dead item that is in a locked bucket.
    fn drop_dead(&self, bucket: &Bucket<'_>, link: Link, class: usize) {
        if self.header(link).bits() & FETCHED == 0 {
            self.counters.one(class, Count::ExpiredUnfetched);
        }
        self.count_item(link, -1);
        bucket.take_out(link);
        self.drift(-1);
        if let Some(chunk) = self.arena().unlink(link) {
            self.free(chunk);
        }
    }
}
