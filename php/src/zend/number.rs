//! Floats as PHP prints and C reads them, without regard to the locale.

use super::ffi;

/// Significant digits of a stored float. Source: pecl/memcache, `%.14g`.
const DIGITS: i32 = 14;

/// Appends `value` as PHP's `%.14g` prints it, always with a decimal point: `0.1`, `1.0e+15`,
/// `-INF`, `NAN`.
///
/// Differs from pecl/memcache: the locale does not matter, because a value written under one
/// locale has to read back under another.
pub(crate) fn print_float(value: f64, out: &mut Vec<u8>) {
    if value.is_nan() {
        return out.extend_from_slice(b"NAN");
    }
    if value.is_infinite() {
        return out.extend_from_slice(if value > 0.0 { b"INF" } else { b"-INF" });
    }
    // Sign, 14 digits, point, exponent and NUL are under 30 bytes.
    let mut text = [0_u8; 64];
    // SAFETY: the buffer is longer than anything 14 digits can give; the engine ends it with NUL.
    unsafe {
        ffi::zend_gcvt(
            value,
            DIGITS,
            b'.'.cast_signed(),
            b'e'.cast_signed(),
            text.as_mut_ptr().cast(),
        );
    }
    let end = text.iter().position(|&b| b == 0).unwrap_or(text.len());
    out.extend_from_slice(&text[..end]);
}

/// Reads the decimal float at the start of `text`; 0 when there is none.
pub(crate) fn read_decimal(text: &[u8]) -> f64 {
    // Longer texts than this add nothing to a double's 53 bits, but the engine needs a NUL.
    let mut copy = [0_u8; 512];
    let len = text.len().min(copy.len() - 1);
    copy[..len].copy_from_slice(&text[..len]);
    // SAFETY: the copy ends in NUL; a null pointer says the end is not wanted.
    unsafe { ffi::zend_strtod(copy.as_ptr().cast(), std::ptr::null_mut()) }
}
