//! One batch on its way: who is asked, who answered, who failed, who is asked instead.
//!
//! The transport's side of the contract:
//!
//! 1. [`wants_connect`](Exchange::wants_connect) names servers without a connection that have
//!    requests; make one, report by [`set_link`](Exchange::set_link), then
//!    [`handle_connected`](Exchange::handle_connected) or
//!    [`handle_connect_error`](Exchange::handle_connect_error).
//! 2. [`transmit`](Exchange::transmit) gives bytes to send; report by
//!    [`handle_sent`](Exchange::handle_sent).
//! 3. Read into [`link_and_space`](Exchange::link_and_space); report by
//!    [`handle_received`](Exchange::handle_received).
//! 4. Report ends and errors by [`handle_closed`](Exchange::handle_closed), silence by
//!    [`handle_timeout`](Exchange::handle_timeout).
//!
//! until [`is_done`](Exchange::is_done).

use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

use smallvec::SmallVec;

use super::op::{Batch, Outcome, Request, Target, Verb, Verdict, judge};
use super::route::{self, Failover};
use super::server::{LinkState, Server};
use super::{Event, Member, Pool, lock};
use crate::codec::Limits;
use crate::codec::text::CRLF;
use crate::codec::text::request::begin_get;
use crate::conn::{Malformed, Piece, Step};
use crate::error::ErrorKind;
use crate::ring::Ring;

/// Why a server failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// For decisions.
    pub kind: ErrorKind,
    /// For people, in pecl/memcache's words or the server's; any bytes but NUL.
    pub text: Vec<u8>,
    /// The operating system's number, or 0.
    pub errno: i32,
}

/// What C prints of a line.
pub(super) fn up_to_nul(line: &[u8]) -> &[u8] {
    line.split(|&b| b == 0).next().unwrap_or_default()
}

impl Failure {
    /// A failure without a number.
    pub fn new(kind: ErrorKind, text: impl Into<Vec<u8>>) -> Failure {
        Failure {
            kind,
            text: text.into(),
            errno: 0,
        }
    }
}

/// Bytes of a multi-get request beyond which it is sent and a new one begun; 8 are set aside for
/// the header of a datagram, 3 for a blank and CR LF.
/// Source: pecl/memcache, `vectors/wire.json` `ascii/get/multi-split-*`.
const MULTI_GET_LEN: usize = 1400;
const MULTI_GET_SPARE: usize = 8 + 3;

/// Servers of a pool up to which an exchange allocates nothing for looking after them.
pub const USUAL_SERVERS: usize = 4;

/// Statistics that one server may send, in bytes.
const MAX_TEXT_LEN: usize = 16 << 20;

/// A batch being sent and answered. Dropping it in the middle (a panic) closes the connections
/// that were in use, so that no answer can reach a later question.
#[derive(Debug)]
pub struct Exchange<'a, L> {
    members: &'a [Member],
    ring: Option<&'a Ring>,
    failover: Failover,
    timeout: Duration,
    /// By slot.
    servers: SmallVec<[MutexGuard<'a, Server<L>>; USUAL_SERVERS]>,
    /// By slot: it was reconnected in this exchange for being stale.
    renewed: SmallVec<[bool; USUAL_SERVERS]>,
    /// A slot that shall have a connection although nothing is to be sent on it.
    opening: Option<usize>,
    batch: &'a mut Batch,
    events: &'a mut Vec<Event>,
    limits: Limits,
}

