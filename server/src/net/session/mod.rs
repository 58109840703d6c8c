//! One client connection: bytes in, requests out of them, replies back in order.
//!
//! A session is a future that its worker's runtime polls. Between polls it owns its socket and,
//! only if something is unfinished, what is unfinished: a piece of a line, a value half read, a
//! reply the client does not take. Everything else happens in buffers of the thread ([`Scratch`]),
//! so idle connections own none.
//!
//! # What a client can make it hold
//! | of | at most |
//! |---|---|
//! | input not carried out yet | one read ([`READ_BYTES`]), or a `get` line of [`LINE_MAX`] |
//! | output not taken | what [`Output::is_full`] allows, and one more reply |
//!
//! While output waits nothing is read and nothing carried out: a client that does not read is, in
//! the end, not read from.
//!
//! Here is what moves bytes, whatever they mean; `text.rs` has the requests of the text protocol.

mod text;

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use mcrs::codec::text::request::MAX_LINE_LEN;

use super::stream::Stream;
use super::worker::Worker;
use crate::exec::{self, Output, Refusal, Retrieval, Upload};
use crate::flags::Protocol;
use crate::stats::{ConnInfo, ConnState};

/// Most bytes one read takes.
pub(super) const READ_BYTES: usize = 32 << 10;

/// Longest `get` line that is kept while its end is awaited: room for 100,000 of the longest keys.
/// Differs from memcached, which keeps any length, because memory must have a bound.
const LINE_MAX: usize = 32 << 20;

/// First byte of the binary protocol.
const BINARY_MAGIC: u8 = 0x80;

/// Buffers of a thread.
struct Scratch {
    /// Room for one read, and for a short piece left over from the one before.
    input: Box<[u8]>,
    output: Output,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch {
        input: vec![0; READ_BYTES + MAX_LINE_LEN].into_boxed_slice(),
        output: Output::default(),
    });
}

/// What the next input bytes are.
#[derive(Debug)]
enum Phase {
    /// The first ever: they decide about the protocol.
    Fresh(Protocol),
    /// A request line.
    Line,
    /// The last `rest` bytes of a retrieval's keys, then the end of its line.
    Keys { retrieval: Retrieval, rest: usize },
    /// The value of a storage command, then its terminator.
    Value(Box<Upload>),
    /// Bytes to throw away before the answer.
    Swallow { left: u64, reply: Refusal },
    /// None: the connection closes when the output is out.
    Closing,
}

/// Input kept from one read to the next.
#[derive(Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    /// Bytes at the front that are done with.
    start: usize,
    /// Whether to carry on with it before reading more.
    ready: bool,
}

impl Kept {
    fn rest(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

/// Why carrying out requests stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pause {
    /// What is left of the input is not a whole request.
    Incomplete,
    /// The output must go out first.
    Full,
    /// `-R` requests have been carried out.
    Turn,
}

/// The client is gone or must go.
struct Gone;

/// One connection.
pub(super) struct Session {
    stream: Stream,
    worker: &'static Worker,
    info: Arc<ConnInfo>,
    phase: Phase,
    kept: Option<Box<Kept>>,
    stuck: Option<Box<Output>>,
}

impl Future for Session {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<()> {
        SCRATCH.with_borrow_mut(|scratch| self.drive(task, scratch).map(|_: Gone| ()))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let fd = self.stream.fd();
        if self.worker.verbosity() > 1 {
            eprintln!("<{fd} connection closed.");
        }
        let conns = &self.worker.context.shared.stats.conns;
        conns.unlist(fd);
        conns.leave();
    }
}

impl Session {
    /// A connection that has been counted in; it counts itself out when dropped.
    pub(super) fn new(
        stream: Stream,
        worker: &'static Worker,
        info: Arc<ConnInfo>,
        protocol: Protocol,
    ) -> Session {
        Session {
            stream,
            worker,
            info,
            phase: Phase::Fresh(protocol),
            kept: None,
            stuck: None,
        }
    }

