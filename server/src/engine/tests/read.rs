//! Short values, looked at where they are.

use super::*;

const MOST: usize = 100;

/// What a lookup shows; panics if it shows nothing.
fn shown(engine: &Engine, key: &[u8], now: u32) -> (Facts, Vec<u8>) {
    match engine.get_short(engine.hashed(key), MOST, now, |facts, value| {
        (*facts, value.to_vec())
    }) {
        Shown::Short(shown) => shown,
        other => panic!("not shown: {other:?}"),
    }
}

#[test]
fn a_short_value_is_shown_as_a_reference_would_have_it() {
    let (engine, other) = (engine(), engine());
    for engine in [&engine, &other] {
        for (key, flags, len) in [(&b"a"[..], 0, 0), (b"b", 7, 1), (b"c", u32::MAX, MOST)] {
            let mut draft = engine.reserve(key, flags, 50, len, 2).expect("room");
            assert_eq!(draft.fill(&vec![b'v'; len], 2), Ok(len));
            draft.mark_encoded_key();
            engine.commit(draft, Mode::Set, 2);
        }
    }
    for now in [2, 3, 3, 9] {
        for key in [b"a", b"b", b"c"] {
            let item = other.get(key, now).expect("stored");
            assert_eq!(shown(&engine, key, now), (item.facts(), bytes(&item)));
        }
    }
    let hits = |engine: &Engine| {
        engine
            .class_stats(9)
            .iter()
            .map(|c| c.get_hits)
            .sum::<u64>()
    };
    assert_eq!((hits(&engine), hits(&other)), (12, 12));
    assert!(matches!(
        engine.get_short(engine.hashed(b"a"), MOST, 50, |_, _| ()),
        Shown::Nothing
    ));
    assert!(matches!(
        engine.get_short(engine.hashed(b"none"), MOST, 3, |_, _| ()),
        Shown::Nothing
    ));
}

#[test]
fn longer_values_come_as_references() {
    let engine = engine();
    for len in [MOST + 1, 100_000] {
        set(&engine, b"k", &vec![b'v'; len]);
        let Shown::Long(item) = engine.get_short(engine.hashed(b"k"), MOST, 1, |_, _| ()) else {
            panic!("{len}")
        };
        assert_eq!(bytes(&item), vec![b'v'; len]);
    }
}

#[test]
#[cfg_attr(miri, ignore = "makes 60,000 references")]
fn an_item_with_all_the_references_there_may_be_is_not_shown() {
    let engine = engine();
    set(&engine, b"k", b"v");
    let mut held: Vec<_> = std::iter::from_fn(|| engine.peek(b"k", 1)).collect();
    assert_eq!(held.len(), 60_000);
    assert!(matches!(
        engine.get_short(engine.hashed(b"k"), MOST, 1, |_, _| ()),
        Shown::Nothing
    ));
    held.pop();
    assert_eq!(shown(&engine, b"k", 1).1, b"v");
}

#[test]
fn a_panic_while_it_is_shown_locks_nobody_out() {
    let engine = engine();
    set(&engine, b"k", b"v");
    let panics = std::panic::AssertUnwindSafe(|| {
        engine.get_short(engine.hashed(b"k"), MOST, 1, |_, _| panic!("on purpose"));
    });
    assert!(std::panic::catch_unwind(panics).is_err());
    assert_eq!(shown(&engine, b"k", 1).1, b"v");
}
