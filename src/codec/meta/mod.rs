//! The meta protocol: lines of a two-letter command, a key and [`flags`]; answered by lines of a
//! two-letter code and flags.
//!
//! ```text
//! mg <key> <flag>*                        EN | HD <flag>* | VA <len> <flag>* CR LF <data>
//! ms <key> <len> <flag>* CR LF <data>     HD | NS | EX | NF <flag>*
//! md <key> <flag>*                        HD | NF | EX <flag>*
//! ma <key> <flag>*                        HD | VA | NF | NS | EX <flag>*
//! me <key> [b]                            EN | ME <key> <name>=<figure>*
//! mn                                      MN
//! ```
//!
//! Lines mix freely with those of [`text`](super::text), whose decoder finds their ends and tells
//! them apart; [`request`] reads and prints the ones that are commands, [`reply`] the answers. As
//! there, a data block is not part of its line: heads say how long it is.
//!
//! Source: memcached doc/protocol.txt, "Meta commands"; where 1.6.45 is stricter or laxer than
//! that, measured.

pub mod base64;
pub mod flags;
pub mod reply;
pub mod request;

pub use flags::{Flag, Flags, Tokens};
pub use reply::{Code, Head, Reply};
pub use request::{Request, Verb};

use crate::codec::key::MAX_KEY_LEN;

/// Longest key in bytes that fits when it is given in base64.
pub const MAX_BINARY_KEY_LEN: usize = MAX_KEY_LEN / 4 * 3;

/// A key as it stands in a line: 1 to [`MAX_KEY_LEN`] characters, as they are or in base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key<'a> {
    token: &'a [u8],
    /// The flag `b` is there; the token is sound base64.
    binary: bool,
}

/// Room for the bytes of a key given in base64.
#[derive(Debug)]
pub struct KeyBuf([u8; MAX_BINARY_KEY_LEN + 2]);

impl Default for KeyBuf {
    fn default() -> Self {
        KeyBuf([0; MAX_BINARY_KEY_LEN + 2])
    }
}

impl<'a> Key<'a> {
    /// The characters in the line.
    pub fn token(&self) -> &'a [u8] {
        self.token
    }

    /// Whether the line gives the key in base64.
    pub fn is_binary(&self) -> bool {
        self.binary
    }

    /// The key itself: at least one byte; bytes of any value if it [is
    /// binary](Key::is_binary), and at most [`MAX_BINARY_KEY_LEN`] of them.
    #[inline]
    pub fn bytes<'b>(&self, buf: &'b mut KeyBuf) -> &'b [u8]
    where
        'a: 'b,
    {
        if self.binary {
            // Sound since the line was read.
            base64::decode(self.token, &mut buf.0).unwrap_or_default()
        } else {
            self.token
        }
    }

    /// Whether the characters are sound base64.
    #[cold]
    fn is_base64(&self) -> bool {
        base64::decode(self.token, &mut KeyBuf::default().0).is_some()
    }
}

/// Appends a key in the form it is sent: as it is, or in base64.
#[inline]
pub fn push_key(out: &mut Vec<u8>, key: &[u8], binary: bool) {
    if binary {
        base64::encode(out, key);
    } else {
        out.extend_from_slice(key);
    }
}
