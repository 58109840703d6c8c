//! Where `unsafe` may stand, and that each block says why it is sound.
//!
//! The compiler's `unsafe_code` and clippy's `undocumented_unsafe_blocks` say the same of code they
//! can see; macros hide some of it, and a lint can be lifted by a line nobody reviews.

use super::source::{Source, words};

/// The files (or directories, with `/`) that may hold unsafe code, each with its reason.
pub(super) const ALLOWED: &[(&str, &str)] = &[
    ("src/capi/", "C passes pointers"),
    ("php/src/zend/", "the engine is C"),
    (
        "server/src/engine/mapping.rs",
        "address space is the system's",
    ),
    ("server/src/engine/memory.rs", "slab pages are raw memory"),
    (
        "server/src/engine/region.rs",
        "arrays in address space are raw memory",
    ),
    (
        "server/src/engine/tests/loom.rs",
        "its threads share a cell, to be told when they must not",
    ),
];

/// Unsafe code in a file that is not on the list.
pub(super) fn misplaced(source: &Source, allowed: &[(&str, &str)]) -> Vec<String> {
    if allowed.iter().any(|(place, _)| covers(place, &source.path)) {
        return Vec::new();
    }
    let found = words(&source.code, "unsafe").chain(words(&source.code, "unsafe_code"));
    found
        .map(|at| source.at(at, "unsafe code outside the listed files"))
        .collect()
}

/// Entries of the list under which no unsafe code is left.
pub(super) fn unused(sources: &[Source], allowed: &[(&str, &str)]) -> Vec<String> {
    let used = |place: &str| {
        sources.iter().any(|source| {
            covers(place, &source.path) && words(&source.code, "unsafe").next().is_some()
        })
    };
    let idle = allowed.iter().filter(|(place, _)| !used(place));
    idle.map(|(place, _)| format!("{place}: on the list of unsafe files without need"))
        .collect()
}

fn covers(place: &str, path: &str) -> bool {
    path == place || (place.ends_with('/') && path.starts_with(place))
}

/// Blocks and impls without a `SAFETY:` comment on the statement they are in.
pub(super) fn undocumented(source: &Source) -> Vec<String> {
    let code: Vec<&str> = source.code.lines().collect();
    let comments: Vec<&str> = source.comments.lines().collect();
    words(&source.code, "unsafe")
        .filter(|&at| {
            let next = source.code[at + "unsafe".len()..].trim_start();
            next.starts_with('{') || next.starts_with("impl")
        })
        .filter(|&at| !has_note(&code, &comments, source.line_of(at) - 1))
        .map(|at| source.at(at, "unsafe without a SAFETY note"))
        .collect()
}

/// Looks on the line itself, then up through the lines of the same statement and the comment above
/// it.
fn has_note(code: &[&str], comments: &[&str], line: usize) -> bool {
    if comments[line].contains("SAFETY:") {
        return true;
    }
    for above in (0..line).rev() {
        if comments[above].contains("SAFETY:") {
            return true;
        }
        let (text, comment) = (code[above].trim(), comments[above].trim());
        let ends_before = text.ends_with([';', '}']) || (text.ends_with('{') && comment.is_empty());
        if ends_before || (text.is_empty() && comment.is_empty()) {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(text: &str) -> usize {
        undocumented(&Source::new("src/capi/a.rs", text)).len()
    }

    #[test]
    fn unsafe_outside_the_list_is_found() {
        let bad = Source::new("src/codec/key.rs", "fn f() { unsafe { g() } }");
        assert_eq!(misplaced(&bad, ALLOWED).len(), 1);
        let bad = Source::new("src/codec/key.rs", "#![allow(unsafe_code)]");
        assert_eq!(misplaced(&bad, ALLOWED).len(), 1);
        let good = Source::new("src/capi/key.rs", "fn f() { unsafe { g() } }");
        assert!(misplaced(&good, ALLOWED).is_empty());
        let said = Source::new("src/codec/key.rs", "// no unsafe here\nlet s = \"unsafe\";");
        assert!(misplaced(&said, ALLOWED).is_empty());
    }

    #[test]
    fn an_idle_entry_of_the_list_is_found() {
        let sources = [
            Source::new("a.rs", "unsafe fn f();"),
            Source::new("b.rs", "fn f();"),
        ];
        assert_eq!(unused(&sources, &[("a.rs", "x"), ("b.rs", "y")]).len(), 1);
    }

    #[test]
    fn a_block_needs_its_own_note() {
        assert_eq!(missing("let a = unsafe { f() };"), 1);
        assert_eq!(missing("// SAFETY: true\nlet a = unsafe { f() };"), 0);
        assert_eq!(
            missing("// SAFETY: true\n// and more\nlet a = g(\n  unsafe { f() },\n);"),
            0
        );
        let second = "// SAFETY: true\nlet a = unsafe { f() };\nlet b = unsafe { g() };";
        assert_eq!(missing(second), 1);
        assert_eq!(missing("// some words\nunsafe impl Sync for X {}"), 1);
        assert_eq!(missing("// SAFETY: no state\nunsafe impl Sync for X {}"), 0);
        assert_eq!(
            missing("/// # Safety\n/// x\nunsafe extern \"C\" fn f() {}"),
            0
        );
    }
}
