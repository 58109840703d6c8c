//! Requests: a header, extras and a key, read for servers and printed for clients.

use super::header::{HEADER_LEN, Header, REQUEST_MAGIC};
use super::opcode::{Op, Opcode};
use super::reply::Status;
use crate::codec::key::MAX_KEY_LEN;
use crate::codec::meta::request::StoreMode;
use crate::codec::text::request::ArithVerb;
use crate::codec::{DecodeError, DecodeErrorKind, Decoded};

/// Longest body, in bytes: 1 GiB. Source: memcached 1.6.45, measured.
pub const MAX_BODY_LEN: u32 = 1 << 30;

/// The exptime with which [`Command::Arith`] does not create a missing item.
pub const NO_CREATE: u32 = u32::MAX;

/// A request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// The client wants no answer to a success, nor to a look-up that misses.
    pub quiet: bool,
    /// The client's; goes back with the answer.
    pub opaque: u32,
    /// The CAS id to compare with, 0 for none.
    pub cas: u64,
    /// What is asked for.
    pub command: Command<'a>,
}

/// What is asked for. Keys are 1 to 250 bytes of any value; exptimes are as of
/// [`crate::codec::exptime`], but never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command<'a> {
    /// Look up.
    Get {
        /// What.
        key: &'a [u8],
        /// The key comes back.
        with_key: bool,
    },
    /// Set the expiry and look up.
    GetAndTouch {
        /// What.
        key: &'a [u8],
        /// The key comes back.
        with_key: bool,
        /// The new expiry.
        exptime: u32,
    },
    /// Set the expiry.
    Touch {
        /// Of what.
        key: &'a [u8],
        /// The new expiry.
        exptime: u32,
    },
    /// Store; `len` bytes of value follow.
    Store {
        /// How.
        mode: StoreMode,
        /// Where to.
        key: &'a [u8],
        /// Client flags; 0 for append and prepend, which have none.
        flags: u32,
        /// Expiry; 0 for append and prepend, which have none.
        exptime: u32,
        /// Bytes of value.
        len: u32,
    },
    /// Delete.
    Delete {
        /// What.
        key: &'a [u8],
    },
    /// Count up or down.
    Arith {
        /// Which way.
        verb: ArithVerb,
        /// Which number.
        key: &'a [u8],
        /// How far.
        delta: u64,
        /// What to store if there is no number.
        initial: u64,
        /// Its expiry then, or [`NO_CREATE`].
        exptime: u32,
    },
    /// Close the connection.
    Quit,
    /// Drop all items.
    Flush {
        /// When; absent: now.
        exptime: Option<u32>,
    },
    /// Nothing.
    Noop,
    /// The server's version.
    Version,
    /// Statistics.
    Stat {
        /// Which, with its arguments; empty for the general ones.
        group: &'a [u8],
    },
    /// How talkative the server is.
    Verbosity {
        /// As given; servers cut it to 2.
        level: Option<u32>,
    },
    /// Names of the mechanisms to log in.
    SaslList,
    /// Log in; `len` bytes of the mechanism's data follow.
    Sasl {
        /// Go on with what was begun, instead of beginning.
        step: bool,
        /// The mechanism's name.
        mechanism: &'a [u8],
        /// Bytes of data.
        len: u32,
    },
}

impl<'a> Command<'a> {
    /// Which one it is.
    #[inline]
    pub fn op(&self) -> Op {
        match self {
            Command::Get {
                with_key: false, ..
            } => Op::Get,
            Command::Get { with_key: true, .. } => Op::GetK,
            Command::GetAndTouch {
                with_key: false, ..
            } => Op::Gat,
            Command::GetAndTouch { with_key: true, .. } => Op::GatK,
            Command::Touch { .. } => Op::Touch,
            Command::Store { mode, .. } => match mode {
                StoreMode::Set => Op::Set,
                StoreMode::Add => Op::Add,
                StoreMode::Replace => Op::Replace,
                StoreMode::Append => Op::Append,
                StoreMode::Prepend => Op::Prepend,
            },
            Command::Delete { .. } => Op::Delete,
            Command::Arith { verb, .. } => match verb {
                ArithVerb::Incr => Op::Incr,
                ArithVerb::Decr => Op::Decr,
            },
            Command::Quit => Op::Quit,
            Command::Flush { .. } => Op::Flush,
            Command::Noop => Op::Noop,
            Command::Version => Op::Version,
            Command::Stat { .. } => Op::Stat,
            Command::Verbosity { .. } => Op::Verbosity,
            Command::SaslList => Op::SaslList,
            Command::Sasl { step: false, .. } => Op::SaslAuth,
            Command::Sasl { step: true, .. } => Op::SaslStep,
        }
    }

