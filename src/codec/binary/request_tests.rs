use super::*;
use crate::codec::binary::opcode::Op::*;

/// Bytes from hex digits, with blanks and `'text'` between them.
pub(in crate::codec::binary) fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut parts = text.split('\'');
    while let Some(hex) = parts.next() {
        let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
        out.extend(digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8));
        out.extend_from_slice(parts.next().unwrap_or_default().as_bytes());
    }
    out
}

/// What [`decode`] makes of a request that [`decode_plain_get`] knows.
fn plain<'a>(
    (get, consumed): (PlainGet<'a>, usize),
    decoded: &Request<'a>,
) -> Decoded<Request<'a>> {
    let command = Command::Get {
        key: get.key,
        with_key: get.with_key,
    };
    let value = Request {
        quiet: get.quiet,
        opaque: get.opaque,
        cas: decoded.cas,
        command,
    };
    assert_eq!(value.opcode(), get.opcode);
    Decoded::Complete { value, consumed }
}

#[test]
fn a_plain_get_is_what_the_decoder_makes_of_it() {
    for code in 0..=u8::MAX {
        for (extras, key, value) in [
            (0, 5, 0),
            (0, 0, 0),
            (0, 250, 0),
            (0, 251, 0),
            (4, 1, 0),
            (0, 1, 1),
        ] {
            let mut bytes = vec![0; HEADER_LEN + extras + key + value];
            (bytes[0], bytes[1], bytes[4]) = (REQUEST_MAGIC, code, extras as u8);
            bytes[2..4].copy_from_slice(&(key as u16).to_be_bytes());
            bytes[8..12].copy_from_slice(&((extras + key + value) as u32).to_be_bytes());
            bytes[12..24].copy_from_slice(b"opaque cas id"[..12].as_ref());
            let short = decode_plain_get(&bytes);
            match decode(&bytes) {
                Ok(Decoded::Complete {
                    value: Ok(request),
                    consumed,
                }) => match request.command {
                    Command::Get { .. } => {
                        let short = short.expect("a get");
                        let value = request;
                        assert_eq!(
                            plain(short, &request),
                            Decoded::Complete { value, consumed }
                        );
                    }
                    _ => assert_eq!(short, None),
                },
                _ => assert_eq!(short, None),
            }
            for cut in 0..bytes.len().min(HEADER_LEN + extras + key) {
                assert_eq!(decode_plain_get(&bytes[..cut]), None);
            }
            bytes[0] += 1;
            assert_eq!(decode_plain_get(&bytes), None);
        }
    }
}

