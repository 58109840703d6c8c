//! What the client reported becomes callbacks, notices and warnings.
//!
//! The client gathers, this speaks: when it does, no connection is in the middle of anything, so
//! user code may call back into the same pool.

use mcrs::pool::Event;

use crate::scratch::Scratch;
use crate::zend::{self, Level, Object, Owned, Property, R};

/// Says everything in `s.events`, in order. Stops at an exception.
pub(crate) fn report(object: Object<'_>, s: &mut Scratch) -> R<()> {
    for index in 0..s.events.len() {
        // Taken one by one: user code never sees this list, its calls have lists of their own.
        let event = &s.events[index];
        match event {
            Event::ServerFailed {
                server,
                error,
                errno,
            } => {
                let (port, udp) = (server.tcp_port, server.udp_port);
                let mut callback = object.copy_property(Property::FailureCallback);
                if callback.is_null() {
                    let text = failed(&server.host, port, udp, error, *errno);
                    s.voice.say_bytes(Level::Notice, &text)?;
                    continue;
                }
                let arguments = || {
                    [
                        Owned::bytes(&server.host),
                        Owned::int(port.into()),
                        Owned::int(udp.into()),
                        Owned::bytes(error.as_bytes()),
                        Owned::int((*errno).into()),
                    ]
                };
                let done = if zend::is_callable(callback.view()) {
                    zend::call_user(callback.view(), arguments())
                } else {
                    object
                        .set_property(Property::FailureCallback, Owned::null())
                        .and_then(|()| s.voice.warn(c"Invalid failure callback"))
                };
                callback.release();
                done?;
            }
            _ => {}
        }
    }
    Ok(())
}
