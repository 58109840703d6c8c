//! Decimal numbers as the text protocol reads and prints them.
//!
//! Three dialects meet here: the strict one of most fields ([`u64_strict`], [`i32_strict`]), C's
//! `strtoul`/`strtol` for the fields where memcached uses those ([`strtoul`], [`strtol`]), and C's
//! `scanf` as pecl/memcache reads counters ([`scan`]).

/// Longest run of characters accepted for a 64-bit number. Source: memcached 1.6.45, measured.
const MAX_64: usize = 22;
/// Longest run of characters accepted for a 32-bit number. Source: memcached 1.6.45, measured.
const MAX_32: usize = 11;
/// Digits that make a 64-bit number whatever they are.
const SAFE_64: usize = 19;

/// Digits only, at most 22 characters, at most 2^64-1; no sign, no blanks.
pub fn u64_strict(s: &[u8]) -> Option<u64> {
    if s.is_empty() || s.len() > MAX_64 {
        return None;
    }
    let (safe, rest) = s.split_at(s.len().min(SAFE_64));
    let mut n: u64 = 0;
    for &b in safe {
        n = n * 10 + digit(b)?;
    }
    for &b in rest {
        n = n.checked_mul(10)?.checked_add(digit(b)?)?;
    }
    Some(n)
}

#[inline]
fn digit(b: u8) -> Option<u64> {
    let d = b.wrapping_sub(b'0');
    (d <= 9).then_some(u64::from(d))
}

/// Up to nine digits that something else follows, and what that is.
#[inline]
pub fn plain(s: &[u8]) -> Option<(u32, &[u8])> {
    const DIGITS_MAX: usize = 9;
    let (mut n, mut at) = (0, 0);
    loop {
        let d = s.get(at)?.wrapping_sub(b'0');
        if d > 9 {
            return (at > 0).then_some((n, &s[at..]));
        }
        if at == DIGITS_MAX {
            return None;
        }
        n = n * 10 + u32::from(d);
        at += 1;
    }
}

/// Digits only, at most 11 characters, at most 2^32-1.
pub fn u32_strict(s: &[u8]) -> Option<u32> {
    if s.len() > MAX_32 {
        return None;
    }
    u64_strict(s).and_then(|n| u32::try_from(n).ok())
}

/// An optional `-`, then digits, at most 11 characters, within 32 bits signed.
pub fn i32_strict(s: &[u8]) -> Option<i32> {
    i64_strict(s)
        .filter(|_| s.len() <= MAX_32)
        .and_then(|n| i32::try_from(n).ok())
}

/// An optional `-`, then digits, within 64 bits signed.
pub fn i64_strict(s: &[u8]) -> Option<i64> {
    match s.strip_prefix(b"-") {
        Some(digits) => u64_strict(digits).and_then(|n| 0i64.checked_sub_unsigned(n)),
        None => u64_strict(s).and_then(|n| i64::try_from(n).ok()),
    }
}

/// C's `strtoul` on a token, as memcached takes it: white space, a sign, digits, then the end, or
/// white space or NUL and anything. Negative numbers and numbers over 2^64-1 are refused.
/// Source: memcached 1.6.18 and 1.6.45, measured.
pub fn strtoul(s: &[u8]) -> Option<u64> {
    let (negative, n) = c_token(s)?;
    (!negative || n == 0).then_some(n)
}

/// C's `strtol` on a token, likewise.
pub fn strtol(s: &[u8]) -> Option<i64> {
    let (negative, n) = c_token(s)?;
    if negative {
        0i64.checked_sub_unsigned(n)
    } else {
        i64::try_from(n).ok()
    }
}

/// Whether a token is negative, and its digits as a number.
fn c_token(s: &[u8]) -> Option<(bool, u64)> {
    // What clients send.
    if let Some(n) = u64_strict(s) {
        return Some((false, n));
    }
    let (negative, s) = sign(skip_space(s));
    let (n, rest) = digits(s);
    let ended = rest.first().is_none_or(|b| *b == 0 || is_space(b));
    n.filter(|_| ended).map(|n| (negative, n))
}

/// A counter at the start of a line, as C's `scanf` reads it: leading blanks, a sign, then as many
/// digits as there are; what follows is ignored. Numbers stop at -2^63 and at 2^64-1.
/// `None` where there is no digit.
///
/// Source: pecl/memcache, `vectors/wire.json` `ascii/reply/incr-number-*`, which read `%ld` and so
/// stop at 2^63-1: cut there what must look like pecl/memcache's.
pub fn scan(s: &[u8]) -> Option<i128> {
    let (negative, s) = sign(skip_space(s));
    if !s.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let mut n: i128 = 0;
    for d in s
        .iter()
        .map_while(|b| b.is_ascii_digit().then(|| i128::from(b - b'0')))
    {
        n = (n * 10 + d).min(1 << 64);
    }
    let n = if negative { -n } else { n };
    Some(n.clamp(i128::from(i64::MIN), i128::from(u64::MAX)))
}

/// What C's `isspace` says; the standard library's white space lacks 0x0b.
fn is_space(b: &u8) -> bool {
    matches!(b, b' ' | b'\t'..=b'\r')
}

fn skip_space(s: &[u8]) -> &[u8] {
    let start = s.iter().position(|b| !is_space(b)).unwrap_or(s.len());
    &s[start..]
}

fn sign(s: &[u8]) -> (bool, &[u8]) {
    match s.first() {
        Some(b'-') => (true, &s[1..]),
        Some(b'+') => (false, &s[1..]),
        _ => (false, s),
    }
}

