//! The blocking client: a pool of servers over sockets.
//!
//! Two ways in. The methods named after the protocol's commands ([`Client::get`],
//! [`Client::set`], …) do one thing and return its outcome. Layers that translate another API
//! (the PHP extension, the C library) fill a [`Batch`] through [`Client::begin`], run it, read its
//! outcomes, and report the [`Event`]s; nothing is called back in between.

use std::sync::{Arc, Mutex};
use std::time::Duration;

pub use crate::codec::key::{self, Key};
pub use crate::codec::num;
pub use crate::codec::text::request::{ArithVerb, StoreVerb};
pub use crate::hash::HashFn;
pub use crate::pool::{Address, Batch, Event, Hit, Outcome, Retry, ServerOptions, store_head};

use crate::error::{Error, ErrorKind};
use crate::options::{MAX_WEIGHT, Options};
use crate::persistent::PersistentServers;
use crate::pool::{Failover, Pool, Server};
use crate::transport::{self, Link};
use crate::value::compress::{self, Compression};
use crate::value::flags;

/// Names a server of a client: its place in the order of addition, counted from 0.
pub type ServerId = usize;

/// A value as a client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The bytes, decompressed.
    pub value: Vec<u8>,
    /// The client flags as they are stored, [`flags::COMPRESSED`] included.
    pub flags: u32,
    /// Changes with every change of the item. 0 unless asked for.
    pub cas: u64,
}

/// A pool of servers. One operation at a time; may be sent to other threads.
#[derive(Debug)]
pub struct Client {
    pool: Pool<Link>,
    options: Options,
    batch: Batch,
    events: Vec<Event>,
    epoch: u64,
}

impl Client {
    /// A client without servers.
    pub fn new(options: Options) -> Client {
        let mut pool = Pool::new(options.hash_strategy, options.hash_function);
        pool.set_failover(failover(&options));
        Client {
            pool,
            options,
            batch: Batch::default(),
            events: Vec::new(),
            epoch: 0,
        }
    }

    /// The options in force.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Sets an option by name, see [`crate::options::TABLE`]. How keys are spread can only be
    /// changed while there are no servers.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`].
    pub fn set_option(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let mut options = self.options.clone();
        options.set(name, value)?;
        let spread = |o: &Options| (o.hash_strategy, o.hash_function);
        if spread(&options) != spread(&self.options) && !self.pool.is_empty() {
            let text = format!("{name} cannot be changed after a server was added");
            return Err(Error::new(ErrorKind::InvalidArgument, text));
        }
        self.set_options(options);
        Ok(())
    }

    /// Takes other options. Strategy and hash apply from the next [`clear_servers`](
    /// Self::clear_servers) on, or at once while there are no servers.
    pub fn set_options(&mut self, options: Options) {
        self.pool.set_failover(failover(&options));
        self.options = options;
        if self.pool.is_empty() {
            self.pool
                .clear(self.options.hash_strategy, self.options.hash_function);
        }
    }

    /// Changes what happens to the keys of failed servers, from the next operation on.
    pub fn set_failover(&mut self, allow_failover: bool, max_failover_attempts: u32) {
        self.options.allow_failover = allow_failover;
        self.options.max_failover_attempts = max_failover_attempts;
        self.pool.set_failover(failover(&self.options));
    }

    /// Names the process the client runs in: a host program that forks gives the child another
    /// number, and connections of the parent are then left alone. Starts at 0.
    pub fn set_epoch(&mut self, epoch: u64) {
        self.epoch = epoch;
    }

    /// The times a server gets when none are given.
    pub fn server_options(&self) -> ServerOptions {
        ServerOptions {
            timeout: self.options.timeout,
            retry: Retry::from_secs(self.options.retry_interval_sec),
            up: true,
        }
    }

    /// Adds a server of this client's own; it is connected to when it is first needed.
    ///
    /// `weight` is 1 to [`MAX_WEIGHT`].
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for another weight.
    pub fn add_server(
        &mut self,
        address: Address,
        weight: u32,
        options: ServerOptions,
    ) -> Result<ServerId, Error> {
        check_weight(weight)?;
        Ok(self
            .pool
            .add(Arc::new(Mutex::new(Server::new(address, options))), weight))
    }

