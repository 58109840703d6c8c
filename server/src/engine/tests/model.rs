//! Random operations on the engine and on a plain map must agree, whatever the seed.

use std::collections::HashMap;

use super::*;

#[derive(Debug, Clone, PartialEq)]
struct Item {
    value: Vec<u8>,
    flags: u32,
    expiry: u32,
    access: u32,
    cas: u64,
}

#[derive(Debug, Default)]
struct Model {
    items: HashMap<Vec<u8>, Item>,
    cas: u64,
    point: u32,
}

impl Model {
    fn live(&mut self, key: &[u8], now: u32) -> Option<&mut Item> {
        let point = self.point;
        let dead = |item: &Item| {
            (item.expiry != 0 && item.expiry <= now)
                || (point != 0 && now >= point && item.access <= point)
        };
        if self.items.get(key).is_some_and(dead) {
            self.items.remove(key);
        }
        self.items.get_mut(key)
    }

    fn store(&mut self, key: &[u8], mut item: Item, mode: Mode) -> Stored {
        self.cas += 1;
        let (cas, now) = (self.cas, item.access);
        let old = self.live(key, now);
        match (mode, old) {
            (Mode::Add, Some(old)) => {
                old.access = now;
                return Stored::NotStored;
            }
            (Mode::Replace | Mode::Append | Mode::Prepend, None) => return Stored::NotStored,
            (Mode::Cas(_), None) => return Stored::NotFound,
            (Mode::Cas(id), Some(old)) if id != old.cas => return Stored::Exists,
            (Mode::Append, Some(old)) => {
                let value = [&old.value[..], &item.value].concat();
                item = Item {
                    value,
                    access: now,
                    ..old.clone()
                };
            }
            (Mode::Prepend, Some(old)) => {
                let value = [&item.value[..], &old.value].concat();
                item = Item {
                    value,
                    access: now,
                    ..old.clone()
                };
            }
            _ => {}
        }
        item.cas = cas;
        self.items.insert(key.to_vec(), item);
        Stored::Done { cas }
    }

    fn arith(&mut self, key: &[u8], direction: Direction, delta: u64, now: u32) -> Arith {
        let next = self.cas + 1;
        let Some(item) = self.live(key, now) else {
            return Arith::NotFound;
        };
        let digits = item.value.split(|&byte| byte == b' ').next().unwrap_or(&[]);
        let number = std::str::from_utf8(digits)
            .ok()
            .and_then(|text| text.parse::<u64>().ok());
        let Some(number) = number else {
            return Arith::NonNumeric;
        };
        let value = match direction {
            Direction::Incr => number.wrapping_add(delta),
            Direction::Decr => number.saturating_sub(delta),
        };
        let mut text = value.to_string().into_bytes();
        text.resize(text.len().max(item.value.len()), b' ');
        *item = Item {
            value: text,
            access: now,
            cas: next,
            ..item.clone()
        };
        self.cas = next;
        Arith::Done { value, cas: next }
    }
}

