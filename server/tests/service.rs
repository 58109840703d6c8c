//! What clients get from a running server, and what they cannot do to it.

mod common;

use common::{ours, stat_of};
use mcrs_testkit::{Server, wait_until};

/// One figure of `stats`.
fn stat(server: &Server, name: &str) -> u64 {
    stat_of(&mut server.connect(), name)
}

#[test]
fn memory_stays_near_its_limit_under_load() {
    let server = Server::start(&ours(), &["-m", "16", "-t", "1"]);
    let before = server.resident_kb();
    let mut raw = server.connect();
    let value = "v".repeat(900);
    // 64 MB into 16 MB.
    for batch in 0..70 {
        let mut text = String::new();
        for index in 0..1000 {
            text.push_str(&format!(
                "set key-{batch}-{index} 0 0 900 noreply\r\n{value}\r\n"
            ));
        }
        text.push_str("version\r\n");
        raw.ask(text, "VERSION 1.6.45\r\n");
    }
    let grown = server.resident_kb().saturating_sub(before);
    assert!(grown < 24 * 1024, "{grown} kB for 16 MB of items");
    assert!(stat(&server, "evictions") > 10_000);
    assert!(stat(&server, "bytes") <= 16 << 20);
    assert_eq!(stat(&server, "limit_maxbytes"), 16 << 20);
}

#[test]
fn a_lowered_memory_limit_gives_pages_back() {
    let server = Server::start(&ours(), &["-m", "32", "-t", "1"]);
    let mut raw = server.connect();
    let value = "v".repeat(900);
    for index in 0..40_000 {
        raw.send(format!("set {index} 0 0 900 noreply\r\n{value}\r\n"));
    }
    raw.ask("version\r\n", "VERSION 1.6.45\r\n");
    let malloced = || {
        let mut raw = server.connect();
        raw.send("stats slabs\r\n");
        let text = String::from_utf8_lossy(&raw.read_until("END\r\n")).into_owned();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("STAT total_malloced "));
        line.expect("a figure")
            .trim()
            .parse::<u64>()
            .expect("a number")
    };
    assert!(malloced() > 30 << 20, "{}", malloced());
    raw.ask("cache_memlimit 8\r\n", "OK\r\n");
    assert_eq!(stat(&server, "limit_maxbytes"), 8 << 20);
    // A page more for a class that had none is memcached's allowance.
    wait_until("pages to go", || malloced() <= 10 << 20);
    assert!(stat(&server, "slabs_moved") > 0);
}

#[test]
fn without_evictions_a_full_memory_refuses() {
    let server = Server::start(&ours(), &["-m", "8", "-M", "-t", "1"]);
    let mut raw = server.connect();
    let value = "v".repeat(100_000);
    let full = (0..1000).any(|index| {
        raw.send(format!("set key-{index} 0 0 100000\r\n{value}\r\n"));
        match raw.read_line().as_str() {
            "STORED" => false,
            "SERVER_ERROR out of memory storing object" => true,
            other => panic!("{other}"),
        }
    });
    assert!(full, "100 MB went into 8 MB");
    // A value in several chunks may find out only on its way; the stream stays in step.
    // (The first may be lucky: a class without memory is given a page even above the limit.)
    let big = "b".repeat(900_000);
    let refused = (0..8).any(|index| {
        raw.send(format!(
            "set big-{index} 0 0 900000\r\n{big}\r\nversion\r\n"
        ));
        let reply = raw.read_line();
        raw.expect("VERSION 1.6.45\r\n");
        match reply.as_str() {
            "STORED" => false,
            "SERVER_ERROR Out of memory during read"
            | "SERVER_ERROR out of memory storing object" => true,
            other => panic!("{other}"),
        }
    });
    assert!(refused, "values of 900 kB always found room");
    assert!(stat(&server, "store_no_memory") >= 1);
    assert_eq!(stat(&server, "evictions"), 0);
    raw.ask("delete key-0\r\n", "DELETED\r\n");
    raw.send(format!("set key-new 0 0 100000\r\n{value}\r\n"));
    assert_eq!(raw.read_line(), "STORED");
}

