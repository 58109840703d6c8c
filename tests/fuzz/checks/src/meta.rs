//! The meta protocol: any bytes as what a client or a server sends, and as base64.

use mcrs::codec::Decoded;
use mcrs::codec::meta::flags::push_token;
use mcrs::codec::meta::reply::begin_value;
use mcrs::codec::meta::request::parse;
use mcrs::codec::meta::{Head, Reply, Tokens, Verb, base64};
use mcrs::codec::text::{CRLF, ReplyLine, Words};

use crate::input::Input;
use crate::line::{self, Line};
use crate::meta_line;
use crate::number::u64_strict;
use crate::reply::LIMITS;
use crate::stream::decode_all;

const VERBS: [(Verb, u8); 6] = [
    (Verb::Get, b'g'),
    (Verb::Store, b's'),
    (Verb::Delete, b'd'),
    (Verb::Arith, b'a'),
    (Verb::Debug, b'e'),
    (Verb::Noop, b'n'),
];

/// A command and the words of its line: says what a second reader says, and the same again when it is
/// printed.
pub fn request_check(data: &[u8]) {
    let mut input = Input::new(data);
    let (verb, letter) = VERBS[input.below(VERBS.len())];
    let text = input
        .rest()
        .split(|&b| b == b'\n')
        .next()
        .unwrap_or_default();
    let words: line::Words<'_> = text
        .split(|&b| b == b' ')
        .filter(|w| !w.is_empty())
        .collect();
    let read = meta_line::read(letter, &words);
    let parsed = parse(verb, Words::new(text));
    let request = match (&parsed, &read) {
        (Ok(request), Line::Meta(_)) => request,
        (
            Err(bad),
            Line::Bad {
                reply,
                swallow,
                noreply: false,
                close: false,
            },
        ) => {
            assert_eq!((bad.reply, bad.swallow), (*reply, *swallow));
            return assert!(!bad.noreply && !bad.close);
        }
        other => panic!("{} {}: {other:?}", verb.name(), text.escape_ascii()),
    };
    assert_eq!(meta_line::decoded(request), read);
    let mut printed = Vec::new();
    request.encode(&mut printed);
    let line = printed.strip_suffix(CRLF).expect("a line ends in CR LF");
    let mut words = Words::new(line);
    assert_eq!(words.next().and_then(Verb::from_word), Some(verb));
    let again = parse(verb, words).expect("what is printed is sound");
    assert_eq!(meta_line::decoded(&again), read);
}

/// A stream of replies: each says the same however it is cut, what a second reader says, and the same
/// again when it is printed; no value is longer than the limit.
pub fn reply_check(data: &[u8]) {
    let decode = |bytes| Reply::decode(bytes, &LIMITS);
    decode_all(
        data,
        decode,
        |_| false,
        |message, reply| {
            let end = message.iter().position(|&b| b == b'\n').expect("a line");
            let line = message[..end]
                .strip_suffix(b"\r")
                .unwrap_or(&message[..end]);
            assert!(line.len() <= LIMITS.max_line_len);
            let words: line::Words<'_> = line
                .split(|&b| b == b' ')
                .filter(|w| !w.is_empty())
                .collect();
            let block = &message[end + 1..];
            let printed = judge(reply, line, &words, block);
            let Some(printed) = printed else { return };
            match Reply::decode(&printed, &LIMITS) {
                Ok(Decoded::Complete { value, consumed }) => {
                    assert_eq!(consumed, printed.len());
                    assert_eq!(shown(&value), shown(reply));
                }
                other => panic!("{} is no reply: {other:?}", printed.escape_ascii()),
            }
        },
    );
}

/// Holds a reply against the words of its line and what follows that; prints it, if it is one.
fn judge(reply: &Reply<'_>, line: &[u8], words: &[&[u8]], block: &[u8]) -> Option<Vec<u8>> {
    let mut printed = Vec::new();
    let flags = match (reply.head, words) {
        (Head::Status { code, flags }, [word, rest @ ..]) => {
            assert_eq!(code.name().as_bytes(), *word);
            assert!(block.is_empty() && reply.data.is_empty());
            code.encode(&mut printed);
            same_flags(flags, rest);
            flags
        }
        (Head::Value { len, flags }, [b"VA", number, rest @ ..]) => {
            assert_eq!(u64_strict(number), Some(len as u64));
            assert!(len == reply.data.len() && len <= LIMITS.max_value_len);
            assert_eq!(block, [reply.data, CRLF].concat());
            begin_value(&mut printed, len as u64);
            same_flags(flags, rest);
            flags
        }
        (Head::Debug { key, figures }, [b"ME", rest @ ..]) => {
            assert_eq!(key, rest.first().copied().unwrap_or_default());
            assert!(figures.eq(rest.iter().copied().skip(1)));
            return None;
        }
        (Head::Line(text), _) => {
            let codes: [&[u8]; 8] = [b"HD", b"EN", b"NF", b"NS", b"EX", b"MN", b"VA", b"ME"];
            assert!(words.first().is_none_or(|word| !codes.contains(word)));
            assert_eq!(text, ReplyLine::new(line));
            return None;
        }
        other => panic!("{}: {other:?}", line.escape_ascii()),
    };
    flags.for_each(|flag| push_token(&mut printed, flag.letter, flag.arg));
    printed.extend_from_slice(CRLF);
    printed.extend_from_slice(block);
    Some(printed)
}

/// Each word is a flag, and found by the letter it is the first of.
fn same_flags(flags: Tokens<'_>, words: &[&[u8]]) {
    assert!(
        flags
            .map(|flag| [&[flag.letter], flag.arg].concat())
            .eq(words.iter().copied())
    );
    for word in words {
        let first = words.iter().find(|other| other[0] == word[0]);
        assert_eq!(flags.arg_of(word[0]), first.map(|word| &word[1..]));
    }
}

fn shown(reply: &Reply<'_>) -> (String, Vec<Vec<u8>>, Vec<u8>) {
    let (code, flags) = match reply.head {
        Head::Status { code, flags } => (format!("{code:?}"), Some(flags)),
        Head::Value { len, flags } => (len.to_string(), Some(flags)),
        other => (format!("{other:?}"), None),
    };
    let flags = flags.into_iter().flatten();
    let words = flags.map(|flag| [&[flag.letter], flag.arg].concat());
    (code, words.collect(), reply.data.to_vec())
}

/// Base64 of any bytes comes back, and any text stands for what a second reader finds in it.
pub fn base64_check(data: &[u8]) {
    let mut room = vec![0; data.len().div_ceil(4) * 3];
    let bytes = base64::decode(data, &mut room).map(<[u8]>::to_vec);
    assert_eq!(bytes, meta_line::base64(data));
    if let Some(bytes) = bytes {
        assert!(base64::decode(data, &mut room[..bytes.len() - 1]).is_none());
    }
    let mut text = b"kept".to_vec();
    base64::encode(&mut text, data);
    let text = &text[4..];
    assert_eq!(text.len(), data.len().div_ceil(3) * 4);
    let mut room = vec![0; text.len()];
    let again = base64::decode(text, &mut room);
    assert_eq!(again, (!data.is_empty()).then_some(data));
}
