//! `ma`: counting.

use mcrs::codec::meta::flags::push_number;
use mcrs::codec::meta::{Code, Flags};
use mcrs::codec::num;
use mcrs::codec::text::CRLF;
use mcrs::codec::text::request::ArithVerb;

use super::Name;
use super::get::{begin, precedes, push_ttl};
use crate::engine::{Arith, ArithTerms, Direction, NewNumber};
use crate::exec::{Context, Output};

pub(super) fn run(
    context: &Context,
    key: &Name<'_>,
    verb: ArithVerb,
    flags: &Flags<'_>,
    out: &mut Output,
) {
    let shared = context.shared;
    let counters = context.counters;
    let clock = &shared.clock;
    let now = clock.now();
    let touch = flags.exptime().map(|exptime| clock.expiry(exptime));
    let created = flags.vivify().map(|exptime| clock.expiry(exptime));
    let terms = ArithTerms {
        // 0 means any id. Source: memcached 1.6.18, measured.
        compare: flags.compare_cas().filter(|&cas| cas != 0),
        cas: flags.new_cas(),
        touch,
        create: created.map(|created| NewNumber {
            value: flags.initial(),
            expiry: touch
                .filter(|_| precedes(flags, b'N', b'T'))
                .unwrap_or(created),
            encoded_key: key.encoded,
        }),
    };
    let (direction, hits, misses) = match verb {
        ArithVerb::Incr => (Direction::Incr, &counters.incr_hits, &counters.incr_misses),
        ArithVerb::Decr => (Direction::Decr, &counters.decr_hits, &counters.decr_misses),
    };
    let delta = flags.delta();
    context.note_lookup(key.bytes);
    let (done, before) = shared
        .engine
        .arith_with(key.bytes, direction, delta, &terms, now);
    let (value, cas) = match (done, before) {
        (Arith::Done { value, cas }, before) => {
            hits.add(before.is_some().into());
            if before.is_none() {
                context.note_created(key.bytes);
            }
            (value, cas)
        }
        (Arith::NotFound, _) => {
            misses.add(1);
            return key.status(Code::NotFound, flags, out);
        }
        (Arith::Exists, _) => return key.status(Code::Exists, flags, out),
        (Arith::NonNumeric, _) => {
            return out.line("CLIENT_ERROR cannot increment or decrement non-numeric value");
        }
        (Arith::NoMemory, Some(_)) => return out.line("SERVER_ERROR out of memory"),
        (Arith::NoMemory, None) => {
            return out.line("SERVER_ERROR Out of memory allocating new item");
        }
    };
    // What was created is told in any case. Source: memcached 1.6.18, measured.
    if flags.is_quiet() && before.is_some() {
        return;
    }
    let mut digits = [0; num::MAX_DECIMAL_LEN];
    let len = num::write_u64(&mut digits, value);
    let with_value = flags.has(b'v');
    let bytes = out.bytes();
    begin(bytes, with_value.then_some(len));
    // The TTL follows the flags that set it.
    let mut expiry = before.unwrap_or(0);
    for flag in flags.tokens() {
        match flag.letter {
            b'c' => push_number(bytes, b'c', cas),
            b't' => push_ttl(bytes, expiry, now),
            b'T' => expiry = touch.unwrap_or(expiry),
            b'N' if before.is_none() => expiry = created.unwrap_or(expiry),
            _ => key.echo(flag, bytes),
        }
    }
    bytes.extend_from_slice(CRLF);
    if with_value {
        bytes.extend_from_slice(&digits[..len]);
        bytes.extend_from_slice(CRLF);
    }
}
