//! Raw memory: the arena of chunks that holds every item. With the address space it is made of
//! (`mapping.rs`) and arrays of it (`region.rs`), the only files of the server with `unsafe` in them.
//!
//! It knows chunks and who owns them, not what an item looks like inside (`item.rs`), which
//! chunks are free (`slab.rs`), nor which items exist (`table.rs`).
//!
//! Who may touch a chunk is said by its first word (`state.rs`). Only this file and, before anybody
//! looks for items, `memory/relics.rs` have the word changed, and for each chunk that is owned and
//! each reference there is a value, [`Chunk`] or [`Pin`]. Fresh pages are zero, which is "free".
//!
//! # What callers keep
//! A [`Link`] names the start of a chunk as long as the page it lies on keeps its chunk size; a
//! page changes size only when all its chunks are free. So a link may be used while one of these
//! holds: its bucket is locked and the link is in that bucket; a `Pin` or `Chunk` of it (for a
//! data chunk: of its head) is held; the lock of its class is held and it was got by walking the
//! pages of that class. Links are never kept elsewhere. A link that breaks the rule cannot leave
//! the arena: every access checks page and range, and panics.
#![allow(unsafe_code)]

use std::num::NonZeroU32;
use std::os::fd::BorrowedFd;
use std::slice;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::mapping::Mapping;
use super::region::{Region, prefetch};
use super::state::State;
pub(super) use super::state::{CLAIMED, DATA, LINKED, Relic};

mod relics;

/// Bytes of the smallest page, a multiple of every system's pages. Every page is so many times as
/// large.
const GRANULE: usize = 1 << GRANULE_SHIFT;
const GRANULE_SHIFT: u32 = 16;
/// In [`Arena::cuts`]: bytes of a chunk below, tag above.
const TAG_SHIFT: u32 = 24;
const CUT_BYTES: u32 = (1 << TAG_SHIFT) - 1;

/// What every chunk begins with. `item.rs` says what the fields mean for an item; in a chunk of
/// state [`DATA`] they are the next data chunk, the bytes used, and the head chunk.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Header {
    /// Ownership bits, item bits and number of references.
    state: State,
    /// Item: lengths of key and value. Data chunk: link of the next one, 0 for none.
    pub(super) lens: AtomicU32,
    /// Item: tick of expiry. Data chunk: bytes of the value in it.
    pub(super) expiry: AtomicU32,
    /// Item: tick of the last access. Data chunk: link of the head.
    pub(super) access: AtomicU32,
}

/// Bytes of [`Header`]; the CAS id, if there is one, and the body follow.
pub(super) const HEADER_BYTES: usize = size_of::<Header>();
#[cfg(not(all(test, mcrsd_loom)))]
const _: () = assert!(HEADER_BYTES == 16);

impl Header {
    /// Ownership and item bits, without the references. What was written to the other fields
    /// before these bits were set is seen afterwards.
    #[inline]
    pub(super) fn bits(&self) -> u32 {
        self.state.bits()
    }

    /// Number of references held.
    pub(super) fn references(&self) -> u32 {
        self.state.references()
    }

    /// As [`State::mark`].
    #[inline]
    pub(super) fn mark(&self, change: impl Fn(u32) -> u32) -> bool {
        self.state.mark(change)
    }

    /// Notes that the item was accessed at this tick; when it was before. Most accesses are not the
    /// first of a tick, and what is not written stays in the caches of other cores.
    #[inline]
    pub(super) fn note_access(&self, now: u32) -> u32 {
        let before = self.access.load(Ordering::Relaxed);
        if before != now {
            self.access.store(now, Ordering::Relaxed);
        }
        before
    }

    /// As [`State::change_bits`].
    pub(super) fn change_bits(&self, change: impl FnOnce(u32) -> u32) {
        self.state.change_bits(change);
    }
}

/// The place of a chunk in the arena; never 0. See the rules at the top of this file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link(NonZeroU32);

impl Link {
    /// The number that is kept in table and headers, above 0.
    pub(super) fn raw(self) -> u32 {
        self.0.get()
    }

    /// The link a number came from, `None` for 0.
    pub(super) fn from_raw(raw: u32) -> Option<Link> {
        NonZeroU32::new(raw).map(Link)
    }
}

/// Sole ownership of a chunk. Not given back by dropping: hand it to [`Arena::publish`],
/// [`Arena::seal`] or [`Arena::retire`].
#[derive(Debug)]
#[must_use]
pub(super) struct Chunk {
    link: Link,
}

