//! What good clients get.

use std::net::UdpSocket;
use std::time::Instant;

use mcrs_testkit::wait::PATIENCE;
use mcrs_testkit::{Address, Program, Raw, Server, free_port, need, wait_until};

use super::peer::{Certs, Relay};
use super::{ours, serve, serve_as, stat};

#[test]
fn the_negotiated_version_is_the_newest_allowed() {
    let certs = need!(Certs::new());
    let server = serve(&certs, "", &[]);
    for version in ["TLSv1_2", "TLSv1_3"] {
        let max = format!("max={version}");
        let relay = need!(Relay::start(
            server.port(),
            &[&max, &format!("ca={}", certs.path("ca.pem"))]
        ));
        relay.connect().ask("version\r\n", "VERSION 1.6.45\r\n");
        relay.wait_for(&format!("open {} ", version.replace('_', ".")));
    }
    // 0 and 1 ask for what is not there, and get the oldest that is.
    for (word, refuses_12) in [("ssl_min_version=0", false), ("ssl_min_version=3", true)] {
        let server = serve(&certs, word, &[]);
        let relay = need!(Relay::start(server.port(), &["max=TLSv1_2"]));
        if refuses_12 {
            relay.connect().expect_close();
            relay.wait_for("failed TLSV1_ALERT_PROTOCOL_VERSION");
        } else {
            relay.connect().ask("version\r\n", "VERSION 1.6.45\r\n");
        }
    }
}

#[test]
fn long_values_go_both_ways() {
    let certs = need!(Certs::new());
    for words in ["", "ssl_wbuf_size=1", "ssl_wbuf_size=1000"] {
        let server = serve(
            &certs,
            words,
            &["-m", "256", "-I", "8m", "-o", "slab_chunk_max=64"],
        );
        for max in ["max=TLSv1_2", "max=TLSv1_3"] {
            let relay = need!(Relay::start(server.port(), &[max]));
            let mut raw = relay.connect();
            for len in [
                0,
                1,
                1024,
                1025,
                16_383,
                16_384,
                16_385,
                70_000,
                1 << 20,
                5_000_000,
            ] {
                let value: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
                let head = format!("set k 0 0 {len}\r\n");
                raw.ask([head.as_bytes(), &value, b"\r\n"].concat(), "STORED\r\n");
                raw.send("get k k\r\n");
                for _ in 0..2 {
                    assert_eq!(raw.read_line(), format!("VALUE k 0 {len}"));
                    assert!(raw.read_exactly(len) == value, "{words} {max}: {len}");
                    raw.expect("\r\n");
                }
                raw.expect("END\r\n");
            }
        }
    }
}

#[test]
fn long_pipelines_are_answered_in_order() {
    let certs = need!(Certs::new());
    let server = serve(&certs, "", &[]);
    let relay = need!(Relay::start(server.port(), &[]));
    let mut raw = relay.connect();
    let value = "v".repeat(3000);
    raw.ask(format!("set big 0 0 3000\r\n{value}\r\n"), "STORED\r\n");
    let big = format!("VALUE big 0 3000\r\n{value}\r\nEND\r\n");
    let (mut asked, mut expected) = (String::new(), String::new());
    for number in 0..2000 {
        asked.push_str(&format!(
            "set k 0 0 4\r\n{number:04}\r\nget k\r\nget big\r\n"
        ));
        expected.push_str(&format!(
            "STORED\r\nVALUE k 0 4\r\n{number:04}\r\nEND\r\n{big}"
        ));
    }
    // Sent before anything is read.
    raw.send(&asked);
    let answered = raw.read_exactly(expected.len());
    assert!(answered == expected.as_bytes(), "some answer is wrong");
    assert!(stat(&relay, "conn_yields") > 0);
}

