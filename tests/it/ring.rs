//! Placement against every recorded row. Columns are described in `tests/ring/README.md`.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mcrs::error::ErrorKind;
use mcrs::hash::HashFn;
use mcrs::options::Strategy;
use mcrs::pool::{
    Address, Batch, Event, Failover, Failure, Pool, Retry, Server, ServerOptions, store_head,
};
use mcrs::ring::{Node, Ring};
use serde_json::Value;

fn file(path: &str) -> String {
    let path = mcrs_testkit::workspace().join("tests").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The rows of a table below its header; lines that start with `#` are remarks.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines = text.lines().filter(|line| !line.starts_with('#')).skip(1);
    lines.map(|line| line.split('\t').collect())
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap())
        .collect()
}

fn digit(c: char) -> usize {
    c.to_digit(36).unwrap() as usize
}

fn hash(name: &str) -> HashFn {
    HashFn::from_name(name).unwrap()
}

/// A recorded pool.
struct Recorded {
    name: String,
    /// Host, port, weight.
    servers: Vec<(String, u32, u32)>,
    down: Vec<usize>,
    failover: Failover,
}

fn recorded_pools() -> Vec<Recorded> {
    let json: Value = serde_json::from_str(&file("php/vectors/hash-pools.json")).unwrap();
    let number = |v: &Value| v.as_u64().unwrap() as u32;
    let pool = |v: &Value| Recorded {
        name: v["name"].as_str().unwrap().to_owned(),
        servers: v["servers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| {
                (
                    s[0].as_str().unwrap().to_owned(),
                    number(&s[1]),
                    number(&s[2]),
                )
            })
            .collect(),
        down: v["down"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|d| number(d) as usize)
            .collect(),
        failover: Failover {
            allowed: v["failover"].as_u64() != Some(0),
            max_attempts: v["attempts"].as_u64().unwrap_or(20) as u32,
        },
    };
    json["pools"].as_array().unwrap().iter().map(pool).collect()
}

impl Recorded {
    fn build(&self, strategy: Strategy, hash: HashFn) -> Pool<()> {
        let mut pool = Pool::new(strategy, hash);
        pool.set_failover(self.failover);
        for (i, (host, port, weight)) in self.servers.iter().enumerate() {
            let down = self.down.contains(&i);
            let retry = if down {
                Retry::Never
            } else {
                ServerOptions::default().retry
            };
            let options = ServerOptions {
                up: !down,
                retry,
                ..ServerOptions::default()
            };
            let address = Address {
                host: host.clone().into_bytes(),
                tcp_port: *port,
                udp_port: 0,
            };
            pool.add(Arc::new(Mutex::new(Server::new(address, options))), *weight);
        }
        pool
    }
}

#[test]
fn hashes_have_the_recorded_values() {
    let text = file("ring/hash-values.tsv");
    let mut count = 0;
    for row in rows(&text) {
        let bytes = unhex(row[0]);
        assert_eq!(format!("{:08x}", HashFn::Crc32.hash(&bytes)), row[1]);
        assert_eq!(format!("{:08x}", HashFn::Fnv.hash(&bytes)), row[2]);
        count += 1;
    }
    assert_eq!(count, 99);
}

#[test]
fn points_lie_where_they_were_recorded() {
    for name in ["crc32", "fnv"] {
        let text = file("ring/ring-n3.tsv");
        let recorded: Vec<_> = rows(&text)
            .filter(|row| row[0] == name)
            .map(|row| {
                (
                    u32::from_str_radix(row[1], 16).unwrap(),
                    digit(row[2].chars().next().unwrap()),
                )
            })
            .collect();
        let mut points = Vec::new();
        for server in 0..3 {
            for i in 0..160 {
                let text = format!("127.0.0.1:{}-{i}", 11211 + server);
                points.push((hash(name).hash(text.as_bytes()), server));
            }
        }
        points.sort_by_key(|&(point, _)| point);
        assert_eq!(points, recorded, "{name}");
    }
}

