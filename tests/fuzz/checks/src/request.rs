//! Text requests: any bytes as what a client sends.

use mcrs::codec::text::request::{self, MAX_LINE_LEN};
use mcrs::codec::text::{BadRequest, Request, plain};
use mcrs::codec::{DecodeError, DecodeErrorKind, Decoded, meta};

use crate::line;
use crate::stream::decode_all;

/// A stream of requests: each says the same however it is cut, what a second reader says, and the
/// same again when it is printed. Only a long line without an end that is no `get` is refused.
pub fn check(data: &[u8]) {
    decode_all(data, decode, may_refuse, |message, decoded| {
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
    match decode(tail) {
        Ok(Decoded::Incomplete) => assert!(!may_refuse(tail)),
        Err(error) => {
            assert!(may_refuse(tail));
            assert_eq!(error.kind, DecodeErrorKind::LineTooLong);
        }
        complete => panic!("without a line end: {complete:?}"),
    }
}

/// Decodes a request; what the short cuts make of it, if they know it, is the same.
fn decode(data: &[u8]) -> Result<Decoded<Result<Request<'_>, BadRequest>>, DecodeError> {
    let decoded = request::decode(data);
    if let Some((key, len)) = plain::decode_get(data) {
        let Ok(Decoded::Complete { value, consumed }) = &decoded else {
            panic!("only a short cut knows {key:?}")
        };
        let Ok(Request::Get { cas: false, keys }) = value else {
            panic!("a short cut takes {value:?} for a get")
        };
        assert_eq!((keys.words().collect(), *consumed), (vec![key], len));
    }
    if let Some((store, consumed)) = plain::decode_set(data) {
        let value = Ok(Request::Store(store));
        assert_eq!(decoded, Ok(Decoded::Complete { value, consumed }));
    }
    if let Some((key, flags, len)) = plain::decode_meta_get(data) {
        let Ok(Decoded::Complete { value, consumed }) = &decoded else {
            panic!("only a short cut knows {key:?}")
        };
        let Ok(Request::Meta(meta::Request::Get {
            key: named,
            flags: all,
        })) = value
        else {
            panic!("a short cut takes {value:?} for an mg")
        };
        assert_eq!((named.token(), named.is_binary()), (key, false));
        assert_eq!((*all, *consumed), (flags, len));
    }
    decoded
}

/// Whether a line without its end is longer than memcached waits for.
fn may_refuse(beginning: &[u8]) -> bool {
    beginning.len() > MAX_LINE_LEN && !is_get(beginning)
}

/// Whether a line is a `get` or `gets`, after at most 100 blanks.
pub fn is_get(line: &[u8]) -> bool {
    let blanks = line.iter().take_while(|&&b| b == b' ').count();
    let line = &line[blanks..];
    blanks <= 100 && (line.starts_with(b"get ") || line.starts_with(b"gets "))
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
