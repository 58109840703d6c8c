//! The text codec against recorded conversations of pecl/memcache and its servers: every request
//! and reply is decoded whole, byte by byte and cut in two at every place, and must come out the
//! same; every request printed again must give the recorded bytes.

use std::collections::BTreeMap;

use mcrs::codec::text::request::{self, Request};
use mcrs::codec::{Decoded, Limits};
use mcrs::conn::{Conn, Expect, Malformed, Piece};
use serde_json::Value;

/// A request and what was answered to it.
struct Exchange {
    case: String,
    request: Vec<u8>,
    reply: Vec<u8>,
    /// The reply was made up for the case; it may be rubbish.
    scripted: bool,
}

fn unhex(hex: &str) -> Option<Vec<u8>> {
    let byte = |i: usize| u8::from_str_radix(hex.get(i..i + 2)?, 16).ok();
    (0..hex.len()).step_by(2).map(byte).collect()
}

/// Every text request over TCP that was recorded whole.
fn recorded() -> Vec<Exchange> {
    let path = mcrs_testkit::workspace().join("tests/php/vectors/wire.json");
    let text = std::fs::read_to_string(path).expect("the vectors");
    let json: Value = serde_json::from_str(&text).expect("json");
    let mut out = Vec::new();
    for case in json["cases"].as_array().expect("cases") {
        for wire in case["wire"].as_array().expect("a list") {
            let text = |name: &str| wire[name].as_str().and_then(unhex);
            let (Some(request), Some(reply)) = (text("q"), text("a")) else {
                continue;
            };
            if request.first().is_none_or(|&b| b == 0x80) || !wire["udp"].is_null() {
                continue;
            }
            // The recorder put T's where the time of the recording stood.
            let mut request = request;
            if let Some(at) = request.windows(10).position(|w| w == b"TTTTTTTTTT") {
                request[at..at + 10].copy_from_slice(b"1755000000");
            }
            out.push(Exchange {
                case: case["id"].as_str().expect("an id").to_owned(),
                request,
                reply,
                scripted: !case["scripts"].is_null(),
            });
        }
    }
    out
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
