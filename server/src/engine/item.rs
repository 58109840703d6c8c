//! What an item looks like inside its chunk, and references to items.
//!
//! | bytes | what |
//! |---|---|
//! | 16 | [`Header`]: state and item bits, lengths, expiry, last access |
//! | 8 | CAS id, unless the engine keeps none |
//! | 4 | client flags, if they are not 0 |
//! | 4 + 4 | link of the first data chunk and length of the value, if the item is chunked |
//! | 1 ..= 250 | key |
//! | rest | value, if the item is not chunked |
//!
//! An item that does not fit into the largest chunk is *chunked*: a head as above, and a chain of
//! data chunks with nothing but value behind their header.

use std::sync::atomic::Ordering;

use super::Engine;
use super::memory::{Arena, Chunk, Header, Link, Pin};

/// Item bit: the value is in data chunks.
pub(super) const CHUNKED: u32 = 1 << 4;
/// Item bit: client flags are stored; otherwise they are 0.
pub(super) const FLAGS: u32 = 1 << 5;
/// Item bit: read at least once.
pub(super) const FETCHED: u32 = 1 << 6;
/// Two item bits for the eviction policy.
pub(super) const POLICY_SHIFT: u32 = 7;
pub(super) const POLICY: u32 = 0b11 << POLICY_SHIFT;
/// Item bit: the value is out of date and somebody should store a new one (`marks.rs`).
pub(super) const STALE: u32 = 1 << 9;
/// Item bit: somebody was asked to store a new value (`marks.rs`).
pub(super) const TOKEN_SENT: u32 = 1 << 10;
/// Item bit: the client gave the key in another form than its bytes, and wants it back so.
pub(super) const ENCODED_KEY: u32 = 1 << 11;
/// Four item bits: the flush generation the item was stored in (`expire.rs`).
pub(super) const GENERATION_SHIFT: u32 = 12;

/// Bit of [`Header::lens`], above both lengths: the item is not evicted while it is alive. The item
/// bits are all taken, and this one never changes.
const TEMPORARY: u32 = 1 << 31;

/// Is this an item that must not be evicted while it is alive?
#[inline]
pub(super) fn is_temporary(header: &Header) -> bool {
    header.lens.load(Ordering::Relaxed) & TEMPORARY != 0
}

/// Where the parts of an item are; computed from what is to be stored or from a stored header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) flags: bool,
    pub(super) chunked: bool,
    pub(super) key_len: usize,
    pub(super) value_len: usize,
}

impl Layout {
    /// The layout of a new item of an engine with chunks of at most `largest` bytes, `front` of
    /// them header and CAS id.
    pub(super) fn new(
        flags: u32,
        key_len: usize,
        value_len: usize,
        front: usize,
        largest: usize,
    ) -> Layout {
        let whole = Layout {
            flags: flags != 0,
            chunked: false,
            key_len,
            value_len,
        };
        let chunked = whole.head_bytes(front) > largest;
        Layout { chunked, ..whole }
    }

    /// The layout of a stored item, linked or pinned as `memory.rs` wants it. The key needs none
    /// but the header; the value length of a chunked item is in the body.
    pub(super) fn of(header: &Header) -> Layout {
        let (bits, lens) = (header.bits(), header.lens.load(Ordering::Relaxed));
        Layout {
            flags: bits & FLAGS != 0,
            chunked: bits & CHUNKED != 0,
            key_len: (lens & 0xff) as usize,
            value_len: ((lens & !TEMPORARY) >> 8) as usize,
        }
    }

    /// What [`Header::lens`] is for this layout. A value in one chunk has at most a mebibyte.
    pub(super) fn lens(&self, temporary: bool) -> u32 {
        let value = if self.chunked {
            0
        } else {
            self.value_len as u32
        };
        self.key_len as u32 | value << 8 | if temporary { TEMPORARY } else { 0 }
    }

    /// The item bits for this layout.
    pub(super) fn bits(&self) -> u32 {
        (if self.flags { FLAGS } else { 0 }) | (if self.chunked { CHUNKED } else { 0 })
    }

    /// Bytes of the body in front of the chain, if there is one, and of the chain itself.
    pub(super) fn chain(&self) -> (usize, usize) {
        (
            if self.flags { 4 } else { 0 },
            if self.chunked { 8 } else { 0 },
        )
    }

    /// Bytes of the body in front of the key.
    pub(super) fn key_at(&self) -> usize {
        let (at, len) = self.chain();
        at + len
    }

    /// Bytes of the body in front of the value.
    pub(super) fn value_at(&self) -> usize {
        self.key_at() + self.key_len
    }

