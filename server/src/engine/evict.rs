//! Which item makes room for another. Each class decides for itself; the two bits of an item that
//! belong to the policy count its reads, and everything else is kept beside the items, in the
//! class ([`Order`]) and its pages ([`Marks`]), so that a read changes nothing but the item it
//! reads.
//!
//! The policy is S3-FIFO (Yang and others, SOSP 2023). New items stand in a queue. When room is
//! needed and more than a tenth of the class stands there, the first of the queue goes, unless it
//! was read meanwhile: then it has *proved* itself and stays. Otherwise a hand goes round the proven
//! items in the order they lie in memory, takes the first that was not read since it was there
//! last, and takes one read off each it passes by. So what is read once and never again leaves
//! quickly, whatever else the cache holds. An item that is stored again soon after it went
//! (`ghosts.rs`) is proven from the start.
//!
//! Two others can be chosen. *Clock* has the hand alone, over all items. *LRU* has the queue
//! alone, and an item that is read goes to its end: at once, but at most every
//! [`BUMP_TICKS`], and otherwise when it comes to the front.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use super::expire::Expiry;
use super::ghosts::Ghosts;
use super::item::{self, CHUNKED, POLICY, POLICY_SHIFT};
use super::memory::{Arena, CLAIMED, DATA, Header, LINKED, Link, Pin};
use super::queue::Queue;
use super::region::Region;

/// Reads that count.
const COUNT_MAX: u32 = 3;
/// Chunks looked at for one victim; then the best one seen must do.
const LOOKS: usize = 512;
/// Temporary items passed by for one victim besides.
const TEMPORARY_MAX: usize = 32 << 10;
/// Chunks the hand goes over for one victim, with or without a look at them.
const STEPS: usize = 2 * TEMPORARY_MAX;
/// Chunks that follow others looked at before the item of one of them is taken.
const FOLLOWERS_MAX: usize = 32;
/// The part of a class that may stand in the queue before it is the queue's turn to give.
const QUEUE_PART: usize = 10;
/// Ticks between two moves of an item to the end of an LRU queue. Source: mcrsd.md 8.4.
pub(super) const BUMP_TICKS: u32 = 60;

/// How the item is chosen that makes room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Eviction {
    /// A queue of new items, and a clock for those that were read again.
    #[default]
    S3Fifo,
    /// A clock for all items.
    Clock,
    /// Least recently used first.
    Lru,
}

impl Eviction {
    /// All of them, the default first.
    pub const ALL: [Eviction; 3] = [Eviction::S3Fifo, Eviction::Clock, Eviction::Lru];

    /// The name it is chosen by.
    pub fn name(self) -> &'static str {
        match self {
            Eviction::S3Fifo => "s3fifo",
            Eviction::Clock => "clock",
            Eviction::Lru => "lru",
        }
    }
}

/// Where an item stands at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// At the end of the queue.
    New,
    /// Among the proven.
    Proven,
    /// Nowhere: some chunks of a large item follow the others.
    Follows,
}

