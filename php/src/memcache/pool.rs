//! The pool behind a `connection` resource: the client, and what PHP adds to it.

use std::cell::{Cell, Ref, RefCell};

use mcrs::pool::Batch;
use mcrs::value::compress::Compression;

use super::client::{Client, HashFn, Strategy};
use crate::ini::{HashFunction, HashStrategy, Settings};
use crate::scratch::Scratch;
use crate::zend::{self, Object, PoolState, R};
use crate::{errors, prefix};

/// A pool. Shared by the object, its clones, and every call in progress; all its parts change
/// through cells, and none is borrowed while user code can run.
pub(crate) struct Pool {
    client: RefCell<Client>,
    /// What goes in front of keys.
    ///
    /// Differs from pecl/memcache: each pool has its own, because there one pool's
    /// connect() changes the keys of all others.
    prefix: RefCell<Vec<u8>>,
    compression: Cell<Compression>,
    /// Set while the client works, and still set afterwards if it panicked.
    working: Cell<bool>,
}

impl Pool {
    /// An empty pool, by the settings of this moment.
    pub(crate) fn new(settings: &Settings) -> Self {
        let (strategy, hash) = placement(settings);
        Self {
            client: RefCell::new(Client::new(strategy, hash)),
            prefix: RefCell::default(),
            compression: Cell::new(Compression {
                threshold_bytes: settings
                    .compress_threshold_bytes
                    .get()
                    .try_into()
                    .unwrap_or(usize::MAX),
                ..Compression::default()
            }),
            working: Cell::new(false),
        }
    }

    /// Uses the client. Nothing in `work` may call the engine.
    ///
    /// After a panic in `work` the next use finds all connections closed: nobody knows what was
    /// half sent on them.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Client) -> T) -> T {
        let mut client = self.client.borrow_mut();
        if self.working.replace(true) {
            client.disconnect();
        }
        let result = work(&mut client);
        self.working.set(false);
        result
    }

    /// Whether no server is left, or none was ever added.
    pub(crate) fn is_empty(&self) -> bool {
        self.with(|client| client.is_empty())
    }

    /// The prefix of keys. Not to be held while user code can run.
    pub(crate) fn prefix(&self) -> Ref<'_, Vec<u8>> {
        self.prefix.borrow()
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
        let settings = &zend::globals().settings;
        let failover = super::client::Failover {
            allowed: settings.allow_failover.get() != 0,
            max_attempts: settings
                .max_failover_attempts
                .get()
                .clamp(1, i64::from(u32::MAX)) as u32,
        };
        let (batch, events): (&mut Batch, _) = (&mut s.batch, &mut s.events);
        self.with(|client| client.run(batch, events, failover));
        errors::report(object, s)
    }

    /// Forgets all servers; connections that are not persistent close. A pool that had servers
    /// takes the placement from the settings of this moment.
    pub(crate) fn close(&self, settings: &Settings) {
        let (strategy, hash) = placement(settings);
        self.with(|client| {
            if !client.is_empty() {
                client.clear(strategy, hash);
            }
        });
    }
}

/// How the settings place keys.
fn placement(settings: &Settings) -> (Strategy, HashFn) {
    let strategy = match settings.hash_strategy.get() {
        HashStrategy::Standard => Strategy::Standard,
        HashStrategy::Consistent => Strategy::Consistent,
    };
    let hash = match settings.hash_function.get() {
        HashFunction::Crc32 => HashFn::Crc32,
        HashFunction::Fnv => HashFn::Fnv,
    };
    (strategy, hash)
}

/// The pool of an object for a verb that asks servers. Warns when there is none; `None` also for a
/// pool without servers, about which pecl/memcache says nothing.
pub(crate) fn with_servers<'a>(object: Object<'a>, s: &mut Scratch) -> R<Option<&'a Pool>> {
    Ok(of(object, s)?.filter(|pool| !pool.is_empty()))
}

/// The pool of an object. Warns when there is none.
pub(crate) fn of<'a>(object: Object<'a>, s: &mut Scratch) -> R<Option<&'a Pool>> {
    match object.pool(&mut s.pins)? {
        PoolState::Open(pool) => return Ok(Some(pool)),
        PoolState::Missing => s.voice.warn(c"No servers added to memcache connection")?,
        PoolState::NotResource => s
            .voice
            .warn(c"Invalid MemcachePool->connection member variable")?,
    }
    Ok(None)
}

/// Refuses a write that would have to go to several servers. True: it was refused.
///
/// Differs from pecl/memcache: this build keeps one copy of each value, and a write that pretends
/// to have made more loses data when a server goes.
pub(crate) fn refuse_redundancy(pool: &Pool, s: &mut Scratch) -> R<bool> {
    let copies = zend::globals().settings.redundancy.get();
    if copies <= 1 || pool.with(|client| client.len()) <= 1 {
        return Ok(false);
    }
    s.voice.say(zend::Level::Warning, |text| {
        text.extend_from_slice(
            format!(
                "memcache.redundancy={copies} is not supported by this build of memcache_rs yet; \
                 nothing was sent, set it to 1"
            )
            .as_bytes(),
        );
    })?;
    Ok(true)
}
