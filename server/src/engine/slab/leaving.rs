//! A page that leaves its class: no chunk of it is given out any more, what is on it is met piece by
//! piece by whoever carries it away, and when it is empty it goes where it was wanted.

use std::sync::atomic::Ordering;

use super::{Class, LEAVING, Page, Slab};
use crate::engine::memory::{CLAIMED, DATA, LINKED, Link, Pin};
use crate::engine::mover::Obstacle;

/// Pages of a class looked at in the search for an empty one.
const EMPTY_LOOKS: usize = 64;

/// A page that is being emptied, and how far the walk over it is, in bytes.
#[derive(Debug)]
pub(super) struct Leaving {
    pub(super) page: Page,
    at: usize,
}

/// What is met on a page that is being emptied.
#[derive(Debug)]
pub(in crate::engine) enum Met {
    /// An item, or the head of one in several chunks.
    Item(Pin),
    /// A part of an item's value; its head is somewhere.
    Data { head: Pin, data: Link },
    /// Something nobody can get hold of for now.
    Busy(Obstacle),
}

impl Slab {
    /// Takes a page from a class, the one its hand comes to next: no chunk of it is given out any
    /// more. It stays the memory of what is on it until [`finish`](Slab::finish). `false` if the
    /// class can spare none or is losing one already.
    pub(in crate::engine) fn begin(&self, class: usize) -> bool {
        let mut slot = self.lock(class);
        let slot = &mut *slot;
        if slot.leaving.is_some() || !self.can_spare(slot, class) {
            return false;
        }
        let index = slot.order.next_page(slot.pages.len());
        let page = self.detach(slot, index);
        slot.leaving = Some(Leaving { page, at: 0 });
        true
    }

    /// Takes the page with this index out of a class.
    fn detach(&self, slot: &mut Class, index: usize) -> Page {
        let page = slot.pages.swap_remove(index);
        slot.order.leave(&self.arena, page.number as usize);
        self.set_index(page.number, LEAVING);
        slot.room.clear();
        for (index, page) in slot.pages.iter().enumerate() {
            self.set_index(page.number, index as u32);
            if page.listed {
                slot.room.push(index as u32);
            }
        }
        page
    }

    /// Gets a page for a class that has no chunk free and nothing that may go: one that another
    /// class has nothing on, or else, while the class has less than 1 MiB, one above the limit. If
    /// pages are small the largest class may have as much again: it is then what several of
    /// memcached's are, each of which may have a page. Whether it got one.
    pub(in crate::engine) fn supply(&self, class: usize) -> bool {
        let others = (0..self.classes.len()).rev();
        for other in others.filter(|&other| other != class) {
            // More than one may have to go before there is room below the limit.
            while self.take_empty(other) {
                if self.grant(class) {
                    return true;
                }
            }
        }
        let granted = match self.pages_per_counted() {
            several @ 2.. if class + 1 == self.classes.len() => 2 * several,
            several => several,
        };
        let mut slot = self.lock(class);
        if slot.pages.len() >= granted {
            return false;
        }
        let Some(number) = self.take_page(true) else {
            return false;
        };
        let added = self.add_page(&mut slot, class, number);
        if !added {
            self.give_page(number);
        }
        added
    }

    /// Takes a page with nothing on it, be it the last one, from a class. Whether there was one
    /// among those it would fill next.
    fn take_empty(&self, class: usize) -> bool {
        let number = {
            let mut slot = self.lock(class);
            let slot = &mut *slot;
            let is_empty = |index: &&u32| slot.pages[**index as usize].used == 0;
            let mut next = slot.room.iter().rev().take(EMPTY_LOOKS);
            let Some(&index) = next.find(is_empty) else {
                return false;
            };
            self.detach(slot, index as usize).number
        };
        self.arena.close_page(number as usize);
        self.give_page(number);
        true
    }

    /// A class keeps one page, unless it can fall back on the next class.
    pub(in crate::engine) fn can_spare(&self, slot: &Class, class: usize) -> bool {
        let keeps = if self.classes.is_flexible(class) {
            0
        } else {
            1
        };
        slot.pages.len() > keeps
    }

    /// The next things, at most `most`, on the page that leaves the class, and whether the end of
    /// the page was reached. Goes round until the page is empty.
    pub(in crate::engine) fn on_leaving(&self, class: usize, most: usize) -> (Vec<Met>, bool) {
        let mut slot = self.lock(class);
        let mut met = Vec::new();
        let Some(leaving) = &mut slot.leaving else {
            return (met, true);
        };
        let size = self.classes.size(class);
        for _ in 0..8 * most {
            if met.len() == most {
                break;
            }
            if leaving.at + size > leaving.page.cut as usize {
                leaving.at = 0;
                return (met, true);
            }
            let link = self.arena.link(leaving.page.number as usize, leaving.at);
            let bits = self.arena.header(link).bits();
            if bits & DATA != 0 && !met.is_empty() {
                // Its head may have been met already, and two references would be one too many to
                // move it.
                break;
            }
            leaving.at += size;
            if bits & DATA != 0 {
                met.extend(self.meet_data(link));
                break;
            }
            match bits & (LINKED | CLAIMED) {
                LINKED => met.extend(self.arena.pin(link, |bits| bits).map(Met::Item)),
                CLAIMED => met.push(Met::Busy(Obstacle::Uploading)),
                _ if bits != 0 => met.push(Met::Busy(Obstacle::Floating)),
                _ => {}
            }
        }
        (met, false)
    }

    /// A data chunk on a page whose class is locked.
    fn meet_data(&self, data: Link) -> Option<Met> {
        let head = self.arena.header(data).access.load(Ordering::Relaxed);
        let head = Link::from_raw(head)?;
        if let Some(head) = self.arena.pin(head, |bits| bits) {
            return Some(Met::Data { head, data });
        }
        let obstacle = if self.arena.header(head).bits() & CLAIMED != 0 {
            Obstacle::Uploading
        } else {
            Obstacle::Floating
        };
        Some(Met::Busy(obstacle))
    }

    /// If the page that leaves the class is empty, gives it to another class, or without one back
    /// to the system. `None` if it is not empty yet, else whether it could be given.
    pub(in crate::engine) fn finish(&self, from: usize, to: Option<usize>) -> Option<bool> {
        let leaving = {
            let mut slot = self.lock(from);
            let is_empty = |leaving: &mut Leaving| leaving.page.used == 0;
            match slot.leaving.take_if(is_empty) {
                Some(leaving) => leaving,
                None if slot.leaving.is_some() => return None,
                None => return Some(false),
            }
        };
        let number = leaving.page.number;
        // The class has the page no more, so nobody comes upon it; no lock is needed.
        self.arena.close_page(number as usize);
        if let Some(to) = to
            && self.add_page(&mut self.lock(to), to, number)
        {
            return Some(true);
        }
        self.give_page(number);
        Some(to.is_none())
    }
}
