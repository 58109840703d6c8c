//! What bad clients get, and what they cannot do to the server and to others.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Command, Stdio};

use mcrs_testkit::wait::PATIENCE;
use mcrs_testkit::{Server, need, wait_until};

use super::peer::{Certs, MOMENT, Relay};
use super::{serve, stat};

fn connect(server: &Server) -> TcpStream {
    let socket = TcpStream::connect(("127.0.0.1", server.port())).expect("it accepts");
    socket.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    socket
}

/// Everything until the server closes.
fn rest(mut socket: TcpStream) -> Vec<u8> {
    let mut got = Vec::new();
    match socket.read_to_end(&mut got) {
        Ok(_) => {}
        // Closed with bytes of ours unread.
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{error} after {}", got.escape_ascii()),
    }
    got
}

/// The first message of a real client, TLS 1.2 and 1.3.
fn client_hello(server: &Server) -> Vec<u8> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("it is bound").port();
    assert_ne!(port, server.port());
    let mut client = Command::new("openssl")
        .args(["s_client", "-connect", &format!("127.0.0.1:{port}")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl runs");
    let (mut socket, _) = listener.accept().expect("it comes");
    let mut header = [0; 5];
    socket.read_exact(&mut header).expect("a record");
    let mut content = vec![0; usize::from(u16::from_be_bytes([header[3], header[4]]))];
    socket.read_exact(&mut content).expect("all of it");
    drop(socket);
    client.wait().expect("it ends");
    [&header[..], &content].concat()
}

#[test]
fn who_does_not_speak_tls_is_closed_without_an_answer() {
    let certs = need!(Certs::new());
    let server = serve(&certs, "", &["-t", "1"]);
    let relay = need!(Relay::start(server.port(), &[]));
    let hello = client_hello(&server);
    let mut cases: Vec<Vec<u8>> = vec![
        b"version\r\n".to_vec(),
        b"get a\r\n".to_vec(),
        b"set a 0 0 100000\r\n".to_vec(),
        b"\x80\x0b".repeat(12),
        vec![0; 100_000],
        vec![0xff; 100_000],
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        // Records that are too long, of an unknown version, of the wrong kind.
        b"\x16\x03\x01\xff\xff".to_vec(),
        b"\x16\x09\x09\x00\x05hello".to_vec(),
        b"\x17\x03\x03\x00\x05hello".to_vec(),
        b"\x14\x03\x03\x00\x01\x01".repeat(100),
        b"\x15\x03\x03\x00\x02\x02\x28".to_vec(),
        // A message that is longer than any may be, and one that never ends.
        b"\x16\x03\x01\x00\x04\x01\xff\xff\xff".to_vec(),
        [
            b"\x16\x03\x01\x00\x04\x01\x00\xf0\x00".to_vec(),
            b"\x16\x03\x01\x00\x01x".repeat(60_000),
        ]
        .concat(),
        // SSL 2.
        b"\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10".to_vec(),
        [&hello[..], b"version\r\n"].concat(),
        [&hello[..], &hello].concat(),
    ];
    for at in [9, 11, 43, 44, 80, 120, 200] {
        let mut bent = hello.clone();
        bent[at] ^= 0xff;
        bent.extend_from_slice(b"\x17\x03\x03\x00\x05hello");
        cases.push(bent);
    }
    let mut before = stat(&relay, "ssl_proto_errors");
    for (number, case) in cases.iter().enumerate() {
        let mut socket = connect(&server);
        // The server may close in the middle.
        let _ = socket.write_all(case);
        let got = rest(socket);
        let text = String::from_utf8_lossy(&got);
        assert!(
            !text.contains("ERROR") && !text.contains("VERSION"),
            "case {number}: {text}"
        );
        let now = stat(&relay, "ssl_proto_errors");
        assert!(now > before, "case {number} was not counted");
        before = now;
    }
    assert_eq!(stat(&relay, "ssl_handshake_errors"), before);
    wait_until("the bad clients to be gone", || {
        // The one that asks, and the listener that is not counted.
        stat(&relay, "curr_connections") == 1
    });
}

#[test]
fn who_looks_and_leaves_is_no_failure() {
    let certs = need!(Certs::new());
    let server = serve(&certs, "", &["-t", "1"]);
    let relay = need!(Relay::start(server.port(), &[]));
    let mut raw = relay.connect();
    let mut count = || super::common::stat_of(&mut raw, "ssl_handshake_errors");
    let before = count();
    for _ in 0..10 {
        let socket = connect(&server);
        socket.shutdown(Shutdown::Write).expect("a half close");
        assert!(rest(socket).is_empty());
    }
    assert_eq!(count(), before);
    // Who leaves in the middle of a handshake is one.
    let mut socket = connect(&server);
    socket
        .write_all(&client_hello(&server)[..50])
        .expect("it is read");
    socket.shutdown(Shutdown::Write).expect("a half close");
    assert!(rest(socket).is_empty());
    assert_eq!(count(), before + 1);
}

/// Kilobytes of memory a process has resident.
fn resident_kb(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).expect("it lives");
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.expect("VmRSS").trim().trim_end_matches(" kB");
    number.parse().expect("a number")
}

