//! Many servers as one: which server a request goes to, what happens when that server fails, and
//! what the caller is told.
//!
//! A [`Pool`] knows neither sockets nor clocks. A [`Batch`] of requests is run by an [`Exchange`],
//! which a transport drives: it asks which servers want a connection or have bytes to send, reports
//! what happened with `handle_*` and the time, until nothing is pending. The pool stores each
//! server's connection as an opaque `L` and closes it by dropping it.
//!
//! Nobody is called back. What went wrong on the way is a list of [`Event`]s, for the caller to
//! report when the exchange is over and no connection is in the middle of anything.
//!
//! Source: pecl/memcache 8.2, spec sections 5 and 6. Not built yet: redundancy, UDP.

mod exchange;
mod op;
mod route;
mod server;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub use exchange::{Exchange, Failure, USUAL_SERVERS};
pub use op::{Batch, Hit, Outcome, store_head};
pub use route::Failover;
pub use server::{Address, LinkState, Retry, Server, ServerOptions};

use crate::error::ErrorKind;
use crate::hash::HashFn;
use crate::options::Strategy;
use crate::ring::{Node, Ring};

/// A server that several pools of a process may use, one at a time.
pub type SharedServer<L> = Arc<Mutex<Server<L>>>;

/// Something to report when an exchange is over.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A server was marked failed.
    ServerFailed {
        /// Which.
        server: Arc<Address>,
        /// What kind of failure.
        kind: ErrorKind,
        /// pecl/memcache's words, such as `Connection failed: Connection refused`, or the line of
        /// the server that was no answer; any bytes but NUL.
        error: Vec<u8>,
        /// The operating system's number, or 0.
        errno: i32,
    },
    /// A server refused a request, and works.
    Refused {
        /// Which.
        server: Arc<Address>,
        /// The server's line, up to a NUL.
        error: Vec<u8>,
        /// 3 too large, 6 client error, 130 out of memory.
        code: i32,
    },
    /// A host name has no address. A [`Event::ServerFailed`] follows.
    Unresolved {
        /// The name.
        host: String,
        /// The resolver's words.
        error: String,
    },
}

/// One place in the list of servers.
#[derive(Debug)]
struct Member {
    /// Its server, in `slots`: the same shared server may have been added twice.
    slot: usize,
    weight: u32,
}

/// Servers and the rules for using them.
#[derive(Debug)]
pub struct Pool<L> {
    members: Vec<Member>,
    slots: Vec<SharedServer<L>>,
    strategy: Strategy,
    hash: HashFn,
    /// Built at the first lookup after a change.
    ring: Option<Ring>,
    failover: Failover,
    /// The smallest time-out of the servers.
    timeout: Option<Duration>,
}

impl<L> Pool<L> {
    /// A pool without servers.
    pub fn new(strategy: Strategy, hash: HashFn) -> Pool<L> {
        Pool {
            members: Vec::new(),
            slots: Vec::new(),
            strategy,
            hash,
            ring: None,
            failover: Failover::default(),
            timeout: None,
        }
    }

    /// The rules for servers that do not work, from the next exchange on.
    pub fn set_failover(&mut self, failover: Failover) {
        self.failover = failover;
    }

    /// Forgets all servers; strategy and hash may be chosen anew.
    pub fn clear(&mut self, strategy: Strategy, hash: HashFn) {
        *self = Pool {
            failover: self.failover,
            ..Pool::new(strategy, hash)
        };
    }

    /// Adds a server; returns its number, counted from 0.
    pub fn add(&mut self, server: SharedServer<L>, weight: u32) -> usize {
        let timeout = lock(&server).options.timeout;
        self.lower_timeout(timeout);
        let known = self.slots.iter().position(|s| Arc::ptr_eq(s, &server));
        let slot = known.unwrap_or_else(|| {
            self.slots.push(server);
            self.slots.len() - 1
        });
        self.members.push(Member { slot, weight });
        self.ring = None;
        self.members.len() - 1
    }

    fn lower_timeout(&mut self, timeout: Duration) {
        self.timeout = Some(self.timeout.map_or(timeout, |t| t.min(timeout)));
    }

    /// How many servers were added.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// There are no servers.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Locks a server, to look at it or to use its connection between exchanges.
    ///
    /// # Panics
    /// When there is no such member.
    pub fn server(&self, member: usize) -> MutexGuard<'_, Server<L>> {
        lock(&self.slots[self.members[member].slot])
    }

    /// The first server that was added with this host and port.
    pub fn find_member(&self, host: &[u8], tcp_port: u32) -> Option<usize> {
        (0..self.members.len()).find(|&member| {
            let server = self.server(member);
            server.address.host == host && server.address.tcp_port == tcp_port
        })
    }

    /// Changes how a server is treated. The pool's time-out can only become smaller by it.
    pub fn set_options(&mut self, member: usize, options: ServerOptions) {
        self.server(member).set_options(options);
        let timeout = self.server(member).options.timeout;
        self.lower_timeout(timeout);
    }

    /// The server that a request for `key` (fit for the wire) would go to now, or `None` without
    /// servers.
    pub fn choose(&mut self, key: &[u8], now: Instant) -> Option<usize> {
        if self.members.is_empty() {
            return None;
        }
        self.build_ring();
        let ring = self.ring.as_ref()?;
        let usable = |member| self.server(member).is_usable(now);
        Some(route::choose(ring, key, self.failover, usable))
    }

    fn build_ring(&mut self) {
        if self.ring.is_some() {
            return;
        }
        let addresses: Vec<_> = (0..self.members.len())
            .map(|m| Arc::clone(self.server(m).address()))
            .collect();
        let nodes = self
            .members
            .iter()
            .zip(&addresses)
            .map(|(member, address)| Node {
                host: &address.host,
                port: address.tcp_port,
                weight: member.weight,
            });
        self.ring = Some(Ring::build(self.strategy, self.hash, nodes));
    }

    /// Puts a batch on its way; a transport drives what comes back.
    pub fn start<'a>(
        &'a mut self,
        batch: &'a mut Batch,
        events: &'a mut Vec<Event>,
        now: Instant,
    ) -> Exchange<'a, L> {
        if !self.members.is_empty() {
            self.build_ring();
        }
        Exchange::start(self, batch, events, now)
    }
}

impl<L> Pool<L> {
    /// Wants a connection to a server and sends nothing. It is made when the exchange ends without
    /// an [`Event::ServerFailed`].
    pub fn open<'a>(
        &'a mut self,
        member: usize,
        batch: &'a mut Batch,
        events: &'a mut Vec<Event>,
        now: Instant,
    ) -> Exchange<'a, L> {
        batch.clear();
        let mut exchange = Exchange::start(self, batch, events, now);
        exchange.open(member);
        exchange
    }
}

/// Locks a server. A thread that panicked while it held the lock left the connection to
/// [`Exchange`]'s drop, which resets it: the state is sound.
fn lock<L>(server: &SharedServer<L>) -> MutexGuard<'_, Server<L>> {
    server.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
