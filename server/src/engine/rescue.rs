//! Taking things off a page that leaves its class: what is alive is stored elsewhere in the class if
//! there is room, or if it is worth that something else goes for it. Nobody who reads notices: keys,
//! values, ids, times and marks stay.

use std::sync::atomic::Ordering::Relaxed;

use super::Engine;
use super::evict::{self, Start};
use super::item::{self, Layout};
use super::memory::{Chunk, DATA, Link, Pin};
use super::mover::{Manner, Obstacle};
use super::room::EVICTIONS_MAX;
use super::slab::{Got, Met};
use super::table::{Bucket, Place};

impl Engine {
    /// Gets what was met on a page off it, or notes why not. Whether it is off.
    pub(super) fn take_off(&self, met: Met, manner: Manner, now: u32) -> bool {
        let (pin, data) = match met {
            Met::Item(pin) => (pin, None),
            Met::Data { head, data } => (head, Some(data)),
            Met::Busy(obstacle) => {
                self.mover.figures.note_busy(obstacle);
                return false;
            }
        };
        let header = self.header(pin.link());
        let layout = Layout::of(header);
        if self.is_held(&pin, &layout) {
            return self.leave(pin, Obstacle::Locked);
        }
        // One reference is ours.
        if header.references() > 1 {
            if layout.chunked && !manner.patient {
                self.mover.figures.busy_dropped.fetch_add(1, Relaxed);
                self.forget(pin, &layout);
                return true;
            }
            return self.leave(pin, Obstacle::Active);
        }
        if self.expiry.is_dead(header, now) {
            return self.give_up(pin, true, now);
        }
        let moving = data.unwrap_or(pin.link());
        if let Some(copy) = self.room_for(moving, &pin, now) {
            return match data {
                Some(data) => self.rescue_data(pin, data, copy, &layout),
                None if layout.chunked => self.rescue_head(pin, copy, &layout),
                None => self.rescue(pin, copy, &layout),
            };
        }
        let must_stay = !self.config.evict || item::is_temporary(header);
        if must_stay && !manner.commanded {
            self.mover.figures.no_memory.fetch_add(1, Relaxed);
            self.release(pin);
            return false;
        }
        self.give_up(pin, false, now)
    }

    /// Whether a script wants the item to stay where it is.
    #[cfg(feature = "debug-commands")]
    fn is_held(&self, pin: &Pin, layout: &Layout) -> bool {
        let key = self.arena().body(pin, layout.key_at(), layout.key_len);
        self.is_debug_locked(self.hash(key))
    }

    #[cfg(not(feature = "debug-commands"))]
    fn is_held(&self, _: &Pin, _: &Layout) -> bool {
        false
    }

    /// A chunk of the class that `moving` is of, free or, if the item is worth it, made free. Takes
    /// no further page: then the class would not have become smaller.
    fn room_for(&self, moving: Link, item: &Pin, now: u32) -> Option<Chunk> {
        let class = self.slab.class_of(moving);
        let worth_it = evict::is_worth_keeping(self.header(item.link()));
        let header = self.header(moving);
        let goes_on = header.bits() & DATA != 0 && header.lens.load(Relaxed) != 0;
        let start = match worth_it {
            _ if goes_on => Start::Follows,
            true => Start::Proven,
            false => Start::New,
        };
        let wish = self.wish(start, false, now);
        for _ in 0..EVICTIONS_MAX {
            match self.slab.allocate_within(class, &wish, worth_it) {
                Got::Chunk(chunk, _) => return Some(chunk),
                Got::Victim(victim, class) => {
                    self.mover.figures.reclaimed.fetch_add(1, Relaxed);
                    if let Some((chunk, _)) = self.use_victim(victim, class, &wish) {
                        return Some(chunk);
                    }
                }
                Got::Nothing(_) => return None,
            }
        }
        None
    }

    /// Lets go of an item that is busy. Never off the page.
    fn leave(&self, pin: Pin, obstacle: Obstacle) -> bool {
        self.mover.figures.note_busy(obstacle);
        self.release(pin);
        false
    }

    /// Evicts an item, or removes it if it is dead. Whether it is gone.
    fn give_up(&self, pin: Pin, dead: bool, now: u32) -> bool {
        let class = self.slab.class_of(pin.link());
        let chunk = self.expel(evict::Victim { pin, dead }, class, now);
        let gone = chunk.is_some();
        if let Some(chunk) = chunk {
            self.free(chunk);
        }
        gone
    }

    /// Gives a reference back.
    fn release(&self, pin: Pin) {
        if let Some(chunk) = self.arena().release(pin) {
            self.free(chunk);
        }
    }

    /// Locks the bucket of a pinned item and finds it there, unless it was replaced or removed.
    fn place_of(&self, pin: &Pin, layout: &Layout) -> Option<(Bucket<'_>, Place<'_>)> {
        let key = self.arena().body(pin, layout.key_at(), layout.key_len);
        let hash = self.hash(key);
        let bucket = self.table.lock(hash);
        let place = bucket.find(hash, pin.link())?;
        Some((bucket, place))
    }

    /// Removes an item that is being read; its memory is freed when it no longer is.
    fn forget(&self, pin: Pin, layout: &Layout) {
        if let Some((bucket, place)) = self.place_of(&pin, layout) {
            self.remove(bucket, place);
        }
        self.release(pin);
    }

