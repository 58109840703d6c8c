//! Sockets that listen: what `-l`, `-p` and `-s` ask for, bound and ready to accept.
//!
//! Source: mcrsd.md 1.4; the texts of failures were measured on memcached 1.6.18.

use std::fmt::Display;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::Path;

use socket2::{Domain, SockAddr, Socket, Type};

use crate::flags::{EX_OSERR, Exit, Protocol, Settings};
use crate::process::suffixed;
use crate::stats::tcp_name;

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
pub struct Listener {
    pub(super) socket: ListeningSocket,
    /// What its connections may speak.
    pub(super) protocol: Protocol,
    /// Where it listens, as `stats conns` shows it.
    pub(super) address: String,
}

impl Listener {
    /// Its descriptor, as the `-vv` line shows it.
    pub fn fd(&self) -> RawFd {
        match &self.socket {
            ListeningSocket::Tcp(socket) => socket.as_raw_fd(),
            ListeningSocket::Unix(socket) => socket.as_raw_fd(),
        }
    }
}

/// Opens everything the settings ask for.
///
/// # Errors
/// Nothing could be bound for some entry; status 71.
pub fn open(settings: &Settings) -> Result<Vec<Listener>, Exit> {
    let listeners = match &settings.unix_socket {
        Some(path) => vec![open_unix(path, settings)?],
        None => open_network(settings)?,
    };
    if settings.verbosity > 1 {
        for listener in &listeners {
            let (fd, name) = (listener.fd(), listener.protocol.name());
            eprintln!("<{fd} server listening ({name})");
        }
    }
    Ok(listeners)
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

    fn note(&mut self, address: &SocketAddr) {
        let family = if address.is_ipv6() { "INET6" } else { "INET" };
        // A full disk costs the reader of the file a line, not the clients their server.
        let _ = writeln!(self.file, "TCP {family}: {}", address.port());
    }

    fn finish(self) {
        let _ = fs::rename(suffixed(&self.path, ".lck"), &self.path);
    }
}

fn open_network(settings: &Settings) -> Result<Vec<Listener>, Exit> {
    let mut ports = PortFile::from_env()?;
    let mut listeners = Vec::new();
    let list = settings.inter.as_deref().unwrap_or("*");
    let entries: Vec<&str> = list
        .split([',', ';'])
        .filter(|entry| !entry.is_empty())
        .collect();
    for entry in entries {
        let port = settings.port;
        open_entry(entry, port, settings, &mut listeners, &mut ports).map_err(|reason| {
            let what = match &settings.inter {
                None => format!("failed to listen on TCP port {port}: {}", reason.last()),
                Some(all) => {
                    format!(
                        "failed to listen on one of interface(s) {all}: {}",
                        reason.last()
                    )
                }
            };
            match reason {
                Reason::System(_) => Exit::new(EX_OSERR, what),
                Reason::Entry(text) => Exit::new(EX_OSERR, format!("{text}\n{what}")),
            }
        })?;
    }
    if let Some(ports) = ports {
        ports.finish();
    }
    Ok(listeners)
}

/// Why an entry could not be opened.
enum Reason {
    System(io::Error),
    Entry(String),
}

impl Reason {
    fn last(&self) -> String {
        match self {
            Reason::System(error) => told(error),
            Reason::Entry(_) => "bad entry".into(),
        }
    }
}

/// An entry of `-l` taken apart.
#[derive(Debug, PartialEq, Eq)]
struct Entry<'a> {
    protocol: Option<Protocol>,
    /// `*` for all addresses.
    host: &'a str,
    port: Option<u16>,
}

/// Reads `[proto[X]:][tag[NAME]:|tag_NAME_:]HOST[:PORT]`.
fn parse_entry(mut text: &str) -> Result<Entry<'_>, String> {
    for word in ["notls", "btls", "mtls"] {
        if text.strip_prefix(word).is_some_and(|t| t.starts_with(':')) {
            return Err(format!("'{word}' option is valid only when SSL is enabled"));
        }
    }
    let mut protocol = None;
    if let Some((name, rest)) = bracketed(text, "proto[", "]:") {
        protocol = match name {
            "ascii" => Some(Protocol::Ascii),
            "binary" => Some(Protocol::Binary),
            "negotiating" => Some(Protocol::Auto),
            "proxy" => return Err("This server is not built with proxy support.".into()),
            // memcached ignores words it does not know.
            _ => None,
        };
        text = rest;
    }
    let tag = bracketed(text, "tag[", "]:").or_else(|| bracketed(text, "tag_", "_:"));
    if let Some((name, rest)) = tag {
        if name.is_empty() || name.len() > 8 {
            return Err(format!(
                "Listener tags must be between 1 and 8 characters: \"{name}\""
            ));
        }
        text = rest;
    }
    let (host, port) = if let Some((host, rest)) = bracketed(text, "[", "]") {
        (host, rest.strip_prefix(':'))
    } else if text.matches(':').count() > 1 {
        (text, None)
    } else {
        match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        }
    };
    let port = match port {
        None => None,
        // Differs from memcached, which takes a number over 65535 modulo 2^16: nobody means that.
        Some(digits) => match digits.parse() {
            Ok(port) => Some(port),
            Err(_) => return Err(format!("Invalid port number: \"{digits}\"")),
        },
    };
    Ok(Entry {
        protocol,
        host,
        port,
    })
}

/// What stands between `open` at the very start and the first `close`, and what follows.
fn bracketed<'a>(text: &'a str, open: &str, close: &str) -> Option<(&'a str, &'a str)> {
    text.strip_prefix(open)?.split_once(close)
}