fn run(seed: u64, steps: u32) {
    let engine = with(Config {
        hash_power: 12,
        ..config(32)
    });
    let mut model = Model {
        cas: 1,
        ..Model::default()
    };
    let mut random = Random(seed);
    let (mut now, mut held) = (1, Vec::new());
    for step in 0..steps {
        let context = format!("seed {seed}, step {step}");
        let key = format!("key{}", random.below(60)).into_bytes();
        match random.below(100) {
            0..30 => {
                let found = engine.get(&key, now);
                let expected = model.live(&key, now).map(|item| {
                    item.access = now;
                    item.clone()
                });
                let seen = found.as_ref().map(|item| Item {
                    value: bytes(item),
                    flags: item.flags(),
                    expiry: item.expiry(),
                    access: now,
                    cas: item.cas(),
                });
                assert_eq!(seen, expected, "{context}");
                if random.below(4) == 0 {
                    held.extend(found.zip(expected.map(|item| item.value)));
                }
            }
            30..75 => {
                let len = match random.below(10) {
                    0 => random.below(70_000),
                    1..4 => random.below(2_000),
                    _ => random.below(20),
                } as usize;
                let value = match random.below(3) {
                    0 => random.below(1 << 40).to_string().into_bytes(),
                    _ => random.next().to_le_bytes().repeat(len / 8 + 1),
                };
                let flags = if random.below(2) == 0 {
                    0
                } else {
                    random.next() as u32
                };
                let expiry = if random.below(3) == 0 {
                    now + random.below(20) as u32
                } else {
                    0
                };
                let present = model.items.get(&key).map_or(9, |item| item.cas);
                let mode = match random.below(12) {
                    0..5 => Mode::Set,
                    5..7 => Mode::Add,
                    7..8 => Mode::Replace,
                    8..9 => Mode::Append,
                    9..10 => Mode::Prepend,
                    10..11 => Mode::Cas(present),
                    _ => Mode::Cas(present + 1),
                };
                let joined = matches!(mode, Mode::Append | Mode::Prepend);
                if joined
                    && model
                        .items
                        .get(&key)
                        .is_some_and(|item| item.value.len() > 100_000)
                {
                    continue;
                }
                let mut draft = engine
                    .reserve(&key, flags, expiry, value.len(), now)
                    .expect("room");
                assert_eq!(draft.fill(&value, now), Ok(value.len()), "{context}");
                let stored = engine.commit(draft, mode, now);
                let item = Item {
                    value,
                    flags,
                    expiry,
                    access: now,
                    cas: 0,
                };
                let expected = model.store(&key, item, mode);
                assert_eq!(stored, expected, "{context}: {mode:?}");
            }
            75..82 => {
                let delta = if random.below(9) == 0 {
                    u64::MAX
                } else {
                    random.below(1000)
                };
                let up = random.below(2) == 0;
                let direction = if up { Direction::Incr } else { Direction::Decr };
                // References make the digits move to a new item without padding.
                held.retain(|(item, _): &(ItemRef<'_>, Vec<u8>)| item.key() != key);
                let done = engine.arith(&key, direction, delta, None, now);
                assert_eq!(done, model.arith(&key, direction, delta, now), "{context}");
            }
            82..88 => {
                let expected = model.live(&key, now).is_some();
                model.items.remove(&key);
                let deleted = engine.delete(&key, None, now) == Delete::Done;
                assert_eq!(deleted, expected, "{context}");
            }
            88..93 => {
                let expiry = if random.below(2) == 0 {
                    0
                } else {
                    now + random.below(9) as u32
                };
                let item = model.live(&key, now).map(|item| {
                    item.expiry = expiry;
                    item.access = now;
                });
                assert_eq!(engine.touch(&key, expiry, now), item.is_some(), "{context}");
            }
            93..96 => now += random.below(3) as u32,
            96..97 => {
                engine.flush_all();
                model.items.clear();
                model.point = 0;
            }
            97..98 => {
                model.point = if random.below(3) == 0 {
                    0
                } else {
                    now + random.below(6) as u32
                };
                engine.flush_at(model.point);
            }
            _ => held.truncate(random.below(8) as usize),
        }
        for (item, value) in held.iter().filter(|_| step % 50 == 0) {
            assert!(bytes(item) == *value, "{context}: a reader's value changed");
        }
    }
    drop(held);
    for i in 0..60 {
        engine.delete(format!("key{i}").as_bytes(), None, now);
    }
    let stats = engine.stats();
    assert_eq!((stats.curr_items, stats.bytes, stats.evictions), (0, 0, 0));
    for class in engine.class_stats(now) {
        assert_eq!(class.used_chunks, 0, "seed {seed} leaked: {class:?}");
    }
}

#[test]
fn the_engine_agrees_with_a_map() {
    let (seeds, steps) = if cfg!(miri) { (2, 300) } else { (30, 3_000) };
    for seed in 1..=seeds {
        run(0x9e37_79b9_7f4a_7c15u64.wrapping_mul(seed), steps);
    }
}
