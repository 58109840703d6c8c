//! What the options do, and the words of every refusal.

use super::*;

fn run(words: &[&str]) -> Result<Settings, Exit> {
    let args: Vec<String> = words.iter().map(|w| w.to_string()).collect();
    parse("mcrsd", &args)
}

/// Settings of a command line that must be accepted.
fn ok(words: &[&str]) -> Settings {
    run(words).unwrap_or_else(|exit| panic!("{words:?} refused: {exit:?}"))
}

/// Status and text of a command line that must end the process.
fn refused(words: &[&str]) -> (i32, String) {
    match run(words) {
        Ok(_) => panic!("{words:?} accepted"),
        Err(exit) => (exit.status, exit.text),
    }
}

#[test]
fn defaults_are_memcacheds() {
    let s = ok(&[]);
    assert_eq!(
        (s.port, s.max_bytes, s.max_conns, s.threads),
        (11211, 64 << 20, 1024, 4)
    );
    assert_eq!(
        (s.item_size_max, s.chunk_size, s.reqs_per_event),
        (1 << 20, 48, 20)
    );
    assert_eq!((s.unix_mask, s.backlog, s.verbosity), (0o700, 1024, 0));
    assert!(s.evictions && s.cas && s.maxconns_fast && s.flush_enabled);
    assert_eq!(s.growth_factor, 1.25);
}

#[test]
fn numbers_are_leading_digits() {
    assert_eq!(ok(&["-m", "128m"]).max_bytes, 128 << 20);
    assert_eq!(ok(&["-p", "80x"]).port, 80);
    assert_eq!(ok(&["-p", "abc"]).port, 0);
    assert_eq!(ok(&["-p", " 77"]).port, 77);
    assert_eq!(ok(&["-p", "-1"]).port, -1);
    assert_eq!(ok(&["-a", "0770"]).unix_mask, 0o770);
    assert_eq!(ok(&["-a", "778"]).unix_mask, 0o77);
    assert_eq!(ok(&["-f", "1.5x"]).growth_factor, 1.5);
    assert_eq!(ok(&["-f", "2"]).growth_factor, 2.0);
}

#[test]
fn item_size_takes_units() {
    assert_eq!(ok(&["-I", "2m"]).item_size_max, 2 << 20);
    assert_eq!(ok(&["-I", "512K"]).item_size_max, 512 << 10);
    assert_eq!(ok(&["-I", "1048576"]).item_size_max, 1 << 20);
    assert_eq!(ok(&["-m", "1", "-I", "512k"]).max_bytes, 1 << 20);
}

#[test]
fn the_last_one_wins_but_listen_and_verbose_accumulate() {
    assert_eq!(ok(&["-m", "128", "-m", "256"]).max_bytes, 256 << 20);
    assert_eq!(ok(&["-vv", "-v", "--verbose=x"]).verbosity, 4);
    let s = ok(&["-l", "127.0.0.1", "-l", "::1", "-l", "127.0.0.1"]);
    assert_eq!(s.inter.as_deref(), Some("127.0.0.1,::1"));
    assert!(ok(&["-o", "no_maxconns_fast", "-o", "maxconns_fast,modern"]).maxconns_fast);
}

#[test]
fn printing_options_act_when_reached() {
    assert_eq!(refused(&["-V"]), (0, VERSION_LINE.into()));
    assert_eq!(refused(&["-z", "-V"]).0, 1);
    assert_eq!(refused(&["-V", "-z"]).0, 0);
    let (status, text) = refused(&["-m", "256", "-h"]);
    assert_eq!(status, 0);
    assert!(text.contains("(default: 256)"), "{text}");
}

#[test]
fn help_advertises_only_what_works() {
    let text = refused(&["-h"]).1.to_lowercase();
    assert!(text.starts_with("memcached 1.6.45 (mcrsd "));
    assert!(text.contains("\n-s, --unix-socket=<file>"));
    assert!(text.contains("\n-s, --enable-sasl "));
    for word in ["ext_path", "proxy", "drop_privileges"] {
        assert!(!text.contains(word), "{word} in -h");
    }
    let tls = cfg!(feature = "tls");
    assert_eq!(text.contains("enable-ssl"), tls);
    assert_eq!(text.contains("ssl_chain_cert"), tls);
}

