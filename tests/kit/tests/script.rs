//! The scripted server against a plain connection: each step does what it says, and departures fail.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mcrs_testkit::{FakeServer, Raw, Script, wait_until};

/// The text of the panic that `f` ends in.
fn panic_text(f: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("it must panic");
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(|&s| s.to_owned()))
        .expect("a panic has a text")
}

#[test]
fn a_dialogue_runs_and_is_recorded() {
    let script = Script::new()
        .expect("get a\r\n")
        .send("VALUE a 0 1\r\nx\r\nEND\r\n")
        .expect_until("\r\n")
        .send_split("STORED\r\n", 1)
        .expect_close();
    let fake = FakeServer::start([script]);
    let mut raw = Raw::connect(fake.address());
    raw.ask("get a\r\n", "VALUE a 0 1\r\nx\r\nEND\r\n");
    raw.send("set a 0 0 1\r\n");
    assert_eq!(raw.read_line(), "STORED");
    assert_eq!(fake.received(0), b"get a\r\nset a 0 0 1\r\n");
    drop(raw);
    fake.finish();
}

#[test]
fn connections_follow_their_own_scripts_side_by_side() {
    let fake = FakeServer::start([
        Script::new().expect("a").send("1").silence(),
        Script::new().expect("b").send("2").silence(),
    ]);
    let mut first = Raw::connect(fake.address());
    first.ask("a", "1");
    let mut second = Raw::connect(fake.address());
    second.ask("b", "2");
    assert_eq!(fake.connections(), 2);
    drop((first, second));
    fake.finish();
}

#[test]
fn a_unix_socket_works_the_same() {
    let fake = FakeServer::start_unix([Script::new().expect("a").send("1").close()]);
    let mut raw = Raw::connect(fake.address());
    raw.ask("a", "1");
    raw.expect_close();
    fake.finish();
}

#[test]
fn a_repeating_script_serves_any_number() {
    let fake = FakeServer::start_repeating(Script::new().expect("a").send("1").expect_close());
    for _ in 0..5 {
        Raw::connect(fake.address()).ask("a", "1");
    }
    fake.finish();
}

#[test]
fn close_half_close_and_reset_reach_the_client() {
    let fake = FakeServer::start([
        Script::new().expect_until("\n").close(),
        Script::new().finish_sending().expect("late").expect_close(),
        Script::new().expect("x").reset(),
    ]);
    let mut raw = Raw::connect(fake.address());
    raw.send("one line, and more that is never looked at\n");
    raw.expect_close();
    let mut raw = Raw::connect(fake.address());
    raw.expect_close();
    raw.send("late");
    drop(raw);
    let mut raw = Raw::connect(fake.address());
    raw.send("x");
    raw.expect_close();
    fake.finish();
}

#[test]
fn a_departure_from_the_script_fails_the_test() {
    let text = panic_text(|| {
        let fake = FakeServer::start([Script::new().expect("get a\r\n").send("END\r\n")]);
        let mut raw = Raw::connect(fake.address());
        raw.send("get b\r\n");
        fake.finish();
    });
    assert!(text.contains(r#"expected "get a\\r\\n""#), "{text}");
    assert!(text.contains("get b"), "{text}");
}

#[test]
fn a_connection_too_many_fails_the_test() {
    let text = panic_text(|| {
        let fake = FakeServer::start([]);
        let raw = Raw::connect(fake.address());
        wait_until("the connection", || fake.connections() == 1);
        drop(raw);
    });
    assert!(text.contains("was not in the script"), "{text}");
}

#[test]
fn an_unread_failure_fails_on_drop() {
    let text = panic_text(|| {
        let fake = FakeServer::start([Script::new().expect_close()]);
        let mut raw = Raw::connect(fake.address());
        raw.send("hello");
        raw.expect_close();
        drop(fake);
    });
    assert!(text.contains("expected the client to close"), "{text}");
}

#[test]
fn a_wrong_reply_fails_at_once_with_the_bytes() {
    let text = panic_text(|| {
        let fake = FakeServer::start([Script::new().expect("a").send("ER").silence()]);
        let mut raw = Raw::connect(fake.address());
        raw.ask("a", "END\r\n");
    });
    assert!(text.contains(r#"received "ER""#), "{text}");
}