/// Lets this process open more than the 1024 files that a login gives it.
fn allow_many_files() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    setrlimit(Resource::RLIMIT_NOFILE, most, most).expect("up to the hard limit");
}

#[test]
fn idle_connections_cost_little() {
    allow_many_files();
    let server = Server::start(&ours(), &["-t", "1", "-c", "2000"]);
    let mut clients: Vec<_> = (0..100).map(|_| server.connect()).collect();
    let ask = |client: &mut mcrs_testkit::Raw| client.ask("get a\r\n", "END\r\n");
    clients.iter_mut().for_each(ask);
    let before = server.resident_kb();
    let mut more: Vec<_> = (0..1000).map(|_| server.connect()).collect();
    more.iter_mut().for_each(ask);
    let each = (server.resident_kb().saturating_sub(before)) * 1024 / 1000;
    assert!(each < 2048, "{each} bytes for an idle connection");
}

#[test]
fn a_flush_in_the_future_happens_when_it_is_due() {
    let server = Server::start(&ours(), &[]);
    let mut raw = server.connect();
    raw.ask("set a 0 0 1\r\nx\r\nflush_all 2\r\n", "STORED\r\nOK\r\n");
    raw.ask("get a\r\n", "VALUE a 0 1\r\nx\r\nEND\r\n");
    wait_until("the flush", || {
        raw.send("get a\r\n");
        raw.read_until("END\r\n") == b"END\r\n"
    });
    raw.ask("set a 0 0 1\r\ny\r\n", "STORED\r\n");
    wait_until("the clock to pass the point", || {
        raw.ask("set b 0 1 1\r\nz\r\n", "STORED\r\n");
        raw.send("get a\r\n");
        let alive = raw.read_until("END\r\n") == b"VALUE a 0 1\r\ny\r\nEND\r\n";
        // Stored in the second that is flushed, it may have to be stored once more.
        if !alive {
            raw.ask("set a 0 0 1\r\ny\r\n", "STORED\r\n");
        }
        alive
    });
}

#[test]
fn items_expire() {
    // The crawler might find it first.
    let server = Server::start(&ours(), &["-o", "no_lru_crawler"]);
    let mut raw = server.connect();
    raw.ask("set a 0 1 1\r\nx\r\n", "STORED\r\n");
    wait_until("the item to expire", || {
        raw.send("get a\r\n");
        raw.read_until("END\r\n") == b"END\r\n"
    });
    assert_eq!(stat(&server, "get_expired"), 1);
    raw.ask("touch a 100\r\n", "NOT_FOUND\r\n");
}

#[test]
fn every_worker_serves() {
    for threads in ["1", "3", "16"] {
        let server = Server::start(&ours(), &["-t", threads]);
        assert_eq!(stat(&server, "threads").to_string(), threads);
        for _ in 0..20 {
            server.connect().ask("get a\r\n", "END\r\n");
        }
    }
}

#[test]
fn a_reader_half_way_through_an_old_value_gets_all_of_it() {
    let server = Server::start(&ours(), &["-t", "2"]);
    let old = "o".repeat(1_000_000);
    let mut slow = server.connect();
    slow.ask(format!("set k 0 0 1000000\r\n{old}\r\n"), "STORED\r\n");
    // More than the sockets hold, so most of it is still in the cache when the value changes.
    slow.send("get k k k k k k k k k k k k k k k k\r\n");
    assert_eq!(slow.read_line(), "VALUE k 0 1000000");
    server.connect().ask("set k 0 0 1\r\nn\r\n", "STORED\r\n");
    let mut got = slow.read_exactly(1_000_002);
    assert!(got == format!("{old}\r\n").as_bytes(), "the first value");
    let mut values = 1;
    loop {
        match slow.read_line().as_str() {
            "END" => break,
            "VALUE k 0 1000000" => {
                got = slow.read_exactly(1_000_002);
                assert!(got == format!("{old}\r\n").as_bytes(), "value {values}");
            }
            // Looked up after the change.
            "VALUE k 0 1" => assert_eq!(slow.read_line(), "n"),
            other => panic!("{other}"),
        }
        values += 1;
    }
    assert_eq!(values, 16);
}