#[test]
fn bad_values_are_refused_in_memcacheds_words() {
    let cases: &[(&[&str], i32, &str)] = &[
        (
            &["-z"],
            1,
            "mcrsd: invalid option -- 'z'\nIllegal argument \"?\"",
        ),
        (&["-p", "70000"], 64, "ERROR: Invalid port number 70000."),
        (&["-p", "-2"], 64, "ERROR: Invalid port number -2."),
        (&["-U", "70000"], 64, "ERROR: Invalid port number 70000."),
        (&["-t", "0"], 1, "Number of threads must be greater than 0"),
        (
            &["-c", "-4"],
            1,
            "Maximum connections must be greater than 0",
        ),
        (&["-n", "0"], 1, "Chunk size must be greater than 0"),
        (&["-f", "1"], 1, "Factor must be greater than 1"),
        (&["-f", "abc"], 1, "Factor must be greater than 1"),
        (
            &["-R", "0"],
            1,
            "Number of requests per event must be greater than 0",
        ),
        (
            &["-I", "5"],
            64,
            "Item max size cannot be less than 1024 bytes.",
        ),
        (
            &["-I", "1g"],
            64,
            "Item max size cannot be less than 1024 bytes.",
        ),
        (
            &["-I", "100m"],
            64,
            "Cannot set item size limit higher than 1/2 of memory max.",
        ),
        (
            &["-m", "0"],
            64,
            "Cannot set item size limit higher than 1/2 of memory max.",
        ),
        (
            &["-m", "1"],
            64,
            "Cannot set item size limit higher than 1/2 of memory max.",
        ),
        (
            &["-I", "2000m", "-m", "8000"],
            64,
            "Cannot set item size limit higher than a gigabyte.",
        ),
        (
            &["-I", "700k"],
            64,
            "-I (item_size_max: 716800) must be evenly divisible by slab_chunk_max (bytes: 524288)",
        ),
        (
            &["-I", "300k"],
            64,
            "slab_chunk_max (bytes: 524288) cannot be larger than -I (item_size_max 307200)",
        ),
        (
            &["-B", "x"],
            64,
            "Invalid value for binding protocol: x\n -- should be one of auto, binary, or ascii",
        ),
        (
            &["-S", "-B", "ascii"],
            64,
            "ERROR: You cannot allow the ASCII protocol while using SASL.",
        ),
        (
            &["-B", "auto", "-S"],
            64,
            "ERROR: You cannot allow the ASCII protocol while using SASL.",
        ),
        (
            &["-S", "-Y", "f"],
            64,
            "ERROR: You cannot allow the ASCII protocol while using SASL.",
        ),
        (
            &["-o", "slab_sizes=10"],
            64,
            "slab size 10 is out of valid range",
        ),
        (
            &["-o", "slab_sizes=x"],
            64,
            "slab size 0 is out of valid range",
        ),
        (
            &["-o", "slab_sizes=600000"],
            64,
            "slab size 600000 is out of valid range",
        ),
        (
            &["-o", "slab_sizes=100-104"],
            64,
            "slab size 104 must be at least 8 bytes larger than previous class",
        ),
        (
            &["-o", "slab_sizes=100-50"],
            64,
            "slab size 50 cannot be lower than or equal to a previous class size",
        ),
        (&["-o", "slab_sizes"], 1, "Missing slab_sizes argument"),
        (
            &["-o", "slab_chunk_max=300"],
            64,
            "-I (item_size_max: 1048576) must be evenly divisible by slab_chunk_max (bytes: 307200)",
        ),
        (
            &["-o", "slab_chunk_max=x"],
            1,
            "could not parse argument to slab_chunk_max",
        ),
        (
            &["-o", "slab_chunk_max"],
            1,
            "Missing slab_chunk_max argument",
        ),
        (
            &["-o", "hashpower=11"],
            1,
            "Initial hashtable multiplier of 11 is too low",
        ),
        (
            &["-o", "hashpower=x"],
            1,
            "could not parse argument to hashpower",
        ),
        (&["-o", "foo=3"], 1, "Illegal suboption \"foo=3\""),
        (&["-o", ","], 1, "Illegal suboption \"\""),
        (&["-o", "idle_timeout"], 1, "Missing idle_timeout argument"),
        (
            &["-o", "idle_timeout=x"],
            1,
            "could not parse argument to idle_timeout",
        ),
    ];
    for (words, status, text) in cases {
        assert_eq!(refused(words), (*status, text.to_string()), "{words:?}");
    }
}

