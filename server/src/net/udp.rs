//! Datagrams: each is a request by itself, answered to whoever it says it is from.
//!
//! A socket is watched by several workers, and whoever is first takes the next datagram. What is in
//! it is carried out by a [`Dialogue`] that begins and ends with it, so text, meta and binary work
//! as over a stream, and nothing is remembered of anybody. Source: mcrsd.md 5.
//!
//! # What a datagram can cost
//! | of | at most |
//! |---|---|
//! | input | the datagram: what it leaves unfinished is dropped |
//! | output | [`reply_max_len`], then an error line instead of all of it |
//!
//! The address a datagram comes from may be a lie, and somebody else gets the answer. Hence the
//! bound, and silence to everything that is no request.

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::Arc;
use std::task::Waker;

use mcrs::codec::udp::{self, FRAME_LEN, Frame, MAX_MESSAGE_LEN, Replies};

use super::listener::DatagramSocket;
use super::reactor::{Polled, Readiness, Task};
use super::session::{Dialogue, Pause};
use super::worker::Worker;
use crate::exec::{NO_REPLY_MEMORY, Output};
use crate::flags::Settings;
use crate::stats::{Asker, ConnInfo, ConnState};

/// Longest datagram there can be, in bytes.
const DATAGRAM_MAX_LEN: usize = 65535;

/// Datagrams of a reply that are sent before others have their turn.
const BURST: usize = 64;

/// Bytes that one datagram may be answered with: any value there can be, and a megabyte of others.
fn reply_max_len(settings: &Settings) -> usize {
    let value = usize::try_from(settings.item_size_max).unwrap_or(usize::MAX);
    value.saturating_add(1 << 20).min(MAX_MESSAGE_LEN)
}

/// A socket as one worker serves it, as long as the process lives.
pub(super) struct Datagrams {
    socket: UdpSocket,
    readiness: Readiness,
    worker: &'static Worker,
    info: Arc<ConnInfo>,
    asker: &'static Asker,
    /// Room for one that comes.
    input: Box<[u8]>,
    output: Output,
    /// Who is being answered.
    answer: Option<Answer>,
}

/// An answer under way.
struct Answer {
    to: SocketAddr,
    /// What is left of it in the output.
    rest: Replies,
    /// A datagram that the socket had no room for.
    packet: Vec<u8>,
}

impl Datagrams {
    /// Lists a socket for a worker, whose reactor is to have it.
    pub(super) fn new(datagrams: DatagramSocket, worker: &'static Worker) -> Datagrams {
        // Lives as long as the process, as the socket does.
        let asker: &'static Asker = Box::leak(Box::default());
        let shared = worker.context.shared;
        let fd = datagrams.socket.as_raw_fd();
        if worker.verbosity() > 1 {
            eprintln!("<{fd} server listening (udp)");
        }
        let conns = &shared.stats.conns;
        let info = conns.add_datagrams(fd, datagrams.address, asker, shared.clock.now());
        Datagrams {
            socket: datagrams.socket,
            readiness: Readiness::default(),
            worker,
            info,
            asker,
            input: vec![0; DATAGRAM_MAX_LEN].into_boxed_slice(),
            output: Output::default(),
            answer: None,
        }
    }

    /// Takes the next datagram, if there is one, and begins to answer it.
    fn receive(&mut self) {
        let (len, from) = match self.socket.recv_from(&mut self.input) {
            Ok(received) => received,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                return self.readiness.set_empty();
            }
            // About an answer sent earlier, to somebody who was not there.
            Err(_) => return,
        };
        self.worker.context.counters.bytes_read.add(len as u64);
        let Some((id, data)) = udp::request(&self.input[..len]) else {
            return;
        };
        self.asker.set(Some(from));
        let (info, fd) = (Arc::clone(&self.info), self.socket.as_raw_fd());
        carry_out(self.worker, info, fd, data, &mut self.output);
        // What carrying out leaves is no longer than there are numbers for.
        self.answer = udp::replies(id, self.output.len()).map(|rest| Answer {
            to: from,
            rest,
            packet: Vec::new(),
        });
    }

    /// Sends a reply in as many datagrams as it takes, or some of them. What the system refuses is
    /// lost, as anything may be on the way.
    fn send(&mut self) -> Polled {
        let Some(answer) = &mut self.answer else {
            return Polled::Over;
        };
        for _ in 0..BURST {
            if answer.packet.is_empty() {
                let Some((frame, range)) = answer.rest.next() else {
                    return Polled::Over;
                };
                answer.packet.resize(FRAME_LEN + range.len(), 0);
                fill(&mut answer.packet, frame, &mut self.output);
            }
            match self.socket.send_to(&answer.packet, answer.to) {
                Ok(sent) => {
                    let counters = self.worker.context.counters;
                    counters.bytes_written.add(sent as u64);
                    answer.packet.clear();
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.readiness.set_full();
                    return Polled::Waits;
                }
                Err(_) => return Polled::Over,
            }
        }
        Polled::Again
    }
}

impl Task for Datagrams {
    fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    fn readiness(&mut self) -> &mut Readiness {
        &mut self.readiness
    }

    fn poll(&mut self, _: &Waker) -> Polled {
        for _ in 0..self.worker.context.shared.settings.reqs_per_event {
            if self.answer.is_none() {
                if !self.readiness.is_readable() {
                    return Polled::Waits;
                }
                self.receive();
            }
            match self.send() {
                Polled::Over => {
                    self.answer = None;
                    self.output.clear();
                    self.asker.set(None);
                    self.info.set_state(ConnState::Read);
                }
                unfinished => return unfinished,
            }
        }
        Polled::Again
    }
}

/// Carries out what a datagram holds. What it leaves unfinished is forgotten.
pub(super) fn carry_out(
    worker: &'static Worker,
    info: Arc<ConnInfo>,
    fd: RawFd,
    data: &[u8],
    output: &mut Output,
) {
    let context = &worker.context;
    let max_len = reply_max_len(&context.shared.settings);
    let mut dialogue = Dialogue::of_datagram(worker, info, fd);
    // A datagram is a turn by itself.
    let mut budget = u32::MAX;
    let (mut pause, mut at) = dialogue.carry_out(data, output, &mut budget);
    while pause == Pause::Full && output.len() <= max_len {
        let mut more = Output::default();
        let used;
        (pause, used) = dialogue.carry_out(&data[at..], &mut more, &mut budget);
        at += used;
        output.append(more);
    }
    if output.len() > max_len {
        context.counters.response_obj_oom.add(1);
        output.clear();
        output.line(NO_REPLY_MEMORY);
    }
}

/// Puts a frame into `packet`, and behind it the next bytes of `output`, which has enough of them.
fn fill(packet: &mut [u8], frame: Frame, output: &mut Output) {
    let (head, data) = packet.split_at_mut(FRAME_LEN);
    head.copy_from_slice(&frame.encode());
    let mut filled = 0;
    while filled < data.len() {
        let copied = output.write(|slices| {
            let start = filled;
            for slice in slices {
                let take = slice.len().min(data.len() - filled);
                data[filled..filled + take].copy_from_slice(&slice[..take]);
                filled += take;
            }
            Ok::<_, std::convert::Infallible>(filled - start)
        });
        debug_assert_ne!(copied, Ok(0), "a reply shorter than its length");
        if copied == Ok(0) {
            return;
        }
    }
}
