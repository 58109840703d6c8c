//! The memory of one PHP call: everything it gathers before it speaks.
//!
//! It belongs to the module globals and outlives any fatal error, so the frames of a call hold
//! nothing that has to be dropped (see [`crate::zend`]). Buffers keep their capacity from call to
//! call, up to a limit.

use std::ffi::CStr;

use mcrs::client::{Batch, Event};

use crate::memcache::keys::Keys;
use crate::zend::{self, Level, Pins, R};
use crate::zval::PackBuffers;

/// Capacity, in bytes, that a buffer keeps for the next call.
const KEPT_BYTES: usize = 256 * 1024;

/// What one call gathers.
#[derive(Default)]
pub(crate) struct Scratch {
    /// Strings and the pool the call keeps alive.
    pub(crate) pins: Pins,
    /// The finished keys.
    pub(crate) keys: Keys,
    /// The value that is being made ready.
    pub(crate) pack: PackBuffers,
    /// The requests, then their outcomes.
    pub(crate) batch: Batch,
    /// What the client reported, not yet said.
    pub(crate) events: Vec<Event>,
    /// A decompressed value that is being read.
    pub(crate) unpacked: Vec<u8>,
    /// Diagnostics.
    pub(crate) voice: Voice,
}

impl Scratch {
    /// Makes it ready for the next call.
    pub(crate) fn reset(&mut self) {
        self.pins.release();
        self.keys.reset(KEPT_BYTES);
        self.pack.reset(KEPT_BYTES);
        self.batch.clear();
        self.events.clear();
        for buffer in [&mut self.unpacked, &mut self.voice.text] {
            buffer.clear();
            buffer.shrink_to(KEPT_BYTES);
        }
    }
}

/// Says things to the user, who may answer with an exception.
#[derive(Default)]
pub(crate) struct Voice {
    /// The text under construction.
    text: Vec<u8>,
}

impl Voice {
    /// Says a fixed warning.
    pub(crate) fn warn(&mut self, text: &CStr) -> R<()> {
        zend::say(Level::Warning, text)
    }

    /// Says a fixed notice.
    pub(crate) fn notice(&mut self, text: &CStr) -> R<()> {
        zend::say(Level::Notice, text)
    }

    /// Says a text that `write` appends to an empty buffer.
    pub(crate) fn say(&mut self, level: Level, write: impl FnOnce(&mut Vec<u8>)) -> R<()> {
        self.text.clear();
        write(&mut self.text);
        close_text(&mut self.text);
        zend::say(
            level,
            CStr::from_bytes_until_nul(&self.text).unwrap_or_default(),
        )
    }
}

/// Ends a text for the engine, which takes it for a C string: a NUL byte inside (servers and host
/// names can have them) becomes `\0`, so that nothing behind it is lost.
fn close_text(text: &mut Vec<u8>) {
    if text.contains(&0) {
        let escaped = text
            .split(|&b| b == 0)
            .collect::<Vec<_>>()
            .join(&b"\\0"[..]);
        *text = escaped;
    }
    text.push(0);
}
