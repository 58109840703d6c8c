//! `stats mcrsd`: figures memcached has not, in a group of their own, so that whoever reads its groups
//! finds no name that he does not know.

use super::{Put, put};
use crate::exec::Shared;

/// `stats mcrsd`.
pub fn own(shared: &Shared, to: &mut Put<'_>) {
    let totals = shared.stats.totals();
    let engine = shared.engine.stats();
    let memory = engine.total_malloced_bytes + engine.hash_bytes;
    put(to, "version", env!("CARGO_PKG_VERSION"));
    // Of the keys looked up since the start or the last reset, the share that was found.
    ratio(to, "hit_ratio", totals.get_hits, totals.cmd_get);
    // Of the memory taken for items and for finding them, the share that is items.
    ratio(to, "memory_efficiency", engine.bytes, memory);
    put(to, "memory_bytes", memory);
    let per_item = memory.checked_div(engine.curr_items).unwrap_or(0);
    put(to, "memory_bytes_per_item", per_item);
}

/// A share of a whole, 0 to 1; 0 of nothing.
fn ratio(to: &mut Put<'_>, name: &str, part: u64, whole: u64) {
    let ratio = if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    };
    to(name, format_args!("{ratio:.4}"));
}
