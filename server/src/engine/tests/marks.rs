//! Who is asked to store a new value, and what storing on terms does.

use super::*;

/// An item as a look finds it.
struct Looked {
    facts: Facts,
    marks: Marks,
    value: Vec<u8>,
}

/// Looks, so that values of some tests are short and those of others are not.
fn look(engine: &Engine, key: &[u8], look: &Look, now: u32) -> Option<Looked> {
    let looked = |facts: &Facts, marks: Marks, value: Vec<u8>| Looked {
        facts: *facts,
        marks,
        value,
    };
    let show = |facts: &Facts, marks, value: &[u8]| looked(facts, marks, value.to_vec());
    match engine.look(key, look, 2, now, show) {
        Seen::Nothing => None,
        Seen::Busy => panic!("few readers"),
        Seen::Short(looked) => Some(looked),
        Seen::Long(item, marks) => Some(looked(&item.facts(), marks, bytes(&item))),
    }
}

fn told(looked: &Looked) -> (bool, bool, bool) {
    let Marks { won, sent, stale } = looked.marks;
    (won, sent, stale)
}

fn seen(engine: &Engine, key: &[u8], terms: Look) -> Option<(bool, bool, bool)> {
    look(engine, key, &terms, 1).map(|looked| told(&looked))
}

fn plain(engine: &Engine) -> Option<(bool, bool, bool)> {
    seen(engine, b"k", Look::default())
}

const WON: (bool, bool, bool) = (true, false, false);
const SENT: (bool, bool, bool) = (false, true, false);
const NEITHER: (bool, bool, bool) = (false, false, false);

#[test]
fn the_first_to_see_a_stale_item_wins() {
    let engine = engine();
    assert_eq!(plain(&engine), None);
    let before = set(&engine, b"k", b"v");
    assert_eq!(plain(&engine), Some(NEITHER));
    assert_eq!(
        engine.invalidate(b"k", None, Some(9), None, 1),
        Delete::Done
    );
    let seen = look(&engine, b"k", &Look::default(), 1).expect("kept");
    assert_eq!(told(&seen), (true, false, true));
    assert!(seen.facts.cas > before);
    assert_eq!((seen.facts.expiry, seen.value), (9, b"v".to_vec()));
    assert_eq!(plain(&engine), Some((false, true, true)));
    // Touching, counting as an access and reading keep the marks; storing does not.
    assert!(engine.touch(b"k", 0, 1) && engine.get(b"k", 1).is_some());
    assert_eq!(plain(&engine), Some((false, true, true)));
    assert_eq!(
        engine.invalidate(b"k", None, None, Some(77), 1),
        Delete::Done
    );
    let again = look(&engine, b"k", &Look::default(), 1).expect("kept");
    assert_eq!((again.marks.won, again.facts.cas), (true, 77));
    set(&engine, b"k", b"new");
    assert_eq!(plain(&engine), Some(NEITHER));
}

#[test]
fn invalidating_needs_the_item_and_its_id() {
    let engine = engine();
    let missing = engine.invalidate(b"k", None, None, None, 1);
    assert_eq!(missing, Delete::NotFound);
    let cas = set(&engine, b"k", b"v");
    let other = engine.invalidate(b"k", Some(cas + 1), None, None, 1);
    assert_eq!(other, Delete::Exists);
    assert_eq!(plain(&engine), Some(NEITHER));
    let same = engine.invalidate(b"k", Some(cas), None, None, 1);
    assert_eq!(same, Delete::Done);
    set_until(&engine, b"dead", b"v", 5, 1);
    let dead = engine.invalidate(b"dead", None, None, None, 5);
    assert_eq!(dead, Delete::NotFound);
}

#[test]
fn one_asker_wins_shortly_before_the_end() {
    let engine = engine();
    let look = |recache| Look {
        recache,
        ..Look::default()
    };
    set_until(&engine, b"k", b"v", 10, 1);
    assert_eq!(seen(&engine, b"k", look(10)), Some(NEITHER));
    assert_eq!(seen(&engine, b"k", look(11)), Some(WON));
    assert_eq!(seen(&engine, b"k", look(11)), Some(SENT));
    set(&engine, b"k", b"v");
    assert_eq!(seen(&engine, b"k", look(u32::MAX)), Some(NEITHER));
    for (after, won) in [(true, NEITHER), (false, WON)] {
        set_until(&engine, b"k", b"v", 10, 1);
        let touched = Look {
            touch: Some(100),
            recache_after_touch: after,
            ..look(50)
        };
        assert_eq!(seen(&engine, b"k", touched), Some(won));
        let item = engine.peek(b"k", 1).expect("there");
        assert_eq!(item.expiry(), 100);
    }
}

