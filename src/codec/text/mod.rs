//! The classic text protocol: a line of words ended by CR LF, for storage commands followed by a
//! data block that is ended by CR LF too.
//!
//! [`request`] and [`reply`] each hold both directions of one message. The data block of a storage
//! command is not part of [`Request`]: its head says how long the block is, and the session reads
//! it where it wants it. Replies name the value's place in the input instead of copying it.
//!
//! Source: memcached doc/protocol.txt; where 1.6.45 is stricter or laxer than that, measured.

pub mod plain;
pub mod reply;
pub mod request;
mod words;

pub use reply::{ReplyKind, ReplyLine, ValueHead};
pub use request::{BadRequest, Request};
pub use words::Words;

use super::{DecodeError, DecodeErrorKind, Decoded, Limits};

/// The end of every line and data block.
pub const CRLF: &[u8] = b"\r\n";

/// Takes one line off the front of `buf`, up to LF; the LF and one CR before it are dropped.
///
/// Looks at no more than `limits.max_line_len` + 2 bytes.
pub fn decode_line<'a>(buf: &'a [u8], limits: &Limits) -> Result<Decoded<&'a [u8]>, DecodeError> {
    let window = &buf[..buf.len().min(limits.max_line_len.saturating_add(2))];
    match memchr::memchr(b'\n', window) {
        Some(at) => {
            let line = window[..at].strip_suffix(b"\r").unwrap_or(&window[..at]);
            if line.len() > limits.max_line_len {
                return Err(too_long(limits));
            }
            Ok(Decoded::Complete {
                value: line,
                consumed: at + 1,
            })
        }
        None if window.len() < buf.len() || window.len() > limits.max_line_len + 1 => {
            Err(too_long(limits))
        }
        None => Ok(Decoded::Incomplete),
    }
}

fn too_long(limits: &Limits) -> DecodeError {
    DecodeError {
        kind: DecodeErrorKind::LineTooLong,
        offset: limits.max_line_len,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_lf_and_drop_one_cr() {
        let limits = Limits {
            max_line_len: 4,
            max_value_len: 0,
        };
        let line = |buf| decode_line(buf, &limits);
        assert_eq!(
            line(b"ab\r\ncd"),
            Ok(Decoded::Complete {
                value: &b"ab"[..],
                consumed: 4
            })
        );
        assert_eq!(
            line(b"ab\n"),
            Ok(Decoded::Complete {
                value: &b"ab"[..],
                consumed: 3
            })
        );
        assert_eq!(
            line(b"a\r\r\n"),
            Ok(Decoded::Complete {
                value: &b"a\r"[..],
                consumed: 4
            })
        );
        assert_eq!(
            line(b"\n"),
            Ok(Decoded::Complete {
                value: &b""[..],
                consumed: 1
            })
        );
        assert_eq!(
            line(b"abcd\r\n"),
            Ok(Decoded::Complete {
                value: &b"abcd"[..],
                consumed: 6
            })
        );
        assert_eq!(line(b"ab\r"), Ok(Decoded::Incomplete));
        assert_eq!(line(b"abcd\r"), Ok(Decoded::Incomplete));
        assert_eq!(line(b""), Ok(Decoded::Incomplete));
        for long in [&b"abcde\n"[..], b"abcdef", b"abcdefgh\n"] {
            assert_eq!(
                line(long).unwrap_err().kind,
                DecodeErrorKind::LineTooLong,
                "{long:?}"
            );
        }
    }
}
