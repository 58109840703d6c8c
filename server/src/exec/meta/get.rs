//! `mg`: reading, touching, and sharing the work of storing a new value.

use mcrs::codec::meta::flags::{push_flag, push_number, push_signed};
use mcrs::codec::meta::reply::begin_value;
use mcrs::codec::meta::{Code, Flags};
use mcrs::codec::text::CRLF;

use super::Name;
use crate::engine::{Facts, Look, Marks, Seen, Vivified};
use crate::exec::output::COPY_MAX;
use crate::exec::{Context, Output};

/// Times that an item is looked for again which others create and remove meanwhile.
const TRIES_MAX: u32 = 3;

/// The flags that [`Answer::figures`] answers.
const ANSWERED: &[u8] = b"sfctlhkO";

/// More bytes than a line has: a key in base64, an opaque and seven numbers.
const HEAD_MAX: usize = 700;

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
    context.note_lookup(key.bytes);
    let mut answer = Answer {
        key,
        flags,
        touch,
        created: None,
        now,
    };
    for _ in 0..TRIES_MAX {
        // Room for the whole answer, so that none is looked for while others wait.
        let bytes = out.room_for(HEAD_MAX + COPY_MAX + CRLF.len());
        let show = |facts: &Facts, marks, value: &[u8]| {
            if answer.head(facts, marks, bytes) {
                bytes.extend_from_slice(value);
                bytes.extend_from_slice(CRLF);
            }
        };
        match shared.engine.look(key.bytes, &look, COPY_MAX, now, show) {
            Seen::Short(()) => return count_hit(context, touch.is_some()),
            Seen::Long(item, marks) => {
                count_hit(context, touch.is_some());
                if answer.head(&item.facts(), marks, out.bytes()) {
                    out.value(item);
                    out.bytes().extend_from_slice(CRLF);
                }
                return;
            }
            Seen::Nothing => {}
            Seen::Busy => return out.line("SERVER_ERROR refcount overflow during fetch"),
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
                answer.created = Some(created);
                return answer.vivified(cas, out);
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
    flags.has(first) && flags.has(second) && comes_first(flags, first, second)
}

fn comes_first(flags: &Flags<'_>, first: u8, second: u8) -> bool {
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

/// What a hit is answered by.
struct Answer<'a> {
    key: &'a Name<'a>,
    flags: &'a Flags<'a>,
    /// The expiry tick set by `T`.
    touch: Option<u32>,
    /// The one set by `N`, if the item was just created.
    created: Option<u32>,
    now: u32,
}

impl Answer<'_> {
    /// Appends the line; whether a value follows it. The expiry is the one before the flags that set
    /// another.
    #[inline]
    fn head(&self, facts: &Facts, marks: Marks, bytes: &mut Vec<u8>) -> bool {
        let flags = self.flags;
        // The client that creates an item has no value of it.
        let has_it = self.created.is_none() && flags.compare_cas() == Some(facts.cas);
        let with_value = flags.has(b'v') && !has_it;
        begin(bytes, with_value.then_some(facts.value_len));
        if flags.has_any(ANSWERED) {
            self.figures(facts, bytes);
        }
        let Marks { won, sent, stale } = marks;
        for (is_true, letter) in [(sent, b'Z'), (stale, b'X'), (won, b'W')] {
            if is_true {
                push_flag(bytes, letter);
            }
        }
        bytes.extend_from_slice(CRLF);
        with_value
    }

    /// Appends what the flags ask for, in their order.
    fn figures(&self, facts: &Facts, bytes: &mut Vec<u8>) {
        let mut expiry = facts.expiry;
        for flag in self.flags.tokens() {
            match flag.letter {
                b's' => push_number(bytes, b's', facts.value_len as u64),
                b'f' => push_number(bytes, b'f', facts.flags.into()),
                b'c' => push_number(bytes, b'c', facts.cas),
                b't' => push_ttl(bytes, expiry, self.now),
                b'l' => {
                    let age = self.now.saturating_sub(facts.last_access);
                    push_number(bytes, b'l', age.into());
                }
                b'h' => push_number(bytes, b'h', facts.fetched.into()),
                b'k' => self.key.as_stored(facts).echo(flag, bytes),
                b'T' => expiry = self.touch.unwrap_or(expiry),
                b'N' => expiry = self.created.unwrap_or(expiry),
                _ => self.key.echo(flag, bytes),
            }
        }
    }

    /// Answers with the empty item that was just stored, whose value this client is to store.
    fn vivified(&self, cas: u64, out: &mut Output) {
        let facts = Facts {
            flags: 0,
            value_len: 0,
            cas,
            // The flag that sets one may come later.
            expiry: 0,
            last_access: self.now,
            fetched: false,
            encoded_key: self.key.encoded,
        };
        let marks = Marks {
            won: true,
            sent: false,
            stale: false,
        };
        let bytes = out.bytes();
        if self.head(&facts, marks, bytes) {
            bytes.extend_from_slice(CRLF);
        }
    }
}
