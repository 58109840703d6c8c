//! The grammar of a transcript. See `tests/transcripts/README.md`.

#[path = "frame.rs"]
mod frame;

use std::collections::HashMap;

pub(crate) use frame::{Message, show};

/// Who is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Ours,
    Stock,
}

impl Who {
    pub(crate) fn version(self) -> &'static str {
        match self {
            Who::Ours => "1.6.45",
            Who::Stock => "1.6.18",
        }
    }
}

/// A piece of bytes to send or expect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Bytes(Vec<u8>),
    /// The value of a name.
    Use(String),
    /// A run of digits, which may get a name. Expected only.
    Digits(Option<String>),
    /// Everything up to the end of the line. Expected only.
    Anything,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Go on with the connection of this name.
    Conn(String),
    Send(Vec<Part>),
    Expect(Vec<Part>),
    SendMessage(Message),
    ExpectMessage(Message),
    /// Replies to a request for statistics, up to the one without a name.
    SkipStats,
    HalfClose,
    Closed,
}

#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) line: usize,
    only: Option<Who>,
    steps: Vec<(usize, Option<Who>, Step)>,
}

#[derive(Debug, Default)]
pub(crate) struct File {
    pub(crate) args: Vec<String>,
    pub(crate) keeps_items: bool,
    /// Speaks commands of the feature `debug-commands`, which nobody ships.
    pub(crate) debug: bool,
    pub(crate) cases: Vec<Case>,
}

impl Case {
    pub(crate) fn played_on(&self, who: Who) -> bool {
        self.only.is_none_or(|only| only == who)
    }

    pub(crate) fn steps_for(&self, who: Who) -> impl Iterator<Item = (usize, &Step)> {
        self.steps
            .iter()
            .filter(move |(_, only, _)| only.is_none_or(|only| only == who))
            .map(|(line, _, step)| (*line, step))
    }

    pub(crate) fn half_closed(&self) -> bool {
        self.steps
            .iter()
            .any(|(_, _, step)| *step == Step::HalfClose)
    }
}

impl File {
    /// Whether its servers speak the binary protocol only; absent if they speak either.
    pub(crate) fn is_binary(&self) -> Option<bool> {
        let given = |protocol: &str| self.args.iter().any(|arg| arg == protocol);
        match (given("binary"), given("ascii")) {
            (false, false) => None,
            (binary, _) => Some(binary),
        }
    }

    pub(crate) fn parse(text: &str) -> Result<File, String> {
        let mut file = File::default();
        // Steps or cases for one side only, which a reason must follow.
        let mut unexplained: Option<usize> = None;
        for (index, line) in text.lines().enumerate() {
            let number = index + 1;
            let at = |error: &str| format!("line {number}: {error}");
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            if let Some(reason) = trimmed.strip_prefix('!') {
                if reason.trim().is_empty() || unexplained.take().is_none() {
                    return Err(at("a reason must say something about lines before it"));
                }
                continue;
            }
            let (only, rest) = if let Some(rest) = line.strip_prefix("@ours ") {
                (Some(Who::Ours), rest)
            } else if let Some(rest) = line.strip_prefix("@stock ") {
                (Some(Who::Stock), rest)
            } else {
                if let Some(line) = unexplained {
                    return Err(format!("line {line}: a difference needs a reason (`!`)"));
                }
                (None, line)
            };
            if only.is_some() {
                unexplained = unexplained.or(Some(number));
            }
            if let Some(args) = rest.strip_prefix("args:") {
                file.args = args.split_whitespace().map(str::to_string).collect();
            } else if rest.trim() == "keeps items" {
                file.keeps_items = true;
            } else if rest.trim() == "needs debug-commands" {
                file.debug = true;
            } else if let Some(name) = rest.strip_prefix("== ") {
                let case = Case {
                    name: name.trim().into(),
                    line: number,
                    only,
                    steps: Vec::new(),
                };
                file.cases.push(case);
            } else {
                let step = parse_step(rest).map_err(|error| at(&error))?;
                let case = file
                    .cases
                    .last_mut()
                    .ok_or(at("a step before the first case"))?;
                case.steps.push((number, only, step));
            }
        }
        match unexplained {
            Some(line) => Err(format!("line {line}: a difference needs a reason (`!`)")),
            None => Ok(file),
        }
    }
}

