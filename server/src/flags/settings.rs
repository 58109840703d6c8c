//! What the options amount to: plain values, filled by the flag table, read by everybody else.

use std::path::PathBuf;

use super::tls::TlsSettings;
use crate::engine::{Config, Eviction};

/// Bytes of a network buffer, the unit in which memory for clients is counted. Source: mcrsd.md 8.8.
pub const BUFFER_BYTES: u64 = 16 << 10;

/// Which protocols a connection may speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// The first byte of a connection decides.
    Auto,
    /// Text, whatever the first byte is.
    Ascii,
    /// Binary, whatever the first byte is.
    Binary,
}

impl Protocol {
    /// The name `stats settings` and the listening lines show.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Auto => "auto-negotiate",
            Protocol::Ascii => "ascii",
            Protocol::Binary => "binary",
        }
    }
}

/// Every setting of a server. Sizes are bytes and times seconds unless the name says otherwise.
#[derive(Clone, Debug)]
pub struct Settings {
    /// TCP port: 0 none, -1 any free one.
    pub port: i64,
    /// Whether [`port`](Settings::port) was named, and not derived.
    pub port_given: bool,
    /// UDP port: 0 none, -1 any free one.
    pub udp_port: i64,
    /// Path of the Unix socket; when given nothing else is listened on.
    pub unix_socket: Option<PathBuf>,
    /// Mode of the socket file.
    pub unix_mask: u32,
    /// The `-l` lists joined with commas; `None` means all addresses.
    pub inter: Option<String>,
    /// Whether clients must log in by SASL, in the binary protocol.
    pub sasl: bool,
    /// Users of the text protocol, who must then log in.
    pub auth_file: Option<PathBuf>,
    /// Whether the `shutdown` command works.
    pub shutdown_command: bool,
    /// Whether to leave the terminal.
    pub daemon: bool,
    /// Whether to raise the core file limit.
    pub coredumps: bool,
    /// Account to switch to.
    pub user: Option<String>,
    /// Memory for items.
    pub max_bytes: u64,
    /// Whether a full memory evicts (`true`) or refuses.
    pub evictions: bool,
    /// Most clients at once.
    pub max_conns: u32,
    /// Whether clients over the limit are answered and closed (`true`) or left waiting.
    pub maxconns_fast: bool,
    /// Seconds without a command after which a TCP client is closed, 0 for never.
    pub idle_timeout_sec: u32,
    /// Memory for what clients leave unfinished, 0 for no limit.
    pub read_buf_limit_bytes: u64,
    /// Whether to lock all memory.
    pub lock_memory: bool,
    /// Take all item memory at once, in large pages of the system.
    pub large_pages: bool,
    /// File that item memory is kept in.
    pub memory_file: Option<PathBuf>,
    /// How talkative stderr is, 0 to 3.
    pub verbosity: u32,
    /// File for the process id.
    pub pid_file: Option<PathBuf>,
    /// Factor between the chunk sizes of neighbouring classes, over 1.
    pub growth_factor: f64,
    /// Room for key, value and flags in a chunk of the smallest class.
    pub chunk_size: u32,
    /// Worker threads.
    pub threads: u32,
    /// Network queues to choose workers by, if not by turns.
    pub napi_ids: Option<u32>,
    /// Requests of one connection before others get their turn.
    pub reqs_per_event: u32,
    /// Whether items have a CAS id.
    pub cas: bool,
    /// Backlog of listening sockets, passed on unchecked.
    pub backlog: i32,
    /// Whether [`protocol`](Settings::protocol) was named, and not derived.
    pub protocol_given: bool,
    /// Protocols allowed.
    pub protocol: Protocol,
    /// Largest item: header, key and value.
    pub item_size_max: u64,
    /// Largest chunk of a slab class: values over it are spread over several.
    pub slab_chunk_max: u64,
    /// Chunk sizes of the slab classes, instead of those by growth factor.
    pub slab_sizes: Option<Vec<u32>>,
    /// log2 of the items the hash table has room for at the start, if given.
    pub hash_power: Option<u8>,
    /// Whether the hash table grows.
    pub hash_expand: bool,
    /// Whether `flush_all` works.
    pub flush_enabled: bool,
    /// Whether the dumping commands work.
    pub dump_enabled: bool,
    /// Whether `watch` may be asked for at all.
    pub watch_enabled: bool,
    /// What `-Z` and the `ssl_` words say.
    pub tls: TlsSettings,
    /// The byte that ends the prefix of a key in the figures of `stats detail`.
    pub prefix_delimiter: u8,
    /// Whether keys are counted by prefix from the start.
    pub detail_enabled: bool,
    /// Whether [`slab_chunk_max`](Settings::slab_chunk_max) was named, and not derived.
    pub slab_chunk_max_given: bool,
    /// Whether pages may move between classes.
    pub slab_reassign: bool,
    /// When pages move: 0 by command only, 1 by themselves, 2 on each eviction.
    pub slab_automove: u32,
    /// How much younger a class must be than another to get a page of it, 0 to 1.
    pub slab_automove_ratio: f64,
    /// Seconds looked back upon for that, 3 to 1800.
    pub slab_automove_window_sec: u32,
    /// Name of the hash function asked for; shown, not used: ours is better and not selectable.
    pub hash_algorithm: &'static str,
    /// Whether items are counted by size.
    pub track_sizes: bool,
    /// Whether the crawler runs.
    pub lru_crawler: bool,
    /// Pause of the crawler.
    pub lru_crawler_sleep_us: u32,
    /// Items the crawler looks at per class and run, 0 for all.
    pub lru_crawler_tocrawl: u32,
    /// Whether the LRU has its own thread.
    pub lru_maintainer: bool,
    /// How it is chosen what is evicted, if given.
    pub eviction: Option<Eviction>,
    /// Whether the LRU has segments.
    pub lru_segmented: bool,
    /// Share of memory for new items.
    pub hot_lru_pct: u32,
    /// Share of memory for items in use.
    pub warm_lru_pct: u32,
    /// Age a new item may reach, times that of the oldest cold one.
    pub hot_max_factor: f64,
    /// The same for an item in use.
    pub warm_max_factor: f64,
    /// Items with at most this many seconds to live are never evicted, if given.
    pub temporary_ttl: Option<u32>,
    /// Seconds after which a referenced item at the tail is freed, 0 for never.
    pub tail_repair_time_sec: u32,
    /// Buffer of a watcher.
    pub watcher_logbuf_bytes: u64,
    /// Buffer of a worker for log lines.
    pub worker_logbuf_bytes: u64,
    /// `SO_MARK` of listening sockets, 0 for none.
    pub socket_mark: u32,
    /// Bytes of item memory that count as taken from the start, for those who test what large
    /// figures look like; possibly negative. No option: [`INITIAL_MALLOC`](super::INITIAL_MALLOC).
    pub initial_malloc_bytes: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            port: 11211,
            port_given: false,
            udp_port: 0,
            unix_socket: None,
            unix_mask: 0o700,
            inter: None,
            sasl: false,
            auth_file: None,
            shutdown_command: false,
            daemon: false,
            coredumps: false,
            user: None,
            max_bytes: 64 << 20,
            evictions: true,
            max_conns: 1024,
            maxconns_fast: true,
            idle_timeout_sec: 0,
            read_buf_limit_bytes: 0,
            lock_memory: false,
            large_pages: false,
            memory_file: None,
            verbosity: 0,
            pid_file: None,
            growth_factor: 1.25,
            chunk_size: 48,
            threads: 4,
            napi_ids: None,
            reqs_per_event: 20,
            cas: true,
            backlog: 1024,
            protocol_given: false,
            protocol: Protocol::Auto,
            item_size_max: 1 << 20,
            slab_chunk_max: 512 << 10,
            slab_sizes: None,
            hash_power: None,
            hash_expand: true,
            flush_enabled: true,
            dump_enabled: true,
            watch_enabled: true,
            tls: TlsSettings::default(),
            prefix_delimiter: b':',
            detail_enabled: false,
            slab_chunk_max_given: false,
            slab_reassign: true,
            slab_automove: 1,
            slab_automove_ratio: 0.8,
            slab_automove_window_sec: 10,
            hash_algorithm: "murmur3",
            track_sizes: false,
            lru_crawler: true,
            lru_crawler_sleep_us: 100,
            lru_crawler_tocrawl: 0,
            lru_maintainer: true,
            eviction: None,
            lru_segmented: true,
            hot_lru_pct: 20,
            warm_lru_pct: 40,
            hot_max_factor: 0.2,
            warm_max_factor: 2.0,
            temporary_ttl: None,
            tail_repair_time_sec: 0,
            watcher_logbuf_bytes: 256 << 10,
            worker_logbuf_bytes: 64 << 10,
            socket_mark: 0,
            initial_malloc_bytes: 0,
        }
    }
}

