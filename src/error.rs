//! Why a question was not answered.
//!
//! A miss, a refused `add` or a CAS mismatch is an answer, not an error; see [`crate::Outcome`].
//! An [`Error`] has a kind, the server it concerns and a text for people. Callers decide by
//! [`ErrorKind`] and its three questions, never by the text. Texts name the operation and the
//! server, never a key or a value: those are user data.

use std::fmt;

/// What went wrong. The numbers are those of `mcrs_result` in C and are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u16)]
pub enum ErrorKind {
    /// Empty, over 250 bytes, or with a blank or control byte.
    InvalidKey = 101,
    /// An argument outside its range.
    InvalidArgument = 102,
    /// The value is larger than the server takes, or than a limit set here.
    TooLarge = 103,
    /// No connection could be made.
    Connect = 201,
    /// The server was silent for the whole time-out.
    Timeout = 202,
    /// The server closed the connection before the answer was complete.
    Closed = 203,
    /// The operating system failed a send or receive.
    Io = 204,
    /// The client has no servers.
    NoServers = 205,
    /// The server for the key is marked failed and its retry interval is not over.
    ServerDown = 206,
    /// The reply does not follow the protocol.
    Protocol = 301,
    /// The server answered `ERROR`.
    UnknownCommand = 302,
    /// The server answered `CLIENT_ERROR`.
    ClientError = 303,
    /// The server answered `SERVER_ERROR`.
    ServerError = 304,
    /// The server had no memory for the item.
    OutOfMemory = 305,
    /// A stored value cannot be decompressed.
    Decode = 401,
    /// This build lacks what was asked for.
    Unsupported = 402,
    /// A defect of this library.
    Internal = 900,
}

/// The answers to the three questions, one row a kind.
///
/// | kind | nothing was sent | closes the connection | may be retried as is |
/// |---|---|---|---|
/// | InvalidKey, InvalidArgument, NoServers, Unsupported | yes | no | no |
/// | Connect, ServerDown | yes | no | later |
/// | Timeout, Closed, Io | no | yes | if doing it twice is harmless |
/// | Protocol, UnknownCommand, ServerError | no | yes | no |
/// | ClientError, TooLarge, OutOfMemory | no | no | no |
/// | Decode | no | no | no |
/// | Internal | no | yes | no |
impl ErrorKind {
    /// Nothing was sent: the server cannot have acted.
    pub fn is_local(self) -> bool {
        use ErrorKind::*;
        matches!(
            self,
            InvalidKey | InvalidArgument | NoServers | Unsupported | Connect | ServerDown
        )
    }

    /// The connection is out of step, or treated so, and is closed.
    pub fn closes_connection(self) -> bool {
        use ErrorKind::*;
        matches!(
            self,
            Timeout | Closed | Io | Protocol | UnknownCommand | ServerError | Internal
        )
    }

    /// The same request may succeed later or elsewhere. For writes, it may then have been done
    /// twice unless [`is_local`](Self::is_local).
    pub fn may_retry(self) -> bool {
        use ErrorKind::*;
        matches!(self, Connect | ServerDown | Timeout | Closed | Io)
    }

    /// The stable number.
    pub fn code(self) -> u16 {
        self as u16
    }
}

/// An operation that was not answered. One pointer wide.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    server: Option<Box<str>>,
    text: Box<str>,
    errno: i32,
}

impl Error {
    /// An error that concerns no server.
    pub fn new(kind: ErrorKind, text: impl Into<Box<str>>) -> Error {
        Error(Box::new(Inner {
            kind,
            server: None,
            text: text.into(),
            errno: 0,
        }))
    }

    /// The same error, concerning a server, with the operating system's number (0: none).
    pub fn at(mut self, server: impl Into<Box<str>>, errno: i32) -> Error {
        self.0.server = Some(server.into());
        self.0.errno = errno;
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// `host:port` of the server concerned.
    pub fn server(&self) -> Option<&str> {
        self.0.server.as_deref()
    }

    /// The text without the server.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The operating system's error number, or 0.
    pub fn errno(&self) -> i32 {
        self.0.errno
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.server {
            Some(server) => write!(f, "{server}: {}", self.0.text),
            None => f.write_str(&self.0.text),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}, {self})", self.0.kind)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_pointer_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Result<(), Error>>(), size_of::<usize>());
    }

    #[test]
    fn an_error_that_was_never_sent_leaves_the_connection_alone() {
        for kind in [
            ErrorKind::InvalidKey,
            ErrorKind::Connect,
            ErrorKind::ServerDown,
        ] {
            assert!(kind.is_local() && !kind.closes_connection());
        }
        assert!(ErrorKind::Timeout.closes_connection() && ErrorKind::Timeout.may_retry());
        assert!(!ErrorKind::Protocol.may_retry());
    }

    #[test]
    fn the_text_names_the_server() {
        let e = Error::new(ErrorKind::Timeout, "Network timeout").at("h:1", 0);
        assert_eq!(e.to_string(), "h:1: Network timeout");
    }
}
