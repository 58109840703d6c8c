//! Requests: one line each, parsed for servers and printed for clients.

use super::{CRLF, Decoded, Words};
use crate::codec::key::MAX_KEY_LEN;
use crate::codec::{DecodeError, DecodeErrorKind, meta, num};

/// Longest request line without a line end that is waited for, unless it is a `get` or `gets`.
/// Source: memcached 1.6.45, measured.
pub const MAX_LINE_LEN: usize = 2048;

/// Blanks that may stand before a long `get`. Source: memcached 1.6.45, measured.
const MAX_LEADING_BLANKS: usize = 100;

/// Largest data block a storage command may announce, in bytes. Source: memcached 1.6.45, measured.
pub const MAX_DATA_LEN: u32 = i32::MAX as u32 - 2;

const BAD_FORMAT: &str = "CLIENT_ERROR bad command line format";
const BAD_EXPTIME: &str = "CLIENT_ERROR invalid exptime argument";
const BAD_DELTA: &str = "CLIENT_ERROR invalid numeric delta argument";
const UNKNOWN: &str = "ERROR";

/// The storage commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoreVerb {
    /// Store in any case.
    Set,
    /// Store unless the key exists.
    Add,
    /// Store only if the key exists.
    Replace,
    /// Put the data behind an existing value; flags and exptime are ignored by servers.
    Append,
    /// Put the data before an existing value; flags and exptime are ignored by servers.
    Prepend,
    /// Store only if the item's CAS id is the given one.
    Cas,
}

impl StoreVerb {
    /// The word on the wire.
    pub fn name(self) -> &'static str {
        match self {
            StoreVerb::Set => "set",
            StoreVerb::Add => "add",
            StoreVerb::Replace => "replace",
            StoreVerb::Append => "append",
            StoreVerb::Prepend => "prepend",
            StoreVerb::Cas => "cas",
        }
    }
}

/// The head of a storage command: `<verb> <key> <flags> <exptime> <len>[ <cas>][ noreply]`.
/// `len` bytes of data and CR LF follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Store<'a> {
    /// Which command.
    pub verb: StoreVerb,
    /// 1 to 250 bytes.
    pub key: &'a [u8],
    /// Client flags; larger numbers on the wire lose their upper bits, as in memcached.
    pub flags: u32,
    /// See [`crate::codec::exptime`].
    pub exptime: i64,
    /// Bytes of data, at most [`MAX_DATA_LEN`].
    pub len: u32,
    /// The CAS id to compare with; 0 and not printed unless the verb is `cas`.
    pub cas: u64,
    /// The client wants no answer.
    pub noreply: bool,
}

/// `incr` or `decr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArithVerb {
    /// Add, modulo 2^64.
    Incr,
    /// Subtract, stopping at 0.
    Decr,
}

impl ArithVerb {
    /// The word on the wire.
    pub fn name(self) -> &'static str {
        match self {
            ArithVerb::Incr => "incr",
            ArithVerb::Decr => "decr",
        }
    }
}

/// The keys of a retrieval command, not looked at yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys<'a> {
    rest: Words<'a>,
    /// The first one, when it had to be found to know that there is one. It is not in `rest`.
    first: Option<&'a [u8]>,
}

impl<'a> Keys<'a> {
    /// The keys in what is left of a line, for a server that answers a long one in several goes.
    #[inline]
    pub fn new(rest: &'a [u8]) -> Keys<'a> {
        Keys {
            rest: Words::new(rest),
            first: None,
        }
    }

    /// One key at least, from the words of a line.
    #[inline]
    fn of(mut words: Words<'a>) -> Result<Keys<'a>, BadRequest> {
        let first = words.next();
        match first {
            Some(_) => Ok(Keys { rest: words, first }),
            None => Err(BadRequest::FORMAT),
        }
    }

    /// All of them, those included that are too long.
    pub fn words(self) -> impl Iterator<Item = &'a [u8]> {
        self.first.into_iter().chain(self.rest)
    }

    /// What is behind the key taken last.
    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        self.rest.rest()
    }
}

/// A key of more than 250 bytes; the whole command is then answered by [`BadRequest::FORMAT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyTooLong;

impl<'a> Iterator for Keys<'a> {
    type Item = Result<&'a [u8], KeyTooLong>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let key = self.first.take().or_else(|| self.rest.next());
        key.map(|key| {
            if key.len() <= MAX_KEY_LEN {
                Ok(key)
            } else {
                Err(KeyTooLong)
            }
        })
    }
}

