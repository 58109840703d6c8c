use super::*;

fn one(buf: &[u8]) -> Result<Request<'_>, BadRequest> {
    match decode(buf) {
        Ok(Decoded::Complete { value, consumed }) if consumed == buf.len() => value,
        other => panic!("{other:?} for {:?}", buf.escape_ascii().to_string()),
    }
}

/// Request lines in the form in which they are printed.
const PRINTED: &[&str] = &[
    "get a",
    "gets a b c",
    "gat 0 a",
    "gats -1 a b",
    "set k 0 0 5",
    "set k 4294967295 -1 0 noreply",
    "add k 1 2 3",
    "replace k 1 2592001 3",
    "append k 0 0 1",
    "prepend k 0 0 1 noreply",
    "cas k 0 0 1 18446744073709551615",
    "cas k 0 0 1 7 noreply",
    "delete k",
    "delete k noreply",
    "incr k 1",
    "decr k 18446744073709551615 noreply",
    "touch k 100",
    "touch k -1 noreply",
    "flush_all",
    "flush_all 10",
    "flush_all noreply",
    "flush_all -5 noreply",
    "verbosity 1",
    "stats",
    "stats cachedump 1 0",
    "mg a v t T30 O7",
    "mg YQ== b k",
    "ms a 5 q MA F7",
    "md a I q",
    "ma a N0 J5 v",
    "me YQ== b",
    "mn",
    "version",
    "quit",
    "cache_memlimit 100 noreply",
    "lru mode flat",
];

#[test]
fn printed_requests_read_back() {
    for line in PRINTED {
        let bytes = format!("{line}\r\n").into_bytes();
        let mut out = Vec::new();
        one(&bytes)
            .unwrap_or_else(|bad| panic!("{line}: {bad:?}"))
            .encode(&mut out);
        assert_eq!(
            out.escape_ascii().to_string(),
            bytes.escape_ascii().to_string()
        );
    }
}

#[test]
fn a_request_cut_anywhere_is_incomplete() {
    for line in PRINTED {
        let bytes = format!("{line}\r\n").into_bytes();
        for cut in 0..bytes.len() {
            assert_eq!(
                decode(&bytes[..cut]),
                Ok(Decoded::Incomplete),
                "{line} cut at {cut}"
            );
        }
        let mut more = bytes.clone();
        more.extend_from_slice(b"get next\r\n");
        let Ok(Decoded::Complete { consumed, .. }) = decode(&more) else {
            panic!("{line}")
        };
        assert_eq!(consumed, bytes.len());
    }
}

#[test]
fn bare_lf_and_runs_of_blanks_are_fine() {
    assert_eq!(one(b"get a\n"), one(b"get a\r\n"));
    let Ok(Request::Store(store)) = one(b"set   k  +5 007   3 \r\n") else {
        panic!()
    };
    assert_eq!(
        (store.key, store.flags, store.exptime, store.len),
        (&b"k"[..], 5, 7, 3)
    );
}

#[test]
fn storage_numbers_are_cut_as_c_cuts_them() {
    let Ok(Request::Store(store)) = one(b"set k 4294967297 2147483648 1\r\n") else {
        panic!()
    };
    assert_eq!((store.flags, store.exptime), (1, i64::from(i32::MIN)));
}

#[test]
fn surplus_words_are_ignored() {
    assert_eq!(one(b"delete k 0\r\n"), one(b"delete k\r\n"));
    assert_eq!(one(b"set k 0 0 1 x\r\n"), one(b"set k 0 0 1\r\n"));
}

#[test]
fn short_lines_and_unknown_words_have_their_own_answers() {
    for short in [&b"\r\n"[..], b"x\r\n", b"mn\n", b"\n"] {
        assert_eq!(one(short), Err(BadRequest::FORMAT), "{short:?}");
    }
    assert_eq!(one(b"    \r\n"), Err(BadRequest::UNKNOWN));
    assert!(matches!(
        one(b"nope\r\n"),
        Ok(Request::Admin {
            verb: b"nope",
            noreply: false,
            ..
        })
    ));
    assert!(matches!(
        one(b"nope noreply\r\n"),
        Ok(Request::Admin { noreply: true, .. })
    ));
    // By itself it is a verb like any other.
    for alone in [&b"noreply\r\n"[..], b"  noreply\r\n"] {
        assert!(matches!(
            one(alone),
            Ok(Request::Admin { noreply: false, .. })
        ));
    }
    assert!(one(b"GET / HTTP/1.1\r\n").unwrap_err().close);
    assert!(one(b"delete HTTP/1.1\r\n").is_ok());
}