#[test]
fn half_a_handshake_holds_up_nobody_and_costs_little() {
    let certs = need!(Certs::new());
    let server = serve(&certs, "", &["-t", "1"]);
    let relay = need!(Relay::start(server.port(), &[]));
    let mut raw = relay.connect();
    raw.ask("version\r\n", "VERSION 1.6.45\r\n");
    let hello = client_hello(&server);
    let before = resident_kb(server.pid());
    let mut stuck = Vec::new();
    for number in 0..300 {
        let mut socket = connect(&server);
        // Nothing, a piece, or all of the first message, so that the server waits for the next.
        let piece = [0, 3, 50, hello.len()][number % 4];
        socket.write_all(&hello[..piece]).expect("it is read");
        stuck.push(socket);
        if number % 50 == 0 {
            raw.ask("version\r\n", "VERSION 1.6.45\r\n");
        }
    }
    relay.connect().ask("version\r\n", "VERSION 1.6.45\r\n");
    let each = resident_kb(server.pid()).saturating_sub(before) * 1024 / 300;
    assert!(each < 16 << 10, "{each} bytes for a handshake that stops");
    // None of them has been given up.
    assert!(stat(&relay, "curr_connections") > 300);
    let mut last = stuck.pop().expect("there are many");
    last.set_read_timeout(Some(MOMENT)).expect("a time-out");
    let mut answer = Vec::new();
    let waits = last.read_to_end(&mut answer).expect_err("it stays open");
    assert_eq!(waits.kind(), ErrorKind::WouldBlock);
    assert_eq!(answer.first(), Some(&22), "a message of the handshake came");
}

#[test]
fn idle_connections_cost_little() {
    let certs = need!(Certs::new());
    let server = serve(&certs, "", &["-t", "1"]);
    let relay = need!(Relay::start(server.port(), &[]));
    let ask = |raw: &mut mcrs_testkit::Raw| raw.ask("get a\r\n", "END\r\n");
    let mut clients: Vec<_> = (0..50).map(|_| relay.connect()).collect();
    clients.iter_mut().for_each(ask);
    let before = resident_kb(server.pid());
    let mut more: Vec<_> = (0..400).map(|_| relay.connect()).collect();
    more.iter_mut().for_each(ask);
    let each = resident_kb(server.pid()).saturating_sub(before) * 1024 / 400;
    assert!(each < 6 << 10, "{each} bytes for an idle connection");
}

#[test]
fn a_client_that_never_reads_costs_little() {
    let certs = need!(Certs::new());
    let server = serve(&certs, "ssl_wbuf_size=64", &["-t", "1"]);
    let relay = need!(Relay::start(server.port(), &[]));
    let value = "v".repeat(1_000_000);
    let mut raw = relay.connect();
    raw.ask(format!("set k 0 0 1000000\r\n{value}\r\n"), "STORED\r\n");
    let before = resident_kb(server.pid());
    let mut greedy = TcpStream::connect(("127.0.0.1", relay.port())).expect("it accepts");
    greedy.set_nonblocking(true).expect("non-blocking");
    let batch = "get k\r\n".repeat(1000);
    let mut asked = 0;
    wait_until("the server to stop reading", || {
        let before = asked;
        while let Ok(sent) = greedy.write(batch.as_bytes()) {
            asked += sent;
            assert!(asked < 64 << 20, "it reads on and on");
        }
        asked == before
    });
    let grown = resident_kb(server.pid()).saturating_sub(before);
    assert!(grown < 8 * 1024, "{grown} kB for one greedy client");
    raw.ask("get nobody\r\n", "END\r\n");
}

