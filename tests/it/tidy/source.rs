//! Rust source as three views of equal shape: the text, the code alone, the comments alone.
//!
//! This is a lexer of comments and literals and nothing more; a rule that searches the code view
//! cannot be fooled by a word in a comment or a string.

use std::path::Path;

/// One file. All three views have the same lines.
pub(super) struct Source {
    /// Path from the workspace's root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
    /// Comments and the insides of literals are blanks.
    pub(super) code: String,
    /// Everything but comments is blanks.
    pub(super) comments: String,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let (code, comments) = split(text);
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code,
            comments,
        }
    }

    pub(super) fn read(root: &Path, path: &str) -> Self {
        let text = std::fs::read_to_string(root.join(path));
        Self::new(path, &text.expect("a listed file can be read"))
    }

    /// Without `#[cfg(test)]` modules: what ships.
    pub(super) fn shipped(&self) -> Self {
        let mut code = self.code.clone();
        while let Some((from, to)) = test_module(&code) {
            let blank = blanks(&code[from..to]);
            code.replace_range(from..to, &blank);
        }
        Self {
            path: self.path.clone(),
            text: self.text.clone(),
            code,
            comments: self.comments.clone(),
        }
    }

    /// The number, from 1, of the line that byte `at` is in.
    pub(super) fn line_of(&self, at: usize) -> usize {
        self.text[..at]
            .bytes()
            .filter(|&byte| byte == b'\n')
            .count()
            + 1
    }

    /// `path:line: message`, for a finding at byte `at`.
    pub(super) fn at(&self, at: usize, message: &str) -> String {
        format!("{}:{}: {message}", self.path, self.line_of(at))
    }
}

/// Where `word` stands in `code` with no letter, digit or underscore on either side; `word` may end
/// in a sign, such as `todo!`.
pub(super) fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = code.as_bytes();
    code.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |&at| {
            let before = at.checked_sub(1).map(|i| bytes[i]);
            let after = bytes.get(at + word.len()).copied();
            let last = word.as_bytes()[word.len() - 1];
            !(before.is_some_and(part) || part(last) && after.is_some_and(part))
        })
}

/// The same number of lines and bytes, all blank.
fn blanks(text: &str) -> String {
    let blank = |byte| if byte == b'\n' { '\n' } else { ' ' };
    text.bytes().map(blank).collect()
}

/// The byte range of the first `#[cfg(test)] mod name { ... }`.
fn test_module(code: &str) -> Option<(usize, usize)> {
    const MARK: &str = "#[cfg(test)]";
    code.match_indices(MARK).find_map(|(from, _)| {
        let open = from + code[from..].find(['{', ';'])?;
        let head = &code[from + MARK.len()..open];
        if !code[open..].starts_with('{') || words(head, "mod").next().is_none() {
            return None;
        }
        let mut depth = 0_usize;
        for (offset, byte) in code[open..].bytes().enumerate() {
            match byte {
                b'{' => depth += 1,
                b'}' if depth == 1 => return Some((from, open + offset + 1)),
                b'}' => depth -= 1,
                _ => {}
            }
        }
        None
    })
}

/// Splits into the code view and the comment view.
fn split(text: &str) -> (String, String) {
    let bytes = text.as_bytes();
    let mut code = Vec::with_capacity(bytes.len());
    let mut comments = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let (len, kind) = token(text, at);
        for (offset, &byte) in bytes[at..at + len].iter().enumerate() {
            let keep = |yes: bool| if yes || byte == b'\n' { byte } else { b' ' };
            let edge = offset == 0 || offset + 1 == len;
            code.push(keep(
                kind == Kind::Code || (kind == Kind::Literal && edge && byte.is_ascii()),
            ));
            comments.push(keep(kind == Kind::Comment));
        }
        at += len;
    }
    let text = |bytes| String::from_utf8(bytes).expect("whole characters are kept or blanked");
    (text(code), text(comments))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

/// The length in bytes and the kind of what stands at `at`.
fn token(text: &str, at: usize) -> (usize, Kind) {
    let rest = &text[at..];
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), Kind::Comment);
    }
    if rest.starts_with("/*") {
        return (block_comment(rest), Kind::Comment);
    }
    let in_word = text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    if !in_word && let Some(len) = raw_string(rest) {
        return (len, Kind::Literal);
    }
    if rest.starts_with('"') {
        return (quoted(rest), Kind::Literal);
    }
    if rest.starts_with('\'')
        && let Some(len) = character(rest)
    {
        return (len, Kind::Literal);
    }
    (rest.chars().next().map_or(1, char::len_utf8), Kind::Code)
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let (mut depth, mut at) = (0, 0);
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += 1;
        }
    }
    at
}

/// `r"..."`, `r#"..."#`, also with `b` or `c` in front.
fn raw_string(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix(['b', 'c']).unwrap_or(rest);
    let body = body.strip_prefix('r')?;
    let hashes = body.len() - body.trim_start_matches('#').len();
    let inside = body[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let len = inside.find(&end).map_or(inside.len(), |i| i + end.len());
    Some(rest.len() - inside.len() + len)
}

/// `"..."` with its escapes.
fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (offset, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return offset + 1,
            _ => {}
        }
    }
    rest.len()
}

/// `'x'` or `'\n'`; `None` for a lifetime.
fn character(rest: &str) -> Option<usize> {
    let mut chars = rest.char_indices().skip(1);
    let (_, first) = chars.next()?;
    if first == '\\' {
        chars.next();
        let end = chars.find(|&(_, c)| c == '\'')?;
        return Some(end.0 + 1);
    }
    let (end, quote) = chars.next()?;
    (quote == '\'').then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, code: &str) {
        let source = Source::new("x.rs", text);
        assert_eq!(source.code, code);
        assert_eq!(source.comments.len(), text.len());
    }

    #[test]
    fn comments_and_literals_are_blanked() {
        check("a // b\nc", "a     \nc");
        check("a /* b /* c */ d */ e", "a                   e");
        check(r#"f("x\"y", 'z', '\'')"#, r#"f("    ", ' ', '  ')"#);
        check(r##"f(r#"a"b"#, b"c")"##, r##"f(r      #, b" ")"##);
        check("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)");
        check("for_r\"x\"", "for_r\" \"");
    }

    #[test]
    fn words_are_whole() {
        let found = |word| words("unsafe unsafely _unsafe todo!() x.todo", word).count();
        assert_eq!(found("unsafe"), 1);
        assert_eq!(found("todo!"), 1);
    }

    #[test]
    fn test_modules_are_not_shipped() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests { fn b() { {} } }\nfn c() {}\n";
        let shipped = Source::new("x.rs", text).shipped();
        assert!(shipped.code.contains("fn a") && shipped.code.contains("fn c"));
        assert!(!shipped.code.contains("fn b"));
        assert_eq!(shipped.code.lines().count(), 4);
    }
}
