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
    Arith, Delete, Direction, Facts, Hashed, ItemRef, Mode, PREFETCH_MAX, ReserveError, Shown,
    Terms,
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
        let mut batch = [Hashed::default(); PREFETCH_MAX];
        let end = 'keys: loop {
            let before = keys;
            let (count, last) = take(&mut keys, context, &mut batch);
            for (index, &key) in batch[..count].iter().enumerate() {
                if !self.look_up(context, key, out) {
                    misses += 1;
                    continue;
                }
                hits += 1;
                if hits > room {
                    break 'keys self.give_up(context, out, start);
                }
                if out.is_full() {
                    let mut keys = before;
                    keys.nth(index);
                    if !self.checked && keys.clone().any(|key| key.is_err()) {
                        break 'keys self.refuse(out, start);
                    }
                    if room < u64::MAX && hits + keys.count() as u64 > room {
                        break 'keys self.give_up(context, out, start);
                    }
                    break 'keys Some(Next::More {
                        retrieval: Retrieval {
                            checked: true,
                            ..self
                        },
                        rest: keys.rest().len(),
                    });
                }
            }
            match last {
                Last::More => {}
                Last::None => break None,
                Last::TooLong => break self.refuse(out, start),
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
    fn look_up(&self, context: &Context, key: Hashed<'_>, out: &mut Output) -> bool {
        context.note_lookup(key.key());
        let found = match self.touch {
            None => self.show(context, key, out),
            Some(expiry) => self.show_touched(context, key.key(), expiry, out),
        };
        context.count_get(key.key(), found);
        found
    }

    /// That of a `get`. What was found is not handed on: it would be moved about, and read again so
    /// soon after it was written in smaller pieces that the processor waits.
    #[inline(always)]
    fn show(&self, context: &Context, key: Hashed<'_>, out: &mut Output) -> bool {
        let now = context.shared.clock.now();
        let run = out.room_for(ValueHead::MAX_LEN + COPY_MAX + CRLF.len());
        let show = |facts: &Facts, value: &[u8]| {
            self.head(key.key(), facts).encode(run);
            run.extend_from_slice(value);
            run.extend_from_slice(CRLF);
        };
        match context.shared.engine.get_short(key, COPY_MAX, now, show) {
            Shown::Short(()) => true,
            Shown::Long(item) => {
                self.hold(key.key(), item, out);
                true
            }
            Shown::Nothing => false,
        }
    }

    /// That of a `gat`.
    fn show_touched(&self, context: &Context, key: &[u8], expiry: u32, out: &mut Output) -> bool {
        let now = context.shared.clock.now();
        match context.shared.engine.get_and_touch(key, expiry, now) {
            Some(item) => {
                self.hold(key, item, out);
                true
            }
            None => false,
        }
    }

    /// Appends an item there is a reference to.
    fn hold(&self, key: &[u8], item: ItemRef<'static>, out: &mut Output) {
        self.head(key, &item.facts()).encode(out.bytes());
        out.value(item);
        out.bytes().extend_from_slice(CRLF);
    }

    #[inline]
    fn head<'k>(&self, key: &'k [u8], facts: &Facts) -> ValueHead<'k> {
        ValueHead {
            key,
            flags: facts.flags,
            len: facts.value_len,
            cas: self.cas.then_some(facts.cas),
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

/// What is behind a batch of keys.
enum Last {
    /// Perhaps more.
    More,
    /// Nothing.
    None,
    /// A key that is too long.
    TooLong,
}

/// Takes as many keys as are worth looking for together, and has the processor fetch what looking
/// for them will touch; how many that are, and what comes next.
fn take<'k>(
    keys: &mut Keys<'k>,
    context: &Context,
    batch: &mut [Hashed<'k>; PREFETCH_MAX],
) -> (usize, Last) {
    let engine = &context.shared.engine;
    let (mut count, mut last) = (0, Last::More);
    for place in batch.iter_mut() {
        match keys.next() {
            Some(Ok(key)) => *place = engine.hashed(key),
            Some(Err(KeyTooLong)) => last = Last::TooLong,
            None => last = Last::None,
        }
        if !matches!(last, Last::More) {
            break;
        }
        count += 1;
    }
    if count > 1 {
        engine.prefetch(&batch[..count]);
    }
    (count, last)
}

/// Answers a `get` of one key, which is not too long.
#[inline]
pub fn get(context: &Context, key: &[u8], out: &mut Output) {
    let retrieval = Retrieval {
        cas: false,
        touch: None,
        checked: true,
    };
    let key = context.shared.engine.hashed(key);
    let hit = retrieval.look_up(context, key, out);
    retrieval.count(context, hit.into(), (!hit).into());
    out.line("END");
}

/// Makes room for a value, or stores it at once.
#[inline(always)]
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
