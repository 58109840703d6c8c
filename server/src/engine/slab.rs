//! Pages and free chunks of each class: where new memory comes from, within the limit.
//!
//! Each class has a lock of its own, held for a handful of steps; only storing and freeing take
//! it. Each page keeps the list of its own free chunks, so that a page can be emptied and change
//! class without a search through everything (`slab/leaving.rs`). Which page should change class
//! is `balance.rs`, how it does `mover.rs`.

mod kept;
mod leaving;

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::PAGE_BYTES;
use super::balance::Worth;
use super::classes::Classes;
use super::evict::{self, Counts, Marks, Order, Pages, Victim, Wish};
use super::ghosts::EPOCHS;
use super::memory::{Arena, Chunk, Link};
use super::region::Region;
pub(super) use kept::KeptPage;
use leaving::Leaving;
pub(super) use leaving::Met;

/// The index of a page that is being emptied.
const LEAVING: u32 = u32::MAX;

/// A page of a class.
#[derive(Debug)]
pub(super) struct Page {
    number: u32,
    /// Raw link of the first free chunk, each names the next; 0 for none.
    free: u32,
    /// Bytes from the start of the page that were ever cut into chunks.
    cut: u32,
    /// Chunks in use.
    used: u32,
    /// It is in the list of pages with room.
    listed: bool,
    marks: Marks,
}

impl evict::Page for Page {
    fn number(&self) -> usize {
        self.number as usize
    }

    fn used_bytes(&self) -> usize {
        self.cut as usize
    }

    fn marks(&mut self) -> &mut Marks {
        &mut self.marks
    }
}

#[derive(Debug, Default)]
pub(super) struct Class {
    pub(super) pages: Vec<Page>,
    /// Indices of pages with room.
    room: Vec<u32>,
    order: Order,
    /// Chunks in use, on a page that is being emptied as well.
    used: u64,
    leaving: Option<Leaving>,
    /// Victims asked for since the balance was looked at.
    victims: u32,
    /// And in this epoch.
    victims_of_epoch: u64,
    pub(super) worth: Worth,
}

/// A class and what may be read without its lock, on cache lines of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Slot {
    class: Mutex<Class>,
    /// Ticks between last access and eviction of what was evicted last.
    evicted_age: AtomicU32,
}

/// Pages that no class has.
#[derive(Debug)]
struct Pool {
    /// Pages given back.
    free: Vec<u32>,
    /// The first page never used.
    fresh: usize,
}

/// What came of asking for a chunk.
#[derive(Debug)]
pub(super) enum Got {
    /// A chunk, and the policy's item bits for what is stored in it.
    Chunk(Chunk, u32),
    /// None is free; this item of this class is to be removed to make one free.
    Victim(Victim, usize),
    /// None is free in this class and there is nothing to remove.
    Nothing(usize),
}

/// The pages of all classes, each counted from 0 here.
#[derive(Debug)]
pub(super) struct Slab {
    arena: Arena,
    classes: Classes,
    slots: Vec<Slot>,
    /// By page: its index among the pages of its class.
    index: Region<AtomicU32>,
    pool: Mutex<Pool>,
    /// Pages that classes have.
    taken: AtomicUsize,
    /// Pages that classes may have, unless one has none.
    limit: AtomicUsize,
}

/// Figures of one class.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usage {
    /// As the arena has them.
    pub(super) pages: usize,
    pub(super) used_chunks: u64,
    pub(super) age: u32,
    pub(super) evicted_time: u32,
    /// Chunks in the queue of new items.
    pub(super) queued: u64,
    pub(super) counts: Counts,
}

impl Slab {
    /// Nothing taken yet. `None` if the system gives no address space.
    pub(super) fn new(arena: Arena, classes: Classes, limit_pages: usize) -> Option<Slab> {
        let index = Region::reserve(arena.pages())?;
        if !index.grow(arena.pages(), 0) {
            return None;
        }
        let slots = (0..classes.len()).map(|_| Slot::default()).collect();
        let pool = Mutex::new(Pool {
            free: Vec::new(),
            fresh: 1,
        });
        let (taken, limit) = (AtomicUsize::new(0), AtomicUsize::new(limit_pages));
        Some(Slab {
            arena,
            classes,
            slots,
            index,
            pool,
            taken,
            limit,
        })
    }