    /// Adds a server whose connection is shared with other clients of the same list.
    ///
    /// # Errors
    /// As [`add_server`](Self::add_server).
    pub fn add_persistent_server(
        &mut self,
        address: Address,
        weight: u32,
        options: ServerOptions,
        servers: &mut PersistentServers,
    ) -> Result<ServerId, Error> {
        check_weight(weight)?;
        Ok(self.pool.add(servers.get(address, options), weight))
    }

    /// Forgets all servers; connections that are not shared are closed.
    pub fn clear_servers(&mut self) {
        self.pool
            .clear(self.options.hash_strategy, self.options.hash_function);
    }

    /// How many servers were added.
    pub fn server_count(&self) -> usize {
        self.pool.len()
    }

    /// Where a server is.
    ///
    /// # Panics
    /// When there is no such server.
    pub fn address(&self, server: ServerId) -> Arc<Address> {
        Arc::clone(self.pool.server(server).address())
    }

    /// The first server that was added with this host and port.
    pub fn find(&self, host: &[u8], tcp_port: u32) -> Option<ServerId> {
        self.pool.find_member(host, tcp_port)
    }

    /// False if the server is marked failed.
    ///
    /// # Panics
    /// When there is no such server.
    pub fn is_up(&self, server: ServerId) -> bool {
        self.pool.server(server).is_up()
    }

    /// Changes a server's times and marks it up or failed.
    ///
    /// # Panics
    /// When there is no such server.
    pub fn set_server_options(&mut self, server: ServerId, options: ServerOptions) {
        self.pool.set_options(server, options);
    }

    /// The server that a request for `key` (fit for the wire) would go to now; `None` without
    /// servers.
    pub fn choose(&mut self, key: &[u8]) -> Option<ServerId> {
        self.pool.choose(key, transport::now())
    }

    /// Connects to a server now, or finds that its connection still works. False: it did not, and
    /// an [`Event::ServerFailed`] says why.
    ///
    /// # Panics
    /// When there is no such server.
    pub fn connect(&mut self, server: ServerId) -> bool {
        let now = transport::now();
        let before = self.events.len();
        let exchange = self
            .pool
            .open(server, &mut self.batch, &mut self.events, now);
        transport::run(exchange, self.epoch, now);
        self.events.len() == before
    }

    /// An empty batch to fill; [`run`](Self::run) runs it.
    pub fn begin(&mut self) -> &mut Batch {
        self.batch.clear();
        &mut self.batch
    }

    /// Runs the batch that was filled. Blocks until every request was answered or given up.
    pub fn run(&mut self) {
        if self.batch.is_empty() || self.pool.is_empty() {
            return;
        }
        let now = transport::now();
        let exchange = self.pool.start(&mut self.batch, &mut self.events, now);
        transport::run(exchange, self.epoch, now);
    }

    /// Runs a batch of the caller's own, and appends what happens to `events`. For callers whose
    /// user code may use the client again while they are still reading the outcomes.
    pub fn run_batch(&mut self, batch: &mut Batch, events: &mut Vec<Event>) {
        if batch.is_empty() || self.pool.is_empty() {
            return;
        }
        let now = transport::now();
        let exchange = self.pool.start(batch, events, now);
        transport::run(exchange, self.epoch, now);
    }

    /// The batch that was run, with its outcomes.
    pub fn batch(&self) -> &Batch {
        &self.batch
    }

    /// What happened since the last time, in order.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Whether a value is to be compressed.
    pub fn compression(&self) -> Compression {
        Compression {
            threshold_bytes: self.options.compress_threshold_bytes,
            min_savings: self.options.min_savings,
        }
    }

    /// Fetches an item. `None`: there is none. The CAS id is fetched too.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidKey`], [`ErrorKind::Decode`] for a value that cannot be decompressed,
    /// or why no server answered.
    pub fn get(&mut self, key: &[u8]) -> Result<Option<Item>, Error> {
        let key = check_key(key)?.as_bytes();
        let request = self.begin().get(key, true);
        self.run_quietly();
        match self.batch.hits().next() {
            Some(hit) => item(&hit).map(Some),
            None => self.answered(request).map(|_| None),
        }
    }