#[test]
fn an_end_is_announced_by_both_sides() {
    let certs = need!(Certs::new());
    let server = serve(&certs, "", &[]);
    for max in ["max=TLSv1_2", "max=TLSv1_3"] {
        let relay = need!(Relay::start(server.port(), &[max]));
        let mut raw = relay.connect();
        raw.ask("version\r\nquit\r\nversion\r\n", "VERSION 1.6.45\r\n");
        raw.expect_close();
        relay.wait_for("clean");
        // Who ends its own half first still gets every answer.
        let relay = need!(Relay::start(server.port(), &[max]));
        let mut raw = relay.connect();
        raw.send("set k 0 0 1\r\nx\r\nget k\r\n");
        raw.finish_sending();
        raw.expect("STORED\r\nVALUE k 0 1\r\nx\r\nEND\r\n");
        raw.expect_close();
        relay.wait_for("clean");
        assert!(
            !relay.lines().contains(&"cut".to_string()),
            "{:?}",
            relay.lines()
        );
    }
}

#[test]
fn listeners_choose_for_themselves() {
    let certs = need!(Certs::new());
    certs.issue("client", "ec", "extendedKeyUsage=clientAuth");
    let (plain, bare, mutual) = (free_port(), free_port(), free_port());
    let list = format!("notls:127.0.0.1:{plain};btls:127.0.0.1:{bare};mtls:127.0.0.1:{mutual}");
    let words = format!("ssl_verify_mode=1,ssl_ca_cert={}", certs.path("ca.pem"));
    let server = serve(&certs, &words, &["-l", &list]);
    let version = |raw: &mut Raw| raw.ask("version\r\n", "VERSION 1.6.45\r\n");
    version(&mut Raw::connect(&Address::Tcp(
        ([127, 0, 0, 1], plain).into(),
    )));
    let cert = format!("cert={}", certs.path("client.both"));
    let stranger = need!(Certs::new());
    stranger.issue("client", "ec", "");
    let strange = format!("cert={}", stranger.path("client.both"));
    for (port, who, welcome) in [
        (server.port(), None, true),
        (server.port(), Some(&cert), true),
        (server.port(), Some(&strange), false),
        (bare, None, true),
        (bare, Some(&strange), true),
        (mutual, None, false),
        (mutual, Some(&cert), true),
        (mutual, Some(&strange), false),
    ] {
        let words: Vec<&str> = who.into_iter().map(String::as_str).collect();
        let relay = need!(Relay::start(port, &words));
        let mut raw = relay.connect();
        if welcome {
            version(&mut raw);
        } else {
            raw.expect_close();
        }
    }
}

#[test]
fn unix_sockets_and_datagrams_stay_plain() {
    let certs = need!(Certs::new());
    let port = free_port();
    let _server = serve(&certs, "", &["-U", &port.to_string()]);
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    socket.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    let ask = b"\0\x07\0\0\0\x01\0\0version\r\n";
    socket
        .send_to(ask, ("127.0.0.1", port))
        .expect("it is sent");
    let mut answer = [0; 100];
    let len = socket.recv(&mut answer).expect("an answer");
    assert_eq!(&answer[..len], b"\0\x07\0\0\0\x01\0\0VERSION 1.6.45\r\n");
    let server = Server::start_unix(&ours(), &["-Z", "-o", &certs.words("")]);
    server.connect().ask("version\r\n", "VERSION 1.6.45\r\n");
}

#[test]
fn the_cipher_suite_can_be_chosen() {
    let certs = need!(Certs::new());
    let name = "ECDHE-ECDSA-CHACHA20-POLY1305";
    let server = serve(&certs, &format!("ssl_ciphers=AES128-SHA:{name}"), &[]);
    let relay = need!(Relay::start(server.port(), &["max=TLSv1_2"]));
    relay.connect().ask("version\r\n", "VERSION 1.6.45\r\n");
    relay.wait_for(&format!("open TLSv1.2 {name} "));
    let relay = need!(Relay::start(
        server.port(),
        &["max=TLSv1_2", "ciphers=AESGCM"]
    ));
    relay.connect().expect_close();
    relay.wait_for("failed SSLV3_ALERT_HANDSHAKE_FAILURE");
}

