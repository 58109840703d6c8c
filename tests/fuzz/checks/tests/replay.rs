//! Every target on its seeds, on every input that ever broke it, and on mutations of both: what the
//! fuzzers look for, without them. Mutations follow from a seed, which is the same every time.

use std::fmt::Display;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mcrs_fuzz_checks::{TARGETS, run};

/// Mutations of each target.
const MUTATIONS: usize = 2000;
/// Time for them, on a machine too slow to try them all. All targets run side by side.
const TIME: Duration = Duration::from_secs(3);

fn fuzz_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Files of a directory in order; none when there is no directory.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a directory can be read").path())
        .collect();
    paths.sort();
    paths
}

/// The words of the dictionary: lines `"text"`, with `\xNN` and `\\`.
fn dictionary() -> Vec<Vec<u8>> {
    let path = fuzz_dir().join("text.dict");
    let text = fs::read_to_string(path).expect("the dictionary can be read");
    let words = text.lines().filter(|line| line.starts_with('"'));
    words
        .map(|line| {
            let mut rest = line.trim_matches('"').as_bytes();
            let mut word = Vec::new();
            while let [first, tail @ ..] = rest {
                rest = tail;
                word.push(*first);
                if *first != b'\\' {
                    continue;
                }
                if let [b'x', hex @ ..] = rest {
                    let hex = std::str::from_utf8(&hex[..2]).expect("two digits");
                    word.pop();
                    word.push(u8::from_str_radix(hex, 16).expect("hexadecimal digits"));
                    rest = &rest[3..];
                } else {
                    rest = &rest[1..];
                }
            }
            word
        })
        .collect()
}

/// xorshift64*: small, seeded, good enough to pick mutations.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % sides
    }
}

/// Changes an input a few times, as fuzzers do.
fn mutate(dice: &mut Dice, inputs: &[Vec<u8>], words: &[Vec<u8>]) -> Vec<u8> {
    let mut data = inputs[dice.roll(inputs.len())].clone();
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(data.len() + 1);
        let to = at + dice.roll((data.len() - at).min(20) + 1);
        match dice.roll(6) {
            0 if at < data.len() => data[at] = dice.roll(256) as u8,
            1 if at < data.len() => data[at] ^= 1 << dice.roll(8),
            2 => drop(data.drain(at..to)),
            3 => {
                let copy = data[at..to].to_vec();
                data.splice(at..at, copy.repeat(1 + dice.roll(3)));
            }
            4 => {
                let other = &inputs[dice.roll(inputs.len())];
                let from = dice.roll(other.len() + 1);
                data.truncate(at);
                data.extend_from_slice(&other[from..]);
            }
            _ => {
                let word = words[dice.roll(words.len())].clone();
                data.splice(at..at, word);
            }
        }
    }
    data.truncate(4096);
    data
}

/// Runs a target, and says for which input it failed.
fn try_on(name: &str, data: &[u8], what: impl Display) {
    if let Err(panic) = catch_unwind(|| run(name, data)) {
        eprintln!("{name} fails on {what}: {}", data.escape_ascii());
        std::panic::resume_unwind(panic);
    }
}

/// Everything for the target of this name.
fn replay(name: &str) {
    let mut inputs = vec![Vec::new()];
    for dir in ["seeds", "regressions"] {
        for path in files(&fuzz_dir().join(dir).join(name)) {
            inputs.push(fs::read(&path).expect("an input can be read"));
            try_on(name, &inputs[inputs.len() - 1], path.display());
        }
    }
    assert!(inputs.len() > 1, "{name} has no seeds");

    let words = dictionary();
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let started = Instant::now();
    for number in 0..MUTATIONS {
        if started.elapsed() > TIME {
            eprintln!("{name}: {number} of {MUTATIONS} mutations in the time there is");
            break;
        }
        let data = mutate(&mut dice, &inputs, &words);
        try_on(name, &data, format_args!("mutation {number}"));
    }
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
fn text_replies_of_any_bytes_decode_the_same_however_cut() {
    replay("text_reply");
}

#[test]
fn text_requests_of_any_bytes_decode_the_same_however_cut() {
    replay("text_request");
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
