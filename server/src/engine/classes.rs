//! The sizes of slab classes. Which chunks are free is `slab.rs`.

use super::{Config, PAGE_BYTES};

/// Classes at most. Source: memcached slabs.h (64, class 0 is the page pool).
pub(super) const CLASSES_MAX: usize = 63;

/// Below this size classes are [`FINE`] steps apart: small items are the most, and what is lost
/// between their size and their chunk's is lost for each.
const FINE_BELOW: f64 = 1024.0;
/// Part of the configured growth that a fine step takes. Just under one half, so that two steps
/// are never more than one of memcached's.
const FINE: f64 = 0.48;

/// Chunk sizes in bytes, ascending; class `n` is at `n - 1`.
#[derive(Debug)]
pub(super) struct Classes {
    sizes: Vec<u32>,
}

impl Classes {
    /// The table for a configuration: from header and minimal room by the growth factor to the
    /// largest chunk, every size a multiple of `align` bytes. `header` is the bytes in front of
    /// an item's body.
    pub(super) fn new(config: &Config, header: usize, align: usize) -> Classes {
        let largest = config.slab_chunk_max as usize;
        if let Some(own) = &config.slab_sizes {
            let mut sizes: Vec<u32> = own
                .iter()
                .map(|&size| size.next_multiple_of(align as u32))
                .collect();
            sizes.push(largest as u32);
            sizes.dedup();
            return Classes { sizes };
        }
        let start = header + config.min_space as usize;
        let fine = Self::series(start, largest, align, config.growth_factor, FINE);
        if fine.len() <= CLASSES_MAX {
            return Classes { sizes: fine };
        }
        // A small factor needs all classes for itself.
        let mut sizes = Self::series(start, largest, align, config.growth_factor, 1.0);
        if sizes.len() > CLASSES_MAX {
            sizes.truncate(CLASSES_MAX - 1);
            sizes.push(largest as u32);
        }
        Classes { sizes }
    }

    fn series(start: usize, largest: usize, align: usize, factor: f64, fine: f64) -> Vec<u32> {
        let mut sizes = Vec::new();
        let mut size = start as f64;
        // One more than are allowed is enough to know.
        while size < largest as f64 / factor && sizes.len() <= CLASSES_MAX {
            let rounded = (size as usize).next_multiple_of(align);
            if rounded >= largest {
                break;
            }
            if sizes.last() != Some(&(rounded as u32)) {
                sizes.push(rounded as u32);
            }
            let share = if size < FINE_BELOW { fine } else { 1.0 };
            size *= 1.0 + (factor - 1.0) * share;
        }
        sizes.push(largest as u32);
        sizes
    }

    /// Number of classes.
    pub(super) fn len(&self) -> usize {
        self.sizes.len()
    }

    /// Bytes of a chunk of class `class`, counted from 0.
    pub(super) fn size(&self, class: usize) -> usize {
        self.sizes[class] as usize
    }

    /// The smallest class with room for `bytes`, counted from 0; `None` if the largest has not.
    #[inline]
    pub(super) fn fit(&self, bytes: usize) -> Option<usize> {
        let class = self.sizes.partition_point(|&size| (size as usize) < bytes);
        (class < self.sizes.len()).then_some(class)
    }

    /// Chunks of class `class` in a page.
    pub(super) fn per_page(&self, class: usize) -> usize {
        PAGE_BYTES / self.size(class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(config: &Config) -> Vec<u32> {
        Classes::new(config, 24, 8).sizes
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
                assert!(sizes[0] >= 24 + min_space);
            }
        }
    }

    #[test]
    fn fit_is_the_smallest_class_with_room() {
        let classes = Classes::new(&Config::default(), 24, 8);
        assert_eq!(classes.fit(1), Some(0));
        for class in 0..classes.len() {
            assert_eq!(classes.fit(classes.size(class)), Some(class));
            let above = (class + 1 < classes.len()).then_some(class + 1);
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
}
