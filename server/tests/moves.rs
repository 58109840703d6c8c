//! Pages moved by command on a running server. Source: mcrsd.md 2.8, 8.6.

mod common;

use common::{ours, stat_of};
use mcrs_testkit::{Raw, Server, wait_until};

/// One figure of a class.
fn figure(raw: &mut Raw, class: u32, name: &str) -> u64 {
    raw.send("stats slabs\r\n");
    let text = String::from_utf8_lossy(&raw.read_until("END\r\n")).into_owned();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(&format!("STAT {class}:{name} ")));
    line.map_or(0, |line| line.trim().parse().expect("a number"))
}

/// Stores an item and says in which class.
fn store(raw: &mut Raw, key: &str, len: usize) -> u32 {
    let value = "v".repeat(len);
    raw.ask(format!("set {key} 0 0 {len}\r\n{value}\r\n"), "STORED\r\n");
    raw.send(format!("me {key}\r\n"));
    let line = raw.read_line();
    let class = line.split(' ').find_map(|word| word.strip_prefix("cls="));
    class.expect("a class").parse().expect("a number")
}

#[test]
fn a_page_moves_although_nobody_asks_for_anything() {
    let server = Server::start(&ours(), &["-t", "1", "-o", "slab_automove=0"]);
    let mut raw = server.connect();
    let (from, to) = (
        store(&mut raw, "key-0", 500),
        store(&mut raw, "other", 5000),
    );
    let count = 3 * figure(&mut raw, from, "chunks_per_page");
    for i in 1..count {
        store(&mut raw, &format!("key-{i}"), 500);
    }
    assert_eq!(figure(&mut raw, from, "total_pages"), 3);
    for i in 0..count / 2 {
        raw.ask(format!("delete key-{i}\r\n"), "DELETED\r\n");
    }
    let malloced = stat_of(&mut raw, "curr_items");
    raw.ask(format!("slabs reassign {from} {to}\r\n"), "OK\r\n");
    wait_until("the page to move", || stat_of(&mut raw, "slabs_moved") == 1);
    assert_eq!(figure(&mut raw, from, "total_pages"), 2);
    assert_eq!(figure(&mut raw, to, "total_pages"), 2);
    assert_eq!(stat_of(&mut raw, "slab_reassign_running"), 0);
    assert!(stat_of(&mut raw, "slab_reassign_rescues") > 0);
    assert_eq!(
        stat_of(&mut raw, "curr_items"),
        malloced,
        "all were rescued"
    );
    for i in count / 2..count {
        raw.send(format!("mg key-{i} s\r\n"));
        assert_eq!(raw.read_line(), "HD s500");
    }
    raw.ask(format!("slabs reassign {from} 0\r\n"), "OK\r\n");
    wait_until("the page to move", || {
        stat_of(&mut raw, "slab_global_page_pool") == 1
    });
    assert_eq!(figure(&mut raw, from, "total_pages"), 1);
    let nospare = "NOSPARE source class has no spare pages\r\n";
    raw.ask(format!("slabs reassign {from} 0\r\n"), nospare);
}
