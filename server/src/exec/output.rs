//! Replies waiting to be written: bytes in order, with values of items between them by reference.

use std::io::IoSlice;

use mcrs::codec::text::CRLF;

use crate::engine::ItemRef;

/// Values up to this many bytes are copied into the byte run: a copy is cheaper than an entry in a
/// vectored write. Larger ones stay in the slab and are held until they are written.
pub(super) const COPY_MAX: usize = 4 << 10;

/// Bytes in the run at which no further replies are added before what is there has been written.
const RUN_FULL: usize = 64 << 10;

/// Bytes held by reference at which the same applies: memory that eviction cannot touch.
const HELD_FULL: usize = 1 << 20;

/// Values held at which the same applies: what one vectored write takes (IOV_MAX is 1024).
const VALUES_FULL: usize = 400;

/// Most slices handed to one write.
const SLICES_MAX: usize = 128;

/// Slices enough for what is usual: a value or two, with what is around them.
const SLICES_FEW: usize = 8;

/// Replies in order.
#[derive(Debug, Default)]
pub struct Output {
    /// Everything but the values held.
    run: Vec<u8>,
    /// Where in `run` a held value is to be put in, ascending.
    held: Vec<(usize, ItemRef<'static>)>,
    held_bytes: usize,
    /// Bytes of `run` that are out.
    run_sent: usize,
    /// Held values that are out, and bytes of the next one that are.
    held_sent: (usize, usize),
}

/// A place in an [`Output`] to go back to.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    run: usize,
    held: usize,
}