/// The policy's item bits for an item stored in a chunk that came free (`recycled`) or that was
/// never used before or taken from a victim.
///
/// A hand comes to chunks in the order of storing as long as they come free by its own doing. A
/// chunk that came free otherwise may lie just ahead of it, so what is stored there starts with
/// one read. What was proven before begins with one as well: the queue may still have its chunk.
pub(super) fn on_store(eviction: Eviction, start: Start, recycled: bool) -> u32 {
    let ahead = recycled && eviction == Eviction::Clock || start == Start::Proven;
    u32::from(ahead) << POLICY_SHIFT
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

/// The item bits of what is stored in place of an item with the bits `old`, to which that counts
/// as a read.
pub(super) fn on_replace(new: u32, old: u32) -> u32 {
    new & !POLICY | on_access(old) & POLICY
}

/// Should the item be kept when its page goes? It was read since it was looked at last.
pub(super) fn is_worth_keeping(header: &Header) -> bool {
    count(header) > 0
}

fn count(header: &Header) -> u32 {
    (header.bits() & POLICY) >> POLICY_SHIFT
}

/// Two bits for each chunk of a page: its places in the queue, 0 to [`PLACES_MAX`], of which only
/// the last one counts; or [`FOLLOWS`].
#[derive(Debug)]
pub(super) struct Marks(Box<[u8]>);

const PLACES_MAX: u8 = 2;
const FOLLOWS: u8 = 3;

impl Marks {
    /// For a page of so many chunks, none of them in the queue.
    pub(super) fn new(chunks: usize) -> Marks {
        Marks(vec![0; chunks.div_ceil(4)].into())
    }

    fn get(&self, chunk: usize) -> u8 {
        self.0[chunk / 4] >> (chunk % 4 * 2) & 3
    }

    fn set(&mut self, chunk: usize, mark: u8) {
        let (byte, shift) = (&mut self.0[chunk / 4], chunk % 4 * 2);
        *byte = *byte & !(3 << shift) | mark << shift;
    }

    /// The chunk came free.
    pub(super) fn on_free(&mut self, chunk: usize) {
        if self.get(chunk) == FOLLOWS {
            self.set(chunk, 0);
        }
    }
}

/// A page of a class as the policy sees it.
pub(super) trait Page {
    /// Its number in the arena.
    fn number(&self) -> usize;
    /// Bytes from its start that were ever used as chunks.
    fn used_bytes(&self) -> usize;
    /// The marks of its chunks.
    fn marks(&mut self) -> &mut Marks;
}

/// The pages of a class, and where to find them.
pub(super) struct Pages<'c, P> {
    pub(super) arena: &'c Arena,
    /// All of them.
    pub(super) list: &'c mut [P],
    /// The place in the list of a page, by its number in the arena.
    pub(super) index: &'c Region<AtomicU32>,
    /// Bytes of a chunk.
    pub(super) chunk: usize,
    /// Chunks in use.
    pub(super) used: usize,
}

impl<P: Page> Pages<'_, P> {
    /// The marks of a chunk's page, and its number among them.
    fn marks(&mut self, link: Link) -> (&mut Marks, usize) {
        let (page, at) = self.arena.place(link);
        let index = self.index.get(page).load(Relaxed);
        (self.list[index as usize].marks(), at / self.chunk)
    }
}

/// What is asked for when room must be made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish<'e> {
    /// Decides what is dead.
    pub(super) expiry: &'e Expiry,
    /// Live items may go too.
    pub(super) evict: bool,
    /// How they are chosen.
    pub(super) eviction: Eviction,
    /// Where the new item stands at first.
    pub(super) start: Start,
    /// It was evicted lately.
    pub(super) returned: bool,
    /// Who was.
    pub(super) ghosts: &'e Ghosts,
    /// The tick.
    pub(super) now: u32,
    /// Items stored so far, the time by which figures lose their weight.
    pub(super) clock: u64,
    /// Items there are, about.
    pub(super) items: usize,
}

/// Where a chunk stood that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Queue,
    Proven,
    Following,
}

/// An item that is to go, with a reference to it.
#[derive(Debug)]
pub(super) struct Victim {
    pub(super) pin: Pin,
    /// It was dead, so this is no eviction.
    pub(super) dead: bool,
}

/// The order in which the items of a class are looked at. Used with the class locked.
#[derive(Debug, Default)]
pub(super) struct Order {
    queue: Queue,
    /// The hand: index of a page among those of the class, and bytes from its start.
    page: usize,
    at: usize,
    pub(super) counts: Counts,
}

/// What came of looking at items (cumulative).
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counts {
    /// Times that a new item had been read, and is proven.
    pub(super) proved: u64,
    /// Times that another one had been read again, and stays.
    pub(super) kept: u64,
    /// Times that one had not been read, or has no reads left: it goes, now or next time.
    pub(super) cooled: u64,
    /// Times that room was asked for.
    pub(super) asked: u64,
    /// Times that one could not go because it was being read.
    pub(super) busy: u64,
}

impl Order {
    /// Sets the counts to 0.
    pub(super) fn reset_counts(&mut self) {
        self.counts = Counts::default();
    }

    /// Index of the page the hand is on.
    pub(super) fn hand_page(&self) -> usize {
        self.page
    }

    /// Chunks in the queue, some of them perhaps twice or free by now.
    pub(super) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Gives a chunk that is about to be filled its place.
    pub(super) fn enter<P: Page>(&mut self, pages: &mut Pages<'_, P>, link: Link, wish: &Wish<'_>) {
        let start = match wish.eviction {
            Eviction::Clock if wish.start == Start::New => Start::Proven,
            Eviction::Lru if wish.start == Start::Proven => Start::New,
            _ => wish.start,
        };
        self.place(pages, link, start);
    }

