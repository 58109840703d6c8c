//! The live log as clients of `watch` see it, beside stock memcached's.

mod common;

use common::{ours, stat_of};
use mcrs_testkit::{Program, Raw, Server, need, wait_until};

/// A connection that watches.
fn watch(server: &Server, streams: &str) -> Raw {
    let mut raw = server.connect();
    raw.ask(format!("watch {streams}\r\n"), "OK\r\n");
    raw
}

/// The next line, without its line end.
fn line(watcher: &mut Raw) -> String {
    let line = watcher.read_until("\n");
    String::from_utf8_lossy(&line).trim_end().to_string()
}

/// What a line says that does not depend on time, descriptors and the layout of memory.
fn gist(line: &str) -> String {
    let mut words: Vec<&str> = line.split(' ').collect();
    for kind in ["ts=", "gid=", "cfd=", "clsid=", "rport="] {
        words.retain(|word| !word.starts_with(kind));
    }
    words.join(" ")
}

/// The coming and the going of the client with this port. Others may come and go meanwhile: the
/// ones that asked whether the server was ready.
fn life(watcher: &mut Raw, port: u16) -> [String; 2] {
    let port = format!(" rport={port} ");
    let mut next = || loop {
        let line = line(watcher);
        if line.contains(&port) {
            return gist(&line);
        }
    };
    [next(), next()]
}

/// Lines up to the one about the key `end`.
fn until_end(watcher: &mut Raw) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        let line = gist(&line(watcher));
        if line.contains(" key=end ") {
            return lines;
        }
        // The crawler of the other server has its own time.
        if !line.starts_with("type=lru_crawler") {
            lines.push(line);
        }
    }
}

#[test]
fn lines_are_memcacheds() {
    let program = need!(Program::memcached());
    let script = "get a\r\nset a 5 0 3\r\nabc\r\nget a a b\r\nadd a 0 0 1\r\nx\r\nappend a 0 0 1\r\nx\r\n\
        prepend a 0 0 2\r\nxy\r\nreplace z 0 0 1\r\nx\r\nreplace a 9 100 1\r\n5\r\n\
        cas a 0 0 1 99999\r\nx\r\ncas n 0 0 1 9\r\nx\r\nincr a 1\r\ndecr a 1\r\nincr a 99\r\n\
        append a 0 0 1\r\nx\r\nincr a 1\r\nincr n 1\r\ntouch a 0\r\ntouch n 0\r\ngat 0 a n\r\n\
        set b\u{1}\u{e4}/ 0 0 1\r\nx\r\nset a 0 0 1\r\nxxx\r\nx\r\ndelete a\r\ndelete a\r\n\
        set bad 0 0\r\nmg n v\r\nms m 2 T9\r\nab\r\nms m 2 ME\r\nab\r\nms m 1 MA\r\nc\r\n\
        mg m v t\r\nme m\r\nmg viv N9\r\nmd m I\r\nmd m\r\nms aGVsbG8= 2 b\r\nab\r\nma a D2\r\nget end\r\n";
    let told = |server: &Server| {
        let mut watcher = watch(server, "fetchers mutations");
        let mut raw = server.connect();
        raw.send(script);
        let lines = until_end(&mut watcher);
        // Nothing was lost by closing early.
        raw.read_until("END\r\n");
        lines
    };
    let ours = told(&Server::start(&ours(), &[]));
    assert_eq!(ours, told(&Server::start(&program, &[])));
    assert!(ours.len() > 30, "{ours:#?}");
}

#[test]
fn connections_are_announced() {
    let program = need!(Program::memcached());
    let told = |program: &Program| {
        let server = Server::start(program, &[]);
        let mut watcher = watch(&server, "connevents");
        let mut lines = Vec::new();
        for bye in ["quit\r\n", "", "GET / HTTP/1.1\r\n"] {
            let mut raw = server.connect();
            raw.ask("get x\r\n", "END\r\n");
            raw.send(bye);
            if !bye.is_empty() {
                raw.expect_close();
            }
            let port = raw.local_port();
            drop(raw);
            lines.extend(life(&mut watcher, port));
        }
        lines
    };
    let lines = told(&ours());
    assert_eq!(lines, told(&program));
    assert_eq!(lines[0], "type=conn_new rip=127.0.0.1 transport=tcp");
}

#[test]
fn a_kicked_client_is_told_from_one_that_left() {
    let server = Server::start(&ours(), &["-o", "idle_timeout=1"]);
    let mut watcher = watch(&server, "connevents");
    let mut raw = server.connect();
    raw.ask("get x\r\n", "END\r\n");
    raw.expect_close();
    let want = "type=conn_close rip=127.0.0.1 transport=tcp reason=idle_timeout";
    assert_eq!(life(&mut watcher, raw.local_port())[1], want);
}

