//! Memory kept over a restart, damaged as the input says: the engine that goes on with it holds
//! nothing but whole items, works like any other and loses nothing at the next restart.
//!
//! An input is the damage to what a fixed history of stores left behind, in the file and in what is
//! kept beside it, and then what is done with the engine that goes on.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use mcrs_testkit::TempFile;
use mcrsd::engine::{
    CLASSES_MAX, Chore, ClassStats, Config, Direction, Engine, Eviction, Mode, Quota, Snapshot,
};

use crate::Input;

/// Bytes of the memory: as little as allows each class a page.
const MEMORY: usize = 3 << 20;
/// Bytes of a page of a memory so small.
const PAGE: usize = 64 << 10;
/// Tick of the first restart.
const NOW: u32 = 100;
/// Keys there are.
const KEYS: usize = 256;

fn config(eviction: Eviction) -> Config {
    Config {
        memory_limit_bytes: MEMORY as u64,
        item_size_max: 128 << 10,
        slab_chunk_max: 64 << 10,
        growth_factor: 100.0,
        hash_power: 12,
        eviction,
        ..Config::default()
    }
}

/// What the history left behind.
struct Past {
    /// The pages in use, each with its place in the file.
    pages: Vec<(usize, Vec<u8>)>,
    /// Places in the file of chunks that are not free.
    chunks: Vec<usize>,
    /// What is kept beside the file.
    beside: String,
}

/// One for each way of evicting.
fn past(eviction: usize) -> &'static Past {
    static PASTS: [OnceLock<Past>; Eviction::ALL.len()] =
        [const { OnceLock::new() }; Eviction::ALL.len()];
    PASTS[eviction].get_or_init(|| Past::new(Eviction::ALL[eviction]))
}

impl Past {
    fn new(eviction: Eviction) -> Past {
        let file = TempFile::new(MEMORY as u64);
        let engine = Engine::on_file(config(eviction), file.as_fd()).expect("this is sound");
        engine.start_empty();
        for number in 0..KEYS {
            // Parts of the value in the largest class and in those of the rest.
            let len = match number % 16 {
                7 => 17_000 + number * 100,
                part => part * part * 11,
            };
            let expiry = [0, 0, NOW - 1, NOW + 5][number % 4];
            store(&engine, number, (number as u32 % 3, expiry), len, 1);
        }
        for number in (0..KEYS).step_by(9) {
            let _ = engine.delete(&key(number), None, 2);
        }
        for number in (1..KEYS).step_by(5) {
            let _ = engine.get(&key(number), 3);
        }
        for number in (2..KEYS).step_by(11) {
            let _ = engine.invalidate(&key(number), None, None, None, 4);
        }
        let snapshot = engine.snapshot();
        let beside = snapshot.to_string();
        drop(engine);
        let memory = file.read();
        let (mut pages, mut chunks) = (Vec::new(), Vec::new());
        let mut bytes = 0;
        for line in beside.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let number = |at: usize| words[at].parse::<usize>().expect("a number");
            match words[0] {
                "class" => bytes = number(1),
                "page" if number(2) > 0 => {
                    let start = (number(1) - 1) * PAGE;
                    pages.push((start, memory[start..start + PAGE].to_vec()));
                    let starts = (start..start + number(2)).step_by(bytes);
                    chunks.extend(starts.filter(|&at| memory[at..at + 2] != [0, 0]));
                }
                _ => {}
            }
        }
        assert!(chunks.len() > KEYS * 3 / 4, "{beside}");
        Past {
            pages,
            chunks,
            beside,
        }
    }

    /// The file with damage as the input says.
    fn damaged(&self, input: &mut Input<'_>) -> TempFile {
        let file = TempFile::new(MEMORY as u64);
        for (start, page) in &self.pages {
            file.write(page, *start as u64);
        }
        for _ in 0..input.below(32) {
            let (chunk, other) = (self.chunk(input), self.chunk(input));
            let bytes = self.bytes(chunk);
            let word = input.below(12) * 4;
            let old: [u8; 4] = bytes[word..word + 4].try_into().expect("four bytes");
            let (at, new) = match input.below(8) {
                0 => (word, number(input).to_ne_bytes().to_vec()),
                // Small numbers are lengths and ticks.
                1 => (word, u32::from(input.byte()).to_ne_bytes().to_vec()),
                2 => {
                    let flip = 1 << input.below(32);
                    (
                        word,
                        (u32::from_ne_bytes(old) ^ flip).to_ne_bytes().to_vec(),
                    )
                }
                3 => (word, link(other).to_ne_bytes().to_vec()),
                4 => (word, self.bytes(other)[word..word + 4].to_vec()),
                // All that is in front of a key; and a whole small item.
                5 => (0, self.bytes(other)[..32].to_vec()),
                6 => (0, self.bytes(other)[..72].to_vec()),
                _ => (input.below(200), input.take(4).to_vec()),
            };
            let room = bytes.len().saturating_sub(at);
            file.write(&new[..new.len().min(room)], (chunk + at) as u64);
        }
        file
    }

    /// What is kept beside the file with lines changed as the input says. `None` if it makes no
    /// sense then.
    fn changed(&self, input: &mut Input<'_>) -> Option<Snapshot> {
        let mut lines: Vec<String> = self.beside.lines().map(str::to_owned).collect();
        for _ in 0..input.below(4) {
            let (at, other) = (input.below(lines.len()), input.below(lines.len()));
            let mut words: Vec<&str> = lines[at].split(' ').collect();
            let word = input.below(words.len());
            let new = match input.below(4) {
                0 => number(input).to_string(),
                1 => u32::from(input.byte()).to_string(),
                2 => u64::MAX.to_string(),
                _ => {
                    lines.swap(at, other);
                    continue;
                }
            };
            words[word] = &new;
            lines[at] = words.join(" ");
        }
        (lines.join("\n") + "\n").parse().ok()
    }

    fn chunk(&self, input: &mut Input<'_>) -> usize {
        let number = usize::from(input.byte()) << 8 | usize::from(input.byte());
        self.chunks[number % self.chunks.len()]
    }

    /// The bytes from a place in the file to the end of its page.
    fn bytes(&self, at: usize) -> &[u8] {
        let mut pages = self.pages.iter();
        let page = pages.find(|(start, _)| (*start..start + PAGE).contains(&at));
        let (start, page) = page.expect("a page in use");
        &page[at - start..]
    }
}

