//! Sockets that listen: what `-l`, `-p` and `-s` ask for, bound and ready to accept.
//!
//! `entry.rs` reads the entries of `-l`. Source: mcrsd.md 1.4; the texts of failures were measured on memcached 1.6.18.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::Path;

use socket2::{Domain, SockAddr, Socket, Type};

use super::entry::{allowed, parse_entry};
use super::inherited;
use super::napi::queue_of;
use crate::flags::{ClientCert, EX_OSERR, Exit, Protocol, Settings};
use crate::process::{suffixed, told};
use crate::stats::{tcp_name, udp_name};

/// A listening socket, TCP or Unix.
#[derive(Debug)]
pub(super) enum ListeningSocket {
    /// Over TCP.
    Tcp(TcpListener),
    /// Over a Unix socket.
    Unix(UnixListener),
}

/// A bound, listening socket and what belongs to it.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) socket: ListeningSocket,
    /// What its connections may speak.
    pub(super) protocol: Protocol,
    /// What its clients have to show of themselves in TLS; `None` where TLS is not spoken.
    pub(super) tls: Option<ClientCert>,
    /// Where it listens, as `stats conns` shows it.
    pub(super) address: String,
}

impl Listener {
    /// Its descriptor, as the `-vv` line shows it.
    pub(super) fn fd(&self) -> RawFd {
        match &self.socket {
            ListeningSocket::Tcp(socket) => socket.as_raw_fd(),
            ListeningSocket::Unix(socket) => socket.as_raw_fd(),
        }
    }
}

/// A bound UDP socket and what belongs to it.
#[derive(Debug)]
pub(super) struct DatagramSocket {
    pub(super) socket: UdpSocket,
    /// Where it is bound, as `stats conns` shows it.
    pub(super) address: String,
}

impl DatagramSocket {
    /// The same socket under another descriptor.
    pub(super) fn try_clone(&self) -> io::Result<DatagramSocket> {
        Ok(DatagramSocket {
            socket: self.socket.try_clone()?,
            address: self.address.clone(),
        })
    }
}

/// All that clients can reach.
#[derive(Debug, Default)]
pub struct Sockets {
    pub(super) listeners: Vec<Listener>,
    pub(super) datagrams: Vec<DatagramSocket>,
}

/// Opens everything the settings ask for, or adopts what the server was started with.
///
/// # Errors
/// Nothing could be bound for some entry; status 71. The system has no NAPI ids and `-N` asks for
/// them; status 1.
pub fn open(settings: &Settings) -> Result<Sockets, Exit> {
    if settings.napi_ids.is_some() {
        let known = Socket::new(Domain::IPV4, Type::STREAM, None).and_then(|s| queue_of(&s));
        known.map_err(|error| {
            let text = format!(
                "NAPI ids are not supported by this system: {}",
                told(&error)
            );
            Exit::new(1, text)
        })?;
    }
    let sockets = match (inherited::take(settings)?, &settings.unix_socket) {
        (Some(sockets), _) => sockets,
        (None, Some(path)) => Sockets {
            listeners: vec![open_unix(path, settings)?],
            datagrams: Vec::new(),
        },
        (None, None) => open_network(settings)?,
    };
    if settings.verbosity > 1 {
        for listener in &sockets.listeners {
            let (fd, name) = (listener.fd(), listener.protocol.name());
            eprintln!("<{fd} server listening ({name})");
        }
    }
    Ok(sockets)
}

/// The file that MEMCACHED_PORT_FILENAME asks for, being written.
///
/// Source: mcrsd.md 1.8: one line per socket, to `FILE.lck`, renamed when all are bound.
struct PortFile {
    path: std::path::PathBuf,
    file: fs::File,
}

