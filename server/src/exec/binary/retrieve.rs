//! Looking up: get, get-and-touch and touch.

use mcrs::codec::binary::reply::Head;
use mcrs::codec::binary::{HEADER_LEN, Status};

use super::ReplyTo;
use crate::engine::{Facts, ItemRef, Shown};
use crate::exec::output::COPY_MAX;
use crate::exec::{Context, Output};

/// Bytes of extras of a hit: the client flags.
const EXTRAS_LEN: usize = 4;

/// Answers with the item, if there is one.
#[inline]
pub(super) fn get(context: &Context, to: ReplyTo, key: &[u8], with_key: bool, out: &mut Output) {
    let shared = context.shared;
    let counters = context.counters;
    counters.cmd_get.add(1);
    let key_back = if with_key { key } else { &[] };
    let room = out.room_for(HEADER_LEN + EXTRAS_LEN + key_back.len() + COPY_MAX);
    let show = |facts: &Facts, value: &[u8]| {
        head(to, facts, &facts.flags.to_be_bytes(), key_back).encode(room);
        room.extend_from_slice(value);
    };
    context.note_lookup(key);
    let engine = &shared.engine;
    let shown = engine.get_short(engine.hashed(key), COPY_MAX, shared.clock.now(), show);
    let found = match shown {
        Shown::Short(()) => true,
        Shown::Long(item) => {
            hit(to, item, key_back, out);
            true
        }
        Shown::Nothing => false,
    };
    context.count_get(key, found);
    if found {
        counters.get_hits.add(1);
    } else {
        counters.get_misses.add(1);
        miss(to, key_back, out);
    }
}

/// The same, and sets a new expiry. Counts as a touch, not as a get.
pub(super) fn get_and_touch(
    context: &Context,
    to: ReplyTo,
    key: &[u8],
    with_key: bool,
    exptime: u32,
    out: &mut Output,
) {
    let key_back = if with_key { key } else { &[] };
    let found = touched(context, key, exptime);
    context.count_get(key, found.is_some());
    match found {
        Some(item) => hit(to, item, key_back, out),
        None => miss(to, key_back, out),
    }
}

/// Sets a new expiry; the answer has the client flags but no value.
pub(super) fn touch(context: &Context, to: ReplyTo, key: &[u8], exptime: u32, out: &mut Output) {
    match touched(context, key, exptime) {
        Some(item) => {
            let extras = item.flags().to_be_bytes();
            let head = Head {
                cas: item.cas(),
                extras: &extras,
                ..to.head(Status::OK)
            };
            head.encode(out.bytes());
        }
        None => to.error(Status::NOT_FOUND, out),
    }
}

fn touched(context: &Context, key: &[u8], exptime: u32) -> Option<ItemRef<'static>> {
    let shared = context.shared;
    let counters = context.counters;
    let expiry = shared.clock.expiry(exptime.into());
    context.note_lookup(key);
    let found = shared.engine.get_and_touch(key, expiry, shared.clock.now());
    counters.cmd_touch.add(1);
    match found {
        Some(_) => counters.touch_hits.add(1),
        None => counters.touch_misses.add(1),
    }
    found
}

/// A hit is answered by quiet commands too. `key` is empty unless it goes back.
#[inline]
fn hit(to: ReplyTo, item: ItemRef<'static>, key: &[u8], out: &mut Output) {
    let facts = item.facts();
    head(to, &facts, &facts.flags.to_be_bytes(), key).encode(out.bytes());
    out.value(item);
}

/// What stands before the value of a hit; `flags` are the client's as they go over the wire.
#[inline]
fn head<'a>(to: ReplyTo, facts: &Facts, flags: &'a [u8; EXTRAS_LEN], key: &'a [u8]) -> Head<'a> {
    Head {
        cas: facts.cas,
        extras: flags,
        key,
        // Items are at most 1 GiB.
        value_len: facts.value_len as u32,
        ..to.head(Status::OK)
    }
}

/// Says so unless the command is quiet: with the key if that goes back, else in words.
fn miss(to: ReplyTo, key: &[u8], out: &mut Output) {
    if to.quiet {
        return;
    }
    if key.is_empty() {
        return to.error(Status::NOT_FOUND, out);
    }
    let head = Head {
        key,
        ..to.head(Status::NOT_FOUND)
    };
    head.encode(out.bytes());
}
