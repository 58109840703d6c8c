//! One client connection: bytes in, requests out of them, replies back in order.
//!
//! A session is a task of its worker's reactor. Between polls it owns its socket and,
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
//! Here is what moves bytes, whatever they mean; `dialogue.rs` has what they mean.

mod binary;
mod dialogue;
mod login;
mod text;

use std::cell::RefCell;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::task::{Poll, Waker};

use mcrs::codec::text::request::MAX_LINE_LEN;

use super::reactor::{Polled, Readiness, Task};
use super::stream::Stream;
use super::worker::Worker;
use crate::exec::Output;
use crate::flags::Protocol;
use crate::stats::{ConnInfo, ConnState, Share};
use crate::watch::{CloseReason, Event};
pub(super) use dialogue::{Dialogue, Pause};

/// Most bytes one read takes.
pub(super) const READ_BYTES: usize = 32 << 10;

/// Reads after which others have their turn: no client is served longer by sending faster.
const READS_MAX: u32 = 64;

/// Longest `get` line that is kept while its end is awaited: room for 100,000 of the longest keys.
/// Differs from memcached, which keeps any length, because memory must have a bound.
const LINE_MAX: usize = 32 << 20;

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

/// The client is gone or must go.
struct Gone(CloseReason);

/// One connection.
pub(super) struct Session {
    stream: Stream,
    dialogue: Dialogue,
    kept: Option<Box<Kept>>,
    stuck: Option<Box<Output>>,
    /// What it holds, as accounted for.
    share: Share,
    /// Why it ends; until it does, because its worker does.
    reason: CloseReason,
}

