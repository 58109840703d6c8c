//! `mg`: reading, touching, and sharing the work of storing a new value.

use mcrs::codec::meta::flags::{push_flag, push_number, push_signed};
use mcrs::codec::meta::reply::begin_value;
use mcrs::codec::meta::{Code, Flags};
use mcrs::codec::text::CRLF;

use super::Name;
use crate::engine::{Busy, Look, Seen, Vivified};
use crate::exec::{Context, Output};

/// Times that an item is looked for again which others create and remove meanwhile.
const TRIES_MAX: u32 = 3;

pub(super) fn run(context: &Context, key: &Name<'_>, flags: &Flags<'_>, out: &mut Output) {
    let shared = context.shared;
    let now = shared.clock.now();
    let touch = flags.exptime().map(|exptime| shared.clock.expiry(exptime));
    let look = Look {
        silent: flags.has(b'u'),
        touch,
        recache: flags.recache().map_or(0, |ttl| shared.clock.expiry(ttl)),
        recache_after_touch: precedes(flags, b'T', b'R'),
    };
    for _ in 0..TRIES_MAX {
        match shared.engine.look(key.bytes, &look, now) {
            Ok(Some(seen)) => {
                count_hit(context, touch.is_some());
                return hit(key, flags, seen, touch, now, out);
            }
            Ok(None) => {}
            Err(Busy) => return out.line("SERVER_ERROR refcount overflow during fetch"),
        }
        let Some(exptime) = flags.vivify() else { break };
        let created = shared.clock.expiry(exptime);
        let new = Vivified {
            expiry: touch
                .filter(|_| precedes(flags, b'N', b'T'))
                .unwrap_or(created),
            encoded_key: key.encoded,
            silent: look.silent,
            cas: flags.new_cas(),
        };
        match shared.engine.vivify(key.bytes, &new, now) {
            Ok(Some(cas)) => {
                count_hit(context, touch.is_some());
                return vivified(key, flags, created, touch, cas, now, out);
            }
            Ok(None) => {}
            Err(_) => break,
        }
    }
    context.counters.cmd_get.add(1);
    context.counters.get_misses.add(1);
    if !flags.is_quiet() {
        key.status(Code::Missing, flags, out);
    }
}

/// Whether there are flags with both letters, in this order.
#[inline]
pub(super) fn precedes(flags: &Flags<'_>, first: u8, second: u8) -> bool {
    if !flags.has(first) || !flags.has(second) {
        return false;
    }
    let mut letters = flags.tokens().map(|flag| flag.letter);
    letters.find(|&letter| letter == first || letter == second) == Some(first)
}

#[inline]
fn count_hit(context: &Context, touched: bool) {
    let counters = context.counters;
    if touched {
        counters.cmd_touch.add(1);
        counters.touch_hits.add(1);
    } else {
        counters.cmd_get.add(1);
        counters.get_hits.add(1);
    }
}

/// What flags ask to be told about an item.
#[derive(Debug, Default)]
struct Figures {
    len: usize,
    client_flags: u32,
    cas: u64,
    /// The tick at which it expires, 0 for never.
    expiry: u32,
    /// The tick of the access before.
    last_access: u32,
    fetched: bool,
}

impl Figures {
    /// Answers all flags but those about who is to store a new value. The expiry follows the flags
    /// that set it, `touch` by `T` and `created` by `N`.
    #[inline]
    fn push(
        &mut self,
        key: &Name<'_>,
        flags: &Flags<'_>,
        touch: Option<u32>,
        created: Option<u32>,
        now: u32,
        bytes: &mut Vec<u8>,
    ) {
        for flag in flags.tokens() {
            match flag.letter {
                b's' => push_number(bytes, b's', self.len as u64),
                b'f' => push_number(bytes, b'f', self.client_flags.into()),
                b'c' => push_number(bytes, b'c', self.cas),
                b't' => push_ttl(bytes, self.expiry, now),
                b'l' => push_number(bytes, b'l', now.saturating_sub(self.last_access).into()),
                b'h' => push_number(bytes, b'h', self.fetched.into()),
                b'T' => self.expiry = touch.unwrap_or(self.expiry),
                b'N' => self.expiry = created.unwrap_or(self.expiry),
                _ => key.echo(flag, bytes),
            }
        }
    }
}

/// Answers `t`: the seconds left at `now` of an item with this expiry tick, -1 for ever.
#[inline]
pub(super) fn push_ttl(bytes: &mut Vec<u8>, expiry: u32, now: u32) {
    match expiry {
        0 => push_signed(bytes, b't', -1),
        // A TTL just set may lie in the past: nothing is left then.
        tick => push_number(bytes, b't', tick.saturating_sub(now).into()),
    }
}

/// Begins a reply with or without a value of this length.
#[inline]
pub(super) fn begin(bytes: &mut Vec<u8>, value_len: Option<usize>) {
    match value_len {
        Some(len) => begin_value(bytes, len as u64),
        None => Code::Done.encode(bytes),
    }
}

fn hit(
    key: &Name<'_>,
    flags: &Flags<'_>,
    seen: Seen<'static>,
    touch: Option<u32>,
    now: u32,
    out: &mut Output,
) {
    let item = seen.item;
    let mut figures = Figures {
        len: item.value_len(),
        client_flags: item.flags(),
        cas: item.cas(),
        expiry: item.expiry(),
        last_access: item.last_access(),
        fetched: item.was_fetched(),
    };
    let with_value = flags.has(b'v') && flags.compare_cas() != Some(figures.cas);
    let bytes = out.bytes();
    begin(bytes, with_value.then_some(figures.len));
    figures.push(&key.as_stored(&item), flags, touch, None, now, bytes);
    for (is_true, letter) in [(seen.sent, b'Z'), (seen.stale, b'X'), (seen.won, b'W')] {
        if is_true {
            push_flag(bytes, letter);
        }
    }
    bytes.extend_from_slice(CRLF);
    if with_value {
        out.value(item);
        out.bytes().extend_from_slice(CRLF);
    }
}

/// Answers with the empty item that was just stored, whose value this client is to store.
fn vivified(
    key: &Name<'_>,
    flags: &Flags<'_>,
    created: u32,
    touch: Option<u32>,
    cas: u64,
    now: u32,
    out: &mut Output,
) {
    // It has no expiry before the flag that sets one.
    let mut figures = Figures {
        cas,
        last_access: now,
        ..Figures::default()
    };
    let with_value = flags.has(b'v');
    let bytes = out.bytes();
    begin(bytes, with_value.then_some(0));
    figures.push(key, flags, touch, Some(created), now, bytes);
    push_flag(bytes, b'W');
    bytes.extend_from_slice(CRLF);
    if with_value {
        bytes.extend_from_slice(CRLF);
    }
}
