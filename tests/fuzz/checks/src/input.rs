//! Fuzz input taken apart: a few bytes that decide, and the rest, which is fed to the code.

/// What is left of an input.
#[derive(Debug, Clone)]
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    /// All of an input.
    pub fn new(data: &'a [u8]) -> Input<'a> {
        Input(data)
    }

    /// The next byte; 0 when there is none, so that short inputs decide something too.
    pub fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        first
    }

    /// A number below `n`, which is 1 to 256.
    pub fn below(&mut self, n: usize) -> usize {
        usize::from(self.byte()) % n
    }

    /// The next `n` bytes, or as many as there are.
    pub fn take(&mut self, n: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(n.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// What has not been taken.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Cuts `data` into pieces of 1 byte and more, whose lengths `cuts` decides, over and over. Without
/// cuts it stays in one piece.
pub fn pieces<'a>(data: &'a [u8], cuts: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut lens = cuts.iter().cycle().map(|&cut| match cut {
        // Mostly short ones; some that are longer than a line or a buffer.
        0..=0xdf => 1 + usize::from(cut),
        _ => usize::from(cut & 0x1f) << 9,
    });
    let mut rest = data;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let len = lens.next().unwrap_or(rest.len()).clamp(1, rest.len());
        let (piece, left) = rest.split_at(len);
        rest = left;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_all_of_the_data() {
        for cuts in [&b""[..], b"\0", b"\x03\xe0\xff", b"\xff"] {
            let data: Vec<u8> = (0..3000u32).map(|i| i as u8).collect();
            let joined: Vec<u8> = pieces(&data, cuts).flatten().copied().collect();
            assert_eq!(joined, data);
        }
        assert_eq!(pieces(b"abcd", b"\0\x01").count(), 3);
    }
}
