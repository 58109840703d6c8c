//! Storing, reading, counting, expiring, flushing: one item at a time.

use super::*;

#[test]
fn first_stored_item_gets_cas_2() {
    let engine = engine();
    assert_eq!(set(&engine, b"k", b"v"), 2);
    let item = engine.get(b"k", 1).expect("just stored");
    assert_eq!(
        (item.key(), item.flags(), item.cas(), item.expiry()),
        (&b"k"[..], 0, 2, 0)
    );
    assert_eq!(bytes(&item), b"v");
    assert_eq!(item.value(), Some(&b"v"[..]));
}

#[test]
fn flags_are_kept_and_cost_nothing_when_0() {
    let engine = engine();
    for flags in [0, 1, u32::MAX] {
        let mut draft = engine.reserve(b"k", flags, 0, 1, 1).expect("room");
        assert_eq!(draft.fill(b"v", 1), Ok(1));
        engine.commit(draft, Mode::Set, 1);
        let item = engine.get(b"k", 1).expect("just stored");
        assert_eq!((item.flags(), bytes(&item)), (flags, b"v".to_vec()));
        assert_eq!(item.total_bytes(), 24 + 2 + if flags == 0 { 0 } else { 4 });
    }
}

#[test]
fn empty_values_and_longest_keys_are_stored() {
    let engine = engine();
    let key = [b'k'; KEY_MAX_BYTES];
    set(&engine, &key, b"");
    let item = engine.get(&key, 1).expect("just stored");
    assert_eq!(
        (item.key(), item.value_len(), item.pieces().count()),
        (&key[..], 0, 0)
    );
    drop(item);
    for bad in [&b""[..], &[b'k'; KEY_MAX_BYTES + 1]] {
        assert_eq!(
            engine.reserve(bad, 0, 0, 1, 1).err(),
            Some(ReserveError::TooLarge)
        );
        assert!(engine.get(bad, 1).is_none());
        assert_eq!(engine.delete(bad, None, 1), Delete::NotFound);
    }
}

#[test]
fn each_mode_stores_when_it_should() {
    let engine = engine();
    assert_eq!(
        store(&engine, b"k", b"a", Mode::Replace, 1),
        Stored::NotStored
    );
    assert_eq!(
        store(&engine, b"k", b"a", Mode::Append, 1),
        Stored::NotStored
    );
    assert_eq!(
        store(&engine, b"k", b"a", Mode::Prepend, 1),
        Stored::NotStored
    );
    assert_eq!(
        store(&engine, b"k", b"a", Mode::Cas(1), 1),
        Stored::NotFound
    );
    assert!(engine.get(b"k", 1).is_none());
    assert!(matches!(
        store(&engine, b"k", b"b", Mode::Add, 1),
        Stored::Done { .. }
    ));
    assert_eq!(store(&engine, b"k", b"c", Mode::Add, 1), Stored::NotStored);
    assert_eq!(value(&engine, b"k", 1).as_deref(), Some(&b"b"[..]));
    assert!(matches!(
        store(&engine, b"k", b"d", Mode::Replace, 1),
        Stored::Done { .. }
    ));
    assert!(matches!(
        store(&engine, b"k", b"ee", Mode::Append, 1),
        Stored::Done { .. }
    ));
    assert!(matches!(
        store(&engine, b"k", b"c", Mode::Prepend, 1),
        Stored::Done { .. }
    ));
    let item = engine.get(b"k", 1).expect("stored");
    assert_eq!(bytes(&item), b"cdee");
    let cas = item.cas();
    drop(item);
    assert_eq!(
        store(&engine, b"k", b"f", Mode::Cas(cas + 1), 1),
        Stored::Exists
    );
    assert_eq!(store(&engine, b"k", b"f", Mode::Cas(0), 1), Stored::Exists);
    let Stored::Done { cas: new } = store(&engine, b"k", b"f", Mode::Cas(cas), 1) else {
        panic!("the id was right")
    };
    assert!(new > cas);
    assert_eq!(value(&engine, b"k", 1).as_deref(), Some(&b"f"[..]));
    assert_no_leak(&engine);
}

