//! Commands by which scripts drive time, locks and references. Only in servers built with the feature
//! `debug-commands`; to others they are unknown words.
//!
//! Source: mcrsd.md, section 9.

use std::sync::{Mutex, MutexGuard, PoisonError};

use mcrs::codec::text::Words;

use super::{Context, Shared};
use crate::engine::ItemRef;
use crate::process;

/// References kept by `debugitem ref`, until somebody drops them or the process ends.
#[derive(Debug, Default)]
pub struct Kept(Mutex<Vec<Reference>>);

#[derive(Debug)]
struct Reference {
    /// The client that asked for it.
    client: i32,
    item: ItemRef<'static>,
}

impl Kept {
    fn lock(&self) -> MutexGuard<'_, Vec<Reference>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer to a command that is one of these.
pub(super) fn run(context: &Context, verb: &[u8], args: Words<'_>) -> &'static str {
    match verb {
        b"debugtime" => debugtime(context.shared, args),
        b"debugitem" => debugitem(context, args),
        // What a server that gave its privileges back must not be able to do.
        _ if process::can_misbehave() => "ERROR",
        _ => "OK",
    }
}

/// `debugtime <seconds>|p|r`.
fn debugtime(shared: &Shared, mut args: Words<'_>) -> &'static str {
    match args.next() {
        Some(b"p") => shared.clock.pause(),
        Some(b"r") => shared.clock.resume(),
        word => {
            let seconds = word.and_then(|word| std::str::from_utf8(word).ok()?.parse().ok());
            let Some(seconds) = seconds else {
                return "ERROR";
            };
            shared.clock.shift(seconds);
        }
    }
    "OK"
}

/// `debugitem lock|unlock|ref|unref <key>`, `debugitem unref reffed`.
fn debugitem(context: &Context, mut args: Words<'_>) -> &'static str {
    let (Some(what), Some(key)) = (args.next(), args.next()) else {
        return "ERROR";
    };
    let engine = &context.shared.engine;
    let found = match what {
        b"lock" => {
            engine.debug_lock(key);
            true
        }
        b"unlock" => {
            engine.debug_unlock(key);
            true
        }
        b"ref" => keep(context, key),
        b"unref" => drop_kept(context, key),
        _ => return "ERROR",
    };
    if found { "OK" } else { "MISS" }
}

/// Keeps one more reference to an item, if there is one.
fn keep(context: &Context, key: &[u8]) -> bool {
    let shared = context.shared;
    let Some(item) = shared.engine.peek(key, shared.clock.now()) else {
        return false;
    };
    shared.debug.lock().push(Reference {
        client: context.logger.client(),
        item,
    });
    true
}

/// Drops the last reference kept of an item; of any item and for this client, if the key is `reffed`.
fn drop_kept(context: &Context, key: &[u8]) -> bool {
    let client = context.logger.client();
    let mut kept = context.shared.debug.lock();
    let of_client = key == b"reffed";
    let last = kept.iter().rposition(|reference| match of_client {
        true => reference.client == client,
        false => reference.item.key() == key,
    });
    last.map(|index| kept.remove(index)).is_some() || of_client
}
