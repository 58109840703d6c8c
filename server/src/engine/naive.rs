//! The engine's behaviour over a plain map.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{
    Arith, ClassStats, Config, ConfigError, Delete, Direction, KEY_MAX_BYTES, Mode, NoMemory,
    PAGE_BYTES, ReserveError, Stats, Stored,
};

const HEADER_BYTES: usize = 24;

/// A cache. Share it by reference between threads.
#[derive(Debug)]
pub struct Engine {
    config: Config,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    items: HashMap<Vec<u8>, Arc<Item>>,
    cas: u64,
    flush_point: u32,
    clock: u64,
    stats: Stats,
}

#[derive(Debug, Clone)]
struct Item {
    key: Vec<u8>,
    value: Vec<u8>,
    flags: u32,
    expiry: u32,
    cas: u64,
    last_access: u32,
    fetched: bool,
    used: u64,
}

impl Item {
    fn bytes(&self) -> usize {
        HEADER_BYTES + self.key.len() + self.value.len() + if self.flags == 0 { 0 } else { 4 }
    }
}

/// A counted reference to an item: its value stays readable, and as it was, however long this is
/// kept and whatever happens to the key meanwhile. Dropping it gives the reference back.
#[derive(Debug)]
pub struct ItemRef<'e> {
    _engine: &'e Engine,
    item: Arc<Item>,
    fetched: bool,
    last_access: u32,
}

impl ItemRef<'_> {
    /// The key, 1 ..= 250 bytes.
    pub fn key(&self) -> &[u8] {
        &self.item.key
    }
    /// The client's flags.
    pub fn flags(&self) -> u32 {
        self.item.flags
    }
    /// The CAS id when the item was looked up, 0 without CAS ids.
    pub fn cas(&self) -> u64 {
        self.item.cas
    }
    /// The tick at which the item expires, as of the lookup; 0 is never.
    pub fn expiry(&self) -> u32 {
        self.item.expiry
    }
    /// Bytes of the value.
    pub fn value_len(&self) -> usize {
        self.item.value.len()
    }
    /// The value in order; more than one piece only if the item is larger than the largest chunk.
    /// No piece is empty, an empty value has none.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> + '_ {
        std::iter::once(self.item.value.as_slice()).filter(|piece| !piece.is_empty())
    }
    /// Number of the slab class, from 1.
    pub fn class(&self) -> u8 {
        1
    }
    /// Bytes of the whole item, header included.
    pub fn total_bytes(&self) -> usize {
        self.item.bytes()
    }
    /// Was the item read before this lookup?
    pub fn was_fetched(&self) -> bool {
        self.fetched
    }
    /// Tick of the last access before this lookup.
    pub fn last_access(&self) -> u32 {
        self.last_access
    }
}

/// An item that is being written and that nobody else sees. Fill it, then
/// [`commit`](Engine::commit) it; dropping it throws it away.
#[derive(Debug)]
pub struct Draft<'e> {
    _engine: &'e Engine,
    item: Item,
    filled: usize,
}

impl Draft<'_> {
    /// The next piece of value memory to write, empty once the value is complete. Its content
    /// before writing is arbitrary. Call [`advance`](Draft::advance) with what was written.
    ///
    /// # Errors
    /// A large value takes its memory piece by piece as it arrives; there may be none left. `now`
    /// decides which items are dead and may be reused for it.
    pub fn spare(&mut self, now: u32) -> Result<&mut [u8], NoMemory> {
        let _ = now;
        Ok(&mut self.item.value[self.filled..])
    }
    /// Marks the first `written` bytes of the last [`spare`](Draft::spare) piece as written.
    ///
    /// # Panics
    /// If the piece is shorter than that.
    pub fn advance(&mut self, written: usize) {
        assert!(
            written <= self.remaining(),
            "more written than there was room"
        );
        self.filled += written;
    }
    /// Copies from the start of `bytes` what still fits; the number of bytes taken.
    ///
    /// # Errors
    /// As [`spare`](Draft::spare).
    pub fn fill(&mut self, bytes: &[u8], now: u32) -> Result<usize, NoMemory> {
        let spare = self.spare(now)?;
        let taken = spare.len().min(bytes.len());
        spare[..taken].copy_from_slice(&bytes[..taken]);
        self.advance(taken);
        Ok(taken)
    }
    /// Bytes of the value still to be written.
    pub fn remaining(&self) -> usize {
        self.item.value.len() - self.filled
    }
}

impl Engine {
    /// Makes an empty cache.
    ///
    /// # Errors
    /// The configuration's, or no address space.
    pub fn new(config: Config) -> Result<Engine, ConfigError> {
        config.validate()?;
        let state = State {
            cas: 1,
            ..State::default()
        };
        Ok(Engine {
            config,
            state: Mutex::new(state),
        })
    }