#[test]
fn noreply_is_one_of_the_first_23_words_or_none() {
    let silent = |surplus: usize| {
        let line = format!("delete k{} noreply\r\n", " x".repeat(surplus));
        match one(line.as_bytes()) {
            Ok(Request::Delete { noreply, .. }) => noreply,
            other => panic!("{other:?}"),
        }
    };
    assert!(silent(20));
    assert!(!silent(21));
}

#[test]
fn lines_with_too_few_words_or_bad_numbers_are_refused() {
    for (line, reply, swallow) in [
        ("get", BAD_FORMAT, 0),
        ("gats 1", BAD_FORMAT, 0),
        ("gat x k", BAD_EXPTIME, 0),
        ("set k 0 0", BAD_FORMAT, 0),
        ("set k 0 0 -1", BAD_FORMAT, 0),
        ("set k 0 0 2147483646", BAD_FORMAT, 0),
        ("set k x 0 3", BAD_FORMAT, 5),
        ("set k -1 0 3", BAD_FORMAT, 5),
        ("set k 0 x 3", BAD_FORMAT, 5),
        ("cas k 0 0 3", BAD_FORMAT, 5),
        ("cas k 0 0 3 x", BAD_FORMAT, 5),
        ("delete", BAD_FORMAT, 0),
        ("incr k", BAD_FORMAT, 0),
        ("incr k -1", BAD_DELTA, 0),
        ("decr k 18446744073709551616", BAD_DELTA, 0),
        ("touch k", BAD_FORMAT, 0),
        ("touch k 2147483648", BAD_EXPTIME, 0),
        ("flush_all x", BAD_EXPTIME, 0),
        ("verbosity", BAD_FORMAT, 0),
        ("verbosity x", BAD_FORMAT, 0),
    ] {
        let bytes = format!("{line}\r\n").into_bytes();
        let bad = one(&bytes).expect_err(line);
        assert_eq!(
            (bad.reply, bad.swallow, bad.close),
            (reply, swallow, false),
            "{line}"
        );
    }
}

#[test]
fn long_keys_are_refused_and_storage_data_swallowed() {
    let key = "k".repeat(251);
    let refused = |line: String| {
        one(format!("{line}\r\n").as_bytes())
            .map(|_| ())
            .expect_err(&line)
    };
    assert_eq!(refused(format!("set {key} 0 0 10 noreply")).swallow, 12);
    assert!(refused(format!("set {key} 0 0 10 noreply")).noreply);
    assert_eq!(refused(format!("delete {key}")).reply, BAD_FORMAT);
    let line = format!("get a {key} b\r\n").into_bytes();
    let Ok(Request::Get { keys, .. }) = one(&line) else {
        panic!()
    };
    assert_eq!(
        keys.collect::<Vec<_>>(),
        [Ok(&b"a"[..]), Err(KeyTooLong), Ok(b"b")]
    );
}

#[test]
fn endless_lines_are_an_error_unless_they_are_gets() {
    assert!(decode(&[b'x'; MAX_LINE_LEN + 1]).is_err());
    assert_eq!(decode(&[b'x'; MAX_LINE_LEN]), Ok(Decoded::Incomplete));
    let mut get = b" get ".to_vec();
    get.resize(100_000, b'k');
    assert_eq!(decode(&get), Ok(Decoded::Incomplete));
    let mut blanks = vec![b' '; 101];
    blanks.extend_from_slice(&get);
    assert!(decode(&blanks).is_err());
    let mut gat = b"gat 0 ".to_vec();
    gat.resize(100_000, b'k');
    assert!(decode(&gat).is_err());
}
