//! Pages and free chunks of each class: where new memory comes from, within the limit.
//!
//! Each class has a lock of its own, held for a handful of steps; only storing and freeing take
//! it. Each page keeps the list of its own free chunks, so that a page can be emptied and change
//! class without a search through everything.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::PAGE_BYTES;
use super::classes::Classes;
use super::evict::{self, Hand, Victim};
use super::expire::Expiry;
use super::memory::{Arena, Chunk, Link, Region};

/// Bits of [`Slab::owner`] for the index of a page; there are fewer pages than that.
const INDEX_BITS: u32 = 24;

/// A page of a class.
#[derive(Debug)]
struct Page {
    number: u32,
    /// Raw link of the first free chunk, each names the next; 0 for none.
    free: u32,
    /// Bytes from the start of the page that were ever cut into chunks.
    cut: u32,
    /// Chunks in use.
    used: u32,
    /// It is in the list of pages with room.
    listed: bool,
}

impl evict::Page for Page {
    fn number(&self) -> usize {
        self.number as usize
    }

    fn used_bytes(&self) -> usize {
        self.cut as usize
    }
}

#[derive(Debug, Default)]
struct Class {
    pages: Vec<Page>,
    /// Indices of pages with room.
    room: Vec<u32>,
    hand: Hand,
    used: u64,
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
    /// None is free; this item is to be removed to make one free.
    Victim(Victim),
    /// None is free and there is nothing to remove.
    Nothing,
}

/// The pages of all classes, each counted from 0 here.
#[derive(Debug)]
pub(super) struct Slab {
    arena: Arena,
    classes: Classes,
    slots: Vec<Slot>,
    /// By page: its class in the upper 8 bits, its index among the pages of the class below.
    owner: Region<AtomicU32>,
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
        let owner = Region::reserve(arena.pages())?;
        if !owner.grow(arena.pages(), 0) {
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
            owner,
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
        (self.owner(self.arena.place(link).0) >> INDEX_BITS) as usize
    }

    #[inline]
    fn owner(&self, page: usize) -> u32 {
        self.owner.get(page).load(Ordering::Relaxed)
    }

    /// A chunk of a class, or what must go for it.
    pub(super) fn allocate(&self, class: usize, expiry: &Expiry, evict: bool, now: u32) -> Got {
        let size = self.classes.size(class);
        let mut slot = self.lock(class);
        if let Some((chunk, recycled)) = self.take_free(&mut slot, size) {
            return Got::Chunk(chunk, recycled);
        }
        if let Some(number) = self.take_page(slot.pages.is_empty()) {
            if self.arena.open_page(number as usize, size) {
                let index = slot.pages.len() as u32;
                let owner = (class as u32) << INDEX_BITS | index;
                self.owner
                    .get(number as usize)
                    .store(owner, Ordering::Relaxed);
                slot.pages.push(Page {
                    number,
                    free: 0,
                    cut: 0,
                    used: 0,
                    listed: true,
                });
                slot.room.push(index);
                if let Some((chunk, recycled)) = self.take_free(&mut slot, size) {
                    return Got::Chunk(chunk, recycled);
                }
            } else {
                self.give_page(number);
            }
        }
        let Class { pages, hand, .. } = &mut *slot;
        match hand.pick(&self.arena, pages, size, expiry, evict, now) {
            Some(victim) => Got::Victim(victim),
            None => Got::Nothing,
        }
    }

    /// Takes a chunk back.
    pub(super) fn free(&self, chunk: Chunk) {
        let class = self.class_of(chunk.link());
        let (number, _) = self.arena.place(chunk.link());
        let mut slot = self.lock(class);
        let index = self.owner(number) & ((1 << INDEX_BITS) - 1);
        let slot = &mut *slot;
        let page = &mut slot.pages[index as usize];
        self.arena
            .header(chunk.link())
            .lens
            .store(page.free, Ordering::Relaxed);
        page.free = self.arena.retire(chunk).raw();
        page.used -= 1;
        slot.used -= 1;
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
            } else if page.cut as usize + size <= PAGE_BYTES {
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

    /// Notes that an item of a class was evicted, so many ticks after its last access.
    pub(super) fn note_eviction(&self, class: usize, age: u32) {
        self.slots[class].1.store(age, Ordering::Relaxed);
    }

    /// Pages that classes have.
    pub(super) fn pages_taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// Pages that classes may have.
    pub(super) fn limit_pages(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    /// Sets the limit; pages above it stay where they are for now.
    pub(super) fn set_limit_pages(&self, pages: usize) {
        self.limit.store(pages, Ordering::Relaxed);
    }

    /// Figures of a class.
    pub(super) fn usage(&self, class: usize, now: u32) -> Usage {
        let slot = self.lock(class);
        let chunks = (slot.pages.len() * self.classes.per_page(class)) as u64;
        Usage {
            pages: slot.pages.len() as u64,
            used_chunks: slot.used,
            free_chunks: chunks - slot.used,
            age: slot.hand.age(&self.arena, &slot.pages, now),
            evicted_time: self.slots[class].1.load(Ordering::Relaxed),
        }
    }

    fn lock(&self, class: usize) -> MutexGuard<'_, Class> {
        self.slots[class]
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
