//! The layers, as data: what each module may refer to, and what it may not contain.

use super::source::{Source, words};
use super::uses::{Reexports, references};

/// The core: each module below `src/` with the modules it may refer to besides itself. `ARCHITECTURE.md`
/// draws it; nothing points back up.
pub(super) const CORE: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("hash", &[]),
    ("options", &["error", "hash"]),
    ("codec", &["error"]),
    ("value", &["error", "options"]),
    ("ring", &["hash", "options"]),
    ("conn", &["codec", "error"]),
    (
        "pool",
        &["ring", "conn", "codec", "hash", "options", "error"],
    ),
    ("transport", &["pool", "conn", "options", "error"]),
    ("persistent", &["transport", "pool"]),
    ("client", CLIENT),
    ("capi", &["client", "value", "options", "error"]),
];
const CLIENT: &[&str] = &[
    "persistent",
    "transport",
    "pool",
    "ring",
    "value",
    "codec",
    "hash",
    "options",
    "error",
];

/// The server, in the same way: engine knows no protocol, exec no socket. `net` may use them all.
pub(super) const SERVER: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("engine", &[]),
    ("quote", &[]),
    ("crawler", &["engine"]),
    ("flags", &["engine"]),
    ("tuning", &["flags"]),
    ("process", &["flags", "engine"]),
    ("watch", &["engine", "crawler", "quote"]),
    ("secret", &[]),
    ("sasl", &["secret", "flags"]),
    ("tls", &["process", "flags", "clock"]),
    // `process` for a developer command only.
    (
        "exec",
        &[
            "engine", "crawler", "stats", "flags", "tuning", "clock", "quote", "watch", "process",
            "sasl", "secret", "tls",
        ],
    ),
    ("upkeep", &["exec", "engine", "crawler", "watch"]),
    // The figures of all of them; only `stats` commands ask for it.
    (
        "stats",
        &["net", "exec", "process", "flags", "engine", "tls", "watch"],
    ),
];

/// The crates above the core, with the core's modules they may refer to.
pub(super) const USERS: &[(&str, &[&str])] = &[
    ("server/src/engine/", &[]),
    ("server/src/", &["codec", "error"]),
    (
        "php/src/",
        &["client", "persistent", "value", "options", "error"],
    ),
    ("tools/src/", &["client", "value", "options", "error"]),
    ("tests/kit/", &[]),
];

/// Words that must not stand in what ships of these places, with the reason.
pub(super) const ABSENT: &[(&[&str], &[&str], &str)] = &[
    (
        &[
            "src/error",
            "src/options",
            "src/hash",
            "src/codec",
            "src/value",
            "src/ring",
            "src/conn",
            "src/pool",
            "server/src/engine",
            "server/src/exec",
        ],
        &["Instant::now", "SystemTime", "sleep", "UNIX_EPOCH"],
        "reads a clock; time is an argument below transport and net",
    ),
    (
        &[
            "src/error",
            "src/options",
            "src/hash",
            "src/codec",
            "src/value",
            "src/ring",
            "src/conn",
            "src/pool",
            "server/src/engine",
            "server/src/exec",
        ],
        &[
            "TcpStream",
            "TcpListener",
            "UdpSocket",
            "UnixStream",
            "UnixListener",
            "socket2",
            "tokio",
            "std::fs",
            "std::env",
        ],
        "touches sockets or the environment; only transport and net do",
    ),
    (
        &["src/"],
        &[
            "thread::spawn",
            "thread_local!",
            "static mut",
            "OnceLock",
            "LazyLock",
            "signal",
            "sigaction",
        ],
        "starts a thread, keeps a global or handles a signal; the hosts of the client fork",
    ),
    (
        &["src/", "php/src/"],
        &["println!", "print!", "eprintln!", "eprint!"],
        "writes to the host's terminal",
    ),
    (
        &["src/codec"],
        &["Instant", "Duration"],
        "knows time; the wire carries numbers",
    ),
    (
        &["src/hash"],
        &["Vec", "String", "Box", "format!", "vec!"],
        "allocates; hashing is on the path of every key",
    ),
];

/// References that the table of `modules` does not allow.
pub(super) fn upward(
    source: &Source,
    crate_src: &str,
    modules: &[(&str, &[&str])],
    names: &Reexports,
) -> Vec<String> {
    let Some(own) = source.path.strip_prefix(crate_src) else {
        return Vec::new();
    };
    let own = own.split(['/', '.']).next().unwrap_or_default();
    let Some((_, allowed)) = modules.iter().find(|(module, _)| *module == own) else {
        return Vec::new();
    };
    let known = |name: &str| CORE.iter().chain(SERVER).any(|(module, _)| *module == name);
    references(source, "crate", names)
        .into_iter()
        .filter(|(_, to)| to != own && known(to) && !allowed.contains(&to.as_str()))
        .map(|(at, to)| source.at(at, &format!("{own} may not use {to}")))
        .collect()
}

/// Modules below `src/` that the table does not know: each has a place, or none has.
pub(super) fn unknown_modules(paths: &[String]) -> Vec<String> {
    let mut unknown: Vec<String> = paths
        .iter()
        .filter_map(|path| path.strip_prefix("src/"))
        .filter(|path| *path != "lib.rs")
        .filter_map(|path| path.split(['/', '.']).next())
        .filter(|module| !CORE.iter().any(|(known, _)| known == module))
        .map(|module| format!("src/{module}: not in the table of layers"))
        .collect();
    unknown.dedup();
    unknown
}

