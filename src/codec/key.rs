//! What a key may be on the wire, and how pecl/memcache makes one from what a caller gave.

/// Longest key in bytes. Source: memcached doc/protocol.txt, "Keys".
pub const MAX_KEY_LEN: usize = 250;

/// A key that can be sent: 1 to 250 bytes, none of them a blank or control byte (0x00 to 0x20).
/// 0x7f and bytes from 0x80 are allowed, as pecl/memcache sends them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key<'a>(&'a [u8]);

/// Why bytes are no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyError {
    /// No bytes at all.
    Empty,
    /// More than [`MAX_KEY_LEN`] bytes.
    TooLong,
    /// A byte from 0x00 to 0x20, which would end the key on the wire.
    ControlByte,
}

impl std::fmt::Display for KeyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            KeyError::Empty => "the key is empty",
            KeyError::TooLong => "the key is longer than 250 bytes",
            KeyError::ControlByte => "the key holds a blank or control byte",
        })
    }
}

impl std::error::Error for KeyError {}

impl<'a> Key<'a> {
    /// Takes the bytes as they are, or says why they are no key.
    pub fn new(bytes: &'a [u8]) -> Result<Key<'a>, KeyError> {
        if bytes.is_empty() {
            Err(KeyError::Empty)
        } else if bytes.len() > MAX_KEY_LEN {
            Err(KeyError::TooLong)
        } else if bytes.iter().any(|&b| b <= b' ') {
            Err(KeyError::ControlByte)
        } else {
            Ok(Key(bytes))
        }
    }

    /// The bytes.
    pub fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}

/// Appends the key that pecl/memcache would send for `prefix` and `key`: both together cut to
/// [`MAX_KEY_LEN`] bytes, then every byte up to 0x20 replaced by `_`. Appends nothing and returns
/// false when `key` is empty.
///
/// Hashing uses the result. Source: `vectors/wire.json` `ascii/keys/*`, `hash-servers.tsv`.
///
/// ```
/// use mcrs::codec::key;
/// let mut out = Vec::new();
/// assert!(key::fix_up(&mut out, b"pre ", b"a\tb"));
/// assert_eq!(out, b"pre_a_b");
/// ```
pub fn fix_up(out: &mut Vec<u8>, prefix: &[u8], key: &[u8]) -> bool {
    if key.is_empty() {
        return false;
    }
    let prefix = &prefix[..prefix.len().min(MAX_KEY_LEN)];
    let key = &key[..key.len().min(MAX_KEY_LEN - prefix.len())];
    let start = out.len();
    out.extend_from_slice(prefix);
    out.extend_from_slice(key);
    for b in &mut out[start..] {
        if *b <= b' ' {
            *b = b'_';
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_1_to_250_bytes_without_blanks_and_controls() {
        assert_eq!(Key::new(b""), Err(KeyError::Empty));
        assert!(Key::new(&[b'k'; 250]).is_ok());
        assert_eq!(Key::new(&[b'k'; 251]), Err(KeyError::TooLong));
        for b in 0..=b' ' {
            assert_eq!(Key::new(&[b'k', b]), Err(KeyError::ControlByte));
        }
        assert!(Key::new(b"\x7f\x80\xff!").is_ok());
    }

    #[test]
    fn fixed_up_keys_are_cut_and_cleaned() {
        let fixed = |prefix: &[u8], key: &[u8]| {
            let mut out = b"kept".to_vec();
            fix_up(&mut out, prefix, key).then(|| out.split_off(4))
        };
        assert_eq!(fixed(b"", b""), None);
        assert_eq!(fixed(b"pre_", b""), None);
        assert_eq!(fixed(b"", b"a b\0\r\n").unwrap(), b"a_b___");
        assert_eq!(fixed(b"a b\tc", b"k").unwrap(), b"a_b_ck");
        assert_eq!(fixed(b"", &[b'k'; 400]).unwrap(), [b'k'; 250]);
        assert_eq!(
            fixed(&[b'p'; 10], &[b'k'; 245]).unwrap()[..11],
            *b"ppppppppppk"
        );
        assert_eq!(fixed(&[b'p'; 300], b"k").unwrap(), [b'p'; 250]);
    }
}
