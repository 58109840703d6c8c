//! Clients that misbehave: what they get, that memory stays bounded, and that the others are served
//! meanwhile. What is answered to bad requests is in `tests/transcripts`.

mod common;

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use common::{ours, stat_of};
use mcrs_testkit::{Raw, Server, wait_until};

/// One figure of `stats`.
fn stat(server: &Server, name: &str) -> u64 {
    stat_of(&mut server.connect(), name)
}

/// A client that does as it should, while others do not.
struct Witness {
    raw: Raw,
    rss_kb: u64,
}

impl Witness {
    fn new(server: &Server) -> Witness {
        let mut raw = server.connect();
        raw.ask("set witness 0 0 4\r\nseen\r\n", "STORED\r\n");
        Witness {
            raw,
            rss_kb: server.resident_kb(),
        }
    }

    /// Is served.
    #[track_caller]
    fn is_served(&mut self) {
        self.raw.ask(
            "get witness\r\nset other 0 0 1\r\nx\r\nmg other v\r\n",
            "VALUE witness 0 4\r\nseen\r\nEND\r\nSTORED\r\nVA 1\r\nx\r\n",
        );
    }

    /// Is served by a server that has grown by no more than so many megabytes.
    #[track_caller]
    fn sees_at_most(&mut self, server: &Server, megabytes: u64) {
        self.is_served();
        let grown = server.resident_kb().saturating_sub(self.rss_kb);
        assert!(grown <= megabytes << 10, "{grown} kB");
    }
}

/// A connection whose writes and reads never wait.
fn hasty(server: &Server) -> TcpStream {
    let socket = TcpStream::connect(("127.0.0.1", server.port())).expect("it accepts");
    socket.set_nonblocking(true).expect("non-blocking");
    socket
}

/// A connection that waits, but not for ever.
fn patient(server: &Server) -> TcpStream {
    let socket = TcpStream::connect(("127.0.0.1", server.port())).expect("it accepts");
    let patience = Some(Duration::from_secs(10));
    socket.set_read_timeout(patience).expect("a time-out");
    socket
}

