//! Meta flags: one letter each, with an argument glued on where it takes one.
//!
//! [`Flags`] are a request's, checked as a whole and with their numbers read, and still there in
//! their order, because they act and are answered in it. [`Tokens`] are any flags, unchecked: what
//! a reply carries.
//!
//! | letter | argument | on |
//! |---|---|---|
//! | `b` | | the key is base64 |
//! | `k` `O` `q` `P` `L` | `O`: opaque to 31 bytes; `P`, `L`: ignored | return the key; return the opaque; quiet; routing hints |
//! | `v` `s` `f` `c` `t` `l` `h` `u` | | return value, size, client flags, CAS id, TTL, age, hit before; do not count as access |
//! | `C` `E` | u64 | CAS id to compare with; CAS id to give |
//! | `T` `N` `R` | i32, seconds as of [`crate::codec::exptime`] | TTL; create on a miss; recache below |
//! | `F` | u32 | client flags |
//! | `M` | a character | mode |
//! | `I` `x` | | invalidate; remove the value |
//! | `J` `D` | u64 | initial value; delta |
//!
//! All parse on every command; where one means nothing it is ignored.
//! Source: memcached doc/protocol.txt, "Meta commands"; errors of 1.6.45, measured.

use super::Key;
use crate::codec::num;
use crate::codec::text::Words;
use crate::codec::text::request::BadRequest;

/// Words in a line, command and key included. Source: memcached 1.6.45, measured.
pub const MAX_WORDS: usize = 20;

/// Longest opaque, in bytes. Source: memcached doc/protocol.txt, "Meta Get".
pub const MAX_OPAQUE_LEN: usize = 31;

const FORMAT: &str = BadRequest::FORMAT.reply;
const TOO_MANY: &str = "CLIENT_ERROR options flags are too long";
const DUPLICATE: &str = "CLIENT_ERROR duplicate flag";
const UNKNOWN: &str = "CLIENT_ERROR invalid flag";
const BAD_TOKEN: &str = "CLIENT_ERROR bad token in command line format";
const BAD_KEY: &str = "CLIENT_ERROR error decoding key";
const BAD_INITIAL: &str = "CLIENT_ERROR invalid numeric initial value";
const BAD_DELTA: &str = "CLIENT_ERROR invalid numeric delta value";
const LONG_OPAQUE: &str = "CLIENT_ERROR opaque token too long";
const UNKNOWN_OR_DUPLICATE: &str = "CLIENT_ERROR invalid or duplicate flag";

/// One flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag<'a> {
    /// What it is; a letter in a request, any byte but a blank in what a server sends.
    pub letter: u8,
    /// What is glued on, possibly nothing.
    pub arg: &'a [u8],
}

/// Flags in their order, not looked at yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tokens<'a>(Words<'a>);

impl<'a> Tokens<'a> {
    /// The flags among these words: all of them.
    pub fn new(words: Words<'a>) -> Tokens<'a> {
        Tokens(words)
    }

    /// The argument of the first flag with this letter.
    pub fn arg_of(mut self, letter: u8) -> Option<&'a [u8]> {
        let flag = self.find(|flag| flag.letter == letter)?;
        Some(flag.arg)
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Flag<'a>;

    #[inline]
    fn next(&mut self) -> Option<Flag<'a>> {
        let (&letter, arg) = self.0.next()?.split_first()?;
        Some(Flag { letter, arg })
    }
}

/// The flags of a request. Numbers are read where they are wanted, once more: that is rare, and this
/// is small enough to be handed about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flags<'a> {
    tokens: Tokens<'a>,
    /// Which letters are there, a bit each, `A` the lowest. Each is there once, and its argument is
    /// sound.
    seen: u64,
}

/// The letters with which any argument is sound, or ignored.
const ANY_ARG: u64 = bits(b"kOqvsfctlhuIxPLM");

const fn bits(letters: &[u8]) -> u64 {
    let (mut bits, mut i) = (0, 0);
    while i < letters.len() {
        bits |= bit(letters[i]);
        i += 1;
    }
    bits
}

/// The bit of a letter.
const fn bit(letter: u8) -> u64 {
    match letter {
        b'A'..=b'z' => 1 << (letter - b'A'),
        _ => 0,
    }
}

impl<'a> Flags<'a> {
    /// Reads the words behind the key of `mg`, `ms`, `md` or `ma`; `before` is the number of words
    /// in front of them. The error is the line to answer.
    ///
    /// Where several things are wrong memcached's order decides: the number of words, then a first
    /// byte that can be no flag, then the first letter that is unknown or there twice, then the
    /// **last** bad argument, except that bad client flags yield to all others. `arith`: answer as
    /// `ma`, which has one line for the last two.
    #[inline]
    pub(super) fn parse(
        words: Words<'a>,
        before: usize,
        key: Key<'a>,
        arith: bool,
    ) -> Result<Flags<'a>, &'static str> {
        match Self::read(words, before, key) {
            Ok(flags) => Ok(flags),
            Err(error) => Err(refuse(error, words, before, arith)),
        }
    }

