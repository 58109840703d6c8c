//! Words about the order of items: LRU segments, the thread that keeps them, the crawler.
//!
//! This engine orders items by policies of its own (`engine/evict.rs`), which have no segments to tune. Words
//! about those are taken, checked and shown, so that nothing that starts memcached fails to start this.

use super::{Exit, Value, Word};
use crate::engine::Eviction;

/// In the order of `-h`.
pub(super) const WORDS: &[Word] = &[
    Word::new(
        "lru_crawler",
        "look for dead items in the background (default: enabled)",
    )
    .switches(|s| s.lru_crawler = true)
    .shown_as("lru_crawler"),
    Word::new(
        "no_lru_crawler",
        "leave dead items until somebody asks for them",
    )
    .switches(|s| s.lru_crawler = false),
    Word::new(
        "lru_crawler_sleep",
        "pause of the crawler, in microseconds, 0 to 1000000",
    )
    .takes(|s, v| match v.number()? {
        n @ 0..=1_000_000 => {
            s.lru_crawler_sleep_us = n as u32;
            Ok(())
        }
        _ => Err(Exit::new(
            1,
            "LRU crawler sleep must be between 0 and 1 second",
        )),
    })
    .defaults_to(|s| s.lru_crawler_sleep_us.to_string())
    .shown_as("lru_crawler_sleep"),
    Word::new(
        "lru_crawler_tocrawl",
        "items the crawler looks at per class and run, 0 for all",
    )
    .takes(|s, v| {
        s.lru_crawler_tocrawl = v.strict()?;
        Ok(())
    })
    .defaults_to(|s| s.lru_crawler_tocrawl.to_string())
    .shown_as("lru_crawler_tocrawl"),
    Word::new(
        "lru_maintainer",
        "have the \"lru\" commands and figures of a segmented LRU\n(default: enabled); the order of items is this server's own",
    )
    .switches(|s| {
        s.lru_maintainer = true;
        s.lru_segmented = true;
    })
    .shown_as("lru_maintainer_thread"),
    Word::new(
        "eviction_policy",
        "what goes when memory is full: s3fifo (a queue of new items and\n\
         a clock of those read again), clock or lru (default: s3fifo; lru with\n\
         no_lru_maintainer and after \"lru mode flat\")",
    )
    .takes(|s, v| {
        let found = Eviction::ALL.into_iter().find(|e| e.name() == v.text);
        s.eviction = Some(found.ok_or_else(|| v.unparsable())?);
        Ok(())
    }),
    Word::new("no_lru_maintainer", "have none of them").switches(|s| {
        s.lru_maintainer = false;
        s.lru_segmented = false;
    }),
    Word::new(
        "hot_lru_pct",
        "shown, tunes nothing: percent of memory for new items, 1 to 79",
    )
    .takes(|s, v| {
        s.hot_lru_pct = percent(v)?;
        Ok(())
    })
    .defaults_to(|s| s.hot_lru_pct.to_string())
    .shown_as("hot_lru_pct"),
    Word::new(
        "warm_lru_pct",
        "the same for items in use",
    )
    .takes(|s, v| {
        s.warm_lru_pct = percent(v)?;
        Ok(())
    })
    .defaults_to(|s| s.warm_lru_pct.to_string())
    .shown_as("warm_lru_pct"),
    Word::new(
        "hot_max_factor",
        "shown, tunes nothing: age of new items, times that of cold ones",
    )
    .takes(|s, v| {
        s.hot_max_factor = factor(v)?;
        Ok(())
    })
    .defaults_to(|s| format!("{:.2}", s.hot_max_factor))
    .shown_as("hot_max_factor"),
    Word::new("warm_max_factor", "the same for an item in use")
        .takes(|s, v| {
            s.warm_max_factor = factor(v)?;
            Ok(())
        })
        .defaults_to(|s| format!("{:.2}", s.warm_max_factor))
        .shown_as("warm_max_factor"),
    Word::new(
        "temporary_ttl",
        "items with at most this many seconds to live are never evicted\n\
         (default: off)",
    )
    .takes(|s, v| {
        s.temporary_ttl = Some(v.count()?);
        Ok(())
    })
    .shown_as("temporary_ttl"),
    Word::new("tail_repair_time", "")
        .takes(|s, v| match v.count()? {
            n @ 10.. => {
                s.tail_repair_time_sec = n;
                Ok(())
            }
            _ => Err(Exit::new(
                1,
                "Cannot set tail_repair_time to less than 10 seconds",
            )),
        })
        .shown_as("tail_repair_time"),
];

fn percent(value: Value<'_>) -> Result<u32, Exit> {
    match value.number()? {
        n @ 1..=79 => Ok(n as u32),
        _ => {
            let text = format!("{} must be > 1 and < 80", value.name);
            Err(Exit::new(1, text))
        }
    }
}

fn factor(value: Value<'_>) -> Result<f64, Exit> {
    let factor = value.decimal();
    if factor > 0.0 && factor.is_finite() {
        Ok(factor)
    } else {
        Err(Exit::new(1, format!("{} must be > 0", value.name)))
    }
}