impl<'a, L> Exchange<'a, L> {
    pub(super) fn start(
        pool: &'a mut Pool<L>,
        batch: &'a mut Batch,
        events: &'a mut Vec<Event>,
        now: Instant,
    ) -> Exchange<'a, L> {
        let servers: SmallVec<_> = pool.slots.iter().map(lock).collect();
        let mut exchange = Exchange {
            members: &pool.members,
            ring: pool.ring.as_ref(),
            failover: pool.failover,
            timeout: pool.timeout.unwrap_or(Duration::ZERO),
            renewed: SmallVec::from_elem(false, servers.len()),
            opening: None,
            servers,
            batch,
            events,
            limits: Limits::REPLIES,
        };
        exchange.submit(now);
        exchange
    }

    /// Wants a connection to a server, whatever its health.
    pub(super) fn open(&mut self, member: usize) {
        self.opening = Some(self.members[member].slot);
    }

    /// Finds a server for everything in the batch.
    fn submit(&mut self, now: Instant) {
        for request in 0..self.batch.requests.len() {
            match &self.batch.requests[request].target {
                Target::Member => {
                    let member = self.batch.requests[request].member;
                    if self.usable(member, now) {
                        self.dispatch(request, member);
                    }
                }
                Target::Key { key, .. } => {
                    let Some(member) = self.choose(&self.batch.bytes[key.clone()], now) else {
                        continue;
                    };
                    if self.usable(member, now) {
                        self.dispatch(request, member);
                    } else {
                        self.ask_another(request, member, now);
                    }
                }
                Target::Keys { .. } => {}
            }
        }
        // Keys that are not a request of their own are a multi-get's.
        if self.batch.requests.is_empty() && !self.batch.keys.is_empty() {
            let keys: Vec<usize> = (0..self.batch.keys.len()).collect();
            self.ask_for(&keys, 0, now);
        }
    }

    fn usable(&self, member: usize, now: Instant) -> bool {
        self.server(member).is_usable(now)
    }

    fn server(&self, member: usize) -> &Server<L> {
        &self.servers[self.members[member].slot]
    }

    fn choose(&self, key: &[u8], now: Instant) -> Option<usize> {
        let ring = self.ring?;
        Some(route::choose(ring, key, self.failover, |member| {
            self.usable(member, now)
        }))
    }

    fn dispatch(&mut self, request: usize, member: usize) {
        let Request { verb, wire, .. } = &self.batch.requests[request];
        let (expect, len) = (verb.expect(), wire.len());
        self.batch.requests[request].member = member;
        let slot = self.members[member].slot;
        self.servers[slot].conn.push(request as u32, expect, len);
    }

    /// Makes requests for some keys of a multi-get, one or more a server.
    fn ask_for(&mut self, keys: &[usize], generation: u32, now: Instant) {
        let owner =
            |key: &usize| self.choose(&self.batch.bytes[self.batch.keys[*key].clone()], now);
        let owners: Vec<Option<usize>> = keys.iter().map(owner).collect();
        let mut members: Vec<usize> = Vec::new();
        for member in owners.iter().flatten().copied() {
            if !members.contains(&member) {
                members.push(member);
            }
        }
        for member in members {
            if !self.usable(member, now) {
                continue;
            }
            let mut mine = keys
                .iter()
                .zip(&owners)
                .filter(|&(_, owner)| *owner == Some(member))
                .map(|(&key, _)| key)
                .peekable();
            while mine.peek().is_some() {
                let request = self.batch.multi_get_request(&mut mine, generation);
                self.dispatch(request, member);
            }
        }
    }

    /// After `failed` has failed a one-key request.
    fn ask_another(&mut self, request: usize, failed: usize, now: Instant) {
        let Target::Key { key, probe } = &self.batch.requests[request].target else {
            return;
        };
        let (key, mut probe) = (key.clone(), probe.clone());
        let Some(ring) = self.ring else { return };
        let next = probe.next(
            ring,
            &self.batch.bytes[key.clone()],
            failed,
            self.members.len(),
            self.failover,
            |member| self.usable(member, now),
        );
        self.batch.requests[request].target = Target::Key { key, probe };
        if let Some(member) = next {
            self.dispatch(request, member);
        }
    }

    /// Hands requests that a server will not answer to others, if they may go there.
    fn hand_over(&mut self, requests: Vec<u32>, now: Instant) {
        for request in requests {
            let request = request as usize;
            let Request {
                member, ref target, ..
            } = self.batch.requests[request];
            match target {
                // A hit that arrived before the end of the answer counts.
                Target::Key { .. } if self.batch.is_found(request) => {
                    self.batch.settle(request, Outcome::Done);
                }
                Target::Key { .. } => self.ask_another(request, member, now),
                Target::Keys {
                    asked, generation, ..
                } => {
                    let (asked, generation) = (asked.clone(), *generation + 1);
                    if self.failover.allowed && generation <= self.failover.max_attempts {
                        let left = self.batch.asked[asked].iter().filter(|(_, found)| !found);
                        let keys: Vec<usize> = left.map(|&(key, _)| key).collect();
                        self.ask_for(&keys, generation, now);
                    }
                }
                Target::Member => self.batch.drop_text(request),
            }
        }
    }

    /// Marks a server failed, closes its connection and finds others for its requests.
    fn fail(&mut self, slot: usize, failure: Failure, now: Instant) {
        if self.opening == Some(slot) {
            self.opening = None;
        }
        let server = &mut self.servers[slot];
        let requests = server.conn.reset();
        server.drop_link();
        server.mark_failed(now);
        self.events.push(Event::ServerFailed {
            server: Arc::clone(&server.address),
            kind: failure.kind,
            error: failure.text,
            errno: failure.errno,
        });
        self.hand_over(requests, now);
    }

    /// For a connection that broke: an untried one from an earlier use is replaced once, anything
    /// else is a failure of its server.
    ///
    /// Differs from pecl/memcache, which sends the request to another server of the pool in the
    /// first case, because that one then answers with stale data later.
    fn lose(&mut self, slot: usize, failure: Failure, now: Instant) {
        if self.servers[slot].unproven && !self.renewed[slot] {
            self.renewed[slot] = true;
            self.servers[slot].drop_link();
        } else {
            self.fail(slot, failure, now);
        }
    }

    /// How many servers there are to look after; slots are counted from 0.
    pub fn slots(&self) -> usize {
        self.servers.len()
    }

    /// Nothing is pending any more.
    pub fn is_done(&self) -> bool {
        self.servers.iter().all(|server| server.conn.is_idle())
            && self
                .opening
                .is_none_or(|slot| self.link_state(slot) == LinkState::Up)
    }

    /// How long to wait for any sign of life before [`handle_timeout`](Self::handle_timeout).
    pub fn reply_timeout(&self) -> Duration {
        self.timeout
    }

    /// How long to wait for a connection to a server.
    pub fn connect_timeout(&self, slot: usize) -> Duration {
        self.servers[slot].options.timeout
    }

    /// A server's address.
    pub fn address(&self, slot: usize) -> &Arc<super::Address> {
        &self.servers[slot].address
    }

    /// How far a server's connection is.
    pub fn link_state(&self, slot: usize) -> LinkState {
        self.servers[slot].link_state
    }

    /// The server has requests, or shall have a connection without any.
    pub fn is_wanted(&self, slot: usize) -> bool {
        !self.servers[slot].conn.is_idle() || self.opening == Some(slot)
    }

    /// The transport's own connection.
    pub fn link(&mut self, slot: usize) -> Option<&mut L> {
        self.servers[slot].link.as_mut()
    }

    /// The transport's own connection, to look at.
    pub fn link_ref(&self, slot: usize) -> Option<&L> {
        self.servers[slot].link.as_ref()
    }

    /// The transport's own connection and room for bytes from it, to read into at once.
    pub fn link_and_space(&mut self, slot: usize) -> (Option<&L>, &mut [u8]) {
        let server = &mut *self.servers[slot];
        (server.link.as_ref(), server.conn.rx().space())
    }

    /// The server has requests and no connection.
    pub fn wants_connect(&self, slot: usize) -> bool {
        self.servers[slot].link_state == LinkState::Down && self.is_wanted(slot)
    }

    /// The server has a connection and bytes to send.
    pub fn wants_transmit(&self, slot: usize) -> bool {
        let server = &self.servers[slot];
        server.link_state == LinkState::Up && server.conn.wants_transmit()
    }

    /// An answer is due from the server.
    pub fn wants_receive(&self, slot: usize) -> bool {
        let server = &self.servers[slot];
        server.link_state == LinkState::Up && !server.conn.is_idle()
    }

    /// A connection is being made.
    pub fn set_link(&mut self, slot: usize, link: L) {
        let server = &mut self.servers[slot];
        server.conn.restart();
        server.link = Some(link);
        server.link_state = LinkState::Connecting;
        server.unproven = false;
    }

    /// The connection is made.
    pub fn handle_connected(&mut self, slot: usize) {
        self.servers[slot].mark_connected();
    }

    /// No connection could be made.
    pub fn handle_connect_error(&mut self, slot: usize, failure: Failure, now: Instant) {
        self.fail(slot, failure, now);
    }

    /// A host name has no address; report the failure to connect as well.
    pub fn note_unresolved(&mut self, slot: usize, error: String) {
        let host = String::from_utf8_lossy(&self.servers[slot].address.host).into_owned();
        self.events.push(Event::Unresolved { host, error });
    }

    /// The connection turned out to be stale before anything was sent on it.
    pub fn discard_link(&mut self, slot: usize) {
        self.servers[slot].drop_link();
    }

    /// Bytes to send to a server now, in order.
    pub fn transmit(&self, slot: usize) -> impl Iterator<Item = &[u8]> + '_ {
        let pieces = self.servers[slot].conn.poll_transmit();
        pieces.map(|(request, skip)| &self.batch.wire(request as usize)[skip..])
    }

    /// `n` of those bytes went out.
    pub fn handle_sent(&mut self, slot: usize, n: usize) {
        self.servers[slot].conn.handle_sent(n);
    }

    /// `n` bytes (at least 1) were read into [`link_and_space`](Self::link_and_space).
    pub fn handle_received(&mut self, slot: usize, n: usize, now: Instant) {
        let server = &mut self.servers[slot];
        server.conn.rx().filled(n);
        server.unproven = false;
        loop {
            match self.take_piece(slot) {
                Ok(Some(step)) => self.servers[slot].conn.advance(step),
                Ok(None) => break,
                Err(failure) => return self.fail(slot, failure, now),
            }
            if self.servers[slot].conn.answered_early() {
                // The rest of the request would be taken for commands: start over.
                self.servers[slot].drop_link();
                return;
            }
        }
    }

    /// Deals with the next piece of a server's answers.
    fn take_piece(&mut self, slot: usize) -> Result<Option<Step>, Failure> {
        let server = &*self.servers[slot];
        let malformed = |m: Malformed| Failure::new(m.kind(), m.text());
        let Some(answer) = server.conn.peek(&self.limits).map_err(malformed)? else {
            return Ok(None);
        };
        let request = answer.token as usize;
        match answer.piece {
            Piece::Value { head, data } => {
                // Differs from pecl/memcache, which hands out values of keys that were not asked
                // for, because they show that the stream is out of step.
                if !self.batch.add_hit(request, &head, data) {
                    return Err(malformed(Malformed::ValueHead));
                }
            }
            Piece::End => self.batch.settle(request, Outcome::Done),
            Piece::Stat(line) => {
                if !line.starts_with(b"END") {
                    self.batch.add_text(request, line, b"\n");
                }
                if self.batch.text(request).len() > MAX_TEXT_LEN {
                    return Err(malformed(Malformed::Response));
                }
                if answer.last {
                    self.batch.settle(request, Outcome::Done);
                }
            }
            Piece::Line(reply) => match judge(self.batch.requests[request].verb, &reply) {
                Verdict::Settled(outcome) => {
                    if outcome == Outcome::Text {
                        self.batch.add_text(request, reply.line, b"");
                    }
                    self.batch.settle(request, outcome);
                }
                Verdict::Refused(outcome, code) => {
                    self.batch.settle(request, outcome);
                    self.events.push(Event::Refused {
                        server: Arc::clone(&server.address),
                        error: up_to_nul(reply.line).to_vec(),
                        code,
                    });
                }
                Verdict::Failure(kind, text) => return Err(Failure::new(kind, text)),
            },
        }
        Ok(Some(answer.step()))
    }

    /// The connection ended (`Read failed (socket was unexpectedly closed)` when the server closed
    /// it) or an operation on it failed.
    pub fn handle_closed(&mut self, slot: usize, failure: Failure, now: Instant) {
        if !self.servers[slot].conn.is_idle() {
            self.lose(slot, failure, now);
        } else {
            self.servers[slot].drop_link();
        }
    }

    /// Nothing happened on any connection for [`reply_timeout`](Self::reply_timeout): everyone who
    /// owes an answer has failed.
    pub fn handle_timeout(&mut self, now: Instant) {
        // Who owes one now: what is asked of others in the course of this starts with a fresh clock.
        let silent: Vec<usize> = (0..self.slots())
            .filter(|&s| self.wants_receive(s))
            .collect();
        for slot in silent {
            self.lose(
                slot,
                Failure::new(ErrorKind::Timeout, "Network timeout"),
                now,
            );
        }
    }
}

