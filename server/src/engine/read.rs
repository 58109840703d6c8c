//! Reading short values where they are.
//!
//! There are two ways to get at a value. An [`ItemRef`] may be kept until the value has been written
//! somewhere; making one and giving it back are two atomic operations on the item. A short value is
//! looked at, and copied, faster than that: while its bucket is locked, which it must be anyway.

use std::sync::atomic::Ordering::Relaxed;

use super::counters::Count;
use super::item::{FETCHED, Facts, ItemRef, Layout};
use super::memory::Spot;
use super::{Engine, Hashed, Hit, evict};

/// What came of a lookup that looks at short values where they are.
#[derive(Debug)]
pub enum Shown<'e, R> {
    /// There is no such item, or it has too many references already.
    Nothing,
    /// The value was short, and was shown.
    Short(R),
    /// The value is longer.
    Long(ItemRef<'e>),
}

impl Engine {
    /// [`get`](Engine::get) that shows a value of at most `most` bytes to `show` instead of making a
    /// reference to it. Other threads wait meanwhile, so `show` should do no more than copy it.
    #[inline]
    pub fn get_short<R>(
        &self,
        Hashed { key, hash }: Hashed<'_>,
        most: usize,
        now: u32,
        show: impl FnOnce(&Facts, &[u8]) -> R,
    ) -> Shown<'_, R> {
        let Some(found) = self.find_live(hash, key, now) else {
            return Shown::Nothing;
        };
        let shown = self.show_locked(
            &found,
            most,
            |bits| evict::on_access(bits) | FETCHED,
            |spot| self.note_access(spot, now),
            show,
        );
        // Each on its own: what is handed on as a whole is moved about.
        match shown {
            Shown::Nothing => {
                self.counters
                    .one(usize::from(found.spot.tag()), Count::GetHits);
                Shown::Nothing
            }
            Shown::Short(shown) => {
                self.counters
                    .one(usize::from(found.spot.tag()), Count::GetHits);
                Shown::Short(shown)
            }
            Shown::Long(item) => {
                self.counters.one(item.class_index(), Count::GetHits);
                Shown::Long(item)
            }
        }
    }

    /// Shows a live item whose bucket is locked, or makes a reference to it. `bits` is what happens
    /// to its item bits, `change` to its other fields; what is shown is as it was before.
    #[inline]
    pub(super) fn show_locked<R>(
        &self,
        found: &Hit<'_>,
        most: usize,
        bits: impl Fn(u32) -> u32,
        change: impl FnOnce(&Spot<'_>),
        show: impl FnOnce(&Facts, &[u8]) -> R,
    ) -> Shown<'_, R> {
        let spot = &found.spot;
        let header = spot.header();
        let layout = Layout::of(header);
        let before = (header.bits(), header.access.load(Relaxed));
        if layout.chunked || layout.value_len > most {
            let Some(pin) = self.arena().pin(spot.link(), bits) else {
                return Shown::Nothing;
            };
            let item = ItemRef::new(self, pin, before);
            change(spot);
            return Shown::Long(item);
        }
        if !header.mark(bits) {
            return Shown::Nothing;
        }
        let cas = spot.cas().map_or(0, |cas| cas.load(Relaxed));
        let expiry = header.expiry.load(Relaxed);
        change(spot);
        spot.peek(0, layout.value_at() + layout.value_len, |body| {
            let facts = Facts::new(&layout, body, cas, expiry, before);
            Shown::Short(show(&facts, &body[layout.value_at()..]))
        })
    }
}