impl PortFile {
    fn from_env() -> Result<Option<PortFile>, Exit> {
        let Some(path) = std::env::var_os("MEMCACHED_PORT_FILENAME") else {
            return Ok(None);
        };
        let path = std::path::PathBuf::from(path);
        let opened = OpenOptions::new()
            .append(true)
            .create(true)
            .open(suffixed(&path, ".lck"));
        match opened {
            Ok(file) => Ok(Some(PortFile { path, file })),
            Err(error) => {
                let text = format!(
                    "Failed to open \"{}.lck\": {}",
                    path.display(),
                    told(&error)
                );
                Err(Exit::new(EX_OSERR, text))
            }
        }
    }

    fn note(&mut self, transport: &str, address: &SocketAddr) {
        let family = if address.is_ipv6() { "INET6" } else { "INET" };
        // A full disk costs the reader of the file a line, not the clients their server.
        let _ = writeln!(self.file, "{transport} {family}: {}", address.port());
    }

    fn finish(self) {
        let _ = fs::rename(suffixed(&self.path, ".lck"), &self.path);
    }
}

fn open_network(settings: &Settings) -> Result<Sockets, Exit> {
    let mut ports = PortFile::from_env()?;
    let mut sockets = Sockets::default();
    let list = settings.inter.as_deref().unwrap_or("*");
    let entries = || list.split([',', ';']).filter(|entry| !entry.is_empty());
    // Port 0 on the command line means none, whatever the entries say; for the system it means any.
    if settings.port != 0 {
        for text in entries() {
            let opened = bind_entry(text, settings.port, settings, |address| {
                open_tcp(address, settings)
            });
            let opened = opened.map_err(|reason| reason.exit("TCP", settings.port, settings))?;
            for socket in opened.sockets {
                let bound = socket.local_addr().ok();
                note(&mut ports, "TCP", bound);
                sockets.listeners.push(Listener {
                    socket: ListeningSocket::Tcp(socket),
                    protocol: opened.protocol,
                    tls: opened.tls,
                    address: bound.map_or_else(String::new, |bound| tcp_name(&bound)),
                });
            }
        }
    }
    if settings.udp_port != 0 {
        for text in entries() {
            let opened = bind_entry(text, settings.udp_port, settings, |address| {
                open_udp(address, settings)
            });
            let opened =
                opened.map_err(|reason| reason.exit("UDP", settings.udp_port, settings))?;
            for socket in opened.sockets {
                let bound = socket.local_addr().ok();
                note(&mut ports, "UDP", bound);
                sockets.datagrams.push(DatagramSocket {
                    socket,
                    address: bound.map_or_else(String::new, |bound| udp_name(&bound)),
                });
            }
        }
    }
    if let Some(ports) = ports {
        ports.finish();
    }
    Ok(sockets)
}

fn note(ports: &mut Option<PortFile>, transport: &str, bound: Option<SocketAddr>) {
    if let (Some(ports), Some(bound)) = (ports, bound) {
        ports.note(transport, &bound);
    }
}

/// What an entry has become.
struct Bound<S> {
    /// At least one.
    sockets: Vec<S>,
    protocol: Protocol,
    tls: Option<ClientCert>,
}

/// Binds what an entry stands for.
fn bind_entry<S>(
    text: &str,
    port: i64,
    settings: &Settings,
    bind: impl Fn(SocketAddr) -> io::Result<S>,
) -> Result<Bound<S>, Reason> {
    let entry = parse_entry(text, settings.tls.enabled).map_err(Reason::Entry)?;
    let protocol = allowed(entry.protocol, settings).map_err(Reason::Entry)?;
    let mut sockets = Vec::new();
    let mut refused = None;
    for address in entry.addresses(port).map_err(Reason::Entry)? {
        match bind(address) {
            Ok(socket) => sockets.push(socket),
            // An address that is taken, or a family this machine has not, is passed over as long
            // as another one of the entry can be had.
            Err(error) if may_skip(&error) => refused = Some(error),
            Err(error) => return Err(Reason::System(error)),
        }
    }
    match refused {
        Some(error) if sockets.is_empty() => Err(Reason::System(error)),
        _ => Ok(Bound {
            sockets,
            protocol,
            tls: entry.client_cert(settings),
        }),
    }
}