#[test]
fn append_keeps_flags_and_expiry_and_takes_a_new_id() {
    let engine = engine();
    let mut first = engine.reserve(b"k", 5, 100, 1, 1).expect("room");
    assert_eq!(first.fill(b"a", 1), Ok(1));
    let Stored::Done { cas } = engine.commit(first, Mode::Set, 1) else {
        panic!("set")
    };
    let mut more = engine.reserve(b"k", 9, 7, 1, 1).expect("room");
    assert_eq!(more.fill(b"b", 1), Ok(1));
    engine.commit(more, Mode::Append, 1);
    let item = engine.get(b"k", 50).expect("not expired");
    assert_eq!(
        (item.flags(), item.expiry(), bytes(&item)),
        (5, 100, b"ab".to_vec())
    );
    assert!(item.cas() > cas);
}

#[test]
fn every_attempt_takes_an_id() {
    let engine = engine();
    assert_eq!(
        store(&engine, b"k", b"a", Mode::Replace, 1),
        Stored::NotStored
    );
    assert_eq!(set(&engine, b"k", b"1"), 3);
    let done = engine.arith(b"k", Direction::Incr, 1, None, 1);
    assert_eq!(done, Arith::Done { value: 2, cas: 4 });
    assert!(engine.touch(b"k", 9, 1));
    assert_eq!(engine.get(b"k", 1).map(|item| item.cas()), Some(4));
}

#[test]
fn without_cas_ids_items_are_smaller_and_compares_fail() {
    let engine = with(Config {
        cas: false,
        ..config(4)
    });
    assert_eq!(set(&engine, b"k", b"1"), 0);
    assert_eq!(store(&engine, b"k", b"a", Mode::Cas(0), 1), Stored::Exists);
    let item = engine.get(b"k", 1).expect("stored");
    assert_eq!((item.cas(), item.total_bytes()), (0, 16 + 2));
    drop(item);
    let done = engine.arith(b"k", Direction::Incr, 99, None, 1);
    assert_eq!(done, Arith::Done { value: 100, cas: 0 });
    assert_eq!(value(&engine, b"k", 1).as_deref(), Some(&b"100"[..]));
}

#[test]
fn delete_compares_if_asked() {
    let engine = engine();
    let cas = set(&engine, b"k", b"v");
    assert_eq!(engine.delete(b"k", Some(cas + 1), 1), Delete::Exists);
    assert_eq!(engine.delete(b"k", Some(cas), 1), Delete::Done);
    assert_eq!(engine.delete(b"k", None, 1), Delete::NotFound);
    assert_eq!(engine.stats().curr_items, 0);
    assert_eq!(engine.stats().bytes, 0);
    assert_no_leak(&engine);
}

#[test]
fn a_reference_keeps_what_it_saw() {
    let engine = engine();
    set(&engine, b"k", b"old");
    let item = engine.get(b"k", 1).expect("stored");
    set(&engine, b"k", b"new");
    assert_eq!((item.key(), bytes(&item)), (&b"k"[..], b"old".to_vec()));
    assert_eq!(value(&engine, b"k", 1).as_deref(), Some(&b"new"[..]));
    assert_eq!(engine.delete(b"k", None, 1), Delete::Done);
    assert_eq!(bytes(&item), b"old");
    drop(item);
    assert_no_leak(&engine);
}

#[test]
fn a_reference_is_given_back_when_its_holder_panics() {
    let engine = engine();
    set(&engine, b"k", b"v");
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _item = engine.get(b"k", 1).expect("stored");
        let _draft = draft(&engine, b"other", b"value", 1);
        std::panic::resume_unwind(Box::new(()));
    }));
    assert!(outcome.is_err());
    assert_eq!(engine.delete(b"k", None, 1), Delete::Done);
    assert_no_leak(&engine);
}

#[test]
fn a_dropped_draft_changes_nothing() {
    let engine = engine();
    set(&engine, b"k", b"old");
    drop(draft(&engine, b"k", b"new", 1));
    let half = engine.reserve(b"k", 0, 0, 100, 1).expect("room");
    assert_eq!(half.remaining(), 100);
    drop(half);
    assert_eq!(value(&engine, b"k", 1).as_deref(), Some(&b"old"[..]));
    assert_no_leak(&engine);
}

