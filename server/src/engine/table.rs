//! The hash table: from a key's hash to the links of items that may have it. It compares no keys
//! itself and owns no items.
//!
//! A bucket is one cache line: a lock, twelve links and twelve one-byte tags cut from the hash, so
//! a lookup touches one line here and, but for one in twenty-odd, only the item it looks for. A
//! full bucket goes on in an overflow line.
//!
//! The table grows one bucket at a time (linear hashing): bucket `n` is split off from bucket
//! `n - 2^k`, both locked, everything else in use as usual. So there is never a second table,
//! never a pause, and the memory follows the number of items closely (about 8 bytes each).
//!
//! Locks are spin locks, held for the time it takes to look at a few items; nothing that waits is
//! done under one. Order: class lock (`slab.rs`) before bucket lock; at most one bucket is locked
//! by a thread, except for the two of a split.
//!
//! What each lookup passes through is inlined, always: a call, and what it saves on the stack, are a
//! tenth of a lookup.

use std::sync::PoisonError;

use super::ghosts::{GHOST_BYTES, Ghosts};
use super::memory::Link;
#[cfg(not(all(test, mcrsd_loom)))]
use super::region::Region;
#[cfg(all(test, mcrsd_loom))]
use super::tests::loom::Region;
use crate::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use crate::sync::{Mutex, MutexGuard, spin_loop, yield_now};

/// Links in a line.
const SLOTS: usize = 12;
/// Items per bucket the table aims at by growing.
const LOAD: usize = 11;
/// Buckets split in one go at most, so that no insertion pays for more.
const SPLITS_AT_ONCE: usize = 8;
/// Lines added to the table's memory at a time (256 KiB).
const STEP: usize = 4096;
/// The lock bit of [`Line::word`]; those below number the next overflow line, 0 for none. Not the
/// highest bit: setting that one and looking at what it was is compiled to a loop of a load and a
/// compare-exchange, any other is one instruction.
const LOCKED: u32 = 1 << 30;
/// Attempts to take a lock before the thread lets others run.
const SPINS: u32 = 100;

/// A bucket, or an overflow line of one. Only touched with the bucket locked, so relaxed accesses
/// do; the lock bit itself orders them.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub(super) struct Line {
    word: AtomicU32,
    tags: [AtomicU32; SLOTS / 4],
    links: [AtomicU32; SLOTS],
}
#[cfg(not(all(test, mcrsd_loom)))]
const _: () = assert!(size_of::<Line>() == 64);

impl Line {
    fn next(&self) -> u32 {
        self.word.load(Ordering::Relaxed) & !LOCKED
    }

    fn set_next(&self, next: u32) {
        self.set_word(|word| word & LOCKED | next, Ordering::Relaxed);
    }

    /// Changes the word of a locked bucket. Needs no locked instruction: all that others do to it
    /// meanwhile is to set the lock bit, which is set.
    #[cfg(not(all(test, mcrsd_loom)))]
    #[inline]
    fn set_word(&self, change: impl Fn(u32) -> u32, order: Ordering) {
        let word = self.word.load(Ordering::Relaxed);
        self.word.store(change(word), order);
    }

    /// As one operation: to loom the store could come before a `fetch_or` of another thread that
    /// did not see it, which no machine does.
    #[cfg(all(test, mcrsd_loom))]
    fn set_word(&self, change: impl Fn(u32) -> u32, order: Ordering) {
        let change = |word| Some(change(word));
        let _ = self.word.fetch_update(order, Ordering::Relaxed, change);
    }

    /// The slots with this tag, as bits; a wrong one now and then, a missing one never.
    #[inline]
    fn matches(&self, tag: u8) -> u32 {
        let wanted = u64::from(tag) * ONES;
        let [a, b, c] = [0, 1, 2].map(|i| u64::from(self.tags[i].load(Ordering::Relaxed)));
        let (front, back) = (a | b << 32, c | wanted << 32);
        // What fills up the second eight matches, and is cut off.
        (zeros(front ^ wanted) | zeros(back ^ wanted) << 8) & ((1 << SLOTS) - 1)
    }

