//! What others get to hear of commands on keys: watchers, and the figures by prefix.
//!
//! Each call costs a look at one number while nobody watches. When somebody does, what a command is
//! about to find is looked up on its own, so that the engine need not answer questions nobody asked;
//! another client may change it in between, and the log is that much out of date.
//!
//! Source: mcrsd.md 2.10; memcached 1.6.18, measured.

use std::sync::atomic::Ordering::Relaxed;

use super::Context;
use crate::engine::{Draft, Fate, KEY_MAX_BYTES, Mode, Stored};
use crate::watch::{Event, Stream};

impl Context {
    /// Counts by prefix that a key was looked up; with `-vv`, tells of a value that is sent.
    #[inline]
    pub(super) fn count_get(&self, key: &[u8], found: bool) {
        if found && self.shared.verbosity.load(Relaxed) > 1 {
            let client = self.logger.client();
            eprintln!(">{client} sending key {}", key.escape_ascii());
        }
        self.shared.stats.prefixes.count(key, |prefix| {
            prefix.gets += 1;
            prefix.hits += u64::from(found);
        });
    }

    /// Counts by prefix that a storage command came.
    #[inline]
    pub(super) fn count_set(&self, key: &[u8]) {
        self.shared
            .stats
            .prefixes
            .count(key, |prefix| prefix.sets += 1);
    }

    /// Counts by prefix that a delete came.
    #[inline]
    pub(super) fn count_delete(&self, key: &[u8]) {
        let prefixes = &self.shared.stats.prefixes;
        prefixes.count(key, |prefix| prefix.deletes += 1);
    }

    /// Says that a key is about to be looked up, by whatever command.
    #[inline]
    pub(super) fn note_lookup(&self, key: &[u8]) {
        if self.shared.watch.wants(Stream::Fetchers) {
            self.log_lookup(key);
        }
    }

    #[cold]
    fn log_lookup(&self, key: &[u8]) {
        let fate = self.fate(key);
        if self.shared.verbosity.load(Relaxed) > 2 {
            let said = match fate {
                Fate::Live { .. } => "FOUND KEY",
                _ => "NOT FOUND",
            };
            eprintln!("> {said} {}", key.escape_ascii());
        }
        let (status, class, bytes) = match fate {
            Fate::Missing => ("not_found", 0, 0),
            Fate::Expired => ("expired", 0, 0),
            Fate::Flushed => ("flushed", 0, 0),
            Fate::Live { class, bytes, .. } => ("found", class, bytes),
        };
        self.log(&Event::Get {
            key,
            status,
            class,
            client: self.logger.client(),
            bytes,
        });
    }

    /// What is about to be deleted, if somebody wants to know; for [`note_delete`](Context::note_delete).
    #[inline]
    pub(super) fn before_delete(&self, key: &[u8]) -> Option<Fate> {
        let wanted = self.shared.watch.wants(Stream::Deletions);
        wanted.then(|| self.fate(key))
    }

    /// Says that a command deleted a key.
    #[inline]
    pub(super) fn note_delete(&self, key: &[u8], command: &'static str, was: Option<Fate>) {
        if let Some(Fate::Live { class, bytes, .. }) = was {
            self.log(&Event::Delete {
                key,
                command,
                class,
                bytes,
            });
        }
    }

    /// A store that is about to be, if somebody wants to know; for [`note_store`](Context::note_store).
    #[inline]
    pub(super) fn before_store(&self, draft: &Draft<'_>, mode: Mode) -> Option<Box<Storing>> {
        let wanted = self.shared.watch.wants(Stream::Mutations);
        wanted.then(|| Box::new(Storing::new(draft, mode)))
    }

    /// Says what became of a store.
    #[inline]
    pub(super) fn note_store(&self, storing: Option<Box<Storing>>, stored: Stored) {
        if let Some(storing) = storing {
            self.log_store(&storing, stored);
        }
    }

    #[cold]
    fn log_store(&self, storing: &Storing, stored: Stored) {
        let status = match stored {
            Stored::Done { .. } => "stored",
            Stored::NotStored => "not_stored",
            Stored::Exists => "exists",
            Stored::NotFound => "not_found",
        };
        let (mut class, mut bytes, mut expiry) = (storing.class, storing.bytes, storing.expiry);
        // What was joined is longer than what came, and keeps the expiry it had.
        if let Stored::Done { .. } = stored
            && let Mode::Append | Mode::Prepend = storing.mode
            && let Fate::Live {
                class: c,
                bytes: b,
                expiry: e,
            } = self.fate(storing.key())
        {
            (class, bytes, expiry) = (c, b, e);
        }
        self.log(&Event::Store {
            key: storing.key(),
            status,
            command: command(storing.mode),
            ttl: expiry.saturating_sub(self.shared.clock.now()),
            class,
            client: self.logger.client(),
            bytes,
        });
    }

    /// Says that a command that counts stored a number that was missing.
    #[inline]
    pub(super) fn note_created(&self, key: &[u8]) {
        if self.shared.watch.wants(Stream::Mutations) {
            self.log_created(key);
        }
    }

    #[cold]
    fn log_created(&self, key: &[u8]) {
        if let Fate::Live {
            class,
            bytes,
            expiry,
        } = self.fate(key)
        {
            self.log(&Event::Store {
                key,
                status: "stored",
                command: "add",
                ttl: expiry.saturating_sub(self.shared.clock.now()),
                class,
                client: self.logger.client(),
                bytes,
            });
        }
    }

    /// Says that there was no room for a value.
    #[inline]
    pub(super) fn note_refusal(&self, key: &[u8], mode: Mode, status: &'static str) {
        if self.shared.watch.wants(Stream::Mutations) {
            self.log(&Event::Store {
                key,
                status,
                command: command(mode),
                ttl: 0,
                class: 0,
                client: self.logger.client(),
                bytes: 0,
            });
        }
    }

    fn log(&self, event: &Event<'_>) {
        self.shared.watch.log(self.logger, event);
    }

    fn fate(&self, key: &[u8]) -> Fate {
        self.shared.engine.fate(key, self.shared.clock.now())
    }
}

/// A store that is about to be, as the draft says: it is gone when the outcome is known.
#[derive(Debug)]
pub(super) struct Storing {
    key: [u8; KEY_MAX_BYTES],
    key_len: usize,
    class: u8,
    bytes: usize,
    expiry: u32,
    mode: Mode,
}

impl Storing {
    fn new(draft: &Draft<'_>, mode: Mode) -> Storing {
        let mut key = [0; KEY_MAX_BYTES];
        let key_len = draft.key().len();
        key[..key_len].copy_from_slice(draft.key());
        Storing {
            key,
            key_len,
            class: draft.class(),
            bytes: draft.value_len(),
            expiry: draft.expiry(),
            mode,
        }
    }

    fn key(&self) -> &[u8] {
        &self.key[..self.key_len]
    }
}

/// The name of the command that stores so.
fn command(mode: Mode) -> &'static str {
    match mode {
        Mode::Set => "set",
        Mode::Add => "add",
        Mode::Replace => "replace",
        Mode::Append => "append",
        Mode::Prepend => "prepend",
        Mode::Cas(_) => "cas",
    }
}
