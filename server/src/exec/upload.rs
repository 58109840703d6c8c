//! Values on their way in: memory is taken when the head of a storage command has been read, the
//! session fills it, and the end of the value stores it and answers, whatever the protocol.
//!
//! What all protocols share stands here; each has a variant of [`Answer`] for what it says.

use mcrs::codec::binary::Status;
use mcrs::codec::text::CRLF;

use super::binary::{self, ReplyTo};
use super::meta::Pending;
use super::{Context, Next, Output};
use crate::engine::{Draft, Mode, NewItem, NoMemory, ReserveError, Stored, Terms};

/// What a storage command asks for.
#[derive(Debug)]
pub(super) struct Intake<'a> {
    /// 1 to 250 bytes.
    pub(super) key: &'a [u8],
    /// Whether the client gave it in base64.
    pub(super) encoded_key: bool,
    /// Client flags.
    pub(super) flags: u32,
    /// The tick at which the item is gone; 0 is never.
    pub(super) expiry: u32,
    /// Bytes of the value.
    pub(super) len: usize,
    /// What an existing item means.
    pub(super) mode: Mode,
    /// What else counts.
    pub(super) terms: Terms,
    /// Whether a refusal deletes the existing item: a client must not go on reading the value it
    /// meant to replace.
    pub(super) replaces: bool,
}

/// A storage command whose value is being read.
#[derive(Debug)]
pub struct Upload {
    draft: Draft<'static>,
    mode: Mode,
    terms: Terms,
    answer: Answer,
}

/// How the client is answered.
#[derive(Debug)]
pub(super) enum Answer {
    /// By a line of the text protocol, or not at all.
    Text { noreply: bool },
    /// By a reply of the meta protocol.
    Meta(Pending),
    /// By a reply of the binary protocol.
    Binary(ReplyTo),
}

/// What a client gets to read that sent a value for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing.
    Silence,
    /// A line, given without its end.
    Line(&'static str),
    /// A status of the binary protocol.
    Status(ReplyTo, Status),
}

impl Refusal {
    /// The line, unless the client wants none.
    pub fn line(text: &'static str, noreply: bool) -> Refusal {
        if noreply {
            Refusal::Silence
        } else {
            Refusal::Line(text)
        }
    }

    /// Puts it in the output.
    pub fn send(self, out: &mut Output) {
        match self {
            Refusal::Silence => {}
            Refusal::Line(text) => out.line(text),
            Refusal::Status(to, status) => to.error(status, out),
        }
    }
}

impl Upload {
    /// Makes room for a value; or stores it at once, if all of it is in `ahead` and it fits in the
    /// place of an existing item. If there is no room the value must be swallowed.
    ///
    /// Inlined, with what it is made of: where the answer is known beforehand, most of this is known.
    #[inline(always)]
    pub(super) fn begin(
        context: &Context,
        intake: &Intake<'_>,
        answer: Answer,
        ahead: &[u8],
        out: &mut Output,
    ) -> Result<Next, ReserveError> {
        let terminator = answer.terminator();
        // Watchers hear of stores on the longer way.
        if intake.mode == Mode::Set
            && context.shared.watch.is_idle()
            && let Some((value, behind)) = ahead.split_at_checked(intake.len)
            && behind.starts_with(terminator)
            && let Some(stored) = overwrite(context, intake, value)
        {
            context.counters.cmd_set.add(1);
            answer.finish(Mode::Set, stored, intake.len, out);
            return Ok(Next::Taken(intake.len + terminator.len()));
        }
        Upload::reserve(context, intake, answer)
    }

    /// Makes room for a value.
    fn reserve(
        context: &Context,
        intake: &Intake<'_>,
        answer: Answer,
    ) -> Result<Next, ReserveError> {
        let engine = &context.shared.engine;
        let now = context.shared.clock.now();
        let counters = context.counters;
        let Intake { key, len, .. } = *intake;
        let error = match engine.reserve(key, intake.flags, intake.expiry, len, now) {
            Ok(mut draft) => {
                counters.cmd_set.add(1);
                if intake.encoded_key {
                    draft.mark_encoded_key();
                }
                return Ok(Next::Value(Upload {
                    draft,
                    mode: intake.mode,
                    terms: intake.terms,
                    answer,
                }));
            }
            Err(error) => error,
        };
        let status = match error {
            ReserveError::TooLarge => {
                counters.store_too_large.add(1);
                "too_large"
            }
            ReserveError::NoMemory => {
                counters.store_no_memory.add(1);
                "no_memory"
            }
        };
        context.note_refusal(key, intake.mode, status);
        if intake.replaces {
            context.note_lookup(key);
            engine.delete(key, None, now);
        }
        Err(error)
    }