    fn tag(&self, slot: usize) -> u8 {
        (self.tags[slot / 4].load(Ordering::Relaxed) >> (slot % 4 * 8)) as u8
    }

    fn set(&self, slot: usize, tag: u8, link: u32) {
        let (tags, shift) = (&self.tags[slot / 4], slot % 4 * 8);
        let others = tags.load(Ordering::Relaxed) & !(0xff << shift);
        tags.store(others | u32::from(tag) << shift, Ordering::Relaxed);
        self.links[slot].store(link, Ordering::Relaxed);
    }

    /// A slot without a link: its tag is 0, which no item has.
    fn vacancy(&self) -> Option<usize> {
        (0..SLOTS).find(|&slot| self.tag(slot) == 0)
    }

    fn is_empty(&self) -> bool {
        self.tags
            .iter()
            .all(|tags| tags.load(Ordering::Relaxed) == 0)
    }
}

const ONES: u64 = u64::MAX / 0xff;

/// A bit for each byte that is zero, the lowest for the lowest byte; now and then for one above it.
#[inline]
fn zeros(bytes: u64) -> u32 {
    let highs = bytes.wrapping_sub(ONES) & !bytes & ONES << 7;
    // Each high bit is moved to a place of its own in the uppermost byte.
    ((highs >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32
}

/// The tag of a hash, never 0. Taken from the top, since the bottom chooses the bucket.
#[inline]
fn tag(hash: u64) -> u8 {
    ((hash >> 56) as u8).max(1)
}

/// Where a split puts down what it moves; kept, so that it allocates nothing under a lock.
#[derive(Debug, Default)]
struct Scratch {
    entries: Vec<(u64, Link)>,
    lines: Vec<u32>,
}

/// The hash table.
#[derive(Debug)]
pub(super) struct Table {
    buckets: Region<Line>,
    /// Buckets in use; grows by one with each split.
    count: AtomicUsize,
    overflow: Region<Line>,
    /// Overflow lines that are free again, and the first one never used.
    spare: Mutex<(Vec<u32>, u32)>,
    /// Held by the thread that splits.
    growing: Mutex<Scratch>,
    expand: bool,
    ghosts: Ghosts,
}

impl Table {
    /// A table with room for `2^power` items at the start and for `items` at most; more still
    /// work, in longer buckets. `None` if the system gives no memory.
    pub(super) fn new(power: u8, items: usize, expand: bool) -> Option<Table> {
        let start = (1usize << power).div_ceil(SLOTS).next_power_of_two() / 2;
        let start = start.max(8);
        let most = (items / LOAD).max(start).min(LOCKED as usize);
        let buckets = Region::reserve(most)?;
        let overflow = Region::reserve(most)?;
        let ghosts = Ghosts::new(most)?;
        if !buckets.grow(start, 0) {
            return None;
        }
        ghosts.grow(start, 0);
        Some(Table {
            buckets,
            count: AtomicUsize::new(start),
            overflow,
            spare: Mutex::new((Vec::new(), 1)),
            growing: Mutex::default(),
            expand,
            ghosts,
        })
    }

    /// Locks the bucket of a hash.
    #[inline(always)]
    pub(super) fn lock(&self, hash: u64) -> Bucket<'_> {
        let mut count = self.count.load(Ordering::Acquire);
        loop {
            let bucket = self.lock_at(bucket_of(hash, count));
            // A split may have taken this hash elsewhere before the lock was had; it cannot
            // any more, since it needs this lock.
            let now = self.count.load(Ordering::Acquire);
            if now == count || bucket_of(hash, now) == bucket_of(hash, count) {
                return bucket;
            }
            count = now;
        }
    }

    /// Starts fetching the bucket of a hash.
    #[inline]
    pub(super) fn prefetch(&self, hash: u64) {
        self.buckets
            .prefetch(bucket_of(hash, self.count.load(Ordering::Relaxed)));
    }

    /// Without the lock, a link that may belong to this hash. Good for a guess, nothing else.
    #[inline]
    pub(super) fn guess(&self, hash: u64) -> Option<Link> {
        let count = self.count.load(Ordering::Acquire);
        let line = self.buckets.get(bucket_of(hash, count));
        let slots = line.matches(tag(hash));
        let slot = (slots != 0).then(|| slots.trailing_zeros() as usize)?;
        Link::from_raw(line.links[slot].load(Ordering::Relaxed))
    }

    #[inline(always)]
    fn lock_at(&self, at: usize) -> Bucket<'_> {
        let line = self.buckets.get(at);
        let mut tries = 0;
        // One instruction, and nearly always the only one: no look before it.
        while line.word.fetch_or(LOCKED, Ordering::Acquire) & LOCKED != 0 {
            while line.word.load(Ordering::Relaxed) & LOCKED != 0 {
                tries += 1;
                if tries % SPINS == 0 {
                    yield_now();
                } else {
                    spin_loop();
                }
            }
        }
        Bucket { table: self, line }
    }

    /// Grows towards `items` items if they are more than the table is made for, by a few buckets.
    /// `hash_of` gives the hash of a linked item whose bucket is locked.
    pub(super) fn grow(&self, items: usize, hash_of: impl Fn(Link) -> u64) {
        if !self.expand || items / LOAD <= self.count.load(Ordering::Relaxed) {
            return;
        }
        let Ok(mut scratch) = self.growing.try_lock() else {
            return;
        };
        for _ in 0..SPLITS_AT_ONCE {
            let count = self.count.load(Ordering::Relaxed);
            if items / LOAD <= count || !self.buckets.grow(count + 1, STEP) {
                return;
            }
            self.ghosts.grow(count + 1, STEP);
            self.split(count, &hash_of, &mut scratch);
        }
    }

    /// Moves what belongs into bucket `new`, the first one not in use, out of the bucket it is in
    /// so far. Needs no new line: `n` full lines make at most `n` and one more, the new bucket.
    fn split(&self, new: usize, hash_of: &impl Fn(Link) -> u64, scratch: &mut Scratch) {
        let old = new - (1 << new.ilog2());
        let (from, to) = (self.lock_at(old), self.lock_at(new));
        scratch.entries.clear();
        scratch.lines.clear();
        let mut line = from.line;
        loop {
            for slot in 0..SLOTS {
                if let Some(link) = Link::from_raw(line.links[slot].load(Ordering::Relaxed)) {
                    scratch.entries.push((hash_of(link), link));
                    line.set(slot, 0, 0);
                }
            }
            let next = line.next();
            line.set_next(0);
            if next == 0 {
                break;
            }
            scratch.lines.push(next);
            line = self.overflow.get(next as usize);
        }
        for &(hash, link) in &scratch.entries {
            let moves = bucket_of(hash, new + 1) == new;
            let bucket = if moves { &to } else { &from };
            bucket.insert_with(hash, link, || scratch.lines.pop());
        }
        if !scratch.lines.is_empty() {
            self.spare().0.append(&mut scratch.lines);
        }
        // Before either lock is let go, so that who waits for one looks again.
        self.count.store(new + 1, Ordering::Release);
    }

    /// Begins a tour of all buckets.
    pub(super) fn tour(&self) -> Tour {
        Tour {
            count: self.count.load(Ordering::Acquire),
            at: 0,
            links: Vec::new(),
        }
    }

    /// Goes on with a tour: locks the next bucket and shows `see` what is in it. `false` when there
    /// is none left.
    pub(super) fn visit(&self, tour: &mut Tour, mut see: impl FnMut(&Bucket<'_>, Link)) -> bool {
        if tour.at >= tour.count {
            return false;
        }
        // A split would carry items past the tour, from the bucket it is at to one it has left.
        let _no_splits = self.growing.lock().unwrap_or_else(PoisonError::into_inner);
        for at in descent(tour.at, tour.count, self.count.load(Ordering::Acquire)) {
            let bucket = self.lock_at(at);
            bucket.list(&mut tour.links);
            for link in tour.links.drain(..) {
                see(&bucket, link);
            }
        }
        tour.at += 1;
        true
    }

    /// Without a lock, links that the tour will come to `ahead` buckets from now, or that were
    /// there. Good for a guess, nothing else.
    pub(super) fn guess_ahead(&self, tour: &Tour, ahead: usize) -> impl Iterator<Item = Link> {
        let at = tour.at + ahead;
        let line = (at < tour.count).then(|| self.buckets.get(at));
        let links = line.into_iter().flat_map(|line| &line.links);
        links.filter_map(|link| Link::from_raw(link.load(Ordering::Relaxed)))
    }

    /// Notes that an item of this hash and class is evicted, for [`returns`](Table::returns).
    pub(super) fn note_evicted(&self, hash: u64, class: usize) {
        let bucket = bucket_of(hash, self.count.load(Ordering::Relaxed));
        self.ghosts.note(bucket, hash, class);
    }

    /// Was an item of this hash, which belongs into this class, evicted lately? A guess.
    pub(super) fn returns(&self, hash: u64, class: usize) -> bool {
        self.ghosts.knows(class) && {
            let bucket = bucket_of(hash, self.count.load(Ordering::Relaxed));
            self.ghosts.has(bucket, hash)
        }
    }

    /// What is known about the items evicted lately.
    pub(super) fn ghosts(&self) -> &Ghosts {
        &self.ghosts
    }

    /// log2 of the number of items the buckets in use have slots for, rounded down.
    pub(super) fn power(&self) -> u32 {
        (self.count.load(Ordering::Relaxed) * SLOTS).ilog2()
    }

    /// Bytes in use.
    pub(super) fn bytes(&self) -> usize {
        let spare = self.spare();
        let overflow = spare.1 as usize - 1 - spare.0.len();
        let buckets = self.count.load(Ordering::Relaxed);
        (buckets + overflow) * size_of::<Line>() + buckets * GHOST_BYTES
    }

    fn spare(&self) -> MutexGuard<'_, (Vec<u32>, u32)> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_line(&self) -> Option<u32> {
        let mut spare = self.spare();
        if let Some(line) = spare.0.pop() {
            return Some(line);
        }
        let line = spare.1;
        if !self.overflow.grow(line as usize + 1, STEP) {
            return None;
        }
        spare.1 += 1;
        Some(line)
    }
}