    /// The same; of several things that are wrong the error is one.
    pub(super) fn read(
        words: Words<'a>,
        before: usize,
        key: Key<'_>,
    ) -> Result<Flags<'a>, &'static str> {
        let tokens = Tokens(words);
        let (mut seen, mut count, mut error) = (0, before, None);
        for Flag { letter, arg } in tokens {
            count += 1;
            let bit = bit(letter);
            if seen & bit != 0 {
                return Err(DUPLICATE);
            }
            seen |= bit;
            if bit & ANY_ARG != 0 {
                continue;
            }
            let (sound, otherwise) = match letter {
                b'b' => (key.is_base64(), BAD_KEY),
                b'C' | b'E' => (num::u64_strict(arg).is_some(), BAD_TOKEN),
                b'T' | b'N' | b'R' => (num::i32_strict(arg).is_some(), BAD_TOKEN),
                b'F' => (num::u32_strict(arg).is_some(), error.unwrap_or(FORMAT)),
                b'J' => (num::u64_strict(arg).is_some(), BAD_INITIAL),
                b'D' => (num::u64_strict(arg).is_some(), BAD_DELTA),
                _ => return Err(UNKNOWN),
            };
            if !sound {
                error = Some(otherwise);
            }
        }
        match error {
            None if count <= MAX_WORDS => Ok(Flags { tokens, seen }),
            error => Err(error.unwrap_or(TOO_MANY)),
        }
    }

    /// Whether there is a flag with this letter.
    #[inline]
    pub fn has(&self, letter: u8) -> bool {
        self.seen & bit(letter) != 0
    }

    /// Whether there is a flag with one of these letters.
    #[inline]
    pub fn has_any(&self, letters: &[u8]) -> bool {
        letters.iter().any(|&letter| self.has(letter))
    }

    /// `q`: answers that are as expected are left out.
    pub fn is_quiet(&self) -> bool {
        self.has(b'q')
    }

    /// All of them, in the order of the line.
    #[inline]
    pub fn tokens(&self) -> Tokens<'a> {
        self.tokens
    }

    /// The argument of the flag with this letter, if there is one.
    #[inline]
    fn arg(&self, letter: u8) -> Option<&'a [u8]> {
        if self.has(letter) {
            self.tokens.arg_of(letter)
        } else {
            None
        }
    }

    /// `C`: the CAS id to compare with.
    #[inline]
    pub fn compare_cas(&self) -> Option<u64> {
        self.arg(b'C').and_then(num::u64_strict)
    }

    /// `E`: the CAS id to give.
    #[inline]
    pub fn new_cas(&self) -> Option<u64> {
        self.arg(b'E').and_then(num::u64_strict)
    }

    /// `T`: the TTL to set, see [`crate::codec::exptime`].
    #[inline]
    pub fn exptime(&self) -> Option<i64> {
        self.arg(b'T').and_then(num::i32_strict).map(i64::from)
    }

    /// `N`: create on a miss, with this TTL.
    #[inline]
    pub fn vivify(&self) -> Option<i64> {
        self.arg(b'N').and_then(num::i32_strict).map(i64::from)
    }

    /// `R`: recache if fewer seconds than this remain.
    #[inline]
    pub fn recache(&self) -> Option<i64> {
        self.arg(b'R').and_then(num::i32_strict).map(i64::from)
    }

    /// `F`: client flags, 0 without.
    #[inline]
    pub fn client_flags(&self) -> u32 {
        self.arg(b'F').and_then(num::u32_strict).unwrap_or(0)
    }

    /// `M`: the first character of the mode, 0 if the flag has none.
    #[inline]
    pub(super) fn mode(&self) -> Option<u8> {
        let arg = self.arg(b'M')?;
        Some(arg.first().copied().unwrap_or(0))
    }

    /// `J`: the number to create, 0 without.
    pub fn initial(&self) -> u64 {
        self.arg(b'J').and_then(num::u64_strict).unwrap_or(0)
    }

    /// `D`: the number to add or subtract, 1 without.
    pub fn delta(&self) -> u64 {
        self.arg(b'D').and_then(num::u64_strict).unwrap_or(1)
    }

    /// Whether the opaque is short enough; the error is the line to answer.
    pub(super) fn check_opaque(&self) -> Result<(), &'static str> {
        match self.arg(b'O') {
            Some(opaque) if opaque.len() > MAX_OPAQUE_LEN => Err(LONG_OPAQUE),
            _ => Ok(()),
        }
    }
}

/// Which of several errors is answered.
#[cold]
fn refuse(error: &'static str, words: Words<'_>, before: usize, arith: bool) -> &'static str {
    if before + words.count() > MAX_WORDS {
        TOO_MANY
    } else if Tokens(words).any(|flag| !flag.letter.is_ascii_digit() && !is_letter(flag.letter)) {
        FORMAT
    } else if arith {
        UNKNOWN_OR_DUPLICATE
    } else {
        error
    }
}

/// What may begin a flag; the six characters between the two alphabets count in memcached.
fn is_letter(byte: u8) -> bool {
    matches!(byte, b'A'..=b'z')
}

/// Appends a flag without an argument.
#[inline]
pub fn push_flag(out: &mut Vec<u8>, letter: u8) {
    out.extend_from_slice(&[b' ', letter]);
}

/// Appends a flag and its argument, which must hold no blank and no line end.
#[inline]
pub fn push_token(out: &mut Vec<u8>, letter: u8, arg: &[u8]) {
    push_flag(out, letter);
    out.extend_from_slice(arg);
}

/// Appends a flag and a number.
#[inline]
pub fn push_number(out: &mut Vec<u8>, letter: u8, n: u64) {
    push_flag(out, letter);
    num::push_u64(out, n);
}

/// Appends a flag and a number that may be negative.
#[inline]
pub fn push_signed(out: &mut Vec<u8>, letter: u8, n: i64) {
    push_flag(out, letter);
    num::push_i64(out, n);
}
