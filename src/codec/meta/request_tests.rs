use super::*;
use crate::codec::meta::flags::{Flag, push_number, push_signed, push_token};
use crate::codec::meta::{KeyBuf, MAX_BINARY_KEY_LEN, base64};

fn one(line: &[u8]) -> Result<Request<'_>, BadRequest> {
    let mut words = Words::new(line);
    let verb = words.next().and_then(Verb::from_word);
    parse(verb.expect("a meta command"), words)
}

fn refused(line: &str) -> (&'static str, u64) {
    let bad = one(line.as_bytes()).map(|_| ()).expect_err(line);
    assert!(!bad.noreply && !bad.close, "{line}");
    (bad.reply, bad.swallow)
}

/// What a request says, in one line.
fn shown(request: &Request<'_>) -> String {
    let mut buf = KeyBuf::default();
    let mut key = |key: &Key<'_>| key.bytes(&mut buf).escape_ascii().to_string();
    let listed = |flags: &Flags<'_>| {
        let flag = |f: Flag<'_>| format!(" {}{}", char::from(f.letter), f.arg.escape_ascii());
        flags.tokens().map(flag).collect::<String>()
    };
    match request {
        Request::Get { key: k, flags } => format!("get {}{}", key(k), listed(flags)),
        Request::Store(s) => {
            format!("{:?} {} {}{}", s.mode, key(&s.key), s.len, listed(&s.flags))
        }
        Request::Delete { key: k, flags } => format!("delete {}{}", key(k), listed(flags)),
        Request::Arith {
            key: k,
            verb,
            flags,
        } => format!("{} {}{}", verb.name(), key(k), listed(flags)),
        Request::Debug { key: k } => format!("debug {}", key(k)),
        Request::Noop => "noop".into(),
    }
}

/// Source: memcached 1.6.18 took these lines; measured.
#[test]
fn requests_read_as_memcached_reads_them() {
    for (line, said) in [
        ("mg a", "get a"),
        ("mg  a   k ", "get a k"),
        ("mg a s v Oopaque T30 k", "get a s v Oopaque T30 k"),
        ("mg YQ== b k O2", "get a b k O2"),
        ("mg YR== b k", "get a b k"),
        ("mg a O", "get a O"),
        ("mg a P L I x Mx J1 D2 F3", "get a P L I x Mx J1 D2 F3"),
        ("mg noreply", "get noreply"),
        ("ms a 2 ", "Set a 2"),
        ("ms a 0 T0 F4294967295", "Set a 0 T0 F4294967295"),
        ("ms a 2 MS", "Set a 2 MS"),
        ("ms a 2 ME q", "Add a 2 ME q"),
        ("ms a 2 MA N100 F7", "Append a 2 MA N100 F7"),
        ("ms a 2 MP", "Prepend a 2 MP"),
        ("ms a 2 MR C7", "Replace a 2 MR C7"),
        ("ms a 2147483645", "Set a 2147483645"),
        ("ms YQ== 2 O1 k c b t f s", "Set a 2 O1 k c b t f s"),
        ("md a C1 O1 k q", "delete a C1 O1 k q"),
        ("md a I T-1 x", "delete a I T-1 x"),
        ("ma a", "incr a"),
        ("ma a MI N0 J7 D3 v", "incr a MI N0 J7 D3 v"),
        ("ma a M+", "incr a M+"),
        ("ma a M-", "decr a M-"),
        ("ma a MD", "decr a MD"),
        ("me a", "debug a"),
        ("me a z", "debug a"),
        ("me YQ== b k", "debug a"),
        ("me YQ== b", "debug a"),
        ("mn", "noop"),
        ("mn x", "noop"),
        ("mn noreply", "noop"),
    ] {
        let request = one(line.as_bytes()).unwrap_or_else(|bad| panic!("{line}: {bad:?}"));
        assert_eq!(shown(&request), said, "{line}");
    }
}

