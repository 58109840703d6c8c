//! Deleting and counting.

use mcrs::codec::binary::Status;
use mcrs::codec::binary::request::NO_CREATE;
use mcrs::codec::num;
use mcrs::codec::text::request::ArithVerb;

use super::ReplyTo;
use crate::engine::{Arith, Delete, Direction, Mode, ReserveError, Stored};
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

/// What a missing number becomes.
pub(super) fn created(initial: u64, exptime: u32) -> Option<(u64, u32)> {
    (exptime != NO_CREATE).then_some((initial, exptime))
}

/// Counts, or stores the initial value, and answers with the value.
pub(super) fn arith(context: &Context, to: ReplyTo, count: &Counting<'_>, out: &mut Output) {
    let shared = context.shared;
    let counters = context.counters;
    let (direction, hits, misses) = match count.verb {
        ArithVerb::Incr => (Direction::Incr, &counters.incr_hits, &counters.incr_misses),
        ArithVerb::Decr => (Direction::Decr, &counters.decr_hits, &counters.decr_misses),
    };
    let now = shared.clock.now();
    let engine = &shared.engine;
    let done = engine.arith(count.key, direction, count.delta, count.compare, now);
    match (done, count.create) {
        (Arith::Done { value, cas }, _) => {
            hits.add(1);
            to.number(value, cas, out);
        }
        (Arith::NotFound, None) => {
            misses.add(1);
            to.error(Status::NOT_FOUND, out);
        }
        (Arith::NotFound, Some((initial, exptime))) => {
            match create(context, count.key, initial, exptime) {
                Ok(Stored::Done { cas }) => to.number(initial, cas, out),
                // Another client was faster.
                Ok(_) => to.error(Status::NOT_STORED, out),
                Err(_) => to.words(
                    Status::OUT_OF_MEMORY,
                    "Out of memory allocating new item",
                    out,
                ),
            }
        }
        (Arith::Exists, _) => to.error(Status::EXISTS, out),
        (Arith::NonNumeric, _) => to.error(Status::NON_NUMERIC, out),
        (Arith::NoMemory, _) => to.words(
            Status::OUT_OF_MEMORY,
            "Out of memory incrementing value",
            out,
        ),
    }
}

/// Stores a number under a key that was missing a moment ago.
fn create(context: &Context, key: &[u8], value: u64, exptime: u32) -> Result<Stored, ReserveError> {
    let shared = context.shared;
    let now = shared.clock.now();
    let mut buffer = [0; num::MAX_DECIMAL_LEN];
    let len = num::write_u64(&mut buffer, value);
    let expiry = shared.clock.expiry(exptime.into());
    let mut draft = shared.engine.reserve(key, 0, expiry, len, now)?;
    // It takes all of them, or fails.
    draft
        .fill(&buffer[..len], now)
        .map_err(|_| ReserveError::NoMemory)?;
    Ok(shared.engine.commit(draft, Mode::Add, now))
}
