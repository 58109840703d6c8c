//! The storage engine: keys, values, expiry, CAS ids and memory. It knows no protocol, no socket
//! and no clock.
//!
//! Time is an argument everywhere: `now` is the server's clock in ticks of one second since some
//! start, at least 1, the same for every thread. An expiry is the tick at which the item is gone
//! (`expiry <= now`), 0 is never. The rules that turn a client's exptime into such a tick are
//! above this layer.
//!
//! An [`Engine`] is shared by reference between any number of threads; the server makes one and
//! leaks it (`&'static Engine`), so that an [`ItemRef`] can wait in a connection's output queue
//! without counting references to the engine itself. No call blocks on another thread for longer
//! than that thread needs to look at a handful of items; none does I/O.
//!
//! Inside, a key's hash leads to a bucket (`table.rs`), the bucket to chunks of the arena
//! (`memory.rs`) whose first word says who may touch them (`state.rs`) and whose inside is an item
//! (`item.rs`). Chunks come from the pages of their class (`slab.rs`, `classes.rs`), and when those
//! are full (`room.rs`) from an item that must go (`evict.rs`) or is dead (`expire.rs`). Which class
//! has which page is `balance.rs`, getting it there `mover.rs`.
//!
//! With a file under the arena, an engine goes on with what another one left there (`restore.rs`,
//! `snapshot.rs`); where the addresses come from is `mapping.rs`, arrays that grow in them `region.rs`.
//!
//! Short values are read in `read.rs`; storing is in `draft.rs`, in place in `overwrite.rs`;
//! counting up and down in `arith.rs`, what clients agree upon by marks in `marks.rs`. Looking at
//! all items is in `walk.rs`, counting in `counters.rs`, `sizes.rs` and `figures.rs`, settings in `config.rs`, answers in `outcome.rs`.
//!
//! # Locks
//! The lock of a bucket guards which items are in it, and everything in an item that changes.
//! The lock of a class guards its pages and free chunks. A thread holds one bucket lock at a time
//! and takes a class lock under it at most, never the other way round. Reading takes one bucket
//! lock and nothing else.

mod arith;
mod balance;
mod classes;
mod config;
mod counters;
#[cfg(feature = "debug-commands")]
mod debug;
mod draft;
mod evict;
mod expire;
mod figures;
mod ghosts;
mod item;
mod mapping;
mod marks;
mod memory;
mod mover;
mod outcome;
mod overwrite;
mod queue;
mod read;
mod region;
mod rescue;
mod restore;
mod room;
mod sizes;
mod slab;
mod snapshot;
mod state;
mod table;
mod walk;
mod witness;

use std::hash::{BuildHasher, Hasher};
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

pub use classes::CLASSES_MAX;
use classes::Classes;
pub use config::{Config, ConfigError, KEY_MAX_BYTES, PAGE_BYTES};
use counters::{Count, Counters};
pub use draft::Draft;
use evict::BUMP_TICKS;
pub use evict::Eviction;
use expire::{Death, Expiry};
use item::{FETCHED, Layout};
pub use item::{Facts, ItemRef, Pieces};
pub use marks::{Emptied, Look, Marks, Seen, Vivified};
use memory::{Arena, Chunk, Header, Link, Spot};
use mover::Mover;
pub use mover::{Automove, Chore, Obstacle};
pub use outcome::{
    Arith, ArithTerms, ClassStats, Delete, Direction, Mode, MoveStats, NewNumber, NoMemory,
    ReassignError, ReserveError, Stats, Stored, Terms,
};
pub use overwrite::NewItem;
pub use read::Shown;
use sizes::Sizes;
use slab::Slab;
pub use snapshot::{Garbled, Snapshot};
use table::{Bucket, Place, Table};
pub use walk::{Found, Quota, Walk};
pub use witness::{Evicted, Fate, Witness};

/// Address space reserved, so that the memory limit can be raised: 32 GiB, up to which chunks are
/// aligned to 8 bytes, or the power of two above the limit. Costs no memory.
const RESERVE_BYTES: usize = 32 << 30;

