//! What monitoring reads: every name Prometheus' memcached_exporter asks for, with a value it can read.

use std::collections::BTreeMap;

use mcrs_testkit::{Program, Raw, Server, need, workspace};

/// Names and values of a group; those of classes without their class.
fn figures(raw: &mut Raw, command: &str) -> BTreeMap<String, String> {
    raw.send(format!("{command}\r\n"));
    let text = String::from_utf8_lossy(&raw.read_until("END\r\n")).into_owned();
    let lines = text.lines().filter_map(|line| line.strip_prefix("STAT "));
    lines
        .filter_map(|line| line.split_once(' '))
        .map(|(name, value)| {
            let name = name.rsplit(':').next().unwrap_or(name);
            (name.to_string(), value.to_string())
        })
        .collect()
}

fn is_readable(name: &str, value: &str) -> bool {
    match name {
        "version" => value.starts_with("1."),
        // Switches are words in `stats settings`.
        "lru_crawler" | "lru_maintainer_thread" => matches!(value, "yes" | "no"),
        _ => value.parse::<f64>().is_ok(),
    }
}

fn check(program: &Program) {
    let server = Server::start(program, &[]);
    let mut raw = server.connect();
    raw.ask("set a 0 0 1\r\nx\r\n", "STORED\r\n");
    raw.ask("cas a 0 0 1 99\r\ny\r\n", "EXISTS\r\n");
    let path = workspace().join("server/tests/exporter_names.txt");
    let names = std::fs::read_to_string(path).expect("the names");
    let mut looked_at = 0;
    for line in names.lines().filter(|line| !line.starts_with('#')) {
        let (command, names) = line.split_once(": ").expect("a group and names");
        let found = figures(&mut raw, command);
        for name in names.split(' ') {
            let value = found
                .get(name)
                .unwrap_or_else(|| panic!("{command}: no {name}"));
            assert!(is_readable(name, value), "{command}: {name} is {value}");
            looked_at += 1;
        }
    }
    assert!(looked_at > 80, "the names were not found");
    // Sets are what is left of these, and must not be fewer than none.
    let general = figures(&mut raw, "stats");
    let number = |name: &str| general[name].parse::<i64>().expect("a number");
    assert_eq!(number("cmd_set") - number("cas_badval"), 1);
}

#[test]
fn prometheus_can_read_it() {
    check(&Program::at(env!("CARGO_BIN_EXE_mcrsd")).expect("cargo built it"));
}

#[test]
fn prometheus_can_read_the_original() {
    check(&need!(Program::memcached()));
}
