//! Values in several chunks, in a file that says something else of them than was stored.

use std::sync::atomic::Ordering::Relaxed;

use mcrs_testkit::TempFile;

use super::*;
use crate::engine::state::{CLAIMED, DATA, LINKED};

const MIB: u64 = 16;
const KEYS: [&[u8]; 2] = [b"large-1", b"large-2"];
/// Of a chunk's words, the bytes in front of each: see `Header` in `memory.rs`.
const STATE: u64 = 0;
const NEXT: u64 = 4;
const LENS: u64 = 4;
const FILLED: u64 = 8;
const HEAD: u64 = 12;

/// What an item in several chunks is in the file.
struct Chain {
    /// The link of its head, and of its parts in order.
    head: u32,
    parts: Vec<u32>,
    /// Bytes in front of the head in the file, and of each part.
    head_at: u64,
    parts_at: Vec<u64>,
    /// Bytes in front of what its head says of the first part and of the length of the value.
    first_at: u64,
    len_at: u64,
}

/// An engine on the file that goes on with it, or begins.
fn on(file: &TempFile, snapshot: Option<&Snapshot>) -> Engine {
    let engine =
        Engine::on_file(config(MIB), file.as_fd()).expect("the test's configuration is valid");
    match snapshot {
        Some(snapshot) => assert_eq!(engine.resume(snapshot, 1), Ok(())),
        None => engine.start_empty(),
    }
    engine
}

fn chain(engine: &Engine, key: &[u8]) -> Chain {
    let arena = engine.arena();
    let at = |link| {
        let (page, at) = arena.place(link);
        ((page - 1) * arena.page_bytes() + at) as u64
    };
    let hash = engine.hash(key);
    let bucket = engine.table.lock(hash);
    let (place, spot) = engine.find(&bucket, hash, key).expect("it is there");
    let (start, len) = Layout::of(spot.header()).chain();
    let mut next = arena.peek(place.link(), start, len, item::read_chain).0;
    let (mut parts, mut parts_at) = (Vec::new(), Vec::new());
    while let Some(link) = next {
        parts.push(link.raw());
        parts_at.push(at(link));
        next = Link::from_raw(engine.header(link).lens.load(Relaxed));
    }
    let head_at = at(place.link());
    let first_at = head_at + (arena.body_start() + start) as u64;
    Chain {
        head: place.link().raw(),
        parts,
        head_at,
        parts_at,
        first_at,
        len_at: first_at + 4,
    }
}

#[test]
#[cfg_attr(miri, ignore = "copies megabytes")]
fn a_value_is_whole_or_gone() {
    let file = TempFile::new(MIB << 20);
    let engine = on(&file, None);
    let stored = vec![b'v'; 70_000];
    for key in KEYS {
        set(&engine, key, &stored);
    }
    let [one, two] = KEYS.map(|key| chain(&engine, key));
    let part = Link::from_raw(one.parts[0]).expect("a link");
    let room = (engine.arena().chunk_bytes(part) - engine.arena().body_start()) as u32;
    let snapshot = engine.snapshot();
    let used = |engine: &Engine| -> u64 {
        engine
            .class_stats(1)
            .iter()
            .map(|class| class.used_chunks)
            .sum()
    };
    let both = used(&engine);
    drop(engine);
    let (first, last) = (one.parts_at[0], *one.parts_at.last().expect("parts"));
    let second = one.parts_at[1];
    assert!(one.parts.len() > 3 && one.parts.len() == two.parts.len());
    let cases: &[(&str, &[(u64, u32)])] = &[
        ("a ring of all parts", &[(last + NEXT, one.parts[0])]),
        (
            "a ring of the first parts",
            &[(second + NEXT, one.parts[0])],
        ),
        ("a ring of one part", &[(second + NEXT, one.parts[1])]),
        (
            "the parts of another item",
            &[(second + NEXT, two.parts[2])],
        ),
        (
            "more parts than the value has bytes",
            &[(last + NEXT, two.parts[0])],
        ),
        ("the head as a part", &[(second + NEXT, one.head)]),
        ("another head as a part", &[(second + NEXT, two.head)]),
        (
            "a part that starts within another",
            &[(second + NEXT, one.parts[2] + 1)],
        ),
        ("a part beyond the memory", &[(second + NEXT, u32::MAX)]),
        ("a part in front of the memory", &[(second + NEXT, 1)]),
        ("no more parts", &[(second + NEXT, 0)]),
        ("no parts", &[(one.first_at, 0)]),
        ("first another's part", &[(one.first_at, two.parts[0])]),
        ("first the second part", &[(one.first_at, one.parts[1])]),
        (
            "a part fuller than it can be",
            &[(first + FILLED, room + 1)],
        ),
        ("a part as long as the value", &[(first + FILLED, 70_000)]),
        (
            "a part of a length near 2^32",
            &[(first + FILLED, u32::MAX)],
        ),
        ("an empty part", &[(first + FILLED, 0)]),
        ("a part with a byte less", &[(first + FILLED, room - 1)]),
        ("a longer value", &[(one.len_at, 70_001)]),
        ("a shorter value", &[(one.len_at, 69_999)]),
        ("a value of no bytes", &[(one.len_at, 0)]),
        ("a value of one part", &[(one.len_at, room)]),
        ("a value longer than any", &[(one.len_at, u32::MAX)]),
        ("a part of another head", &[(second + HEAD, two.head)]),
        ("a free part", &[(second + STATE, 0)]),
        ("a part that is an item", &[(second + STATE, LINKED)]),
        ("a part somebody owns", &[(second + STATE, CLAIMED)]),
        ("a head that is a part", &[(one.head_at + STATE, DATA)]),
        ("a head without a key", &[(one.head_at + LENS, 0)]),
        ("a key that is too long", &[(one.head_at + LENS, 251)]),
        (
            "a head with a value of its own",
            &[(one.head_at + LENS, 7 | 100 << 8)],
        ),
        (
            "a part fuller than it can be, and one less full",
            &[(first + FILLED, room + 1), (second + FILLED, room - 1)],
        ),
    ];
    for &(what, lies) in cases {
        let good = file.read();
        for (at, word) in lies {
            file.write(&word.to_ne_bytes(), *at);
        }
        let engine = on(&file, Some(&snapshot));
        assert!(value(&engine, KEYS[0], 1).is_none(), "{what}");
        assert!(
            value(&engine, KEYS[1], 1).as_ref() == Some(&stored),
            "{what}"
        );
        assert_eq!(engine.stats().curr_items, 1, "{what}");
        assert_eq!(used(&engine), both / 2, "{what}: its chunks are free");
        set(&engine, KEYS[0], &stored);
        assert!(
            value(&engine, KEYS[0], 1).as_ref() == Some(&stored),
            "{what}"
        );
        assert_eq!(engine.delete(KEYS[1], None, 1), Delete::Done, "{what}");
        assert_eq!(engine.delete(KEYS[0], None, 1), Delete::Done, "{what}");
        assert_eq!(used(&engine), 0, "{what}");
        drop(engine);
        file.write(&good, 0);
    }
    let engine = on(&file, Some(&snapshot));
    assert_eq!((engine.stats().curr_items, used(&engine)), (2, both));
}
