//! Replies: a header with a status, extras, key and value; read for clients and printed for
//! servers.

use super::header::{HEADER_LEN, Header, REPLY_MAGIC};
use crate::codec::{DecodeError, DecodeErrorKind, Decoded, Limits};

/// What a reply says; any 16 bits on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Status(pub u16);

impl Status {
    /// Done, or a hit.
    pub const OK: Status = Status(0x00);
    /// No such key, or no such group of statistics.
    pub const NOT_FOUND: Status = Status(0x01);
    /// The key exists, or has another CAS id.
    pub const EXISTS: Status = Status(0x02);
    /// The value is larger than the server takes.
    pub const TOO_LARGE: Status = Status(0x03);
    /// Extras, key or value have lengths that the command does not allow.
    pub const INVALID_ARGUMENTS: Status = Status(0x04);
    /// Nothing to append or prepend to.
    pub const NOT_STORED: Status = Status(0x05);
    /// The value is no number.
    pub const NON_NUMERIC: Status = Status(0x06);
    /// Logging in failed, or is needed, or it is forbidden.
    pub const AUTH_ERROR: Status = Status(0x20);
    /// Logging in goes on.
    pub const AUTH_CONTINUE: Status = Status(0x21);
    /// The opcode means nothing.
    pub const UNKNOWN_COMMAND: Status = Status(0x81);
    /// No memory.
    pub const OUT_OF_MEMORY: Status = Status(0x82);

    /// The words that servers send as the value of such a reply; none with a status that is no
    /// error or that nobody knows.
    ///
    /// Source: memcached 1.6.18 and 1.6.45, measured.
    pub fn text(self) -> &'static str {
        match self {
            Status::NOT_FOUND => "Not found",
            Status::EXISTS => "Data exists for key.",
            Status::TOO_LARGE => "Too large.",
            Status::INVALID_ARGUMENTS => "Invalid arguments",
            Status::NOT_STORED => "Not stored.",
            Status::NON_NUMERIC => "Non-numeric server-side value for incr or decr",
            Status::AUTH_ERROR => "Auth failure.",
            Status::UNKNOWN_COMMAND => "Unknown command",
            Status::OUT_OF_MEMORY => "Out of memory allocating item",
            _ => "",
        }
    }
}

/// A reply without its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head<'a> {
    /// The request's.
    pub opcode: u8,
    /// What it says.
    pub status: Status,
    /// The request's.
    pub opaque: u32,
    /// The item's CAS id, 0 for none.
    pub cas: u64,
    /// To 255 bytes; a hit's are its client flags.
    pub extras: &'a [u8],
    /// To 65535 bytes.
    pub key: &'a [u8],
    /// Bytes of the value.
    pub value_len: u32,
}

impl Head<'_> {
    /// Appends header, extras and key; the value is the caller's to send behind them. What is
    /// longer than its length can say is cut.
    #[inline(always)]
    pub fn encode(&self, out: &mut Vec<u8>) {
        let extras_len = u8::try_from(self.extras.len()).unwrap_or(u8::MAX);
        let key_len = u16::try_from(self.key.len()).unwrap_or(u16::MAX);
        let front = u32::from(key_len) + u32::from(extras_len);
        Header {
            magic: REPLY_MAGIC,
            opcode: self.opcode,
            key_len,
            extras_len,
            status: self.status.0,
            body_len: self.value_len.saturating_add(front),
            opaque: self.opaque,
            cas: self.cas,
        }
        .encode(out);
        out.extend_from_slice(&self.extras[..usize::from(extras_len)]);
        if key_len > 0 {
            out.extend_from_slice(&self.key[..usize::from(key_len)]);
        }
    }
}

/// A whole reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply<'a> {
    /// Everything but the value.
    pub head: Head<'a>,
    /// The value, `head.value_len` bytes.
    pub value: &'a [u8],
}

impl<'a> Reply<'a> {
    /// Takes one reply off the front of `buf`.
    pub fn decode(buf: &'a [u8], limits: &Limits) -> Result<Decoded<Reply<'a>>, DecodeError> {
        let fail = |kind, offset| Err(DecodeError { kind, offset });
        if buf.first().is_some_and(|&magic| magic != REPLY_MAGIC) {
            return fail(DecodeErrorKind::BadMagic, 0);
        }
        let Some(header) = Header::read(buf) else {
            return Ok(Decoded::Incomplete);
        };
        let Some(value_len) = header.value_len() else {
            return fail(DecodeErrorKind::BodyTooShort, 8);
        };
        let whole = match usize::try_from(value_len) {
            Ok(len) if len <= limits.max_value_len => header.head_len() + len,
            _ => return fail(DecodeErrorKind::ValueTooLong, 8),
        };
        let Some(body) = buf.get(HEADER_LEN..whole) else {
            return Ok(Decoded::Incomplete);
        };
        let (extras, body) = body.split_at(usize::from(header.extras_len));
        let (key, value) = body.split_at(usize::from(header.key_len));
        let head = Head {
            opcode: header.opcode,
            status: Status(header.status),
            opaque: header.opaque,
            cas: header.cas,
            extras,
            key,
            value_len,
        };
        Ok(Decoded::Complete {
            value: Reply { head, value },
            consumed: whole,
        })
    }

    /// The client flags of a hit.
    pub fn flags(&self) -> Option<u32> {
        let bytes = self.head.extras.first_chunk()?;
        Some(u32::from_be_bytes(*bytes))
    }

    /// The number that counting answers.
    pub fn number(&self) -> Option<u64> {
        let bytes = self.value.try_into().ok()?;
        Some(u64::from_be_bytes(bytes))
    }
}

#[cfg(test)]
#[path = "reply_tests.rs"]
mod tests;
