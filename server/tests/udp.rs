//! Datagrams: frames, what is dropped, what is numbered how, and the sockets behind them.

mod common;
#[path = "common/start.rs"]
mod start;

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use common::{ours, stat_of};
use mcrs_testkit::{Program, Server, need, show, wait_until};
use start::{Running, refused};

/// A server on TCP and UDP, each on a free port.
fn start(program: &Program, extra: &[&str]) -> Server {
    Server::start(program, &[&["-U", "-1"], extra].concat())
}

/// What `stats conns` tells, as lines without `STAT `.
fn conns(server: &Server) -> Vec<String> {
    let mut raw = server.connect();
    raw.send("stats conns\r\n");
    let text = String::from_utf8_lossy(&raw.read_until("END\r\n")).into_owned();
    text.lines()
        .filter_map(|line| line.strip_prefix("STAT "))
        .map(str::to_string)
        .collect()
}

/// Where the server takes datagrams: the addresses of its UDP sockets, one for each descriptor.
fn addresses(server: &Server) -> Vec<SocketAddr> {
    let lines = conns(server);
    let found = lines.iter().filter_map(|line| {
        line.split_once(":addr udp:")
            .or(line.split_once(":addr udp6:"))
    });
    found
        .map(|(_, address)| address.parse().expect("an address"))
        .collect()
}

/// A client.
struct Client {
    socket: UdpSocket,
    server: SocketAddr,
}

impl Client {
    fn new(server: &Server) -> Client {
        Client::to(addresses(server)[0])
    }

    fn to(server: SocketAddr) -> Client {
        let own = if server.is_ipv6() {
            "[::1]:0"
        } else {
            "127.0.0.1:0"
        };
        let socket = UdpSocket::bind(own).expect("a port");
        let patience = Some(Duration::from_secs(10));
        socket.set_read_timeout(patience).expect("a time-out");
        Client { socket, server }
    }

    fn send(&self, datagram: &[u8]) {
        let sent = self.socket.send_to(datagram, self.server);
        assert_eq!(sent.expect("sent"), datagram.len());
    }

    /// Sends a request in a frame.
    fn request(&self, id: u16, data: &[u8]) {
        let [high, low] = id.to_be_bytes();
        self.send(&[&[high, low, 0, 0, 0, 1, 0, 0], data].concat());
    }

    fn receive(&self) -> Vec<u8> {
        let mut datagram = [0; 2048];
        let (len, from) = self.socket.recv_from(&mut datagram).expect("an answer");
        assert_eq!(from, self.server, "answered by somebody else");
        datagram[..len].to_vec()
    }

    /// The data of a whole reply: all its datagrams have this id, and are numbered.
    fn reply(&self, id: u16) -> Vec<u8> {
        let mut data = Vec::new();
        let mut sequence = 0;
        loop {
            let datagram = self.receive();
            assert!(datagram.len() <= 1400, "{} bytes", datagram.len());
            let (frame, rest) = datagram.split_at(8);
            let number = |at: usize| u16::from_be_bytes([frame[at], frame[at + 1]]);
            assert_eq!(
                (number(0), number(2), number(6)),
                (id, sequence, 0),
                "{}",
                show(&datagram[..20.min(datagram.len())])
            );
            assert!(!rest.is_empty());
            data.extend_from_slice(rest);
            sequence += 1;
            if sequence == number(4) {
                return data;
            }
            assert_eq!(datagram.len(), 1400, "only the last one is shorter");
        }
    }

    fn ask(&self, id: u16, data: impl AsRef<[u8]>, reply: impl AsRef<[u8]>) {
        self.request(id, data.as_ref());
        let (got, want) = (self.reply(id), reply.as_ref());
        assert!(got == want, "got {}, not {}", show(&got), show(want));
    }

    /// Nothing more has come: the next thing is the answer to a question of now. For servers with
    /// one worker, which answers in order.
    fn expect_silence(&self) {
        self.ask(999, "get nothing-there\r\n", "END\r\n");
    }
}

/// A binary request with a key.
fn binary(opcode: u8, key: &[u8], opaque: u32) -> Vec<u8> {
    let mut bytes = vec![0x80, opcode];
    bytes.extend_from_slice(&(key.len() as u16).to_be_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&(key.len() as u32).to_be_bytes());
    bytes.extend_from_slice(&opaque.to_be_bytes());
    bytes.extend_from_slice(&[0; 8]);
    bytes.extend_from_slice(key);
    bytes
}

