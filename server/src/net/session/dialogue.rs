//! What a client says and is answered: requests out of bytes, replies into the output.
//!
//! Knows no socket: it is given what came, over a stream or in a datagram. It owns nothing but the
//! phase it is in, so it costs an idle connection a few words. `text.rs` and `binary.rs` have the
//! requests of the two protocols, `login.rs` what comes before those of text.

use std::os::fd::RawFd;
use std::sync::Arc;
use std::task::Waker;

use mcrs::codec::binary::REQUEST_MAGIC;
use mcrs::codec::text::CRLF;

use super::READ_BYTES;
use super::login::Token;
use crate::exec::binary::Login;
use crate::exec::{self, Dump, Next, Output, Refusal, Retrieval, Upload};
use crate::flags::Protocol;
use crate::net::worker::Worker;
use crate::stats::{ConnInfo, ConnState};
use crate::watch::{CloseReason, Subscription};

/// What the next input bytes are.
#[derive(Debug)]
pub(super) enum Phase {
    /// The first ever: they decide about the protocol.
    Fresh(Protocol),
    /// A line of a client who must log in first.
    Login,
    /// Name and password.
    Token(Box<Token>),
    /// A request.
    Request,
    /// The last `rest` bytes of a retrieval's keys, then the end of its line.
    Keys { retrieval: Retrieval, rest: usize },
    /// The value of a storage command, then its terminator.
    Value(Box<Upload>),
    /// Bytes to throw away before the answer.
    Swallow { left: u64, reply: Refusal },
    /// A request, but the answer to the one before is still being made.
    Dump(Box<Dump>),
    /// Nothing: log lines go to the client, and what comes is thrown away.
    Watch(Box<Subscription>),
    /// None: the connection closes when the output is out.
    Closing(CloseReason),
}

/// Why carrying out requests stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::net) enum Pause {
    /// What is left of the input is not a whole request.
    Incomplete,
    /// The output must go out first.
    Full,
    /// `-R` requests have been carried out.
    Turn,
    /// A long answer goes on after others had their turn.
    Rest,
}

/// One side of a conversation: ours.
#[derive(Debug)]
pub(in crate::net) struct Dialogue {
    pub(super) worker: &'static Worker,
    pub(super) info: Arc<ConnInfo>,
    /// What the client is called in the log.
    pub(super) fd: RawFd,
    pub(super) phase: Phase,
    /// Whether it is in the binary protocol, once that is known.
    binary: bool,
    /// Whether the client of that protocol has logged in.
    pub(super) login: Login,
    /// Whether it ends with the answer to one datagram.
    datagram: bool,
}

impl Dialogue {
    /// With a client who has said nothing yet.
    pub(in crate::net) fn new(
        worker: &'static Worker,
        info: Arc<ConnInfo>,
        fd: RawFd,
        protocol: Protocol,
    ) -> Dialogue {
        Dialogue {
            worker,
            info,
            fd,
            phase: Phase::Fresh(protocol),
            binary: false,
            login: Login::of(&worker.context),
            datagram: false,
        }
    }

    /// About what is in one datagram.
    pub(in crate::net) fn of_datagram(
        worker: &'static Worker,
        info: Arc<ConnInfo>,
        fd: RawFd,
    ) -> Dialogue {
        Dialogue {
            datagram: true,
            ..Dialogue::new(worker, info, fd, Protocol::Auto)
        }
    }

    /// Why there is nothing left to say but what is in the output, if that is so.
    pub(super) fn end(&self) -> Option<CloseReason> {
        match self.phase {
            Phase::Closing(reason) => Some(reason),
            _ => None,
        }
    }

    /// Whether a request is all that it waits for.
    #[inline]
    pub(super) fn is_quiet(&self) -> bool {
        matches!(self.phase, Phase::Request)
    }

    /// The log lines for the client, if it watches.
    pub(super) fn subscription(&self) -> Option<&Subscription> {
        match &self.phase {
            Phase::Watch(subscription) => Some(subscription),
            _ => None,
        }
    }

    /// Whether something is under way that memory is held for.
    #[inline]
    pub(super) fn holds_memory(&self) -> bool {
        matches!(
            self.phase,
            Phase::Value(_) | Phase::Swallow { .. } | Phase::Token(_)
        )
    }