#[test]
fn increments_of_many_clients_all_count() {
    let server = Server::start(&ours(), &["-t", "4"]);
    server.connect().ask("set n 0 0 1\r\n0\r\n", "STORED\r\n");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let mut raw = server.connect();
            scope.spawn(move || {
                for _ in 0..20 {
                    raw.send("incr n 1\r\n".repeat(100));
                    (0..100).for_each(|_| drop(raw.read_line()));
                }
            });
        }
    });
    server
        .connect()
        .ask("get n\r\n", "VALUE n 0 4\r\n8000\r\nEND\r\n");
}

#[test]
fn of_many_who_compare_and_store_one_wins_each_round() {
    let server = Server::start(&ours(), &["-t", "4"]);
    server.connect().ask("set c 0 0 1\r\n0\r\n", "STORED\r\n");
    let won: usize = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..4)
            .map(|_| {
                let mut raw = server.connect();
                scope.spawn(move || {
                    let mut won = 0;
                    for _ in 0..200 {
                        raw.send("gets c\r\n");
                        let head = raw.read_line();
                        let value: u64 = raw.read_line().parse().expect("a number");
                        assert_eq!(raw.read_line(), "END");
                        let id = head.rsplit(' ').next().expect("an id");
                        let next = (value + 1).to_string();
                        raw.send(format!("cas c 0 0 {} {id}\r\n{next}\r\n", next.len()));
                        match raw.read_line().as_str() {
                            "STORED" => won += 1,
                            "EXISTS" => {}
                            other => panic!("{other}"),
                        }
                    }
                    won
                })
            })
            .collect();
        tries.into_iter().map(|t| t.join().expect("no panic")).sum()
    });
    let mut raw = server.connect();
    raw.send("get c\r\n");
    raw.read_line();
    assert_eq!(raw.read_line(), won.to_string());
}

#[test]
fn of_many_who_miss_one_is_asked_to_store() {
    let server = Server::start(&ours(), &["-t", "4"]);
    let (clients, keys) = (4, 300);
    let won: usize = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..clients)
            .map(|_| {
                let mut raw = server.connect();
                scope.spawn(move || {
                    let mut won = 0;
                    for key in 0..keys {
                        raw.send(format!("mg k{key} N30 s\r\nma n{key} N30\r\n"));
                        match raw.read_line().as_str() {
                            "HD s0 W" => won += 1,
                            "HD s0 Z" => {}
                            other => panic!("{other}"),
                        }
                        assert_eq!(raw.read_line(), "HD");
                    }
                    raw.ask("mn\r\n", "MN\r\n");
                    won
                })
            })
            .collect();
        tries.into_iter().map(|t| t.join().expect("no panic")).sum()
    });
    assert_eq!(won, keys);
    // One made the number, the others counted.
    let mut raw = server.connect();
    for key in 0..keys {
        raw.send(format!("mg n{key} v\r\n"));
        assert_eq!(raw.read_line(), "VA 1");
        assert_eq!(raw.read_line(), (clients - 1).to_string());
    }
}

#[test]
#[cfg(not(feature = "debug-commands"))]
fn commands_of_debug_builds_are_unknown() {
    let server = Server::start(&ours(), &[]);
    let mut raw = server.connect();
    for command in [
        "debugtime 1",
        "debugtime p",
        "debugitem lock a",
        "misbehave",
    ] {
        raw.ask(format!("{command}\r\n"), "ERROR\r\n");
    }
}
