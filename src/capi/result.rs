//! What functions return.

use std::ffi::{CStr, c_char};

use crate::client::Outcome;
use crate::error::{Error, ErrorKind};

/// What became of a call.
///
/// Source: the outcomes are those of memcached's doc/protocol.txt; the errors are `src/error.rs`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum mcrs_result {
    /// It was done, or found.
    MCRS_RESULT_OK = 0,
    /// There is no item of that key.
    MCRS_RESULT_NOT_FOUND = 1,
    /// The condition of add, replace, append or prepend does not hold.
    MCRS_RESULT_NOT_STORED = 2,
    /// The item has changed since its CAS id was read.
    MCRS_RESULT_EXISTS = 3,
    /// The key is empty, has more than 250 bytes, or a byte up to 0x20. Nothing was sent.
    MCRS_RESULT_INVALID_KEY = 101,
    /// An argument is NULL or outside its range. Nothing was sent.
    MCRS_RESULT_INVALID_ARGUMENT = 102,
    /// The value is larger than the server takes, or than this library reads. An older value is
    /// gone if it was to be replaced: the server deletes it.
    MCRS_RESULT_TOO_LARGE = 103,
    /// No connection could be made. Nothing was sent.
    MCRS_RESULT_CONNECT = 201,
    /// The server was silent for the whole time-out. It may have done what was asked.
    MCRS_RESULT_TIMEOUT = 202,
    /// The server closed the connection before the answer was complete. It may have done what was
    /// asked.
    MCRS_RESULT_CLOSED = 203,
    /// The operating system failed a send or receive; see mcrs_error_errno(). The server may have
    /// done what was asked.
    MCRS_RESULT_IO = 204,
    /// The client has no servers.
    MCRS_RESULT_NO_SERVERS = 205,
    /// The server has failed before and its retry interval is not over. Nothing was sent.
    MCRS_RESULT_SERVER_DOWN = 206,
    /// The reply does not follow the protocol. The connection was closed.
    MCRS_RESULT_PROTOCOL = 301,
    /// The server answered ERROR: it does not know the command.
    MCRS_RESULT_UNKNOWN_COMMAND = 302,
    /// The server answered CLIENT_ERROR, such as for counting with a value that is no number.
    MCRS_RESULT_CLIENT_ERROR = 303,
    /// The server answered SERVER_ERROR.
    MCRS_RESULT_SERVER_ERROR = 304,
    /// The server had no memory for the item.
    MCRS_RESULT_OUT_OF_MEMORY = 305,
    /// The stored value says that it is compressed and cannot be decompressed.
    MCRS_RESULT_DECODE = 401,
    /// This build of the library lacks what was asked for.
    MCRS_RESULT_UNSUPPORTED = 402,
    /// A defect of this library. The client can only be freed.
    MCRS_RESULT_INTERNAL = 900,
}

use mcrs_result::*;

/// Every result with its name for people.
const TEXTS: &[(mcrs_result, &CStr)] = &[
    (MCRS_RESULT_OK, c"success"),
    (MCRS_RESULT_NOT_FOUND, c"not found"),
    (MCRS_RESULT_NOT_STORED, c"not stored"),
    (MCRS_RESULT_EXISTS, c"changed meanwhile"),
    (MCRS_RESULT_INVALID_KEY, c"invalid key"),
    (MCRS_RESULT_INVALID_ARGUMENT, c"invalid argument"),
    (MCRS_RESULT_TOO_LARGE, c"value too large"),
    (MCRS_RESULT_CONNECT, c"connection failed"),
    (MCRS_RESULT_TIMEOUT, c"time-out"),
    (MCRS_RESULT_CLOSED, c"connection closed by the server"),
    (MCRS_RESULT_IO, c"input or output failed"),
    (MCRS_RESULT_NO_SERVERS, c"no servers"),
    (MCRS_RESULT_SERVER_DOWN, c"server marked failed"),
    (MCRS_RESULT_PROTOCOL, c"malformed reply"),
    (
        MCRS_RESULT_UNKNOWN_COMMAND,
        c"command unknown to the server",
    ),
    (MCRS_RESULT_CLIENT_ERROR, c"refused by the server"),
    (MCRS_RESULT_SERVER_ERROR, c"failure of the server"),
    (MCRS_RESULT_OUT_OF_MEMORY, c"server out of memory"),
    (MCRS_RESULT_DECODE, c"value cannot be decompressed"),
    (MCRS_RESULT_UNSUPPORTED, c"not supported by this build"),
    (MCRS_RESULT_INTERNAL, c"internal error"),
];

