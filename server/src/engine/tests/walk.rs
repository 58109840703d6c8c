//! Walks over everything.

use std::collections::BTreeMap;

use super::*;

fn key(i: usize) -> Vec<u8> {
    format!("key {i:06}").into_bytes()
}

/// Quota of all items of all classes.
fn everything() -> Quota {
    let mut quota = Quota::none();
    (1..=63).for_each(|class| quota.add(class, 0));
    quota
}

/// Keys a whole walk shows, with how often it does.
fn shown(engine: &Engine, quota: &Quota, now: u32) -> BTreeMap<Vec<u8>, usize> {
    let mut walk = engine.walk();
    let mut keys = BTreeMap::new();
    while engine.show(&mut walk, quota, now, |item| {
        *keys.entry(item.key().to_vec()).or_default() += 1;
    }) {}
    keys
}

#[test]
fn the_dead_are_reclaimed_and_the_living_left_alone() {
    let engine = engine();
    for i in 0..60 {
        // A third lives for ever, a third until tick 5, a third until 50.
        set_until(&engine, &key(i), b"value", [0, 5, 50][i % 3], 1);
    }
    let held = engine.peek(&key(1), 1).expect("lives");
    let (mut live, mut gone) = (Vec::new(), 0);
    let mut walk = engine.walk();
    while engine.reap(&mut walk, &mut everything(), 10, |class, found| {
        assert_eq!(class, held.class());
        match found {
            Found::Live { expiry } => live.push(expiry),
            Found::Reclaimed => gone += 1,
        }
    }) {}
    live.sort_unstable();
    assert_eq!(live, [[0; 20], [50; 20]].concat());
    assert_eq!(gone, 20);
    let stats = engine.stats();
    assert_eq!((stats.curr_items, stats.expired_unfetched), (40, 20));
    assert_eq!((stats.crawler_checked, stats.crawler_reclaimed), (60, 20));
    assert_eq!(stats.evictions, 0);
    assert_eq!(bytes(&held), b"value", "a reader keeps what it has");
    drop(held);
    assert_no_leak(&engine);
}

#[test]
#[cfg_attr(miri, ignore = "walks a hundred times")]
fn flushes_clear_at_once_only_if_nobody_did_before() {
    let engine = engine();
    let flush = |reaps: bool| {
        set(&engine, b"a", b"1");
        engine.flush_all();
        if reaps {
            let mut walk = engine.walk();
            while engine.reap(&mut walk, &mut everything(), 1, |_, _| ()) {}
        }
        engine.stats().curr_items
    };
    assert!((0..100).all(|_| flush(true) == 0));
    let kept: Vec<u64> = (0..32).map(|_| flush(false)).collect();
    assert!(
        kept.iter().all(|&items| items == 1),
        "the key's own, which replaces the one before"
    );
    assert!((0..40).all(|_| value(&engine, b"a", 1).is_none()));
}

#[test]
fn a_quota_limits_classes_and_items() {
    let engine = engine();
    for i in 0..30 {
        set_until(&engine, &key(i), &vec![0; [10, 1000][i % 2]], 5, 1);
    }
    let small = engine.peek(&key(0), 1).expect("lives").class();
    let reaped = |class: u8, items| {
        let (mut quota, mut reaped) = (Quota::none(), 0);
        quota.add(class.into(), items);
        let mut walk = engine.walk();
        while !quota.is_used_up()
            && engine.reap(&mut walk, &mut quota, 10, |of, _| {
                assert_eq!(of, class);
                reaped += 1;
            })
        {}
        reaped
    };
    assert_eq!(reaped(small, 4), 4);
    assert_eq!(reaped(small, 0), 11);
    assert_eq!(reaped(small, 0), 0);
    assert_eq!(
        engine.stats().curr_items,
        15,
        "the other class was not asked for"
    );
}

#[test]
fn what_a_walk_shows_is_alive_and_counts_as_not_accessed() {
    let engine = engine();
    set(&engine, b"a", b"1");
    set_until(&engine, b"dead", b"2", 5, 1);
    assert!(engine.get(b"a", 2).is_some());
    let mut walk = engine.walk();
    while engine.show(&mut walk, &everything(), 10, |item| {
        assert_eq!(item.key(), b"a");
        assert_eq!(bytes(item), b"1");
        assert!(item.was_fetched());
        assert_eq!(item.last_access(), 2);
    }) {}
    assert_eq!(
        shown(&engine, &everything(), 10),
        BTreeMap::from([(b"a".to_vec(), 1)])
    );
    engine.flush_all();
    assert!(shown(&engine, &everything(), 10).is_empty());
}

#[test]
fn a_walk_meets_all_items_once_while_others_come() {
    let engine = with(config(8));
    let (kept, more) = if cfg!(miri) { (50, 4) } else { (3_000, 40) };
    for i in 0..kept {
        set(&engine, &key(i), &[1; 100]);
    }
    let mut walk = engine.walk();
    let (mut met, mut next) = (BTreeMap::<Vec<u8>, usize>::new(), kept);
    while engine.show(&mut walk, &everything(), 1, |item| {
        *met.entry(item.key().to_vec()).or_default() += 1;
    }) {
        for _ in 0..more {
            set(&engine, &key(next), b"new");
            next += 1;
        }
    }
    assert!(met.values().all(|&times| times == 1));
    assert!((0..kept).all(|i| met.contains_key(&key(i))));
}