impl Settings {
    /// Workers that serve each UDP socket: all, or one if there is a list of addresses.
    pub fn threads_per_udp(&self) -> u32 {
        match &self.inter {
            Some(list) if list.contains(',') => 1,
            _ => self.threads,
        }
    }

    /// Network buffers that the connections of a worker may hold, 0 for any number.
    pub fn buffers_per_worker(&self) -> u32 {
        if self.read_buf_limit_bytes == 0 {
            return 0;
        }
        let each = self.read_buf_limit_bytes / u64::from(self.threads);
        u32::try_from(each / BUFFER_BYTES)
            .unwrap_or(u32::MAX)
            .max(1)
    }

    /// Item memory that can be taken: a limit that is used up already leaves what the largest items
    /// need.
    fn free_bytes(&self) -> u64 {
        let taken = u64::try_from(self.initial_malloc_bytes).unwrap_or(0);
        let least = self.max_bytes.min(2 * self.item_size_max);
        self.max_bytes.saturating_sub(taken).max(least)
    }

    /// How it is chosen what is evicted, with or without segments: without them the least recently
    /// used goes first, unless the options said otherwise.
    pub fn eviction_at(&self, segmented: bool) -> Eviction {
        match self.eviction {
            Some(eviction) if segmented || !self.lru_segmented => eviction,
            _ if segmented => Eviction::default(),
            _ => Eviction::Lru,
        }
    }

    /// What the storage engine needs of it.
    pub fn engine(&self) -> Config {
        let default = Config::default();
        Config {
            memory_limit_bytes: self.free_bytes(),
            evict: self.evictions,
            eviction: self.eviction_at(self.lru_segmented),
            // Both are checked to be at most a gigabyte.
            item_size_max: u32::try_from(self.item_size_max).unwrap_or(u32::MAX),
            slab_chunk_max: u32::try_from(self.slab_chunk_max).unwrap_or(u32::MAX),
            growth_factor: self.growth_factor,
            min_space: self.chunk_size,
            cas: self.cas,
            slab_sizes: self.slab_sizes.clone(),
            hash_power: self.hash_power.unwrap_or(default.hash_power),
            hash_expand: self.hash_expand,
            large_pages: self.large_pages,
            track_sizes: self.track_sizes,
        }
    }
}