impl Chunk {
    /// Where it is.
    pub(super) fn link(&self) -> Link {
        self.link
    }
}

/// A counted reference to an item's head chunk. Not given back by dropping: hand it to
/// [`Arena::release`].
#[derive(Debug)]
#[must_use]
pub(super) struct Pin {
    link: Link,
}

impl Pin {
    /// Where the item is.
    pub(super) fn link(&self) -> Link {
        self.link
    }
}

/// A chunk whose link has been checked, to look at several of its parts. Used as long as its link
/// may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot<'a> {
    arena: &'a Arena,
    link: Link,
    /// Bytes from the start of the arena.
    offset: usize,
    /// Bytes of the chunk: all of them are committed memory of the arena.
    bytes: usize,
    tag: u8,
}

impl<'a> Spot<'a> {
    /// The link it is of.
    #[inline]
    pub(super) fn link(&self) -> Link {
        self.link
    }

    /// As [`Arena::take`].
    #[inline]
    pub(super) fn take(&self) -> Option<Chunk> {
        let Spot { link, .. } = *self;
        self.header().state.take().then_some(Chunk { link })
    }

    /// As [`Arena::tag`].
    #[inline]
    pub(super) fn tag(&self) -> u8 {
        self.tag
    }

    /// As [`Arena::header`].
    #[inline]
    pub(super) fn header(&self) -> &'a Header {
        // SAFETY: `Arena::spot` checked that the chunk lies on a page in use, which is committed memory
        // of the mapping. Aligned to 8 by the shift. These bytes are never accessed but as a `Header`
        // (bodies start behind it), whose fields are atomic, and zero is a value of it.
        unsafe {
            self.arena
                .map
                .base()
                .add(self.offset)
                .cast::<Header>()
                .as_ref()
        }
    }

    /// As [`Arena::cas`].
    #[inline]
    pub(super) fn cas(&self) -> Option<&'a AtomicU64> {
        if self.arena.body == HEADER_BYTES {
            return None;
        }
        // SAFETY: as `header`; these 8 bytes behind the header are inside the chunk, since no chunk is
        // smaller than `body` (`open_page`), and never accessed but as this atomic.
        Some(unsafe {
            self.arena
                .map
                .base()
                .add(self.offset + HEADER_BYTES)
                .cast::<AtomicU64>()
                .as_ref()
        })
    }

    /// As [`Arena::peek`].
    ///
    /// # Panics
    /// If the bytes reach over the end of the chunk.
    #[inline]
    pub(super) fn peek<R>(&self, start: usize, len: usize, look: impl FnOnce(&[u8]) -> R) -> R {
        let room = self.bytes - self.arena.body;
        assert!(
            start <= room && len <= room - start,
            "beyond the end of a chunk"
        );
        let at = self.offset + self.arena.body + start;
        // SAFETY: the bytes are in the chunk and behind header and CAS id, so they are committed
        // memory and initialised. Linked, so owned by nobody, and it stays so while the bucket is
        // locked: only the holder of that lock unlinks or takes it (rules at the top).
        look(unsafe { slice::from_raw_parts(self.arena.map.base().as_ptr().add(at), len) })
    }
}

/// The memory of all items: pages of one size, each cut into chunks of one size.
#[derive(Debug)]
pub(super) struct Arena {
    map: Mapping,
    /// Bytes of a page, and log2 of it.
    page_bytes: usize,
    page_shift: u32,
    /// log2 of the bytes a link counts in.
    shift: u32,
    /// Bytes before the body: the header, and the CAS id if the engine keeps them.
    body: usize,
    /// The pages keep their memory while they are closed, and are cleared when they are opened.
    keeps: bool,
    /// By granule: bytes of the chunks on its page and the page's tag, 0 while it is closed. By
    /// granule and not by page, since division by a number known beforehand is faster.
    cuts: Region<AtomicU32>,
}

impl Arena {
    /// Reserves address space for `pages` pages of `page_bytes` bytes, a power of two and at least
    /// [`GRANULE`]. Page 0 is never used, so that no link is 0.
    pub(super) fn reserve(pages: usize, page_bytes: usize, cas: bool) -> Option<Arena> {
        assert!(page_bytes.is_power_of_two() && page_bytes >= GRANULE);
        let bytes = pages.checked_mul(page_bytes)?;
        let cuts = Region::reserve(bytes / GRANULE)?;
        if !cuts.grow(bytes / GRANULE, 0) {
            return None;
        }
        let map = Mapping::reserve(bytes)?;
        let body = HEADER_BYTES + if cas { size_of::<AtomicU64>() } else { 0 };
        Some(Arena {
            map,
            page_bytes,
            page_shift: page_bytes.trailing_zeros(),
            shift: Self::shift(bytes),
            body,
            keeps: false,
            cuts,
        })
    }