    /// The value under way, if more of it is missing than one read takes: it is best read straight
    /// into its place.
    pub(super) fn long_value(&mut self) -> Option<&mut Upload> {
        match &mut self.phase {
            Phase::Value(upload) if upload.remaining() > READ_BYTES => Some(upload),
            _ => None,
        }
    }

    /// Takes note that a value read straight into its place is all there.
    pub(super) fn end_value(&mut self, output: &mut Output) {
        if let Phase::Value(upload) = &self.phase
            && upload.terminator().is_empty()
            && let Phase::Value(upload) = self.set_phase(Phase::Request)
        {
            upload.finish(&self.worker.context, true, output);
        }
    }

    /// Gives the value under way up for lack of memory; the rest of it is swallowed.
    pub(super) fn abandon_value(&mut self) {
        if let Phase::Value(upload) = &self.phase {
            self.phase = out_of_memory(&self.worker.context, upload);
        }
    }

    /// Goes on with a dump, if one is under way.
    pub(super) fn dump(&mut self, output: &mut Output) -> Option<Pause> {
        let Phase::Dump(dump) = &mut self.phase else {
            return None;
        };
        if !dump.run(&self.worker.context, output) {
            self.phase = Phase::Request;
        }
        Some(Pause::Rest)
    }

    /// Notes that the client took some of the output.
    #[inline]
    pub(super) fn note_taken(&self) {
        if let Phase::Dump(dump) = &self.phase {
            dump.note_progress(self.worker.context.shared.clock.now());
        }
    }

    /// Whether a client who takes none of the output has had time enough; else `task` is woken when
    /// that has to be asked again.
    pub(super) fn gives_up(&self, task: &Waker) -> bool {
        match &self.phase {
            Phase::Dump(dump) => dump.is_given_up(task),
            _ => false,
        }
    }

    /// Carries out what `input` holds; says why it stopped and how many bytes are done with.
    /// `budget` is how many requests may be carried out; it goes down.
    pub(in crate::net) fn carry_out(
        &mut self,
        input: &[u8],
        output: &mut Output,
        budget: &mut u32,
    ) -> (Pause, usize) {
        let context = &self.worker.context;
        context.logger.serve(self.fd);
        self.enter(ConnState::Parse);
        let room = context.counters.buffers.reply_room();
        let mut replies = 0;
        let mut at = 0;
        loop {
            if output.is_full() {
                return (Pause::Full, at);
            }
            let rest = &input[at..];
            if rest.is_empty() {
                return (Pause::Incomplete, at);
            }
            match &mut self.phase {
                Phase::Request => {
                    if *budget == 0 {
                        return (Pause::Turn, at);
                    }
                    if replies == room {
                        context.counters.response_obj_oom.add(1);
                        self.phase = Phase::Closing(CloseReason::Error);
                        continue;
                    }
                    replies += 1;
                    let whole = if self.binary {
                        self.run_frame(input, &mut at, output)
                    } else {
                        self.run_line(input, &mut at, output)
                    };
                    if !whole {
                        return (Pause::Incomplete, at);
                    }
                    *budget -= 1;
                }
                Phase::Value(upload) => {
                    if upload.remaining() == 0 && rest.len() < upload.terminator().len() {
                        return (Pause::Incomplete, at);
                    }
                    if let Phase::Value(upload) = self.set_phase(Phase::Request) {
                        self.take_value(*upload, input, &mut at, output);
                    }
                }
                Phase::Swallow { left, reply } => {
                    let taken = rest.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                    at += taken;
                    *left -= taken as u64;
                    if *left == 0 {
                        reply.send(output);
                        self.phase = Phase::Request;
                    }
                }
                Phase::Keys { .. } => self.run_keys(input, &mut at, output),
                Phase::Login => {
                    if !self.run_login(input, &mut at, output) {
                        return (Pause::Incomplete, at);
                    }
                }
                Phase::Token(_) => self.run_token(input, &mut at, output),
                Phase::Fresh(protocol) => {
                    self.binary = match protocol {
                        Protocol::Auto => rest[0] == REQUEST_MAGIC,
                        Protocol::Ascii => false,
                        Protocol::Binary => true,
                    };
                    if self.worker.verbosity() > 1 {
                        let name = if self.binary { "binary" } else { "ascii" };
                        eprintln!("{}: Client using the {name} protocol", self.fd);
                    }
                    let must_log_in = context.shared.settings.auth_file.is_some();
                    self.phase = if must_log_in && !self.binary {
                        Phase::Login
                    } else {
                        Phase::Request
                    };
                }
                Phase::Dump(_) => return (Pause::Full, at),
                Phase::Watch(_) | Phase::Closing(_) => return (Pause::Incomplete, input.len()),
            }
        }
    }

