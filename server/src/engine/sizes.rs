//! How many items there are of which size, for who asked for that to be counted.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use super::Engine;
use super::region::Region;

/// Bytes of an item, header included, that one count stands for. Source: mcrsd.md 2.11.
const STEP: usize = 32;

/// Counts by size.
#[derive(Debug)]
pub(super) struct Sizes {
    /// The first one is of items of up to [`STEP`] bytes.
    counts: Region<AtomicU64>,
    /// Those in front of it were ever used.
    end: AtomicUsize,
}

impl Sizes {
    /// None counted yet, of items of at most so many bytes. `None` if the system gives no memory.
    pub(super) fn new(item_max: usize) -> Option<Sizes> {
        let len = item_max.div_ceil(STEP) + 1;
        let counts = Region::reserve(len)?;
        let end = AtomicUsize::new(0);
        counts.grow(len, 0).then_some(Sizes { counts, end })
    }

    /// Counts an item of so many bytes once more, or with a negative number once less.
    pub(super) fn count(&self, bytes: usize, sign: i64) {
        let index = bytes.div_ceil(STEP).saturating_sub(1);
        self.end.fetch_max(index + 1, Relaxed);
        self.counts.get(index).fetch_add(sign as u64, Relaxed);
    }
}

impl Engine {
    /// Tells for each size, in steps of 32 bytes and ascending, how many items there are that are
    /// no larger than that and larger than the one before; none that there are none of. `false` if
    /// that is not counted ([`Config::track_sizes`](super::Config::track_sizes)).
    pub fn sizes(&self, mut tell: impl FnMut(usize, u64)) -> bool {
        let Some(sizes) = &self.sizes else {
            return false;
        };
        for index in 0..sizes.end.load(Relaxed) {
            match sizes.counts.get(index).load(Relaxed) {
                0 => {}
                count => tell((index + 1) * STEP, count),
            }
        }
        true
    }
}
