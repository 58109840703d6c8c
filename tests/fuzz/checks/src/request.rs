//! Text requests: any bytes as what a client sends.

use mcrs::codec::text::request::{self, MAX_LINE_LEN};
use mcrs::codec::text::{BadRequest, Request};
use mcrs::codec::{DecodeErrorKind, Decoded};

use crate::line;
use crate::stream::decode_all;

/// A stream of requests: each says the same however it is cut, what a second reader says, and the
/// same again when it is printed. Only a long line without an end that is no `get` is refused.
pub fn check(data: &[u8]) {
    decode_all(data, request::decode, |message, decoded| {
        assert_eq!(
            message.iter().position(|&b| b == b'\n'),
            Some(message.len() - 1)
        );
        assert_eq!(line::decoded(decoded), line::read(message));
        if let Ok(request) = decoded {
            printed(request);
        }
    });
    // The bytes after the last line end.
    let tail = data.rsplit(|&b| b == b'\n').next().unwrap_or_default();
    let trimmed = tail.trim_ascii_start();
    let get = trimmed.starts_with(b"get ") || trimmed.starts_with(b"gets ");
    match request::decode(tail) {
        Ok(Decoded::Incomplete) => assert!(tail.len() <= MAX_LINE_LEN || get),
        Err(error) => {
            assert!(tail.len() > MAX_LINE_LEN);
            assert_eq!(error.kind, DecodeErrorKind::LineTooLong);
        }
        complete => panic!("without a line end: {complete:?}"),
    }
}

/// Encoding and decoding again gives the same request.
fn printed(request: &Request<'_>) {
    let mut bytes = b"kept".to_vec();
    request.encode(&mut bytes);
    let bytes = &bytes[4..];
    // An unknown verb of one letter that had blanks before it: without them the line is shorter
    // than memcached looks at.
    if bytes.len() < 4 {
        return;
    }
    let again: Result<_, BadRequest> = match request::decode(bytes) {
        Ok(Decoded::Complete { value, consumed }) if consumed == bytes.len() => value,
        other => panic!("{request:?} is encoded as what is not one: {other:?}"),
    };
    assert_eq!(line::decoded(&again), line::decoded(&Ok(*request)));
}
