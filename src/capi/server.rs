//! The servers of a client: adding them, asking which one a key belongs to, and what concerns one
//! of them.

use std::ffi::c_char;

use super::client::mcrs_client;
use super::error::mcrs_error;
use super::guard::{self, Out, invalid};
use super::result::mcrs_result::{self, MCRS_RESULT_OK};
use super::text::mcrs_text;
use crate::client::{Address, Client, Key};
use crate::error::{Error, ErrorKind};

/// Adds a server with the options timeout_ms and retry_interval_sec in force. It is connected to
/// when it is first needed: that nobody listens there is found out then.
///
/// `host` is a name, an IPv4 address, an IPv6 address in brackets, or `unix:///path` of a socket.
/// `port` is 1 to 65535, and 0 for a unix socket. `weight` is 1 to 1000000: the server gets that
/// share of the keys. Host and port are hashed as they are given: `localhost` and `127.0.0.1` are
/// different servers.
///
/// Servers are numbered in the order in which they were added, from 0.
///
/// Errors: MCRS_RESULT_INVALID_ARGUMENT.
///
/// # Safety
/// `client` must be a client, `host` a C string, and `error` an error object, or NULL; no other
/// thread may use the client or the error object during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_client_add_server(
    client: *mut mcrs_client,
    host: *const c_char,
    port: u32,
    weight: u32,
    error: *mut mcrs_error,
) -> mcrs_result {
    // SAFETY: the caller passes NULL or what the arguments' types say, and keeps other threads
    // from it.
    unsafe {
        guard::with_client(client, error, |client| {
            let host = guard::c_str("host", host)?;
            let is_unix = host.starts_with(b"unix://");
            let ports = if is_unix { 0..=0 } else { 1..=65_535 };
            if !ports.contains(&port) {
                return Err(invalid(match is_unix {
                    true => "the port of a unix socket is 0".into(),
                    false => "a port is 1 to 65535".into(),
                }));
            }
            if host.is_empty() {
                return Err(invalid("the host is empty".into()));
            }
            let address = Address {
                host: host.to_vec(),
                tcp_port: port,
                udp_port: 0,
            };
            client.add_server(address, weight, client.server_options())?;
            Ok(MCRS_RESULT_OK)
        })
    }
}

/// How many servers were added; their numbers are 0 to `*count` - 1.
///
/// # Safety
/// `client` must be a client, `count` point to a size_t, and `error` be an error object, or NULL;
/// no other thread may use the client or the error object during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_client_server_count(
    client: *mut mcrs_client,
    count: *mut usize,
    error: *mut mcrs_error,
) -> mcrs_result {
    // SAFETY: the caller passes NULL or what the arguments' types say, and keeps other threads
    // from it.
    unsafe {
        guard::with_client(client, error, |client| {
            let count = Out::new("count", count)?;
            count.write(client.server_count());
            Ok(MCRS_RESULT_OK)
        })
    }
}

/// The name of a server: `host:port`, in the words in which it was added. To be freed by
/// mcrs_text_free().
///
/// Errors: MCRS_RESULT_INVALID_ARGUMENT when there is no server of that number.
///
/// # Safety
/// `client` must be a client, `name` point to a pointer, and `error` be an error object, or NULL;
/// no other thread may use the client or the error object during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_client_server_name(
    client: *mut mcrs_client,
    server: usize,
    name: *mut *mut mcrs_text,
    error: *mut mcrs_error,
) -> mcrs_result {
    // SAFETY: the caller passes NULL or what the arguments' types say, and keeps other threads
    // from it.
    unsafe {
        guard::with_client(client, error, |client| {
            let name = Out::new("name", name)?;
            check_server(client, server)?;
            let text = client.address(server).name().into_bytes();
            name.write(guard::give(mcrs_text::new(text)));
            Ok(MCRS_RESULT_OK)
        })
    }
}

