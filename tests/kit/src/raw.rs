//! One connection that sends bytes and expects bytes; for tests of servers.

use socket2::Socket;
use std::io::{ErrorKind, Read, Write};

use crate::net::Address;
use crate::show;
use crate::wait::PATIENCE;

/// A blocking connection. Every wait is bounded by [`PATIENCE`]; what goes wrong is a panic that
/// shows the bytes.
#[derive(Debug)]
pub struct Raw {
    socket: Socket,
    /// Bytes received and not yet asked for.
    pending: Vec<u8>,
}

impl Raw {
    /// Connects.
    ///
    /// # Panics
    /// When nobody accepts.
    #[must_use]
    #[track_caller]
    pub fn connect(address: &Address) -> Self {
        match Self::try_connect(address) {
            Ok(raw) => raw,
            Err(error) => panic!("connect to {address}: {error}"),
        }
    }

    /// Connects, or says why not.
    ///
    /// # Errors
    /// Whatever connect(2) says.
    pub fn try_connect(address: &Address) -> std::io::Result<Self> {
        let socket = address.connect(PATIENCE)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            socket,
            pending: Vec::new(),
        })
    }

    /// Sends and reads up to and including `end`; any trouble is an error.
    pub(crate) fn try_ask(&mut self, request: &[u8], end: &[u8]) -> std::io::Result<Vec<u8>> {
        self.socket.write_all(request)?;
        loop {
            if let Some(at) = find(&self.pending, end) {
                return Ok(self.take(at + end.len()));
            }
            if self.fill()? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Whether the text protocol's `version` is answered, rather than the connection closed.
    #[must_use]
    pub fn is_answered(&mut self) -> bool {
        self.try_ask(b"version\r\n", b"VERSION ").is_ok()
    }

    /// Sends all of `bytes`.
    ///
    /// # Panics
    /// When the other end is gone.
    #[track_caller]
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        if let Err(error) = self.socket.write_all(bytes) {
            panic!("send {:?}: {error}", show(bytes));
        }
    }

    /// Sends no more; the other end reads an end of file.
    ///
    /// # Panics
    /// When the connection is gone.
    #[track_caller]
    pub fn finish_sending(&mut self) {
        let done = self.socket.shutdown(std::net::Shutdown::Write);
        done.expect("half-close the connection");
    }

    /// Reads exactly as many bytes as `expected` has, which must be the same.
    ///
    /// # Panics
    /// When they differ or do not come.
    #[track_caller]
    pub fn expect(&mut self, expected: impl AsRef<[u8]>) {
        let expected = expected.as_ref();
        // Compared as soon as they can differ: a shorter wrong reply must not wait for the time-out.
        loop {
            let have = self.pending.len().min(expected.len());
            let same = self.pending[..have] == expected[..have];
            assert!(
                same,
                "expected {:?}, received {:?}",
                show(expected),
                show(&self.pending)
            );
            if have == expected.len() {
                self.take(have);
                return;
            }
            self.fill_or_panic(&format!("{:?}", show(expected)));
        }
    }

    /// Sends a request and expects the reply to be exactly `reply`.
    ///
    /// # Panics
    /// As [`Self::send`] and [`Self::expect`].
    #[track_caller]
    pub fn ask(&mut self, request: impl AsRef<[u8]>, reply: impl AsRef<[u8]>) {
        self.send(request);
        self.expect(reply);
    }

    /// Reads up to and including the next `end`, and returns all of it.
    ///
    /// # Panics
    /// When it does not come.
    #[track_caller]
    pub fn read_until(&mut self, end: impl AsRef<[u8]>) -> Vec<u8> {
        let end = end.as_ref();
        loop {
            if let Some(at) = find(&self.pending, end) {
                return self.take(at + end.len());
            }
            self.fill_or_panic(&format!("{:?}", show(end)));
        }
    }

    /// Reads one line and returns it without its `\r\n`, as text.
    ///
    /// # Panics
    /// When none comes.
    #[track_caller]
    pub fn read_line(&mut self) -> String {
        let mut line = self.read_until(b"\r\n");
        line.truncate(line.len() - 2);
        String::from_utf8_lossy(&line).into_owned()
    }

    /// Reads `len` bytes.
    ///
    /// # Panics
    /// When fewer come.
    #[track_caller]
    pub fn read_exactly(&mut self, len: usize) -> Vec<u8> {
        while self.pending.len() < len {
            self.fill_or_panic(&format!("{len} bytes"));
        }
        self.take(len)
    }

    /// Expects the other end to close the connection, with nothing more to read. A reset counts as
    /// closed.
    ///
    /// # Panics
    /// When bytes come, or it stays open.
    #[track_caller]
    pub fn expect_close(&mut self) {
        let closed = self.pending.is_empty() && matches!(self.fill(), Ok(0));
        assert!(
            closed,
            "expected the end of the connection, received {:?}",
            show(&self.pending)
        );
    }

    /// The TCP port of this end, by which the other one may name it.
    ///
    /// # Panics
    /// When the connection is not TCP.
    #[must_use]
    pub fn local_port(&self) -> u16 {
        let address = self.socket.local_addr().expect("a socket has an address");
        address.as_socket().expect("a TCP address").port()
    }

    /// True when nothing has come that was not asked for. It does not wait; ask something whose
    /// reply must come after it first.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.pending.is_empty()
    }

    fn take(&mut self, len: usize) -> Vec<u8> {
        let rest = self.pending.split_off(len);
        std::mem::replace(&mut self.pending, rest)
    }

    /// Receives once; 0 is the end.
    fn fill(&mut self) -> std::io::Result<usize> {
        let mut buffer = [0; 16 * 1024];
        match self.socket.read(&mut buffer) {
            Ok(len) => {
                self.pending.extend_from_slice(&buffer[..len]);
                Ok(len)
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(0),
            Err(error) => Err(error),
        }
    }

    #[track_caller]
    fn fill_or_panic(&mut self, waiting_for: &str) {
        match self.fill() {
            Ok(0) => panic!(
                "the connection ended; waiting for {waiting_for}, received {:?}",
                show(&self.pending)
            ),
            Ok(_) => {}
            Err(error) => panic!(
                "{error}; waiting for {waiting_for}, received {:?}",
                show(&self.pending)
            ),
        }
    }
}

/// Where `needle` begins in `haystack`.
fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}
