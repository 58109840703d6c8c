//! The order of probes against recorded rows: which servers copies and sessions go to is decided
//! by the same steps as failover.

use super::*;
use crate::hash::HashFn;
use crate::options::Strategy;
use crate::ring::Node;

fn ring(strategy: &str, hash: &str) -> Ring {
    let nodes = (0..5).map(|i| Node {
        host: b"127.0.0.1",
        port: 21101 + i,
        weight: 1,
    });
    Ring::build(
        Strategy::from_name(strategy).unwrap(),
        HashFn::from_name(hash).unwrap(),
        nodes,
    )
}

/// Servers in probe order behind `places`, until there are `count` or, unless they may `repeat`,
/// the probes find no new one.
fn probed(
    ring: &Ring,
    key: &[u8],
    mut places: Vec<usize>,
    count: usize,
    repeat: bool,
) -> Vec<usize> {
    let mut probe = Probe {
        taken: places.clone(),
        next: 0,
    };
    while places.len() < count {
        let server = probe.step(ring, key, Failover::default());
        if !repeat && places.contains(&server) {
            break;
        }
        probe.taken.push(server);
        places.push(server);
    }
    places
}

fn servers(cell: &str) -> Vec<usize> {
    cell.split(',').map(|s| s.parse().unwrap()).collect()
}

#[test]
fn copies_go_where_they_were_recorded() {
    let rows = include_str!("../../tests/ring/redundancy.tsv")
        .lines()
        .skip(1);
    let mut count = 0;
    for row in rows.map(|line| line.split('\t').collect::<Vec<_>>()) {
        let ring = ring(row[0], row[1]);
        let hex = |i: usize| u8::from_str_radix(&row[3][i..i + 2], 16).unwrap();
        let key: Vec<u8> = (0..row[3].len()).step_by(2).map(hex).collect();
        let first = ring.pick(&key);
        let copies = probed(
            &ring,
            &key,
            vec![first],
            row[2].parse::<usize>().unwrap().min(5),
            true,
        );
        assert_eq!(copies, servers(row[4]), "{row:?}");
        count += 1;
    }
    assert!(count > 100, "{count} rows");
}

#[test]
fn sessions_go_where_they_were_recorded() {
    let rows = include_str!("../../tests/ring/session-servers.tsv")
        .lines()
        .skip(1);
    let mut count = 0;
    for row in rows.map(|line| line.split('\t').collect::<Vec<_>>()) {
        let ring = ring(row[0], row[1]);
        let places = probed(
            &ring,
            row[3].as_bytes(),
            Vec::new(),
            row[2].parse().unwrap(),
            false,
        );
        assert_eq!(places, servers(row[4]), "{row:?}");
        count += 1;
    }
    assert!(count > 100, "{count} rows");
}
