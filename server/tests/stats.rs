//! The groups of `stats` against stock memcached's: the same names, in the same order.

use std::collections::BTreeMap;

use mcrs_testkit::{Program, Server, need, wait_until};

fn ours_program() -> Program {
    Program::at(env!("CARGO_BIN_EXE_mcrsd")).expect("cargo built it")
}

fn ours(args: &[&str]) -> Server {
    Server::start(&ours_program(), args)
}

/// Sets of options that change which names there are.
const WITH: &[&[&str]] = &[
    &[],
    &["-o", "no_modern"],
    &["-o", "no_maxconns_fast,no_slab_reassign"],
    &["-o", "no_lru_crawler"],
    &["-o", "no_lru_maintainer"],
    &["-o", "temporary_ttl=30"],
];

/// Names and values of a group.
fn group(server: &Server, command: &str) -> Vec<(String, String)> {
    let mut raw = server.connect();
    raw.send(format!("{command}\r\n"));
    let text = String::from_utf8_lossy(&raw.read_until("END\r\n")).into_owned();
    text.lines()
        .filter_map(|line| line.strip_prefix("STAT "))
        .map(|line| match line.split_once(' ') {
            Some((name, value)) => (name.to_string(), value.to_string()),
            None => panic!("{line}"),
        })
        .collect()
}

