//! The classic text protocol: what its commands do and answer.
//!
//! Source: mcrsd.md 2.3 to 2.6. The grammar, and the answers to lines that do not follow it, are
//! `mcrs::codec::text`'s.

use std::sync::atomic::Ordering::Relaxed;

use mcrs::codec::num;
use mcrs::codec::text::request::{ArithVerb, KeyTooLong, Keys, Store, StoreVerb};
use mcrs::codec::text::{BadRequest, CRLF, Request, ValueHead};

use super::output::COPY_MAX;
use super::upload::{Answer, Intake};
use super::{Context, Mark, Next, Output, Refusal, Upload, admin, meta, stats};
use crate::engine::{
    Arith, Delete, Direction, Facts, Mode, PREFETCH_MAX, ReserveError, Shown, Terms,
};
use crate::flags::MEMCACHED_VERSION;
use crate::watch::CloseReason;

/// Carries out one request and puts the reply in the output. `ahead` is what has come behind it.
#[inline]
pub fn run(context: &Context, request: &Request<'_>, ahead: &[u8], out: &mut Output) -> Next {
    match *request {
        Request::Get { cas, keys } => {
            let retrieval = Retrieval {
                cas,
                touch: None,
                checked: false,
            };
            retrieval.run(context, keys, out)
        }
        Request::Store(ref head) => store(context, head, ahead, out),
        Request::GetAndTouch { cas, exptime, keys } => {
            let expiry = context.shared.clock.expiry(exptime.into());
            let retrieval = Retrieval {
                cas,
                touch: Some(expiry),
                checked: false,
            };
            retrieval.run(context, keys, out)
        }
        Request::Delete { key, noreply } => {
            let text = delete(context, key);
            answer(out, text, noreply)
        }
        Request::Arith {
            verb,
            key,
            delta,
            noreply,
        } => {
            arith(context, verb, key, delta, noreply, out);
            Next::Done
        }
        Request::Touch {
            key,
            exptime,
            noreply,
        } => {
            let text = touch(context, key, exptime);
            answer(out, text, noreply)
        }
        Request::FlushAll { exptime, noreply } => {
            let text = match admin::flush(context, exptime.map_or(0, i64::from)) {
                true => "OK",
                false => "CLIENT_ERROR flush_all not allowed",
            };
            answer(out, text, noreply)
        }
        Request::Verbosity { level, noreply } => {
            context.shared.verbosity.store(level.min(2), Relaxed);
            answer(out, "OK", noreply)
        }
        Request::Meta(ref request) => meta::run(context, request, ahead, out),
        Request::Version => {
            out.bytes().extend_from_slice(b"VERSION ");
            out.line(MEMCACHED_VERSION);
            Next::Done
        }
        Request::Quit => Next::Close(CloseReason::Normal),
        Request::Stats { args } => stats::run(context.shared, args, out),
        Request::Admin {
            verb,
            args,
            noreply,
        } => admin::run(context, verb, args, noreply, out),
    }
}

/// Puts a line in the output unless the client wants none.
#[inline]
pub(super) fn answer(out: &mut Output, text: &str, noreply: bool) -> Next {
    if !noreply {
        out.line(text);
    }
    Next::Done
}

/// Instead of the answer to a retrieval that would take too much memory. Source: mcrsd.md 8.8.
pub const NO_REPLY_MEMORY: &str = "SERVER_ERROR out of memory writing get response";

/// A `get`, `gets`, `gat` or `gats` under way.
#[derive(Debug, Clone, Copy)]
pub struct Retrieval {
    /// Whether to answer with CAS ids.
    cas: bool,
    /// The new expiry tick, for the two that set one.
    touch: Option<u32>,
    /// Whether the keys to come are known to be short enough.
    checked: bool,
}

