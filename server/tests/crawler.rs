//! The crawler and its dumps on a running server. Source: mcrsd.md 2.9, 8.5.

mod common;

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use common::{ours, stat_of};
use mcrs_testkit::{Raw, Server, wait_until};

/// Stores `count` items `key-N` of a byte.
fn fill(raw: &mut Raw, count: usize, exptime: i32) {
    for first in (0..count).step_by(1000) {
        let sets = (first..count.min(first + 1000))
            .map(|number| format!("set key-{number} 0 {exptime} 1 noreply\r\nx\r\n"));
        raw.send(sets.collect::<String>());
    }
    raw.ask("version\r\n", "VERSION 1.6.45\r\n");
}

/// A connection for much data, on which a command was sent and `OK` came back.
fn dump(server: &Server, command: &str) -> BufReader<TcpStream> {
    let mut socket = TcpStream::connect(("127.0.0.1", server.port())).expect("it accepts");
    write!(socket, "{command}\r\n").expect("it reads");
    let mut socket = BufReader::new(socket);
    let mut line = String::new();
    socket.read_line(&mut line).expect("it answers");
    assert_eq!(line, "OK\r\n");
    socket
}

/// Lines up to the one that is `end`, without their ends.
fn lines(dump: &mut BufReader<TcpStream>, end: &str) -> impl Iterator<Item = String> {
    let lines = dump.lines().map(|line| line.expect("plain text"));
    lines.take_while(move |line| line != end)
}

#[test]
fn a_dump_lists_every_item_once_while_others_are_served() {
    let server = Server::start(&ours(), &["-t", "1", "-o", "no_lru_crawler"]);
    let (mut raw, mut other) = (server.connect(), server.connect());
    let count = 30_000;
    fill(&mut raw, count, 0);
    raw.ask(
        "lru_crawler metadump all\r\n",
        "CLIENT_ERROR lru crawler disabled\r\n",
    );
    raw.ask(
        "lru_crawler mgdump all\r\n",
        "CLIENT_ERROR lru crawler disabled\r\n",
    );
    raw.ask("lru_crawler enable\r\n", "OK\r\n");
    let mut keys = HashSet::new();
    for line in lines(&mut dump(&server, "lru_crawler metadump all"), "END") {
        let mut words = line.split(' ');
        let key = words.next().and_then(|word| word.strip_prefix("key="));
        assert!(keys.insert(key.expect("a key").to_owned()), "twice: {line}");
        if keys.len() % 5000 == 0 {
            other.ask("get key-1\r\n", "VALUE key-1 0 1\r\nx\r\nEND\r\n");
        }
    }
    assert_eq!(keys.len(), count);
    for line in lines(&mut dump(&server, "lru_crawler mgdump all"), "EN") {
        let key = line.strip_prefix("mg ").expect("a command");
        assert!(keys.remove(key), "twice, or not there: {line}");
    }
    assert!(keys.is_empty());
}

#[test]
fn a_client_that_does_not_read_its_dump_costs_little_and_keeps_others_from_dumping() {
    let server = Server::start(&ours(), &["-t", "1"]);
    let (mut raw, mut other) = (server.connect(), server.connect());
    fill(&mut raw, 200_000, 0);
    let before = server.resident_kb();
    let mut dumping = dump(&server, "lru_crawler metadump all");
    let busy = "BUSY currently processing crawler request\r\n";
    other.ask("lru_crawler metadump all\r\n", busy);
    other.ask("lru_crawler mgdump hash\r\n", busy);
    other.ask("lru_crawler crawl all\r\n", busy);
    assert_eq!(stat_of(&mut other, "lru_crawler_running"), 1);
    assert!(stat_of(&mut other, "lru_crawler_starts") >= 1);
    let grown = server.resident_kb().saturating_sub(before);
    assert!(grown < 2048, "{grown} kB");
    // What is left of the dump is still to be had, and then the connection serves as before.
    assert_eq!(lines(&mut dumping, "END").count(), 200_000);
    dumping
        .get_mut()
        .write_all(b"get key-1\r\n")
        .expect("it reads");
    assert_eq!(lines(&mut dumping, "END").last(), Some("x".into()));
    other.ask("lru_crawler metadump 63\r\n", "OK\r\nEND\r\n");
}

