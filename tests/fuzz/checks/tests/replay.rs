//! Every target on its seeds, on every input that ever broke it, and on mutations of both: what the
//! fuzzers look for, without them. Mutations follow from a seed, which is the same every time.

use std::fmt::Display;
use std::panic::catch_unwind;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use mcrs_fuzz_checks::inputs::{Mutator, files, fuzz_dir, known};
use mcrs_fuzz_checks::{TARGETS, run};

/// Mutations of each target.
const MUTATIONS: usize = 2000;
/// Time for them, on a machine too slow to try them all. All targets run side by side.
const TIME: Duration = Duration::from_secs(3);

/// Runs a target, and says for which input it failed.
fn try_on(name: &str, data: &[u8], what: impl Display) {
    if let Err(panic) = catch_unwind(|| run(name, data)) {
        eprintln!("{name} fails on {what}: {}", data.escape_ascii());
        std::panic::resume_unwind(panic);
    }
}

/// Everything for the target of this name.
fn replay(name: &str) {
    let known = known(name);
    assert!(!known.is_empty(), "{name} has no seeds");
    try_on(name, b"", "nothing");
    for (path, data) in &known {
        try_on(name, data, path.display());
    }

    let mut mutator = Mutator::new(known.into_iter().map(|(_, data)| data).collect());
    let started = Instant::now();
    for number in 0..MUTATIONS {
        if started.elapsed() > TIME {
            eprintln!("{name}: {number} of {MUTATIONS} mutations in the time there is");
            break;
        }
        try_on(name, &mutator.mutate(), format_args!("mutation {number}"));
    }
}

#[test]
fn base64_of_any_bytes_comes_back() {
    replay("base64");
}

#[test]
fn binary_replies_of_any_bytes_decode_the_same_however_cut() {
    replay("binary_reply");
}

#[test]
fn binary_requests_of_any_bytes_decode_the_same_however_cut() {
    replay("binary_request");
}

#[test]
fn a_connection_says_the_same_however_its_bytes_are_cut() {
    replay("conn");
}

#[test]
fn keys_of_any_bytes_are_fixed_up_by_the_definition() {
    replay("key");
}

#[test]
fn meta_replies_of_any_bytes_decode_the_same_however_cut() {
    replay("meta_reply");
}

#[test]
fn meta_requests_of_any_words_are_read_as_memcached_reads_them() {
    replay("meta_request");
}

#[test]
fn numbers_of_any_bytes_are_read_as_c_does() {
    replay("number");
}

#[test]
fn options_of_any_text_keep_to_their_ranges() {
    replay("options");
}

#[test]
fn values_of_any_bytes_come_back_from_packing() {
    replay("pack");
}

#[test]
fn servers_that_send_anything_answer_only_what_was_asked() {
    replay("pool");
}

#[test]
fn what_is_found_in_a_database_of_users_is_in_it() {
    replay("sasldb");
}

#[test]
fn damaged_memory_holds_whole_items_or_none() {
    replay("server_kept");
}

#[test]
fn nobody_logs_in_without_the_password() {
    replay("server_login");
}

#[test]
fn datagrams_are_answered_as_their_requests_are() {
    replay("server_datagram");
}

#[test]
fn the_server_answers_any_bytes_as_memcached_does() {
    replay("server_exec");
}

#[test]
fn command_lines_of_any_words_are_understood_or_refused() {
    replay("server_flags");
}

#[test]
fn sessions_answer_any_bytes_the_same_however_they_are_cut() {
    replay("server_session");
}

#[test]
fn sessions_behind_tls_answer_what_those_without_do() {
    replay("server_tls");
}

#[test]
fn text_replies_of_any_bytes_decode_the_same_however_cut() {
    replay("text_reply");
}

#[test]
fn text_requests_of_any_bytes_decode_the_same_however_cut() {
    replay("text_request");
}

#[test]
fn datagrams_of_any_bytes_are_framed_by_the_definition() {
    replay("udp");
}

#[test]
fn zlib_streams_of_any_bytes_unpack_as_elsewhere_and_within_bounds() {
    replay("unpack");
}

#[test]
fn every_target_is_replayed_and_has_a_fuzzer() {
    let targets: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    let here = include_str!("replay.rs");
    for name in &targets {
        assert!(here.contains(&format!("replay(\"{name}\")")), "{name}");
    }
    let stem = |path: &PathBuf| path.file_stem().map(|s| s.to_string_lossy().into_owned());
    let fuzzers = files(&fuzz_dir().join("src/bin"));
    let fuzzers: Vec<String> = fuzzers.iter().filter_map(stem).collect();
    assert_eq!(fuzzers, targets);
    for dir in ["seeds", "regressions"] {
        for path in files(&fuzz_dir().join(dir)) {
            let name = path.file_name().expect("a name").to_string_lossy();
            assert!(targets.contains(&&*name), "{dir} of no target: {name}");
        }
    }
}
