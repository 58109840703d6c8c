//! connect, pconnect, addserver in their forms: MemcachePool's, Memcache's and the functions'.

use std::ffi::CStr;
use std::io::Write as _;
use std::time::Duration;

use mcrs::ServerId;
use mcrs::client::{Address, Retry, ServerOptions, timeout_from_secs};

use super::{Pool, callback};
use crate::errors;
use crate::ini::Protocol;
use crate::scratch::Scratch;
use crate::zend::{self, Call, Class, Kind, Level, Object, Out, PoolState, R, Str};

/// Highest port number.
///
/// Differs from pecl/memcache: that takes ports up to 65635 and wraps them around, which connects
/// to a port nobody asked for.
const MAX_PORT: i64 = 65_535;

/// Time-out of servers that are added without one, in seconds.
pub(super) const DEFAULT_TIMEOUT_SEC: f64 = 1.0;

/// Arguments of a new server, with pecl/memcache's defaults.
struct NewServer<'a> {
    host: Str<'a>,
    tcp_port: i64,
    udp_port: i64,
    persistent: bool,
    weight: i64,
    /// Seconds.
    timeout: f64,
    /// Seconds; -1: a failed server is not tried again.
    retry_interval: i64,
    status: bool,
}

impl<'a> NewServer<'a> {
    fn new(host: Str<'a>, tcp_port: i64) -> Self {
        Self {
            host,
            tcp_port,
            udp_port: 0,
            persistent: true,
            weight: 1,
            timeout: DEFAULT_TIMEOUT_SEC,
            retry_interval: 15,
            status: true,
        }
    }
}

/// `MemcachePool::connect($host, $tcp_port, $udp_port, $persistent, $weight, $timeout,
/// $retry_interval)`
pub(crate) fn pool_connect(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    let (object, call) = call.object(Class::Pool, 1, 7)?;
    let server = pool_arguments(call)?;
    connect(object, &server, s).map(Out::Bool)
}

/// `MemcachePool::addserver`: as connect, then `$status`.
pub(crate) fn pool_addserver(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    let (object, call) = call.object(Class::Pool, 1, 8)?;
    let server = NewServer {
        status: call.bool(7, true)?,
        ..pool_arguments(call)?
    };
    Ok(Out::Bool(add(object, &server, s)?.is_some()))
}