    /// log2 of the alignment chunks need in an arena of so many bytes: 3 up to 32 GiB.
    pub(super) fn shift(bytes: usize) -> u32 {
        let mut shift = 3;
        while (bytes - 1) >> shift > u32::MAX as usize {
            shift += 1;
        }
        shift
    }

    /// Number of pages there is address space for, page 0 included.
    pub(super) fn pages(&self) -> usize {
        self.map.len() >> self.page_shift
    }

    /// Bytes of a page.
    pub(super) fn page_bytes(&self) -> usize {
        self.page_bytes
    }

    /// Bytes a link counts in.
    pub(super) fn unit(&self) -> usize {
        1 << self.shift
    }

    /// Bytes of a chunk before its body.
    pub(super) fn body_start(&self) -> usize {
        self.body
    }

    /// Opens a page, zeroed, for chunks of `bytes` each, a multiple of the arena's alignment, with
    /// a number its chunks are known by. `false` if the system gives no memory. The page must be
    /// closed.
    pub(super) fn open_page(&self, page: usize, bytes: usize, tag: u8) -> bool {
        assert!(bytes >= self.body && bytes.trailing_zeros() >= self.shift);
        assert!(page > 0 && bytes <= self.page_bytes());
        assert_eq!(self.cut_of(page), 0, "the page is in use");
        let committed = self.map.commit(page << self.page_shift, self.page_bytes());
        if committed {
            if self.keeps {
                // SAFETY: the page is closed, so nobody has a reference into it (`close_page`).
                unsafe { self.map.clear(page << self.page_shift, self.page_bytes()) };
            }
            self.set_cut(page, bytes as u32 | u32::from(tag) << TAG_SHIFT);
        }
        committed
    }

    /// Whether pages keep their memory while they are closed.
    pub(super) fn keeps_pages(&self) -> bool {
        self.keeps
    }

    /// Keeps pages `1 ..= pages` in a file that is large enough, page 1 at its beginning. `false`
    /// if the system cannot.
    pub(super) fn keep_in(&mut self, file: BorrowedFd<'_>, pages: usize) -> bool {
        self.keeps = true;
        let len = pages << self.page_shift;
        self.map.share(1 << self.page_shift, len, file)
    }

    /// Asks for large pages of the system for pages `1 ..= pages`, which keep their memory. `false`
    /// if the system has none.
    pub(super) fn enlarge(&mut self, pages: usize) -> bool {
        self.keeps = true;
        let (at, len) = (1 << self.page_shift, pages << self.page_shift);
        // All of it can be touched now: the system gives a large page only where all of that page can.
        self.map.commit(at, len) && self.map.enlarge(at, len)
    }

    /// Is the page in use?
    pub(super) fn is_open(&self, page: usize) -> bool {
        self.cut_of(page) != 0
    }

    fn cut_of(&self, page: usize) -> u32 {
        let granule = page << self.page_shift >> GRANULE_SHIFT;
        self.cuts.get(granule).load(Ordering::Acquire)
    }

    fn set_cut(&self, page: usize, cut: u32) {
        let granules = self.page_bytes() >> GRANULE_SHIFT;
        for granule in page * granules..(page + 1) * granules {
            self.cuts.get(granule).store(cut, Ordering::Release);
        }
    }

    /// Closes a page and gives its memory back to the system, unless pages keep it. All its chunks must be free, and
    /// it is no longer among the pages of its class, so that nobody walks it.
    ///
    /// # Panics
    /// If a chunk is not free.
    pub(super) fn close_page(&self, page: usize) {
        let bytes = (self.cut_of(page) & CUT_BYTES) as usize;
        assert!(bytes > 0, "the page is not in use");
        for at in (0..=self.page_bytes() - bytes).step_by(bytes) {
            // Claiming every chunk makes the check and the closing one step.
            let claimed = self.header(self.link(page, at)).state.claim();
            assert!(claimed, "a page is closed that has a chunk in use");
        }
        self.set_cut(page, 0);
        if self.keeps {
            return;
        }
        // SAFETY: every chunk was claimed above, so no `Chunk`, `Pin` or reference into the page
        // exists, and links to it may no longer be used (rules at the top).
        unsafe { self.map.discard(page << self.page_shift, self.page_bytes()) };
    }

