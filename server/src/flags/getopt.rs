//! Splitting an argument vector by the rules of GNU `getopt_long`.
//!
//! Knows names and whether they take an argument, not what they mean: that is the table's business
//! (`flags/mod.rs`). No argument-parser crate is used because none cuts long names to an unambiguous start,
//! bundles short options and reports mistakes in getopt's own words, and wrapper scripts rely on all three.
//! Source: `man 3 getopt_long`; measured against memcached 1.6.18 with glibc 2.36.

/// Whether an option takes an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arg {
    /// Never.
    None,
    /// Always; the text names it in the help, e.g. `num`.
    Required(&'static str),
    /// Only in the long form `--name=value`.
    Optional,
}

/// One option name pair as the splitter needs it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name {
    /// The letter after a single dash, or 0 for none.
    pub short: u8,
    /// The word after two dashes, or empty for none.
    pub long: &'static str,
    /// Whether an argument follows.
    pub arg: Arg,
}

/// Reads `args` (without the program name) from left to right and calls `found(index into names, argument)`.
///
/// Words that are not options are skipped, `--` ends the options. A mistake yields getopt's own line
/// without the program name, e.g. `invalid option -- 'z'`; what was found before it has been reported by then.
/// The error type of `found` is passed through.
pub(super) fn split<E>(
    names: &[Name],
    args: &[String],
    mut found: impl FnMut(usize, Option<&str>) -> Result<(), E>,
) -> Result<(), Fault<E>> {
    let mut rest = args.iter();
    while let Some(word) = rest.next() {
        if word == "--" {
            return Ok(());
        } else if let Some(long) = word.strip_prefix("--") {
            let (name, value) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (long, None),
            };
            let index = find_long(names, name, long).map_err(Fault::Usage)?;
            let full = names[index].long;
            let value = match (names[index].arg, value) {
                (Arg::None, Some(_)) => {
                    let text = format!("option '--{full}' doesn't allow an argument");
                    return Err(Fault::Usage(text));
                }
                (Arg::Required(_), None) => match rest.next() {
                    Some(next) => Some(next.as_str()),
                    None => {
                        let text = format!("option '--{full}' requires an argument");
                        return Err(Fault::Usage(text));
                    }
                },
                (_, value) => value,
            };
            found(index, value).map_err(Fault::Found)?;
        } else if word.len() > 1 && word.starts_with('-') {
            split_bundle(names, &word[1..], &mut rest, &mut found)?;
        }
    }
    Ok(())
}

/// Why [`split`] stopped.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault<E> {
    /// The words do not follow the rules; the text is getopt's.
    Usage(String),
    /// The callback refused.
    Found(E),
}

/// Handles the letters of one word such as `-vvd` or `-m64`.
fn split_bundle<E>(
    names: &[Name],
    letters: &str,
    rest: &mut std::slice::Iter<'_, String>,
    found: &mut impl FnMut(usize, Option<&str>) -> Result<(), E>,
) -> Result<(), Fault<E>> {
    for (at, letter) in letters.char_indices() {
        let known = names
            .iter()
            .position(|n| n.short != 0 && char::from(n.short) == letter);
        let Some(index) = known else {
            return Err(Fault::Usage(format!("invalid option -- '{letter}'")));
        };
        if !matches!(names[index].arg, Arg::Required(_)) {
            found(index, None).map_err(Fault::Found)?;
            continue;
        }
        let glued = &letters[at + letter.len_utf8()..];
        let value = if glued.is_empty() {
            rest.next().map(String::as_str)
        } else {
            Some(glued)
        };
        let Some(value) = value else {
            let text = format!("option requires an argument -- '{letter}'");
            return Err(Fault::Usage(text));
        };
        return found(index, Some(value)).map_err(Fault::Found);
    }
    Ok(())
}

