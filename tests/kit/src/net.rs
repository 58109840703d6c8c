//! Addresses and ports of the loopback interface, including ports that misbehave.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use socket2::{Domain, SockAddr, Socket, Type};

use crate::wait::PATIENCE;

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// TCP.
    Tcp(SocketAddr),
    /// A unix stream socket, by its absolute path.
    Unix(PathBuf),
}

impl Address {
    /// The TCP port.
    ///
    /// # Panics
    /// For a unix socket.
    #[must_use]
    #[track_caller]
    pub fn port(&self) -> u16 {
        match self {
            Self::Tcp(addr) => addr.port(),
            Self::Unix(path) => panic!("{} is not a TCP address", path.display()),
        }
    }

    /// Opens one connection, waiting at most `patience` for it.
    ///
    /// # Errors
    /// Whatever connect(2) says.
    pub fn connect(&self, patience: Duration) -> std::io::Result<Socket> {
        match self {
            Self::Tcp(addr) => {
                let stream = TcpStream::connect_timeout(addr, patience)?;
                stream.set_nodelay(true)?;
                Ok(stream.into())
            }
            Self::Unix(path) => {
                let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
                socket.connect(&SockAddr::unix(path)?)?;
                Ok(socket)
            }
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(addr) => write!(f, "{addr}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

/// A port of 127.0.0.1 that is free now.
///
/// Taken from 10000..32768, below the range from which the kernel gives outgoing connections their
/// ports, so that only another test can be faster. Whoever starts a server on it retries on a clash
/// ([`crate::Server`] does).
///
/// # Panics
/// When a thousand ports in a row are taken.
#[must_use]
pub fn free_port() -> u16 {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    for _ in 0..1000 {
        // Knuth's multiplicative step spreads neighbouring process ids over the range.
        let seed = std::process::id()
            .wrapping_mul(2_654_435_761)
            .wrapping_add(COUNT.fetch_add(1, Ordering::Relaxed).wrapping_mul(7919));
        let offset = u16::try_from((seed >> 8) % 22_768).expect("below 22768");
        let port = 10_000 + offset;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no free port in 10000..32768 after a thousand tries");
}

/// A port that refuses every connection for as long as this value lives: it is bound, so nobody else
/// can listen there, and it does not listen.
#[derive(Debug)]
pub struct DeadPort {
    socket: Socket,
}

impl DeadPort {
    /// Takes a free port of 127.0.0.1.
    ///
    /// # Panics
    /// When the kernel gives none.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "taking a port is not a default value"
    )]
    pub fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("make a socket");
        socket.bind(&loopback()).expect("bind to a free port");
        Self { socket }
    }

    /// The port's number.
    #[must_use]
    pub fn port(&self) -> u16 {
        port_of(&self.socket)
    }
}

/// A port on which connecting hangs until the caller's own timeout: it listens with the smallest
/// queue, and the queue is full.
#[derive(Debug)]
pub struct BlackHole {
    socket: Socket,
    _queue: Vec<TcpStream>,
}

impl BlackHole {
    /// Takes a free port of 127.0.0.1 and fills its queue.
    ///
    /// # Panics
    /// When the queue cannot be filled.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "taking a port is not a default value"
    )]
    pub fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("make a socket");
        socket.bind(&loopback()).expect("bind to a free port");
        socket.listen(0).expect("listen");
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port_of(&socket)));
        let deadline = Instant::now() + PATIENCE;
        let mut queue = Vec::new();
        // On loopback a connection that has room is there at once; the first that is not shows that
        // the queue is full.
        while let Ok(stream) = TcpStream::connect_timeout(&addr, Duration::from_millis(100)) {
            queue.push(stream);
            assert!(
                Instant::now() < deadline,
                "the queue of {addr} does not fill"
            );
        }
        Self {
            socket,
            _queue: queue,
        }
    }

    /// The port's number.
    #[must_use]
    pub fn port(&self) -> u16 {
        port_of(&self.socket)
    }
}

/// 127.0.0.1 and any free port.
fn loopback() -> SockAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()
}

/// The port a socket is bound to.
fn port_of(socket: &Socket) -> u16 {
    let addr = socket.local_addr().expect("a bound socket has an address");
    addr.as_socket()
        .expect("a TCP socket has a TCP address")
        .port()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    fn connect(port: u16) -> std::io::Result<TcpStream> {
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        TcpStream::connect_timeout(&addr, Duration::from_millis(150))
    }

    #[test]
    fn free_ports_differ_and_can_be_bound() {
        let (a, b) = (free_port(), free_port());
        assert_ne!(a, b);
        assert!((10_000..32_768).contains(&a));
    }

    #[test]
    fn dead_port_refuses_and_cannot_be_taken() {
        let dead = DeadPort::new();
        let error = connect(dead.port()).expect_err("nobody listens");
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert!(TcpListener::bind((Ipv4Addr::LOCALHOST, dead.port())).is_err());
    }

    #[test]
    fn black_hole_lets_connect_time_out() {
        let hole = BlackHole::new();
        let error = connect(hole.port()).expect_err("the queue is full");
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }
}
