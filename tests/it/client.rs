//! The client against stock memcached and against servers that misbehave.

use std::time::{Duration, Instant};

use mcrs::client::{ArithVerb, Client, StoreVerb};
use mcrs::{Address, ErrorKind, Event, Options, Outcome, PersistentServers, ServerOptions};
use mcrs_testkit::{BlackHole, DeadPort, FakeServer, Program, Script, Server, skip};

/// A stock memcached, or `None` with the reason printed.
fn memcached() -> Option<Server> {
    Program::memcached()
        .map(|program| Server::start(&program, &[]))
        .map_err(skip)
        .ok()
}

fn address(port: u16) -> Address {
    Address {
        host: b"127.0.0.1".to_vec(),
        tcp_port: u32::from(port),
        udp_port: 0,
    }
}

/// Short enough for a test, long enough for a busy machine.
const PATIENT: Duration = Duration::from_secs(10);
const HASTY: Duration = Duration::from_millis(200);

fn client(ports: &[u16], timeout: Duration) -> Client {
    let mut client = Client::new(Options {
        timeout,
        ..Options::default()
    });
    for &port in ports {
        let options = client.server_options();
        client.add_server(address(port), 1, options).unwrap();
    }
    client
}

fn failures(client: &mut Client) -> Vec<String> {
    let text = |event| match event {
        Event::ServerFailed { error, errno, .. } => format!("{} ({errno})", error.escape_ascii()),
        Event::Refused { error, code, .. } => format!("{} [{code}]", error.escape_ascii()),
        other => panic!("{other:?}"),
    };
    client.take_events().into_iter().map(text).collect()
}

#[test]
fn every_verb_works_against_memcached() {
    let Some(server) = memcached() else { return };
    let c = &mut client(&[server.port()], PATIENT);
    let store =
        |c: &mut Client, verb, value: &[u8], cas| c.store(verb, b"k", value, 5, 0, cas).unwrap();
    assert_eq!(c.get(b"k").unwrap(), None);
    assert_eq!(store(c, StoreVerb::Replace, b"x", 0), Outcome::NotStored);
    assert_eq!(store(c, StoreVerb::Cas, b"x", 1), Outcome::NotFound);
    assert_eq!(store(c, StoreVerb::Add, b"b", 0), Outcome::Done);
    assert_eq!(store(c, StoreVerb::Add, b"x", 0), Outcome::NotStored);
    assert_eq!(store(c, StoreVerb::Append, b"c", 0), Outcome::Done);
    assert_eq!(store(c, StoreVerb::Prepend, b"a", 0), Outcome::Done);
    let item = c.get(b"k").unwrap().unwrap();
    assert_eq!((&item.value[..], item.flags), (&b"abc"[..], 5));
    assert_eq!(
        store(c, StoreVerb::Cas, b"x", item.cas + 100),
        Outcome::Exists
    );
    assert_eq!(store(c, StoreVerb::Cas, b"10", item.cas), Outcome::Done);
    assert_eq!(
        c.arith(ArithVerb::Incr, b"k", u64::MAX).unwrap(),
        Outcome::Number(9)
    );
    assert_eq!(
        c.arith(ArithVerb::Decr, b"k", 20).unwrap(),
        Outcome::Number(0)
    );
    assert_eq!(
        c.arith(ArithVerb::Incr, b"none", 1).unwrap(),
        Outcome::NotFound
    );
    assert_eq!(c.touch(b"k", 100).unwrap(), Outcome::Done);
    assert_eq!(c.touch(b"none", 100).unwrap(), Outcome::NotFound);
    assert_eq!(c.delete(b"k").unwrap(), Outcome::Done);
    assert_eq!(c.delete(b"k").unwrap(), Outcome::NotFound);
    assert!(c.version(0).unwrap().starts_with(b"1."));
    assert!(c.stats(0, b"").unwrap().starts_with(b"STAT pid "));
    assert!(c.stats(0, b"settings").unwrap().ends_with(b"\n"));
    c.set(b"k", b"v", 0, 0).unwrap();
    c.flush(0, 0).unwrap();
    assert_eq!(c.get(b"k").unwrap(), None);
    assert_eq!(failures(c), [""; 0]);
}