    /// Gives a chunk its place.
    pub(super) fn place<P: Page>(&mut self, pages: &mut Pages<'_, P>, link: Link, start: Start) {
        match start {
            Start::New => self.append(pages, link),
            Start::Proven => {}
            Start::Follows => {
                let (marks, chunk) = pages.marks(link);
                marks.set(chunk, FOLLOWS);
            }
        }
    }

    /// Gives a chunk a place at the end of the queue, unless it has too many already.
    fn append<P: Page>(&mut self, pages: &mut Pages<'_, P>, link: Link) {
        let stride = self.stride(pages);
        let (marks, chunk) = pages.marks(link);
        let places = marks.get(chunk);
        if places < PLACES_MAX {
            marks.set(chunk, places + 1);
            self.queue.push(link, stride, chunk == 0);
        }
    }

    /// Puts a chunk at the end of the queue, because its item was read.
    pub(super) fn bump<P: Page>(&mut self, pages: &mut Pages<'_, P>, link: Link) {
        let (marks, chunk) = pages.marks(link);
        if marks.get(chunk) != FOLLOWS {
            self.append(pages, link);
        }
    }

    /// Puts all chunks that are not in it at the end of the queue, for an LRU that begins late.
    pub(super) fn queue_all<P: Page>(&mut self, pages: &mut Pages<'_, P>) {
        for index in 0..pages.list.len() {
            let (page, chunk) = (&mut pages.list[index], pages.chunk);
            let (number, used) = (page.number(), page.used_bytes());
            for at in (0..used).step_by(chunk) {
                if pages.list[index].marks().get(at / chunk) == 0 {
                    let link = pages.arena.link(number, at);
                    self.append(pages, link);
                }
            }
        }
    }

    /// Forgets the chunks of a page that leaves the class; the hand is taken off it.
    pub(super) fn leave(&mut self, arena: &Arena, page: usize) {
        let start = arena.link(page, 0).raw();
        let len = (arena.page_bytes() / arena.unit()) as u32;
        self.queue.drop_page(&(start..start + len));
        self.at = 0;
    }

    fn stride<P>(&self, pages: &Pages<'_, P>) -> u32 {
        (pages.chunk / pages.arena.unit()) as u32
    }

    /// Chooses an item to go, and gives its chunk a place for the new one if it can be had. `None`
    /// if none was found in reasonable time.
    pub(super) fn pick<P: Page>(
        &mut self,
        pages: &mut Pages<'_, P>,
        wish: &Wish<'_>,
    ) -> Option<Victim> {
        let arena = pages.arena;
        let mut second_best: Option<(u32, u32, Link)> = None;
        let (mut looks, mut passed, mut followers) = (LOOKS, 0, 0);
        let mut steps = STEPS;
        while looks > 0 && followers < FOLLOWERS_MAX {
            looks -= 1;
            let Some((chunk, from)) = self.next(pages, wish.eviction, &mut steps) else {
                break;
            };
            let bits = arena.header(chunk).bits();
            let link = match bits & (LINKED | DATA) {
                LINKED => chunk,
                DATA => match Link::from_raw(arena.header(chunk).access.load(Relaxed)) {
                    Some(head) => head,
                    None => continue,
                },
                // Being written, or changed by somebody this very moment.
                _ if bits & CLAIMED != 0 && from == From::Queue => {
                    self.append(pages, chunk);
                    continue;
                }
                _ => continue,
            };
            let header = arena.header(link);
            if header.bits() & LINKED == 0 {
                continue;
            }
            if header.references() > 0 {
                self.counts.busy += 1;
                continue;
            }
            let dead = wish.expiry.is_dead(header, wish.now);
            let count = count(header);
            let stays = !dead && (!wish.evict || item::is_temporary(header));
            if stays {
                passed += 1;
                looks += usize::from(passed < TEMPORARY_MAX && wish.evict);
                if from == From::Queue {
                    self.append(pages, chunk);
                }
                continue;
            }
            if dead || count == 0 && from != From::Following {
                if let Some(pin) = arena.pin(link, |bits| bits) {
                    self.counts.cooled += u64::from(!dead && from == From::Queue);
                    if link == chunk && header.bits() & CHUNKED == 0 {
                        self.enter(pages, chunk, wish);
                    }
                    return Some(Victim { pin, dead });
                }
                continue;
            }
            let access = header.access.load(Relaxed);
            if second_best.is_none_or(|(least, oldest, _)| (count, access) < (least, oldest)) {
                second_best = Some((count, access, link));
            }
            match from {
                From::Following => followers += usize::from(count == 0),
                _ => self.pass(pages, chunk, header, from, wish.eviction),
            }
        }
        let (_, _, link) = second_best?;
        let pin = arena.pin(link, |bits| bits)?;
        Some(Victim { pin, dead: false })
    }

