//! get, of one key or many.

use super::pool::with_servers;
use crate::scratch::Scratch;
use crate::zend::{Array, Call, Class, Kind, NewArray, Object, Out, Owned, R, RefOut};
use crate::zval::unpack_value;

use super::Pool;

/// Fetches values, on request with their flags and CAS ids.
pub(crate) fn get(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    let (object, call) = call.object(Class::Pool, 1, 3)?;
    let key = call.required(0)?;
    let wanted = Wanted {
        flags: call.reference(1),
        cas: call.reference(2),
    };
    let Some(pool) = with_servers(object, s)? else {
        return Ok(Out::FALSE);
    };
    match key.kind() {
        Kind::Array(keys) => many(object, pool, keys, wanted, s),
        _ => {
            if !s.add_key(pool, key)? {
                return Ok(Out::FALSE);
            }
            one(object, pool, wanted, s)
        }
    }
}

/// Where flags and CAS ids go, if anywhere.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    flags: Option<RefOut<'a>>,
    cas: Option<RefOut<'a>>,
}

/// The value of the only key, or false. A stored null is false too, as in pecl/memcache: whoever
/// has to tell them apart asks for the flags.
fn one(object: Object<'_>, pool: &Pool, wanted: Wanted<'_>, s: &mut Scratch) -> R<Out> {
    s.batch.get(s.keys.wire(0), wanted.cas.is_some());
    pool.exchange(object, s)?;
    let Scratch {
        batch,
        unpacked,
        voice,
        ..
    } = s;
    let Some(hit) = batch.hits().next() else {
        return Ok(Out::FALSE);
    };
    let Some(value) = unpack_value(hit.value, hit.flags, unpacked, voice)? else {
        return Ok(Out::FALSE);
    };
    if let Some(flags) = wanted.flags {
        flags.assign(Owned::int(hit.flags.into()));
    }
    if let Some(cas) = wanted.cas {
        cas.assign(Owned::int(hit.cas.unwrap_or(0).cast_signed()));
    }
    if value.is_null() {
        return Ok(Out::FALSE);
    }
    Ok(Out::Value(value))
}

/// The values of many keys by key, in order of arrival.
fn many(
    object: Object<'_>,
    pool: &Pool,
    keys: Array<'_>,
    wanted: Wanted<'_>,
    s: &mut Scratch,
) -> R<Out> {
    s.add_keys(pool, keys)?;
    for index in 0..s.keys.len() {
        s.batch.multi_get(s.keys.wire(index), wanted.cas.is_some());
    }
    pool.exchange(object, s)?;
    let hits = s.batch.hits().len() as u32;
    let mut found = Found {
        values: NewArray::with_capacity(hits),
        flags: wanted.flags.map(|flags| (flags, flags.array(hits))),
        cas: wanted.cas.map(|cas| (cas, cas.array(hits))),
        any: false,
    };
    match found.fill(s) {
        Ok(()) => Ok(found.deliver()),
        Err(thrown) => {
            found.release();
            Err(thrown)
        }
    }
}

/// The results of a multi-get under construction.
struct Found<'a> {
    values: NewArray,
    flags: Option<(RefOut<'a>, NewArray)>,
    cas: Option<(RefOut<'a>, NewArray)>,
    any: bool,
}

impl Found<'_> {
    fn fill(&mut self, s: &mut Scratch) -> R<()> {
        let Scratch {
            keys,
            batch,
            unpacked,
            voice,
            ..
        } = s;
        for hit in batch.hits() {
            let Some(value) = unpack_value(hit.value, hit.flags, unpacked, voice)? else {
                continue;
            };
            let key = keys.returned(hit.index);
            self.any = true;
            self.values.set(key, value);
            if let Some((_, flags)) = &mut self.flags {
                flags.set(key, Owned::int(hit.flags.into()));
            }
            if let Some((_, cas)) = &mut self.cas {
                cas.set(key, Owned::int(hit.cas.unwrap_or(0).cast_signed()));
            }
        }
        Ok(())
    }

    /// Hands everything over; without a hit the variables stay as they are.
    fn deliver(self) -> Out {
        for (variable, entries) in [self.flags, self.cas].into_iter().flatten() {
            if self.any {
                variable.assign(Owned::array(entries));
            } else {
                Owned::array(entries).release();
            }
        }
        Out::Array(self.values)
    }

    /// Gives everything back after an exception.
    fn release(self) {
        for (_, entries) in [self.flags, self.cas].into_iter().flatten() {
            Owned::array(entries).release();
        }
        Owned::array(self.values).release();
    }
}