#[test]
fn values_of_any_size_and_content_come_back() {
    let Some(server) = memcached() else { return };
    let c = &mut client(&[server.port()], PATIENT);
    let noise: Vec<u8> = (0..900_000u64)
        .map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8)
        .collect();
    for len in [0, 1, 100, 16_383, 16_384, 19_999, 20_000, 65_536, 900_000] {
        for value in [&noise[..len], &vec![b'\n'; len]] {
            c.set(b"k", value, 0, 0).unwrap();
            assert!(c.get(b"k").unwrap().unwrap().value == value, "{len} bytes");
        }
    }
    c.set(b"k", &[b'\n'; 20_000], 0, 0).unwrap();
    let item = c.get(b"k").unwrap().unwrap();
    assert_eq!(
        item.flags,
        mcrs::value::flags::COMPRESSED,
        "long text is compressed"
    );
}

#[test]
fn a_value_over_the_limit_is_refused_and_the_next_call_works() {
    let Some(server) = memcached() else { return };
    let c = &mut client(&[server.port()], PATIENT);
    c.set_option("compress_threshold", "0").unwrap();
    let error = c.set(b"k", &vec![0; 4 << 20], 0, 0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(c.is_up(0), "refusing is no failure");
    c.set(b"k", b"v", 0, 0).unwrap();
    assert_eq!(c.get(b"k").unwrap().unwrap().value, b"v");
}

#[test]
fn a_multi_get_of_many_keys_on_two_servers_finds_them_all() {
    let (Some(a), Some(b)) = (memcached(), memcached()) else {
        return;
    };
    let c = &mut client(&[a.port(), b.port()], PATIENT);
    let keys: Vec<String> = (0..1000).map(|i| format!("key-{i}")).collect();
    let batch = c.begin();
    for key in keys.iter().filter(|key| !key.ends_with('7')) {
        let head = mcrs::client::store_head(StoreVerb::Set, key.as_bytes(), 0, 0, 0);
        batch.store(head, key.as_bytes());
    }
    c.run();
    let batch = c.begin();
    for key in &keys {
        batch.multi_get(key.as_bytes(), true);
    }
    c.run();
    let mut found = vec![false; keys.len()];
    for hit in c.batch().hits() {
        assert_eq!(hit.key, keys[hit.index].as_bytes());
        assert_eq!(hit.value, hit.key);
        assert!(hit.cas.is_some());
        found[hit.index] = true;
    }
    for (key, found) in keys.iter().zip(found) {
        assert_eq!(found, !key.ends_with('7'), "{key}");
    }
}

#[test]
fn unix_sockets_work() {
    let Ok(program) = Program::memcached().map_err(skip) else {
        return;
    };
    let server = Server::start_unix(&program, &[]);
    let mcrs_testkit::Address::Unix(path) = server.address() else {
        panic!("a unix socket")
    };
    let mut c = Client::new(Options::default());
    let host = format!("unix://{}", path.display()).into_bytes();
    let options = c.server_options();
    c.add_server(
        Address {
            host,
            tcp_port: 0,
            udp_port: 0,
        },
        1,
        options,
    )
    .unwrap();
    assert_eq!(c.set(b"k", b"v", 0, 0).unwrap(), Outcome::Done);
    assert_eq!(c.get(b"k").unwrap().unwrap().value, b"v");
}

#[test]
fn bad_keys_are_refused_before_anything_is_sent() {
    let server = FakeServer::start([Script::new()]);
    let c = &mut client(&[server.port()], PATIENT);
    for key in [&b""[..], &[b'k'; 251], b"a b", b"a\r\nflush_all", b"a\0"] {
        assert_eq!(c.get(key).unwrap_err().kind(), ErrorKind::InvalidKey);
        assert_eq!(
            c.set(key, b"", 0, 0).unwrap_err().kind(),
            ErrorKind::InvalidKey
        );
        assert_eq!(c.delete(key).unwrap_err().kind(), ErrorKind::InvalidKey);
    }
    assert_eq!(server.connections(), 0);
    let error = Client::new(Options::default()).get(b"k").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoServers);
}

#[test]
fn a_refused_connection_is_reported_and_remembered() {
    let port = DeadPort::new();
    let c = &mut client(&[port.port()], PATIENT);
    let error = c.get(b"k").unwrap_err();
    assert_eq!((error.kind(), error.errno()), (ErrorKind::Connect, 111));
    assert_eq!(failures(c), ["Connection failed: Connection refused (111)"]);
    assert!(!c.is_up(0));
    assert_eq!(c.get(b"k").unwrap_err().kind(), ErrorKind::ServerDown);
    assert_eq!(failures(c), [""; 0]);
}

