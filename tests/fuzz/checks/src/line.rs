//! A second reader of request lines, written from the description of memcached's and not from our
//! decoder: slow, obvious, one list of words. Two targets hold the server's own against it.
//!
//! Source: memcached doc/protocol.txt; memcached 1.6.45, measured.

use mcrs::codec::text::{BadRequest, Request};

use crate::meta_line::{self, Meta};
use crate::number::{i32_strict, strtol, strtoul, u32_strict, u64_strict};

pub(crate) const FORMAT: &str = "CLIENT_ERROR bad command line format";
const EXPTIME: &str = "CLIENT_ERROR invalid exptime argument";
const DELTA: &str = "CLIENT_ERROR invalid numeric delta argument";
const ERROR: &str = "ERROR";

/// Words, as slices of the line.
pub type Words<'a> = Vec<&'a [u8]>;

/// What a request line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are those of the commands")]
pub enum Line<'a> {
    /// `get`, `gets`, `gat`, `gats`; keys of any length.
    Get {
        touch: Option<i32>,
        cas: bool,
        keys: Words<'a>,
    },
    /// The head of a storage command; `cas` is 0 for all but `cas`.
    Store {
        verb: &'static str,
        key: &'a [u8],
        flags: u32,
        exptime: i64,
        len: u32,
        cas: u64,
        noreply: bool,
    },
    /// `delete`
    Delete { key: &'a [u8], noreply: bool },
    /// `incr` and `decr`
    Arith {
        up: bool,
        key: &'a [u8],
        delta: u64,
        noreply: bool,
    },
    /// `touch`
    Touch {
        key: &'a [u8],
        exptime: i32,
        noreply: bool,
    },
    /// `flush_all`
    FlushAll { exptime: Option<i32>, noreply: bool },
    /// `verbosity`
    Verbosity { level: u32, noreply: bool },
    /// `stats` with the words behind it.
    Stats { args: Words<'a> },
    /// `mg`, `ms`, `md`, `ma`, `me`, `mn`
    Meta(Box<Meta<'a>>),
    /// `version`
    Version,
    /// `quit`
    Quit,
    /// Any other command, all its words.
    Other { words: Words<'a>, noreply: bool },
    /// No request: what to answer after how many bytes, or that the connection is to be closed.
    Bad {
        reply: &'static str,
        swallow: u64,
        noreply: bool,
        close: bool,
    },
}

/// Reads a line; `whole` ends in LF.
pub fn read(whole: &[u8]) -> Line<'_> {
    let line = whole.strip_suffix(b"\n").unwrap_or(whole);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if whole.len() < 4 {
        return bad(FORMAT, false);
    }
    let words: Words<'_> = line
        .split(|&b| b == b' ')
        .filter(|w| !w.is_empty())
        .collect();
    let Some((verb, args)) = words.split_first() else {
        return bad(ERROR, false);
    };
    // The verb and 22 more words are looked at.
    let noreply = args.len() <= 22 && args.last() == Some(&&b"noreply"[..]);
    match *verb {
        b"get" => get(args, None, false),
        b"gets" => get(args, None, true),
        b"gat" => get_and_touch(args, false),
        b"gats" => get_and_touch(args, true),
        b"set" => store("set", args, noreply),
        b"add" => store("add", args, noreply),
        b"replace" => store("replace", args, noreply),
        b"append" => store("append", args, noreply),
        b"prepend" => store("prepend", args, noreply),
        b"cas" => store("cas", args, noreply),
        b"delete" => match args {
            [key, ..] if fits(key) => Line::Delete { key, noreply },
            [] => bad(FORMAT, false),
            _ => bad(FORMAT, noreply),
        },
        b"incr" => arith(true, args, noreply),
        b"decr" => arith(false, args, noreply),
        b"touch" => match args {
            [] | [_] => bad(FORMAT, false),
            [key, ..] if !fits(key) => bad(FORMAT, noreply),
            [key, exptime, ..] => match i32_strict(exptime) {
                Some(exptime) => Line::Touch {
                    key,
                    exptime,
                    noreply,
                },
                None => bad(EXPTIME, noreply),
            },
        },
        b"flush_all" => {
            let given = &args[..args.len() - usize::from(noreply)];
            match given.first().map(|word| i32_strict(word)) {
                None => Line::FlushAll {
                    exptime: None,
                    noreply,
                },
                Some(None) => bad(EXPTIME, noreply),
                Some(exptime) => Line::FlushAll { exptime, noreply },
            }
        }
        b"verbosity" => match args.first().and_then(|word| u32_strict(word)) {
            Some(level) => Line::Verbosity { level, noreply },
            None => bad(FORMAT, noreply),
        },
        b"stats" => Line::Stats {
            args: args.to_vec(),
        },
        [b'm', verb] if b"gsdaen".contains(verb) => meta_line::read(*verb, args),
        b"version" => Line::Version,
        b"quit" => Line::Quit,
        _ if args.last().is_some_and(|word| word.starts_with(b"HTTP/")) => Line::Bad {
            reply: ERROR,
            swallow: 0,
            noreply: false,
            close: true,
        },
        _ => Line::Other { words, noreply },
    }
}

fn fits(key: &[u8]) -> bool {
    key.len() <= 250
}

pub(crate) fn bad(reply: &'static str, noreply: bool) -> Line<'static> {
    Line::Bad {
        reply,
        swallow: 0,
        noreply,
        close: false,
    }
}

fn get<'a>(keys: &[&'a [u8]], touch: Option<i32>, cas: bool) -> Line<'a> {
    match keys {
        [] => bad(FORMAT, false),
        _ => Line::Get {
            touch,
            cas,
            keys: keys.to_vec(),
        },
    }
}

