//! Deleting and counting.

use mcrs::codec::binary::Status;
use mcrs::codec::text::request::ArithVerb;

use super::ReplyTo;
use crate::engine::{Arith, ArithTerms, Delete, Direction, NewNumber};
use crate::exec::{Context, Output};

/// Removes the key, if `compare` is `None` or the item's CAS id.
pub(super) fn delete(
    context: &Context,
    to: ReplyTo,
    key: &[u8],
    compare: Option<u64>,
    out: &mut Output,
) {
    let shared = context.shared;
    context.count_delete(key);
    context.note_lookup(key);
    match shared.engine.delete(key, compare, shared.clock.now()) {
        Delete::Done => {
            context.counters.delete_hits.add(1);
            to.success(0, out);
        }
        Delete::NotFound => {
            context.counters.delete_misses.add(1);
            to.error(Status::NOT_FOUND, out);
        }
        Delete::Exists => to.error(Status::EXISTS, out),
    }
}

/// A request to count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counting<'a> {
    pub(super) verb: ArithVerb,
    pub(super) key: &'a [u8],
    pub(super) delta: u64,
    /// The CAS id the item must have.
    pub(super) compare: Option<u64>,
    /// What to store if there is no item: value and wire exptime.
    pub(super) create: Option<(u64, u32)>,
}

/// Counts, or stores the initial value, and answers with the value.
pub(super) fn arith(context: &Context, to: ReplyTo, count: &Counting<'_>, out: &mut Output) {
    let shared = context.shared;
    let counters = context.counters;
    let (direction, hits, misses) = match count.verb {
        ArithVerb::Incr => (Direction::Incr, &counters.incr_hits, &counters.incr_misses),
        ArithVerb::Decr => (Direction::Decr, &counters.decr_hits, &counters.decr_misses),
    };
    let terms = ArithTerms {
        compare: count.compare,
        create: count.create.map(|(value, exptime)| NewNumber {
            value,
            expiry: shared.clock.expiry(exptime.into()),
            encoded_key: false,
        }),
        ..ArithTerms::default()
    };
    let now = shared.clock.now();
    let engine = &shared.engine;
    context.note_lookup(count.key);
    let (done, before) = engine.arith_with(count.key, direction, count.delta, &terms, now);
    match done {
        Arith::Done { value, cas } => {
            // What was created counts neither way.
            if before.is_some() {
                hits.add(1);
            } else {
                context.note_created(count.key);
            }
            to.number(value, cas, out);
        }
        Arith::NotFound => {
            misses.add(1);
            to.error(Status::NOT_FOUND, out);
        }
        Arith::Exists => to.error(Status::EXISTS, out),
        Arith::NonNumeric => to.error(Status::NON_NUMERIC, out),
        Arith::NoMemory => {
            let text = match before {
                Some(_) => "Out of memory incrementing value",
                None => "Out of memory allocating new item",
            };
            to.words(Status::OUT_OF_MEMORY, text, out);
        }
    }
}
