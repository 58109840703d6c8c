//! What the calls of an engine are asked for and what they answer. A miss is an answer, not an
//! error.

use super::Obstacle;

/// How [`commit`](super::Engine::commit) treats an item that has the key already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Store whatever was there before.
    Set,
    /// Store only if the key is missing; if it is there, that counts as an access to it.
    Add,
    /// Store only if the key is there.
    Replace,
    /// Put the draft's value behind the present value; flags and expiry of the present item stay.
    Append,
    /// Put the draft's value in front of the present value; flags and expiry stay.
    Prepend,
    /// Store only if the present item has this CAS id. Without CAS ids
    /// ([`Config::cas`](super::Config)), and for id 0, this never matches.
    Cas(u64),
}

/// What [`commit_with`](super::Engine::commit_with) takes into account besides the mode. All that
/// is absent is as in [`commit`](super::Engine::commit).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Terms {
    /// `Append` and `Prepend`: only if the item has this CAS id.
    pub compare: Option<u64>,
    /// `Cas`: an id below the item's is good too. What is stored then is marked stale, and expiry
    /// and token mark stay what they were.
    pub accept_older: bool,
    /// `Append` and `Prepend`: store the draft as it is if there is no item.
    pub create: bool,
    /// The CAS id to give, instead of the next one.
    pub cas: Option<u64>,
}

/// Why [`reassign`](super::Engine::reassign) started nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReassignError {
    /// A page is on its way already.
    Busy,
    /// There is no such class, or none with a page to spare.
    BadClass,
    /// The class has only one page, or none.
    NoSpare,
    /// Both are the same.
    Same,
}

/// What became of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// Stored; the new item has this CAS id (0 without CAS ids).
    Done {
        /// The id given to the item.
        cas: u64,
    },
    /// `Add` found the key; `Replace`, `Append` or `Prepend` did not; or `Append`/`Prepend` would
    /// have made an item that is too large or found no memory.
    NotStored,
    /// `Cas` found an item with another id.
    Exists,
    /// `Cas` found no item.
    NotFound,
}

/// Why no draft was made. The value on its way must still be read and thrown away by the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReserveError {
    /// Key, value and header together are above the item size limit, or the key's length is not
    /// 1 ..= 250 bytes.
    TooLarge,
    /// No memory: everything is taken, and eviction is off or found nothing it may evict.
    NoMemory,
}

/// Memory ran out in the middle of a large value. The draft can only be dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoMemory;

/// Which way [`arith`](super::Engine::arith) counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Add, wrapping at 2^64.
    Incr,
    /// Subtract, stopping at 0.
    Decr,
}

/// What [`arith_with`](super::Engine::arith_with) takes into account. All that is absent is as in
/// [`arith`](super::Engine::arith).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ArithTerms {
    /// Only if the item has this CAS id.
    pub compare: Option<u64>,
    /// The CAS id to give, instead of the next one.
    pub cas: Option<u64>,
    /// The new expiry tick, 0 for never.
    pub touch: Option<u32>,
    /// Store this if there is no item; `compare` and `touch` have no say in it.
    pub create: Option<NewNumber>,
}

/// The item that [`arith_with`](super::Engine::arith_with) stores where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewNumber {
    /// Its value: the delta does not count yet.
    pub value: u64,
    /// The tick at which it expires, 0 for never.
    pub expiry: u32,
    /// As [`mark_encoded_key`](super::Draft::mark_encoded_key).
    pub encoded_key: bool,
}

/// What [`arith`](super::Engine::arith) did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arith {
    /// Done.
    Done {
        /// The value now, stored as decimal digits.
        value: u64,
        /// The item's new CAS id (0 without CAS ids).
        cas: u64,
    },
    /// No such item.
    NotFound,
    /// The CAS id to compare with differs.
    Exists,
    /// The value is not a number below 2^64, or in several chunks.
    NonNumeric,
    /// The number needed a new item and there was no memory for it.
    NoMemory,
}

/// What [`delete`](super::Engine::delete) did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delete {
    /// The item is gone.
    Done,
    /// No such item.
    NotFound,
    /// The CAS id to compare with differs.
    Exists,
}

