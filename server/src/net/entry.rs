//! The entries of `-l`: `[notls:|btls:|mtls:][proto[X]:][tag[NAME]:|tag_NAME_:]HOST[:PORT]`.
//!
//! Source: mcrsd.md 1.4.

use std::fmt::Display;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use crate::flags::{ClientCert, Protocol, Settings};

/// An entry of `-l` taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    /// What it says about TLS, if anything.
    tls: Option<Prefix>,
    pub(super) protocol: Option<Protocol>,
    /// `*` for all addresses.
    pub(super) host: &'a str,
    pub(super) port: Option<u16>,
}

/// A word about TLS in front of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prefix {
    /// `notls`: without TLS.
    Plain,
    /// `btls`: TLS that asks for no certificate.
    Bare,
    /// `mtls`: TLS that requires one.
    Mutual,
}

impl Entry<'_> {
    /// What clients have to show of themselves in TLS; `None` without TLS.
    pub(super) fn client_cert(&self, settings: &Settings) -> Option<ClientCert> {
        match self.tls {
            Some(Prefix::Plain) => None,
            Some(Prefix::Bare) => Some(ClientCert::None),
            Some(Prefix::Mutual) => Some(ClientCert::Require),
            None => settings.tls.enabled.then_some(settings.tls.verify),
        }
    }

    /// The addresses it stands for, with its own port or else this one (-1: any free one).
    ///
    /// # Errors
    /// The resolver's, as text.
    pub(super) fn addresses(&self, port: i64) -> Result<Vec<SocketAddr>, String> {
        let port = self.port.unwrap_or(u16::try_from(port).unwrap_or(0));
        if self.host == "*" {
            return Ok(vec![
                (Ipv4Addr::UNSPECIFIED, port).into(),
                (Ipv6Addr::UNSPECIFIED, port).into(),
            ]);
        }
        let found = (self.host, port).to_socket_addrs();
        let found = found.map_err(|error| format!("getaddrinfo(): {}", resolver_text(&error)))?;
        Ok(found.collect())
    }
}

/// Reads one. The first word may stand there only `with_tls`.
pub(super) fn parse_entry(mut text: &str, with_tls: bool) -> Result<Entry<'_>, String> {
    let mut tls = None;
    for (word, prefix) in [
        ("notls", Prefix::Plain),
        ("btls", Prefix::Bare),
        ("mtls", Prefix::Mutual),
    ] {
        if let Some(rest) = text.strip_prefix(word).and_then(|t| t.strip_prefix(':')) {
            if !with_tls {
                return Err(format!("'{word}' option is valid only when SSL is enabled"));
            }
            (tls, text) = (Some(prefix), rest);
            break;
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
    } else if text.starts_with('[') {
        return Err(format!("Invalid IPV6 address: \"{text}\""));
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
        Some("-1") => Some(0),
        // Differs from memcached, which takes a number over 65535 modulo 2^16: nobody means that.
        Some(digits) => match digits.parse() {
            Ok(port) => Some(port),
            Err(_) => return Err(format!("Invalid port number: \"{digits}\"")),
        },
    };
    Ok(Entry {
        tls,
        protocol,
        host,
        port,
    })
}

/// What stands between `open` at the very start and the first `close`, and what follows.
fn bracketed<'a>(text: &'a str, open: &str, close: &str) -> Option<(&'a str, &'a str)> {
    text.strip_prefix(open)?.split_once(close)
}

/// The protocol of an entry, which may be its own: who asks for passwords in one protocol must not
/// be passed by with another.
pub(super) fn allowed(own: Option<Protocol>, settings: &Settings) -> Result<Protocol, String> {
    match own.unwrap_or(settings.protocol) {
        Protocol::Binary if settings.auth_file.is_some() => {
            Err("the binary protocol cannot be allowed while using an auth file".into())
        }
        Protocol::Auto if settings.auth_file.is_some() => Ok(Protocol::Ascii),
        Protocol::Ascii if settings.sasl => {
            Err("the ascii protocol cannot be allowed while using SASL".into())
        }
        Protocol::Auto if settings.sasl => Ok(Protocol::Binary),
        protocol => Ok(protocol),
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
        match parse_entry(text, false) {
            Ok(entry) => (entry.protocol, entry.host, entry.port),
            Err(error) => panic!("{text}: {error}"),
        }
    }

    #[test]
    fn entries_are_host_and_port_with_words_before_them() {
        assert_eq!(entry("127.0.0.1"), (None, "127.0.0.1", None));
        assert_eq!(entry("host:-1"), (None, "host", Some(0)));
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
        let settings = Settings {
            sasl: true,
            protocol: Protocol::Binary,
            ..Settings::default()
        };
        assert_eq!(allowed(None, &settings), Ok(Protocol::Binary));
        assert_eq!(
            allowed(Some(Protocol::Auto), &settings),
            Ok(Protocol::Binary)
        );
        assert!(allowed(Some(Protocol::Ascii), &settings).is_err());
    }

    #[test]
    fn with_tls_entries_may_say_something_about_it() {
        let mut settings = Settings::default();
        settings.tls.enabled = true;
        settings.tls.verify = ClientCert::Ask;
        let said = |text: &str| {
            let entry = parse_entry(text, true).expect("a good entry");
            (entry.client_cert(&settings), entry.host.to_string())
        };
        let (none, host) = (ClientCert::None, || "h".to_string());
        assert_eq!(said("h:80"), (Some(ClientCert::Ask), host()));
        assert_eq!(said("notls:h"), (None, host()));
        assert_eq!(said("btls:[::1]:80"), (Some(none), "::1".into()));
        let all = said("mtls:proto[ascii]:tag[x]:h:1");
        assert_eq!(all, (Some(ClientCert::Require), host()));
        // One word, and in front.
        assert_eq!(said("notls:mtls:h:1"), (None, "mtls:h:1".into()));
    }

    #[test]
    fn bad_entries_are_told_apart() {
        let text = |entry: &str| parse_entry(entry, false).expect_err(entry);
        assert_eq!(text("[::1"), "Invalid IPV6 address: \"[::1\"");
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
