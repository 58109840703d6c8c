//! Replies: a code and flags, for a value with its length between them and its data behind; read
//! for clients and printed for servers.

use super::flags::Tokens;
use crate::codec::text::{CRLF, ReplyLine, Words, decode_line};
use crate::codec::{DecodeError, DecodeErrorKind, Decoded, Limits, num};

/// What a reply without a value says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// `HD`: done, or a hit whose value was not asked for.
    Done,
    /// `EN`: `mg` and `me` found nothing.
    Missing,
    /// `NF`: there is no such item.
    NotFound,
    /// `NS`: not stored, because of what the mode asks.
    NotStored,
    /// `EX`: the item has another CAS id.
    Exists,
    /// `MN`: the answer to `mn`.
    Noop,
}

impl Code {
    /// The word on the wire.
    #[inline]
    pub fn name(self) -> &'static str {
        match self {
            Code::Done => "HD",
            Code::Missing => "EN",
            Code::NotFound => "NF",
            Code::NotStored => "NS",
            Code::Exists => "EX",
            Code::Noop => "MN",
        }
    }

    fn from_word(word: &[u8]) -> Option<Code> {
        match word {
            b"HD" => Some(Code::Done),
            b"EN" => Some(Code::Missing),
            b"NF" => Some(Code::NotFound),
            b"NS" => Some(Code::NotStored),
            b"EX" => Some(Code::Exists),
            b"MN" => Some(Code::Noop),
            _ => None,
        }
    }

    /// Appends the beginning of a line, to be followed by [flags](super::flags::push_flag) and
    /// [`CRLF`].
    #[inline]
    pub fn encode(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.name().as_bytes());
    }
}

/// Appends the beginning of a line before a value of `len` bytes. Flags, [`CRLF`], the value and
/// another [`CRLF`] are the caller's to append.
#[inline]
pub fn begin_value(out: &mut Vec<u8>, len: u64) {
    out.extend_from_slice(b"VA ");
    num::push_u64(out, len);
}

/// A reply's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head<'a> {
    /// `<code> <flag>*`
    Status {
        /// What it says.
        code: Code,
        /// What was asked to be returned.
        flags: Tokens<'a>,
    },
    /// `VA <len> <flag>*`; the value follows the line.
    Value {
        /// Bytes of the value.
        len: usize,
        /// What was asked to be returned.
        flags: Tokens<'a>,
    },
    /// `ME <key> <name>=<figure>*`
    Debug {
        /// As the server sent it.
        key: &'a [u8],
        /// The figures, a word each.
        figures: Words<'a>,
    },
    /// Anything else: an error, or rubbish.
    Line(ReplyLine<'a>),
}

impl<'a> Head<'a> {
    /// Reads a line without its end.
    pub fn parse(line: &'a [u8], limits: &Limits) -> Result<Head<'a>, DecodeError> {
        let bad = |kind| DecodeError { kind, offset: 0 };
        let mut words = Words::new(line);
        let word = words.next().unwrap_or_default();
        if let Some(code) = Code::from_word(word) {
            let flags = Tokens::new(words);
            return Ok(Head::Status { code, flags });
        }
        match word {
            b"VA" => {
                let len = words.next().and_then(num::u64_strict);
                let len = len.ok_or(bad(DecodeErrorKind::MalformedValueHead))?;
                match usize::try_from(len) {
                    Ok(len) if len <= limits.max_value_len => {
                        let flags = Tokens::new(words);
                        Ok(Head::Value { len, flags })
                    }
                    _ => Err(bad(DecodeErrorKind::ValueTooLong)),
                }
            }
            b"ME" => Ok(Head::Debug {
                key: words.next().unwrap_or_default(),
                figures: words,
            }),
            _ => Ok(Head::Line(ReplyLine::new(line))),
        }
    }
}

/// A whole reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply<'a> {
    /// Its line.
    pub head: Head<'a>,
    /// Its value, empty unless the line is [`Head::Value`].
    pub data: &'a [u8],
}