/// The bucket of a hash in a table of `count` buckets.
#[inline]
fn bucket_of(hash: u64, count: usize) -> usize {
    let mask = usize::MAX >> (count - 1).leading_zeros();
    let at = hash as usize & mask;
    if at < count { at } else { at & (mask >> 1) }
}

/// The bucket `at` of a table of `old` buckets, and those that what was in it may have got into by
/// splits, now that there are `new`; ascending.
fn descent(at: usize, old: usize, new: usize) -> impl Iterator<Item = usize> {
    let step = (usize::MAX >> (old - 1).leading_zeros()) / 2 + 1;
    let first = old + (at.wrapping_sub(old) & (step - 1));
    let later = (first..new).step_by(step);
    std::iter::once(at).chain(later.filter(move |&bucket| bucket_of(bucket as u64, old) == at))
}

/// A way through all buckets, made in steps by [`Table::visit`]. It meets whatever is there from
/// beginning to end exactly once, however the table grows meanwhile.
#[derive(Debug)]
pub(super) struct Tour {
    /// Buckets when it began.
    count: usize,
    /// The next one.
    at: usize,
    /// What is in the bucket being visited; kept, so that it allocates nothing under a lock.
    links: Vec<Link>,
}

/// A locked bucket; unlocked when dropped, also when a panic does it.
#[derive(Debug)]
pub(super) struct Bucket<'t> {
    table: &'t Table,
    line: &'t Line,
}