    /// The memory the chunks are in.
    pub(super) fn arena(&self) -> &Arena {
        &self.arena
    }

    /// The sizes.
    pub(super) fn classes(&self) -> &Classes {
        &self.classes
    }

    /// The class of a chunk in use.
    #[inline]
    pub(super) fn class_of(&self, link: Link) -> usize {
        usize::from(self.arena.tag(link))
    }

    /// Is this a chunk that the class may give out again?
    pub(super) fn is_of(&self, link: Link, class: usize) -> bool {
        self.class_of(link) == class && !self.is_leaving(link)
    }

    /// Is this a chunk of a page that is being emptied?
    #[inline]
    pub(super) fn is_leaving(&self, link: Link) -> bool {
        self.index(self.arena.place(link).0) == LEAVING
    }

    #[inline]
    fn index(&self, page: usize) -> u32 {
        self.index.get(page).load(Ordering::Relaxed)
    }

    /// A chunk for `bytes` of a class with room for them, or what must go for it.
    pub(super) fn allocate(&self, mut class: usize, bytes: usize, wish: &Wish<'_>) -> Got {
        if self.pages_taken() < self.limit_pages() {
            class = self.classes.settle(class, bytes);
        }
        loop {
            let mut slot = self.lock(class);
            let slot = &mut *slot;
            if let Some(got) = self.take_free(slot, class, wish) {
                return got;
            }
            // A flexible class has the next one to fall back on.
            let flexible = self.classes.is_flexible(class);
            let must = slot.pages.is_empty() && !flexible;
            if let Some(number) = self.take_page(must)
                && !self.add_page(slot, class, number)
            {
                self.give_page(number);
            }
            if let Some(got) = self.take_free(slot, class, wish) {
                return got;
            }
            if slot.pages.is_empty() && flexible {
                class += 1;
                continue;
            }
            self.note_victim(slot, class, wish);
            let (order, mut pages) = self.ordered(slot, class);
            return match order.pick(&mut pages, wish) {
                Some(victim) => Got::Victim(victim, class),
                None => Got::Nothing(class),
            };
        }
    }

    /// A chunk of a class from the pages it has; if none is free and something may go for it, what
    /// must. A class that has no pages left falls back on the next.
    pub(super) fn allocate_within(
        &self,
        mut class: usize,
        wish: &Wish<'_>,
        may_evict: bool,
    ) -> Got {
        loop {
            let mut slot = self.lock(class);
            let slot = &mut *slot;
            if slot.pages.is_empty() && self.classes.is_flexible(class) {
                class += 1;
                continue;
            }
            if let Some(got) = self.take_free(slot, class, wish) {
                return got;
            }
            if !may_evict {
                return Got::Nothing(class);
            }
            let (order, mut pages) = self.ordered(slot, class);
            return match order.pick(&mut pages, wish) {
                Some(victim) => Got::Victim(victim, class),
                None => Got::Nothing(class),
            };
        }
    }

    /// Gives a class a page of the pool, if there is one. Whether it did.
    pub(super) fn grant(&self, class: usize) -> bool {
        let number = {
            let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
            if self.pages_taken() >= self.limit_pages() {
                return false;
            }
            let Some(number) = pool.free.pop() else {
                return false;
            };
            self.taken.fetch_add(1, Ordering::Relaxed);
            number
        };
        let granted = self.add_page(&mut self.lock(class), class, number);
        if !granted {
            self.give_page(number);
        }
        granted
    }