fn names(server: &Server, command: &str) -> Vec<String> {
    group(server, command)
        .into_iter()
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn groups_have_memcacheds_names_in_its_order() {
    let program = need!(Program::memcached());
    for args in WITH {
        have_the_same_names(&ours(args), &Server::start(&program, args));
    }
    let count = |args| names(&ours(args), "stats").len();
    assert_eq!((count(WITH[0]), count(WITH[1])), (93, 74));
}

fn have_the_same_names(ours: &Server, stock: &Server) {
    for server in [ours, stock] {
        // The same class in both: a small one.
        server.connect().ask("set a 0 0 1\r\nx\r\n", "STORED\r\n");
    }
    // What 1.6.45 changed; mcrsd.md, section 11.
    let mut general = names(stock, "stats");
    general.retain(|name| name != "slab_reassign_evictions_nomem");
    if let Some(at) = general
        .iter()
        .position(|n| n == "slab_reassign_busy_deletes")
    {
        let new = ["slab_reassign_busy_nomem", "slab_reassign_last_busy_status"];
        general.splice(at + 1..at + 1, new.map(String::from));
    }
    assert_eq!(names(ours, "stats"), general);
    assert_eq!(names(ours, "stats items"), names(stock, "stats items"));
    assert_eq!(names(ours, "stats slabs"), names(stock, "stats slabs"));
    assert_eq!(names(ours, "stats sizes"), names(stock, "stats sizes"));
    // Debian's build has extstore and shows its settings; 1.6.45 has one more.
    let built_in = |name: &str| name.starts_with("ext_") || name == "slab_automove_freeratio";
    let mut settings = names(stock, "stats settings");
    settings.retain(|name| !built_in(name));
    settings.push("client_flags_size".into());
    assert_eq!(names(ours, "stats settings"), settings);
    // Descriptors differ, what is told about each does not.
    let told = |server: &Server| -> Vec<String> {
        let names = names(server, "stats conns");
        let what = |name: String| name.split_once(':').map(|(_, what)| what.to_string());
        names.into_iter().filter_map(what).collect()
    };
    // The connections of the questions before may take a moment to go.
    wait_until("both to tell the same about connections", || {
        told(ours) == told(stock)
    });
}

#[test]
fn settings_are_what_the_options_make_of_memcacheds() {
    let program = need!(Program::memcached());
    for args in WITH.iter().chain(&[&["-o", SETTINGS] as &[&str]]) {
        have_the_same_settings(&ours(args), &Server::start(&program, args));
    }
}

/// Words whose values show.
const SETTINGS: &str = "slab_automove=0,slab_automove_ratio=0.5,slab_automove_window=11,\
    lru_crawler_sleep=7,lru_crawler_tocrawl=8,tail_repair_time=12,hash_algorithm=xxh3,\
    hot_lru_pct=30,warm_lru_pct=31,hot_max_factor=0.4,warm_max_factor=3,temporary_ttl=5,\
    watcher_logbuf_size=9,worker_logbuf_size=65,track_sizes,hashpower=17,\
    no_maxconns_fast,no_lru_crawler";

fn have_the_same_settings(ours: &Server, stock: &Server) {
    let theirs: BTreeMap<_, _> = group(stock, "stats settings").into_iter().collect();
    for (name, value) in group(ours, "stats settings") {
        let expected = match name.as_str() {
            "tcpport" => ours.port().to_string(),
            // 1.6.45's default, and a setting 1.6.18 has not.
            "slab_automove_window" if theirs[&name] == "30" => "10".into(),
            "client_flags_size" => "4".into(),
            _ => theirs
                .get(&name)
                .cloned()
                .unwrap_or_else(|| panic!("{name}")),
        };
        assert_eq!(value, expected, "{name}");
    }
}

#[test]
fn counters_count_what_memcached_counts() {
    // What is counted up is not read before: memcached stores a number anew, which is one more of
    // `total_items`, while an answer with it has not left yet.
    count_the_same(
        "set a 0 0 1\r\n1\r\nget a b a\r\ngat 0 a b\r\ntouch a 0\r\ntouch b 0\r\n\
        set n 0 0 1\r\n1\r\nincr n 1\r\nincr b 1\r\ndecr n 1\r\ndecr b 1\r\ncas a 0 0 1 999999\r\nx\r\n\
        cas b 0 0 1 1\r\nx\r\nadd a 0 0 1\r\nx\r\nset c 0 0 3\r\ntoolong\r\nset d 0 0 2000000\r\n\
        delete a\r\ndelete a\r\nflush_all\r\n",
    );
}

#[test]
fn meta_commands_count_as_memcacheds_do() {
    count_the_same(
        "ms a 1\r\n1\r\nmg a\r\nmg a v t\r\nmg a T30\r\nmg a T30 q v\r\nmg b\r\nmg b T30 q\r\n\
        mg c N30\r\nmg c N30 T30\r\nmg e T30 N30\r\nms a 1 C0\r\nx\r\nms b 1 C5 MR\r\nx\r\n\
        ms a 1 C1 I\r\n1\r\nms a 1 MA\r\n1\r\nms b 1 MA\r\n1\r\nms a 1 ME\r\n1\r\nms a 2 k k\r\nxx\r\n\
        ms a 3\r\ntoolong\r\nma a\r\nma a MD q\r\nma b\r\nma b MD\r\nma a C1\r\nma f N0\r\nma f N0\r\n\
        md a C1\r\nmd a I\r\nmd b I\r\nmd a\r\nmd a\r\nmd c q\r\nme e\r\nme zz\r\nmn\r\n\
        ms d 2000000\r\n",
    );
}

/// Sends the requests, the last one with two megabytes behind it, to both servers.
fn count_the_same(script: &str) {
    let program = need!(Program::memcached());
    let counted = |server: &Server| {
        let mut raw = server.connect();
        raw.send(script);
        raw.send([&[b'v'; 2_000_000][..], b"\r\nversion\r\n"].concat());
        raw.read_until("VERSION");
        let wanted = |name: &str| {
            let prefixes = [
                "cmd_", "get_h", "get_m", "delete", "incr", "decr", "cas", "touch",
            ];
            prefixes.iter().any(|p| name.starts_with(p))
                || ["store_too_large", "total_items", "curr_items"].contains(&name)
        };
        let mut figures = group(server, "stats");
        figures.retain(|(name, _)| wanted(name));
        figures
    };
    assert_eq!(counted(&ours(&[])), counted(&Server::start(&program, &[])));
}

#[test]
fn a_reset_zeroes_counts_and_keeps_what_is_there() {
    let server = ours(&[]);
    server.connect().ask(
        "set a 0 0 1\r\nx\r\nget a\r\n",
        "STORED\r\nVALUE a 0 1\r\nx\r\nEND\r\n",
    );
    server.connect().ask("stats reset\r\n", "RESET\r\n");
    let figures: BTreeMap<_, _> = group(&server, "stats").into_iter().collect();
    for name in ["cmd_get", "cmd_set", "get_hits", "total_items"] {
        assert_eq!(figures[name], "0", "{name}");
    }
    assert_eq!(figures["curr_items"], "1");
}

#[test]
fn settings_follow_commands() {
    let server = ours(&["-o", "temporary_ttl=30"]);
    let mut raw = server.connect();
    let setting = |name: &str| -> String {
        let settings: BTreeMap<_, _> = group(&server, "stats settings").into_iter().collect();
        settings[name].clone()
    };
    assert_eq!(setting("temp_lru"), "yes");
    assert_eq!(setting("temporary_ttl"), "30");
    for (command, changed) in [
        (
            "lru tune 10 30 0.5 1.25",
            &[("hot_lru_pct", "10"), ("warm_lru_pct", "30")][..],
        ),
        (
            "lru tune 10 30 0.5 1.25",
            &[("hot_max_factor", "0.50"), ("warm_max_factor", "1.25")],
        ),
        ("lru mode flat", &[("lru_segmented", "no")]),
        ("lru mode segmented", &[("lru_segmented", "yes")]),
        (
            "lru temp_ttl -1",
            &[("temp_lru", "no"), ("temporary_ttl", "30")],
        ),
        (
            "lru temp_ttl 7",
            &[("temp_lru", "yes"), ("temporary_ttl", "7")],
        ),
        ("slabs automove 2", &[("slab_automove", "2")]),
        (
            "slabs automove ratio 0.5",
            &[("slab_automove_ratio", "0.50")],
        ),
        (
            "slabs automove window 99",
            &[("slab_automove_window", "99")],
        ),
        ("lru_crawler sleep 5", &[("lru_crawler_sleep", "5")]),
        ("lru_crawler tocrawl 6", &[("lru_crawler_tocrawl", "6")]),
        ("lru_crawler disable", &[("lru_crawler", "no")]),
        ("lru_crawler enable", &[("lru_crawler", "yes")]),
    ] {
        raw.ask(format!("{command}\r\n"), "OK\r\n");
        for (name, value) in changed {
            assert_eq!(setting(name), *value, "{name} after {command}");
        }
    }
}

#[test]
fn every_option_shows_under_the_name_it_says() {
    let server = ours(&[]);
    let shown = names(&server, "stats settings");
    for name in mcrsd::flags::stat_names() {
        assert!(shown.iter().any(|shown| shown == name), "no {name}");
    }
}

#[test]
fn memory_taken_can_count_from_another_start() {
    const START: &str = "4294967328";
    let count = |program: Program| {
        let program = program.with_env("T_MEMD_INITIAL_MALLOC", START);
        let server = Server::start(&program, &["-m", "4098", "-M"]);
        let figure = |name: &str, command| {
            let figures = group(&server, command).into_iter();
            figures.collect::<BTreeMap<_, _>>()[name].clone()
        };
        assert_eq!(figure("limit_maxbytes", "stats"), "4297064448");
        assert_eq!(figure("total_malloced", "stats slabs"), START);
        // Two megabytes are left of the limit.
        let value = "v".repeat(400 << 10);
        let mut raw = server.connect();
        let mut store = |number| {
            raw.send(format!("set k{number} 0 0 {}\r\n{value}\r\n", value.len()));
            raw.read_line() == "STORED"
        };
        let stored = (0..8).filter(|&number| store(number)).count();
        assert!((1..8).contains(&stored), "{stored} stored");
    };
    count(need!(Program::memcached()));
    count(ours_program());
}

#[test]
fn figures_of_a_full_small_cache_add_up_and_move() {
    let server = ours(&["-m", "8"]);
    let mut raw = server.connect();
    let mut get = String::from("get");
    for i in 0..12_000 {
        let len = [100, 700, 3000][i % 3];
        raw.send(format!(
            "set k{i} 0 0 {len} noreply\r\n{}\r\n",
            "x".repeat(len)
        ));
        if i % 10 == 0 {
            get.push_str(&format!(" k{i}"));
        }
        if i % 500 == 499 {
            raw.send(std::mem::replace(&mut get, "get".into()) + "\r\n");
            raw.read_until("END\r\n");
        }
    }
    let value = |of: &[(String, String)], name: &str| -> u64 {
        let found = of.iter().find(|(known, _)| known == name);
        found.and_then(|(_, value)| value.parse().ok()).expect(name)
    };
    let sum = |of: &[(String, String)], name: &str| -> u64 {
        let all = of.iter().filter(|(known, _)| known.ends_with(name));
        all.filter_map(|(_, value)| value.parse::<u64>().ok()).sum()
    };
    let (slabs, items) = (group(&server, "stats slabs"), group(&server, "stats items"));
    let all = group(&server, "stats");
    let pages = sum(&slabs, ":total_pages") + value(&all, "slab_global_page_pool");
    assert_eq!(pages << 20, value(&slabs, "total_malloced"));
    let evictions = value(&all, "evictions");
    assert!(evictions > 1000);
    // Everything that went had been asked for, and was no longer held to be in use.
    for name in ["direct_reclaims", "moves_to_cold"] {
        assert_eq!(value(&all, name), sum(&items, &format!(":{name}")));
        assert!(value(&all, name) >= evictions * 9 / 10, "{name}");
    }
    assert!(value(&all, "moves_to_warm") > 100);
    assert!(value(&all, "lru_maintainer_juggles") > 0);
}