/// The option whose long name is `name` or, if only one starts with it, that one. `whole` is for the message.
fn find_long(names: &[Name], name: &str, whole: &str) -> Result<usize, String> {
    let mut starts = names
        .iter()
        .enumerate()
        .filter(|(_, n)| !n.long.is_empty() && n.long.starts_with(name));
    let exact = starts.clone().find(|(_, n)| n.long == name);
    if let Some((index, _)) = exact {
        return Ok(index);
    }
    match (starts.next(), starts.next()) {
        (None, _) => Err(format!("unrecognized option '--{whole}'")),
        (Some((index, _)), None) => Ok(index),
        (Some(_), Some(_)) => {
            let mut text = format!("option '--{whole}' is ambiguous; possibilities:");
            for n in names
                .iter()
                .filter(|n| !n.long.is_empty() && n.long.starts_with(name))
            {
                text.push_str(&format!(" '--{}'", n.long));
            }
            Err(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[Name] = &[
        Name {
            short: b'p',
            long: "port",
            arg: Arg::Required("num"),
        },
        Name {
            short: b'P',
            long: "pidfile",
            arg: Arg::Required("file"),
        },
        Name {
            short: b'd',
            long: "daemon",
            arg: Arg::None,
        },
        Name {
            short: b'v',
            long: "verbose",
            arg: Arg::Optional,
        },
        Name {
            short: b'D',
            long: "",
            arg: Arg::Required("char"),
        },
    ];

    fn run(words: &[&str]) -> Result<Vec<(char, Option<String>)>, String> {
        let args: Vec<String> = words.iter().map(|w| w.to_string()).collect();
        let mut seen = Vec::new();
        let end = split::<()>(NAMES, &args, |index, value| {
            seen.push((NAMES[index].short.into(), value.map(str::to_string)));
            Ok(())
        });
        match end {
            Ok(()) => Ok(seen),
            Err(Fault::Usage(text)) => Err(text),
            Err(Fault::Found(())) => Err("callback".into()),
        }
    }

    fn got(letter: char, value: &str) -> (char, Option<String>) {
        (letter, Some(value.into()))
    }

    #[test]
    fn short_options_bundle_and_take_glued_or_following_arguments() {
        let want = vec![('d', None), ('v', None), ('v', None), got('p', "11")];
        assert_eq!(run(&["-dvv", "-p11"]), Ok(want.clone()));
        assert_eq!(run(&["-dv", "-vp", "11"]), Ok(want));
        assert_eq!(run(&["-p", "-d"]), Ok(vec![got('p', "-d")]));
    }

    #[test]
    fn long_names_may_be_cut_while_unambiguous() {
        assert_eq!(run(&["--po=1"]), Ok(vec![got('p', "1")]));
        assert_eq!(run(&["--pi", "f"]), Ok(vec![got('P', "f")]));
        assert_eq!(run(&["--verb=7"]), Ok(vec![got('v', "7")]));
        assert_eq!(
            run(&["--p=1"]),
            Err("option '--p=1' is ambiguous; possibilities: '--port' '--pidfile'".into())
        );
    }

    #[test]
    fn other_words_are_skipped_and_two_dashes_end_the_options() {
        assert_eq!(run(&["x", "-d", "-", "y"]), Ok(vec![('d', None)]));
        assert_eq!(run(&["-d", "--", "-z"]), Ok(vec![('d', None)]));
    }

    #[test]
    fn mistakes_are_told_in_getopts_words() {
        let text = |words: &[&str]| run(words).unwrap_err();
        assert_eq!(text(&["-z"]), "invalid option -- 'z'");
        assert_eq!(text(&["--zzz"]), "unrecognized option '--zzz'");
        assert_eq!(text(&["-p"]), "option requires an argument -- 'p'");
        assert_eq!(text(&["--port"]), "option '--port' requires an argument");
        assert_eq!(
            text(&["--daemon=3"]),
            "option '--daemon' doesn't allow an argument"
        );
    }
}
