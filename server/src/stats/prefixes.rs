//! Figures by the prefix of a key: the part before the first delimiter (`-D`).
//!
//! Off by default: then a command costs a look at one flag. On, all workers share a lock, as the
//! operator who turned it on accepts.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Most prefixes counted; keys with others are not. Source: mcrsd.md 2.11.
const PREFIXES_MAX: usize = 65_536;

/// What was done with keys of one prefix.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Prefix {
    /// Keys looked up.
    pub gets: u64,
    /// Of these, the ones found.
    pub hits: u64,
    /// Storage commands.
    pub sets: u64,
    /// Deletes.
    pub deletes: u64,
}

/// The figures of all prefixes.
#[derive(Debug)]
pub struct Prefixes {
    enabled: AtomicBool,
    delimiter: u8,
    counts: Mutex<BTreeMap<Box<[u8]>, Prefix>>,
}

impl Prefixes {
    /// No figures yet.
    pub fn new(delimiter: u8, enabled: bool) -> Prefixes {
        Prefixes {
            enabled: AtomicBool::new(enabled),
            delimiter,
            counts: Mutex::default(),
        }
    }

    /// Whether keys are counted.
    #[inline]
    pub fn is_enabled(&self) -> bool {
        self.enabled.load(Relaxed)
    }

    /// Starts or stops counting; what was counted stays.
    pub fn enable(&self, enabled: bool) {
        self.enabled.store(enabled, Relaxed);
    }

    /// Counts something done with a key, if keys are counted and it has a prefix.
    #[inline]
    pub fn count(&self, key: &[u8], what: impl FnOnce(&mut Prefix)) {
        if self.is_enabled() {
            self.count_by_prefix(key, what);
        }
    }

    #[cold]
    fn count_by_prefix(&self, key: &[u8], what: impl FnOnce(&mut Prefix)) {
        let Some(len) = memchr::memchr(self.delimiter, key) else {
            return;
        };
        let mut counts = self.lock();
        if let Some(prefix) = counts.get_mut(&key[..len]) {
            what(prefix);
        } else if counts.len() < PREFIXES_MAX {
            what(counts.entry(key[..len].into()).or_default());
        }
    }

    /// Shows every prefix with its figures, in the order of their bytes.
    pub fn each(&self, mut show: impl FnMut(&[u8], &Prefix)) {
        for (prefix, counts) in self.lock().iter() {
            show(prefix, counts);
        }
    }

    /// Forgets all figures.
    pub fn reset(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Box<[u8]>, Prefix>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_bounded() {
        let prefixes = Prefixes::new(b':', true);
        for number in 0..PREFIXES_MAX + 10 {
            prefixes.count(format!("{number}:x").as_bytes(), |prefix| prefix.gets += 1);
        }
        prefixes.count(b"0:y", |prefix| prefix.gets += 1);
        let (mut number, mut gets) = (0, 0);
        prefixes.each(|_, prefix| {
            number += 1;
            gets += prefix.gets;
        });
        assert_eq!((number, gets), (PREFIXES_MAX, PREFIXES_MAX as u64 + 1));
    }
}
