//! Which item makes room for another. The only thing the rest of the engine knows of a policy is
//! [`on_access`] and [`Hand::pick`]; two bits in each item belong to it.
//!
//! The policy is a clock with counts: a hand goes round the chunks of a class in the order they
//! lie in memory, takes the first item that was not read since the hand was there last, and takes
//! one count off each item it passes by. An item has up to [`COUNT_MAX`] counts, one per read. It
//! needs no list, so no item carries links and no read changes anything but the item it reads.
//!
//! Memory order is the order of storing as long as chunks come free by eviction only. A chunk that
//! comes free otherwise is filled again wherever it is, perhaps just ahead of the hand; what is
//! stored there starts with one count ([`on_store`]), so the hand passes it by once.

use std::sync::atomic::Ordering::Relaxed;

use super::expire::Expiry;
use super::item::{self, POLICY, POLICY_SHIFT};
use super::memory::{Arena, DATA, Header, LINKED, Link, Pin};

/// Reads that count.
const COUNT_MAX: u32 = 3;
/// Chunks looked at for one victim; then the best one seen must do.
const LOOKS: usize = 512;
/// Temporary items passed by for one victim besides.
const TEMPORARY_MAX: usize = 32 << 10;

/// The policy's item bits for an item stored in a chunk that came free (`recycled`) or that was
/// never used before or taken from a victim.
pub(super) fn on_store(recycled: bool) -> u32 {
    u32::from(recycled) << POLICY_SHIFT
}

/// The item bits after a read.
#[inline]
pub(super) fn on_access(bits: u32) -> u32 {
    let count = (bits & POLICY) >> POLICY_SHIFT;
    if count == COUNT_MAX {
        bits
    } else {
        bits + (1 << POLICY_SHIFT)
    }
}

/// Should the item be kept when its page goes? It was read since the hand was there last.
pub(super) fn is_worth_keeping(header: &Header) -> bool {
    count(header) > 0
}

fn count(header: &Header) -> u32 {
    (header.bits() & POLICY) >> POLICY_SHIFT
}

/// A page of a class as the hand sees it.
pub(super) trait Page {
    /// Its number in the arena.
    fn number(&self) -> usize;
    /// Bytes from its start that were ever used as chunks.
    fn used_bytes(&self) -> usize;
    /// The hand begins to walk it.
    fn enter(&mut self, clock: u64);
}

/// What is asked of a hand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish<'e> {
    /// Decides what is dead.
    pub(super) expiry: &'e Expiry,
    /// Live items may go too.
    pub(super) evict: bool,
    /// The tick.
    pub(super) now: u32,
    /// Items stored so far: the time in which pages age.
    pub(super) clock: u64,
}

/// The hand of one class. Used with the class locked.
#[derive(Debug, Default)]
pub(super) struct Hand {
    /// Index of the page among those of the class.
    page: usize,
    /// Bytes from the start of the page.
    at: usize,
}

/// An item that is to go, with a reference to it.
#[derive(Debug)]
pub(super) struct Victim {
    pub(super) pin: Pin,
    /// It was dead, so this is no eviction.
    pub(super) dead: bool,
}

impl Hand {
    /// Chooses an item of the class whose pages these are, with chunks of `chunk` bytes. `None` if
    /// none was found in reasonable time.
    pub(super) fn pick<P: Page>(
        &mut self,
        arena: &Arena,
        pages: &mut [P],
        chunk: usize,
        wish: &Wish<'_>,
    ) -> Option<Victim> {
        let Wish {
            expiry,
            evict,
            now,
            clock,
        } = *wish;
        let mut second_best: Option<(u32, u32, Link)> = None;
        let (mut looks, mut passed) = (LOOKS, 0);
        while looks > 0 {
            looks -= 1;
            let Some(link) = self.step(arena, pages, chunk, clock) else {
                break;
            };
            let header = arena.header(link);
            let link = match header.bits() & (LINKED | DATA) {
                LINKED => link,
                // A chunked item is judged by its head, once for each of its chunks.
                DATA => {
                    let Some(head) = Link::from_raw(header.access.load(Relaxed)) else {
                        continue;
                    };
                    head
                }
                _ => continue,
            };
            let header = arena.header(link);
            if header.bits() & LINKED == 0 || header.references() > 0 {
                continue;
            }
            if expiry.is_dead(header, now) {
                if let Some(pin) = arena.pin(link, |bits| bits) {
                    return Some(Victim { pin, dead: true });
                }
                continue;
            }
            if !evict {
                continue;
            }
            if item::is_temporary(header) {
                passed += 1;
                looks += usize::from(passed < TEMPORARY_MAX);
                continue;
            }
            let access = header.access.load(Relaxed);
            let count = count(header);
            if count == 0 {
                if let Some(pin) = arena.pin(link, |bits| bits) {
                    return Some(Victim { pin, dead: false });
                }
                continue;
            }
            if second_best.is_none_or(|(least, oldest, _)| (count, access) < (least, oldest)) {
                second_best = Some((count, access, link));
            }
            header.change_bits(|bits| match bits & POLICY {
                0 => bits,
                _ => bits - (1 << POLICY_SHIFT),
            });
        }
        let (_, _, link) = second_best?;
        let pin = arena.pin(link, |bits| bits)?;
        Some(Victim { pin, dead: false })
    }

    /// The page that the hand comes to next, which it was on the longest time ago.
    pub(super) fn next_page(&self, pages: usize) -> usize {
        if self.page + 1 < pages {
            self.page + 1
        } else {
            0
        }
    }

    /// The pages of the class were changed: the hand may not stay where it is.
    pub(super) fn pages_changed(&mut self) {
        self.at = 0;
    }

    /// Ticks since the last access of the item the hand points at, for statistics.
    pub(super) fn age<P: Page>(&self, arena: &Arena, pages: &[P], now: u32) -> u32 {
        let Some(page) = pages.get(self.page) else {
            return 0;
        };
        if self.at >= page.used_bytes() {
            return 0;
        }
        let header = arena.header(arena.link(page.number(), self.at));
        match header.bits() & LINKED {
            0 => 0,
            _ => now.saturating_sub(header.access.load(Relaxed)),
        }
    }

    /// The next chunk; each page is walked as far as it was used so far.
    fn step<P: Page>(
        &mut self,
        arena: &Arena,
        pages: &mut [P],
        chunk: usize,
        clock: u64,
    ) -> Option<Link> {
        // The rest of this page, all others, the wrap, and this one again.
        for _ in 0..pages.len() + 2 {
            let Some(page) = pages.get_mut(self.page) else {
                (self.page, self.at) = (0, 0);
                continue;
            };
            if self.at == 0 {
                page.enter(clock);
            }
            if self.at + chunk <= page.used_bytes() {
                let link = arena.link(page.number(), self.at);
                self.at += chunk;
                return Some(link);
            }
            self.page += 1;
            self.at = 0;
        }
        None
    }
}
