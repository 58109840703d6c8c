//! A client's socket, TCP or Unix, with TLS or without, as a worker's runtime polls it.

use std::io::{self, ErrorKind, IoSlice};
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::task::{Context, Poll, ready};

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, recv, send, sendmsg};
use tokio::io::Interest;
use tokio::net::{TcpStream, UnixStream};

use super::tls::TlsStream;

/// A connected socket that no runtime knows yet, so that it can go to any thread.
#[derive(Debug)]
pub(super) enum Socket {
    /// Over TCP.
    Tcp(std::net::TcpStream),
    /// Over the Unix socket.
    Unix(std::os::unix::net::UnixStream),
}

/// The same, watched by the runtime of one worker.
#[derive(Debug)]
pub(super) enum Stream {
    /// Over TCP.
    Tcp(TcpStream),
    /// Over the Unix socket.
    Unix(UnixStream),
    /// Over one of the others.
    Tls(Box<TlsStream>),
    /// Over nothing: a test is at the other end.
    #[cfg(test)]
    Fake(super::session::Fake),
}

impl Stream {
    /// Puts a non-blocking socket under the watch of the current runtime.
    pub(super) fn new(socket: Socket) -> io::Result<Stream> {
        match socket {
            Socket::Tcp(socket) => TcpStream::from_std(socket).map(Stream::Tcp),
            Socket::Unix(socket) => UnixStream::from_std(socket).map(Stream::Unix),
        }
    }

    /// Its descriptor, which also is its name in logs.
    pub(super) fn fd(&self) -> RawFd {
        match self {
            Stream::Tcp(socket) => socket.as_raw_fd(),
            Stream::Unix(socket) => socket.as_raw_fd(),
            Stream::Tls(stream) => stream.fd(),
            #[cfg(test)]
            Stream::Fake(_) => -1,
        }
    }

    /// Reads what there is into `buf`; 0 is the end. One system call at most, and none when the
    /// last read took everything and nothing has come since.
    #[inline]
    pub(super) fn poll_read(
        &mut self,
        task: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Stream::Tcp(socket) => poll_recv(socket, task, buf),
            Stream::Unix(socket) => poll_recv(socket, task, buf),
            Stream::Tls(stream) => stream.poll_read(task, buf),
            #[cfg(test)]
            Stream::Fake(fake) => fake.poll_read(buf),
        }
    }

    /// Writes what the socket takes of `slices`, in one system call. With TLS what is said to be
    /// written may be held back until [`poll_flush`](Stream::poll_flush).
    #[inline]
    pub(super) fn poll_write(
        &mut self,
        task: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self {
            Stream::Tcp(socket) => poll_send(socket, task, slices),
            Stream::Unix(socket) => poll_send(socket, task, slices),
            Stream::Tls(stream) => stream.poll_write(task, slices),
            #[cfg(test)]
            Stream::Fake(fake) => fake.poll_write(slices),
        }
    }

    /// Writes what is held back.
    #[inline]
    pub(super) fn poll_flush(&mut self, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Stream::Tls(stream) => stream.poll_flush(task),
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

/// What a runtime knows of a socket it watches.
trait Watched: AsFd {
    /// Waits until there may be something to read.
    fn poll_readable(&self, task: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Waits until there may be room to write.
    fn poll_writable(&self, task: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Takes note that there is not, until the runtime hears of it again.
    fn exhausted(&self, interest: Interest);
}

macro_rules! watched {
    ($stream:ty) => {
        impl Watched for $stream {
            #[inline]
            fn poll_readable(&self, task: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.poll_read_ready(task)
            }

            #[inline]
            fn poll_writable(&self, task: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.poll_write_ready(task)
            }

            #[inline]
            fn exhausted(&self, interest: Interest) {
                let would_block = || Err::<(), _>(ErrorKind::WouldBlock.into());
                // The very error it was given.
                let _ = self.try_io(interest, would_block);
            }
        }
    };
}

watched!(TcpStream);
watched!(UnixStream);

/// Reads once, if there may be something. A read that does not fill the buffer has emptied the
/// socket, so none is tried after it.
///
/// The system calls here do not go through the C library, which in a process of several threads
/// makes each of them a point of cancellation.
#[inline]
fn poll_recv(
    socket: &impl Watched,
    task: &mut Context<'_>,
    buf: &mut [u8],
) -> Poll<io::Result<usize>> {
    loop {
        ready!(socket.poll_readable(task))?;
        match recv(socket, &mut *buf, RecvFlags::empty()) {
            Ok((_, got)) => {
                if 0 < got && got < buf.len() {
                    socket.exhausted(Interest::READABLE);
                }
                return Poll::Ready(Ok(got));
            }
            Err(Errno::AGAIN) => socket.exhausted(Interest::READABLE),
            Err(Errno::INTR) => {}
            Err(error) => return Poll::Ready(Err(error.into())),
        }
    }
}

/// Writes once. Sockets nearly always have room for a reply, so the runtime is asked only when one
/// has not. One slice needs no list of slices, which the kernel would have to copy.
#[inline]
fn poll_send(
    socket: &impl Watched,
    task: &mut Context<'_>,
    slices: &[IoSlice<'_>],
) -> Poll<io::Result<usize>> {
    loop {
        let sent = match slices {
            [all] => send(socket, all, SendFlags::NOSIGNAL),
            _ => {
                let mut nothing = SendAncillaryBuffer::default();
                sendmsg(socket, slices, &mut nothing, SendFlags::NOSIGNAL)
            }
        };
        match sent {
            Ok(sent) => return Poll::Ready(Ok(sent)),
            Err(Errno::AGAIN) => {
                // What the runtime knows is older than this.
                ready!(socket.poll_writable(task))?;
                socket.exhausted(Interest::WRITABLE);
            }
            Err(Errno::INTR) => {}
            Err(error) => return Poll::Ready(Err(error.into())),
        }
    }
}
