//! Replies: lines, and values with a line before them; read for clients and printed for servers.

use super::{CRLF, Decoded, Limits, Words, decode_line};
use crate::codec::key::MAX_KEY_LEN;
use crate::codec::num::{self, MAX_DECIMAL_LEN};
use crate::codec::{DecodeError, DecodeErrorKind};

/// What a reply line says, recognised by how it begins, as pecl/memcache does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReplyKind {
    /// `OK`, `STORED`, `DELETED`, `TOUCHED`, `RESET`: done.
    Ok,
    /// `NOT_FOUND`
    NotFound,
    /// `NOT_STORED`
    NotStored,
    /// `EXISTS`
    Exists,
    /// `SERVER_ERROR out of memory…`
    OutOfMemory,
    /// `SERVER_ERROR object too large…`
    TooLarge,
    /// `CLIENT_ERROR…`
    ClientError,
    /// `ERROR…` or any other `SERVER_ERROR…`
    Error,
    /// Anything else: a number, a version, a statistic, or rubbish.
    Other,
}

/// Reply lines by their beginning. Source: pecl/memcache, `spec` section 8.4; `TOUCHED` and
/// `RESET` are memcached doc/protocol.txt's.
const KINDS: &[(&[u8], ReplyKind)] = &[
    (b"STORED", ReplyKind::Ok),
    (b"NOT_FOUND", ReplyKind::NotFound),
    (b"DELETED", ReplyKind::Ok),
    (b"NOT_STORED", ReplyKind::NotStored),
    (b"EXISTS", ReplyKind::Exists),
    (b"OK", ReplyKind::Ok),
    (b"TOUCHED", ReplyKind::Ok),
    (b"RESET", ReplyKind::Ok),
    (b"SERVER_ERROR out of memory", ReplyKind::OutOfMemory),
    (b"SERVER_ERROR object too large", ReplyKind::TooLarge),
    (b"SERVER_ERROR", ReplyKind::Error),
    (b"CLIENT_ERROR", ReplyKind::ClientError),
    (b"ERROR", ReplyKind::Error),
];

/// A reply of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyLine<'a> {
    /// What it says.
    pub kind: ReplyKind,
    /// All of it, without its end.
    pub line: &'a [u8],
}

impl<'a> ReplyLine<'a> {
    /// Takes one reply line off the front of `buf`.
    pub fn decode(buf: &'a [u8], limits: &Limits) -> Result<Decoded<ReplyLine<'a>>, DecodeError> {
        Ok(decode_line(buf, limits)?.map(ReplyLine::new))
    }

    /// Recognises a line that has been cut off already.
    pub fn new(line: &'a [u8]) -> ReplyLine<'a> {
        let kind = KINDS.iter().find(|(start, _)| line.starts_with(start));
        ReplyLine {
            kind: kind.map_or(ReplyKind::Other, |&(_, kind)| kind),
            line,
        }
    }

    /// The number in the line, for `incr` and `decr`; see [`num::scan`].
    pub fn number(&self) -> Option<i128> {
        num::scan(self.line)
    }
}

/// The line before a value: `VALUE <key> <flags> <len>[ <cas>]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValueHead<'a> {
    /// As the server sent it, 1 to 250 bytes from a sound one.
    pub key: &'a [u8],
    /// Client flags.
    pub flags: u32,
    /// Bytes of the value.
    pub len: usize,
    /// The CAS id, if the line has one.
    pub cas: Option<u64>,
}

impl<'a> ValueHead<'a> {
    /// Bytes of the longest line, its end included.
    pub const MAX_LEN: usize =
        b"VALUE ".len() + MAX_KEY_LEN + 3 * (1 + MAX_DECIMAL_LEN) + CRLF.len();

    /// Reads a `VALUE` line without its end.
    pub fn parse(line: &'a [u8], limits: &Limits) -> Result<ValueHead<'a>, DecodeError> {
        let bad = DecodeError {
            kind: DecodeErrorKind::MalformedValueHead,
            offset: 0,
        };
        let mut words = Words::new(line.strip_prefix(b"VALUE ").ok_or(bad)?);
        let mut next = || words.next().ok_or(bad);
        let (key, flags, len) = (next()?, next()?, next()?);
        let flags = num::u64_strict(flags).ok_or(bad)? as u32;
        let len = num::u64_strict(len).ok_or(bad)?;
        let cas = words
            .next()
            .map(|cas| num::u64_strict(cas).ok_or(bad))
            .transpose()?;
        match usize::try_from(len) {
            Ok(len) if len <= limits.max_value_len => Ok(ValueHead {
                key,
                flags,
                len,
                cas,
            }),
            _ => Err(DecodeError {
                kind: DecodeErrorKind::ValueTooLong,
                offset: 0,
            }),
        }
    }

    /// Appends the line, at most [`MAX_LEN`](Self::MAX_LEN) bytes; the value and [`CRLF`] are the caller's to send after it.
    #[inline]
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"VALUE ");
        out.extend_from_slice(self.key);
        if let (0, 100..1000, None) = (self.flags, self.len, self.cas) {
            // As most are: the rest of it at once, in place of five pieces.
            let [a, b, c] = num::three_digits(self.len as u32);
            return out.extend_from_slice(&[b' ', b'0', b' ', a, b, c, b'\r', b'\n']);
        }
        out.push(b' ');
        num::push_u64(out, u64::from(self.flags));
        out.push(b' ');
        num::push_u64(out, self.len as u64);
        if let Some(cas) = self.cas {
            out.push(b' ');
            num::push_u64(out, cas);
        }
        out.extend_from_slice(CRLF);
    }
}

