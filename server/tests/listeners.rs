//! What `-l`, `-p` and the limits on clients make of sockets.

mod common;
#[path = "common/start.rs"]
mod start;

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use common::{ours, stat_of};
use mcrs_testkit::{Address, Program, Raw, Server, free_port, need, temp_dir, wait_until};
use socket2::{Domain, Socket, Type};
use start::{Running, refused, run, stderr};

fn connect(address: impl Into<SocketAddr>) -> Raw {
    Raw::connect(&Address::Tcp(address.into()))
}

const V4: Ipv4Addr = Ipv4Addr::LOCALHOST;
const V6: Ipv6Addr = Ipv6Addr::LOCALHOST;

/// Takes a port on all addresses of one family.
fn take(address: SocketAddr) -> TcpListener {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).expect("a socket");
    if address.is_ipv6() {
        socket.set_only_v6(true).expect("IPV6_V6ONLY");
    }
    socket.bind(&address.into()).expect("a free port");
    socket.listen(1).expect("it listens");
    socket.into()
}

#[test]
fn without_a_list_all_addresses_are_served() {
    let port = free_port();
    let server = Running::start(&["-p", &port.to_string()]);
    assert_eq!(
        server.ports(),
        format!("TCP INET: {port}\nTCP INET6: {port}\n")
    );
    for mut raw in [connect((V4, port)), connect((V6, port))] {
        raw.ask("version\r\n", "VERSION 1.6.45\r\n");
        raw.send("stats conns\r\n");
        let text = String::from_utf8_lossy(&raw.read_until("END\r\n")).into_owned();
        for line in [
            format!(":addr tcp:0.0.0.0:{port}\r\n"),
            format!(":addr tcp6:[::]:{port}\r\n"),
        ] {
            assert!(text.contains(&line), "{text}");
        }
    }
    // Each family has its own socket: no IPv4 client looks like an IPv6 one.
    let mut raw = connect((V4, port));
    raw.send("stats conns\r\n");
    let text = String::from_utf8_lossy(&raw.read_until("END\r\n")).into_owned();
    assert!(!text.contains("ffff:"), "{text}");
    assert!(text.contains(&format!(":listen_addr tcp:127.0.0.1:{port}\r\n")));
}

#[test]
fn an_address_in_use_is_passed_over_if_another_can_be_had() {
    let taken = take((Ipv4Addr::UNSPECIFIED, 0).into());
    let port = taken.local_addr().expect("bound").port();
    let server = Running::start(&["-p", &port.to_string()]);
    assert_eq!(server.ports(), format!("TCP INET6: {port}\n"));
    drop(server);
    let _also = take((Ipv6Addr::UNSPECIFIED, port).into());
    let args = ["-p", &port.to_string()];
    let said = format!("failed to listen on TCP port {port}: Address already in use\n");
    assert_eq!(refused(&args), (Some(71), said));
    // Each entry of a list must have a socket of its own.
    let list = format!("127.0.0.2:0,127.0.0.1:{port}");
    let said = format!("failed to listen on one of interface(s) {list}: Address already in use\n");
    assert_eq!(refused(&["-l", &list]), (Some(71), said));
}

#[test]
fn lists_are_joined_and_entries_have_ports_of_their_own() {
    let (a, b, c) = (free_port(), free_port(), free_port());
    let server = Running::start(&[
        "-p",
        &a.to_string(),
        "-l",
        &format!("127.0.0.1:{b};127.0.0.2"),
        "-l",
        &format!("[::1]:{c},::1"),
        // What stands in the list already counts once.
        "-l",
        "127.0.0.2",
        "-l",
        &format!("tag[abc]:127.0.0.3:{b},tag_xyz_:localhost:{c}"),
    ]);
    assert_eq!(
        server.ports(),
        format!(
            "TCP INET: {b}\nTCP INET: {a}\nTCP INET6: {c}\nTCP INET6: {a}\nTCP INET: {b}\n\
             TCP INET: {c}\n"
        )
    );
    for address in [
        SocketAddr::from((V4, b)),
        (Ipv4Addr::new(127, 0, 0, 2), a).into(),
        (V6, c).into(),
        (V6, a).into(),
        (Ipv4Addr::new(127, 0, 0, 3), b).into(),
        (V4, c).into(),
    ] {
        connect(address).ask("version\r\n", "VERSION 1.6.45\r\n");
    }
    // The asterisk is all addresses.
    let port = free_port();
    let server = Running::start(&["-l", &format!("*:{port}")]);
    assert_eq!(
        server.ports(),
        format!("TCP INET: {port}\nTCP INET6: {port}\n")
    );
}