    /// The order of a class, and its pages to use it with.
    fn ordered<'c>(
        &'c self,
        slot: &'c mut Class,
        class: usize,
    ) -> (&'c mut Order, Pages<'c, Page>) {
        let pages = Pages {
            arena: &self.arena,
            list: &mut slot.pages,
            index: &self.index,
            chunk: self.classes.size(class),
            used: slot.used as usize,
        };
        (&mut slot.order, pages)
    }

    /// Counts that room must be made.
    fn note_victim(&self, slot: &mut Class, class: usize, wish: &Wish<'_>) {
        slot.victims += 1;
        slot.order.counts.asked += 1;
        slot.worth.note(wish.returned, wish.clock, wish.items);
        slot.victims_of_epoch += 1;
        if slot.victims_of_epoch * u64::from(EPOCHS) >= slot.used {
            slot.victims_of_epoch = 0;
            wish.ghosts.next_epoch(class);
        }
    }

    /// Gives a class a page that no class has. `false` if the system has no memory for it.
    fn add_page(&self, slot: &mut Class, class: usize, number: u32) -> bool {
        if !self
            .arena
            .open_page(number as usize, self.classes.size(class), class as u8)
        {
            return false;
        }
        let index = slot.pages.len() as u32;
        self.set_index(number, index);
        let (free, cut, used) = (0, 0, 0);
        slot.pages.push(Page {
            number,
            free,
            cut,
            used,
            listed: true,
            marks: Marks::new(self.classes.per_page(class)),
        });
        slot.room.push(index);
        true
    }

    fn set_index(&self, page: u32, index: u32) {
        let of_page = self.index.get(page as usize);
        of_page.store(index, Ordering::Relaxed);
    }

    /// Takes a chunk back.
    pub(super) fn free(&self, chunk: Chunk) {
        let class = self.class_of(chunk.link());
        let (number, at) = self.arena.place(chunk.link());
        let mut slot = self.lock(class);
        let index = self.index(number);
        let slot = &mut *slot;
        slot.used -= 1;
        if index == LEAVING {
            self.arena.retire(chunk);
            if let Some(leaving) = &mut slot.leaving {
                leaving.page.used -= 1;
            }
            return;
        }
        let page = &mut slot.pages[index as usize];
        self.arena
            .header(chunk.link())
            .lens
            .store(page.free, Ordering::Relaxed);
        page.free = self.arena.retire(chunk).raw();
        page.used -= 1;
        page.marks.on_free(at / self.classes.size(class));
        if !page.listed {
            page.listed = true;
            slot.room.push(index);
        }
    }

    /// A chunk that is free, if there is one.
    fn take_free(&self, slot: &mut Class, class: usize, wish: &Wish<'_>) -> Option<Got> {
        let (chunk, recycled) = self.claim_free(slot, self.classes.size(class))?;
        let (order, mut pages) = self.ordered(slot, class);
        order.enter(&mut pages, chunk.link(), wish);
        let bits = evict::on_store(wish.eviction, wish.start, recycled);
        Some(Got::Chunk(chunk, bits))
    }

    /// A free chunk, and whether it held something before.
    fn claim_free(&self, slot: &mut Class, size: usize) -> Option<(Chunk, bool)> {
        while let Some(&index) = slot.room.last() {
            let page = &mut slot.pages[index as usize];
            let free = Link::from_raw(page.free);
            let link = if let Some(link) = free {
                page.free = self.arena.header(link).lens.load(Ordering::Relaxed);
                Some(link)
            } else if page.cut as usize + size <= self.arena.page_bytes() {
                let link = self.arena.link(page.number as usize, page.cut as usize);
                page.cut += size as u32;
                Some(link)
            } else {
                None
            };
            match link.and_then(|link| self.arena.claim(link)) {
                Some(chunk) => {
                    page.used += 1;
                    slot.used += 1;
                    return Some((chunk, free.is_some()));
                }
                None => {
                    page.listed = false;
                    slot.room.pop();
                }
            }
        }
        None
    }

    /// A page for a class, within the limit unless it is the first one of a class.
    fn take_page(&self, first: bool) -> Option<u32> {
        let limit = self.limit.load(Ordering::Relaxed);
        if self.taken.load(Ordering::Relaxed) >= limit && !first {
            return None;
        }
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if self.taken.load(Ordering::Relaxed) >= limit && !first {
            return None;
        }
        let number = pool.free.pop().or_else(|| {
            let fresh = pool.fresh;
            pool.fresh += 1;
            (fresh < self.arena.pages()).then_some(fresh as u32)
        })?;
        self.taken.fetch_add(1, Ordering::Relaxed);
        Some(number)
    }

    fn give_page(&self, number: u32) {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        pool.free.push(number);
        self.taken.fetch_sub(1, Ordering::Relaxed);
    }

    /// Victims that a class asked for since this was asked last, if they are `least` or more.
    pub(super) fn take_victims(&self, class: usize, least: u32) -> bool {
        let mut slot = self.lock(class);
        let enough = slot.victims >= least;
        if enough {
            slot.victims = 0;
        }
        enough
    }

    /// Notes that an item of a class was evicted, so many ticks after its last access.
    pub(super) fn note_eviction(&self, class: usize, age: u32) {
        self.slots[class].evicted_age.store(age, Ordering::Relaxed);
    }

    /// Pages that classes have.
    pub(super) fn pages_taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// Pages of classes and of the pool, as figures count them.
    pub(super) fn counted_taken(&self) -> u64 {
        self.counted(self.pages_taken()) + self.free_pages()
    }

    /// Pages as figures count them that so many pages are, the last one started.
    pub(super) fn counted(&self, pages: usize) -> u64 {
        pages.div_ceil(self.pages_per_counted()) as u64
    }

    /// How many pages figures count as one.
    pub(super) fn pages_per_counted(&self) -> usize {
        PAGE_BYTES / self.arena.page_bytes()
    }

    /// Pages of a class, counted from 1, or with 0 of the pool, as figures count them.
    pub(super) fn counted_pages(&self, class: usize) -> u64 {
        match class.checked_sub(1) {
            None => self.free_pages(),
            Some(class) => self.counted(self.lock(class).pages.len()),
        }
    }

    /// Pages that classes may have.
    pub(super) fn limit_pages(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    /// Pages that were in use and may be used again, as figures count them.
    pub(super) fn free_pages(&self) -> u64 {
        let free = self
            .pool
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .free
            .len();
        let room = self.limit_pages().saturating_sub(self.pages_taken());
        (free.min(room) / self.pages_per_counted()) as u64
    }

    /// Sets the limit; pages above it stay where they are for now.
    pub(super) fn set_limit_pages(&self, pages: usize) {
        self.limit.store(pages, Ordering::Relaxed);
    }

    /// Figures of a class.
    pub(super) fn usage(&self, class: usize, now: u32) -> Usage {
        let mut slot = self.lock(class);
        let slot = &mut *slot;
        // A page that is on its way has not left yet.
        let pages = slot.pages.len() + usize::from(slot.leaving.is_some());
        let used = slot.used;
        let (order, list) = self.ordered(slot, class);
        Usage {
            pages,
            used_chunks: used,
            age: order.age(&list, now),
            evicted_time: self.slots[class].evicted_age.load(Ordering::Relaxed),
            queued: (order.queued() as u64).min(used),
            counts: order.counts,
        }
    }

    /// Moves an item to the end of an LRU queue.
    pub(super) fn bump(&self, link: Link) {
        let class = self.class_of(link);
        let mut slot = self.lock(class);
        // It may be on a page that leaves.
        if self.is_of(link, class) {
            let (order, mut pages) = self.ordered(&mut slot, class);
            order.bump(&mut pages, link);
        }
    }

    /// The counts of all classes together.
    pub(super) fn counts(&self) -> Counts {
        let classes = 0..self.classes.len();
        classes.fold(Counts::default(), |sum, class| {
            let of = self.lock(class).order.counts;
            Counts {
                proved: sum.proved + of.proved,
                kept: sum.kept + of.kept,
                cooled: sum.cooled + of.cooled,
                asked: sum.asked + of.asked,
                busy: sum.busy + of.busy,
            }
        })
    }

    /// Sets the counts of a class to 0.
    pub(super) fn reset_counts(&self, class: usize) {
        self.lock(class).order.reset_counts();
    }

    /// Puts all items of a class into its queue.
    pub(super) fn queue_all(&self, class: usize) {
        let mut slot = self.lock(class);
        let (order, mut pages) = self.ordered(&mut slot, class);
        order.queue_all(&mut pages);
    }

    /// The lock of a class.
    pub(super) fn lock(&self, class: usize) -> MutexGuard<'_, Class> {
        self.slots[class]
            .class
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
