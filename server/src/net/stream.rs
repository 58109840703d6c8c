//! A client's socket, TCP or Unix, as a worker's runtime polls it.

use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, RawFd};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

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
            Stream::Tcp(stream) => stream.as_raw_fd(),
            Stream::Unix(stream) => stream.as_raw_fd(),
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
        let mut buf = ReadBuf::new(buf);
        let polled = match self {
            Stream::Tcp(stream) => Pin::new(stream).poll_read(task, &mut buf),
            Stream::Unix(stream) => Pin::new(stream).poll_read(task, &mut buf),
            #[cfg(test)]
            Stream::Fake(fake) => fake.poll_read(&mut buf),
        };
        polled.map_ok(|()| buf.filled().len())
    }

    /// Writes what the socket takes of `slices`, in one system call.
    #[inline]
    pub(super) fn poll_write(
        &mut self,
        task: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self {
            Stream::Tcp(stream) => Pin::new(stream).poll_write_vectored(task, slices),
            Stream::Unix(stream) => Pin::new(stream).poll_write_vectored(task, slices),
            #[cfg(test)]
            Stream::Fake(fake) => fake.poll_write(slices),
        }
    }
}
