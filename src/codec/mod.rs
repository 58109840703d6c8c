//! Requests and replies as bytes, in both directions, for clients and servers alike.
//!
//! This is grammar only: no sockets, no clocks, no counters, no policy and no meaning of values.
//! Decoders borrow from the input and never allocate; encoders append to a caller's buffer.
//!
//! | | text | meta | binary |
//! |---|---|---|---|
//! | framing | a line, then for storage commands a data block | the same; lines of both mix | a header that holds all lengths |
//! | request | [`text::Request`] | [`meta::Request`] | [`binary::Request`] |
//! | reply | [`text::ReplyLine`] | [`meta::Reply`] | [`binary::Reply`] |
//! | key | 250 bytes, no blanks | the same, or any bytes in base64 | 250 bytes of any value |
//! | silence | `noreply`, errors too | flag `q`, errors never | a quiet opcode, errors never |
//!
//! Next: [`text`] for the classic protocol, [`meta`] for the newer commands on its lines,
//! [`binary`], [`udp`] for either in datagrams, [`key`] for what a key may be, [`exptime`] for times.

pub mod binary;
pub mod exptime;
pub mod key;
pub mod meta;
pub mod num;
pub mod text;
pub mod udp;

/// What a decoder made of the bytes it was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decoded<T> {
    /// The bytes are a proper beginning; call again with more of them.
    Incomplete,
    /// One whole message.
    Complete {
        /// The message, borrowing from the input.
        value: T,
        /// How many bytes of the input it took: at least 1, at most all of it.
        consumed: usize,
    },
}

impl<T> Decoded<T> {
    /// The same answer about another view of the message.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Decoded<U> {
        match self {
            Decoded::Incomplete => Decoded::Incomplete,
            Decoded::Complete { value, consumed } => Decoded::Complete {
                value: f(value),
                consumed,
            },
        }
    }
}

/// Why bytes cannot be a message. After it the stream cannot be trusted: close it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeError {
    /// What is wrong.
    pub kind: DecodeErrorKind,
    /// Where, counted in bytes from the start of the message.
    pub offset: usize,
}

/// The ways in which bytes fail to be a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// No line end within the limit for lines.
    LineTooLong,
    /// A `VALUE` or `VA` line whose fields are missing or not numbers.
    MalformedValueHead,
    /// A value longer than [`Limits::max_value_len`].
    ValueTooLong,
    /// A data block that is not followed by CR LF.
    MissingTerminator,
    /// A first byte with which no binary message of this direction begins.
    BadMagic,
    /// A binary header whose body is shorter than extras and key in it.
    BodyTooShort,
}

impl std::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = match self.kind {
            DecodeErrorKind::LineTooLong => "no line end within the limit",
            DecodeErrorKind::MalformedValueHead => "malformed line before a value",
            DecodeErrorKind::ValueTooLong => "value longer than the limit",
            DecodeErrorKind::MissingTerminator => "data block without CR LF at its end",
            DecodeErrorKind::BadMagic => "no binary message",
            DecodeErrorKind::BodyTooShort => "body shorter than extras and key",
        };
        write!(f, "{what} at byte {}", self.offset)
    }
}

impl std::error::Error for DecodeError {}

/// Bounds that a decoder enforces before anybody allocates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest line, in bytes, its end not counted. Requests: see [`text::request::MAX_LINE_LEN`].
    pub max_line_len: usize,
    /// Longest value, in bytes, that a reply may announce.
    pub max_value_len: usize,
}

impl Limits {
    /// For replies: lines to 4095 bytes (what pecl/memcache handles), values to 1 GiB (the largest
    /// `-I` of memcached).
    pub const REPLIES: Limits = Limits {
        max_line_len: 4095,
        max_value_len: 1 << 30,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Limits::REPLIES
    }
}
