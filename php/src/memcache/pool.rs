//! The pool behind a `connection` resource: the client, and what PHP adds to it.

use std::cell::{Cell, Ref, RefCell};

use mcrs::value::compress::Compression;
use mcrs::{Client, Options};

use crate::ini::Settings;
use crate::scratch::Scratch;
use crate::zend::{self, Level, Object, PoolState, R};
use crate::{errors, prefix};

/// A pool. Shared by the object, its clones, and every call in progress; its parts change through
/// cells, and none is borrowed while user code can run.
pub(crate) struct Pool {
    client: RefCell<Client>,
    /// What goes in front of keys.
    ///
    /// Differs from pecl/memcache: each pool has its own, because there the connect() of one pool
    /// changes the keys of all others.
    prefix: RefCell<Vec<u8>>,
    compression: Cell<Compression>,
}

impl Pool {
    /// An empty pool, by the settings of this moment.
    pub(crate) fn new(settings: &Settings) -> Self {
        let options = Options {
            hash_strategy: settings.hash_strategy.get(),
            hash_function: settings.hash_function.get(),
            ..Options::default()
        };
        let threshold = settings.compress_threshold_bytes.get();
        Self {
            client: RefCell::new(Client::new(options)),
            prefix: RefCell::default(),
            compression: Cell::new(Compression {
                threshold_bytes: usize::try_from(threshold).unwrap_or(usize::MAX),
                ..Compression::default()
            }),
        }
    }

    /// Uses the client, with the failover rules of this moment. Nothing in `work` may call the engine.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Client) -> T) -> T {
        let settings = &zend::globals().settings;
        let attempts = settings.max_failover_attempts.get();
        let mut client = self.client.borrow_mut();
        client.set_epoch(zend::epoch());
        client.set_failover(
            settings.allow_failover.get() != 0,
            attempts.clamp(1, i64::from(u32::MAX)) as u32,
        );
        work(&mut client)
    }

    /// Whether no server was added since the pool was made or closed.
    pub(crate) fn is_empty(&self) -> bool {
        self.client.borrow().server_count() == 0
    }

    /// The prefix of keys. Not to be held while user code can run.
    pub(crate) fn prefix(&self) -> Ref<'_, [u8]> {
        Ref::map(self.prefix.borrow(), Vec::as_slice)
    }

    /// Takes the prefix from the settings and `$_SERVER` of this moment.
    pub(crate) fn read_prefix(&self, settings: &Settings) {
        prefix::compute(&settings.prefix, &mut self.prefix.borrow_mut());
    }

    /// When values are compressed.
    pub(crate) fn compression(&self) -> Compression {
        self.compression.get()
    }

    /// Changes when values are compressed.
    pub(crate) fn set_compression(&self, compression: Compression) {
        self.compression.set(compression);
    }

    /// Sends what is in the batch and gathers the answers, then says what went wrong on the way.
    pub(crate) fn exchange(&self, object: Object<'_>, s: &mut Scratch) -> R<()> {
        s.events.clear();
        self.with(|client| client.run_batch(&mut s.batch, &mut s.events));
        errors::report(object, s)
    }

    /// Forgets all servers; connections that are not persistent close. A pool that had servers
    /// takes the placement from the settings of this moment.
    pub(crate) fn close(&self, settings: &Settings) {
        self.with(|client| {
            if client.server_count() == 0 {
                return;
            }
            client.clear_servers();
            client.set_options(Options {
                hash_strategy: settings.hash_strategy.get(),
                hash_function: settings.hash_function.get(),
                ..client.options().clone()
            });
        });
    }
}

/// The pool of an object for a verb that asks servers. Warns when there is none; `None` also for a
/// pool without servers, about which nothing is said, as in pecl/memcache.
pub(crate) fn with_servers<'a>(object: Object<'a>, s: &mut Scratch) -> R<Option<&'a Pool>> {
    Ok(of(object, s)?.filter(|pool| !pool.is_empty()))
}

/// The pool of an object. Warns when there is none.
pub(crate) fn of<'a>(object: Object<'a>, s: &mut Scratch) -> R<Option<&'a Pool>> {
    match object.pool(&mut s.pins)? {
        PoolState::Open(pool) => return Ok(Some(pool)),
        PoolState::Missing => s.voice.warn(c"No servers added to memcache connection")?,
        PoolState::Null | PoolState::NotResource => s
            .voice
            .warn(c"Invalid MemcachePool->connection member variable")?,
    }
    Ok(None)
}

/// Refuses a write that would have to go to several servers. True: it was refused.
///
/// Differs from pecl/memcache: this build keeps one copy of each value, and a write that pretended
/// to have made more would lose data when a server goes.
pub(crate) fn refuse_redundancy(pool: &Pool, s: &mut Scratch) -> R<bool> {
    let copies = zend::globals().settings.redundancy.get();
    if copies <= 1 || pool.with(|client| client.server_count()) <= 1 {
        return Ok(false);
    }
    s.voice.say(Level::Warning, |text| {
        let words = format!(
            "memcache.redundancy={copies} is not supported by this build of memcache_rs yet; \
             nothing was sent, set it to 1"
        );
        text.extend_from_slice(words.as_bytes());
    })?;
    Ok(true)
}