#[test]
fn a_record_that_was_changed_on_its_way_ends_the_connection() {
    let certs = need!(Certs::new());
    let server = serve(&certs, "", &["-t", "1"]);
    // Between OpenSSL and the server sits somebody who changes one byte, late.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("it is bound").port();
    let relay = need!(Relay::start(port, &[]));
    let mut raw = relay.connect();
    let (client, _) = listener.accept().expect("the relay comes");
    let to_server = connect(&server);
    let answers = (
        to_server.try_clone().expect("a copy"),
        client.try_clone().expect("a copy"),
    );
    std::thread::spawn(move || {
        let (mut from, mut to) = answers;
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
    let (bend, bends) = std::sync::mpsc::channel::<()>();
    std::thread::spawn(move || {
        let (mut from, mut to) = (client, to_server);
        let mut buffer = [0; 4096];
        while let Ok(len @ 1..) = from.read(&mut buffer) {
            if bends.try_recv().is_ok() {
                buffer[len - 1] ^= 1;
            }
            if to.write_all(&buffer[..len]).is_err() {
                break;
            }
        }
    });
    raw.ask("set k 0 0 1\r\nx\r\n", "STORED\r\n");
    bend.send(()).expect("somebody listens");
    raw.send("set k 0 0 1\r\ny\r\n");
    raw.expect_close();
    relay.wait_for("BAD_RECORD_MAC");
    let relay = need!(Relay::start(server.port(), &[]));
    relay
        .connect()
        .ask("get k\r\n", "VALUE k 0 1\r\nx\r\nEND\r\n");
    let (later, handshakes) = (
        stat(&relay, "ssl_proto_errors"),
        stat(&relay, "ssl_handshake_errors"),
    );
    assert_eq!(later, handshakes + 1);
}

#[test]
fn renegotiation_is_refused() {
    let certs = need!(Certs::new());
    let server = serve(&certs, "", &["-t", "1"]);
    let mut client = Command::new("openssl")
        .args([
            "s_client",
            "-tls1_2",
            "-connect",
            &format!("127.0.0.1:{}", server.port()),
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("openssl runs");
    let mut stdin = client.stdin.take().expect("a pipe");
    // A line that begins with R is a command for s_client.
    stdin.write_all(b"R\n").expect("it reads");
    drop(stdin);
    let output = client.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).to_lowercase();
    assert!(
        said.contains("no renegotiation") || said.contains("unexpected message"),
        "{said}"
    );
    let relay = need!(Relay::start(server.port(), &[]));
    relay.connect().ask("version\r\n", "VERSION 1.6.45\r\n");
}

#[test]
fn watchers_hear_of_failures() {
    let certs = need!(Certs::new());
    let server = serve(&certs, "", &["-t", "1"]);
    let relay = need!(Relay::start(server.port(), &[]));
    let mut watcher = relay.connect();
    watcher.ask("watch connevents\r\n", "OK\r\n");
    let mut socket = connect(&server);
    socket.write_all(b"version\r\n").expect("it is sent");
    rest(socket);
    let log = watcher.read_until("conn_close ");
    let log = String::from_utf8_lossy(&log);
    let line = log.lines().find(|line| line.contains(" type=conntlserr "));
    let line = line.unwrap_or_else(|| panic!("{log}"));
    let (_, told) = line.split_once(" type=conntlserr fd=").expect("the form");
    let (fd, text) = told.split_once(" msg=").expect("the form");
    assert!(fd.parse::<u32>().is_ok() && !text.is_empty(), "{line}");
}

#[test]
fn handshakes_that_stop_are_idle_clients() {
    let certs = need!(Certs::new());
    let server = serve(&certs, "idle_timeout=1", &["-t", "1"]);
    let mut socket = connect(&server);
    let hello = client_hello(&server);
    socket.write_all(&hello[..50]).expect("it is read");
    assert!(rest(socket).is_empty(), "closed without an answer");
    let relay = need!(Relay::start(server.port(), &[]));
    let mut raw = relay.connect();
    raw.ask("version\r\n", "VERSION 1.6.45\r\n");
    // Who is closed for it is told so, in TLS as well.
    raw.expect_close();
    relay.wait_for("clean");
}