/// The engine's name for the chunk at a place in the file: pages are numbered from 1, and places
/// count in 8 bytes.
fn link(at: usize) -> u32 {
    ((at + PAGE) / 8) as u32
}

fn number(input: &mut Input<'_>) -> u32 {
    (0..4).fold(0, |number, _| number << 8 | u32::from(input.byte()))
}

fn key(number: usize) -> Vec<u8> {
    format!("{number}").into_bytes()
}

/// Of a key; as they are compared and copied in one piece, most time goes to the engine.
fn value(number: usize, len: usize) -> &'static [u8] {
    static DIGITS: LazyLock<Vec<u8>> = LazyLock::new(|| b"0123456789".repeat(10_000));
    &DIGITS[number % 10..][..len]
}

/// Stores a value if there is room; whether there was.
fn store(
    engine: &Engine,
    number: usize,
    (flags, expiry): (u32, u32),
    len: usize,
    now: u32,
) -> bool {
    let Ok(mut draft) = engine.reserve(&key(number), flags, expiry, len, now) else {
        return false;
    };
    if draft.fill(value(number, len), now).is_err() {
        return false;
    }
    let _ = engine.commit(draft, Mode::Set, now);
    true
}

/// Flags, CAS id, expiry and value of an item.
type Held = (u32, u64, u32, Vec<u8>);

fn held(engine: &Engine, number: usize, now: u32) -> Option<Held> {
    let item = engine.peek(&key(number), now)?;
    assert_eq!(item.key(), key(number));
    let value = item.pieces().collect::<Vec<_>>().concat();
    assert_eq!(value.len(), item.value_len());
    Some((item.flags(), item.cas(), item.expiry(), value))
}

/// All that is found by the keys there are.
fn all_held(engine: &Engine, now: u32) -> BTreeMap<usize, Held> {
    let found = (0..KEYS).filter_map(|number| Some((number, held(engine, number, now)?)));
    found.collect()
}

/// Every class, and all of its items.
fn everything() -> Quota {
    let mut quota = Quota::none();
    (1..=CLASSES_MAX).for_each(|class| quota.add(class, 0));
    quota
}

