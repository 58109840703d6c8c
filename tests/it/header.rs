//! `include/mcrs.h` is what `src/capi` says: it is written anew here and compared, or replaced when
//! `MCRS_BLESS=1` (`make header`).

use std::collections::BTreeMap;
use std::path::PathBuf;

use mcrs::options::TABLE;

/// The sources in the order in which a reader of the header meets them.
const SOURCES: &[&str] = &[
    "version", "result", "error", "text", "item", "client", "server", "read", "write",
];

/// Not part of the header: the conventions, which become its head, and the fences.
const OTHERS: &[&str] = &["mod", "guard"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The committed header.
pub(crate) fn committed() -> String {
    read("include/mcrs.h")
}

/// The page of conventions in `src/capi/mod.rs`, as lines of a C comment.
fn conventions() -> String {
    let page = read("src/capi/mod.rs");
    let lines = page.lines().map_while(|line| line.strip_prefix("//!"));
    let lines = lines.take_while(|line| *line != " # Inside");
    let mut lines: Vec<String> = lines.map(|line| format!(" *{line}")).collect();
    while lines.last().is_some_and(|line| line.trim() == "*") {
        lines.pop();
    }
    lines.join("\n")
}

fn head() -> String {
    format!(
        "/*\n{}\n *\n * Generated from src/capi by `make header`: change it there.\n */",
        conventions()
    )
}

/// The version as macros, from the manifest.
fn version() -> String {
    format!(
        "\n/** The version of this header; mcrs_version() is the one of the library. */\n\
         #define MCRS_VERSION \"{}\"\n\
         #define MCRS_VERSION_MAJOR {}\n\
         #define MCRS_VERSION_MINOR {}\n\
         #define MCRS_VERSION_PATCH {}",
        env!("CARGO_PKG_VERSION"),
        env!("CARGO_PKG_VERSION_MAJOR"),
        env!("CARGO_PKG_VERSION_MINOR"),
        env!("CARGO_PKG_VERSION_PATCH"),
    )
}

fn generated() -> String {
    let mut config = cbindgen::Config::from_file(root().join("include/cbindgen.toml"))
        .expect("include/cbindgen.toml can be read");
    config.header = Some(head());
    config.after_includes = Some(version());
    let mut builder = cbindgen::Builder::new().with_config(config);
    for source in SOURCES {
        builder = builder.with_src(root().join(format!("src/capi/{source}.rs")));
    }
    let mut text = Vec::new();
    let bindings = builder.generate().expect("cbindgen reads src/capi");
    bindings.write(&mut text);
    String::from_utf8(text).expect("the header is text")
}

#[test]
fn the_header_is_what_the_sources_say() {
    let new = generated();
    if std::env::var("MCRS_BLESS").as_deref() == Ok("1") {
        std::fs::write(root().join("include/mcrs.h"), new).expect("write the header");
        return;
    }
    let old = committed();
    let first = old
        .lines()
        .zip(new.lines())
        .position(|(old, new)| old != new)
        .unwrap_or_else(|| old.lines().count().min(new.lines().count()));
    assert!(
        old == new,
        "include/mcrs.h differs from src/capi from line {} on: run `make header` and look at the \
         difference",
        first + 1
    );
}

#[test]
fn every_source_of_the_interface_is_in_the_header() {
    for entry in std::fs::read_dir(root().join("src/capi")).expect("read src/capi") {
        let path = entry.expect("read src/capi").path();
        let name = path.file_stem().and_then(|name| name.to_str());
        let name = name.expect("a file has a name");
        let listed = SOURCES.contains(&name) || OTHERS.contains(&name);
        assert!(listed, "src/capi/{name}.rs is in neither list of this test");
    }
    for other in OTHERS {
        let text = read(&format!("src/capi/{other}.rs"));
        assert!(!text.contains("no_mangle"), "{other}.rs exports something");
    }
}

/// The comment in front of each function of a header, by the function's name, with its line breaks
/// undone.
pub(crate) fn functions(header: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (at, _) in header.match_indices("mcrs_") {
        let line = header[..at].rfind('\n').map_or(0, |end| end + 1);
        let word = &header[at..];
        let end = word.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let (name, rest) = word.split_at(end.unwrap_or(word.len()));
        // A declaration begins at the start of its line, and its name is followed by parameters.
        let indented = header[line..].starts_with([' ', '/', '#']);
        if indented || !rest.starts_with('(') {
            continue;
        }
        let before = header[..line].trim_end();
        let comment = before
            .strip_suffix("*/")
            .and_then(|text| text.rsplit_once("/**"))
            .map_or("", |(_, comment)| comment);
        let words = comment.split_whitespace().filter(|word| *word != "*");
        let comment = words.collect::<Vec<_>>().join(" ");
        found.insert(name.to_owned(), comment);
    }
    found
}

#[test]
fn every_function_says_what_it_does_and_what_it_asks() {
    let functions = functions(&committed());
    assert!(functions.len() > 30, "the functions were not found");
    for (name, comment) in functions {
        let (says, asks) = comment
            .split_once("# Safety")
            .unwrap_or_else(|| panic!("{name} does not say what it asks of its caller"));
        assert!(says.len() > 20, "{name} does not say what it does");
        assert!(asks.len() > 10, "{name} does not say what it asks for");
        assert!(!comment.contains("[`"), "{name} has a link of rustdoc");
    }
}

#[test]
fn functions_are_found_with_their_comments() {
    let found = functions("/**\n * Does\n * it.\n */\nint mcrs_a_b(int x,\n  int mcrs_c);\n");
    assert_eq!(
        found,
        BTreeMap::from([("mcrs_a_b".into(), "Does it.".into())])
    );
    let bare = functions("int x;\nvoid mcrs_d(void);\n");
    assert_eq!(bare["mcrs_d"], "");
}

#[test]
fn every_option_is_in_the_header_with_range_and_default() {
    let functions = functions(&committed());
    let comment = &functions["mcrs_client_set_option"];
    for option in TABLE {
        let line = format!("- `{}`: {};", option.name, option.meaning);
        let start = comment
            .find(&line)
            .unwrap_or_else(|| panic!("the comment lacks \"{line}\""));
        let rest = &comment[start + line.len()..];
        let own = &rest[..rest.find("- `").unwrap_or(rest.len())];
        let range = format!("{};", option.range);
        assert!(own.contains(&range), "{}: \"{range}\"", option.name);
        let default = format!("default {}.", option.default);
        assert!(own.contains(&default), "{}: \"{default}\"", option.name);
    }
    assert_eq!(comment.matches("- `").count(), TABLE.len());
}

#[test]
fn the_header_carries_the_version_of_the_manifest() {
    let header = committed();
    let version = format!("#define MCRS_VERSION \"{}\"\n", env!("CARGO_PKG_VERSION"));
    assert!(header.contains(&version));
    let dotted: Vec<&str> = ["MAJOR", "MINOR", "PATCH"]
        .iter()
        .map(|part| {
            let define = format!("#define MCRS_VERSION_{part} ");
            let at = header.find(&define).expect("a macro for each part") + define.len();
            header[at..].lines().next().unwrap_or_default()
        })
        .collect();
    assert_eq!(dotted.join("."), env!("CARGO_PKG_VERSION"));
}
