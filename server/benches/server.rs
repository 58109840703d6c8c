//! What an operation costs the server process, ours beside stock memcached: CPU time per operation
//! and memory per item.
//!
//! CPU time is what the kernel charged the server's threads; the client's own is not in it. One
//! worker each, 50 connections, loopback. Rounds of the two servers alternate, so that a noisy
//! machine is noisy to both; figures are medians. `MCRS_BENCH_ROUNDS` sets their number (default 7).
//!
//! Run by `cargo bench -p mcrsd --bench server`.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use mcrs_testkit::{Program, Server};

const CONNECTIONS: usize = 50;

/// Operations of one measurement, about.
const OPERATIONS: usize = 40_000;

/// A kind of work: what is sent at once on a connection, and how long the replies to it are.
struct Work {
    name: &'static str,
    /// How many operations one batch counts as.
    operations: usize,
    request: Vec<u8>,
    reply_len: usize,
}

fn works() -> Vec<Work> {
    let get = |key: &str| format!("get {key}\r\n").into_bytes();
    let hit = |key: &str, len: usize| {
        let head = format!("VALUE {key} 0 {len}\r\n");
        head.len() + len + "\r\nEND\r\n".len()
    };
    let set = [
        &b"set key-of-the-bench 0 0 100\r\n"[..],
        &[b'v'; 100],
        b"\r\n",
    ]
    .concat();
    let key = "key-of-the-bench";
    let many: Vec<String> = (0..24)
        .map(|n| format!("key-of-the-bench-{n:02}"))
        .collect();
    let many_len = many
        .iter()
        .map(|key| hit(key, 100) - "END\r\n".len())
        .sum::<usize>();
    vec![
        Work {
            name: "get, 1 deep",
            operations: 1,
            request: get(key),
            reply_len: hit(key, 100),
        },
        Work {
            name: "get, 16 deep",
            operations: 16,
            request: get(key).repeat(16),
            reply_len: hit(key, 100) * 16,
        },
        Work {
            name: "set, 1 deep",
            operations: 1,
            request: set.clone(),
            reply_len: 8,
        },
        Work {
            name: "set, 16 deep",
            operations: 16,
            request: set.repeat(16),
            reply_len: 8 * 16,
        },
        Work {
            name: "get of 24 keys, per key",
            operations: 24,
            request: get(&many.join(" ")),
            reply_len: many_len + "END\r\n".len(),
        },
        Work {
            name: "get of 4 KB",
            operations: 1,
            request: get("four-kilobytes"),
            reply_len: hit("four-kilobytes", 4096),
        },
        Work {
            name: "get of 100 KB",
            operations: 1,
            request: get("hundred-kilobytes"),
            reply_len: hit("hundred-kilobytes", 102_400),
        },
    ]
}

/// One server and its connections.
struct Rig {
    server: Server,
    clients: Vec<TcpStream>,
}

impl Rig {
    fn start(program: &Program) -> Rig {
        let server = Server::start(program, &["-t", "1", "-m", "64"]);
        let clients = (0..CONNECTIONS).map(|_| connect(&server)).collect();
        let rig = Rig { server, clients };
        let store = |key: &str, len: usize| {
            let text = format!("set {key} 0 0 {len}\r\n{}\r\n", "v".repeat(len));
            let mut raw = rig.server.connect();
            raw.ask(text, "STORED\r\n");
        };
        store("key-of-the-bench", 100);
        (0..24).for_each(|n| store(&format!("key-of-the-bench-{n:02}"), 100));
        store("four-kilobytes", 4096);
        store("hundred-kilobytes", 102_400);
        rig
    }

    /// Nanoseconds of CPU time per operation.
    fn measure(&mut self, work: &Work) -> f64 {
        let batches = (OPERATIONS / work.operations / CONNECTIONS).max(20);
        let mut reply = vec![0; work.reply_len];
        let before = cpu_ns(self.server.pid());
        for _ in 0..batches {
            for client in &mut self.clients {
                client.write_all(&work.request).expect("the server reads");
            }
            for client in &mut self.clients {
                client.read_exact(&mut reply).expect("the server answers");
            }
            assert!(reply.ends_with(b"\r\n"), "{}", work.name);
        }
        let spent = cpu_ns(self.server.pid()) - before;
        spent as f64 / (batches * CONNECTIONS * work.operations) as f64
    }
}