    /// Fetches many items at once, all servers concerned at the same time. The answers are in the
    /// order of the keys, each as [`get`](Self::get) gives it; when several servers failed, all
    /// keys without an answer name the last of them.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidKey`] if any key is, [`ErrorKind::NoServers`].
    pub fn get_many(&mut self, keys: &[&[u8]]) -> Result<Vec<Result<Option<Item>, Error>>, Error> {
        for key in keys {
            check_key(key)?;
        }
        let batch = self.begin();
        for key in keys {
            batch.multi_get(key, true);
        }
        if self.pool.is_empty() && !keys.is_empty() {
            return Err(self.unanswered());
        }
        self.run_quietly();
        let answer = |answered| match answered {
            true => Ok(None),
            false => Err(self.unanswered()),
        };
        let answered = self.batch.answered().into_iter();
        let mut answers: Vec<_> = answered.map(answer).collect();
        for hit in self.batch.hits() {
            answers[hit.index] = item(&hit).map(Some);
        }
        Ok(answers)
    }

    /// Stores an item, whatever there was before. Long values are compressed according to the
    /// options, shorter ones if `flags` have [`flags::COMPRESSED`]; the bit is stored where
    /// compression saved enough, and only there. `exptime` is
    /// [the number on the wire](crate::codec::exptime).
    ///
    /// # Errors
    /// As [`store`](Self::store).
    pub fn set(
        &mut self,
        key: &[u8],
        value: &[u8],
        flags: u32,
        exptime: i64,
    ) -> Result<Outcome, Error> {
        self.store(StoreVerb::Set, key, value, flags, exptime, 0)
    }

    /// Stores an item under a condition; `cas` counts for [`StoreVerb::Cas`] only. The outcome is
    /// [`Outcome::Done`], [`Outcome::NotStored`], [`Outcome::Exists`] or [`Outcome::NotFound`].
    ///
    /// Values that are appended or prepended are never compressed.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidKey`]; [`ErrorKind::TooLarge`], [`ErrorKind::OutOfMemory`] or
    /// [`ErrorKind::ClientError`] when the server refuses; or why no server answered.
    pub fn store(
        &mut self,
        verb: StoreVerb,
        key: &[u8],
        value: &[u8],
        flags: u32,
        exptime: i64,
        cas: u64,
    ) -> Result<Outcome, Error> {
        let key = check_key(key)?.as_bytes();
        if u32::try_from(value.len()).is_err() {
            return Err(Error::new(
                ErrorKind::TooLarge,
                "values have less than 4 GiB",
            ));
        }
        let whole = !matches!(verb, StoreVerb::Append | StoreVerb::Prepend);
        let packed = if whole {
            self.compression()
                .pack(value, flags & flags::COMPRESSED != 0)
        } else {
            None
        };
        let (value, flags) = match &packed {
            Some(packed) => (&packed[..], flags | flags::COMPRESSED),
            None => (value, flags & !flags::COMPRESSED),
        };
        let request = self
            .begin()
            .store(store_head(verb, key, flags, exptime, cas), value);
        self.run_quietly();
        self.answered(request)
    }

    /// Deletes an item: [`Outcome::Done`] or [`Outcome::NotFound`].
    ///
    /// # Errors
    /// [`ErrorKind::InvalidKey`], or why no server answered.
    pub fn delete(&mut self, key: &[u8]) -> Result<Outcome, Error> {
        let key = check_key(key)?.as_bytes();
        let request = self.begin().delete(key);
        self.run_quietly();
        self.answered(request)
    }

    /// Gives an item another expiry: [`Outcome::Done`] or [`Outcome::NotFound`].
    ///
    /// # Errors
    /// [`ErrorKind::InvalidKey`], or why no server answered.
    pub fn touch(&mut self, key: &[u8], exptime: i32) -> Result<Outcome, Error> {
        let key = check_key(key)?.as_bytes();
        let request = self.begin().touch(key, exptime);
        self.run_quietly();
        self.answered(request)
    }

    /// Adds to a counter, or subtracts: [`Outcome::Number`] or [`Outcome::NotFound`].
    ///
    /// # Errors
    /// [`ErrorKind::InvalidKey`]; [`ErrorKind::ClientError`] when the value is no number; or why
    /// no server answered.
    pub fn arith(&mut self, verb: ArithVerb, key: &[u8], delta: u64) -> Result<Outcome, Error> {
        let key = check_key(key)?.as_bytes();
        let request = self.begin().arith(verb, key, delta);
        self.run_quietly();
        self.answered(request)
    }

