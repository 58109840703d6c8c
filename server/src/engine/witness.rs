//! What an engine tells somebody who looks on, and what a lookup would find.
//!
//! Others learn of items that go to make room, and of pages that move, through a [`Witness`]; the
//! engine does not care what becomes of that.

use std::fmt::Debug;
use std::sync::atomic::Ordering::Relaxed;

use super::expire::Death;
use super::item::FETCHED;
use super::memory::Link;
use super::{Engine, Layout};

/// Somebody who wants to know. Called in the middle of the engine's work, with locks held: it must
/// neither block nor call the engine.
pub trait Witness: Debug + Send + Sync {
    /// Whether [`evicted`](Witness::evicted) is worth calling.
    fn wants_evictions(&self) -> bool;
    /// A live item goes to make room.
    fn evicted(&self, item: &Evicted<'_>);
    /// A page left a class for another, counted from 1, 0 for the system; or did not get there.
    fn page_moved(&self, from: u8, to: u8, arrived: bool);
}

/// An item that goes to make room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evicted<'a> {
    /// 1 ..= 250 bytes.
    pub key: &'a [u8],
    /// Was it ever read?
    pub fetched: bool,
    /// Seconds it had left to live; `None` for ever.
    pub ttl: Option<u32>,
    /// Seconds since it was stored or read.
    pub idle: u32,
    /// Number of its slab class, from 1.
    pub class: u8,
    /// Bytes of its value.
    pub bytes: usize,
}

/// What a lookup would find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// No item.
    Missing,
    /// One whose time is over.
    Expired,
    /// One that was flushed.
    Flushed,
    /// One that lives.
    Live {
        /// Number of its slab class, from 1.
        class: u8,
        /// Bytes of its value.
        bytes: usize,
        /// The tick at which it is gone, 0 for never.
        expiry: u32,
    },
}

impl Engine {
    /// Names the one who wants to know. Only the first one named is told.
    pub fn set_witness(&self, witness: &'static dyn Witness) {
        // Who comes too late is not told, as promised.
        let _ = self.witness.set(witness);
    }

    /// What a lookup of the key would find. Changes nothing and counts nothing.
    pub fn fate(&self, key: &[u8], now: u32) -> Fate {
        let hash = self.hash(key);
        let bucket = self.table.lock(hash);
        let Some((_, spot)) = self.find(&bucket, hash, key) else {
            return Fate::Missing;
        };
        let (link, header) = (spot.link(), spot.header());
        match self.expiry.death(header, now) {
            Some(Death::Expired) => Fate::Expired,
            Some(Death::Flushed) => Fate::Flushed,
            None => Fate::Live {
                class: self.class_of(link) as u8 + 1,
                bytes: self.layout(link).value_len,
                expiry: header.expiry.load(Relaxed),
            },
        }
    }

    /// Tells of an item about to go to make room; its bucket is locked.
    #[inline]
    pub(super) fn tell_evicted(&self, link: Link, now: u32) {
        if let Some(witness) = self.witness.get().filter(|w| w.wants_evictions()) {
            let header = self.header(link);
            let Layout {
                key_len, value_len, ..
            } = self.layout(link);
            let key_at = Layout::of(header).key_at();
            let expiry = header.expiry.load(Relaxed);
            self.arena().peek(link, key_at, key_len, |key| {
                witness.evicted(&Evicted {
                    key,
                    fetched: header.bits() & FETCHED != 0,
                    ttl: (expiry != 0).then(|| expiry.saturating_sub(now)),
                    idle: now.saturating_sub(header.access.load(Relaxed)),
                    class: self.class_of(link) as u8 + 1,
                    bytes: value_len,
                });
            });
        }
    }

    /// Tells of a page that moved, or did not. Classes are counted from 0; none is the pool.
    pub(super) fn tell_page_moved(&self, from: Option<usize>, to: Option<usize>, arrived: bool) {
        if let Some(witness) = self.witness.get() {
            let number = |class: Option<usize>| class.map_or(0, |class| class as u8 + 1);
            witness.page_moved(number(from), number(to), arrived);
        }
    }
}