/// Source: memcached 1.6.18, measured; 1.6.45 where mcrsd.md 3.1 says otherwise.
#[test]
fn bad_flags_have_their_own_answers() {
    const FORMAT: &str = "CLIENT_ERROR bad command line format";
    const TOKEN: &str = "CLIENT_ERROR bad token in command line format";
    const KEY: &str = "CLIENT_ERROR error decoding key";
    const DUPLICATE: &str = "CLIENT_ERROR duplicate flag";
    const UNKNOWN: &str = "CLIENT_ERROR invalid flag";
    const TOO_MANY: &str = "CLIENT_ERROR options flags are too long";
    const INITIAL: &str = "CLIENT_ERROR invalid numeric initial value";
    const DELTA: &str = "CLIENT_ERROR invalid numeric delta value";
    const OPAQUE: &str = "CLIENT_ERROR opaque token too long";
    let long = format!("O{}", "x".repeat(32));
    let many = " z".repeat(19);
    for (flags, reply) in [
        ("Fx", FORMAT),
        ("F-1", FORMAT),
        ("F4294967296", FORMAT),
        ("F", FORMAT),
        ("-", FORMAT),
        ("~", FORMAT),
        ("t t -", FORMAT),
        ("Tx \x7f", FORMAT),
        ("[", UNKNOWN),
        ("5", UNKNOWN),
        ("p", UNKNOWN),
        ("noreply", UNKNOWN),
        ("k k", DUPLICATE),
        ("T1 T2", DUPLICATE),
        ("Tx t t", DUPLICATE),
        ("t t z", DUPLICATE),
        ("z t t", UNKNOWN),
        ("Tx z", UNKNOWN),
        ("b", KEY),
        ("Tx b", KEY),
        ("b Tx", TOKEN),
        ("b Fx", KEY),
        ("Fx b", KEY),
        ("Tx Fx", TOKEN),
        ("T", TOKEN),
        ("T-", TOKEN),
        ("T+5", TOKEN),
        ("T2147483648", TOKEN),
        ("Nx", TOKEN),
        ("N", TOKEN),
        ("Rx", TOKEN),
        ("C", TOKEN),
        ("C-1", TOKEN),
        ("C18446744073709551616", TOKEN),
        ("E", TOKEN),
        ("Ex", TOKEN),
        ("J", INITIAL),
        ("J-1", INITIAL),
        ("Dx", DELTA),
        ("Jx Dx", DELTA),
        ("Dx Jx", INITIAL),
        ("Dx Tx", TOKEN),
        (&long, OPAQUE),
        (&format!("{long} Tx"), TOKEN),
        (&format!("Tx{many}"), TOO_MANY),
    ] {
        for verb in ["mg", "md"] {
            assert_eq!(refused(&format!("{verb} a {flags}")), (reply, 0), "{flags}");
        }
        let line = format!("ms a 2 {flags}");
        assert_eq!(refused(&line), (reply, 4), "{flags}");
        let arith = match reply {
            _ if flags.contains('F') => "CLIENT_ERROR invalid or duplicate flag",
            FORMAT | TOO_MANY | OPAQUE => reply,
            _ => "CLIENT_ERROR invalid or duplicate flag",
        };
        assert_eq!(refused(&format!("ma a {flags}")), (arith, 0), "{flags}");
    }
}

#[test]
fn the_number_of_words_has_a_limit() {
    let flags = " k O q v s f c t l h u P L I x Mx C1 T0";
    assert!(one(format!("mg a{flags}").as_bytes()).is_ok());
    assert!(one(format!("ms a 2{}", flags.replace("Mx C1", "MS")).as_bytes()).is_ok());
    let reply = "CLIENT_ERROR options flags are too long";
    assert_eq!(refused(&format!("mg a{flags} F1")), (reply, 0));
    assert_eq!(refused(&format!("ms a 2{flags}")), (reply, 4));
}

#[test]
fn lines_without_key_or_length_are_refused_and_swallow_nothing() {
    let format = BadRequest::FORMAT.reply;
    for line in [
        "mg",
        "ms",
        "md",
        "ma",
        "me",
        "ms a",
        "ms a x",
        "ms a -1",
        "ms a S1",
        "ms a x z",
        "ms a +1",
        "ms a 2147483646",
        "ms a T0",
    ] {
        assert_eq!(refused(line), (format, 0), "{line}");
    }
}

