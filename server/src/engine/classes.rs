//! The sizes of slab classes. Which chunks are free is `slab.rs`.
//!
//! *Fixed* classes follow the growth factor, as memcached's do. Between two of them lies, as far
//! as numbers reach, a *flexible* class whose size is chosen when it is known what sizes are
//! really stored ([`Sizes`]): a cache full of items of 560 bytes then has chunks of 560 bytes
//! and not of 672. Until then, and whenever it can get no page, its items go to the fixed class
//! above; so a small cache of mixed sizes does not lose its pages to classes it hardly uses.

use std::sync::atomic::{AtomicU32, Ordering};

use super::{Config, PAGE_BYTES};

/// Slab classes at most, numbered from 1. Source: memcached slabs.h (64, class 0 is the page pool).
pub const CLASSES_MAX: usize = 63;
/// Sizes told apart between two fixed classes.
const STEPS: usize = 32;
/// A flexible class must save this part of the memory its neighbour takes.
const WORTH: u64 = 32;

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
    /// By class; for a flexible one the middle of what it may be, until it is chosen.
    sizes: Vec<AtomicU32>,
    /// By class: chosen or fixed, 0 for not chosen yet.
    known: Vec<AtomicU32>,
    /// By class.
    flexible: Vec<bool>,
    align: usize,
}

impl Classes {
    /// The table for a configuration: from header and minimal room by the growth factor to the
    /// largest chunk, every size a multiple of `align` bytes. `header` is the bytes in front of
    /// an item's body.
    pub(super) fn new(config: &Config, header: usize, align: usize) -> Classes {
        let largest = config.slab_chunk_max as usize;
        let (fixed, flexible) = match &config.slab_sizes {
            Some(own) => {
                let own = own.iter().map(|&size| size.next_multiple_of(align as u32));
                let mut sizes: Vec<u32> = own.chain([largest as u32]).collect();
                sizes.dedup();
                (sizes, 0)
            }
            None => {
                let start = header + config.min_space as usize;
                let sizes = Self::series(start, largest, align, config.growth_factor);
                let spare = CLASSES_MAX - sizes.len();
                (sizes, spare)
            }
        };
        Self::interleave(&fixed, flexible, align)
    }

