//! Carrying out requests: request → engine → reply. What a protocol's commands mean lives here and
//! only here; sockets and framing are `net`'s, storage is `engine`'s.
//!
//! A bad request is answered, it is not an error: nothing here returns one. Next: `text.rs` and
//! `binary/` for the commands on keys, `upload.rs` for the values some of them bring, `admin.rs` for
//! the commands on the server, `users.rs` for who may log in, `output.rs` for where replies go.

mod admin;
pub mod binary;
#[cfg(feature = "debug-commands")]
mod debug;
mod output;
mod text;
mod upload;
mod users;

use std::sync::atomic::{AtomicU32, AtomicU64};

pub use output::{Mark, Output};
pub use text::{Retrieval, run};
pub use upload::{Refusal, Upload};
pub use users::{Malformed, UserList, Users};

use crate::clock::Clock;
use crate::engine::Engine;
use crate::flags::Settings;
use crate::stats::{Counters, Stats};
use crate::watch::Logger;

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
    /// Who may log in, if clients must.
    pub users: UserList,
    /// How talkative stderr is; the `verbosity` command changes it.
    pub verbosity: AtomicU32,
    /// The memory limit in bytes; the `cache_memlimit` command changes it.
    pub max_bytes: AtomicU64,
    /// What workers log.
    pub loggers: Box<[Logger]>,
    /// References kept by command.
    #[cfg(feature = "debug-commands")]
    pub debug: debug::Kept,
}

impl Shared {
    /// A server's state at its start: no counts yet, and the clock starts now.
    pub fn new(settings: Settings, engine: Engine) -> Shared {
        Shared {
            engine,
            clock: Clock::start(),
            stats: Stats::new(settings.threads),
            users: UserList::default(),
            verbosity: AtomicU32::new(settings.verbosity),
            max_bytes: AtomicU64::new(settings.max_bytes),
            loggers: (0..settings.threads).map(|_| Logger::default()).collect(),
            #[cfg(feature = "debug-commands")]
            debug: debug::Kept::default(),
            settings,
        }
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
            logger: &shared.loggers[index],
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
    /// Read and throw away this many bytes, then send the reply.
    Swallow {
        /// Bytes, possibly none.
        bytes: u64,
        /// What to answer then.
        reply: Refusal,
    },
    /// Close once the output is out; what the client sent behind it is dropped.
    Close,
    /// Close and end the process, as SIGUSR1 (graceful) or SIGINT does.
    Stop {
        /// Whether workers finish what they are doing.
        graceful: bool,
    },
}