#[test]
fn requests_in_datagrams_are_answered_in_datagrams() {
    let stock = need!(Program::memcached());
    for program in [ours(), stock] {
        let server = start(&program, &[]);
        let client = Client::new(&server);
        client.ask(7, "get a\r\n", "END\r\n");
        client.ask(0xfffe, "set a 5 0 3\r\nabc\r\n", "STORED\r\n");
        client.ask(0, "get a\r\n", "VALUE a 5 3\r\nabc\r\nEND\r\n");
        client.ask(1, "nonsense\r\n", "ERROR\r\n");
        client.ask(2, "delete a\r\n", "DELETED\r\n");
        client.ask(3, "get a\n", "END\r\n");
        // What is stored one way is there the other way.
        server.connect().ask("set t 0 0 1\r\nt\r\n", "STORED\r\n");
        client.ask(4, "get t\r\n", "VALUE t 0 1\r\nt\r\nEND\r\n");
        client.ask(4, "mg t v f k\r\n", "VA 1 f0 kt\r\nt\r\n");
        client.ask(4, "ms m 3 F7\r\nabc\r\n", "HD\r\n");
        client.ask(4, "mg m v f\r\n", "VA 3 f7\r\nabc\r\n");
        // The first byte decides, for each datagram anew.
        client.request(5, &binary(0x00, b"t", 0xdead_beef));
        let reply = client.reply(5);
        assert_eq!(reply[..2], [0x81, 0x00]);
        assert_eq!(reply[12..16], 0xdead_beef_u32.to_be_bytes());
        assert_eq!(reply[24..], *b"\0\0\0\0t");
        client.ask(6, "get t\r\n", "VALUE t 0 1\r\nt\r\nEND\r\n");
        // A number other than the first is as good as the first.
        client.send(b"\0\x08\0\x05\0\x01\0\0get t\r\n");
        assert_eq!(client.reply(8), b"VALUE t 0 1\r\nt\r\nEND\r\n");
        // A long value comes in pieces.
        let value: String = (0..10_000)
            .map(|n| char::from(b'a' + (n % 26) as u8))
            .collect();
        client.ask(
            9,
            format!("set long 0 0 10000\r\n{value}\r\n"),
            "STORED\r\n",
        );
        client.ask(
            10,
            "get long\r\n",
            format!("VALUE long 0 10000\r\n{value}\r\nEND\r\n"),
        );
    }
}

#[test]
fn all_datagrams_of_an_answer_are_numbered_together() {
    let server = start(&ours(), &[]);
    let client = Client::new(&server);
    let value = "v".repeat(3000);
    client.ask(1, format!("set v 0 0 3000\r\n{value}\r\n"), "STORED\r\n");
    client.ask(2, "set s 0 0 1\r\ns\r\n", "STORED\r\n");
    let (v, s) = (
        format!("VALUE v 0 3000\r\n{value}\r\n"),
        "VALUE s 0 1\r\ns\r\n",
    );
    client.ask(3, "get v s none v s\r\n", format!("{v}{s}{v}{s}END\r\n"));
    client.ask(
        4,
        "version\r\nget s\r\nmn\r\nget v\r\nmg none v\r\n",
        format!("VERSION 1.6.45\r\n{s}END\r\nMN\r\n{v}END\r\nEN\r\n"),
    );
    // More than is otherwise written at once.
    let value = "w".repeat(100);
    client.ask(5, format!("set w 0 0 100\r\n{value}\r\n"), "STORED\r\n");
    let w = format!("VALUE w 0 100\r\n{value}\r\n");
    client.ask(
        6,
        format!("get{}\r\nversion\r\n", " w".repeat(700)),
        format!("{}END\r\nVERSION 1.6.45\r\n", w.repeat(700)),
    );
}

#[test]
fn silence_is_no_datagram() {
    let server = start(&ours(), &["-t", "1"]);
    let client = Client::new(&server);
    client.request(1, b"set a 0 0 1 noreply\r\na\r\n");
    client.request(2, b"quit\r\n");
    client.request(3, b"mg none v q\r\nms a 1 q\r\na\r\n");
    client.request(4, &binary(0x09, b"none", 0));
    client.request(5, &binary(0x17, b"", 0));
    client.expect_silence();
    client.ask(
        6,
        "get a\r\nquit\r\nget a\r\n",
        "VALUE a 0 1\r\na\r\nEND\r\n",
    );
}

