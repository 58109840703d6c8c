//! Carrying out requests: request → engine → reply. What a protocol's commands mean lives here and
//! only here; sockets and framing are `net`'s, storage is `engine`'s.
//!
//! A bad request is answered, it is not an error: nothing here returns one. Next: `text.rs`,
//! `meta/` and `binary/` for the commands on keys, `upload.rs` for the values some of them bring,
//! `admin.rs` for the commands on the server, `chores.rs` for those on its work behind the scenes,
//! `dump.rs` for lists of all items, `users.rs` for who may log in, `output.rs` for where replies go.

mod admin;
pub mod binary;
mod chores;
#[cfg(feature = "debug-commands")]
mod debug;
mod dump;
mod journal;
mod meta;
mod output;
mod stats;
mod text;
mod upload;
mod users;

use std::sync::atomic::{AtomicU32, AtomicU64};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::Thread;

pub use dump::Dump;
pub use meta::get as meta_get;
pub use output::{Mark, Output};
pub use text::{NO_REPLY_MEMORY, Retrieval, get, run, store};
pub use upload::{Refusal, Upload};
pub use users::{Malformed, UserList, Users};

use crate::clock::Clock;
use crate::crawler::Crawler;
use crate::engine::Engine;
use crate::flags::Settings;
use crate::sasl::Sasl;
use crate::stats::{Counters, Prefixes, Stats};
use crate::tls::Tls;
use crate::tuning::Tuning;
use crate::watch::{CloseReason, Logger, Stream, Streams, Subscription, Watch};

/// What all requests act upon. There is one, for the life of the process.
#[derive(Debug)]
pub struct Shared {
    /// The settings of the start.
    pub settings: Settings,
    /// The items.
    pub engine: Engine,
    /// The time.
    pub clock: Clock,
    /// Counters.
    pub stats: Stats,
    /// Who may log in to the text protocol, if clients must.
    pub users: UserList,
    /// Who may log in to the binary protocol, if clients must.
    pub sasl: Option<Sasl>,
    /// How talkative stderr is; the `verbosity` command changes it.
    pub verbosity: AtomicU32,
    /// The memory limit in bytes; the `cache_memlimit` command changes it.
    pub max_bytes: AtomicU64,
    /// TLS, if the settings ask for it and whoever starts the server has loaded it.
    pub tls: Option<Tls>,
    /// The live log.
    pub watch: Watch,
    /// References kept by command.
    #[cfg(feature = "debug-commands")]
    pub debug: debug::Kept,
    /// What walks over all items.
    pub crawler: Crawler,
    tuning: Mutex<Tuning>,
    upkeep: OnceLock<Thread>,
}

impl Shared {
    /// A server's state at its start: no counts yet, and the clock starts now.
    pub fn new(settings: Settings, engine: Engine) -> Shared {
        Shared::resume(settings, engine, Clock::start())
    }

    /// The state of a server that goes on with the items and the time of another.
    pub fn resume(settings: Settings, engine: Engine, clock: Clock) -> Shared {
        let tuning = Tuning::of(&settings);
        chores::apply(&settings, &tuning, &engine);
        Shared {
            engine,
            crawler: Crawler::new(clock.now()),
            clock,
            tuning: Mutex::new(tuning),
            upkeep: OnceLock::new(),
            stats: Stats::new(
                settings.threads,
                settings.buffers_per_worker(),
                Prefixes::new(settings.prefix_delimiter, settings.detail_enabled),
            ),
            users: UserList::default(),
            sasl: None,
            verbosity: AtomicU32::new(settings.verbosity),
            max_bytes: AtomicU64::new(settings.max_bytes),
            tls: None,
            watch: Watch::new(
                settings.threads,
                settings.worker_logbuf_bytes,
                settings.watcher_logbuf_bytes,
                // What is found is told on standard error too.
                if settings.verbosity > 2 {
                    Stream::Fetchers.into()
                } else {
                    Streams::NONE
                },
            ),
            #[cfg(feature = "debug-commands")]
            debug: debug::Kept::default(),
            settings,
        }
    }

    /// The present values of the settings that commands change.
    pub fn tuning(&self) -> Tuning {
        *self.tuning.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes them.
    fn tune<R>(&self, change: impl FnOnce(&mut Tuning) -> R) -> R {
        let mut tuning = self.tuning.lock().unwrap_or_else(PoisonError::into_inner);
        let done = change(&mut tuning);
        chores::apply(&self.settings, &tuning, &self.engine);
        done
    }

    /// Makes the calling thread the one that [`wake_upkeep`](Shared::wake_upkeep) wakes; the first
    /// to ask for it stays that.
    pub fn adopt_upkeep(&self) {
        self.upkeep.get_or_init(std::thread::current);
    }

    /// Tells the thread that does the work behind the scenes that there is some.
    pub fn wake_upkeep(&self) {
        if let Some(thread) = self.upkeep.get() {
            thread.unpark();
        }
    }

    /// Starts to count from 0 again, everything that counts.
    pub fn reset_stats(&self) {
        self.stats.reset();
        self.engine.reset_stats();
        self.crawler.reset_stats();
        self.watch.reset_stats();
    }
}

/// A worker's view: everything shared, and its own counters.
#[derive(Debug, Clone, Copy)]
pub struct Context {
    /// What all requests act upon.
    pub shared: &'static Shared,
    /// The counters of this worker.
    pub counters: &'static Counters,
    /// What this worker logs, and whom it serves.
    pub logger: &'static Logger,
}

impl Context {
    /// The view of the worker with this index, from 0.
    ///
    /// # Panics
    /// If there are not that many workers.
    pub fn of_worker(shared: &'static Shared, index: usize) -> Context {
        Context {
            shared,
            counters: shared.stats.worker(index),
            logger: shared.watch.logger(index),
        }
    }
}

/// What a session does after a request.
#[derive(Debug)]
pub enum Next {
    /// Nothing: the reply is in the output.
    Done,
    /// Write what is in the output, then call [`Retrieval::run`] with the last `rest` bytes of the
    /// line.
    More {
        /// The command under way.
        retrieval: Retrieval,
        /// Bytes of the line that hold the keys not looked up yet.
        rest: usize,
    },
    /// Read a value into this, then call its `finish`.
    Value(Upload),
    /// The value has been taken, and its terminator: skip so many bytes.
    Taken(usize),
    /// Read and throw away this many bytes, then send the reply.
    Swallow {
        /// Bytes, possibly none.
        bytes: u64,
        /// What to answer then.
        reply: Refusal,
    },
    /// Write what is in the output, then call [`Dump::run`] for more until there is none.
    Dump(Box<Dump>),
    /// From now on send log lines and nothing else.
    Watch(Box<Subscription>),
    /// Close once the output is out; what the client sent behind it is dropped.
    Close(CloseReason),
    /// Close and end the process, as SIGUSR1 (graceful) or SIGINT does.
    Stop {
        /// Whether workers finish what they are doing.
        graceful: bool,
    },
}
