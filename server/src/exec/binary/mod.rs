//! The binary protocol: what its commands do and answer.
//!
//! Source: mcrsd.md 4. The shapes of messages, and the answers to requests that have none of them,
//! are `mcrs::codec::binary`'s. `retrieve.rs` has what looks up, `change.rs` what deletes and
//! counts, `store.rs` what stores, `stat.rs` the statistics, `login.rs` who may ask.

mod change;
mod login;
mod retrieve;
mod stat;
mod store;

use std::sync::atomic::Ordering::Relaxed;

pub use login::{Login, token_len};
pub(super) use store::finish_store;

use mcrs::codec::binary::reply::Head;
use mcrs::codec::binary::request::{NO_CREATE, PlainGet};
use mcrs::codec::binary::{BadRequest, Command, Request, Status};

use super::{Context, Next, Output, Refusal, admin};
use crate::flags::MEMCACHED_VERSION;
use crate::watch::CloseReason;

/// Carries out one request and puts the reply in the output. `token` is what [`token_len`] asked
/// for, `ahead` what has come behind it, `login` where the client stands.
#[inline]
pub fn run(
    context: &Context,
    login: &mut Login,
    request: &Request<'_>,
    token: &[u8],
    ahead: &[u8],
    out: &mut Output,
) -> Next {
    let to = ReplyTo {
        opcode: request.opcode(),
        opaque: request.opaque,
        quiet: request.quiet,
    };
    if login.bars(to.opcode) {
        to.error(Status::AUTH_ERROR, out);
        return Next::Close(CloseReason::Error);
    }
    let compare = (request.cas != 0).then_some(request.cas);
    match request.command {
        Command::Get { key, with_key } => retrieve::get(context, to, key, with_key, out),
        Command::GetAndTouch {
            key,
            with_key,
            exptime,
        } => retrieve::get_and_touch(context, to, key, with_key, exptime, out),
        Command::Store {
            mode,
            key,
            flags,
            exptime,
            len,
        } => {
            let store = store::Store {
                mode,
                key,
                flags,
                exptime,
                len,
                compare,
            };
            return store::begin(context, to, &store, ahead, out);
        }
        Command::Touch { key, exptime } => retrieve::touch(context, to, key, exptime, out),
        Command::Delete { key } => change::delete(context, to, key, compare, out),
        Command::Arith {
            verb,
            key,
            delta,
            initial,
            exptime,
        } => {
            let count = change::Counting {
                verb,
                key,
                delta,
                compare,
                create: (exptime != NO_CREATE).then_some((initial, exptime)),
            };
            change::arith(context, to, &count, out);
        }
        Command::Quit => {
            to.success(0, out);
            return Next::Close(CloseReason::Normal);
        }
        Command::Flush { exptime } => {
            if admin::flush(context, exptime.map_or(0, i64::from)) {
                to.success(0, out);
            } else {
                to.error(Status::AUTH_ERROR, out);
            }
        }
        Command::Noop => to.success(0, out),
        Command::Version => to.words(Status::OK, MEMCACHED_VERSION, out),
        Command::Stat { group } => stat::run(context, to, group, out),
        // Differs from memcached, which knows the code and has nothing behind it.
        Command::Verbosity { level } => {
            let level = level.unwrap_or(0).min(2);
            context.shared.verbosity.store(level, Relaxed);
            to.success(0, out);
        }
        Command::SaslList => match &context.shared.sasl {
            Some(sasl) => login::list(sasl, to, out),
            None => to.error(Status::UNKNOWN_COMMAND, out),
        },
        Command::Sasl {
            step,
            mechanism,
            len,
        } => {
            let Some(sasl) = &context.shared.sasl else {
                return to.swallow(len, Status::UNKNOWN_COMMAND);
            };
            let message = login::Message {
                step,
                mechanism,
                len,
                token,
            };
            return login::hear(context, sasl, login, to, &message, out);
        }
    }
    Next::Done
}

/// Carries out a look-up of a client who may ask for it.
#[inline]
pub fn get(context: &Context, get: &PlainGet<'_>, out: &mut Output) {
    let to = ReplyTo {
        opcode: get.opcode,
        opaque: get.opaque,
        quiet: get.quiet,
    };
    retrieve::get(context, to, get.key, get.with_key, out);
}

/// Answers what is no request.
pub fn refuse(login: &Login, bad: &BadRequest, out: &mut Output) -> Next {
    let to = ReplyTo {
        opcode: bad.opcode,
        opaque: bad.opaque,
        quiet: false,
    };
    if login.bars(bad.opcode) {
        to.error(Status::AUTH_ERROR, out);
        return Next::Close(CloseReason::Error);
    }
    if bad.close {
        to.error(bad.status, out);
        return Next::Close(CloseReason::Error);
    }
    to.swallow(bad.swallow, bad.status)
}

/// What a reply repeats of its request, and whether there is to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyTo {
    opcode: u8,
    opaque: u32,
    /// Only errors and hits are answered.
    quiet: bool,
}

impl ReplyTo {
    /// A reply with nothing but a status.
    #[inline]
    fn head(self, status: Status) -> Head<'static> {
        Head {
            opcode: self.opcode,
            status,
            opaque: self.opaque,
            cas: 0,
            extras: &[],
            key: &[],
            value_len: 0,
        }
    }

    /// Says that it is done, unless the command is quiet.
    #[inline]
    pub(super) fn success(self, cas: u64, out: &mut Output) {
        if !self.quiet {
            let head = Head {
                cas,
                ..self.head(Status::OK)
            };
            head.encode(out.bytes());
        }
    }

    /// Says that it is done with a number, unless the command is quiet.
    fn number(self, number: u64, cas: u64, out: &mut Output) {
        if !self.quiet {
            let value = number.to_be_bytes();
            let head = Head {
                cas,
                value_len: value.len() as u32,
                ..self.head(Status::OK)
            };
            head.encode(out.bytes());
            out.bytes().extend_from_slice(&value);
        }
    }

    /// Says what is wrong, in the words that belong to the status.
    pub(super) fn error(self, status: Status, out: &mut Output) {
        self.words(status, status.text(), out);
    }

    /// A reply with a short text as its value.
    fn words(self, status: Status, text: &str, out: &mut Output) {
        self.bytes(status, text.as_bytes(), out);
    }

    /// A reply with a short value.
    fn bytes(self, status: Status, value: &[u8], out: &mut Output) {
        let head = Head {
            value_len: value.len() as u32,
            ..self.head(status)
        };
        head.encode(out.bytes());
        out.bytes().extend_from_slice(value);
    }

    /// Says what is wrong once a body has been thrown away.
    fn swallow(self, len: u32, status: Status) -> Next {
        Next::Swallow {
            bytes: len.into(),
            reply: Refusal::Status(self, status),
        }
    }
}