#[test]
fn items_expire_on_the_tick() {
    let engine = engine();
    set_until(&engine, b"k", b"v", 10, 1);
    assert!(engine.get(b"k", 9).is_some());
    assert!(engine.get(b"k", 10).is_none());
    assert_eq!(engine.stats().get_expired, 1);
    assert_eq!(engine.stats().curr_items, 0);
    // Whatever finds it finds it dead.
    set_until(&engine, b"k", b"1", 10, 1);
    assert_eq!(
        store(&engine, b"k", b"a", Mode::Replace, 10),
        Stored::NotStored
    );
    set_until(&engine, b"k", b"1", 10, 1);
    assert_eq!(
        engine.arith(b"k", Direction::Incr, 1, None, 10),
        Arith::NotFound
    );
    set_until(&engine, b"k", b"1", 10, 1);
    assert!(!engine.touch(b"k", 99, 10));
    set_until(&engine, b"k", b"1", 10, 1);
    assert_eq!(engine.delete(b"k", None, 10), Delete::NotFound);
    set_until(&engine, b"k", b"1", 10, 1);
    assert!(matches!(
        store(&engine, b"k", b"a", Mode::Add, 10),
        Stored::Done { .. }
    ));
    let stats = engine.stats();
    assert_eq!((stats.get_expired, stats.expired_unfetched), (6, 0));
    assert_no_leak(&engine);
}

#[test]
fn touch_moves_the_expiry() {
    let engine = engine();
    set_until(&engine, b"k", b"v", 10, 1);
    assert!(engine.touch(b"k", 20, 5));
    assert!(engine.get(b"k", 15).is_some());
    assert_eq!(
        engine.get_and_touch(b"k", 0, 15).map(|item| item.expiry()),
        Some(0)
    );
    assert!(engine.get(b"k", u32::MAX).is_some());
}

#[test]
fn reads_leave_their_mark_unless_they_peek() {
    let engine = engine();
    set(&engine, b"k", b"v");
    let seen = |item: ItemRef<'_>| (item.was_fetched(), item.last_access());
    assert_eq!(engine.peek(b"k", 5).map(seen), Some((false, 1)));
    assert_eq!(engine.get(b"k", 6).map(seen), Some((false, 1)));
    assert_eq!(engine.peek(b"k", 7).map(seen), Some((true, 6)));
    assert_eq!(engine.get(b"k", 8).map(seen), Some((true, 6)));
    assert_eq!(engine.get(b"k", 9).map(seen), Some((true, 8)));
}

#[test]
fn flush_drops_what_is_there_and_nothing_after() {
    let engine = engine();
    // Often enough for the generation in the item to come round several times, with an item
    // of each generation left lying.
    let rounds = if cfg!(miri) { 40 } else { 100u32 };
    for round in 0..rounds {
        let left = format!("left {round}");
        set(&engine, left.as_bytes(), b"v");
        set(&engine, b"k", b"old");
        engine.flush_all();
        for earlier in 0..=round {
            let key = format!("left {earlier}");
            // Looking would remove it, so look only now and then.
            if round % 20 == 19 {
                assert!(
                    engine.peek(key.as_bytes(), 1).is_none(),
                    "{key} in round {round}"
                );
            }
        }
        assert!(engine.get(b"k", 1).is_none());
        set(&engine, b"k", b"new");
        assert_eq!(value(&engine, b"k", 1).as_deref(), Some(&b"new"[..]));
    }
    assert!(engine.stats().get_flushed >= u64::from(rounds));
}

#[test]
fn flush_at_a_point_drops_what_was_last_used_by_then() {
    let engine = engine();
    engine.flush_at(10);
    for (key, now) in [(&b"a"[..], 5), (b"b", 9), (b"c", 9)] {
        assert!(matches!(
            store(&engine, key, b"v", Mode::Set, now),
            Stored::Done { .. }
        ));
    }
    assert!(engine.get(b"a", 9).is_some());
    assert!(engine.get(b"a", 10).is_none());
    store(&engine, b"d", b"v", Mode::Set, 10);
    assert!(
        engine.get(b"d", 10).is_none(),
        "stored in the tick of the point"
    );
    store(&engine, b"d", b"v", Mode::Set, 11);
    assert!(engine.get(b"d", 11).is_some());
    assert!(engine.get(b"b", 12).is_none());
    assert_eq!(engine.stats().flush_point, 10);
    engine.flush_at(0);
    assert!(
        engine.get(b"c", 12).is_some(),
        "a cancelled point drops nothing"
    );
    engine.flush_at(20);
    engine.flush_all();
    store(&engine, b"e", b"v", Mode::Set, 12);
    assert!(
        engine.get(b"e", 30).is_some(),
        "a flush at once cancels the point"
    );
}