#[test]
fn sessions_are_resumed_only_if_asked_for() {
    let certs = need!(Certs::new());
    for max in ["max=TLSv1_2", "max=TLSv1_3"] {
        for (words, resumes) in [("", false), ("ssl_session_cache", true)] {
            let server = serve(&certs, words, &[]);
            let relay = need!(Relay::start(server.port(), &[max, "resume=1"]));
            for _ in 0..3 {
                let mut raw = relay.connect();
                raw.ask("version\r\nquit\r\n", "VERSION 1.6.45\r\n");
                raw.expect_close();
            }
            let kinds = || -> Vec<bool> {
                let lines = relay.lines();
                let opened = lines.iter().filter(|line| line.starts_with("open "));
                opened.map(|line| line.ends_with(" reused")).collect()
            };
            wait_until("three connections", || kinds().len() == 3);
            assert_eq!(kinds(), [false, resumes, resumes], "{max} {words}");
            let fresh = need!(Relay::start(server.port(), &[max]));
            let mut raw = fresh.connect();
            raw.send("stats\r\n");
            let text = String::from_utf8_lossy(&raw.read_until("END\r\n")).into_owned();
            // One by the first of them, one by this one.
            assert_eq!(
                text.contains("STAT ssl_new_sessions 2\r\n"),
                resumes,
                "{text}"
            );
            assert_eq!(text.contains("ssl_new_sessions"), resumes, "{text}");
        }
    }
}

#[test]
fn figures_stand_where_memcached_has_them() {
    let stock = need!(Program::memcached());
    let certs = need!(Certs::new());
    for words in [
        "",
        "ssl_session_cache,ssl_verify_mode=1,ssl_min_version=3,ssl_ciphers=HIGH",
    ] {
        let words = format!("{words},ssl_ca_cert={}", certs.path("ca.pem"));
        let words = words.trim_start_matches(',');
        let ask = |program: &Program| -> Option<[Vec<String>; 2]> {
            let server = serve_as(program, &certs, words, &[]);
            let relay = Relay::start(server.port(), &[]).ok()?;
            let mut raw = relay.connect();
            Some(["stats\r\n", "stats settings\r\n"].map(|command| {
                raw.send(command);
                let text = String::from_utf8_lossy(&raw.read_until("END\r\n")).into_owned();
                let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
                lines.retain(|line| !line.starts_with("STAT ext_") && !line.contains("freeratio"));
                lines
            }))
        };
        let (Some([ours, our_settings]), Some([theirs, their_settings])) =
            (ask(&ours()), ask(&stock))
        else {
            return mcrs_testkit::skip("python3 is not installed (run `make deps`)");
        };
        let name = |line: &String| line.split(' ').nth(1).unwrap_or_default().to_string();
        let mut names: Vec<String> = theirs.iter().map(name).collect();
        // What 1.6.45 changed; mcrsd.md, section 11.
        names.retain(|name| name != "slab_reassign_evictions_nomem");
        let after =
            |names: &[String], name: &str| names.iter().position(|n| n == name).map(|n| n + 1);
        for (before, new) in [
            ("ssl_handshake_errors", "ssl_proto_errors"),
            (
                "slab_reassign_busy_deletes",
                "slab_reassign_last_busy_status",
            ),
            ("slab_reassign_busy_deletes", "slab_reassign_busy_nomem"),
        ] {
            let at = after(&names, before).expect("memcached has it");
            names.insert(at, new.into());
        }
        assert_eq!(ours.iter().map(name).collect::<Vec<_>>(), names);
        let ssl = |lines: Vec<String>| -> Vec<String> {
            lines
                .into_iter()
                .filter(|line| line.starts_with("STAT ssl_"))
                .collect()
        };
        assert_eq!(ssl(our_settings), ssl(their_settings));
    }
}

