//! PHP values as stored bytes with flags, and back.
//!
//! Source: pecl/memcache 8.2; `vectors/values-write.tsv`, `values-read.tsv`.

use mcrs::value::compress::{Compression, MAX_UNPACKED_LEN, unpack};
use mcrs::value::flags;

use crate::scratch::Voice;
use crate::zend::{self, Kind, Owned, Pins, R, Value, memory_limit, print_float, read_decimal};

/// The two low bytes of the flags argument belong to the extension, but for this bit.
const CALLERS_LOW_BITS: u32 = flags::COMPRESSED;

/// The flags argument of a store call: its low 32 bits. Warns and gives `None` when it has bits
/// that belong to the extension.
pub(crate) fn caller_flags(argument: i64, voice: &mut Voice) -> R<Option<u32>> {
    let bits = argument as u32;
    if bits & !flags::USER_MASK & !CALLERS_LOW_BITS == 0 {
        return Ok(Some(bits));
    }
    voice.warn(
        c"The lowest two bytes of the flags array is reserved for pecl/memcache internal use",
    )?;
    Ok(None)
}

/// A value ready to be sent.
pub(crate) struct Stored<'a> {
    /// Its flags, the caller's included.
    pub(crate) flags: u32,
    /// Its bytes.
    pub(crate) bytes: &'a [u8],
}

/// Buffers of [`pack`].
#[derive(Default)]
pub(crate) struct PackBuffers {
    number: Vec<u8>,
    stream: Vec<u8>,
}

impl PackBuffers {
    /// Forgets what was packed and gives big memory back.
    pub(crate) fn reset(&mut self, kept_bytes: usize) {
        for buffer in [&mut self.number, &mut self.stream] {
            buffer.clear();
            buffer.shrink_to(kept_bytes);
        }
    }
}

/// The stored form of a value; `flags` is what [`caller_flags`] gave. Warns and gives `None` when
/// the value cannot be serialized. Runs user code for objects.
///
/// A PHP reference (an element of an array argument) is stored as what it refers to.
/// Differs from pecl/memcache: that serializes any reference, so the same value reads back the
/// same but with other flags, and counters break.
pub(crate) fn pack<'a>(
    value: Value<'a>,
    flags: u32,
    compression: Compression,
    buffers: &'a mut PackBuffers,
    pins: &'a mut Pins,
    voice: &mut Voice,
) -> R<Option<Stored<'a>>> {
    let user = flags & flags::USER_MASK;
    let number = &mut buffers.number;
    number.clear();
    let kind = match value.kind() {
        Kind::Int(int) => {
            number.extend_from_slice(int.to_string().as_bytes());
            flags::TYPE_INT
        }
        Kind::Float(float) => {
            print_float(float, number);
            flags::TYPE_FLOAT
        }
        Kind::Bool(bool) => {
            number.push(if bool { b'1' } else { b'0' });
            flags::TYPE_BOOL
        }
        Kind::Str(text) => {
            let asked = flags & flags::COMPRESSED != 0;
            return Ok(Some(squeeze(
                text.bytes(),
                user,
                asked,
                compression,
                &mut buffers.stream,
            )));
        }
        Kind::Null | Kind::Array(_) | Kind::Object | Kind::Resource => {
            let Some(text) = zend::serialize(value)? else {
                voice.warn(c"Failed to serialize value")?;
                return Ok(None);
            };
            let pin = pins.keep(text);
            let asked = flags & flags::COMPRESSED != 0;
            return Ok(Some(squeeze(
                pins.bytes(pin),
                user | flags::SERIALIZED,
                asked,
                compression,
                &mut buffers.stream,
            )));
        }
    };
    Ok(Some(Stored {
        flags: user | kind,
        bytes: number,
    }))
}