#[test]
fn deletes_and_evictions_have_streams_of_their_own() {
    let server = Server::start(&ours(), &["-m", "2", "-I", "512k"]);
    let mut deletions = watch(&server, "deletions");
    let mut evictions = watch(&server, "evictions");
    let mut raw = server.connect();
    raw.ask("set d 0 0 4\r\nabcd\r\n", "STORED\r\n");
    raw.ask("delete d\r\n", "DELETED\r\n");
    raw.ask("delete d\r\n", "NOT_FOUND\r\n");
    let deleted = line(&mut deletions);
    assert_eq!(gist(&deleted), "type=deleted key=d cmd=delete size=4");
    let value = "v".repeat(10_000);
    for number in 0..400 {
        raw.ask(
            format!("set e{number} 0 0 10000\r\n{value}\r\n"),
            "STORED\r\n",
        );
    }
    let evicted = gist(&line(&mut evictions));
    let key = evicted.split(' ').nth(1).expect("a key");
    assert!(key.starts_with("key=e"), "{evicted}");
    let rest = evicted.split_once(key).expect("it is there").1;
    assert_eq!(rest, " fetch=no ttl=-1 la=0 size=10000");
}

#[test]
fn who_may_not_watch_is_told_why() {
    let server = Server::start(&ours(), &["-W"]);
    let refusal = "CLIENT_ERROR watch commands not allowed\r\n";
    server.connect().ask("watch\r\n", refusal);
    let server = Server::start(&ours(), &[]);
    let mut raw = server.connect();
    raw.ask("watch fetchers nonsense\r\n", "ERROR\r\n");
    let refusal = "ERROR cannot pipeline other commands before watch\r\n";
    raw.ask("get x\r\nwatch\r\n", format!("END\r\n{refusal}"));
    let watchers: Vec<Raw> = (0..20).map(|_| watch(&server, "rawcmds")).collect();
    raw.ask(
        "watch\r\n",
        "WATCHER_TOO_MANY log watcher limit reached\r\n",
    );
    assert_eq!(stat_of(&mut raw, "log_watchers"), 20);
    drop(watchers);
    wait_until("the watchers to be forgotten", || {
        stat_of(&mut raw, "log_watchers") == 0
    });
    raw.ask("watch\r\nget x\r\n", "OK\r\n");
}

#[test]
fn a_watcher_is_listened_to_no_more_and_never_idle() {
    let server = Server::start(&ours(), &["-o", "idle_timeout=1"]);
    let mut watcher = watch(&server, "");
    watcher.send("version\r\nquit\r\n");
    let mut other = server.connect();
    other.ask("get x\r\n", "END\r\n");
    // By the time this one is sent away, the watcher has been silent for as long.
    other.expect_close();
    let mut raw = server.connect();
    raw.send("stats conns\r\n");
    let conns = String::from_utf8_lossy(&raw.read_until("END\r\n")).into_owned();
    assert!(conns.contains(":state conn_watch\r\n"), "{conns}");
    raw.ask("get k\r\n", "END\r\n");
    let gists = [(); 2].map(|()| gist(&line(&mut watcher)));
    assert_eq!(gists[1], "type=item_get key=k status=not_found size=0");
}

#[test]
fn a_watcher_that_reads_nothing_costs_a_buffer_and_lines() {
    let args = ["-o", "watcher_logbuf_size=1,worker_logbuf_size=1024"];
    let server = Server::start(&ours(), &args);
    let mut watcher = watch(&server, "");
    let mut raw = server.connect();
    let keys = "k".repeat(200) + " ";
    let request = format!("get {}\r\n", keys.repeat(200));
    wait_until("lines to be lost", || {
        raw.ask(&request, "END\r\n");
        stat_of(&mut raw, "log_watcher_skipped") > 0
    });
    let mut skipped = 0;
    while skipped == 0 {
        raw.ask("get again\r\n", "END\r\n");
        let line = line(&mut watcher);
        if let Some(number) = line.strip_prefix("skipped=") {
            skipped = number.parse().expect("a number");
        }
    }
    assert!(skipped <= stat_of(&mut raw, "log_watcher_skipped"));
    let count = |raw: &mut Raw, name| stat_of(raw, name);
    assert!(count(&mut raw, "log_worker_written") >= count(&mut raw, "log_watcher_sent"));
}