#[test]
fn what_this_server_lacks_is_refused_not_ignored() {
    let cases: &[&[&str]] = &[
        &["-o", "ext_path=/x:1G"],
        &["-o", "ext_drop_unread"],
        &["-o", "proxy_config=x"],
    ];
    let without_tls: &[&[&str]] = &[&["-Z"], &["--enable-ssl"], &["-o", "ssl_key=x"]];
    let without_tls = if cfg!(feature = "tls") {
        &[]
    } else {
        without_tls
    };
    for words in cases.iter().chain(without_tls) {
        let (status, text) = refused(words);
        assert_eq!(status, 64, "{words:?}");
        assert!(text.starts_with("This server is not built with "), "{text}");
        assert!(!text.contains('\n'));
    }
    assert_eq!(ok(&["-U", "0"]).port, 11211);
}

#[test]
fn every_setting_the_flags_accept_makes_an_engine() {
    let cases: &[&[&str]] = &[
        &[],
        &["-I", "512k", "-m", "1"],
        &["-o", "slab_chunk_max=1024"],
        &["-o", "slab_chunk_max=64", "-I", "2m"],
        &["-o", "hashpower=12,no_hashexpand"],
        &["-n", "1", "-f", "1.01"],
        &["-n", "262144"],
        &["-I", "1024m", "-m", "2048"],
        &["-C", "-M"],
        &["-o", "slab_sizes=100-200-300"],
        &["-o", "slab_reassign,slab_automove,slab_automove=1"],
    ];
    for words in cases {
        assert_eq!(ok(words).engine().validate(), Ok(()), "{words:?}");
    }
}

#[test]
fn names_are_unique() {
    let flags: Vec<&Flag> = flags().collect();
    let letters = flags.iter().map(|f| f.short).filter(|&letter| letter != 0);
    unique("-", letters.map(char::from).map(String::from));
    unique("--", flags.iter().map(|f| f.long.to_string()));
    unique("-o ", words::all().map(|word| word.name().to_string()));
    unique("stats settings ", stat_names().map(String::from));
}

#[track_caller]
fn unique(what: &str, names: impl Iterator<Item = String>) {
    let mut names: Vec<String> = names.filter(|name| !name.is_empty()).collect();
    names.sort();
    for pair in names.windows(2) {
        assert_ne!(pair[0], pair[1], "{what}");
    }
}

#[test]
fn no_modern_is_the_past_but_for_what_was_named() {
    let s = ok(&["-o", "no_modern"]);
    assert!(!s.slab_reassign && !s.maxconns_fast && !s.lru_crawler);
    assert!(!s.lru_maintainer && !s.lru_segmented);
    assert_eq!((s.slab_automove, s.slab_chunk_max), (0, 1 << 20));
    assert_eq!(s.hash_algorithm, "jenkins");
    let named = ok(&["-o", "slab_chunk_max=512,no_modern,lru_crawler"]);
    assert_eq!((named.slab_chunk_max, named.lru_crawler), (512 << 10, true));
    assert_eq!(ok(&["-o", "no_chunked_items"]).slab_chunk_max, 1 << 20);
    // Larger items are always in chunks.
    let large = ok(&["-o", "no_modern", "-I", "4m"]);
    assert_eq!(large.slab_chunk_max, 512 << 10);
}

#[test]
fn the_manual_page_has_every_option() {
    let page = refused(&["--man"]).1;
    for flag in flags().filter(|flag| flag.lacking.is_none() && !flag.long.is_empty()) {
        let long = flag.long.replace('-', "\\-");
        assert!(page.contains(&format!("\\-\\-{long}")), "{}", flag.long);
    }
    assert!(page.contains("\n\\fBhashpower\\fR\n"));
    // A line that begins with a dot is a command to the formatter.
    let commands = [".TH", ".SH", ".TP", ".PP", ".B ", ".BR ", ".RI "];
    for line in page.lines().filter(|line| line.starts_with('.')) {
        assert!(commands.iter().any(|c| line.starts_with(c)), "{line}");
    }
}