/// Everything until the end; a reset is an end too.
fn read_all(socket: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    if let Err(error) = socket.read_to_end(&mut all) {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    all
}

fn one_client_is_left(server: &Server) {
    wait_until("the others to be gone", || {
        stat(server, "curr_connections") == 2
    });
}

#[test]
fn requests_byte_by_byte_hold_nobody_up() {
    let server = Server::start(&ours(), &["-t", "1"]);
    let mut witness = Witness::new(&server);
    let requests: [&[u8]; 5] = [
        b"get a-key-that-takes-its-time\r\n",
        b"set slow 0 0 10\r\n0123456789\r\n",
        b"mg a-key-that-takes-its-time v\r\n",
        b"ms slow 10\r\n0123456789\r\n",
        b"\x80\x01\0\x04\x08\0\0\0\0\0\0\x0e\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0slowxx",
    ];
    let mut slow: Vec<(TcpStream, &[u8])> = (0..500)
        .map(|n| (patient(&server), requests[n % requests.len()]))
        .collect();
    for at in 0..requests.iter().map(|r| r.len()).max().unwrap_or(0) {
        for (socket, request) in &mut slow {
            if let Some(byte) = request.get(at) {
                socket.write_all(&[*byte]).expect("it takes a byte");
            }
        }
        witness.sees_at_most(&server, 4);
    }
    // Each is answered in the end.
    for (n, (socket, _)) in slow.iter_mut().enumerate() {
        let want: &[u8] = [
            &b"END\r\n"[..],
            b"STORED\r\n",
            b"EN\r\n",
            b"HD\r\n",
            b"\x81\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        ][n % requests.len()];
        let mut reply = vec![0; want.len()];
        socket.read_exact(&mut reply).expect("an answer");
        assert_eq!(reply, want);
    }
}

#[test]
fn lengths_of_a_gigabyte_take_no_memory() {
    let server = Server::start(&ours(), &["-t", "1"]);
    let mut witness = Witness::new(&server);
    let mut claims: Vec<TcpStream> = Vec::new();
    let header = |opcode: u8, key: u16, extras: u8, body: u32| {
        let mut bytes = vec![0x80, opcode];
        bytes.extend_from_slice(&key.to_be_bytes());
        bytes.extend_from_slice(&[extras, 0, 0, 0]);
        bytes.extend_from_slice(&body.to_be_bytes());
        bytes.extend_from_slice(&[0; 12 + 8]);
        bytes.extend_from_slice(&[b'k'; 250]);
        bytes
    };
    for _ in 0..20 {
        for claim in [
            b"set k 0 0 1073741824\r\nsome".to_vec(),
            b"set k 0 0 2147483645\r\nsome".to_vec(),
            b"append k 0 0 1073741824 noreply\r\nsome".to_vec(),
            b"ms k 1073741824\r\nsome".to_vec(),
            b"ms k 2147483645 q\r\nsome".to_vec(),
            header(0x01, 1, 8, 1 << 30),
            header(0x11, 250, 8, 1 << 29),
            header(0x0e, 1, 0, 1 << 30),
        ] {
            let mut socket = patient(&server);
            socket.write_all(&claim).expect("sent");
            claims.push(socket);
        }
    }
    witness.sees_at_most(&server, 4);
    // Megabytes of what was claimed are swallowed and not kept.
    let piece = vec![b'x'; 1 << 20];
    for socket in claims.iter_mut().take(40) {
        // Whoever was closed for the claim takes nothing.
        let _ = socket.write_all(&piece);
    }
    witness.sees_at_most(&server, 4);
    drop(claims);
    one_client_is_left(&server);
    witness.raw.ask("get k\r\n", "END\r\n");
}

#[test]
fn values_that_are_allowed_take_memory_as_they_come() {
    let server = Server::start(&ours(), &["-t", "1", "-m", "100", "-I", "40m"]);
    let mut witness = Witness::new(&server);
    let mut claims: Vec<TcpStream> = (0..100)
        .map(|n| {
            let mut socket = patient(&server);
            let head = format!("set big-{n} 0 0 40000000\r\nsome");
            socket.write_all(head.as_bytes()).expect("sent");
            socket
        })
        .collect();
    // Four gigabytes are claimed of a hundred megabytes.
    witness.sees_at_most(&server, 16);
    let piece = vec![b'x'; 1 << 20];
    for socket in claims.iter_mut().take(10) {
        socket.write_all(&piece).expect("taken");
    }
    witness.sees_at_most(&server, 16);
    drop(claims);
    one_client_is_left(&server);
    for _ in 0..3 {
        let value = "v".repeat(30_000_000);
        witness
            .raw
            .ask(format!("set big 0 0 30000000\r\n{value}\r\n"), "STORED\r\n");
    }
    witness.raw.ask("get big-1\r\n", "END\r\n");
}

#[test]
fn a_hundred_thousand_keys_are_answered_in_bounded_memory() {
    let server = Server::start(&ours(), &["-t", "1"]);
    let mut witness = Witness::new(&server);
    let value = "v".repeat(1000);
    let mut greedy = patient(&server);
    greedy
        .write_all(format!("set v 0 0 1000\r\n{value}\r\n").as_bytes())
        .expect("sent");
    greedy.read_exact(&mut [0; 8]).expect("STORED");
    let keys = " v".repeat(100_000);
    let asked = format!("get{keys}\r\ngets{keys} none\r\nversion\r\n");
    let mut writer = greedy.try_clone().expect("a second descriptor");
    let writing = std::thread::spawn(move || writer.write_all(asked.as_bytes()));
    // A hundred megabytes each time, of which the server holds a piece.
    let mut reader = std::io::BufReader::new(greedy);
    for head in ["VALUE v 0 1000\r\n".len(), "VALUE v 0 1000 2\r\n".len()] {
        let mut row = vec![0; head + 1002];
        for n in 0..100_000 {
            reader.read_exact(&mut row).expect("a value");
            assert!(row.starts_with(b"VALUE v 0 1000") && row.ends_with(b"v\r\n"));
            if n % 10_000 == 0 {
                witness.sees_at_most(&server, 6);
            }
        }
        reader.read_exact(&mut row[..5]).expect("the end");
        assert_eq!(&row[..5], b"END\r\n");
    }
    let mut rest = [0; 16];
    reader.read_exact(&mut rest).expect("the version");
    assert_eq!(&rest, b"VERSION 1.6.45\r\n");
    writing.join().expect("no panic").expect("all sent");
}

#[test]
fn clients_that_never_read_are_not_read_from() {
    let server = Server::start(&ours(), &["-t", "1"]);
    let value = "v".repeat(1_000_000);
    server
        .connect()
        .ask(format!("set k 0 0 1000000\r\n{value}\r\n"), "STORED\r\n");
    let mut witness = Witness::new(&server);
    let batches = [
        "get k\r\n".repeat(1000),
        "mg k v\r\n".repeat(1000),
        format!("get{}\r\n", " k".repeat(4000)),
        "stats settings\r\n".repeat(1000),
    ];
    let mut greedy: Vec<(TcpStream, usize)> = (0..40).map(|_| (hasty(&server), 0)).collect();
    wait_until("the server to stop reading", || {
        let mut stopped = true;
        for (n, (socket, asked)) in greedy.iter_mut().enumerate() {
            let batch = batches[n % batches.len()].as_bytes();
            while let Ok(sent) = socket.write(batch) {
                *asked += sent;
                stopped = false;
                assert!(*asked < 64 << 20, "it reads on and on");
            }
        }
        witness.is_served();
        stopped
    });
    // What a client is owed waits with the client, and values wait in the cache.
    witness.sees_at_most(&server, 8);
    drop(greedy);
    one_client_is_left(&server);
    // Nothing is left of the references to the value.
    witness.raw.ask("delete k\r\n", "DELETED\r\n");
    wait_until("the memory to be free", || {
        stat_of(&mut witness.raw, "curr_items") == 2
    });
}

#[test]
fn connections_over_the_limit_hold_nobody_up() {
    let server = Server::start(&ours(), &["-c", "50", "-t", "2"]);
    let mut witness = Witness::new(&server);
    let mut open: Vec<TcpStream> = Vec::new();
    let (mut refused, mut rounds) = (0, 0);
    for n in 0..600 {
        open.push(patient(&server));
        if n % 100 == 99 {
            rounds += 1;
            witness.is_served();
            // Those who got in are silent; the others were told why not.
            for socket in &mut open {
                let patience = Some(Duration::from_millis(1));
                socket.set_read_timeout(patience).expect("a time-out");
                let mut reply = Vec::new();
                match socket.read_to_end(&mut reply) {
                    Ok(_) => {
                        assert_eq!(reply, b"ERROR Too many open connections\r\n");
                        refused += 1;
                    }
                    Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
                }
            }
            open.clear();
            wait_until("room", || {
                stat_of(&mut witness.raw, "curr_connections") == 1
            });
        }
    }
    assert!(refused >= rounds * 50, "{refused} in {rounds} rounds");
    assert_eq!(stat_of(&mut witness.raw, "rejected_connections"), refused);
    witness.sees_at_most(&server, 4);
    server.connect().ask("get a\r\n", "END\r\n");
}

#[test]
fn connections_that_come_and_go_leave_nothing() {
    let server = Server::start(&ours(), &["-t", "2"]);
    let mut witness = Witness::new(&server);
    for n in 0..3000_u32 {
        let mut socket = patient(&server);
        match n % 5 {
            // Gone at once, in the middle of a line, of a value, of a reply, and by a reset.
            0 => {}
            1 => socket.write_all(b"get a").expect("sent"),
            2 => socket.write_all(b"set a 0 0 100\r\nsome").expect("sent"),
            3 => socket.write_all(b"stats\r\nstats\r\n").expect("sent"),
            _ => {
                socket
                    .write_all(b"stats\r\nset a 0 0 100\r\nsome")
                    .expect("sent");
                let reset = socket2::SockRef::from(&socket).set_linger(Some(Duration::ZERO));
                reset.expect("SO_LINGER");
            }
        }
    }
    witness.is_served();
    one_client_is_left(&server);
    witness.sees_at_most(&server, 4);
    witness.raw.ask("get a\r\n", "END\r\n");
}

#[test]
fn whoever_sends_no_more_gets_his_answers_and_the_end() {
    let server = Server::start(&ours(), &["-t", "1"]);
    let mut witness = Witness::new(&server);
    let mut peers: Vec<TcpStream> = (0..300)
        .map(|n| {
            let mut socket = patient(&server);
            let asked = format!("set k{n} 0 0 3\r\nold\r\nget k{n}\r\n").repeat(n % 20);
            socket.write_all(asked.as_bytes()).expect("sent");
            // Some stop in the middle of something.
            let rest: &[u8] = [&b""[..], b"get k", b"set k 0 0 10\r\nha"][n % 3];
            socket.write_all(rest).expect("sent");
            socket.shutdown(Shutdown::Write).expect("half-closed");
            socket
        })
        .collect();
    witness.is_served();
    for (n, socket) in peers.iter_mut().enumerate() {
        let want = format!("STORED\r\nVALUE k{n} 0 3\r\nold\r\nEND\r\n").repeat(n % 20);
        assert_eq!(read_all(socket), want.as_bytes(), "peer {n}");
    }
    // The server has ended all of them, although none has closed.
    one_client_is_left(&server);
    witness.sees_at_most(&server, 4);
}

#[test]
fn lines_without_an_end_are_cut_off() {
    let server = Server::start(&ours(), &["-t", "1"]);
    let mut witness = Witness::new(&server);
    for start in ["x", "set ", "gat ", "mg ", "ms ", "delete ", "\0", "   "] {
        let mut socket = patient(&server);
        // The server may be gone before all of it is sent.
        let _ = socket.write_all(format!("{start}{}", "k".repeat(1 << 20)).as_bytes());
        assert_eq!(read_all(&mut socket), b"", "{start:?}");
    }
    // Keys of a get may be many, but there is a bound to them too.
    let mut socket = patient(&server);
    let piece = " some-key".repeat(100_000);
    let mut sent = 0;
    let mut all_of_it = || -> std::io::Result<()> {
        socket.write_all(b"get")?;
        while sent < 200 << 20 {
            socket.write_all(piece.as_bytes())?;
            sent += piece.len();
        }
        Ok(())
    };
    assert!(all_of_it().is_err(), "a line of {sent} bytes");
    witness.is_served();
    one_client_is_left(&server);
    witness.sees_at_most(&server, 4);
}

#[test]
fn nonsense_is_outlived() {
    let server = Server::start(&ours(), &["-t", "2"]);
    let mut witness = Witness::new(&server);
    let cases: Vec<Vec<u8>> = vec![
        vec![0; 100_000],
        vec![0xff; 100_000],
        vec![b'\n'; 100_000],
        b"set a 0 0 2147483645\r\n".to_vec(),
        b"set a 0 0 18446744073709551615\r\n".to_vec(),
        b"get".repeat(100_000),
        [b"get ".to_vec(), vec![b'k'; 3_000_000], b"\r\n".to_vec()].concat(),
        [b"get ".to_vec(), b"k ".repeat(1_000_000), b"\r\n".to_vec()].concat(),
        b"incr a 99999999999999999999999\r\n".to_vec(),
        vec![0x80; 10_000],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"cas a 0 0 10 -1\r\nshort".to_vec(),
    ];
    for bytes in &cases {
        let mut socket = patient(&server);
        // The server may close in the middle; what counts is that it lives.
        let _ = socket.write_all(bytes);
        let _ = socket.shutdown(Shutdown::Write);
        read_all(&mut socket);
        witness.is_served();
    }
    one_client_is_left(&server);
    witness.sees_at_most(&server, 4);
}

/// A few random numbers, the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % sides
    }
}