    /// Reads, carries out and writes until the socket has no more to give or to take.
    fn drive(&mut self, task: &mut Context<'_>, scratch: &mut Scratch) -> Poll<Gone> {
        let Scratch { input, output } = scratch;
        output.clear();
        if let Some(mut stuck) = self.stuck.take() {
            match self.write(task, &mut stuck) {
                Ok(true) => {}
                Ok(false) => {
                    self.stuck = Some(stuck);
                    return Poll::Pending;
                }
                Err(gone) => return Poll::Ready(gone),
            }
        }
        let mut budget = self.worker.context.shared.settings.reqs_per_event;
        loop {
            if let Phase::Closing = self.phase {
                return Poll::Ready(Gone);
            }
            let pause = match self.advance(task, input, output, &mut budget) {
                Poll::Ready(Ok(pause)) => pause,
                Poll::Ready(Err(gone)) => return Poll::Ready(gone),
                Poll::Pending => return Poll::Pending,
            };
            if !output.is_empty() {
                match self.write(task, output) {
                    Ok(true) => output.clear(),
                    Ok(false) => {
                        self.info.set_state(ConnState::Write);
                        self.stuck = Some(Box::new(std::mem::take(output)));
                        return Poll::Pending;
                    }
                    Err(gone) => return Poll::Ready(gone),
                }
            }
            if pause == Pause::Turn {
                self.worker.context.counters.conn_yields.add(1);
                task.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }

    /// Gets input, from what was kept or by reading once, carries it out, and keeps the rest.
    fn advance(
        &mut self,
        task: &mut Context<'_>,
        scratch: &mut [u8],
        output: &mut Output,
        budget: &mut u32,
    ) -> Poll<Result<Pause, Gone>> {
        let mut kept = self.kept.take();
        if let Some(kept) = kept.take_if(|kept| kept.ready) {
            let done = self.carry_out(kept.rest(), output, budget);
            return Poll::Ready(Ok(self.keep(done, kept)));
        }
        // A short piece goes in front of what comes next; a long line stays where it is.
        let front = match &kept {
            Some(kept) if kept.rest().len() <= MAX_LINE_LEN => {
                let len = kept.rest().len();
                scratch[..len].copy_from_slice(kept.rest());
                len
            }
            _ => 0,
        };
        let room = &mut scratch[front..front + READ_BYTES];
        let polled = match &mut self.phase {
            Phase::Value(upload) if upload.remaining() > READ_BYTES => {
                return self.read_value(task, output);
            }
            _ => self.stream.poll_read(task, room),
        };
        let got = match polled {
            Poll::Ready(Ok(got)) if got > 0 => got,
            Poll::Ready(Ok(_) | Err(_)) => return Poll::Ready(Err(Gone)),
            Poll::Pending => {
                self.kept = kept;
                self.note_waiting();
                return Poll::Pending;
            }
        };
        self.worker.context.counters.bytes_read.add(got as u64);
        if let Some(mut kept) = kept.take_if(|_| front == 0) {
            // A long `get` line: its end is looked for in the new bytes only.
            let new = &scratch[..got];
            kept.bytes.extend_from_slice(new);
            let ended = memchr::memchr(b'\n', new).is_some();
            if !ended && kept.rest().len() > LINE_MAX {
                return Poll::Ready(Err(Gone));
            }
            let done = if ended {
                self.carry_out(kept.rest(), output, budget)
            } else {
                (Pause::Incomplete, 0)
            };
            return Poll::Ready(Ok(self.keep(done, kept)));
        }
        let input = &scratch[..front + got];
        let (pause, used) = self.carry_out(input, output, budget);
        if used < input.len() {
            let mut kept = kept.unwrap_or_default();
            kept.bytes.clear();
            kept.bytes.extend_from_slice(&input[used..]);
            kept.start = 0;
            kept.ready = pause != Pause::Incomplete;
            self.kept = Some(kept);
        }
        Poll::Ready(Ok(pause))
    }

    /// Keeps what carrying out kept input left of it.
    fn keep(&mut self, (pause, used): (Pause, usize), mut kept: Box<Kept>) -> Pause {
        kept.start += used;
        kept.ready = pause != Pause::Incomplete;
        if !kept.rest().is_empty() {
            self.kept = Some(kept);
        }
        pause
    }

    /// Reads a piece of a long value straight into its item.
    fn read_value(
        &mut self,
        task: &mut Context<'_>,
        output: &mut Output,
    ) -> Poll<Result<Pause, Gone>> {
        let Phase::Value(upload) = &mut self.phase else {
            return Poll::Ready(Ok(Pause::Incomplete));
        };
        let context = &self.worker.context;
        let Ok(spare) = upload.spare(context) else {
            self.phase = out_of_memory(context, upload);
            return Poll::Ready(Ok(Pause::Incomplete));
        };
        match self.stream.poll_read(task, spare) {
            Poll::Ready(Ok(got)) if got > 0 => {
                upload.advance(got);
                context.counters.bytes_read.add(got as u64);
                let whole = upload.remaining() == 0 && upload.terminator().is_empty();
                if whole && let Phase::Value(upload) = self.set_phase(Phase::Line) {
                    upload.finish(context, true, output);
                }
                Poll::Ready(Ok(Pause::Incomplete))
            }
            Poll::Ready(Ok(_) | Err(_)) => Poll::Ready(Err(Gone)),
            Poll::Pending => {
                self.info.set_state(ConnState::Value);
                Poll::Pending
            }
        }
    }

    /// Carries out what `input` holds; says why it stopped and how many bytes are done with.
    fn carry_out(&mut self, input: &[u8], output: &mut Output, budget: &mut u32) -> (Pause, usize) {
        let context = &self.worker.context;
        self.info.set_state(ConnState::Parse);
        self.info.set_last_command(context.shared.clock.now());
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
                Phase::Line => {
                    if *budget == 0 {
                        return (Pause::Turn, at);
                    }
                    if !self.run_line(input, &mut at, output) {
                        return (Pause::Incomplete, at);
                    }
                    *budget -= 1;
                }
                Phase::Value(upload) => {
                    if upload.remaining() == 0 && rest.len() < upload.terminator().len() {
                        return (Pause::Incomplete, at);
                    }
                    if let Phase::Value(upload) = self.set_phase(Phase::Line) {
                        self.take_value(*upload, input, &mut at, output);
                    }
                }
                Phase::Swallow { left, reply } => {
                    let taken = rest.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                    at += taken;
                    *left -= taken as u64;
                    if *left == 0 {
                        reply.send(output);
                        self.phase = Phase::Line;
                    }
                }
                Phase::Keys { .. } => self.run_keys(input, &mut at, output),
                Phase::Fresh(protocol) => {
                    // Differs from memcached for now: the binary protocol is not spoken.
                    let binary = *protocol == Protocol::Auto && rest[0] == BINARY_MAGIC;
                    self.phase = if binary { Phase::Closing } else { Phase::Line };
                }
                Phase::Closing => return (Pause::Incomplete, input.len()),
            }
        }
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
        let Ok(taken) = upload.fill(context, &input[*at..]) else {
            self.phase = out_of_memory(context, &upload);
            return;
        };
        *at += taken;
        let terminator = upload.terminator();
        let end = input.get(*at..*at + terminator.len());
        self.phase = match end {
            Some(end) if upload.remaining() == 0 => {
                *at += terminator.len();
                upload.finish(context, end == terminator, output);
                Phase::Line
            }
            _ => Phase::Value(Box::new(upload)),
        };
    }

