//! Keys as callers give them, made fit for the wire.

use std::ops::Range;

use mcrs::codec::key::{MAX_KEY_LEN, fix_up};

use crate::scratch::Scratch;
use crate::zend::{self, Key, Kind, R, Value};

/// The finished keys of a call, in order.
#[derive(Default)]
pub(crate) struct Keys {
    /// The keys one after another.
    bytes: Vec<u8>,
    /// Each key, and how much of it is prefix.
    spans: Vec<(Range<usize>, usize)>,
}

impl Keys {
    /// Forgets all keys.
    pub(crate) fn reset(&mut self, kept_bytes: usize) {
        self.bytes.clear();
        self.bytes.shrink_to(kept_bytes);
        self.spans.clear();
        self.spans.shrink_to(kept_bytes / 16);
    }

    /// Number of keys.
    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    /// A key as it is sent and hashed.
    pub(crate) fn wire(&self, index: usize) -> &[u8] {
        &self.bytes[self.spans[index].0.clone()]
    }

    /// A key as it is returned to the caller: cleaned, without the prefix.
    ///
    /// Differs from pecl/memcache: that leaves the prefix in, so an application that turns
    /// prefixes on finds none of its keys.
    pub(crate) fn returned(&self, index: usize) -> &[u8] {
        let (span, prefix) = &self.spans[index];
        &self.bytes[span.start + prefix..span.end]
    }

    /// Adds prefix and key; false for an empty key.
    fn push(&mut self, prefix: &[u8], key: &[u8]) -> bool {
        let start = self.bytes.len();
        if !fix_up(&mut self.bytes, prefix, key) {
            return false;
        }
        let span = start..self.bytes.len();
        // A prefix that leaves no room for any of the key is returned whole: better than nothing.
        let prefix = if prefix.len() < MAX_KEY_LEN {
            prefix.len()
        } else {
            0
        };
        self.spans.push((span, prefix));
        true
    }
}

impl Scratch {
    /// Makes any value a key, by PHP's rules of conversion. Warns and gives false for an empty one.
    pub(crate) fn add_key(&mut self, prefix: &[u8], value: Value<'_>) -> R<bool> {
        match value.kind() {
            Kind::Str(text) => self.finish_key(prefix, text.bytes()),
            Kind::Int(number) => self.finish_key(prefix, number.to_string().as_bytes()),
            _ => {
                // Kept, since this text exists for the call alone.
                let pin = self.pins.keep(zend::to_string(value)?);
                let added = self.keys.push(prefix, self.pins.bytes(pin));
                self.check_key(added)
            }
        }
    }

    /// Makes the key of an array entry a key.
    ///
    /// Differs from pecl/memcache: a negative integer keeps its sign, because as an unsigned
    /// number nobody finds it again.
    pub(crate) fn add_array_key(&mut self, prefix: &[u8], key: Key<'_>) -> R<bool> {
        match key {
            Key::Int(number) => self.finish_key(prefix, number.to_string().as_bytes()),
            Key::Str(text) => self.finish_key(prefix, text.bytes()),
        }
    }

    fn finish_key(&mut self, prefix: &[u8], key: &[u8]) -> R<bool> {
        let added = self.keys.push(prefix, key);
        self.check_key(added)
    }

    fn check_key(&mut self, added: bool) -> R<bool> {
        if !added {
            self.voice.warn(c"Invalid key")?;
        }
        Ok(added)
    }
}
