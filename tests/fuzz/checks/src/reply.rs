//! Text replies: any bytes as what a server sends.

use mcrs::codec::text::reply::Retrieved;
use mcrs::codec::text::{ReplyKind, ReplyLine, ValueHead};
use mcrs::codec::{DecodeErrorKind, Limits};

use crate::number::u64_strict;
use crate::stream::decode_all;

/// Small enough that a fuzzer reaches every limit.
pub const LIMITS: Limits = Limits {
    max_line_len: 300,
    max_value_len: 1000,
};

/// A stream of replies, read as lines and as the answer to a retrieval: each says the same however
/// it is cut and what a second reader says, and no value is longer than the limit.
pub fn check(data: &[u8]) {
    decode_all(
        data,
        |bytes| ReplyLine::decode(bytes, &LIMITS),
        |_| false,
        |message, reply| {
            let line = message.strip_suffix(b"\n").expect("a line ends in LF");
            assert_eq!(reply.line, line.strip_suffix(b"\r").unwrap_or(line));
            assert!(reply.line.len() <= LIMITS.max_line_len);
            kind(reply);
        },
    );
    decode_all(
        data,
        |bytes| Retrieved::decode(bytes, &LIMITS),
        |_| false,
        |message, piece| match *piece {
            Retrieved::End => assert!(message.starts_with(b"END")),
            Retrieved::Value { head, data } => {
                assert_eq!(data.len(), head.len);
                let end = [data, b"\r\n"].concat();
                assert!(message.ends_with(&end));
                let mut line = Vec::new();
                head.encode(&mut line);
                let line = line.strip_suffix(b"\r\n").expect("a line ends in CR LF");
                assert_eq!(ValueHead::parse(line, &LIMITS), Ok(head), "head is stable");
            }
        },
    );
    for line in data.split(|&b| b == b'\n') {
        head(line);
    }
}

/// What a line says follows from how it begins.
fn kind(reply: &ReplyLine<'_>) {
    let begins = |with: &str| reply.line.starts_with(with.as_bytes());
    let expected = if begins("SERVER_ERROR out of memory") {
        ReplyKind::OutOfMemory
    } else if begins("SERVER_ERROR object too large") {
        ReplyKind::TooLarge
    } else if begins("SERVER_ERROR") || begins("ERROR") {
        ReplyKind::Error
    } else if begins("CLIENT_ERROR") {
        ReplyKind::ClientError
    } else if begins("NOT_FOUND") {
        ReplyKind::NotFound
    } else if begins("NOT_STORED") {
        ReplyKind::NotStored
    } else if begins("EXISTS") {
        ReplyKind::Exists
    } else if ["STORED", "DELETED", "OK", "TOUCHED", "RESET"]
        .map(begins)
        .contains(&true)
    {
        ReplyKind::Ok
    } else {
        ReplyKind::Other
    };
    assert_eq!(reply.kind, expected);
}

/// The head of a value against a list of words.
fn head(line: &[u8]) {
    let words: Vec<&[u8]> = line
        .split(|&b| b == b' ')
        .filter(|w| !w.is_empty())
        .collect();
    let number = |at: usize| words.get(at).map(|word| u64_strict(word));
    let parsed = ValueHead::parse(line, &LIMITS);
    let sound = match (number(2), number(3), number(4)) {
        (Some(Some(flags)), Some(Some(len)), cas @ (None | Some(Some(_)))) => line
            .starts_with(b"VALUE ")
            .then_some((flags, len, cas.flatten())),
        _ => None,
    };
    let Some((flags, len, cas)) = sound else {
        let error = parsed.expect_err("a head without its fields");
        assert_eq!(error.kind, DecodeErrorKind::MalformedValueHead);
        return;
    };
    if len > LIMITS.max_value_len as u64 {
        let error = parsed.expect_err("a head with too long a value");
        assert_eq!(error.kind, DecodeErrorKind::ValueTooLong);
        return;
    }
    let expected = ValueHead {
        key: words[1],
        flags: flags as u32,
        len: len as usize,
        cas,
    };
    assert_eq!(parsed, Ok(expected));
}
