//! increment and decrement, of one key or many.

use mcrs::client::{ArithVerb, Outcome};

use super::pool::{refuse_redundancy, with_servers};
use crate::scratch::Scratch;
use crate::zend::{Call, Class, Kind, NewArray, Out, Owned, R};

/// Adds to counters.
pub(crate) fn increment(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    arith(call, s, ArithVerb::Incr)
}

/// Subtracts from counters; they stop at 0.
pub(crate) fn decrement(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    arith(call, s, ArithVerb::Decr)
}

/// The default and expiry arguments are taken and have no effect in the text protocol, which has
/// no place for them, as in pecl/memcache: a missing counter stays missing.
fn arith(call: Call<'_>, s: &mut Scratch, verb: ArithVerb) -> R<Out> {
    let (object, call) = call.object(Class::Pool, 1, 4)?;
    let key = call.required(0)?;
    let by = call.int(1, 1)?;
    call.int(2, 0)?;
    call.int(3, 0)?;
    let Some(pool) = with_servers(object, s)? else {
        return Ok(Out::FALSE);
    };
    if refuse_redundancy(pool, s)? {
        return Ok(Out::FALSE);
    }
    // 0 always goes out as `incr`, a negative amount as the other command.
    let verb = match (by, verb) {
        (0, _) | (1.., ArithVerb::Incr) | (..0, ArithVerb::Decr) => ArithVerb::Incr,
        _ => ArithVerb::Decr,
    };
    let many = match key.kind() {
        Kind::Array(keys) => {
            s.add_keys(pool, keys)?;
            true
        }
        _ => {
            s.add_key(pool, key)?;
            false
        }
    };
    for index in 0..s.keys.len() {
        s.batch.arith(verb, s.keys.wire(index), by.unsigned_abs());
    }
    pool.exchange(object, s)?;
    if !many {
        let outcome = s.batch.outcomes().next();
        return Ok(outcome.and_then(result).map_or(Out::FALSE, Out::Value));
    }
    let mut results = NewArray::with_capacity(s.keys.len() as u32);
    for (index, outcome) in s.batch.outcomes().enumerate() {
        if let Some(value) = result(outcome) {
            results.set(s.keys.returned(index), value);
        }
    }
    Ok(Out::Array(results))
}

/// What a counter's outcome is in PHP; `None` when no server answered.
fn result(outcome: Outcome) -> Option<Owned> {
    Some(match outcome {
        Outcome::Unanswered => return None,
        // Counters go to 2^64-1, PHP's integers to 2^63-1, where the result stays, as in
        // pecl/memcache.
        Outcome::Number(number) => {
            Owned::int(number.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
        }
        // A bare OK in place of a number.
        Outcome::Done => Owned::bool(true),
        _ => Owned::bool(false),
    })
}
