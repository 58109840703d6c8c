//! The binary codec against recorded conversations of pecl/memcache and its servers: every request
//! and reply is decoded whole and cut at every place; every request, and every reply of a sound
//! server, printed again must give the recorded bytes.

use std::collections::BTreeSet;

use mcrs::codec::binary::{Opcode, Reply, request};
use mcrs::codec::{Decoded, Limits};

use crate::recorded::{Exchange, recorded_exchanges};

/// Every binary request. Of a long one the end was not recorded, nor of a long reply.
fn recorded() -> Vec<Exchange> {
    let mut exchanges = recorded_exchanges();
    exchanges.retain(|exchange| exchange.request.first() == Some(&0x80));
    exchanges
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
