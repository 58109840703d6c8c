//! Items that behave as if another thread worked on them, for scripts that look at what a page
//! mover does then. Only with the feature `debug-commands`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Engine;

/// Hashes of the keys that are locked.
#[derive(Debug, Default)]
pub(super) struct Locked(Mutex<Vec<u64>>);

impl Locked {
    fn list(&self) -> MutexGuard<'_, Vec<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Makes an item busy for whoever wants its page; requests go on finding it. There need be no
    /// such item.
    pub fn debug_lock(&self, key: &[u8]) {
        self.locked.list().push(self.hash(key));
    }

    /// Takes back one [`debug_lock`](Engine::debug_lock) of the key.
    pub fn debug_unlock(&self, key: &[u8]) {
        let hash = self.hash(key);
        let mut list = self.locked.list();
        if let Some(index) = list.iter().position(|&locked| locked == hash) {
            list.swap_remove(index);
        }
    }

    /// Whether the item of this hash is locked.
    pub(super) fn is_debug_locked(&self, hash: u64) -> bool {
        self.locked.list().contains(&hash)
    }
}