#[test]
fn keys_have_250_characters_at_most() {
    let (good, bad) = ("k".repeat(250), "k".repeat(251));
    let format = BadRequest::FORMAT.reply;
    for verb in ["mg", "md", "ma", "me"] {
        assert!(one(format!("{verb} {good}").as_bytes()).is_ok());
        assert_eq!(refused(&format!("{verb} {bad} z")), (format, 0));
    }
    assert!(one(format!("ms {good} 2").as_bytes()).is_ok());
    assert_eq!(refused(&format!("ms {bad} 2 z")), (format, 4));
    let mut token = Vec::new();
    base64::encode(&mut token, &[0xff; MAX_BINARY_KEY_LEN]);
    let line = [b"mg ", &token[..], b" b"].concat();
    let Ok(Request::Get { key, .. }) = one(&line) else {
        panic!("{} characters", token.len())
    };
    assert!(key.is_binary());
    assert_eq!(key.token(), token);
    assert_eq!(
        key.bytes(&mut KeyBuf::default()),
        [0xff; MAX_BINARY_KEY_LEN]
    );
    assert_eq!(refused("me YQ b"), (format, 0));
}

#[test]
fn modes_are_upper_case_and_one_character_counts() {
    assert!(one(b"ms a 2 MSET").is_ok());
    assert!(one(b"ma a Mx v").is_err());
    for mode in ["M", "Ms", "Mx", "MI"] {
        let reply = "CLIENT_ERROR invalid mode for ms M token";
        assert_eq!(refused(&format!("ms a 2 {mode}")), (reply, 4));
        assert!(one(format!("mg a {mode}").as_bytes()).is_ok());
    }
    for mode in ["M", "Mi", "Md", "MS", "MN"] {
        let reply = "CLIENT_ERROR invalid mode for ma M token";
        assert_eq!(refused(&format!("ma a {mode}")), (reply, 0));
        let long = format!("ma a O{} {mode}", "x".repeat(32));
        assert_eq!(refused(&long), (reply, 0));
    }
}

#[test]
fn numbers_are_read_where_they_are_given() {
    let line = b"mg a C1 E18446744073709551615 T-1 N2147483647 R30 F4294967295 J5 D6";
    let Ok(Request::Get { flags, .. }) = one(line) else {
        panic!()
    };
    assert_eq!(flags.compare_cas(), Some(1));
    assert_eq!(flags.new_cas(), Some(u64::MAX));
    assert_eq!(flags.exptime(), Some(-1));
    assert_eq!(flags.vivify(), Some(i64::from(i32::MAX)));
    assert_eq!(flags.recache(), Some(30));
    assert_eq!(flags.client_flags(), u32::MAX);
    assert_eq!((flags.initial(), flags.delta()), (5, 6));
    assert!(flags.has(b'C') && !flags.has(b'c') && !flags.is_quiet());
    assert!(flags.has_any(b"xC") && !flags.has_any(b"xc"));
    let Ok(Request::Get { flags, .. }) = one(b"mg a q") else {
        panic!()
    };
    assert_eq!(flags.compare_cas(), None);
    assert_eq!(flags.new_cas(), None);
    assert_eq!(flags.exptime(), None);
    assert_eq!(flags.vivify(), None);
    assert_eq!(flags.recache(), None);
    assert_eq!((flags.initial(), flags.delta()), (0, 1));
    assert!(flags.is_quiet());
}

#[test]
fn printed_requests_are_lines_memcached_takes() {
    let mut out = Vec::new();
    begin(&mut out, Verb::Get, b"a", true);
    push_token(&mut out, b'O', b"2");
    push_signed(&mut out, b'T', -1);
    assert_eq!(out, b"mg YQ== b O2 T-1");
    out.clear();
    begin_store(&mut out, b"a", false, 2);
    push_number(&mut out, b'F', 7);
    push_token(&mut out, b'M', &[StoreMode::Append.letter()]);
    assert_eq!(out, b"ms a 2 F7 MA");
    out.clear();
    begin(&mut out, Verb::Noop, b"", false);
    assert_eq!(out, b"mn");
}

#[test]
fn verbs_and_modes_are_known_by_their_names() {
    for name in ["mg", "ms", "md", "ma", "me", "mn"] {
        let verb = Verb::from_word(name.as_bytes());
        assert_eq!(verb.map(Verb::name), Some(name));
    }
    for word in [&b"mx"[..], b"m", b"", b"mgx", b"MG"] {
        assert_eq!(Verb::from_word(word), None);
    }
    for letter in b'A'..=b'z' {
        if let Some(mode) = StoreMode::from_letter(letter) {
            assert_eq!(mode.letter(), letter);
        }
    }
}

