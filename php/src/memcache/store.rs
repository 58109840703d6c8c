//! set, add, replace, cas, append, prepend.

use mcrs::client::{Outcome, StoreVerb, store_head};

use super::Pool;
use super::pool::{refuse_redundancy, with_servers};
use crate::scratch::Scratch;
use crate::zend::{self, Call, Class, Kind, Out, R, Value};
use crate::zval;

/// Stores in any case.
pub(crate) fn set(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    store(call, s, StoreVerb::Set)
}

/// Stores unless the key exists.
pub(crate) fn add(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    store(call, s, StoreVerb::Add)
}

/// Stores only if the key exists.
pub(crate) fn replace(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    store(call, s, StoreVerb::Replace)
}

/// Stores only if the item's CAS id is the given one.
pub(crate) fn cas(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    store(call, s, StoreVerb::Cas)
}

/// Puts the value behind an existing one.
pub(crate) fn append(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    store(call, s, StoreVerb::Append)
}

/// Puts the value before an existing one.
pub(crate) fn prepend(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    store(call, s, StoreVerb::Prepend)
}

/// What the items of a call have in common.
#[derive(Clone, Copy)]
struct Terms {
    verb: StoreVerb,
    flags: i64,
    exptime: i64,
    cas: i64,
}

fn store(call: Call<'_>, s: &mut Scratch, verb: StoreVerb) -> R<Out> {
    let (object, call) = call.object(Class::Pool, 1, 5)?;
    let key = call.required(0)?;
    let value = call.value(1);
    let terms = Terms {
        verb,
        flags: call.int(2, 0)?,
        exptime: call.int(3, 0)?,
        cas: call.int(4, 0)?,
    };
    let many = match key.kind() {
        Kind::Array(items) => Some(items),
        _ => None,
    };
    let Some(pool) = with_servers(object, s)? else {
        return Ok(Out::FALSE);
    };
    if many.is_none() && value.is_none() {
        return Err(zend::wrong_param_count());
    }
    if refuse_redundancy(pool, s)? {
        return Ok(Out::FALSE);
    }
    if let Some(items) = many {
        for (key, value) in items.iter() {
            if s.add_array_key(pool, key)? {
                add_item(pool, value, terms, s)?;
            }
        }
    } else if let Some(value) = value
        && s.add_key(pool, key)?
    {
        add_item(pool, value, terms, s)?;
    }
    pool.exchange(object, s)?;
    Ok(Out::Bool(all_done(s)))
}

/// Makes the last key and `value` a request, unless the value or the flags cannot be stored.
///
/// Differs from pecl/memcache: nothing is sent before the last item is ready, so an exception of
/// one item (`__serialize()`) leaves all of them unsent.
fn add_item(pool: &Pool, value: Value<'_>, terms: Terms, s: &mut Scratch) -> R<()> {
    let Some(flags) = zval::caller_flags(terms.flags, &mut s.voice)? else {
        return Ok(());
    };
    let Scratch {
        pins,
        keys,
        pack,
        batch,
        voice,
        ..
    } = s;
    let Some(stored) = zval::pack(value, flags, pool.compression(), pack, pins, voice)? else {
        return Ok(());
    };
    if u32::try_from(stored.bytes.len()).is_err() {
        // Its length has no place in the request; no server takes such an item anyway.
        return voice.warn(c"The value is longer than 4 GiB");
    }
    let head = store_head(
        terms.verb,
        keys.wire(keys.len() - 1),
        stored.flags,
        // The low 32 bits, unsigned: -1 is 4294967295 on the wire.
        i64::from(terms.exptime as u32),
        terms.cas.cast_unsigned(),
    );
    batch.store(head, stored.bytes);
    Ok(())
}

/// Whether there were requests and each of them was done.
///
/// Differs from pecl/memcache: an item whose server could not be reached makes the result false,
/// because "true" there says that it was stored.
pub(super) fn all_done(s: &Scratch) -> bool {
    let mut outcomes = s.batch.outcomes().peekable();
    outcomes.peek().is_some() && outcomes.all(|outcome| outcome == Outcome::Done)
}
