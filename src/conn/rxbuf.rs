//! Received bytes that have not been understood yet.

/// Room that is offered to each read, in bytes.
const READ_LEN: usize = 16 * 1024;

/// A buffer that is filled at its end and consumed at its front.
///
/// It holds at most the piece that is being received and one read more: it grows with bytes that
/// have arrived, never with lengths that a server claims.
#[derive(Debug, Default)]
pub struct RxBuf {
    buf: Vec<u8>,
    start: usize,
    end: usize,
}

impl RxBuf {
    /// Room for the next read, at least 16 KiB.
    pub fn space(&mut self) -> &mut [u8] {
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
        }
        if self.buf.len() - self.end < READ_LEN && self.start > 0 {
            self.buf.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buf.len() - self.end < READ_LEN {
            // Doubling keeps the copying linear in what arrives.
            let len = (self.end + READ_LEN).max(self.buf.len() * 2);
            self.buf.resize(len, 0);
        }
        &mut self.buf[self.end..]
    }

    /// `n` bytes were read into [`space`](Self::space).
    ///
    /// # Panics
    /// When that is more than the space there was.
    pub fn filled(&mut self, n: usize) {
        assert!(
            n <= self.buf.len() - self.end,
            "more was read than there was room for"
        );
        self.end += n;
    }

    /// What has arrived and was not consumed.
    pub fn data(&self) -> &[u8] {
        &self.buf[self.start..self.end]
    }

    /// Drops `n` bytes from the front; more than there are: all of them.
    pub fn consume(&mut self, n: usize) {
        self.start = (self.start + n).min(self.end);
    }

    /// Drops everything, and memory that only a large value needed.
    pub fn clear(&mut self) {
        self.start = 0;
        self.end = 0;
        self.shrink();
    }

    /// Gives memory beyond one read back, if no bytes are waiting.
    pub fn shrink(&mut self) {
        if self.start == self.end && self.buf.len() > 4 * READ_LEN {
            *self = RxBuf::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(rx: &mut RxBuf, bytes: &[u8]) {
        for chunk in bytes.chunks(READ_LEN) {
            rx.space()[..chunk.len()].copy_from_slice(chunk);
            rx.filled(chunk.len());
        }
    }

    #[test]
    fn bytes_come_out_in_order_and_large_memory_goes_back() {
        let mut rx = RxBuf::default();
        let bytes: Vec<u8> = (0..200_000u32).map(|i| i as u8).collect();
        fill(&mut rx, &bytes);
        assert_eq!(rx.data(), bytes);
        rx.consume(150_000);
        fill(&mut rx, b"tail");
        assert_eq!(rx.data()[50_000..], *b"tail");
        assert!(rx.data().starts_with(&bytes[150_000..150_100]));
        rx.consume(usize::MAX / 2);
        assert!(rx.data().is_empty());
        rx.shrink();
        assert_eq!(rx.buf.len(), 0);
    }

    #[test]
    fn a_small_conversation_stays_in_one_buffer() {
        let mut rx = RxBuf::default();
        for _ in 0..10_000 {
            fill(&mut rx, b"STORED\r\n");
            rx.consume(8);
        }
        assert_eq!(rx.buf.len(), READ_LEN);
    }
}