    /// Invalidates all items of one server, after `delay_sec` seconds if that is more than 0.
    ///
    /// # Errors
    /// Why the server did not do it.
    pub fn flush(&mut self, server: ServerId, delay_sec: i32) -> Result<(), Error> {
        let request = self.begin().flush(server, delay_sec);
        self.run_quietly();
        self.answered(request).map(drop)
    }

    /// The version of one server: its line without the word `VERSION`.
    ///
    /// # Errors
    /// Why the server did not answer.
    pub fn version(&mut self, server: ServerId) -> Result<Vec<u8>, Error> {
        let request = self.begin().version(server);
        self.run_quietly();
        self.answered(request)?;
        let line = self.batch.text(request);
        Ok(line.strip_prefix(b"VERSION ").unwrap_or(line).to_vec())
    }

    /// The statistics of one server: lines as the server sent them, each ended by `\n`, without
    /// `END`. `args` are the words after `stats`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for words with line ends or control bytes; why the server
    /// did not answer.
    pub fn stats(&mut self, server: ServerId, args: &[u8]) -> Result<Vec<u8>, Error> {
        if args.iter().any(|&b| b < b' ') {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "control bytes in words of stats",
            ));
        }
        let request = self.begin().stats(server, args);
        self.run_quietly();
        self.answered(request)?;
        Ok(self.batch.text(request).to_vec())
    }

    /// Runs the batch with only its own events in the list.
    fn run_quietly(&mut self) {
        self.events.clear();
        self.run();
    }

    /// The outcome of a request of the batch that ran last, or why there is none.
    fn answered(&self, request: usize) -> Result<Outcome, Error> {
        match self.batch.outcome(request) {
            Outcome::Unanswered => Err(self.unanswered()),
            Outcome::ClientError => Err(self.refused(ErrorKind::ClientError)),
            Outcome::TooLarge => Err(self.refused(ErrorKind::TooLarge)),
            Outcome::OutOfMemory => Err(self.refused(ErrorKind::OutOfMemory)),
            answer => Ok(answer),
        }
    }

    /// Why nobody answered in the batch that ran last.
    fn unanswered(&self) -> Error {
        if self.pool.is_empty() {
            return Error::new(ErrorKind::NoServers, "the client has no servers");
        }
        let failed = self.events.iter().rev().find_map(|event| match event {
            Event::ServerFailed {
                server,
                kind,
                error,
                errno,
            } => Some(Error::new(*kind, String::from_utf8_lossy(error)).at(server.name(), *errno)),
            _ => None,
        });
        failed.unwrap_or_else(|| {
            Error::new(
                ErrorKind::ServerDown,
                "the server has failed before and its retry interval is not over",
            )
        })
    }

    /// What a server said when it refused a request of the batch that ran last.
    fn refused(&self, kind: ErrorKind) -> Error {
        let words = self.events.iter().rev().find_map(|event| match event {
            Event::Refused { server, error, .. } => {
                Some(Error::new(kind, String::from_utf8_lossy(error)).at(server.name(), 0))
            }
            _ => None,
        });
        words.unwrap_or_else(|| Error::new(kind, "the server refused"))
    }
}

/// A hit as an item, decompressed.
fn item(hit: &Hit<'_>) -> Result<Item, Error> {
    let value = if hit.flags & flags::COMPRESSED != 0 {
        compress::unpack(hit.value, compress::MAX_UNPACKED_LEN)?
    } else {
        hit.value.to_vec()
    };
    Ok(Item {
        value,
        flags: hit.flags,
        cas: hit.cas.unwrap_or(0),
    })
}

fn failover(options: &Options) -> Failover {
    Failover {
        allowed: options.allow_failover,
        max_attempts: options.max_failover_attempts,
    }
}

fn check_key(key: &[u8]) -> Result<Key<'_>, Error> {
    Key::new(key).map_err(|e| Error::new(ErrorKind::InvalidKey, e.to_string()))
}

fn check_weight(weight: u32) -> Result<(), Error> {
    if (1..=MAX_WEIGHT).contains(&weight) {
        return Ok(());
    }
    let text = format!("a weight is 1 to {MAX_WEIGHT}");
    Err(Error::new(ErrorKind::InvalidArgument, text))
}

/// A time-out in seconds as PHP gives it; what is negative or no number is none at all.
pub fn timeout_from_secs(secs: f64) -> Duration {
    Duration::try_from_secs_f64(secs).unwrap_or(if secs > 0.0 {
        crate::options::MAX_TIMEOUT
    } else {
        Duration::ZERO
    })
}
