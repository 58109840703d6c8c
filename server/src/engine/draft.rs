//! Storing, in two steps: memory for an item is reserved, the caller writes the value straight
//! into it, and then it becomes the key's item, or not.

use std::sync::atomic::Ordering;

use super::counters::Count;
use super::evict::{self, Start};
use super::item::{self, ENCODED_KEY, FETCHED, Layout, STALE, TOKEN_SENT};
use super::memory::{Chunk, Link};
use super::table::{Bucket, Place};
use super::{Engine, ItemRef, KEY_MAX_BYTES, Mode, NoMemory, ReserveError, Stored, Terms};

/// An item that is being written and that nobody else sees. Fill it, then
/// [`commit`](Engine::commit) it; dropping it throws it away.
#[derive(Debug)]
pub struct Draft<'e> {
    engine: &'e Engine,
    /// `None` only once it was committed.
    head: Option<Chunk>,
    layout: Layout,
    expiry: u32,
    hash: u64,
    /// Item bits besides the layout's: the eviction policy's and marks.
    bits: u32,
    /// Bytes of the value written.
    filled: usize,
    /// The chain of a chunked item: first and last sealed data chunk, and the one being written
    /// with the bytes of value in it and the bytes it takes.
    first: Option<Link>,
    last: Option<Link>,
    tail: Option<Chunk>,
    tail_filled: usize,
    tail_room: usize,
    /// Data chunks taken beforehand, the last one is the next to be written.
    ahead: Vec<Chunk>,
}

