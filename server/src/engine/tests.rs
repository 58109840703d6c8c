//! What any engine must do, whatever is inside.

use super::*;

fn engine() -> Engine {
    Engine::new(Config::default()).expect("the default configuration is valid")
}

fn store(engine: &Engine, key: &[u8], value: &[u8], mode: Mode, now: u32) -> Stored {
    let mut draft = engine.reserve(key, 7, 0, value.len(), now).expect("room");
    assert_eq!(draft.fill(value, now), Ok(value.len()));
    engine.commit(draft, mode, now)
}

fn value(item: &ItemRef<'_>) -> Vec<u8> {
    item.pieces().flatten().copied().collect()
}

#[test]
fn first_stored_item_gets_cas_2() {
    let engine = engine();
    assert_eq!(
        store(&engine, b"k", b"v", Mode::Set, 1),
        Stored::Done { cas: 2 }
    );
    let item = engine.get(b"k", 1).expect("just stored");
    assert_eq!((item.key(), item.flags(), item.cas()), (&b"k"[..], 7, 2));
    assert_eq!(value(&item), b"v");
}
