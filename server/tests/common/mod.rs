//! What the tests of the server process share.

#![allow(dead_code, reason = "each test crate uses its own part of it")]

use mcrs_testkit::{Program, Raw};

/// Our server, as this package builds it.
pub(crate) fn ours() -> Program {
    Program::at(env!("CARGO_BIN_EXE_mcrsd")).expect("cargo built it")
}

/// One figure of `stats`, asked on a connection that stays: a new one would change what is counted.
pub(crate) fn stat_of(raw: &mut Raw, name: &str) -> u64 {
    let [figure] = stats_of(raw, [name]);
    figure
}

/// Several figures of `stats` as they are at one moment, asked on a connection that stays.
pub(crate) fn stats_of<const N: usize>(raw: &mut Raw, names: [&str; N]) -> [u64; N] {
    raw.send("stats\r\n");
    let text = String::from_utf8_lossy(&raw.read_until("END\r\n")).into_owned();
    names.map(|name| {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(&format!("STAT {name} ")));
        line.unwrap_or_else(|| panic!("no {name}"))
            .trim()
            .parse()
            .expect("a number")
    })
}