impl Output {
    /// The bytes to append replies to.
    #[inline]
    pub fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.run
    }

    /// The same, with room for so many more: appending them allocates nothing.
    #[inline]
    pub(super) fn room_for(&mut self, bytes: usize) -> &mut Vec<u8> {
        self.run.reserve(bytes);
        &mut self.run
    }

    /// Appends a line.
    #[inline]
    pub fn line(&mut self, text: &str) {
        self.run.extend_from_slice(text.as_bytes());
        self.run.extend_from_slice(CRLF);
    }

    /// Appends the value of an item; the head before it and the line end after it are the
    /// caller's.
    #[inline]
    pub fn value(&mut self, item: ItemRef<'static>) {
        let len = item.value_len();
        if len <= COPY_MAX {
            for piece in item.pieces() {
                self.run.extend_from_slice(piece);
            }
        } else {
            self.held_bytes += len;
            self.held.push((self.run.len(), item));
        }
    }

    /// Whether to write before adding more. What is behind this bound is at most one more reply
    /// line or value.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.run.len() >= RUN_FULL || self.held_bytes >= HELD_FULL || self.held.len() >= VALUES_FULL
    }

    /// The present end.
    #[inline]
    pub fn mark(&self) -> Mark {
        Mark {
            run: self.run.len(),
            held: self.held.len(),
        }
    }

    /// Takes back everything appended since the mark.
    pub fn truncate(&mut self, mark: Mark) {
        self.run.truncate(mark.run);
        for (_, item) in self.held.drain(mark.held..) {
            self.held_bytes -= item.value_len();
        }
    }

    /// What was appended since the mark, values left out; for the log.
    pub fn since(&self, mark: Mark) -> &[u8] {
        &self.run[mark.run..]
    }

    /// The memory it takes, in bytes, and how many replies it is: each value held, and one more.
    pub fn held(&self) -> (usize, usize) {
        (self.run.capacity(), self.held.len() - self.held_sent.0 + 1)
    }

    /// Bytes in it, as long as none is written.
    pub fn len(&self) -> usize {
        self.run.len() + self.held_bytes
    }

    /// Appends another one, of which nothing is written either.
    pub fn append(&mut self, mut other: Output) {
        let base = self.run.len();
        self.run.extend_from_slice(&other.run);
        let held = other.held.drain(..);
        self.held
            .extend(held.map(|(place, item)| (base + place, item)));
        self.held_bytes += other.held_bytes;
    }

    /// Whether nothing is left to write.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.run_sent == self.run.len() && self.held_sent.0 == self.held.len()
    }

    /// Forgets everything; the memory of the run is kept, unless a rare long answer such as a list
    /// of connections made it large.
    #[inline]
    pub fn clear(&mut self) {
        if self.run.is_empty() && self.held.is_empty() {
            return;
        }
        self.run.clear();
        if self.run.capacity() > 4 * RUN_FULL {
            self.run = Vec::new();
        }
        self.held.clear();
        self.held_bytes = 0;
        self.run_sent = 0;
        self.held_sent = (0, 0);
    }

    /// Hands what is left to `write` as slices, once, and takes note of how much it wrote.
    /// Returns that number.
    #[inline]
    pub fn write<E>(
        &mut self,
        write: impl FnOnce(&[IoSlice<'_>]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        if self.held.is_empty() {
            let written = write(&[IoSlice::new(&self.run[self.run_sent..])])?;
            self.run_sent += written;
            return Ok(written);
        }
        self.write_pieces(write)
    }

    /// [`write`](Output::write) when there are values among the bytes.
    #[inline(never)]
    fn write_pieces<E>(
        &mut self,
        write: impl FnOnce(&[IoSlice<'_>]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        // Nearly always a few slices are enough, and many take longer to clear than to fill.
        let mut few = [IoSlice::new(&[]); SLICES_FEW];
        let mut many;
        let slices = match self.gather(&mut few) {
            (count, true) => &few[..count],
            (_, false) => {
                many = [IoSlice::new(&[]); SLICES_MAX];
                let (count, _) = self.gather(&mut many);
                &many[..count]
            }
        };
        let written = write(slices)?;
        self.advance(written);
        Ok(written)
    }

    /// Puts what is left into `slices`; how many there are, and whether that is all of it.
    fn gather<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> (usize, bool) {
        let mut count = 0;
        let mut add = |bytes: &'a [u8]| {
            let Some(slice) = slices.get_mut(count) else {
                return false;
            };
            *slice = IoSlice::new(bytes);
            count += 1;
            true
        };
        let mut at = self.run_sent;
        let (first, mut skip) = self.held_sent;
        for (place, item) in &self.held[first..] {
            if *place > at {
                if !add(&self.run[at..*place]) {
                    return (count, false);
                }
                at = *place;
            }
            for piece in item.pieces() {
                if skip >= piece.len() {
                    skip -= piece.len();
                    continue;
                }
                if !add(&piece[skip..]) {
                    return (count, false);
                }
                skip = 0;
            }
        }
        let whole = at == self.run.len() || add(&self.run[at..]);
        (count, whole)
    }

    /// Takes note that `written` more bytes are out.
    fn advance(&mut self, mut written: usize) {
        while written > 0 {
            let (index, done) = self.held_sent;
            let next = self.held.get(index);
            let run_end = next.map_or(self.run.len(), |(place, _)| *place);
            let from_run = written.min(run_end - self.run_sent);
            self.run_sent += from_run;
            written -= from_run;
            let Some((_, item)) = next else { return };
            if self.run_sent < run_end {
                return;
            }
            let from_item = written.min(item.value_len() - done);
            written -= from_item;
            self.held_sent = if done + from_item == item.value_len() {
                (index + 1, 0)
            } else {
                (index, done + from_item)
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Config, Engine, Mode};

    fn engine() -> &'static Engine {
        Box::leak(Box::new(Engine::new(Config::default()).expect("defaults")))
    }

    fn item(engine: &'static Engine, key: &[u8], len: usize) -> ItemRef<'static> {
        let value: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
        let mut draft = engine.reserve(key, 0, 0, len, 2).expect("room");
        let mut rest = &value[..];
        while draft.remaining() > 0 {
            let taken = draft.fill(rest, 2).expect("room");
            rest = &rest[taken..];
        }
        engine.commit(draft, Mode::Set, 2);
        engine.get(key, 2).expect("just stored")
    }

    /// Puts a line and a value in, and what must come out of that behind `want`.
    fn add(output: &mut Output, line: &str, value: ItemRef<'static>, want: &mut Vec<u8>) {
        want.extend_from_slice(line.as_bytes());
        want.extend_from_slice(b"\r\n");
        value
            .pieces()
            .for_each(|piece| want.extend_from_slice(piece));
        output.line(line);
        output.value(value);
    }

    /// Writes everything, `step` bytes at a time.
    fn drain(output: &mut Output, step: usize) -> Vec<u8> {
        let mut out = Vec::new();
        while !output.is_empty() {
            let wrote = output.write::<()>(|slices| {
                let all: Vec<u8> = slices.iter().flat_map(|s| s.iter().copied()).collect();
                let take = all.len().min(step);
                out.extend_from_slice(&all[..take]);
                Ok(take)
            });
            assert_ne!(wrote, Ok(0), "nothing offered although not empty");
        }
        out
    }

    #[test]
    fn replies_come_out_in_order_however_little_is_taken() {
        let engine = engine();
        for step in [1, 7, 1000, 5000, usize::MAX] {
            let mut output = Output::default();
            let mut want = Vec::new();
            for len in [0, 1, COPY_MAX, COPY_MAX + 1, 3000, 5000] {
                let value = item(engine, format!("k{len}").as_bytes(), len);
                add(&mut output, "head", value, &mut want);
            }
            output.line("END");
            want.extend_from_slice(b"END\r\n");
            assert_eq!(drain(&mut output, step), want, "step {step}");
        }
    }

    #[test]
    fn more_values_than_slices_take_several_writes() {
        let engine = engine();
        let mut output = Output::default();
        for _ in 0..SLICES_MAX {
            output.value(item(engine, b"k", COPY_MAX + 1));
            output.line("");
        }
        assert_eq!(
            drain(&mut output, usize::MAX).len(),
            SLICES_MAX * (COPY_MAX + 3)
        );
    }

    #[test]
    fn what_is_appended_comes_behind() {
        let engine = engine();
        let mut whole = Output::default();
        let mut want = Vec::new();
        for len in [3000, 10, 5000] {
            let mut part = Output::default();
            add(&mut part, "head", item(engine, b"k", len), &mut want);
            part.line("tail");
            want.extend_from_slice(b"tail\r\n");
            whole.append(part);
            assert_eq!(whole.len(), want.len());
        }
        assert_eq!(drain(&mut whole, 1000), want);
    }

    #[test]
    fn truncating_takes_back_lines_and_values() {
        let engine = engine();
        let mut output = Output::default();
        output.line("kept");
        let mark = output.mark();
        output.line("lost");
        output.value(item(engine, b"k", 5000));
        output.truncate(mark);
        assert_eq!(drain(&mut output, usize::MAX), b"kept\r\n");
    }
}