    /// Goes on to the next phase; the one before.
    fn set_phase(&mut self, phase: Phase) -> Phase {
        std::mem::replace(&mut self.phase, phase)
    }

    /// Writes until `output` is empty; `false` if the client takes no more for now.
    fn write(&mut self, task: &mut Context<'_>, output: &mut Output) -> Result<bool, Gone> {
        while !output.is_empty() {
            let mut blocked = false;
            let written = output.write(|slices| match self.stream.poll_write(task, slices) {
                Poll::Ready(Ok(0)) => Err(Gone),
                Poll::Ready(Ok(written)) => Ok(written),
                Poll::Ready(Err(_)) => Err(Gone),
                Poll::Pending => {
                    blocked = true;
                    Ok(0)
                }
            })?;
            if blocked {
                return Ok(false);
            }
            self.worker
                .context
                .counters
                .bytes_written
                .add(written as u64);
        }
        Ok(true)
    }

    /// Shows in `stats conns` what the client is waited for.
    fn note_waiting(&self) {
        self.info.set_state(match &self.phase {
            Phase::Fresh(_) => ConnState::NewCommand,
            Phase::Value(_) => ConnState::Value,
            Phase::Swallow { .. } => ConnState::Swallow,
            Phase::Line | Phase::Keys { .. } | Phase::Closing => ConnState::Read,
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

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(super) use tests::Fake;
