//! What goes in front of every key: a fixed text and the name of the site.

use crate::ini::PrefixSettings;
use crate::zend;

/// Replaces `prefix` by what the settings and `$_SERVER['SERVER_NAME']` say now.
///
/// Source: pecl/memcache, `vectors/wire.json` `ascii/keys/prefix-host*`.
pub(crate) fn compute(settings: &PrefixSettings, prefix: &mut Vec<u8>) {
    prefix.clear();
    prefix.extend_from_slice(&settings.static_key.borrow());
    if settings.host_key.get() {
        let (www, subdomain) = (settings.remove_www.get(), settings.remove_subdomain.get());
        zend::server_variable(b"SERVER_NAME", |host| {
            prefix.extend_from_slice(host_part(host, www, subdomain));
        });
    }
}

/// The part of a host name that counts: without a leading `www.` in any case of letters, and
/// without everything up to the second dot from the right unless nothing would be left.
fn host_part(mut host: &[u8], remove_www: bool, remove_subdomain: bool) -> &[u8] {
    if remove_www && host.len() >= 4 && host[..4].eq_ignore_ascii_case(b"www.") {
        host = &host[4..];
    }
    if remove_subdomain {
        let mut dots = host.iter().enumerate().rev().filter(|&(_, &b)| b == b'.');
        if let Some((dot, _)) = dots.nth(1)
            && dot + 1 < host.len()
        {
            host = &host[dot + 1..];
        }
    }
    host
}
