//! The process as operators meet it: options, exit statuses, signals, sockets, limits.

mod common;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use common::{ours, stat_of};
use mcrs_testkit::{Program, Server, need, temp_dir, wait_until};

const MCRSD: &str = env!("CARGO_BIN_EXE_mcrsd");

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Arguments every start needs when the tests run as root.
fn user() -> &'static [&'static str] {
    if is_root() { &["-u", "nobody"] } else { &[] }
}

/// Runs to the end.
fn run(program: &Path, args: &[&str]) -> Output {
    Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .expect("it starts")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn bad_command_lines_end_as_with_memcached() {
    let stock = need!(Program::memcached());
    let cases: &[&[&str]] = &[
        &["-z"],
        &["--zzz"],
        &["--po"],
        &["--port"],
        &["-p"],
        &["-p", "70000"],
        &["-t", "0"],
        &["-c", "0"],
        &["-n", "0"],
        &["-f", "1"],
        &["-R", "0"],
        &["-I", "5"],
        &["-I", "100m"],
        &["-I", "700k"],
        &["-I", "300k"],
        &["-m", "1"],
        &["-B", "x"],
        &["-o", "foo=3"],
        &["-o", "slab_sizes=100-50"],
    ];
    for args in cases {
        let (a, b) = (run(Path::new(MCRSD), args), run(stock.path(), args));
        assert_eq!(a.status.code(), b.status.code(), "{args:?}");
        // getopt puts the program's name in front.
        let name = format!("{}: ", stock.path().display());
        let theirs = stderr(&b).replace(&name, &format!("{MCRSD}: "));
        assert_eq!(stderr(&a), theirs, "{args:?}");
    }
}

#[test]
fn versions_and_help_go_to_stdout_and_end_well() {
    for (args, start) in [
        (["-V"], "memcached 1.6.45 (mcrsd "),
        (["-h"], "memcached 1.6.45 (mcrsd "),
        (["-i"], "memcached 1.6.45 (mcrsd "),
    ] {
        let output = run(Path::new(MCRSD), &args);
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert!(output.stderr.is_empty());
        assert!(String::from_utf8_lossy(&output.stdout).starts_with(start));
    }
}

#[test]
fn locking_memory_works_or_is_warned_about() {
    let server = Server::start(&ours(), &["-k"]);
    server.connect().ask("version\r\n", "VERSION 1.6.45\r\n");
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("it lives");
    let locked = status
        .lines()
        .any(|line| line.starts_with("VmLck:") && !line.ends_with(" 0 kB"));
    let warned = server
        .stderr()
        .starts_with("warning: -k invalid, mlockall() failed: ");
    assert!(locked != warned, "locked: {locked}, warned: {warned}");
}

#[test]
fn very_many_threads_are_warned_about() {
    let server = Server::start(&ours(), &["-t", "65"]);
    let text = "WARNING: Setting a high number of worker threads is not recommended.\n";
    assert!(server.stderr().starts_with(text), "{}", server.stderr());
}

#[test]
fn root_must_name_an_account() {
    if !is_root() {
        return mcrs_testkit::inapplicable("only root is asked for -u");
    }
    let output = run(Path::new(MCRSD), &["-p", "0"]);
    assert_eq!(output.status.code(), Some(64));
    assert_eq!(stderr(&output), "must add '-u root' to start as root\n");
    let output = run(Path::new(MCRSD), &["-p", "0", "-u", "no-such-user"]);
    assert_eq!(output.status.code(), Some(67));
    assert_eq!(
        stderr(&output),
        "can't find the user no-such-user to switch to\n"
    );
}

#[test]
fn the_account_is_switched_to() {
    if !is_root() {
        return mcrs_testkit::inapplicable("only root can switch");
    }
    let server = Server::start(&ours(), &[]);
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("it lives");
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name}"))
            .split_whitespace()
            .collect::<Vec<_>>()
    };
    let nobody = nix::unistd::User::from_name("nobody")
        .expect("passwd")
        .expect("nobody");
    assert_eq!(field("Uid:"), vec![nobody.uid.to_string(); 4]);
    assert_eq!(field("Gid:"), vec![nobody.gid.to_string(); 4]);
    assert!(field("Groups:").is_empty());
}

