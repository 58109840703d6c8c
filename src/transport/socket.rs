//! One non-blocking stream socket, TCP or unix.

use std::io::IoSlice;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Instant;

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendAncillaryBuffer, SendFlags, SocketAddrUnix, SocketFlags,
    SocketType, connect, recv, send, sendmsg, socket_with, sockopt,
};

use super::resolve::Targets;
use crate::error::ErrorKind;
use crate::pool::Failure;

/// Requests that are sent by one call at the most.
const MAX_SLICES: usize = 64;

/// A connection, or one that is being made.
#[derive(Debug)]
pub struct Link {
    fd: OwnedFd,
    connected: bool,
    /// Addresses of the host that have not been tried, the next one last.
    others: Vec<SocketAddr>,
    /// When to stop trying to connect.
    deadline: Instant,
    /// The process it was made in.
    epoch: u64,
}

/// What became of sending.
pub(super) enum Sent {
    /// This many bytes went out, at least 1.
    Some(usize),
    /// The socket takes no more now.
    Full,
    Failed(Errno),
}

/// What became of receiving.
pub(super) enum Received {
    /// This many bytes came in, at least 1.
    Some(usize),
    /// There is nothing yet.
    Nothing,
    /// The server closed or reset the connection.
    Closed,
}

/// The words and number of a system error.
pub(super) fn failure(kind: ErrorKind, errno: Errno) -> Failure {
    let number = errno.raw_os_error();
    let text = std::io::Error::from_raw_os_error(number).to_string();
    // std appends " (os error N)" to the C library's words.
    let text = text
        .split_once(" (os error")
        .map_or(&*text, |(words, _)| words)
        .to_owned();
    Failure {
        kind,
        text: text.into_bytes(),
        errno: number,
    }
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Link {
    /// Begins to connect to the first of `targets`.
    pub(super) fn connect(targets: Targets, deadline: Instant, epoch: u64) -> Result<Link, Errno> {
        match targets {
            Targets::Unix(path) => {
                let fd = stream(AddressFamily::UNIX)?;
                let address = SocketAddrUnix::new(path).map_err(|_| Errno::NAMETOOLONG)?;
                // Connects at once, fails at once, or says EAGAIN when the backlog is full.
                retry(|| connect(&fd, &address))?;
                Ok(Link {
                    fd,
                    connected: true,
                    others: Vec::new(),
                    deadline,
                    epoch,
                })
            }
            Targets::Inet(mut others) => {
                others.reverse();
                let mut error = Errno::ADDRNOTAVAIL;
                while let Some(address) = others.pop() {
                    match begin(address) {
                        Ok((fd, connected)) => {
                            return Ok(Link {
                                fd,
                                connected,
                                others,
                                deadline,
                                epoch,
                            });
                        }
                        Err(e) => error = e,
                    }
                }
                Err(error)
            }
        }
    }

    /// Whether the connection is made; `ready` says that poll(2) reported something. After an
    /// error the host's next address is tried, as long as there is time.
    pub(super) fn poll_connected(&mut self, ready: bool, now: Instant) -> Result<bool, Errno> {
        if ready {
            let error = match sockopt::socket_error(&self.fd) {
                Ok(Ok(())) => {
                    self.connected = true;
                    return Ok(true);
                }
                Ok(Err(e)) | Err(e) => e,
            };
            let next = self
                .others
                .pop()
                .filter(|_| now < self.deadline)
                .ok_or(error)?;
            (self.fd, self.connected) = begin(next)?;
            return Ok(self.connected);
        }
        if now >= self.deadline {
            Err(Errno::TIMEDOUT)
        } else {
            Ok(false)
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.connected
    }

    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Open, with nothing to read: what a connection between two exchanges has to be. Anything to
    /// read would be an answer that nobody waits for.
    pub(super) fn is_quiet(&self) -> bool {
        let mut byte = [0u8; 1];
        let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
        retry(|| recv(&self.fd, &mut byte[..], flags)) == Err(Errno::AGAIN)
    }

    /// Sends as much of `pieces` as the socket takes.
    pub(super) fn send<'a>(&self, mut pieces: impl Iterator<Item = &'a [u8]>) -> Sent {
        let Some(first) = pieces.next() else {
            return Sent::Full;
        };
        let sent = match pieces.next() {
            None => retry(|| send(&self.fd, first, SendFlags::NOSIGNAL)),
            Some(second) => {
                let mut slices = Vec::with_capacity(MAX_SLICES);
                let all = [first, second].into_iter().chain(pieces);
                slices.extend(all.take(MAX_SLICES).map(IoSlice::new));
                let mut nothing = SendAncillaryBuffer::default();
                retry(|| sendmsg(&self.fd, &slices, &mut nothing, SendFlags::NOSIGNAL))
            }
        };
        match sent {
            Ok(n) => Sent::Some(n),
            Err(Errno::AGAIN) => Sent::Full,
            Err(errno) => Sent::Failed(errno),
        }
    }

    /// Receives what is there, up to the length of `space`.
    pub(super) fn receive(&self, space: &mut [u8]) -> Received {
        match retry(|| recv(&self.fd, &mut *space, RecvFlags::DONTWAIT)) {
            Ok((0, _)) => Received::Closed,
            Ok((n, _)) => Received::Some(n),
            Err(Errno::AGAIN) => Received::Nothing,
            // A reset is reported as pecl/memcache does: the server closed the connection.
            Err(_) => Received::Closed,
        }
    }
}

fn stream(family: AddressFamily) -> Result<OwnedFd, Errno> {
    socket_with(
        family,
        SocketType::STREAM,
        SocketFlags::NONBLOCK | SocketFlags::CLOEXEC,
        None,
    )
}

/// Begins to connect; true if it is done already.
fn begin(address: SocketAddr) -> Result<(OwnedFd, bool), Errno> {
    let family = if address.is_ipv4() {
        AddressFamily::INET
    } else {
        AddressFamily::INET6
    };
    let fd = stream(family)?;
    // Requests are written whole, so waiting for more only delays them: pecl/memcache leaves this
    // off, and large values then stall for 40 ms. A refusal costs speed only.
    let _ = sockopt::set_tcp_nodelay(&fd, true);
    match connect(&fd, &address) {
        Ok(()) => Ok((fd, true)),
        // Interrupted: the connection goes on being made in the background.
        Err(Errno::INPROGRESS | Errno::INTR) => Ok((fd, false)),
        Err(errno) => Err(errno),
    }
}

/// Repeats a call that a signal interrupted.
fn retry<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            other => return other,
        }
    }
}
