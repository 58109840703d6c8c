//! Engines that go on with the file of another, whatever is in it.

use super::*;
use mcrs_testkit::TempFile;

const MIB: u64 = 16;
/// Items stored before a restart.
const ITEMS: u64 = if cfg!(miri) { 20 } else { 2000 };

/// A file for an engine of [`config`] with that many mebibytes.
fn file() -> TempFile {
    TempFile::new(MIB << 20)
}

fn on(file: &TempFile) -> Engine {
    Engine::on_file(config(MIB), file.as_fd()).expect("the test's configuration is valid")
}

/// The key and value of an item; every hundredth value is in several chunks.
fn item(i: u64) -> (Vec<u8>, Vec<u8>) {
    let len = match i % 100 {
        7 => 70_000 + i as usize * 10,
        part => part as usize * 13,
    };
    let byte = |at: usize| (at as u64 * 7 + i) as u8;
    (
        format!("key-{i}").into_bytes(),
        (0..len).map(byte).collect(),
    )
}

fn read(engine: &Engine, key: &[u8], now: u32) -> Option<Vec<u8>> {
    let item = engine.get(key, now)?;
    Some(item.pieces().flatten().copied().collect())
}

/// Fills an engine on the file, and stops in the midst of it all.
fn fill(file: &TempFile) -> Snapshot {
    let engine = on(file);
    engine.start_empty();
    for i in 0..ITEMS {
        let (key, value) = item(i);
        set(&engine, &key, &value);
    }
    for i in (0..ITEMS).step_by(5) {
        assert_eq!(engine.delete(&item(i).0, None, 1), Delete::Done);
    }
    let mut begun = engine.reserve(b"begun", 0, 0, 200_000, 1).expect("room");
    assert_eq!(begun.fill(&[1; 100_000], 1), Ok(100_000));
    let read = engine.get(&item(1).0, 1).expect("it is there");
    let gone = engine.get(&item(7).0, 1).expect("it is there");
    assert_eq!(engine.delete(&item(7).0, None, 1), Delete::Done);
    let snapshot = engine.snapshot();
    drop((begun, read, gone));
    snapshot
}

/// Looks at everything, and works with it.
fn exercise(engine: &Engine, now: u32) {
    let mut found = Vec::new();
    for i in 0..ITEMS {
        let (key, _) = item(i);
        if let Some(value) = read(engine, &key, now) {
            found.push((key, value));
        }
    }
    let usage: u64 = engine
        .class_stats(now)
        .iter()
        .map(|class| class.items)
        .sum();
    assert_eq!(usage, engine.stats().curr_items);
    assert!(found.len() as u64 <= usage);
    for (class, _) in engine.classes().iter().enumerate() {
        let _ = engine.reassign(Some(class + 1), 0);
        for _ in 0..50 {
            let _ = engine.tend(now);
        }
    }
    for i in ITEMS..2 * ITEMS {
        let (key, value) = item(i);
        let Ok(mut draft) = engine.reserve(&key, 1, 0, value.len(), now) else {
            continue;
        };
        if draft.fill(&value, now).is_ok() {
            let _ = engine.commit(draft, Mode::Set, now);
            assert_eq!(read(engine, &key, now), Some(value));
        }
    }
    engine.flush_all();
    engine.sweep(now);
    assert_eq!(engine.stats().curr_items, 0);
    assert_eq!(engine.stats().bytes, 0);
    let used = |class: &ClassStats| class.used_chunks;
    assert_eq!(engine.class_stats(now).iter().map(used).sum::<u64>(), 0);
}