#[test]
fn counting_pads_in_place_and_grows_when_it_must() {
    let engine = engine();
    let count = |direction, delta| match engine.arith(b"k", direction, delta, None, 1) {
        Arith::Done { value, .. } => value,
        other => panic!("{other:?}"),
    };
    set(&engine, b"k", b"10");
    assert_eq!(count(Direction::Decr, 5), 5);
    assert_eq!(value(&engine, b"k", 1).as_deref(), Some(&b"5 "[..]));
    assert_eq!(count(Direction::Incr, 95), 100);
    assert_eq!(value(&engine, b"k", 1).as_deref(), Some(&b"100"[..]));
    assert_eq!(count(Direction::Decr, 1000), 0);
    assert_eq!(value(&engine, b"k", 1).as_deref(), Some(&b"0  "[..]));
    set(&engine, b"k", u64::MAX.to_string().as_bytes());
    assert_eq!(count(Direction::Incr, 2), 1);
    for text in [&b""[..], b"x", b"-1", b"99999999999999999999"] {
        set(&engine, b"k", text);
        assert_eq!(
            engine.arith(b"k", Direction::Incr, 1, None, 1),
            Arith::NonNumeric
        );
        assert_eq!(value(&engine, b"k", 1).as_deref(), Some(text));
    }
    assert_eq!(
        engine.arith(b"none", Direction::Incr, 1, None, 1),
        Arith::NotFound
    );
    let cas = set(&engine, b"k", b"1");
    assert_eq!(
        engine.arith(b"k", Direction::Incr, 1, Some(cas + 1), 1),
        Arith::Exists
    );
    assert!(matches!(
        engine.arith(b"k", Direction::Incr, 1, Some(cas), 1),
        Arith::Done { .. }
    ));
    assert_no_leak(&engine);
}

#[test]
fn counting_leaves_a_value_alone_that_is_being_read() {
    let engine = engine();
    let mut draft = engine.reserve(b"k", 3, 50, 2, 1).expect("room");
    assert_eq!(draft.fill(b"10", 1), Ok(2));
    engine.commit(draft, Mode::Set, 1);
    let reader = engine.get(b"k", 1).expect("stored");
    assert!(matches!(
        engine.arith(b"k", Direction::Decr, 3, None, 1),
        Arith::Done { value: 7, .. }
    ));
    assert_eq!(bytes(&reader), b"10");
    let now = engine.get(b"k", 1).expect("stored");
    assert_eq!(
        (bytes(&now), now.flags(), now.expiry()),
        (b"7".to_vec(), 3, 50)
    );
}

#[test]
fn figures_can_be_reset_without_losing_levels() {
    let engine = engine();
    set(&engine, b"k", b"v");
    assert!(engine.get(b"k", 1).is_some());
    let class = engine.class_stats(1)[0];
    assert_eq!((class.get_hits, class.cmd_set, class.items), (1, 1, 1));
    assert_eq!(class.requested_bytes, 26);
    engine.reset_stats();
    let class = engine.class_stats(1)[0];
    assert_eq!((class.get_hits, class.cmd_set, class.items), (0, 0, 1));
    assert_eq!(
        (engine.stats().total_items, engine.stats().curr_items),
        (0, 1)
    );
}

#[test]
fn items_are_counted_by_size_if_asked() {
    let engine = with(Config {
        track_sizes: true,
        ..config(4)
    });
    let sizes = || {
        let mut sizes = Vec::new();
        assert!(engine.sizes(|bytes, count| sizes.push((bytes, count))));
        sizes
    };
    assert_eq!(sizes(), []);
    // 24 bytes of header and id, and the key; 8 more for a value in several chunks.
    set(&engine, b"a", &[0; 7]);
    set(&engine, b"b", &[0; 8]);
    set(&engine, b"c", &[0; 100_000]);
    assert_eq!(sizes(), [(32, 1), (64, 1), (100_064, 1)]);
    set(&engine, b"a", &[0; 39]);
    assert_eq!(sizes(), [(64, 2), (100_064, 1)]);
    let new = NewItem {
        key: b"a",
        encoded_key: false,
        flags: 0,
        expiry: 0,
        value: b"",
    };
    assert!(engine.overwrite(&new, None, 1).is_some());
    assert_eq!(sizes(), [(32, 1), (64, 1), (100_064, 1)]);
    for key in [b"a", b"b", b"c"] {
        assert_eq!(engine.delete(key, None, 1), Delete::Done);
    }
    assert_eq!(sizes(), []);
    assert!(!super::engine().sizes(|_, _| panic!("not counted")));
}
