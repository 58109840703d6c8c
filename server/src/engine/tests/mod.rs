//! What the engine must do, seen from outside. Time is a number here; nothing sleeps.

mod chains;
mod evict;
mod items;
mod large;
#[cfg(mcrsd_loom)]
pub(super) mod loom;
mod marks;
mod memory;
mod model;
mod moves;
mod overwrite;
mod parts;
mod read;
mod restore;
mod threads;
mod walk;
mod witness;

use super::*;

/// A small cache with few classes, cheap to make under Miri too.
fn config(pages: u64) -> Config {
    Config {
        memory_limit_bytes: pages << 20,
        growth_factor: 2.0,
        item_size_max: 256 << 10,
        slab_chunk_max: 64 << 10,
        hash_power: 12,
        ..Config::default()
    }
}

fn engine() -> Engine {
    with(config(4))
}

fn with(config: Config) -> Engine {
    Engine::new(config).expect("the test's configuration is valid")
}

/// Pseudo-random numbers of a seed (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }
}

fn draft<'e>(engine: &'e Engine, key: &[u8], value: &[u8], now: u32) -> Draft<'e> {
    let mut draft = engine.reserve(key, 0, 0, value.len(), now).expect("room");
    assert_eq!(draft.fill(value, now), Ok(value.len()));
    draft
}

fn store(engine: &Engine, key: &[u8], value: &[u8], mode: Mode, now: u32) -> Stored {
    engine.commit(draft(engine, key, value, now), mode, now)
}

fn set(engine: &Engine, key: &[u8], value: &[u8]) -> u64 {
    match store(engine, key, value, Mode::Set, 1) {
        Stored::Done { cas } => cas,
        other => panic!("set answered {other:?}"),
    }
}

fn set_until(engine: &Engine, key: &[u8], value: &[u8], expiry: u32, now: u32) {
    let mut draft = engine
        .reserve(key, 0, expiry, value.len(), now)
        .expect("room");
    assert_eq!(draft.fill(value, now), Ok(value.len()));
    assert!(matches!(
        engine.commit(draft, Mode::Set, now),
        Stored::Done { .. }
    ));
}

fn bytes(item: &ItemRef<'_>) -> Vec<u8> {
    let value = item.pieces().collect::<Vec<_>>().concat();
    assert_eq!(value.len(), item.value_len());
    value
}

fn value(engine: &Engine, key: &[u8], now: u32) -> Option<Vec<u8>> {
    engine.get(key, now).map(|item| bytes(&item))
}

/// Every chunk belongs to an item, or is free: nothing leaked. For engines without chunked items.
fn assert_no_leak(engine: &Engine) {
    for class in engine.class_stats(1) {
        assert_eq!(class.used_chunks, class.items, "class {class:?}");
        let chunks = class.pages * u64::from(class.chunks_per_page);
        assert_eq!(class.used_chunks + class.free_chunks, chunks);
    }
}
