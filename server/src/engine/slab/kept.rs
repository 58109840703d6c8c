//! Pages that are taken all at once, and pages that stay when the process ends.

use std::sync::PoisonError;
use std::sync::atomic::Ordering::Relaxed;

use super::{Page, Slab};
use crate::engine::Eviction;
use crate::engine::evict::{Marks, Start};
use crate::engine::item::FETCHED;
use crate::engine::memory::{LINKED, Link, Relic};

/// A page of a class as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct KeptPage {
    /// From 1.
    pub(in crate::engine) number: u32,
    /// Bytes from its start that were ever cut into chunks.
    pub(in crate::engine) cut: u32,
}

impl Slab {
    /// Takes all memory there may ever be, with a page for each class whose size is settled.
    pub(in crate::engine) fn take_all(&self) {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        let has = |number: &u32| self.arena.is_open(*number as usize);
        // From the end: the last one is used first.
        let rest = (1..=self.limit_pages() as u32).rev();
        pool.free = rest.filter(|number| !has(number)).collect();
        pool.fresh = self.arena.pages();
        drop(pool);
        for class in self.classes.fixed() {
            if self.lock(class).pages.is_empty() {
                self.grant(class);
            }
        }
    }

    /// The pages of a class, the one that eviction looks at next first.
    pub(in crate::engine) fn keep(&self, class: usize) -> Vec<KeptPage> {
        let slot = self.lock(class);
        let first = slot.order.hand_page();
        let (before, after) = slot.pages.split_at(first.min(slot.pages.len()));
        let leaving = slot.leaving.iter().map(|leaving| &leaving.page);
        let pages = after.iter().chain(before).chain(leaving);
        let keep = |page: &Page| KeptPage {
            number: page.number,
            cut: page.cut,
        };
        pages.map(keep).collect()
    }

    /// Are these pages that a class with chunks of `chunk` bytes may have?
    pub(in crate::engine) fn may_adopt(&self, chunk: usize, pages: &[KeptPage]) -> bool {
        pages.iter().all(|page| {
            let cut = page.cut as usize;
            (1..=self.limit_pages()).contains(&(page.number as usize))
                && chunk > 0
                && cut.is_multiple_of(chunk)
                && cut <= self.arena.page_bytes()
        })
    }

    /// Gives a class pages with what is on them. What is none of an item's is free; the items must
    /// be looked at and then be [concluded](Slab::conclude).
    pub(in crate::engine) fn adopt(&self, class: usize, pages: &[KeptPage]) {
        let mut slot = self.lock(class);
        let size = self.classes.size(class);
        for kept in pages {
            self.arena
                .adopt_page(kept.number as usize, size, class as u8);
            self.set_index(kept.number, slot.pages.len() as u32);
            for at in (0..=self.arena.page_bytes() - size).step_by(size) {
                let link = self.arena.link(kept.number as usize, at);
                if self.arena.take_over(link) != Relic::Nothing && at >= kept.cut as usize {
                    self.arena.drop_relic(link);
                }
            }
            slot.pages.push(Page {
                number: kept.number,
                free: 0,
                cut: kept.cut,
                used: 0,
                listed: false,
                marks: Marks::new(self.classes.per_page(class)),
            });
        }
        self.taken.fetch_add(pages.len(), Relaxed);
    }

    /// Makes what is not in use on the adopted pages of a class free, and puts the rest in order:
    /// what was never read is new, or with LRU all items stand as they were accessed.
    pub(in crate::engine) fn conclude(&self, class: usize, eviction: Eviction) {
        let mut slot = self.lock(class);
        let slot = &mut *slot;
        let size = self.classes.size(class);
        let mut items: Vec<(u32, Link, Start)> = Vec::new();
        for (index, page) in slot.pages.iter_mut().enumerate() {
            // Backwards, so that the first one is used first.
            for at in (0..page.cut as usize).step_by(size).rev() {
                let link = self.arena.link(page.number as usize, at);
                let header = self.arena.header(link);
                if self.arena.conclude(link) {
                    page.used += 1;
                    continue;
                }
                header.lens.store(page.free, Relaxed);
                page.free = link.raw();
            }
            slot.used += u64::from(page.used);
            page.listed = page.free != 0 || page.cut as usize + size <= self.arena.page_bytes();
            if page.listed {
                slot.room.push(index as u32);
            }
            for at in (0..page.cut as usize).step_by(size) {
                let link = self.arena.link(page.number as usize, at);
                let header = self.arena.header(link);
                let start = match header.bits() {
                    0 => continue,
                    bits if bits & LINKED == 0 => Start::Follows,
                    bits if bits & FETCHED == 0 || eviction == Eviction::Lru => Start::New,
                    _ => Start::Proven,
                };
                items.push((header.access.load(Relaxed), link, start));
            }
        }
        if eviction == Eviction::Lru {
            items.sort_by_key(|&(access, ..)| access);
        }
        let (order, mut pages) = self.ordered(slot, class);
        for (_, link, start) in items {
            if eviction != Eviction::Clock || start == Start::Follows {
                order.place(&mut pages, link, start);
            }
        }
    }
}
