//! delete, of one key or many.

use super::pool::{refuse_redundancy, with_servers};
use super::store::all_done;
use crate::scratch::Scratch;
use crate::zend::{Call, Class, Kind, Out, R};

/// Deletes items. True when each key was there and is gone.
///
/// The time argument is taken and never sent, as in pecl/memcache: servers refuse it.
pub(crate) fn delete(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    let (object, call) = call.object(Class::Pool, 1, 2)?;
    let key = call.required(0)?;
    call.int(1, 0)?;
    let Some(pool) = with_servers(object, s)? else {
        return Ok(Out::FALSE);
    };
    if refuse_redundancy(pool, s)? {
        return Ok(Out::FALSE);
    }
    match key.kind() {
        Kind::Array(keys) => s.add_keys(pool, keys)?,
        _ => {
            s.add_key(pool, key)?;
        }
    }
    for index in 0..s.keys.len() {
        s.batch.delete(s.keys.wire(index));
    }
    pool.exchange(object, s)?;
    Ok(Out::Bool(all_done(s)))
}