    /// Fills a copy with what stands behind an item's header in its first chunk: key, and value or
    /// chain.
    fn copy_body(&self, pin: &Pin, copy: &mut Chunk, layout: &Layout) {
        let arena = self.arena();
        let bytes = layout.head_bytes(arena.body_start()) - arena.body_start();
        // A reference keeps value and key from changing; the rest may until the bucket is locked.
        arena
            .body_mut(copy, 0, bytes)
            .copy_from_slice(arena.body(pin, 0, bytes));
    }

    /// Lets go of an item that nobody finds any more, and of its copy. It is off the page.
    fn let_go(&self, pin: Pin, copy: Chunk) -> bool {
        self.slab.free(copy);
        self.release(pin);
        true
    }

    /// Leaves an item where it is, since others read it, and lets go of its copy. Never off the page.
    fn leave_read(&self, bucket: Bucket<'_>, copy: Chunk) -> bool {
        drop(bucket);
        self.slab.free(copy);
        self.mover.figures.note_busy(Obstacle::Active);
        false
    }

    /// Puts a copy in the place of an item that is in one chunk.
    fn rescue(&self, pin: Pin, mut copy: Chunk, layout: &Layout) -> bool {
        let (arena, link) = (self.arena(), pin.link());
        self.copy_body(&pin, &mut copy, layout);
        let Some((bucket, place)) = self.place_of(&pin, layout) else {
            return self.let_go(pin, copy);
        };
        self.copy_header(link, copy.link());
        let moved = arena.publish(copy, self.header(link).bits());
        self.recount(link, moved);
        bucket.replace(place, moved);
        let taken = arena.unlink(link);
        debug_assert!(taken.is_none(), "freed under our reference");
        drop(bucket);
        self.mover.figures.rescued.fetch_add(1, Relaxed);
        self.release(pin);
        true
    }

    /// Makes a copy the head of an item in several chunks.
    fn rescue_head(&self, pin: Pin, mut copy: Chunk, layout: &Layout) -> bool {
        let (arena, link) = (self.arena(), pin.link());
        self.copy_body(&pin, &mut copy, layout);
        let Some((bucket, place)) = self.place_of(&pin, layout) else {
            return self.let_go(pin, copy);
        };
        let Some(old) = self.take_over(pin) else {
            return self.leave_read(bucket, copy);
        };
        self.copy_header(link, copy.link());
        let mut next = item::owned_chain(arena, &old);
        while let Some(data) = next {
            let header = arena.header(data);
            // Whoever walks over the chunk with its class locked may look at the head it names.
            let _class = self.slab.lock(self.slab.class_of(data));
            header.access.store(copy.link().raw(), Relaxed);
            next = Link::from_raw(header.lens.load(Relaxed));
        }
        let moved = arena.publish(copy, self.header(link).bits());
        bucket.replace(place, moved);
        drop(bucket);
        self.slab.free(old);
        self.mover.figures.chunks_rescued.fetch_add(1, Relaxed);
        true
    }

    /// Puts a copy in the place of a data chunk of the item `pin` refers to.
    fn rescue_data(&self, pin: Pin, data: Link, mut copy: Chunk, layout: &Layout) -> bool {
        let (arena, link) = (self.arena(), pin.link());
        let len = arena.header(data).expiry.load(Relaxed) as usize;
        arena
            .body_mut(&mut copy, 0, len)
            .copy_from_slice(arena.data(&pin, data, len));
        let Some((bucket, _)) = self.place_of(&pin, layout) else {
            return self.let_go(pin, copy);
        };
        let Some(mut head) = self.take_over(pin) else {
            return self.leave_read(bucket, copy);
        };
        let (from, to) = (arena.header(data), arena.header(copy.link()));
        to.lens.store(from.lens.load(Relaxed), Relaxed);
        to.expiry.store(len as u32, Relaxed);
        to.access.store(link.raw(), Relaxed);
        let moved = arena.seal(copy);
        item::relink(arena, &mut head, data, moved);
        let old = arena.unseal(&head, data);
        arena.publish(head, self.header(link).bits());
        drop(bucket);
        if let Some(old) = old {
            self.slab.free(old);
        }
        self.mover.figures.chunks_rescued.fetch_add(1, Relaxed);
        true
    }

    /// Turns the only reference to an item whose bucket is locked into ownership; `None`, and the
    /// reference is gone, if there are others.
    fn take_over(&self, pin: Pin) -> Option<Chunk> {
        let link = pin.link();
        // Linked, so this frees nothing, and it stays so while its bucket is locked.
        let last = self.arena().release(pin);
        debug_assert!(last.is_none(), "removed with its bucket locked");
        self.arena().take(link)
    }

    /// Copies times, lengths and CAS id from one chunk to another.
    fn copy_header(&self, from: Link, to: Link) {
        let id = self.cas_of(from);
        if let Some(to) = self.arena().cas(to) {
            to.store(id, Relaxed);
        }
        let (from, to) = (self.header(from), self.header(to));
        for (from, to) in [
            (&from.lens, &to.lens),
            (&from.expiry, &to.expiry),
            (&from.access, &to.access),
        ] {
            to.store(from.load(Relaxed), Relaxed);
        }
    }

    /// Counts an item in the class it got into, should that be another.
    fn recount(&self, from: Link, to: Link) {
        if self.slab.class_of(from) != self.slab.class_of(to) {
            self.count_item(from, -1);
            self.count_item(to, 1);
        }
    }
}
