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
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;

use mcrs::codec::udp::{self, FRAME_LEN, Frame, MAX_MESSAGE_LEN, MAX_REPLY_LEN};
use tokio::net::UdpSocket;
use tokio::task::yield_now;

use super::listener::DatagramSocket;
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

/// A socket as one worker serves it.
pub(super) struct Datagrams {
    socket: std::net::UdpSocket,
    worker: &'static Worker,
    info: Arc<ConnInfo>,
    asker: &'static Asker,
}

impl Datagrams {
    /// Lists a socket for a worker; [`serve`](Datagrams::serve) is to follow on its runtime.
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
            worker,
            info,
            asker,
        }
    }

    /// Serves as long as the process lives.
    pub(super) async fn serve(self) {
        let fd = self.socket.as_raw_fd();
        // Without memory to watch it others have to do without this worker.
        let Ok(socket) = UdpSocket::from_std(self.socket) else {
            return;
        };
        let mut datagram = vec![0; DATAGRAM_MAX_LEN].into_boxed_slice();
        let mut output = Output::default();
        while socket.readable().await.is_ok() {
            for _ in 0..self.worker.context.shared.settings.reqs_per_event {
                let (len, from) = match socket.try_recv_from(&mut datagram) {
                    Ok(received) => received,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    // About an answer sent earlier, to somebody who was not there.
                    Err(_) => continue,
                };
                self.worker.context.counters.bytes_read.add(len as u64);
                let Some((id, data)) = udp::request(&datagram[..len]) else {
                    continue;
                };
                self.asker.set(Some(from));
                let info = Arc::clone(&self.info);
                carry_out(self.worker, info, fd, data, &mut output);
                send(&socket, self.worker, id, from, &mut output).await;
                output.clear();
                self.asker.set(None);
                self.info.set_state(ConnState::Read);
            }
            yield_now().await;
        }
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

/// Sends a reply in as many datagrams as it takes. What the system refuses is lost, as anything
/// may be on the way.
async fn send(socket: &UdpSocket, worker: &Worker, id: u16, to: SocketAddr, output: &mut Output) {
    let Some(frames) = udp::replies(id, output.len()) else {
        return;
    };
    for (count, (frame, range)) in frames.enumerate() {
        let mut packet = [0; MAX_REPLY_LEN];
        let packet = &mut packet[..FRAME_LEN + range.len()];
        fill(packet, frame, output);
        loop {
            match socket.try_send_to(packet, to) {
                Ok(sent) => {
                    worker.context.counters.bytes_written.add(sent as u64);
                    break;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if socket.writable().await.is_err() {
                        return;
                    }
                }
                Err(_) => return,
            }
        }
        if count % BURST == BURST - 1 {
            yield_now().await;
        }
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
