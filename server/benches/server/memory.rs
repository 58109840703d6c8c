//! What items and connections cost in process memory.

use std::fs;
use std::net::TcpStream;

use mcrs_testkit::{Program, Server};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Idle connections.
pub(crate) const IDLE: u64 = 20_000;

/// Descriptors kept for other uses.
const SPARE: u64 = 200;

/// Bytes of process memory per item, filled with items of one size until it evicts. All the process
/// has resident counts, its program and libraries too: so memcached 1.6.18 comes to the 133, 212 and
/// 650 bytes that the bars were set by.
pub(crate) fn per_item(program: &Program, key_len: usize, value_len: usize) -> f64 {
    let server = Server::start(program, &["-t", "1", "-m", "64"]);
    let mut raw = server.connect();
    let value = "v".repeat(value_len);
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
            return resident(server.pid()) as f64 / figure(&stats, "curr_items") as f64;
        }
    }
    unreachable!("the loop ends when memory is full")
}

/// As many connections as descriptors allow, at most [`IDLE`]: the limit is raised if it may be.
pub(crate) fn idle_connections() -> u64 {
    let wanted = IDLE + SPARE;
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return 0;
    };
    // The servers inherit it. Above the hard limit only root may go.
    let raised = soft >= wanted
        || setrlimit(Resource::RLIMIT_NOFILE, wanted, hard.max(wanted)).is_ok()
        || setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok();
    let limit = getrlimit(Resource::RLIMIT_NOFILE).map_or(soft, |(soft, _)| soft);
    if raised { limit - SPARE } else { soft - SPARE }.min(IDLE)
}

/// Bytes of process memory per connection that has had an answer and waits, one of `count`.
pub(crate) fn per_connection(program: &Program, count: u64) -> f64 {
    let limit = (count + SPARE / 2).to_string();
    let server = Server::start(program, &["-t", "1", "-m", "64", "-c", &limit]);
    let ask = |client: &mut TcpStream| {
        use std::io::{Read, Write};
        let mut reply = [0; 5];
        client.write_all(b"get k\r\n").expect("the server reads");
        client.read_exact(&mut reply).expect("the server answers");
        assert_eq!(&reply, b"END\r\n");
    };
    let connect = || {
        let mut client =
            TcpStream::connect(("127.0.0.1", server.port())).expect("the server accepts");
        ask(&mut client);
        client
    };
    // What the first ones cost once and for all is not theirs.
    let _first: Vec<TcpStream> = (0..10).map(|_| connect()).collect();
    let before = resident(server.pid());
    let clients: Vec<TcpStream> = (0..count - 10).map(|_| connect()).collect();
    let grown = resident(server.pid()).saturating_sub(before);
    drop(clients);
    grown as f64 / (count - 10) as f64
}

/// A line of `stats`.
fn figure(text: &str, name: &str) -> u64 {
    let start = format!("STAT {name} ");
    let line = text.lines().find_map(|line| line.strip_prefix(&start));
    line.and_then(|line| line.trim().parse().ok())
        .expect("a figure")
}

/// Bytes of memory a process has resident.
fn resident(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).expect("it lives");
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kb = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kb.expect("VmRSS in kB") * 1024
}
