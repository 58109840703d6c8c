//! What a caller wants of the servers: a [`Batch`] of requests, and afterwards their outcomes.

use std::ops::Range;

use super::exchange::up_to_nul;
use super::route::Probe;
use crate::codec::text::request::{ArithVerb, Request as Line, Store, StoreVerb, push_key};
use crate::codec::text::{CRLF, ReplyKind, ReplyLine, Words};
use crate::conn::Expect;
use crate::error::ErrorKind;

/// What a server answered, or that none did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nobody answered: the servers that were asked failed, or none could be asked.
    Unanswered,
    /// Stored, deleted, touched, flushed.
    Done,
    /// The new value of a counter, -2^63 to 2^64-1.
    Number(i128),
    /// The answer to `version`, through [`Batch::text`].
    Text,
    /// There is no such key.
    NotFound,
    /// The condition of `add`, `replace`, `append` or `prepend` does not hold.
    NotStored,
    /// `cas`: the item has changed meanwhile.
    Exists,
    /// The server refused: `CLIENT_ERROR`.
    ClientError,
    /// The server refused: the item is too large.
    TooLarge,
    /// The server refused: it has no memory for the item.
    OutOfMemory,
}

/// One item that a retrieval found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit<'a> {
    /// Which of the keys asked for, counted from 0.
    pub index: usize,
    /// The key as it was sent.
    pub key: &'a [u8],
    /// Client flags.
    pub flags: u32,
    /// The CAS id, if the retrieval asked for it.
    pub cas: Option<u64>,
    /// The stored bytes.
    pub value: &'a [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Store,
    Delete,
    Touch,
    Arith,
    Flush,
    Version,
    Stats,
    /// One or more keys; more than one only where they go to the same server.
    Get,
}

impl Verb {
    pub(super) fn expect(self) -> Expect {
        match self {
            Verb::Get => Expect::Values,
            Verb::Stats => Expect::Stats,
            _ => Expect::Line,
        }
    }
}

/// A place in one of the batch's buffers.
pub(super) type Span = Range<usize>;

#[derive(Debug, Clone)]
pub(super) enum Target {
    /// The server of this key in `bytes`, with failover.
    Key { key: Span, probe: Probe },
    /// Keys of a multi-get, in `asked`; `generation` counts how often they have moved on.
    Keys {
        asked: Span,
        next: usize,
        generation: u32,
    },
    /// This server and no other.
    Member,
}

/// One request on the wire.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) verb: Verb,
    pub(super) wire: Span,
    pub(super) target: Target,
    /// The server it went to last.
    pub(super) member: usize,
    pub(super) outcome: Outcome,
    /// Text of the answer, in `data`.
    text: Span,
}

#[derive(Debug, Clone)]
struct Found {
    index: usize,
    flags: u32,
    cas: Option<u64>,
    value: Span,
}

/// Requests that are sent together and answered together. Reused from call to call; its memory
/// stays.
#[derive(Debug, Default)]
pub struct Batch {
    /// Keys of multi-gets, and requests as they go over the wire.
    pub(super) bytes: Vec<u8>,
    pub(super) requests: Vec<Request>,
    /// Keys of a multi-get, in `bytes`.
    pub(super) keys: Vec<Span>,
    pub(super) with_cas: bool,
    /// For each key that a multi-get request asks for: its number, and whether it was found.
    pub(super) asked: Vec<(usize, bool)>,
    /// Values, versions and statistics.
    data: Vec<u8>,
    found: Vec<Found>,
}

/// Memory of a batch that is kept for the next one, in bytes.
const KEPT_LEN: usize = 64 * 1024;

impl Batch {
    /// Forgets everything.
    pub fn clear(&mut self) {
        for buffer in [&mut self.bytes, &mut self.data] {
            buffer.clear();
            if buffer.capacity() > KEPT_LEN {
                *buffer = Vec::new();
            }
        }
        self.requests.clear();
        self.keys.clear();
        self.asked.clear();
        self.found.clear();
        self.with_cas = false;
    }

