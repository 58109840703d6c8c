//! Logging in to the binary protocol (`-S`): the same dialogues with our server and with stock
//! memcached, which has Cyrus SASL read the same database.

use std::fs;
use std::path::Path;
use std::process::Command;

use mcrs_testkit::{Frame, Missing, Program, Raw, Server, TempDir, need, skip, temp_dir};

const LIST: u8 = 0x20;
const AUTH: u8 = 0x21;
const STEP: u8 = 0x22;
const NOOP: u8 = 0x0a;
const VERSION: u8 = 0x0b;

fn ours() -> Program {
    Program::at(env!("CARGO_BIN_EXE_mcrsd")).expect("cargo built it")
}

/// A configuration, and the database that `server/src/sasl/testdata` has.
fn configured(config: &str) -> TempDir {
    let dir = temp_dir();
    let data = mcrs_testkit::workspace().join("server/src/sasl/testdata/sasldb2");
    let db = dir.path().join("db");
    fs::copy(data, &db).expect("a file");
    let text = format!("{config}\nsasldb_path: {}\n", db.display());
    fs::write(dir.path().join("memcached.conf"), text).expect("a file");
    dir
}

fn serve(program: Program, dir: &Path) -> Server {
    let program = program.with_env("SASL_CONF_PATH", dir);
    Server::start(&program, &["-S", "-t", "1"])
}

/// Stock memcached, if Cyrus SASL has what it needs here.
fn stock(dir: &Path) -> Result<Server, Missing> {
    let server = serve(Program::memcached()?, dir);
    let mut raw = server.connect();
    match ask(&mut raw, &Frame::request(LIST)).value.is_empty() {
        false => Ok(server),
        true => Err(Missing("libsasl2-modules is not installed".into())),
    }
}

/// The next reply.
fn next(raw: &mut Raw) -> Frame {
    let mut bytes = raw.read_exactly(24);
    let body = u32::from_be_bytes(bytes[8..12].try_into().expect("four bytes"));
    bytes.extend(raw.read_exactly(body as usize));
    Frame::split(&bytes).expect("all of it").0
}

fn ask(raw: &mut Raw, request: &Frame) -> Frame {
    raw.send(request.bytes());
    next(raw)
}

/// The status and the text of the answer.
fn told(raw: &mut Raw, request: &Frame) -> (u16, String) {
    let reply = ask(raw, request);
    (
        reply.status,
        String::from_utf8_lossy(&reply.value).into_owned(),
    )
}

fn plain(user: &str, password: &str) -> Frame {
    let token = format!("\0{user}\0{password}");
    Frame::request(AUTH).key("PLAIN").value(token)
}

const USER: &str = "user-1@example.org";
const PASSWORD: &str = "password 1";

fn failure() -> (u16, String) {
    (0x20, "Auth failure.".into())
}

fn done() -> (u16, String) {
    (0, "Authenticated".into())
}

#[test]
fn who_logs_in_is_served_and_nobody_else() {
    let dir = configured("mech_list: plain cram-md5");
    let stock = need!(stock(dir.path()));
    for server in [serve(ours(), dir.path()), stock] {
        let mut raw = server.connect();
        let offered = told(&mut raw, &Frame::request(LIST));
        assert_eq!(offered, (0, "PLAIN CRAM-MD5".into()));
        assert_eq!(told(&mut raw, &Frame::request(VERSION)).0, 0);
        // What fails leaves the connection open, ...
        let wrong = plain(USER, "password 2");
        assert_eq!(told(&mut raw, &wrong), failure());
        let unknown = Frame::request(AUTH).key("NONSENSE").value("x");
        assert_eq!(told(&mut raw, &unknown), failure());
        let early = Frame::request(STEP).key("PLAIN").value("\0u\0p");
        assert_eq!(told(&mut raw, &early), failure());
        let long = Frame::request(AUTH).key("N".repeat(33)).value("x");
        assert_eq!(told(&mut raw, &long), (0x04, "Invalid arguments".into()));
        assert_eq!(told(&mut raw, &plain(USER, PASSWORD)), done());
        assert_eq!(told(&mut raw, &Frame::request(NOOP)).0, 0);
        // ... and a new attempt ends what was.
        assert_eq!(told(&mut raw, &wrong), failure());
        assert_eq!(told(&mut raw, &Frame::request(NOOP)), failure());
        raw.expect_close();
        for barred in [
            Frame::request(NOOP),
            Frame::request(0x00).key("k"),
            Frame::request(0x09).key("k"),
            Frame::request(0x01).extras([0; 8]).key("k").value("v"),
            Frame::request(0x40),
            Frame::request(0x00),
            Frame::request(0x07),
        ] {
            let mut raw = server.connect();
            assert_eq!(told(&mut raw, &barred), failure(), "{barred:?}");
            raw.expect_close();
        }
    }
}