    fn series(start: usize, largest: usize, align: usize, factor: f64) -> Vec<u32> {
        let mut sizes: Vec<u32> = Vec::new();
        let mut size = start as f64;
        while size < largest as f64 / factor && sizes.len() < CLASSES_MAX - 1 {
            let rounded = (size as usize).next_multiple_of(align);
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
    fn interleave(fixed: &[u32], mut flexible: usize, align: usize) -> Classes {
        let (fixed_ones, sizes, known, flags) = (vec![], vec![], vec![], vec![]);
        let mut classes = Classes {
            fixed: fixed_ones,
            sizes,
            known,
            flexible: flags,
            align,
        };
        let mut before: Option<u32> = None;
        for &size in fixed {
            let room = before.filter(|&before| size - before > align as u32 && flexible > 0);
            if let Some(before) = room {
                let middle = before + (size - before) / 2;
                classes
                    .sizes
                    .push(AtomicU32::new(middle.next_multiple_of(align as u32)));
                classes.known.push(AtomicU32::new(0));
                classes.flexible.push(true);
                flexible -= 1;
            }
            let class = classes.sizes.len() as u8;
            classes.fixed.push(Fixed {
                size,
                class,
                flexible: room.is_some(),
            });
            classes.sizes.push(AtomicU32::new(size));
            classes.known.push(AtomicU32::new(size));
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
        self.sizes[class].load(Ordering::Relaxed) as usize
    }

    /// Chunks of a class in a page.
    pub(super) fn per_page(&self, class: usize) -> usize {
        PAGE_BYTES / self.size(class)
    }

    /// The smallest class with room for `bytes` whose size is known; `None` if the largest has
    /// not.
    #[inline]
    pub(super) fn fit(&self, bytes: usize) -> Option<usize> {
        let at = self
            .fixed
            .partition_point(|fixed| (fixed.size as usize) < bytes);
        let fixed = self.fixed.get(at)?;
        let above = usize::from(fixed.class);
        let flexible =
            fixed.flexible && bytes <= self.known[above - 1].load(Ordering::Relaxed) as usize;
        Some(if flexible { above - 1 } else { above })
    }

    /// Is the size of this class chosen by use?
    pub(super) fn is_flexible(&self, class: usize) -> bool {
        self.flexible[class]
    }

    /// Where to note the sizes stored in a fixed class, if the flexible one below it still waits
    /// for its size.
    pub(super) fn observe(&self, class: usize) -> Option<Sizes> {
        let at = self
            .fixed
            .iter()
            .position(|fixed| usize::from(fixed.class) == class)?;
        let fixed = self.fixed[at];
        if !fixed.flexible || self.known[class - 1].load(Ordering::Relaxed) != 0 {
            return None;
        }
        let (low, high) = (self.fixed[at - 1].size as usize, fixed.size as usize);
        let step = (high - low).div_ceil(STEPS).next_multiple_of(self.align);
        Some(Sizes {
            low,
            high,
            step,
            counts: [0; STEPS],
            total: 0,
        })
    }

    /// Gives the flexible class below a fixed one its size, once.
    pub(super) fn choose(&self, class: usize, size: usize) {
        self.sizes[class - 1].store(size as u32, Ordering::Relaxed);
        self.known[class - 1].store(size as u32, Ordering::Relaxed);
    }
}

/// The sizes stored in a class, to choose that of a finer one.
#[derive(Debug)]
pub(super) struct Sizes {
    low: usize,
    high: usize,
    step: usize,
    counts: [u32; STEPS],
    total: u32,
}

impl Sizes {
    /// Notes one item of `bytes`; items below the range (they found no page) do not count.
    pub(super) fn note(&mut self, bytes: usize) {
        if bytes > self.low && bytes <= self.high {
            self.counts[(bytes - self.low - 1) / self.step] += 1;
            self.total += 1;
        }
    }

    /// Items noted.
    pub(super) fn total(&self) -> u32 {
        self.total
    }

    /// The size that would save most, if it is worth a class. Otherwise what was noted counts
    /// half from now on.
    pub(super) fn best(&mut self) -> Option<usize> {
        let (mut below, mut best) = (0u64, (0, 0));
        for (i, &count) in self.counts.iter().enumerate() {
            let size = self.low + (i + 1) * self.step;
            if size >= self.high {
                break;
            }
            below += u64::from(count);
            best = best.max((below * (self.high - size) as u64, size));
        }
        let (saved, size) = best;
        if saved * WORTH >= u64::from(self.total) * self.high as u64 && saved > 0 {
            return Some(size);
        }
        for count in &mut self.counts {
            *count /= 2;
        }
        self.total /= 2;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(config: &Config) -> Classes {
        Classes::new(config, 24, 8)
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
    fn own_sizes_are_used_as_given() {
        let config = Config {
            slab_sizes: Some(vec![100, 200, 4000]),
            ..Config::default()
        };
        assert_eq!(sizes(&config), [104, 200, 4000, 512 << 10]);
    }

    #[test]
    fn a_flexible_class_takes_the_size_that_is_stored() {
        let classes = classes(&Config::default());
        for bytes in [76, 148, 554, 1000, 3000] {
            let above = classes.fit(bytes).expect("room");
            let mut seen = classes
                .observe(above)
                .expect("its flexible class has no size yet");
            (0..100).for_each(|_| seen.note(bytes));
            let Some(size) = seen.best() else {
                let waste = classes.size(above) - bytes;
                assert!(waste < classes.size(above) / 20, "{bytes} wastes {waste}");
                continue;
            };
            assert!(
                (bytes..bytes + bytes / 50 + 8).contains(&size),
                "{size} for {bytes}"
            );
            classes.choose(above, size);
            assert_eq!(classes.fit(bytes), Some(above - 1));
            assert_eq!(classes.fit(size + 1), Some(above));
            assert!(classes.observe(above).is_none());
            assert!(sizes_of(&classes).is_sorted_by(|a, b| a < b));
        }
    }

    fn sizes_of(classes: &Classes) -> Vec<usize> {
        (0..classes.len())
            .map(|class| classes.size(class))
            .collect()
    }

    #[test]
    fn a_class_that_fits_already_gets_no_finer_one() {
        let classes = classes(&Config::default());
        let above = classes.fit(671).expect("room");
        let mut seen = classes.observe(above).expect("no size yet");
        (0..100).for_each(|_| seen.note(classes.size(above)));
        assert_eq!(seen.best(), None);
        assert_eq!(seen.total(), 50);
    }
}
