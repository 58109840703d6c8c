//! One server's byte streams: what is still to be sent, what was asked, and which answer belongs
//! to which question. No sockets, no time, no other servers, no retries.
//!
//! A [`Conn`] pairs replies with requests by order alone, as the text protocol demands, so it has
//! one rule above all: **the moment the stream cannot be trusted, nothing that comes from it is
//! handed to anybody.** [`Conn::peek`] then reports a [`Malformed`], and only [`Conn::reset`]
//! makes the connection usable again, together with a new socket.
//!
//! The bytes of requests stay with their owner; here they are [`Token`]s and lengths.

mod rxbuf;

use std::collections::VecDeque;

pub use rxbuf::RxBuf;

use crate::codec::text::reply::Retrieved;
use crate::codec::text::{ReplyLine, ValueHead, decode_line};
use crate::codec::{DecodeError, DecodeErrorKind, Decoded, Limits};
use crate::error::ErrorKind;

/// Names a request to its owner.
pub type Token = u32;

/// What kind of answer a request gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// One line.
    Line,
    /// Values, then `END`.
    Values,
    /// Lines up to `END`, `RESET` or an error line.
    Stats,
}

/// A request that has not been answered yet.
#[derive(Debug, Clone, Copy)]
struct Entry {
    token: Token,
    expect: Expect,
    len: usize,
}

/// Both directions of a connection to one server.
#[derive(Debug, Default)]
pub struct Conn {
    /// Requests in order, the oldest first: the first `sent` of them have been sent whole.
    entries: VecDeque<Entry>,
    sent: usize,
    /// How much of the request after those has been sent.
    sent_of_next: usize,
    rx: RxBuf,
    /// The server answered before it had all of the request: once the answer is in, the
    /// connection is of no further use.
    answered_early: bool,
}

/// Something the server said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// The whole answer to an [`Expect::Line`], or an error line in place of the answer to an
    /// [`Expect::Stats`].
    Line(ReplyLine<'a>),
    /// A hit; more may follow.
    Value {
        /// Its line.
        head: ValueHead<'a>,
        /// Its bytes.
        data: &'a [u8],
    },
    /// The end of the hits.
    End,
    /// A line of statistics, without its end; more follow unless it is the last.
    Stat(&'a [u8]),
}

/// A piece of an answer together with the request it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The request.
    pub token: Token,
    /// What was said.
    pub piece: Piece<'a>,
    /// Nothing more comes for this request.
    pub last: bool,
    consumed: usize,
}

/// What [`Conn::advance`] needs to know of an [`Answer`].
#[derive(Debug, Clone, Copy)]
pub struct Step {
    consumed: usize,
    last: bool,
}

impl Answer<'_> {
    /// What to give to [`Conn::advance`] when the answer has been dealt with.
    pub fn step(&self) -> Step {
        Step {
            consumed: self.consumed,
            last: self.last,
        }
    }
}

/// The server does not speak the protocol; the connection must be reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// Where a value or number was due.
    ValueHead,
    /// `ERROR` in place of items.
    UnknownCommand,
    /// `SERVER_ERROR` in place of items.
    ServerError,
    /// Anywhere else, also bytes that nobody asked for.
    Response,
}

impl Malformed {
    /// pecl/memcache's words for it.
    pub fn text(self) -> &'static str {
        match self {
            Malformed::ValueHead | Malformed::UnknownCommand | Malformed::ServerError => {
                "Malformed VALUE header"
            }
            Malformed::Response => "Malformed server response",
        }
    }

    /// What it is to callers that tell a server's complaint from rubbish.
    pub fn kind(self) -> ErrorKind {
        match self {
            Malformed::ValueHead | Malformed::Response => ErrorKind::Protocol,
            Malformed::UnknownCommand => ErrorKind::UnknownCommand,
            Malformed::ServerError => ErrorKind::ServerError,
        }
    }
}

impl Conn {
    /// Queues a request of `len` bytes (at least 1) behind the others.
    pub fn push(&mut self, token: Token, expect: Expect, len: usize) {
        self.entries.push_back(Entry { token, expect, len });
    }

