//! The inputs that are kept in the repository, and mutations of them, for tests without a fuzzer.

use std::fs;
use std::path::{Path, PathBuf};

/// The directory that holds seeds, regressions, the dictionary and the fuzzers.
pub fn fuzz_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Files of a directory in order; none when there is no directory.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a directory can be read").path())
        .collect();
    paths.sort();
    paths
}

/// The seeds of a target and every input that ever broke it, each with its file.
pub fn known(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let dirs = ["seeds", "regressions"].map(|dir| fuzz_dir().join(dir).join(target));
    let paths = dirs.iter().flat_map(|dir| files(dir));
    paths
        .map(|path| {
            let data = fs::read(&path).expect("an input can be read");
            (path, data)
        })
        .collect()
}

/// Makes new inputs of known ones; the same ones every time.
#[derive(Debug)]
pub struct Mutator {
    /// xorshift64*: small, seeded, good enough to pick mutations.
    dice: u64,
    words: Vec<Vec<u8>>,
    inputs: Vec<Vec<u8>>,
}

impl Mutator {
    /// Mutates `inputs`, which are at least one, also with words of the dictionary.
    pub fn new(inputs: Vec<Vec<u8>>) -> Mutator {
        Mutator {
            dice: 0x9E37_79B9_7F4A_7C15,
            words: dictionary(),
            inputs,
        }
    }

    /// The next input, of at most 4096 bytes: a known one changed a few times, as fuzzers do.
    pub fn mutate(&mut self) -> Vec<u8> {
        let mut data = self.pick();
        for _ in 0..=self.roll(4) {
            let at = self.roll(data.len() + 1);
            let to = at + self.roll((data.len() - at).min(20) + 1);
            match self.roll(6) {
                0 if at < data.len() => data[at] = self.roll(256) as u8,
                1 if at < data.len() => data[at] ^= 1 << self.roll(8),
                2 => drop(data.drain(at..to)),
                3 => {
                    let copy = data[at..to].repeat(1 + self.roll(3));
                    data.splice(at..at, copy);
                }
                4 => {
                    let other = self.pick();
                    let from = self.roll(other.len() + 1);
                    data.truncate(at);
                    data.extend_from_slice(&other[from..]);
                }
                _ => {
                    let word = self.roll(self.words.len());
                    data.splice(at..at, self.words[word].iter().copied());
                }
            }
        }
        data.truncate(4096);
        data
    }

    fn pick(&mut self) -> Vec<u8> {
        let input = self.roll(self.inputs.len());
        self.inputs[input].clone()
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.dice ^= self.dice >> 12;
        self.dice ^= self.dice << 25;
        self.dice ^= self.dice >> 27;
        (self.dice.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % sides
    }
}

/// The words of the dictionary: lines `"text"`, with `\xNN`.
fn dictionary() -> Vec<Vec<u8>> {
    let path = fuzz_dir().join("text.dict");
    let text = fs::read_to_string(path).expect("the dictionary can be read");
    let words = text
        .lines()
        .filter_map(|line| line.strip_prefix('"')?.strip_suffix('"'));
    words.map(unescape).collect()
}

fn unescape(text: &str) -> Vec<u8> {
    let mut parts = text.split("\\x");
    let mut word = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (hex, rest) = part.split_at(2);
        word.push(u8::from_str_radix(hex, 16).expect("two hexadecimal digits"));
        word.extend_from_slice(rest.as_bytes());
    }
    word
}
