//! Comparing what a client says with a secret, in a time that does not tell about the secret.

use std::hint::black_box;

/// Longest secret, in bytes.
pub const MAX_BYTES: usize = 255;

/// Bytes to compare with in a time that does not tell about them. They have no place in a log,
/// hence no `Debug` that shows them.
pub struct Secret {
    len: usize,
    /// Zeros behind the bytes.
    bytes: [u8; MAX_BYTES],
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// `None` of more than [`MAX_BYTES`].
    pub fn new(bytes: &[u8]) -> Option<Secret> {
        let mut padded = [0; MAX_BYTES];
        padded.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(Secret {
            len: bytes.len(),
            bytes: padded,
        })
    }

    /// 1 if these are the bytes, else 0.
    pub fn is(&self, said: &[u8]) -> u8 {
        let mut differ = u8::from(said.len() != self.len);
        // What is longer than any secret differs in its length already.
        for (secret, said) in self.bytes.iter().zip(said) {
            // Not to be made a loop that ends at the first difference.
            differ |= black_box(secret ^ said);
        }
        u8::from(black_box(differ) == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_bytes_are_the_secret() {
        let secret = Secret::new(b"open\0").expect("short");
        assert_eq!(secret.is(b"open\0"), 1);
        for said in [
            &b""[..],
            b"open",
            b"open\0\0",
            b"opem\0",
            b"Open\0",
            &[0; 300],
        ] {
            assert_eq!(secret.is(said), 0, "{}", said.escape_ascii());
        }
        let empty = Secret::new(b"").expect("short");
        assert_eq!((empty.is(b""), empty.is(b"\0")), (1, 0));
        assert!(Secret::new(&[1; MAX_BYTES + 1]).is_none());
        let longest = Secret::new(&[1; MAX_BYTES]).expect("just short enough");
        assert_eq!((longest.is(&[1; 255]), longest.is(&[1; 256])), (1, 0));
        assert!(!format!("{secret:?}").contains("open"));
    }
}