/// One request line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request<'a> {
    /// `get <key>*`, `gets <key>*`.
    Get {
        /// `gets`: answer with CAS ids.
        cas: bool,
        /// At least one.
        keys: Keys<'a>,
    },
    /// `gat <exptime> <key>*`, `gats <exptime> <key>*`.
    GetAndTouch {
        /// `gats`: answer with CAS ids.
        cas: bool,
        /// The new expiry.
        exptime: i32,
        /// At least one.
        keys: Keys<'a>,
    },
    /// A storage command; its data follows the line.
    Store(Store<'a>),
    /// `delete <key>`.
    Delete {
        /// 1 to 250 bytes.
        key: &'a [u8],
        /// The client wants no answer.
        noreply: bool,
    },
    /// `incr <key> <delta>`, `decr <key> <delta>`.
    Arith {
        /// Which command.
        verb: ArithVerb,
        /// 1 to 250 bytes.
        key: &'a [u8],
        /// What to add or subtract.
        delta: u64,
        /// The client wants no answer.
        noreply: bool,
    },
    /// `touch <key> <exptime>`.
    Touch {
        /// 1 to 250 bytes.
        key: &'a [u8],
        /// The new expiry.
        exptime: i32,
        /// The client wants no answer.
        noreply: bool,
    },
    /// `flush_all [<exptime>]`.
    FlushAll {
        /// Absent: now.
        exptime: Option<i32>,
        /// The client wants no answer.
        noreply: bool,
    },
    /// `verbosity <level>`.
    Verbosity {
        /// As given; servers cut it to 2.
        level: u32,
        /// The client wants no answer.
        noreply: bool,
    },
    /// `stats [<group> [<argument>*]]`.
    Stats {
        /// The words after `stats`.
        args: Words<'a>,
    },
    /// A command of the meta protocol.
    Meta(meta::Request<'a>),
    /// `version`.
    Version,
    /// `quit`.
    Quit,
    /// Any other command that administers the server (`cache_memlimit`, `shutdown`, `lru`, …): the
    /// server knows which ones it has.
    Admin {
        /// The first word.
        verb: &'a [u8],
        /// The words after it, a trailing `noreply` included.
        args: Words<'a>,
        /// The last word is `noreply`.
        noreply: bool,
    },
}

/// A line that is no request, and what memcached does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadRequest {
    /// The line to answer, without its end.
    pub reply: &'static str,
    /// Bytes to read and discard **before** the answer: the data block of a storage command whose
    /// other arguments are wrong.
    pub swallow: u64,
    /// The client wanted no answer, and the line was good enough to tell.
    pub noreply: bool,
    /// Close the connection without an answer.
    pub close: bool,
}

impl BadRequest {
    /// `CLIENT_ERROR bad command line format`
    pub const FORMAT: BadRequest = BadRequest::new(BAD_FORMAT);
    /// `ERROR`
    pub const UNKNOWN: BadRequest = BadRequest::new(UNKNOWN);
    /// An HTTP request that got lost.
    const HTTP: BadRequest = BadRequest {
        close: true,
        ..BadRequest::UNKNOWN
    };

    const fn new(reply: &'static str) -> BadRequest {
        BadRequest {
            reply,
            swallow: 0,
            noreply: false,
            close: false,
        }
    }

    fn noreply(self, noreply: bool) -> BadRequest {
        BadRequest { noreply, ..self }
    }
}

/// Takes one request line off the front of `buf`.
///
/// The outer error means that the client sends no lines (more than [`MAX_LINE_LEN`] bytes without
/// an end and no `get`): close without an answer. The inner one is a line to answer as
/// [`BadRequest`] says. A `get` line may be any length: the caller bounds what it buffers.
pub fn decode(buf: &[u8]) -> Result<Decoded<Result<Request<'_>, BadRequest>>, DecodeError> {
    let Some(at) = memchr::memchr(b'\n', buf) else {
        return if buf.len() > MAX_LINE_LEN && !starts_long_get(buf) {
            Err(DecodeError {
                kind: DecodeErrorKind::LineTooLong,
                offset: MAX_LINE_LEN,
            })
        } else {
            Ok(Decoded::Incomplete)
        };
    };
    let consumed = at + 1;
    let line = buf[..at].strip_suffix(b"\r").unwrap_or(&buf[..at]);
    Ok(Decoded::Complete {
        value: if consumed < 4 {
            Err(BadRequest::FORMAT)
        } else {
            parse(line)
        },
        consumed,
    })
}

/// Whether a line without an end is one that may still grow: `get ` or `gets ` after at most 100
/// blanks.
fn starts_long_get(buf: &[u8]) -> bool {
    let blanks = buf.iter().take_while(|&&b| b == b' ').count();
    let rest = &buf[blanks..];
    blanks <= MAX_LEADING_BLANKS && (rest.starts_with(b"get ") || rest.starts_with(b"gets "))
}