    /// Reads a body whose lengths are those the command allows. Extras are missing only where they
    /// may be.
    #[inline]
    fn read(op: Op, extras: &[u8], key: &'a [u8], len: u32) -> Command<'a> {
        let number = |at: usize| {
            let bytes = extras.get(at..).and_then(<[u8]>::first_chunk);
            bytes.map(|bytes| u32::from_be_bytes(*bytes))
        };
        let long = |at: usize| {
            let bytes = extras.get(at..).and_then(<[u8]>::first_chunk);
            bytes.map_or(0, |bytes| u64::from_be_bytes(*bytes))
        };
        let store = |mode| Command::Store {
            mode,
            key,
            flags: number(0).unwrap_or(0),
            exptime: number(4).unwrap_or(0),
            len,
        };
        let arith = |verb| Command::Arith {
            verb,
            key,
            delta: long(0),
            initial: long(8),
            exptime: number(16).unwrap_or(0),
        };
        let exptime = number(0).unwrap_or(0);
        let with_key = matches!(op, Op::GetK | Op::GatK);
        match op {
            Op::Get | Op::GetK => Command::Get { key, with_key },
            Op::Gat | Op::GatK => Command::GetAndTouch {
                key,
                with_key,
                exptime,
            },
            Op::Touch => Command::Touch { key, exptime },
            Op::Set => store(StoreMode::Set),
            Op::Add => store(StoreMode::Add),
            Op::Replace => store(StoreMode::Replace),
            Op::Append => store(StoreMode::Append),
            Op::Prepend => store(StoreMode::Prepend),
            Op::Delete => Command::Delete { key },
            Op::Incr => arith(ArithVerb::Incr),
            Op::Decr => arith(ArithVerb::Decr),
            Op::Quit => Command::Quit,
            Op::Flush => Command::Flush { exptime: number(0) },
            Op::Noop => Command::Noop,
            Op::Version => Command::Version,
            Op::Stat => Command::Stat { group: key },
            Op::Verbosity => Command::Verbosity { level: number(0) },
            Op::SaslList => Command::SaslList,
            Op::SaslAuth | Op::SaslStep => Command::Sasl {
                step: op == Op::SaslStep,
                mechanism: key,
                len,
            },
        }
    }

    /// Key and value length.
    fn key_and_len(&self) -> (&'a [u8], u32) {
        match *self {
            Command::Store { key, len, .. } => (key, len),
            Command::Sasl { mechanism, len, .. } => (mechanism, len),
            Command::Stat { group } => (group, 0),
            Command::Get { key, .. }
            | Command::GetAndTouch { key, .. }
            | Command::Touch { key, .. }
            | Command::Delete { key }
            | Command::Arith { key, .. } => (key, 0),
            Command::Quit
            | Command::Flush { .. }
            | Command::Noop
            | Command::Version
            | Command::Verbosity { .. }
            | Command::SaslList => (&[], 0),
        }
    }

    /// Writes the extras to the front of `buf`; how many there are.
    fn write_extras(&self, buf: &mut [u8; 20]) -> u8 {
        let mut len = 0;
        let mut put = |bytes: &[u8]| {
            buf[len..len + bytes.len()].copy_from_slice(bytes);
            len += bytes.len();
        };
        match *self {
            Command::GetAndTouch { exptime, .. } | Command::Touch { exptime, .. } => {
                put(&exptime.to_be_bytes());
            }
            Command::Store {
                mode: StoreMode::Set | StoreMode::Add | StoreMode::Replace,
                flags,
                exptime,
                ..
            } => {
                put(&flags.to_be_bytes());
                put(&exptime.to_be_bytes());
            }
            Command::Arith {
                delta,
                initial,
                exptime,
                ..
            } => {
                put(&delta.to_be_bytes());
                put(&initial.to_be_bytes());
                put(&exptime.to_be_bytes());
            }
            Command::Flush {
                exptime: Some(number),
            }
            | Command::Verbosity {
                level: Some(number),
            } => put(&number.to_be_bytes()),
            _ => {}
        }
        len as u8
    }
}

/// A header that begins no request, and what is done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadRequest {
    /// The opcode, which goes back with the answer.
    pub opcode: u8,
    /// The client's; goes back with the answer.
    pub opaque: u32,
    /// What to answer.
    pub status: Status,
    /// Bytes to read and discard: the body.
    pub swallow: u32,
    /// Close the connection after the answer.
    pub close: bool,
}

