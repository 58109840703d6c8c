//! What scripts can do to a server built with `debug-commands`, beyond one connection's dialogue.
#![cfg(feature = "debug-commands")]

mod common;

use common::{ours, stat_of};
use mcrs_testkit::{Raw, Server, wait_until};

/// The last reason why an item could not be moved.
fn obstacle(raw: &mut Raw) -> String {
    raw.send("stats\r\n");
    let text = String::from_utf8_lossy(&raw.read_until("END\r\n")).into_owned();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("STAT slab_reassign_last_busy_status "));
    line.expect("it has a word for it").to_string()
}

#[test]
fn a_locked_item_keeps_its_page_where_it_is() {
    let args = ["-t", "1", "-o", "slab_automove=0,no_lru_crawler"];
    let server = Server::start(&ours(), &args);
    let mut watcher = server.connect();
    watcher.ask("watch sysevents\r\n", "OK\r\n");
    let mut raw = server.connect();
    let value = "v".repeat(10_000);
    let store = |raw: &mut Raw, number: usize| {
        raw.ask(
            format!("set k{number} 0 0 10000\r\n{value}\r\n"),
            "STORED\r\n",
        );
    };
    store(&mut raw, 0);
    raw.send("me k0\r\n");
    let about = raw.read_line();
    let class = about.split(' ').find_map(|word| word.strip_prefix("cls="));
    let class = class.expect("a class").to_string();
    for number in 1..300 {
        store(&mut raw, number);
    }
    raw.ask("set small 0 0 1\r\nx\r\n", "STORED\r\n");
    for number in 0..300 {
        raw.ask(format!("debugitem lock k{number}\r\n"), "OK\r\n");
    }
    raw.ask(format!("slabs reassign {class} 1\r\n"), "OK\r\n");
    wait_until("a locked item to be met", || obstacle(&mut raw) == "locked");
    assert_eq!(stat_of(&mut raw, "slabs_moved"), 0);
    for number in 0..300 {
        raw.ask(format!("debugitem unlock k{number}\r\n"), "OK\r\n");
    }
    wait_until("the page to move", || stat_of(&mut raw, "slabs_moved") == 1);
    let line = String::from_utf8_lossy(&watcher.read_until("\n")).into_owned();
    let told = format!(" type=slab_move src={class} dst=1 state=ok\n");
    assert!(line.ends_with(&told), "{line}");
}

#[test]
fn everybody_sees_the_time_that_one_client_set() {
    let server = Server::start(&ours(), &["-o", "idle_timeout=3600"]);
    let (mut one, mut other) = (server.connect(), server.connect());
    one.ask("set a 0 1000 1\r\nx\r\n", "STORED\r\n");
    other.ask("get b\r\n", "END\r\n");
    let before = stat_of(&mut one, "uptime");
    one.ask("debugtime 500\r\n", "OK\r\n");
    let after = stat_of(&mut other, "uptime");
    assert!(
        (before + 500..before + 510).contains(&after),
        "{before} {after}"
    );
    one.ask("debugtime 500\r\n", "OK\r\n");
    other.ask("get a\r\n", "END\r\n");
    one.ask("debugtime 4000\r\n", "OK\r\n");
    // Who has said nothing for that long is idle.
    other.expect_close();
}
