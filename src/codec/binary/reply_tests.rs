use super::super::request::bytes;
use super::*;

const LIMITS: Limits = Limits {
    max_line_len: 100,
    max_value_len: 1000,
};

/// Source: memcached doc/protocol-binary.txt, its examples (two of which it miscounts: the body of
/// a hit with key is 14 bytes long), and memcached 1.6.18, measured, where there is an opaque.
fn examples() -> Vec<(Vec<u8>, Reply<'static>)> {
    let head = Head {
        opcode: 0,
        status: Status::OK,
        opaque: 0,
        cas: 0,
        extras: b"",
        key: b"",
        value_len: 0,
    };
    let with = |head: Head<'static>, value: &'static [u8]| Reply {
        head: Head {
            value_len: value.len() as u32,
            ..head
        },
        value,
    };
    let hit = Head {
        cas: 1,
        extras: b"\xde\xad\xbe\xef",
        ..head
    };
    vec![
        (
            bytes("81000000 00000001 00000009 00000000 0000000000000000 'Not found'"),
            with(
                Head {
                    status: Status::NOT_FOUND,
                    ..head
                },
                b"Not found",
            ),
        ),
        (
            bytes("81000000 04000000 00000009 00000000 0000000000000001 deadbeef 'World'"),
            with(hit, b"World"),
        ),
        (
            bytes("810c0005 04000000 0000000e 00000000 0000000000000001 deadbeef 'HelloWorld'"),
            with(
                Head {
                    opcode: 0x0c,
                    key: b"Hello",
                    ..hit
                },
                b"World",
            ),
        ),
        (
            bytes("81020000 00000000 00000000 00000000 0000000000000001"),
            with(
                Head {
                    opcode: 2,
                    cas: 1,
                    ..head
                },
                b"",
            ),
        ),
        (
            bytes("81050000 00000000 00000008 00000000 0000000000000005 0000000000000000"),
            with(
                Head {
                    opcode: 5,
                    cas: 5,
                    ..head
                },
                &[0; 8],
            ),
        ),
        (
            bytes("810c0002 00000001 00000002 deadbeef 0000000000000000 'zz'"),
            with(
                Head {
                    opcode: 0x0c,
                    status: Status::NOT_FOUND,
                    opaque: 0xdead_beef,
                    key: b"zz",
                    ..head
                },
                b"",
            ),
        ),
        (
            bytes("8110000c 00000000 00000014 deadbeef 0000000000000000 'sizes_statusdisabled'"),
            with(
                Head {
                    opcode: 0x10,
                    opaque: 0xdead_beef,
                    key: b"sizes_status",
                    ..head
                },
                b"disabled",
            ),
        ),
    ]
}

#[test]
fn examples_read_and_print_at_every_split() {
    for (bytes, reply) in examples() {
        for cut in 0..bytes.len() {
            let part = Reply::decode(&bytes[..cut], &LIMITS);
            assert_eq!(part, Ok(Decoded::Incomplete), "{reply:?} cut at {cut}");
        }
        let mut more = bytes.clone();
        more.push(REPLY_MAGIC);
        assert_eq!(
            Reply::decode(&more, &LIMITS),
            Ok(Decoded::Complete {
                value: reply,
                consumed: bytes.len()
            })
        );
        let mut out = b"kept".to_vec();
        reply.head.encode(&mut out);
        out.extend_from_slice(reply.value);
        assert_eq!(out[4..], bytes, "{reply:?}");
    }
}

#[test]
fn flags_and_numbers_are_where_they_are_expected() {
    let all = examples();
    assert_eq!(all[1].1.flags(), Some(0xdead_beef));
    assert_eq!(all[0].1.flags(), None);
    assert_eq!(all[4].1.number(), Some(0));
    assert_eq!(all[0].1.number(), None);
}

/// Source: memcached 1.6.18, measured.
#[test]
fn statuses_have_their_words() {
    for (status, text) in [
        (0x00, ""),
        (0x01, "Not found"),
        (0x02, "Data exists for key."),
        (0x03, "Too large."),
        (0x04, "Invalid arguments"),
        (0x05, "Not stored."),
        (0x06, "Non-numeric server-side value for incr or decr"),
        (0x20, "Auth failure."),
        (0x21, ""),
        (0x81, "Unknown command"),
        (0x82, "Out of memory allocating item"),
        (0x7fff, ""),
    ] {
        assert_eq!(Status(status).text(), text);
    }
}

#[test]
fn rubbish_instead_of_a_reply_is_an_error() {
    use DecodeErrorKind::*;
    let start = |rest: &str| bytes(&format!("{rest} 00000000 0000000000000000"));
    for (buf, kind) in [
        (b"STORED\r\n".to_vec(), BadMagic),
        (vec![0x80], BadMagic),
        (start("81000005 04000000 00000008"), BodyTooShort),
        (start("81000000 00000000 000003e9"), ValueTooLong),
        (start("8100ffff ff000000 ffffffff"), ValueTooLong),
    ] {
        let error = Reply::decode(&buf, &LIMITS).expect_err("decoded");
        assert_eq!(error.kind, kind, "{}", buf.escape_ascii());
    }
    let most = start("81000000 00000000 000003e8");
    assert_eq!(Reply::decode(&most, &LIMITS), Ok(Decoded::Incomplete));
}
