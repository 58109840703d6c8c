//! Commands about the work behind the scenes: `lru`, `lru_crawler` and `slabs`.

use mcrs::codec::num;
use mcrs::codec::text::Words;

use super::dump::{Dump, Form};
use super::text::answer;
use super::{Context, Next, Output, Shared};
use crate::crawler::Refusal;
use crate::engine::{Automove, CLASSES_MAX, Engine, Quota, ReassignError};
use crate::flags::Settings;
use crate::tuning::Tuning;

const BAD_FORMAT: &str = "CLIENT_ERROR bad command line format";
/// Answer to a sub-command that does not exist, or has too few or too many words.
const UNKNOWN: &str = "ERROR";
const BAD_CLASS: &str = "BADCLASS invalid class id";
/// Most that the shares of new items and of those in use come to.
const PCTS_MAX: u32 = 80;
/// Longest pause of the crawler.
const SLEEP_MAX_US: u32 = 1_000_000;

/// Has the engine follow the settings.
pub(super) fn apply(settings: &Settings, tuning: &Tuning, engine: &Engine) {
    engine.set_automove(match tuning.slab_automove {
        _ if !settings.slab_reassign => Automove::Off,
        0 => Automove::Off,
        1 => Automove::ByNeed,
        _ => Automove::Always,
    });
    engine.set_eviction(settings.eviction_at(tuning.segmented));
    engine.set_temporary_ttl(tuning.temp_lru.then_some(tuning.temporary_ttl));
}

/// `lru`. Source: mcrsd.md 2.8.
pub(super) fn lru(shared: &Shared, mut args: Words<'_>) -> &'static str {
    let (verb, arg) = (args.next(), args.next());
    match (verb, arg) {
        (Some(b"tune"), Some(hot)) => lru_tune(shared, hot, args),
        (Some(b"mode" | b"temp_ttl"), _) if !shared.settings.lru_maintainer => UNKNOWN,
        (Some(b"mode"), Some(mode @ (b"flat" | b"segmented"))) => {
            shared.tune(|tuning| tuning.segmented = mode == b"segmented");
            "OK"
        }
        (Some(b"temp_ttl"), Some(ttl)) => lru_temp_ttl(shared, ttl),
        _ => UNKNOWN,
    }
}

fn lru_tune(shared: &Shared, hot: &[u8], mut args: Words<'_>) -> &'static str {
    let warm = args.next().and_then(num::u32_strict);
    let factors = (args.next().and_then(float), args.next().and_then(float));
    let (Some(hot), Some(warm), (Some(hot_factor), Some(warm_factor))) =
        (num::u32_strict(hot), warm, factors)
    else {
        return UNKNOWN;
    };
    if hot.saturating_add(warm) > PCTS_MAX {
        return "ERROR hot and warm pcts must not exceed 80";
    }
    if hot_factor <= 0.0 || warm_factor <= 0.0 {
        return "ERROR hot/warm age factors must be greater than 0";
    }
    shared.tune(|tuning| {
        tuning.hot_pct = hot;
        tuning.warm_pct = warm;
        tuning.hot_max_factor = hot_factor;
        tuning.warm_max_factor = warm_factor;
    });
    "OK"
}

/// A negative number switches it off and leaves what is shown.
fn lru_temp_ttl(shared: &Shared, ttl: &[u8]) -> &'static str {
    let Some(ttl) = num::i32_strict(ttl) else {
        return UNKNOWN;
    };
    shared.tune(|tuning| {
        let ttl = u32::try_from(ttl).ok();
        tuning.temp_lru = ttl.is_some();
        tuning.temporary_ttl = ttl.unwrap_or(tuning.temporary_ttl);
    });
    "OK"
}

/// `slabs`. Source: mcrsd.md 2.8.
pub(super) fn slabs(shared: &Shared, mut args: Words<'_>, noreply: bool, out: &mut Output) -> Next {
    let text = match (args.next(), args.next(), args.next()) {
        (Some(b"automove"), Some(arg), value) => slabs_automove(shared, arg, value),
        (Some(b"reassign"), Some(from), Some(to)) if args.next().is_none() => {
            slabs_reassign(shared, from, to)
        }
        _ => UNKNOWN,
    };
    answer(out, text, noreply)
}

/// Classes are numbered from 1; 0 is the pool of pages, and -1 as source any class.
fn slabs_reassign(shared: &Shared, from: &[u8], to: &[u8]) -> &'static str {
    if !shared.settings.slab_reassign {
        return "CLIENT_ERROR slab reassignment disabled";
    }
    let (Some(from), Some(to)) = (num::i32_strict(from), num::i32_strict(to)) else {
        return BAD_FORMAT;
    };
    // Another negative number is a class that does not exist.
    let class = |number: i32| usize::try_from(number).unwrap_or(usize::MAX);
    // From any class to itself is from a class that does not exist to itself.
    let from = (from != -1 || to == -1).then(|| class(from));
    match shared.engine.reassign(from, class(to)) {
        Ok(()) => {
            shared.wake_upkeep();
            "OK"
        }
        Err(ReassignError::Busy) => "BUSY currently processing reassign request",
        Err(ReassignError::BadClass) => "BADCLASS invalid src or dst class id",
        Err(ReassignError::NoSpare) => "NOSPARE source class has no spare pages",
        Err(ReassignError::Same) => "SAME src and dst class are identical",
    }
}

fn slabs_automove(shared: &Shared, arg: &[u8], value: Option<&[u8]>) -> &'static str {
    match (arg, value.map(float)) {
        (b"ratio", Some(Some(ratio))) => shared.tune(|tuning| tuning.slab_automove_ratio = ratio),
        // Shown by servers that keep items on disk only.
        (b"freeratio", Some(Some(_))) => {}
        (b"ratio" | b"freeratio" | b"window", None) | (b"ratio" | b"freeratio", Some(None)) => {
            return UNKNOWN;
        }
        (b"window", _) => match value.and_then(num::u32_strict) {
            Some(window @ 3..=1800) => {
                shared.tune(|tuning| tuning.slab_automove_window_sec = window);
            }
            Some(_) => return "CLIENT_ERROR automove window too low or too high",
            None => return BAD_FORMAT,
        },
        (mode, _) => match num::u32_strict(mode) {
            Some(mode @ 0..=2) => shared.tune(|tuning| tuning.slab_automove = mode),
            Some(_) => return UNKNOWN,
            None => return BAD_FORMAT,
        },
    }
    "OK"
}

/// A decimal number.
fn float(word: &[u8]) -> Option<f64> {
    let number: f64 = std::str::from_utf8(word).ok()?.parse().ok()?;
    number.is_finite().then_some(number)
}

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
    let now = shared.clock.now();
    let lease = shared.crawler.dump(&shared.engine, &quota, now);
    let lease = lease.map_err(refused)?;
    Ok(Box::new(Dump::all(shared, form, quota, lease)))
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