/// A few words for people about a result, such as `not found`; `unknown result` for a number that
/// this version of the library does not return. The string is static and in English.
///
/// # Safety
/// Nothing is asked of the caller. Any thread may call it at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_result_text(result: i32) -> *const c_char {
    let known = TEXTS.iter().find(|(known, _)| *known as i32 == result);
    known.map_or(c"unknown result", |(_, text)| text).as_ptr()
}

/// Whether a result means that the question was not answered: true from 100 on, also for numbers
/// of later versions.
///
/// # Safety
/// Nothing is asked of the caller. Any thread may call it at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcrs_result_is_error(result: i32) -> bool {
    result >= FIRST_ERROR
}

/// Numbers below are answers.
const FIRST_ERROR: i32 = 100;

impl From<ErrorKind> for mcrs_result {
    fn from(kind: ErrorKind) -> mcrs_result {
        match kind {
            ErrorKind::InvalidKey => MCRS_RESULT_INVALID_KEY,
            ErrorKind::InvalidArgument => MCRS_RESULT_INVALID_ARGUMENT,
            ErrorKind::TooLarge => MCRS_RESULT_TOO_LARGE,
            ErrorKind::Connect => MCRS_RESULT_CONNECT,
            ErrorKind::Timeout => MCRS_RESULT_TIMEOUT,
            ErrorKind::Closed => MCRS_RESULT_CLOSED,
            ErrorKind::Io => MCRS_RESULT_IO,
            ErrorKind::NoServers => MCRS_RESULT_NO_SERVERS,
            ErrorKind::ServerDown => MCRS_RESULT_SERVER_DOWN,
            ErrorKind::Protocol => MCRS_RESULT_PROTOCOL,
            ErrorKind::UnknownCommand => MCRS_RESULT_UNKNOWN_COMMAND,
            ErrorKind::ClientError => MCRS_RESULT_CLIENT_ERROR,
            ErrorKind::ServerError => MCRS_RESULT_SERVER_ERROR,
            ErrorKind::OutOfMemory => MCRS_RESULT_OUT_OF_MEMORY,
            ErrorKind::Decode => MCRS_RESULT_DECODE,
            ErrorKind::Unsupported => MCRS_RESULT_UNSUPPORTED,
            ErrorKind::Internal => MCRS_RESULT_INTERNAL,
        }
    }
}

/// The result of an operation without an output.
///
/// The client reports refusals and silence as errors, so those outcomes do not get here.
pub(super) fn of_outcome(outcome: Outcome) -> Result<mcrs_result, Error> {
    match outcome {
        Outcome::Done | Outcome::Number(_) | Outcome::Text => Ok(MCRS_RESULT_OK),
        Outcome::NotFound => Ok(MCRS_RESULT_NOT_FOUND),
        Outcome::NotStored => Ok(MCRS_RESULT_NOT_STORED),
        Outcome::Exists => Ok(MCRS_RESULT_EXISTS),
        Outcome::Unanswered | Outcome::ClientError | Outcome::TooLarge | Outcome::OutOfMemory => {
            Err(Error::new(
                ErrorKind::Internal,
                "the client took an error for an answer",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_the_numbers_of_their_kinds() {
        use ErrorKind::*;
        let kinds = [
            InvalidKey,
            InvalidArgument,
            TooLarge,
            Connect,
            Timeout,
            Closed,
            Io,
            NoServers,
            ServerDown,
            Protocol,
            UnknownCommand,
            ClientError,
            ServerError,
            OutOfMemory,
            Decode,
            Unsupported,
            Internal,
        ];
        for kind in kinds {
            let result = mcrs_result::from(kind);
            assert_eq!(result as i32, i32::from(kind.code()), "{kind:?}");
            // SAFETY: nothing is asked of the caller.
            assert!(unsafe { mcrs_result_is_error(result as i32) });
        }
        let errors = TEXTS.iter().filter(|(r, _)| *r as i32 >= FIRST_ERROR);
        assert_eq!(errors.count(), kinds.len());
    }

    #[test]
    fn each_result_has_a_text_of_its_own() {
        let mut texts: Vec<_> = TEXTS.iter().map(|(_, text)| text).collect();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), TEXTS.len());
        // SAFETY: the function asks nothing and returns a static string.
        let unknown = unsafe { CStr::from_ptr(mcrs_result_text(-7)) };
        assert_eq!(unknown, c"unknown result");
    }
}