#[test]
fn many_connections_are_served_at_once() {
    let certs = need!(Certs::new());
    let server = serve(&certs, "", &["-t", "2"]);
    let relay = need!(Relay::start(server.port(), &[]));
    let started = Instant::now();
    let mut clients: Vec<Raw> = (0..300).map(|_| relay.connect()).collect();
    for (number, raw) in clients.iter_mut().enumerate() {
        raw.send(format!("set k{number} 0 0 3\r\n{number:03}\r\n"));
    }
    for raw in &mut clients {
        raw.expect("STORED\r\n");
    }
    for (number, raw) in clients.iter_mut().enumerate().rev() {
        raw.ask(
            format!("get k{number}\r\n"),
            format!("VALUE k{number} 0 3\r\n{number:03}\r\nEND\r\n"),
        );
    }
    assert_eq!(
        stat(&relay, "ssl_proto_errors"),
        stat(&relay, "ssl_handshake_errors")
    );
    assert!(started.elapsed() < PATIENCE);
}

#[test]
fn the_binary_protocol_is_spoken_too() {
    let certs = need!(Certs::new());
    let server = serve(&certs, "", &[]);
    let relay = need!(Relay::start(server.port(), &[]));
    // Opcode, lengths of key, extras and body, opaque; then extras, key and value.
    let request = |opcode: u8, extras: &[u8], key: &[u8], value: &[u8]| {
        let body = u32::try_from(extras.len() + key.len() + value.len()).expect("small");
        let (key_len, extras_len) = (key.len() as u8, extras.len() as u8);
        let head = [0x80, opcode, 0, key_len, extras_len, 0, 0, 0];
        [
            &head[..],
            &body.to_be_bytes(),
            b"opaq",
            &[0; 8],
            extras,
            key,
            value,
        ]
        .concat()
    };
    let value = [b'v'; 40_000];
    let mut raw = relay.connect();
    raw.send(request(0x01, &[0; 8], b"key", &value));
    assert_eq!(raw.read_exactly(24)[..8], [0x81, 0x01, 0, 0, 0, 0, 0, 0]);
    raw.send(request(0x0c, &[], b"key", &[]));
    let head = raw.read_exactly(24);
    assert_eq!(head[..8], [0x81, 0x0c, 0, 3, 4, 0, 0, 0]);
    assert_eq!(
        (&head[8..12], &head[12..16]),
        (&40_007u32.to_be_bytes()[..], &b"opaq"[..])
    );
    let body = raw.read_exactly(40_007);
    assert!(body.ends_with(&value) && &body[4..7] == b"key");
}

/// What pymemcache does over TLS; the port and the file of the CA are its arguments.
const PYMEMCACHE: &str = r#"
import ssl, sys
from pymemcache.client.base import Client
context = ssl.create_default_context(cafile=sys.argv[2])
client = Client(("localhost", int(sys.argv[1])), tls_context=context, no_delay=True, timeout=10)
assert client.set("a", b"1", noreply=False)
assert client.get("a") == b"1"
assert client.incr("a", 41) == 42
big = bytes(range(256)) * 4000
assert client.set("big", big, noreply=False) and client.get("big") == big
assert client.set_many({"k%d" % i: b"v" * i for i in range(300)}, noreply=False) == []
got = client.get_many(["k%d" % i for i in range(301)])
assert got == {"k%d" % i: b"v" * i for i in range(300)}
value, cas = client.gets("a")
assert client.cas("a", b"new", cas, noreply=False) and client.delete("a", noreply=False)
assert client.version() == b"1.6.45"
assert client.stats()[b"curr_items"] == 301
client.close()
"#;

#[test]
fn a_stock_client_works_unchanged() {
    let certs = need!(Certs::new());
    let python = |args: &[&str]| {
        // The distribution's own, which has the distribution's packages.
        let mut command = std::process::Command::new("/usr/bin/python3");
        command.args(args).output()
    };
    if !python(&["-c", "import pymemcache"]).is_ok_and(|output| output.status.success()) {
        return mcrs_testkit::skip("python3-pymemcache is not installed (run `make deps`)");
    }
    for words in ["", "ssl_min_version=3,ssl_session_cache"] {
        let server = serve(&certs, words, &[]);
        let (port, ca) = (server.port().to_string(), certs.path("ca.pem"));
        let output = python(&["-c", PYMEMCACHE, &port, &ca]).expect("as before");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
