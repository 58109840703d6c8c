use super::Node;

/// Each server in order of addition, `weight` times in a row; kept as running totals, so that a
/// large weight costs nothing.
#[derive(Debug, Clone)]
pub(super) struct Buckets {
    /// `ends[i]` is the first bucket after those of server `i`.
    ends: Vec<u64>,
}

impl Buckets {
    pub(super) fn build<'a>(nodes: impl Iterator<Item = Node<'a>>) -> Buckets {
        let ends = nodes.scan(0, |end, node| {
            *end += u64::from(node.weight);
            Some(*end)
        });
        Buckets {
            ends: ends.collect(),
        }
    }

    pub(super) fn pick(&self, hash: u32) -> usize {
        let h = u64::from((hash >> 16) & 0x7fff).max(1);
        let total = self.ends.last().copied().unwrap_or(1).max(1);
        self.ends.partition_point(|&end| end <= h % total)
    }
}
