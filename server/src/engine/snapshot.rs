//! What is kept beside the pages in a file so that they can be taken over (`restore.rs`), as text:
//!
//! ```text
//! cas 17
//! flushed 0 0 0
//! class 96 2
//! page 1 1048512
//! page 7 4800
//! class 0 0
//! ```

use std::fmt::{self, Write};
use std::str::{FromStr, SplitAsciiWhitespace};

use super::classes::CLASSES_MAX;
use super::slab::KeptPage;

/// What an engine must know to go on with the file of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The last CAS id given.
    pub(super) cas: u64,
    /// What `expire.rs` keeps.
    pub(super) expiry: [u32; 3],
    pub(super) classes: Vec<KeptClass>,
}

/// A class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeptClass {
    /// Bytes of a chunk, 0 as long as that is not settled.
    pub(super) chunk_bytes: u32,
    pub(super) pages: Vec<KeptPage>,
}

/// A snapshot makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Garbled;

impl Snapshot {
    /// Is no page in it twice, and are there CAS ids left for every store to come?
    pub(super) fn is_sound(&self) -> bool {
        let pages = self.classes.iter().flat_map(|class| &class.pages);
        let mut numbers: Vec<u32> = pages.map(|page| page.number).collect();
        numbers.sort_unstable();
        numbers.windows(2).all(|pair| pair[0] != pair[1]) && self.cas < u64::MAX / 2
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [generation, swept, point] = self.expiry;
        writeln!(f, "cas {}", self.cas)?;
        writeln!(f, "flushed {generation} {swept} {point}")?;
        for class in &self.classes {
            writeln!(f, "class {} {}", class.chunk_bytes, class.pages.len())?;
            for page in &class.pages {
                writeln!(f, "page {} {}", page.number, page.cut)?;
            }
        }
        f.write_char('\n')
    }
}

impl FromStr for Snapshot {
    type Err = Garbled;

    fn from_str(text: &str) -> Result<Snapshot, Garbled> {
        let mut lines = text.lines();
        let [cas] = numbers(lines.next(), "cas")?;
        let expiry = numbers(lines.next(), "flushed")?;
        let mut classes: Vec<KeptClass> = Vec::new();
        while let Some(line) = lines.next().filter(|line| !line.is_empty()) {
            let [chunk_bytes, count] = numbers(Some(line), "class")?;
            if classes.len() == CLASSES_MAX {
                return Err(Garbled);
            }
            let pages = (0..count).map(|_| {
                let [number, cut] = numbers(lines.next(), "page")?;
                Ok(KeptPage { number, cut })
            });
            let pages = pages.collect::<Result<_, _>>()?;
            classes.push(KeptClass { chunk_bytes, pages });
        }
        Ok(Snapshot {
            cas,
            expiry,
            classes,
        })
    }
}

/// The numbers of a line that begins with this word and has no others.
fn numbers<T: FromStr + Default + Copy, const N: usize>(
    line: Option<&str>,
    word: &str,
) -> Result<[T; N], Garbled> {
    let mut words = line.ok_or(Garbled)?.split_ascii_whitespace();
    let number = |words: &mut SplitAsciiWhitespace<'_>| words.next()?.parse().ok();
    let mut found = [T::default(); N];
    if words.next() != Some(word) {
        return Err(Garbled);
    }
    for place in &mut found {
        *place = number(&mut words).ok_or(Garbled)?;
    }
    words.next().is_none().then_some(found).ok_or(Garbled)
}
