//! `-o idle_timeout`: who is closed for having been idle, and who is not.

mod common;

use std::time::Instant;

use common::{ours, stat_of};
use mcrs_testkit::{Program, Server, need, wait_until};

#[test]
fn clients_without_a_command_are_closed() {
    let stock = need!(Program::memcached());
    for program in [ours(), stock] {
        let server = Server::start(&program, &["-o", "idle_timeout=2", "-t", "2"]);
        let begun = Instant::now();
        let mut silent = server.connect();
        // A piece of a command is no command.
        let mut slow = server.connect();
        slow.send("get a");
        let mut active = server.connect();
        active.ask("version\r\nget a\r\n", reply(&mut server.connect()));
        wait_until("both to be closed", || {
            let kicks = stat_of(&mut active, "idle_kicks");
            assert!(kicks == 0 || begun.elapsed().as_secs() >= 2, "too early");
            kicks == 2
        });
        silent.expect_close();
        slow.expect_close();
        active.ask("get a\r\n", "END\r\n");
        assert_eq!(stat_of(&mut active, "curr_connections"), 1);
        active.ask("stats reset\r\n", "RESET\r\n");
        assert_eq!(stat_of(&mut active, "idle_kicks"), 0);
    }
}

/// What the server says to `version` and a missing key.
fn reply(raw: &mut mcrs_testkit::Raw) -> Vec<u8> {
    raw.send("version\r\nget a\r\n");
    raw.read_until("END\r\n")
}

#[test]
fn a_value_half_sent_or_half_read_is_waited_for() {
    let stock = need!(Program::memcached());
    for program in [ours(), stock] {
        let server = Server::start(&program, &["-o", "idle_timeout=2", "-t", "1"]);
        let mut stuck = server.connect();
        let value = "v".repeat(1_000_000);
        stuck.ask(format!("set v 0 0 1000000\r\n{value}\r\n"), "STORED\r\n");
        // More than sockets hold between them.
        stuck.send(format!("get{}\r\n", " v".repeat(20)));
        let mut storing = server.connect();
        storing.send("set k 0 0 10\r\nhalf");
        let mut silent = server.connect();
        let mut watch = server.connect();
        wait_until("the idle one to be closed", || {
            stat_of(&mut watch, "idle_kicks") == 1
        });
        silent.expect_close();
        // Enough for the two others to be found idle, were they looked at.
        let mut next = server.connect();
        wait_until("another idle one to be closed", || {
            stat_of(&mut watch, "idle_kicks") == 2
        });
        next.expect_close();
        storing.ask("_value\r\n", "STORED\r\n");
        for _ in 0..20 {
            stuck.expect("VALUE v 0 1000000\r\n");
            stuck.read_exactly(1_000_002);
        }
        stuck.expect("END\r\n");
    }
}

#[test]
fn unix_clients_are_left_alone() {
    let server = Server::start_unix(&ours(), &["-o", "idle_timeout=1"]);
    let mut silent = server.connect();
    let mut watch = server.connect();
    let uptime = stat_of(&mut watch, "uptime");
    wait_until("the clock to pass the timeout", || {
        stat_of(&mut watch, "uptime") >= uptime + 4
    });
    assert_eq!(stat_of(&mut watch, "idle_kicks"), 0);
    silent.ask("version\r\n", "VERSION 1.6.45\r\n");
}

#[test]
fn without_the_option_nobody_is_counted() {
    let server = Server::start(&ours(), &[]);
    let mut raw = server.connect();
    raw.send("stats\r\n");
    let text = raw.read_until("END\r\n");
    assert!(!String::from_utf8_lossy(&text).contains("idle_kicks"));
}
