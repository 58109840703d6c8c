//! What `-h` and `--man` print, made from the table.

use super::getopt::Arg;
use super::words;
use super::{Flag, Settings, VERSION_LINE, flags};

/// Width of the column of names.
const NAMES: usize = 25;

/// What `-h` prints: every option this server has, with the values set so far.
///
/// Wrapper scripts look in it for the names of features, in any line and any case
/// (mcrsd.md 1.6), so none may be named that does not work.
pub(super) fn text(settings: &Settings) -> String {
    let mut out = String::from(VERSION_LINE);
    for flag in flags().filter(|flag| flag.lacking.is_none()) {
        let left = names(flag);
        push(&mut out, &left, flag.help);
        if let Some(default) = flag.default {
            out.push_str(&format!(" (default: {})", default(settings)));
        }
    }
    for word in words::all().filter(|word| !word.help().is_empty()) {
        push(&mut out, &format!("   - {}:", word.name()), word.help());
        if let Some(default) = word.default_of(settings) {
            out.push_str(&format!(" (default: {default})"));
        }
    }
    out
}

/// One entry: names on the left, the lines of the text on the right.
fn push(out: &mut String, left: &str, text: &str) {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or("");
    out.push_str(&format!("\n{left:<NAMES$} {first}"));
    for line in lines {
        out.push_str(&format!("\n{:<NAMES$} {line}", ""));
    }
}

/// The names of an option and of its argument, as the help shows them.
fn names(flag: &Flag) -> String {
    let short = match flag.short {
        0 => "   ".into(),
        letter => format!("-{}", char::from(letter)),
    };
    match (flag.long, flag.arg) {
        ("", Arg::Required(name)) => format!("{short} <{name}>"),
        ("", _) => short,
        (long, Arg::Required(name)) => format!("{short}, --{long}=<{name}>"),
        (long, _) if flag.short == 0 => format!("{short} --{long}"),
        (long, _) => format!("{short}, --{long}"),
    }
}

/// The manual page, section 8, as man(1) reads it.
pub(super) fn manual(settings: &Settings) -> String {
    let mut out = format!(
        ".TH MCRSD 8 \"\" \"mcrsd {}\" \"System Administration\"\n\
         .SH NAME\n\
         mcrsd \\- cache server that takes memcached's place\n\
         .SH SYNOPSIS\n\
         .B mcrsd\n\
         .RI [ options ]\n\
         .SH DESCRIPTION\n\
         Keeps items, each a value under a key, in memory and serves them to clients of memcached.\n\
         It takes the options of memcached 1.6.45 and answers as that does,\n\
         so that either can stand in for the other.\n\
         .PP\n\
         Long names may be cut to an unambiguous start. The last of several settings of an option\n\
         wins; lists of\n\
         .B \\-l\n\
         and\n\
         .B \\-o\n\
         add up.\n\
         .SH OPTIONS",
        env!("CARGO_PKG_VERSION")
    );
    for flag in flags().filter(|flag| flag.lacking.is_none()) {
        let default = flag.default.map(|default| default(settings));
        entry(&mut out, names(flag).trim_start(), flag.help, default);
    }
    out.push_str("\n.SH EXTENDED OPTIONS");
    out.push_str("\nThe words of\n.BR \\-o :");
    for word in words::all().filter(|word| !word.help().is_empty()) {
        let default = word.default_of(settings);
        entry(&mut out, word.name(), word.help(), default);
    }
    out.push_str(
        "\n.SH SIGNALS\n\
         SIGINT and SIGTERM end the server, SIGUSR1 lets it finish what it is doing before.\n\
         SIGHUP reads the password file and the certificates again.\n\
         .SH ENVIRONMENT\n\
         .TP\n\
         .B MEMCACHED_PORT_FILENAME\n\
         File to which the addresses listened on are written when all are open.\n\
         .TP\n\
         .BR LISTEN_FDS , \\ LISTEN_PID\n\
         Sockets opened by a service manager, which are served instead of those of the options.\n\
         .TP\n\
         .B NOTIFY_SOCKET\n\
         Where a service manager is told when clients can come and when the server ends.\n\
         .SH EXIT STATUS\n\
         0 after a normal stop, 1 for a bad value or a failed start, 64 for options that do not go\n\
         together or are not there, 67 for an unknown account, 71 when the system refuses a socket or\n\
         a limit.",
    );
    out
}

/// One option of the manual page.
fn entry(out: &mut String, names: &str, text: &str, default: Option<String>) {
    out.push_str(&format!("\n.TP\n\\fB{}\\fR\n{}", roff(names), roff(text)));
    if let Some(default) = default {
        out.push_str(&format!(" (default: {})", roff(&default)));
    }
}

/// Text that man(1) shows as it is.
fn roff(text: &str) -> String {
    let mut out = text.replace('\\', "\\e").replace('-', "\\-");
    if out.starts_with(['.', '\'']) {
        out.insert_str(0, "\\&");
    }
    out
}