#[test]
fn a_silent_look_is_no_access() {
    let engine = engine();
    set(&engine, b"k", b"v");
    let terms = |silent| Look {
        silent,
        ..Look::default()
    };
    let fetched = |silent| {
        let seen = look(&engine, b"k", &terms(silent), 7).expect("there");
        (seen.facts.fetched, seen.facts.last_access)
    };
    assert_eq!(fetched(true), (false, 1));
    assert_eq!(fetched(true), (false, 1));
    assert_eq!(fetched(false), (false, 1));
    assert_eq!(fetched(false), (true, 7));
}

#[test]
fn a_missing_key_is_created_once() {
    let engine = engine();
    let new = Vivified {
        expiry: 30,
        encoded_key: true,
        ..Vivified::default()
    };
    let cas = engine.vivify(b"k", &new, 1).expect("memory");
    assert_eq!(engine.vivify(b"k", &new, 1), Ok(None));
    let seen = look(&engine, b"k", &Look::default(), 1).expect("created");
    assert_eq!(told(&seen), SENT);
    let facts = seen.facts;
    assert!(facts.encoded_key && facts.fetched);
    assert_eq!((facts.expiry, facts.value_len), (30, 0));
    assert_eq!(Some(facts.cas), cas);
    let own = Vivified {
        cas: Some(5),
        silent: true,
        ..Vivified::default()
    };
    assert_eq!(engine.vivify(b"own", &own, 1), Ok(Some(5)));
    let item = engine.get(b"own", 1).expect("created");
    assert!(item.cas() == 5 && !item.was_fetched() && !item.has_encoded_key());
    assert_eq!(engine.vivify(&[b'k'; 251], &own, 1), Err(NoMemory));
}

#[test]
fn a_missing_number_is_created_on_terms() {
    let engine = engine();
    let new = NewNumber {
        value: 7,
        expiry: 30,
        encoded_key: true,
    };
    let terms = ArithTerms {
        compare: Some(1000),
        touch: Some(60),
        create: Some(new),
        ..ArithTerms::default()
    };
    let count = |terms: &ArithTerms| engine.arith_with(b"k", Direction::Incr, 2, terms, 1);
    let (Arith::Done { value: 7, cas }, None) = count(&terms) else {
        panic!("not created")
    };
    let item = engine.get(b"k", 1).expect("created");
    assert_eq!((item.expiry(), item.cas()), (30, cas));
    assert!(item.has_encoded_key());
    drop(item);
    assert_eq!(count(&terms), (Arith::Exists, Some(30)));
    let same = ArithTerms {
        compare: Some(cas),
        cas: Some(99),
        ..terms
    };
    let counted = Arith::Done { value: 9, cas: 99 };
    assert_eq!(count(&same), (counted, Some(30)));
    assert_eq!(value(&engine, b"k", 1).as_deref(), Some(&b"9"[..]));
    assert_eq!(
        engine.arith_with(&[b'k'; 251], Direction::Incr, 2, &terms, 1),
        (Arith::NoMemory, None)
    );
}

/// Many threads count under a key that is missing again and again: each count counts.
#[test]
fn many_threads_create_and_count_one_number() {
    let engine = engine();
    let rounds: u64 = if cfg!(miri) { 3 } else { 300 };
    let terms = ArithTerms {
        create: Some(NewNumber {
            value: 1,
            expiry: 0,
            encoded_key: false,
        }),
        ..ArithTerms::default()
    };
    for round in 0..rounds {
        let key = round.to_string();
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let (done, _) =
                        engine.arith_with(key.as_bytes(), Direction::Incr, 1, &terms, 1);
                    assert!(matches!(done, Arith::Done { .. }));
                });
            }
        });
        let value = value(&engine, key.as_bytes(), 1);
        assert_eq!(value.as_deref(), Some(&b"3"[..]));
    }
}