#[test]
fn a_dead_server_s_keys_go_to_the_living() {
    let Some(alive) = memcached() else { return };
    let dead = DeadPort::new();
    let c = &mut client(&[dead.port(), alive.port()], PATIENT);
    for i in 0..50 {
        let key = format!("key-{i}");
        assert_eq!(
            c.set(key.as_bytes(), b"v", 0, 0).unwrap(),
            Outcome::Done,
            "{key}"
        );
        assert_eq!(c.get(key.as_bytes()).unwrap().unwrap().value, b"v", "{key}");
    }
    assert!(!c.is_up(0) && c.is_up(1));
}

#[test]
fn each_of_many_keys_has_its_own_answer() {
    let Some(server) = memcached() else { return };
    let dead = DeadPort::new();
    let c = &mut client(&[dead.port(), server.port()], PATIENT);
    c.set_option("allow_failover", "0").unwrap();
    let names: Vec<String> = (0..40).map(|i| format!("key-{i}")).collect();
    let keys: Vec<&[u8]> = names.iter().map(String::as_bytes).collect();
    for key in keys.iter().step_by(2) {
        // Half of them belong to the dead server.
        let _ = c.set(key, key, 0, 0);
    }
    let mut counts = [0; 3];
    for (i, answer) in c.get_many(&keys).unwrap().into_iter().enumerate() {
        let on_the_living = c.choose(keys[i]) == Some(1);
        match answer {
            Ok(Some(item)) => {
                assert!(on_the_living && i % 2 == 0);
                assert_eq!(item.value, keys[i]);
                counts[0] += 1;
            }
            Ok(None) => {
                assert!(on_the_living && i % 2 == 1);
                counts[1] += 1;
            }
            Err(error) => {
                assert!(!on_the_living);
                assert_eq!(error.kind(), ErrorKind::ServerDown);
                counts[2] += 1;
            }
        }
    }
    assert!(counts.iter().all(|&n| n > 0), "{counts:?}");
    assert!(c.get_many(&[]).unwrap().is_empty());
    let error = c.get_many(&[b"good", b"not good"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidKey);
    let error = client(&[], PATIENT).get_many(&[b"k"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoServers);
}

#[test]
fn connecting_stops_at_the_time_out() {
    let hole = BlackHole::new();
    let c = &mut client(&[hole.port()], HASTY);
    let before = Instant::now();
    let error = c.get(b"k").unwrap_err();
    assert!(before.elapsed() >= HASTY);
    assert_eq!((error.kind(), error.errno()), (ErrorKind::Connect, 110));
    assert_eq!(
        failures(c),
        ["Connection failed: Connection timed out (110)"]
    );
}

#[test]
fn a_silent_server_times_out_and_its_late_answer_reaches_nobody() {
    let late = Script::new().expect("get a\r\n").silence();
    let next = Script::new()
        .expect("get b\r\n")
        .send("VALUE b 0 1\r\nB\r\nEND\r\n")
        .expect_close();
    let server = FakeServer::start([late, next]);
    let c = &mut client(&[server.port()], HASTY);
    c.set_server_options(
        0,
        ServerOptions {
            retry: mcrs::Retry::from_secs(0),
            ..c.server_options()
        },
    );
    c.set_option("allow_failover", "0").unwrap();
    let batch_get = |c: &mut Client, key: &[u8]| {
        c.begin().get(key, false);
        c.run();
        c.batch().hits().next().map(|hit| hit.value.to_vec())
    };
    assert_eq!(batch_get(c, b"a"), None);
    assert_eq!(failures(c), ["Network timeout (0)"]);
    assert_eq!(batch_get(c, b"b"), Some(b"B".to_vec()));
    assert_eq!(server.connections(), 2);
}

/// Runs one `get k` against a server that answers `reply` and closes.
fn get_from(reply: &str) -> (Vec<String>, Option<Vec<u8>>) {
    let server = FakeServer::start([Script::new().expect("get k\r\n").send(reply).close()]);
    let c = &mut client(&[server.port()], PATIENT);
    c.begin().get(b"k", false);
    c.run();
    let value = c.batch().hits().next().map(|hit| hit.value.to_vec());
    (failures(c), value)
}

#[test]
fn rubbish_and_broken_replies_fail_the_server() {
    let closed = "Read failed (socket was unexpectedly closed) (0)";
    for (reply, failure, value) in [
        ("", closed, None),
        ("VALUE k 0 3\r\nab", closed, None),
        ("VALUE k 0 3\r\nabc\r\n", closed, Some(&b"abc"[..])),
        ("WHAT\r\n", "Malformed VALUE header (0)", None),
        (
            "VALUE k 0\r\nx\r\nEND\r\n",
            "Malformed VALUE header (0)",
            None,
        ),
        (
            "VALUE k 0 99999999999\r\n",
            "Malformed VALUE header (0)",
            None,
        ),
        (
            "VALUE k 0 1\r\nabEND\r\n",
            "Malformed server response (0)",
            None,
        ),
        (
            "VALUE other 0 1\r\nx\r\nEND\r\n",
            "Malformed VALUE header (0)",
            None,
        ),
        (
            "VALUE k 0 1\r\nx\r\nVALUE k 0 1\r\ny\r\nEND\r\n",
            "Malformed VALUE header (0)",
            Some(b"x"),
        ),
    ] {
        let (failures, got) = get_from(reply);
        assert_eq!(failures, [failure], "{reply:?}");
        assert_eq!(got.as_deref(), value, "{reply:?}");
    }
}

#[test]
fn after_a_time_out_the_next_server_has_the_whole_time_out() {
    let silent = FakeServer::start_repeating(Script::new().expect_until("\r\n").silence());
    // Asked for its own keys first, then for those of the silent one.
    let miss = |script: Script| script.expect_until("\r\n").send_split("END\r\n", 1);
    let alive = FakeServer::start([miss(miss(Script::new())).expect_close()]);
    let mut c = client(&[silent.port(), alive.port()], HASTY);
    let batch = c.begin();
    for i in 0..40 {
        batch.multi_get(format!("key-{i}").as_bytes(), false);
    }
    c.run();
    assert_eq!(failures(&mut c), ["Network timeout (0)"]);
    assert!(!c.is_up(0) && c.is_up(1));
    drop(c);
    alive.finish();
}

#[test]
fn more_than_was_asked_for_makes_the_connection_unfit_for_the_next_request() {
    let chatty = Script::new()
        .expect("get k\r\n")
        .send("END\r\nVALUE k 0 4\r\nevil\r\nEND\r\n")
        .expect_close();
    let honest = Script::new()
        .expect("get k\r\n")
        .send("END\r\n")
        .expect_close();
    let server = FakeServer::start([chatty, honest]);
    let c = &mut client(&[server.port()], PATIENT);
    for _ in 0..2 {
        c.begin().get(b"k", false);
        c.run();
        assert_eq!(c.batch().hits().len(), 0);
    }
}

#[test]
fn a_connection_that_was_closed_while_idle_is_replaced_unnoticed() {
    let once = || Script::new().expect("get k\r\n").send("END\r\n").close();
    let server = FakeServer::start([once(), once()]);
    let c = &mut client(&[server.port()], PATIENT);
    c.get_once();
    // The close follows the answer at once, and loopback is quick: a moment later it has arrived.
    std::thread::sleep(Duration::from_millis(50));
    c.get_once();
    assert_eq!(failures(c), [""; 0]);
    assert_eq!(server.connections(), 2);
}

trait GetOnce {
    fn get_once(&mut self);
}

impl GetOnce for Client {
    fn get_once(&mut self) {
        let request = self.begin().get(b"k", false);
        self.run();
        assert_eq!(self.batch().outcome(request), Outcome::Done);
    }
}

#[test]
fn persistent_servers_share_connection_and_failure() {
    let Some(server) = memcached() else { return };
    let dead = DeadPort::new();
    let mut shared = PersistentServers::new();
    let mut add = |port| {
        let mut c = Client::new(Options::default());
        let options = ServerOptions {
            timeout: PATIENT,
            ..c.server_options()
        };
        c.add_persistent_server(address(port), 1, options, &mut shared)
            .unwrap();
        c
    };
    let (mut a, mut b) = (add(server.port()), add(server.port()));
    a.set(b"k", b"v", 0, 0).unwrap();
    assert_eq!(b.get(b"k").unwrap().unwrap().value, b"v");
    let connections = String::from_utf8(b.stats(0, b"").unwrap()).unwrap();
    let count = connections
        .lines()
        .find_map(|l| l.strip_prefix("STAT total_connections "))
        .unwrap();
    drop(a);
    assert_eq!(b.get(b"k").unwrap().unwrap().value, b"v");
    let again = String::from_utf8(b.stats(0, b"").unwrap()).unwrap();
    assert!(
        again.contains(&format!("STAT total_connections {count}\n")),
        "no new connection"
    );
    let (mut x, y) = (add(dead.port()), add(dead.port()));
    assert!(x.get(b"k").is_err());
    assert!(!y.is_up(0), "a failure is known to all");
}