    /// The settings it was made with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Looks the key up and counts that as an access.
    pub fn get(&self, key: &[u8], now: u32) -> Option<ItemRef<'_>> {
        self.lookup(key, now, |_| ())
    }

    /// Looks the key up without counting that as an access.
    pub fn peek(&self, key: &[u8], now: u32) -> Option<ItemRef<'_>> {
        let mut state = self.lock();
        let item = state.live(key, now)?;
        let (fetched, last_access) = (item.fetched, item.last_access);
        Some(ItemRef {
            _engine: self,
            item: item.clone(),
            fetched,
            last_access,
        })
    }

    /// [`get`](Engine::get) that also sets a new expiry, which the answer shows already.
    pub fn get_and_touch(&self, key: &[u8], expiry: u32, now: u32) -> Option<ItemRef<'_>> {
        self.lookup(key, now, |item| item.expiry = expiry)
    }

    /// Sets a new expiry; `false` if there is no such item. CAS id and value stay.
    pub fn touch(&self, key: &[u8], expiry: u32, now: u32) -> bool {
        self.lookup(key, now, |item| item.expiry = expiry).is_some()
    }

    /// Removes the key, if `compare` is `None` or the item's CAS id.
    pub fn delete(&self, key: &[u8], compare: Option<u64>, now: u32) -> Delete {
        let mut state = self.lock();
        let Some(item) = state.live(key, now) else {
            return Delete::NotFound;
        };
        if compare.is_some_and(|cas| cas != item.cas) {
            return Delete::Exists;
        }
        state.items.remove(key);
        Delete::Done
    }

    /// Takes memory for an item. Nothing changes for others before the draft is committed, except
    /// that items may be evicted to make room.
    ///
    /// # Errors
    /// Nothing was stored and the key's present item is untouched. (memcached deletes it after a
    /// failed `set`; that is the caller's to do.)
    pub fn reserve(
        &self,
        key: &[u8],
        flags: u32,
        expiry: u32,
        value_len: usize,
        now: u32,
    ) -> Result<Draft<'_>, ReserveError> {
        let item_max = self.config.item_size_max as usize;
        if !(1..=KEY_MAX_BYTES).contains(&key.len()) || value_len >= item_max {
            return Err(ReserveError::TooLarge);
        }
        let item = Item {
            key: key.to_vec(),
            value: vec![0; value_len],
            flags,
            expiry,
            cas: 0,
            last_access: now,
            fetched: false,
            used: 0,
        };
        if item.bytes() > item_max {
            return Err(ReserveError::TooLarge);
        }
        let mut state = self.lock();
        let limit = self.config.memory_limit_bytes;
        let mut bytes: usize = state.items.values().map(|item| item.bytes()).sum();
        while (bytes + item.bytes()) as u64 > limit {
            let oldest = state.items.values().min_by_key(|item| item.used).cloned();
            match oldest {
                Some(oldest) if self.config.evict => {
                    state.items.remove(&oldest.key);
                    state.stats.evictions += 1;
                    bytes -= oldest.bytes();
                }
                _ => return Err(ReserveError::NoMemory),
            }
        }
        Ok(Draft {
            _engine: self,
            item,
            filled: 0,
        })
    }

    /// Makes a complete draft the key's item, or not, as `mode` says.
    ///
    /// # Panics
    /// If the draft's value is not completely written.
    pub fn commit(&self, draft: Draft<'_>, mode: Mode, now: u32) -> Stored {
        assert_eq!(draft.remaining(), 0, "commit of an unfinished draft");
        let mut state = self.lock();
        let old = state.live(draft.item.key.as_slice(), now).cloned();
        state.cas += 1;
        let cas = state.cas;
        let mut item = draft.item;
        match (mode, old) {
            (Mode::Set, _) | (Mode::Add, None) | (Mode::Replace, Some(_)) => {}
            (Mode::Cas(id), Some(old)) if id == old.cas && id != 0 && self.config.cas => {}
            (Mode::Cas(_), Some(_)) => return Stored::Exists,
            (Mode::Cas(_), None) => return Stored::NotFound,
            (Mode::Append | Mode::Prepend, Some(old)) => {
                let added = std::mem::take(&mut item.value);
                let (front, back) = match mode {
                    Mode::Append => (&old.value, &added),
                    _ => (&added, &old.value),
                };
                item = Item {
                    value: [&front[..], &back[..]].concat(),
                    ..(*old).clone()
                };
                if item.bytes() > self.config.item_size_max as usize {
                    return Stored::NotStored;
                }
            }
            _ => return Stored::NotStored,
        }
        item.cas = if self.config.cas { cas } else { 0 };
        item.last_access = now;
        item.fetched = false;
        state.clock += 1;
        item.used = state.clock;
        state.stats.total_items += 1;
        let cas = item.cas;
        state.items.insert(item.key.clone(), Arc::new(item));
        Stored::Done { cas }
    }

    /// Counts the number the item holds up or down, if `compare` is `None` or its CAS id. The
    /// value keeps its length, padded with trailing blanks, if the new digits fit into it and
    /// nobody else holds a reference. Flags and expiry stay. Source: mcrsd.md 2.5.
    pub fn arith(
        &self,
        key: &[u8],
        direction: Direction,
        delta: u64,
        compare: Option<u64>,
        now: u32,
    ) -> Arith {
        let mut state = self.lock();
        let Some(old) = state.live(key, now).cloned() else {
            return Arith::NotFound;
        };
        if compare.is_some_and(|cas| cas != old.cas) {
            return Arith::Exists;
        }
        let text = String::from_utf8_lossy(&old.value);
        let digits = text
            .trim_start()
            .split(|c: char| c.is_ascii_whitespace())
            .next();
        let Some(Ok(number)) = digits.map(|digits| digits.parse::<u64>()) else {
            return Arith::NonNumeric;
        };
        let value = match direction {
            Direction::Incr => number.wrapping_add(delta),
            Direction::Decr => number.saturating_sub(delta),
        };
        let mut stored = value.to_string().into_bytes();
        if stored.len() < old.value.len() {
            stored.resize(old.value.len(), b' ');
        }
        state.cas += 1;
        let cas = if self.config.cas { state.cas } else { 0 };
        let item = Item {
            value: stored,
            cas,
            last_access: now,
            ..(*old).clone()
        };
        state.items.insert(key.to_vec(), Arc::new(item));
        Arith::Done { value, cas }
    }

    /// Drops every item there is; what is stored afterwards, even within the same tick, lives.
    /// Cancels a pending [`flush_at`](Engine::flush_at). Memory is freed bit by bit later.
    pub fn flush_all(&self) {
        let mut state = self.lock();
        state.items.clear();
        state.flush_point = 0;
    }

    /// From the moment `now` reaches `point`, drops every item last written or touched at or
    /// before `point`. Replaces an earlier point; 0 only cancels it.
    pub fn flush_at(&self, point: u32) {
        self.lock().flush_point = point;
    }

    /// Changes the memory limit (bytes, rounded down to whole pages of 1 MiB). Pages above a
    /// lowered limit are given back to the system as they become empty.
    pub fn set_memory_limit(&self, bytes: u64) {
        let _ = bytes;
    }

    /// Figures of the whole engine.
    pub fn stats(&self) -> Stats {
        let state = self.lock();
        Stats {
            curr_items: state.items.len() as u64,
            bytes: state.items.values().map(|item| item.bytes() as u64).sum(),
            hash_power_level: u32::from(self.config.hash_power),
            limit_bytes: self.config.memory_limit_bytes / PAGE_BYTES as u64 * PAGE_BYTES as u64,
            flush_point: state.flush_point,
            ..state.stats
        }
    }

    /// Figures of each class that has pages, ascending.
    pub fn class_stats(&self, now: u32) -> Vec<ClassStats> {
        let _ = now;
        Vec::new()
    }

    /// The size in bytes and the number per page of the chunks of each class, from class 1.
    pub fn classes(&self) -> Vec<(u32, u32)> {
        Vec::new()
    }

    /// Sets all cumulative figures to 0.
    pub fn reset_stats(&self) {
        self.lock().stats = Stats::default();
    }

    fn lookup(&self, key: &[u8], now: u32, change: impl FnOnce(&mut Item)) -> Option<ItemRef<'_>> {
        let mut state = self.lock();
        state.clock += 1;
        let used = state.clock;
        let old = state.live(key, now)?;
        let (fetched, last_access) = (old.fetched, old.last_access);
        let mut item = Item {
            fetched: true,
            last_access: now,
            used,
            ..(**old).clone()
        };
        change(&mut item);
        let item = Arc::new(item);
        state.items.insert(key.to_vec(), item.clone());
        Some(ItemRef {
            _engine: self,
            item,
            fetched,
            last_access,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn live(&mut self, key: &[u8], now: u32) -> Option<&Arc<Item>> {
        let point = self.flush_point;
        let item = self.items.get(key)?;
        let flushed = point != 0 && now >= point && item.last_access <= point;
        if flushed || (item.expiry != 0 && item.expiry <= now) {
            self.items.remove(key);
            if flushed {
                self.stats.get_flushed += 1;
            } else {
                self.stats.get_expired += 1;
            }
            return None;
        }
        self.items.get(key)
    }
}
