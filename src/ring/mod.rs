//! Placement: which server a key belongs to, exactly as pecl/memcache decides it.
//!
//! A [`Ring`] knows servers by their number in order of addition; health and time are the pool's
//! business. Source: pecl/memcache 8.2, `vectors/hash-servers.tsv`, `ring-n3.tsv`, `buckets.tsv`.

mod consistent;
mod standard;

use crate::hash::HashFn;
pub use crate::options::Strategy;

/// One server as placement sees it.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    /// The host argument, byte for byte: `localhost` and `127.0.0.1` are different places.
    pub host: &'a [u8],
    /// The TCP port, 0 for unix sockets.
    pub port: u32,
    /// 1 to [`crate::options::MAX_WEIGHT`].
    pub weight: u32,
}

/// Maps keys to servers. Built once for a list of servers; looking up does not allocate.
#[derive(Debug, Clone)]
pub struct Ring {
    hash: HashFn,
    table: Table,
}

#[derive(Debug, Clone)]
enum Table {
    /// One server or none: no hashing at all.
    Single,
    Standard(standard::Buckets),
    Consistent(consistent::Slots),
}

impl Ring {
    /// The ring of `nodes` in order of addition.
    pub fn build<'a>(
        strategy: Strategy,
        hash: HashFn,
        nodes: impl ExactSizeIterator<Item = Node<'a>>,
    ) -> Ring {
        let table = match strategy {
            _ if nodes.len() < 2 => Table::Single,
            Strategy::Standard => Table::Standard(standard::Buckets::build(nodes)),
            Strategy::Consistent => Table::Consistent(consistent::Slots::build(hash, nodes)),
        };
        Ring { hash, table }
    }

    /// The number of the server that `key` (finished, prefix included) belongs to.
    pub fn pick(&self, key: &[u8]) -> usize {
        match &self.table {
            Table::Single => 0,
            Table::Standard(buckets) => buckets.pick(self.hash.hash(key)),
            Table::Consistent(slots) => slots.pick(self.hash.hash(key)),
        }
    }
}
