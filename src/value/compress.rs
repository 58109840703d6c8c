//! zlib streams (RFC 1950) as values: when a value is compressed, and how it comes back.

use std::io::Read;

use flate2::{Compress, Compression as Level, FlushCompress, Status};

use crate::error::{Error, ErrorKind};

/// When and how much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compression {
    /// Values of at least this many bytes are compressed; 0: only when asked for.
    pub threshold_bytes: usize,
    /// The share of the length, 0.0 to 1.0, that compression must save; otherwise the value is
    /// stored as it is.
    pub min_savings: f64,
}

impl Default for Compression {
    /// 20000 bytes and 0.2, the defaults of `memcache.compress_threshold` and
    /// `setCompressThreshold()`.
    fn default() -> Self {
        Compression {
            threshold_bytes: 20_000,
            min_savings: 0.2,
        }
    }
}

impl Compression {
    /// The zlib stream of `value`, or `None` where the value is to be stored as it is: it is below
    /// the threshold and not `asked` for, or the stream does not save enough.
    pub fn pack(&self, value: &[u8], asked: bool) -> Option<Vec<u8>> {
        let wanted = self.threshold_bytes > 0 && value.len() >= self.threshold_bytes;
        if !wanted && !asked {
            return None;
        }
        // Computed in double and cut, as pecl/memcache does; negative and NaN come out as 0.
        let room = (value.len() as f64 * (1.0 - self.min_savings)) as usize;
        deflate(value, room)
    }
}

/// The zlib stream of `value` at the default level, if it fits in `room` bytes.
fn deflate(value: &[u8], room: usize) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(room);
    let mut zlib = Compress::new(Level::default(), true);
    match zlib.compress_vec(value, &mut out, FlushCompress::Finish) {
        Ok(Status::StreamEnd) => Some(out),
        _ => None,
    }
}

/// Largest value that comes out of [`unpack`] unless the caller says otherwise: 1 GiB, the largest
/// item of memcached.
pub const MAX_UNPACKED_LEN: usize = 1 << 30;

/// The value in a zlib stream; bytes after the end of the stream are ignored.
///
/// The output grows as it is produced and stops at `max_len` bytes. Deflate can expand its input
/// 1032 times at the most, so that is also a bound.
///
/// # Errors
/// [`ErrorKind::Decode`] for anything that is no complete zlib stream (gzip and raw deflate
/// included), [`ErrorKind::TooLarge`] beyond `max_len`.
pub fn unpack(stream: &[u8], max_len: usize) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(stream.len().saturating_mul(2).min(max_len).min(1 << 20));
    let mut reader = flate2::read::ZlibDecoder::new(stream).take(max_len as u64 + 1);
    match reader.read_to_end(&mut out) {
        Ok(_) if out.len() > max_len => Err(Error::new(
            ErrorKind::TooLarge,
            "the decompressed value is over the limit",
        )),
        // The decoder takes an empty input for the end of a stream.
        Ok(_) if !stream.is_empty() => Ok(out),
        _ => Err(Error::new(
            ErrorKind::Decode,
            "the value is no complete zlib stream",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_come_back() {
        let always = Compression {
            threshold_bytes: 1,
            min_savings: 0.0,
        };
        for value in [vec![b'a'; 100], b"abc".repeat(100), vec![0; 1_000_000]] {
            let stream = always.pack(&value, false).expect("compressible");
            assert_eq!(stream[..2], [0x78, 0x9c]);
            assert_eq!(unpack(&stream, MAX_UNPACKED_LEN).unwrap(), value);
        }
    }

    #[test]
    fn the_threshold_counts_unless_asked() {
        let c = Compression {
            threshold_bytes: 100,
            min_savings: 0.2,
        };
        assert!(c.pack(&[b'a'; 99], false).is_none());
        assert!(c.pack(&[b'a'; 99], true).is_some());
        assert!(c.pack(&[b'a'; 100], false).is_some());
        let off = Compression {
            threshold_bytes: 0,
            ..c
        };
        assert!(off.pack(&[b'a'; 100_000], false).is_none());
        assert!(off.pack(&[b'a'; 100_000], true).is_some());
    }

    #[test]
    fn savings_decide() {
        let asked = |min_savings, value: &[u8]| {
            Compression {
                threshold_bytes: 0,
                min_savings,
            }
            .pack(value, true)
            .is_some()
        };
        assert!(!asked(1.0, &[b'a'; 100]));
        assert!(asked(0.0, &[b'a'; 100]));
        assert!(!asked(0.0, b"abc"));
        assert!(!asked(0.0, b""));
    }

    #[test]
    fn broken_streams_are_errors() {
        let whole = Compression {
            threshold_bytes: 1,
            min_savings: 0.0,
        }
        .pack(&[7; 50], true)
        .unwrap();
        for bad in [
            &b""[..],
            b"hello",
            &whole[..whole.len() - 1],
            &whole[2..],
            b"\x1f\x8b\x08\0",
        ] {
            assert_eq!(
                unpack(bad, 1000).unwrap_err().kind(),
                ErrorKind::Decode,
                "{bad:?}"
            );
        }
        let mut trailing = whole.clone();
        trailing.extend_from_slice(b"trailing");
        assert_eq!(unpack(&trailing, 1000).unwrap(), [7; 50]);
        assert_eq!(unpack(&whole, 49).unwrap_err().kind(), ErrorKind::TooLarge);
    }
}