fn connect(server: &Server) -> TcpStream {
    let client = TcpStream::connect(("127.0.0.1", server.port())).expect("it accepts");
    client.set_nodelay(true).expect("TCP_NODELAY");
    client
}

/// CPU time of all threads of a process. Source: Linux Documentation/scheduler/sched-stats.rst:
/// the first figure is nanoseconds on a CPU.
fn cpu_ns(pid: u32) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("it lives");
    tasks
        .flatten()
        .map(|task| {
            let text = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            let first = text.split_whitespace().next();
            first.and_then(|n| n.parse::<u64>().ok()).unwrap_or(0)
        })
        .sum()
}

/// Bytes of memory a process has resident.
fn resident(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).expect("it lives");
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kb = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kb.expect("VmRSS in kB") * 1024
}

/// Bytes of process memory per item, filled with items of one size until it evicts.
fn memory_per_item(program: &Program, key_len: usize, value_len: usize) -> f64 {
    let server = Server::start(program, &["-t", "1", "-m", "64"]);
    let before = resident(server.pid());
    let mut raw = server.connect();
    let value = "v".repeat(value_len);
    let figure = |text: &str, name: &str| -> u64 {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(&format!("STAT {name} ")));
        line.and_then(|line| line.trim().parse().ok())
            .expect("a figure")
    };
    for batch in 0.. {
        let mut text = String::new();
        for index in 0..1000 {
            let key = format!("{:0>key_len$}", batch * 1000 + index);
            text.push_str(&format!("set {key} 0 0 {value_len} noreply\r\n{value}\r\n"));
        }
        raw.send(text);
        if batch % 10 != 0 {
            continue;
        }
        raw.send("stats\r\n");
        let stats = String::from_utf8_lossy(&raw.read_until("END\r\n")).into_owned();
        if figure(&stats, "evictions") > 0 {
            let grown = resident(server.pid()).saturating_sub(before);
            return grown as f64 / figure(&stats, "curr_items") as f64;
        }
    }
    unreachable!("the loop ends when memory is full")
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn main() {
    let rounds = std::env::var("MCRS_BENCH_ROUNDS").ok();
    let rounds: usize = rounds.and_then(|n| n.parse().ok()).unwrap_or(7).max(1);
    let ours = Program::at(env!("CARGO_BIN_EXE_mcrsd")).expect("cargo built it");
    let stock = match Program::memcached() {
        Ok(stock) => stock,
        Err(missing) => return println!("nothing to compare with: {missing}"),
    };
    println!(
        "server CPU per operation, ns: median of {rounds} rounds, -t 1, {CONNECTIONS} connections"
    );
    println!("{:<28}{:>9}{:>12}{:>8}", "", "mcrsd", "memcached", "ratio");
    let works = works();
    let mut rigs = [Rig::start(&ours), Rig::start(&stock)];
    for work in &works {
        let mut figures = [Vec::new(), Vec::new()];
        for rig in &mut rigs {
            rig.measure(work);
        }
        for _ in 0..rounds {
            for (rig, figures) in rigs.iter_mut().zip(&mut figures) {
                figures.push(rig.measure(work));
            }
        }
        let [ours, stock] = figures.map(median);
        println!(
            "{:<28}{ours:>9.0}{stock:>12.0}{:>8.2}",
            work.name,
            ours / stock
        );
    }
    drop(rigs);
    println!("\nprocess memory per item, bytes: -m 64, filled until it evicts");
    for (key, value) in [(16, 32), (20, 100), (30, 500)] {
        let (a, b) = (
            memory_per_item(&ours, key, value),
            memory_per_item(&stock, key, value),
        );
        let name = format!("key {key} + value {value}");
        println!("{name:<28}{a:>9.0}{b:>12.0}{:>8.2}", a / b);
    }
}