/// The value compressed, if that is wanted and worth it.
fn squeeze<'a>(
    bytes: &'a [u8],
    flags: u32,
    asked: bool,
    compression: Compression,
    stream: &'a mut Vec<u8>,
) -> Stored<'a> {
    match compression.pack(bytes, asked) {
        Some(packed) => {
            *stream = packed;
            Stored {
                flags: flags | flags::COMPRESSED,
                bytes: stream,
            }
        }
        None => Stored { flags, bytes },
    }
}

/// The PHP value of stored bytes. Says why and gives `None` when they cannot be read, which counts
/// as a miss. Runs user code for objects; `stored` has to stay where it is meanwhile.
///
/// `unpacked` is a buffer for the decompressed value.
pub(crate) fn unpack_value(
    stored: &[u8],
    flags: u32,
    unpacked: &mut Vec<u8>,
    voice: &mut Voice,
) -> R<Option<Owned>> {
    let bytes = if flags & flags::COMPRESSED == 0 {
        stored
    } else {
        // More than the request may hold is not worth producing: making a PHP string of it would
        // end the request.
        match unpack(stored, memory_limit().min(MAX_UNPACKED_LEN)) {
            Ok(value) => *unpacked = value,
            Err(_) => {
                voice.notice(c"Failed to uncompress data")?;
                return Ok(None);
            }
        }
        unpacked.as_slice()
    };
    if flags & flags::SERIALIZED != 0 {
        return match zend::unserialize(bytes)? {
            Some(value) => Ok(Some(value)),
            None => {
                voice.notice(c"Failed to unserialize data")?;
                Ok(None)
            }
        };
    }
    Ok(Some(match flags & flags::TYPE_MASK {
        flags::TYPE_BOOL => Owned::bool(bytes == b"1"),
        flags::TYPE_INT => Owned::int(read_int(bytes)),
        flags::TYPE_FLOAT => Owned::float(read_float(bytes)),
        _ => Owned::bytes(bytes),
    }))
}

/// C's `strtol` in base 10: what does not begin with a number is 0, what is too large stops at the
/// end of the range. Counters that a server padded with blanks read correctly.
fn read_int(bytes: &[u8]) -> i64 {
    let number = mcrs::client::num::scan(bytes).unwrap_or(0);
    number.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

/// C's `%lg`: blanks, a sign, then `INF`, `NAN`, a hexadecimal or a decimal number; 0 when there
/// is none of them.
fn read_float(bytes: &[u8]) -> f64 {
    let text = bytes.trim_ascii_start();
    let (sign, rest) = match text.first() {
        Some(b'-') => (-1.0, &text[1..]),
        Some(b'+') => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    let starts = |word: &[u8]| {
        rest.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    if starts(b"inf") {
        sign * f64::INFINITY
    } else if starts(b"nan") {
        f64::NAN
    } else if starts(b"0x") {
        sign * read_hexadecimal(&rest[2..])
    } else if matches!(rest.first(), Some(b'0'..=b'9' | b'.')) {
        sign * read_decimal(rest)
    } else {
        0.0
    }
}

/// A hexadecimal float after its `0x`: digits with an optional point, then `p` and a power of two.
fn read_hexadecimal(text: &[u8]) -> f64 {
    let digit = |b: u8| char::from(b).to_digit(16);
    let mut value = 0.0_f64;
    let mut exponent = 0_i32;
    let mut at = 0;
    let mut point = false;
    while let Some(&byte) = text.get(at) {
        if byte == b'.' && !point {
            point = true;
        } else if let Some(digit) = digit(byte) {
            value = value * 16.0 + f64::from(digit);
            exponent -= if point { 4 } else { 0 };
        } else {
            break;
        }
        at += 1;
    }
    if matches!(text.get(at), Some(b'p' | b'P'))
        && let Some(power) = mcrs::client::num::scan(&text[at + 1..])
    {
        exponent = exponent.saturating_add(power.clamp(-100_000, 100_000) as i32);
    }
    // In two steps, since the power alone may be out of range where the product is not.
    let half = exponent / 2;
    value * 2.0_f64.powi(half) * 2.0_f64.powi(exponent - half)
}
