use std::io::Write;

use super::Node;
use crate::hash::HashFn;

/// Points a unit of weight.
const POINTS: u64 = 160;
const SLOTS: usize = 1024;
/// Distance between slots: floor((2^32 - 1) / 1024), one less than one would expect.
const STEP: u32 = u32::MAX / SLOTS as u32;

/// Slot `j` belongs to the server of the first point at or after `j * STEP`.
#[derive(Debug, Clone)]
pub(super) struct Slots(Box<[u32; SLOTS]>);

impl Slots {
    /// Instead of sorting all points and searching them for every slot, keeps the first point of
    /// each stretch between two slots and then lets empty stretches take over from the next one:
    /// the same table in linear time and constant memory.
    pub(super) fn build<'a>(hash: HashFn, nodes: impl Iterator<Item = Node<'a>>) -> Slots {
        // (point, server); the last stretch is the bit beyond the last slot.
        let mut first = [None::<(u32, u32)>; SLOTS + 1];
        let mut text = Vec::with_capacity(64);
        for (server, node) in nodes.enumerate() {
            text.clear();
            text.extend_from_slice(node.host);
            // Writing to a Vec cannot fail.
            let _ = write!(text, ":{}-", node.port);
            let stem = text.len();
            for i in 0..u64::from(node.weight) * POINTS {
                text.truncate(stem);
                let _ = write!(text, "{i}");
                let point = hash.hash(&text);
                let stretch = &mut first[(point / STEP) as usize];
                // Of equal points the one added first counts.
                if stretch.is_none_or(|(best, _)| point < best) {
                    *stretch = Some((point, server as u32));
                }
            }
        }
        // Past the last point the circle closes at the very first one.
        let mut next = first
            .iter()
            .flatten()
            .next()
            .map_or(0, |&(_, server)| server);
        let mut slots = Box::new([0; SLOTS]);
        for j in (0..=SLOTS).rev() {
            if let Some((_, server)) = first[j] {
                next = server;
            }
            if j < SLOTS {
                slots[j] = next;
            }
        }
        Slots(slots)
    }

    pub(super) fn pick(&self, hash: u32) -> usize {
        self.0[hash as usize % SLOTS] as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, word for word: sort all points, search them for every slot.
    fn by_definition(hash: HashFn, nodes: &[Node<'_>]) -> Vec<usize> {
        let mut points = Vec::new();
        for (server, node) in nodes.iter().enumerate() {
            for i in 0..u64::from(node.weight) * POINTS {
                let mut text = node.host.to_vec();
                text.extend_from_slice(format!(":{}-{i}", node.port).as_bytes());
                points.push((hash.hash(&text), server));
            }
        }
        points.sort_by_key(|&(point, _)| point);
        let at = |j: u32| points.partition_point(|&(point, _)| point < j * STEP);
        (0..SLOTS as u32)
            .map(|j| points[at(j) % points.len()].1)
            .collect()
    }

    #[test]
    fn the_table_is_the_one_of_the_definition() {
        let node = |host: &'static str, weight| Node {
            host: host.as_bytes(),
            port: 11211,
            weight,
        };
        for nodes in [
            vec![node("a", 1), node("b", 1)],
            vec![node("a", 1), node("b", 5), node("c", 30)],
            vec![node("same", 2), node("same", 3)],
            vec![node("", 1), node("x", 1)],
        ] {
            for hash in [HashFn::Crc32, HashFn::Fnv] {
                let slots = Slots::build(hash, nodes.iter().copied());
                let ours: Vec<_> = slots.0.iter().map(|&s| s as usize).collect();
                assert_eq!(ours, by_definition(hash, &nodes));
            }
        }
    }
}