#[test]
#[cfg_attr(miri, ignore = "60,000 readers take it too long")]
fn an_item_with_very_many_readers_lets_no_more_in() {
    let engine = engine();
    set(&engine, b"k", b"v");
    let mut readers = Vec::new();
    while let Some(item) = engine.get(b"k", 1) {
        readers.push(item);
    }
    assert!(readers.len() >= 50_000, "{}", readers.len());
    for most in [0, 100] {
        let look = || engine.look(b"k", &Look::default(), most, 1, |_, _, _| ());
        assert!(matches!(look(), Seen::Busy));
        readers.pop();
        assert!(!matches!(look(), Seen::Busy | Seen::Nothing));
        readers.extend(engine.get(b"k", 1));
    }
    drop(readers);
    assert_no_leak(&engine);
}

#[test]
fn emptied_items_keep_their_id_and_lose_the_rest() {
    let engine = engine();
    let gone = Emptied::default();
    assert_eq!(engine.empty(b"k", None, &gone, 1), Ok(Delete::NotFound));
    let cas = set(&engine, b"k", b"value");
    assert_eq!(
        engine.empty(b"k", Some(cas + 1), &gone, 1),
        Ok(Delete::Exists)
    );
    let rest = Emptied {
        flags: 7,
        expiry: 40,
        ..gone
    };
    assert_eq!(engine.empty(b"k", Some(cas), &rest, 1), Ok(Delete::Done));
    let seen = look(&engine, b"k", &Look::default(), 1).expect("kept");
    assert_eq!(told(&seen), NEITHER);
    let facts = seen.facts;
    assert_eq!((facts.flags, facts.expiry, facts.cas), (7, 40, cas));
    assert_eq!(facts.value_len, 0);
    let stale = Emptied {
        stale: true,
        ..gone
    };
    assert_eq!(engine.empty(b"k", None, &stale, 1), Ok(Delete::Done));
    let seen = look(&engine, b"k", &Look::default(), 1).expect("kept");
    assert_eq!((seen.marks.won, seen.marks.stale), (true, true));
    assert!(seen.facts.cas > cas);
    let own = Emptied {
        cas: Some(3),
        ..gone
    };
    assert_eq!(engine.empty(b"k", None, &own, 1), Ok(Delete::Done));
    assert_eq!(engine.get(b"k", 1).map(|item| item.cas()), Some(3));
    assert_no_leak(&engine);
}

#[test]
fn an_older_id_stores_a_stale_value_if_that_is_accepted() {
    let engine = engine();
    let cas = set(&engine, b"k", b"v");
    engine.invalidate(b"k", None, Some(30), None, 1);
    assert_eq!(plain(&engine), Some((true, false, true)));
    let terms = Terms {
        accept_older: true,
        ..Terms::default()
    };
    let try_with = |id, terms: &Terms| {
        let draft = draft(&engine, b"k", b"newer", 1);
        engine.commit_with(draft, Mode::Cas(id), terms, 1)
    };
    let strict = Terms::default();
    assert_eq!(try_with(cas, &strict), (Stored::Exists, 5));
    assert_eq!(try_with(cas + 100, &terms), (Stored::Exists, 5));
    assert!(matches!(try_with(cas, &terms), (Stored::Done { .. }, 5)));
    let seen = look(&engine, b"k", &Look::default(), 1).expect("there");
    assert_eq!(told(&seen), (false, true, true));
    assert_eq!(seen.facts.expiry, 30);
    assert_eq!(seen.value, b"newer");
    let now = seen.facts.cas;
    assert!(matches!(try_with(now, &terms), (Stored::Done { .. }, 5)));
    assert_eq!(plain(&engine), Some(NEITHER));
}

#[test]
fn ids_are_given_when_they_are_asked_for() {
    let engine = engine();
    let own = Terms {
        cas: Some(1000),
        ..Terms::default()
    };
    let stored = engine.commit_with(draft(&engine, b"k", b"1", 1), Mode::Set, &own, 1);
    assert_eq!(stored, (Stored::Done { cas: 1000 }, 1));
    // The ids of others go on as if nothing had happened.
    assert_eq!(set(&engine, b"other", b"v"), 2);
    let terms = ArithTerms {
        compare: Some(1000),
        cas: Some(500),
        touch: Some(60),
        create: None,
    };
    let up = Direction::Incr;
    let done = |value, cas| Arith::Done { value, cas };
    let counted = engine.arith_with(b"k", up, 1, &terms, 1);
    assert_eq!(counted, (done(2, 500), Some(0)));
    assert_eq!(
        engine.arith_with(b"k", up, 1, &terms, 1),
        (Arith::Exists, Some(60))
    );
    let longer = ArithTerms {
        compare: None,
        ..terms
    };
    let counted = engine.arith_with(b"k", up, 100, &longer, 1);
    assert_eq!(counted, (done(102, 500), Some(60)));
    assert_eq!(engine.get(b"k", 1).map(|item| item.expiry()), Some(60));
}

