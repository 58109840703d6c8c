//! The process as operators meet it: options, exit statuses, signals, sockets, limits.

mod common;
#[path = "common/start.rs"]
mod start;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use common::{ours, stat_of};
use mcrs_testkit::{Program, Server, need, temp_dir, wait_until};
use start::{MCRSD, run, stderr, user};

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
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

#[test]
fn extremely_verbose_shows_what_connections_do() {
    let server = Server::start(&ours(), &["-vvv", "-t", "1"]);
    let mut raw = server.connect();
    raw.ask("set a 0 0 1\r\nx\r\n", "STORED\r\n");
    raw.send("get a b\r\n");
    raw.read_until("END");
    let log = || server.stderr();
    wait_until("the answer to the last command", || {
        log().contains(" END\n")
    });
    let log = log();
    let start = log.rfind("Client using").expect("the client's protocol");
    let fd = log[..start].rsplit(['\n', ':']).nth(1).expect("a number");
    let told = log[start..].replace(fd, "N");
    let want = "Client using the ascii protocol\n<N set a 0 0 1\n> NOT FOUND a\n>N STORED\n";
    assert!(told.starts_with(want), "{told}");
    let want = "<N get a b\n> FOUND KEY a\n>N sending key a\n> NOT FOUND b\n>N END\n";
    assert!(told.contains(want), "{told}");
    assert!(log.contains(": going from conn_new_cmd to conn_parse_cmd\n"));
    assert!(log.contains(" 64 MB for items of up to 1048576 bytes, "));
}

/// A line of `/proc/PID/limits`: the soft and the hard limit.
fn limits(pid: u32, name: &str) -> (String, String) {
    let text = fs::read_to_string(format!("/proc/{pid}/limits")).expect("it lives");
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let mut words = line
        .unwrap_or_else(|| panic!("no {name}"))
        .split_whitespace();
    let mut next = || words.next().expect("a limit").to_string();
    (next(), next())
}

#[test]
fn there_are_descriptors_for_all_clients() {
    let command = format!(
        "ulimit -S -n 200; exec {MCRSD} -p 0 -c 400 {}",
        user().join(" ")
    );
    let mut child = Command::new("sh")
        .args(["-c", &command])
        .spawn()
        .expect("a shell");
    // One for each client, and some for the server itself.
    wait_until("the limit to be raised", || {
        let (soft, _) = limits(child.id(), "Max open files");
        soft.parse::<u64>().expect("a number") > 400
    });
    child.kill().expect("ours");
    child.wait().expect("ours");
}

#[test]
fn too_few_descriptors_end_the_start() {
    let too_few = |most: u32, clients: u32| {
        let command = format!("ulimit -n {most}; exec {MCRSD} -p 0 -c {clients}");
        let mut shell = Command::new("sh");
        shell.args(["-c", &command]);
        if is_root() {
            use std::os::unix::process::CommandExt;
            let nobody = nix::unistd::User::from_name("nobody").expect("passwd");
            let nobody = nobody.expect("nobody");
            shell.uid(nobody.uid.as_raw()).gid(nobody.gid.as_raw());
        }
        let output = shell.output().expect("a shell");
        (output.status.code(), stderr(&output))
    };
    let refusal = "failed to set rlimit for open files. Try starting as root or requesting \
                   smaller maxconns value.\n";
    assert_eq!(too_few(100, 1000), (Some(71), refusal.to_string()));
    let refusal = "Maxconns setting is too low, use -c to increase.\n";
    assert_eq!(too_few(20, 20), (Some(1), refusal.to_string()));
}

#[test]
fn core_files_may_be_as_large_as_allowed() {
    let server = Server::start(&ours(), &["-r"]);
    let (soft, hard) = limits(server.pid(), "Max core file size");
    assert_eq!(soft, hard);
}

#[test]
fn a_pid_file_that_cannot_be_written_is_told_and_survived() {
    let name = "/no/such/directory/pid";
    let server = Server::start(&ours(), &["-P", name]);
    server.connect().ask("version\r\n", "VERSION 1.6.45\r\n");
    let said =
        format!("Could not open the pid file {name}.tmp for writing: No such file or directory\n");
    assert_eq!(server.stderr(), said);
}

#[test]
fn a_daemon_finds_files_where_it_was_started() {
    let dir = temp_dir();
    fs::write(dir.path().join("users"), "foo:bar").expect("a file");
    for stays in [false, true] {
        let output = Command::new(MCRSD)
            .args(["-d", "-P", "pid", "-s", "socket", "-Y", "users"])
            .args(stays.then_some("-r"))
            .args(user())
            .current_dir(dir.path())
            .output()
            .expect("it starts");
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let pid = fs::read_to_string(dir.path().join("pid")).expect("a pid file");
        assert!(!dir.path().join("pid.tmp").exists());
        let address = mcrs_testkit::Address::Unix(dir.path().join("socket"));
        let mut raw = mcrs_testkit::Raw::connect(&address);
        raw.ask("set k 0 0 7\r\nfoo bar\r\n", "STORED\r\n");
        // With -r it stays where core files are wanted.
        if let Ok(cwd) = fs::read_link(format!("/proc/{}/cwd", pid.trim())) {
            let expected = if stays { dir.path() } else { Path::new("/") };
            assert_eq!(cwd, expected);
        }
        let pid = nix::unistd::Pid::from_raw(pid.trim().parse().expect("a number"));
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).expect("it lives");
        wait_until("the daemon to end", || {
            nix::sys::signal::kill(pid, None).is_err()
        });
        raw.expect_close();
        assert!(!dir.path().join("pid").exists());
    }
}

#[test]
fn a_client_that_goes_while_it_is_written_to_ends_nothing() {
    let server = Server::start(&ours(), &["-t", "1"]);
    let value = "v".repeat(1_000_000);
    server
        .connect()
        .ask(format!("set v 0 0 1000000\r\n{value}\r\n"), "STORED\r\n");
    for _ in 0..10 {
        let mut raw = server.connect();
        raw.send(format!("get{}\r\n", " v".repeat(50)));
        raw.read_line();
    }
    server.connect().ask("get a\r\n", "END\r\n");
}
