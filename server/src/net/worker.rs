//! A worker: a thread with a runtime of its own that serves the connections handed to it.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::JoinHandle;

use tokio::runtime;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::listener::DatagramSocket;
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
pub(super) type Inbox = UnboundedSender<Arrival>;

/// A running worker.
pub(super) struct Handle {
    inbox: Inbox,
    end: Arc<Notify>,
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
        let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
        let (inbox, arrivals) = unbounded_channel();
        let end = Arc::new(Notify::new());
        let ended = Arc::clone(&end);
        let datagrams = datagrams.into_iter();
        let datagrams: Vec<_> = datagrams
            .map(|socket| Datagrams::new(socket, worker))
            .collect();
        let thread = std::thread::Builder::new()
            .name(format!("mcrsd-{index}"))
            .spawn(move || {
                runtime.block_on(async {
                    for datagrams in datagrams {
                        tokio::spawn(datagrams.serve());
                    }
                    tokio::select! {
                        () = serve(worker, arrivals) => {}
                        () = ended.notified() => {}
                    }
                });
            })?;
        Ok(Handle { inbox, end, thread })
    }

    /// Where to put clients for it.
    pub(super) fn inbox(&self) -> Inbox {
        self.inbox.clone()
    }

    /// Lets the worker finish what it is doing, then ends it and its connections.
    pub(super) fn finish(self) {
        self.end.notify_one();
        // A worker that panicked has told so itself; there is nothing left to end.
        let _ = self.thread.join();
    }
}

/// Serves as long as there may be arrivals.
async fn serve(worker: &'static Worker, mut arrivals: UnboundedReceiver<Arrival>) {
    while let Some(arrival) = arrivals.recv().await {
        // Without a descriptor or memory to watch it the client is closed, by dropping it.
        if let Ok(session) = welcome(worker, arrival) {
            tokio::spawn(session);
        }
    }
}

/// Makes a session of a client that has been counted in, on the current runtime.
fn welcome(worker: &'static Worker, arrival: Arrival) -> io::Result<Session> {
    let Arrival {
        socket,
        peer,
        listener,
        protocol,
        tls,
    } = arrival;
    let conns = &worker.context.shared.stats.conns;
    let stream = watch(worker, socket, tls).inspect_err(|_| conns.leave())?;
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

/// Puts a socket under the watch of the current runtime, and TLS on it if that is asked for.
fn watch(worker: &'static Worker, socket: Socket, tls: Option<ClientCert>) -> io::Result<Stream> {
    let stream = Stream::new(socket)?;
    match (tls, &worker.context.shared.tls) {
        (Some(client), Some(tls)) => {
            let stream = TlsStream::new(stream, worker, tls, client)?;
            Ok(Stream::Tls(Box::new(stream)))
        }
        _ => Ok(stream),
    }
}

/// A worker without listeners and threads, for tests and fuzzers that decide themselves which bytes
/// arrive when. The `shutdown` command closes its connection and ends nothing.
#[derive(Debug)]
pub struct Solo(&'static Worker);

impl Solo {
    /// Serves what `shared` has, and counts as its first worker. A few bytes of it live as long as
    /// the process.
    pub fn new(shared: &'static Shared) -> Solo {
        Solo(Box::leak(Box::new(Worker {
            context: Context::of_worker(shared, 0),
            stop: Box::leak(Box::default()),
        })))
    }

    /// One client on a socket that is connected already, with TLS if it says what the client has to
    /// show of itself: a future for the current tokio runtime,
    /// which must watch sockets. It is over when the connection is.
    ///
    /// # Errors
    /// The socket cannot be watched.
    pub fn session(
        &self,
        socket: std::os::unix::net::UnixStream,
        tls: Option<ClientCert>,
    ) -> io::Result<impl Future<Output = ()> + Send + use<>> {
        socket.set_nonblocking(true)?;
        self.0.context.shared.stats.conns.enter(u32::MAX);
        let arrival = Arrival {
            socket: Socket::Unix(socket),
            peer: Peer::Unix,
            listener: 0,
            protocol: Protocol::Auto,
            tls,
        };
        welcome(self.0, arrival)
    }

    /// One datagram without its frame; the answer, likewise.
    pub fn datagram(&self, data: &[u8]) -> Vec<u8> {
        let now = self.0.context.shared.clock.now();
        let info = Arc::new(ConnInfo::new(Peer::Unix, 0, now));
        let mut output = Output::default();
        udp::carry_out(self.0, info, -1, data, &mut output);
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
