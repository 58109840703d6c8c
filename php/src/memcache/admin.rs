//! getversion, flush, close, setcompressthreshold, setSaslAuthData, memcache_debug.

use mcrs::client::Outcome;
use mcrs::value::compress::Compression;

use super::pool;
use crate::scratch::Scratch;
use crate::zend::{self, Call, Class, Out, Owned, Property, R};

/// The version of the first server that answers.
pub(crate) fn getversion(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    let object = call.object_alone(Class::Pool)?;
    let Some(pool) = pool::with_servers(object, s)? else {
        return Ok(Out::FALSE);
    };
    for server in 0..pool.with(|client| client.server_count()) {
        s.batch.clear();
        let request = s.batch.version(server);
        pool.exchange(object, s)?;
        if s.batch.outcome(request) == Outcome::Text {
            let version = version(s.batch.text(request));
            return Ok(Out::Value(Owned::bytes(version)));
        }
    }
    Ok(Out::FALSE)
}

/// The first word after `VERSION`, or the whole line when it is none.
fn version(line: &[u8]) -> &[u8] {
    line.strip_prefix(b"VERSION ")
        .and_then(|rest| rest.split(|&b| b == b' ').find(|word| !word.is_empty()))
        .unwrap_or(line)
}

/// Invalidates all items of all servers, after a delay in seconds if that is more than 0.
pub(crate) fn flush(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    let (object, call) = call.object(Class::Pool, 0, 1)?;
    let delay = call.int(0, 0)?;
    let Some(pool) = pool::of(object, s)? else {
        return Ok(Out::FALSE);
    };
    let delay_sec = delay.clamp(0, i32::MAX.into()) as i32;
    for server in 0..pool.with(|client| client.server_count()) {
        s.batch.flush(server, delay_sec);
    }
    pool.exchange(object, s)?;
    // True also without servers: there is nothing left to flush.
    Ok(Out::Bool(s.batch.outcomes().all(|o| o == Outcome::Done)))
}

/// Forgets all servers; persistent connections stay open for others.
pub(crate) fn close(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    let object = call.object_alone(Class::Pool)?;
    let Some(pool) = pool::of(object, s)? else {
        return Ok(Out::FALSE);
    };
    pool.close(&zend::globals().settings);
    Ok(Out::TRUE)
}

/// Sets from how many bytes on values are compressed, and how much that has to save.
pub(crate) fn setcompressthreshold(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    let (object, call) = call.object(Class::Pool, 1, 2)?;
    let threshold = call.int(0, 0)?;
    let min_savings = call.float(1, Compression::default().min_savings)?;
    let Some(pool) = pool::of(object, s)? else {
        return Ok(Out::FALSE);
    };
    let Ok(threshold_bytes) = usize::try_from(threshold) else {
        s.voice.warn(c"threshold must be a positive integer")?;
        return Ok(Out::FALSE);
    };
    let sound = (0.0..=1.0).contains(&min_savings);
    pool.set_compression(Compression {
        threshold_bytes,
        min_savings: if sound {
            min_savings
        } else {
            // The threshold counts although the call fails, as in pecl/memcache.
            pool.compression().min_savings
        },
    });
    if !sound {
        s.voice
            .warn(c"min_savings must be a float in the 0..1 range")?;
    }
    Ok(Out::Bool(sound))
}

/// Keeps name and password as properties. Nothing is sent: the text protocol has no SASL, and the
/// binary one is not built.
pub(crate) fn set_sasl_auth_data(call: Call<'_>, _: &mut Scratch) -> R<Out> {
    let (object, call) = call.object(Class::Pool, 2, 2)?;
    let username = call.str(0)?;
    let password = call.str(1)?;
    if username.bytes().is_empty() || password.bytes().is_empty() {
        return Ok(Out::FALSE);
    }
    object.set_property(Property::Username, Owned::bytes(username.bytes()))?;
    object.set_property(Property::Password, Owned::bytes(password.bytes()))?;
    Ok(Out::TRUE)
}

/// Says that it does nothing.
pub(crate) fn debug(_: Call<'_>, s: &mut Scratch) -> R<Out> {
    s.voice
        .warn(c"memcache_debug() is deprecated, please use a debugger (like Eclipse + CDT)")?;
    Ok(Out::FALSE)
}
