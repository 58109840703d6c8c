//! Accepting: one thread per listening socket, clients going round the workers, or to the one of their
//! network queue (`-N`).
//!
//! The threads block in accept(2): there is nothing else for them to do, and a client costs one
//! system call to take and one to make non-blocking.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use super::listener::{Listener, ListeningSocket};
use super::napi::{Choice, Queues, queue_of};
use super::stream::Socket;
use super::worker::{Arrival, Inbox};
use crate::exec::Shared;
use crate::stats::Peer;

/// Pause before looking again whether there is room, or descriptors. Source: memcached, 10 ms.
const PAUSE: Duration = Duration::from_millis(10);

/// The line for clients over the limit. Source: mcrsd.md 1.5.
const TOO_MANY: &[u8] = b"ERROR Too many open connections\r\n";

/// What all accepting threads share.
struct Door {
    shared: &'static Shared,
    limit: u32,
    workers: Vec<Inbox>,
    next: AtomicUsize,
    /// How workers are chosen, unless it is by turns.
    queues: Option<Queues>,
}

/// Starts a thread per listener that accepts at most `limit` clients at a time, all of them
/// together. The threads end with the process.
pub(super) fn start(
    shared: &'static Shared,
    listeners: Vec<Listener>,
    limit: u32,
    workers: Vec<Inbox>,
) -> io::Result<()> {
    let door = Arc::new(Door {
        shared,
        limit,
        workers,
        next: AtomicUsize::new(0),
        queues: shared
            .settings
            .napi_ids
            .map(|most| Queues::new(most as usize)),
    });
    // All are listed before the first client can ask for the list.
    let listed = listeners.into_iter().map(|listener| {
        let (fd, address) = (listener.fd(), listener.address.clone());
        let conns = &shared.stats.conns;
        (
            conns.add_listener(fd, address, shared.clock.now()),
            listener,
        )
    });
    for (number, listener) in listed.collect::<Vec<_>>() {
        let door = Arc::clone(&door);
        std::thread::Builder::new()
            .name("mcrsd-accept".into())
            .spawn(move || door.keep(&listener, number))?;
    }
    Ok(())
}

impl Door {
    fn keep(&self, listener: &Listener, number: u32) {
        loop {
            let accepted = match &listener.socket {
                ListeningSocket::Tcp(socket) => socket
                    .accept()
                    .map(|(socket, address)| (Socket::Tcp(socket), Peer::Tcp(address))),
                ListeningSocket::Unix(socket) => socket
                    .accept()
                    .map(|(socket, _)| (Socket::Unix(socket), Peer::Unix)),
            };
            match accepted {
                Ok((socket, peer)) => self.admit(socket, peer, number, listener),
                Err(error) if out_of_descriptors(&error) => {
                    self.pause_until(|| true);
                }
                // The client was gone before it was accepted, or something as short-lived.
                Err(_) => {}
            }
        }
    }

    /// Hands a client to the next worker, or turns it away.
    fn admit(&self, socket: Socket, peer: Peer, number: u32, listener: &Listener) {
        let conns = &self.shared.stats.conns;
        if socket.set_nonblocking().is_err() {
            return;
        }
        if !conns.enter(self.limit) {
            if self.shared.settings.maxconns_fast {
                conns.reject();
                // Best effort: a new socket has room for one line.
                let _ = socket.write(TOO_MANY);
                return;
            }
            // It waits for its place here, the ones behind it in the backlog.
            self.pause_until(|| conns.enter(self.limit));
        }
        let index = self.choose(&socket);
        let arrival = Arrival {
            socket,
            peer,
            listener: number,
            protocol: listener.protocol,
            tls: listener.tls,
        };
        if self.workers[index].put(arrival).is_err() {
            // The worker is ending, and the process with it; the client is closed.
            conns.leave();
        }
    }

    /// The worker for a client.
    fn choose(&self, socket: &Socket) -> usize {
        if let Some(queues) = &self.queues {
            let conns = &self.shared.stats.conns;
            let queue = match socket {
                Socket::Tcp(socket) => queue_of(socket).unwrap_or(None),
                Socket::Unix(_) => None,
            };
            match queue.map(|queue| queues.choose(queue)) {
                Some(Choice::Worker(index)) => return index,
                Some(Choice::Anew(index)) => {
                    conns.note_unexpected_queue();
                    return index;
                }
                None => conns.note_unknown_queue(),
            }
        }
        self.next.fetch_add(1, Relaxed) % self.workers.len()
    }

    /// Stops accepting for a while, and then until `ready`.
    fn pause_until(&self, ready: impl Fn() -> bool) {
        if self.shared.verbosity.load(Relaxed) > 0 {
            eprintln!("Too many open connections");
        }
        let conns = &self.shared.stats.conns;
        conns.pause();
        loop {
            // This thread has nothing else to do, and nobody else waits for it.
            std::thread::park_timeout(PAUSE);
            if ready() {
                break;
            }
        }
        conns.resume();
    }
}

fn out_of_descriptors(error: &io::Error) -> bool {
    use nix::libc::{EMFILE, ENFILE, ENOBUFS, ENOMEM};
    matches!(
        error.raw_os_error(),
        Some(EMFILE | ENFILE | ENOBUFS | ENOMEM)
    )
}

impl Socket {
    fn set_nonblocking(&self) -> io::Result<()> {
        match self {
            Socket::Tcp(socket) => socket.set_nonblocking(true),
            Socket::Unix(socket) => socket.set_nonblocking(true),
        }
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(socket) => (&*socket).write(bytes),
            Socket::Unix(socket) => (&*socket).write(bytes),
        }
    }
}