#[test]
fn binary_headers_that_lie_are_answered_or_closed() {
    let server = Server::start(&ours(), &["-t", "1"]);
    let mut witness = Witness::new(&server);
    let mut dice = Dice(7);
    for _ in 0..1000 {
        let mut socket = patient(&server);
        let mut bytes = Vec::new();
        for _ in 0..=dice.roll(3) {
            let mut number = |likely: u64, wild: u64| match dice.roll(4) {
                0 => dice.roll(wild + 1),
                _ => dice.roll(likely + 1),
            };
            let (opcode, key) = (number(0x24, 0xff) as u8, number(10, 0xffff) as u16);
            let (extras, body) = (number(24, 0xff) as u8, number(60, 0xffff_ffff) as u32);
            bytes.extend_from_slice(&[0x80, opcode]);
            bytes.extend_from_slice(&key.to_be_bytes());
            bytes.extend_from_slice(&[extras, number(1, 0xff) as u8, 0, 0]);
            bytes.extend_from_slice(&body.to_be_bytes());
            bytes.extend_from_slice(&[0; 12]);
            let real = (body as usize).min(number(60, 2000) as usize);
            bytes.extend((0..real).map(|n| n as u8));
        }
        let _ = socket.write_all(&bytes);
        let _ = socket.shutdown(Shutdown::Write);
        let reply = read_all(&mut socket);
        // Whatever comes back is made of whole messages.
        let mut rest = &reply[..];
        while !rest.is_empty() {
            assert_eq!(rest[0], 0x81, "for {}", mcrs_testkit::show(&bytes));
            let body = u32::from_be_bytes([rest[8], rest[9], rest[10], rest[11]]);
            rest = &rest[24 + body as usize..];
        }
    }
    // Unless one of them was a flush, which is a request like any other.
    witness
        .raw
        .ask("set witness 0 0 4\r\nseen\r\n", "STORED\r\n");
    one_client_is_left(&server);
    witness.sees_at_most(&server, 8);
}