/// Whether the crate at `place` may use the names that the core's root re-exports: those are the
/// client's, and the server has no client.
fn paved(place: &str) -> bool {
    USERS
        .iter()
        .any(|(user, allowed)| *user == place && allowed.contains(&"client"))
}

/// References of the other crates to modules of the core that are not theirs to use.
pub(super) fn beyond(source: &Source, names: &Reexports) -> Vec<String> {
    let place = USERS
        .iter()
        .find(|(place, _)| source.path.starts_with(place));
    let Some((place, allowed)) = place else {
        return Vec::new();
    };
    references(source, "mcrs", &Reexports::default())
        .into_iter()
        .filter(|(_, to)| !(allowed.contains(&to.as_str()) || paved(place) && names.contains(to)))
        .map(|(at, to)| source.at(at, &format!("{place} may not use mcrs::{to}")))
        .collect()
}

/// Words of [`ABSENT`] in what ships of a file.
pub(super) fn present(source: &Source) -> Vec<String> {
    let shipped = source.shipped();
    let mut found = Vec::new();
    for (places, absent, reason) in ABSENT {
        if !places.iter().any(|place| source.path.starts_with(place)) {
            continue;
        }
        for word in *absent {
            for at in words(&shipped.code, word) {
                found.push(source.at(at, &format!("`{word}` {reason}")));
            }
        }
    }
    found
}

/// The crate's root file declares and re-exports, and holds nothing else.
pub(super) fn root_declares_only(root: &Source) -> Vec<String> {
    [
        "fn",
        "impl",
        "struct",
        "enum",
        "trait",
        "static",
        "macro_rules!",
    ]
    .iter()
    .flat_map(|word| words(&root.code, word).map(move |at| (at, word)))
    .map(|(at, word)| root.at(at, &format!("`{word}` has no place in the crate's root")))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn core(path: &str, text: &str) -> usize {
        let names = Reexports::of(&Source::new("src/lib.rs", "pub use client::Client;"));
        upward(&Source::new(path, text), "src/", CORE, &names).len()
    }

    #[test]
    fn a_layer_may_use_what_is_below_it_and_not_what_is_above() {
        assert_eq!(core("src/pool/op.rs", "use crate::codec::text;"), 0);
        assert_eq!(core("src/codec/key.rs", "use crate::codec::num;"), 0);
        assert_eq!(core("src/codec/key.rs", "use crate::pool::op;"), 1);
        assert_eq!(
            core("src/codec/key.rs", "use crate::{error::Error, ring::Ring};"),
            1
        );
        assert_eq!(core("src/ring/mod.rs", "fn f(_: &crate::Client) {}"), 1);
        assert_eq!(core("src/ring/mod.rs", "use super::transport::Driver;"), 1);
        assert_eq!(core("src/error.rs", "use crate::options::Table;"), 1);
    }

    #[test]
    fn the_engine_knows_no_protocol() {
        let names = Reexports::default();
        let bad = Source::new("server/src/engine/item.rs", "use mcrs::codec::Key;");
        assert_eq!(beyond(&bad, &names).len(), 1);
        let good = Source::new("server/src/exec/text.rs", "use mcrs::codec::Key;");
        assert!(beyond(&good, &names).is_empty());
        let bad = Source::new("server/src/exec/text.rs", "use mcrs::{codec, ring::Ring};");
        assert_eq!(beyond(&bad, &names).len(), 1);
        let names = Reexports::of(&Source::new("src/lib.rs", "pub use pool::Address;"));
        let text = "use mcrs::Address;";
        assert!(beyond(&Source::new("php/src/lib.rs", text), &names).is_empty());
        assert_eq!(
            beyond(&Source::new("server/src/exec/text.rs", text), &names).len(),
            1
        );
        let bad = Source::new("server/src/engine/item.rs", "use crate::exec::text;");
        assert_eq!(upward(&bad, "server/src/", SERVER, &names).len(), 1);
    }

    #[test]
    fn clocks_sockets_and_threads_are_seen_outside_tests_only() {
        let count = |path, text| present(&Source::new(path, text)).len();
        assert_eq!(count("src/pool/mod.rs", "let now = Instant::now();"), 1);
        assert_eq!(count("src/conn/mod.rs", "use std::net::TcpStream;"), 1);
        assert_eq!(count("src/transport/mod.rs", "thread::spawn(|| ());"), 1);
        assert_eq!(count("src/transport/clock.rs", "Instant::now()"), 0);
        assert_eq!(count("src/hash/fnv.rs", "let v: Vec<u8> = x;"), 1);
        assert_eq!(count("php/src/lib.rs", "println!(\"x\")"), 1);
        let in_tests = "#[cfg(test)]\nmod tests { fn f() { Instant::now(); } }";
        assert_eq!(count("src/pool/mod.rs", in_tests), 0);
    }

    #[test]
    fn a_module_without_a_layer_is_found() {
        let paths = ["src/lib.rs", "src/codec/mod.rs", "src/misc.rs"].map(str::to_owned);
        assert_eq!(unknown_modules(&paths).len(), 1);
    }

    #[test]
    fn the_root_may_only_declare() {
        let good = Source::new(
            "src/lib.rs",
            "//! fn\npub mod codec;\npub use codec::Key;\n",
        );
        assert!(root_declares_only(&good).is_empty());
        let bad = Source::new("src/lib.rs", "pub fn helper() {}\n");
        assert_eq!(root_declares_only(&bad).len(), 1);
    }
}
