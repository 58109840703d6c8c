//! Lines taken apart into words, several bytes at a time.
//!
//! Words of this protocol are a few to a few dozen bytes long: too short for a call into a
//! vectorised search to pay, too long for a byte at a time. So eight bytes are looked at together,
//! as a number.

/// The words of a line, separated by one or more blanks (0x20 only; a tab is part of a word).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words<'a>(&'a [u8]);

impl<'a> Words<'a> {
    /// The words of `line`.
    #[inline]
    pub fn new(line: &'a [u8]) -> Words<'a> {
        Words(line)
    }

    /// What has not been taken yet, leading blanks included.
    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        // Nearly always one blank, and none before the first word.
        let start = self.0.iter().position(|&b| b != b' ')?;
        let rest = &self.0[start..];
        let end = find(rest, b' ').unwrap_or(rest.len());
        let (word, rest) = rest.split_at(end);
        self.0 = rest;
        Some(word)
    }
}

/// Where the first byte is that is this one.
#[inline]
pub(super) fn find(bytes: &[u8], wanted: u8) -> Option<usize> {
    let differ = |chunk| chunk ^ (ONES * u64::from(wanted));
    first(
        bytes,
        |chunk| below(differ(chunk), 1),
        |byte| byte == wanted,
    )
}

/// Where the first byte is that is a blank or below one, of which the end of a line is made.
#[inline]
pub(super) fn find_blank_or_control(bytes: &[u8]) -> Option<usize> {
    const BOUND: u8 = b' ' + 1;
    first(bytes, |chunk| below(chunk, BOUND), |byte| byte < BOUND)
}

/// Bytes looked at together.
const CHUNK: usize = size_of::<u64>();
/// Each byte of a chunk is 1.
const ONES: u64 = u64::MAX / 0xff;

/// The high bit of each byte of `chunk` that is below `bound`, which is at most 128; and perhaps of
/// some byte above one, for only such a byte borrows. So the lowest bit that is set is a true one.
#[inline]
fn below(chunk: u64, bound: u8) -> u64 {
    chunk.wrapping_sub(ONES * u64::from(bound)) & !chunk & ONES << 7
}

/// Where the first byte is that is wanted; `marks` says it of eight bytes, as [`below`] does.
#[inline]
fn first(
    bytes: &[u8],
    marks: impl Fn(u64) -> u64,
    is_wanted: impl Fn(u8) -> bool,
) -> Option<usize> {
    let find_in = |chunk: &[u8; CHUNK]| {
        let found = marks(u64::from_le_bytes(*chunk));
        (found != 0).then(|| found.trailing_zeros() as usize / 8)
    };
    let mut at = 0;
    while let Some(chunk) = bytes[at..].first_chunk() {
        if let Some(index) = find_in(chunk) {
            return Some(at + index);
        }
        at += CHUNK;
    }
    match bytes.last_chunk() {
        // What was looked at before has none, so the first one here is the first of all.
        Some(chunk) => find_in(chunk).map(|index| bytes.len() - CHUNK + index),
        None => bytes.iter().position(|&byte| is_wanted(byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_parted_by_blanks_only() {
        let words: Vec<_> = Words::new(b"  get a\tb  c ").collect();
        assert_eq!(words, [&b"get"[..], b"a\tb", b"c"]);
        assert_eq!(Words::new(b"   ").next(), None);
    }

    #[test]
    fn the_first_wanted_byte_is_found_wherever_it_is() {
        // Neighbours of the wanted bytes, and those whose high bits a careless borrow would set.
        for other in [0x00, 0x01, 0x09, 0x0b, 0x1f, 0x21, 0x80, 0x8a, 0xa0, 0xff] {
            for len in 0..40 {
                let mut bytes = vec![other; len];
                let end = Some(0).filter(|_| len > 0 && other <= b' ');
                assert_eq!(find(&bytes, b' '), None, "{other:#x} {len}");
                assert_eq!(find_blank_or_control(&bytes), end, "{other:#x} {len}");
                for at in (0..len).rev() {
                    bytes[at] = b' ';
                    assert_eq!(find(&bytes, b' '), Some(at), "{other:#x} {len}");
                    bytes[at] = if at % 2 == 0 { b' ' } else { b'\r' };
                    let first = end.unwrap_or(at).min(at);
                    assert_eq!(
                        find_blank_or_control(&bytes),
                        Some(first),
                        "{other:#x} {len}"
                    );
                    bytes[at] = b' ';
                }
            }
        }
    }
}
