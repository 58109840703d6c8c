//! From words to a client: the list of servers, and the options.

use mcrs::options::OptionDef;
use mcrs::{Address, Client, Error, ErrorKind, Options};

/// Options whose default here is not the client's: a tool that is told a server does not answer
/// must say so, and not ask another one.
const OWN_DEFAULTS: &[(&str, &str)] = &[("allow_failover", "0")];

const DEFAULT_PORT: u32 = 11211;

/// The default that a row of the table has here.
pub(crate) fn default_of(row: &OptionDef) -> &'static str {
    let own = OWN_DEFAULTS.iter().find(|(name, _)| *name == row.name);
    own.map_or(row.default, |(_, value)| value)
}

/// A client of the servers in `list`, with `NAME=VALUE` options.
///
/// # Errors
/// [`ErrorKind::InvalidArgument`] with a text that says what is wrong.
pub(crate) fn client(list: &str, options: &[String]) -> Result<Client, Error> {
    let mut set = Options::default();
    for (name, value) in OWN_DEFAULTS {
        set.set(name, value)?;
    }
    for option in options {
        let Some((name, value)) = option.split_once('=') else {
            return Err(refuse(format!("-o takes NAME=VALUE (\"{option}\" given)")));
        };
        set.set(name, value)?;
    }
    let mut client = Client::new(set);
    for word in list.split(',').map(str::trim).filter(|w| !w.is_empty()) {
        let (address, weight) = server(word)?;
        let times = client.server_options();
        client.add_server(address, weight, times)?;
    }
    if client.server_count() == 0 {
        return Err(refuse("the list of servers is empty".into()));
    }
    Ok(client)
}

fn refuse(text: String) -> Error {
    Error::new(ErrorKind::InvalidArgument, text)
}

/// `HOST[:PORT][@WEIGHT]`, `[V6][:PORT][@WEIGHT]`, a bare IPv6 address, `/PATH` or `unix:///PATH`.
fn server(word: &str) -> Result<(Address, u32), Error> {
    let bad = || refuse(format!("\"{word}\" is not HOST[:PORT][@WEIGHT]"));
    let (place, weight) = match word.rsplit_once('@') {
        Some((place, weight)) => (place, weight.parse().map_err(|_| bad())?),
        None => (word, 1),
    };
    let socket = place.strip_prefix("unix://").unwrap_or(place);
    if socket.starts_with('/') {
        // As PHP's clients name it: placement hashes the name, and the port is 0.
        return Ok((address(&format!("unix://{socket}"), 0), weight));
    }
    let bracketed = place.starts_with('[');
    let (host, port) = match place.rsplit_once(':') {
        Some((host, _)) if host.contains(':') && !bracketed => (place, DEFAULT_PORT),
        Some((host, port)) if !bracketed || host.ends_with(']') => {
            let port: u16 = port.parse().map_err(|_| bad())?;
            (host, u32::from(port))
        }
        _ => (place, DEFAULT_PORT),
    };
    if host.is_empty() || port == 0 || (bracketed && !host.ends_with(']')) {
        return Err(bad());
    }
    Ok((address(host, port), weight))
}

fn address(host: &str, tcp_port: u32) -> Address {
    Address {
        host: host.as_bytes().to_vec(),
        tcp_port,
        udp_port: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_server_is_read() {
        for (word, host, port, weight) in [
            ("a", "a", 11211, 1),
            ("a:1", "a", 1, 1),
            ("a@3", "a", 11211, 3),
            ("10.0.0.1:65535@2", "10.0.0.1", 65535, 2),
            ("[::1]", "[::1]", 11211, 1),
            ("[::1]:2@4", "[::1]", 2, 4),
            ("::1", "::1", 11211, 1),
            ("/run/m.sock", "unix:///run/m.sock", 0, 1),
            ("unix:///run/m.sock@2", "unix:///run/m.sock", 0, 2),
        ] {
            let (address, got) = server(word).expect(word);
            assert_eq!(address.host, host.as_bytes(), "{word}");
            assert_eq!((address.tcp_port, got), (port, weight), "{word}");
        }
    }

    #[test]
    fn what_is_no_server_is_refused() {
        for word in [
            ":1", "a:", "a:0", "a:65536", "a:b", "a@", "a@x", "[::1", "[::1:2",
        ] {
            assert!(server(word).is_err(), "{word}");
        }
        assert!(client("a@0", &[]).is_err(), "a weight is at least 1");
        assert!(client(" , ", &[]).is_err());
        assert!(client("a", &["timeout_ms".into()]).is_err());
        assert!(client("a", &["no_such=1".into()]).is_err());
    }

    #[test]
    fn failover_is_off_unless_asked_for() {
        let plain = client("a,b", &[]).expect("a client");
        assert!(!plain.options().allow_failover);
        let asked = client("a,b", &["allow_failover=1".into()]).expect("a client");
        assert!(asked.options().allow_failover);
    }
}
