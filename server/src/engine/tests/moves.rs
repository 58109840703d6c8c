//! Pages moved by command.

use super::*;

/// Bytes of a value in the class most of these tests are about.
const LEN: usize = 900;

fn key(i: usize) -> Vec<u8> {
    format!("key {i:06}").into_bytes()
}

/// A cache that moves pages by command only.
fn engine() -> Engine {
    let engine = with(config(16));
    engine.set_automove(Automove::Off);
    engine
}

/// Stores items of one class that fill so many pages; their number.
fn fill(engine: &Engine, pages: u64) -> usize {
    set(engine, &key(0), &[0; LEN]);
    let class = class_of(engine, 0);
    let figures = engine.class_stats(1);
    let figures = figures.iter().find(|of| usize::from(of.class) == class);
    let each = figures.expect("it has a page").chunks_per_page;
    let stored = pages as usize * each as usize;
    for i in 1..stored {
        set(engine, &key(i), &[i as u8; LEN]);
    }
    assert_eq!(self::pages(engine, class), pages);
    stored
}

/// The class of an item, counted from 1.
fn class_of(engine: &Engine, i: usize) -> usize {
    engine.peek(&key(i), 1).expect("stored").class().into()
}

fn pages(engine: &Engine, class: usize) -> u64 {
    let classes = engine.class_stats(1);
    let figures = classes.iter().find(|of| usize::from(of.class) == class);
    figures.map_or(0, |of| of.pages)
}

/// Tends until there is nothing more to do at once.
fn tend(engine: &Engine, now: u32) -> Chore {
    loop {
        match engine.tend(now) {
            Chore::More => {}
            other => return other,
        }
    }
}

