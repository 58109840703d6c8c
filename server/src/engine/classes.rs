//! The sizes of slab classes. Which chunks are free is `slab.rs`.
//!
//! *Fixed* classes follow the growth factor, as memcached's do. Between two of them lies, as far
//! as numbers reach, a *flexible* class: its size is that of the first item that would waste much
//! of a chunk of the fixed class above. So a cache full of items of one size, and that is what
//! many caches are, has chunks of that size; and as it is settled by the first item, all of them
//! are in one class and leave it in order. When memory is full a flexible class is no longer
//! begun: a class of its own costs a page.

use std::sync::atomic::{AtomicU32, Ordering};

use super::{Config, PAGE_BYTES};

/// Slab classes at most, numbered from 1. Source: memcached slabs.h (64, class 0 is the page pool).
pub const CLASSES_MAX: usize = 63;
/// Bit of a flexible class's size: it is not settled yet.
const OPEN: u32 = 1 << 31;
/// A flexible class must save this part of the chunk above.
const WORTH: usize = 16;
/// Bytes a flexible class has over its first item, or this part of it: keys that end in a
/// number get longer.
const SLACK: usize = 6;
const SLACK_PART: usize = 128;

/// A class whose size never changes.
#[derive(Debug, Clone, Copy)]
struct Fixed {
    size: u32,
    class: u8,
    /// The class before it is a flexible one.
    flexible: bool,
}

/// The chunk size of each class; classes are counted from 0 here, sizes ascend.
#[derive(Debug)]
pub(super) struct Classes {
    fixed: Vec<Fixed>,
    /// By class; for a flexible one the middle of what it may be and [`OPEN`], until it is settled.
    sizes: Vec<AtomicU32>,
    /// By class.
    flexible: Vec<bool>,
    align: usize,
    /// Bytes of a page.
    page: usize,
}

impl Classes {
    /// The table for a configuration: from header and minimal room by the growth factor to the
    /// largest chunk, every size a multiple of `align` bytes. `header` is the bytes in front of
    /// an item's body.
    pub(super) fn new(config: &Config, header: usize, align: usize, page: usize) -> Classes {
        let largest = config.largest_chunk() as usize;
        let (fixed, flexible) = match &config.slab_sizes {
            Some(own) => {
                let own = own.iter().map(|&size| size.next_multiple_of(align as u32));
                let mut sizes: Vec<u32> = own.chain([largest as u32]).collect();
                sizes.dedup();
                (sizes, 0)
            }
            None => {
                let start = header + config.min_space as usize;
                let series = |factor| Self::series(start, largest, (align, page), factor);
                // A page of a small memory is small, so it can afford classes at half the step.
                let fine = (page < PAGE_BYTES).then(|| series(config.growth_factor.sqrt()));
                let sizes = fine
                    .filter(|sizes| sizes.len() < CLASSES_MAX)
                    .unwrap_or_else(|| series(config.growth_factor));
                let spare = CLASSES_MAX - sizes.len();
                (sizes, spare)
            }
        };
        Self::interleave(&fixed, flexible, align, page)
    }

    /// How many classes memcached would have: each needs a page where all memory is taken at once.
    /// Source: mcrsd.md 8.2.
    pub(super) fn named(config: &Config) -> usize {
        if let Some(own) = &config.slab_sizes {
            return own.len() + 1;
        }
        let end = f64::from(config.slab_chunk_max) / config.growth_factor;
        let mut size = 48 + config.min_space as usize;
        let mut count = 1;
        while (size as f64) < end && count < CLASSES_MAX {
            count += 1;
            let rounded = size.next_multiple_of(8);
            size = (rounded as f64 * config.growth_factor) as usize;
        }
        count
    }

    /// Classes whose sizes never change.
    pub(super) fn fixed(&self) -> impl Iterator<Item = usize> {
        self.fixed.iter().map(|fixed| usize::from(fixed.class))
    }

    /// The size of a class as something to keep: 0 as long as it is not settled.
    pub(super) fn settled(&self, class: usize) -> u32 {
        let size = self.sizes[class].load(Ordering::Relaxed);
        if size & OPEN == 0 { size } else { 0 }
    }

    /// Gives a class the size it was kept with. `false` if it cannot have that.
    pub(super) fn resettle(&self, class: usize, size: u32) -> bool {
        if size == 0 || !self.flexible[class] {
            return size == self.settled(class);
        }
        // A flexible class lies between two fixed ones.
        let (below, above) = (self.size(class - 1), self.size(class + 1));
        let bytes = size as usize;
        let fits = below < bytes && bytes < above && bytes.is_multiple_of(self.align);
        if fits {
            self.sizes[class].store(size, Ordering::Relaxed);
        }
        fits
    }

