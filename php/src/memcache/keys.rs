//! Keys as callers give them, made fit for the wire.

use std::ops::Range;

use mcrs::client::key::{MAX_KEY_LEN, fix_up};

use super::Pool;
use crate::scratch::Scratch;
use crate::zend::{self, Array, Key, Kind, R, Value};

/// The finished keys of a call, in order.
#[derive(Default)]
pub(crate) struct Keys {
    /// The keys one after another.
    bytes: Vec<u8>,
    /// Each key, and how many of its bytes are prefix.
    spans: Vec<(Range<usize>, usize)>,
}

impl Keys {
    /// Forgets all keys.
    pub(crate) fn reset(&mut self, kept_bytes: usize) {
        self.bytes.clear();
        self.bytes.shrink_to(kept_bytes);
        self.spans.clear();
        self.spans
            .shrink_to(kept_bytes / size_of::<(Range<usize>, usize)>());
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
    /// Differs from pecl/memcache: that leaves the prefix in, so that an application which turns
    /// prefixes on no longer finds its own keys in the result.
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
        // A prefix that leaves no room for the key itself is returned whole: better than nothing.
        let prefix = match prefix.len() {
            len if len < MAX_KEY_LEN => len,
            _ => 0,
        };
        self.spans.push((start..self.bytes.len(), prefix));
        true
    }
}

impl Scratch {
    /// Makes any value a key, by PHP's rules of conversion. Warns and gives false for an empty
    /// one. Runs user code for objects.
    pub(crate) fn add_key(&mut self, pool: &Pool, value: Value<'_>) -> R<bool> {
        match value.kind() {
            Kind::Str(text) => self.finish_key(pool, text.bytes()),
            Kind::Int(number) => self.finish_key(pool, number.to_string().as_bytes()),
            _ => {
                let pin = self.pins.keep(zend::to_string(value)?);
                let added = self.keys.push(&pool.prefix(), self.pins.bytes(pin));
                self.check_key(added)
            }
        }
    }

    /// Makes every value of an array a key; the empty ones are skipped with a warning each.
    pub(crate) fn add_keys(&mut self, pool: &Pool, keys: Array<'_>) -> R<()> {
        for (_, key) in keys.iter() {
            self.add_key(pool, key)?;
        }
        Ok(())
    }

    /// Makes the key of an array entry a key.
    ///
    /// Differs from pecl/memcache: a negative integer keeps its sign, because nobody looks for it
    /// under the unsigned number.
    pub(crate) fn add_array_key(&mut self, pool: &Pool, key: Key<'_>) -> R<bool> {
        match key {
            Key::Int(number) => self.finish_key(pool, number.to_string().as_bytes()),
            Key::Str(text) => self.finish_key(pool, text.bytes()),
        }
    }

    fn finish_key(&mut self, pool: &Pool, key: &[u8]) -> R<bool> {
        let added = self.keys.push(&pool.prefix(), key);
        self.check_key(added)
    }

    fn check_key(&mut self, added: bool) -> R<bool> {
        if !added {
            self.voice.warn(c"Invalid key")?;
        }
        Ok(added)
    }
}