impl<'a> Reply<'a> {
    /// Takes one reply off the front of `buf`.
    pub fn decode(buf: &'a [u8], limits: &Limits) -> Result<Decoded<Reply<'a>>, DecodeError> {
        let Decoded::Complete {
            value: line,
            consumed,
        } = decode_line(buf, limits)?
        else {
            return Ok(Decoded::Incomplete);
        };
        let head = Head::parse(line, limits)?;
        let Head::Value { len, .. } = head else {
            let value = Reply { head, data: &[] };
            return Ok(Decoded::Complete { value, consumed });
        };
        let Some(block) = buf[consumed..].get(..len + CRLF.len()) else {
            return Ok(Decoded::Incomplete);
        };
        match block.strip_suffix(CRLF) {
            Some(data) => Ok(Decoded::Complete {
                value: Reply { head, data },
                consumed: consumed + block.len(),
            }),
            None => Err(DecodeError {
                kind: DecodeErrorKind::MissingTerminator,
                offset: consumed + len,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::flags::{push_flag, push_number, push_signed, push_token};
    use super::*;
    use crate::codec::text::ReplyKind;

    const LIMITS: Limits = Limits {
        max_line_len: 100,
        max_value_len: 1000,
    };

    /// Replies of memcached 1.6.18 as recorded, and what they say.
    const RECORDED: &[(&[u8], &str)] = &[
        (b"EN\r\n", "Missing"),
        (b"EN O1 ka\r\n", "Missing O=1 k=a"),
        (b"HD\r\n", "Done"),
        (b"HD O1 kYQ== b c5\r\n", "Done O=1 k=YQ== b= c=5"),
        (b"NS O1 ka c0\r\n", "NotStored O=1 k=a c=0"),
        (b"EX O3\r\n", "Exists O=3"),
        (b"NF O1 kx\r\n", "NotFound O=1 k=x"),
        (b"MN\r\n", "Noop"),
        (b"HD W\r\n", "Done W="),
        (b"VA 1 O1 kx t-1 c18\r\n7\r\n", "O=1 k=x t=-1 c=18: 7"),
        (b"VA 1 s1\r\n0\r\n", "s=1: 0"),
        (b"VA 0\r\n\r\n", ": "),
        (b"VA 4 W\r\n\r\n\r\n\r\n", "W=: \\r\\n\\r\\n"),
        (
            b"ME YWI= exp=-1 la=0 cas=23 fetch=no cls=1 size=62\r\n",
            "YWI= exp=-1,la=0,cas=23,fetch=no,cls=1,size=62",
        ),
        (b"CLIENT_ERROR duplicate flag\r\n", "ClientError"),
        (b"SERVER_ERROR out of memory\r\n", "OutOfMemory"),
        (b"ERROR\r\n", "Error"),
        (b"HDX\r\n", "Other"),
        (b"\r\n", "Other"),
    ];

    fn shown(reply: &Reply<'_>) -> String {
        let flags = |flags: Tokens<'_>| {
            let flag = |f: super::super::Flag<'_>| {
                format!("{}={}", char::from(f.letter), f.arg.escape_ascii())
            };
            flags.map(flag).collect::<Vec<_>>().join(" ")
        };
        match reply.head {
            Head::Status { code, flags: f } => format!("{code:?} {}", flags(f)).trim().to_owned(),
            Head::Value { len, flags: f } => {
                assert_eq!(len, reply.data.len());
                format!("{}: {}", flags(f), reply.data.escape_ascii())
            }
            Head::Debug { key, figures } => {
                let figures: Vec<_> = figures.map(|f| f.escape_ascii().to_string()).collect();
                format!("{} {}", key.escape_ascii(), figures.join(","))
            }
            Head::Line(line) => format!("{:?}", line.kind),
        }
    }

    #[test]
    fn recorded_replies_read_the_same_at_every_split() {
        for (bytes, said) in RECORDED {
            for cut in 0..bytes.len() {
                let decoded = Reply::decode(&bytes[..cut], &LIMITS);
                assert_eq!(decoded, Ok(Decoded::Incomplete), "{said} cut at {cut}");
            }
            let mut more = bytes.to_vec();
            more.extend_from_slice(b"EN\r\n");
            match Reply::decode(&more, &LIMITS) {
                Ok(Decoded::Complete { value, consumed }) => {
                    assert_eq!((shown(&value).as_str(), consumed), (*said, bytes.len()));
                }
                other => panic!("{said}: {other:?}"),
            }
        }
    }

    #[test]
    fn printed_replies_are_the_recorded_ones() {
        let mut out = Vec::new();
        Code::NotStored.encode(&mut out);
        push_token(&mut out, b'O', b"1");
        push_token(&mut out, b'k', b"a");
        push_number(&mut out, b'c', 0);
        out.extend_from_slice(CRLF);
        assert_eq!(out, b"NS O1 ka c0\r\n");
        out.clear();
        begin_value(&mut out, 1);
        push_signed(&mut out, b't', -1);
        push_flag(&mut out, b'W');
        assert_eq!(out, b"VA 1 t-1 W");
        for (bytes, _) in RECORDED {
            if let Ok(Head::Status { code, .. }) = Head::parse(bytes.trim_ascii_end(), &LIMITS) {
                let mut out = Vec::new();
                code.encode(&mut out);
                assert!(bytes.starts_with(&out), "{code:?}");
            }
        }
    }

    #[test]
    fn flags_are_found_by_their_letter() {
        let head = Head::parse(b"VA 3 t-1 Oa=b  c7 W", &LIMITS);
        let Ok(Head::Value { len: 3, flags }) = head else {
            panic!("{head:?}")
        };
        assert_eq!(flags.arg_of(b'O'), Some(&b"a=b"[..]));
        assert_eq!(flags.arg_of(b'W'), Some(&b""[..]));
        assert_eq!(flags.arg_of(b'X'), None);
        let numbers = [b'c', b't'].map(|letter| flags.arg_of(letter).and_then(num::i64_strict));
        assert_eq!(numbers, [Some(7), Some(-1)]);
    }

    #[test]
    fn rubbish_instead_of_a_value_is_an_error() {
        use DecodeErrorKind::*;
        for (bytes, kind) in [
            (&b"VA\r\n"[..], MalformedValueHead),
            (b"VA x\r\n", MalformedValueHead),
            (b"VA -1\r\n", MalformedValueHead),
            (b"VA 1001\r\n", ValueTooLong),
            (b"VA 18446744073709551615\r\n", ValueTooLong),
            (b"VA 18446744073709551616\r\n", MalformedValueHead),
            (b"VA 1\r\nabc", MissingTerminator),
            (&[b'H'; 103], LineTooLong),
        ] {
            let error = Reply::decode(bytes, &LIMITS).expect_err("decoded");
            assert_eq!(error.kind, kind, "{}", bytes.escape_ascii());
        }
        let line = Head::parse(b"SERVER_ERROR object too large for cache", &LIMITS);
        assert!(matches!(line, Ok(Head::Line(line)) if line.kind == ReplyKind::TooLarge));
    }
}
