//! Requests: one line each, parsed for servers and printed for clients.

use super::flags::{Flags, push_flag, push_token};
use super::{Key, push_key};
use crate::codec::key::MAX_KEY_LEN;
use crate::codec::num;
use crate::codec::text::request::{ArithVerb, BadRequest, MAX_DATA_LEN};
use crate::codec::text::{CRLF, Words};

const BAD_STORE_MODE: &str = "CLIENT_ERROR invalid mode for ms M token";
const BAD_ARITH_MODE: &str = "CLIENT_ERROR invalid mode for ma M token";

/// The commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// `mg`
    Get,
    /// `ms`
    Store,
    /// `md`
    Delete,
    /// `ma`
    Arith,
    /// `me`
    Debug,
    /// `mn`
    Noop,
}

impl Verb {
    /// The command this word is, if it is one.
    #[inline]
    pub fn from_word(word: &[u8]) -> Option<Verb> {
        match word {
            b"mg" => Some(Verb::Get),
            b"ms" => Some(Verb::Store),
            b"md" => Some(Verb::Delete),
            b"ma" => Some(Verb::Arith),
            b"me" => Some(Verb::Debug),
            b"mn" => Some(Verb::Noop),
            _ => None,
        }
    }

    /// The word on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Verb::Get => "mg",
            Verb::Store => "ms",
            Verb::Delete => "md",
            Verb::Arith => "ma",
            Verb::Debug => "me",
            Verb::Noop => "mn",
        }
    }
}

/// What `ms` does, its flag `M`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum StoreMode {
    /// `S`, and without the flag: store in any case.
    #[default]
    Set,
    /// `E`: store unless the key exists.
    Add,
    /// `A`: put the data behind an existing value.
    Append,
    /// `P`: put the data before an existing value.
    Prepend,
    /// `R`: store only if the key exists.
    Replace,
}

impl StoreMode {
    /// The argument of `M`.
    pub fn letter(self) -> u8 {
        match self {
            StoreMode::Set => b'S',
            StoreMode::Add => b'E',
            StoreMode::Append => b'A',
            StoreMode::Prepend => b'P',
            StoreMode::Replace => b'R',
        }
    }

    fn from_letter(letter: u8) -> Option<StoreMode> {
        match letter {
            b'S' => Some(StoreMode::Set),
            b'E' => Some(StoreMode::Add),
            b'A' => Some(StoreMode::Append),
            b'P' => Some(StoreMode::Prepend),
            b'R' => Some(StoreMode::Replace),
            _ => None,
        }
    }
}

/// The head of an `ms`; `len` bytes of data and CR LF follow its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Store<'a> {
    /// Where to.
    pub key: Key<'a>,
    /// Bytes of data, at most [`MAX_DATA_LEN`].
    pub len: u32,
    /// How.
    pub mode: StoreMode,
    /// All flags.
    pub flags: Flags<'a>,
}

/// One request line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request<'a> {
    /// `mg <key> <flag>*`
    Get {
        /// What to look up.
        key: Key<'a>,
        /// All flags.
        flags: Flags<'a>,
    },
    /// `ms <key> <len> <flag>*`; its data follows the line.
    Store(Store<'a>),
    /// `md <key> <flag>*`
    Delete {
        /// What to delete.
        key: Key<'a>,
        /// All flags.
        flags: Flags<'a>,
    },
    /// `ma <key> <flag>*`
    Arith {
        /// Which number.
        key: Key<'a>,
        /// Up (`I`, `+`, and without `M`) or down (`D`, `-`).
        verb: ArithVerb,
        /// All flags.
        flags: Flags<'a>,
    },
    /// `me <key> [b]`
    Debug {
        /// What to look up.
        key: Key<'a>,
    },
    /// `mn`
    Noop,
}

/// Reads a line without its end, whose first word is this verb and whose other words these are.
///
/// A line that is no request is answered as [`BadRequest`] says, even if it carries `q`: of a bad
/// `ms` the data is swallowed first, if the line tells how much that is.
#[inline]
pub fn parse<'a>(verb: Verb, mut words: Words<'a>) -> Result<Request<'a>, BadRequest> {
    if verb == Verb::Noop {
        return Ok(Request::Noop);
    }
    let token = words.next().ok_or(BadRequest::FORMAT)?;
    let mut key = Key {
        token,
        binary: false,
    };
    match verb {
        Verb::Store => store(key, words).map(Request::Store),
        _ if token.len() > MAX_KEY_LEN => Err(BadRequest::FORMAT),
        Verb::Get => {
            let flags = flags(&mut key, words, false)?;
            Ok(Request::Get { key, flags })
        }
        Verb::Delete => {
            let flags = flags(&mut key, words, false)?;
            Ok(Request::Delete { key, flags })
        }
        Verb::Arith => arith(key, words),
        Verb::Debug => debug(key, words),
        Verb::Noop => Ok(Request::Noop),
    }
}

/// The flags behind a key. `b` among them changes what the key means.
#[inline]
fn flags<'a>(key: &mut Key<'a>, words: Words<'a>, arith: bool) -> Result<Flags<'a>, BadRequest> {
    let flags = Flags::parse(words, 2, *key, arith).map_err(bad)?;
    flags.check_opaque().map_err(bad)?;
    key.binary = flags.has(b'b');
    Ok(flags)
}

