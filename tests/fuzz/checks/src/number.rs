//! The readers of decimal numbers against slow ones that use the standard library's, one by one.

use mcrs::codec::num;

/// Bytes as a number in every dialect, and a number printed and read back.
pub fn check(data: &[u8]) {
    assert_eq!(num::u64_strict(data), strict(data, 22, 0, u64::MAX.into()));
    assert_eq!(num::u32_strict(data), strict(data, 11, 0, u32::MAX.into()));
    assert_eq!(num::i32_strict(data), i32_strict(data));
    assert_eq!(num::i64_strict(data), i64_strict(data));
    assert_eq!(num::strtoul(data), strtoul(data), "strtoul");
    assert_eq!(num::strtol(data), strtol(data), "strtol");
    assert_eq!(num::scan(data), scan(data), "scan");

    let mut eight = [0; 8];
    let len = data.len().min(8);
    eight[..len].copy_from_slice(&data[..len]);
    let number = u64::from_le_bytes(eight);
    let mut out = b"kept".to_vec();
    num::push_u64(&mut out, number);
    assert_eq!(out, format!("kept{number}").as_bytes());
    assert!(out.len() - 4 <= num::MAX_DECIMAL_LEN);
    out.clear();
    num::push_i64(&mut out, number as i64);
    assert_eq!(out, (number as i64).to_string().as_bytes());
    assert_eq!(num::i64_strict(&out), Some(number as i64));
}

/// An optional `-` where `least` is negative, digits, at most `most_len` of them all together.
fn strict<T: TryFrom<i128>>(s: &[u8], most_len: usize, least: i128, most: i128) -> Option<T> {
    let digits = if least < 0 {
        s.strip_prefix(b"-").unwrap_or(s)
    } else {
        s
    };
    if digits.is_empty() || s.len() > most_len || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let n: i128 = std::str::from_utf8(s).ok()?.parse().ok()?;
    T::try_from(n).ok().filter(|_| (least..=most).contains(&n))
}

/// 0 to 2^64-1 in at most 22 digits, as memcached reads ids and deltas.
pub(crate) fn u64_strict(s: &[u8]) -> Option<u64> {
    strict(s, 22, 0, u64::MAX.into())
}

/// 0 to 2^32-1 in at most 11 digits, as memcached reads lengths.
pub(crate) fn u32_strict(s: &[u8]) -> Option<u32> {
    strict(s, 11, 0, u32::MAX.into())
}

/// 32 bits signed in at most 11 characters, as memcached reads most exptimes.
pub(crate) fn i32_strict(s: &[u8]) -> Option<i32> {
    strict(s, 11, i32::MIN.into(), i32::MAX.into())
}

fn i64_strict(s: &[u8]) -> Option<i64> {
    // The sign comes on top of the 22 digits.
    let most_len = 22 + usize::from(s.first() == Some(&b'-'));
    strict(s, most_len, i64::MIN.into(), i64::MAX.into())
}

/// What `isspace` says in the C locale.
fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

/// Blanks, a sign, digits; what they are worth (digits beyond 38 count as too many) and what is
/// behind them. `None` without a digit.
fn c_number(s: &[u8]) -> Option<(i128, &[u8])> {
    let start = s.iter().position(|&b| !is_space(b))?;
    let s = &s[start..];
    let signed = s.first().is_some_and(|b| b"+-".contains(b));
    let digits = &s[usize::from(signed)..];
    let len = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    let (digits, rest) = digits.split_at(len);
    if digits.is_empty() {
        return None;
    }
    let text = std::str::from_utf8(digits).ok()?;
    let n: i128 = text.parse().unwrap_or(i128::MAX);
    Some((if s[0] == b'-' { -n } else { n }, rest))
}

/// All of a word, or up to white space or NUL, as memcached looks at what `strtoul` leaves.
fn whole((n, rest): (i128, &[u8])) -> Option<i128> {
    (rest.is_empty() || rest[0] == 0 || is_space(rest[0])).then_some(n)
}

/// `strtoul` as memcached uses it for flags: 0 to 2^64-1, `-0` included.
pub(crate) fn strtoul(s: &[u8]) -> Option<u64> {
    u64::try_from(c_number(s).and_then(whole)?).ok()
}

/// `strtol` as memcached uses it for the exptime of storage commands.
pub(crate) fn strtol(s: &[u8]) -> Option<i64> {
    i64::try_from(c_number(s).and_then(whole)?).ok()
}

fn scan(s: &[u8]) -> Option<i128> {
    let (n, _) = c_number(s)?;
    Some(n.clamp(i64::MIN.into(), u64::MAX.into()))
}
