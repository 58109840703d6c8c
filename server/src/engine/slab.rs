//! Pages and free chunks of each class: where new memory comes from, within the limit.
//!
//! Each class has a lock of its own, held for a handful of steps; only storing and freeing take
//! it. Each page keeps the list of its own free chunks, so that a page can be emptied and change
//! class without a search through everything. Which page should change class is `balance.rs`,
//! how it does `mover.rs`.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::PAGE_BYTES;
use super::classes::Classes;
use super::evict::{self, Hand, Victim, Wish};
use super::memory::{Arena, CLAIMED, Chunk, DATA, LINKED, Link, Pin, Region};
use super::mover::Obstacle;

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
    /// When the hand began to walk it last, or when it was opened, in stores.
    pub(super) entered: u64,
}

impl evict::Page for Page {
    fn number(&self) -> usize {
        self.number as usize
    }

    fn used_bytes(&self) -> usize {
        self.cut as usize
    }

    fn enter(&mut self, clock: u64) {
        self.entered = clock;
    }
}

/// A page that is being emptied, and how far the walk over it is, in bytes.
#[derive(Debug)]
struct Leaving {
    page: Page,
    at: usize,
}

#[derive(Debug, Default)]
pub(super) struct Class {
    pub(super) pages: Vec<Page>,
    /// Indices of pages with room.
    room: Vec<u32>,
    pub(super) hand: Hand,
    /// Chunks in use, on a page that is being emptied as well.
    used: u64,
    leaving: Option<Leaving>,
    /// Victims asked for since the balance was looked at.
    victims: u32,
}

/// A class, and the ticks between last access and eviction of what was evicted last. Keeps each
/// class on cache lines of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Slot(Mutex<Class>, AtomicU32);

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
    /// A chunk, and whether it held something before.
    Chunk(Chunk, bool),
    /// None is free; this item of this class is to be removed to make one free.
    Victim(Victim, usize),
    /// None is free in this class and there is nothing to remove.
    Nothing(usize),
}

/// What is met on a page that is being emptied.
#[derive(Debug)]
pub(super) enum Met {
    /// An item, or the head of one in several chunks.
    Item(Pin),
    /// A part of an item's value; its head is somewhere.
    Data { head: Pin, data: Link },
    /// Something nobody can get hold of for now.
    Busy(Obstacle),
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
    pub(super) pages: u64,
    pub(super) used_chunks: u64,
    pub(super) free_chunks: u64,
    pub(super) age: u32,
    pub(super) evicted_time: u32,
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
        self.class_of(link) == class && self.index(self.arena.place(link).0) != LEAVING
    }

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
            let size = self.classes.size(class);
            if let Some((chunk, recycled)) = self.take_free(slot, size) {
                return Got::Chunk(chunk, recycled);
            }
            // A flexible class has the next one to fall back on.
            let flexible = self.classes.is_flexible(class);
            let must = slot.pages.is_empty() && !flexible;
            if let Some(number) = self.take_page(must)
                && !self.add_page(slot, class, number, wish.clock)
            {
                self.give_page(number);
            }
            if let Some((chunk, recycled)) = self.take_free(slot, size) {
                return Got::Chunk(chunk, recycled);
            }
            if slot.pages.is_empty() && flexible {
                class += 1;
                continue;
            }
            slot.victims += 1;
            return match slot.hand.pick(&self.arena, &mut slot.pages, size, wish) {
                Some(victim) => Got::Victim(victim, class),
                None => Got::Nothing(class),
            };
        }
    }

    /// A chunk of a class from the pages it has; if none is free and there is a wish, what must go
    /// for one. A class that has no pages left falls back on the next.
    pub(super) fn allocate_within(&self, mut class: usize, wish: Option<&Wish<'_>>) -> Got {
        loop {
            let mut slot = self.lock(class);
            let slot = &mut *slot;
            if slot.pages.is_empty() && self.classes.is_flexible(class) {
                class += 1;
                continue;
            }
            let size = self.classes.size(class);
            if let Some((chunk, recycled)) = self.take_free(slot, size) {
                return Got::Chunk(chunk, recycled);
            }
            let victim =
                wish.and_then(|wish| slot.hand.pick(&self.arena, &mut slot.pages, size, wish));
            return match victim {
                Some(victim) => Got::Victim(victim, class),
                None => Got::Nothing(class),
            };
        }
    }

    /// Gives a class a page of the pool, if there is one. Whether it did.
    pub(super) fn grant(&self, class: usize, clock: u64) -> bool {
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
        let granted = self.add_page(&mut self.lock(class), class, number, clock);
        if !granted {
            self.give_page(number);
        }
        granted
    }

    /// Gives a class a page that no class has. `false` if the system has no memory for it.
    fn add_page(&self, slot: &mut Class, class: usize, number: u32, clock: u64) -> bool {
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
            entered: clock,
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
        let (number, _) = self.arena.place(chunk.link());
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
        if !page.listed {
            page.listed = true;
            slot.room.push(index);
        }
    }

    fn take_free(&self, slot: &mut Class, size: usize) -> Option<(Chunk, bool)> {
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

    /// Takes a page from a class, the one its hand comes to next: no chunk of it is given out any
    /// more. It stays the memory of what is on it until [`finish`](Slab::finish). `false` if the
    /// class can spare none or is losing one already.
    pub(super) fn begin(&self, class: usize) -> bool {
        let mut slot = self.lock(class);
        let slot = &mut *slot;
        if slot.leaving.is_some() || !self.can_spare(slot, class) {
            return false;
        }
        let index = slot.hand.next_page(slot.pages.len());
        let page = slot.pages.swap_remove(index);
        slot.hand.pages_changed();
        self.set_index(page.number, LEAVING);
        slot.room.clear();
        for (index, page) in slot.pages.iter().enumerate() {
            self.set_index(page.number, index as u32);
            if page.listed {
                slot.room.push(index as u32);
            }
        }
        slot.leaving = Some(Leaving { page, at: 0 });
        true
    }

    /// A class keeps one page, unless it can fall back on the next class.
    pub(super) fn can_spare(&self, slot: &Class, class: usize) -> bool {
        let keeps = if self.classes.is_flexible(class) {
            0
        } else {
            1
        };
        slot.pages.len() > keeps
    }

    /// The next things, at most `most`, on the page that leaves the class, and whether the end of
    /// the page was reached. Goes round until the page is empty.
    pub(super) fn on_leaving(&self, class: usize, most: usize) -> (Vec<Met>, bool) {
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
    pub(super) fn finish(&self, from: usize, to: Option<usize>, clock: u64) -> Option<bool> {
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
            && self.add_page(&mut self.lock(to), to, number, clock)
        {
            return Some(true);
        }
        self.give_page(number);
        Some(to.is_none())
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
        self.slots[class].1.store(age, Ordering::Relaxed);
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
        let slot = self.lock(class);
        let leaving = slot.leaving.as_ref().map_or(0, |leaving| leaving.page.used);
        let used = slot.used - u64::from(leaving);
        let pages = self.counted(slot.pages.len());
        let chunks = pages * (self.classes.per_page(class) * self.pages_per_counted()) as u64;
        Usage {
            pages,
            used_chunks: used,
            free_chunks: chunks - used,
            age: slot.hand.age(&self.arena, &slot.pages, now),
            evicted_time: self.slots[class].1.load(Ordering::Relaxed),
        }
    }

    /// The lock of a class.
    pub(super) fn lock(&self, class: usize) -> MutexGuard<'_, Class> {
        self.slots[class]
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