/// The flags behind a key that is given as it is, if nothing is wrong with them.
#[inline]
pub(in crate::codec) fn plain_flags(words: &[u8]) -> Option<Flags<'_>> {
    let key = Key {
        token: &[],
        binary: false,
    };
    let flags = Flags::read(Words::new(words), 2, key).ok()?;
    let plain = !flags.has(b'b') && flags.check_opaque().is_ok();
    plain.then_some(flags)
}

fn bad(reply: &'static str) -> BadRequest {
    BadRequest {
        reply,
        ..BadRequest::FORMAT
    }
}

fn store<'a>(mut key: Key<'a>, mut words: Words<'a>) -> Result<Store<'a>, BadRequest> {
    let len = words.next().and_then(num::u32_strict);
    let len = len
        .filter(|&len| len <= MAX_DATA_LEN)
        .ok_or(BadRequest::FORMAT)?;
    // From here on the length is known, so the data can be skipped and the stream stays in step.
    let bad = |reply| BadRequest {
        swallow: u64::from(len) + 2,
        ..bad(reply)
    };
    if key.token.len() > MAX_KEY_LEN {
        return Err(bad(BadRequest::FORMAT.reply));
    }
    let flags = Flags::parse(words, 3, key, false).map_err(bad)?;
    let mode = match flags.mode() {
        None => StoreMode::default(),
        Some(letter) => StoreMode::from_letter(letter).ok_or(bad(BAD_STORE_MODE))?,
    };
    flags.check_opaque().map_err(bad)?;
    key.binary = flags.has(b'b');
    Ok(Store {
        key,
        len,
        mode,
        flags,
    })
}

fn arith<'a>(mut key: Key<'a>, words: Words<'a>) -> Result<Request<'a>, BadRequest> {
    let flags = Flags::parse(words, 2, key, true).map_err(bad)?;
    let verb = match flags.mode() {
        None | Some(b'I' | b'+') => ArithVerb::Incr,
        Some(b'D' | b'-') => ArithVerb::Decr,
        Some(_) => return Err(bad(BAD_ARITH_MODE)),
    };
    flags.check_opaque().map_err(bad)?;
    key.binary = flags.has(b'b');
    Ok(Request::Arith { key, verb, flags })
}

/// `me` looks for nothing but `b`, and minds nothing else in its line. Differs from memcached, which
/// looks only at the word behind the key, and only if another one follows.
fn debug<'a>(mut key: Key<'a>, mut words: Words<'a>) -> Result<Request<'a>, BadRequest> {
    key.binary = words.any(|word| word == b"b");
    if key.binary && !key.is_base64() {
        return Err(BadRequest::FORMAT);
    }
    Ok(Request::Debug { key })
}

impl Request<'_> {
    /// Appends the line. Parsing what was encoded gives the same request again; words that servers
    /// ignore are not kept.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let (verb, key, flags) = match *self {
            Request::Get { key, flags } => (Verb::Get, key, Some(flags)),
            Request::Store(Store { key, flags, .. }) => (Verb::Store, key, Some(flags)),
            Request::Delete { key, flags } => (Verb::Delete, key, Some(flags)),
            Request::Arith { key, flags, .. } => (Verb::Arith, key, Some(flags)),
            Request::Debug { key } => (Verb::Debug, key, None),
            Request::Noop => {
                out.extend_from_slice(Verb::Noop.name().as_bytes());
                return out.extend_from_slice(CRLF);
            }
        };
        out.extend_from_slice(verb.name().as_bytes());
        out.push(b' ');
        out.extend_from_slice(key.token);
        if let Request::Store(Store { len, .. }) = *self {
            out.push(b' ');
            num::push_u64(out, u64::from(len));
        }
        match flags {
            Some(flags) => flags
                .tokens()
                .for_each(|flag| push_token(out, flag.letter, flag.arg)),
            None if key.binary => push_flag(out, b'b'),
            None => {}
        }
        out.extend_from_slice(CRLF);
    }
}

/// Appends the beginning of a line, to be followed by [flags](super::flags::push_flag) and
/// [`CRLF`]. For `ms` see [`begin_store`]; for `mn` the key is left out.
///
/// The key is 1 to [`MAX_KEY_LEN`] bytes without blanks and controls, or `binary`, which adds the
/// flag `b`: then it is 1 to [`MAX_BINARY_KEY_LEN`](super::MAX_BINARY_KEY_LEN) bytes of any value.
pub fn begin(out: &mut Vec<u8>, verb: Verb, key: &[u8], binary: bool) {
    out.extend_from_slice(verb.name().as_bytes());
    if verb != Verb::Noop {
        out.push(b' ');
        push_key(out, key, binary);
        if binary {
            push_flag(out, b'b');
        }
    }
}

/// [`begin`] for `ms`: `len` bytes of data, at most [`MAX_DATA_LEN`], and
/// [`CRLF`] are the caller's to send behind the line.
pub fn begin_store(out: &mut Vec<u8>, key: &[u8], binary: bool, len: u32) {
    out.extend_from_slice(b"ms ");
    push_key(out, key, binary);
    out.push(b' ');
    num::push_u64(out, u64::from(len));
    if binary {
        push_flag(out, b'b');
    }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