    /// Adds a storage command. `store.key` must be fit for the wire ([`crate::codec::key`]) and
    /// `store.len` is taken from `value`.
    ///
    /// Returns the number of the request, for [`outcome`](Self::outcome).
    pub fn store(&mut self, store: Store<'_>, value: &[u8]) -> usize {
        self.bytes.reserve(store.key.len() + value.len() + 80);
        let start = self.bytes.len();
        Store {
            len: value.len() as u32,
            noreply: false,
            ..store
        }
        .encode(&mut self.bytes);
        self.bytes.extend_from_slice(value);
        self.bytes.extend_from_slice(CRLF);
        let key = start + store.verb.name().len() + 1;
        self.push(Verb::Store, start, key..key + store.key.len())
    }

    /// Adds a `delete`.
    pub fn delete(&mut self, key: &[u8]) -> usize {
        self.line(
            Verb::Delete,
            "delete".len(),
            key,
            &Line::Delete {
                key,
                noreply: false,
            },
        )
    }

    /// Adds an `incr` or `decr`.
    pub fn arith(&mut self, verb: ArithVerb, key: &[u8], delta: u64) -> usize {
        let line = Line::Arith {
            verb,
            key,
            delta,
            noreply: false,
        };
        self.line(Verb::Arith, verb.name().len(), key, &line)
    }

    /// Adds a `touch`.
    pub fn touch(&mut self, key: &[u8], exptime: i32) -> usize {
        self.line(
            Verb::Touch,
            "touch".len(),
            key,
            &Line::Touch {
                key,
                exptime,
                noreply: false,
            },
        )
    }

    /// Adds a `get` or `gets` of one key, with failover key by key like a write.
    pub fn get(&mut self, key: &[u8], with_cas: bool) -> usize {
        let start = self.bytes.len();
        crate::codec::text::request::begin_get(&mut self.bytes, with_cas);
        let at = self.bytes.len() + 1;
        push_key(&mut self.bytes, key);
        self.bytes.extend_from_slice(CRLF);
        let index = self.keys.len();
        self.keys.push(at..at + key.len());
        self.asked.push((index, false));
        self.push(Verb::Get, start, at..at + key.len())
    }

