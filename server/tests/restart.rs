//! Items that stay over a graceful restart, and files that do not hold any. Source: mcrsd.md 8.10.

mod common;
#[path = "common/start.rs"]
mod start;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use common::{ours, stat_of};
use mcrs_testkit::{Raw, Server, TempDir, temp_dir, wait_until};
use sha2::{Digest, Sha256};

/// A directory with a memory file and its meta file.
struct Place(TempDir);

impl Place {
    fn new() -> Place {
        Place(temp_dir())
    }

    /// One where a server has left the item `a`, which is `1`.
    fn with_item() -> Place {
        let place = Place::new();
        let server = place.start(&[]);
        set(&mut server.connect(), "a", 0, 0, "1");
        stop(server);
        place
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("memory")
    }

    fn meta(&self) -> PathBuf {
        self.0.path().join("memory.meta")
    }

    fn start(&self, args: &[&str]) -> Server {
        let file = self.file();
        let mut all = vec!["-A", "-e", file.to_str().expect("a name")];
        all.extend(args);
        Server::start(&ours(), &all)
    }

    /// Makes the meta file so many seconds older than it is.
    fn age(&self, seconds: i64) {
        let meta = fs::read_to_string(self.meta()).expect("it is there");
        let line = meta.lines().nth(2).expect("the clock");
        let (unix, tick) = line["clock ".len()..].split_once(' ').expect("two");
        let unix: i64 = unix.parse().expect("a number");
        self.write_meta(&meta.replace(line, &format!("clock {} {tick}", unix - seconds)));
    }

    /// Writes a meta file with the checksum that is due.
    fn write_meta(&self, text: &str) {
        let (signed, _) = text.split_at(text.find("sum ").expect("a checksum"));
        let sum = Sha256::digest(signed);
        let sum: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
        fs::write(self.meta(), format!("{signed}sum {sum}\n")).expect("written");
    }

    /// Starts a server that must not start; its status and what it said.
    fn refused(&self, args: &[&str]) -> (Option<i32>, String) {
        let file = self.file();
        let mut all = vec!["-p", "0", "-U", "0", "-e", file.to_str().expect("a name")];
        all.extend(args);
        start::refused(&all)
    }
}

fn stop(mut server: Server) {
    server.connect().send("shutdown graceful\r\n");
    assert_eq!(server.wait_for_exit().code(), Some(0));
    assert_eq!(server.stderr().lines().last(), Some("Gracefully stopping"));
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path)
        .expect("it is there")
        .permissions()
        .mode()
        & 0o777
}

fn set(raw: &mut Raw, key: &str, flags: u32, exptime: u32, value: &str) {
    let len = value.len();
    raw.ask(
        format!("set {key} {flags} {exptime} {len}\r\n{value}\r\n"),
        "STORED\r\n",
    );
}

/// What a meta get with all flags but the ages says.
fn seen(raw: &mut Raw, key: &str, more: &str) -> String {
    raw.send(format!("mg {key} s f c k{more}\r\n"));
    raw.read_line()
}

/// Bytes of item memory taken.
fn malloced(raw: &mut Raw) -> u64 {
    raw.send("stats slabs\r\n");
    let text = String::from_utf8_lossy(&raw.read_until("END\r\n")).into_owned();
    let find = |line: &str| line.strip_prefix("STAT total_malloced ")?.parse().ok();
    text.lines().find_map(find).expect("a figure")
}

fn value(i: usize) -> String {
    format!("value {i} ").repeat(1 + i % 97)
}

