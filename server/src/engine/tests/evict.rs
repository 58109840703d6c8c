//! Who goes when memory is full, by each policy.

use super::*;

/// Values whose items are all of one class, some hundred of them in a page.
const VALUE: [u8; 300] = [7; 300];

fn with_eviction(eviction: Eviction) -> Engine {
    with(Config {
        eviction,
        ..config(2)
    })
}

fn key(i: usize) -> Vec<u8> {
    format!("key {i:06}").into_bytes()
}

fn set_at(engine: &Engine, i: usize, now: u32) {
    set_until(engine, &key(i), &VALUE, 0, now);
}

fn has(engine: &Engine, i: usize) -> bool {
    engine.peek(&key(i), 1).is_some()
}

/// Stores from 0 up until memory is full; how many fit.
fn fill(engine: &Engine, now: u32) -> usize {
    let mut stored = 0;
    while engine.stats().evictions == 0 {
        set_at(engine, stored, now);
        stored += 1;
    }
    stored - 1
}

/// Reads what is there of the items, and stores what is not; how many were not.
fn use_all(engine: &Engine, items: impl Iterator<Item = usize>, now: u32) -> usize {
    let missed = items.filter(|&i| engine.get(&key(i), now).is_none());
    missed.map(|i| set_at(engine, i, now)).count()
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn with_each_policy_unread_items_go_in_the_order_they_came() {
    for eviction in Eviction::ALL {
        let engine = with_eviction(eviction);
        let full = fill(&engine, 1);
        for i in full + 1..2 * full {
            set_at(&engine, i, 1);
        }
        // Items are in order, but for the one for which the first had to go.
        let first = (0..2 * full).find(|&i| has(&engine, i)).expect("some left");
        assert!((first..2 * full).all(|i| has(&engine, i)), "{eviction:?}");
        assert!(2 * full - first >= full - 1, "{eviction:?}");
    }
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn with_each_policy_what_is_read_stays_and_nothing_leaks() {
    for eviction in Eviction::ALL {
        let engine = with_eviction(eviction);
        let full = fill(&engine, 1);
        let hot = full / 20;
        for round in 0..40 {
            use_all(&engine, 0..hot, 1);
            for i in 0..full / 4 {
                set_at(&engine, 10_000 + round * full + i, 1);
            }
            if round > 3 {
                let missed = use_all(&engine, 0..hot, 1);
                assert_eq!(missed, 0, "{eviction:?}, round {round}");
            }
        }
        engine.flush_all();
        for i in 0..full {
            set_at(&engine, i, 1);
        }
        assert!((0..full / 2).all(|i| has(&engine, full / 2 + i)));
        assert_no_leak(&engine);
    }
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn a_scan_takes_nothing_that_was_read_however_long_it_is() {
    let engine = with_eviction(Eviction::S3Fifo);
    let full = fill(&engine, 1);
    // The first one went already. The others are read before their turn comes.
    let hot = 1..full / 2;
    assert_eq!(use_all(&engine, hot.clone(), 1), 0);
    for i in 0..10 * full {
        set_at(&engine, 100_000 + i, 1);
    }
    // One of five hundred that are looked at for one victim goes in any case.
    let lost = hot.filter(|&i| !has(&engine, i)).count();
    assert!(lost <= full / 2 / 500, "{lost}");
    assert!(engine.stats().proved as usize >= full / 2 - 1 - lost);
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn what_comes_back_soon_is_proven() {
    let engine = with_eviction(Eviction::S3Fifo);
    let full = fill(&engine, 1);
    let mut next = 10_000;
    let mut scan = |items: usize| {
        (0..items).for_each(|i| set_at(&engine, next + i, 1));
        next += items;
    };
    let known = 0..full / 4;
    scan(2 * full);
    assert_eq!(use_all(&engine, known.clone(), 1), full / 4, "long gone");
    scan(full);
    assert!(use_all(&engine, known.clone(), 1) > full / 5, "gone again");
    scan(5 * full);
    let left = known.filter(|&i| has(&engine, i)).count();
    // Fewer are remembered than there are items.
    assert!(left > full / 8, "{left} of {}", full / 4);
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn lru_takes_the_least_recently_used_and_a_minute_counts() {
    let engine = with_eviction(Eviction::Lru);
    let full = fill(&engine, 1);
    // The older half is read later than a minute after it was stored, so it is newer now.
    assert_eq!(use_all(&engine, 1..full / 2, 61), 0);
    for i in 0..full / 4 {
        set_at(&engine, 10_000 + i, 62);
    }
    assert!((1..full / 2).all(|i| has(&engine, i)));
    let gone = (full / 2..full).take_while(|&i| !has(&engine, i)).count();
    assert!((full / 4 - 2..full / 4 + 2).contains(&gone), "{gone}");
    assert!((full / 2 + gone..full).all(|i| has(&engine, i)));
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn an_lru_that_begins_late_forgets_nobody() {
    let engine = with_eviction(Eviction::S3Fifo);
    let full = fill(&engine, 1);
    use_all(&engine, 0..full / 2, 1);
    use_all(&engine, 0..full / 2, 1);
    for i in 0..full {
        set_at(&engine, 10_000 + i, 1);
    }
    assert!((1..full / 2).all(|i| has(&engine, i)), "proven");
    engine.set_eviction(Eviction::Lru);
    assert_eq!(engine.eviction(), Eviction::Lru);
    // Each was read, so it gets another round; then nothing is left of it.
    for i in 0..3 * full {
        set_at(&engine, 20_000 + i, 1);
    }
    assert!((0..full / 2).all(|i| !has(&engine, i)));
    engine.set_eviction(Eviction::S3Fifo);
    for i in 0..full {
        set_at(&engine, 30_000 + i, 1);
    }
    assert_no_leak(&engine);
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn items_in_pieces_go_and_stay_as_a_whole() {
    for eviction in Eviction::ALL {
        let engine = with(Config {
            eviction,
            ..config(8)
        });
        let large = vec![1; 100_000];
        let put = |i: usize| {
            set(&engine, &key(i), &large);
        };
        let read = |i: usize| engine.get(&key(i), 1).is_some();
        (0..10).for_each(put);
        for i in 10..400 {
            put(i);
            if i % 8 == 0 {
                for hot in 0..10 {
                    assert!(read(hot), "{eviction:?}: {hot} in round {i}");
                }
            }
        }
        let left = (10..400).filter(|&i| has(&engine, i)).count();
        assert!(left > 40, "{eviction:?}: {left}");
        engine.flush_all();
        (0..60).for_each(put);
    }
}