    /// Sizes by growth factor, each made as large as it can be without a page having room for
    /// fewer.
    fn series(
        start: usize,
        largest: usize,
        (align, page): (usize, usize),
        factor: f64,
    ) -> Vec<u32> {
        let mut sizes: Vec<u32> = Vec::new();
        let mut size = start as f64;
        while size < largest as f64 / factor && sizes.len() < CLASSES_MAX - 1 {
            let rounded = (size as usize).next_multiple_of(align);
            let rounded = filling(page, align, rounded);
            if rounded >= largest {
                break;
            }
            if sizes.last() != Some(&(rounded as u32)) {
                sizes.push(rounded as u32);
            }
            size *= factor;
        }
        sizes.push(largest as u32);
        sizes
    }

    /// Puts flexible classes in front of the smallest fixed ones that leave room for one.
    fn interleave(fixed: &[u32], mut flexible: usize, align: usize, page: usize) -> Classes {
        let mut classes = Classes {
            fixed: Vec::new(),
            sizes: Vec::new(),
            flexible: Vec::new(),
            align,
            page,
        };
        let mut before: Option<u32> = None;
        for &size in fixed {
            let room = before.filter(|&before| size - before > align as u32 && flexible > 0);
            if let Some(before) = room {
                let middle = before + (size - before) / 2;
                let middle = middle.next_multiple_of(align as u32);
                classes.sizes.push(AtomicU32::new(middle | OPEN));
                classes.flexible.push(true);
                flexible -= 1;
            }
            classes.fixed.push(Fixed {
                size,
                class: classes.sizes.len() as u8,
                flexible: room.is_some(),
            });
            classes.sizes.push(AtomicU32::new(size));
            classes.flexible.push(false);
            before = Some(size);
        }
        classes
    }

    /// Number of classes.
    pub(super) fn len(&self) -> usize {
        self.sizes.len()
    }

    /// Bytes of a chunk of a class.
    #[inline]
    pub(super) fn size(&self, class: usize) -> usize {
        (self.sizes[class].load(Ordering::Relaxed) & !OPEN) as usize
    }

    /// Chunks of a class in a page.
    pub(super) fn per_page(&self, class: usize) -> usize {
        self.page / self.size(class)
    }

    /// The smallest class with room for `bytes` whose size is settled; `None` if the largest has
    /// not.
    #[inline]
    pub(super) fn fit(&self, bytes: usize) -> Option<usize> {
        let at = self
            .fixed
            .partition_point(|fixed| (fixed.size as usize) < bytes);
        let fixed = self.fixed.get(at)?;
        let above = usize::from(fixed.class);
        // An open one fits nothing: with the bit it is above all.
        let flexible = fixed.flexible && {
            let size = self.sizes[above - 1].load(Ordering::Relaxed);
            size & OPEN == 0 && bytes <= size as usize
        };
        Some(if flexible { above - 1 } else { above })
    }

    /// Is this class the one that [`fit`](Classes::fit) gives for so many bytes? Faster to say than
    /// which one that is.
    #[inline]
    pub(super) fn is_fit(&self, class: usize, bytes: usize) -> bool {
        // Open ones fit nothing, and no two of those follow each other.
        let known = |class: usize| {
            let size = self.sizes[class].load(Ordering::Relaxed);
            (size & OPEN == 0).then_some(size as usize)
        };
        let below = match class {
            0 => None,
            1 => known(0),
            _ => known(class - 1).or_else(|| known(class - 2)),
        };
        known(class).is_some_and(|size| bytes <= size) && below.is_none_or(|size| bytes > size)
    }

    /// Is the size of this class chosen by use?
    pub(super) fn is_flexible(&self, class: usize) -> bool {
        self.flexible[class]
    }

    /// If the class below one that [`fit`](Classes::fit) gave is open and would save enough,
    /// settles its size. The class for an item of `bytes` then.
    pub(super) fn settle(&self, class: usize, bytes: usize) -> usize {
        let Some(below) = class.checked_sub(1) else {
            return class;
        };
        let open = self.sizes[below].load(Ordering::Relaxed);
        if open & OPEN == 0 {
            return class;
        }
        let above = self.size(class);
        let wanted = (bytes + SLACK.max(bytes / SLACK_PART)).next_multiple_of(self.align);
        if wanted >= above || self.filling(wanted) + above / WORTH > above {
            return class;
        }
        let size = self.filling(wanted);
        // Whoever comes first; the other one's item may not fit then.
        let swap = |new| {
            self.sizes[below].compare_exchange(open, new, Ordering::Relaxed, Ordering::Relaxed)
        };
        let settled = swap(size as u32).map_or_else(|now| now as usize, |_| size);
        if bytes <= settled { below } else { class }
    }

