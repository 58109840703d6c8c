//! `me`: what the server knows about an item.

use std::io::Write;

use mcrs::codec::meta::{Code, push_key};
use mcrs::codec::text::CRLF;

use super::Name;
use crate::exec::{Context, Output};

pub(super) fn run(context: &Context, key: &Name<'_>, out: &mut Output) {
    let shared = context.shared;
    let now = shared.clock.now();
    context.counters.cmd_meta.add(1);
    context.note_lookup(key.bytes);
    let Some(item) = shared.engine.peek(key.bytes, now) else {
        return out.line(Code::Missing.name());
    };
    let bytes = out.bytes();
    bytes.extend_from_slice(b"ME ");
    push_key(bytes, key.bytes, key.encoded || item.has_encoded_key());
    let left = match item.expiry() {
        0 => -1,
        tick => i64::from(tick) - i64::from(now),
    };
    let fetched = if item.was_fetched() { "yes" } else { "no" };
    // Writing to memory does not fail.
    let _ = write!(
        bytes,
        " exp={left} la={} cas={} fetch={fetched} cls={} size={}",
        now.saturating_sub(item.last_access()),
        item.cas(),
        item.class(),
        item.total_bytes(),
    );
    bytes.extend_from_slice(CRLF);
}
