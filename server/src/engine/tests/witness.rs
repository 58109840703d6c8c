//! What somebody who looks on is told, and what a lookup would find.

use std::sync::Mutex;

use super::*;

/// Key, whether it was read, seconds to live, seconds idle, bytes.
type Told = (Vec<u8>, bool, Option<u32>, u32, usize);

/// Notes all it is told.
#[derive(Debug, Default)]
struct Notes {
    evicted: Mutex<Vec<Told>>,
    /// Whether it wants to know of evictions.
    curious: bool,
}

impl Witness for Notes {
    fn wants_evictions(&self) -> bool {
        self.curious
    }

    fn evicted(&self, item: &Evicted<'_>) {
        assert!(self.curious && item.class > 0);
        let mut evicted = self.evicted.lock().expect("nobody panicked");
        evicted.push((
            item.key.to_vec(),
            item.fetched,
            item.ttl,
            item.idle,
            item.bytes,
        ));
    }

    fn page_moved(&self, _: u8, _: u8, _: bool) {}
}

/// A full cache of items with a time to live of 100, stored at tick 10, one of them read at tick 15;
/// then more is stored at tick 20.
fn overfill(curious: bool) -> &'static Notes {
    let notes: &'static Notes = Box::leak(Box::new(Notes {
        curious,
        ..Notes::default()
    }));
    let engine = engine();
    engine.set_witness(notes);
    let key = |i: usize| format!("key {i}").into_bytes();
    // They fit, whatever chunks they lie in.
    let count = 150;
    for i in 0..count {
        set_until(&engine, &key(i), &[0; 10_000], 110, 10);
        assert!(engine.get(&key(0), 15).is_some());
    }
    for i in count..5 * count {
        set_until(&engine, &key(i), &[0; 10_000], 0, 20);
    }
    assert!(engine.stats().evictions > 0);
    let told = notes.evicted.lock().expect("nobody panicked").len();
    let want = if curious { engine.stats().evictions } else { 0 };
    assert_eq!(told as u64, want);
    notes
}

#[test]
fn every_eviction_is_told() {
    let evicted = overfill(true).evicted.lock().expect("nobody panicked");
    let first = evicted.first().expect("something was evicted");
    assert_eq!(first.4, 10_000);
    assert!(
        evicted.contains(&(b"key 1".to_vec(), false, Some(90), 10, 10_000)),
        "{:?}",
        &evicted[..5]
    );
}

#[test]
fn who_does_not_want_to_know_is_told_nothing() {
    overfill(false);
}

#[test]
fn a_fate_is_told_without_changing_it() {
    let engine = engine();
    assert_eq!(engine.fate(b"a", 1), Fate::Missing);
    set_until(&engine, b"a", b"xyz", 10, 1);
    let class = engine.peek(b"a", 1).expect("stored").class();
    let live = Fate::Live {
        class,
        bytes: 3,
        expiry: 10,
    };
    assert_eq!(engine.fate(b"a", 9), live);
    assert!(!engine.peek(b"a", 9).expect("it lives").was_fetched());
    assert_eq!(engine.fate(b"a", 10), Fate::Expired);
    assert_eq!(engine.stats().get_expired, 0, "nothing is counted");
    assert_eq!(engine.fate(b"a", 9), live, "nor removed");
    let large = vec![7; 100_000];
    set(&engine, b"large", &large);
    assert!(matches!(
        engine.fate(b"large", 1),
        Fate::Live { bytes: 100_000, .. }
    ));
    engine.flush_all();
    assert_eq!(engine.fate(b"a", 1), Fate::Flushed);
}
