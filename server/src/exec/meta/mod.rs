//! The meta commands: what they do and answer, a file for each that does more than a line.
//!
//! Flags act, and are answered, in the order of the request. Source: mcrsd.md 3. The grammar, and
//! the answers to lines that do not follow it, are `mcrs::codec::meta`'s.

mod arith;
mod debug;
mod delete;
mod get;
mod store;

use mcrs::codec::key;
use mcrs::codec::meta::flags::{push_flag, push_token};
use mcrs::codec::meta::{Code, Flag, Flags, Key, KeyBuf, Request, push_key};
use mcrs::codec::text::CRLF;

pub(super) use store::Pending;

use super::{Context, Next, Output};
use crate::engine::Facts;

/// Carries out an `mg` of a key that is given as it is.
#[inline]
pub fn get(context: &Context, key: &[u8], flags: &Flags<'_>, out: &mut Output) {
    let key = Name {
        bytes: key,
        encoded: false,
    };
    get::run(context, &key, flags, out);
}

/// Carries out one request and puts the reply in the output. `ahead` is what has come behind it.
pub(super) fn run(
    context: &Context,
    request: &Request<'_>,
    ahead: &[u8],
    out: &mut Output,
) -> Next {
    let mut buf = KeyBuf::default();
    match request {
        Request::Get { key, flags } => {
            let key = Name::new(key, &mut buf);
            get::run(context, &key, flags, out);
        }
        Request::Store(store) => {
            let key = Name::new(&store.key, &mut buf);
            return store::run(context, &key, store, ahead, out);
        }
        Request::Delete { key, flags } => {
            let key = Name::new(key, &mut buf);
            delete::run(context, &key, flags, out);
        }
        Request::Arith { key, verb, flags } => {
            let key = Name::new(key, &mut buf);
            arith::run(context, &key, *verb, flags, out);
        }
        Request::Debug { key } => {
            let key = Name::new(key, &mut buf);
            debug::run(context, &key, out);
        }
        Request::Noop => out.line(Code::Noop.name()),
    }
    Next::Done
}

/// A key as a request names it.
#[derive(Debug, Clone, Copy)]
struct Name<'a> {
    /// The key itself.
    bytes: &'a [u8],
    /// Whether the request gives it in base64.
    encoded: bool,
}

impl<'a> Name<'a> {
    #[inline]
    fn new(key: &Key<'a>, buf: &'a mut KeyBuf) -> Name<'a> {
        Name {
            bytes: key.bytes(buf),
            encoded: key.is_binary(),
        }
    }

    /// In the form the item was stored in. A key that no line can hold stays in base64.
    #[inline]
    fn as_stored(&self, facts: &Facts) -> Name<'a> {
        let encoded = facts.encoded_key || self.encoded && key::Key::new(self.bytes).is_err();
        Name { encoded, ..*self }
    }

    /// Answers the flag if it is one that every command answers: the opaque, or the key.
    #[inline]
    fn echo(&self, flag: Flag<'_>, bytes: &mut Vec<u8>) {
        match flag.letter {
            b'O' => push_token(bytes, b'O', flag.arg),
            b'k' => {
                push_flag(bytes, b'k');
                push_key(bytes, self.bytes, self.encoded);
                if self.encoded {
                    push_flag(bytes, b'b');
                }
            }
            _ => {}
        }
    }

    /// Answers by a line without figures.
    fn status(&self, code: Code, flags: &Flags<'_>, out: &mut Output) {
        let bytes = out.bytes();
        code.encode(bytes);
        flags.tokens().for_each(|flag| self.echo(flag, bytes));
        bytes.extend_from_slice(CRLF);
    }
}