/// Figures of the whole engine, summed over its threads at the moment of asking. Cumulative ones
/// count from the start or from the last [`reset_stats`](super::Engine::reset_stats).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Items there now, dead ones that nobody asked for included.
    pub curr_items: u64,
    /// Bytes of these items, headers included.
    pub bytes: u64,
    /// Items ever stored (cumulative).
    pub total_items: u64,
    /// Live items dropped to make room (cumulative).
    pub evictions: u64,
    /// Of these, the ones never read (cumulative).
    pub evicted_unfetched: u64,
    /// And the ones read since they were last looked at (cumulative).
    pub evicted_active: u64,
    /// As in [`ClassStats`], of all classes (cumulative).
    pub proved: u64,
    /// Likewise.
    pub kept: u64,
    /// Likewise.
    pub cooled: u64,
    /// Likewise.
    pub asked: u64,
    /// Likewise.
    pub busy: u64,
    /// Dead items whose memory was reused while looking for room (cumulative).
    pub reclaimed: u64,
    /// Items that died without ever being read, found dead while looking for room or by a walk, not
    /// by who asked for them (cumulative).
    pub expired_unfetched: u64,
    /// Items a [`reap`](super::Engine::reap) or [`show`](super::Engine::show) met (cumulative).
    pub crawler_checked: u64,
    /// Dead items a [`reap`](super::Engine::reap) dropped (cumulative).
    pub crawler_reclaimed: u64,
    /// Lookups, of any kind, that found an expired item (cumulative).
    pub get_expired: u64,
    /// Lookups, of any kind, that found a flushed item (cumulative).
    pub get_flushed: u64,
    /// log2 of the number of items the hash table has room for, rounded down.
    pub hash_power_level: u32,
    /// Bytes of the hash table.
    pub hash_bytes: u64,
    /// Bytes of slab pages taken, in pages of 1 MiB, the last one started.
    pub total_malloced_bytes: u64,
    /// The memory limit in bytes, whole pages.
    pub limit_bytes: u64,
    /// Pages of 1 MiB taken that belong to no class.
    pub free_pages: u64,
    /// Pages that went from one class to another or to the pool (cumulative).
    pub pages_moved: u64,
    /// What became of the items on them.
    pub moves: MoveStats,
    /// The pending or last [`flush_at`](super::Engine::flush_at) point in ticks, 0 for none.
    pub flush_point: u32,
}

/// Figures of pages that move.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MoveStats {
    /// Times that the background work was looked after (cumulative).
    pub rounds: u64,
    /// Whether a page is moving now.
    pub running: bool,
    /// Items that were stored elsewhere (cumulative).
    pub rescued: u64,
    /// Chunks of items in several that were stored elsewhere (cumulative).
    pub chunks_rescued: u64,
    /// Items that made room for them (cumulative).
    pub reclaimed: u64,
    /// Times that something on a page was busy (cumulative).
    pub busy: u64,
    /// Items dropped because they were busy for too long (cumulative).
    pub busy_dropped: u64,
    /// Times that there was no room for something that had to stay (cumulative).
    pub no_memory: u64,
    /// Why something was busy last.
    pub last_busy: Obstacle,
}

/// Figures of one slab class, the material of `stats items` and `stats slabs`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClassStats {
    /// Number of the class, from 1, sizes ascending.
    pub class: u8,
    /// Bytes of one chunk.
    pub chunk_bytes: u32,
    /// Chunks in one page.
    pub chunks_per_page: u32,
    /// Pages of 1 MiB the class has. A small memory is divided by smaller pages: then this is
    /// rounded, up or down so that all classes have together what there is, but for those with
    /// little: each has one at the least.
    pub pages: u64,
    /// Chunks that hold something.
    pub used_chunks: u64,
    /// Chunks of these pages that hold nothing; none if the pages were rounded down below
    /// what is used.
    pub free_chunks: u64,
    /// Items in the class now; one in several chunks counts in the class of the largest chunk.
    pub items: u64,
    /// Of these, the ones that are not evicted.
    pub temporary: u64,
    /// Items in the queue of those not yet read again, about; with an LRU all of them.
    pub queued: u64,
    /// Times that an item had been read when its turn in the queue came (cumulative).
    pub proved: u64,
    /// Times that another one had been read again when it might have gone (cumulative).
    pub kept: u64,
    /// Times that an item whose turn came had not been read, or lost its last read (cumulative).
    pub cooled: u64,
    /// Times that an item had to go, dead or alive, for one to be stored (cumulative).
    pub asked: u64,
    /// Times that an item could not go because it was being read (cumulative).
    pub busy: u64,
    /// Bytes of these items, without the unused rest of their chunks.
    pub requested_bytes: u64,
    /// Seconds since the last access of the item that would be evicted next, roughly.
    pub age_sec: u32,
    /// Live items dropped to make room in this class (cumulative).
    pub evicted: u64,
    /// Of these, the ones that had an expiry (cumulative).
    pub evicted_nonzero: u64,
    /// Of these, the ones never read (cumulative).
    pub evicted_unfetched: u64,
    /// And the ones read since they were last looked at (cumulative).
    pub evicted_active: u64,
    /// Seconds between last access and eviction of the item evicted last.
    pub evicted_time_sec: u32,
    /// Reservations that failed for lack of memory (cumulative).
    pub out_of_memory: u64,
    /// Dead items whose memory was reused while looking for room (cumulative).
    pub reclaimed: u64,
    /// Items that died without ever being read, as in [`Stats`] (cumulative).
    pub expired_unfetched: u64,
    /// Items of the class that walks met (cumulative).
    pub crawler_checked: u64,
    /// Of these, the dead ones that were dropped (cumulative).
    pub crawler_reclaimed: u64,
    /// Hits of `get` (cumulative).
    pub get_hits: u64,
    /// Commits of any mode and outcome (cumulative).
    pub cmd_set: u64,
    /// Hits of `delete` (cumulative).
    pub delete_hits: u64,
    /// Hits of `arith` upwards (cumulative).
    pub incr_hits: u64,
    /// Hits of `arith` downwards (cumulative).
    pub decr_hits: u64,
    /// Commits of `Mode::Cas` with the right id (cumulative).
    pub cas_hits: u64,
    /// Commits of `Mode::Cas` with a wrong id (cumulative).
    pub cas_badval: u64,
    /// Hits of `touch` and `get_and_touch` (cumulative).
    pub touch_hits: u64,
}
