//! Storing over an item in its own memory.

use super::*;

fn new<'a>(key: &'a [u8], value: &'a [u8]) -> NewItem<'a> {
    NewItem {
        key,
        encoded_key: false,
        flags: 0,
        expiry: 0,
        value,
    }
}

/// What can be seen of an item and of the whole, but for where things lie.
#[derive(Debug, PartialEq)]
struct Seen {
    item: Option<(Facts, Vec<u8>)>,
    stats: Stats,
    classes: Vec<ClassStats>,
}

fn seen(engine: &Engine, key: &[u8], now: u32) -> Seen {
    let item = engine.peek(key, now);
    let mut classes = engine.class_stats(now);
    // That of the item which lies first.
    classes.iter_mut().for_each(|class| class.age_sec = 0);
    Seen {
        item: item.map(|item| (item.facts(), bytes(&item))),
        stats: engine.stats(),
        classes,
    }
}

#[test]
fn overwriting_leaves_what_setting_does() {
    let (engine, other) = (engine(), engine());
    let mut random = Random(0x5eed);
    let mut overwritten = 0;
    let rounds = if cfg!(miri) { 30 } else { 2_000 };
    for now in 1..rounds {
        let key = [b'a' + random.below(5) as u8];
        let value = vec![b'v'; random.below(120) as usize];
        let new = NewItem {
            encoded_key: random.below(2) == 0,
            flags: random.below(2) as u32 * 77,
            expiry: [0, now + random.below(20) as u32][random.below(2) as usize],
            ..new(&key, &value)
        };
        let set = |engine: &Engine| {
            let draft = engine.reserve(&key, new.flags, new.expiry, value.len(), now);
            let mut draft = draft.expect("room");
            assert_eq!(draft.fill(&value, now), Ok(value.len()));
            if new.encoded_key {
                draft.mark_encoded_key();
            }
            engine.commit(draft, Mode::Set, now)
        };
        let stored = match engine.overwrite(&new, None, now) {
            Some(cas) => {
                overwritten += 1;
                Stored::Done { cas }
            }
            None => set(&engine),
        };
        assert_eq!(stored, set(&other));
        assert_eq!(seen(&engine, &key, now), seen(&other, &key, now));
        if random.below(4) == 0 {
            assert_eq!(
                engine.get(&key, now).is_some(),
                other.get(&key, now).is_some()
            );
        }
        if random.below(100) == 0 {
            engine.flush_all();
            other.flush_all();
        }
    }
    assert!(overwritten > rounds / 5, "{overwritten}");
    assert_no_leak(&engine);
}

#[test]
fn only_what_is_alive_and_alike_and_unread_is_overwritten() {
    let engine = engine();
    set_until(&engine, b"k", &[b'v'; 50], 10, 1);
    set_until(&engine, b"dead", &[b'v'; 50], 3, 1);
    set(&engine, b"large", &[b'v'; 200_000]);
    let reader = engine.get(b"k", 5).expect("stored");
    let before = seen(&engine, b"k", 5);
    let long = [b'k'; 251];
    for (what, item) in [
        ("held by a reader", new(b"k", &[b'w'; 50])),
        ("missing", new(b"none", b"w")),
        ("dead", new(b"dead", &[b'w'; 50])),
        ("of another class", new(b"k", &[b'w'; 1_000])),
        ("of several chunks", new(b"large", &[b'w'; 200_000])),
        ("too large", new(b"k", &[b'w'; 300_000])),
        ("without a key", new(b"", b"w")),
        ("with too long a key", new(&long, b"w")),
    ] {
        assert_eq!(engine.overwrite(&item, None, 5), None, "{what}");
        assert_eq!(seen(&engine, b"k", 5), before, "{what}");
    }
    drop(reader);
    assert_eq!(
        engine.overwrite(&new(b"k", &[b'w'; 50]), Some(7), 5),
        Some(7)
    );
    assert_eq!(value(&engine, b"k", 50), Some(vec![b'w'; 50]));
}
