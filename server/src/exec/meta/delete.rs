//! `md`: removing items, marking them stale, and emptying them.

use mcrs::codec::meta::{Code, Flags};

use super::Name;
use crate::engine::{Delete, Emptied};
use crate::exec::{Context, Output};

pub(super) fn run(context: &Context, key: &Name<'_>, flags: &Flags<'_>, out: &mut Output) {
    let shared = context.shared;
    let counters = context.counters;
    let engine = &shared.engine;
    let now = shared.clock.now();
    let (compare, cas) = (flags.compare_cas(), flags.new_cas());
    let expiry = flags.exptime().map(|exptime| shared.clock.expiry(exptime));
    let stale = flags.has(b'I');
    // Only what removes the item is a delete to watchers.
    let removes = !stale && !flags.has(b'x');
    context.note_lookup(key.bytes);
    let was = context.before_delete(key.bytes).filter(|_| removes);
    let done = if flags.has(b'x') {
        let rest = Emptied {
            flags: flags.client_flags(),
            expiry: expiry.unwrap_or(0),
            stale,
            cas,
        };
        match engine.empty(key.bytes, compare, &rest, now) {
            Ok(done) => done,
            Err(_) => return out.line("SERVER_ERROR out of memory"),
        }
    } else if stale {
        engine.invalidate(key.bytes, compare, expiry, cas, now)
    } else {
        engine.delete(key.bytes, compare, now)
    };
    let code = match done {
        Delete::Done => {
            // Marking deletes nothing.
            if flags.has(b'x') || !stale {
                counters.delete_hits.add(1);
            }
            context.note_delete(key.bytes, "md", was);
            if flags.is_quiet() {
                return;
            }
            Code::Done
        }
        Delete::NotFound => {
            counters.delete_misses.add(1);
            Code::NotFound
        }
        Delete::Exists => {
            counters.delete_misses.add(1);
            Code::Exists
        }
    };
    key.status(code, flags, out);
}
