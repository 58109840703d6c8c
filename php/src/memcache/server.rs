//! setserverparams, getserverstatus, findserver, setfailurecallback.

use mcrs::ServerId;
use mcrs::client::{Retry, ServerOptions};

use super::connect::{DEFAULT_TIMEOUT_SEC, timeout};
use super::{Pool, callback, pool};
use crate::scratch::Scratch;
use crate::zend::{self, Call, Class, Out, Owned, R};

/// Changes a server's times and status. What is not given gets its default, it is not kept.
pub(crate) fn setserverparams(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    let (object, call) = call.object(Class::Pool, 1, 6)?;
    let host = call.str(0)?.bytes();
    let port = call.int(1, zend::globals().settings.default_port.get())?;
    let options = ServerOptions {
        timeout: timeout(call.float(2, DEFAULT_TIMEOUT_SEC)?),
        retry: Retry::from_secs(call.int(3, 15)?),
        up: call.bool(4, true)?,
    };
    let Some(pool) = pool::of(object, s)? else {
        return Ok(Out::FALSE);
    };
    let Some(server) = find(pool, host, port, s)? else {
        return Ok(Out::FALSE);
    };
    let Some(callback) = callback::argument(call.value(5), s)? else {
        return Ok(Out::FALSE);
    };
    pool.with(|client| client.set_server_options(server, options));
    callback::set(object, callback)?;
    Ok(Out::TRUE)
}

/// 0 for a server that is marked failed, 1 for any other, also if it was never connected.
pub(crate) fn getserverstatus(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    let (object, call) = call.object(Class::Pool, 1, 2)?;
    let host = call.str(0)?.bytes();
    let port = call.int(1, zend::globals().settings.default_port.get())?;
    let Some(pool) = pool::of(object, s)? else {
        return Ok(Out::FALSE);
    };
    let Some(server) = find(pool, host, port, s)? else {
        return Ok(Out::FALSE);
    };
    Ok(Out::Int(pool.with(|client| client.is_up(server)).into()))
}

/// The first server that was added with this host and port. Warns when there is none.
fn find(pool: &Pool, host: &[u8], port: i64, s: &mut Scratch) -> R<Option<ServerId>> {
    let found = u32::try_from(port)
        .ok()
        .and_then(|port| pool.with(|client| client.find(host, port)));
    if found.is_none() {
        s.voice.warn(c"Server not found in pool")?;
    }
    Ok(found)
}

/// `host:port` of the server that a key goes to now.
pub(crate) fn findserver(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    let (object, call) = call.object(Class::Pool, 1, 1)?;
    let key = call.required(0)?;
    let Some(pool) = pool::with_servers(object, s)? else {
        return Ok(Out::FALSE);
    };
    if !s.add_key(pool, key)? {
        return Ok(Out::FALSE);
    }
    let found = pool.with(|client| {
        let server = client.choose(s.keys.wire(0))?;
        client.address(server).write_name(&mut s.unpacked);
        Some(())
    });
    Ok(match found {
        Some(()) => Out::Value(Owned::bytes(&s.unpacked)),
        None => Out::FALSE,
    })
}

/// Sets or, with null, removes the failure callback.
pub(crate) fn setfailurecallback(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    let (object, call) = call.object(Class::Pool, 1, 1)?;
    let value = call.required(0)?;
    if pool::of(object, s)?.is_none() {
        return Ok(Out::FALSE);
    }
    let Some(callback) = callback::argument(Some(value), s)? else {
        return Ok(Out::FALSE);
    };
    callback::set(object, callback)?;
    Ok(Out::TRUE)
}
