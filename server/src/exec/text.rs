//! The classic text protocol: what its commands do and answer.
//!
//! Source: mcrsd.md 2.3 to 2.6. The grammar, and the answers to lines that do not follow it, are
//! `mcrs::codec::text`'s.

use std::sync::atomic::Ordering::Relaxed;

use mcrs::codec::num;
use mcrs::codec::text::request::{ArithVerb, KeyTooLong, Keys, Store, StoreVerb};
use mcrs::codec::text::{BadRequest, CRLF, Request, ValueHead};

use super::{Context, Mark, Next, Output, admin};
use crate::engine::{Arith, Delete, Direction, Draft, Mode, NoMemory, ReserveError, Stored};
use crate::flags::MEMCACHED_VERSION;

/// Carries out one request and puts the reply in the output.
#[inline]
pub fn run(context: &Context, request: Request<'_>, out: &mut Output) -> Next {
    match request {
        Request::Get { cas, keys } => {
            let retrieval = Retrieval {
                cas,
                touch: None,
                checked: false,
            };
            retrieval.run(context, keys, out)
        }
        Request::Store(store) => begin_store(context, &store),
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
            let text = flush_all(context, exptime);
            answer(out, text, noreply)
        }
        Request::Verbosity { level, noreply } => {
            context.shared.verbosity.store(level.min(2), Relaxed);
            answer(out, "OK", noreply)
        }
        Request::Version => {
            out.bytes().extend_from_slice(b"VERSION ");
            out.line(MEMCACHED_VERSION);
            Next::Done
        }
        Request::Quit => Next::Close,
        Request::Stats { args } => {
            admin::stats(context.shared, args, out);
            Next::Done
        }
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
        let now = context.shared.clock.now();
        let engine = &context.shared.engine;
        let (mut hits, mut misses) = (0, 0);
        let end = loop {
            let key = match keys.next() {
                None => break None,
                Some(Ok(key)) => key,
                Some(Err(KeyTooLong)) => break self.refuse(out, start),
            };
            let found = match self.touch {
                None => engine.get(key, now),
                Some(expiry) => engine.get_and_touch(key, expiry, now),
            };
            let Some(item) = found else {
                misses += 1;
                continue;
            };
            hits += 1;
            let head = ValueHead {
                key,
                flags: item.flags(),
                len: item.value_len(),
                cas: self.cas.then(|| item.cas()),
            };
            head.encode(out.bytes());
            out.value(item);
            out.bytes().extend_from_slice(CRLF);
            if out.is_full() {
                // What is written cannot be taken back, so the other keys are checked before.
                if !self.checked && keys.clone().any(|key| key.is_err()) {
                    break self.refuse(out, start);
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

/// A storage command whose data block is being read.
#[derive(Debug)]
pub struct Upload {
    draft: Draft<'static>,
    mode: Mode,
    noreply: bool,
}

/// Makes room for a value.
fn begin_store(context: &Context, store: &Store<'_>) -> Next {
    let shared = context.shared;
    let now = shared.clock.now();
    let expiry = shared.clock.expiry(store.exptime);
    let len = store.len as usize;
    let refusal = match shared
        .engine
        .reserve(store.key, store.flags, expiry, len, now)
    {
        Ok(draft) => {
            context.counters.cmd_set.add(1);
            return Next::Value(Upload {
                draft,
                mode: match store.verb {
                    StoreVerb::Set => Mode::Set,
                    StoreVerb::Add => Mode::Add,
                    StoreVerb::Replace => Mode::Replace,
                    StoreVerb::Append => Mode::Append,
                    StoreVerb::Prepend => Mode::Prepend,
                    StoreVerb::Cas => Mode::Cas(store.cas),
                },
                noreply: store.noreply,
            });
        }
        Err(ReserveError::TooLarge) => {
            context.counters.store_too_large.add(1);
            "SERVER_ERROR object too large for cache"
        }
        Err(ReserveError::NoMemory) => {
            context.counters.store_no_memory.add(1);
            "SERVER_ERROR out of memory storing object"
        }
    };
    // A client whose `set` failed must not go on reading the value it meant to replace.
    if store.verb == StoreVerb::Set {
        shared.engine.delete(store.key, None, now);
    }
    Next::Swallow {
        bytes: u64::from(store.len) + 2,
        reply: (!store.noreply).then_some(refusal),
    }
}

impl Upload {
    /// Bytes of the value still to come; two more, the line end, follow it.
    #[inline]
    pub fn remaining(&self) -> usize {
        self.draft.remaining()
    }

    /// Takes from the start of `bytes` what belongs to the value; how much that was.
    #[inline]
    pub fn fill(&mut self, context: &Context, bytes: &[u8]) -> Result<usize, NoMemory> {
        let now = context.shared.clock.now();
        let mut taken = 0;
        while taken < bytes.len() && self.draft.remaining() > 0 {
            taken += self.draft.fill(&bytes[taken..], now)?;
        }
        Ok(taken)
    }

    /// Memory to read the next bytes of the value into, and how many were.
    #[inline]
    pub fn spare(&mut self, context: &Context) -> Result<&mut [u8], NoMemory> {
        self.draft.spare(context.shared.clock.now())
    }

    /// Takes note of bytes written to [`spare`](Upload::spare).
    #[inline]
    pub fn advance(&mut self, written: usize) {
        self.draft.advance(written);
    }

    /// The line to send after swallowing the rest, when memory ran out on the way.
    pub fn refusal(&self, context: &Context) -> Option<&'static str> {
        context.counters.store_no_memory.add(1);
        (!self.noreply).then_some("SERVER_ERROR Out of memory during read")
    }

    /// Stores the complete value and answers; `ended` says whether the line end followed it.
    #[inline]
    pub fn finish(self, context: &Context, ended: bool, out: &mut Output) {
        let text = if ended {
            commit(context, self.draft, self.mode)
        } else {
            "CLIENT_ERROR bad data chunk"
        };
        if !self.noreply {
            out.line(text);
        }
    }
}

#[inline]
fn commit(context: &Context, draft: Draft<'static>, mode: Mode) -> &'static str {
    let shared = context.shared;
    let counters = context.counters;
    let stored = shared.engine.commit(draft, mode, shared.clock.now());
    if let Mode::Cas(_) = mode {
        match stored {
            Stored::Done { .. } => counters.cas_hits.add(1),
            Stored::Exists => counters.cas_badval.add(1),
            Stored::NotFound => counters.cas_misses.add(1),
            Stored::NotStored => {}
        }
    }
    match stored {
        Stored::Done { .. } => "STORED",
        Stored::NotStored => "NOT_STORED",
        Stored::Exists => "EXISTS",
        Stored::NotFound => "NOT_FOUND",
    }
}

fn delete(context: &Context, key: &[u8]) -> &'static str {
    let shared = context.shared;
    match shared.engine.delete(key, None, shared.clock.now()) {
        Delete::Done => {
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
    if shared.engine.touch(key, expiry, shared.clock.now()) {
        counters.touch_hits.add(1);
        "TOUCHED"
    } else {
        counters.touch_misses.add(1);
        "NOT_FOUND"
    }
}

/// Source: mcrsd.md 2.6.
fn flush_all(context: &Context, exptime: Option<i32>) -> &'static str {
    let shared = context.shared;
    context.counters.cmd_flush.add(1);
    if !shared.settings.flush_enabled {
        return "CLIENT_ERROR flush_all not allowed";
    }
    match exptime {
        None | Some(..=0) => shared.engine.flush_all(),
        Some(exptime) => {
            let point = shared.clock.expiry(exptime.into());
            if point > shared.clock.now() {
                // Everything up to and including the second before the point goes, when that
                // second comes.
                shared.engine.flush_at(point - 1);
            } else {
                shared.engine.flush_all();
            }
        }
    }
    "OK"
}
