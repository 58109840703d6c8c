//! Logging in to the text protocol (`-Y`): the dialogues of the specification, the same on stock
//! memcached where 1.6.45 changed nothing.

mod common;
#[path = "common/start.rs"]
mod start;

use std::fs;
use std::path::PathBuf;

use common::{ours, stat_of};
use mcrs_testkit::{Program, Raw, Server, TempDir, need, temp_dir, wait_until};
use start::refused;

/// A password file in a directory of its own.
struct File {
    path: PathBuf,
    _dir: TempDir,
}

impl File {
    fn new(text: &str) -> File {
        let dir = temp_dir();
        let path = dir.path().join("users");
        fs::write(&path, text).expect("a file");
        File { path, _dir: dir }
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn serve(&self, program: &Program) -> Server {
        Server::start(program, &["-Y", &self.name(), "-t", "1"])
    }
}

const USERS: &str = "foo:bar\nbaz:qux:quux\nlast:one";

fn login(raw: &mut Raw, token: &str, reply: &str) {
    let len = token.len();
    raw.ask(format!("set k 0 0 {len}\r\n{token}\r\n"), reply);
}

const FAILURE: &str = "CLIENT_ERROR authentication failure\r\n";
const STRANGER: &str = "CLIENT_ERROR unauthenticated\r\n";

#[test]
fn who_logs_in_is_served_and_nobody_else() {
    // 1.6.18 demands a line end behind the last entry.
    let file = File::new(&format!("{USERS}\n"));
    let stock = need!(Program::memcached());
    for program in [ours(), stock] {
        let server = file.serve(&program);
        for token in ["foo bar", "baz qux:quux", "last one"] {
            let mut raw = server.connect();
            for line in [
                "version",
                "get aaa",
                "add k 0 0 7",
                "foo bar",
                "set k 0 0",
                "set k 0 0 x",
                "set k 0 0 -7",
                "GET / HTTP/1.0",
            ] {
                raw.ask(format!("{line}\r\n"), STRANGER);
            }
            login(&mut raw, "foo baz", FAILURE);
            login(&mut raw, "nobody bar", FAILURE);
            login(
                &mut raw,
                "foo_bar",
                "CLIENT_ERROR bad authentication token format\r\n",
            );
            raw.ask(
                "set k 0 0 4\r\nfoo bar",
                "CLIENT_ERROR bad command line termination\r\n",
            );
            raw.ask("\n", "");
            drop(raw);
            let mut raw = server.connect();
            login(&mut raw, token, "STORED\r\n");
            // From here on it is ordinary text.
            raw.ask("get k\r\n", "END\r\n");
            raw.ask(
                "set k 5 0 7\r\nfoo_bar\r\nget k\r\ndelete k\r\n",
                "STORED\r\nVALUE k 5 7\r\nfoo_bar\r\nEND\r\nDELETED\r\n",
            );
        }
    }
}

#[test]
fn the_line_of_a_login_is_read_for_its_length_alone() {
    let file = File::new("foo:bar\n");
    let stock = need!(Program::memcached());
    for program in [ours(), stock] {
        let server = file.serve(&program);
        let long_key = "k".repeat(300);
        for head in [
            "set k x y 7",
            "set k 0 0 7 noreply",
            "set  k  0  0  7 ",
            "  set k 0 0 7",
            &format!("set {long_key} 0 0 7"),
        ] {
            let mut raw = server.connect();
            raw.ask(
                format!("{head}\r\nfoo bar\r\nget k\r\n"),
                "STORED\r\nEND\r\n",
            );
        }
        let mut raw = server.connect();
        raw.ask("set k 0 0 7\nfoo bar\r\n", "STORED\r\n");
        // Bytes that come one by one, and lines longer than are waited for, but complete.
        let mut raw = server.connect();
        raw.ask(format!("{}\r\n", "x".repeat(3000)), STRANGER);
        for byte in b"set k 0 0 7\r\nfoo bar\r\nget k\r" {
            raw.send([*byte]);
        }
        raw.ask("\n", "STORED\r\nEND\r\n");
        let mut raw = server.connect();
        raw.send("x".repeat(2049));
        raw.expect_close();
    }
}

/// What 1.6.45 does and 1.6.18 does not.
#[test]
fn odd_logins_end_as_with_the_newest_memcached() {
    let server = File::new(USERS).serve(&ours());
    for line in ["quit\r\n", "mn\r\n", "\r\n", "\n", "12345\n"] {
        let mut raw = server.connect();
        raw.send(line);
        raw.expect_close();
    }
    let mut raw = server.connect();
    raw.ask("123456\n", STRANGER);
    // One reply for each, however they come; 1.6.18 loses all but the last.
    raw.ask(
        "get a\r\nset k 0 0 3\r\na_b\r\nversion\r\n",
        [
            STRANGER,
            "CLIENT_ERROR bad authentication token format\r\n",
            STRANGER,
        ]
        .concat(),
    );
    let mut raw = server.connect();
    raw.ask("\u{80}....\r\n", STRANGER);
    let mut raw = server.connect();
    raw.ask(
        "set k 0 0 16385\r\n",
        "CLIENT_ERROR auth token too long\r\n",
    );
    // No byte of it is swallowed.
    raw.ask("foo bar\r\n", STRANGER);
    let password = "p".repeat(16380);
    login(&mut raw, &format!("foo {password}"), FAILURE);
    // The first blank ends the name; all behind it is the password.
    for token in ["foo bar baz", "foo  bar", " foo bar", "foo ", " "] {
        login(&mut raw, token, FAILURE);
    }
    login(
        &mut raw,
        "",
        "CLIENT_ERROR bad authentication token format\r\n",
    );
    login(&mut raw, "foo bar", "STORED\r\n");
    raw.ask("get a\r\n", "END\r\n");
}

#[test]
fn logins_are_counted() {
    let file = File::new(&format!("{USERS}\n"));
    let stock = need!(Program::memcached());
    for program in [ours(), stock] {
        let server = file.serve(&program);
        let mut raw = server.connect();
        raw.ask("version\r\n", STRANGER);
        login(&mut raw, "foo baz", FAILURE);
        login(&mut raw, "foo baz", FAILURE);
        let bad = "CLIENT_ERROR bad authentication token format\r\n";
        login(&mut raw, "foo_bar", bad);
        login(&mut raw, "foo bar", "STORED\r\n");
        assert_eq!(stat_of(&mut raw, "auth_cmds"), 3);
        assert_eq!(stat_of(&mut raw, "auth_errors"), 2);
        raw.send("stats settings\r\n");
        let text = String::from_utf8_lossy(&raw.read_until("END\r\n")).into_owned();
        let path = format!("STAT auth_enabled_ascii {}\r\n", file.name());
        assert!(text.contains(&path), "{text}");
        assert!(text.contains("STAT binding_protocol ascii\r\n"), "{text}");
    }
}

#[test]
fn a_hangup_reads_the_file_again() {
    let file = File::new("foo:bar\n");
    let server = file.serve(&ours());
    let mut old = server.connect();
    login(&mut old, "foo bar", "STORED\r\n");
    fs::write(&file.path, "foo:new\n").expect("rewritten");
    server.signal("HUP");
    wait_until("the new password to work", || {
        let mut raw = server.connect();
        raw.send("set k 0 0 7\r\nfoo new\r\n");
        raw.read_line() == "STORED"
    });
    login(&mut server.connect(), "foo bar", FAILURE);
    // Who is in stays in.
    old.ask("get a\r\n", "END\r\n");
    // A bad file changes nothing, and somebody is told.
    for text in ["", "foo\n", "foo:new\n\n"] {
        let before = server.stderr().len();
        fs::write(&file.path, text).expect("rewritten");
        server.signal("HUP");
        wait_until("a warning", || {
            let warning = format!(
                "WARNING: Authfile [{}] has a malformed entry. Should be 'user:password'; \
                 the users of before stay\n",
                file.name()
            );
            server.stderr()[before..] == warning
        });
        login(&mut server.connect(), "foo new", "STORED\r\n");
    }
    fs::remove_file(&file.path).expect("ours");
    server.signal("HUP");
    wait_until("a warning", || {
        server.stderr().contains("Could not open authfile")
    });
    login(&mut server.connect(), "foo new", "STORED\r\n");
}

#[test]
fn more_than_eight_users_are_known() {
    let text: String = (0..40).map(|n| format!("user{n}:word{n}\n")).collect();
    let server = File::new(&text).serve(&ours());
    for n in [0, 7, 8, 39] {
        let token = format!("user{n} word{n}");
        login(&mut server.connect(), &token, "STORED\r\n");
    }
    login(&mut server.connect(), "user39 word38", FAILURE);
}

#[test]
fn files_and_options_that_do_not_fit_end_the_start() {
    for text in [
        "",
        "\n",
        "foo\n",
        "foo:bar\n\n",
        "foo:bar\nbaz\n",
        "foo:bar\r\n",
    ] {
        let file = File::new(text);
        let name = file.name();
        let said = format!("Authfile [{name}] has a malformed entry. Should be 'user:password'\n");
        assert_eq!(refused(&["-Y", &name]), (Some(1), said), "{text:?}");
    }
    let missing = "Could not open authfile [/no/such/file] for reading, error No such file or \
                   directory: No such file or directory\n";
    assert_eq!(
        refused(&["-Y", "/no/such/file"]),
        (Some(1), missing.to_string())
    );
    let name = File::new("foo:bar").name();
    let binary = "ERROR: You cannot allow the BINARY protocol while using ascii authentication \
                  tokens.\n";
    let args = ["-Y", &name, "-B", "auto"];
    assert_eq!(refused(&args), (Some(64), binary.to_string()));
    // It is read by the account of -u.
    if nix::unistd::geteuid().is_root() {
        use std::os::unix::fs::PermissionsExt;
        let file = File::new(USERS);
        fs::set_permissions(&file.path, fs::Permissions::from_mode(0o600)).expect("ours");
        let name = file.name();
        let said = format!(
            "Could not open authfile [{name}] for reading, error Permission denied: \
             Permission denied\n"
        );
        assert_eq!(refused(&["-Y", &name]), (Some(1), said));
    }
}
