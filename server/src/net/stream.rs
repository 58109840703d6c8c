//! A client's socket, TCP or Unix, with TLS or without, as a worker's reactor watches it.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::task::Poll;

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, recv, send, sendmsg};

use super::reactor::Readiness;
use super::tls::TlsStream;

/// A connected socket that no reactor knows yet.
#[derive(Debug)]
pub(super) enum Socket {
    /// Over TCP.
    Tcp(std::net::TcpStream),
    /// Over the Unix socket.
    Unix(std::os::unix::net::UnixStream),
}

/// The same, once it does not matter which.
#[derive(Debug)]
pub(super) enum Stream {
    /// As it is.
    Plain(Plain),
    /// With TLS.
    Tls(Box<TlsStream>),
    /// Over nothing: a test is at the other end.
    #[cfg(test)]
    Fake(super::session::Fake),
}

/// A socket, and what is known of it.
#[derive(Debug)]
pub(super) struct Plain {
    socket: OwnedFd,
    readiness: Readiness,
}

impl Stream {
    /// Of a non-blocking socket.
    pub(super) fn new(socket: Socket) -> Stream {
        Stream::Plain(Plain {
            socket: match socket {
                Socket::Tcp(socket) => socket.into(),
                Socket::Unix(socket) => socket.into(),
            },
            readiness: Readiness::default(),
        })
    }

    /// The socket, for who watches it.
    pub(super) fn socket(&self) -> BorrowedFd<'_> {
        match self {
            Stream::Plain(plain) => plain.socket.as_fd(),
            Stream::Tls(stream) => stream.socket(),
            #[cfg(test)]
            Stream::Fake(_) => unreachable!("no reactor has it"),
        }
    }

    /// What is known of it.
    #[inline]
    pub(super) fn readiness(&mut self) -> &mut Readiness {
        match self {
            Stream::Plain(plain) => &mut plain.readiness,
            Stream::Tls(stream) => stream.readiness(),
            #[cfg(test)]
            Stream::Fake(_) => unreachable!("no reactor has it"),
        }
    }

    /// Its descriptor, which also is its name in logs.
    pub(super) fn fd(&self) -> RawFd {
        match self {
            #[cfg(test)]
            Stream::Fake(_) => -1,
            stream => stream.socket().as_raw_fd(),
        }
    }

    /// Whether a read might give something.
    #[inline]
    pub(super) fn may_read(&self) -> bool {
        match self {
            Stream::Plain(plain) => plain.readiness.is_readable(),
            // They may have something of their own.
            _ => true,
        }
    }

    /// Reads what there is into `buf`; 0 is the end. One system call at most, and none when the
    /// last read took everything and nothing has come since.
    #[inline]
    pub(super) fn poll_read(&mut self, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        match self {
            Stream::Plain(plain) => plain.poll_recv(buf),
            Stream::Tls(stream) => stream.poll_read(buf),
            #[cfg(test)]
            Stream::Fake(fake) => fake.poll_read(buf),
        }
    }

    /// Writes what the socket takes of `slices`, in one system call. With TLS what is said to be
    /// written may be held back until [`poll_flush`](Stream::poll_flush).
    #[inline]
    pub(super) fn poll_write(&mut self, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match self {
            Stream::Plain(plain) => plain.poll_send(slices),
            Stream::Tls(stream) => stream.poll_write(slices),
            #[cfg(test)]
            Stream::Fake(fake) => fake.poll_write(slices),
        }
    }

    /// Writes what is held back.
    #[inline]
    pub(super) fn poll_flush(&mut self) -> Poll<io::Result<()>> {
        match self {
            Stream::Tls(stream) => stream.poll_flush(),
            _ => Poll::Ready(Ok(())),
        }
    }

    /// Bytes it holds for the socket or for the session.
    #[inline]
    pub(super) fn held(&self) -> usize {
        match self {
            Stream::Tls(stream) => stream.held(),
            _ => 0,
        }
    }

    /// Tells the client that nothing more comes, where the end of the connection does not say so.
    pub(super) fn farewell(&mut self) {
        if let Stream::Tls(stream) = self {
            stream.farewell();
        }
    }
}

impl Plain {
    /// Reads once, if there may be something. A read that does not fill the buffer has emptied the
    /// socket, so none is tried after it.
    ///
    /// The system calls here do not go through the C library, which in a process of several threads
    /// makes each of them a point of cancellation.
    #[inline]
    fn poll_recv(&mut self, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        while self.readiness.is_readable() {
            match recv(&self.socket, &mut *buf, RecvFlags::empty()) {
                Ok((_, got)) => {
                    if 0 < got && got < buf.len() {
                        self.readiness.set_drained();
                    }
                    return Poll::Ready(Ok(got));
                }
                Err(Errno::AGAIN) => self.readiness.set_empty(),
                Err(Errno::INTR) => {}
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
        Poll::Pending
    }

    /// Writes once, if there may be room. One slice needs no list of slices, which the kernel would
    /// have to copy.
    #[inline]
    fn poll_send(&mut self, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        while self.readiness.is_writable() {
            let sent = match slices {
                [all] => send(&self.socket, all, SendFlags::NOSIGNAL),
                _ => {
                    let mut nothing = SendAncillaryBuffer::default();
                    sendmsg(&self.socket, slices, &mut nothing, SendFlags::NOSIGNAL)
                }
            };
            match sent {
                Ok(sent) => return Poll::Ready(Ok(sent)),
                Err(Errno::AGAIN) => self.readiness.set_full(),
                Err(Errno::INTR) => {}
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
        Poll::Pending
    }
}
