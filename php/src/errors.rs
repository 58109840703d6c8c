//! What the client reported becomes callbacks, notices and warnings.
//!
//! The client gathers, this speaks: when it does, no connection is in the middle of anything, so
//! user code may call back into the same pool.
//!
//! Differs from pecl/memcache: the failure callback runs when the operation is over, not while its
//! requests are being moved to other servers, so what it changes (`setServerParams()`) counts from
//! the next operation on; it always gets the error, also when a retry succeeded meanwhile; and it
//! is the callback of the object that the call was made on: a clone has the one that was set when
//! it was cloned.

use std::io::Write as _;

use mcrs::client::{Address, Event};

use crate::scratch::{Scratch, Voice};
use crate::zend::{self, Level, Object, Owned, Property, R};

/// Says everything in `s.events`, in order. Stops at an exception.
pub(crate) fn report(object: Object<'_>, s: &mut Scratch) -> R<()> {
    let Scratch { events, voice, .. } = s;
    for event in events.iter() {
        match event {
            Event::ServerFailed {
                server,
                error,
                errno,
                ..
            } => server_failed(object, server, error, *errno, voice)?,
            Event::Refused {
                server,
                error,
                code,
            } => notice(server, error, *code, voice)?,
            Event::Unresolved { error, .. } => voice.say(Level::Warning, |text| {
                text.extend_from_slice(error.as_bytes());
            })?,
            // A kind of event this file does not know says nothing rather than something wrong.
            _ => {}
        }
    }
    Ok(())
}

/// Tells the object's failure callback, or says it as a notice.
fn server_failed(
    object: Object<'_>,
    server: &Address,
    error: &[u8],
    errno: i32,
    voice: &mut Voice,
) -> R<()> {
    // A copy: the callback may replace itself while it runs.
    let mut callback = object.copy_property(Property::FailureCallback);
    if callback.is_null() {
        return notice(server, error, errno, voice);
    }
    let told = match zend::is_callable(callback.view()) {
        Ok(true) => zend::call_user(
            callback.view(),
            [
                Owned::bytes(&server.host),
                Owned::int(server.tcp_port.into()),
                Owned::int(server.udp_port.into()),
                Owned::bytes(error),
                Owned::int(errno.into()),
            ],
        ),
        Ok(false) => object
            .set_property(Property::FailureCallback, Owned::null())
            .and_then(|()| voice.warn(c"Invalid failure callback")),
        Err(thrown) => Err(thrown),
    };
    callback.release();
    told
}

/// The notice for a server that failed or refused.
fn notice(server: &Address, error: &[u8], code: i32, voice: &mut Voice) -> R<()> {
    voice.say(Level::Notice, |text| {
        text.extend_from_slice(b"Server ");
        text.extend_from_slice(&server.host);
        let _ = write!(
            text,
            " (tcp {}, udp {}) failed with: ",
            server.tcp_port, server.udp_port
        );
        text.extend_from_slice(error);
        let _ = write!(text, " ({code})");
    })
}

/// The last failure in `s.events`: its text and number.
pub(crate) fn last_failure(events: &[Event]) -> Option<(&[u8], i32)> {
    events.iter().rev().find_map(|event| match event {
        Event::ServerFailed { error, errno, .. } => Some((error.as_slice(), *errno)),
        _ => None,
    })
}
