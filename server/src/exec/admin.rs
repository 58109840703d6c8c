//! Commands on the server instead of on keys: `stats` and its groups, `shutdown`, and the ones that
//! only exist to be refused.

use std::borrow::Cow;
use std::sync::atomic::Ordering::Relaxed;

use mcrs::codec::num;
use mcrs::codec::text::Words;

use super::text::answer;
use super::{Context, Next, Output, Shared, chores};
use crate::watch::{Stream, Streams, SubscribeError};

/// Carries out a command that is not one of the codec's own.
pub(super) fn run(
    context: &Context,
    verb: &[u8],
    args: Words<'_>,
    noreply: bool,
    out: &mut Output,
) -> Next {
    match verb {
        b"cache_memlimit" => {
            let text = cache_memlimit(context.shared, args);
            answer(out, text, noreply)
        }
        b"lru" => answer(out, chores::lru(context.shared, args), noreply),
        b"lru_crawler" => chores::lru_crawler(context, args, noreply, out),
        b"slabs" => chores::slabs(context.shared, args, noreply, out),
        b"shutdown" => shutdown(context.shared, args, noreply, out),
        b"refresh_certs" => answer(out, &refresh_certs(context.shared), false),
        b"watch" => watch(context.shared, args, out),
        #[cfg(feature = "debug-commands")]
        b"debugtime" | b"debugitem" | b"misbehave" => {
            let text = super::debug::run(context, verb, args);
            answer(out, text, noreply)
        }
        _ => answer(out, "ERROR", noreply),
    }
}

/// Drops all items at the point of time that a wire exptime means, or now if that is 0 or past;
/// `false` if it is forbidden. Source: mcrsd.md 2.6.
pub(super) fn flush(context: &Context, exptime: i64) -> bool {
    let shared = context.shared;
    context.counters.cmd_flush.add(1);
    if !shared.settings.flush_enabled {
        return false;
    }
    let point = match exptime {
        ..=0 => 0,
        exptime => shared.clock.expiry(exptime),
    };
    if point > shared.clock.now() {
        // Everything up to and including the second before the point goes, when that second
        // comes.
        shared.engine.flush_at(point - 1);
    } else {
        shared.engine.flush_all();
        shared.crawler.hurry(shared.clock.now());
    }
    true
}

/// Source: mcrsd.md 2.7; memcached answers even if asked not to.
fn refresh_certs(shared: &Shared) -> Cow<'static, str> {
    match &shared.tls {
        None => "Error TLS not enabled".into(),
        Some(tls) => match tls.reload(shared.clock.now()) {
            Ok(()) => "OK".into(),
            Err(text) => text.into(),
        },
    }
}

/// `watch [stream]*`: the connection carries log lines from now on. Source: mcrsd.md 2.10.
fn watch(shared: &'static Shared, args: Words<'_>, out: &mut Output) -> Next {
    if !shared.settings.watch_enabled {
        return answer(out, "CLIENT_ERROR watch commands not allowed", false);
    }
    if !out.is_empty() {
        let text = "ERROR cannot pipeline other commands before watch";
        return answer(out, text, false);
    }
    let mut streams: Option<Streams> = None;
    for word in args {
        let Some(named) = Streams::named(word) else {
            return answer(out, "ERROR", false);
        };
        streams = Some(streams.unwrap_or_default().and(named));
    }
    let streams = streams.unwrap_or(Stream::Fetchers.into());
    match shared.watch.subscribe(streams) {
        Ok(subscription) => {
            out.line("OK");
            Next::Watch(Box::new(subscription))
        }
        Err(SubscribeError::TooMany) => {
            answer(out, "WATCHER_TOO_MANY log watcher limit reached", false)
        }
        Err(SubscribeError::NoThread) => {
            answer(out, "WATCHER_FAILED failed to add log watcher", false)
        }
    }
}

/// Source: mcrsd.md 2.7.
fn cache_memlimit(shared: &Shared, mut args: Words<'_>) -> &'static str {
    let Some(megabytes) = args.next().and_then(num::u32_strict) else {
        return "ERROR";
    };
    if megabytes < 8 {
        return "MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m";
    }
    if megabytes > 1_000_000_000 {
        return "MEMLIMIT_ADJUST_FAILED input value is megabytes not bytes";
    }
    let bytes = u64::from(megabytes) << 20;
    if !shared.engine.set_memory_limit(bytes) {
        return "MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust";
    }
    shared.max_bytes.store(bytes, Relaxed);
    if shared.verbosity.load(Relaxed) > 0 {
        eprintln!("maxbytes adjusted to {megabytes}m");
    }
    "OK"
}

/// `shutdown [graceful]`. With `noreply` nothing is answered and nothing done, as in memcached.
fn shutdown(shared: &Shared, mut args: Words<'_>, noreply: bool, out: &mut Output) -> Next {
    if noreply {
        return Next::Done;
    }
    if !shared.settings.shutdown_command {
        return answer(out, "SERVER_ERROR: shutdown not enabled", false);
    }
    match args.next() {
        None => Next::Stop { graceful: false },
        Some(b"graceful") => Next::Stop { graceful: true },
        Some(_) => answer(out, "CLIENT_ERROR invalid shutdown mode", false),
    }
}