#[test]
fn joining_compares_and_creates_on_terms() {
    let engine = engine();
    let join = |mode, value: &[u8], terms: &Terms| {
        let draft = draft(&engine, b"k", value, 1);
        engine.commit_with(draft, mode, terms, 1)
    };
    let none = Terms::default();
    let create = Terms {
        create: true,
        ..none
    };
    assert_eq!(join(Mode::Append, b"b", &none), (Stored::NotStored, 1));
    let Stored::Done { cas } = join(Mode::Append, b"b", &create).0 else {
        panic!("not created")
    };
    assert!(matches!(
        join(Mode::Prepend, b"a", &create),
        (Stored::Done { .. }, 2)
    ));
    let compare = Terms {
        compare: Some(cas),
        ..none
    };
    assert_eq!(join(Mode::Append, b"c", &compare), (Stored::Exists, 1));
    let now = engine.get(b"k", 1).map(|item| item.cas());
    let compare = Terms {
        compare: now,
        ..none
    };
    assert!(matches!(
        join(Mode::Append, b"c", &compare),
        (Stored::Done { .. }, 3)
    ));
    assert_eq!(value(&engine, b"k", 1).as_deref(), Some(&b"abc"[..]));
    assert_no_leak(&engine);
}

#[test]
fn keys_stay_encoded_when_items_grow() {
    let engine = engine();
    let encoded = |key: &[u8]| engine.get(key, 1).map(|item| item.has_encoded_key());
    let mut first = draft(&engine, b"k", b"9", 1);
    first.mark_encoded_key();
    engine.commit(first, Mode::Set, 1);
    assert_eq!(encoded(b"k"), Some(true));
    engine.arith(b"k", Direction::Incr, 1, None, 1);
    assert_eq!(encoded(b"k"), Some(true));
    store(&engine, b"k", b"0", Mode::Append, 1);
    assert_eq!(encoded(b"k"), Some(true));
    assert_eq!(value(&engine, b"k", 1).as_deref(), Some(&b"100"[..]));
    set(&engine, b"k", b"v");
    assert_eq!(encoded(b"k"), Some(false));
}

#[test]
fn without_cas_ids_marks_still_work() {
    let engine = with(Config {
        cas: false,
        ..config(4)
    });
    assert_eq!(set(&engine, b"k", b"v"), 0);
    assert_eq!(
        engine.invalidate(b"k", None, None, Some(9), 1),
        Delete::Done
    );
    let seen = look(&engine, b"k", &Look::default(), 1).expect("there");
    assert_eq!((seen.marks.won, seen.facts.cas), (true, 0));
    let own = Terms {
        cas: Some(9),
        ..Terms::default()
    };
    let stored = engine.commit_with(draft(&engine, b"k", b"1", 1), Mode::Set, &own, 1);
    assert_eq!(stored.0, Stored::Done { cas: 0 });
}

/// Many threads see one stale item at once: exactly one is asked.
#[test]
fn exactly_one_of_many_threads_wins() {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let engine = engine();
    let rounds = if cfg!(miri) { 3 } else { 300 };
    let (wins, barrier) = (AtomicUsize::new(0), Barrier::new(4));
    set(&engine, b"k", b"v");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (engine, wins, barrier) = (&engine, &wins, &barrier);
            scope.spawn(move || {
                for _ in 0..rounds {
                    if barrier.wait().is_leader() {
                        let done = engine.invalidate(b"k", None, None, None, 1);
                        assert_eq!(done, Delete::Done, "thread {thread}");
                    }
                    barrier.wait();
                    let seen = look(engine, b"k", &Look::default(), 1).expect("there");
                    assert!(seen.marks.stale && seen.marks.won != seen.marks.sent);
                    wins.fetch_add(usize::from(seen.marks.won), Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(wins.into_inner(), rounds);
}
