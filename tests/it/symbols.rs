//! What is exported: the header, `include/mcrs.symbols` and the built library name the same
//! functions, and nothing else that we ship exports any of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use mcrs_testkit::{Missing, artefact, need};

use crate::header;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// `include/mcrs.symbols`: each exported function with the version in which it appeared, in order
/// of names.
fn listed() -> Vec<(String, String)> {
    let list = std::fs::read_to_string(root().join("include/mcrs.symbols"));
    let list = list.expect("include/mcrs.symbols can be read");
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, version) = line.split_once(' ').expect("a line is `name version`");
            (name.to_owned(), version.to_owned())
        })
        .collect()
}

fn listed_names() -> BTreeSet<String> {
    listed().into_iter().map(|(name, _)| name).collect()
}

/// The dynamic symbols that a shared object or program defines.
fn exported(file: &Path) -> Result<BTreeSet<String>, Missing> {
    let output = Command::new("nm")
        .args(["-D", "--defined-only", "-P"])
        .arg(file)
        .output()
        .map_err(|error| Missing(format!("nm cannot be run: {error}")))?;
    assert!(output.status.success(), "nm failed on {}", file.display());
    let text = String::from_utf8(output.stdout).expect("symbols are text");
    let names = text.lines().filter_map(|line| line.split(' ').next());
    Ok(names.map(str::to_owned).collect())
}

/// What `make dist` built, if it is not older than the sources of the C interface.
fn fresh(name: &str) -> Result<PathBuf, Missing> {
    let path = artefact(name)?;
    let changed = |path: &Path| -> SystemTime {
        let data = std::fs::metadata(path).expect("a file that is there can be looked at");
        data.modified().expect("this system keeps times of change")
    };
    let sources = std::fs::read_dir(root().join("src/capi")).expect("read src/capi");
    let sources = sources.map(|entry| entry.expect("read src/capi").path());
    let newest = sources.map(|path| changed(&path)).max();
    if newest > Some(changed(&path)) {
        return Err(Missing(format!(
            "{name} is older than src/capi (run `make dist`)"
        )));
    }
    Ok(path)
}

#[test]
fn the_list_of_symbols_is_in_order_and_has_versions() {
    let listed = listed();
    let names: Vec<_> = listed.iter().map(|(name, _)| name).collect();
    assert!(names.is_sorted(), "include/mcrs.symbols is not in order");
    let parse = |version: &str| -> Vec<u32> {
        let parts = version.split('.').map(str::parse);
        let parts: Result<Vec<_>, _> = parts.collect();
        parts.unwrap_or_else(|_| panic!("{version} is no version"))
    };
    let current = parse(env!("CARGO_PKG_VERSION"));
    for (name, version) in &listed {
        assert!(
            parse(version) <= current,
            "{name} is from the future: {version}"
        );
    }
}

#[test]
fn the_header_declares_what_is_listed() {
    let declared: BTreeSet<String> = header::functions(&header::committed())
        .into_keys()
        .collect();
    assert_eq!(
        declared,
        listed_names(),
        "left include/mcrs.h, right include/mcrs.symbols: add new functions with the version"
    );
}

#[test]
fn the_library_exports_what_is_listed_and_nothing_else() {
    let library = need!(fresh("libmcrs.so"));
    let exported = need!(exported(&library));
    assert_eq!(
        exported,
        listed_names(),
        "left the library, right include/mcrs.symbols"
    );
}

#[test]
fn what_is_not_the_library_exports_none_of_it() {
    for name in ["memcache_rs.so", "mcrsd", "mcrs"] {
        let file = need!(artefact(name));
        let exported = need!(exported(&file));
        let ours: Vec<_> = exported
            .iter()
            .filter(|name| name.starts_with("mcrs_"))
            .collect();
        assert!(ours.is_empty(), "{name} exports {ours:?}");
    }
    // The extension has an entry point: reading its symbols found something.
    let extension = need!(artefact("memcache_rs.so"));
    assert!(need!(exported(&extension)).contains("get_module"));
}
