//! Sockets that whoever started the server has opened for it: socket activation, as systemd does
//! it. Source: sd_listen_fds(3).

use std::io;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixListener;

use listenfd::ListenFd;
use socket2::SockRef;

use super::entry::allowed;
use super::listener::{DatagramSocket, Listener, ListeningSocket, Sockets};
use crate::flags::{EX_OSERR, Exit, Settings};
use crate::process::told;
use crate::stats::{tcp_name, udp_name};

/// The sockets handed over, if any are; then `-l`, `-p`, `-U` and `-s` have no effect. What is spoken
/// on them is what the other options say.
///
/// # Errors
/// One of them cannot be served; status 71.
pub(super) fn take(settings: &Settings) -> Result<Option<Sockets>, Exit> {
    let mut given = ListenFd::from_env();
    if given.len() == 0 {
        return Ok(None);
    }
    let mut sockets = Sockets::default();
    for index in 0..given.len() {
        let adopted = if let Ok(Some(socket)) = given.take_tcp_listener(index) {
            adopt_tcp(socket, settings).map(|listener| sockets.listeners.push(listener))
        } else if let Ok(Some(socket)) = given.take_unix_listener(index) {
            adopt_unix(socket, settings).map(|listener| sockets.listeners.push(listener))
        } else if let Ok(Some(socket)) = given.take_udp_socket(index) {
            adopt_udp(socket, settings).map(|socket| sockets.datagrams.push(socket))
        } else {
            Err(io::ErrorKind::Unsupported.into())
        };
        adopted.map_err(|error| {
            let text = format!("cannot serve inherited socket {index}: {}", told(&error));
            Exit::new(EX_OSERR, text)
        })?;
    }
    Ok(Some(sockets))
}

fn adopt_tcp(socket: TcpListener, settings: &Settings) -> io::Result<Listener> {
    let raw = SockRef::from(&socket);
    listens(&raw)?;
    // As for sockets of our own.
    raw.set_keepalive(true)?;
    raw.set_tcp_nodelay(true)?;
    let address = tcp_name(&socket.local_addr()?);
    Ok(Listener {
        socket: ListeningSocket::Tcp(socket),
        protocol: allowed(None, settings).map_err(io::Error::other)?,
        tls: settings.tls.enabled.then_some(settings.tls.verify),
        address,
    })
}

fn adopt_unix(socket: UnixListener, settings: &Settings) -> io::Result<Listener> {
    listens(&SockRef::from(&socket))?;
    let address = socket.local_addr()?;
    let path = address.as_pathname().unwrap_or("".as_ref());
    Ok(Listener {
        protocol: settings.protocol,
        tls: None,
        address: format!("unix:{}", path.display()),
        socket: ListeningSocket::Unix(socket),
    })
}

fn adopt_udp(socket: UdpSocket, settings: &Settings) -> io::Result<DatagramSocket> {
    // Datagrams cannot log in, and are refused with passwords however the socket came about.
    if settings.auth_file.is_some() || settings.sasl {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    socket.set_nonblocking(true)?;
    let address = udp_name(&socket.local_addr()?);
    Ok(DatagramSocket { socket, address })
}

/// Whether clients can be accepted from it, which threads wait for.
fn listens(socket: &SockRef<'_>) -> io::Result<()> {
    if !socket.is_listener()? {
        return Err(io::ErrorKind::NotConnected.into());
    }
    socket.set_nonblocking(false)
}