#[test]
fn an_address_in_use_is_exit_71() {
    let first = Server::start(&ours(), &[]);
    let port = first.port().to_string();
    let args = [&["-l", "127.0.0.1", "-p", &port], user()].concat();
    let output = run(Path::new(MCRSD), &args);
    assert_eq!(output.status.code(), Some(71));
    assert_eq!(
        stderr(&output),
        "failed to listen on one of interface(s) 127.0.0.1: Address already in use\n"
    );
}

#[test]
fn bad_listen_entries_are_exit_71() {
    for (entry, text) in [
        ("127.0.0.1:abc", "Invalid port number: \"abc\"\n"),
        (
            "tag[123456789]:127.0.0.1",
            "Listener tags must be between 1 and 8 characters",
        ),
        (
            "notls:127.0.0.1",
            "'notls' option is valid only when SSL is enabled\n",
        ),
        ("no-such-host.invalid", "getaddrinfo(): "),
    ] {
        let output = run(Path::new(MCRSD), &[&["-l", entry], user()].concat());
        assert_eq!(output.status.code(), Some(71), "{entry}");
        assert!(
            stderr(&output).starts_with(text),
            "{entry}: {}",
            stderr(&output)
        );
    }
}

#[test]
fn signals_end_it_and_hangup_does_not() {
    for name in ["TERM", "INT", "USR1"] {
        let mut server = Server::start(&ours(), &["-v"]);
        server.connect().ask("set a 0 0 1\r\nx\r\n", "STORED\r\n");
        server.signal("HUP");
        server
            .connect()
            .ask("get a\r\n", "VALUE a 0 1\r\nx\r\nEND\r\n");
        let mut open = server.connect();
        open.ask("version\r\n", "VERSION 1.6.45\r\n");
        server.signal(name);
        let status = server.wait_for_exit();
        assert_eq!(status.code(), Some(0), "SIG{name}");
        open.expect_close();
        let said = if name == "USR1" {
            "Gracefully stopping\n"
        } else {
            "Exiting normally\n"
        };
        assert!(
            server.stderr().ends_with(said),
            "SIG{name}: {}",
            server.stderr()
        );
    }
}

#[test]
fn shutdown_works_with_its_switch() {
    for (command, said) in [
        ("shutdown\r\n", "Exiting normally\n"),
        ("shutdown graceful\r\n", "Gracefully stopping\n"),
    ] {
        let mut server = Server::start(&ours(), &["-A", "-v"]);
        let mut raw = server.connect();
        raw.ask("shutdown now\r\n", "CLIENT_ERROR invalid shutdown mode\r\n");
        raw.ask("shutdown noreply\r\nversion\r\n", "VERSION 1.6.45\r\n");
        raw.send(command);
        assert_eq!(server.wait_for_exit().code(), Some(0));
        raw.expect_close();
        assert!(server.stderr().ends_with(said), "{}", server.stderr());
    }
}

#[test]
fn the_unix_socket_has_its_mode_and_replaces_an_old_one() {
    for (mask, mode) in [("700", 0o700), ("0775", 0o775), ("222", 0o222)] {
        let mut server = Server::start_unix(&ours(), &["-a", mask]);
        let mcrs_testkit::Address::Unix(path) = server.address().clone() else {
            panic!("not a unix socket");
        };
        let meta = fs::symlink_metadata(&path).expect("it is there");
        assert!(meta.file_type().is_socket());
        assert_eq!(meta.permissions().mode() & 0o7777, mode, "-a {mask}");
        server.connect().ask("version\r\n", "VERSION 1.6.45\r\n");
        // The file stays after the end, and is no obstacle to the next start.
        server.restart();
        server.connect().ask("version\r\n", "VERSION 1.6.45\r\n");
    }
}

