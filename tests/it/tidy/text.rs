//! Rules about any text file: its size, words that must not stay, dependencies with reasons, links
//! and names that must exist.

use std::collections::BTreeSet;
use std::path::Path;

use super::source::{Source, words};

/// A file that needs more lines is two files.
const MAX_LINES: usize = 1000;

/// Endings of files that hold data, which may be as long as it is.
const DATA: &[&str] = &[".tsv", ".json", ".lock", ".txt", ".svg"];

/// Files that may be longer, each with its reason.
pub(super) const LONG: &[(&str, &str)] = &[];

/// Places of one machine; assembled here so that this file does not hold them.
fn machine_paths() -> Vec<String> {
    let places = ["work", "root", "home", "tmp/setup", "mnt"];
    places.iter().map(|place| format!("/{place}/")).collect()
}

pub(super) fn too_long(path: &str, text: &str) -> Vec<String> {
    let lines = text.lines().count();
    let data = DATA.iter().any(|ending| path.ends_with(ending));
    if lines <= MAX_LINES || data || LONG.iter().any(|(long, _)| *long == path) {
        return Vec::new();
    }
    vec![format!("{path}: {lines} lines, {MAX_LINES} at most")]
}

pub(super) fn unfinished(source: &Source) -> Vec<String> {
    let in_code = ["todo!", "unimplemented!", "dbg!"];
    let in_comments = ["TODO", "FIXME", "XXX"];
    let code = in_code.iter().flat_map(|word| words(&source.code, word));
    let comments = in_comments
        .iter()
        .flat_map(|word| words(&source.comments, word));
    code.chain(comments)
        .map(|at| source.at(at, "unfinished work; finish it or leave it out"))
        .collect()
}

pub(super) fn names_a_machine(path: &str, text: &str) -> Vec<String> {
    let places = machine_paths();
    let bad = |line: &&(usize, &str)| places.iter().any(|place| line.1.contains(place.as_str()));
    let lines: Vec<(usize, &str)> = text.lines().enumerate().collect();
    let found = lines.iter().filter(bad);
    found
        .map(|(line, _)| format!("{path}:{}: a path of one machine", line + 1))
        .collect()
}

/// Lines that a merge left behind.
pub(super) fn conflicts(path: &str, text: &str) -> Vec<String> {
    let marks = |line: &str| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ");
    let found = text.lines().enumerate().filter(|(_, line)| marks(line));
    found
        .map(|(line, _)| format!("{path}:{}: a conflict that nobody resolved", line + 1))
        .collect()
}

/// Dependencies in a manifest without a comment line of reason above them. A line that takes its
/// version from the workspace has its reason there; our own crates need none.
pub(super) fn unreasoned(path: &str, manifest: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut in_section, mut reasoned) = (false, false);
    for (number, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            in_section = line.ends_with("dependencies]");
        } else if line.starts_with('#') {
            reasoned = true;
            continue;
        } else if in_section && line.contains('=') {
            let own = line.contains("path = ");
            let shared = line.contains(".workspace = true") || line.contains("workspace = true,");
            let first = line.split('=').next().unwrap_or_default().trim();
            if !own && !shared && !reasoned {
                found.push(format!("{path}:{}: why is {first} needed?", number + 1));
            }
        }
        reasoned = false;
    }
    found
}

/// Relative links of a markdown file that lead nowhere.
pub(super) fn dead_links(path: &str, text: &str, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let dir = Path::new(path).parent().unwrap_or(Path::new(""));
    let mut found = Vec::new();
    for (at, _) in text.match_indices("](") {
        let target = text[at + 2..].split(')').next().unwrap_or_default();
        let target = target.split('#').next().unwrap_or_default();
        if target.is_empty() || target.contains("://") {
            continue;
        }
        if !exists(&dir.join(target).to_string_lossy()) {
            found.push(format!("{path}: the link to {target} leads nowhere"));
        }
    }
    found
}

/// `make NAME` in a markdown file (as code or at the start of a line of it) without such a target.
pub(super) fn unknown_targets(path: &str, text: &str, makefile: &str) -> Vec<String> {
    let targets: BTreeSet<&str> = makefile
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, _)| name)
        .filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
        .collect();
    let mut found = Vec::new();
    for (at, _) in text.match_indices("make ") {
        let before = text[..at].trim_end_matches("sudo ").chars().next_back();
        if !matches!(before, None | Some('`' | '\n')) {
            continue;
        }
        let name: String = text[at + "make ".len()..]
            .chars()
            .take_while(|c| c.is_ascii_lowercase() || *c == '-')
            .collect();
        if name.starts_with(|c: char| c.is_ascii_lowercase()) && !targets.contains(name.as_str()) {
            found.push(format!("{path}: there is no `make {name}`"));
        }
    }
    found
}

