//! Models: two or three threads do to each other what threads of the engine do, in every order there
//! is and with every value that weak memory may show them. `make loom` runs them, on the types that
//! the engine runs on: the [`State`] of a chunk, the hash table with its locks.
//!
//! What threads do between two steps of a model, others see as one step; so the models are about the
//! order of accesses, and not about the memory of a chunk itself, for which a [`Body`] stands. The
//! tests of `threads.rs` are about that.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU32 as Plain, AtomicUsize as PlainSize, Ordering::Relaxed};

use loom::cell::UnsafeCell;
use loom::sync::{Arc, Mutex};
use loom::thread;

use super::super::memory::Link;
use super::super::state::{CLAIMED, LINKED, State};
use super::super::table::{Line, Table};

/// Runs a model in all orders, but for those in which more than so many times a thread is made to
/// wait where it need not.
fn explore(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 10_000;
    builder.check(model);
}

/// Runs a model in all orders.
fn explore_all(model: impl Fn() + Sync + Send + 'static) {
    loom::model(model);
}

/// What a chunk holds: loom objects to a write that is not ordered after every other access, and to
/// a read that is not ordered after every write.
#[derive(Debug, Default)]
struct Body {
    accesses: UnsafeCell<()>,
    value: Plain,
}

// SAFETY: the cell holds nothing; it only notes who came when.
unsafe impl Sync for Body {}

impl Body {
    fn read(&self) -> u32 {
        self.accesses.with(|_| self.value.load(Relaxed))
    }

    fn write(&self, value: u32) {
        self.accesses.with_mut(|_| self.value.store(value, Relaxed));
    }
}

/// A chunk, and how often it came free.
#[derive(Debug, Default)]
struct Slot {
    state: State,
    body: Body,
    freed: PlainSize,
}

const OLD: u32 = 1;
const NEW: u32 = 2;
const FREE: u32 = 3;

impl Slot {
    /// Holds an item.
    fn linked() -> Arc<Slot> {
        let slot = Arc::new(Slot::default());
        assert!(slot.state.claim());
        slot.body.write(OLD);
        slot.state.publish(0);
        slot
    }

    /// What an owner does who is done with a chunk.
    fn free(&self) {
        self.body.write(FREE);
        self.freed.fetch_add(1, Relaxed);
        self.state.retire();
    }

    /// A reader, who may come too late.
    fn read(&self) -> Option<u32> {
        self.state.pin(|bits| bits).then(|| {
            let value = self.body.read();
            self.release();
            value
        })
    }

    fn release(&self) {
        if self.state.release() {
            self.free();
        }
    }

    fn evict(&self) {
        if self.state.unlink() {
            self.free();
        }
    }

    /// Stores something else in it once it is free.
    fn reuse(&self) -> bool {
        let claimed = self.state.claim();
        if claimed {
            self.body.write(NEW);
            self.state.publish(0);
        }
        claimed
    }
}

#[test]
fn the_last_reference_or_the_evictor_frees_a_chunk_and_nobody_else() {
    explore_all(|| {
        let slot = Slot::linked();
        let readers = [(); 2].map(|()| {
            let slot = Arc::clone(&slot);
            thread::spawn(move || assert!(matches!(slot.read(), None | Some(OLD))))
        });
        slot.evict();
        for reader in readers {
            reader.join().expect("a reader");
        }
        assert_eq!(slot.freed.load(Relaxed), 1);
        assert!(slot.state.claim(), "it is free");
    });
}

#[test]
fn a_reader_sees_one_item_or_the_other_while_a_chunk_is_used_again() {
    explore_all(|| {
        let slot = Slot::linked();
        let reader = {
            let slot = Arc::clone(&slot);
            thread::spawn(move || assert!(matches!(slot.read(), None | Some(OLD | NEW))))
        };
        let storer = {
            let slot = Arc::clone(&slot);
            thread::spawn(move || slot.reuse())
        };
        slot.evict();
        reader.join().expect("the reader");
        let reused = storer.join().expect("the storer");
        assert_eq!(slot.freed.load(Relaxed), 1);
        assert_eq!(slot.state.bits() == LINKED, reused);
    });
}

#[test]
fn two_evictors_free_a_chunk_once() {
    explore(4, || {
        let slot = Slot::linked();
        let evictors = [(); 2].map(|()| {
            let slot = Arc::clone(&slot);
            thread::spawn(move || slot.evict())
        });
        slot.read();
        for evictor in evictors {
            evictor.join().expect("an evictor");
        }
        assert_eq!(slot.freed.load(Relaxed), 1);
    });
}

#[test]
fn a_free_chunk_is_claimed_once() {
    explore_all(|| {
        let slot = Arc::new(Slot::default());
        let claims = [(); 2].map(|()| {
            let slot = Arc::clone(&slot);
            thread::spawn(move || slot.reuse())
        });
        let claims = claims.map(|claim| claim.join().expect("a storer"));
        assert_eq!(claims.iter().filter(|&&claimed| claimed).count(), 1);
        assert_eq!(slot.read(), Some(NEW));
    });
}