/// The number that `s` starts with (`None` for no digits or more than 2^64-1) and what follows it.
fn digits(s: &[u8]) -> (Option<u64>, &[u8]) {
    let end = s
        .iter()
        .position(|b| !b.is_ascii_digit())
        .unwrap_or(s.len());
    let mut n = (end > 0).then_some(0u64);
    for b in &s[..end] {
        n = n
            .and_then(|n| n.checked_mul(10))
            .and_then(|n| n.checked_add(u64::from(b - b'0')));
    }
    (n, &s[end..])
}

/// Longest decimal form of a 64-bit number, sign included.
pub const MAX_DECIMAL_LEN: usize = 20;

/// Writes `n` in decimal to the front of `buf`; returns how many bytes it took.
///
/// # Panics
/// When `buf` is shorter than the number; [`MAX_DECIMAL_LEN`] bytes are always enough.
pub fn write_u64(buf: &mut [u8], mut n: u64) -> usize {
    let mut tmp = [0u8; MAX_DECIMAL_LEN];
    let mut at = MAX_DECIMAL_LEN;
    loop {
        at -= 1;
        tmp[at] = b'0' + (n % 10) as u8;
        n /= 10;
        if n == 0 {
            break;
        }
    }
    let digits = &tmp[at..];
    buf[..digits.len()].copy_from_slice(digits);
    digits.len()
}

/// Appends `n` in decimal.
#[inline]
pub fn push_u64(out: &mut Vec<u8>, n: u64) {
    match n {
        // Flags and the lengths of most values: a digit at a time is faster than a copy.
        0..=9 => out.push(b'0' + n as u8),
        10..=99 => out.extend_from_slice(&three_digits(n as u32)[1..]),
        100..=999 => out.extend_from_slice(&three_digits(n as u32)),
        _ => push_long(out, n),
    }
}

/// The digits of a number below 1000, with leading zeros.
#[inline]
pub fn three_digits(n: u32) -> [u8; 3] {
    [n / 100, n / 10, n].map(|n| b'0' + (n % 10) as u8)
}

#[cold]
fn push_long(out: &mut Vec<u8>, n: u64) {
    let mut tmp = [0u8; MAX_DECIMAL_LEN];
    let len = write_u64(&mut tmp, n);
    out.extend_from_slice(&tmp[..len]);
}

/// Appends `n` in decimal, with a `-` where it is negative.
pub fn push_i64(out: &mut Vec<u8>, n: i64) {
    if n < 0 {
        out.push(b'-');
    }
    push_u64(out, n.unsigned_abs());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_numbers_take_digits_only() {
        assert_eq!(u64_strict(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(u64_strict(b"0018446744073709551615"), Some(u64::MAX));
        for bad in [
            &b""[..],
            b"18446744073709551616",
            b"+1",
            b"-1",
            b" 1",
            b"1 ",
            b"1x",
            b"00018446744073709551615",
        ] {
            assert_eq!(u64_strict(bad), None, "{bad:?}");
        }
        assert_eq!(u32_strict(b"4294967295"), Some(u32::MAX));
        assert_eq!(u32_strict(b"4294967296"), None);
        assert_eq!(i32_strict(b"-2147483648"), Some(i32::MIN));
        assert_eq!(i32_strict(b"2147483648"), None);
        assert_eq!(i64_strict(b"-9223372036854775808"), Some(i64::MIN));
        assert_eq!(i64_strict(b"-"), None);
    }

    #[test]
    fn c_numbers_take_what_c_takes() {
        assert_eq!(strtoul(b"+5"), Some(5));
        assert_eq!(strtoul(b"007"), Some(7));
        assert_eq!(strtoul(b"-1"), None);
        assert_eq!(strtoul(b"5x"), None);
        assert_eq!(strtoul(b"\x0b5\tx"), Some(5));
        assert_eq!(strtoul(b"5\0x"), Some(5));
        assert_eq!(strtoul(b"-0"), Some(0));
        assert_eq!(strtoul(b"18446744073709551616"), None);
        assert_eq!(strtol(b"-5"), Some(-5));
        assert_eq!(strtol(b"+5"), Some(5));
        assert_eq!(strtol(b"\x0b-5\t"), Some(-5));
        assert_eq!(strtol(b""), None);
    }

    #[test]
    fn scanned_numbers_stop_at_the_first_other_byte_and_saturate() {
        for (s, n) in [
            (&b"7"[..], 7),
            (b"007", 7),
            (b" 7", 7),
            (b"\x0b7", 7),
            (b"7 trailing", 7),
            (b"-3", -3),
            (b"18446744073709551615", i128::from(u64::MAX)),
            (b"99999999999999999999", i128::from(u64::MAX)),
            (
                b"99999999999999999999999999999999999999999999",
                i128::from(u64::MAX),
            ),
            (b"-99999999999999999999", i128::from(i64::MIN)),
            (b"1.5", 1),
        ] {
            assert_eq!(scan(s), Some(n), "{s:?}");
        }
        assert_eq!(scan(b"WHAT"), None);
        assert_eq!(scan(b""), None);
        assert_eq!(scan(b"-"), None);
    }

    #[test]
    fn printed_numbers_read_back() {
        for n in [
            0,
            1,
            9,
            10,
            99,
            100,
            999,
            1000,
            u64::from(u32::MAX),
            u64::MAX,
        ] {
            let mut out = Vec::new();
            push_u64(&mut out, n);
            assert_eq!(u64_strict(&out), Some(n));
        }
        let mut out = Vec::new();
        push_i64(&mut out, i64::MIN);
        assert_eq!(out, b"-9223372036854775808");
    }
}
