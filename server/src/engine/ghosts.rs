//! Who was evicted lately: an item that is stored again soon after was worth keeping.
//!
//! Each bucket of the hash table has a few fingerprints here. One is sixteen bits of the key's hash,
//! the class of the item, and the *epoch* in which it went. Each class counts its own: sixteen
//! pass while it evicts as many items as it has, and then its fingerprints are worth nothing any
//! more. So a class that evicts much does not drive out what is known about the others.
//!
//! One in some thousand is mistaken for another's, and some are lost when threads write at the
//! same moment or the table grows: it is a hint, nothing else, so no lock is needed.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::classes::CLASSES_MAX;
use super::region::Region;

/// Fingerprints of a bucket, which has about a dozen items. More would remember for longer, and
/// were measured to gain nothing.
const SLOTS: usize = 4;
/// Bytes of these.
pub(super) const GHOST_BYTES: usize = SLOTS * size_of::<AtomicU32>();
/// Epochs in which a class evicts as many items as it has.
pub(super) const EPOCHS: u32 = 16;

/// Bits of a fingerprint: epoch, class, hash.
const EPOCH_BITS: u32 = 10;
const CLASS_BITS: u32 = 6;
const HASH_SHIFT: u32 = EPOCH_BITS + CLASS_BITS;
const EPOCH_MASK: u32 = (1 << EPOCH_BITS) - 1;
const _: () = assert!(CLASSES_MAX <= 1 << CLASS_BITS);

/// The fingerprints of a table, and the epochs of the classes.
#[derive(Debug)]
pub(super) struct Ghosts {
    slots: Region<AtomicU32>,
    /// By class; 0 as long as it has hardly evicted anything.
    epochs: [AtomicU32; CLASSES_MAX],
}

/// The hash's part of a fingerprint, never 0. Of bits that choose neither bucket nor tag in any
/// table of usual size.
fn print(hash: u64) -> u32 {
    (hash >> 36) as u16 as u32
}

impl Ghosts {
    /// Room for so many buckets at most; `None` if the system has no address space.
    pub(super) fn new(buckets: usize) -> Option<Ghosts> {
        let slots = Region::reserve(buckets.checked_mul(SLOTS)?)?;
        let epochs = [const { AtomicU32::new(0) }; CLASSES_MAX];
        Some(Ghosts { slots, epochs })
    }

    /// Makes fingerprints for so many buckets, `step` more at a time at the least. Without memory
    /// there are fewer.
    pub(super) fn grow(&self, buckets: usize, step: usize) {
        let _ = self.slots.grow(buckets * SLOTS, step * SLOTS);
    }

    /// Begins the next epoch of a class.
    pub(super) fn next_epoch(&self, class: usize) {
        self.epochs[class].fetch_add(1, Relaxed);
    }

    /// Has the class evicted enough that fingerprints are of use?
    pub(super) fn knows(&self, class: usize) -> bool {
        self.epochs[class].load(Relaxed) > 0
    }

    /// Notes that an item of this hash and class goes, in place of what is worth least.
    pub(super) fn note(&self, bucket: usize, hash: u64, class: usize) {
        let epoch = self.epochs[class].load(Relaxed);
        let new = print(hash) << HASH_SHIFT | (class as u32) << EPOCH_BITS | epoch & EPOCH_MASK;
        if let Some(slot) = self
            .of_bucket(bucket)
            .max_by_key(|slot| self.age(slot.load(Relaxed)))
        {
            slot.store(new, Relaxed);
        }
    }

    /// Did an item of this hash go lately, as it seems?
    pub(super) fn has(&self, bucket: usize, hash: u64) -> bool {
        let wanted = print(hash);
        self.of_bucket(bucket).any(|slot| {
            let found = slot.load(Relaxed);
            found >> HASH_SHIFT == wanted && self.age(found) < EPOCHS
        })
    }

    /// How many epochs of its class a fingerprint is old; an empty one is very old.
    fn age(&self, found: u32) -> u32 {
        let class = (found >> EPOCH_BITS) as usize & ((1 << CLASS_BITS) - 1);
        let Some(epoch) = self.epochs.get(class).filter(|_| found != 0) else {
            return u32::MAX;
        };
        epoch.load(Relaxed).wrapping_sub(found) & EPOCH_MASK
    }

    fn of_bucket(&self, bucket: usize) -> impl Iterator<Item = &AtomicU32> {
        let at = bucket * SLOTS;
        let slots = if at + SLOTS <= self.slots.len() {
            at..at + SLOTS
        } else {
            0..0
        };
        slots.map(|slot| self.slots.get(slot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(i: u64) -> u64 {
        i.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn ghosts() -> Ghosts {
        let ghosts = Ghosts::new(4).expect("address space");
        ghosts.grow(2, 0);
        ghosts
    }

    #[test]
    fn who_went_is_known_until_its_class_has_evicted_as_many_as_it_has() {
        let ghosts = ghosts();
        ghosts.next_epoch(3);
        ghosts.note(1, hash(1), 3);
        for _ in 0..EPOCHS {
            assert!(ghosts.has(1, hash(1)));
            ghosts.next_epoch(3);
        }
        assert!(!ghosts.has(1, hash(1)));
        assert!(!ghosts.has(0, hash(1)), "another bucket");
        assert!(!ghosts.has(3, hash(1)), "no such bucket yet");
    }

    #[test]
    fn the_oldest_by_its_own_class_is_forgotten_first() {
        let ghosts = ghosts();
        ghosts.note(0, hash(1), 1);
        for i in 2..100 {
            ghosts.next_epoch(2);
            ghosts.note(0, hash(i), 2);
        }
        assert!(ghosts.has(0, hash(1)), "its class evicts nothing");
        let known = (2..100).filter(|&i| ghosts.has(0, hash(i)));
        assert!(known.eq(100 - SLOTS as u64 + 1..100));
    }

    #[test]
    fn few_are_mistaken_for_others() {
        let ghosts = ghosts();
        (1..=8).for_each(|i| ghosts.note(0, hash(i), 0));
        let wrong = (100..10_100).filter(|&i| ghosts.has(0, hash(i))).count();
        assert!(wrong < 20, "{wrong} of 10000");
    }
}