/// The rules of mcrsd.md 3.1 once more, slowly: what a line is answered, if it is refused.
fn naive(line: &str) -> Option<(String, u64)> {
    let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    let (verb, rest) = (words[0], &words[1..]);
    let format = || "CLIENT_ERROR bad command line format".to_owned();
    if verb == "mn" {
        return None;
    }
    let Some((key, rest)) = rest.split_first() else {
        return Some((format(), 0));
    };
    let mut swallow = 0;
    let mut flags = rest;
    if verb == "ms" {
        let len = rest.first().and_then(|len| len.parse::<u32>().ok());
        let digits = rest.first().is_some_and(|len| !len.starts_with('+'));
        match len.filter(|&len| digits && len <= 2147483645 && rest[0].len() <= 11) {
            Some(len) => swallow = u64::from(len) + 2,
            None => return Some((format(), 0)),
        }
        flags = &rest[1..];
    }
    if key.len() > 250 {
        return Some((format(), swallow));
    }
    let binary_fails = base64::decode(key.as_bytes(), &mut [0; 300]).is_none();
    if verb == "me" {
        let fails = flags.contains(&"b") && binary_fails;
        return fails.then(|| (format(), 0));
    }
    if words.len() > 20 {
        return Some(("CLIENT_ERROR options flags are too long".into(), swallow));
    }
    let first = |flag: &&str| flag.chars().next().unwrap_or(' ');
    if flags
        .iter()
        .any(|f| !matches!(first(f), '0'..='9' | 'A'..='z'))
    {
        return Some((format(), swallow));
    }
    let within = |error: &str| match verb {
        "ma" => Some(("CLIENT_ERROR invalid or duplicate flag".into(), 0)),
        _ => Some((format!("CLIENT_ERROR {error}"), swallow)),
    };
    for (at, flag) in flags.iter().enumerate() {
        if !"bkOqvsfctlhuCETNRFMIxJDPL".contains(first(flag)) {
            return within("invalid flag");
        }
        if flags[..at].iter().any(|other| first(other) == first(flag)) {
            return within("duplicate flag");
        }
    }
    let number = |s: &str| !s.is_empty() && s.len() <= 22 && s.parse::<u64>().is_ok();
    let number = |s: &str| number(s) && !s.starts_with('+');
    let signed = |s: &str| s.parse::<i32>().is_ok() && s.len() <= 11 && !s.starts_with('+');
    let mut last = None;
    for flag in flags.iter().rev() {
        let (letter, arg) = flag.split_at(1);
        let bad = match letter {
            "b" if binary_fails => "error decoding key",
            "C" | "E" if !number(arg) => "bad token in command line format",
            "T" | "N" | "R" if !signed(arg) => "bad token in command line format",
            "J" if !number(arg) => "invalid numeric initial value",
            "D" if !number(arg) => "invalid numeric delta value",
            _ => continue,
        };
        last = last.or(Some(bad));
    }
    let client_flags = flags.iter().find(|flag| flag.starts_with('F'));
    let client_flags = client_flags
        .is_none_or(|f| number(&f[1..]) && f.len() <= 12 && f[1..].parse::<u32>().is_ok());
    if let Some(error) = last {
        return within(error);
    }
    if !client_flags {
        return within("bad command line format");
    }
    let mode = flags.iter().find(|flag| flag.starts_with('M'));
    let mode = mode.map(|mode| mode.chars().nth(1).unwrap_or(' '));
    let modes = match verb {
        "ms" => "SEAPR",
        "ma" => "I+D-",
        _ => return opaque(flags, swallow),
    };
    if mode.is_some_and(|mode| !modes.contains(mode)) {
        let error = format!("CLIENT_ERROR invalid mode for {verb} M token");
        return Some((error, swallow));
    }
    opaque(flags, swallow)
}

fn opaque(flags: &[&str], swallow: u64) -> Option<(String, u64)> {
    let long = flags.iter().any(|f| f.starts_with('O') && f.len() > 32);
    long.then(|| ("CLIENT_ERROR opaque token too long".into(), swallow))
}