/// Reads a line without its end.
pub fn parse(line: &[u8]) -> Result<Request<'_>, BadRequest> {
    let mut words = Words::new(line);
    let Some(verb) = words.next() else {
        return Err(BadRequest::UNKNOWN);
    };
    if let Some(verb) = meta::Verb::from_word(verb) {
        return meta::request::parse(verb, words).map(Request::Meta);
    }
    match verb {
        b"get" => Ok(Request::Get {
            cas: false,
            keys: Keys::of(words)?,
        }),
        b"gets" => Ok(Request::Get {
            cas: true,
            keys: Keys::of(words)?,
        }),
        b"set" => store(StoreVerb::Set, line, words),
        b"add" => store(StoreVerb::Add, line, words),
        b"cas" => store(StoreVerb::Cas, line, words),
        b"replace" => store(StoreVerb::Replace, line, words),
        b"append" => store(StoreVerb::Append, line, words),
        b"prepend" => store(StoreVerb::Prepend, line, words),
        b"delete" => {
            let key = words.next().ok_or(BadRequest::FORMAT)?;
            let noreply = is_noreply(line);
            Ok(Request::Delete {
                key: short(key, noreply)?,
                noreply,
            })
        }
        b"incr" => arith(ArithVerb::Incr, line, words),
        b"decr" => arith(ArithVerb::Decr, line, words),
        b"touch" => {
            let (Some(key), Some(exptime)) = (words.next(), words.next()) else {
                return Err(BadRequest::FORMAT);
            };
            let noreply = is_noreply(line);
            let key = short(key, noreply)?;
            Ok(Request::Touch {
                key,
                exptime: exptime_of(exptime, noreply)?,
                noreply,
            })
        }
        b"gat" => get_and_touch(false, words),
        b"gats" => get_and_touch(true, words),
        b"flush_all" => {
            let noreply = is_noreply(line);
            let exptime = match words.next() {
                None => None,
                Some(_) if noreply && words.next().is_none() => None,
                Some(word) => Some(exptime_of(word, noreply)?),
            };
            Ok(Request::FlushAll { exptime, noreply })
        }
        b"verbosity" => {
            let noreply = is_noreply(line);
            let level = words.next().and_then(num::u32_strict);
            let level = level.ok_or(BadRequest::FORMAT.noreply(noreply))?;
            Ok(Request::Verbosity { level, noreply })
        }
        b"stats" => Ok(Request::Stats { args: words }),
        b"version" => Ok(Request::Version),
        b"quit" => Ok(Request::Quit),
        _ if words.last().is_some_and(|w| w.starts_with(b"HTTP/")) => Err(BadRequest::HTTP),
        _ => Ok(Request::Admin {
            verb,
            args: words,
            noreply: is_noreply(line),
        }),
    }
}

/// Words of a line that are looked at; one behind them is not found. Source: mcrsd.md 2.1.
const MAX_WORDS: usize = 23;

/// Whether the last word of a line (of several) is `noreply`. Only blanks part words: a CR behind it
/// makes it another word.
fn is_noreply(line: &[u8]) -> bool {
    let end = line.iter().rposition(|&b| b != b' ').map_or(0, |i| i + 1);
    let before = line[..end].strip_suffix(b" noreply");
    before.is_some_and(|before| {
        let words = Words::new(before).take(MAX_WORDS).count();
        (1..MAX_WORDS).contains(&words)
    })
}

fn short(key: &[u8], noreply: bool) -> Result<&[u8], BadRequest> {
    if key.len() <= MAX_KEY_LEN {
        Ok(key)
    } else {
        Err(BadRequest::FORMAT.noreply(noreply))
    }
}

fn exptime_of(word: &[u8], noreply: bool) -> Result<i32, BadRequest> {
    num::i32_strict(word).ok_or(BadRequest::new(BAD_EXPTIME).noreply(noreply))
}

fn get_and_touch(cas: bool, mut words: Words<'_>) -> Result<Request<'_>, BadRequest> {
    let exptime = words.next().ok_or(BadRequest::FORMAT)?;
    let keys = Keys::of(words)?;
    Ok(Request::GetAndTouch {
        cas,
        exptime: exptime_of(exptime, false)?,
        keys,
    })
}

fn arith<'a>(
    verb: ArithVerb,
    line: &'a [u8],
    mut words: Words<'a>,
) -> Result<Request<'a>, BadRequest> {
    let (Some(key), Some(delta)) = (words.next(), words.next()) else {
        return Err(BadRequest::FORMAT);
    };
    let noreply = is_noreply(line);
    let key = short(key, noreply)?;
    let delta = num::u64_strict(delta).ok_or(BadRequest::new(BAD_DELTA).noreply(noreply))?;
    Ok(Request::Arith {
        verb,
        key,
        delta,
        noreply,
    })
}