/// Why an entry could not be opened.
enum Reason {
    System(io::Error),
    Entry(String),
}

impl Reason {
    fn exit(self, transport: &str, port: i64, settings: &Settings) -> Exit {
        let what = match &settings.inter {
            None => format!("failed to listen on {transport} port {port}"),
            Some(all) => format!("failed to listen on one of interface(s) {all}"),
        };
        let text = match self {
            Reason::System(error) => format!("{what}: {}", told(&error)),
            Reason::Entry(text) => format!("{text}\n{what}: bad entry"),
        };
        Exit::new(EX_OSERR, text)
    }
}

fn may_skip(error: &io::Error) -> bool {
    use io::ErrorKind::{AddrInUse, AddrNotAvailable, Unsupported};
    matches!(error.kind(), AddrInUse | AddrNotAvailable | Unsupported)
        || error.raw_os_error() == Some(nix::libc::EAFNOSUPPORT)
}

/// A socket of the family of `address`, with what TCP and UDP have in common.
fn new_socket(address: SocketAddr, kind: Type, settings: &Settings) -> io::Result<Socket> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, kind, None)?;
    if domain == Domain::IPV6 {
        socket.set_only_v6(true)?;
    }
    if settings.socket_mark != 0
        && let Err(error) = socket.set_mark(settings.socket_mark)
    {
        // It takes a right (CAP_NET_ADMIN) that the account of `-u` may lack; served is better than not.
        eprintln!("setsockopt: {}", told(&error));
    }
    Ok(socket)
}

fn open_tcp(address: SocketAddr, settings: &Settings) -> io::Result<TcpListener> {
    let socket = new_socket(address, Type::STREAM, settings)?;
    socket.set_reuse_address(true)?;
    socket.set_keepalive(true)?;
    // Accepted sockets inherit it: replies go out at once.
    socket.set_tcp_nodelay(true)?;
    socket.bind(&address.into())?;
    socket.listen(settings.backlog)?;
    Ok(socket.into())
}

/// More than any system allows; it then takes the most it does.
const SEND_BUFFER_BYTES: usize = 256 << 20;

fn open_udp(address: SocketAddr, settings: &Settings) -> io::Result<UdpSocket> {
    let socket = new_socket(address, Type::DGRAM, settings)?;
    let before = socket.send_buffer_size()?;
    // A buffer that stays as it was sends answers all the same.
    let _ = socket.set_send_buffer_size(SEND_BUFFER_BYTES);
    if settings.verbosity > 1 {
        let (fd, now) = (socket.as_raw_fd(), socket.send_buffer_size()?);
        eprintln!("<{fd} send buffer was {before}, now {now}");
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

fn open_unix(path: &Path, settings: &Settings) -> Result<Listener, Exit> {
    let failed = |error: io::Error| {
        let text = format!(
            "failed to listen on UNIX socket: {}: {}",
            path.display(),
            told(&error)
        );
        Exit::new(EX_OSERR, text)
    };
    // A socket left behind by an earlier server makes room; any other file does not.
    if fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_socket()) {
        fs::remove_file(path).map_err(failed)?;
    }
    let socket = bind_unix(path, settings).map_err(failed)?;
    Ok(Listener {
        socket: ListeningSocket::Unix(socket),
        protocol: settings.protocol,
        tls: None,
        address: format!("unix:{}", path.display()),
    })
}

fn bind_unix(path: &Path, settings: &Settings) -> io::Result<UnixListener> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_keepalive(true)?;
    // The mode holds from the first moment, hence the umask around bind; the change after it is
    // for bits a umask cannot set.
    let mode = settings.unix_mask;
    let all = nix::sys::stat::Mode::from_bits_truncate(0o777 & !mode);
    let before = nix::sys::stat::umask(all);
    let bound = socket.bind(&SockAddr::unix(path)?);
    nix::sys::stat::umask(before);
    bound?;
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    socket.listen(settings.backlog)?;
    Ok(socket.into())
}