fn open_entry(
    text: &str,
    port: i64,
    settings: &Settings,
    listeners: &mut Vec<Listener>,
    ports: &mut Option<PortFile>,
) -> Result<(), Reason> {
    let entry = parse_entry(text).map_err(Reason::Entry)?;
    let protocol = allowed(entry.protocol, settings).map_err(Reason::Entry)?;
    let port = match entry.port {
        Some(port) => port,
        // Port 0 on the command line means no TCP; for the system it means any.
        None if port == 0 => return Ok(()),
        None => u16::try_from(port).unwrap_or(0),
    };
    let addresses: Vec<SocketAddr> = if entry.host == "*" {
        vec![
            (Ipv4Addr::UNSPECIFIED, port).into(),
            (Ipv6Addr::UNSPECIFIED, port).into(),
        ]
    } else {
        let found = (entry.host, port).to_socket_addrs();
        found
            .map_err(|error| Reason::Entry(format!("getaddrinfo(): {}", resolver_text(&error))))?
            .collect()
    };
    let mut refused = None;
    let before = listeners.len();
    for address in addresses {
        match open_tcp(address, settings.backlog) {
            Ok(socket) => {
                let bound = socket.local_addr().unwrap_or(address);
                if let Some(ports) = ports {
                    ports.note(&bound);
                }
                listeners.push(Listener {
                    socket: ListeningSocket::Tcp(socket),
                    protocol,
                    address: tcp_name(&bound),
                });
            }
            // An address that is taken, or a family this machine has not, is passed over as long
            // as another one of the entry can be had.
            Err(error) if may_skip(&error) => refused = Some(error),
            Err(error) => return Err(Reason::System(error)),
        }
    }
    match refused {
        Some(error) if listeners.len() == before => Err(Reason::System(error)),
        _ => Ok(()),
    }
}

/// The protocol of an entry, which may be its own: who asks for passwords in one protocol must not
/// be passed by with another.
fn allowed(own: Option<Protocol>, settings: &Settings) -> Result<Protocol, String> {
    match own.unwrap_or(settings.protocol) {
        Protocol::Binary if settings.auth_file.is_some() => {
            Err("the binary protocol cannot be allowed while using an auth file".into())
        }
        Protocol::Auto if settings.auth_file.is_some() => Ok(Protocol::Ascii),
        protocol => Ok(protocol),
    }
}

fn may_skip(error: &io::Error) -> bool {
    use io::ErrorKind::{AddrInUse, AddrNotAvailable, Unsupported};
    matches!(error.kind(), AddrInUse | AddrNotAvailable | Unsupported)
        || error.raw_os_error() == Some(nix::libc::EAFNOSUPPORT)
}

fn open_tcp(address: SocketAddr, backlog: i32) -> io::Result<TcpListener> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::STREAM, None)?;
    if domain == Domain::IPV6 {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_keepalive(true)?;
    // Accepted sockets inherit it: replies go out at once.
    socket.set_tcp_nodelay(true)?;
    socket.bind(&address.into())?;
    socket.listen(backlog)?;
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

/// The C library's text for a system error, without the number Rust puts behind it.
pub(super) fn told(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => nix::errno::Errno::from_raw(number).desc().to_string(),
        None => error.to_string(),
    }
}

/// The resolver's own words.
fn resolver_text(error: &impl Display) -> String {
    let text = error.to_string();
    match text.rsplit_once("information: ") {
        Some((_, words)) => words.to_string(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str) -> (Option<Protocol>, &str, Option<u16>) {
        match parse_entry(text) {
            Ok(entry) => (entry.protocol, entry.host, entry.port),
            Err(error) => panic!("{text}: {error}"),
        }
    }

    #[test]
    fn entries_are_host_and_port_with_words_before_them() {
        assert_eq!(entry("127.0.0.1"), (None, "127.0.0.1", None));
        assert_eq!(entry("host:80"), (None, "host", Some(80)));
        assert_eq!(entry("*:80"), (None, "*", Some(80)));
        assert_eq!(entry("::1"), (None, "::1", None));
        assert_eq!(entry("[::1]:80"), (None, "::1", Some(80)));
        assert_eq!(entry("[::1]"), (None, "::1", None));
        assert_eq!(entry("tag[abc]:h:1"), (None, "h", Some(1)));
        let both = entry("proto[ascii]:tag_x_:h:1");
        assert_eq!(both, (Some(Protocol::Ascii), "h", Some(1)));
        let binary = entry("proto[binary]:h");
        assert_eq!(binary, (Some(Protocol::Binary), "h", None));
        let either = entry("proto[negotiating]:h");
        assert_eq!(either, (Some(Protocol::Auto), "h", None));
        assert_eq!(entry("proto[unknown]:h"), (None, "h", None));
    }

    #[test]
    fn an_entry_is_no_way_around_the_passwords() {
        let settings = Settings {
            auth_file: Some("users".into()),
            protocol: Protocol::Ascii,
            ..Settings::default()
        };
        assert_eq!(allowed(None, &settings), Ok(Protocol::Ascii));
        assert_eq!(
            allowed(Some(Protocol::Auto), &settings),
            Ok(Protocol::Ascii)
        );
        assert!(allowed(Some(Protocol::Binary), &settings).is_err());
    }

    #[test]
    fn bad_entries_are_told_apart() {
        let text = |entry: &str| parse_entry(entry).expect_err(entry);
        assert_eq!(text("h:abc"), "Invalid port number: \"abc\"");
        assert_eq!(text("h:99999"), "Invalid port number: \"99999\"");
        assert_eq!(
            text("notls:h"),
            "'notls' option is valid only when SSL is enabled"
        );
        assert_eq!(
            text("tag[123456789]:h"),
            "Listener tags must be between 1 and 8 characters: \"123456789\""
        );
        assert!(text("proto[proxy]:h").contains("not built with proxy"));
    }
}
