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

/// The flags of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flags<'a> {
    tokens: Tokens<'a>,
    /// Which letters are there, a bit each, `A` the lowest.
    seen: u64,
    compare_cas: u64,
    new_cas: u64,
    initial: u64,
    delta: u64,
    exptime: i32,
    vivify: i32,
    recache: i32,
    client_flags: u32,
    mode: u8,
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
        let mut flags = Flags {
            tokens: Tokens(words),
            seen: 0,
            compare_cas: 0,
            new_cas: 0,
            initial: 0,
            delta: 1,
            exptime: 0,
            vivify: 0,
            recache: 0,
            client_flags: 0,
            mode: 0,
        };
        let mut error = None;
        let mut count = before;
        for Flag { letter, arg } in flags.tokens {
            count += 1;
            let bit = bit(letter);
            if flags.seen & bit != 0 {
                return Err(refuse(DUPLICATE, words, before, arith));
            }
            flags.seen |= bit;
            match letter {
                b'k' | b'O' | b'q' | b'v' | b's' | b'f' | b'c' | b't' | b'l' | b'h' | b'u'
                | b'I' | b'x' | b'P' | b'L' => {}
                b'b' if key.is_base64() => {}
                b'b' => error = Some(BAD_KEY),
                b'C' => set(&mut flags.compare_cas, num::u64_strict(arg), &mut error),
                b'E' => set(&mut flags.new_cas, num::u64_strict(arg), &mut error),
                b'T' => set(&mut flags.exptime, num::i32_strict(arg), &mut error),
                b'N' => set(&mut flags.vivify, num::i32_strict(arg), &mut error),
                b'R' => set(&mut flags.recache, num::i32_strict(arg), &mut error),
                b'F' => match num::u32_strict(arg) {
                    Some(n) => flags.client_flags = n,
                    None => error = error.or(Some(FORMAT)),
                },
                b'M' => flags.mode = arg.first().copied().unwrap_or(0),
                b'J' => match num::u64_strict(arg) {
                    Some(n) => flags.initial = n,
                    None => error = Some(BAD_INITIAL),
                },
                b'D' => match num::u64_strict(arg) {
                    Some(n) => flags.delta = n,
                    None => error = Some(BAD_DELTA),
                },
                _ => return Err(refuse(UNKNOWN, words, before, arith)),
            }
        }
        match error {
            None if count <= MAX_WORDS => Ok(flags),
            error => {
                let error = error.unwrap_or(TOO_MANY);
                Err(refuse(error, words, before, arith))
            }
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

    /// `C`: the CAS id to compare with.
    pub fn compare_cas(&self) -> Option<u64> {
        self.has(b'C').then_some(self.compare_cas)
    }

    /// `E`: the CAS id to give.
    pub fn new_cas(&self) -> Option<u64> {
        self.has(b'E').then_some(self.new_cas)
    }

    /// `T`: the TTL to set, see [`crate::codec::exptime`].
    pub fn exptime(&self) -> Option<i64> {
        self.has(b'T').then_some(self.exptime.into())
    }

    /// `N`: create on a miss, with this TTL.
    pub fn vivify(&self) -> Option<i64> {
        self.has(b'N').then_some(self.vivify.into())
    }

    /// `R`: recache if fewer seconds than this remain.
    pub fn recache(&self) -> Option<i64> {
        self.has(b'R').then_some(self.recache.into())
    }

    /// `F`: client flags, 0 without.
    pub fn client_flags(&self) -> u32 {
        self.client_flags
    }

    /// `M`: the first character of the mode, 0 if the flag has none.
    pub(super) fn mode(&self) -> Option<u8> {
        self.has(b'M').then_some(self.mode)
    }

    /// `J`: the number to create, 0 without.
    pub fn initial(&self) -> u64 {
        self.initial
    }

    /// `D`: the number to add or subtract, 1 without.
    pub fn delta(&self) -> u64 {
        self.delta
    }

    /// Whether the opaque is short enough; the error is the line to answer.
    pub(super) fn check_opaque(&self) -> Result<(), &'static str> {
        let opaque = if self.has(b'O') {
            self.tokens.arg_of(b'O').unwrap_or_default()
        } else {
            &[]
        };
        if opaque.len() > MAX_OPAQUE_LEN {
            Err(LONG_OPAQUE)
        } else {
            Ok(())
        }
    }
}

#[inline]
fn set<T>(field: &mut T, number: Option<T>, error: &mut Option<&'static str>) {
    match number {
        Some(number) => *field = number,
        None => *error = Some(BAD_TOKEN),
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
