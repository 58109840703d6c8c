//! The `mcrs` binary against stock memcached: what it prints and how it ends.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use mcrs_testkit::{DeadPort, Program, Server, need, temp_dir};

const YES: i32 = 0;
const NO: i32 = 1;
const FAILED: i32 = 2;

/// Runs `mcrs` with `input` on its standard input.
#[track_caller]
fn run(servers: &str, args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mcrs"))
        .args(args)
        .env("MCRS_SERVERS", servers)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("run mcrs");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A command that reads no input may be gone already.
    let _ = stdin.write_all(input);
    drop(stdin);
    child.wait_with_output().expect("wait for mcrs")
}

/// Runs and compares status and standard output; standard error belongs to the message on failure.
#[track_caller]
fn check(servers: &str, args: &[&str], status: i32, stdout: &str) {
    let output = run(servers, args, b"");
    assert_eq!(
        (
            output.status.code(),
            &*String::from_utf8_lossy(&output.stdout)
        ),
        (Some(status), stdout),
        "mcrs {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn memcached() -> Result<(Server, String), mcrs_testkit::Missing> {
    let server = Server::start(&Program::memcached()?, &[]);
    let name = server.address().to_string();
    Ok((server, name))
}

#[test]
fn values_go_in_and_come_out() {
    let (server, at) = need!(memcached());
    check(&at, &["get", "a"], NO, "");
    check(&at, &["set", "a", "one"], YES, "");
    check(&at, &["set", "b", "two", "--flags", "9"], YES, "");
    check(&at, &["get", "a", "none", "b"], NO, "onetwo");
    // What another client sees.
    server.connect().ask(
        "get a b\r\n",
        "VALUE a 0 3\r\none\r\nVALUE b 9 3\r\ntwo\r\nEND\r\n",
    );
    let head = run(&at, &["get", "--head", "b"], b"");
    let head = String::from_utf8_lossy(&head.stdout).into_owned();
    assert!(head.starts_with("flags=9 cas="), "{head}");
    assert!(head.ends_with(" bytes=3\ntwo\n"), "{head}");
}

#[test]
fn any_bytes_come_through_standard_input() {
    let (server, at) = need!(memcached());
    let value: Vec<u8> = (0..=255).cycle().take(3000).collect();
    assert_eq!(run(&at, &["set", "bin"], &value).status.code(), Some(YES));
    assert_eq!(run(&at, &["get", "bin"], b"").stdout, value);
    let mut raw = server.connect();
    raw.send("get bin\r\n");
    raw.expect("VALUE bin 0 3000\r\n");
    assert_eq!(raw.read_exactly(3000), value);
}

#[test]
fn a_value_that_is_stored_compressed_is_written_unpacked() {
    let (server, at) = need!(memcached());
    let value = "all the same ".repeat(500);
    check(&at, &["set", "a", &value, "--flags", "2"], YES, "");
    check(&at, &["get", "a"], YES, &value);
    let mut raw = server.connect();
    raw.send("get a\r\n");
    let stored: Vec<String> = raw.read_line().split(' ').map(str::to_owned).collect();
    let len: usize = stored[3].parse().expect("a length");
    assert!(stored[2] == "2" && len < value.len(), "{stored:?}");
}

#[test]
fn a_condition_that_does_not_hold_is_a_no() {
    let (_server, at) = need!(memcached());
    check(&at, &["set", "a", "1", "--mode", "replace"], NO, "");
    check(&at, &["set", "a", "1", "--mode", "append"], NO, "");
    check(&at, &["set", "a", "1", "--mode", "add"], YES, "");
    check(&at, &["set", "a", "2", "--mode", "add"], NO, "");
    check(&at, &["set", "a", "2", "--mode", "append"], YES, "");
    check(&at, &["set", "a", "0", "--mode", "prepend"], YES, "");
    check(&at, &["get", "a"], YES, "012");
    check(&at, &["set", "a", "3", "--mode", "replace"], YES, "");
    let head = run(&at, &["get", "--head", "a"], b"").stdout;
    let head = String::from_utf8_lossy(&head).into_owned();
    let cas = head
        .split("cas=")
        .nth(1)
        .and_then(|rest| rest.split(' ').next());
    let cas = cas.expect("the head names the CAS id");
    check(&at, &["set", "a", "4", "--cas", cas], YES, "");
    check(&at, &["set", "a", "5", "--cas", cas], NO, "");
    check(&at, &["set", "none", "5", "--cas", cas], NO, "");
    check(&at, &["get", "a"], YES, "4");
}

#[test]
fn counters_count_both_ways() {
    let (_server, at) = need!(memcached());
    check(&at, &["incr", "n"], NO, "");
    check(&at, &["set", "n", "5"], YES, "");
    check(&at, &["incr", "n"], YES, "6\n");
    check(&at, &["incr", "n", "10"], YES, "16\n");
    check(&at, &["incr", "n", "-6"], YES, "10\n");
    check(&at, &["incr", "n", "-18446744073709551615"], YES, "0\n");
    check(
        &at,
        &["incr", "n", "18446744073709551615"],
        YES,
        "18446744073709551615\n",
    );
    check(&at, &["incr", "n", "18446744073709551616"], FAILED, "");
    check(&at, &["set", "n", "word"], YES, "");
    check(&at, &["incr", "n"], FAILED, "");
}

#[test]
fn keys_are_removed_touched_and_flushed() {
    let (server, at) = need!(memcached());
    for key in ["a", "b", "noreply"] {
        check(&at, &["set", key, "x"], YES, "");
    }
    check(&at, &["rm", "a", "noreply"], YES, "");
    check(&at, &["rm", "a", "b"], NO, "");
    server.connect().ask("get a b noreply\r\n", "END\r\n");
    check(&at, &["set", "a", "x"], YES, "");
    check(&at, &["touch", "100", "a"], YES, "");
    check(&at, &["touch", "100", "a", "none"], NO, "");
    check(&at, &["get", "a"], YES, "x");
    check(&at, &["touch", "-1", "a"], YES, "");
    check(&at, &["get", "a"], NO, "");
    check(&at, &["set", "a", "x", "--exptime", "-1"], YES, "");
    check(&at, &["get", "a"], NO, "");
    check(&at, &["set", "a", "x"], YES, "");
    check(&at, &["flush", "--delay", "1000"], YES, "");
    check(&at, &["get", "a"], YES, "x");
    check(&at, &["flush"], YES, "");
    check(&at, &["get", "a"], NO, "");
}

#[test]
fn files_are_stored_under_their_names() {
    let (_server, at) = need!(memcached());
    let dir = temp_dir();
    let (one, two) = (dir.path().join("one"), dir.path().join("two"));
    std::fs::write(&one, "first").expect("write a file");
    std::fs::write(&two, "second").expect("write a file");
    let (one, two) = (one.to_string_lossy(), two.to_string_lossy());
    check(&at, &["cp", &one, &two], YES, "");
    check(&at, &["get", "one", "two"], YES, "firstsecond");
    check(&at, &["cp", "--prefix", "p:", &one], YES, "");
    check(&at, &["get", "p:one"], YES, "first");
    check(&at, &["cp", "--path", &one], YES, "");
    check(&at, &["get", &one], YES, "first");
    check(&at, &["cp", "no-such-file"], FAILED, "");
}

#[test]
fn servers_are_asked_one_by_one() {
    let (one, first) = need!(memcached());
    let (_two, second) = need!(memcached());
    let both = format!("{first},{second}");
    let stat = |args: &[&str]| {
        let output = run(&both, args, b"");
        assert_eq!(output.status.code(), Some(YES));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let general = stat(&["stat"]);
    assert!(
        general.starts_with(&format!("# {first}\npid {}\n", one.pid())),
        "{general}"
    );
    assert!(general.contains(&format!("\n# {second}\n")), "{general}");
    assert!(stat(&["stat", "settings"]).contains("\nmaxbytes 67108864\n"));
    let pinged = stat(&["ping"]);
    let lines: Vec<&str> = pinged.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with(&format!("{first}\t1.")), "{pinged}");
    assert!(lines[1].ends_with(" ms"), "{pinged}");
}

#[test]
fn a_server_that_is_not_there_is_a_no_to_ping_and_a_failure_to_the_rest() {
    let (_server, at) = need!(memcached());
    let dead = DeadPort::new();
    let both = format!("{at},127.0.0.1:{}", dead.port());
    let output = run(&both, &["ping"], b"");
    assert_eq!(output.status.code(), Some(NO));
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 1);
    let alone = format!("127.0.0.1:{}", dead.port());
    for args in [
        &["get", "a"][..],
        &["rm", "a"],
        &["stat"],
        &["flush"],
        &["incr", "a"],
    ] {
        let output = run(&alone, args, b"");
        assert_eq!(output.status.code(), Some(FAILED), "{args:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("Connection refused"), "{args:?}: {said}");
    }
}

#[test]
fn a_key_lies_where_the_tool_says() {
    let (one, first) = need!(memcached());
    let (two, second) = need!(memcached());
    let both = format!("{first},{second}@2");
    let keys: Vec<String> = (0..20).map(|i| format!("key{i}")).collect();
    let mut args = vec!["where"];
    args.extend(keys.iter().map(String::as_str));
    let output = run(&both, &args, b"");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(told.lines().count(), keys.len(), "{told}");
    let mut seen = [0; 2];
    for (key, line) in keys.iter().zip(told.lines()) {
        check(&both, &["set", key, "x"], YES, "");
        let holds = |server: &Server| {
            let mut raw = server.connect();
            raw.send(format!("get {key}\r\n"));
            raw.read_line() != "END"
        };
        let (in_one, in_two) = (holds(&one), holds(&two));
        assert!(in_one != in_two, "{key} lies in one place");
        let place = if in_one { &first } else { &second };
        seen[usize::from(in_two)] += 1;
        assert_eq!(line, format!("{key}\t{place}"));
    }
    assert!(
        seen[0] > 0 && seen[1] > 0,
        "{seen:?}: both servers get keys"
    );
    check(&both, &["where", "a key"], FAILED, "");
}

#[test]
fn a_unix_socket_is_a_server() {
    let program = need!(Program::memcached());
    let server = Server::start_unix(&program, &["-a", "777"]);
    let at = server.address().to_string();
    check(&at, &["set", "a", "x"], YES, "");
    check(&format!("unix://{at}"), &["get", "a"], YES, "x");
}

#[test]
fn a_wrong_command_line_fails_with_a_word_about_it() {
    for (args, word) in [
        (&["get"][..], "KEYS"),
        (&["fetch", "a"], "fetch"),
        (&["-s", "a:b", "get", "a"], "a:b"),
        (&["-o", "hash_function=md5", "get", "a"], "crc32, fnv"),
        (&["flush", "--delay", "-1"], "--delay"),
        (&["set", "a", "b", "--cas", "1", "--mode", "add"], "--cas"),
    ] {
        let output = run("127.0.0.1:1", args, b"");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(FAILED), "{args:?}: {said}");
        assert!(said.contains(word), "{args:?}: {said}");
    }
}