#[test]
fn challenges_are_answered_in_a_second_message() {
    let dir = configured("mech_list: plain cram-md5");
    let stock = need!(stock(dir.path()));
    for server in [serve(ours(), dir.path()), stock] {
        let mut raw = server.connect();
        let challenge = ask(&mut raw, &Frame::request(AUTH).key("CRAM-MD5"));
        assert_eq!(challenge.status, 0x21);
        let text = String::from_utf8(challenge.value).expect("text");
        assert!(text.starts_with('<') && text.ends_with('>'), "{text}");
        // The list does not disturb it.
        assert_eq!(told(&mut raw, &Frame::request(LIST)).0, 0);
        let step = Frame::request(STEP).key("CRAM-MD5");
        let digest = need!(hmac_md5(PASSWORD, &text));
        let right = step.clone().value(format!("{USER} {digest}"));
        assert_eq!(told(&mut raw, &right), done());
        assert_eq!(told(&mut raw, &Frame::request(NOOP)).0, 0);
        // A challenge is good for one answer.
        assert_eq!(told(&mut raw, &right), failure());
        ask(&mut raw, &Frame::request(AUTH).key("CRAM-MD5"));
        assert_eq!(told(&mut raw, &right), failure());
        assert_eq!(told(&mut raw, &right), failure());
        let named = ask(&mut raw, &Frame::request(AUTH).key("PLAIN"));
        assert_eq!((named.status, named.value), (0x21, Vec::new()));
        let token = format!("\0{USER}\0{PASSWORD}");
        let step = Frame::request(STEP).key("PLAIN").value(token);
        assert_eq!(told(&mut raw, &step), done());
    }
}

/// By a program that is not ours.
fn hmac_md5(key: &str, text: &str) -> Result<String, Missing> {
    let program = "import hashlib, hmac, sys\n\
                   key, text = (arg.encode() for arg in sys.argv[1:])\n\
                   print(hmac.new(key, text, hashlib.md5).hexdigest())";
    let output = Command::new("python3")
        .args(["-c", program, key, text])
        .output();
    let output = output.map_err(|error| Missing(format!("python3: {error}")))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_string())
}

#[test]
fn logins_are_counted_when_they_are_over() {
    let dir = configured("mech_list: plain cram-md5");
    let stock = need!(stock(dir.path()));
    for server in [serve(ours(), dir.path()), stock] {
        let mut raw = server.connect();
        ask(&mut raw, &plain(USER, "wrong"));
        ask(&mut raw, &Frame::request(AUTH).key("CRAM-MD5"));
        ask(&mut raw, &Frame::request(AUTH).key("NONSENSE"));
        ask(&mut raw, &Frame::request(STEP).key("NONSENSE"));
        ask(&mut raw, &plain(USER, PASSWORD));
        raw.send(Frame::request(0x10).bytes());
        let mut counts = Vec::new();
        loop {
            let figure = next(&mut raw);
            match &figure.key[..] {
                b"" => break,
                b"auth_cmds" | b"auth_errors" => counts.push(figure.value),
                _ => {}
            }
        }
        assert_eq!(counts, [b"4", b"3"]);
    }
}

#[test]
fn tokens_of_any_length_are_read_or_swallowed() {
    let dir = configured("mech_list: plain");
    let server = serve(ours(), dir.path());
    let mut raw = server.connect();
    for len in [1000, 1025, 100_000, 3_000_000] {
        assert_eq!(told(&mut raw, &plain(USER, &"x".repeat(len))), failure());
    }
    assert_eq!(told(&mut raw, &plain(USER, PASSWORD)), done());
    // A length is believed only as far as bytes come.
    let lie = Frame {
        body_len: Some(1 << 30),
        ..plain(USER, PASSWORD)
    };
    raw.send(lie.bytes());
    raw.finish_sending();
    raw.expect_close();
}

#[test]
fn the_password_file_of_the_environment_counts() {
    let dir = configured("mech_list: plain");
    let passwords = dir.path().join("passwords");
    fs::write(&passwords, "carol:of old:more\n").expect("a file");
    let program = ours().with_env("MEMCACHED_SASL_PWDB", &passwords);
    let server = serve(program, dir.path());
    let mut raw = server.connect();
    assert_eq!(told(&mut raw, &plain("carol", "of old")), done());
    fs::write(&passwords, "carol:of now\n").expect("a file");
    assert_eq!(told(&mut raw, &plain("carol", "of old")), failure());
    assert_eq!(told(&mut raw, &plain("carol", "of now")), done());
}

#[test]
fn saslpasswd2_adds_users_while_the_server_runs() {
    let tool = need!(Program::tool(&["saslpasswd2"], "sasl2-bin"));
    let dir = temp_dir();
    let db = dir.path().join("db");
    let text = format!("mech_list: plain\nsasldb_path: {}\n", db.display());
    fs::write(dir.path().join("memcached.conf"), text).expect("a file");
    let server = serve(ours(), dir.path());
    let mut raw = server.connect();
    assert_eq!(told(&mut raw, &plain("dave", "secret")), failure());
    let warning = server.stderr();
    assert!(warning.contains("nobody can log in yet"), "{warning}");
    let input = dir.path().join("input");
    fs::write(&input, "secret").expect("a file");
    let made = Command::new(tool.path())
        .args(["-p", "-c", "-a", "memcached", "-f"])
        .args([db.as_os_str(), "dave".as_ref()])
        .stdin(fs::File::open(&input).expect("a file"))
        .status();
    if !made.is_ok_and(|status| status.success()) {
        return skip("saslpasswd2 has no module for its database (libsasl2-modules-db)");
    }
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(&db, open).expect("our file");
    // Without a realm it is this machine's.
    assert_eq!(told(&mut raw, &plain("dave", "secret")), done());
    assert_eq!(told(&mut raw, &plain("dave", "secre")), failure());
}

#[test]
fn a_configuration_that_is_none_is_refused() {
    let dir = configured("mech_list plain");
    let output = Command::new(ours().path())
        .args(["-S", "-p", "0", "-u", "nobody"])
        .env("SASL_CONF_PATH", dir.path())
        .output()
        .expect("it starts");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("Error initializing sasl"), "{said}");
}
