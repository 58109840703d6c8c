//! Reading the arguments of options, by the rules of the C functions memcached uses.

use std::path::PathBuf;

use super::{EX_USAGE, Exit};

/// C `atoi`: blanks, sign, leading digits, whatever follows ignored; no digits make 0. Saturates.
pub(super) fn number(text: &str) -> i64 {
    let text = text.trim_start();
    let (negative, digits) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    let value = digits
        .bytes()
        .take_while(u8::is_ascii_digit)
        .fold(0i64, |n, d| {
            n.saturating_mul(10).saturating_add((d - b'0').into())
        });
    // What C calls an int; wider numbers are no use to any option and would wrap there.
    let value = value.min(i32::MAX.into());
    if negative { -value } else { value }
}

/// C `strtol(text, 8)` as far as a file mode goes.
pub(super) fn octal(text: &str) -> u32 {
    let digits = text.bytes().take_while(|b| (b'0'..=b'7').contains(b));
    digits.fold(0u32, |n, d| n.wrapping_mul(8) + u32::from(d - b'0')) & 0o7777
}

/// C `atof` for plain decimal numbers: the longest prefix that is one, else 0.
pub(super) fn decimal(text: &str) -> f64 {
    let end = text
        .bytes()
        .take_while(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
        .count();
    (0..=end)
        .rev()
        .find_map(|n| text[..n].parse().ok())
        .unwrap_or(0.0)
}

/// A port option: -1 to 65535.
pub(super) fn port(text: &str) -> Result<i64, Exit> {
    match number(text) {
        n @ -1..=65535 => Ok(n),
        // Differs from memcached, which takes a number below -1 modulo 2^16: nobody means that.
        n => Err(Exit::new(
            EX_USAGE,
            format!("ERROR: Invalid port number {n}."),
        )),
    }
}

/// A number that must be greater than 0; `what` starts the complaint.
pub(super) fn positive(text: &str, what: &str) -> Result<u32, Exit> {
    match u32::try_from(number(text)) {
        Ok(n) if n > 0 => Ok(n),
        _ => Err(Exit::new(1, format!("{what} must be greater than 0"))),
    }
}

/// A file name that means the same file after a change of directory.
pub(super) fn absolute(path: &str) -> PathBuf {
    // Fails only for an empty name or a lost working directory; opening it will then say so.
    std::path::absolute(path).unwrap_or_else(|_| path.into())
}
