//! The text codec against recorded conversations of pecl/memcache and its servers: every request
//! and reply is decoded whole, byte by byte and cut in two at every place, and must come out the
//! same; every request printed again must give the recorded bytes.

use std::collections::BTreeMap;

use mcrs::codec::text::request::{self, Request};
use mcrs::codec::{Decoded, Limits};
use mcrs::conn::{Conn, Expect, Malformed, Piece};

use crate::recorded::{Exchange, recorded_exchanges};

/// Every text request over TCP that was recorded whole.
fn recorded() -> Vec<Exchange> {
    let mut exchanges = recorded_exchanges();
    exchanges.retain(|exchange| {
        let is_text = exchange.request.first().is_some_and(|&b| b != 0x80);
        is_text && !exchange.udp && exchange.whole
    });
    exchanges
}

/// The line of a request and the data behind it.
fn decode(bytes: &[u8]) -> Option<(Request<'_>, &[u8])> {
    match request::decode(bytes) {
        Ok(Decoded::Complete {
            value: Ok(request),
            consumed,
        }) => Some((request, &bytes[consumed..])),
        _ => None,
    }
}

#[test]
fn recorded_requests_read_back_to_the_byte() {
    let mut count = BTreeMap::<String, usize>::new();
    for Exchange { case, request, .. } in recorded() {
        let line_len = request
            .windows(2)
            .position(|w| w == b"\r\n")
            .expect("a line")
            + 2;
        for cut in 0..line_len {
            assert_eq!(
                request::decode(&request[..cut]),
                Ok(Decoded::Incomplete),
                "{case}"
            );
        }
        let (decoded, data) = decode(&request).unwrap_or_else(|| panic!("{case}"));
        if let Request::Store(store) = decoded {
            assert_eq!(data.len(), store.len as usize + 2, "{case}");
            assert!(data.ends_with(b"\r\n"), "{case}");
        } else {
            assert_eq!(data, b"", "{case}");
        }
        let mut printed = Vec::new();
        decoded.encode(&mut printed);
        // An exptime of 2^31 or more is read as a signed number, as servers do.
        let signed = matches!(decoded, Request::Store(store) if store.exptime < 0);
        if !signed {
            assert_eq!(
                printed.escape_ascii().to_string(),
                request[..line_len].escape_ascii().to_string(),
                "{case}"
            );
        }
        *count
            .entry(case.split('/').next().expect("a name").to_owned())
            .or_default() += 1;
    }
    assert!(count["ascii"] > 500, "{count:?}");
}

/// What a reply says when it arrives in the given pieces.
fn read(expect: Expect, pieces: &[&[u8]]) -> Result<(Vec<String>, bool), Malformed> {
    let mut conn = Conn::default();
    conn.push(1, expect, 1);
    conn.handle_sent(1);
    let mut said = Vec::new();
    for piece in pieces {
        for chunk in piece.chunks(16 * 1024) {
            conn.rx().space()[..chunk.len()].copy_from_slice(chunk);
            conn.rx().filled(chunk.len());
            while let Some(answer) = conn.peek(&Limits::REPLIES)? {
                said.push(match answer.piece {
                    Piece::Line(reply) => format!("{:?} {}", reply.kind, reply.line.escape_ascii()),
                    Piece::Value { head, data } => format!("{head:?} {}", data.escape_ascii()),
                    Piece::End => "END".to_owned(),
                    Piece::Stat(line) => line.escape_ascii().to_string(),
                });
                let step = answer.step();
                conn.advance(step);
            }
        }
    }
    Ok((said, conn.is_idle()))
}

#[test]
fn recorded_replies_say_the_same_however_they_are_cut() {
    let (mut checked, mut sound) = (0, 0);
    for Exchange {
        case,
        request,
        reply,
        scripted,
        ..
    } in recorded()
    {
        let Some((request, _)) = decode(&request) else {
            panic!("{case}")
        };
        let expect = match request {
            Request::Get { .. } => Expect::Values,
            Request::Stats { .. } => Expect::Stats,
            _ => Expect::Line,
        };
        let whole = read(expect, &[&reply]);
        if !scripted {
            let (said, finished) = whole.as_ref().unwrap_or_else(|m| panic!("{case}: {m:?}"));
            assert!(*finished && !said.is_empty(), "{case}: {said:?}");
            sound += 1;
        }
        let bytes: Vec<&[u8]> = reply.chunks(1).collect();
        assert_eq!(read(expect, &bytes), whole, "{case} byte by byte");
        for cut in 0..reply.len() {
            let (a, b) = reply.split_at(cut);
            assert_eq!(read(expect, &[a, b]), whole, "{case} cut at {cut}");
        }
        checked += 1;
    }
    assert!(
        checked > 600 && sound > 400,
        "{checked} replies, {sound} of them sound"
    );
}