    /// Settles the size of a class at what it is, for it is to get a page.
    pub(super) fn settle_as_is(&self, class: usize) {
        self.sizes[class].fetch_and(!OPEN, Ordering::Relaxed);
    }

    /// The largest size of which a page has room for as many as of this one.
    fn filling(&self, size: usize) -> usize {
        filling(self.page, self.align, size)
    }
}

/// The largest multiple of `align` of which a page has room for as many as of `size`.
fn filling(page: usize, align: usize, size: usize) -> usize {
    page / (page / size) / align * align
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(config: &Config) -> Classes {
        Classes::new(config, 24, 8, config.page_bytes() as usize)
    }

    fn sizes(config: &Config) -> Vec<usize> {
        let classes = classes(config);
        (0..classes.len())
            .map(|class| classes.size(class))
            .collect()
    }

    #[test]
    fn sizes_ascend_within_the_limits_for_any_factor() {
        for growth_factor in [1.0001, 1.01, 1.05, 1.08, 1.1, 1.25, 1.5, 2.0, 10.0] {
            for min_space in [1, 48, 500] {
                let config = Config {
                    growth_factor,
                    min_space,
                    ..Config::default()
                };
                let sizes = sizes(&config);
                assert!(
                    sizes.is_sorted_by(|a, b| a < b),
                    "{growth_factor} {sizes:?}"
                );
                assert!(
                    sizes.len() <= CLASSES_MAX,
                    "{growth_factor}: {}",
                    sizes.len()
                );
                assert!(sizes.iter().all(|size| size % 8 == 0));
                assert_eq!(sizes.last(), Some(&(512 << 10)));
                assert!(sizes[0] >= 24 + min_space as usize);
            }
        }
    }

    #[test]
    fn fit_is_the_smallest_known_class_with_room() {
        let classes = classes(&Config::default());
        assert_eq!(classes.fit(1), Some(0));
        let known = |class: &usize| !classes.is_flexible(*class);
        for class in (0..classes.len()).filter(known) {
            assert_eq!(classes.fit(classes.size(class)), Some(class));
            let above = (class + 1..classes.len()).find(known);
            assert_eq!(classes.fit(classes.size(class) + 1), above);
        }
    }

    #[test]
    fn is_fit_says_the_same_as_fit() {
        let classes = classes(&Config::default());
        for settled in [0, 81, 148, 554, 1000, 3000] {
            if settled > 0 {
                classes.settle(classes.fit(settled).expect("room"), settled);
            }
            for bytes in (1..3500).chain([100_000, 512 << 10, (512 << 10) + 1]) {
                let fit = classes.fit(bytes);
                for class in 0..classes.len() {
                    assert_eq!(classes.is_fit(class, bytes), fit == Some(class), "{bytes}");
                }
            }
        }
    }

    #[test]
    fn a_smallest_item_larger_than_chunks_leaves_one_class() {
        let config = Config {
            min_space: 600_000,
            ..Config::default()
        };
        assert_eq!(sizes(&config), [512 << 10]);
    }

    #[test]
    fn own_sizes_are_used_as_given() {
        let config = Config {
            slab_sizes: Some(vec![100, 200, 4000]),
            ..Config::default()
        };
        assert_eq!(sizes(&config), [104, 200, 4000, 512 << 10]);
    }

    #[test]
    fn a_flexible_class_takes_the_size_of_its_first_item() {
        for bytes in [81, 148, 554, 1000, 3000] {
            let classes = classes(&Config::default());
            let above = classes.fit(bytes).expect("room");
            let class = classes.settle(above, bytes);
            assert_eq!(classes.fit(bytes), Some(class), "{bytes}");
            let waste = classes.size(class) - bytes;
            if class == above {
                assert!(waste < bytes / 10, "{bytes} wastes {waste}");
                continue;
            }
            assert!(waste <= 6 + bytes / 64 + 8, "{bytes} wastes {waste}");
            assert_eq!(classes.fit(classes.size(class) + 1), Some(above));
            assert_eq!(classes.settle(above, bytes), above, "settled once");
            assert!(sizes_of(&classes).is_sorted_by(|a, b| a < b));
        }
    }

    fn sizes_of(classes: &Classes) -> Vec<usize> {
        (0..classes.len())
            .map(|class| classes.size(class))
            .collect()
    }

    #[test]
    fn an_item_that_fits_already_begins_no_class() {
        let classes = classes(&Config::default());
        let above = classes.fit(671).expect("room");
        assert_eq!(classes.settle(above, classes.size(above) - 8), above);
        assert!(
            classes.fit(classes.size(above) - 100) == Some(above),
            "still open"
        );
    }
}