fn parse_step(line: &str) -> Result<Step, String> {
    let line = line.strip_suffix('\r').unwrap_or(line);
    if let Some(text) = line.strip_prefix("> bin ") {
        Message::parse(text, false).map(Step::SendMessage)
    } else if let Some(text) = line.strip_prefix("< bin ") {
        Message::parse(text, true).map(Step::ExpectMessage)
    } else if let Some(text) = line.strip_prefix(">|") {
        Ok(Step::Send(parse_parts(
            text.strip_prefix(' ').unwrap_or(text),
            false,
        )?))
    } else if let Some(text) = line.strip_prefix('>') {
        Ok(Step::Send(parse_parts(
            text.strip_prefix(' ').unwrap_or(text),
            true,
        )?))
    } else if let Some(text) = line.strip_prefix("<|") {
        Ok(Step::Expect(parse_parts(
            text.strip_prefix(' ').unwrap_or(text),
            false,
        )?))
    } else if let Some(text) = line.strip_prefix('<') {
        Ok(Step::Expect(parse_parts(
            text.strip_prefix(' ').unwrap_or(text),
            true,
        )?))
    } else if let Some(name) = line.strip_prefix("conn ") {
        Ok(Step::Conn(name.trim().into()))
    } else {
        match line.trim() {
            "half-close" => Ok(Step::HalfClose),
            "closed" => Ok(Step::Closed),
            "skip stats" => Ok(Step::SkipStats),
            other => Err(format!("unknown step {other:?}")),
        }
    }
}

/// Reads `text` with `\` escapes and `{...}` pieces; `ended` puts CR LF behind it.
fn parse_parts(text: &str, ended: bool) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\\' => bytes.push(unescape(&mut rest)?),
            '{' => {
                let (inside, after) = rest.split_once('}').ok_or("a { without its }")?;
                rest = after;
                if let Some((unit, count)) = inside.rsplit_once('*').filter(|p| !p.0.is_empty()) {
                    let count: usize = count.parse().map_err(|_| "{x*N} needs a number")?;
                    for part in parse_parts(unit, false)? {
                        let Part::Bytes(unit) = part else {
                            return Err("only bytes can be repeated".into());
                        };
                        bytes.extend(unit.repeat(count));
                    }
                    continue;
                }
                if !bytes.is_empty() {
                    parts.push(Part::Bytes(std::mem::take(&mut bytes)));
                }
                parts.push(match inside.split_once('=') {
                    Some(("n", name)) => Part::Digits(Some(name.into())),
                    Some(_) => return Err(format!("unknown piece {{{inside}}}")),
                    None if inside == "n" => Part::Digits(None),
                    None if inside == "*" => Part::Anything,
                    None => Part::Use(inside.into()),
                });
            }
            c => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    if ended {
        bytes.extend_from_slice(b"\r\n");
    }
    if !bytes.is_empty() {
        parts.push(Part::Bytes(bytes));
    }
    Ok(parts)
}

fn unescape(rest: &mut &str) -> Result<u8, String> {
    let bytes = rest.as_bytes();
    let (byte, taken) = match bytes.first() {
        Some(b'r') => (b'\r', 1),
        Some(b'n') => (b'\n', 1),
        Some(b't') => (b'\t', 1),
        Some(b'0') => (0, 1),
        Some(b's') => (b' ', 1),
        Some(&b @ (b'\\' | b'{' | b'}')) => (b, 1),
        Some(b'x') => {
            let digits = rest.get(1..3).ok_or("\\x needs two digits")?;
            let byte = u8::from_str_radix(digits, 16).map_err(|_| "\\x needs two digits")?;
            (byte, 3)
        }
        _ => return Err("unknown escape".into()),
    };
    *rest = &rest[taken..];
    Ok(byte)
}

impl Part {
    /// The bytes of parts to send.
    pub(crate) fn bytes(
        parts: &[Part],
        bound: &HashMap<String, Vec<u8>>,
    ) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        for part in parts {
            match part {
                Part::Bytes(bytes) => out.extend_from_slice(bytes),
                Part::Use(name) => {
                    out.extend_from_slice(bound.get(name).ok_or(format!("{name} is not bound"))?);
                }
                Part::Digits(_) | Part::Anything => return Err("cannot be sent".into()),
            }
        }
        Ok(out)
    }

    /// The parts for a message.
    pub(crate) fn show(parts: &[Part], bound: &HashMap<String, Vec<u8>>) -> String {
        let shown = parts.iter().map(|part| match part {
            Part::Bytes(bytes) => String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into(),
            Part::Use(name) => match bound.get(name) {
                Some(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                None => format!("{{{name}}}"),
            },
            Part::Digits(_) => "{n}".into(),
            Part::Anything => "{*}".into(),
        });
        shown.collect()
    }
}
