//! The 32-bit hash functions that place keys, by the names PHP's settings use.

mod crc32;
mod fnv;

pub use crc32::crc32;
pub use fnv::fnv1a_signed;

/// A placement hash (`memcache.hash_function`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HashFn {
    /// CRC-32 as in zlib. The default.
    #[default]
    Crc32,
    /// FNV-1a over signed bytes.
    Fnv,
}

impl HashFn {
    /// The hash of `bytes`.
    pub fn hash(self, bytes: &[u8]) -> u32 {
        match self {
            HashFn::Crc32 => crc32(bytes),
            HashFn::Fnv => fnv1a_signed(bytes),
        }
    }

    /// Reads the name of a function: `crc32` or `fnv`, in any case.
    pub fn from_name(name: &str) -> Option<HashFn> {
        [HashFn::Crc32, HashFn::Fnv]
            .into_iter()
            .find(|f| f.name().eq_ignore_ascii_case(name))
    }

    /// The name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            HashFn::Crc32 => "crc32",
            HashFn::Fnv => "fnv",
        }
    }
}
