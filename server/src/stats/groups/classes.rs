//! `stats items` and `stats slabs`: figures of each slab class.

use super::{Put, put};
use crate::engine::PAGE_BYTES;
use crate::exec::Shared;

/// `stats items`: classes with items.
pub fn items(shared: &Shared, to: &mut Put<'_>) {
    let maintained = shared.settings.lru_maintainer;
    let tuning = shared.tuning();
    let classes = shared.engine.class_stats(shared.clock.now());
    for class in classes.iter().filter(|class| class.items > 0) {
        let mut put = |name: &str, value: u64| {
            to(
                &format!("items:{}:{name}", class.class),
                format_args!("{value}"),
            );
        };
        put("number", class.items);
        if maintained {
            // The queue is where items are new at first and cold in the end; the others are those
            // that were read again.
            let others = class.items.saturating_sub(class.temporary);
            let queued = class.queued.min(others);
            let hot = queued.min(class.items * u64::from(tuning.hot_pct) / 100);
            put("number_hot", hot);
            put("number_warm", others - queued);
            put("number_cold", queued - hot);
            if tuning.temp_lru {
                put("number_temp", class.temporary);
            }
            put("age_hot", 0);
            put("age_warm", 0);
        }
        put("age", class.age_sec.into());
        put("mem_requested", class.requested_bytes);
        put("evicted", class.evicted);
        put("evicted_nonzero", class.evicted_nonzero);
        put("evicted_time", class.evicted_time_sec.into());
        put("outofmemory", class.out_of_memory);
        put("tailrepairs", 0);
        put("reclaimed", class.reclaimed);
        put("expired_unfetched", class.expired_unfetched);
        put("evicted_unfetched", class.evicted_unfetched);
        if maintained {
            put("evicted_active", class.evicted_active);
        }
        put("crawler_reclaimed", class.crawler_reclaimed);
        put("crawler_items_checked", class.crawler_checked);
        put("lrutail_reflocked", class.busy);
        if maintained {
            put("moves_to_cold", class.cooled);
            put("moves_to_warm", class.proved);
            put("moves_within_lru", class.kept);
            put("direct_reclaims", class.asked);
            // An item does not know where it stands, and a hit asks nobody else.
            put("hits_to_hot", 0);
            put("hits_to_warm", 0);
            put("hits_to_cold", class.get_hits);
            put("hits_to_temp", 0);
        }
    }
}

/// `stats slabs`: classes with pages, then the totals.
pub fn slabs(shared: &Shared, to: &mut Put<'_>) {
    let classes = shared.engine.class_stats(shared.clock.now());
    let mut active = 0;
    for class in classes.iter().filter(|class| class.pages > 0) {
        active += 1;
        let mut put = |name: &str, value: u64| {
            to(&format!("{}:{name}", class.class), format_args!("{value}"));
        };
        put("chunk_size", class.chunk_bytes.into());
        put("chunks_per_page", class.chunks_per_page.into());
        put("total_pages", class.pages);
        put("total_chunks", class.used_chunks + class.free_chunks);
        put("used_chunks", class.used_chunks);
        put("free_chunks", class.free_chunks);
        put("free_chunks_end", 0);
        put("get_hits", class.get_hits);
        put("cmd_set", class.cmd_set);
        put("delete_hits", class.delete_hits);
        put("incr_hits", class.incr_hits);
        put("decr_hits", class.decr_hits);
        put("cas_hits", class.cas_hits);
        put("cas_badval", class.cas_badval);
        put("touch_hits", class.touch_hits);
    }
    put(to, "active_slabs", active);
    // What the pages above and those of the pool are, also where a small memory is divided by
    // smaller pages.
    let pages: u64 = classes.iter().map(|class| class.pages).sum();
    let taken = (pages + shared.engine.stats().free_pages) * PAGE_BYTES as u64;
    let taken = taken.wrapping_add_signed(shared.settings.initial_malloc_bytes);
    put(to, "total_malloced", taken);
}

/// `stats sizes`: items by size, if they are counted so.
pub fn sizes(shared: &Shared, to: &mut Put<'_>) {
    let counted = shared.engine.sizes(|bytes, count| {
        to(&bytes.to_string(), format_args!("{count}"));
    });
    if !counted {
        put(to, "sizes_status", "disabled");
    }
}