/// Numbers that look random and are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

#[test]
fn any_line_is_read_as_the_slow_reader_reads_it() {
    const ARGS: &[&str] = &[
        "",
        "",
        "",
        "0",
        "1",
        "-1",
        "x",
        "30",
        "+1",
        "S",
        "I",
        "-",
        "2147483647",
        "2147483648",
        "4294967295",
        "4294967296",
        "18446744073709551615",
        "18446744073709551616",
        "A",
        "00000000001",
        "0000000000000000000001",
        "00000000000000000000001",
        "abcdefghijklmnopqrstuvwxyz01234",
        "abcdefghijklmnopqrstuvwxyz012345",
    ];
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut good, mut bad) = (0, 0);
    for _ in 0..60_000 {
        let mut line = random
            .pick(&["mg", "ms", "md", "ma", "me", "mn"])
            .to_owned();
        if random.below(20) > 0 {
            line.push_str([" ", "  "][random.below(2)]);
            line.push_str(random.pick(&["a", "YQ==", "YWI=", "YQ=", "k", "noreply"]));
            if random.below(50) == 0 {
                line.push_str(&"k".repeat(247 + random.below(5)));
            }
        }
        if line.starts_with("ms") && random.below(10) > 0 {
            line.push(' ');
            line.push_str(random.pick(&["0", "2", "100", "2147483645", "2147483646", "x", "-1"]));
        }
        let wild = random.below(4) == 0;
        for _ in 0..random.below(if wild { 24 } else { 6 }) {
            line.push(' ');
            let letter = match random.below(if wild { 60 } else { 1000 }) {
                0 => char::from(b'!' + random.below(0x7f - 0x21) as u8),
                _ => char::from(b"bkOqvsfctlhuCETNRFMIxJDPL"[random.below(25)]),
            };
            line.push(letter);
            line.push_str(random.pick(if wild { ARGS } else { &ARGS[..6] }));
        }
        let got = one(line.as_bytes());
        let refused = got
            .as_ref()
            .err()
            .map(|bad| (bad.reply.to_owned(), bad.swallow));
        assert_eq!(refused, naive(&line), "{line}");
        match got {
            Ok(request) => {
                good += 1;
                printed(&request);
            }
            Err(_) => bad += 1,
        }
    }
    assert!(good > 6_000 && bad > 6_000, "{good} good, {bad} bad");
}

/// A request printed and read again is the same.
fn printed(request: &Request<'_>) {
    let mut whole = Vec::new();
    request.encode(&mut whole);
    let line = whole.strip_suffix(CRLF).expect("a line");
    assert_eq!(one(line).map(|again| shown(&again)), Ok(shown(request)));

    let mut buf = KeyBuf::default();
    let mut line = Vec::new();
    let (verb, key, flags) = match request {
        Request::Get { key, flags } => (Verb::Get, key, Some(flags)),
        Request::Delete { key, flags } => (Verb::Delete, key, Some(flags)),
        Request::Arith { key, flags, .. } => (Verb::Arith, key, Some(flags)),
        Request::Store(store) => (Verb::Store, &store.key, Some(&store.flags)),
        Request::Debug { key } => (Verb::Debug, key, None),
        Request::Noop => return,
    };
    let (raw, binary) = (key.bytes(&mut buf), key.is_binary());
    match request {
        Request::Store(store) => begin_store(&mut line, raw, binary, store.len),
        _ => begin(&mut line, verb, raw, binary),
    }
    for flag in flags.into_iter().flat_map(Flags::tokens) {
        if flag.letter != b'b' {
            push_token(&mut line, flag.letter, flag.arg);
        }
    }
    let again = one(&line).unwrap_or_else(|bad| panic!("{}: {bad:?}", line.escape_ascii()));
    // `b` is printed first, wherever it stood.
    let sorted = |said: String| {
        let mut words: Vec<String> = said
            .split(' ')
            .map(|word| match word {
                // `b` may have carried an argument, which means nothing.
                _ if word.starts_with('b') => "b".to_owned(),
                _ => word.to_owned(),
            })
            .collect();
        words.sort();
        words
    };
    assert_eq!(sorted(shown(&again)), sorted(shown(request)));
}