fn store<'a>(
    verb: StoreVerb,
    line: &'a [u8],
    mut words: Words<'a>,
) -> Result<Request<'a>, BadRequest> {
    let mut next = || words.next().ok_or(BadRequest::FORMAT);
    let (key, flags, exptime, len) = (next()?, next()?, next()?, next()?);
    let len = num::u32_strict(len)
        .filter(|&n| n <= MAX_DATA_LEN)
        .ok_or(BadRequest::FORMAT)?;
    let cas = words.next();
    // The fifth word is a length, so there must be a sixth.
    let noreply = cas.is_some() && is_noreply(line);
    // From here on the length is known, so the data can be skipped and the stream stays in step.
    let bad = BadRequest {
        swallow: u64::from(len) + 2,
        noreply,
        ..BadRequest::FORMAT
    };
    let cas = match verb {
        StoreVerb::Cas => cas.and_then(num::u64_strict).ok_or(bad)?,
        _ => 0,
    };
    if key.len() > MAX_KEY_LEN {
        return Err(bad);
    }
    let flags = num::strtoul(flags).ok_or(bad)? as u32;
    // C assigns the long to 32 bits: 2147483648 comes out negative.
    let exptime = i64::from(num::strtol(exptime).ok_or(bad)? as i32);
    Ok(Request::Store(Store {
        verb,
        key,
        flags,
        exptime,
        len,
        cas,
        noreply,
    }))
}

impl Request<'_> {
    /// Appends the line. Encoding what was decoded gives the same request again; words that
    /// servers ignore are not kept.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let noreply = match *self {
            Request::Get { cas, keys } => {
                begin_get(out, cas);
                keys.words().for_each(|key| push_key(out, key));
                false
            }
            Request::GetAndTouch { cas, exptime, keys } => {
                out.extend_from_slice(if cas { b"gats " } else { b"gat " });
                num::push_i64(out, i64::from(exptime));
                keys.words().for_each(|key| push_key(out, key));
                false
            }
            Request::Store(ref store) => return store.encode(out),
            Request::Delete { key, noreply } => {
                out.extend_from_slice(b"delete");
                push_key(out, key);
                if key == b"noreply" && !noreply {
                    // As the last word it would silence the server; a 0 behind it is ignored.
                    out.extend_from_slice(b" 0");
                }
                noreply
            }
            Request::Arith {
                verb,
                key,
                delta,
                noreply,
            } => {
                out.extend_from_slice(verb.name().as_bytes());
                push_key(out, key);
                out.push(b' ');
                num::push_u64(out, delta);
                noreply
            }
            Request::Touch {
                key,
                exptime,
                noreply,
            } => {
                out.extend_from_slice(b"touch");
                push_key(out, key);
                out.push(b' ');
                num::push_i64(out, i64::from(exptime));
                noreply
            }
            Request::FlushAll { exptime, noreply } => {
                out.extend_from_slice(b"flush_all");
                if let Some(exptime) = exptime {
                    out.push(b' ');
                    num::push_i64(out, i64::from(exptime));
                }
                noreply
            }
            Request::Verbosity { level, noreply } => {
                out.extend_from_slice(b"verbosity ");
                num::push_u64(out, u64::from(level));
                noreply
            }
            Request::Stats { args } => {
                out.extend_from_slice(b"stats");
                args.for_each(|word| push_key(out, word));
                false
            }
            Request::Meta(ref request) => return request.encode(out),
            Request::Version => {
                out.extend_from_slice(b"version");
                false
            }
            Request::Quit => {
                out.extend_from_slice(b"quit");
                false
            }
            Request::Admin { verb, args, .. } => {
                out.extend_from_slice(verb);
                args.for_each(|word| push_key(out, word));
                false
            }
        };
        if noreply {
            out.extend_from_slice(b" noreply");
        }
        out.extend_from_slice(CRLF);
    }
}

impl Store<'_> {
    /// Appends the head; the data and [`CRLF`] are the caller's to append.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.verb.name().as_bytes());
        push_key(out, self.key);
        out.push(b' ');
        num::push_u64(out, u64::from(self.flags));
        out.push(b' ');
        num::push_i64(out, self.exptime);
        out.push(b' ');
        num::push_u64(out, u64::from(self.len));
        if self.verb == StoreVerb::Cas {
            out.push(b' ');
            num::push_u64(out, self.cas);
        }
        if self.noreply {
            out.extend_from_slice(b" noreply");
        }
        out.extend_from_slice(CRLF);
    }
}

/// Appends `get` or `gets`: the beginning of a retrieval whose keys come one by one through
/// [`push_key`] and whose end is [`CRLF`].
pub fn begin_get(out: &mut Vec<u8>, cas: bool) {
    out.extend_from_slice(if cas { b"gets" } else { b"get" });
}

/// Appends a blank and a word.
pub fn push_key(out: &mut Vec<u8>, key: &[u8]) {
    out.push(b' ');
    out.extend_from_slice(key);
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
