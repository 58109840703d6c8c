//! The second reader's side of meta requests, see [`crate::line`].
//!
//! Source: memcached doc/protocol.txt, "Meta commands"; memcached 1.6.45, measured.

use mcrs::codec::meta::request::Store;
use mcrs::codec::meta::{Flags, Key, KeyBuf, Request};
use mcrs::codec::text::request::ArithVerb;

use crate::line::{FORMAT, Line, bad};
use crate::number::{i32_strict, u32_strict, u64_strict};

const TOO_MANY: &str = "CLIENT_ERROR options flags are too long";
const DUPLICATE: &str = "CLIENT_ERROR duplicate flag";
const UNKNOWN: &str = "CLIENT_ERROR invalid flag";
const EITHER: &str = "CLIENT_ERROR invalid or duplicate flag";
const BAD_TOKEN: &str = "CLIENT_ERROR bad token in command line format";
const BAD_KEY: &str = "CLIENT_ERROR error decoding key";
const BAD_INITIAL: &str = "CLIENT_ERROR invalid numeric initial value";
const BAD_DELTA: &str = "CLIENT_ERROR invalid numeric delta value";
const LONG_OPAQUE: &str = "CLIENT_ERROR opaque token too long";

/// The flags there are, and those of them whose argument is a number.
const LETTERS: &[u8] = b"bkOqvsfctlhuCETNRFMIxPLJD";
const NUMBERS: &[u8] = b"CETNRFJD";

/// What a meta line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta<'a> {
    /// The second letter of the command.
    pub verb: u8,
    /// The key, decoded.
    pub key: Vec<u8>,
    /// The key was in base64.
    pub binary: bool,
    /// Bytes of data, for `ms`.
    pub len: u32,
    /// For `ms` one of `SEAPR`, for `ma` `I` or `D`, otherwise 0.
    pub mode: u8,
    /// All flags in order.
    pub flags: Vec<(u8, &'a [u8])>,
    /// The numbers among them, in the order of [`NUMBERS`].
    numbers: [Option<i128>; 8],
}

impl<'a> Meta<'a> {
    /// The argument of a flag.
    pub fn arg(&self, letter: u8) -> Option<&'a [u8]> {
        let flag = self.flags.iter().find(|(other, _)| *other == letter)?;
        Some(flag.1)
    }

    /// Whether a flag is there.
    pub fn has(&self, letter: u8) -> bool {
        self.arg(letter).is_some()
    }

    /// The number of one of the flags that have one.
    pub fn number(&self, letter: u8) -> Option<i128> {
        let at = NUMBERS.iter().position(|&other| other == letter)?;
        self.numbers[at]
    }
}

/// Reads the words of a line that begins with `m` and the verb.
pub(crate) fn read<'a>(verb: u8, args: &[&'a [u8]]) -> Line<'a> {
    let mut meta = Meta {
        verb,
        key: Vec::new(),
        binary: false,
        len: 0,
        mode: 0,
        flags: Vec::new(),
        numbers: [None; 8],
    };
    let (key, words) = match (verb, args) {
        (b'n', _) => return Line::Meta(Box::new(meta)),
        (b's', [key, len, words @ ..]) => {
            let Some(len) = u32_strict(len).filter(|&len| len <= 2_147_483_645) else {
                return bad(FORMAT, false);
            };
            meta.len = len;
            (*key, words)
        }
        (b's', _) | (_, []) => return bad(FORMAT, false),
        (_, [key, words @ ..]) => (*key, words),
    };
    meta.key = key.to_vec();
    let read = match verb {
        _ if key.len() > 250 => Err(FORMAT),
        b'e' => {
            meta.binary = words.contains(&&b"b"[..]);
            Ok(())
        }
        _ => flags(&mut meta, words, args.len() + 1),
    };
    let error = match read {
        Err(error) => error,
        Ok(()) if !meta.binary => return Line::Meta(Box::new(meta)),
        Ok(()) => match base64(key) {
            Some(bytes) => {
                meta.key = bytes;
                return Line::Meta(Box::new(meta));
            }
            None => FORMAT,
        },
    };
    Line::Bad {
        reply: error,
        swallow: if verb == b's' {
            u64::from(meta.len) + 2
        } else {
            0
        },
        noreply: false,
        close: false,
    }
}