    /// Does what a request left to do. `at` is behind the request's line or key.
    pub(super) fn follow(&mut self, next: Next, input: &[u8], at: &mut usize, output: &mut Output) {
        self.phase = match next {
            Next::Done => Phase::Request,
            Next::Value(upload) => return self.take_value(upload, input, at, output),
            Next::Taken(len) => {
                *at += len;
                Phase::Request
            }
            Next::Swallow { bytes: 0, reply } => {
                reply.send(output);
                Phase::Request
            }
            Next::Swallow { bytes, reply } => Phase::Swallow { left: bytes, reply },
            Next::More { retrieval, rest } => {
                // Back to the first key that has not been looked up.
                let line = &input[..*at];
                let end = if line.ends_with(CRLF) { 2 } else { 1 };
                *at -= end + rest;
                Phase::Keys { retrieval, rest }
            }
            // Source: mcrsd.md 5.
            Next::Dump(dump) if self.datagram && dump.needs_stream() => {
                output.line("ERROR");
                Phase::Request
            }
            Next::Dump(mut dump) if self.datagram => {
                while dump.run(&self.worker.context, output) {}
                Phase::Request
            }
            Next::Dump(dump) => Phase::Dump(dump),
            Next::Watch(_) if self.datagram => {
                output.clear();
                output.line("ERROR");
                Phase::Request
            }
            Next::Watch(subscription) => Phase::Watch(subscription),
            Next::Close(reason) => Phase::Closing(reason),
            Next::Stop { graceful } => {
                self.worker.stop.ask(graceful);
                Phase::Closing(CloseReason::Shutdown)
            }
        };
    }

    /// Gives a value what `input` has of it, and finishes it if that is all.
    fn take_value(
        &mut self,
        mut upload: Upload,
        input: &[u8],
        at: &mut usize,
        output: &mut Output,
    ) {
        let context = &self.worker.context;
        let before = upload.remaining();
        let filled = upload.fill(context, &input[*at..]);
        *at += before - upload.remaining();
        if filled.is_err() {
            self.phase = out_of_memory(context, &upload);
            return;
        }
        let terminator = upload.terminator();
        let end = input.get(*at..*at + terminator.len());
        self.phase = match end {
            Some(end) if upload.remaining() == 0 => {
                *at += terminator.len();
                let mark = output.mark();
                upload.finish(context, end == terminator, output);
                if self.worker.verbosity() > 1 && !self.binary {
                    self.log_reply(output.since(mark));
                }
                Phase::Request
            }
            _ => Phase::Value(Box::new(upload)),
        };
    }

    /// Takes note of the time of a command, for those who look at idle connections.
    #[inline]
    pub(super) fn note_command(&self) {
        self.info
            .set_last_command(self.worker.context.shared.clock.now());
    }

    /// Goes on to the next phase; the one before.
    fn set_phase(&mut self, phase: Phase) -> Phase {
        std::mem::replace(&mut self.phase, phase)
    }

    /// Shows in `stats conns` what the connection is doing.
    #[inline]
    pub(super) fn enter(&self, state: ConnState) {
        if self.worker.verbosity() > 2 {
            let before = self.info.state();
            if before != state {
                let (from, to) = (before.name(), state.name());
                eprintln!("{}: going from {from} to {to}", self.fd);
            }
        }
        self.info.set_state(state);
    }

    /// Shows in `stats conns` what the client is waited for.
    pub(super) fn note_waiting(&self) {
        self.enter(match &self.phase {
            Phase::Fresh(_) => ConnState::NewCommand,
            Phase::Value(_) => ConnState::Value,
            Phase::Swallow { .. } => ConnState::Swallow,
            Phase::Dump(_) => ConnState::Write,
            Phase::Watch(_) => ConnState::Watch,
            Phase::Login
            | Phase::Token(_)
            | Phase::Request
            | Phase::Keys { .. }
            | Phase::Closing(_) => ConnState::Read,
        });
    }
}

/// Memory for the rest of a long value is lacking: the rest must still be read.
fn out_of_memory(context: &exec::Context, upload: &Upload) -> Phase {
    Phase::Swallow {
        left: (upload.remaining() + upload.terminator().len()) as u64,
        reply: upload.refuse(context),
    }
}