fn loud(command: Command<'_>) -> Request<'_> {
    Request {
        quiet: false,
        opaque: 0,
        cas: 0,
        command,
    }
}

/// Source: the examples of memcached doc/protocol-binary.txt, and for those with an opaque requests
/// that memcached 1.6.18 took.
fn examples() -> Vec<(Vec<u8>, Request<'static>)> {
    let header = |start: &str| format!("{start} 00000000 0000000000000000");
    let key = b"Hello";
    vec![
        (
            bytes(&(header("80000005 00000000 00000005") + "'Hello'")),
            loud(Command::Get {
                key,
                with_key: false,
            }),
        ),
        (
            bytes(&(header("80020005 08000000 00000012") + "deadbeef 00000e10 'Hello'")),
            loud(Command::Store {
                mode: StoreMode::Add,
                key,
                flags: 0xdead_beef,
                exptime: 3600,
                len: 5,
            }),
        ),
        (
            bytes(&(header("80040005 00000000 00000005") + "'Hello'")),
            loud(Command::Delete { key }),
        ),
        (
            bytes(
                &(header("80050007 14000000 0000001b")
                    + "0000000000000001 0000000000000000 00000e10 'counter'"),
            ),
            loud(Command::Arith {
                verb: ArithVerb::Incr,
                key: b"counter",
                delta: 1,
                initial: 0,
                exptime: 3600,
            }),
        ),
        (
            bytes(&header("80070000 00000000 00000000")),
            loud(Command::Quit),
        ),
        (
            bytes(&(header("80080000 04000000 00000004") + "00000e10")),
            loud(Command::Flush {
                exptime: Some(3600),
            }),
        ),
        (
            bytes(&header("800a0000 00000000 00000000")),
            loud(Command::Noop),
        ),
        (
            bytes(&header("800b0000 00000000 00000000")),
            loud(Command::Version),
        ),
        (
            bytes(&(header("800e0005 00000000 00000006") + "'Hello'")),
            loud(Command::Store {
                mode: StoreMode::Append,
                key,
                flags: 0,
                exptime: 0,
                len: 1,
            }),
        ),
        (
            bytes(&header("80100000 00000000 00000000")),
            loud(Command::Stat { group: b"" }),
        ),
        (
            bytes("80240005 04000000 00000009 deadbeef 0000000000000007 ffffffff 'Hello'"),
            Request {
                quiet: true,
                opaque: 0xdead_beef,
                cas: 7,
                command: Command::GetAndTouch {
                    key,
                    with_key: true,
                    exptime: u32::MAX,
                },
            },
        ),
        (
            bytes("80210005 00000000 00000008 00000001 0000000000000000 'PLAIN'"),
            Request {
                opaque: 1,
                ..loud(Command::Sasl {
                    step: false,
                    mechanism: b"PLAIN",
                    len: 3,
                })
            },
        ),
    ]
}

#[test]
fn examples_read_and_print_at_every_split() {
    for (bytes, request) in examples() {
        for cut in 0..bytes.len() {
            let part = decode(&bytes[..cut]);
            assert_eq!(part, Ok(Decoded::Incomplete), "{request:?} cut at {cut}");
        }
        let mut more = bytes.clone();
        more.extend_from_slice(b"value and next request");
        assert_eq!(
            decode(&more),
            Ok(Decoded::Complete {
                value: Ok(request),
                consumed: bytes.len()
            })
        );
        let mut out = b"kept".to_vec();
        request.encode(&mut out);
        assert_eq!(out[4..], bytes, "{request:?}");
        assert_eq!(request.opcode(), bytes[1]);
    }
}

/// A header alone.
fn header(opcode: u8, extras_len: u8, key_len: u16, body_len: u32) -> Header {
    Header {
        magic: REQUEST_MAGIC,
        opcode,
        key_len,
        extras_len,
        status: 0x0102,
        body_len,
        opaque: 0x0a0b_0c0d,
        cas: 0,
    }
}

fn refused(header: Header) -> Option<(Status, u32, bool)> {
    let mut buf = Vec::new();
    header.encode(&mut buf);
    buf[5] = 7;
    match decode(&buf) {
        Ok(Decoded::Complete {
            value: Err(bad),
            consumed: HEADER_LEN,
        }) => {
            assert_eq!((bad.opcode, bad.opaque), (header.opcode, header.opaque));
            Some((bad.status, bad.swallow, bad.close))
        }
        Ok(Decoded::Complete { value: Ok(_), .. } | Decoded::Incomplete) => None,
        other => panic!("{other:?}"),
    }
}

/// Source: memcached 1.6.18, measured.
#[test]
fn headers_that_lie_are_refused() {
    let invalid = Some((Status::INVALID_ARGUMENTS, 0, true));
    for (opcode, extras_len, key_len, body_len) in [
        (0x00, 4, 1, 5),
        (0x00, 0, 1, 2),
        (0x00, 0, 0, 0),
        (0x00, 0, 251, 251),
        (0x01, 0, 1, 2),
        (0x01, 4, 1, 6),
        (0x01, 8, 0, 9),
        (0x01, 8, 251, 260),
        (0x04, 4, 2, 6),
        (0x04, 0, 2, 3),
        (0x05, 16, 1, 17),
        (0x05, 20, 1, 22),
        (0x07, 0, 1, 1),
        (0x08, 3, 0, 3),
        (0x08, 0, 1, 1),
        (0x0a, 0, 1, 1),
        (0x0a, 1, 0, 1),
        (0x0a, 0, 0, 1),
        (0x0b, 0, 1, 1),
        (0x0e, 1, 1, 3),
        (0x0e, 0, 0, 1),
        (0x10, 1, 0, 1),
        (0x1c, 0, 1, 1),
        (0x1c, 4, 0, 4),
        (0x1d, 4, 1, 7),
        (0x00, 0, 1, 0x4000_0001),
        (0x01, 8, 1, 0x4000_0001),
        (0x25, 0, 0, 0x4000_0001),
    ] {
        let lies = header(opcode, extras_len, key_len, body_len);
        assert_eq!(refused(lies), invalid, "{lies:?}");
    }
    for short in [header(0x00, 0, 3, 2), header(0x01, 8, 3, 10)] {
        let unknown = Some((Status::UNKNOWN_COMMAND, 0, true));
        assert_eq!(refused(short), unknown, "{short:?}");
    }
    for (opcode, extras_len, key_len, body_len) in [
        (0x25, 0, 0, 0),
        (0x25, 1, 1, 4),
        (0xff, 0, 0, 0),
        (0x30, 0, 1, 1),
        (0x1f, 0, 300, 500),
    ] {
        let unknown = Some((Status::UNKNOWN_COMMAND, body_len, false));
        let header = header(opcode, extras_len, key_len, body_len);
        assert_eq!(refused(header), unknown, "{header:?}");
    }
    for good in [
        header(0x00, 0, 250, 250),
        header(0x01, 8, 1, 0x4000_0000),
        header(0x0e, 0, 1, 1),
        header(0x08, 0, 0, 0),
        header(0x1b, 0, 0, 0),
        header(0x1b, 4, 0, 4),
    ] {
        assert_eq!(refused(good), None, "{good:?}");
    }
}

#[test]
fn another_first_byte_is_no_request() {
    for magic in (0..=u8::MAX).filter(|&magic| magic != REQUEST_MAGIC) {
        let error = decode(&[magic]).map(|_| ()).expect_err("decoded");
        assert_eq!(error.kind, DecodeErrorKind::BadMagic);
    }
}

/// The table of mcrsd.md section 4 once more: extras, key (0 none, 1 some, 2 either), value
/// likewise.
const SHAPES: &[(Op, &[u8], u8, u8)] = &[
    (Get, &[0], 1, 0),
    (GetK, &[0], 1, 0),
    (Set, &[8], 1, 2),
    (Add, &[8], 1, 2),
    (Replace, &[8], 1, 2),
    (Delete, &[0], 1, 0),
    (Incr, &[20], 1, 0),
    (Decr, &[20], 1, 0),
    (Quit, &[0], 0, 0),
    (Flush, &[0, 4], 0, 0),
    (Noop, &[0], 0, 0),
    (Version, &[0], 0, 0),
    (Append, &[0], 1, 2),
    (Prepend, &[0], 1, 2),
    (Stat, &[0], 2, 0),
    (Verbosity, &[0, 4], 0, 0),
    (Touch, &[4], 1, 0),
    (Gat, &[4], 1, 0),
    (GatK, &[4], 1, 0),
    (SaslList, &[0], 0, 0),
    (SaslAuth, &[0], 1, 2),
    (SaslStep, &[0], 1, 2),
];

/// Numbers that look random and are the same each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// Whether a table allows a length.
fn fits(rule: u8, len: u32) -> bool {
    rule == 2 || (rule == 1) == (len > 0)
}

#[test]
fn any_header_is_read_as_the_slow_reader_reads_it() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut good, mut bad) = (0, 0);
    for _ in 0..60_000 {
        let extras_len = [0, 4, 8, 20, random.next() as u8][random.below(5) as usize];
        let key_len = [0, 1, 5, 250, 251, random.below(2000) as u16][random.below(6) as usize];
        let front = u32::from(extras_len) + u32::from(key_len);
        let body_len = match random.below(8) {
            0 => random.next() as u32,
            1 => front.saturating_sub(1),
            2 => front + random.below(100) as u32,
            _ => front,
        };
        let head = header(random.below(0x28) as u8, extras_len, key_len, body_len);
        let mut buf = Vec::new();
        head.encode(&mut buf);
        buf.resize(head.head_len(), 0);
        for byte in &mut buf[HEADER_LEN..] {
            *byte = random.next() as u8;
        }
        let shape = |op: Op| SHAPES.iter().find(|shape| shape.0 == op);
        let opcode = Opcode::from_wire(head.opcode);
        let want = if body_len > 1 << 30 {
            Some((Status::INVALID_ARGUMENTS, 0, true))
        } else if body_len < front {
            Some((Status::UNKNOWN_COMMAND, 0, true))
        } else if let Some((_, extras, key, value)) = opcode.and_then(|code| shape(code.op)) {
            let allowed = extras.contains(&extras_len)
                && fits(*key, key_len.into())
                && key_len <= 250
                && fits(*value, body_len - front);
            (!allowed).then_some((Status::INVALID_ARGUMENTS, 0, true))
        } else {
            Some((Status::UNKNOWN_COMMAND, body_len, false))
        };
        assert_eq!(refused(head), want, "{head:?}");
        match decode(&buf) {
            Ok(Decoded::Complete {
                value: Ok(request),
                consumed,
            }) => {
                assert_eq!(consumed, buf.len());
                assert_eq!(Some(request.command.op()), opcode.map(|code| code.op));
                let mut out = Vec::new();
                request.encode(&mut out);
                // The reserved field is not kept.
                assert_eq!((&out[..6], &out[8..]), (&buf[..6], &buf[8..]));
                good += 1;
            }
            Ok(Decoded::Complete { value: Err(_), .. }) => bad += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(good > 2_000 && bad > 20_000, "{good} good, {bad} bad");
}
