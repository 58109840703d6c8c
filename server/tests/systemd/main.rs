//! The server under systemd, without systemd: readiness notices, sockets handed over, and the
//! confinement of Debian's unit.

#[path = "../common/tls.rs"]
#[allow(dead_code, reason = "most of it is for the tests of TLS itself")]
mod tls;

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use mcrs_testkit::wait::PATIENCE;
use mcrs_testkit::{Address, Missing, Program, Raw, free_port, need, temp_dir, wait_until};
use tls::{Certs, Relay};

fn ours() -> Program {
    Program::at(env!("CARGO_BIN_EXE_mcrsd")).expect("cargo built it")
}

/// A process that ends with its value.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        // Both fail only when it has been reaped.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The command that has `unit.py` start something.
fn unit(words: &[&str], program: &Path, args: &[&str]) -> Result<Command, Missing> {
    let python = Command::new("python3").arg("-V").output();
    if !python.is_ok_and(|output| output.status.success()) {
        return Err(Missing("python3 is not installed (run `make deps`)".into()));
    }
    let mut command = Command::new("python3");
    command
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/systemd/unit.py"))
        .args(words)
        .arg("--")
        .arg(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    Ok(command)
}

/// Root must name an account; others may.
const USER: &[&str] = &["-u", "nobody"];

/// Starts our server so.
fn start(words: &[&str], args: &[&str]) -> Result<(Started, BufReader<ChildStdout>), Missing> {
    let mut command = unit(words, ours().path(), &[args, USER].concat())?;
    let mut child = command.spawn().expect("python3 starts");
    let said = BufReader::new(child.stdout.take().expect("it is a pipe"));
    Ok((Started(child), said))
}

/// The next port that it was given.
fn port(said: &mut BufReader<ChildStdout>) -> u16 {
    let mut line = String::new();
    said.read_line(&mut line).expect("it says a port");
    let port = line
        .trim()
        .strip_prefix("port ")
        .and_then(|port| port.parse().ok());
    port.unwrap_or_else(|| panic!("{line}"))
}

fn tcp(port: u16) -> Address {
    Address::Tcp((Ipv4Addr::LOCALHOST, port).into())
}

fn asks_version(address: &Address) -> Raw {
    let mut raw = Raw::connect(address);
    raw.ask("version\r\n", "VERSION 1.6.45\r\n");
    raw
}

#[test]
fn sockets_handed_over_are_served_instead_of_others() {
    let dir = temp_dir();
    let path = dir.path().join("socket");
    let unix = format!("unix={}", path.display());
    // Nobody could bind that port.
    let started = start(
        &["tcp", &unix, "udp", "tcp"],
        &["-p", "1", "-l", "192.0.2.1"],
    );
    let (_server, mut said) = need!(started);
    let (first, datagrams, second) = (port(&mut said), port(&mut said), port(&mut said));
    let mut raw = asks_version(&tcp(first));
    asks_version(&tcp(second));
    asks_version(&Address::Unix(path.clone()));
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    socket.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    let ask = b"\0\x07\0\0\0\x01\0\0version\r\n";
    socket
        .send_to(ask, ("127.0.0.1", datagrams))
        .expect("it is sent");
    let mut answer = [0; 100];
    let len = socket.recv(&mut answer).expect("an answer");
    assert_eq!(&answer[..len], b"\0\x07\0\0\0\x01\0\0VERSION 1.6.45\r\n");
    raw.send("stats conns\r\n");
    let text = String::from_utf8_lossy(&raw.read_until("END\r\n")).into_owned();
    for address in [
        format!("tcp:127.0.0.1:{first}"),
        format!("unix:{}", path.display()),
    ] {
        assert!(
            text.contains(&format!(":addr {address}\r\n")),
            "{address}: {text}"
        );
    }
}

#[test]
fn tls_is_spoken_on_tcp_sockets_handed_over() {
    let certs = need!(Certs::new());
    let started = start(&["tcp"], &["-Z", "-o", &certs.words("")]);
    let (_server, mut said) = need!(started);
    let relay = need!(Relay::start(port(&mut said), &[]));
    relay.connect().ask("version\r\n", "VERSION 1.6.45\r\n");
}

#[test]
fn sockets_that_cannot_be_served_are_told() {
    let mut command = need!(unit(&["unbound"], ours().path(), USER));
    let output = command.output().expect("it starts");
    assert_eq!(output.status.code(), Some(71));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        text.starts_with("cannot serve inherited socket 0: "),
        "{text}"
    );
}