#[test]
fn items_of_all_kinds_come_back() {
    let place = Place::new();
    let server = place.start(&["-m", "64"]);
    assert!(
        server.stderr().contains("[restart] "),
        "{}",
        server.stderr()
    );
    assert_eq!(mode(&place.file()), 0o700);
    assert_eq!(
        fs::metadata(place.file()).expect("it is there").len(),
        64 << 20
    );
    let mut raw = server.connect();
    for i in 0..5000 {
        set(&mut raw, &format!("key-{i}"), i as u32 % 3, 0, &value(i));
    }
    for i in (0..5000).step_by(7) {
        raw.ask(format!("delete key-{i}\r\n"), "DELETED\r\n");
    }
    let large = "0123456789".repeat(90_000);
    set(&mut raw, "large", 7, 0, &large);
    set(&mut raw, "brief", 0, 1000, "x");
    set(&mut raw, "number", 0, 0, "41");
    set(&mut raw, "stale", 0, 0, "old");
    raw.ask("md stale I T30\r\n", "HD\r\n");
    raw.ask("ms c29tZSBrZXk= 3 b\r\nyes\r\n", "HD\r\n");
    let before: Vec<String> = (0..5000)
        .map(|i| seen(&mut raw, &format!("key-{i}"), ""))
        .collect();
    let large_before = seen(&mut raw, "large", "");
    let (items, bytes) = (stat_of(&mut raw, "curr_items"), stat_of(&mut raw, "bytes"));
    set(&mut raw, "last", 0, 0, "x");
    let cas = seen(&mut raw, "last", "");
    stop(server);
    assert_eq!(mode(&place.meta()), 0o600);

    let server = place.start(&["-m", "64", "-t", "2", "-c", "100"]);
    assert!(!place.meta().exists());
    assert!(
        !server.stderr().contains("[restart]"),
        "{}",
        server.stderr()
    );
    let mut raw = server.connect();
    assert_eq!(stat_of(&mut raw, "curr_items"), items + 1);
    assert_eq!(stat_of(&mut raw, "total_items"), items + 1);
    assert!(stat_of(&mut raw, "bytes") > bytes);
    for (i, before) in before.iter().enumerate() {
        let key = format!("key-{i}");
        assert_eq!(&seen(&mut raw, &key, ""), before);
        if i % 7 != 0 {
            let (value, flags) = (value(i), i % 3);
            let len = value.len();
            raw.ask(
                format!("get {key}\r\n"),
                format!("VALUE {key} {flags} {len}\r\n{value}\r\nEND\r\n"),
            );
        }
    }
    assert_eq!(seen(&mut raw, "large", ""), large_before);
    raw.ask(
        "get large\r\n",
        format!("VALUE large 7 900000\r\n{large}\r\nEND\r\n"),
    );
    raw.send("mg brief t\r\n");
    let left = raw.read_line();
    let left: u32 = left
        .strip_prefix("HD t")
        .and_then(|t| t.parse().ok())
        .expect("a TTL");
    assert!((900..=1000).contains(&left), "{left}");
    raw.ask("incr number 1\r\n", "42\r\n");
    raw.send("mg stale v\r\n");
    assert_eq!(raw.read_line(), "VA 3 X W");
    assert_eq!(raw.read_line(), "old");
    raw.send("mg c29tZSBrZXk= b k v\r\n");
    assert_eq!(raw.read_line(), "VA 3 kc29tZSBrZXk= b");
    assert_eq!(raw.read_line(), "yes");
    assert_eq!(seen(&mut raw, "last", ""), cas);
    let id = |line: &str| -> u64 {
        let word = line.split(' ').find_map(|word| word.strip_prefix('c'));
        word.expect("a CAS id").parse().expect("a number")
    };
    set(&mut raw, "next", 0, 0, "x");
    assert!(id(&seen(&mut raw, "next", "")) > id(&cas), "ids go on");
    // What came back can be replaced and evicted like anything else.
    for i in 0..9000 {
        set(&mut raw, &format!("more-{i}"), 0, 0, &"m".repeat(10_000));
    }
    assert!(stat_of(&mut raw, "evictions") > 0);
    stop(server);
    let server = place.start(&["-m", "64"]);
    let mut raw = server.connect();
    raw.ask(
        "get more-8999\r\n",
        format!(
            "VALUE more-8999 0 10000\r\n{}\r\nEND\r\n",
            "m".repeat(10_000)
        ),
    );
}