    /// Bytes of the head chunk that are used, the `front` ones of header and CAS id included.
    pub(super) fn head_bytes(&self, front: usize) -> usize {
        front + self.value_at() + if self.chunked { 0 } else { self.value_len }
    }

    /// Bytes of the whole item without the headers of its data chunks: what the item size limit
    /// is compared with.
    pub(super) fn total_bytes(&self, front: usize) -> usize {
        front + self.value_at() + self.value_len
    }
}

/// Writes flags, chain and key of a new item into its head.
pub(super) fn write_head(arena: &Arena, head: &mut Chunk, layout: &Layout, flags: u32, key: &[u8]) {
    if layout.flags {
        arena
            .body_mut(head, 0, 4)
            .copy_from_slice(&flags.to_ne_bytes());
    }
    if layout.chunked {
        write_chain(arena, head, layout, None);
    }
    arena
        .body_mut(head, layout.key_at(), key.len())
        .copy_from_slice(key);
}

/// Writes the start of the chain and the value length of a chunked item.
pub(super) fn write_chain(arena: &Arena, head: &mut Chunk, layout: &Layout, first: Option<Link>) {
    let (at, len) = layout.chain();
    let chain = arena.body_mut(head, at, len);
    chain[..4].copy_from_slice(&first.map_or(0, Link::raw).to_ne_bytes());
    chain[4..].copy_from_slice(&(layout.value_len as u32).to_ne_bytes());
}

/// First data chunk and value length of a chunked item, from the bytes of [`Layout::chain`].
pub(super) fn read_chain(chain: &[u8]) -> (Option<Link>, usize) {
    (
        Link::from_raw(number(&chain[..4])),
        number(&chain[4..]) as usize,
    )
}

/// Puts a data chunk in the place of another one in the chain of an owned item.
pub(super) fn relink(arena: &Arena, head: &mut Chunk, old: Link, new: Link) {
    let layout = Layout::of(arena.header(head.link()));
    let (at, len) = layout.chain();
    let (first, value_len) = read_chain(arena.body_owned(head, at, len));
    if first == Some(old) {
        let layout = Layout {
            value_len,
            ..layout
        };
        return write_chain(arena, head, &layout, Some(new));
    }
    let mut next = first;
    while let Some(link) = next {
        let lens = &arena.header(link).lens;
        next = Link::from_raw(lens.load(Ordering::Relaxed));
        if next == Some(old) {
            return lens.store(new.raw(), Ordering::Relaxed);
        }
    }
}

/// The start of the chain of an owned item.
pub(super) fn owned_chain(arena: &Arena, head: &Chunk) -> Option<Link> {
    let layout = Layout::of(arena.header(head.link()));
    let (at, len) = layout.chain();
    if len == 0 {
        None
    } else {
        read_chain(arena.body_owned(head, at, len)).0
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.try_into().map_or(0, u32::from_ne_bytes)
}

/// What is known of an item besides its key and value, as it was when it was looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The client's flags.
    pub flags: u32,
    /// Bytes of the value.
    pub value_len: usize,
    /// The CAS id, 0 without CAS ids.
    pub cas: u64,
    /// The tick at which the item expires; 0 is never.
    pub expiry: u32,
    /// Tick of the last access before this lookup.
    pub last_access: u32,
    /// Whether it was read before this lookup.
    pub fetched: bool,
    /// Whether the client that stored it gave the key in another form than its bytes.
    pub encoded_key: bool,
}

impl Facts {
    /// Of an item that is not chunked; `body` is the front of its body, `before` its item bits and
    /// last access before the lookup.
    #[inline]
    pub(super) fn new(
        layout: &Layout,
        body: &[u8],
        cas: u64,
        expiry: u32,
        before: (u32, u32),
    ) -> Facts {
        Facts {
            flags: if layout.flags { number(&body[..4]) } else { 0 },
            value_len: layout.value_len,
            cas,
            expiry,
            last_access: before.1,
            fetched: before.0 & FETCHED != 0,
            encoded_key: before.0 & ENCODED_KEY != 0,
        }
    }
}

/// A counted reference to an item: its value stays readable, and as it was, however long this is
/// kept and whatever happens to the key meanwhile. Dropping it gives the reference back.
///
/// An item with references is not chosen to make room for others, so do not keep it for longer
/// than it takes to write the value somewhere.
#[derive(Debug)]
pub struct ItemRef<'e> {
    engine: &'e Engine,
    /// `None` only while it is dropped.
    pin: Option<Pin>,
    layout: Layout,
    first: Option<Link>,
    cas: u64,
    expiry: u32,
    fetched: bool,
    last_access: u32,
}