    /// Adds a key to a multi-get; keys for the same server travel together, in requests of at
    /// most about 1400 bytes, as pecl/memcache sends them. All keys of a batch are asked for with
    /// or all without CAS ids.
    ///
    /// Returns the number of the key, which [`Hit::index`] repeats.
    pub fn multi_get(&mut self, key: &[u8], with_cas: bool) -> usize {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key);
        self.keys.push(start..self.bytes.len());
        self.with_cas = with_cas;
        self.keys.len() - 1
    }

    /// Adds `flush_all` for one server; a delay of 0 seconds is not sent.
    pub fn flush(&mut self, member: usize, delay_sec: i32) -> usize {
        let exptime = (delay_sec > 0).then_some(delay_sec);
        self.pinned(
            Verb::Flush,
            member,
            &Line::FlushAll {
                exptime,
                noreply: false,
            },
        )
    }

    /// Adds `version` for one server.
    pub fn version(&mut self, member: usize) -> usize {
        self.pinned(Verb::Version, member, &Line::Version)
    }

    /// Adds `stats` for one server; `args` are the words after it, without line ends.
    pub fn stats(&mut self, member: usize, args: &[u8]) -> usize {
        self.pinned(
            Verb::Stats,
            member,
            &Line::Stats {
                args: Words::new(args),
            },
        )
    }

    fn line(&mut self, verb: Verb, name_len: usize, key: &[u8], line: &Line<'_>) -> usize {
        let start = self.bytes.len();
        line.encode(&mut self.bytes);
        let at = start + name_len + 1;
        self.push(verb, start, at..at + key.len())
    }

    fn pinned(&mut self, verb: Verb, member: usize, line: &Line<'_>) -> usize {
        let start = self.bytes.len();
        line.encode(&mut self.bytes);
        let number = self.push(verb, start, 0..0);
        self.requests[number].target = Target::Member;
        self.requests[number].member = member;
        number
    }

    fn push(&mut self, verb: Verb, start: usize, key: Span) -> usize {
        let target = Target::Key {
            key,
            probe: Probe::default(),
        };
        self.push_request(verb, start, target)
    }

    /// Adds the request whose bytes are the last ones of `bytes`, from `start`.
    pub(super) fn push_request(&mut self, verb: Verb, start: usize, target: Target) -> usize {
        self.requests.push(Request {
            verb,
            wire: start..self.bytes.len(),
            target,
            member: 0,
            outcome: Outcome::Unanswered,
            text: 0..0,
        });
        self.requests.len() - 1
    }

    /// No requests and no keys.
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.keys.is_empty()
    }

    /// What became of a request. A retrieval is [`Outcome::Done`] when all of it was answered,
    /// hits or not.
    pub fn outcome(&self, request: usize) -> Outcome {
        self.requests[request].outcome
    }

    /// What became of each request, in the order they were added. Retrievals of many keys add
    /// requests of their own.
    pub fn outcomes(&self) -> impl ExactSizeIterator<Item = Outcome> + '_ {
        self.requests.iter().map(|request| request.outcome)
    }

    /// For each key of a multi-get, whether a server answered for it: with a hit, or by ending its
    /// answer without one.
    pub fn answered(&self) -> Vec<bool> {
        let mut answered = vec![false; self.keys.len()];
        for request in &self.requests {
            if let Target::Keys { asked, .. } = &request.target {
                let whole = request.outcome == Outcome::Done;
                for &(key, found) in &self.asked[asked.clone()] {
                    answered[key] |= whole || found;
                }
            }
        }
        answered
    }

    /// The text of a request's answer: the line of `version`; the lines of `stats`, each ended by
    /// `\n`, without the final `END`.
    pub fn text(&self, request: usize) -> &[u8] {
        &self.data[self.requests[request].text.clone()]
    }

    /// What was found, in order of arrival.
    pub fn hits(&self) -> impl ExactSizeIterator<Item = Hit<'_>> + '_ {
        self.found.iter().map(|found| Hit {
            index: found.index,
            key: &self.bytes[self.keys[found.index].clone()],
            flags: found.flags,
            cas: found.cas,
            value: &self.data[found.value.clone()],
        })
    }

    pub(super) fn wire(&self, request: usize) -> &[u8] {
        &self.bytes[self.requests[request].wire.clone()]
    }

    /// Notes a hit of `request`; false if it did not ask for that key (any more).
    pub(super) fn add_hit(
        &mut self,
        request: usize,
        hit: &crate::codec::text::ValueHead<'_>,
        value: &[u8],
    ) -> bool {
        let Some(at) = self.find_asked(request, hit.key) else {
            return false;
        };
        let (index, found) = &mut self.asked[at];
        *found = true;
        let index = *index;
        let start = self.data.len();
        self.data.extend_from_slice(value);
        self.found.push(Found {
            index,
            flags: hit.flags,
            cas: hit.cas,
            value: start..self.data.len(),
        });
        true
    }

    /// The place in `asked` of a key that `request` asks for and has not got. Servers answer in
    /// the order asked, proxies may not.
    fn find_asked(&mut self, request: usize, key: &[u8]) -> Option<usize> {
        let is = |&at: &usize| {
            let (index, found) = self.asked[at];
            !found && self.bytes[self.keys[index].clone()] == *key
        };
        match &mut self.requests[request].target {
            Target::Keys { asked, next, .. } => {
                let at = (*next..asked.end)
                    .find(is)
                    .or_else(|| (asked.start..*next).find(is))?;
                *next = at + 1;
                Some(at)
            }
            Target::Key { key, .. } => (0..self.asked.len())
                .find(|at| self.keys[self.asked[*at].0] == *key)
                .filter(is),
            Target::Member => None,
        }
    }

    /// Notes the last word on a request.
    pub(super) fn settle(&mut self, request: usize, outcome: Outcome) {
        self.requests[request].outcome = outcome;
    }

    /// Notes a line of text for a request, ended by `\n` if more may follow.
    pub(super) fn add_text(&mut self, request: usize, line: &[u8], end: &[u8]) {
        let text = &mut self.requests[request].text;
        if text.end != self.data.len() {
            // Another request's text came between: move ours to the end, to stay in one piece.
            let start = self.data.len();
            self.data.extend_from_within(text.clone());
            *text = start..self.data.len();
        }
        self.data.extend_from_slice(line);
        self.data.extend_from_slice(end);
        text.end = self.data.len();
    }

    /// Forgets the text of a request that will be asked again or failed.
    pub(super) fn drop_text(&mut self, request: usize) {
        self.requests[request].text = 0..0;
    }
}

