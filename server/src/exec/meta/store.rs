//! `ms`: storing.

use mcrs::codec::meta::flags::{push_flag, push_number, push_token};
use mcrs::codec::meta::request::{Store, StoreMode};
use mcrs::codec::meta::{Code, Tokens};
use mcrs::codec::text::{CRLF, Words};

use super::Name;
use crate::engine::{Mode, ReserveError, Stored, Terms};
use crate::exec::upload::{Answer, Intake};
use crate::exec::{Context, Next, Output, Refusal, Upload};

/// Makes room for the value, or stores it at once.
pub(super) fn run(
    context: &Context,
    key: &Name<'_>,
    store: &Store<'_>,
    ahead: &[u8],
    out: &mut Output,
) -> Next {
    let flags = &store.flags;
    let compare = flags.compare_cas();
    let mode = match (store.mode, compare) {
        (StoreMode::Set | StoreMode::Replace, Some(cas)) => Mode::Cas(cas),
        (StoreMode::Set, None) => Mode::Set,
        (StoreMode::Replace, None) => Mode::Replace,
        (StoreMode::Add, _) => Mode::Add,
        (StoreMode::Append, _) => Mode::Append,
        (StoreMode::Prepend, _) => Mode::Prepend,
    };
    let joins = matches!(mode, Mode::Append | Mode::Prepend);
    let vivify = flags.vivify().filter(|_| joins);
    let intake = Intake {
        key: key.bytes,
        encoded_key: key.encoded,
        flags: flags.client_flags(),
        expiry: context
            .shared
            .clock
            .expiry(vivify.or(flags.exptime()).unwrap_or(0)),
        len: store.len as usize,
        mode,
        terms: Terms {
            // To these modes 0 means any id. Source: memcached 1.6.18, measured.
            compare: compare.filter(|&cas| joins && cas != 0),
            accept_older: flags.has(b'I'),
            create: vivify.is_some(),
            cas: flags.new_cas(),
        },
        replaces: true,
    };
    let answer = Answer::Meta(Pending::new(key, store));
    let text = match Upload::begin(context, &intake, answer, ahead, out) {
        Ok(next) => return next,
        Err(ReserveError::TooLarge) => "SERVER_ERROR object too large for cache",
        Err(ReserveError::NoMemory) => "SERVER_ERROR out of memory storing object",
    };
    Next::Swallow {
        bytes: u64::from(store.len) + 2,
        reply: Refusal::Line(text),
    }
}

/// What is known of a reply before the value has come.
#[derive(Debug)]
pub(in crate::exec) struct Pending {
    quiet: bool,
    /// The flags to answer, a word each, numbers yet missing; without any it takes no memory.
    /// Bounded by the request's line.
    words: Vec<u8>,
}

impl Pending {
    #[inline]
    fn new(key: &Name<'_>, store: &Store<'_>) -> Pending {
        let mut words = Vec::new();
        for flag in store.flags.tokens() {
            match flag.letter {
                b'c' | b's' => push_flag(&mut words, flag.letter),
                _ => key.echo(flag, &mut words),
            }
        }
        Pending {
            quiet: store.flags.is_quiet(),
            words,
        }
    }

    /// Answers what became of the value, which made an item of `len` bytes.
    #[inline]
    pub(in crate::exec) fn finish(self, stored: Stored, len: usize, out: &mut Output) {
        let (code, cas) = match stored {
            Stored::Done { .. } if self.quiet => return,
            Stored::Done { cas } => (Code::Done, cas),
            Stored::NotStored => (Code::NotStored, 0),
            Stored::Exists => (Code::Exists, 0),
            Stored::NotFound => (Code::NotFound, 0),
        };
        let bytes = out.bytes();
        code.encode(bytes);
        for flag in Tokens::new(Words::new(&self.words)) {
            match flag.letter {
                b'c' => push_number(bytes, b'c', cas),
                b's' => push_number(bytes, b's', len as u64),
                letter => push_token(bytes, letter, flag.arg),
            }
        }
        bytes.extend_from_slice(CRLF);
    }
}