    /// The link of the chunk that starts `at` bytes into a page.
    pub(super) fn link(&self, page: usize, at: usize) -> Link {
        let raw = ((page << self.page_shift) + at) >> self.shift;
        Link::from_raw(raw as u32).expect("pages in use are numbered from 1")
    }

    /// The page of a chunk and the bytes in front of it on that page.
    #[inline]
    pub(super) fn place(&self, link: Link) -> (usize, usize) {
        let offset = self.offset(link);
        (offset >> self.page_shift, offset & (self.page_bytes() - 1))
    }

    #[inline]
    fn offset(&self, link: Link) -> usize {
        (link.raw() as usize) << self.shift
    }

    /// Bytes of a chunk, header included.
    ///
    /// # Panics
    /// If the link is on no page in use, or the chunk would reach over the end of its page.
    #[inline]
    pub(super) fn chunk_bytes(&self, link: Link) -> usize {
        self.spot(link).bytes
    }

    /// A chunk, checked.
    ///
    /// # Panics
    /// As [`chunk_bytes`](Arena::chunk_bytes).
    #[inline]
    pub(super) fn spot(&self, link: Link) -> Spot<'_> {
        let offset = self.offset(link);
        let at = offset & (self.page_bytes() - 1);
        let cut = self.cuts.get(offset >> GRANULE_SHIFT);
        let cut = cut.load(Ordering::Relaxed);
        let bytes = (cut & CUT_BYTES) as usize;
        assert!(
            bytes > 0 && at + bytes <= self.page_bytes(),
            "a link to no chunk"
        );
        Spot {
            arena: self,
            link,
            offset,
            bytes,
            tag: (cut >> TAG_SHIFT) as u8,
        }
    }

    /// The tag of the page of a chunk.
    #[inline]
    pub(super) fn tag(&self, link: Link) -> u8 {
        let cut = self.cuts.get(self.offset(link) >> GRANULE_SHIFT);
        (cut.load(Ordering::Relaxed) >> TAG_SHIFT) as u8
    }

    /// The header of a chunk.
    #[inline]
    pub(super) fn header(&self, link: Link) -> &Header {
        self.spot(link).header()
    }

    /// Asks the processor to fetch the first bytes of a chunk ahead of their use. The link may be
    /// out of date.
    #[inline]
    pub(super) fn prefetch(&self, link: Link) {
        let at = self.map.base().as_ptr().wrapping_add(self.offset(link));
        prefetch(at);
        prefetch(at.wrapping_add(64));
    }

    /// The CAS id of a chunk, `None` if this arena keeps none.
    #[inline]
    pub(super) fn cas(&self, link: Link) -> Option<&AtomicU64> {
        self.spot(link).cas()
    }

    /// Takes a free chunk; `None` if it is not free.
    pub(super) fn claim(&self, link: Link) -> Option<Chunk> {
        self.header(link).state.claim().then_some(Chunk { link })
    }

    /// Gives a chunk up; it is free then.
    pub(super) fn retire(&self, chunk: Chunk) -> Link {
        self.header(chunk.link).state.retire();
        chunk.link
    }

    /// Makes a chunk an item that can be found and pinned, with these item bits.
    pub(super) fn publish(&self, chunk: Chunk, bits: u32) -> Link {
        self.header(chunk.link).state.publish(bits);
        chunk.link
    }

    /// Makes a chunk a part of a chunked item.
    pub(super) fn seal(&self, chunk: Chunk) -> Link {
        self.header(chunk.link).state.seal();
        chunk.link
    }

    /// Takes back a part of a chunked item, whose head the caller owns.
    pub(super) fn unseal(&self, _head: &Chunk, data: Link) -> Option<Chunk> {
        let unsealed = self.header(data).state.unseal();
        unsealed.then_some(Chunk { link: data })
    }

    /// Takes a linked item that nobody references, to change it in place or to free it; `None`
    /// if there is a reference or it is not linked.
    pub(super) fn take(&self, link: Link) -> Option<Chunk> {
        self.spot(link).take()
    }

    /// Makes an item one that can no longer be found or pinned; its item bits stay. The chunk, if
    /// nobody references it; otherwise the last [`release`](Arena::release) gets it.
    pub(super) fn unlink(&self, link: Link) -> Option<Chunk> {
        self.header(link).state.unlink().then_some(Chunk { link })
    }

    /// A reference to a linked item; `None` if it is not linked or has too many references.
    /// `change` gives the new item bits for the old ones, in the same step.
    #[inline]
    pub(super) fn pin(&self, link: Link, change: impl Fn(u32) -> u32) -> Option<Pin> {
        self.header(link).state.pin(change).then_some(Pin { link })
    }

    /// Gives a reference back. The chunk, if it was the last one to an item no longer linked.
    #[inline]
    pub(super) fn release(&self, pin: Pin) -> Option<Chunk> {
        let last = self.header(pin.link).state.release();
        last.then_some(Chunk { link: pin.link })
    }

    /// Bytes `start .. start + len` of a pinned item's body.
    ///
    /// # Panics
    /// If they reach over the end of the chunk.
    #[inline]
    pub(super) fn body<'a>(&'a self, pin: &'a Pin, start: usize, len: usize) -> &'a [u8] {
        // SAFETY: the pin keeps the chunk from being owned by anybody, so nobody writes to it.
        unsafe { self.slice(pin.link, start, len) }
    }

    /// Bytes `0 .. len` of the body of a data chunk, which belongs to the pinned head.
    ///
    /// # Panics
    /// If `data` is no data chunk or they reach over its end.
    pub(super) fn data<'a>(&'a self, _head: &'a Pin, data: Link, len: usize) -> &'a [u8] {
        assert!(
            self.header(data).state.is_data(),
            "a value continues in a chunk that is not part of one"
        );
        // SAFETY: a data chunk is owned again only through its head (`unseal`), and the pin keeps
        // the head from being owned.
        unsafe { self.slice(data, 0, len) }
    }

    /// As [`data`](Arena::data), of a head that is owned.
    pub(super) fn data_owned<'a>(&'a self, _head: &'a Chunk, data: Link, len: usize) -> &'a [u8] {
        assert!(
            self.header(data).state.is_data(),
            "a value continues in a chunk that is not part of one"
        );
        // SAFETY: as in `data`: `unseal` needs the head, which is borrowed here.
        unsafe { self.slice(data, 0, len) }
    }

    /// Looks at bytes of the body of a linked item whose bucket the caller has locked.
    ///
    /// # Panics
    /// If they reach over the end of the chunk.
    #[inline]
    pub(super) fn peek<R>(
        &self,
        link: Link,
        start: usize,
        len: usize,
        look: impl FnOnce(&[u8]) -> R,
    ) -> R {
        self.spot(link).peek(start, len, look)
    }

    /// Bytes `start .. start + len` of the body of an owned chunk.
    ///
    /// # Panics
    /// If they reach over the end of the chunk.
    pub(super) fn body_owned<'a>(&'a self, chunk: &'a Chunk, start: usize, len: usize) -> &'a [u8] {
        // SAFETY: owned by the value borrowed here, so nobody else has it, and it is written to
        // only through that value borrowed mutably.
        unsafe { self.slice(chunk.link, start, len) }
    }

    /// Bytes `start .. start + len` of the body of an owned chunk, to write.
    ///
    /// # Panics
    /// If they reach over the end of the chunk.
    pub(super) fn body_mut<'a>(
        &'a self,
        chunk: &'a mut Chunk,
        start: usize,
        len: usize,
    ) -> &'a mut [u8] {
        let at = self.range(chunk.link, start, len);
        // SAFETY: `range` checked that the bytes are in the chunk and behind header and CAS id.
        // They are initialised: zero from the system, later written as `u8`. The chunk is
        // owned (table at the top) by the value borrowed mutably here, so no other reference.
        unsafe { slice::from_raw_parts_mut(self.map.base().as_ptr().add(at), len) }
    }

    /// # Safety
    /// Nobody owns the chunk as long as the slice lives.
    #[inline]
    unsafe fn slice(&self, link: Link, start: usize, len: usize) -> &[u8] {
        let at = self.range(link, start, len);
        // SAFETY: as in `body_mut`, but shared: the caller keeps writers away.
        unsafe { slice::from_raw_parts(self.map.base().as_ptr().add(at), len) }
    }

    /// Where in the arena a range of a body starts.
    #[inline]
    fn range(&self, link: Link, start: usize, len: usize) -> usize {
        let room = self.chunk_bytes(link) - self.body;
        assert!(
            start <= room && len <= room - start,
            "beyond the end of a chunk"
        );
        self.offset(link) + self.body + start
    }
}