/// Everything about an item that a move must leave alone.
fn facts(engine: &Engine, i: usize) -> (Vec<u8>, u64, u32, u32, bool, u32) {
    let item = engine.peek(&key(i), 1).expect("there");
    (
        bytes(&item),
        item.cas(),
        item.flags(),
        item.expiry(),
        item.was_fetched(),
        item.last_access(),
    )
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn a_move_keeps_what_finds_a_free_chunk() {
    let engine = engine();
    let stored = fill(&engine, 3);
    let class = class_of(&engine, 0);
    // Two of three go, so the rest fits into fewer pages.
    for i in (0..stored).filter(|i| i % 3 != 0) {
        assert_eq!(engine.delete(&key(i), None, 1), Delete::Done);
    }
    let left = || (0..stored).step_by(3);
    for i in left().step_by(2) {
        assert!(engine.get_and_touch(&key(i), 100 + i as u32, 7).is_some());
    }
    let before: Vec<_> = left().map(|i| facts(&engine, i)).collect();
    let (of_class, to) = (pages(&engine, class), class + 2);
    assert_eq!(engine.reassign(Some(class), to), Ok(()));
    assert!(engine.stats().moves.running);
    assert_eq!(tend(&engine, 1), Chore::Done);
    assert_eq!(
        left().map(|i| facts(&engine, i)).collect::<Vec<_>>(),
        before
    );
    assert_eq!(
        (pages(&engine, class), pages(&engine, to)),
        (of_class - 1, 1)
    );
    let stats = engine.stats();
    assert_eq!((stats.pages_moved, stats.evictions), (1, 0));
    assert!(stats.moves.rescued > 0 && !stats.moves.running);
    assert_eq!(stats.moves.last_busy, Obstacle::None);
    assert_no_leak(&engine);
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn a_move_keeps_marks() {
    let engine = engine();
    let stored = fill(&engine, 2);
    let class = class_of(&engine, 0);
    let look = |i: usize| match engine.look(&key(i), &Look::default(), LEN, 1, |_, marks, _| marks)
    {
        Seen::Short(marks) => (marks.won, marks.sent, marks.stale),
        _ => panic!("{i} is not there"),
    };
    for i in 0..stored {
        if i % 2 == 1 {
            engine.delete(&key(i), None, 1);
            continue;
        }
        assert_eq!(
            engine.invalidate(&key(i), None, None, None, 1),
            Delete::Done
        );
        if i % 4 == 0 {
            assert_eq!(look(i), (true, false, true));
        }
    }
    assert_eq!(engine.reassign(Some(class), 0), Ok(()));
    assert_eq!(tend(&engine, 1), Chore::Done);
    assert!(engine.stats().moves.rescued > 0);
    for i in (0..stored).step_by(2) {
        assert_eq!(look(i), (i % 4 != 0, i % 4 == 0, true));
    }
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn what_finds_no_room_is_evicted_and_the_class_gets_smaller() {
    let engine = engine();
    let stored = fill(&engine, 3);
    let class = class_of(&engine, 0);
    assert_eq!(engine.reassign(Some(class), 0), Ok(()));
    assert_eq!(tend(&engine, 1), Chore::Done);
    assert_eq!(pages(&engine, class), 2);
    let left = (0..stored).filter(|&i| engine.peek(&key(i), 1).is_some());
    let (left, stats) = (left.count(), engine.stats());
    assert!(
        (stored * 6 / 10..stored * 7 / 10).contains(&left),
        "{left} of {stored}"
    );
    assert_eq!(stats.evictions as usize, stored - left);
    // Memory was not full: the page waits for whoever needs one.
    assert_eq!(stats.free_pages, 1);
    assert_eq!(stats.total_malloced_bytes, 3 << 20);
    assert_no_leak(&engine);
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn what_is_read_stays_and_something_else_goes() {
    let engine = engine();
    let stored = fill(&engine, 2);
    let class = class_of(&engine, 0);
    // Every third is worth keeping, wherever it lies.
    for i in (0..stored).step_by(3) {
        for _ in 0..3 {
            assert!(engine.get(&key(i), 1).is_some());
        }
    }
    assert_eq!(engine.reassign(Some(class), 0), Ok(()));
    assert_eq!(tend(&engine, 1), Chore::Done);
    let lost = (0..stored)
        .step_by(3)
        .filter(|&i| engine.peek(&key(i), 1).is_none());
    assert!(lost.count() < stored / 30);
    assert!(engine.stats().moves.reclaimed > 0);
    assert_no_leak(&engine);
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn the_pool_takes_pages_and_gives_all_but_one() {
    let engine = engine();
    fill(&engine, 5);
    let class = class_of(&engine, 0);
    let to = class + 2;
    for free in 1..=2 {
        assert_eq!(engine.reassign(Some(0), to), Err(ReassignError::NoSpare));
        assert_eq!(engine.reassign(Some(class), 0), Ok(()));
        assert_eq!(tend(&engine, 1), Chore::Done);
        assert_eq!(engine.stats().free_pages, free);
    }
    assert_eq!(engine.reassign(Some(0), to), Ok(()));
    assert_eq!((pages(&engine, class), pages(&engine, to)), (3, 1));
    let stats = engine.stats();
    assert_eq!((stats.free_pages, stats.pages_moved), (1, 3));
    assert_eq!(stats.total_malloced_bytes, 5 << 20);
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn a_command_is_checked() {
    let engine = engine();
    fill(&engine, 3);
    let (class, last) = (class_of(&engine, 0), engine.classes().len());
    for (from, to, error) in [
        (Some(class), class, ReassignError::Same),
        (Some(0), 0, ReassignError::Same),
        (Some(class), last + 1, ReassignError::BadClass),
        (Some(last + 1), class, ReassignError::BadClass),
        (Some(usize::MAX), class, ReassignError::BadClass),
        (None, class, ReassignError::BadClass),
        (Some(last), class, ReassignError::NoSpare),
        (Some(0), class, ReassignError::NoSpare),
    ] {
        assert_eq!(engine.reassign(from, to), Err(error), "{from:?} to {to}");
    }
    assert_eq!(engine.reassign(None, last), Ok(()));
    assert_eq!(engine.reassign(None, last), Err(ReassignError::Busy));
    assert_eq!(engine.reassign(Some(1), 1), Err(ReassignError::Busy));
    assert_eq!(tend(&engine, 1), Chore::Done);
    assert_eq!((pages(&engine, class), pages(&engine, last)), (2, 1));
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn what_is_in_use_is_waited_for() {
    let engine = engine();
    let stored = fill(&engine, 2);
    let class = class_of(&engine, 0);
    let readers: Vec<_> = (0..stored).filter_map(|i| engine.get(&key(i), 1)).collect();
    let facts_before = facts(&engine, 7);
    let draft = engine.reserve(b"draft", 0, 0, LEN, 1).expect("room");
    assert_eq!(engine.reassign(Some(class), 0), Ok(()));
    assert_eq!(tend(&engine, 1), Chore::Wait);
    let moves = engine.stats().moves;
    assert!(moves.running && moves.busy > 0 && moves.rescued == 0);
    assert_eq!(moves.last_busy, Obstacle::Active);
    // Not found any more, but read to the end.
    for i in 0..stored {
        engine.delete(&key(i), None, 1);
    }
    assert_eq!(tend(&engine, 100), Chore::Wait);
    assert_eq!(engine.stats().moves.last_busy, Obstacle::Floating);
    assert_eq!(bytes(&readers[7]), facts_before.0);
    drop(readers);
    drop(draft);
    assert_eq!(tend(&engine, 100), Chore::Done);
    assert_eq!(pages(&engine, class), 2, "one of three");
    assert_no_leak(&engine);
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn a_draft_on_the_page_is_waited_for() {
    let engine = engine();
    let mut drafts = Vec::new();
    let class = loop {
        let draft = engine
            .reserve(&key(drafts.len()), 0, 0, 8000, 1)
            .expect("room");
        drafts.push(draft);
        let classes = engine.class_stats(1);
        if let Some(class) = classes.iter().find(|class| class.pages > 1) {
            break usize::from(class.class);
        }
    };
    assert_eq!(engine.reassign(Some(class), 0), Ok(()));
    assert_eq!(tend(&engine, 1), Chore::Wait);
    assert_eq!(engine.stats().moves.last_busy, Obstacle::Uploading);
    let count = drafts.len();
    for (i, mut draft) in drafts.into_iter().enumerate() {
        assert_eq!(draft.fill(&vec![i as u8; 8000], 1), Ok(8000));
        assert!(matches!(
            engine.commit(draft, Mode::Set, 1),
            Stored::Done { .. }
        ));
    }
    assert_eq!(tend(&engine, 1), Chore::Done);
    assert_eq!(pages(&engine, class), 1);
    let left = (0..count).filter(|&i| value(&engine, &key(i), 1) == Some(vec![i as u8; 8000]));
    assert!(left.count() > 0);
    assert_no_leak(&engine);
}

/// A cache with some large items, and the class of their data chunks.
fn large_items(engine: &Engine) -> usize {
    for i in 0..24 {
        set(engine, &key(i), &vec![i as u8; 200_000]);
    }
    for i in 8..16 {
        assert_eq!(engine.delete(&key(i), None, 1), Delete::Done);
    }
    class_of(engine, 0)
}

#[test]
#[cfg_attr(miri, ignore = "moves megabytes")]
fn items_in_several_chunks_are_rescued_piece_by_piece() {
    let engine = engine();
    // The heads come behind pages of small items, which go again.
    let small = |i: usize| format!("small {i}").into_bytes();
    for i in 0..20_000 {
        set(&engine, &small(i), b"");
    }
    let heads = usize::from(engine.class_stats(1)[0].class);
    let class = large_items(&engine);
    for i in 0..20_000 {
        engine.delete(&small(i), None, 1);
    }
    let before: Vec<_> = (0..8).map(|i| facts(&engine, i)).collect();
    let mut rescued = 0;
    for class in [class, heads] {
        assert_eq!(engine.reassign(Some(class), 0), Ok(()));
        assert_eq!(tend(&engine, 1), Chore::Done);
        let moves = engine.stats().moves;
        assert!(moves.chunks_rescued > rescued, "{class}: {moves:?}");
        rescued = moves.chunks_rescued;
        assert!((0..8).map(|i| facts(&engine, i)).eq(before.iter().cloned()));
        for i in 16..24 {
            assert_eq!(value(&engine, &key(i), 1), Some(vec![i as u8; 200_000]));
        }
    }
    let stats = engine.stats();
    assert_eq!((stats.moves.rescued, stats.evictions), (0, 0));
    engine.flush_all();
    engine.sweep(1);
    let classes = engine.class_stats(1);
    assert!(classes.iter().all(|class| class.used_chunks == 0));
}

#[test]
#[cfg_attr(miri, ignore = "moves megabytes")]
fn an_item_in_several_chunks_that_is_always_read_is_dropped_in_the_end() {
    let engine = engine();
    let class = large_items(&engine);
    let readers: Vec<_> = (0..24).filter_map(|i| engine.get(&key(i), 1)).collect();
    assert_eq!(engine.reassign(Some(class), 0), Ok(()));
    assert_eq!(tend(&engine, 1), Chore::Wait);
    assert_eq!(tend(&engine, 5), Chore::Wait);
    assert_eq!(engine.stats().moves.busy_dropped, 0);
    assert_eq!(tend(&engine, 6), Chore::Wait, "until they have been read");
    let stats = engine.stats();
    assert!((1..16).contains(&stats.moves.busy_dropped), "{stats:?}");
    assert_eq!(stats.curr_items, 16 - stats.moves.busy_dropped);
    assert!(
        readers
            .iter()
            .all(|item| bytes(item) == vec![bytes(item)[0]; 200_000])
    );
    drop(readers);
    assert_eq!(tend(&engine, 6), Chore::Done);
}

#[test]
#[cfg_attr(miri, ignore = "fills megabytes")]
fn pages_are_of_a_mebibyte_however_large_memory_is() {
    let engine = with(Config {
        memory_limit_bytes: 64 << 20,
        ..config(64)
    });
    engine.set_automove(Automove::Off);
    fill(&engine, 3);
    let class = class_of(&engine, 0);
    assert_eq!(engine.reassign(Some(class), class + 2), Ok(()));
    assert_eq!(tend(&engine, 1), Chore::Done);
    assert_eq!((pages(&engine, class), pages(&engine, class + 2)), (2, 1));
    assert_eq!(engine.stats().pages_moved, 1);
}

#[test]
fn few_large_items_move_too() {
    let engine = with(config(4));
    engine.set_automove(Automove::Off);
    let value = |i: usize| vec![i as u8; 12_000];
    let stored = 100;
    for i in 0..stored {
        set(&engine, &key(i), &value(i));
    }
    let class = class_of(&engine, 0);
    for i in (0..stored).filter(|i| i % 10 != 0) {
        assert_eq!(engine.delete(&key(i), None, 1), Delete::Done);
    }
    let reader = engine.get(&key(0), 1).expect("there");
    let before = pages(&engine, class);
    assert!(before >= 2);
    assert_eq!(engine.reassign(Some(class), 0), Ok(()));
    let mut last = tend(&engine, 1);
    if last == Chore::Wait {
        drop(reader);
        last = tend(&engine, 1);
    }
    assert_eq!(last, Chore::Done);
    assert_eq!(pages(&engine, class), before - 1);
    let left = (0..stored).step_by(10);
    assert!(
        left.clone()
            .all(|i| super::value(&engine, &key(i), 1) == Some(value(i)))
    );
    assert_eq!(engine.stats().evictions, 0);
}
