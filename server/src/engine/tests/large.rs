//! Items in several chunks.

use super::*;

fn pattern(len: usize, seed: u64) -> Vec<u8> {
    let mut random = Random(seed | 1);
    (0..len).map(|_| random.next() as u8).collect()
}

#[test]
fn values_of_every_size_around_a_chunk_come_back() {
    let engine = engine();
    let chunk = engine.config().slab_chunk_max as usize;
    let rest = if cfg!(miri) { 1..2 } else { 1..4 };
    for chunks in rest {
        for len in [
            chunks * chunk - 60,
            chunks * chunk - 24,
            chunks * chunk,
            chunks * chunk + 1,
        ] {
            let bytes = pattern(len, len as u64);
            set(&engine, b"big", &bytes);
            assert!(
                value(&engine, b"big", 1).as_deref() == Some(&bytes[..]),
                "{len}"
            );
        }
    }
    let item = engine.get(b"big", 1).expect("stored");
    assert!(item.pieces().count() > 1 && item.value().is_none());
    assert_eq!(item.class() as usize, engine.classes().len());
}

#[test]
fn a_value_may_arrive_in_any_portions() {
    let engine = engine();
    let bytes = pattern(150_000, 7);
    let mut random = Random(99);
    let mut draft = engine.reserve(b"big", 77, 0, bytes.len(), 1).expect("room");
    let mut rest = &bytes[..];
    while draft.remaining() > 0 {
        let spare = draft.spare(1).expect("room");
        let len = spare.len().min(1 + random.below(40_000) as usize);
        spare[..len].copy_from_slice(&rest[..len]);
        rest = &rest[len..];
        draft.advance(len);
    }
    assert_eq!(draft.spare(1), Ok(&mut [][..]));
    engine.commit(draft, Mode::Set, 1);
    let item = engine.get(b"big", 1).expect("stored");
    assert_eq!((item.flags(), item.key()), (77, &b"big"[..]));
    assert!(super::bytes(&item) == bytes);
}

#[test]
#[cfg_attr(miri, ignore = "moves megabytes")]
fn append_and_prepend_work_from_small_to_large() {
    let engine = engine();
    let mut expected = b"start".to_vec();
    set(&engine, b"k", &expected);
    let mut random = Random(5);
    while expected.len() < 200_000 {
        let more = pattern(random.below(90_000) as usize + 1, random.next());
        if random.below(2) == 0 {
            store(&engine, b"k", &more, Mode::Append, 1);
            expected.extend_from_slice(&more);
        } else {
            store(&engine, b"k", &more, Mode::Prepend, 1);
            expected.splice(0..0, more);
        }
        if expected.len() < 256_000 {
            assert!(value(&engine, b"k", 1).as_deref() == Some(&expected[..]));
        }
    }
    // One more than fits is refused and changes nothing.
    let before = value(&engine, b"k", 1);
    let stored = store(&engine, b"k", &pattern(200_000, 3), Mode::Append, 1);
    assert_eq!(stored, Stored::NotStored);
    assert!(value(&engine, b"k", 1) == before);
    assert_eq!(
        engine.arith(b"k", Direction::Incr, 1, None, 1),
        Arith::NonNumeric
    );
}

#[test]
fn the_size_limit_is_where_clients_expect_it() {
    let engine = Engine::new(Config::default()).expect("the default configuration is valid");
    let limit = 1 << 20;
    for (len, fits) in [(limit - 512, true), (limit, false), (limit + 1, false)] {
        assert_eq!(engine.reserve(b"k", 1, 0, len, 1).is_ok(), fits, "{len}");
    }
    // Never less room than memcached: 60 and the key without flags.
    assert!(engine.reserve(b"k", 0, 0, limit - 60 - 1, 1).is_ok());
    assert!(engine.reserve(b"k", 0, 0, usize::MAX, 1).is_err());
}

#[test]
#[cfg_attr(miri, ignore = "copies megabytes")]
fn large_item_limits_store_large_items() {
    let engine = with(Config {
        memory_limit_bytes: 64 << 20,
        item_size_max: 16 << 20,
        ..Config::default()
    });
    let bytes = pattern((16 << 20) - 512, 1);
    set(&engine, b"big", &bytes);
    assert!(value(&engine, b"big", 1).as_deref() == Some(&bytes[..]));
}

#[test]
#[cfg_attr(miri, ignore = "moves megabytes")]
fn a_claimed_length_alone_evicts_nothing() {
    let engine = engine();
    let mut stored = 0;
    while engine.stats().evictions == 0 {
        set(&engine, format!("k{stored}").as_bytes(), &[0; 60_000]);
        stored += 1;
    }
    let before = engine.stats().evictions;
    let drafts: Vec<_> = (0..20)
        .map(|i| {
            engine
                .reserve(format!("claim{i}").as_bytes(), 0, 0, 250_000, 1)
                .expect("room for heads")
        })
        .collect();
    assert_eq!(engine.stats().evictions, before);
    drop(drafts);
}

#[test]
#[cfg_attr(miri, ignore = "moves megabytes")]
fn memory_of_large_items_is_freed_and_reused() {
    let engine = engine();
    let bytes = pattern(200_000, 4);
    let rounds = if cfg!(miri) { 5 } else { 200 };
    for round in 0..rounds {
        let reader = (round % 3 == 0).then(|| engine.get(b"a", 1)).flatten();
        set(&engine, b"a", &bytes);
        drop(draft(&engine, b"b", &bytes[..150_000], 1));
        let mut half = engine.reserve(b"c", 0, 0, 200_000, 1).expect("room");
        assert_eq!(half.fill(&bytes[..100_000], 1), Ok(100_000));
        drop(half);
        drop(reader);
    }
    assert_eq!(engine.delete(b"a", None, 1), Delete::Done);
    for class in engine.class_stats(1) {
        assert_eq!((class.used_chunks, class.items), (0, 0), "{class:?}");
    }
    assert_eq!((engine.stats().evictions, engine.stats().bytes), (0, 0));
}

#[test]
#[cfg_attr(miri, ignore = "moves megabytes")]
fn large_items_are_evicted_whole() {
    let engine = engine();
    let bytes = pattern(200_000, 4);
    let rounds = if cfg!(miri) { 30 } else { 300 };
    for i in 0..rounds {
        set(&engine, format!("k{i}").as_bytes(), &bytes);
        assert!(value(&engine, format!("k{i}").as_bytes(), 1).is_some_and(|v| v == bytes));
    }
    let stats = engine.stats();
    assert!(stats.evictions > 0 && stats.curr_items < 21, "{stats:?}");
    for class in engine.class_stats(1) {
        // Also when it was a smaller class that needed room.
        assert!(class.items > 0 || class.evicted == 0, "{class:?}");
    }
    assert!(stats.total_malloced_bytes <= 4 << 20 | 2 << 20, "{stats:?}");
    engine.flush_all();
    set(&engine, b"last", &bytes);
    assert!(value(&engine, b"last", 1).is_some());
}