impl Retrieval {
    /// Looks up `keys` and appends the hits, and `END` after the last key. Stops early, with
    /// [`Next::More`], when the output is full.
    ///
    /// A key that is too long anywhere makes the whole command answer one error line. Differs from
    /// memcached in that replies to earlier commands of a pipeline are not lost with it.
    pub fn run(self, context: &Context, mut keys: Keys<'_>, out: &mut Output) -> Next {
        let start = out.mark();
        // What is written cannot be taken back, so it must fit before the first of it is.
        let room = match self.checked {
            false => context.counters.buffers.reply_room(),
            true => u64::MAX,
        };
        let (mut hits, mut misses) = (0, 0);
        let end = loop {
            if (hits + misses) % PREFETCH_MAX as u64 == 0 && !keys.rest().is_empty() {
                let ahead = keys.filter_map(Result::ok);
                context.shared.engine.prefetch(ahead);
            }
            let key = match keys.next() {
                None => break None,
                Some(Ok(key)) => key,
                Some(Err(KeyTooLong)) => break self.refuse(out, start),
            };
            if !self.look_up(context, key, out) {
                misses += 1;
                continue;
            }
            hits += 1;
            if hits > room {
                break self.give_up(context, out, start);
            }
            if out.is_full() {
                if !self.checked && keys.clone().any(|key| key.is_err()) {
                    break self.refuse(out, start);
                }
                if room < u64::MAX && hits + keys.count() as u64 > room {
                    break self.give_up(context, out, start);
                }
                break Some(Next::More {
                    retrieval: Retrieval {
                        checked: true,
                        ..self
                    },
                    rest: keys.rest().len(),
                });
            }
        };
        self.count(context, hits, misses);
        match end {
            Some(end) => end,
            None => {
                out.line("END");
                Next::Done
            }
        }
    }

    /// Answers with an error instead, for want of memory for all the values.
    fn give_up(self, context: &Context, out: &mut Output, start: Mark) -> Option<Next> {
        context.counters.response_obj_oom.add(1);
        out.truncate(start);
        out.line(NO_REPLY_MEMORY);
        Some(Next::Done)
    }

    /// Appends the item if there is one; whether there is.
    #[inline]
    fn look_up(&self, context: &Context, key: &[u8], out: &mut Output) -> bool {
        let now = context.shared.clock.now();
        let engine = &context.shared.engine;
        let head = |facts: &Facts| ValueHead {
            key,
            flags: facts.flags,
            len: facts.value_len,
            cas: self.cas.then_some(facts.cas),
        };
        context.note_lookup(key);
        let found = match self.touch {
            None => {
                let run = out.room_for(ValueHead::MAX_LEN + COPY_MAX + CRLF.len());
                engine.get_short(key, COPY_MAX, now, |facts, value| {
                    head(facts).encode(run);
                    run.extend_from_slice(value);
                    run.extend_from_slice(CRLF);
                })
            }
            Some(expiry) => match engine.get_and_touch(key, expiry, now) {
                Some(item) => Shown::Long(item),
                None => Shown::Nothing,
            },
        };
        context.count_get(key, !matches!(found, Shown::Nothing));
        match found {
            Shown::Short(()) => true,
            Shown::Long(item) => {
                head(&item.facts()).encode(out.bytes());
                out.value(item);
                out.bytes().extend_from_slice(CRLF);
                true
            }
            Shown::Nothing => false,
        }
    }

    fn refuse(self, out: &mut Output, start: Mark) -> Option<Next> {
        out.truncate(start);
        out.line(BadRequest::FORMAT.reply);
        Some(Next::Done)
    }

    fn count(self, context: &Context, hits: u64, misses: u64) {
        let counters = context.counters;
        if self.touch.is_some() {
            counters.cmd_touch.add(hits + misses);
            counters.touch_hits.add(hits);
            counters.touch_misses.add(misses);
        } else {
            counters.cmd_get.add(hits + misses);
            counters.get_hits.add(hits);
            counters.get_misses.add(misses);
        }
    }
}

