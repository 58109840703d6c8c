//! The house rules that a machine can hold, run on the tree as it lies there.
//!
//! Each rule is a function over a text, proved able to fail by the tests beside it; here they meet
//! the real files. The lists of exceptions live beside the rules, each entry with its reason.

use std::path::{Path, PathBuf};
use std::process::Command;

mod layers;
mod source;
mod text;
mod unsafety;
mod uses;

use source::{Source, words};
use uses::Reexports;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of the tree below `dir`, by path from the root, without build output.
fn files(root: &Path, dir: &str, found: &mut Vec<String>) {
    const SKIP: &[&str] = &["target", ".git", "node_modules", "__pycache__"];
    let entries = std::fs::read_dir(root.join(dir)).expect("a directory of the tree can be read");
    for entry in entries {
        let entry = entry.expect("a directory of the tree can be read");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if dir.is_empty() {
            name.clone()
        } else {
            format!("{dir}/{name}")
        };
        let kind = entry.file_type().expect("a directory entry has a type");
        if SKIP.contains(&name.as_str()) {
            continue;
        }
        if kind.is_dir() {
            files(root, &path, found);
        } else if kind.is_file() {
            found.push(path);
        }
    }
}

fn tree() -> Vec<String> {
    let mut found = Vec::new();
    files(&root(), "", &mut found);
    found.sort();
    assert!(found.len() > 20, "the tree was not found");
    found
}

fn rust_sources() -> Vec<Source> {
    let paths = tree();
    let rust = paths.iter().filter(|path| path.ends_with(".rs"));
    rust.map(|path| Source::read(&root(), path)).collect()
}

/// Every text file with its path; binary ones (icons, compiled data) are passed over.
fn texts() -> Vec<(String, String)> {
    let read = |path: String| {
        let text = std::fs::read(root().join(&path)).ok()?;
        Some((path, String::from_utf8(text).ok()?))
    };
    tree().into_iter().filter_map(read).collect()
}

fn markdown() -> Vec<(String, String)> {
    let mut texts = texts();
    texts.retain(|(path, _)| path.ends_with(".md"));
    texts
}

fn exists(path: &str) -> bool {
    root().join(path).exists()
}

#[track_caller]
fn none(findings: impl IntoIterator<Item = String>) {
    let findings: Vec<String> = findings.into_iter().collect();
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn layers_point_down() {
    let names = Reexports::of(&Source::read(&root(), "src/lib.rs"));
    let sources = rust_sources();
    none(layers::unknown_modules(&tree()));
    none(
        sources
            .iter()
            .flat_map(|source| layers::upward(source, "src/", layers::CORE, &names)),
    );
    none(sources.iter().flat_map(|source| {
        layers::upward(source, "server/src/", layers::SERVER, &Reexports::default())
    }));
    none(
        sources
            .iter()
            .flat_map(|source| layers::beyond(source, &names)),
    );
}

#[test]
fn no_clock_socket_thread_or_global_below_transport() {
    none(rust_sources().iter().flat_map(layers::present));
}

#[test]
fn the_crate_root_only_declares() {
    none(layers::root_declares_only(&Source::read(
        &root(),
        "src/lib.rs",
    )));
}

#[test]
fn unsafe_stands_in_listed_files_with_a_note() {
    let sources = rust_sources();
    none(
        sources
            .iter()
            .flat_map(|source| unsafety::misplaced(source, unsafety::ALLOWED)),
    );
    none(unsafety::unused(&sources, unsafety::ALLOWED));
    none(sources.iter().flat_map(unsafety::undocumented));
}

#[test]
fn files_stay_short() {
    none(
        texts()
            .iter()
            .flat_map(|(path, text)| text::too_long(path, text)),
    );
}

#[test]
fn nothing_is_left_unfinished() {
    none(rust_sources().iter().flat_map(text::unfinished));
}

#[test]
fn no_file_names_a_machine() {
    none(
        texts()
            .iter()
            .flat_map(|(path, text)| text::names_a_machine(path, text)),
    );
}

#[test]
fn no_conflict_is_left_in_a_file() {
    none(
        texts()
            .iter()
            .flat_map(|(path, text)| text::conflicts(path, text)),
    );
}

#[test]
fn every_dependency_has_its_reason() {
    let manifests = texts()
        .into_iter()
        .filter(|(path, _)| path.ends_with("Cargo.toml"));
    none(manifests.flat_map(|(path, text)| text::unreasoned(&path, &text)));
}

#[test]
fn documents_name_what_exists() {
    let makefile = std::fs::read_to_string(root().join("Makefile")).expect("read the Makefile");
    for (path, text) in markdown() {
        none(text::dead_links(&path, &text, exists));
        none(text::unknown_targets(&path, &text, &makefile));
    }
}

#[test]
fn the_architecture_names_files_and_tests_that_exist() {
    let sources = rust_sources();
    let is_test = |name: &str| {
        let signature = format!("fn {name}()");
        sources
            .iter()
            .any(|source| words(&source.code, &signature).next().is_some())
    };
    let path = "ARCHITECTURE.md";
    let text = std::fs::read_to_string(root().join(path)).expect("read ARCHITECTURE.md");
    none(text::dangling_names(path, &text, exists, is_test));
}

/// Features add up over a workspace, so the manifests alone do not show it: cargo is asked.
#[test]
fn the_server_does_not_know_the_client() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "-p", "mcrsd"])
        .args(["-e", "normal", "--prefix", "none", "-f", "{p} [{f}]"])
        .current_dir(root())
        .output()
        .expect("run cargo tree");
    let tree = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    let core = tree.lines().find(|line| line.starts_with("mcrs v"));
    let core = core.unwrap_or_else(|| panic!("mcrsd is built on mcrs: {tree}{complaint}"));
    assert!(
        core.ends_with("[]"),
        "mcrsd builds mcrs with features: {core}"
    );
}
