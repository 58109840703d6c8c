//! Several threads at once. Short, but meant to be run under ThreadSanitizer and Miri as well.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::*;

const THREADS: u64 = 4;

/// A value that shows whether it was torn: its key's number and a serial, repeated.
fn pattern(key: u64, serial: u64, len: usize) -> Vec<u8> {
    let mut value = [key.to_le_bytes(), serial.to_le_bytes()]
        .concat()
        .repeat(len / 16 + 2);
    value.truncate(16 + len);
    value
}

fn assert_whole(key: u64, value: &[u8]) {
    assert_eq!(value[..8], key.to_le_bytes(), "a value of another key");
    assert!(value[16..] == value[..value.len() - 16], "a torn value");
}

fn hammer(engine: &Engine, keys: u64, steps: u64, sizes: u64) {
    let now = AtomicU64::new(1);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let now = &now;
            scope.spawn(move || {
                let mut random = Random(0x5eed ^ (thread + 1));
                let mut held = Vec::new();
                for step in 0..steps {
                    let tick = now.load(Ordering::Relaxed) as u32;
                    let number = random.below(keys);
                    let key = format!("key {number}").into_bytes();
                    match random.below(21) {
                        0..4 => {
                            let show = |_: &Facts, value: &[u8]| assert_whole(number, value);
                            if let Shown::Long(item) =
                                engine.get_short(engine.hashed(&key), 100, tick, show)
                            {
                                assert_whole(number, &bytes(&item));
                            }
                        }
                        4..9 => {
                            if let Some(item) = engine.get(&key, tick) {
                                assert_eq!(item.key(), key);
                                assert_whole(number, &bytes(&item));
                                if random.below(8) == 0 {
                                    held.push((number, item));
                                }
                            }
                        }
                        9..16 => {
                            let value = pattern(number, step, random.below(sizes) as usize);
                            let expiry = [0, tick + random.below(5) as u32][step as usize % 2];
                            let new = NewItem {
                                key: &key,
                                encoded_key: false,
                                flags: 0,
                                expiry,
                                value: &value,
                            };
                            if step % 4 == 0 && engine.overwrite(&new, None, tick).is_some() {
                                continue;
                            }
                            let Ok(mut draft) = engine.reserve(&key, 0, expiry, value.len(), tick)
                            else {
                                continue;
                            };
                            if draft.fill(&value, tick).is_ok() {
                                let mode = if step % 3 == 0 { Mode::Add } else { Mode::Set };
                                engine.commit(draft, mode, tick);
                            }
                        }
                        16 => drop(engine.delete(&key, None, tick)),
                        17 => drop(engine.touch(&key, tick + 3, tick)),
                        18 => {
                            for (number, item) in held.drain(..) {
                                assert_whole(number, &bytes(&item));
                            }
                        }
                        19 => {
                            let to = random.below(engine.classes().len() as u64 + 1);
                            let _ = engine.reassign(None, to as usize);
                            engine.tend(tick);
                        }
                        _ if random.below(1_000) == 0 => engine.flush_all(),
                        _ => {
                            now.fetch_add(u64::from(random.below(10) == 0), Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    engine.flush_all();
    engine.sweep(1);
    while engine.tend(1) != Chore::Done {}
    assert_eq!((engine.stats().curr_items, engine.stats().bytes), (0, 0));
    for class in engine.class_stats(1) {
        assert_eq!(class.used_chunks, 0, "leaked: {class:?}");
    }
}

#[test]
fn values_are_never_torn_mixed_up_or_leaked() {
    let (keys, steps) = if cfg!(miri) {
        (20, 150)
    } else {
        (3_000, 40_000)
    };
    hammer(&engine(), keys, steps, 200);
}

#[test]
fn the_same_while_everything_is_evicted_all_the_time() {
    let (memory, keys, steps) = if cfg!(miri) {
        (256 << 10, 200, 120)
    } else {
        (1 << 20, 3_000, 8_000)
    };
    for eviction in Eviction::ALL {
        let engine = with(Config {
            memory_limit_bytes: memory,
            item_size_max: 64 << 10,
            eviction,
            ..config(1)
        });
        hammer(&engine, keys, steps, 3_000);
        assert!(engine.stats().evictions > 0);
    }
}

#[test]
fn the_same_while_pages_change_class() {
    let (memory, items, keys, steps) = if cfg!(miri) {
        (256 << 10, 1_600, 400, 200)
    } else {
        (4 << 20, 40_000, 20_000, 20_000)
    };
    let engine = with(Config {
        memory_limit_bytes: memory,
        item_size_max: 64 << 10,
        ..config(1)
    });
    for number in 0..items as u32 {
        set(&engine, &number.to_ne_bytes(), &[1; 100]);
    }
    hammer(&engine, keys, steps, 4_000);
    assert!(engine.stats().pages_moved > 0, "{:?}", engine.stats());
}

#[test]
fn the_same_with_chunked_items() {
    let (memory, keys, steps, sizes) = if cfg!(miri) {
        (512 << 10, 20, 60, 50_000)
    } else {
        (4 << 20, 100, 400, 200_000)
    };
    let engine = with(Config {
        memory_limit_bytes: memory,
        ..config(1)
    });
    hammer(&engine, keys, steps, sizes);
    assert!(engine.stats().evictions > 0);
}

#[test]
fn concurrent_counting_loses_nothing() {
    let engine = engine();
    set(&engine, b"n", b"0");
    let each = if cfg!(miri) { 50 } else { 20_000 };
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for i in 0..each {
                    // Readers now and then force the way that stores a new item.
                    let _reader = (i % 7 == 0).then(|| engine.get(b"n", 1));
                    let done = engine.arith(b"n", Direction::Incr, 1, None, 1);
                    assert!(matches!(done, Arith::Done { .. }), "{done:?}");
                }
            });
        }
    });
    let text = value(&engine, b"n", 1).expect("still there");
    let number = String::from_utf8(text).expect("digits");
    assert_eq!(number.trim_end(), (THREADS * each).to_string());
}

#[test]
fn concurrent_appends_lose_nothing() {
    let engine = engine();
    set(&engine, b"list", b"");
    let each = if cfg!(miri) { 20 } else { 1_000 };
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let engine = &engine;
            scope.spawn(move || {
                for i in 0..each {
                    let mode = if i % 2 == 0 {
                        Mode::Append
                    } else {
                        Mode::Prepend
                    };
                    let stored = store(engine, b"list", &[b'a' + thread as u8], mode, 1);
                    assert!(matches!(stored, Stored::Done { .. }), "{stored:?}");
                }
            });
        }
    });
    let list = value(&engine, b"list", 1).expect("still there");
    for thread in 0..THREADS as u8 {
        let found = list.iter().filter(|&&byte| byte == b'a' + thread).count() as u64;
        assert_eq!(found, each);
    }
}