#[test]
fn no_port_is_no_socket_whatever_the_entries_say() {
    for args in [&["-p", "0"][..], &["-p", "0", "-l", "127.0.0.1:0"]] {
        assert_eq!(Running::start(args).ports(), "", "{args:?}");
    }
    let any = Running::start(&["-p", "-1", "-l", "127.0.0.1"]);
    let port = any.ports();
    let port = port.strip_prefix("TCP INET: ").expect("a port");
    let port: u16 = port.trim().parse().expect("a number");
    connect((V4, port)).ask("version\r\n", "VERSION 1.6.45\r\n");
}

#[test]
fn bad_entries_are_told_as_memcached_tells_them() {
    let stock = need!(Program::memcached());
    let user = start::user();
    for entry in [
        "127.0.0.1:abc",
        "127.0.0.1:",
        "tag[]:127.0.0.1",
        "tag[123456789]:127.0.0.1",
        "notls:127.0.0.1",
        "no-such-host.invalid",
    ] {
        let args = [&["-l", entry], user].concat();
        let theirs = run(stock.path(), &args);
        let (status, text) = refused(&["-l", entry]);
        assert_eq!(
            (status, theirs.status.code()),
            (Some(71), Some(71)),
            "{entry}"
        );
        // The second line ends with what errno happens to be there.
        let told = |text: &str| {
            let (start, _) = text.rsplit_once(": ").expect("a reason");
            start.to_string()
        };
        assert_eq!(told(&text), told(&stderr(&theirs)), "{entry}");
    }
}

#[test]
fn an_entry_may_have_its_own_protocol() {
    let (a, b, c) = (free_port(), free_port(), free_port());
    let _server = Running::start(&[
        "-vv",
        "-l",
        &format!(
            "proto[ascii]:127.0.0.1:{a},proto[binary]:127.0.0.1:{b},proto[negotiating]:127.0.0.1:{c}"
        ),
    ]);
    let noop = [&[0x80, 0x0a][..], &[0; 22]].concat();
    let pong = [&[0x81, 0x0a][..], &[0; 22]].concat();
    connect((V4, a)).ask("version\r\n", "VERSION 1.6.45\r\n");
    let mut text = connect((V4, a));
    text.ask(b"\x80...\r\nversion\r\n", "ERROR\r\nVERSION 1.6.45\r\n");
    connect((V4, b)).ask(&noop, &pong);
    let mut binary = connect((V4, b));
    binary.send("version\r\nversion\r\nversion\r\n");
    binary.expect_close();
    connect((V4, c)).ask("version\r\n", "VERSION 1.6.45\r\n");
    connect((V4, c)).ask(&noop, &pong);
}

#[test]
fn connections_are_kept_alive() {
    let server = Server::start(&ours(), &[]);
    let client = TcpStream::connect(("127.0.0.1", server.port())).expect("it accepts");
    let port = client.local_addr().expect("an address").port();
    // The server's end: local port, remote port, established (01), timer 2 (keepalive).
    // Source: Linux Documentation/networking/proc_net_tcp.rst.
    let end = format!(":{:04X} 0100007F:{port:04X} 01 ", server.port());
    wait_until("a keepalive timer", || {
        let table = fs::read_to_string("/proc/net/tcp").expect("the table");
        let line = table.lines().find(|line| line.contains(&end));
        let timer = line.and_then(|line| line.split_whitespace().nth(5));
        timer.is_some_and(|timer| timer.starts_with("02:"))
    });
}

#[test]
fn a_restart_may_have_the_port_of_before() {
    let mut server = Server::start(&ours(), &[]);
    // The side that closes first keeps the address for a minute.
    let mut raw = server.connect();
    raw.send("quit\r\n");
    raw.expect_close();
    drop(raw);
    server.restart();
    server.connect().ask("version\r\n", "VERSION 1.6.45\r\n");
}