/// Takes one request off the front of `buf`, without its value.
///
/// The outer error means that the client does not speak this protocol: close without an answer. The
/// inner one is to be answered as [`BadRequest`] says; nothing but the header was taken then.
/// Incomplete is what has less than its header, extras and key: 298 bytes at most.
#[inline]
pub fn decode(buf: &[u8]) -> Result<Decoded<Result<Request<'_>, BadRequest>>, DecodeError> {
    if buf.first().is_some_and(|&magic| magic != REQUEST_MAGIC) {
        return Err(DecodeError {
            kind: DecodeErrorKind::BadMagic,
            offset: 0,
        });
    }
    let Some(header) = Header::read(buf) else {
        return Ok(Decoded::Incomplete);
    };
    let refuse = |status, swallow, close| {
        let bad = BadRequest {
            opcode: header.opcode,
            opaque: header.opaque,
            status,
            swallow,
            close,
        };
        Ok(Decoded::Complete {
            value: Err(bad),
            consumed: HEADER_LEN,
        })
    };
    if header.body_len > MAX_BODY_LEN {
        return refuse(Status::INVALID_ARGUMENTS, 0, true);
    }
    let Some(value_len) = header.value_len() else {
        return refuse(Status::UNKNOWN_COMMAND, 0, true);
    };
    let Some(Opcode { op, quiet }) = Opcode::from_wire(header.opcode) else {
        return refuse(Status::UNKNOWN_COMMAND, header.body_len, false);
    };
    if !op.allows(&header, value_len) {
        return refuse(Status::INVALID_ARGUMENTS, 0, true);
    }
    let consumed = header.head_len();
    let Some(front) = buf.get(HEADER_LEN..consumed) else {
        return Ok(Decoded::Incomplete);
    };
    let (extras, key) = front.split_at(usize::from(header.extras_len));
    let request = Request {
        quiet,
        opaque: header.opaque,
        cas: header.cas,
        command: Command::read(op, extras, key, value_len),
    };
    Ok(Decoded::Complete {
        value: Ok(request),
        consumed,
    })
}

/// A look-up, by any of its four codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlainGet<'a> {
    /// The code, which goes back with the answer.
    pub opcode: u8,
    /// The client wants no answer to a miss.
    pub quiet: bool,
    /// The key comes back.
    pub with_key: bool,
    /// The client's; goes back with the answer.
    pub opaque: u32,
    /// 1 to 250 bytes.
    pub key: &'a [u8],
}

/// Takes a look-up off the front of `buf`, if it is all there and nothing is wrong with it; how many
/// bytes it is. What [`decode`] makes of it, without asking what else it might be: servers see
/// nothing as often.
#[inline]
pub fn decode_plain_get(buf: &[u8]) -> Option<(PlainGet<'_>, usize)> {
    let header = Header::read(buf)?;
    let Opcode { op, quiet } = Opcode::from_wire(header.opcode)?;
    let key_len = usize::from(header.key_len);
    let plain = header.magic == REQUEST_MAGIC
        && matches!(op, Op::Get | Op::GetK)
        && header.extras_len == 0
        && header.body_len == u32::from(header.key_len)
        && (1..=MAX_KEY_LEN).contains(&key_len);
    if !plain {
        return None;
    }
    let consumed = HEADER_LEN + key_len;
    let get = PlainGet {
        opcode: header.opcode,
        quiet,
        with_key: op == Op::GetK,
        opaque: header.opaque,
        key: buf.get(HEADER_LEN..consumed)?,
    };
    Some((get, consumed))
}

impl Request<'_> {
    /// The code, which goes back with the answer.
    #[inline]
    pub fn opcode(&self) -> u8 {
        let (op, quiet) = (self.command.op(), self.quiet);
        Opcode { op, quiet }.code()
    }

    /// Appends header, extras and key; the value, if the command has one, is the caller's to
    /// append. Encoding what was decoded gives the same bytes again, data type and reserved field
    /// cleared.
    ///
    /// The key has at most 250 bytes, as [`decode`] wants it; what is beyond 65535 is not sent.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let (key, value_len) = self.command.key_and_len();
        let key_len = u16::try_from(key.len()).unwrap_or(u16::MAX);
        let mut extras = [0; 20];
        let extras_len = self.command.write_extras(&mut extras);
        let front = u32::from(key_len) + u32::from(extras_len);
        Header {
            magic: REQUEST_MAGIC,
            opcode: self.opcode(),
            key_len,
            extras_len,
            status: 0,
            body_len: value_len.saturating_add(front),
            opaque: self.opaque,
            cas: self.cas,
        }
        .encode(out);
        out.extend_from_slice(&extras[..usize::from(extras_len)]);
        out.extend_from_slice(&key[..usize::from(key_len)]);
    }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
#[cfg(test)]
pub(super) use tests::bytes;