#[test]
fn slots_belong_to_the_recorded_servers() {
    let text = file("ring/buckets.tsv");
    let pools = recorded_pools();
    let mut count = 0;
    for row in rows(&text) {
        let pool = pools
            .iter()
            .find(|p| p.name == row[0])
            .expect("a recorded pool");
        let hash = hash(row[1]);
        let nodes = pool.servers.iter().map(|(host, port, weight)| Node {
            host: host.as_bytes(),
            port: *port,
            weight: *weight,
        });
        let ring = Ring::build(Strategy::Consistent, hash, nodes);
        // Keys whose hashes fall into every slot.
        let mut seen = vec![None; 1024];
        let mut i = 0u32;
        while seen.iter().any(Option::is_none) {
            let key = format!("key{i}");
            seen[hash.hash(key.as_bytes()) as usize % 1024] = Some(ring.pick(key.as_bytes()));
            i += 1;
        }
        let slots: Vec<_> = row[2].chars().map(|c| Some(digit(c))).collect();
        assert_eq!(seen, slots, "{} {}", row[0], row[1]);
        count += 1;
    }
    assert!(count > 20, "{count} rows");
}

#[test]
fn keys_go_to_the_recorded_servers() {
    let text = file("php/vectors/hash-servers.tsv");
    let combos = [
        (Strategy::Standard, HashFn::Crc32),
        (Strategy::Standard, HashFn::Fnv),
        (Strategy::Consistent, HashFn::Crc32),
        (Strategy::Consistent, HashFn::Fnv),
    ];
    let recorded = recorded_pools();
    let mut pools: Vec<Vec<Pool<()>>> = combos
        .iter()
        .map(|&(s, h)| recorded.iter().map(|p| p.build(s, h)).collect())
        .collect();
    let now = Instant::now();
    let mut checked = 0;
    for row in rows(&text) {
        let given = unhex(row[0]);
        let mut key = Vec::new();
        assert!(mcrs::codec::key::fix_up(&mut key, b"", &given));
        if !row[1].is_empty() {
            assert_eq!(key, unhex(row[1]), "wire key of {}", row[0]);
        }
        for (pools, cell) in pools.iter_mut().zip(&row[2..]) {
            for (pool, server) in pools.iter_mut().zip(cell.chars()) {
                assert_eq!(pool.choose(&key, now), Some(digit(server)), "{row:?}");
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 2116 * 4 * 17);
}

/// The servers that a `set` tries when each refuses the connection.
fn tried(pool: &mut Pool<()>, key: &[u8]) -> Vec<usize> {
    let now = Instant::now();
    let (mut batch, mut events) = (Batch::default(), Vec::new());
    batch.store(store_head(mcrs::client::StoreVerb::Set, key, 0, 0, 0), b"v");
    let mut exchange = pool.start(&mut batch, &mut events, now);
    while !exchange.is_done() {
        let slot = (0..exchange.slots())
            .find(|&s| exchange.wants_connect(s))
            .expect("progress");
        exchange.handle_connect_error(slot, Failure::new(ErrorKind::Connect, "refused"), now);
    }
    drop(exchange);
    let port = |event: &Event| match event {
        Event::ServerFailed { server, .. } => (server.tcp_port - 21101) as usize,
        other => panic!("{other:?}"),
    };
    events.iter().map(port).collect()
}

#[test]
fn servers_that_refuse_are_tried_in_the_recorded_order() {
    let text = file("php/vectors/failover-order.tsv");
    let mut count = 0;
    for row in rows(&text) {
        let servers: u32 = row[2].parse().unwrap();
        let mut pool = Pool::new(Strategy::from_name(row[0]).unwrap(), hash(row[1]));
        for i in 0..servers {
            let address = Address {
                host: b"127.0.0.1".to_vec(),
                tcp_port: 21101 + i,
                udp_port: 0,
            };
            let retry = Retry::After(Duration::from_secs(15));
            let options = ServerOptions {
                retry,
                ..ServerOptions::default()
            };
            pool.add(Arc::new(Mutex::new(Server::new(address, options))), 1);
        }
        let order: Vec<usize> = row[4].split(',').map(|s| s.parse().unwrap()).collect();
        let mut key = Vec::new();
        assert!(mcrs::codec::key::fix_up(&mut key, b"", &unhex(row[3])));
        assert_eq!(tried(&mut pool, &key), order, "{row:?}");
        count += 1;
    }
    assert!(count > 500, "{count} rows");
}
