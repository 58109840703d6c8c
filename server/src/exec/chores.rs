//! Commands about the work behind the scenes: `lru`, `lru_crawler` and `slabs`.

use mcrs::codec::num;
use mcrs::codec::text::Words;

use super::dump::{Dump, Form};
use super::text::answer;
use super::{Context, Next, Output, Shared};
use crate::crawler::Refusal;
use crate::engine::{CLASSES_MAX, Quota};

const BAD_FORMAT: &str = "CLIENT_ERROR bad command line format";
/// Answer to a sub-command that does not exist, or has too few or too many words.
const UNKNOWN: &str = "ERROR";
const BAD_CLASS: &str = "BADCLASS invalid class id";
/// Longest pause of the crawler.
const SLEEP_MAX_US: u32 = 1_000_000;

/// `lru_crawler`. With `noreply`, which is one word too many, nothing is answered and nothing done,
/// as in memcached. Source: mcrsd.md 2.1, 2.9.
pub(super) fn lru_crawler(
    context: &Context,
    mut args: Words<'_>,
    noreply: bool,
    out: &mut Output,
) -> Next {
    if noreply {
        return Next::Done;
    }
    let (verb, arg, surplus) = (args.next(), args.next(), args.next());
    let shared = context.shared;
    let text = match (verb, arg, surplus) {
        (Some(b"enable"), None, None) => enable(shared, true),
        (Some(b"disable"), None, None) => enable(shared, false),
        (Some(b"sleep"), Some(arg), None) => pause(shared, arg),
        (Some(b"tocrawl"), Some(arg), None) => tocrawl(shared, arg),
        (Some(b"crawl"), Some(arg), None) => crawl(shared, arg),
        (Some(b"metadump"), Some(arg), None) => match dump(context, Form::Meta, arg, out) {
            Ok(dump) => return Next::Dump(dump),
            Err(text) => text,
        },
        (Some(b"mgdump"), Some(arg), None) => match dump(context, Form::Get, arg, out) {
            Ok(dump) => return Next::Dump(dump),
            Err(text) => text,
        },
        _ => UNKNOWN,
    };
    answer(out, text, false)
}

fn enable(shared: &Shared, enabled: bool) -> &'static str {
    let before = shared.tune(|tuning| std::mem::replace(&mut tuning.crawler, enabled));
    if !enabled {
        shared.crawler.stop();
    } else if before {
        return "ERROR failed to start lru crawler thread";
    }
    "OK"
}

fn pause(shared: &Shared, arg: &[u8]) -> &'static str {
    match num::u32_strict(arg) {
        None => BAD_FORMAT,
        Some(us) if us > SLEEP_MAX_US => "CLIENT_ERROR sleep must be one second or less",
        Some(us) => {
            shared.tune(|tuning| tuning.crawler_sleep_us = us);
            "OK"
        }
    }
}

fn tocrawl(shared: &Shared, arg: &[u8]) -> &'static str {
    let Some(items) = num::u32_strict(arg) else {
        return BAD_FORMAT;
    };
    shared.tune(|tuning| tuning.crawler_tocrawl = items);
    "OK"
}

fn crawl(shared: &Shared, arg: &[u8]) -> &'static str {
    let tuning = shared.tuning();
    if !tuning.crawler {
        return "CLIENT_ERROR lru crawler disabled";
    }
    let Some(quota) = classes(arg, tuning.crawler_tocrawl) else {
        // A crawl that goes through the hash table is of no use, since nothing would be reclaimed;
        // memcached knows no better text for it.
        return if arg == b"hash" {
            "ERROR an unknown error happened"
        } else {
            BAD_CLASS
        };
    };
    let now = shared.clock.now();
    match shared.crawler.crawl(&shared.engine, quota, now) {
        Ok(()) => {
            shared.wake_upkeep();
            "OK"
        }
        Err(refusal) => refused(refusal),
    }
}

/// Begins a dump, or gives the error line.
fn dump(
    context: &Context,
    form: Form,
    arg: &[u8],
    out: &Output,
) -> Result<Box<Dump>, &'static str> {
    let shared = context.shared;
    if !shared.tuning().crawler {
        return Err("CLIENT_ERROR lru crawler disabled");
    }
    if !shared.settings.dump_enabled {
        return Err(match form {
            Form::Meta => "ERROR metadump not allowed",
            Form::Get => "ERROR key dump not allowed",
        });
    }
    if !out.is_empty() {
        return Err(match form {
            Form::Meta => "ERROR cannot pipeline other commands before metadump",
            Form::Get => "ERROR cannot pipeline other commands before mgdump",
        });
    }
    // Both ways lead through the hash table here; `hash` means all classes.
    let quota = match arg {
        b"hash" => classes(b"all", 0),
        arg => classes(arg, 0),
    };
    let quota = quota.ok_or(BAD_CLASS)?;
    let lease = shared.crawler.dump(&quota, shared.clock.now());
    let lease = lease.map_err(refused)?;
    Ok(Box::new(Dump::new(shared, form, quota, lease)))
}

fn refused(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Busy => "BUSY currently processing crawler request",
        Refusal::Nothing => "NOTSTARTED no items to crawl",
    }
}

/// `all`, or class numbers with commas between them; so many items of each, 0 for all.
fn classes(arg: &[u8], items: u32) -> Option<Quota> {
    let mut quota = Quota::none();
    if arg == b"all" {
        (1..=CLASSES_MAX).for_each(|class| quota.add(class, items));
        return Some(quota);
    }
    for word in arg.split(|&b| b == b',').filter(|word| !word.is_empty()) {
        let class = num::u32_strict(word)? as usize;
        if !(1..=CLASSES_MAX).contains(&class) {
            return None;
        }
        quota.add(class, items);
    }
    Some(quota)
}