/// Drops what is dead. What is left, by number.
fn crawl(engine: &Engine, now: u32) -> u64 {
    let (mut walk, mut quota) = (engine.walk(), everything());
    let mut live = 0;
    let mut see = |_, found| live += u64::from(found != mcrsd::engine::Found::Reclaimed);
    while engine.reap(&mut walk, &mut quota, now, &mut see) {}
    live
}

/// The figures agree with each other.
fn count(engine: &Engine, now: u32) {
    let (stats, classes) = (engine.stats(), engine.class_stats(now));
    let items: u64 = classes.iter().map(|class| class.items).sum();
    let bytes: u64 = classes.iter().map(|class| class.requested_bytes).sum();
    assert_eq!((items, bytes), (stats.curr_items, stats.bytes));
    assert!(stats.total_malloced_bytes <= MEMORY as u64);
    let used = classes.iter();
    let used = used.map(|class| class.used_chunks * u64::from(class.chunk_bytes));
    assert!(used.sum::<u64>() <= MEMORY as u64);
    let temporary = |class: &ClassStats| class.temporary <= class.items;
    assert!(classes.iter().all(temporary), "{classes:?}");
}

/// Does what the input says, to its end.
fn work(engine: &Engine, input: &mut Input<'_>, now: &mut u32) {
    while !input.is_empty() {
        let choice = input.byte();
        let number = usize::from(input.byte()) % KEYS;
        match choice % 12 {
            0 => drop(engine.get(&key(number), *now)),
            1 => drop(engine.get_and_touch(&key(number), *now + 10, *now)),
            2 => drop(engine.delete(&key(number), None, *now)),
            3 | 4 => {
                let len = usize::from(input.byte()) * [1, 300][usize::from(choice % 12 == 4)];
                let stored = store(engine, number, (1, 0), len, *now);
                // What is stored in the second of a flush is flushed.
                if stored && engine.stats().flush_point != *now {
                    let (.., stored) = held(engine, number, *now).expect("just stored");
                    assert!(stored == value(number, len));
                }
            }
            5 => drop(engine.arith(&key(number), Direction::Incr, 1, None, *now)),
            6 => drop(engine.invalidate(&key(number), None, None, None, *now)),
            7 => {
                for number in 0..number {
                    store(engine, KEYS + number, (0, 0), number * 64, *now);
                }
            }
            8 => {
                let to = input.below(engine.classes().len()) + 1;
                let _ = engine.reassign(None, to);
                for _ in 0..200 {
                    if engine.tend(*now) == Chore::Done {
                        break;
                    }
                }
            }
            9 => drop(crawl(engine, *now)),
            10 => engine.flush_at(*now + number as u32 / 16),
            _ => {
                *now += number as u32 / 8;
                if number == 0 {
                    engine.flush_all();
                }
            }
        }
    }
}

/// Damages what was left behind, goes on with it, works, and restarts twice.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let choice = input.below(Eviction::ALL.len());
    let past = past(choice);
    let file = past.damaged(&mut input);
    let Some(snapshot) = past.changed(&mut input) else {
        return;
    };
    let open = || {
        let config = config(Eviction::ALL[choice]);
        Engine::on_file(config, file.as_fd()).expect("as before")
    };
    let engine = open();
    let mut now = NOW;
    if engine.resume(&snapshot, now).is_err() {
        return;
    }
    count(&engine, now);
    let found = all_held(&engine, now);
    assert!(found.len() as u64 <= engine.stats().curr_items);
    work(&engine, &mut input, &mut now);
    count(&engine, now);
    assert_eq!(crawl(&engine, now), engine.stats().curr_items);

    let (stats, found) = (engine.stats(), all_held(&engine, now));
    let snapshot = engine.snapshot();
    drop(engine);
    let snapshot = snapshot.to_string().parse().expect("our own");
    let engine = open();
    assert_eq!(engine.resume(&snapshot, now), Ok(()));
    count(&engine, now);
    assert_eq!(engine.stats().curr_items, stats.curr_items);
    assert_eq!(engine.stats().bytes, stats.bytes);
    assert!(all_held(&engine, now) == found);

    engine.flush_all();
    assert_eq!(crawl(&engine, now), 0);
    count(&engine, now);
    let used = engine.class_stats(now).into_iter();
    assert_eq!(used.map(|class| class.used_chunks).sum::<u64>(), 0);
}