#[test]
fn what_is_stored_over_is_read_whole_or_not_stored_over() {
    explore_all(|| {
        let (slot, bucket) = (Slot::linked(), Arc::new(Mutex::new(())));
        // Reads under the lock, as short values are.
        let short = {
            let (slot, bucket) = (Arc::clone(&slot), Arc::clone(&bucket));
            thread::spawn(move || {
                let _locked = bucket.lock().expect("the lock");
                assert!(slot.state.mark(|bits| bits));
                slot.body.read()
            })
        };
        // Comes upon it as one does who looks for a victim: without the lock.
        let walker = {
            let slot = Arc::clone(&slot);
            thread::spawn(move || slot.read())
        };
        let stored = {
            let _locked = bucket.lock().expect("the lock");
            let taken = slot.state.take();
            if taken {
                slot.body.write(NEW);
                slot.state.publish(0);
            }
            taken
        };
        let seen = [
            Some(short.join().expect("the reader")),
            walker.join().expect("the walker"),
        ];
        for seen in seen.into_iter().flatten() {
            assert!(seen == OLD || stored && seen == NEW);
        }
        let last = if stored { NEW } else { OLD };
        assert_eq!(slot.read(), Some(last));
        assert_eq!(slot.freed.load(Relaxed), 0);
    });
}

#[test]
fn an_item_is_moved_while_it_is_read() {
    explore(3, || {
        // The bucket says which chunk has the item.
        let slots = [Slot::linked(), Arc::new(Slot::default())];
        let bucket = Arc::new(Mutex::new(0));
        let reader = {
            let (slots, bucket) = (slots.clone(), Arc::clone(&bucket));
            thread::spawn(move || {
                let locked = bucket.lock().expect("the lock");
                let slot = &slots[*locked];
                assert!(slot.state.pin(|bits| bits), "found, so linked");
                drop(locked);
                assert_eq!(slot.body.read(), OLD);
                slot.release();
            })
        };
        let walker = {
            let slots = slots.clone();
            thread::spawn(move || assert!(matches!(slots[0].read(), None | Some(OLD))))
        };
        let [from, to] = &slots;
        assert!(from.state.pin(|bits| bits) && to.state.claim());
        to.body.write(from.body.read());
        {
            let mut locked = bucket.lock().expect("the lock");
            to.state.publish(from.state.bits());
            *locked = 1;
            assert!(!from.state.unlink(), "a reference is ours");
        }
        from.release();
        reader.join().expect("the reader");
        walker.join().expect("the walker");
        assert_eq!(from.freed.load(Relaxed), 1);
        assert_eq!(to.read(), Some(OLD));
    });
}

#[test]
fn the_only_reference_becomes_ownership_or_there_are_others() {
    explore_all(|| {
        let slot = Slot::linked();
        assert!(slot.state.pin(|bits| bits));
        let walker = {
            let slot = Arc::clone(&slot);
            thread::spawn(move || assert!(matches!(slot.read(), None | Some(OLD | NEW))))
        };
        // As `rescue.rs` does it, with the bucket locked.
        assert!(!slot.state.release());
        if slot.state.take() {
            slot.body.write(NEW);
            slot.state.publish(0);
        }
        walker.join().expect("the walker");
        assert_eq!(slot.state.bits(), LINKED);
        assert_eq!(slot.state.references(), 0);
    });
}

#[test]
fn parts_of_a_value_are_freed_after_their_last_reader() {
    explore_all(|| {
        let (head, data) = (Slot::linked(), Arc::new(Slot::default()));
        assert!(data.state.claim());
        data.body.write(OLD);
        data.state.seal();
        let free = |head: &Slot, data: &Slot| {
            assert!(data.state.unseal(), "only with its head");
            data.free();
            head.free();
        };
        let reader = {
            let (head, data) = (Arc::clone(&head), Arc::clone(&data));
            thread::spawn(move || {
                if head.state.pin(|bits| bits) {
                    assert!(data.state.is_data());
                    assert_eq!(data.body.read(), OLD);
                    if head.state.release() {
                        free(&head, &data);
                    }
                }
            })
        };
        if head.state.unlink() {
            free(&head, &data);
        }
        reader.join().expect("the reader");
        assert_eq!((head.freed.load(Relaxed), data.freed.load(Relaxed)), (1, 1));
    });
}

#[test]
fn marks_lose_no_reference_and_revive_nothing() {
    const MARK: u32 = 1 << 5;
    explore(4, || {
        let slot = Slot::linked();
        let marker = {
            let slot = Arc::clone(&slot);
            thread::spawn(move || slot.state.mark(|bits| bits | MARK))
        };
        let reader = {
            let slot = Arc::clone(&slot);
            thread::spawn(move || {
                slot.read();
                slot.state.change_bits(|bits| bits ^ MARK << 1 | CLAIMED);
            })
        };
        slot.evict();
        marker.join().expect("the marker");
        reader.join().expect("the reader");
        assert_eq!(slot.freed.load(Relaxed), 1);
        assert_eq!(slot.state.references(), 0);
        assert_eq!(slot.state.bits() & LINKED, 0);
    });
}

