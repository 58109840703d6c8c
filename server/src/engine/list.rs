//! Listing what a class holds, for people who look into a server.

use std::sync::atomic::Ordering::Relaxed;

use super::item::ItemRef;
use super::memory::{LINKED, Pin};
use super::{Engine, evict::Page as _};

impl Engine {
    /// Shows live items of a class (counted from 1) to `visit`, at most `most` of them and until it
    /// says no, in the order in which they lie in memory. No item counts as accessed. A class that
    /// does not exist has no items; one that lies on a page being emptied may be left out.
    ///
    /// The class is locked while its chunks are walked, not while `visit` runs; the items are held
    /// until then, so `most` bounds what cannot be evicted meanwhile.
    pub fn list(
        &self,
        class: usize,
        most: usize,
        now: u32,
        mut visit: impl FnMut(&ItemRef<'_>) -> bool,
    ) {
        let Some(class) = class
            .checked_sub(1)
            .filter(|&c| c < self.slab.classes().len())
        else {
            return;
        };
        let mut wanted = true;
        for pin in self.pin_class(class, most, now) {
            let header = self.header(pin.link());
            let before = (header.bits(), header.access.load(Relaxed));
            // Made in any case: dropping it gives the pin back.
            let item = ItemRef::new(self, pin, before);
            wanted = wanted && visit(&item);
        }
    }

    /// Pins live items of a class.
    fn pin_class(&self, class: usize, most: usize, now: u32) -> Vec<Pin> {
        let size = self.slab.classes().size(class);
        let arena = self.arena();
        let mut pins = Vec::new();
        let slot = self.slab.lock(class);
        for page in &slot.pages {
            let last = page.used_bytes().saturating_sub(size);
            for at in (0..=last).step_by(size) {
                if pins.len() >= most {
                    return pins;
                }
                if at + size > page.used_bytes() {
                    break;
                }
                let link = arena.link(page.number(), at);
                let header = arena.header(link);
                if header.bits() & LINKED == 0 || self.expiry.is_dead(header, now) {
                    continue;
                }
                pins.extend(arena.pin(link, |bits| bits));
            }
        }
        pins
    }
}