impl<'e> ItemRef<'e> {
    /// Of a pinned item; `before` is its item bits and last access before. CAS id and expiry are
    /// those of one moment if its bucket is locked.
    #[inline]
    pub(super) fn new(engine: &'e Engine, pin: Pin, before: (u32, u32)) -> ItemRef<'e> {
        let link = pin.link();
        let header = engine.header(link);
        let mut layout = Layout::of(header);
        let mut first = None;
        if layout.chunked {
            let (at, len) = layout.chain();
            (first, layout.value_len) = read_chain(engine.arena().body(&pin, at, len));
        }
        ItemRef {
            engine,
            layout,
            first,
            cas: engine.cas_of(link),
            expiry: header.expiry.load(Ordering::Relaxed),
            fetched: before.0 & FETCHED != 0,
            last_access: before.1,
            pin: Some(pin),
        }
    }

    fn body(&self, start: usize, len: usize) -> &[u8] {
        let Some(pin) = &self.pin else { return &[] };
        self.engine.arena().body(pin, start, len)
    }

    /// Where the item is.
    pub(super) fn link(&self) -> Option<Link> {
        self.pin.as_ref().map(Pin::link)
    }

    /// The key, 1 ..= 250 bytes.
    pub fn key(&self) -> &[u8] {
        self.body(self.layout.key_at(), self.layout.key_len)
    }

    /// What is known of it besides key and value.
    pub fn facts(&self) -> Facts {
        Facts {
            flags: self.flags(),
            value_len: self.value_len(),
            cas: self.cas,
            expiry: self.expiry,
            last_access: self.last_access,
            fetched: self.fetched,
            encoded_key: self.has_encoded_key(),
        }
    }

    /// The client's flags.
    pub fn flags(&self) -> u32 {
        if self.layout.flags {
            number(self.body(0, 4))
        } else {
            0
        }
    }

    /// The CAS id when the item was looked up, 0 without CAS ids.
    pub fn cas(&self) -> u64 {
        self.cas
    }

    /// The tick at which the item expires, as of the lookup; 0 is never.
    pub fn expiry(&self) -> u32 {
        self.expiry
    }

    /// Bytes of the value.
    pub fn value_len(&self) -> usize {
        self.layout.value_len
    }

    /// The value in order; more than one piece only if the item is larger than the largest chunk.
    /// No piece is empty, an empty value has none.
    #[inline]
    pub fn pieces(&self) -> Pieces<'_> {
        let whole = if self.layout.chunked {
            &[]
        } else {
            self.body(self.layout.value_at(), self.layout.value_len)
        };
        Pieces {
            item: self,
            whole,
            next: self.first,
        }
    }

    /// The value, if it is in one piece.
    #[inline]
    pub fn value(&self) -> Option<&[u8]> {
        (!self.layout.chunked).then(|| self.body(self.layout.value_at(), self.layout.value_len))
    }

    /// Number of the slab class, from 1.
    pub fn class(&self) -> u8 {
        self.class_index() as u8 + 1
    }

    /// The slab class counted from 0.
    #[inline]
    pub(super) fn class_index(&self) -> usize {
        self.link().map_or(0, |link| self.engine.class_of(link))
    }

    /// Bytes of the whole item, header included.
    pub fn total_bytes(&self) -> usize {
        self.layout.total_bytes(self.engine.arena().body_start())
    }

    /// Was the key stored by a client that gave it in another form than its bytes?
    pub fn has_encoded_key(&self) -> bool {
        let bits = self.link().map(|link| self.engine.header(link).bits());
        bits.is_some_and(|bits| bits & ENCODED_KEY != 0)
    }

    /// Was the item read before this lookup?
    pub fn was_fetched(&self) -> bool {
        self.fetched
    }

    /// Tick of the last access before this lookup.
    pub fn last_access(&self) -> u32 {
        self.last_access
    }
}

impl Drop for ItemRef<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(pin) = self.pin.take()
            && let Some(chunk) = self.engine.arena().release(pin)
        {
            self.engine.free(chunk);
        }
    }
}

/// The pieces of a value in order, see [`ItemRef::pieces`].
#[derive(Debug, Clone)]
pub struct Pieces<'i> {
    item: &'i ItemRef<'i>,
    whole: &'i [u8],
    next: Option<Link>,
}

impl<'i> Iterator for Pieces<'i> {
    type Item = &'i [u8];

    #[inline]
    fn next(&mut self) -> Option<&'i [u8]> {
        if !self.whole.is_empty() {
            return Some(std::mem::take(&mut self.whole));
        }
        let (link, pin) = (self.next?, self.item.pin.as_ref()?);
        let arena = self.item.engine.arena();
        let header = arena.header(link);
        self.next = Link::from_raw(header.lens.load(Ordering::Relaxed));
        Some(arena.data(pin, link, header.expiry.load(Ordering::Relaxed) as usize))
    }
}