#[test]
fn what_is_no_whole_request_is_dropped() {
    let server = start(&ours(), &["-t", "1"]);
    let client = Client::new(&server);
    for len in 0..=8 {
        client.send(&b"\0\x01\0\0\0\x01\0\0"[..len]);
    }
    for total in [0, 2, 0x0100] {
        let [high, low] = u16::to_be_bytes(total);
        client.send(&[&[0, 1, 0, 0, high, low, 0, 0][..], b"get a\r\n"].concat());
    }
    client.send(&[0xff; 1000]);
    client.send(&[0; 60_000]);
    client.request(1, b"get a");
    client.request(2, b"set a 0 0 10\r\nshort\r\n");
    client.request(3, b"set a 0 0 2147483645\r\n");
    client.request(4, b"ms a 1000000\r\n");
    client.request(5, &[b'x'; 3000]);
    client.request(6, &binary(0x00, b"a", 0)[..20]);
    client.expect_silence();
    // What comes next is no part of a value begun before.
    client.ask(8, "version\r\n", "VERSION 1.6.45\r\n");
    client.ask(9, "get a\r\n", "END\r\n");
    // What is whole is answered, whatever comes behind it.
    client.ask(10, "get a\r\nset a 0 0 10\r\nshort\r\n", "END\r\n");
}

#[test]
fn commands_that_need_a_stream_are_refused() {
    let server = start(&ours(), &[]);
    let client = Client::new(&server);
    for command in [
        "watch",
        "watch fetchers",
        "lru_crawler metadump all",
        "lru_crawler mgdump hash",
    ] {
        client.ask(1, format!("{command}\r\n"), "ERROR\r\n");
    }
    client.ask(2, "flush_all\r\n", "OK\r\n");
}

#[test]
fn an_answer_has_its_bound() {
    let server = start(&ours(), &["-t", "1"]);
    let client = Client::new(&server);
    let mut raw = server.connect();
    let value = "v".repeat(500_000);
    raw.ask(format!("set v 0 0 500000\r\n{value}\r\n"), "STORED\r\n");
    // Any value there can be is answered with.
    client.request(1, b"get v\r\n");
    let head = client.receive();
    assert_eq!(head[..8], [0, 1, 0, 0, 1, 0x68, 0, 0], "360 datagrams");
    let client = Client::to(client.server);
    // Not with a thousand of them.
    let keys = " v".repeat(1000);
    let refusal = "SERVER_ERROR out of memory writing get response\r\n";
    client.ask(2, format!("get{keys}\r\n"), refusal);
    client.ask(3, format!("get s{keys}\r\nversion\r\n"), refusal);
    assert_eq!(stat_of(&mut raw, "response_obj_oom"), 2);
    client.ask(4, "get s\r\n", "END\r\n");
}

#[test]
fn many_clients_get_their_own_answers() {
    let server = start(&ours(), &["-t", "4"]);
    let address = addresses(&server)[0];
    std::thread::scope(|scope| {
        for number in 0..8 {
            scope.spawn(move || {
                let client = Client::to(address);
                for id in 0..500_u16 {
                    let text = format!("{number}-{id}");
                    let set = format!("set k{text} 0 0 {}\r\n{text}\r\n", text.len());
                    client.ask(id, set, "STORED\r\n");
                    let value = format!("VALUE k{text} 0 {}\r\n{text}\r\nEND\r\n", text.len());
                    client.ask(id, format!("get k{text}\r\n"), value);
                }
            });
        }
    });
}

#[test]
fn every_worker_has_the_socket_unless_there_is_a_list() {
    let stock = need!(Program::memcached());
    for program in [ours(), stock] {
        let server = start(&program, &["-t", "3"]);
        let udp = addresses(&server);
        assert_eq!(udp.len(), 3);
        assert!(udp.iter().all(|address| *address == udp[0]));
        let lines = conns(&server);
        assert_eq!(lines.iter().filter(|l| l.ends_with(":UDP UDP")).count(), 3);
        // Each is a connection, one of which does not count.
        let mut raw = server.connect();
        wait_until("the connections before to be gone", || {
            stat_of(&mut raw, "curr_connections") == 1 + 3 + 1 - 1
        });

        let server = start(&program, &["-t", "3", "-l", "127.0.0.2,127.0.0.3,::1"]);
        let mut udp = addresses(&server);
        udp.dedup();
        assert_eq!(udp.len(), 4, "{udp:?}");
        for address in udp {
            Client::to(address).ask(1, "get a\r\n", "END\r\n");
        }
        let mut raw = server.connect();
        raw.send("stats settings\r\n");
        let text = String::from_utf8_lossy(&raw.read_until("END\r\n")).into_owned();
        assert!(text.contains("STAT udpport -1\r\n"), "{text}");
        assert!(text.contains("STAT num_threads_per_udp 1\r\n"), "{text}");
    }
}

