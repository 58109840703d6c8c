//! The figures an engine shows about itself.

use std::sync::atomic::Ordering::Relaxed;

use super::{ClassStats, Count, Engine, MoveStats, PAGE_BYTES, Stats};

impl Engine {
    /// Figures of the whole engine.
    pub fn stats(&self) -> Stats {
        let total = |count| self.counters.total(count);
        let moves = &self.mover.figures;
        let counts = self.slab.counts();
        Stats {
            curr_items: total(Count::Items),
            bytes: total(Count::Bytes),
            total_items: total(Count::TotalItems),
            evictions: total(Count::Evicted),
            evicted_unfetched: total(Count::EvictedUnfetched),
            evicted_active: total(Count::EvictedActive),
            proved: counts.proved,
            kept: counts.kept,
            cooled: counts.cooled,
            asked: counts.asked,
            busy: counts.busy,
            reclaimed: total(Count::Reclaimed),
            expired_unfetched: total(Count::ExpiredUnfetched),
            crawler_checked: total(Count::CrawlerChecked),
            crawler_reclaimed: total(Count::CrawlerReclaimed),
            get_expired: total(Count::GetExpired),
            get_flushed: total(Count::GetFlushed),
            hash_power_level: self.table.power(),
            hash_bytes: self.table.bytes() as u64,
            total_malloced_bytes: self.slab.counted_taken() * PAGE_BYTES as u64,
            limit_bytes: self.slab.limit_pages() as u64 * self.config.page_bytes(),
            free_pages: self.slab.free_pages(),
            pages_moved: self.slab.counted(moves.pages.load(Relaxed) as usize),
            moves: MoveStats {
                rounds: moves.rounds.load(Relaxed),
                running: self.mover.is_moving(),
                rescued: moves.rescued.load(Relaxed),
                chunks_rescued: moves.chunks_rescued.load(Relaxed),
                reclaimed: moves.reclaimed.load(Relaxed),
                busy: moves.busy.load(Relaxed),
                busy_dropped: moves.busy_dropped.load(Relaxed),
                no_memory: moves.no_memory.load(Relaxed),
                last_busy: moves.last_busy(),
            },
            flush_point: self.expiry.point(),
        }
    }

    /// Figures of each class that has pages, ascending.
    pub fn class_stats(&self, now: u32) -> Vec<ClassStats> {
        let classes = self.slab.classes();
        let usages: Vec<_> = (0..classes.len())
            .map(|class| self.slab.usage(class, now))
            .collect();
        let parts: Vec<usize> = usages.iter().map(|usage| usage.pages).collect();
        let pages = whole_pages(&parts, self.slab.pages_per_counted());
        let figures = usages.iter().zip(pages).enumerate();
        let figures = figures.map(|(class, (usage, pages))| {
            let count = |count| self.counters.sum(class, count);
            let chunks = pages * u64::from(self.chunks_per_page(class));
            ClassStats {
                class: class as u8 + 1,
                chunk_bytes: classes.size(class) as u32,
                chunks_per_page: self.chunks_per_page(class),
                pages,
                used_chunks: usage.used_chunks,
                free_chunks: chunks.saturating_sub(usage.used_chunks),
                items: count(Count::Items),
                temporary: count(Count::Temporary),
                queued: usage.queued,
                proved: usage.counts.proved,
                kept: usage.counts.kept,
                cooled: usage.counts.cooled,
                asked: usage.counts.asked,
                busy: usage.counts.busy,
                requested_bytes: count(Count::Bytes),
                age_sec: usage.age,
                evicted: count(Count::Evicted),
                evicted_nonzero: count(Count::EvictedNonzero),
                evicted_unfetched: count(Count::EvictedUnfetched),
                evicted_active: count(Count::EvictedActive),
                evicted_time_sec: usage.evicted_time,
                out_of_memory: count(Count::OutOfMemory),
                reclaimed: count(Count::Reclaimed),
                expired_unfetched: count(Count::ExpiredUnfetched),
                crawler_checked: count(Count::CrawlerChecked),
                crawler_reclaimed: count(Count::CrawlerReclaimed),
                get_hits: count(Count::GetHits),
                cmd_set: count(Count::CmdSet),
                delete_hits: count(Count::DeleteHits),
                incr_hits: count(Count::IncrHits),
                decr_hits: count(Count::DecrHits),
                cas_hits: count(Count::CasHits),
                cas_badval: count(Count::CasBadval),
                touch_hits: count(Count::TouchHits),
            }
        });
        figures.filter(|figures| figures.pages > 0).collect()
    }

    /// The size in bytes and the number per page of the chunks of each class, from class 1.
    pub fn classes(&self) -> Vec<(u32, u32)> {
        let classes = self.slab.classes();
        let of = |class| (classes.size(class) as u32, self.chunks_per_page(class));
        (0..classes.len()).map(of).collect()
    }

    fn chunks_per_page(&self, class: usize) -> u32 {
        (self.slab.classes().per_page(class) * self.slab.pages_per_counted()) as u32
    }

    /// Sets all cumulative figures to 0.
    pub fn reset_stats(&self) {
        self.counters.reset();
        self.mover.figures.reset();
        (0..self.slab.classes().len()).for_each(|class| self.slab.reset_counts(class));
    }
}

/// Pages of each class as figures count them, of which `per` pages of the arena are one. A class
/// with a page has one here at the least. If that leaves room they add up to what all have, the
/// last page started: those that lack least of another page are rounded up.
fn whole_pages(parts: &[usize], per: usize) -> Vec<u64> {
    let least = |&part: &usize| ((part / per).max(usize::from(part > 0))) as u64;
    let mut pages: Vec<u64> = parts.iter().map(least).collect();
    let all = parts.iter().sum::<usize>().div_ceil(per) as u64;
    let lacking = all.saturating_sub(pages.iter().sum());
    let mut started: Vec<usize> = (0..parts.len())
        .filter(|&class| parts[class] > per && !parts[class].is_multiple_of(per))
        .collect();
    started.sort_by_key(|&class| std::cmp::Reverse(parts[class] % per));
    for class in started.into_iter().take(lacking as usize) {
        pages[class] += 1;
    }
    let classes = parts.iter().filter(|&&part| part > 0).count() as u64;
    while classes <= all
        && pages.iter().sum::<u64>() > all
        && let Some(most) = pages.iter_mut().max()
    {
        *most -= 1;
    }
    pages
}

#[cfg(test)]
mod tests {
    use super::whole_pages;

    #[test]
    fn pages_of_classes_add_up() {
        assert_eq!(whole_pages(&[3, 0, 5], 1), [3, 0, 5]);
        assert_eq!(whole_pages(&[0, 0], 16), [0, 0]);
        // 32 of 16 to a page.
        assert_eq!(whole_pages(&[17, 15], 16), [1, 1]);
        // 41 are three pages.
        assert_eq!(whole_pages(&[20, 21], 16), [1, 2]);
        assert_eq!(whole_pages(&[41], 16), [3]);
        // Those with little take from who has most, and as long as that has something.
        assert_eq!(whole_pages(&[1, 1, 62], 16), [1, 1, 2]);
        assert_eq!(whole_pages(&[1, 1, 28], 16), [1, 1, 1]);
    }
}