    /// Lets an item stay that was read.
    fn pass<P: Page>(
        &mut self,
        pages: &mut Pages<'_, P>,
        chunk: Link,
        header: &Header,
        from: From,
        eviction: Eviction,
    ) {
        if from == From::Proven {
            self.counts.kept += 1;
            self.counts.cooled += u64::from(count(header) == 1);
            header.change_bits(|bits| match bits & POLICY {
                0 => bits,
                _ => bits - (1 << POLICY_SHIFT),
            });
            return;
        }
        header.change_bits(|bits| bits & !POLICY);
        if eviction == Eviction::Lru {
            self.counts.kept += 1;
            self.append(pages, chunk);
        } else {
            self.counts.proved += 1;
        }
    }

    /// The next chunk to look at, and where it stood; if that was the queue, it does so no more.
    fn next<P: Page>(
        &mut self,
        pages: &mut Pages<'_, P>,
        eviction: Eviction,
        steps: &mut usize,
    ) -> Option<(Link, From)> {
        let queue_first = match eviction {
            Eviction::S3Fifo => self.queue.len() * QUEUE_PART > pages.used,
            Eviction::Clock => false,
            Eviction::Lru => true,
        };
        if queue_first && let Some(link) = self.first_queued(pages) {
            return Some((link, From::Queue));
        }
        while let Some(link) = self.step(pages, steps) {
            let (marks, chunk) = pages.marks(link);
            match marks.get(chunk) {
                0 => return Some((link, From::Proven)),
                FOLLOWS => return Some((link, From::Following)),
                _ if eviction == Eviction::Clock => return Some((link, From::Proven)),
                _ => {}
            }
        }
        self.first_queued(pages).map(|link| (link, From::Queue))
    }

    /// Takes the first chunk out of the queue whose last place it is.
    fn first_queued<P: Page>(&mut self, pages: &mut Pages<'_, P>) -> Option<Link> {
        let stride = self.stride(pages);
        while let Some(link) = self.queue.pop(stride) {
            let (marks, chunk) = pages.marks(link);
            match marks.get(chunk) {
                0 | FOLLOWS => {}
                1 => {
                    marks.set(chunk, 0);
                    return Some(link);
                }
                places => marks.set(chunk, places - 1),
            }
        }
        None
    }

    /// The page that the hand comes to next, which it was on the longest time ago.
    pub(super) fn next_page(&self, pages: usize) -> usize {
        if self.page + 1 < pages {
            self.page + 1
        } else {
            0
        }
    }

    /// Ticks since the last access of the item that is looked at next, for statistics.
    pub(super) fn age<P: Page>(&self, pages: &Pages<'_, P>, now: u32) -> u32 {
        let queue_first = self.queue.len() * QUEUE_PART > pages.used;
        let at_hand = || {
            let page = pages.list.get(self.page)?;
            let is_there = self.at + pages.chunk <= page.used_bytes();
            is_there.then(|| pages.arena.link(page.number(), self.at))
        };
        let next = self.queue.front().filter(|_| queue_first).or_else(at_hand);
        let Some(header) = next.map(|link| pages.arena.header(link)) else {
            return 0;
        };
        match header.bits() & LINKED {
            0 => 0,
            _ => now.saturating_sub(header.access.load(Relaxed)),
        }
    }

    /// The hand's next chunk; each page is walked as far as it was used so far. `None` if there is
    /// none or the steps are used up.
    fn step<P: Page>(&mut self, pages: &Pages<'_, P>, steps: &mut usize) -> Option<Link> {
        *steps = steps.checked_sub(1)?;
        // The rest of this page, all others, the wrap, and this one again.
        for _ in 0..pages.list.len() + 2 {
            let Some(page) = pages.list.get(self.page) else {
                (self.page, self.at) = (0, 0);
                continue;
            };
            if self.at + pages.chunk <= page.used_bytes() {
                let link = pages.arena.link(page.number(), self.at);
                self.at += pages.chunk;
                return Some(link);
            }
            self.page += 1;
            self.at = 0;
        }
        None
    }
}
