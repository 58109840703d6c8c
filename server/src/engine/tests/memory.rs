//! Limits, eviction and growth.

use super::*;

fn key(i: usize) -> Vec<u8> {
    format!("key {i:08}").into_bytes()
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn memory_stays_within_the_limit() {
    let engine = with(Config {
        memory_limit_bytes: 8 << 20,
        ..Config::default()
    });
    let mut random = Random(11);
    for i in 0..200_000 {
        let value = vec![0; random.below(300) as usize];
        set(&engine, &key(i), &value);
    }
    let stats = engine.stats();
    assert!(stats.evictions > 100_000, "{stats:?}");
    // Every class may have one page above the limit.
    let classes = engine.class_stats(1);
    let within = classes
        .iter()
        .map(|class| class.pages.saturating_sub(1))
        .sum::<u64>();
    assert!(within <= 8, "{classes:?}");
    assert!(stats.total_malloced_bytes <= 9 << 20, "{stats:?}");
    assert_no_leak(&engine);
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn the_oldest_goes_first_and_what_is_read_stays() {
    let engine = with(Config {
        memory_limit_bytes: 2 << 20,
        ..config(2)
    });
    let mut stored = 0;
    while engine.stats().evictions < 1000 {
        set(&engine, &key(stored), &[0; 100]);
        assert!(engine.get(&key(0), 1).is_some(), "read all the time");
        stored += 1;
    }
    let gone: Vec<usize> = (0..stored)
        .filter(|&i| engine.peek(&key(i), 1).is_none())
        .collect();
    assert_eq!(gone, (1..=1000).collect::<Vec<_>>());
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn what_is_read_twice_survives_a_scan() {
    let engine = with(config(2));
    let hot = 500;
    for i in 0..hot {
        set(&engine, &key(i), &[0; 100]);
        assert!(engine.get(&key(i), 1).is_some());
        assert!(engine.get(&key(i), 1).is_some());
    }
    let full = (2 << 20) / engine.classes()[2].0 as usize;
    for i in hot..2 * full {
        set(&engine, &key(i), &[0; 100]);
    }
    let left = (0..hot)
        .filter(|&i| engine.peek(&key(i), 1).is_some())
        .count();
    assert_eq!(left, hot);
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn what_was_stored_last_is_there_whatever_was_freed_before() {
    let engine = with(config(2));
    let mut random = Random(3);
    for i in 0..200_000 {
        // Overwriting frees chunks all over the place, also just ahead of the hand.
        set(&engine, &key(random.below(30_000) as usize), &[1; 100]);
        set(&engine, b"latest", &[2; 100]);
        for _ in 0..10 {
            set(&engine, &key(random.below(30_000) as usize), &[1; 100]);
        }
        assert!(engine.peek(b"latest", 1).is_some(), "lost in round {i}");
        if i == 20_000 {
            break;
        }
    }
    assert!(engine.stats().evictions > 0);
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn temporary_items_are_not_evicted_while_they_live() {
    let engine = with(config(2));
    set_until(&engine, b"before", &[0; 100], 20, 1);
    engine.set_temporary_ttl(Some(20));
    let temporary = 5000;
    for i in 0..temporary {
        set_until(&engine, &key(i), &[0; 100], 21, 1);
    }
    set_until(&engine, b"longer", &[0; 100], 22, 1);
    set_until(&engine, b"for ever", &[0; 100], 0, 1);
    engine.set_temporary_ttl(None);
    set_until(&engine, b"after", &[0; 100], 21, 1);
    for i in temporary..50_000 {
        set(&engine, &key(i), &[0; 100]);
    }
    assert!((0..temporary).all(|i| engine.peek(&key(i), 1).is_some()));
    for gone in [&b"before"[..], b"longer", b"for ever", b"after"] {
        assert!(engine.peek(gone, 1).is_none());
    }
    let class = engine.class_stats(1)[0];
    assert_eq!(class.temporary, temporary as u64);
    // Dead ones make room like others, and touching makes none of them last.
    assert!(engine.touch(&key(0), 0, 1));
    for i in 0..50_000 {
        set_until(&engine, format!("more {i}").as_bytes(), &[0; 100], 0, 21);
    }
    assert_eq!(engine.class_stats(1)[0].temporary, 1);
    assert!(engine.peek(&key(0), 21).is_some());
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn a_cache_full_of_temporary_items_refuses() {
    let engine = with(config(2));
    engine.set_temporary_ttl(Some(20));
    let mut stored = 0;
    let full = loop {
        match engine.reserve(&key(stored), 0, 10, 100, 1) {
            Ok(mut draft) => {
                assert_eq!(draft.fill(&[0; 100], 1), Ok(100));
                engine.commit(draft, Mode::Set, 1);
                stored += 1;
            }
            Err(error) => break error,
        }
    };
    assert_eq!(full, ReserveError::NoMemory);
    assert_eq!(engine.stats().evictions, 0);
    assert!((0..stored).all(|i| engine.peek(&key(i), 1).is_some()));
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn without_eviction_a_full_cache_refuses_but_reuses_the_dead() {
    let engine = with(Config {
        evict: false,
        ..config(2)
    });
    let mut stored = 0;
    let full = loop {
        match engine.reserve(&key(stored), 0, 100, 1000, 1) {
            Ok(mut draft) => {
                assert_eq!(draft.fill(&[0; 1000], 1), Ok(1000));
                engine.commit(draft, Mode::Set, 1);
                stored += 1;
            }
            Err(error) => break error,
        }
    };
    assert_eq!(full, ReserveError::NoMemory);
    assert!(
        (0..stored).all(|i| engine.peek(&key(i), 1).is_some()),
        "nothing was evicted"
    );
    assert!(
        engine
            .class_stats(1)
            .iter()
            .any(|class| class.out_of_memory == 1)
    );
    // At tick 100 all are dead and their memory can be had again.
    for i in 0..stored {
        set_until(&engine, &key(i + stored), &[0; 1000], 0, 100);
    }
    let stats = engine.stats();
    assert_eq!((stats.evictions, stats.reclaimed), (0, stored as u64));
    assert_eq!(stats.expired_unfetched, stored as u64);
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn what_one_chunk_could_hold_is_refused_before_its_value_comes() {
    let engine = with(Config {
        evict: false,
        ..Config {
            memory_limit_bytes: 8 << 20,
            ..Config::default()
        }
    });
    // In the chunks of so small a memory it is in many pieces.
    let mut stored = 0;
    while let Ok(mut draft) = engine.reserve(&key(stored), 0, 0, 300_000, 1) {
        assert_eq!(draft.fill(&vec![0; 300_000], 1), Ok(300_000));
        engine.commit(draft, Mode::Set, 1);
        stored += 1;
    }
    assert!(stored > 25, "{stored} in 8 MiB");
    let mut draft = engine.reserve(b"larger", 0, 0, 800_000, 1).expect("a head");
    assert_eq!(draft.fill(&vec![0; 800_000], 1), Err(NoMemory));
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn a_full_cache_has_room_for_the_first_large_item_and_for_it_to_grow() {
    for evict in [false, true] {
        let engine = with(Config {
            evict,
            memory_limit_bytes: 2 << 20,
            ..Config::default()
        });
        let mut stored = 0;
        while stored < 3000
            && let Ok(mut draft) = engine.reserve(&key(stored), 0, 0, 1000, 1)
        {
            assert_eq!(draft.fill(&[0; 1000], 1), Ok(1000));
            engine.commit(draft, Mode::Set, 1);
            stored += 1;
        }
        set(&engine, b"large", &vec![1; 900_000]);
        assert_eq!(engine.delete(b"large", None, 1), Delete::Done);
        // In steps it needs as much again, and pages that other sizes have no more use for.
        set(&engine, b"growing", b"");
        for step in 0..80 {
            let more = store(&engine, b"growing", &vec![1; 10_000], Mode::Append, 1);
            assert!(
                matches!(more, Stored::Done { .. }),
                "step {step}, evict: {evict}"
            );
        }
        let pages: u64 = engine.class_stats(1).iter().map(|class| class.pages).sum();
        assert!(pages <= 2 + 5, "{pages}");
    }
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn without_eviction_pages_with_nothing_on_them_change_hands() {
    let engine = with(Config {
        evict: false,
        ..config(4)
    });
    let fill = |size: usize| {
        let fits = |i: &usize| match engine.reserve(&key(*i), 0, 0, size, 1) {
            Ok(mut draft) => {
                assert_eq!(draft.fill(&vec![0; size], 1), Ok(size));
                engine.commit(draft, Mode::Set, 1);
                true
            }
            Err(_) => false,
        };
        (0..).take_while(fits).count()
    };
    let small = fill(1000);
    (0..small).for_each(|i| assert_eq!(engine.delete(&key(i), None, 1), Delete::Done));
    assert!(small > 3000);
    // All of 4 MiB, in chunks of 16 KiB.
    assert_eq!(fill(10_000), 256);
}

#[test]
#[cfg_attr(miri, ignore = "moves megabytes")]
fn a_draft_in_the_making_is_never_evicted() {
    let engine = engine();
    let mut drafts = Vec::new();
    loop {
        match engine.reserve(&key(drafts.len()), 0, 0, 15_000, 1) {
            Ok(draft) => drafts.push(draft),
            Err(error) => break assert_eq!(error, ReserveError::NoMemory),
        }
    }
    let made = drafts.len();
    assert!(made >= 4 * 64);
    for (i, mut draft) in drafts.into_iter().enumerate() {
        let value = vec![i as u8; 15_000];
        assert_eq!(draft.fill(&value, 1), Ok(15_000));
        engine.commit(draft, Mode::Set, 1);
    }
    for i in 0..made {
        let item = engine.peek(&key(i), 1).expect("not evicted");
        assert!(item.value() == Some(&[i as u8; 15_000]));
    }
}

#[test]
#[cfg_attr(miri, ignore = "moves megabytes")]
fn items_being_read_are_not_evicted() {
    let engine = engine();
    for i in 0..40 {
        set(&engine, &key(i), &vec![i as u8; 60_000]);
    }
    let readers: Vec<_> = (0..10).filter_map(|i| engine.get(&key(i), 1)).collect();
    for i in 40..200 {
        set(&engine, &key(i), &[1; 60_000]);
    }
    assert!(engine.stats().evictions > 0);
    for (i, reader) in readers.iter().enumerate() {
        assert!(bytes(reader) == [i as u8; 60_000]);
        assert!(engine.peek(&key(i), 1).is_some());
    }
}

/// Stores values of one size until something was evicted; how many.
fn fill(engine: &Engine, size: usize) -> usize {
    let value = vec![1; size];
    let mut stored = 0;
    while engine.stats().evictions == 0 {
        for _ in 0..500 {
            set(engine, &key(stored), &value);
            stored += 1;
        }
    }
    stored
}

/// Ends a move of a page that is under way.
fn settle(engine: &Engine) {
    while engine.tend(1) == Chore::More {}
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn pages_stay_where_they_are_when_automove_is_off() {
    let engine = with(config(8));
    engine.set_automove(Automove::Off);
    let stored = fill(&engine, 100);
    for i in stored..4 * stored {
        set(&engine, &key(i), &[1; 1000]);
    }
    settle(&engine);
    assert_eq!(engine.stats().pages_moved, 0);
    engine.set_automove(Automove::Always);
    for i in stored..4 * stored {
        set(&engine, &key(i), &[1; 1000]);
    }
    settle(&engine);
    assert!(engine.stats().pages_moved > 0);
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn pages_follow_the_sizes_that_are_stored() {
    let engine = with(config(8));
    let stored = fill(&engine, 100);
    // Read all the time, so worth keeping wherever its page goes.
    let before = engine
        .get(&key(7), 1)
        .map(|item| (item.cas(), bytes(&item)));
    for i in 0..40_000 {
        set(&engine, &key(stored + i % 6_000), &[2; 1000]);
        let now = engine
            .get(&key(7), 1)
            .map(|item| (item.cas(), bytes(&item)));
        assert_eq!(now, before, "a move lost or changed an item, step {i}");
    }
    settle(&engine);
    let stats = engine.stats();
    assert!(stats.pages_moved >= 4, "{stats:?}");
    assert!(stats.total_malloced_bytes <= 9 << 20, "{stats:?}");
    let classes = engine.class_stats(1);
    let large = classes
        .iter()
        .find(|class| class.chunk_bytes > 1000)
        .expect("a class");
    assert!(large.pages >= 5, "{classes:?}");
    assert_no_leak(&engine);
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn pages_of_chunked_items_move_too() {
    let engine = with(config(8));
    for i in 0..60 {
        set(&engine, &key(i), &[1; 200_000]);
    }
    for i in 0..200_000 {
        set(&engine, &key(i % 30_000), &[2; 100]);
    }
    settle(&engine);
    assert!(engine.stats().pages_moved >= 4, "{:?}", engine.stats());
    engine.flush_all();
    for i in 0..30_000 {
        assert!(engine.get(&key(i), 1).is_none());
    }
    settle(&engine);
    for i in 0..60 {
        set(&engine, &key(i), &[1; 200_000]);
        assert_eq!(
            value(&engine, &key(i), 1).map(|value| value.len()),
            Some(200_000)
        );
    }
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn a_lowered_limit_gives_pages_back() {
    let engine = with(config(16));
    let stored = fill(&engine, 500);
    assert_eq!(engine.stats().total_malloced_bytes, 16 << 20);
    assert!(engine.set_memory_limit(10 << 20));
    assert_eq!(engine.stats().limit_bytes, 10 << 20);
    settle(&engine);
    assert_eq!(engine.stats().total_malloced_bytes, 10 << 20);
    assert_no_leak(&engine);
    assert!(engine.set_memory_limit(16 << 20));
    for i in 0..stored {
        set(&engine, &key(i), &[1; 500]);
    }
    assert_eq!(engine.stats().total_malloced_bytes, 16 << 20);
    assert!(
        !engine.set_memory_limit(u64::MAX),
        "no machine has the address space"
    );
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn items_of_one_size_get_chunks_of_their_size() {
    let engine = with(Config {
        memory_limit_bytes: 64 << 20,
        ..Config::default()
    });
    fill(&engine, 512);
    let size = 24 + key(0).len() + 512;
    let classes = engine.class_stats(1);
    let most = classes
        .iter()
        .max_by_key(|class| class.pages)
        .expect("a class");
    assert!(
        (size..size + 14).contains(&(most.chunk_bytes as usize)),
        "{classes:?}"
    );
    assert!(most.pages >= 63, "{classes:?}");
}

#[test]
#[cfg_attr(miri, ignore = "see parts.rs")]
fn the_table_grows_and_loses_nothing() {
    let engine = with(Config {
        min_space: 24,
        ..config(16)
    });
    let count = if cfg!(miri) { 2_000 } else { 100_000 };
    let before = engine.stats().hash_bytes;
    for i in 0..count {
        set(&engine, &key(i), b"v");
    }
    assert!((0..count).all(|i| engine.get(&key(i), 1).is_some()));
    let stats = engine.stats();
    assert_eq!((stats.curr_items, stats.evictions), (count as u64, 0));
    if count > 10_000 {
        let each = stats.hash_bytes as f64 / count as f64;
        assert!(
            stats.hash_bytes > before && each < 10.5,
            "{each} bytes of table for an item"
        );
    }
    for i in (0..count).step_by(2) {
        assert_eq!(engine.delete(&key(i), None, 1), Delete::Done);
    }
    assert!((0..count).all(|i| engine.get(&key(i), 1).is_some() == (i % 2 == 1)));
    assert_no_leak(&engine);
}

#[test]
#[cfg_attr(miri, ignore = "see parts.rs")]
fn a_table_that_may_not_grow_works_on() {
    let engine = with(Config {
        hash_expand: false,
        ..config(8)
    });
    let count = if cfg!(miri) { 500 } else { 20_000 };
    for i in 0..count {
        set(&engine, &key(i), b"v");
    }
    assert!((0..count).all(|i| engine.get(&key(i), 1).is_some()));
    for i in 0..count {
        assert_eq!(engine.delete(&key(i), None, 1), Delete::Done);
    }
    assert_eq!(engine.stats().curr_items, 0);
}

#[test]
#[cfg_attr(miri, ignore = "has no address space to reserve")]
fn a_huge_limit_costs_nothing_before_it_is_used() {
    let engine = with(Config {
        memory_limit_bytes: 200 << 30,
        ..Config::default()
    });
    for i in 0..100 {
        set(&engine, &key(i), &vec![i as u8; i * 40]);
    }
    assert!((0..100).all(|i| value(&engine, &key(i), 1) == Some(vec![i as u8; i * 40])));
    assert!(engine.stats().total_malloced_bytes < 64 << 20);
    let absurd = Config {
        memory_limit_bytes: u64::MAX,
        ..Config::default()
    };
    assert_eq!(Engine::new(absurd).err(), Some(ConfigError::NoAddressSpace));
}

#[test]
fn bad_settings_are_refused() {
    let cases = [
        (
            Config {
                growth_factor: 1.0,
                ..Config::default()
            },
            ConfigError::GrowthFactor,
        ),
        (
            Config {
                growth_factor: f64::NAN,
                ..Config::default()
            },
            ConfigError::GrowthFactor,
        ),
        (
            Config {
                min_space: 0,
                ..Config::default()
            },
            ConfigError::MinSpace,
        ),
        (
            Config {
                slab_chunk_max: 3000,
                ..Config::default()
            },
            ConfigError::SlabChunkMax,
        ),
        (
            Config {
                item_size_max: 1023,
                ..Config::default()
            },
            ConfigError::ItemSizeTooSmall,
        ),
        (
            Config {
                memory_limit_bytes: 1 << 20,
                ..Config::default()
            },
            ConfigError::ItemSizeOverMemory,
        ),
        (
            Config {
                item_size_max: (1 << 30) + 1,
                memory_limit_bytes: 4 << 30,
                ..Config::default()
            },
            ConfigError::ItemSizeTooLarge,
        ),
        (
            Config {
                item_size_max: (1 << 20) + 1,
                ..Config::default()
            },
            ConfigError::ItemSizeNotMultiple,
        ),
        (
            Config {
                hash_power: 11,
                ..Config::default()
            },
            ConfigError::HashPower,
        ),
        (
            Config {
                slab_sizes: Some(vec![100, 108]),
                ..Config::default()
            },
            ConfigError::SlabSizes,
        ),
    ];
    for (config, error) in cases {
        assert_eq!(Engine::new(config.clone()).err(), Some(error), "{config:?}");
    }
}