#[test]
fn very_verbose_tells_of_buffers_and_sockets() {
    let stock = need!(Program::memcached());
    for program in [ours(), stock] {
        let server = start(&program, &["-t", "2", "-vv"]);
        // Waits until all workers have said theirs.
        assert_eq!(addresses(&server).len(), 2);
        let said = server.stderr();
        let lines: Vec<&str> = said.lines().filter(|line| line.starts_with('<')).collect();
        let buffers = lines.iter().filter(|l| l.contains(" send buffer was "));
        assert_eq!(buffers.count(), 1, "{lines:?}");
        let sockets = lines
            .iter()
            .filter(|l| l.ends_with(" server listening (udp)"));
        assert_eq!(sockets.count(), 2, "{lines:?}");
    }
}

#[test]
fn who_asks_is_told_while_he_asks() {
    let stock = need!(Program::memcached());
    for program in [ours(), stock] {
        let server = start(&program, &["-t", "1"]);
        let client = Client::new(&server);
        client.request(1, b"stats conns\r\n");
        let text = String::from_utf8_lossy(&client.reply(1)).into_owned();
        let lines: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("STAT "))
            .filter_map(|line| line.split_once(':').map(|(_, told)| told))
            .collect();
        let own = client.socket.local_addr().expect("bound");
        let at = lines
            .iter()
            .position(|line| *line == "UDP UDP")
            .expect("UDP");
        assert_eq!(
            lines[at..at + 4],
            [
                "UDP UDP".to_string(),
                format!("addr udp:{own}"),
                format!("listen_addr udp:{}", client.server),
                "state conn_parse_cmd".to_string(),
            ]
        );
        wait_until("the socket to be idle again", || {
            let lines = conns(&server);
            let state = lines.iter().position(|line| line.ends_with(":UDP UDP"));
            lines[state.expect("UDP") + 2].ends_with(":state conn_read")
        });
    }
}

#[test]
fn sockets_that_cannot_be_had_end_the_start() {
    let taken = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("bound").port().to_string();
    let said = "failed to listen on one of interface(s) 127.0.0.1: Address already in use\n";
    assert_eq!(
        refused(&["-l", "127.0.0.1", "-p", "-1", "-U", &port]),
        (Some(71), said.to_string())
    );
    let entry = format!("127.0.0.1:{port}");
    let said = format!("failed to listen on one of interface(s) {entry}: Address already in use\n");
    assert_eq!(
        refused(&["-l", &entry, "-p", "0", "-U", "1"]),
        (Some(71), said)
    );
    let said = "Cannot use UDP with ascii authentication enabled (-U 0 to disable)\n";
    assert_eq!(
        refused(&["-Y", "/no/such/file", "-U", &port]),
        (Some(64), said.to_string())
    );
}

#[test]
fn the_port_file_names_all_sockets() {
    let written = |args: &[&str]| Running::start(args).ports();
    let port = mcrs_testkit::free_port().to_string();
    // Of UDP alone TCP takes the number.
    assert_eq!(
        written(&["-l", "127.0.0.1", "-U", &port]),
        format!("TCP INET: {port}\nUDP INET: {port}\n")
    );
    assert_eq!(
        written(&["-l", "127.0.0.1", "-p", "0", "-U", &port]),
        format!("UDP INET: {port}\n")
    );
    // The port of an entry is for both, if there are both.
    let entry = format!("127.0.0.1:{port}");
    assert_eq!(
        written(&["-l", &entry, "-U", "1"]),
        format!("TCP INET: {port}\nUDP INET: {port}\n")
    );
    assert_eq!(written(&["-l", &entry]), format!("TCP INET: {port}\n"));
    assert_eq!(
        written(&["-l", &entry, "-p", "0", "-U", "1"]),
        format!("UDP INET: {port}\n")
    );
    let text = written(&["-l", "127.0.0.1,::1", "-p", "-1", "-U", "-1"]);
    let families: Vec<&str> = text.lines().filter_map(|l| l.split(": ").next()).collect();
    assert_eq!(families, ["TCP INET", "TCP INET6", "UDP INET", "UDP INET6"]);
    assert!(!text.contains(": 0"), "{text}");
}