#[test]
fn a_dump_ends_with_its_connection() {
    let server = Server::start(&ours(), &["-t", "2"]);
    let mut raw = server.connect();
    fill(&mut raw, 200_000, 0);
    drop(dump(&server, "lru_crawler metadump all"));
    let mut other = server.connect();
    wait_until("the dump to end", || {
        other.send("lru_crawler metadump 63\r\n");
        other.read_line() == "OK" && other.read_line() == "END"
    });
}

#[test]
fn dumps_come_first_and_may_be_forbidden() {
    let server = Server::start(&ours(), &["-t", "1"]);
    let mut raw = server.connect();
    raw.ask(
        "version\r\nlru_crawler metadump all\r\n",
        "VERSION 1.6.45\r\nERROR cannot pipeline other commands before metadump\r\n",
    );
    raw.ask(
        "version\r\nlru_crawler mgdump all\r\n",
        "VERSION 1.6.45\r\nERROR cannot pipeline other commands before mgdump\r\n",
    );
    // Requests that are not answered are no reason.
    raw.ask(
        "set a 0 0 1 noreply\r\nx\r\nlru_crawler mgdump all\r\n",
        "OK\r\nmg a\r\nEN\r\n",
    );
    let server = Server::start(&ours(), &["-X"]);
    let mut raw = server.connect();
    raw.ask(
        "lru_crawler metadump all\r\n",
        "ERROR metadump not allowed\r\n",
    );
    raw.ask(
        "lru_crawler mgdump all\r\n",
        "ERROR key dump not allowed\r\n",
    );
}

#[test]
fn dead_items_are_crawled_away() {
    let server = Server::start(&ours(), &["-t", "1"]);
    let mut raw = server.connect();
    // The run at the start finds nothing; none other comes by itself for a while.
    wait_until("the first run", || {
        let started = stat_of(&mut raw, "lru_crawler_starts") == 1;
        started && stat_of(&mut raw, "lru_crawler_running") == 0
    });
    fill(&mut raw, 5000, -1);
    assert_eq!(stat_of(&mut raw, "curr_items"), 5000);
    raw.ask("lru_crawler crawl all\r\n", "OK\r\n");
    wait_until("the dead to go", || stat_of(&mut raw, "curr_items") == 0);
    assert_eq!(stat_of(&mut raw, "crawler_reclaimed"), 5000);
    assert!(stat_of(&mut raw, "crawler_items_checked") >= 5000);
    assert_eq!(stat_of(&mut raw, "expired_unfetched"), 5000);
    wait_until("the run to end", || {
        stat_of(&mut raw, "lru_crawler_running") == 0
    });
    raw.ask("lru_crawler disable\r\n", "OK\r\n");
    raw.send("stats\r\n");
    let text = String::from_utf8(raw.read_until("END\r\n")).expect("text");
    assert!(!text.contains("lru_crawler"), "no figures while it is off");
}

#[test]
fn watchers_are_told_of_runs() {
    let server = Server::start(&ours(), &["-t", "1", "-o", "no_lru_crawler"]);
    let (mut raw, mut watcher) = (server.connect(), server.connect());
    watcher.ask("watch sysevents\r\n", "OK\r\n");
    fill(&mut raw, 100, 0);
    // At once, so that it does not begin by itself before.
    let commands = "lru_crawler enable\r\nlru_crawler crawl all\r\n";
    raw.ask(commands, "OK\r\nOK\r\n");
    let line = String::from_utf8(watcher.read_until("\n")).expect("text");
    let (_, told) = line.split_once("type=").expect("a type");
    assert!(told.starts_with("lru_crawler crawler=1 lru=cold low_mark=1 "));
    assert!(told.ends_with(" examined=100 reclaimed=0\n"), "{told}");
}