#[test]
fn items_are_there_again_and_nothing_else() {
    let file = file();
    let snapshot = fill(&file);
    let kept: Snapshot = snapshot.to_string().parse().expect("our own");
    assert_eq!(kept, snapshot);
    let engine = on(&file);
    assert_eq!(engine.resume(&kept, 1), Ok(()));
    let mut there = 0;
    for i in 0..ITEMS {
        let (key, value) = item(i);
        let expected = (i % 5 != 0 && i != 7).then_some(value);
        there += u64::from(expected.is_some());
        assert!(read(&engine, &key, 1) == expected, "{i}");
    }
    let stats = engine.stats();
    assert_eq!((stats.curr_items, stats.total_items), (there, there));
    assert_eq!(stats.total_malloced_bytes, MIB << 20);
    exercise(&engine, 2);
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn every_policy_evicts_what_came_back() {
    for eviction in Eviction::ALL {
        let file = file();
        let snapshot = fill(&file);
        let config = Config {
            eviction,
            ..config(MIB)
        };
        let engine = Engine::on_file(config, file.as_fd()).expect("as before");
        assert_eq!(engine.resume(&snapshot, 1), Ok(()));
        for i in 0..60_000 {
            set(&engine, format!("new-{i}").as_bytes(), &[0; 500]);
        }
        assert!(engine.stats().evictions > 0);
        exercise(&engine, 2);
    }
}

#[test]
#[cfg_attr(miri, ignore = "looks at megabytes")]
fn a_file_that_lies_does_no_harm() {
    let file = file();
    let snapshot = fill(&file);
    let good = file.read();
    let mut random = Random(1);
    for round in 0..13 {
        let mut bent = good.clone();
        // Few lies or many; in any word, or in the words that chunks are likely to begin with.
        for _ in 0..10 << (round % 13) {
            let at = random.below(bent.len() as u64 / 8) as usize * 8;
            let word = &mut bent[at..at + 4];
            let lie = match random.below(4) {
                0 => (random.next() as u32).to_ne_bytes(),
                1 => [random.next() as u8, word[1], word[2], word[3]],
                2 => [word[0] ^ 1 << random.below(8), word[1], word[2], word[3]],
                _ => (random.below(1 << 22) as u32).to_ne_bytes(),
            };
            word.copy_from_slice(&lie);
        }
        file.write(&bent, 0);
        let engine = on(&file);
        assert_eq!(engine.resume(&snapshot, 1 + round), Ok(()));
        exercise(&engine, 2 + round);
    }
}

#[test]
#[cfg_attr(miri, ignore = "searches megabytes")]
fn a_key_that_is_there_twice_is_one_item() {
    let file = file();
    let engine = on(&file);
    engine.start_empty();
    set(&engine, b"twin-1", b"first");
    set(&engine, b"twin-2", b"other");
    let snapshot = engine.snapshot();
    drop(engine);
    let all = file.read();
    let at = all.windows(6).position(|bytes| bytes == b"twin-2");
    let at = at.expect("it is there") as u64;
    file.write(b"twin-1", at);
    let engine = on(&file);
    assert_eq!(engine.resume(&snapshot, 1), Ok(()));
    assert_eq!(engine.stats().curr_items, 1);
    assert_eq!(engine.delete(b"twin-1", None, 1), Delete::Done);
    assert!(engine.get(b"twin-1", 1).is_none());
    exercise(&engine, 1);
}

#[test]
#[cfg_attr(miri, ignore = "the lies are about more items")]
fn snapshots_that_lie_are_refused() {
    let file = file();
    let good = fill(&file).to_string();
    let page = good
        .lines()
        .find(|line| line.starts_with("page "))
        .expect("one");
    let class = good
        .lines()
        .find(|line| line.starts_with("class "))
        .expect("one");
    let cases = [
        good.replacen(page, "page 0 0", 1),
        good.replacen(page, "page 1000 0", 1),
        good.replacen(page, "page 4294967295 0", 1),
        good.replacen(page, "page 1 4294967295", 1),
        good.replacen(page, "page 1 1", 1),
        good.replacen(page, "page -1 0", 1),
        good.replacen(page, &format!("{page} 1"), 1),
        good.replacen(page, "", 1),
        good.replacen(class, "class 0 0", 1),
        good.replacen(class, "class 8 4294967295", 1),
        good.replacen(class, &format!("class 0 0\n{class}"), 1),
        good.replacen(page, &format!("{page}\nclass 0 1\n{page}"), 1),
        good.replacen("cas ", "cas x", 1),
        good.replacen("cas ", "cas 1000000000000000", 1),
        good.replacen("flushed", "flush", 1),
        good[..good.len() / 2].to_owned(),
        String::new(),
    ];
    for case in cases {
        let refused = match case.parse::<Snapshot>() {
            Ok(snapshot) => on(&file).resume(&snapshot, 1).is_err(),
            Err(Garbled) => true,
        };
        assert!(refused, "{case}");
    }
}

#[test]
#[cfg_attr(miri, ignore = "searches megabytes")]
fn a_value_belongs_to_one_item() {
    let file = file();
    let engine = on(&file);
    engine.start_empty();
    let value = vec![1; 200_000];
    set(&engine, b"large-1", &value);
    set(&engine, b"large-2", &value);
    let snapshot = engine.snapshot();
    drop(engine);
    let all = file.read();
    let key_at = |key: &[u8]| {
        let found = all.windows(key.len()).position(|bytes| bytes == key);
        found.expect("it is there")
    };
    // The link of the first part and the length stand in front of the key.
    let chain = key_at(b"large-1") - 8;
    let first = &all[chain..chain + 4];
    file.write(first, key_at(b"large-2") as u64 - 8);
    let engine = on(&file);
    assert_eq!(engine.resume(&snapshot, 1), Ok(()));
    assert_eq!(engine.stats().curr_items, 1);
    assert!(read(&engine, b"large-1", 1) == Some(value));
    exercise(&engine, 1);
}
