//! Engine settings and their validation. The flag table decides names and texts; this file decides
//! which combinations an engine can be built from.

use std::fmt;

use super::Eviction;

/// Bytes of a slab page as figures count them. Source: mcrsd.md 8.3.
pub const PAGE_BYTES: usize = 1 << 20;

/// The memory limit from which on pages are as large inside as figures say.
const WHOLE_PAGES_FROM: u64 = 64 << 20;
/// A smaller memory has this many pages, or up to twice as many.
const PAGES_LEAST: u64 = 128;
/// But no page is smaller. Source: the largest memory page of the systems we run on.
const PAGE_BYTES_LEAST: u64 = 64 << 10;

/// The longest key, in bytes; a key has at least one byte. Source: memcached doc/protocol.txt.
pub const KEY_MAX_BYTES: usize = 250;

/// What an engine is built from. Start from [`Config::default`], which is memcached's default.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Bytes of item memory (`-m` times 1 MiB), hash table and connections not counted. Rounded
    /// down to whole pages; a class without any page may still take one above it.
    pub memory_limit_bytes: u64,
    /// Make room by evicting live items. `false` (`-M`): stores fail when memory is full, after
    /// dead items were reclaimed.
    pub evict: bool,
    /// How it is chosen what is evicted.
    pub eviction: Eviction,
    /// Largest item in bytes, header, key, flags and value together (`-I`): 1024 ..= 1 GiB, at
    /// most half of the memory limit.
    pub item_size_max: u32,
    /// Ratio between the sizes of neighbouring slab classes (`-f`), above 1.
    pub growth_factor: f64,
    /// Room for key, flags and value in the smallest class, in bytes (`-n`), at least 1.
    pub min_space: u32,
    /// Keep CAS ids (`-C` clears it): items are 8 bytes smaller without, every id reads 0 and
    /// every compare fails.
    pub cas: bool,
    /// Largest chunk in bytes; a larger item is stored in several. 1024 ..= 1 MiB, a divisor of
    /// 1 MiB; if the item size limit is larger, that must be a multiple of it.
    pub slab_chunk_max: u32,
    /// Chunk sizes in bytes instead of those by growth factor (`-o slab_sizes`), the largest chunk
    /// not included: at most 62, the first with room for an item, each more than 8 above the one
    /// before, none above `slab_chunk_max`.
    pub slab_sizes: Option<Vec<u32>>,
    /// log2 of the number of items the hash table has room for at the start, 12 ..= 32. It grows
    /// by itself from there.
    pub hash_power: u8,
    /// Let the hash table grow (`-o no_hashexpand` clears it).
    pub hash_expand: bool,
    /// Take all memory at once, in large pages of the system (`-L`).
    pub large_pages: bool,
    /// Count items by size (`-o track_sizes`), which costs each store a little.
    pub track_sizes: bool,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            memory_limit_bytes: 64 << 20,
            evict: true,
            eviction: Eviction::default(),
            item_size_max: 1 << 20,
            growth_factor: 1.25,
            min_space: 48,
            cas: true,
            slab_chunk_max: 512 << 10,
            slab_sizes: None,
            hash_power: 16,
            hash_expand: true,
            large_pages: false,
            track_sizes: false,
        }
    }
}

impl Config {
    /// Bytes of the pages memory is divided among classes by, a power of two.
    ///
    /// With pages of 1 MiB a small memory cannot be divided: in 8 MiB a dozen classes each hold on
    /// to one, more than the limit allows, and none can ever change hands. Smaller pages cost a
    /// longer list of them.
    pub(super) fn page_bytes(&self) -> u64 {
        if self.memory_limit_bytes >= WHOLE_PAGES_FROM || self.slab_sizes.is_some() {
            return PAGE_BYTES as u64;
        }
        let share = (self.memory_limit_bytes / PAGES_LEAST).max(PAGE_BYTES_LEAST);
        1 << share.ilog2()
    }

    /// Bytes of the largest chunk. Small pages have room for four at the least, so that little is
    /// lost at their ends.
    pub(super) fn largest_chunk(&self) -> u32 {
        let page = self.page_bytes();
        if page == PAGE_BYTES as u64 {
            return self.slab_chunk_max;
        }
        self.slab_chunk_max.min(PAGE_BYTES_LEAST as u32 / 4)
    }