#[test]
fn a_file_that_is_no_socket_is_left_alone() {
    let dir = temp_dir();
    let path = dir.path().join("file");
    fs::write(&path, "precious").expect("a file");
    let name = path.display().to_string();
    let output = run(Path::new(MCRSD), &[&["-s", &name], user()].concat());
    assert_eq!(output.status.code(), Some(71));
    let text = format!("failed to listen on UNIX socket: {name}: Address already in use\n");
    assert_eq!(stderr(&output), text);
    assert_eq!(fs::read_to_string(&path).expect("still there"), "precious");
}

#[test]
fn clients_over_the_limit_are_told_and_closed() {
    let server = Server::start(&ours(), &["-c", "3"]);
    let mut first = server.connect();
    wait_until("the probing connection to be gone", || {
        stat_of(&mut first, "curr_connections") == 1
    });
    let mut clients = vec![first, server.connect(), server.connect()];
    for client in &mut clients {
        client.ask("version\r\n", "VERSION 1.6.45\r\n");
    }
    let mut refused = server.connect();
    refused.expect("ERROR Too many open connections\r\n");
    refused.expect_close();
    clients.pop();
    wait_until("room", || {
        let mut next = TcpStream::connect(("127.0.0.1", server.port())).expect("the backlog");
        next.write_all(b"version\r\n").expect("sent");
        let mut text = String::new();
        let _ = next.set_read_timeout(Some(Duration::from_secs(5)));
        let _ = next.take(16).read_to_string(&mut text);
        text == "VERSION 1.6.45\r\n"
    });
    let first = &mut clients[0];
    wait_until("the last client to be gone", || {
        stat_of(first, "curr_connections") == 2
    });
    assert!(stat_of(first, "rejected_connections") >= 1);
    assert_eq!(stat_of(first, "max_connections"), 3);
}

#[test]
fn without_maxconns_fast_clients_wait_their_turn() {
    let server = Server::start(&ours(), &["-c", "1", "-o", "no_maxconns_fast"]);
    let mut first = server.connect();
    first.ask("version\r\n", "VERSION 1.6.45\r\n");
    let mut second = server.connect();
    second.send("version\r\n");
    wait_until("accepting to stop", || {
        first.send("stats\r\n");
        let text = first.read_until("END\r\n");
        let text = String::from_utf8_lossy(&text).into_owned();
        assert!(!text.contains("rejected_connections"));
        text.contains("STAT accepting_conns 0\r\n")
    });
    drop(first);
    second.expect("VERSION 1.6.45\r\n");
}

#[test]
fn the_pid_file_is_written_and_removed_by_a_daemon() {
    let dir = temp_dir();
    let pid_file = dir.path().join("pid");
    let socket = dir.path().join("socket");
    let (pid_name, socket_name) = (pid_file.display().to_string(), socket.display().to_string());
    let args = [&["-d", "-P", &pid_name, "-s", &socket_name], user()].concat();
    let output = run(Path::new(MCRSD), &args);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    // The parent waits until the server listens, so everything is there at once.
    let pid = fs::read_to_string(&pid_file).expect("written before the parent ends");
    let pid: i32 = pid.trim().parse().expect("a number");
    let address = mcrs_testkit::Address::Unix(socket);
    mcrs_testkit::Raw::connect(&address).ask("version\r\n", "VERSION 1.6.45\r\n");
    let link = |what: &str| fs::read_link(format!("/proc/{pid}/{what}")).ok();
    // Looking into another account's process takes a right that containers may lack.
    if let Some(cwd) = link("cwd") {
        assert_eq!(cwd, Path::new("/"));
        for fd in ["fd/0", "fd/1", "fd/2"] {
            assert_eq!(link(fd).as_deref(), Some(Path::new("/dev/null")), "{fd}");
        }
    }
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it lives");
    let session = stat
        .rsplit(')')
        .next()
        .and_then(|rest| rest.split_whitespace().nth(3));
    assert_eq!(session, Some(pid.to_string().as_str()), "its own session");
    let pid = nix::unistd::Pid::from_raw(pid);
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("it lives");
    wait_until("the daemon to end", || {
        nix::sys::signal::kill(pid, None).is_err()
    });
    assert!(!pid_file.exists(), "removed at the end");
}