/// Reads flags; the error is the line to answer.
fn flags<'a>(
    meta: &mut Meta<'a>,
    words: &[&'a [u8]],
    all_words: usize,
) -> Result<(), &'static str> {
    let arith = meta.verb == b'a';
    let either = |error| Err(if arith { EITHER } else { error });
    if all_words > 20 {
        return Err(TOO_MANY);
    }
    meta.flags = words.iter().map(|word| (word[0], &word[1..])).collect();
    let possible = |letter: u8| letter.is_ascii_digit() || (65..=122).contains(&letter);
    if meta.flags.iter().any(|(letter, _)| !possible(*letter)) {
        return Err(FORMAT);
    }
    for (at, (letter, _)) in meta.flags.iter().enumerate() {
        let before = &meta.flags[..at];
        if before.iter().any(|(other, _)| other == letter) {
            return either(DUPLICATE);
        }
        if !LETTERS.contains(letter) {
            return either(UNKNOWN);
        }
    }
    // The last bad argument tells, but bad client flags only if nothing else is bad.
    let mut error = None;
    for (letter, arg) in &meta.flags {
        let signed = |n: Option<i32>| n.map(i128::from);
        let (number, wrong) = match letter {
            b'C' | b'E' => (u64_strict(arg).map(i128::from), BAD_TOKEN),
            b'T' | b'N' | b'R' => (signed(i32_strict(arg)), BAD_TOKEN),
            b'J' => (u64_strict(arg).map(i128::from), BAD_INITIAL),
            b'D' => (u64_strict(arg).map(i128::from), BAD_DELTA),
            b'F' => (u32_strict(arg).map(i128::from), FORMAT),
            b'b' => {
                if base64(&meta.key).is_none() {
                    error = Some(BAD_KEY);
                }
                continue;
            }
            _ => continue,
        };
        let at = NUMBERS.iter().position(|other| other == letter);
        meta.numbers[at.expect("one of them")] = number;
        match (number, letter) {
            (Some(_), _) => {}
            (None, b'F') => error = error.or(Some(wrong)),
            (None, _) => error = Some(wrong),
        }
    }
    if let Some(error) = error {
        return either(error);
    }
    let mode = meta.arg(b'M').map(|arg| arg.first().copied());
    meta.mode = match (meta.verb, mode) {
        (b's', None) => b'S',
        (b's', Some(Some(mode))) if b"SEAPR".contains(&mode) => mode,
        (b's', _) => return Err("CLIENT_ERROR invalid mode for ms M token"),
        (b'a', None | Some(Some(b'I' | b'+'))) => b'I',
        (b'a', Some(Some(b'D' | b'-'))) => b'D',
        (b'a', _) => return Err("CLIENT_ERROR invalid mode for ma M token"),
        _ => 0,
    };
    if meta.arg(b'O').is_some_and(|opaque| opaque.len() > 31) {
        return Err(LONG_OPAQUE);
    }
    meta.binary = meta.has(b'b');
    Ok(())
}

/// The bytes that base64 stands for, a bit at a time; at least one.
pub(crate) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let unpadded = text.strip_suffix(b"=").unwrap_or(text);
    let unpadded = unpadded.strip_suffix(b"=").unwrap_or(unpadded);
    if !text.len().is_multiple_of(4) || unpadded.is_empty() {
        return None;
    }
    let mut bits = Vec::new();
    for byte in unpadded {
        let number = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits.extend((0..6).rev().map(|bit| number >> bit & 1));
    }
    let bytes = bits.chunks_exact(8);
    Some(
        bytes
            .map(|byte| byte.iter().fold(0, |n, bit| n << 1 | bit))
            .collect(),
    )
}

/// What our decoder made of a line, in the same terms.
pub(crate) fn decoded<'a>(request: &Request<'a>) -> Line<'a> {
    let meta = match *request {
        Request::Get { key, flags } => with_flags(b'g', key, &flags),
        Request::Delete { key, flags } => with_flags(b'd', key, &flags),
        Request::Arith { key, verb, flags } => Meta {
            mode: match verb {
                ArithVerb::Incr => b'I',
                ArithVerb::Decr => b'D',
            },
            ..with_flags(b'a', key, &flags)
        },
        Request::Store(Store {
            key,
            len,
            mode,
            flags,
        }) => Meta {
            len,
            mode: mode.letter(),
            ..with_flags(b's', key, &flags)
        },
        Request::Debug { key } => with_key(b'e', key),
        Request::Noop => Meta {
            verb: b'n',
            key: Vec::new(),
            binary: false,
            len: 0,
            mode: 0,
            flags: Vec::new(),
            numbers: [None; 8],
        },
    };
    Line::Meta(Box::new(meta))
}

fn with_key<'a>(verb: u8, key: Key<'a>) -> Meta<'a> {
    Meta {
        verb,
        key: key.bytes(&mut KeyBuf::default()).to_vec(),
        binary: key.is_binary(),
        len: 0,
        mode: 0,
        flags: Vec::new(),
        numbers: [None; 8],
    }
}

fn with_flags<'a>(verb: u8, key: Key<'a>, flags: &Flags<'a>) -> Meta<'a> {
    let given = |letter, number: i128| flags.has(letter).then_some(number);
    Meta {
        flags: flags.tokens().map(|f| (f.letter, f.arg)).collect(),
        numbers: [
            flags.compare_cas().map(i128::from),
            flags.new_cas().map(i128::from),
            flags.exptime().map(i128::from),
            flags.vivify().map(i128::from),
            flags.recache().map(i128::from),
            given(b'F', flags.client_flags().into()),
            given(b'J', flags.initial().into()),
            given(b'D', flags.delta().into()),
        ],
        ..with_key(verb, key)
    }
}