#[test]
fn datagrams_of_rubbish_are_dropped() {
    let server = Server::start(&ours(), &["-t", "1", "-U", "-1"]);
    let mut witness = Witness::new(&server);
    witness.raw.send("stats conns\r\n");
    let text = String::from_utf8_lossy(&witness.raw.read_until("END\r\n")).into_owned();
    let address = text.lines().find_map(|line| line.split_once(":addr udp:"));
    let address: SocketAddr = address.expect("a socket").1.parse().expect("an address");
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    socket.set_nonblocking(true).expect("non-blocking");
    let mut dice = Dice(11);
    let (mut sent, mut received) = (0, 0);
    for n in 0..20_000 {
        let len = match n % 4 {
            0 => dice.roll(12),
            1 => 1400,
            2 => dice.roll(2000),
            _ => dice.roll(60_000) * (n % 64 / 63),
        };
        let mut datagram: Vec<u8> = (0..len).map(|_| dice.roll(256) as u8).collect();
        // Every other one looks like a request.
        if n % 2 == 0 && datagram.len() > 8 {
            datagram[4..8].copy_from_slice(&[0, 1, 0, 0]);
            // But not like a binary one: those are for another test.
            datagram[8] &= 0x7f;
        }
        if socket.send_to(&datagram, address).is_ok() {
            sent += datagram.len();
        }
        while let Ok(len) = socket.recv(&mut [0; 2000]) {
            received += len;
        }
        if n % 2000 == 0 {
            witness.is_served();
        }
    }
    assert!(received < sent / 10, "{received} for {sent}");
    witness.sees_at_most(&server, 4);
    // It still takes those that are none.
    let patience = Some(Duration::from_secs(10));
    socket.set_nonblocking(false).expect("blocking");
    socket.set_read_timeout(patience).expect("a time-out");
    socket
        .send_to(b"\xab\xcd\0\0\0\x01\0\0get witness\r\n", address)
        .expect("sent");
    loop {
        let mut reply = [0; 2000];
        let len = socket.recv(&mut reply).expect("an answer");
        if reply.starts_with(b"\xab\xcd\0\0\0\x01\0\0VALUE witness") {
            assert!(reply[..len].ends_with(b"seen\r\nEND\r\n"));
            break;
        }
    }
}