fn get_and_touch<'a>(args: &[&'a [u8]], cas: bool) -> Line<'a> {
    match args {
        [] | [_] => bad(FORMAT, false),
        [exptime, keys @ ..] => match i32_strict(exptime) {
            Some(exptime) => get(keys, Some(exptime), cas),
            None => bad(EXPTIME, false),
        },
    }
}

fn arith<'a>(up: bool, args: &[&'a [u8]], noreply: bool) -> Line<'a> {
    match args {
        [] | [_] => bad(FORMAT, false),
        [key, ..] if !fits(key) => bad(FORMAT, noreply),
        [key, delta, ..] => match u64_strict(delta) {
            Some(delta) => Line::Arith {
                up,
                key,
                delta,
                noreply,
            },
            None => bad(DELTA, noreply),
        },
    }
}

fn store<'a>(verb: &'static str, args: &[&'a [u8]], noreply: bool) -> Line<'a> {
    let [key, flags, exptime, len, more @ ..] = args else {
        return bad(FORMAT, false);
    };
    let Some(len) = u32_strict(len).filter(|&len| len <= 2_147_483_645) else {
        return bad(FORMAT, false);
    };
    let cas = match verb {
        "cas" => more.first().and_then(|word| u64_strict(word)),
        _ => Some(0),
    };
    match (strtoul(flags), strtol(exptime), cas) {
        (Some(flags), Some(exptime), Some(cas)) if fits(key) => Line::Store {
            verb,
            key,
            flags: flags as u32,
            // Cut to 32 bits.
            exptime: i64::from(exptime as i32),
            len,
            cas,
            noreply,
        },
        _ => Line::Bad {
            reply: FORMAT,
            swallow: u64::from(len) + 2,
            noreply,
            close: false,
        },
    }
}

/// What our decoder made of a line, in the same terms.
pub fn decoded<'a>(request: &Result<Request<'a>, BadRequest>) -> Line<'a> {
    match *request {
        Ok(Request::Get { cas, keys }) => Line::Get {
            touch: None,
            cas,
            keys: keys.words().collect(),
        },
        Ok(Request::GetAndTouch { cas, exptime, keys }) => Line::Get {
            touch: Some(exptime),
            cas,
            keys: keys.words().collect(),
        },
        Ok(Request::Store(store)) => Line::Store {
            verb: store.verb.name(),
            key: store.key,
            flags: store.flags,
            exptime: store.exptime,
            len: store.len,
            cas: store.cas,
            noreply: store.noreply,
        },
        Ok(Request::Delete { key, noreply }) => Line::Delete { key, noreply },
        Ok(Request::Arith {
            verb,
            key,
            delta,
            noreply,
        }) => Line::Arith {
            up: verb.name() == "incr",
            key,
            delta,
            noreply,
        },
        Ok(Request::Touch {
            key,
            exptime,
            noreply,
        }) => Line::Touch {
            key,
            exptime,
            noreply,
        },
        Ok(Request::FlushAll { exptime, noreply }) => Line::FlushAll { exptime, noreply },
        Ok(Request::Verbosity { level, noreply }) => Line::Verbosity { level, noreply },
        Ok(Request::Stats { args }) => Line::Stats {
            args: args.collect(),
        },
        Ok(Request::Meta(ref request)) => meta_line::decoded(request),
        Ok(Request::Version) => Line::Version,
        Ok(Request::Quit) => Line::Quit,
        Ok(Request::Admin {
            verb,
            args,
            noreply,
        }) => Line::Other {
            words: std::iter::once(verb).chain(args).collect(),
            noreply,
        },
        Err(bad) => Line::Bad {
            reply: bad.reply,
            swallow: bad.swallow,
            noreply: bad.noreply,
            close: bad.close,
        },
    }
}