    /// Bytes of the value still to come; the [terminator](Upload::terminator) follows it.
    #[inline]
    pub fn remaining(&self) -> usize {
        self.draft.remaining()
    }

    /// The bytes that must follow the value, possibly none.
    #[inline]
    pub fn terminator(&self) -> &'static [u8] {
        self.answer.terminator()
    }

    /// Takes from the start of `bytes` what belongs to the value; how much that was.
    #[inline]
    pub fn fill(&mut self, context: &Context, bytes: &[u8]) -> Result<usize, NoMemory> {
        let now = context.shared.clock.now();
        let mut taken = 0;
        while taken < bytes.len() && self.draft.remaining() > 0 {
            taken += self.draft.fill(&bytes[taken..], now)?;
        }
        Ok(taken)
    }

    /// Memory to read the next bytes of the value into, and how many were.
    #[inline]
    pub fn spare(&mut self, context: &Context) -> Result<&mut [u8], NoMemory> {
        self.draft.spare(context.shared.clock.now())
    }

    /// Takes note of bytes written to [`spare`](Upload::spare).
    #[inline]
    pub fn advance(&mut self, written: usize) {
        self.draft.advance(written);
    }

    /// What to answer after swallowing the rest, when memory ran out on the way.
    pub fn refuse(&self, context: &Context) -> Refusal {
        context.counters.store_no_memory.add(1);
        match self.answer {
            Answer::Text { noreply } => {
                Refusal::line("SERVER_ERROR Out of memory during read", noreply)
            }
            Answer::Meta(_) => Refusal::Line("SERVER_ERROR Out of memory during read"),
            Answer::Binary(to) => Refusal::Status(to, Status::OUT_OF_MEMORY),
        }
    }

    /// Stores the complete value and answers; `terminated` says whether the terminator followed it.
    #[inline]
    pub fn finish(self, context: &Context, terminated: bool, out: &mut Output) {
        if !terminated {
            return self.answer.unterminated().send(out);
        }
        let shared = context.shared;
        let now = shared.clock.now();
        context.note_lookup(self.draft.key());
        let storing = context.before_store(&self.draft, self.mode);
        let (stored, len) = shared
            .engine
            .commit_with(self.draft, self.mode, &self.terms, now);
        context.note_store(storing, stored);
        if let Mode::Cas(_) = self.mode {
            let counters = context.counters;
            match stored {
                Stored::Done { .. } => counters.cas_hits.add(1),
                Stored::Exists => counters.cas_badval.add(1),
                Stored::NotFound => counters.cas_misses.add(1),
                Stored::NotStored => {}
            }
        }
        self.answer.finish(self.mode, stored, len, out);
    }
}

/// Stores a value over an existing item, if there is one whose memory is right for it.
#[inline(always)]
fn overwrite(context: &Context, intake: &Intake<'_>, value: &[u8]) -> Option<Stored> {
    let new = NewItem {
        key: intake.key,
        encoded_key: intake.encoded_key,
        flags: intake.flags,
        expiry: intake.expiry,
        value,
    };
    let shared = context.shared;
    let cas = shared
        .engine
        .overwrite(&new, intake.terms.cas, shared.clock.now())?;
    Some(Stored::Done { cas })
}

impl Answer {
    /// The bytes that must follow the value, possibly none.
    #[inline(always)]
    fn terminator(&self) -> &'static [u8] {
        match self {
            Answer::Text { .. } | Answer::Meta(_) => CRLF,
            Answer::Binary(_) => &[],
        }
    }

    /// Answers what became of a value of so many bytes.
    #[inline(always)]
    fn finish(self, mode: Mode, stored: Stored, len: usize, out: &mut Output) {
        match self {
            Answer::Text { noreply: true } => {}
            Answer::Text { noreply: false } => out.line(match stored {
                Stored::Done { .. } => "STORED",
                Stored::NotStored => "NOT_STORED",
                Stored::Exists => "EXISTS",
                Stored::NotFound => "NOT_FOUND",
            }),
            Answer::Meta(pending) => pending.finish(stored, len, out),
            Answer::Binary(to) => binary::finish_store(to, mode, stored, out),
        }
    }

    /// What follows a value without its terminator.
    #[cold]
    fn unterminated(&self) -> Refusal {
        match *self {
            Answer::Text { noreply } => Refusal::line("CLIENT_ERROR bad data chunk", noreply),
            Answer::Meta(_) => Refusal::Line("CLIENT_ERROR bad data chunk"),
            // It has none.
            Answer::Binary(_) => Refusal::Silence,
        }
    }
}
