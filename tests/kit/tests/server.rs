//! Starting, stopping and restarting a real server, here stock memcached.

use std::time::Duration;

use mcrs_testkit::{Program, Server, need, wait_until};

#[test]
fn a_started_server_answers_and_is_killed_on_drop() {
    let server = Server::start(&need!(Program::memcached()), &["-m", "16"]);
    let address = server.address().clone();
    server.connect().ask("get a\r\n", "END\r\n");
    drop(server);
    assert!(address.connect(Duration::from_secs(1)).is_err());
}

#[test]
fn it_is_the_process_we_started() {
    let server = Server::start(&need!(Program::memcached()), &[]);
    let mut raw = server.connect();
    raw.send("stats\r\n");
    assert_eq!(raw.read_line(), format!("STAT pid {}", server.pid()));
}

#[test]
fn a_unix_socket_server_answers() {
    let server = Server::start_unix(&need!(Program::memcached()), &[]);
    server.connect().ask("get a\r\n", "END\r\n");
}

#[test]
fn many_servers_start_at_once() {
    let program = need!(Program::memcached());
    let servers: Vec<Server> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| Server::start(&program, &["-t", "1"])))
            .collect();
        let join = |start: std::thread::ScopedJoinHandle<'_, Server>| start.join().expect("start");
        starts.into_iter().map(join).collect()
    });
    for server in &servers {
        let mut raw = server.connect();
        raw.send("stats\r\n");
        assert_eq!(raw.read_line(), format!("STAT pid {}", server.pid()));
    }
}

#[test]
fn a_restarted_server_is_empty_and_at_the_same_place() {
    let mut server = Server::start(&need!(Program::memcached()), &[]);
    let before = server.address().clone();
    server.connect().ask("set a 0 0 1\r\nx\r\n", "STORED\r\n");
    server.restart();
    assert_eq!(*server.address(), before);
    server.connect().ask("get a\r\n", "END\r\n");
}

#[test]
fn a_signal_reaches_it_and_its_exit_is_seen() {
    let mut server = Server::start(&need!(Program::memcached()), &["-vv"]);
    server.connect().ask("get a\r\n", "END\r\n");
    wait_until("the log", || server.stderr().contains("get a"));
    server.signal("TERM");
    let status = server.wait_for_exit();
    // Stock memcached ends by the signal or with status 0, by version.
    assert!(status.code().is_none_or(|code| code == 0), "{status}");
}

#[test]
fn a_server_that_cannot_start_says_why() {
    let program = need!(Program::memcached());
    let start = || Server::start_unix(&program, &["-m", "0", "-f", "0.5"]);
    let payload = std::panic::catch_unwind(start).expect_err("the factor is wrong");
    let text = payload.downcast_ref::<String>().expect("a text");
    assert!(text.contains("Factor must be greater than 1"), "{text}");
}
