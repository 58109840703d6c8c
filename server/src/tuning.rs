//! Settings that commands change while the server runs: `lru`, `lru_crawler`, `slabs automove`.

use crate::flags::Settings;

/// What [`Tuning::temporary_ttl`] shows if it was never given. Source: mcrsd.md 1.3.
const TEMPORARY_TTL: u32 = 61;

/// Their present values. Starts as the options say. Source: mcrsd.md 1.3.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tuning {
    /// When pages move: 0 by command only, 1 by themselves, 2 on each eviction.
    pub slab_automove: u32,
    /// How much younger a class must be than another to get a page of it.
    pub slab_automove_ratio: f64,
    /// Seconds looked back upon for that, 3 to 1800.
    pub slab_automove_window_sec: u32,
    /// Whether the crawler works.
    pub crawler: bool,
    /// Pause of the crawler, at most a second.
    pub crawler_sleep_us: u32,
    /// Items the crawler looks at per class and run, 0 for all.
    pub crawler_tocrawl: u32,
    /// Whether the LRU has segments.
    pub segmented: bool,
    /// Share of memory for new items, percent.
    pub hot_pct: u32,
    /// Share of memory for items in use, percent; with the other at most 80.
    pub warm_pct: u32,
    /// Age a new item may reach, times that of the oldest cold one; above 0.
    pub hot_max_factor: f64,
    /// The same for an item in use.
    pub warm_max_factor: f64,
    /// Whether items with little time to live are kept from eviction.
    pub temp_lru: bool,
    /// How many seconds are little.
    pub temporary_ttl: u32,
}

impl Tuning {
    /// What the options say.
    pub fn of(settings: &Settings) -> Tuning {
        Tuning {
            slab_automove: settings.slab_automove,
            slab_automove_ratio: settings.slab_automove_ratio,
            slab_automove_window_sec: settings.slab_automove_window_sec,
            crawler: settings.lru_crawler,
            crawler_sleep_us: settings.lru_crawler_sleep_us,
            crawler_tocrawl: settings.lru_crawler_tocrawl,
            segmented: settings.lru_segmented,
            hot_pct: settings.hot_lru_pct,
            warm_pct: settings.warm_lru_pct,
            hot_max_factor: settings.hot_max_factor,
            warm_max_factor: settings.warm_max_factor,
            temp_lru: settings.temporary_ttl.is_some(),
            temporary_ttl: settings.temporary_ttl.unwrap_or(TEMPORARY_TTL),
        }
    }
}