#[test]
fn the_memory_limit_stays() {
    let place = Place::new();
    let server = place.start(&[]);
    let mut raw = server.connect();
    let refused = "MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust\r\n";
    raw.ask("cache_memlimit 100\r\n", refused);
    assert_eq!(malloced(&mut raw), 64 << 20);
    raw.send("stats settings\r\n");
    let text = raw.read_until("END\r\n");
    let line = format!("STAT memory_file {}\r\n", place.file().display());
    assert!(String::from_utf8_lossy(&text).contains(&line));
    let (status, said) = place.refused(&[]);
    assert_eq!(status, Some(1), "the file is in use");
    assert!(said.contains("lock"), "{said}");
}

#[test]
fn other_ends_and_other_settings_begin_empty() {
    let place = Place::new();
    let mut server = place.start(&[]);
    set(&mut server.connect(), "a", 0, 0, "1");
    server.connect().send("shutdown\r\n");
    assert_eq!(server.wait_for_exit().code(), Some(0));
    assert!(!place.meta().exists());
    let cases: &[(&[&str], &str)] = &[
        (&[], "no metadata file"),
        (&["-m", "100"], "max_bytes has changed"),
        (&["-n", "100"], "chunk_size has changed"),
        (&["-I", "2m"], "item_size_max has changed"),
        (&["-f", "1.5"], "slab_sizes has changed"),
        (&["-o", "slab_sizes=100-200-300"], "slab_sizes has changed"),
        (&["-o", "slab_chunk_max=256"], "slab_chunk_max has changed"),
        (&["-C"], "cas_enabled has changed"),
        (&["-o", "no_slab_reassign"], "slab_reassign has changed"),
    ];
    for (args, why) in cases {
        let server = place.start(args);
        let said = server.stderr();
        let line = said.lines().find(|line| line.starts_with("[restart] "));
        assert!(
            line.is_some_and(|line| line.ends_with(why)),
            "{args:?}: {said}"
        );
        assert!(!place.meta().exists());
        server.connect().ask("get a\r\n", "END\r\n");
        stop(server);
        let server = place.start(&[]);
        set(&mut server.connect(), "a", 0, 0, "1");
        stop(server);
    }
}

#[test]
fn a_meta_file_that_makes_no_sense_is_refused() {
    let place = Place::with_item();
    let good = fs::read(place.meta()).expect("it is there");
    let mut cases: Vec<Vec<u8>> = vec![Vec::new(), b"\n".to_vec(), vec![0xff; 100]];
    for cut in [1, 20, good.len() / 2, good.len() - 1] {
        cases.push(good[..cut].to_vec());
    }
    for at in [3, 40, good.len() / 2, good.len() - 10] {
        let mut bent = good.clone();
        bent[at] ^= 1;
        cases.push(bent);
    }
    for case in cases {
        fs::write(place.meta(), &case).expect("written");
        let (status, said) = place.refused(&[]);
        assert_eq!(status, Some(1), "{}", String::from_utf8_lossy(&case));
        assert!(said.contains("corrupt metadata file"), "{said}");
    }
    fs::write(place.meta(), &good).expect("written");
    place
        .start(&[])
        .connect()
        .ask("get a\r\n", "VALUE a 0 1\r\n1\r\nEND\r\n");
}