    /// Checks every field and combination.
    ///
    /// # Errors
    /// The first rule that does not hold, in the order memcached checks them.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.growth_factor.is_nan() || self.growth_factor <= 1.0 {
            return Err(ConfigError::GrowthFactor);
        }
        if self.min_space == 0 {
            return Err(ConfigError::MinSpace);
        }
        let chunk = self.slab_chunk_max as usize;
        if !(1024..=PAGE_BYTES).contains(&chunk) || !PAGE_BYTES.is_multiple_of(chunk) {
            return Err(ConfigError::SlabChunkMax);
        }
        let item = self.item_size_max;
        if item < 1024 {
            return Err(ConfigError::ItemSizeTooSmall);
        }
        if u64::from(item) > self.memory_limit_bytes / 2 {
            return Err(ConfigError::ItemSizeOverMemory);
        }
        if item > 1 << 30 {
            return Err(ConfigError::ItemSizeTooLarge);
        }
        if item > self.slab_chunk_max && !item.is_multiple_of(self.slab_chunk_max) {
            return Err(ConfigError::ItemSizeNotMultiple);
        }
        if let Some(sizes) = &self.slab_sizes {
            let first = sizes.first().copied().unwrap_or(0);
            let apart = sizes
                .windows(2)
                .all(|pair| pair[1] > pair[0].saturating_add(8));
            let over = sizes.iter().any(|&size| size > self.slab_chunk_max);
            // 64: header, fixed parts and a little key.
            if first < 64 || sizes.len() > 62 || !apart || over {
                return Err(ConfigError::SlabSizes);
            }
        }
        if !(12..=32).contains(&self.hash_power) {
            return Err(ConfigError::HashPower);
        }
        Ok(())
    }
}

/// Why a [`Config`] was refused, or its memory could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The growth factor is not above 1.
    GrowthFactor,
    /// The room in the smallest class is 0.
    MinSpace,
    /// The largest chunk is outside 1024 ..= 1 MiB or does not divide 1 MiB.
    SlabChunkMax,
    /// The item size limit is below 1024.
    ItemSizeTooSmall,
    /// The item size limit is over half of the memory limit.
    ItemSizeOverMemory,
    /// The item size limit is over 1 GiB.
    ItemSizeTooLarge,
    /// The item size limit is above the largest chunk and not a multiple of it.
    ItemSizeNotMultiple,
    /// The list of chunk sizes breaks its rules.
    SlabSizes,
    /// The start size of the hash table is outside 12 ..= 32.
    HashPower,
    /// The operating system gave no address space.
    NoAddressSpace,
    /// All memory is to be taken at once and there is not a page of it for each class, of which
    /// there are so many.
    TooFewPages(usize),
    /// The system has no large pages.
    NoLargePages,
    /// The system would not map the memory file.
    MemoryFile,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ConfigError::GrowthFactor => "growth factor must be greater than 1",
            ConfigError::MinSpace => "the smallest chunk must have room",
            ConfigError::SlabChunkMax => "slab_chunk_max must divide 1 MB and be at least 1 kB",
            ConfigError::ItemSizeTooSmall => "item size limit must be at least 1024 bytes",
            ConfigError::ItemSizeOverMemory => {
                "item size limit must be at most half of the memory limit"
            }
            ConfigError::ItemSizeTooLarge => "item size limit must be at most 1 GB",
            ConfigError::ItemSizeNotMultiple => {
                "item size limit must be a multiple of slab_chunk_max"
            }
            ConfigError::SlabSizes => "slab_sizes must ascend by more than 8 from 64 bytes up",
            ConfigError::HashPower => "hash power must be between 12 and 32",
            ConfigError::NoAddressSpace => "failed to reserve address space for items",
            ConfigError::TooFewPages(classes) => {
                return write!(
                    f,
                    "not enough memory to take at once: -m must be at least {classes}, a megabyte for each slab class"
                );
            }
            ConfigError::NoLargePages => "failed to enable large pages",
            ConfigError::MemoryFile => "failed to map the memory file",
        })
    }
}

impl std::error::Error for ConfigError {}