/// One piece of the answer to a retrieval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retrieved<'a> {
    /// A hit.
    Value {
        /// Its line.
        head: ValueHead<'a>,
        /// Its bytes, `head.len` of them.
        data: &'a [u8],
    },
    /// `END`: no more hits.
    End,
}

impl<'a> Retrieved<'a> {
    /// Takes one piece off the front of `buf`. A line that begins with neither `VALUE ` nor `END`
    /// is [`DecodeErrorKind::MalformedValueHead`].
    pub fn decode(buf: &'a [u8], limits: &Limits) -> Result<Decoded<Retrieved<'a>>, DecodeError> {
        let Decoded::Complete {
            value: line,
            consumed,
        } = decode_line(buf, limits)?
        else {
            return Ok(Decoded::Incomplete);
        };
        if line.starts_with(b"END") {
            return Ok(Decoded::Complete {
                value: Retrieved::End,
                consumed,
            });
        }
        let head = ValueHead::parse(line, limits)?;
        let rest = &buf[consumed..];
        let wanted = head.len + CRLF.len();
        match rest.get(..wanted) {
            None => Ok(Decoded::Incomplete),
            Some(block) => match block.strip_suffix(CRLF) {
                Some(data) => Ok(Decoded::Complete {
                    value: Retrieved::Value { head, data },
                    consumed: consumed + wanted,
                }),
                None => Err(DecodeError {
                    kind: DecodeErrorKind::MissingTerminator,
                    offset: consumed + head.len,
                }),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        max_line_len: 100,
        max_value_len: 1000,
    };

    #[test]
    fn lines_are_known_by_their_beginning() {
        for (line, kind) in [
            (&b"STORED"[..], ReplyKind::Ok),
            (b"STOREDx", ReplyKind::Ok),
            (b"DELETED", ReplyKind::Ok),
            (b"OK", ReplyKind::Ok),
            (b"NOT_STORED", ReplyKind::NotStored),
            (b"NOT_FOUND", ReplyKind::NotFound),
            (b"EXISTS", ReplyKind::Exists),
            (
                b"SERVER_ERROR out of memory storing object",
                ReplyKind::OutOfMemory,
            ),
            (
                b"SERVER_ERROR object too large for cache",
                ReplyKind::TooLarge,
            ),
            (b"SERVER_ERROR busy", ReplyKind::Error),
            (b"ERROR", ReplyKind::Error),
            (b"CLIENT_ERROR x", ReplyKind::ClientError),
            (b"WHAT", ReplyKind::Other),
            (b"", ReplyKind::Other),
            (b"7", ReplyKind::Other),
        ] {
            assert_eq!(ReplyLine::new(line).kind, kind, "{line:?}");
        }
    }

    #[test]
    fn heads_are_printed_as_they_are_written() {
        for flags in [0, 7, u32::MAX] {
            for cas in [None, Some(0), Some(u64::MAX)] {
                for len in (0..1100).chain([usize::MAX]) {
                    let mut out = b"kept".to_vec();
                    let key = b"key";
                    ValueHead {
                        key,
                        flags,
                        len,
                        cas,
                    }
                    .encode(&mut out);
                    let cas = cas.map_or_else(String::new, |cas| format!(" {cas}"));
                    let head = format!("keptVALUE key {flags} {len}{cas}\r\n");
                    assert_eq!(out, head.as_bytes());
                }
            }
        }
    }

    #[test]
    fn values_read_back_at_every_split() {
        let mut buf = Vec::new();
        let head = ValueHead {
            key: b"k",
            flags: 7,
            len: 8,
            cas: Some(u64::MAX),
        };
        head.encode(&mut buf);
        buf.extend_from_slice(b"a\r\nEND\r\n\r\n");
        for cut in 0..buf.len() {
            assert_eq!(
                Retrieved::decode(&buf[..cut], &LIMITS),
                Ok(Decoded::Incomplete)
            );
        }
        assert_eq!(
            Retrieved::decode(&buf, &LIMITS),
            Ok(Decoded::Complete {
                value: Retrieved::Value {
                    head,
                    data: b"a\r\nEND\r\n"
                },
                consumed: buf.len()
            })
        );
        assert_eq!(
            Retrieved::decode(b"END\r\nmore", &LIMITS),
            Ok(Decoded::Complete {
                value: Retrieved::End,
                consumed: 5
            })
        );
    }

    #[test]
    fn rubbish_instead_of_a_value_is_an_error() {
        use DecodeErrorKind::*;
        for (bytes, kind) in [
            (&b"WHAT\r\n"[..], MalformedValueHead),
            (b"VALUE k 0\r\n", MalformedValueHead),
            (b"VALUE k x 1\r\n", MalformedValueHead),
            (b"VALUE k 0 -1\r\n", MalformedValueHead),
            (b"VALUE k 0 1 x\r\n", MalformedValueHead),
            (b"VALUE k 0 1001\r\n", ValueTooLong),
            (b"VALUE k 0 18446744073709551615\r\n", ValueTooLong),
            (b"VALUE k 0 18446744073709551616\r\n", MalformedValueHead),
            (b"VALUE k 0 1\r\nabc", MissingTerminator),
        ] {
            let error = Retrieved::decode(bytes, &LIMITS).expect_err("decoded");
            assert_eq!(error.kind, kind, "{}", bytes.escape_ascii());
        }
        assert!(Retrieved::decode(&[b'V'; 103], &LIMITS).is_err());
    }
}