/// Keys that are best [prefetched](Engine::prefetch) together: enough to hide how slow memory is.
pub const PREFETCH_MAX: usize = 16;

/// A cache. Share it by reference between threads.
#[derive(Debug)]
pub struct Engine {
    config: Config,
    table: Table,
    slab: Slab,
    expiry: Expiry,
    hasher: foldhash::quality::RandomState,
    counters: Counters,
    sizes: Option<Sizes>,
    flushing: Mutex<()>,
    mover: Mover,
    witness: OnceLock<&'static dyn Witness>,
    #[cfg(feature = "debug-commands")]
    locked: debug::Locked,
    /// Index in [`Eviction::ALL`].
    eviction: AtomicU8,
    shared: Shared,
}

/// What all threads write, apart from what all threads read.
#[derive(Debug)]
#[repr(align(128))]
struct Shared {
    /// The last CAS id given, which is also the engine's count of stores. One counter, so that ids
    /// ascend in the order of storing over all connections, as clients see it with memcached.
    cas: AtomicU64,
    /// Linked items, give or take what threads gathered and did not yet add.
    items: AtomicUsize,
}

/// A key and its hash, which another engine would not know; made by [`Engine::hashed`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Hashed<'k> {
    key: &'k [u8],
    hash: u64,
}

impl<'k> Hashed<'k> {
    /// The key.
    #[inline]
    pub fn key(&self) -> &'k [u8] {
        self.key
    }
}

/// A live item that was found.
#[derive(Debug)]
struct Hit<'e> {
    /// Locked.
    bucket: Bucket<'e>,
    /// Where in the bucket.
    place: Place<'e>,
    /// Where in the arena.
    spot: Spot<'e>,
}

impl Engine {
    /// Makes an empty cache.
    ///
    /// # Errors
    /// The configuration's, or no address space.
    pub fn new(config: Config) -> Result<Engine, ConfigError> {
        let engine = Self::build(config, None)?;
        if engine.config.large_pages {
            engine.slab.take_all();
        }
        Ok(engine)
    }

    /// An empty cache, with its pages in a file if there is one.
    fn build(config: Config, file: Option<BorrowedFd<'_>>) -> Result<Engine, ConfigError> {
        config.validate()?;
        let limit = usize::try_from(config.memory_limit_bytes / config.page_bytes())
            .map_err(|_| ConfigError::NoAddressSpace)?;
        let mut arena = Self::reserve_arena(&config, limit).ok_or(ConfigError::NoAddressSpace)?;
        if file.is_some_and(|file| !arena.keep_in(file, limit)) {
            return Err(ConfigError::MemoryFile);
        }
        // Pages of a file are as large as its file system has them.
        if config.large_pages && !arena.enlarge(limit) && file.is_none() {
            return Err(ConfigError::NoLargePages);
        }
        let page = arena.page_bytes();
        let align = 1 << Arena::shift(arena.pages() * page);
        let classes = Classes::new(&config, arena.body_start(), align, page);
        let all_at_once = config.large_pages || file.is_some();
        let named = Classes::named(&config);
        if all_at_once && config.memory_limit_bytes >> 20 < named as u64 {
            return Err(ConfigError::TooFewPages(named));
        }
        let items = arena.pages() * classes.per_page(0);
        let parts = || {
            let table = Table::new(config.hash_power, items, config.hash_expand)?;
            let sizes = match config.track_sizes {
                true => Some(Sizes::new(config.item_size_max as usize)?),
                false => None,
            };
            let slab = Slab::new(arena, classes, limit)?;
            Some((table, slab, Counters::new()?, sizes))
        };
        let (table, slab, counters, sizes) = parts().ok_or(ConfigError::NoAddressSpace)?;
        let eviction = config.eviction;
        Ok(Engine {
            config,
            table,
            slab,
            expiry: Expiry::default(),
            hasher: foldhash::quality::RandomState::default(),
            counters,
            sizes,
            flushing: Mutex::new(()),
            mover: Mover::default(),
            witness: OnceLock::new(),
            #[cfg(feature = "debug-commands")]
            locked: debug::Locked::default(),
            eviction: AtomicU8::new(eviction as u8),
            shared: Shared {
                cas: AtomicU64::new(1),
                items: AtomicUsize::new(0),
            },
        })
    }