impl<L> Drop for Exchange<'_, L> {
    fn drop(&mut self) {
        for server in &mut self.servers {
            // Whoever still owes an answer is out of step.
            if !server.conn.is_idle() {
                server.conn.reset();
                server.drop_link();
            }
            server.conn.rx().shrink();
        }
    }
}

impl Batch {
    /// Makes one request of as many of `keys` as fit; takes at least one.
    fn multi_get_request(
        &mut self,
        keys: &mut std::iter::Peekable<impl Iterator<Item = usize>>,
        generation: u32,
    ) -> usize {
        let start = self.bytes.len();
        let first = self.asked.len();
        begin_get(&mut self.bytes, self.with_cas);
        while let Some(&key) = keys.peek() {
            let span = self.keys[key].clone();
            let so_far = self.bytes.len() - start;
            let full = so_far + span.len() + MULTI_GET_SPARE > MULTI_GET_LEN;
            if full && self.asked.len() > first {
                break;
            }
            self.bytes.push(b' ');
            self.bytes.extend_from_within(span);
            self.asked.push((key, false));
            keys.next();
        }
        self.bytes.extend_from_slice(CRLF);
        let asked = first..self.asked.len();
        let target = Target::Keys {
            next: asked.start,
            asked,
            generation,
        };
        self.push_request(Verb::Get, start, target)
    }

    /// Whether a single get has its hit already.
    fn is_found(&self, request: usize) -> bool {
        let Target::Key { key, .. } = &self.requests[request].target else {
            return false;
        };
        self.asked
            .iter()
            .any(|&(index, found)| found && self.keys[index] == *key)
    }
}
