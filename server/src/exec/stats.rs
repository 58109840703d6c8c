//! The `stats` command and its sub-commands. The figures themselves are `stats/groups/`'s.
//!
//! Source: mcrsd.md 2.11; memcached 1.6.18, measured.

use std::fmt::Arguments;
use std::io::Write;

use mcrs::codec::num;
use mcrs::codec::text::Words;

use super::dump::Dump;
use super::text::answer;
use super::{Next, Output, Shared};
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
pub(super) fn run(shared: &Shared, mut args: Words<'_>, out: &mut Output) -> Next {
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
            return answer(out, "RESET", false);
        }
        Some(b"detail") => match detail(shared, args.next()) {
            Detail::Said(text) => return answer(out, text, false),
            Detail::Dump => dump_prefixes(shared, out.bytes()),
        },
        Some(b"cachedump") => {
            return match cachedump(shared, args) {
                Ok(dump) => Next::Dump(dump),
                Err(text) => answer(out, text, false),
            };
        }
        Some(_) => return answer(out, "ERROR", false),
    }
    answer(out, "END", false)
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

/// Begins `stats cachedump <class> <limit>`, or gives the error line.
///
/// Differs from memcached: lists the items of the class, and not only those of its cold segment
/// (mcrsd.md 10.2).
fn cachedump(shared: &Shared, mut args: Words<'_>) -> Result<Box<Dump>, &'static str> {
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
    let dump = Dump::newest(shared, class as usize, limit as usize);
    Ok(Box::new(dump))
}
