//! `-o read_buf_mem_limit`: what happens when clients leave too much unfinished, and the figures
//! about it.

mod common;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use common::{ours, stat_of, stats_of};
use mcrs_testkit::{Program, Raw, Server, need, wait_until};

/// One worker and a megabyte: 64 buffers of 16 KiB.
const LIMITED: &[&str] = &["-t", "1", "-o", "read_buf_mem_limit=1"];

#[test]
fn a_get_of_more_values_than_memory_is_an_error() {
    let stock = need!(Program::memcached());
    for program in [ours(), stock] {
        let server = Server::start(&program, LIMITED);
        let mut raw = server.connect();
        raw.ask("set a 0 0 1\r\nx\r\n", "STORED\r\n");
        let answer = |values: usize| format!("{}END\r\n", "VALUE a 0 1\r\nx\r\n".repeat(values));
        let ask = |values: usize| format!("get{}\r\n", " a".repeat(values));
        raw.ask(ask(780), answer(780));
        assert_eq!(stat_of(&mut raw, "response_obj_oom"), 0);
        let refusal = "SERVER_ERROR out of memory writing get response\r\n";
        raw.ask(ask(820), refusal);
        // More than is written at once, too.
        raw.ask(ask(100_000), refusal);
        assert_eq!(stat_of(&mut raw, "response_obj_oom"), 2);
        // Nothing is lost for good.
        raw.ask(ask(780), answer(780));
    }
    // Keys that are not there take no memory. (Of memcached's they do.)
    let server = Server::start(&ours(), LIMITED);
    let keys = " b".repeat(1000);
    server.connect().ask(format!("get{keys}\r\n"), "END\r\n");
}

#[test]
fn too_many_replies_at_once_end_the_connection() {
    let stock = need!(Program::memcached());
    for program in [ours(), stock] {
        // A megabyte for 32 workers: two buffers each, one of which is for replies.
        let server = Server::start(&program, &["-t", "32", "-o", "read_buf_mem_limit=1"]);
        let mut raw = server.connect();
        raw.ask("delete a\r\n".repeat(13), "NOT_FOUND\r\n".repeat(13));
        let mut greedy = TcpStream::connect(("127.0.0.1", server.port())).expect("it accepts");
        let patience = Some(std::time::Duration::from_secs(10));
        greedy.set_read_timeout(patience).expect("a time-out");
        greedy.write_all(&b"delete a\r\n".repeat(20)).expect("sent");
        let mut answered = Vec::new();
        greedy.read_to_end(&mut answered).expect("the end");
        // What was answered before comes; memcached drops it.
        assert!(answered.is_empty() || answered == b"NOT_FOUND\r\n".repeat(13));
        assert_eq!(stat_of(&mut raw, "response_obj_oom"), 1);
    }
}

/// Whether the server has ended this connection.
fn is_closed(client: &mut TcpStream) -> bool {
    match client.read(&mut [0; 10]) {
        Err(error) => error.kind() != ErrorKind::WouldBlock,
        Ok(read) => {
            assert_eq!(read, 0, "an answer to nothing");
            true
        }
    }
}

#[test]
fn clients_that_leave_too_much_unfinished_are_closed() {
    let stock = need!(Program::memcached());
    for program in [ours(), stock] {
        for piece in ["get a", "set a 0 0 1000\r\n"] {
            let server = Server::start(&program, LIMITED);
            let mut open: Vec<TcpStream> = (0..90)
                .map(|_| {
                    let address = ("127.0.0.1", server.port());
                    let mut client = TcpStream::connect(address).expect("it accepts");
                    client.write_all(piece.as_bytes()).expect("sent");
                    client.set_nonblocking(true).expect("non-blocking");
                    client
                })
                .collect();
            wait_until("the last to be closed", || {
                open.retain_mut(|client| !is_closed(client));
                open.len() <= 65
            });
            // What some give back others can have.
            open.truncate(open.len() - 30);
            wait_until("room for one more", || {
                let address = ("127.0.0.1", server.port());
                let mut client = TcpStream::connect(address).expect("it accepts");
                client.write_all(b"version\r\n").expect("sent");
                client.read_exact(&mut [0; 10]).is_ok()
            });
            let mut raw = server.connect();
            let closed = stat_of(&mut raw, "read_buf_oom");
            assert!((25..40).contains(&closed), "{closed} closed");
            // Those who stayed have lost nothing.
            let first = &mut open[0];
            first.set_nonblocking(false).expect("blocking");
            if piece == "get a" {
                first.write_all(b"\r\n").expect("sent");
                let mut reply = [0; 5];
                first.read_exact(&mut reply).expect("an answer");
                assert_eq!(&reply, b"END\r\n");
            } else {
                let value = [&[b'v'; 1000][..], b"\r\n"].concat();
                first.write_all(&value).expect("sent");
                let mut reply = [0; 8];
                first.read_exact(&mut reply).expect("an answer");
                assert_eq!(&reply, b"STORED\r\n");
            }
        }
    }
}

#[test]
fn figures_tell_what_is_held() {
    let server = Server::start(&ours(), &["-t", "1"]);
    let mut raw = server.connect();
    let figures = |raw: &mut Raw| {
        let names = [
            "read_buf_count",
            "read_buf_bytes",
            "read_buf_bytes_free",
            "response_obj_count",
        ];
        let [count, bytes, free, replies] = stats_of(raw, names);
        assert_eq!(bytes, count * 16384);
        (count, free / 16384, replies)
    };
    assert_eq!(figures(&mut raw), (2, 0, 1));
    let mut clients: Vec<Raw> = (0..10).map(|_| server.connect()).collect();
    assert_eq!(figures(&mut raw), (2, 0, 1), "idle ones hold nothing");
    clients.iter_mut().for_each(|client| client.send("get"));
    wait_until("pieces to be held", || figures(&mut raw) == (12, 0, 1));
    let finish = |client: &mut Raw| client.ask(" a\r\n", "END\r\n");
    clients.iter_mut().for_each(finish);
    assert_eq!(figures(&mut raw), (12, 10, 1));
    drop(clients);
    // Replies that a client does not take.
    let value = "v".repeat(1_000_000);
    raw.ask(format!("set v 0 0 1000000\r\n{value}\r\n"), "STORED\r\n");
    let mut stuck = server.connect();
    stuck.send(format!("get{}\r\n", " v".repeat(20)));
    wait_until("a reply to be stuck", || figures(&mut raw).2 > 1);
    drop(stuck);
    wait_until("it to be let go", || figures(&mut raw) == (12, 10, 1));
}