#[test]
fn sockets_meant_for_another_process_are_left_alone() {
    let port = free_port();
    let mut command = Command::new(ours().path());
    command.args(["-l", "127.0.0.1", "-p", &port.to_string(), "-u", "nobody"]);
    command.env("LISTEN_FDS", "1").env("LISTEN_PID", "1");
    let _server = Started(command.spawn().expect("it starts"));
    wait_until("the server", || Raw::try_connect(&tcp(port)).is_ok());
    asks_version(&tcp(port));
}

#[test]
fn the_service_manager_is_told_when_clients_can_come_and_when_it_ends() {
    let dir = temp_dir();
    let path = dir.path().join("notify");
    let manager = UnixDatagram::bind(&path).expect("a socket");
    manager
        .set_read_timeout(Some(PATIENCE))
        .expect("a time-out");
    let open_to_all = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(&path, open_to_all).expect("the server's account may write");
    let abstract_name = format!("mcrs-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&abstract_name).expect("a name");
    let other = UnixDatagram::bind_addr(&address).expect("a socket");
    other.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    let path = path.display().to_string();
    for (manager, name) in [(manager, path), (other, format!("@{abstract_name}"))] {
        let mut command = need!(unit(&["tcp"], ours().path(), USER));
        let mut child = command
            .env("NOTIFY_SOCKET", name)
            .spawn()
            .expect("python3 starts");
        let mut said = BufReader::new(child.stdout.take().expect("it is a pipe"));
        let mut server = Started(child);
        let heard = |text: &[u8]| {
            let mut buffer = [0; 100];
            let len = manager.recv(&mut buffer).expect("a notice");
            assert_eq!(&buffer[..len], text);
        };
        heard(b"READY=1");
        asks_version(&tcp(port(&mut said)));
        let pid = server.0.id().to_string();
        let asked = Command::new("kill").arg(pid).status();
        assert!(asked.is_ok_and(|status| status.success()));
        heard(b"STOPPING=1");
        assert!(server.0.wait().expect("it ends").success());
    }
}

/// Runs Python code in confinement; whether it went well.
fn confined_python(code: &str) -> Result<bool, Missing> {
    let found = Command::new("python3")
        .args(["-c", "import sys; print(sys.executable)"])
        .output();
    let found = found.map_err(|error| Missing(format!("python3: {error} (run `make deps`)")))?;
    let python = String::from_utf8_lossy(&found.stdout).trim().to_string();
    let mut command = unit(&["confined"], Path::new(&python), &["-c", code])?;
    Ok(command.output().expect("it starts").status.success())
}

#[test]
fn the_confinement_confines() {
    // All of them go well outside.
    let map = "import mmap; mmap.mmap(-1, 4096, prot=7)";
    let netlink = "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)";
    for (code, goes) in [("pass", true), (map, false), (netlink, false)] {
        assert_eq!(need!(confined_python(code)), goes, "{code}");
        let free = Command::new("python3").args(["-c", code]).status();
        assert!(free.is_ok_and(|status| status.success()), "{code}");
    }
}

#[test]
fn it_serves_in_the_confinement_of_debians_unit() {
    let certs = need!(Certs::new());
    let dir = temp_dir();
    let pid_file = dir.path().join("pid");
    let port = free_port();
    let text_port = free_port();
    let list = format!("localhost:{port},notls:127.0.0.1:{text_port}");
    let (words, pid_path) = (certs.words(""), pid_file.display().to_string());
    let args = [
        "-l",
        &list,
        "-U",
        &port.to_string(),
        "-m",
        "64",
        "-k",
        "-P",
        &pid_path,
        "-Z",
        "-o",
        &words,
    ];
    let (server, _said) = need!(start(&["confined"], &args));
    wait_until("the pid file", || pid_file.exists());
    let mut raw = asks_version(&tcp(text_port));
    // Pages are taken, moved and given back.
    let value = "v".repeat(300_000);
    for index in 0..300 {
        raw.ask(
            format!("set {index} 0 0 300000\r\n{value}\r\n"),
            "STORED\r\n",
        );
    }
    raw.ask("cache_memlimit 8\r\nrefresh_certs\r\n", "OK\r\nOK\r\n");
    raw.ask("set small 0 0 1\r\nx\r\n", "STORED\r\n");
    let relay = need!(Relay::start(port, &[]));
    relay
        .connect()
        .ask("get small\r\n", "VALUE small 0 1\r\nx\r\nEND\r\n");
    let maps = std::fs::read_to_string(format!("/proc/{}/maps", server.0.id())).expect("it lives");
    let access = maps.lines().filter_map(|line| line.split(' ').nth(1));
    assert!(access.clone().count() > 10, "{maps}");
    assert!(
        access.into_iter().all(|bits| !bits.starts_with("rwx")),
        "{maps}"
    );
}
