//! Items that clients rebuild together: one is asked to store a new value, the others take the old
//! one meanwhile.
//!
//! An item bears two marks for that. *Stale*: its value is out of date. *Token sent*: some client
//! was told to store a new one, so others need not. Storing makes a fresh item without marks;
//! reading, touching and counting in place keep them. Source: mcrsd.md 3.3.

use std::sync::atomic::Ordering::Relaxed;

use super::counters::Count;
use super::item::{ENCODED_KEY, FETCHED, STALE, TOKEN_SENT};
use super::{Delete, Engine, Facts, Hit, ItemRef, NoMemory, ReserveError, Shown, Stored, evict};

/// What [`look`](Engine::look) does besides looking the key up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Look {
    /// Do not count as an access.
    pub silent: bool,
    /// The new expiry tick, 0 for never.
    pub touch: Option<u32>,
    /// Ask for a new value if the item expires before this tick; 0 never does.
    pub recache: u32,
    /// The new expiry counts for `recache`, not the old one.
    pub recache_after_touch: bool,
}

/// Who is to store a new value of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// This client is asked to.
    pub won: bool,
    /// Another one was asked before.
    pub sent: bool,
    /// The value is out of date.
    pub stale: bool,
}

/// What came of a look.
#[derive(Debug)]
pub enum Seen<'e, R> {
    /// There is no such item.
    Nothing,
    /// There is one, and it has so many references that no more are given.
    Busy,
    /// Its value is short, and was shown.
    Short(R),
    /// Its value is longer. The item is as it was before: its expiry is not the new one.
    Long(ItemRef<'e>, Marks),
}

/// What [`vivify`](Engine::vivify) stores.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Vivified {
    /// The tick at which it expires, 0 for never.
    pub expiry: u32,
    /// As [`mark_encoded_key`](super::Draft::mark_encoded_key).
    pub encoded_key: bool,
    /// Do not count as an access.
    pub silent: bool,
    /// The CAS id to give, instead of the next one.
    pub cas: Option<u64>,
}

/// What [`empty`](Engine::empty) leaves of an item.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Emptied {
    /// The client's flags.
    pub flags: u32,
    /// The tick at which it expires, 0 for never.
    pub expiry: u32,
    /// Mark it stale; it gets a new CAS id then.
    pub stale: bool,
    /// The CAS id to give.
    pub cas: Option<u64>,
}

impl Engine {
    /// Looks the key up, and decides whether the asker is to store a new value: the first one to
    /// see it stale or about to expire is. A value of at most `most` bytes is shown, under the same
    /// terms as by [`get_short`](Engine::get_short).
    #[inline]
    pub fn look<R>(
        &self,
        key: &[u8],
        look: &Look,
        most: usize,
        now: u32,
        show: impl FnOnce(&Facts, Marks, &[u8]) -> R,
    ) -> Seen<'_, R> {
        let Some(found) = self.find_live(self.hash(key), key, now) else {
            return Seen::Nothing;
        };
        let header = found.spot.header();
        let bits = header.bits();
        let (sent, stale) = (bits & TOKEN_SENT != 0, bits & STALE != 0);
        let expiry = match look.touch {
            Some(expiry) if look.recache_after_touch => expiry,
            _ => header.expiry.load(Relaxed),
        };
        let soon = expiry != 0 && expiry < look.recache;
        let won = !sent && (stale || soon);
        let marks = Marks { won, sent, stale };
        let shown = self.show_locked(
            &found,
            most,
            |bits| {
                let bits = if look.silent {
                    bits
                } else {
                    evict::on_access(bits) | FETCHED
                };
                if won { bits | TOKEN_SENT } else { bits }
            },
            |spot| {
                if let Some(expiry) = look.touch {
                    spot.header().expiry.store(expiry, Relaxed);
                }
                if !look.silent {
                    self.note_access(spot, now);
                }
            },
            |facts, value| show(facts, marks, value),
        );
        let count = match look.touch {
            Some(_) => Count::TouchHits,
            None => Count::GetHits,
        };
        match shown {
            Shown::Nothing => Seen::Busy,
            Shown::Short(shown) => {
                self.counters.one(usize::from(found.spot.tag()), count);
                Seen::Short(shown)
            }
            Shown::Long(item) => {
                self.counters.one(item.class_index(), count);
                Seen::Long(item, marks)
            }
        }
    }

    /// Stores an item without a value under a missing key, whose asker is to store one. The CAS id
    /// given, or `None` if there is an item meanwhile.
    ///
    /// # Errors
    /// There is no memory, or the key's length is not 1 ..= 250 bytes.
    pub fn vivify(&self, key: &[u8], new: &Vivified, now: u32) -> Result<Option<u64>, NoMemory> {
        let draft = self.reserve(key, 0, new.expiry, 0, now);
        let mut draft = draft.map_err(|_| NoMemory)?;
        draft.mark(TOKEN_SENT);
        if !new.silent {
            draft.mark(FETCHED);
        }
        if new.encoded_key {
            draft.mark_encoded_key();
        }
        self.commit_new(draft, new.cas, now)
    }

    /// Marks the key's item stale, if `compare` is `None` or its CAS id, so that the next asker is
    /// to store a new value. It gets a new CAS id, or this one, and the expiry if one is given.
    pub fn invalidate(
        &self,
        key: &[u8],
        compare: Option<u64>,
        expiry: Option<u32>,
        cas: Option<u64>,
        now: u32,
    ) -> Delete {
        let Some(Hit { bucket, spot, .. }) = self.find_live(self.hash(key), key, now) else {
            return Delete::NotFound;
        };
        let link = spot.link();
        if compare.is_some_and(|cas| cas != self.cas_of(link)) {
            return Delete::Exists;
        }
        // Pinning changes bits whatever others do with references meanwhile.
        let pin = self.arena().pin(link, |bits| bits & !TOKEN_SENT | STALE);
        let Some(pin) = pin else {
            return Delete::NotFound;
        };
        if let Some(id) = self.arena().cas(link) {
            id.store(self.cas_for(cas), Relaxed);
        }
        if let Some(expiry) = expiry {
            self.header(link).expiry.store(expiry, Relaxed);
        }
        drop(bucket);
        if let Some(chunk) = self.arena().release(pin) {
            self.free(chunk);
        }
        Delete::Done
    }

    /// Replaces the key's item by one without a value, if `compare` is `None` or its CAS id. It
    /// keeps that id unless `rest` says otherwise.
    ///
    /// # Errors
    /// As [`reserve`](Engine::reserve); the item is untouched.
    pub fn empty(
        &self,
        key: &[u8],
        compare: Option<u64>,
        rest: &Emptied,
        now: u32,
    ) -> Result<Delete, ReserveError> {
        let mut draft = self.reserve(key, rest.flags, rest.expiry, 0, now)?;
        let Some(Hit { bucket, place, .. }) = self.find_live(self.hash(key), key, now) else {
            return Ok(Delete::NotFound);
        };
        let link = place.link();
        let present = self.cas_of(link);
        if compare.is_some_and(|cas| cas != present) {
            return Ok(Delete::Exists);
        }
        draft.mark(self.header(link).bits() & ENCODED_KEY);
        let mut cas = present;
        if rest.stale {
            draft.mark(STALE);
            cas = self.next_cas();
        }
        if let Some(wanted) = rest.cas {
            cas = self.cas_for(Some(wanted));
        }
        self.counters.one(self.class_of(link), Count::DeleteHits);
        match self.install(bucket, Some(place), &mut draft, cas, now) {
            Stored::Done { .. } => Ok(Delete::Done),
            _ => Err(ReserveError::NoMemory),
        }
    }
}
