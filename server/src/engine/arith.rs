//! Counting a stored number up and down.

use std::sync::atomic::Ordering;

use super::counters::Count;
use super::item::Layout;
use super::memory::Link;
use super::table::{Bucket, Place};
use super::{Arith, ArithTerms, Direction, Engine, NewNumber, NoMemory, Stored};

/// Digits of the largest number.
const DIGITS_MAX: usize = 20;

impl Engine {
    /// Counts the number the item holds up or down, if `compare` is `None` or its CAS id. The
    /// value keeps its length, padded with trailing blanks, if the new digits fit into it and
    /// nobody else holds a reference; otherwise it is just the digits. Flags and expiry stay, the
    /// CAS id is new. Source: mcrsd.md 2.5.
    pub fn arith(
        &self,
        key: &[u8],
        direction: Direction,
        delta: u64,
        compare: Option<u64>,
        now: u32,
    ) -> Arith {
        let terms = ArithTerms {
            compare,
            ..ArithTerms::default()
        };
        self.arith_with(key, direction, delta, &terms, now).0
    }

    /// [`arith`](Engine::arith) on further terms. Answers the expiry tick before as well, `None` if
    /// there was no item.
    pub fn arith_with(
        &self,
        key: &[u8],
        direction: Direction,
        delta: u64,
        terms: &ArithTerms,
        now: u32,
    ) -> (Arith, Option<u32>) {
        let hash = self.hash(key);
        let mut counted = false;
        loop {
            let Some(found) = self.find_live(hash, key, now) else {
                let Some(number) = &terms.create else {
                    return (Arith::NotFound, None);
                };
                let value = number.value;
                return match self.create(key, number, terms.cas, now) {
                    Ok(Some(cas)) => (Arith::Done { value, cas }, None),
                    // Somebody else created it meanwhile.
                    Ok(None) => continue,
                    Err(NoMemory) => (Arith::NoMemory, None),
                };
            };
            let link = found.spot.link();
            let expiry = Some(self.header(link).expiry.load(Ordering::Relaxed));
            let layout = Layout::of(self.header(link));
            // What cannot be a number is that first. Source: memcached 1.6.18, measured.
            if layout.chunked || layout.value_len == 0 {
                return (Arith::NonNumeric, expiry);
            }
            if terms.compare.is_some_and(|cas| cas != self.cas_of(link)) {
                return (Arith::Exists, expiry);
            }
            let Some(number) = self.number(link, &layout) else {
                return (Arith::NonNumeric, expiry);
            };
            if !std::mem::replace(&mut counted, true) {
                let count = match direction {
                    Direction::Incr => Count::IncrHits,
                    Direction::Decr => Count::DecrHits,
                };
                self.counters.one(self.class_of(link), count);
            }
            let value = match direction {
                Direction::Incr => number.wrapping_add(delta),
                Direction::Decr => number.saturating_sub(delta),
            };
            let mut buffer = [0; DIGITS_MAX];
            let digits = digits(value, &mut buffer);
            if let Some(cas) = self.rewrite(link, &layout, digits, terms, now) {
                return (Arith::Done { value, cas }, expiry);
            }
            match self.restore(found.bucket, found.place, digits, terms, now) {
                Restored::Done(cas, expiry) => return (Arith::Done { value, cas }, Some(expiry)),
                Restored::NoMemory => return (Arith::NoMemory, expiry),
                Restored::Changed => {}
            }
        }
    }

    /// Stores a number under a key without an item; the CAS id given, or `None` if there is one.
    fn create(
        &self,
        key: &[u8],
        number: &NewNumber,
        cas: Option<u64>,
        now: u32,
    ) -> Result<Option<u64>, NoMemory> {
        let mut buffer = [0; DIGITS_MAX];
        let digits = digits(number.value, &mut buffer);
        let draft = self.reserve(key, 0, number.expiry, digits.len(), now);
        let mut draft = draft.map_err(|_| NoMemory)?;
        draft.fill(digits, now)?;
        if number.encoded_key {
            draft.mark_encoded_key();
        }
        self.commit_new(draft, cas, now)
    }

    /// The number an item holds, if it holds one; its bucket is locked.
    fn number(&self, link: Link, layout: &Layout) -> Option<u64> {
        if layout.chunked {
            return None;
        }
        self.arena()
            .peek(link, layout.value_at(), layout.value_len, parse)
    }

