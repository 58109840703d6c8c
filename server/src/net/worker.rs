//! A worker: a thread with a reactor of its own that serves the connections handed to it.

use std::cell::RefCell;
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::JoinHandle;

use tokio::sync::Notify;

use super::listener::DatagramSocket;
use super::reactor::{self, Contained, Reactor};
use super::session::Session;
use super::stream::{Socket, Stream};
use super::tls::TlsStream;
use super::udp::{self, Datagrams};
use crate::exec::{Context, Output, Shared};
use crate::flags::{ClientCert, Protocol};
use crate::stats::{ConnInfo, Peer};
use crate::watch::Event;

/// A request to end the process, from a command.
#[derive(Debug, Default)]
pub(super) struct Stop {
    graceful: std::sync::atomic::AtomicBool,
    notify: Notify,
}

impl Stop {
    /// Asks; the accepting thread carries it out.
    pub(super) fn ask(&self, graceful: bool) {
        self.graceful.store(graceful, Relaxed);
        self.notify.notify_one();
    }

    /// Waits for somebody to ask; whether it is to be graceful.
    pub(super) async fn asked(&self) -> bool {
        self.notify.notified().await;
        self.graceful.load(Relaxed)
    }
}

/// What a worker and its sessions have at hand.
#[derive(Debug)]
pub(super) struct Worker {
    /// For carrying out requests.
    pub(super) context: Context,
    /// Where the `shutdown` command goes.
    pub(super) stop: &'static Stop,
}

impl Worker {
    /// How talkative stderr is.
    #[inline]
    pub(super) fn verbosity(&self) -> u32 {
        self.context.shared.verbosity.load(Relaxed)
    }
}

/// An accepted client on its way to a worker. It has been counted in.
pub(super) struct Arrival {
    pub(super) socket: Socket,
    pub(super) peer: Peer,
    pub(super) listener: u32,
    pub(super) protocol: Protocol,
    /// What clients have to show of themselves in TLS; `None` without.
    pub(super) tls: Option<ClientCert>,
}

/// Where clients for a worker are put. One that comes after the worker's end is given back.
pub(super) type Inbox = Arc<reactor::Inbox<Arrival>>;

/// A running worker.
pub(super) struct Handle {
    inbox: Inbox,
    thread: JoinHandle<()>,
}

impl Handle {
    /// Starts the worker with this index, from 0.
    pub(super) fn start(
        index: usize,
        shared: &'static Shared,
        stop: &'static Stop,
        datagrams: Vec<DatagramSocket>,
    ) -> io::Result<Handle> {
        // Lives as long as the process, so that sessions can refer to it without counting.
        let worker: &'static Worker = Box::leak(Box::new(Worker {
            context: Context::of_worker(shared, index),
            stop,
        }));
        let mut reactor = Reactor::new()?;
        for socket in datagrams {
            let datagrams = Contained(Datagrams::new(socket, worker));
            // Without memory to watch it others have to do without this worker.
            let _ = reactor.add(Box::new(datagrams));
        }
        let inbox = reactor.inbox();
        let thread = std::thread::Builder::new()
            .name(format!("mcrsd-{index}"))
            .spawn(move || {
                reactor.run(|reactor, arrival| {
                    if let Ok(session) = welcome(worker, arrival) {
                        // Without memory to watch it the client is closed, by dropping it.
                        let _ = reactor.add(Box::new(Contained(session)));
                    }
                });
            })?;
        Ok(Handle { inbox, thread })
    }

    /// Where to put clients for it.
    pub(super) fn inbox(&self) -> Inbox {
        Arc::clone(&self.inbox)
    }

    /// Lets the worker finish what it is doing, then ends it and its connections.
    pub(super) fn finish(self) {
        self.inbox.close();
        // A worker that panicked has told so itself; there is nothing left to end.
        let _ = self.thread.join();
    }
}