#[test]
fn a_file_that_was_written_over_harms_nobody() {
    let place = Place::new();
    let server = place.start(&[]);
    let mut raw = server.connect();
    for i in 0..2000 {
        set(&mut raw, &format!("key-{i}"), 1, 0, &value(i));
    }
    stop(server);
    let mut memory = fs::read(place.file()).expect("it is there");
    let mut random = 1u64;
    for byte in &mut memory {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        if random.is_multiple_of(50) {
            *byte = (random >> 32) as u8;
        }
    }
    fs::write(place.file(), &memory).expect("written");
    let server = place.start(&[]);
    let mut raw = server.connect();
    let items = stat_of(&mut raw, "curr_items");
    assert!(items < 2000, "{items}");
    for i in 0..2000 {
        set(&mut raw, &format!("key-{i}"), 1, 0, &value(i));
    }
    assert!(stat_of(&mut raw, "curr_items") >= 2000);
    stop(server);
    let meta = fs::read(place.meta()).expect("it is there");
    fs::write(place.file(), b"short").expect("written");
    fs::write(place.meta(), meta).expect("written");
    let server = place.start(&[]);
    assert!(server.stderr().contains("5 bytes instead of 67108864"));
    assert_eq!(stat_of(&mut server.connect(), "curr_items"), 0);
}

#[test]
fn files_that_cannot_be_are_refused() {
    let place = Place::new();
    let (status, said) = place.refused(&["-m", "8"]);
    assert_eq!(
        (status, said.contains("slab class")),
        (Some(1), true),
        "{said}"
    );
    let _ = fs::remove_file(place.file());
    fs::create_dir(place.file()).expect("a directory");
    let (status, said) = place.refused(&[]);
    assert_eq!(status, Some(1));
    assert!(said.starts_with("failed to open memory file "), "{said}");
}

/// Bytes of the largest mapping of a process that may be written and for which large pages were
/// asked.
fn open_for_large_pages(pid: u32) -> u64 {
    let smaps = fs::read_to_string(format!("/proc/{pid}/smaps")).expect("our own process");
    let (mut kib, mut most) = (0, 0);
    for line in smaps.lines() {
        if let Some(size) = line.strip_prefix("Size:") {
            let size = size.trim().strip_suffix(" kB").expect("kibibytes");
            kib = size.parse().expect("a number");
        }
        if line.starts_with("VmFlags: rd wr ") && line.contains(" hg") {
            most = most.max(kib);
        }
    }
    most << 10
}

#[test]
fn large_pages_are_taken_all_at_once() {
    let enabled = fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled");
    if enabled.map_or(true, |choice| choice.contains("[never]")) {
        assert_eq!(start::refused(&["-L"]).0, Some(1));
        return;
    }
    let server = Server::start(&ours(), &["-L"]);
    let mut raw = server.connect();
    assert_eq!(malloced(&mut raw), 64 << 20);
    let refused = "MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust\r\n";
    raw.ask("cache_memlimit 100\r\n", refused);
    set(&mut raw, "a", 0, 0, "1");
    // A large page is given only where all of it can be touched.
    assert!(open_for_large_pages(server.pid()) >= 64 << 20);
    for (args, classes) in [
        (["-f", "1.25"], 39),
        (["-f", "1.5"], 22),
        (["-n", "500"], 31),
    ] {
        let less = (classes - 1).to_string();
        let (status, said) = start::refused(&["-L", args[0], args[1], "-m", &less]);
        assert_eq!(status, Some(1), "{args:?}");
        assert!(said.contains(&format!("at least {classes}")), "{said}");
    }
}

#[test]
fn time_goes_on_while_no_server_runs() {
    for (earlier, left) in [(600, Some(400)), (2000, None), (-1000, None)] {
        let place = Place::new();
        let server = place.start(&[]);
        set(&mut server.connect(), "a", 0, 1000, "1");
        stop(server);
        place.age(earlier);
        let server = place.start(&[]);
        let cold = server.stderr().contains("the clock went backwards");
        assert_eq!(cold, earlier < 0, "{}", server.stderr());
        let mut raw = server.connect();
        assert_eq!(stat_of(&mut raw, "uptime") >= 600, earlier > 0);
        raw.send("mg a t\r\n");
        let line = raw.read_line();
        let seconds = line.strip_prefix("HD t").and_then(|t| t.parse().ok());
        let seconds: Option<i64> = seconds;
        assert_eq!(seconds.is_some(), left.is_some(), "{line}");
        let near = |(seconds, left): (i64, i64)| (left - 60..=left).contains(&seconds);
        assert!(seconds.zip(left).is_none_or(near), "{line}");
    }
}