#[test]
fn a_unix_socket_is_the_only_one_and_no_port_is_written() {
    let dir = temp_dir();
    let (socket, ports) = (dir.path().join("socket"), dir.path().join("ports"));
    let port = free_port().to_string();
    let name = socket.display().to_string();
    let mut child = std::process::Command::new(start::MCRSD)
        .args(start::user())
        .args(["-s", &name, "-p", &port, "-U", &port, "-l", "127.0.0.1"])
        .env("MEMCACHED_PORT_FILENAME", &ports)
        .spawn()
        .expect("it starts");
    wait_until("the socket", || {
        Raw::try_connect(&Address::Unix(socket.clone())).is_ok()
    });
    assert!(TcpStream::connect(("127.0.0.1", port.parse::<u16>().expect("ours"))).is_err());
    assert!(!ports.exists() && !Path::new(&format!("{}.lck", ports.display())).exists());
    child.kill().expect("ours");
    child.wait().expect("ours");
}

#[test]
fn a_mark_that_may_not_be_set_is_told_and_survived() {
    let server = Running::start(&["-l", "127.0.0.1", "-p", "-1", "-o", "sock_cookie_id=7"]);
    assert!(server.ports().starts_with("TCP INET: "));
    // It takes a right that root gives up with -u.
    if nix::unistd::geteuid().is_root() {
        assert_eq!(server.stderr(), "setsockopt: Operation not permitted\n");
    }
}

#[test]
fn clients_of_unknown_queues_go_round() {
    let stock = need!(Program::memcached());
    for program in [ours(), stock] {
        let server = Server::start(&program, &["-t", "3", "-N", "2"]);
        let mut raw = server.connect();
        let before = stat_of(&mut raw, "round_robin_fallback");
        for _ in 0..6 {
            server.connect().ask("get a\r\n", "END\r\n");
        }
        assert_eq!(stat_of(&mut raw, "round_robin_fallback"), before + 6);
        assert_eq!(stat_of(&mut raw, "unexpected_napi_ids"), 0);
    }
    let server = Server::start(&ours(), &["-t", "3", "-N", "2"]);
    let mut raw = server.connect();
    // memcached ends here: it prints the number as text.
    raw.send("stats settings\r\n");
    let text = String::from_utf8_lossy(&raw.read_until("END\r\n")).into_owned();
    assert!(text.contains("STAT num_napi_ids 2\r\n"), "{text}");
    let none = "Maximum number of NAPI IDs must be greater than 0\n";
    assert_eq!(refused(&["-N", "0"]), (Some(1), none.into()));
    let many = "Number of napi_ids(5) cannot be greater than number of threads(4)\n";
    assert_eq!(refused(&["-N", "5"]), (Some(64), many.into()));
}

#[test]
fn where_clients_wait_they_wait_at_all_listeners() {
    let port = free_port();
    let args = [
        "-p",
        &port.to_string(),
        "-l",
        "127.0.0.1,127.0.0.2",
        "-c",
        "1",
        "-t",
        "1",
        "-o",
        "no_maxconns_fast",
        "-v",
    ];
    let server = Running::start(&args);
    let mut first = connect((V4, port));
    first.ask("version\r\n", "VERSION 1.6.45\r\n");
    let mut waiting: Vec<TcpStream> = [[127, 0, 0, 1], [127, 0, 0, 2], [127, 0, 0, 2]]
        .into_iter()
        .map(|ip| {
            let mut client = TcpStream::connect((Ipv4Addr::from(ip), port)).expect("the backlog");
            client.write_all(b"get a\r\nquit\r\n").expect("sent");
            client
        })
        .collect();
    wait_until("accepting to stop", || {
        stat_of(&mut first, "accepting_conns") == 0
    });
    assert_eq!(stat_of(&mut first, "listen_disabled_num"), 1);
    assert!(server.stderr().contains("Too many open connections\n"));
    assert_eq!(stat_of(&mut first, "time_in_listen_disabled_us"), 0);
    for client in &mut waiting {
        let patience = Some(Duration::from_millis(20));
        client.set_read_timeout(patience).expect("a time-out");
        assert!(
            client.read(&mut [0; 10]).is_err(),
            "served in spite of the limit"
        );
        let patience = Some(Duration::from_secs(10));
        client.set_read_timeout(patience).expect("a time-out");
    }
    drop(first);
    // They are served one after the other.
    for client in &mut waiting {
        let mut reply = String::new();
        client.read_to_string(&mut reply).expect("an answer");
        assert_eq!(reply, "END\r\n");
    }
    let mut last = connect((V4, port));
    // Who has the last place does not end acceptance; who comes after him does.
    wait_until("the pause to be over", || {
        stat_of(&mut last, "accepting_conns") == 1
    });
    assert!(stat_of(&mut last, "time_in_listen_disabled_us") > 0);
}
