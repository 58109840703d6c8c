//! The arena and the table by themselves, small enough for Miri to see all of it.

use super::super::memory::{Arena, CLAIMED, DATA, LINKED, Link};
use super::super::table::Table;

#[test]
fn a_chunk_has_one_owner_or_readers_but_never_both() {
    let arena = Arena::reserve(3, 64 << 10, true).expect("address space");
    assert!(arena.open_page(1, 104, 5));
    let link = arena.link(1, 208);
    let mut chunk = arena.claim(link).expect("a fresh page is free");
    assert!(arena.claim(link).is_none(), "owned");
    assert!(arena.pin(link, |bits| bits).is_none(), "owned");
    arena.body_mut(&mut chunk, 0, 80).copy_from_slice(&[7; 80]);
    assert_eq!(arena.publish(chunk, 1 << 6), link);
    assert!(arena.claim(link).is_none(), "linked");

    let pin = arena.pin(link, |bits| bits | 1 << 7).expect("linked");
    assert_eq!(arena.header(link).bits(), LINKED | 1 << 6 | 1 << 7);
    assert!(arena.take(link).is_none(), "being read");
    assert_eq!(arena.body(&pin, 10, 70), [7; 70]);
    assert!(arena.unlink(link).is_none(), "being read");
    assert!(arena.pin(link, |bits| bits).is_none(), "no longer linked");
    assert_eq!(arena.body(&pin, 0, 80), [7; 80]);
    let chunk = arena.release(pin).expect("the last reference frees");
    assert_eq!(
        arena.header(link).bits() & (LINKED | CLAIMED | DATA),
        CLAIMED
    );

    assert_eq!(arena.publish(chunk, 0), link);
    let mut chunk = arena.take(link).expect("linked and not read");
    assert!(arena.pin(link, |bits| bits).is_none(), "being changed");
    arena.body_mut(&mut chunk, 79, 1)[0] = 8;
    arena.publish(chunk, 0);
    let chunk = arena.unlink(link).expect("linked and not read");
    assert_eq!(arena.retire(chunk), link);
    assert!(arena.unlink(link).is_none(), "free");
}

#[test]
fn a_closed_page_comes_back_zeroed_and_with_other_chunks() {
    let arena = Arena::reserve(2, 64 << 10, false).expect("address space");
    assert!(arena.open_page(1, 64, 5));
    let mut chunk = arena.claim(arena.link(1, 64)).expect("free");
    arena.body_mut(&mut chunk, 0, 48).fill(0xff);
    let _ = arena.retire(chunk);
    arena.close_page(1);
    assert!(arena.open_page(1, 96, 5));
    let chunk = arena.claim(arena.link(1, 0)).expect("free");
    assert_eq!(arena.body_owned(&chunk, 0, 80), [0; 80]);
    let _ = arena.retire(chunk);
}

#[test]
#[should_panic(expected = "chunk in use")]
fn a_page_in_use_cannot_be_closed() {
    let arena = Arena::reserve(2, 64 << 10, false).expect("address space");
    assert!(arena.open_page(1, 64, 5));
    let _chunk = arena.claim(arena.link(1, 640)).expect("free");
    arena.close_page(1);
}

#[test]
#[should_panic(expected = "beyond the end of a chunk")]
fn a_body_ends_with_its_chunk() {
    let arena = Arena::reserve(2, 64 << 10, true).expect("address space");
    assert!(arena.open_page(1, 64, 5));
    let mut chunk = arena.claim(arena.link(1, 0)).expect("free");
    arena.body_mut(&mut chunk, 1, 40);
}

#[test]
#[should_panic(expected = "a link to no chunk")]
fn a_link_to_a_page_not_in_use_is_caught() {
    let arena = Arena::reserve(3, 64 << 10, true).expect("address space");
    assert!(arena.open_page(1, 64, 5));
    arena.header(arena.link(2, 0));
}

/// A hash that leaves few buckets and tags, so that chains get long.
fn hash(link: Link) -> u64 {
    let mixed = u64::from(link.raw()).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed >> 40 | (mixed & 3) << 60
}

#[test]
fn the_table_grows_shrinks_chains_and_loses_nothing() {
    let table = Table::new(5, 10_000, true).expect("memory");
    let count = if cfg!(miri) { 400 } else { 5_000 };
    let links = || (1..=count).filter_map(Link::from_raw);
    let find = |link| table.lock(hash(link)).find(hash(link), link).is_some();
    let before = table.bytes();
    for link in links() {
        assert!(table.lock(hash(link)).insert(hash(link), link));
        if link.raw().is_multiple_of(10) {
            table.grow(link.raw() as usize, hash);
        }
    }
    assert!(table.bytes() > 2 * before);
    assert!(links().all(find));
    let goes = |link: Link| link.raw().is_multiple_of(3);
    let mut gone = 0;
    let mut tour = table.tour();
    while table.visit(&mut tour, |bucket, link| {
        if goes(link) {
            gone += 1;
            bucket.take_out(link);
        }
    }) {}
    assert_eq!(gone, count / 3);
    assert!(links().all(|link| find(link) != goes(link)));
    for link in links().filter(|&link| !goes(link)) {
        let bucket = table.lock(hash(link));
        let place = bucket.find(hash(link), link).expect("not gone yet");
        bucket.remove(place);
    }
    assert!(!links().any(find));
    // No overflow line is kept by an empty bucket.
    let grown = table.bytes();
    for link in links() {
        let (bucket, hash) = (table.lock(hash(link)), hash(link));
        assert!(bucket.insert(hash, link));
        let place = bucket.find(hash, link).expect("just inserted");
        bucket.remove(place);
    }
    assert_eq!(table.bytes(), grown);
}

#[test]
fn a_tour_meets_everything_once_while_the_table_grows() {
    let count = if cfg!(miri) { 300 } else { 5_000 };
    for step in [1, 3, 50] {
        let table = Table::new(10, count as usize, true).expect("address space");
        let hash = |link: Link| u64::from(link.raw()).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let link = |raw| Link::from_raw(raw).expect("above 0");
        for link in (1..=count).map(link) {
            assert!(table.lock(hash(link)).insert(hash(link), link));
        }
        let (mut tour, mut met) = (table.tour(), vec![0; count as usize + 1]);
        // Grows from 64 buckets by none to eight after each one visited.
        let mut items = 0;
        while table.visit(&mut tour, |_, link| met[link.raw() as usize] += 1) {
            items += step * 20;
            table.grow(items, hash);
        }
        assert!(met[1..].iter().all(|&times| times == 1), "step {step}");
    }
}