/// Where in a locked bucket a link is, and the link. Good until the bucket changes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'t> {
    line: &'t Line,
    slot: usize,
    link: Link,
}

impl Place<'_> {
    /// The link there.
    #[inline]
    pub(super) fn link(&self) -> Link {
        self.link
    }
}

/// The places in a locked bucket whose link may be that of a hash; made by [`Bucket::candidates`].
/// An iterator and no closure to call for each: that one the compiler would not inline.
#[derive(Debug)]
pub(super) struct Candidates<'b, 't> {
    bucket: &'b Bucket<'t>,
    line: &'t Line,
    /// Slots of the line not looked at yet, as bits.
    slots: u32,
    tag: u8,
}

impl<'t> Iterator for Candidates<'_, 't> {
    type Item = Place<'t>;

    #[inline(always)]
    fn next(&mut self) -> Option<Place<'t>> {
        loop {
            while self.slots != 0 {
                let (line, slot) = (self.line, self.slots.trailing_zeros() as usize);
                self.slots &= self.slots - 1;
                if let Some(link) = Link::from_raw(line.links[slot].load(Ordering::Relaxed)) {
                    return Some(Place { line, slot, link });
                }
            }
            self.line = self.bucket.following(self.line)?;
            self.slots = self.line.matches(self.tag);
        }
    }
}