#[test]
fn a_pid_file_of_a_running_process_is_warned_about() {
    let dir = temp_dir();
    let path = dir.path().join("pid");
    let name = path.display().to_string();
    let first = Server::start(&ours(), &["-P", &name]);
    wait_until("the pid file", || path.exists());
    let second = Server::start(&ours(), &["-P", &name]);
    let text = format!(
        "WARNING: The pid file contained the following (running) pid: {}\n",
        first.pid()
    );
    wait_until("the warning", || second.stderr() == text);
    let written = || fs::read_to_string(&path).unwrap_or_default();
    wait_until("the new pid", || written() == format!("{}\n", second.pid()));
    drop(second);
    assert!(path.exists(), "only a daemon removes it");
}

#[test]
fn a_daemon_that_cannot_start_says_so_with_its_status() {
    let first = Server::start(&ours(), &[]);
    let port = first.port().to_string();
    let args = [&["-d", "-l", "127.0.0.1", "-p", &port], user()].concat();
    let output = run(Path::new(MCRSD), &args);
    assert_eq!(output.status.code(), Some(71));
    assert!(stderr(&output).contains("Address already in use"));
}

#[test]
fn the_port_file_names_real_ports() {
    let dir = temp_dir();
    let file = dir.path().join("ports");
    let mut child = Command::new(MCRSD)
        .args([&["-l", "127.0.0.1", "-p", "-1"], user()].concat())
        .env("MEMCACHED_PORT_FILENAME", &file)
        .spawn()
        .expect("it starts");
    wait_until("the port file", || file.exists());
    let text = fs::read_to_string(&file).expect("readable");
    let port = text
        .strip_prefix("TCP INET: ")
        .and_then(|rest| rest.trim().parse::<u16>().ok());
    let port = port.unwrap_or_else(|| panic!("{text:?}"));
    let mut socket = TcpStream::connect(("127.0.0.1", port)).expect("it listens there");
    socket.write_all(b"version\r\n").expect("sent");
    let mut reply = [0; 16];
    socket.read_exact(&mut reply).expect("answered");
    assert_eq!(&reply, b"VERSION 1.6.45\r\n");
    child.kill().expect("ours");
    child.wait().expect("ours");
}

#[test]
fn very_verbose_shows_classes_and_listeners_as_memcached_does() {
    let server = Server::start(&ours(), &["-vv"]);
    let text = server.stderr();
    let mut lines = text.lines();
    let first = lines.next().expect("a class table");
    assert!(first.starts_with("slab class   1: chunk size "), "{first}");
    let number = |from: usize, to: usize| first[from..to].trim().parse::<u32>();
    assert!(
        number(26, 36).is_ok() && first[37..45] == *"perslab ",
        "{first}"
    );
    let listening = lines
        .find(|line| line.contains("server listening"))
        .expect("a listener");
    assert!(
        listening.ends_with(" server listening (auto-negotiate)"),
        "{listening}"
    );
    assert!(listening.starts_with('<'));
}

#[test]
fn very_verbose_shows_commands_and_no_values() {
    let server = Server::start(&ours(), &["-vv"]);
    let script = "ms key 6 c\r\nsecret\r\nmg key v s\r\nget key\r\n";
    let mut raw = server.connect();
    raw.send(script);
    raw.read_until("END");
    let log = || server.stderr();
    wait_until("the answer to the last command", || {
        log().contains(" END\n")
    });
    let log = log();
    for shown in [" ms key 6 c\n", " mg key v s\n", " VA 6 s6\n", " get key\n"] {
        assert!(log.contains(shown), "{shown:?} is not in {log}");
    }
    assert!(!log.contains("secret"), "{log}");
}
