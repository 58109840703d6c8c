//! Storing over an item in its own memory: no chunk is taken and none given back.
//!
//! Most stores replace an item by one of about its size. Their value usually came together with the
//! command, so that nobody needs to see the item half written.

use std::sync::atomic::Ordering::Relaxed;

use super::counters::Count;
use super::evict;
use super::item::{self, ENCODED_KEY, Layout};
use super::{Engine, KEY_MAX_BYTES};

/// An item to be.
#[derive(Debug, Clone, Copy)]
pub struct NewItem<'a> {
    /// 1 to 250 bytes.
    pub key: &'a [u8],
    /// The client gave the key in another form than its bytes.
    pub encoded_key: bool,
    /// The client's flags.
    pub flags: u32,
    /// The tick at which it is gone, 0 is never.
    pub expiry: u32,
    /// All of the value.
    pub value: &'a [u8],
}

impl Engine {
    /// Replaces the key's live item by a new one in the same memory; the new CAS id, `cas` if one is
    /// given. `None`, and nothing is changed or counted, if there is no such item, if its memory is
    /// not what [`reserve`](Engine::reserve) would take for the new one, or if somebody reads it.
    pub fn overwrite(&self, new: &NewItem<'_>, cas: Option<u64>, now: u32) -> Option<u64> {
        if !(1..=KEY_MAX_BYTES).contains(&new.key.len()) {
            return None;
        }
        let (slab, arena) = (&self.slab, self.arena());
        let front = arena.body_start();
        let layout = Layout {
            flags: new.flags != 0,
            chunked: false,
            key_len: new.key.len(),
            value_len: new.value.len(),
        };
        let total = layout.total_bytes(front);
        let hash = self.hash(new.key);
        let bucket = self.table.lock(hash);
        let (_, spot) = self.find(&bucket, hash, new.key)?;
        let (link, header, class) = (spot.link(), spot.header(), usize::from(spot.tag()));
        let old = Layout::of(header);
        // What fits into a chunk of a class is none that must be chunked.
        if old.chunked
            || total > self.config.item_size_max as usize
            || !slab.classes().is_fit(class, total)
            || slab.is_leaving(link)
            || self.expiry.is_dead(header, now)
        {
            return None;
        }
        let mut chunk = spot.take()?;
        // Before the copy: adding for all threads waits until what was written is in the cache.
        let cas = self.cas_for(cas);
        let body = arena.body_mut(&mut chunk, 0, layout.value_at() + layout.value_len);
        let (head, value) = body.split_at_mut(layout.value_at());
        value.copy_from_slice(new.value);
        let (flags, key) = head.split_at_mut(layout.key_at());
        if layout.flags {
            flags.copy_from_slice(&new.flags.to_ne_bytes());
        }
        if layout.flags != old.flags {
            // Otherwise it is there already.
            key.copy_from_slice(new.key);
        }
        if let Some(id) = spot.cas() {
            id.store(cas, Relaxed);
        }
        let was_temporary = item::is_temporary(header);
        let temporary = self.expiry.is_temporary(new.expiry, now);
        header.lens.store(layout.lens(temporary), Relaxed);
        header.expiry.store(new.expiry, Relaxed);
        self.note_access(&spot, now);
        let encoded = if new.encoded_key { ENCODED_KEY } else { 0 };
        let bits = layout.bits() | encoded | self.expiry.generation_bits();
        arena.publish(chunk, evict::on_replace(bits, header.bits()));
        drop(bucket);
        let before = old.total_bytes(front);
        let grown = total.wrapping_sub(before);
        if grown != 0 {
            self.counters.add(class, Count::Bytes, grown as u64);
            if let Some(sizes) = &self.sizes {
                sizes.count(before, -1);
                sizes.count(total, 1);
            }
        }
        if temporary != was_temporary {
            let more = if temporary { 1 } else { u64::MAX };
            self.counters.add(class, Count::Temporary, more);
        }
        let counts = [Count::CmdSet, Count::TotalItems];
        self.counters.one_each(class, counts);
        Some(cas)
    }
}