#[test]
fn the_signal_keeps_items_too_over_one_restart_after_another() {
    let place = Place::new();
    let mut server = place.start(&["-t", "1"]);
    set(&mut server.connect(), "first", 3, 0, "1");
    let mut cas = seen(&mut server.connect(), "first", "");
    for threads in ["4", "2", "1"] {
        server.signal("USR1");
        assert_eq!(server.wait_for_exit().code(), Some(0));
        assert_eq!(server.stderr().lines().last(), Some("Gracefully stopping"));
        server = place.start(&["-t", threads]);
        let mut raw = server.connect();
        assert_eq!(seen(&mut raw, "first", ""), cas);
        assert_eq!(stat_of(&mut raw, "curr_items"), 1);
        raw.ask("ms first 1 T0 F3\r\n2\r\n", "HD\r\n");
        let now = seen(&mut raw, "first", "");
        assert_ne!(now, cas);
        cas = now;
    }
    // No kept memory after any other end.
    for signal in ["TERM", "KILL"] {
        server.signal(signal);
        server.wait_for_exit();
        assert!(!place.meta().exists());
        server = place.start(&[]);
        assert!(server.stderr().contains("no metadata file"));
        let mut raw = server.connect();
        raw.ask("get first\r\n", "END\r\n");
        set(&mut raw, "first", 0, 0, "1");
    }
}

#[test]
fn a_start_that_fails_keeps_the_items_for_the_next() {
    let place = Place::with_item();
    let other = Server::start(&ours(), &[]);
    let taken = other.port().to_string();
    let cases: &[(&[&str], &str)] = &[
        (&["-l", "127.0.0.1", "-p", &taken], "failed to listen"),
        (
            &["-l", "127.0.0.1", "-p", &taken, "-t", "2"],
            "failed to listen",
        ),
        (&["-m", "8"], "slab class"),
        (&["-o", "slab_chunk_max=1000"], ""),
        (&["-u", "nobody-at-all"], ""),
        (&["-e", "/"], "failed to open memory file"),
    ];
    for (args, why) in cases {
        let (status, said) = place.refused(args);
        assert_ne!(status, Some(0), "{args:?}");
        assert!(said.contains(why), "{args:?}: {said}");
        assert!(place.meta().exists(), "{args:?}: {said}");
    }
    let server = place.start(&[]);
    assert!(!server.stderr().contains("[restart]"));
    let mut raw = server.connect();
    raw.ask("get a\r\n", "VALUE a 0 1\r\n1\r\nEND\r\n");
}

#[test]
fn other_versions_and_places_that_cannot_be_written() {
    let place = Place::with_item();
    let good = fs::read_to_string(place.meta()).expect("it is there");
    fs::write(
        place.meta(),
        good.replacen("mcrsd-memory 1", "mcrsd-memory 2", 1),
    )
    .expect("written");
    let server = place.start(&[]);
    assert!(server.stderr().contains("of another version"));
    server.connect().ask("get a\r\n", "END\r\n");
    // The directory is gone when it is time to write.
    let moved = place.0.path().join("moved");
    let inner = place.0.path().join("inner");
    drop(server);
    fs::create_dir(&inner).expect("a directory");
    fs::set_permissions(&inner, fs::Permissions::from_mode(0o777)).expect("it is ours");
    let file = inner.join("memory");
    let mut server = Server::start(&ours(), &["-A", "-e", file.to_str().expect("a name")]);
    fs::rename(&inner, &moved).expect("it is ours");
    server.connect().send("shutdown graceful\r\n");
    assert_eq!(server.wait_for_exit().code(), Some(1));
    let said = server.stderr();
    assert!(said.contains("failed to write "), "{said}");
    let (status, said) = place.refused(&["-e", file.to_str().expect("a name")]);
    assert_eq!(status, Some(1));
    assert!(said.starts_with("failed to open memory file "), "{said}");
}

