//! What a stored value's flag bits mean to pecl/memcache's clients, and its compression.
//!
//! How PHP values become bytes is the extension's business; the bits they agree on are in
//! [`flags`], the zlib rules in [`compress`].

pub mod compress;
pub mod flags;