/// Answers a `get` of one key, which is not too long.
#[inline]
pub fn get(context: &Context, key: &[u8], out: &mut Output) {
    let retrieval = Retrieval {
        cas: false,
        touch: None,
        checked: true,
    };
    let hit = retrieval.look_up(context, key, out);
    retrieval.count(context, hit.into(), (!hit).into());
    out.line("END");
}

/// Makes room for a value, or stores it at once.
pub fn store(context: &Context, store: &Store<'_>, ahead: &[u8], out: &mut Output) -> Next {
    let intake = Intake {
        key: store.key,
        encoded_key: false,
        flags: store.flags,
        expiry: context.shared.clock.expiry(store.exptime),
        len: store.len as usize,
        mode: match store.verb {
            StoreVerb::Set => Mode::Set,
            StoreVerb::Add => Mode::Add,
            StoreVerb::Replace => Mode::Replace,
            StoreVerb::Append => Mode::Append,
            StoreVerb::Prepend => Mode::Prepend,
            StoreVerb::Cas => Mode::Cas(store.cas),
        },
        terms: Terms::default(),
        replaces: store.verb == StoreVerb::Set,
    };
    let noreply = store.noreply;
    context.count_set(store.key);
    let answer = Answer::Text { noreply };
    let text = match Upload::begin(context, &intake, answer, ahead, out) {
        Ok(next) => return next,
        Err(ReserveError::TooLarge) => "SERVER_ERROR object too large for cache",
        Err(ReserveError::NoMemory) => "SERVER_ERROR out of memory storing object",
    };
    Next::Swallow {
        bytes: u64::from(store.len) + 2,
        reply: Refusal::line(text, noreply),
    }
}

fn delete(context: &Context, key: &[u8]) -> &'static str {
    let shared = context.shared;
    context.count_delete(key);
    context.note_lookup(key);
    let was = context.before_delete(key);
    match shared.engine.delete(key, None, shared.clock.now()) {
        Delete::Done => {
            context.note_delete(key, "delete", was);
            context.counters.delete_hits.add(1);
            "DELETED"
        }
        Delete::NotFound | Delete::Exists => {
            context.counters.delete_misses.add(1);
            "NOT_FOUND"
        }
    }
}

fn arith(
    context: &Context,
    verb: ArithVerb,
    key: &[u8],
    delta: u64,
    noreply: bool,
    out: &mut Output,
) {
    let shared = context.shared;
    let counters = context.counters;
    let (direction, hits, misses) = match verb {
        ArithVerb::Incr => (Direction::Incr, &counters.incr_hits, &counters.incr_misses),
        ArithVerb::Decr => (Direction::Decr, &counters.decr_hits, &counters.decr_misses),
    };
    let now = shared.clock.now();
    context.note_lookup(key);
    let text = match shared.engine.arith(key, direction, delta, None, now) {
        Arith::Done { value, .. } => {
            hits.add(1);
            if !noreply {
                num::push_u64(out.bytes(), value);
                out.bytes().extend_from_slice(CRLF);
            }
            return;
        }
        Arith::NotFound | Arith::Exists => {
            misses.add(1);
            "NOT_FOUND"
        }
        Arith::NonNumeric => "CLIENT_ERROR cannot increment or decrement non-numeric value",
        Arith::NoMemory => "SERVER_ERROR out of memory",
    };
    if !noreply {
        out.line(text);
    }
}

fn touch(context: &Context, key: &[u8], exptime: i32) -> &'static str {
    let shared = context.shared;
    let counters = context.counters;
    let expiry = shared.clock.expiry(exptime.into());
    counters.cmd_touch.add(1);
    context.note_lookup(key);
    if shared.engine.touch(key, expiry, shared.clock.now()) {
        counters.touch_hits.add(1);
        "TOUCHED"
    } else {
        counters.touch_misses.add(1);
        "NOT_FOUND"
    }
}