impl Draft<'_> {
    /// The next piece of value memory to write, empty once the value is complete. Its content
    /// before writing is arbitrary. Call [`advance`](Draft::advance) with what was written.
    ///
    /// # Errors
    /// A value above [`slab_chunk_max`](super::Config::slab_chunk_max) takes its memory piece by
    /// piece as it arrives, so that a claimed length alone evicts nothing; there may be none left. `now` decides which items are dead and may be
    /// reused for it.
    pub fn spare(&mut self, now: u32) -> Result<&mut [u8], NoMemory> {
        let rest = self.remaining();
        let arena = self.engine.arena();
        if !self.layout.chunked || rest == 0 {
            let at = self.layout.value_at() + self.filled;
            return match &mut self.head {
                Some(head) if rest > 0 => Ok(arena.body_mut(head, at, rest)),
                _ => Ok(&mut []),
            };
        }
        let tail = match &mut self.tail {
            Some(tail) => tail,
            empty => {
                let chunk = match self.ahead.pop() {
                    Some(chunk) => chunk,
                    None => {
                        let is_first = self.first.is_none();
                        let chunk = self.engine.allocate_data(rest, is_first, now);
                        chunk.ok_or(NoMemory)?
                    }
                };
                self.tail_filled = 0;
                self.tail_room = rest.min(arena.chunk_bytes(chunk.link()) - arena.body_start());
                empty.insert(chunk)
            }
        };
        Ok(arena.body_mut(tail, self.tail_filled, self.tail_room - self.tail_filled))
    }

    /// Marks the first `written` bytes of the last [`spare`](Draft::spare) piece as written.
    ///
    /// # Panics
    /// If that piece is shorter.
    pub fn advance(&mut self, written: usize) {
        let room = match (self.layout.chunked, &self.tail) {
            (false, _) => self.remaining(),
            (true, Some(_)) => self.tail_room - self.tail_filled,
            (true, None) => 0,
        };
        assert!(written <= room, "more written than there was room for");
        self.filled += written;
        if self.layout.chunked {
            self.tail_filled += written;
            if self.tail_filled == self.tail_room {
                self.seal_tail();
            }
        }
    }

    /// Copies from the start of `bytes` what still fits; the number of bytes taken.
    ///
    /// # Errors
    /// As [`spare`](Draft::spare), with what fitted before already taken.
    pub fn fill(&mut self, bytes: &[u8], now: u32) -> Result<usize, NoMemory> {
        let mut taken = 0;
        while taken < bytes.len() && self.remaining() > 0 {
            let spare = self.spare(now)?;
            let piece = spare.len().min(bytes.len() - taken);
            spare[..piece].copy_from_slice(&bytes[taken..taken + piece]);
            self.advance(piece);
            taken += piece;
        }
        Ok(taken)
    }

    /// Bytes of the value still to be written.
    pub fn remaining(&self) -> usize {
        self.layout.value_len - self.filled
    }

    /// Notes that the client gave the key in another form than its bytes.
    pub fn mark_encoded_key(&mut self) {
        self.mark(ENCODED_KEY);
    }

    /// Adds item bits.
    pub(super) fn mark(&mut self, bits: u32) {
        self.bits |= bits;
    }

    /// Sets another expiry.
    pub(super) fn set_expiry(&mut self, expiry: u32) {
        self.expiry = expiry;
    }

    /// Takes all memory for the value: an item that a whole chunk could hold, were memory not
    /// divided so finely, is refused before its value comes, not on the way.
    fn take_ahead(&mut self, now: u32) -> Result<(), ReserveError> {
        let arena = self.engine.arena();
        let mut rest = self.layout.value_len;
        while rest > 0 {
            let is_first = self.ahead.is_empty();
            let chunk = self.engine.allocate_data(rest, is_first, now);
            let chunk = chunk.ok_or(ReserveError::NoMemory)?;
            rest -= rest.min(arena.chunk_bytes(chunk.link()) - arena.body_start());
            self.ahead.push(chunk);
        }
        self.ahead.reverse();
        Ok(())
    }

    /// Puts the data chunk that is full at the end of the chain.
    fn seal_tail(&mut self) {
        let (Some(tail), Some(head)) = (self.tail.take(), &mut self.head) else {
            return;
        };
        let arena = self.engine.arena();
        let header = arena.header(tail.link());
        header.lens.store(0, Ordering::Relaxed);
        header
            .expiry
            .store(self.tail_filled as u32, Ordering::Relaxed);
        header.access.store(head.link().raw(), Ordering::Relaxed);
        let link = arena.seal(tail);
        match self.last {
            Some(last) => arena.header(last).lens.store(link.raw(), Ordering::Relaxed),
            None => {
                self.first = Some(link);
                item::write_chain(arena, head, &self.layout, self.first);
            }
        }
        self.last = Some(link);
    }

    /// Number of the slab class the item will be in, from 1.
    pub fn class(&self) -> u8 {
        self.class_index() as u8 + 1
    }

    fn class_index(&self) -> usize {
        let slab = &self.engine.slab;
        match &self.head {
            Some(head) if !self.layout.chunked => slab.class_of(head.link()),
            _ => self.engine.chunked_class(),
        }
    }

    /// Bytes of the whole value.
    pub fn value_len(&self) -> usize {
        self.layout.value_len
    }

    /// The tick at which the item will be gone, 0 for never.
    pub fn expiry(&self) -> u32 {
        self.expiry
    }

    /// The key, from the draft's own memory.
    pub fn key(&self) -> &[u8] {
        let Some(head) = &self.head else { return &[] };
        self.engine
            .arena()
            .body_owned(head, self.layout.key_at(), self.layout.key_len)
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        let Some(head) = self.head.take() else { return };
        let (arena, slab) = (self.engine.arena(), &self.engine.slab);
        for chunk in self.tail.take().into_iter().chain(self.ahead.drain(..)) {
            slab.free(chunk);
        }
        let mut next = self.first;
        while let Some(link) = next {
            next = Link::from_raw(arena.header(link).lens.load(Ordering::Relaxed));
            match arena.unseal(&head, link) {
                Some(chunk) => slab.free(chunk),
                None => break,
            }
        }
        slab.free(head);
    }
}