#[test]
fn what_was_flushed_stays_away() {
    let place = Place::new();
    let mut server = place.start(&[]);
    for _ in 0..18 {
        let mut raw = server.connect();
        set(&mut raw, "a", 0, 0, "1");
        raw.ask("flush_all\r\n", "OK\r\n");
        set(&mut raw, "b", 0, 0, "2");
        stop(server);
        server = place.start(&[]);
        let mut raw = server.connect();
        raw.ask("get a b\r\n", "VALUE b 0 1\r\n2\r\nEND\r\n");
    }
    let mut raw = server.connect();
    raw.ask("flush_all 1000\r\n", "OK\r\n");
    stop(server);
    place.age(500);
    let server = place.start(&[]);
    server
        .connect()
        .ask("get b\r\n", "VALUE b 0 1\r\n2\r\nEND\r\n");
    stop(server);
    place.age(600);
    let server = place.start(&[]);
    server.connect().ask("get b\r\n", "END\r\n");
}

#[test]
fn a_daemon_finds_its_file_and_lets_the_next_one_have_it() {
    let place = Place::with_item();
    let dir = place.0.path();
    let pid_file = dir.join("pid");
    // A name that means something else after the daemon has left for the root directory.
    let script = "cd \"$1\"; shift; exec \"$@\"";
    let (dir, ports) = (dir.to_str().expect("a name"), dir.join("ports"));
    let start = || {
        let status = std::process::Command::new("/bin/sh")
            .args(["-c", script, "sh", dir, start::MCRSD])
            .args(["-d", "-A", "-l", "127.0.0.1", "-p", "-1", "-U", "0"])
            .args(["-e", "memory", "-P", "pid"])
            .args(start::user())
            .env("MEMCACHED_PORT_FILENAME", &ports)
            .status();
        assert!(status.expect("a shell").success());
        let text = fs::read_to_string(&ports).expect("it listens");
        let port = text
            .lines()
            .find_map(|line| line.strip_prefix("TCP INET: "));
        let port: u16 = port.expect("a port").parse().expect("a number");
        Raw::connect(&mcrs_testkit::Address::Tcp(([127, 0, 0, 1], port).into()))
    };
    for _ in 0..2 {
        let mut raw = start();
        raw.ask("get a\r\n", "VALUE a 0 1\r\n1\r\nEND\r\n");
        raw.send("shutdown graceful\r\n");
        // Its last act; the file is locked until it is gone.
        wait_until("the daemon to end", || !pid_file.exists());
        let file = fs::File::open(place.file()).expect("it is kept");
        wait_until("its file to be free", || file.try_lock().is_ok());
        file.unlock().expect("it was locked here");
        assert!(place.meta().exists());
    }
}

#[cfg(feature = "tls")]
#[test]
fn certificates_are_as_old_as_their_reading() {
    let place = Place::new();
    let identity = mcrs_testkit::workspace().join("tests/fuzz/tls/identity.pem");
    let words = format!("ssl_chain_cert={0},ssl_key={0}", identity.display());
    let file = place.file();
    // A unix socket stays plain.
    let args = [
        "-A",
        "-Z",
        "-o",
        &words,
        "-e",
        file.to_str().expect("a name"),
    ];
    stop(Server::start_unix(&ours(), &args));
    place.age(1000);
    let server = Server::start_unix(&ours(), &args);
    let names = ["uptime", "time_since_server_cert_refresh"];
    let [uptime, age] = common::stats_of(&mut server.connect(), names);
    assert!(uptime >= 1000 && age < 900, "{uptime} {age}");
}