    /// The largest arena the system grants, with room for the limit and a page for every class.
    fn reserve_arena(config: &Config, limit_pages: usize) -> Option<Arena> {
        let page = config.page_bytes() as usize;
        let least = limit_pages.checked_add(classes::CLASSES_MAX + 1)?;
        let wanted = least.checked_next_power_of_two()?.max(RESERVE_BYTES / page);
        let mut pages = if cfg!(miri) { least } else { wanted };
        loop {
            if let Some(arena) = Arena::reserve(pages, page, config.cas) {
                return Some(arena);
            }
            if pages == least {
                return None;
            }
            pages = (pages / 2).max(least);
        }
    }

    /// The settings it was made with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Looks the key up and counts that as an access.
    #[inline]
    pub fn get(&self, key: &[u8], now: u32) -> Option<ItemRef<'_>> {
        let item = self.lookup(
            key,
            now,
            |bits| evict::on_access(bits) | FETCHED,
            |spot| self.note_access(spot, now),
        )?;
        self.counters.one(item.class_index(), Count::GetHits);
        Some(item)
    }

    /// A key ready to be looked up.
    #[inline]
    pub fn hashed<'k>(&self, key: &'k [u8]) -> Hashed<'k> {
        let hash = self.hash(key);
        Hashed { key, hash }
    }

    /// Starts to bring what lookups of these keys will touch into the processor's cache: worth its
    /// while for about [`PREFETCH_MAX`] that are all looked up right afterwards, when the cache is
    /// larger than the processor's. Changes nothing.
    #[inline]
    pub fn prefetch(&self, keys: &[Hashed<'_>]) {
        for key in keys {
            self.table.prefetch(key.hash);
        }
        for link in keys.iter().filter_map(|key| self.table.guess(key.hash)) {
            self.arena().prefetch(link);
        }
    }

    /// Looks the key up without counting that as an access.
    pub fn peek(&self, key: &[u8], now: u32) -> Option<ItemRef<'_>> {
        self.lookup(key, now, |bits| bits, |_| ())
    }

    /// [`get`](Engine::get) that also sets a new expiry, which the answer shows already.
    pub fn get_and_touch(&self, key: &[u8], expiry: u32, now: u32) -> Option<ItemRef<'_>> {
        let item = self.lookup(
            key,
            now,
            |bits| evict::on_access(bits) | FETCHED,
            |spot| {
                spot.header().expiry.store(expiry, Ordering::Relaxed);
                self.note_access(spot, now);
            },
        )?;
        self.counters.one(item.class_index(), Count::TouchHits);
        Some(item)
    }

    /// Sets a new expiry and counts that as an access; `false` if there is no such item. CAS id
    /// and value stay.
    pub fn touch(&self, key: &[u8], expiry: u32, now: u32) -> bool {
        self.get_and_touch(key, expiry, now).is_some()
    }

    /// Removes the key, if `compare` is `None` or the item's CAS id.
    pub fn delete(&self, key: &[u8], compare: Option<u64>, now: u32) -> Delete {
        let Some(found) = self.find_live(self.hash(key), key, now) else {
            return Delete::NotFound;
        };
        let link = found.spot.link();
        if compare.is_some_and(|cas| cas != self.cas_of(link)) {
            return Delete::Exists;
        }
        self.counters.one(self.class_of(link), Count::DeleteHits);
        self.remove(found.bucket, found.place);
        Delete::Done
    }

    /// Drops every item there is; what is stored afterwards, even within the same tick, lives.
    /// Cancels a pending [`flush_at`](Engine::flush_at). The memory is reused bit by bit, or
    /// cleared by a [`reap`](Engine::reap) of everything; a fifteenth call without one in between
    /// clears it at once.
    pub fn flush_all(&self) {
        let _one_at_a_time = self.flushing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.expiry.must_sweep() {
            // Ticks do not matter: what is dead for another reason is dropped now anyway.
            self.sweep(0);
        }
        self.expiry.flush();
    }

    /// From the moment `now` reaches `point`, drops every item last stored, read or touched at or
    /// before `point`. Replaces an earlier point; 0 only cancels it.
    pub fn flush_at(&self, point: u32) {
        self.expiry.flush_at(point);
    }

    /// Items stored from now on with at most so many ticks to live are temporary: they are not
    /// evicted while they are alive. `None`: no item is stored as one, as it is at the start.
    pub fn set_temporary_ttl(&self, ttl: Option<u32>) {
        self.expiry.set_temporary_ttl(ttl);
    }

    /// Changes the memory limit (bytes, rounded down to whole pages). Pages above a
    /// lowered limit go back to the system bit by bit, by [`tend`](Engine::tend). `false`, and the limit
    /// stays as it was, if there is no address space for one so high, or if all memory was taken at
    /// the start: in large pages or in a file.
    pub fn set_memory_limit(&self, bytes: u64) -> bool {
        let pages = bytes / self.config.page_bytes();
        let most = self.slab.arena().pages() - classes::CLASSES_MAX - 1;
        let fits = !self.arena().keeps_pages() && pages <= most as u64;
        if fits {
            self.slab.set_limit_pages(pages as usize);
            let surplus = self.slab.pages_taken().saturating_sub(pages as usize);
            self.mover.set_surplus(surplus);
        }
        fits
    }

    #[inline]
    fn hash(&self, key: &[u8]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(key);
        hasher.finish()
    }

    #[inline]
    fn arena(&self) -> &Arena {
        self.slab.arena()
    }

    #[inline]
    fn header(&self, link: Link) -> &Header {
        self.slab.arena().header(link)
    }

    /// The CAS id that was asked for, or a new one; 0 without them.
    fn cas_for(&self, wanted: Option<u64>) -> u64 {
        match wanted {
            Some(id) if self.config.cas => id,
            _ => self.next_cas(),
        }
    }

    /// A new CAS id, 0 without them.
    fn next_cas(&self) -> u64 {
        let id = self.shared.cas.fetch_add(1, Ordering::Relaxed) + 1;
        if self.config.cas { id } else { 0 }
    }

    fn cas_of(&self, link: Link) -> u64 {
        self.slab
            .arena()
            .cas(link)
            .map_or(0, |cas| cas.load(Ordering::Relaxed))
    }

    /// The class an item counts in: that of the largest chunk if it has several.
    fn class_of(&self, link: Link) -> usize {
        if Layout::of(self.header(link)).chunked {
            self.chunked_class()
        } else {
            self.slab.class_of(link)
        }
    }

    /// The class that chunked items count for, wherever their chunks are.
    fn chunked_class(&self) -> usize {
        self.slab.classes().len() - 1
    }

    /// The item with this key, dead or alive.
    #[inline(always)]
    fn find<'t>(
        &'t self,
        bucket: &Bucket<'t>,
        hash: u64,
        key: &[u8],
    ) -> Option<(Place<'t>, Spot<'t>)> {
        let arena = self.slab.arena();
        for place in bucket.candidates(hash) {
            let spot = arena.spot(place.link());
            let layout = Layout::of(spot.header());
            if layout.key_len == key.len()
                && spot.peek(layout.key_at(), key.len(), |stored| stored == key)
            {
                return Some((place, spot));
            }
        }
        None
    }

    /// Locks the key's bucket and finds its item there, if it is alive; a dead one is removed.
    #[inline(always)]
    fn find_live(&self, hash: u64, key: &[u8], now: u32) -> Option<Hit<'_>> {
        let bucket = self.table.lock(hash);
        let (place, spot) = self.find(&bucket, hash, key)?;
        if self.death(&spot, now).is_some() {
            self.remove(bucket, place);
            return None;
        }
        Some(Hit {
            bucket,
            place,
            spot,
        })
    }

    /// Why the item is dead, if it is; counts that it was found so by a lookup.
    #[inline]
    fn death(&self, spot: &Spot<'_>, now: u32) -> Option<Death> {
        let death = self.expiry.death(spot.header(), now)?;
        self.count_death(spot.link(), death);
        Some(death)
    }

    #[cold]
    fn count_death(&self, link: Link, death: Death) {
        let count = match death {
            Death::Expired => Count::GetExpired,
            Death::Flushed => Count::GetFlushed,
        };
        self.counters.one(self.class_of(link), count);
    }

    /// Finds a live item and makes a reference to it. `bits` is what happens to its item bits,
    /// `change` to its other fields.
    #[inline]
    fn lookup(
        &self,
        key: &[u8],
        now: u32,
        bits: impl Fn(u32) -> u32,
        change: impl FnOnce(&Spot<'_>),
    ) -> Option<ItemRef<'_>> {
        let Hit { bucket, spot, .. } = self.find_live(self.hash(key), key, now)?;
        let header = spot.header();
        let before = (header.bits(), header.access.load(Ordering::Relaxed));
        let pin = self.arena().pin(spot.link(), bits)?;
        change(&spot);
        let item = ItemRef::new(self, pin, before);
        drop(bucket);
        Some(item)
    }

    /// Notes that an item was accessed at this tick; its bucket is locked, or it is owned.
    #[inline]
    fn note_access(&self, spot: &Spot<'_>, now: u32) {
        let before = spot.header().note_access(now);
        if now.saturating_sub(before) >= BUMP_TICKS && self.eviction() == Eviction::Lru {
            self.slab.bump(spot.link());
        }
    }

    /// Counts an item as stored (`+1`) or gone (`-1`); its bucket is locked.
    fn count_item(&self, link: Link, sign: i64) {
        let layout = self.layout(link);
        let bytes = layout.total_bytes(self.arena().body_start()) as i64;
        let class = self.class_of(link);
        self.counters.add(class, Count::Items, sign as u64);
        if item::is_temporary(self.header(link)) {
            self.counters.add(class, Count::Temporary, sign as u64);
        }
        self.counters
            .add(class, Count::Bytes, (sign * bytes) as u64);
        if let Some(sizes) = &self.sizes {
            sizes.count(bytes as usize, sign);
        }
    }

    /// The layout of an item whose bucket is locked, with its true value length.
    fn layout(&self, link: Link) -> Layout {
        let layout = Layout::of(self.header(link));
        if !layout.chunked {
            return layout;
        }
        let (at, len) = layout.chain();
        let value_len = self
            .arena()
            .peek(link, at, len, |chain| item::read_chain(chain).1);
        Layout {
            value_len,
            ..layout
        }
    }

    /// Removes an item and frees its memory as soon as nobody references it.
    fn remove(&self, bucket: Bucket<'_>, place: Place<'_>) {
        let link = place.link();
        self.count_item(link, -1);
        bucket.remove(place);
        let chunk = self.arena().unlink(link);
        drop(bucket);
        self.drift(-1);
        if let Some(chunk) = chunk {
            self.free(chunk);
        }
    }

    /// Frees the memory of an item, the data chunks first: whoever meets one of those on a walk
    /// may look at the head.
    fn free(&self, head: Chunk) {
        let mut next = item::owned_chain(self.arena(), &head);
        while let Some(link) = next {
            next = Link::from_raw(self.header(link).lens.load(Ordering::Relaxed));
            match self.arena().unseal(&head, link) {
                Some(chunk) => self.slab.free(chunk),
                None => break,
            }
        }
        self.slab.free(head);
    }

    /// Notes that items came or went; lets the table follow now and then.
    #[inline]
    fn drift(&self, by: i64) {
        if let Some(by) = self.counters.drift(by) {
            let before = self.shared.items.fetch_add(by as usize, Ordering::Relaxed);
            let items = (before as i64).wrapping_add(by).max(0) as usize;
            if by > 0 {
                self.table.grow(items, |link| {
                    let layout = Layout::of(self.header(link));
                    let key_at = layout.key_at();
                    self.arena()
                        .peek(link, key_at, layout.key_len, |key| self.hash(key))
                });
            }
        }
    }
}

#[cfg(test)]
mod tests;