/// Makes a session of a client that has been counted in.
///
/// # Errors
/// TLS does not begin; the client is counted out.
fn welcome(worker: &'static Worker, arrival: Arrival) -> io::Result<Session> {
    let Arrival {
        socket,
        peer,
        listener,
        protocol,
        tls,
    } = arrival;
    let conns = &worker.context.shared.stats.conns;
    let stream = open(worker, socket, tls).inspect_err(|_| conns.leave())?;
    let fd = stream.fd();
    if worker.verbosity() > 1 {
        match protocol {
            Protocol::Auto => eprintln!("<{fd} new auto-negotiating client connection"),
            fixed => eprintln!("<{fd} new {} client connection.", fixed.name()),
        }
    }
    let now = worker.context.shared.clock.now();
    let info = Arc::new(ConnInfo::new(peer, listener, now));
    conns.list(fd, Arc::clone(&info));
    if let Some(origin) = info.peer.origin() {
        let event = Event::ConnNew { origin, client: fd };
        let context = &worker.context;
        context.shared.watch.log(context.logger, &event);
    }
    Ok(Session::new(stream, worker, info, protocol))
}

/// Speaks TLS on a socket if that is asked for.
fn open(worker: &'static Worker, socket: Socket, tls: Option<ClientCert>) -> io::Result<Stream> {
    let stream = Stream::new(socket);
    match (tls, &worker.context.shared.tls) {
        (Some(client), Some(tls)) => {
            let stream = TlsStream::new(stream, worker, tls, client)?;
            Ok(Stream::Tls(Box::new(stream)))
        }
        _ => Ok(stream),
    }
}

/// A worker without listeners and threads, for tests and fuzzers that decide themselves which bytes
/// arrive when. The `shutdown` command closes its connection and ends nothing; a panic is not
/// contained.
pub struct Solo {
    worker: &'static Worker,
    reactor: RefCell<Reactor<Infallible>>,
}

impl Solo {
    /// Serves what `shared` has, and counts as its first worker. A few bytes of it live as long as
    /// the process.
    ///
    /// # Errors
    /// The descriptors it takes could not be had.
    pub fn new(shared: &'static Shared) -> io::Result<Solo> {
        Ok(Solo {
            worker: Box::leak(Box::new(Worker {
                context: Context::of_worker(shared, 0),
                stop: Box::leak(Box::default()),
            })),
            reactor: RefCell::new(Reactor::new()?),
        })
    }

    /// Takes one client on, on a socket that is connected already, with TLS if it says what the
    /// client has to show of itself.
    ///
    /// # Errors
    /// The socket cannot be watched.
    pub fn admit(
        &self,
        socket: std::os::unix::net::UnixStream,
        tls: Option<ClientCert>,
    ) -> io::Result<()> {
        socket.set_nonblocking(true)?;
        self.worker.context.shared.stats.conns.enter(u32::MAX);
        let arrival = Arrival {
            socket: Socket::Unix(socket),
            peer: Peer::Unix,
            listener: 0,
            protocol: Protocol::Auto,
            tls,
        };
        let session = welcome(self.worker, arrival)?;
        self.reactor.borrow_mut().add(Box::new(session))
    }

    /// Lets every client go on whose socket has news, without waiting for any. Returns how many
    /// clients are left.
    pub fn turn(&self) -> usize {
        let mut reactor = self.reactor.borrow_mut();
        reactor.turn(false, |_, never| match never {});
        reactor.tasks()
    }

    /// One datagram without its frame; the answer, likewise.
    pub fn datagram(&self, data: &[u8]) -> Vec<u8> {
        let now = self.worker.context.shared.clock.now();
        let info = Arc::new(ConnInfo::new(Peer::Unix, 0, now));
        let mut output = Output::default();
        udp::carry_out(self.worker, info, -1, data, &mut output);
        let mut bytes = Vec::new();
        while !output.is_empty() {
            let Ok(_) = output.write(|slices| {
                slices
                    .iter()
                    .for_each(|slice| bytes.extend_from_slice(slice));
                Ok::<_, Infallible>(slices.iter().map(|slice| slice.len()).sum())
            });
        }
        bytes
    }
}