impl Engine {
    /// Takes memory for an item. Nothing changes for others before the draft is committed, except
    /// that items may be evicted to make room.
    ///
    /// # Errors
    /// Nothing was stored and the key's present item is untouched. (memcached deletes it after a
    /// failed `set`; that is the caller's to do.)
    pub fn reserve(
        &self,
        key: &[u8],
        flags: u32,
        expiry: u32,
        value_len: usize,
        now: u32,
    ) -> Result<Draft<'_>, ReserveError> {
        let (front, most) = (
            self.arena().body_start(),
            self.config.item_size_max as usize,
        );
        if !(1..=KEY_MAX_BYTES).contains(&key.len()) || value_len > most {
            return Err(ReserveError::TooLarge);
        }
        let classes = self.slab.classes();
        let largest = classes.size(classes.len() - 1);
        let layout = Layout::new(flags, key.len(), value_len, front, largest);
        if layout.total_bytes(front) > most {
            return Err(ReserveError::TooLarge);
        }
        let bytes = layout.head_bytes(front);
        let class = classes.fit(bytes).ok_or(ReserveError::TooLarge)?;
        let hash = self.hash(key);
        let returned = self.table.returns(hash, class);
        let start = match returned {
            _ if layout.chunked => Start::Follows,
            true => Start::Proven,
            false => Start::New,
        };
        let (mut head, bits) = self
            .allocate(
                class,
                bytes,
                layout.chunked,
                &self.wish(start, returned, now),
            )
            .ok_or(ReserveError::NoMemory)?;
        item::write_head(self.arena(), &mut head, &layout, flags, key);
        let mut draft = Draft {
            engine: self,
            head: Some(head),
            layout,
            expiry,
            hash,
            bits,
            filled: 0,
            first: None,
            last: None,
            tail: None,
            tail_filled: 0,
            tail_room: 0,
            ahead: Vec::new(),
        };
        if layout.chunked && layout.total_bytes(front) <= self.config.slab_chunk_max as usize {
            draft.take_ahead(now)?;
        }
        Ok(draft)
    }

    /// A chunk for the next part of a value of which so many bytes are left.
    fn allocate_data(&self, rest: usize, is_first: bool, now: u32) -> Option<Chunk> {
        let classes = self.slab.classes();
        let bytes = rest + self.arena().body_start();
        let largest = classes.len() - 1;
        let class = classes.fit(bytes).unwrap_or(largest);
        // The first stands for the whole item when it is chosen who must go, and in the class of
        // the rest, which is often another, the last.
        let is_last = bytes <= classes.size(class);
        let start = if is_first || is_last {
            Start::New
        } else {
            Start::Follows
        };
        let wish = self.wish(start, false, now);
        let fitting = self.allocate(class, bytes, true, &wish);
        // Where the last chunk finds no room in its class it may have too large a one.
        let chunk = fitting.or_else(|| {
            let may = class < largest;
            may.then(|| self.allocate(largest, bytes, true, &wish))?
        })?;
        Some(chunk.0)
    }

    /// Makes a complete draft the key's item, or not, as `mode` says.
    ///
    /// # Panics
    /// If the draft's value is not completely written, or it is another engine's.
    #[inline]
    pub fn commit(&self, draft: Draft<'_>, mode: Mode, now: u32) -> Stored {
        self.commit_with(draft, mode, &Terms::default(), now).0
    }

    /// [`commit`](Engine::commit) on further terms. Answers the length of the value that was stored
    /// as well, of the draft's if none was.
    ///
    /// # Panics
    /// As `commit`.
    pub fn commit_with(
        &self,
        mut draft: Draft<'_>,
        mode: Mode,
        terms: &Terms,
        now: u32,
    ) -> (Stored, usize) {
        assert_eq!(draft.remaining(), 0, "commit of an unfinished draft");
        assert!(
            std::ptr::eq(draft.engine, self),
            "commit of another engine's draft"
        );
        let cas = self.cas_for(terms.cas);
        let len = draft.layout.value_len;
        self.counters.one(draft.class_index(), Count::CmdSet);
        match mode {
            Mode::Append | Mode::Prepend => self.commit_joined(draft, mode, terms, cas, now),
            _ => {
                let older = terms.accept_older;
                (self.commit_whole(&mut draft, mode, older, cas, now), len)
            }
        }
    }

    /// Every mode that stores the draft as it is. If it is not stored it is still whole.
    pub(super) fn commit_whole(
        &self,
        draft: &mut Draft<'_>,
        mode: Mode,
        accept_older: bool,
        cas: u64,
        now: u32,
    ) -> Stored {
        let bucket = self.table.lock(draft.hash);
        let found = self.find(&bucket, draft.hash, draft.key());
        let place = found.map(|(place, _)| place);
        let live = found
            .filter(|(_, spot)| self.death(spot, now).is_none())
            .map(|(_, spot)| spot.link());
        let refused = match (mode, live) {
            (Mode::Add, Some(link)) => {
                self.header(link)
                    .change_bits(|bits| evict::on_access(bits) | FETCHED);
                self.header(link).access.store(now, Ordering::Relaxed);
                Some(Stored::NotStored)
            }
            (Mode::Replace, None) => Some(Stored::NotStored),
            (Mode::Cas(_), None) => Some(Stored::NotFound),
            (Mode::Cas(id), Some(link)) => {
                let present = self.cas_of(link);
                let usable = self.config.cas && id != 0;
                let older = usable && accept_older && id < present;
                let same = usable && id == present || older;
                if older {
                    let header = self.header(link);
                    draft.set_expiry(header.expiry.load(Ordering::Relaxed));
                    draft.mark(STALE | header.bits() & TOKEN_SENT);
                }
                let count = if same {
                    Count::CasHits
                } else {
                    Count::CasBadval
                };
                self.counters.one(self.class_of(link), count);
                (!same).then_some(Stored::Exists)
            }
            _ => None,
        };
        if let Some(refused) = refused {
            if let Some(dead) = place.filter(|_| live.is_none()) {
                self.remove(bucket, dead);
            }
            return refused;
        }
        self.install(bucket, place, draft, cas, now)
    }

    /// Stores a draft under a key that has no item; the CAS id given, or `None` if it has one.
    pub(super) fn commit_new(
        &self,
        mut draft: Draft<'_>,
        cas: Option<u64>,
        now: u32,
    ) -> Result<Option<u64>, NoMemory> {
        let cas = self.cas_for(cas);
        match self.commit_whole(&mut draft, Mode::Add, false, cas, now) {
            Stored::Done { cas } => Ok(Some(cas)),
            // Refused while there was no item: a longer table was needed and could not be had.
            _ if draft.head.is_none() => Err(NoMemory),
            _ => Ok(None),
        }
    }

    /// Append and prepend: the draft's value and the present one make a new item, unless another
    /// thread changes the item meanwhile, when it is done again with what it is then.
    fn commit_joined(
        &self,
        mut draft: Draft<'_>,
        mode: Mode,
        terms: &Terms,
        cas: u64,
        now: u32,
    ) -> (Stored, usize) {
        let len = draft.layout.value_len;
        loop {
            let Some(old) = self.lookup(draft.key(), now, |bits| bits, |_| ()) else {
                if !terms.create {
                    return (Stored::NotStored, len);
                }
                match self.commit_whole(&mut draft, Mode::Add, false, cas, now) {
                    // Somebody else created it meanwhile; or there is no memory, when it is gone.
                    Stored::NotStored if draft.head.is_some() => continue,
                    stored => return (stored, len),
                }
            };
            if terms.compare.is_some_and(|id| id != old.cas()) {
                return (Stored::Exists, len);
            }
            let Some(mut joined) = self.joined(&old, &draft, mode, now) else {
                return (Stored::NotStored, len);
            };
            let bucket = self.table.lock(draft.hash);
            let place = old.link().and_then(|link| bucket.find(draft.hash, link));
            let Some(place) = place else { continue };
            // It may have been touched since.
            joined.set_expiry(self.header(place.link()).expiry.load(Ordering::Relaxed));
            let len = joined.layout.value_len;
            let stored = self.install(bucket, Some(place), &mut joined, cas, now);
            return (stored, len);
        }
    }

    /// A complete draft of an item with both values; `None` if it is too large or there is no
    /// memory.
    fn joined(
        &self,
        old: &ItemRef<'_>,
        added: &Draft<'_>,
        mode: Mode,
        now: u32,
    ) -> Option<Draft<'_>> {
        let len = old.value_len() + added.layout.value_len;
        let mut joined = self
            .reserve(old.key(), old.flags(), old.expiry(), len, now)
            .ok()?;
        if old.has_encoded_key() {
            joined.mark_encoded_key();
        }
        if mode == Mode::Prepend {
            self.copy_draft(added, &mut joined, now)?;
        }
        for piece in old.pieces() {
            joined.fill(piece, now).ok()?;
        }
        if mode == Mode::Append {
            self.copy_draft(added, &mut joined, now)?;
        }
        Some(joined)
    }

    fn copy_draft(&self, from: &Draft<'_>, to: &mut Draft<'_>, now: u32) -> Option<()> {
        let (arena, layout) = (self.arena(), &from.layout);
        let head = from.head.as_ref()?;
        if !layout.chunked {
            let value = arena.body_owned(head, layout.value_at(), layout.value_len);
            return to.fill(value, now).ok().map(drop);
        }
        let mut next = from.first;
        while let Some(link) = next {
            let header = arena.header(link);
            next = Link::from_raw(header.lens.load(Ordering::Relaxed));
            let len = header.expiry.load(Ordering::Relaxed) as usize;
            to.fill(arena.data_owned(head, link, len), now).ok()?;
        }
        Some(())
    }

    /// Makes a complete draft an item, in the place of another one or in a new one.
    pub(super) fn install<'t>(
        &'t self,
        bucket: Bucket<'t>,
        place: Option<Place<'t>>,
        draft: &mut Draft<'_>,
        cas: u64,
        now: u32,
    ) -> Stored {
        let Some(head) = draft.head.take() else {
            return Stored::NotStored;
        };
        let header = self.header(head.link());
        let temporary = self.expiry.is_temporary(draft.expiry, now);
        let lens = draft.layout.lens(temporary);
        header.lens.store(lens, Ordering::Relaxed);
        header.expiry.store(draft.expiry, Ordering::Relaxed);
        header.access.store(now, Ordering::Relaxed);
        if let Some(id) = self.arena().cas(head.link()) {
            id.store(cas, Ordering::Relaxed);
        }
        let mut bits = draft.layout.bits() | draft.bits | self.expiry.generation_bits();
        if let Some(place) = place {
            bits = evict::on_replace(bits, self.header(place.link()).bits());
        }
        let link = self.arena().publish(head, bits);
        let mut replaced = None;
        match place {
            Some(place) => {
                let old = place.link();
                self.count_item(old, -1);
                bucket.replace(place, link);
                replaced = self.arena().unlink(old);
            }
            None => {
                if !bucket.insert(draft.hash, link) {
                    // The system has no memory for a longer table: as if there were none for
                    // the item.
                    let chunk = self.arena().unlink(link);
                    drop(bucket);
                    if let Some(chunk) = chunk {
                        self.free(chunk);
                    }
                    return Stored::NotStored;
                }
            }
        }
        self.count_item(link, 1);
        drop(bucket);
        let class = if draft.layout.chunked {
            self.slab.classes().len() - 1
        } else {
            self.slab.class_of(link)
        };
        self.counters.one(class, Count::TotalItems);
        if place.is_none() {
            self.drift(1);
        }
        if let Some(chunk) = replaced {
            self.free(chunk);
        }
        Stored::Done { cas }
    }
}