/// Paths and test names in `ARCHITECTURE.md` that do not exist: it traces files by name, in code marks
/// from the root, in fenced blocks also from `src/`, and names the test that guards each invariant.
/// `is_test` knows the functions of the tests.
pub(super) fn dangling_names(
    path: &str,
    text: &str,
    exists: impl Fn(&str) -> bool,
    is_test: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut found = Vec::new();
    let parts: Vec<&str> = text.split("```").collect();
    let fenced = parts.iter().skip(1).step_by(2);
    for word in fenced.flat_map(|part| part.split_whitespace()) {
        let word = word.trim_end_matches([',', ';', ':', ')']);
        let is_file = word.contains('/') && word.ends_with(".rs");
        if is_file && !exists(word) && !exists(&format!("src/{word}")) {
            found.push(format!("{path}: there is no {word}"));
        }
    }
    // Outside fenced blocks every odd piece between marks is code.
    let prose = parts.iter().step_by(2);
    for code in prose.flat_map(|part| part.split('`').skip(1).step_by(2)) {
        // Prose is wrapped anywhere, code marks included.
        let code = code.split_whitespace().collect::<Vec<_>>().join(" ");
        let is_path = code.contains('/') && !code.contains([' ', '*', '<', ':']);
        if is_path && !exists(&code) {
            found.push(format!("{path}: there is no {code}"));
        }
        if let Some(test) = code.strip_prefix("test ")
            && !is_test(test)
        {
            found.push(format!("{path}: there is no test {test}"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_are_found() {
        assert_eq!(too_long("a.rs", &"x\n".repeat(1001)).len(), 1);
        assert!(too_long("a.rs", &"x\n".repeat(1000)).is_empty());
        assert!(too_long("Cargo.lock", &"x\n".repeat(2000)).is_empty());
    }

    #[test]
    fn unfinished_work_is_found() {
        let count = |text| unfinished(&Source::new("a.rs", text)).len();
        assert_eq!(count("fn f() { todo!() }"), 1);
        assert_eq!(count("// FIXME: later"), 1);
        assert_eq!(count("let todo = 1; // the todo list"), 0);
    }

    #[test]
    fn machine_paths_are_found() {
        let bad = format!("see /{}/main/x", "work");
        assert_eq!(names_a_machine("a.md", &bad).len(), 1);
        assert!(names_a_machine("a.md", "see /usr/bin/x and the work/ directory").is_empty());
    }

    #[test]
    fn conflicts_are_found() {
        assert_eq!(
            conflicts("a.md", "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> d\n").len(),
            2
        );
        assert!(conflicts("a.md", "Title\n=======\n1 << 7\n").is_empty());
    }

    #[test]
    fn dependencies_need_reasons() {
        let good =
            "[dependencies]\n# For x.\nfoo = \"1\"\nbar.workspace = true\nbaz = { path = \"b\" }\n";
        assert!(unreasoned("Cargo.toml", good).is_empty());
        let bad = "[dev-dependencies]\n# For x.\nfoo = \"1\"\nbar = \"2\"\n[features]\na = []\n";
        assert_eq!(
            unreasoned("Cargo.toml", bad),
            ["Cargo.toml:4: why is bar needed?"]
        );
    }

    #[test]
    fn dead_links_are_found() {
        let exists = |path: &str| path == "docs/b.md";
        assert!(dead_links("docs/a.md", "[b](b.md#x) [c](https://c) [d](#d)", exists).is_empty());
        assert_eq!(dead_links("docs/a.md", "[c](c.md)", exists).len(), 1);
    }

    #[test]
    fn unknown_make_targets_are_found() {
        let makefile = "check: deps\n\tx\nphp-test: dist\n";
        let good = "`make check`, `make -j2`\nmake php-test\nwe make friends";
        assert!(unknown_targets("a.md", good, makefile).is_empty());
        assert_eq!(unknown_targets("a.md", "`make coffee`", makefile).len(), 1);
        assert_eq!(
            unknown_targets("a.md", "\nsudo make tea", makefile).len(),
            1
        );
    }

    #[test]
    fn dangling_names_are_found() {
        let exists = |path: &str| path == "src/a.rs";
        let is_test = |name: &str| name == "a_claim";
        let check = |text| dangling_names("A.md", text, exists, is_test).len();
        assert_eq!(check("`src/a.rs` and `test a_claim` and `get k`"), 0);
        assert_eq!(check("`src/b.rs`"), 1);
        assert_eq!(check("`test b_claim`"), 1);
        assert_eq!(check("`test\n   b_claim` and `test\na_claim`"), 1);
        assert_eq!(check("```\nx/y `a/b`\n```\n`src/b.rs`"), 1);
        assert_eq!(check("```\na.rs, x/a.rs reads, src/a.rs\n```\n"), 1);
    }
}
