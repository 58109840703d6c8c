//! The client flags of pecl/memcache, 32 bits, the same in both protocols.
//!
//! Source: pecl/memcache 8.2, `vectors/values-write.tsv`, `values-read.tsv`.

/// The value went through PHP's `serialize()`; wins over the type bits.
pub const SERIALIZED: u32 = 0x1;
/// The bytes are a zlib stream of the value.
pub const COMPRESSED: u32 = 0x2;
/// Where the type of a value that is not serialized stands; all zero: a string.
pub const TYPE_MASK: u32 = 0x0f00;
/// `1` or `0`.
pub const TYPE_BOOL: u32 = 0x0100;
/// A decimal number.
pub const TYPE_INT: u32 = 0x0300;
/// A number as C's `%.14g` prints it.
pub const TYPE_FLOAT: u32 = 0x0700;
/// Bits that belong to the application (`MEMCACHE_USER1` to `4` are the lowest four).
pub const USER_MASK: u32 = 0xffff_0000;