#[test]
fn ids_of_a_key_ascend_and_one_cas_of_many_wins() {
    let engine = engine();
    let rounds = if cfg!(miri) { 10 } else { 2_000 };
    let wins = AtomicU64::new(0);
    for _ in 0..rounds {
        let id = set(&engine, b"k", b"v");
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| match store(&engine, b"k", b"w", Mode::Cas(id), 1) {
                    Stored::Done { cas } => {
                        assert!(cas > id);
                        wins.fetch_add(1, Ordering::Relaxed);
                    }
                    other => assert_eq!(other, Stored::Exists),
                });
            }
        });
    }
    assert_eq!(wins.load(Ordering::Relaxed), rounds);
}

#[test]
fn the_table_grows_under_readers() {
    let engine = with(Config {
        min_space: 24,
        ..config(16)
    });
    let count: u64 = if cfg!(miri) { 100 } else { 60_000 };
    let done = AtomicBool::new(false);
    let stored = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for seed in 1..THREADS {
            let (engine, done, stored) = (&engine, &done, &stored);
            scope.spawn(move || {
                let mut random = Random(seed);
                while !done.load(Ordering::Relaxed) {
                    let so_far = stored.load(Ordering::Acquire);
                    if so_far > 0 {
                        let number = random.below(so_far);
                        let key = format!("key {number}").into_bytes();
                        assert!(
                            engine.get(&key, 1).is_some(),
                            "{number} of {so_far} is lost"
                        );
                    }
                    std::thread::yield_now();
                }
            });
        }
        for number in 0..count {
            set(&engine, format!("key {number}").as_bytes(), b"v");
            stored.store(number + 1, Ordering::Release);
        }
        done.store(true, Ordering::Relaxed);
    });
}
