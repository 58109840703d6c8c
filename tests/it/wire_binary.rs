//! The binary codec against recorded conversations of pecl/memcache and its servers: every request
//! and reply is decoded whole and cut at every place; every request, and every reply of a sound
//! server, printed again must give the recorded bytes.

use std::collections::BTreeSet;

use mcrs::codec::binary::{Opcode, Reply, request};
use mcrs::codec::{Decoded, Limits};
use serde_json::Value;

/// A request and what was answered to it.
struct Exchange {
    case: String,
    request: Vec<u8>,
    reply: Vec<u8>,
    /// The reply was made up for the case; it may be rubbish.
    scripted: bool,
}

/// Bytes in hex; long ones were recorded without their end.
fn unhex(hex: &str) -> Option<Vec<u8>> {
    let byte = |i: usize| u8::from_str_radix(hex.get(i..i + 2)?, 16).ok();
    (0..hex.len()).step_by(2).map(byte).collect()
}

fn recorded() -> Vec<Exchange> {
    let path = mcrs_testkit::workspace().join("tests/php/vectors/wire.json");
    let text = std::fs::read_to_string(path).expect("the vectors");
    let json: Value = serde_json::from_str(&text).expect("json");
    let mut out = Vec::new();
    for case in json["cases"].as_array().expect("cases") {
        for wire in case["wire"].as_array().expect("a list") {
            let text = |name: &str| wire[name].as_str().and_then(unhex);
            let Some(request) = text("q").filter(|q| q.first() == Some(&0x80)) else {
                continue;
            };
            out.push(Exchange {
                case: case["id"].as_str().expect("an id").to_owned(),
                request,
                reply: text("a").unwrap_or_default(),
                scripted: !case["scripts"].is_null(),
            });
        }
    }
    out
}

#[test]
fn recorded_binary_requests_read_back_to_the_byte() {
    let (mut count, mut opcodes) = (0, BTreeSet::new());
    for Exchange { case, request, .. } in recorded() {
        let Ok(Decoded::Complete {
            value: Ok(decoded),
            consumed,
        }) = request::decode(&request)
        else {
            panic!("{case}: {}", request.escape_ascii())
        };
        for cut in 0..consumed {
            let part = request::decode(&request[..cut]);
            assert_eq!(part, Ok(Decoded::Incomplete), "{case} cut at {cut}");
        }
        let mut printed = Vec::new();
        decoded.encode(&mut printed);
        printed.extend_from_slice(&request[consumed..]);
        assert_eq!(printed, request, "{case}");
        opcodes.insert(request[1]);
        count += 1;
    }
    assert!(
        count > 500 && opcodes.len() >= 12,
        "{count} of {opcodes:02x?}"
    );
}

/// What the first replies in `buf` say, and how many bytes they take.
fn read(mut buf: &[u8]) -> (Vec<String>, usize) {
    let (mut said, mut taken) = (Vec::new(), 0);
    while let Ok(Decoded::Complete { value, consumed }) = Reply::decode(buf, &Limits::REPLIES) {
        said.push(format!("{value:?}"));
        taken += consumed;
        buf = &buf[consumed..];
    }
    (said, taken)
}

#[test]
fn recorded_binary_replies_say_the_same_however_they_are_cut() {
    let (mut replies, mut sound) = (0, 0);
    for exchange in recorded() {
        let (case, reply) = (&exchange.case, &exchange.reply[..]);
        let (whole, len) = read(reply);
        if !exchange.scripted {
            assert_eq!(len, reply.len(), "{case}");
            let mut printed = Vec::new();
            let mut rest = reply;
            while let Ok(Decoded::Complete { value, consumed }) =
                Reply::decode(rest, &Limits::REPLIES)
            {
                assert!(Opcode::from_wire(value.head.opcode).is_some(), "{case}");
                value.head.encode(&mut printed);
                printed.extend_from_slice(value.value);
                rest = &rest[consumed..];
                sound += 1;
            }
            assert_eq!(printed, reply, "{case}");
        }
        for cut in 0..reply.len() {
            let (mut said, taken) = read(&reply[..cut]);
            assert!(taken <= cut);
            said.extend(read(&reply[taken..]).0);
            assert_eq!(said, whole, "{case} cut at {cut}");
        }
        replies += whole.len();
    }
    assert!(replies > 400 && sound > 300, "{replies}, {sound} sound");
}
