//! What must hold for any bytes at all: one function per fuzz target, each taking the input whole.
//!
//! The fuzzers in `targets/` call them with what they invent; `tests/it/fuzz.rs` calls them with the
//! seeds and with everything that was ever found, so plain `cargo test` replays it.

use mcrs::codec::text::reply::Retrieved;
use mcrs::codec::text::{ReplyLine, Request, ValueHead, request};
use mcrs::codec::{DecodeError, Decoded, Limits};

/// Small enough that a fuzzer reaches every limit.
const LIMITS: Limits = Limits {
    max_line_len: 300,
    max_value_len: 1000,
};

/// A stream of requests: decoding ends, says the same of a message however it is cut, and what was
/// decoded and encoded is decoded to the same again.
pub fn text_request(data: &[u8]) {
    stream(data, request::decode, |decoded| {
        if let Ok(request) = decoded {
            let bytes = encoded(request);
            // An unknown verb of one letter that had blanks before it: without them the line is
            // shorter than memcached looks at.
            if bytes.len() < 4 {
                return;
            }
            let again = request::decode(&bytes);
            let Ok(Decoded::Complete {
                value: Ok(again),
                consumed,
            }) = again
            else {
                panic!("{request:?} is encoded as what is not one: {again:?}");
            };
            assert_eq!(consumed, bytes.len(), "one request is one message");
            assert_eq!(encoded(&again), bytes, "encoding is stable");
        }
    });
}

fn encoded(request: &Request<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    request.encode(&mut bytes);
    bytes
}

/// A stream of replies, read as lines and read as the answer to a retrieval: as [`text_request`], and
/// no value is longer than the limit.
pub fn text_reply(data: &[u8]) {
    stream(
        data,
        |bytes| ReplyLine::decode(bytes, &LIMITS),
        |reply| {
            assert!(reply.line.len() <= LIMITS.max_line_len);
            let _ = reply.number();
        },
    );
    stream(
        data,
        |bytes| Retrieved::decode(bytes, &LIMITS),
        |piece| {
            let Retrieved::Value { head, data } = *piece else {
                return;
            };
            assert_eq!(data.len(), head.len);
            assert!(head.len <= LIMITS.max_value_len);
            let mut line = Vec::new();
            head.encode(&mut line);
            let line = line.strip_suffix(b"\r\n").expect("a line ends in CR LF");
            assert_eq!(ValueHead::parse(line, &LIMITS), Ok(head), "head is stable");
        },
    );
}

/// Decodes message after message until the bytes end or are refused.
fn stream<'a, T: std::fmt::Debug>(
    mut data: &'a [u8],
    decode: impl Fn(&'a [u8]) -> Result<Decoded<T>, DecodeError>,
    check: impl Fn(&T),
) {
    loop {
        match decode(data) {
            Ok(Decoded::Complete { value, consumed }) => {
                assert!((1..=data.len()).contains(&consumed), "{consumed} bytes");
                check(&value);
                // Every beginning of a message is incomplete, never another message or an error.
                // The cuts near both ends are where decoders go wrong.
                let near = (0..consumed).filter(|cut| *cut < 40 || consumed - cut < 40);
                for cut in near {
                    let beginning = decode(&data[..cut]);
                    assert!(
                        matches!(beginning, Ok(Decoded::Incomplete)),
                        "cut at {cut} of {consumed}: {beginning:?}"
                    );
                }
                data = &data[consumed..];
            }
            Ok(Decoded::Incomplete) => return,
            Err(error) => {
                assert!(error.offset <= data.len(), "{error:?} of {}", data.len());
                return;
            }
        }
    }
}