    /// Requests that are waiting for an answer or to be sent, the oldest first.
    pub fn pending(&self) -> impl ExactSizeIterator<Item = Token> + '_ {
        self.entries.iter().map(|e| e.token)
    }

    /// No request is pending.
    pub fn is_idle(&self) -> bool {
        self.entries.is_empty()
    }

    /// Requests to send now, in order, each with the number of its bytes that are gone already.
    pub fn poll_transmit(&self) -> impl Iterator<Item = (Token, usize)> + '_ {
        let skips = std::iter::once(self.sent_of_next).chain(std::iter::repeat(0));
        // Behind an early answer nothing more goes out on this connection.
        let count = if self.answered_early { 0 } else { usize::MAX };
        self.entries
            .iter()
            .skip(self.sent)
            .zip(skips)
            .take(count)
            .map(|(e, skip)| (e.token, skip))
    }

    /// Something is left to send.
    pub fn wants_transmit(&self) -> bool {
        !self.answered_early && self.sent < self.entries.len()
    }

    /// `n` more bytes went out.
    pub fn handle_sent(&mut self, mut n: usize) {
        while n > 0 {
            let Some(next) = self.entries.get(self.sent) else {
                break;
            };
            let left = next.len - self.sent_of_next;
            if n < left {
                self.sent_of_next += n;
                return;
            }
            n -= left;
            self.sent += 1;
            self.sent_of_next = 0;
        }
    }

    /// Where received bytes go.
    pub fn rx(&mut self) -> &mut RxBuf {
        &mut self.rx
    }

    /// The next piece that has arrived whole, or `None` until more bytes do.
    pub fn peek(&self, limits: &Limits) -> Result<Option<Answer<'_>>, Malformed> {
        let buf = self.rx.data();
        let Some(entry) = self.entries.front() else {
            // Nobody asked.
            return if buf.is_empty() {
                Ok(None)
            } else {
                Err(Malformed::Response)
            };
        };
        if buf.is_empty() {
            return Ok(None);
        }
        if self.sent == 0 && self.sent_of_next == 0 {
            return Err(Malformed::Response);
        }
        let decoded = match entry.expect {
            Expect::Line => match decode_line(buf, limits).map_err(malformed)? {
                Decoded::Complete { value, consumed } => {
                    Some((Piece::Line(ReplyLine::new(value)), consumed, true))
                }
                Decoded::Incomplete => None,
            },
            Expect::Values => {
                match Retrieved::decode(buf, limits).map_err(|e| complaint(e, buf))? {
                    Decoded::Complete {
                        value: Retrieved::End,
                        consumed,
                    } => Some((Piece::End, consumed, true)),
                    Decoded::Complete {
                        value: Retrieved::Value { head, data },
                        consumed,
                    } => Some((Piece::Value { head, data }, consumed, false)),
                    Decoded::Incomplete => None,
                }
            }
            Expect::Stats => match decode_line(buf, limits).map_err(malformed)? {
                Decoded::Complete {
                    value: line,
                    consumed,
                } => Some(stat(line, consumed)),
                Decoded::Incomplete => None,
            },
        };
        Ok(decoded.map(|(piece, consumed, last)| Answer {
            token: entry.token,
            piece,
            last,
            consumed,
        }))
    }

    /// Drops a piece that has been dealt with, and its request if it was the last one.
    pub fn advance(&mut self, step: Step) {
        self.rx.consume(step.consumed);
        if step.last {
            self.entries.pop_front();
            if self.sent > 0 {
                self.sent -= 1;
            } else {
                self.answered_early = true;
            }
        }
    }

    /// The connection has to be replaced although nothing went wrong: the server answered before
    /// it had read the whole request, and would take the rest of it for commands.
    pub fn answered_early(&self) -> bool {
        self.answered_early
    }

    /// A new socket will be used: nothing has been sent, nothing has been received. The requests
    /// that are still pending stay, to be sent again from their beginning.
    pub fn restart(&mut self) {
        self.sent = 0;
        self.sent_of_next = 0;
        self.answered_early = false;
        self.rx.clear();
    }

    /// Like [`restart`](Self::restart), and the pending requests are handed back in order.
    pub fn reset(&mut self) -> Vec<Token> {
        self.restart();
        self.entries.drain(..).map(|e| e.token).collect()
    }
}

fn malformed(error: DecodeError) -> Malformed {
    match error.kind {
        DecodeErrorKind::MalformedValueHead | DecodeErrorKind::ValueTooLong => Malformed::ValueHead,
        DecodeErrorKind::LineTooLong
        | DecodeErrorKind::MissingTerminator
        | DecodeErrorKind::BadMagic
        | DecodeErrorKind::BodyTooShort => Malformed::Response,
    }
}

/// A retrieval has no words for a server's complaint: it stands where a value is due.
fn complaint(error: DecodeError, buf: &[u8]) -> Malformed {
    match malformed(error) {
        Malformed::ValueHead if buf.starts_with(b"ERROR") => Malformed::UnknownCommand,
        Malformed::ValueHead if buf.starts_with(b"SERVER_ERROR") => Malformed::ServerError,
        other => other,
    }
}

fn stat(line: &[u8], consumed: usize) -> (Piece<'_>, usize, bool) {
    use crate::codec::text::ReplyKind::*;
    let reply = ReplyLine::new(line);
    match reply.kind {
        _ if line.starts_with(b"END") || line.starts_with(b"RESET") => {
            (Piece::Stat(line), consumed, true)
        }
        ClientError | OutOfMemory | TooLarge | Error => (Piece::Line(reply), consumed, true),
        _ => (Piece::Stat(line), consumed, false),
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
