//! Several clients at once on several threads, with the same few keys, while memory is short. `make
//! tsan` runs it on a server that is watched for data races.

mod common;

use std::thread;

use common::{ours, stat_of};
use mcrs_testkit::{Raw, Server};

const CLIENTS: u64 = 4;
const ROUNDS: usize = 200;
/// Requests sent together, and answered in that order.
const TOGETHER: usize = 20;
const KEYS: u64 = 2_000;

/// Pseudo-random numbers of a seed (xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// A value that shows whose it is, whole or not: the key over and over.
fn value(key: u64, len: usize) -> String {
    let mut value = format!("{key:04},").repeat(len / 5 + 1);
    value.truncate(len);
    value
}

/// Reads the answer to any of the requests. A value is looked at.
fn read_answer(raw: &mut Raw, key: u64) {
    let line = raw.read_line();
    let Some(head) = line.strip_prefix("VALUE ") else {
        let known = [
            "END",
            "STORED",
            "NOT_STORED",
            "DELETED",
            "NOT_FOUND",
            "TOUCHED",
            "EN",
            "HD",
            "NF",
            "OK",
        ];
        let started = [
            "SERVER_ERROR out of memory",
            "BUSY ",
            "BADCLASS ",
            "NOSPARE ",
            "SAME ",
            "HD ",
        ];
        let fine = known.contains(&&*line) || started.iter().any(|start| line.starts_with(start));
        assert!(fine, "{line}");
        return;
    };
    let len: usize = head
        .rsplit(' ')
        .next()
        .and_then(|len| len.parse().ok())
        .expect("a length");
    let data = raw.read_exactly(len);
    assert_eq!(
        data,
        value(key, len).into_bytes(),
        "of another key, or torn"
    );
    assert_eq!(raw.read_exactly(7), b"\r\nEND\r\n");
}

fn converse(mut raw: Raw, seed: u64) {
    let mut random = Random(seed);
    for round in 0..ROUNDS {
        let mut requests = String::new();
        let keys: Vec<u64> = (0..TOGETHER).map(|_| random.below(KEYS)).collect();
        for key in &keys {
            // Short ones are stored and shown in place, the longest are in several chunks.
            let len = [20, 90, 700, 6_000, 40_000][random.below(20).saturating_sub(15) as usize];
            let len = len + random.below(40) as usize;
            requests += &match random.below(12) {
                0..4 => format!("get k{key}\r\n"),
                4..9 => format!("set k{key} 0 0 {len}\r\n{}\r\n", value(*key, len)),
                9 => format!("delete k{key}\r\n"),
                10 => format!("mg k{key} t h\r\n"),
                _ => format!("gat {} k{key}\r\n", random.below(2) * 100),
            };
        }
        raw.send(requests);
        for key in keys {
            read_answer(&mut raw, key);
        }
        match (round + seed as usize) % 60 {
            0 => raw.send("slabs reassign -1 1\r\n"),
            15 => raw.send("lru_crawler crawl all\r\n"),
            45 => raw.send("flush_all\r\n"),
            30 => {
                assert_eq!(stat_of(&mut raw, "threads"), 4);
                continue;
            }
            _ => continue,
        }
        read_answer(&mut raw, 0);
    }
}

#[test]
fn clients_at_once_get_their_own_answers() {
    let server = Server::start(&ours(), &["-t", "4", "-m", "2"]);
    let mut watcher = server.connect();
    watcher.ask("watch evictions mutations sysevents\r\n", "OK\r\n");
    thread::scope(|scope| {
        for client in 1..=CLIENTS {
            let raw = server.connect();
            scope.spawn(move || converse(raw, client * 0x9e37_79b9));
        }
    });
    watcher.read_until("\n");
    let mut raw = server.connect();
    assert!(stat_of(&mut raw, "evictions") > 0);
}
