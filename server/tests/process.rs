//! The process as operators meet it: options, exit statuses, signals, sockets, limits.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use mcrs_testkit::{Program, Raw, Server, need, temp_dir, wait_until};

const MCRSD: &str = env!("CARGO_BIN_EXE_mcrsd");

fn ours() -> Program {
    Program::at(MCRSD).expect("cargo built it")
}

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

/// One figure of `stats`.
fn stat(server: &Server, name: &str) -> u64 {
    stat_of(&mut server.connect(), name)
}

/// The same, asked on a connection that stays: a new one would change what is counted.
fn stat_of(raw: &mut Raw, name: &str) -> u64 {
    raw.send("stats\r\n");
    let text = String::from_utf8_lossy(&raw.read_until("END\r\n")).into_owned();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(&format!("STAT {name} ")));
    line.unwrap_or_else(|| panic!("no {name}"))
        .trim()
        .parse()
        .expect("a number")
}

/// Kilobytes of memory a process has resident.
fn resident_kb(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).expect("it lives");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .expect("VmRSS");
    line.trim()
        .trim_end_matches(" kB")
        .parse()
        .expect("a number")
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
        return mcrs_testkit::skip("only root is asked for -u");
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
        return mcrs_testkit::skip("only root can switch");
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
    for (mask, mode) in [("700", 0o700), ("0775", 0o775), ("22", 0o22)] {
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
fn memory_stays_near_its_limit_under_load() {
    let server = Server::start(&ours(), &["-m", "16", "-t", "1"]);
    let before = resident_kb(server.pid());
    let mut raw = server.connect();
    let value = "v".repeat(900);
    // 64 MB into 16 MB.
    for batch in 0..70 {
        let mut text = String::new();
        for index in 0..1000 {
            text.push_str(&format!(
                "set key-{batch}-{index} 0 0 900 noreply\r\n{value}\r\n"
            ));
        }
        text.push_str("version\r\n");
        raw.ask(text, "VERSION 1.6.45\r\n");
    }
    let grown = resident_kb(server.pid()).saturating_sub(before);
    assert!(grown < 24 * 1024, "{grown} kB for 16 MB of items");
    assert!(stat(&server, "evictions") > 10_000);
    assert!(stat(&server, "bytes") <= 16 << 20);
    assert_eq!(stat(&server, "limit_maxbytes"), 16 << 20);
}

#[test]
fn without_evictions_a_full_memory_refuses() {
    let server = Server::start(&ours(), &["-m", "8", "-M", "-t", "1"]);
    let mut raw = server.connect();
    let value = "v".repeat(100_000);
    let full = (0..1000).any(|index| {
        raw.send(format!("set key-{index} 0 0 100000\r\n{value}\r\n"));
        match raw.read_line().as_str() {
            "STORED" => false,
            "SERVER_ERROR out of memory storing object" => true,
            other => panic!("{other}"),
        }
    });
    assert!(full, "100 MB went into 8 MB");
    // A value in several chunks may find out only on its way; the stream stays in step.
    // (The first may be lucky: a class without memory is given a page even above the limit.)
    let big = "b".repeat(900_000);
    let refused = (0..8).any(|index| {
        raw.send(format!(
            "set big-{index} 0 0 900000\r\n{big}\r\nversion\r\n"
        ));
        let reply = raw.read_line();
        raw.expect("VERSION 1.6.45\r\n");
        match reply.as_str() {
            "STORED" => false,
            "SERVER_ERROR Out of memory during read"
            | "SERVER_ERROR out of memory storing object" => true,
            other => panic!("{other}"),
        }
    });
    assert!(refused, "values of 900 kB always found room");
    assert!(stat(&server, "store_no_memory") >= 1);
    assert_eq!(stat(&server, "evictions"), 0);
    raw.ask("delete key-0\r\n", "DELETED\r\n");
    raw.send(format!("set key-new 0 0 100000\r\n{value}\r\n"));
    assert_eq!(raw.read_line(), "STORED");
}

#[test]
fn a_client_that_never_reads_costs_little() {
    let server = Server::start(&ours(), &["-t", "1"]);
    let value = "v".repeat(1_000_000);
    server
        .connect()
        .ask(format!("set k 0 0 1000000\r\n{value}\r\n"), "STORED\r\n");
    let before = resident_kb(server.pid());
    let mut greedy = TcpStream::connect(("127.0.0.1", server.port())).expect("it accepts");
    greedy.set_nonblocking(true).expect("non-blocking");
    // Asks for a gigabyte, as far as the server lets it.
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
    // The others are served as before.
    server.connect().ask("get nobody\r\n", "END\r\n");
}

#[test]
fn idle_connections_cost_little() {
    let server = Server::start(&ours(), &["-t", "1", "-c", "2000"]);
    let mut clients: Vec<_> = (0..100).map(|_| server.connect()).collect();
    let ask = |client: &mut mcrs_testkit::Raw| client.ask("get a\r\n", "END\r\n");
    clients.iter_mut().for_each(ask);
    let before = resident_kb(server.pid());
    let mut more: Vec<_> = (0..1000).map(|_| server.connect()).collect();
    more.iter_mut().for_each(ask);
    let each = (resident_kb(server.pid()).saturating_sub(before)) * 1024 / 1000;
    assert!(each < 2048, "{each} bytes for an idle connection");
}

#[test]
fn it_outlives_malformed_requests() {
    let server = Server::start(&ours(), &["-t", "2"]);
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
    for (index, bytes) in cases.iter().enumerate() {
        let mut socket = TcpStream::connect(("127.0.0.1", server.port())).expect("it accepts");
        // The server may close in the middle; what counts is that it lives.
        let _ = socket.write_all(bytes);
        let _ = socket.shutdown(std::net::Shutdown::Write);
        socket
            .set_read_timeout(Some(Duration::from_secs(10)))
            .expect("a time-out");
        let mut reply = Vec::new();
        if let Err(error) = socket.read_to_end(&mut reply) {
            assert_eq!(
                error.kind(),
                std::io::ErrorKind::ConnectionReset,
                "case {index}"
            );
        }
        let key = format!("k{index}");
        server
            .connect()
            .ask(format!("set {key} 0 0 1\r\nx\r\n"), "STORED\r\n");
    }
    wait_until("the bad clients to be gone", || {
        stat(&server, "curr_connections") == 1
    });
}

#[test]
fn a_flush_in_the_future_happens_when_it_is_due() {
    let server = Server::start(&ours(), &[]);
    let mut raw = server.connect();
    raw.ask("set a 0 0 1\r\nx\r\nflush_all 2\r\n", "STORED\r\nOK\r\n");
    raw.ask("get a\r\n", "VALUE a 0 1\r\nx\r\nEND\r\n");
    wait_until("the flush", || {
        raw.send("get a\r\n");
        raw.read_until("END\r\n") == b"END\r\n"
    });
    raw.ask("set a 0 0 1\r\ny\r\n", "STORED\r\n");
    wait_until("the clock to pass the point", || {
        raw.ask("set b 0 1 1\r\nz\r\n", "STORED\r\n");
        raw.send("get a\r\n");
        let alive = raw.read_until("END\r\n") == b"VALUE a 0 1\r\ny\r\nEND\r\n";
        // Stored in the second that is flushed, it may have to be stored once more.
        if !alive {
            raw.ask("set a 0 0 1\r\ny\r\n", "STORED\r\n");
        }
        alive
    });
}

#[test]
fn items_expire() {
    let server = Server::start(&ours(), &[]);
    let mut raw = server.connect();
    raw.ask("set a 0 1 1\r\nx\r\n", "STORED\r\n");
    wait_until("the item to expire", || {
        raw.send("get a\r\n");
        raw.read_until("END\r\n") == b"END\r\n"
    });
    assert_eq!(stat(&server, "get_expired"), 1);
    raw.ask("touch a 100\r\n", "NOT_FOUND\r\n");
}

#[test]
fn every_worker_serves() {
    for threads in ["1", "3", "16"] {
        let server = Server::start(&ours(), &["-t", threads]);
        assert_eq!(stat(&server, "threads").to_string(), threads);
        for _ in 0..20 {
            server.connect().ask("get a\r\n", "END\r\n");
        }
    }
}

#[test]
fn a_reader_half_way_through_an_old_value_gets_all_of_it() {
    let server = Server::start(&ours(), &["-t", "2"]);
    let old = "o".repeat(1_000_000);
    let mut slow = server.connect();
    slow.ask(format!("set k 0 0 1000000\r\n{old}\r\n"), "STORED\r\n");
    // More than the sockets hold, so most of it is still in the cache when the value changes.
    slow.send("get k k k k k k k k k k k k k k k k\r\n");
    assert_eq!(slow.read_line(), "VALUE k 0 1000000");
    server.connect().ask("set k 0 0 1\r\nn\r\n", "STORED\r\n");
    let mut got = slow.read_exactly(1_000_002);
    assert!(got == format!("{old}\r\n").as_bytes(), "the first value");
    let mut values = 1;
    loop {
        match slow.read_line().as_str() {
            "END" => break,
            "VALUE k 0 1000000" => {
                got = slow.read_exactly(1_000_002);
                assert!(got == format!("{old}\r\n").as_bytes(), "value {values}");
            }
            // Looked up after the change.
            "VALUE k 0 1" => assert_eq!(slow.read_line(), "n"),
            other => panic!("{other}"),
        }
        values += 1;
    }
    assert_eq!(values, 16);
}

#[test]
fn increments_of_many_clients_all_count() {
    let server = Server::start(&ours(), &["-t", "4"]);
    server.connect().ask("set n 0 0 1\r\n0\r\n", "STORED\r\n");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let mut raw = server.connect();
            scope.spawn(move || {
                for _ in 0..20 {
                    raw.send("incr n 1\r\n".repeat(100));
                    (0..100).for_each(|_| drop(raw.read_line()));
                }
            });
        }
    });
    server
        .connect()
        .ask("get n\r\n", "VALUE n 0 4\r\n8000\r\nEND\r\n");
}

#[test]
fn of_many_who_compare_and_store_one_wins_each_round() {
    let server = Server::start(&ours(), &["-t", "4"]);
    server.connect().ask("set c 0 0 1\r\n0\r\n", "STORED\r\n");
    let won: usize = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..4)
            .map(|_| {
                let mut raw = server.connect();
                scope.spawn(move || {
                    let mut won = 0;
                    for _ in 0..200 {
                        raw.send("gets c\r\n");
                        let head = raw.read_line();
                        let value: u64 = raw.read_line().parse().expect("a number");
                        assert_eq!(raw.read_line(), "END");
                        let id = head.rsplit(' ').next().expect("an id");
                        let next = (value + 1).to_string();
                        raw.send(format!("cas c 0 0 {} {id}\r\n{next}\r\n", next.len()));
                        match raw.read_line().as_str() {
                            "STORED" => won += 1,
                            "EXISTS" => {}
                            other => panic!("{other}"),
                        }
                    }
                    won
                })
            })
            .collect();
        tries.into_iter().map(|t| t.join().expect("no panic")).sum()
    });
    let mut raw = server.connect();
    raw.send("get c\r\n");
    raw.read_line();
    assert_eq!(raw.read_line(), won.to_string());
}
