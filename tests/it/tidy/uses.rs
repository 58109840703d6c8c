//! Which modules a file refers to: `use` trees and paths, `crate::`, `super::` or another crate's
//! name, resolved to the first module below the crate's root.

use std::collections::BTreeMap;

use super::source::{Source, words};

/// A crate's public names at its root that stand for something in a module: `Error` for `error`.
#[derive(Default)]
pub(super) struct Reexports(BTreeMap<String, String>);

impl Reexports {
    /// Reads the `pub use module::...;` lines of a crate's root file.
    pub(super) fn of(root: &Source) -> Self {
        let mut names = BTreeMap::new();
        for at in words(&root.code, "pub use") {
            let tree = &root.code[at + "pub use".len()..];
            for path in expand(tree) {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                if let [module, .., name] = path.strip_prefix(&["crate"]).unwrap_or(&path) {
                    names.insert((*name).to_owned(), (*module).to_owned());
                }
            }
        }
        Self(names)
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn resolve(&self, name: &str) -> String {
        self.0.get(name).map_or(name, String::as_str).to_owned()
    }
}

/// Every reference of `source` to something below the root `krate` (`crate`, or another crate's
/// name): the byte where it stands, and the module.
pub(super) fn references(source: &Source, krate: &str, names: &Reexports) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for at in words(&source.code, krate) {
        let rest = &source.code[at + krate.len()..];
        let Some(tree) = rest.trim_start().strip_prefix("::") else {
            continue;
        };
        for path in expand(tree) {
            if let Some(first) = path.first() {
                found.push((at, names.resolve(first)));
            }
        }
    }
    if krate == "crate" {
        found.extend(climbs(source, names));
    }
    found.sort();
    found.dedup();
    found
}

/// References through `super::` that reach the crate's root.
///
/// A `mod x { ... }` inside the file is not counted as a level, so `super::` from there may be taken
/// to reach the root too early: the name after it is then one of the file's own, and the caller,
/// which only knows the names of root modules, passes over it.
fn climbs(source: &Source, names: &Reexports) -> Vec<(usize, String)> {
    let depth = module_depth(&source.path);
    let code = &source.code;
    let mut found = Vec::new();
    for at in words(code, "super") {
        // Only the first of a chain.
        if code[..at].trim_end().ends_with("::") {
            continue;
        }
        let (mut rest, mut ups) = (&code[at..], 0);
        while let Some(after) = rest.strip_prefix("super::") {
            rest = after;
            ups += 1;
        }
        if ups < depth || ups == 0 {
            continue;
        }
        for path in expand(rest) {
            if let Some(first) = path.first() {
                found.push((at, names.resolve(first)));
            }
        }
    }
    found
}

/// How many modules deep a file is: `src/lib.rs` 0, `src/codec/mod.rs` and `src/client.rs` 1.
fn module_depth(path: &str) -> usize {
    let inside = path.split_once("src/").map_or(path, |(_, inside)| inside);
    let parts = inside.split('/').count();
    match inside.rsplit('/').next() {
        Some("mod.rs" | "lib.rs" | "main.rs") => parts - 1,
        _ => parts,
    }
}

/// The paths of one use tree or path, from its first name on: `a::{b, c::{d, e as f}}` is `a::b`,
/// `a::c::d`, `a::c::f`. Stops where the path ends; glob stays `*`; a renamed name is the new one.
fn expand(tree: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    walk(tree, &mut Vec::new(), &mut paths);
    paths
}

/// Reads one tree from the front of `text`; returns what is left.
fn walk<'a>(text: &'a str, prefix: &mut Vec<String>, paths: &mut Vec<Vec<String>>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut inside) = text.strip_prefix('{') {
        loop {
            inside = inside.trim_start().trim_start_matches(',').trim_start();
            if let Some(rest) = inside.strip_prefix('}') {
                return rest;
            }
            let left = walk(inside, prefix, paths);
            if left.len() == inside.len() {
                return left;
            }
            inside = left;
        }
    }
    let name_end = |text: &str| {
        text.find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(text.len())
    };
    let end = if text.starts_with('*') {
        1
    } else {
        name_end(text)
    };
    if end == 0 {
        return text;
    }
    let (name, rest) = text.split_at(end);
    prefix.push(name.to_owned());
    let after = rest.trim_start();
    let left = if let Some(deeper) = after.strip_prefix("::") {
        // A turbofish ends the path.
        if deeper.trim_start().starts_with('<') {
            paths.push(prefix.clone());
            rest
        } else {
            walk(deeper, prefix, paths)
        }
    } else if let Some(renamed) = after.strip_prefix("as ") {
        let renamed = renamed.trim_start();
        let end = name_end(renamed);
        prefix.pop();
        prefix.push(renamed[..end].to_owned());
        paths.push(prefix.clone());
        &renamed[end..]
    } else {
        paths.push(prefix.clone());
        rest
    };
    prefix.pop();
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(tree: &str) -> Vec<String> {
        expand(tree).iter().map(|path| path.join("::")).collect()
    }

    fn modules(path: &str, text: &str) -> Vec<String> {
        let names = Reexports::of(&Source::new("src/lib.rs", "pub use error::{Error, Kind};"));
        let found = references(&Source::new(path, text), "crate", &names);
        found.into_iter().map(|(_, module)| module).collect()
    }

    #[test]
    fn trees_unfold() {
        assert_eq!(joined("a::b;"), ["a::b"]);
        assert_eq!(
            joined("a::{b, c::{d, e as f}, *};"),
            ["a::b", "a::c::d", "a::c::f", "a::*"]
        );
        assert_eq!(joined("a::f(x::y)"), ["a::f"]);
        assert_eq!(joined("Vec::<u8>::new()"), ["Vec"]);
    }

    #[test]
    fn references_resolve_to_modules() {
        assert_eq!(
            modules("src/a.rs", "use crate::{b::c, Error};"),
            ["b", "error"]
        );
        assert_eq!(modules("src/a.rs", "fn f() { crate::b::g() }"), ["b"]);
        assert_eq!(modules("src/a/b.rs", "use super::super::c::d;"), ["c"]);
        assert_eq!(modules("src/a.rs", "use super::c;"), ["c"]);
        assert!(modules("src/a/b.rs", "use super::c;").is_empty());
        assert!(modules("src/a.rs", "// crate::b\npub(crate) fn f() {}").is_empty());
    }
}