impl Task for Session {
    fn socket(&self) -> BorrowedFd<'_> {
        self.stream.socket()
    }

    #[inline]
    fn readiness(&mut self) -> &mut Readiness {
        self.stream.readiness()
    }

    fn poll(&mut self, waker: &Waker) -> Polled {
        let driven = SCRATCH.with_borrow_mut(|scratch| self.drive(waker, scratch));
        let share = self.held();
        self.account_for(share);
        driven.unwrap_or_else(|Gone(reason)| {
            self.reason = reason;
            Polled::Over
        })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.account_for(Share::default());
        self.stream.farewell();
        let fd = self.stream.fd();
        if self.dialogue.worker.verbosity() > 1 {
            eprintln!("<{fd} connection closed.");
        }
        let context = &self.dialogue.worker.context;
        let conns = &context.shared.stats.conns;
        conns.unlist(fd);
        conns.leave();
        if let Some(origin) = self.dialogue.info.peer.origin() {
            let reason = match self.dialogue.info.state() {
                ConnState::Closing => CloseReason::IdleTimeout,
                _ => self.reason,
            };
            let event = Event::ConnClose {
                origin,
                reason,
                client: fd,
            };
            context.shared.watch.log(context.logger, &event);
        }
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
            dialogue: Dialogue::new(worker, info, stream.fd(), protocol),
            stream,
            kept: None,
            stuck: None,
            share: Share::default(),
            reason: CloseReason::Shutdown,
        }
    }

    /// What it holds until it is polled again.
    #[inline]
    fn held(&self) -> Share {
        let tls = self.stream.held();
        if tls == 0 && self.kept.is_none() && self.stuck.is_none() && !self.dialogue.holds_memory()
        {
            return Share::default();
        }
        let kept = self.kept.as_ref().map_or(0, |kept| kept.bytes.capacity());
        let (stuck, replies) = self.stuck.as_ref().map_or((0, 0), |output| output.held());
        Share::of(tls + kept + stuck, replies)
    }

    #[inline]
    fn account_for(&mut self, share: Share) {
        if self.share != share {
            let counters = self.dialogue.worker.context.counters;
            counters.buffers.exchange(self.share, share);
            self.share = share;
        }
    }

    /// Reads, carries out and writes until the socket has no more to give or to take, or others are
    /// to have their turn.
    fn drive(&mut self, waker: &Waker, scratch: &mut Scratch) -> Result<Polled, Gone> {
        let Scratch { input, output } = scratch;
        output.clear();
        if let Some(mut stuck) = self.stuck.take()
            && !self.write(&mut stuck)?
        {
            return self.wait(waker, stuck);
        }
        let mut budget = self.dialogue.worker.context.shared.settings.reqs_per_event;
        for _ in 0..READS_MAX {
            if let Some(reason) = self.dialogue.end() {
                return Err(Gone(reason));
            }
            let Poll::Ready(pause) = self.advance(waker, input, output, &mut budget)? else {
                return Ok(Polled::Waits);
            };
            if !output.is_empty() {
                if !self.write(output)? {
                    self.dialogue.enter(ConnState::Write);
                    return self.wait(waker, Box::new(std::mem::take(output)));
                }
                output.clear();
            }
            match pause {
                // What follows nearly every request by itself: nothing is left, and nothing there.
                Pause::Incomplete if self.dialogue.is_quiet() && !self.stream.may_read() => {
                    self.dialogue.enter(ConnState::Read);
                    return Ok(Polled::Waits);
                }
                Pause::Incomplete | Pause::Full => {}
                Pause::Turn => {
                    self.dialogue.worker.context.counters.conn_yields.add(1);
                    break;
                }
                Pause::Rest => break,
            }
        }
        Ok(Polled::Again)
    }

    /// Keeps output until the client takes more of it.
    fn wait(&mut self, waker: &Waker, output: Box<Output>) -> Result<Polled, Gone> {
        if self.dialogue.gives_up(waker) {
            return Err(Gone(CloseReason::Error));
        }
        self.stuck = Some(output);
        Ok(Polled::Waits)
    }

    /// Gets input, from what was kept or by reading once, carries it out, and keeps the rest.
    fn advance(
        &mut self,
        waker: &Waker,
        scratch: &mut [u8],
        output: &mut Output,
        budget: &mut u32,
    ) -> Result<Poll<Pause>, Gone> {
        let is_quiet = self.dialogue.is_quiet();
        if !is_quiet {
            if let Some(pause) = self.dialogue.dump(output) {
                return Ok(Poll::Ready(pause));
            }
            if self.dialogue.subscription().is_some() {
                return self.relay(waker, scratch, output);
            }
        }
        let mut kept = self.kept.take();
        if let Some(kept) = kept.take_if(|kept| kept.ready) {
            let done = self.dialogue.carry_out(kept.rest(), output, budget);
            return Ok(Poll::Ready(self.keep(done, kept)));
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
        if !is_quiet && self.dialogue.long_value().is_some() {
            return self.read_value(output);
        }
        let room = &mut scratch[front..front + READ_BYTES];
        let got = match self.stream.poll_read(room) {
            Poll::Ready(Ok(got)) if got > 0 => got,
            Poll::Ready(Ok(_)) => return Err(Gone(CloseReason::Normal)),
            Poll::Ready(Err(_)) => return Err(Gone(CloseReason::Error)),
            Poll::Pending => {
                self.kept = kept;
                self.dialogue.note_waiting();
                return Ok(Poll::Pending);
            }
        };
        let counters = self.dialogue.worker.context.counters;
        counters.bytes_read.add(got as u64);
        if self.share.is_none() && !counters.buffers.has_room() {
            counters.read_buf_oom.add(1);
            return Err(Gone(CloseReason::Error));
        }
        if let Some(mut kept) = kept.take_if(|_| front == 0) {
            // A long `get` line: its end is looked for in the new bytes only.
            let new = &scratch[..got];
            kept.bytes.extend_from_slice(new);
            let ended = memchr::memchr(b'\n', new).is_some();
            if !ended && kept.rest().len() > LINE_MAX {
                return Err(Gone(CloseReason::Error));
            }
            let done = if ended {
                self.dialogue.carry_out(kept.rest(), output, budget)
            } else {
                (Pause::Incomplete, 0)
            };
            return Ok(Poll::Ready(self.keep(done, kept)));
        }
        let input = &scratch[..front + got];
        let (pause, used) = self.dialogue.carry_out(input, output, budget);
        if used < input.len() {
            let mut kept = kept.unwrap_or_default();
            kept.bytes.clear();
            kept.bytes.extend_from_slice(&input[used..]);
            kept.start = 0;
            kept.ready = pause != Pause::Incomplete;
            self.kept = Some(kept);
        }
        Ok(Poll::Ready(pause))
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
    fn read_value(&mut self, output: &mut Output) -> Result<Poll<Pause>, Gone> {
        let context = &self.dialogue.worker.context;
        let Some(upload) = self.dialogue.long_value() else {
            return Ok(Poll::Ready(Pause::Incomplete));
        };
        let Ok(spare) = upload.spare(context) else {
            self.dialogue.abandon_value();
            return Ok(Poll::Ready(Pause::Incomplete));
        };
        match self.stream.poll_read(spare) {
            Poll::Ready(Ok(got)) if got > 0 => {
                upload.advance(got);
                context.counters.bytes_read.add(got as u64);
                if upload.remaining() == 0 {
                    self.dialogue.end_value(output);
                }
                Ok(Poll::Ready(Pause::Incomplete))
            }
            Poll::Ready(Ok(_)) => Err(Gone(CloseReason::Normal)),
            Poll::Ready(Err(_)) => Err(Gone(CloseReason::Error)),
            Poll::Pending => {
                self.dialogue.enter(ConnState::Value);
                Ok(Poll::Pending)
            }
        }
    }

    /// Throws away what a watcher sends, and gets log lines for it.
    fn relay(
        &mut self,
        waker: &Waker,
        scratch: &mut [u8],
        output: &mut Output,
    ) -> Result<Poll<Pause>, Gone> {
        let quiet = match self.stream.poll_read(scratch) {
            Poll::Ready(Ok(got)) if got > 0 => {
                let counters = self.dialogue.worker.context.counters;
                counters.bytes_read.add(got as u64);
                false
            }
            Poll::Ready(Ok(_)) => return Err(Gone(CloseReason::Normal)),
            Poll::Ready(Err(_)) => return Err(Gone(CloseReason::Error)),
            Poll::Pending => true,
        };
        if let Some(subscription) = self.dialogue.subscription() {
            subscription.take(output.bytes(), READ_BYTES, waker);
        }
        if quiet && output.is_empty() {
            self.dialogue.note_waiting();
            return Ok(Poll::Pending);
        }
        Ok(Poll::Ready(Pause::Rest))
    }

    /// Writes until `output` is empty and all of it is on its way; `false` if the client takes no
    /// more for now.
    fn write(&mut self, output: &mut Output) -> Result<bool, Gone> {
        while !output.is_empty() {
            let wrote = output.write(|slices| match self.stream.poll_write(slices) {
                Poll::Ready(Ok(written @ 1..)) => Ok(written),
                Poll::Ready(_) => Err(Some(Gone(CloseReason::Error))),
                Poll::Pending => Err(None),
            });
            let written = match wrote {
                Ok(written) => written,
                Err(None) => return Ok(false),
                Err(Some(gone)) => return Err(gone),
            };
            self.dialogue.note_taken();
            self.dialogue
                .worker
                .context
                .counters
                .bytes_written
                .add(written as u64);
        }
        match self.stream.poll_flush() {
            Poll::Ready(Ok(())) => Ok(true),
            Poll::Ready(Err(_)) => Err(Gone(CloseReason::Error)),
            Poll::Pending => Ok(false),
        }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(super) use tests::Fake;