fn pool_arguments(call: Call<'_>) -> R<NewServer<'_>> {
    let default_port = zend::globals().settings.default_port.get();
    Ok(NewServer {
        host: call.str(0)?,
        tcp_port: call.int(1, default_port)?,
        udp_port: call.int(2, 0)?,
        persistent: call.bool(3, true)?,
        weight: call.int(4, 1)?,
        timeout: call.float(5, DEFAULT_TIMEOUT_SEC)?,
        retry_interval: call.int(6, 15)?,
        status: true,
    })
}

/// `Memcache::addserver` and `memcache_add_server`: `$host, $tcp_port, $persistent, $weight,
/// $timeout, $retry_interval, $status, $failure_callback`.
pub(crate) fn memcache_addserver(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    let (object, call) = call.object(Class::Memcache, 1, 8)?;
    let default_port = zend::globals().settings.default_port.get();
    let server = NewServer {
        host: call.str(0)?,
        tcp_port: call.int(1, default_port)?,
        udp_port: 0,
        persistent: call.bool(2, true)?,
        weight: call.int(3, 1)?,
        timeout: call.float(4, DEFAULT_TIMEOUT_SEC)?,
        retry_interval: call.int(5, 15)?,
        status: call.bool(6, true)?,
    };
    // Null leaves a callback that was set before in place, as in pecl/memcache.
    let given = call.value(7).filter(|v| !matches!(v.kind(), Kind::Null));
    let Some(callback) = callback::argument(given, s)? else {
        return Ok(Out::FALSE);
    };
    if add(object, &server, s)?.is_none() {
        return Ok(Out::FALSE);
    }
    callback::set(object, callback)?;
    Ok(Out::TRUE)
}

/// `Memcache::connect($host, $port, $timeout)`
pub(crate) fn memcache_connect(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    method_connect(call, s, false)
}

/// `Memcache::pconnect`: as connect, on a connection that outlives the request.
pub(crate) fn memcache_pconnect(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    method_connect(call, s, true)
}

fn method_connect(call: Call<'_>, s: &mut Scratch, persistent: bool) -> R<Out> {
    let (object, call) = call.object(Class::Memcache, 1, 3)?;
    let server = short_arguments(call, persistent)?;
    connect(object, &server, s).map(Out::Bool)
}

/// `memcache_connect($host, $port, $timeout)`: a new `Memcache`, or false.
pub(crate) fn function_connect(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    create_connected(call, s, false)
}

/// `memcache_pconnect`: as memcache_connect, on a connection that outlives the request.
pub(crate) fn function_pconnect(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    create_connected(call, s, true)
}

fn create_connected(call: Call<'_>, s: &mut Scratch, persistent: bool) -> R<Out> {
    let call = call.expect(1, 3)?;
    let server = short_arguments(call, persistent)?;
    let (object, value) = Object::create(Class::Memcache)?;
    match connect(object, &server, s) {
        Ok(true) => Ok(Out::Value(value)),
        Ok(false) => {
            value.release();
            Ok(Out::FALSE)
        }
        Err(thrown) => {
            value.release();
            Err(thrown)
        }
    }
}

/// The three arguments of the short forms.
///
/// Differs from pecl/memcache: null for the port is the default port, since port 0 is of use to
/// unix sockets alone; those still get 0.
fn short_arguments(call: Call<'_>, persistent: bool) -> R<NewServer<'_>> {
    let default_port = zend::globals().settings.default_port.get();
    let host = call.str(0)?;
    let port = match call.int_or_null(1, default_port)? {
        Some(port) => port,
        None if host.bytes().starts_with(b"unix:") => 0,
        None => default_port,
    };
    Ok(NewServer {
        persistent,
        timeout: call.float(2, DEFAULT_TIMEOUT_SEC)?,
        ..NewServer::new(host, port)
    })
}

/// Adds a server and connects to it now. A server that cannot be reached stays in the pool, marked
/// failed, as in pecl/memcache.
fn connect(object: Object<'_>, server: &NewServer<'_>, s: &mut Scratch) -> R<bool> {
    s.events.clear();
    let Some((pool, id)) = add(object, server, s)? else {
        return Ok(false);
    };
    let connected = pool.with(|client| {
        let connected = client.connect(id);
        s.events.extend(client.take_events());
        connected
    });
    if connected {
        return Ok(true);
    }
    // Said twice, as in pecl/memcache: first as the failure of a server, then of this call.
    errors::report(object, s)?;
    let Scratch { events, voice, .. } = s;
    let (error, errno) = errors::last_failure(events).unwrap_or_default();
    voice.say(Level::Warning, |text| {
        text.extend_from_slice(b"Can't connect to ");
        text.extend_from_slice(server.host.bytes());
        let _ = write!(text, ":{}, ", server.tcp_port);
        text.extend_from_slice(error);
        let _ = write!(text, " ({errno})");
    })?;
    Ok(false)
}

/// Adds a server, to a new pool if the object has none. Warns and gives `None` when the arguments
/// are wrong or ask for what this build has not.
fn add<'a>(
    object: Object<'a>,
    server: &NewServer<'_>,
    s: &mut Scratch,
) -> R<Option<(&'a Pool, ServerId)>> {
    let settings = &zend::globals().settings;
    if let Some(complaint) = wrong(server) {
        s.voice.warn(complaint)?;
        return Ok(None);
    }
    let pool = match object.pool(&mut s.pins)? {
        PoolState::Open(pool) => pool,
        PoolState::Missing | PoolState::Null => {
            // The protocol is a property of the pool: one that speaks ascii goes on doing so.
            if settings.protocol.get() == Protocol::Binary {
                s.voice.warn(NO_BINARY)?;
                return Ok(None);
            }
            object.set_pool(Box::new(Pool::new(settings)), &mut s.pins)?
        }
        PoolState::NotResource => return Err(object.refuse_connection()),
    };
    pool.read_prefix(settings);
    let address = Address {
        host: server.host.bytes().to_vec(),
        tcp_port: server.tcp_port as u32,
        udp_port: 0,
    };
    let weight = server.weight as u32;
    let options = ServerOptions {
        timeout: timeout(server.timeout),
        retry: Retry::from_secs(server.retry_interval),
        up: server.status,
    };
    let added = pool.with(|client| {
        // A server that is off from the start is nobody else's business.
        if server.persistent && server.status {
            let mut persistent = zend::globals().persistent.borrow_mut();
            client.add_persistent_server(address, weight, options, &mut persistent)
        } else {
            client.add_server(address, weight, options)
        }
    });
    match added {
        Ok(id) => Ok(Some((pool, id))),
        Err(error) => {
            // Only a weight beyond what a ring can hold.
            s.voice.say(Level::Warning, move |text| {
                text.extend_from_slice(error.text().as_bytes());
            })?;
            Ok(None)
        }
    }
}

/// A time-out argument in seconds. What is negative or no number is the default: it means nothing
/// in pecl/memcache, where such servers work all the same.
pub(super) fn timeout(secs: f64) -> Duration {
    timeout_from_secs(if secs >= 0.0 {
        secs
    } else {
        DEFAULT_TIMEOUT_SEC
    })
}

/// What is wrong with the numbers, or not built.
fn wrong(server: &NewServer<'_>) -> Option<&'static CStr> {
    let ports = 0..=MAX_PORT;
    if !(1..=i64::from(u32::MAX)).contains(&server.weight) {
        Some(c"weight must be a positive integer")
    } else if !ports.contains(&server.tcp_port) {
        Some(c"invalid tcp port number")
    } else if !ports.contains(&server.udp_port) {
        Some(c"invalid udp port number")
    } else if server.udp_port != 0 {
        Some(NO_UDP)
    } else {
        None
    }
}

/// What this build does not have is refused, never replaced by something else.
const NO_BINARY: &CStr =
    c"memcache.protocol=binary is not supported by this build of memcache_rs yet; \
      the server was not added, set it to ascii";
const NO_UDP: &CStr = c"UDP is not supported by this build of memcache_rs yet; \
                        the server was not added, give 0 as udp port";