/// The number of the server that a request for a key would go to now. Servers that are known to
/// have failed are passed over if the option allow_failover is set. Nothing is sent.
///
/// Errors: MCRS_RESULT_INVALID_KEY, MCRS_RESULT_INVALID_ARGUMENT, MCRS_RESULT_NO_SERVERS.
///
/// # Safety
/// `client` must be a client, `key` point to `key_len` bytes, `server` to a size_t, and `error` be
/// an error object, or NULL; no other thread may use the client or the error object during the
/// call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_client_server_for_key(
    client: *mut mcrs_client,
    key: *const c_char,
    key_len: usize,
    server: *mut usize,
    error: *mut mcrs_error,
) -> mcrs_result {
    // SAFETY: the caller passes NULL or what the arguments' types say, and keeps other threads
    // from it.
    unsafe {
        guard::with_client(client, error, |client| {
            let key = guard::key(key, key_len)?;
            let server = Out::new("server", server)?;
            let key =
                Key::new(key).map_err(|why| Error::new(ErrorKind::InvalidKey, why.to_string()))?;
            let chosen = client.choose(key.as_bytes());
            server
                .write(chosen.ok_or_else(|| {
                    Error::new(ErrorKind::NoServers, "the client has no servers")
                })?);
            Ok(MCRS_RESULT_OK)
        })
    }
}

/// Makes all items of one server invalid (`flush_all`): at once, or after `delay_sec` seconds,
/// which are 0 to 2147483647.
///
/// Errors: MCRS_RESULT_INVALID_ARGUMENT, and all from 200 on.
///
/// # Safety
/// `client` must be a client and `error` an error object, or NULL; no other thread may use them
/// during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_client_flush(
    client: *mut mcrs_client,
    server: usize,
    delay_sec: u32,
    error: *mut mcrs_error,
) -> mcrs_result {
    // SAFETY: the caller passes NULL or what the arguments' types say, and keeps other threads
    // from it.
    unsafe {
        guard::with_client(client, error, |client| {
            check_server(client, server)?;
            let delay_sec = i32::try_from(delay_sec)
                .map_err(|_| invalid("delay_sec is 0 to 2147483647".into()))?;
            client.flush(server, delay_sec)?;
            Ok(MCRS_RESULT_OK)
        })
    }
}

/// The version that one server gives (`version`), such as `1.6.45`. To be freed by
/// mcrs_text_free().
///
/// Errors: MCRS_RESULT_INVALID_ARGUMENT, and all from 200 on.
///
/// # Safety
/// `client` must be a client, `version` point to a pointer, and `error` be an error object, or
/// NULL; no other thread may use the client or the error object during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_client_version(
    client: *mut mcrs_client,
    server: usize,
    version: *mut *mut mcrs_text,
    error: *mut mcrs_error,
) -> mcrs_result {
    // SAFETY: the caller passes NULL or what the arguments' types say, and keeps other threads
    // from it.
    unsafe {
        guard::with_client(client, error, |client| {
            let version = Out::new("version", version)?;
            check_server(client, server)?;
            let text = client.version(server)?;
            version.write(guard::give(mcrs_text::new(text)));
            Ok(MCRS_RESULT_OK)
        })
    }
}

/// The statistics of one server (`stats`), as it sent them: lines such as `STAT pid 42`, each ended
/// by `\n`, at most 16 MiB. To be freed by mcrs_text_free().
///
/// `args` are the words after `stats`, such as `items`; NULL or empty for the general ones. What
/// words there are, and what they do, is the server's affair: `reset` changes something.
///
/// Errors: MCRS_RESULT_INVALID_ARGUMENT, also for `args` with control characters; and all from 200
/// on.
///
/// # Safety
/// `client` must be a client, `args` NULL or a C string, `stats` point to a pointer, and `error` be
/// an error object, or NULL; no other thread may use the client or the error object during the
/// call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_client_stats(
    client: *mut mcrs_client,
    server: usize,
    args: *const c_char,
    stats: *mut *mut mcrs_text,
    error: *mut mcrs_error,
) -> mcrs_result {
    // SAFETY: the caller passes NULL or what the arguments' types say, and keeps other threads
    // from it.
    unsafe {
        guard::with_client(client, error, |client| {
            let args = match args.is_null() {
                true => b"",
                false => guard::c_str("args", args)?,
            };
            let stats = Out::new("stats", stats)?;
            check_server(client, server)?;
            let text = client.stats(server, args)?;
            stats.write(guard::give(mcrs_text::new(text)));
            Ok(MCRS_RESULT_OK)
        })
    }
}

fn check_server(client: &Client, server: usize) -> Result<(), Error> {
    if server < client.server_count() {
        return Ok(());
    }
    Err(invalid("there is no server of that number".into()))
}
