//! Taking over the pages of a file that an engine before this one filled.
//!
//! Only the list of pages is believed ([`Snapshot`]), and that after a check. Each chunk says what
//! it is; the table, the free chunks and the figures are made anew from that. What does not make
//! an item that is whole and within all limits is a free chunk, so nothing in the file can do
//! harm.

use std::os::fd::BorrowedFd;
use std::sync::atomic::Ordering::Relaxed;

use super::counters::Count;
use super::item::{self, Layout};
use super::memory::{DATA, LINKED, Link};
use super::snapshot::KeptClass;
use super::{Config, ConfigError, Engine, Garbled, KEY_MAX_BYTES, Snapshot};

impl Engine {
    /// Makes a cache whose memory is a file that nobody else may write or shorten. Nothing is done
    /// to it yet: call [`resume`](Engine::resume) or [`start_empty`](Engine::start_empty) when it
    /// has [`memory_limit_bytes`](Config::memory_limit_bytes) bytes.
    ///
    /// # Errors
    /// The configuration's, or what the system refuses.
    pub fn on_file(config: Config, file: BorrowedFd<'_>) -> Result<Engine, ConfigError> {
        Self::build(config, Some(file))
    }

    /// Begins with no items, whatever is in the file.
    pub fn start_empty(&self) {
        self.slab.take_all();
    }

    /// What another engine must know to go on with the file of this one. Nobody may use this one
    /// any more.
    pub fn snapshot(&self) -> Snapshot {
        let classes = self.slab.classes();
        let keep = |class| KeptClass {
            chunk_bytes: classes.settled(class),
            pages: self.slab.keep(class),
        };
        Snapshot {
            cas: self.shared.cas.load(Relaxed),
            expiry: self.expiry.keep(),
            classes: (0..classes.len()).map(keep).collect(),
        }
    }

    /// Takes over the items in the file, before anything else is done with the engine. `now` is
    /// the tick: that of the snapshot and those that passed since.
    ///
    /// # Errors
    /// The snapshot is none of an engine with this configuration. Nothing was changed.
    pub fn resume(&self, snapshot: &Snapshot, now: u32) -> Result<(), Garbled> {
        let classes = self.slab.classes();
        if snapshot.classes.len() != classes.len() || !snapshot.is_sound() {
            return Err(Garbled);
        }
        for (class, kept) in snapshot.classes.iter().enumerate() {
            let size = kept.chunk_bytes;
            if !classes.resettle(class, size) || !self.slab.may_adopt(size as usize, &kept.pages) {
                return Err(Garbled);
            }
        }
        self.shared.cas.store(snapshot.cas, Relaxed);
        self.expiry.restore(snapshot.expiry);
        for (class, kept) in snapshot.classes.iter().enumerate() {
            self.slab.adopt(class, &kept.pages);
        }
        for (class, kept) in snapshot.classes.iter().enumerate() {
            let size = classes.size(class);
            for page in &kept.pages {
                for at in (0..page.cut as usize).step_by(size) {
                    let link = self.arena().link(page.number as usize, at);
                    if self.header(link).bits() & LINKED != 0 && !self.admit(link, now) {
                        self.arena().drop_relic(link);
                    }
                }
            }
        }
        for class in 0..classes.len() {
            self.slab.conclude(class, self.eviction());
        }
        self.slab.take_all();
        Ok(())
    }

    /// Puts an item that was found into the table, if it is one. Whether it is there now.
    fn admit(&self, link: Link, now: u32) -> bool {
        let (arena, header) = (self.arena(), self.header(link));
        let front = arena.body_start();
        let head = Layout::of(header);
        if !(1..=KEY_MAX_BYTES).contains(&head.key_len)
            || head.head_bytes(front) > arena.chunk_bytes(link)
            || head.chunked && head.value_len != 0
        {
            return false;
        }
        let layout = self.layout(link);
        let is_small_enough = layout.total_bytes(front) <= self.config.item_size_max as usize;
        if !is_small_enough || layout.chunked && !self.follow(link, |_| ()) {
            return false;
        }
        let find = |key: &[u8]| (self.hash(key), key.to_vec());
        let (hash, key) = arena.peek(link, layout.key_at(), layout.key_len, find);
        let bucket = self.table.lock(hash);
        if self.find(&bucket, hash, &key).is_some() || !bucket.insert(hash, link) {
            return false;
        }
        if header.access.load(Relaxed) > now {
            header.access.store(now, Relaxed);
        }
        self.count_item(link, 1);
        drop(bucket);
        if layout.chunked {
            self.follow(link, |data| arena.vouch(data));
        }
        self.counters.one(self.class_of(link), Count::TotalItems);
        self.drift(1);
        true
    }

    /// Shows `see` the data chunks of an item, in order, as long as they make sense. Do they, all of
    /// them?
    fn follow(&self, head: Link, see: impl Fn(Link)) -> bool {
        let (arena, (at, len)) = (self.arena(), Layout::of(self.header(head)).chain());
        let (first, value_len) = arena.peek(head, at, len, item::read_chain);
        let (mut next, mut rest) = (first.map_or(0, Link::raw), value_len);
        // Each takes something off the rest, so a ring comes to an end too.
        while rest > 0 {
            let Some(link) = arena.check_link(next) else {
                return false;
            };
            let (data, room) = (
                self.header(link),
                arena.chunk_bytes(link) - arena.body_start(),
            );
            let filled = data.expiry.load(Relaxed) as usize;
            let is_part = data.bits() == DATA && data.access.load(Relaxed) == head.raw();
            if !is_part || !(1..=room.min(rest)).contains(&filled) {
                return false;
            }
            rest -= filled;
            next = data.lens.load(Relaxed);
            see(link);
        }
        next == 0 && value_len > 0
    }
}