/// What a reply line means for an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Answered.
    Settled(Outcome),
    /// Answered, and the answer is a refusal to report with this number.
    Refused(Outcome, i32),
    /// The operation cannot have this answer: the server has failed, with this text.
    Failure(ErrorKind, Vec<u8>),
}

/// The numbers with which pecl/memcache reports refusals: the binary protocol's for too large (3),
/// its own for client errors (6) and 0x82 for out of memory.
const CODE_TOO_LARGE: i32 = 3;
const CODE_CLIENT_ERROR: i32 = 6;
const CODE_OUT_OF_MEMORY: i32 = 0x82;

/// Judges a reply line. Source: pecl/memcache, spec section 8.4; `vectors/wire.json`
/// `ascii/reply/*`.
pub(super) fn judge(verb: Verb, reply: &ReplyLine<'_>) -> Verdict {
    use Outcome::*;
    use ReplyKind as K;
    let failure = || {
        let text = match verb {
            Verb::Arith if reply.kind == K::Other => "Malformed VALUE header".into(),
            _ if reply.line.is_empty() => "Malformed server response".into(),
            _ => up_to_nul(reply.line).to_vec(),
        };
        let kind = match reply.kind {
            K::Error if reply.line.starts_with(b"ERROR") => ErrorKind::UnknownCommand,
            K::Error | K::OutOfMemory | K::TooLarge => ErrorKind::ServerError,
            _ => ErrorKind::Protocol,
        };
        Verdict::Failure(kind, text)
    };
    match (verb, reply.kind) {
        (Verb::Version, K::Error | K::OutOfMemory | K::TooLarge) => failure(),
        (_, K::ClientError) => Verdict::Refused(ClientError, CODE_CLIENT_ERROR),
        (Verb::Version, _) if reply.line.is_empty() => failure(),
        (Verb::Version, _) => Verdict::Settled(Text),
        (Verb::Get | Verb::Stats, _) => failure(),
        (_, K::Ok) => Verdict::Settled(Done),
        // Differs from pecl/memcache, which takes a storage command's NOT_FOUND for a failure of
        // the server, because it is the proper answer to cas on a missing key.
        (Verb::Store | Verb::Delete | Verb::Touch | Verb::Arith, K::NotFound) => {
            Verdict::Settled(NotFound)
        }
        (Verb::Store, K::NotStored) => Verdict::Settled(NotStored),
        (Verb::Store, K::Exists) => Verdict::Settled(Exists),
        (Verb::Store, K::TooLarge) => Verdict::Refused(TooLarge, CODE_TOO_LARGE),
        (Verb::Store, K::OutOfMemory) => Verdict::Refused(OutOfMemory, CODE_OUT_OF_MEMORY),
        (Verb::Arith, K::Other) => match reply.number() {
            Some(n) => Verdict::Settled(Number(n)),
            None => failure(),
        },
        _ => failure(),
    }
}

/// A storage command that the caller fills in; `len` and `noreply` are ignored by
/// [`Batch::store`].
pub fn store_head(verb: StoreVerb, key: &[u8], flags: u32, exptime: i64, cas: u64) -> Store<'_> {
    Store {
        verb,
        key,
        flags,
        exptime,
        len: 0,
        cas,
        noreply: false,
    }
}