impl<'t> Bucket<'t> {
    /// The links with the tag of this hash.
    #[inline(always)]
    pub(super) fn candidates(&self, hash: u64) -> Candidates<'_, 't> {
        let (line, tag) = (self.line, tag(hash));
        Candidates {
            bucket: self,
            line,
            slots: line.matches(tag),
            tag,
        }
    }

    /// Where this link of this hash is.
    pub(super) fn find(&self, hash: u64, link: Link) -> Option<Place<'t>> {
        self.candidates(hash).find(|place| place.link == link)
    }

    /// Adds a link. `false` if that needed an overflow line and the system gave no memory.
    pub(super) fn insert(&self, hash: u64, link: Link) -> bool {
        self.insert_with(hash, link, || self.table.take_line())
    }

    fn insert_with(&self, hash: u64, link: Link, more: impl FnOnce() -> Option<u32>) -> bool {
        let mut line = self.line;
        loop {
            if let Some(slot) = line.vacancy() {
                line.set(slot, tag(hash), link.raw());
                return true;
            }
            match self.following(line) {
                Some(next) => line = next,
                None => break,
            }
        }
        let Some(next) = more() else { return false };
        line.set_next(next);
        self.table
            .overflow
            .get(next as usize)
            .set(0, tag(hash), link.raw());
        true
    }

    /// Puts another link of the same hash in the place of one.
    pub(super) fn replace(&self, place: Place<'t>, link: Link) {
        place.line.links[place.slot].store(link.raw(), Ordering::Relaxed);
    }

    /// Takes a link out. The last one of the bucket fills the gap, so that no overflow line is kept
    /// that is not needed; other places in the bucket are void.
    pub(super) fn remove(&self, place: Place<'t>) {
        let (mut before, mut last) = (None, self.line);
        while let Some(next) = self.following(last) {
            (before, last) = (Some(last), next);
        }
        place.line.set(place.slot, 0, 0);
        let Some(before) = before else { return };
        if let Some(slot) = (0..SLOTS).rev().find(|&slot| last.tag(slot) != 0) {
            let link = last.links[slot].load(Ordering::Relaxed);
            place.line.set(place.slot, last.tag(slot), link);
            last.set(slot, 0, 0);
        }
        if last.is_empty() {
            let gone = before.next();
            before.set_next(0);
            self.table.spare().0.push(gone);
        }
    }

    /// Takes out a link that is in this bucket.
    pub(super) fn take_out(&self, link: Link) {
        let mut line = Some(self.line);
        while let Some(at) = line {
            let raw = |slot: &usize| at.links[*slot].load(Ordering::Relaxed) == link.raw();
            if let Some(slot) = (0..SLOTS).find(raw) {
                return self.remove(Place {
                    line: at,
                    slot,
                    link,
                });
            }
            line = self.following(at);
        }
    }

    /// Adds all links in it to `links`.
    fn list(&self, links: &mut Vec<Link>) {
        let mut line = Some(self.line);
        while let Some(at) = line {
            let raw = at.links.iter().map(|link| link.load(Ordering::Relaxed));
            links.extend(raw.filter_map(Link::from_raw));
            line = self.following(at);
        }
    }

    #[inline]
    fn following(&self, line: &Line) -> Option<&'t Line> {
        let next = line.next();
        (next != 0).then(|| self.table.overflow.get(next as usize))
    }
}

impl Drop for Bucket<'_> {
    #[inline]
    fn drop(&mut self) {
        self.line.set_word(|word| word & !LOCKED, Ordering::Release);
    }
}
