//! Host strings, as PHP's stream layer understands them, to socket addresses.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, ToSocketAddrs};

/// Where to connect to: candidates in order, at least one.
pub(super) enum Targets {
    Inet(Vec<SocketAddr>),
    Unix(Vec<u8>),
}

/// Why there is nowhere to connect to, in PHP's words.
pub(super) enum Error {
    /// The resolver knows no address.
    Unresolved(String),
    /// The host string asks for something else than TCP or a unix socket.
    Unsupported(String),
}

/// Understands `name`, `1.2.3.4`, `[::1]`, `::1`, any of them behind `tcp://`, and
/// `unix:///path`. A port other than 0 becomes part of a unix path, as in PHP.
///
/// Names go to the system's resolver, which has time-outs of its own.
pub(super) fn resolve(host: &[u8], port: u32) -> Result<Targets, Error> {
    if let Some(path) = host.strip_prefix(b"unix://") {
        let mut path = path.to_vec();
        if port != 0 {
            path.extend_from_slice(format!(":{port}").as_bytes());
        }
        return Ok(Targets::Unix(path));
    }
    let host = host.strip_prefix(b"tcp://").unwrap_or(host);
    let text = String::from_utf8_lossy(host);
    if let Some((scheme, _)) = text.split_once("://") {
        return Err(Error::Unsupported(format!(
            "Unable to find the socket transport \"{scheme}\" - did you forget to enable it when \
             you configured PHP?"
        )));
    }
    let Ok(port) = u16::try_from(port) else {
        return Err(Error::Unsupported(format!(
            "Failed to parse address \"{text}:{port}\""
        )));
    };
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    if let Some(ip) = bare.and_then(|t| t.parse::<Ipv6Addr>().ok()) {
        return Ok(Targets::Inet(vec![SocketAddr::new(IpAddr::V6(ip), port)]));
    }
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Ok(Targets::Inet(vec![SocketAddr::new(ip, port)]));
    }
    let unresolved = |why: &str| {
        Err(Error::Unresolved(format!(
            "php_network_getaddresses: getaddrinfo for {text} failed: {why}"
        )))
    };
    match (&*text, port).to_socket_addrs() {
        Ok(found) => {
            let found: Vec<_> = found.collect();
            if found.is_empty() {
                unresolved(UNKNOWN)
            } else {
                Ok(Targets::Inet(found))
            }
        }
        Err(error) => {
            // std puts words of its own before the resolver's.
            let words = error.to_string();
            unresolved(words.rsplit_once(": ").map_or(UNKNOWN, |(_, why)| why))
        }
    }
}

const UNKNOWN: &str = "Name or service not known";

#[cfg(test)]
mod tests {
    use super::*;

    fn inet(host: &str, port: u32) -> Option<String> {
        match resolve(host.as_bytes(), port) {
            Ok(Targets::Inet(found)) => Some(found[0].to_string()),
            _ => None,
        }
    }

    #[test]
    fn numeric_hosts_need_no_resolver() {
        assert_eq!(inet("127.0.0.1", 11211).as_deref(), Some("127.0.0.1:11211"));
        assert_eq!(inet("tcp://127.0.0.1", 1).as_deref(), Some("127.0.0.1:1"));
        assert_eq!(inet("[::1]", 2).as_deref(), Some("[::1]:2"));
        assert_eq!(inet("::1", 2).as_deref(), Some("[::1]:2"));
        assert_eq!(inet("127.0.0.1", 65_536), None);
        assert_eq!(inet("ssl://127.0.0.1", 1), None);
    }

    #[test]
    fn a_port_becomes_part_of_a_unix_path() {
        let path = |host: &[u8], port| match resolve(host, port) {
            Ok(Targets::Unix(path)) => path,
            _ => panic!("no path"),
        };
        assert_eq!(path(b"unix:///tmp/a.sock", 0), b"/tmp/a.sock");
        assert_eq!(path(b"unix:///tmp/a.sock", 7), b"/tmp/a.sock:7");
    }
}
