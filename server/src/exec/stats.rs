//! The `stats` command and its sub-commands. The figures themselves are `stats/groups/`'s.
//!
//! Source: mcrsd.md 2.11; memcached 1.6.18, measured.

use std::cmp::Reverse;
use std::fmt::Arguments;
use std::io::Write;

use mcrs::codec::num;
use mcrs::codec::text::{CRLF, Words};

use super::{Output, Shared};
use crate::stats;

/// Sub-commands that may be cut to any start of theirs; the first one that fits is meant.
const MAY_BE_CUT: [&[u8]; 6] = [
    b"reset",
    b"detail",
    b"settings",
    b"cachedump",
    b"conns",
    b"extstore",
];

/// Answers `stats`.
pub(super) fn run(shared: &Shared, mut args: Words<'_>, out: &mut Output) {
    let word = args.next();
    let whole = MAY_BE_CUT
        .into_iter()
        .find(|name| word.is_some_and(|word| name.starts_with(word)));
    let mut put = |name: &str, value: Arguments<'_>| {
        // Writing to memory does not fail.
        let _ = write!(out.bytes(), "STAT {name} {value}\r\n");
    };
    match whole.or(word) {
        None => stats::general(shared, &mut put),
        Some(b"settings") => stats::settings(shared, &mut put),
        Some(b"items") => stats::items(shared, &mut put),
        Some(b"slabs") => stats::slabs(shared, &mut put),
        Some(b"sizes") => stats::sizes(shared, &mut put),
        Some(b"conns") => stats::conn_list(shared, &mut put),
        Some(b"mcrsd") => stats::own(shared, &mut put),
        Some(b"extstore") => {}
        Some(b"reset") => {
            shared.reset_stats();
            return out.line("RESET");
        }
        Some(b"detail") => match detail(shared, args.next()) {
            Detail::Said(text) => return out.line(text),
            Detail::Dump => dump_prefixes(shared, out.bytes()),
        },
        Some(b"cachedump") => {
            if let Err(text) = cachedump(shared, args, out) {
                return out.line(text);
            }
        }
        Some(_) => return out.line("ERROR"),
    }
    out.line("END");
}

/// What `stats detail` comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// It is done, or refused.
    Said(&'static str),
    /// The figures are to be listed.
    Dump,
}

/// `stats detail on|off|dump`: does what there is to do.
pub(super) fn detail(shared: &Shared, word: Option<&[u8]>) -> Detail {
    if !shared.settings.dump_enabled {
        return Detail::Said("CLIENT_ERROR stats detail not allowed");
    }
    match word {
        Some(b"dump") => return Detail::Dump,
        Some(b"on") => shared.stats.prefixes.enable(true),
        Some(b"off") => shared.stats.prefixes.enable(false),
        _ => return Detail::Said("CLIENT_ERROR usage: stats detail on|off|dump"),
    }
    Detail::Said("OK")
}

/// Appends the figures of all prefixes, a line each.
pub(super) fn dump_prefixes(shared: &Shared, out: &mut Vec<u8>) {
    shared.stats.prefixes.each(|prefix, counts| {
        out.extend_from_slice(b"PREFIX ");
        out.extend_from_slice(prefix);
        // Writing to memory does not fail.
        let _ = write!(
            out,
            " get {} hit {} set {} del {}\r\n",
            counts.gets, counts.hits, counts.sets, counts.deletes
        );
    });
}

/// Bytes that `stats cachedump` answers at most. Source: mcrsd.md 2.11.
const CACHEDUMP_MAX_BYTES: usize = 2 << 20;

/// The shortest line of a dump, which bounds how many items can be in one.
const ITEM_LINE_MIN_BYTES: usize = "ITEM k [0 b; 0 s]\r\n".len();

/// Items of a class that are looked at for a dump.
const CACHEDUMP_MAX_ITEMS: usize = CACHEDUMP_MAX_BYTES / ITEM_LINE_MIN_BYTES;

/// Answers `stats cachedump <class> <limit>` but for the `END`, or gives the error line.
///
/// Differs from memcached: lists all items of the class and not only those of its cold segment
/// (mcrsd.md 10.2); of a class with very many items, the newest of some.
fn cachedump(shared: &Shared, mut args: Words<'_>, out: &mut Output) -> Result<(), &'static str> {
    if !shared.settings.dump_enabled {
        return Err("CLIENT_ERROR stats cachedump not allowed");
    }
    let (Some(class), Some(limit)) = (args.next(), args.next()) else {
        return Err("CLIENT_ERROR bad command line");
    };
    let (Some(class), Some(limit)) = (num::u32_strict(class), num::u32_strict(limit)) else {
        return Err("CLIENT_ERROR bad command line format");
    };
    if class > 63 {
        return Err("CLIENT_ERROR Illegal slab id");
    }
    let limit = if limit == 0 { u32::MAX } else { limit };
    let mut found = Vec::new();
    let (engine, now) = (&shared.engine, shared.clock.now());
    engine.list(class as usize, CACHEDUMP_MAX_ITEMS, now, |item| {
        // A key with bytes of any value would break the line.
        if !item.has_encoded_key() {
            let age = (item.cas(), item.last_access());
            let (len, expiry) = (item.value_len(), item.expiry());
            found.push((age, Box::<[u8]>::from(item.key()), len, expiry));
        }
        true
    });
    found.sort_unstable_by_key(|item| Reverse(item.0));
    let bytes = out.bytes();
    let end = bytes.len() + CACHEDUMP_MAX_BYTES - CRLF.len() - "END".len();
    for (_, key, len, expiry) in found.into_iter().take(limit as usize) {
        let before = bytes.len();
        bytes.extend_from_slice(b"ITEM ");
        bytes.extend_from_slice(&key);
        let expiry = shared.clock.unix_of(expiry);
        // Writing to memory does not fail.
        let _ = write!(bytes, " [{len} b; {expiry} s]\r\n");
        if bytes.len() > end {
            bytes.truncate(before);
            break;
        }
    }
    Ok(())
}