    /// Writes the digits over the present value, if they fit and nobody reads it; the new CAS id.
    fn rewrite(
        &self,
        link: Link,
        layout: &Layout,
        digits: &[u8],
        terms: &ArithTerms,
        now: u32,
    ) -> Option<u64> {
        if digits.len() > layout.value_len {
            return None;
        }
        let arena = self.arena();
        let bits = arena.header(link).bits();
        let mut chunk = arena.take(link)?;
        let value = arena.body_mut(&mut chunk, layout.value_at(), layout.value_len);
        let (front, padding) = value.split_at_mut(digits.len());
        front.copy_from_slice(digits);
        padding.fill(b' ');
        let cas = self.cas_for(terms.cas);
        if let Some(id) = arena.cas(link) {
            id.store(cas, Ordering::Relaxed);
        }
        let header = arena.header(link);
        header.access.store(now, Ordering::Relaxed);
        if let Some(expiry) = terms.touch {
            header.expiry.store(expiry, Ordering::Relaxed);
        }
        arena.publish(chunk, bits);
        Some(cas)
    }

    /// Stores the digits as a new item in the place of the present one. No memory is taken with
    /// the bucket locked, so the item may change meanwhile.
    fn restore(
        &self,
        bucket: Bucket<'_>,
        place: Place<'_>,
        digits: &[u8],
        terms: &ArithTerms,
        now: u32,
    ) -> Restored {
        let link = place.link();
        let header = self.header(link);
        let before = (header.bits(), header.access.load(Ordering::Relaxed));
        let Some(pin) = self.arena().pin(link, |bits| bits) else {
            return Restored::NoMemory;
        };
        let old = super::ItemRef::new(self, pin, before);
        drop(bucket);
        let draft = self.reserve(old.key(), old.flags(), old.expiry(), digits.len(), now);
        let Ok(mut draft) = draft else {
            return Restored::NoMemory;
        };
        if draft.fill(digits, now) != Ok(digits.len()) {
            return Restored::NoMemory;
        }
        let hash = self.hash(old.key());
        let bucket = self.table.lock(hash);
        // The reference keeps others from rewriting it, so the same item is the same number.
        let Some(place) = bucket.find(hash, link) else {
            return Restored::Changed;
        };
        let expiry = self.header(link).expiry.load(Ordering::Relaxed);
        draft.set_expiry(terms.touch.unwrap_or(expiry));
        if old.has_encoded_key() {
            draft.mark_encoded_key();
        }
        let cas = self.cas_for(terms.cas);
        match self.install(bucket, Some(place), &mut draft, cas, now) {
            Stored::Done { cas } => Restored::Done(cas, expiry),
            _ => Restored::NoMemory,
        }
    }
}

enum Restored {
    /// The new CAS id, and the expiry before.
    Done(u64, u32),
    NoMemory,
    /// Another thread replaced the item: look again.
    Changed,
}

/// Reads a number as C's `strtoull` does and memcached accepts: white space, an optional sign,
/// digits, then the end, white space or NUL. Nothing below 0, empty or above 2^64 - 1.
/// Source: mcrsd.md 2.5; NUL and `-0`: memcached 1.6.18, measured.
fn parse(text: &[u8]) -> Option<u64> {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let start = text.iter().position(|byte| !blank(byte))?;
    let text = &text[start..];
    let (negative, text) = match text[0] {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let end = text.iter().position(|byte| blank(byte) || *byte == 0);
    let digits = &text[..end.unwrap_or(text.len())];
    if digits.is_empty() {
        return None;
    }
    let number = digits.iter().try_fold(0u64, |number, &byte| {
        let digit = byte.wrapping_sub(b'0');
        let tens = if digit <= 9 {
            number.checked_mul(10)
        } else {
            None
        };
        tens?.checked_add(u64::from(digit))
    })?;
    (!negative || number == 0).then_some(number)
}

/// The decimal digits of a number.
fn digits(mut number: u64, buffer: &mut [u8; DIGITS_MAX]) -> &[u8] {
    let mut at = DIGITS_MAX;
    loop {
        at -= 1;
        buffer[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return &buffer[at..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_strtoull_does() {
        let max = u64::MAX.to_string();
        let good: [(&[u8], u64); 11] = [
            (b"0", 0),
            (b"5", 5),
            (b"5 ", 5),
            (b"1 2", 1),
            (b" \t\n+007\r\n", 7),
            (b"+1", 1),
            (b"0000000000000000000000000000012", 12),
            (max.as_bytes(), u64::MAX),
            (b"10\0".split_at(2).0, 10),
            (b"1\0x", 1),
            (b"-0", 0),
        ];
        for (text, number) in good {
            assert_eq!(parse(text), Some(number), "{}", text.escape_ascii());
        }
        let bad: [&[u8]; 9] = [
            b"",
            b" ",
            b"+",
            b"-1",
            b"1x",
            b"x1",
            b"++1",
            b"+ 1",
            b"18446744073709551616",
        ];
        for text in bad {
            assert_eq!(parse(text), None, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn digits_are_those_of_display() {
        for number in [0, 1, 9, 10, 12345678901, u64::MAX] {
            assert_eq!(
                digits(number, &mut [0; DIGITS_MAX]),
                number.to_string().as_bytes()
            );
        }
    }
}