/// In place of the arrays in raw memory, which loom cannot look into.
#[derive(Debug)]
pub(in crate::engine) struct Region<T> {
    elements: Box<[T]>,
    len: PlainSize,
}

impl Region<Line> {
    pub(in crate::engine) fn reserve(capacity: usize) -> Option<Region<Line>> {
        let elements = (0..capacity).map(|_| Line::default()).collect();
        let len = PlainSize::new(0);
        Some(Region { elements, len })
    }

    pub(in crate::engine) fn grow(&self, len: usize, step: usize) -> bool {
        let (now, most) = (self.len.load(Relaxed), self.elements.len());
        let to = len.max(now.saturating_add(step)).min(most);
        self.len.store(to.max(now), Relaxed);
        len <= most
    }

    pub(in crate::engine) fn prefetch(&self, _: usize) {}

    pub(in crate::engine) fn get(&self, index: usize) -> &Line {
        assert!(index < self.len.load(Relaxed));
        &self.elements[index]
    }
}

/// A table of 8 buckets that may become so many.
fn table(buckets: usize) -> Arc<Table> {
    let items = buckets * 11;
    Arc::new(Table::new(0, items, true).expect("memory"))
}

/// Buckets in use.
fn buckets(table: &Table) -> usize {
    let mut buckets = table.tour();
    std::iter::from_fn(|| table.visit(&mut buckets, |_, _| ()).then_some(())).count()
}

fn link(raw: u32) -> Link {
    Link::from_raw(raw).expect("above 0")
}

fn has(table: &Table, hash: u64, raw: u32) -> bool {
    let bucket = table.lock(hash);
    bucket.find(hash, link(raw)).is_some()
}

#[test]
fn a_bucket_is_one_threads_at_a_time() {
    explore_all(|| {
        let (table, body) = (table(8), Arc::new(Body::default()));
        let threads = [(); 2].map(|()| {
            let (table, body) = (Arc::clone(&table), Arc::clone(&body));
            thread::spawn(move || {
                let _bucket = table.lock(5);
                body.write(body.read() + 1);
            })
        });
        for thread in threads {
            thread.join().expect("a thread");
        }
        let _bucket = table.lock(5);
        assert_eq!(body.read(), 2);
    });
}

#[test]
fn what_two_store_in_a_bucket_is_there() {
    explore(4, || {
        let table = table(8);
        let threads = [1, 2].map(|raw| {
            let table = Arc::clone(&table);
            thread::spawn(move || {
                assert!(table.lock(5).insert(5, link(raw)));
                assert!(has(&table, 5, raw));
            })
        });
        for thread in threads {
            thread.join().expect("a thread");
        }
        assert!(has(&table, 5, 1) && has(&table, 5, 2));
    });
}

#[test]
fn items_are_found_while_their_bucket_is_split() {
    // In 8 buckets both are in number 0, in 9 one of them is in number 8.
    const HASHES: [u64; 2] = [16, 8];
    explore_all(|| {
        let table = table(9);
        for (hash, raw) in HASHES.into_iter().zip(1..) {
            assert!(table.lock(hash).insert(hash, link(raw)));
        }
        let reader = {
            let table = Arc::clone(&table);
            thread::spawn(move || {
                for (hash, raw) in HASHES.into_iter().zip(1..) {
                    assert!(has(&table, hash, raw));
                }
            })
        };
        table.grow(99, |link| HASHES[link.raw() as usize - 1]);
        reader.join().expect("the reader");
        for (hash, raw) in HASHES.into_iter().zip(1..) {
            assert!(has(&table, hash, raw));
        }
        assert_eq!(buckets(&table), 9);
    });
}

#[test]
fn an_item_stored_while_its_bucket_is_split_is_found() {
    explore_all(|| {
        let table = table(9);
        let storer = {
            let table = Arc::clone(&table);
            thread::spawn(move || assert!(table.lock(8).insert(8, link(1))))
        };
        table.grow(99, |_| 8);
        storer.join().expect("the storer");
        assert!(has(&table, 8, 1));
        assert_eq!(buckets(&table), 9);
    });
}

#[test]
fn a_tour_meets_an_item_once_while_its_bucket_is_split() {
    explore_all(|| {
        let table = table(9);
        assert!(table.lock(8).insert(8, link(1)));
        let tourist = {
            let table = Arc::clone(&table);
            thread::spawn(move || {
                let (mut tour, mut met) = (table.tour(), 0);
                while table.visit(&mut tour, |_, _| met += 1) {}
                met
            })
        };
        table.grow(99, |_| 8);
        assert_eq!(tourist.join().expect("the tourist"), 1);
        assert_eq!(buckets(&table), 9);
    });
}
