//! The options of `mcrsd`: one table, from which parsing, checks and `-h` derive.
//!
//! Meanings, defaults, refusals and exit statuses are memcached's. What memcached has and this server has
//! not is in the table too, so that it is refused with a clear line instead of being taken for something else.
//! Next: `getopt.rs` splits words, `words.rs` has the words of `-o`, `settings.rs` the values.

mod getopt;
mod settings;
mod words;

pub use settings::{Protocol, Settings};

use getopt::{Arg, Fault, Name};

/// The memcached release this server answers as. Clients parse it and gate features by it.
pub const MEMCACHED_VERSION: &str = "1.6.45";

/// First line of `-V`, `-h` and `-i`.
pub const VERSION_LINE: &str = concat!("memcached 1.6.45 (mcrsd ", env!("CARGO_PKG_VERSION"), ")");

/// Exit status for a bad combination of options.
pub const EX_USAGE: i32 = 64;
/// Exit status for an unknown `-u` account.
pub const EX_NOUSER: i32 = 67;
/// Exit status when the system refuses a socket or a limit.
pub const EX_OSERR: i32 = 71;

/// A reason to end the process before or while starting: text for a stream, and the exit status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// Exit status. 0 means the text is an answer and goes to stdout, anything else that it goes to stderr.
    pub status: i32,
    /// Lines without the last line end; may be empty.
    pub text: String,
}

impl Exit {
    /// An exit with a status and a message.
    pub fn new(status: i32, text: impl Into<String>) -> Self {
        Exit {
            status,
            text: text.into(),
        }
    }
}

/// What an option does.
enum Action {
    /// Changes settings.
    Set(fn(&mut Settings, &str) -> Result<(), Exit>),
    /// Prints something and ends the process with status 0.
    Print(fn(&Settings) -> String),
    /// Belongs to a feature this server has not; the text names the feature.
    Lacking(&'static str),
}

/// One option.
struct Flag {
    short: u8,
    long: &'static str,
    arg: Arg,
    /// Help text; further lines are indented under the first.
    help: &'static str,
    /// Prints the value set so far, for `-h`.
    default: Option<fn(&Settings) -> String>,
    /// Its name in `stats settings`, empty if it has none.
    stat: &'static str,
    action: Action,
}

/// The table. Order is that of `-h`.
const FLAGS: &[Flag] = &[
    Flag {
        short: b'p',
        long: "port",
        arg: Arg::Required("num"),
        help: "TCP port to listen on, 0 for none, -1 for any free one",
        default: Some(|s| s.port.to_string()),
        stat: "tcpport",
        action: Action::Set(|s, v| {
            s.port = port(v)?;
            Ok(())
        }),
    },
    Flag {
        short: b'U',
        long: "udp-port",
        arg: Arg::Required("num"),
        help: "accepted with 0 only, because this server has no UDP yet",
        default: Some(|_| "0, off".into()),
        stat: "udpport",
        action: Action::Set(|_, v| match port(v)? {
            0 => Ok(()),
            _ => Err(lacking("UDP")),
        }),
    },
    Flag {
        short: b's',
        long: "unix-socket",
        arg: Arg::Required("file"),
        help: "UNIX socket to listen on (disables network support)",
        default: None,
        stat: "domain_socket",
        action: Action::Set(|s, v| {
            s.unix_socket = Some(absolute(v));
            Ok(())
        }),
    },
    Flag {
        short: b'a',
        long: "unix-mask",
        arg: Arg::Required("mask"),
        help: "access mask for UNIX socket, in octal",
        default: Some(|s| format!("{:o}", s.unix_mask)),
        stat: "umask",
        action: Action::Set(|s, v| {
            s.unix_mask = octal(v);
            Ok(())
        }),
    },
    Flag {
        short: b'A',
        long: "enable-shutdown",
        arg: Arg::None,
        help: "enable the \"shutdown\" command",
        default: None,
        stat: "shutdown_command",
        action: Action::Set(|s, _| {
            s.shutdown_command = true;
            Ok(())
        }),
    },
    Flag {
        short: b'l',
        long: "listen",
        arg: Arg::Required("addr"),
        help: "addresses to listen on, with or without :port, separated by commas;\n\
               may be given several times",
        default: Some(|s| s.inter.clone().unwrap_or_else(|| "all".into())),
        stat: "inter",
        action: Action::Set(|s, v| {
            match &mut s.inter {
                None => s.inter = Some(v.to_string()),
                Some(list) if list.contains(v) => {}
                Some(list) => {
                    list.push(',');
                    list.push_str(v);
                }
            }
            Ok(())
        }),
    },
    Flag {
        short: b'd',
        long: "daemon",
        arg: Arg::None,
        help: "run as a daemon; returns when the server listens",
        default: None,
        stat: "",
        action: Action::Set(|s, _| {
            s.daemon = true;
            Ok(())
        }),
    },
    Flag {
        short: b'r',
        long: "enable-coredumps",
        arg: Arg::None,
        help: "maximize core file limit",
        default: None,
        stat: "",
        action: Action::Set(|s, _| {
            s.coredumps = true;
            Ok(())
        }),
    },
    Flag {
        short: b'u',
        long: "user",
        arg: Arg::Required("user"),
        help: "assume identity of <user> (only when run as root)",
        default: None,
        stat: "",
        action: Action::Set(|s, v| {
            s.user = Some(v.to_string());
            Ok(())
        }),
    },
    Flag {
        short: b'm',
        long: "memory-limit",
        arg: Arg::Required("num"),
        help: "item memory in megabytes",
        default: Some(|s| (s.max_bytes >> 20).to_string()),
        stat: "maxbytes",
        action: Action::Set(|s, v| {
            s.max_bytes = u64::try_from(number(v)).unwrap_or(0) << 20;
            Ok(())
        }),
    },
    Flag {
        short: b'M',
        long: "disable-evictions",
        arg: Arg::None,
        help: "return error on memory exhausted instead of evicting",
        default: None,
        stat: "evictions",
        action: Action::Set(|s, _| {
            s.evictions = false;
            Ok(())
        }),
    },
    Flag {
        short: b'c',
        long: "conn-limit",
        arg: Arg::Required("num"),
        help: "max simultaneous connections",
        default: Some(|s| s.max_conns.to_string()),
        stat: "maxconns",
        action: Action::Set(|s, v| {
            s.max_conns = positive(v, "Maximum connections")?;
            Ok(())
        }),
    },
    Flag {
        short: b'k',
        long: "lock-memory",
        arg: Arg::None,
        help: "lock down all paged memory",
        default: None,
        stat: "",
        action: Action::Set(|s, _| {
            s.lock_memory = true;
            Ok(())
        }),
    },
    Flag {
        short: b'v',
        long: "verbose",
        arg: Arg::Optional,
        help: "print errors and warnings; -vv also commands and replies",
        default: None,
        stat: "verbosity",
        action: Action::Set(|s, _| {
            s.verbosity = s.verbosity.saturating_add(1);
            Ok(())
        }),
    },
    Flag {
        short: b'h',
        long: "help",
        arg: Arg::None,
        help: "print this help and exit",
        default: None,
        stat: "",
        action: Action::Print(help),
    },
    Flag {
        short: b'i',
        long: "license",
        arg: Arg::None,
        help: "print the licence and exit",
        default: None,
        stat: "",
        action: Action::Print(|_| {
            format!(
                "{VERSION_LINE}\n\nmcrsd is licensed under either of\n  \
                 the Apache License, Version 2.0, or\n  the MIT licence\nat your option."
            )
        }),
    },
    Flag {
        short: b'V',
        long: "version",
        arg: Arg::None,
        help: "print version and exit",
        default: None,
        stat: "",
        action: Action::Print(|_| VERSION_LINE.into()),
    },
    Flag {
        short: b'P',
        long: "pidfile",
        arg: Arg::Required("file"),
        help: "save PID in <file>",
        default: None,
        stat: "",
        action: Action::Set(|s, v| {
            s.pid_file = Some(absolute(v));
            Ok(())
        }),
    },
    Flag {
        short: b'f',
        long: "slab-growth-factor",
        arg: Arg::Required("num"),
        help: "chunk size growth factor",
        default: Some(|s| format!("{:2.2}", s.growth_factor)),
        stat: "growth_factor",
        action: Action::Set(|s, v| {
            s.growth_factor = decimal(v);
            if s.growth_factor > 1.0 {
                Ok(())
            } else {
                Err(Exit::new(1, "Factor must be greater than 1"))
            }
        }),
    },
    Flag {
        short: b'n',
        long: "slab-min-size",
        arg: Arg::Required("bytes"),
        help: "min space used for key+value+flags",
        default: Some(|s| s.chunk_size.to_string()),
        stat: "chunk_size",
        action: Action::Set(|s, v| {
            s.chunk_size = positive(v, "Chunk size")?;
            Ok(())
        }),
    },
    Flag {
        short: b'L',
        long: "enable-largepages",
        arg: Arg::None,
        help: "",
        default: None,
        stat: "",
        action: Action::Lacking("large page"),
    },
    Flag {
        short: b'D',
        long: "",
        arg: Arg::Required("char"),
        help: "",
        default: None,
        stat: "stat_key_prefix",
        action: Action::Lacking("key prefix statistics"),
    },
    Flag {
        short: b't',
        long: "threads",
        arg: Arg::Required("num"),
        help: "number of threads to use",
        default: Some(|s| s.threads.to_string()),
        stat: "num_threads",
        action: Action::Set(|s, v| {
            s.threads = positive(v, "Number of threads")?;
            Ok(())
        }),
    },
    Flag {
        short: b'R',
        long: "max-reqs-per-event",
        arg: Arg::Required("num"),
        help: "maximum number of requests per event, limits the requests\n\
               processed per connection to prevent starvation",
        default: Some(|s| s.reqs_per_event.to_string()),
        stat: "reqs_per_event",
        action: Action::Set(|s, v| {
            s.reqs_per_event = positive(v, "Number of requests per event")?;
            Ok(())
        }),
    },
    Flag {
        short: b'C',
        long: "disable-cas",
        arg: Arg::None,
        help: "disable use of CAS",
        default: None,
        stat: "cas_enabled",
        action: Action::Set(|s, _| {
            s.cas = false;
            Ok(())
        }),
    },
    Flag {
        short: b'b',
        long: "listen-backlog",
        arg: Arg::Required("num"),
        help: "set the backlog queue limit",
        default: Some(|s| s.backlog.to_string()),
        stat: "tcp_backlog",
        action: Action::Set(|s, v| {
            s.backlog = number(v).clamp(i32::MIN.into(), i32::MAX.into()) as i32;
            Ok(())
        }),
    },
    Flag {
        short: b'B',
        long: "protocol",
        arg: Arg::Required("name"),
        help: "protocol - ascii or auto",
        default: Some(|s| s.protocol.name().into()),
        stat: "binding_protocol",
        action: Action::Set(|s, v| {
            s.protocol = match v {
                "auto" => Protocol::Auto,
                "ascii" => Protocol::Ascii,
                "binary" => return Err(lacking("binary protocol")),
                _ => {
                    let text = format!(
                        "Invalid value for binding protocol: {v}\n \
                         -- should be one of auto, binary, or ascii"
                    );
                    return Err(Exit::new(EX_USAGE, text));
                }
            };
            Ok(())
        }),
    },
    Flag {
        short: b'I',
        long: "max-item-size",
        arg: Arg::Required("num"),
        help: "adjusts max item size, in bytes or with k or m behind\n(min: 1k, max: 1024m)",
        default: Some(|s| match s.item_size_max {
            n if n.is_multiple_of(1 << 20) => format!("{}m", n >> 20),
            n => n.to_string(),
        }),
        stat: "item_size_max",
        action: Action::Set(|s, v| {
            let (digits, unit) = match v.as_bytes().last() {
                Some(b'k' | b'K') => (&v[..v.len() - 1], 1 << 10),
                Some(b'm' | b'M') => (&v[..v.len() - 1], 1 << 20),
                _ => (v, 1),
            };
            s.item_size_max = u64::try_from(number(digits))
                .unwrap_or(0)
                .saturating_mul(unit);
            Ok(())
        }),
    },
    Flag {
        short: b'S',
        long: "enable-sasl",
        arg: Arg::None,
        help: "",
        default: None,
        stat: "auth_enabled_sasl",
        action: Action::Lacking("SASL"),
    },
    Flag {
        short: b'F',
        long: "disable-flush-all",
        arg: Arg::None,
        help: "disable flush_all command",
        default: None,
        stat: "flush_enabled",
        action: Action::Set(|s, _| {
            s.flush_enabled = false;
            Ok(())
        }),
    },
    Flag {
        short: b'X',
        long: "disable-dumping",
        arg: Arg::None,
        help: "disable stats cachedump",
        default: None,
        stat: "dump_enabled",
        action: Action::Set(|s, _| {
            s.dump_enabled = false;
            Ok(())
        }),
    },
    Flag {
        short: b'W',
        long: "disable-watch",
        arg: Arg::None,
        help: "refuse watch commands (there are none yet)",
        default: None,
        stat: "",
        action: Action::Set(|s, _| {
            s.watch_enabled = false;
            Ok(())
        }),
    },
    Flag {
        short: b'Y',
        long: "auth-file",
        arg: Arg::Required("file"),
        help: "",
        default: None,
        stat: "auth_enabled_ascii",
        action: Action::Lacking("authentication file"),
    },
    Flag {
        short: b'e',
        long: "memory-file",
        arg: Arg::Required("file"),
        help: "",
        default: None,
        stat: "memory_file",
        action: Action::Lacking("memory file"),
    },
    Flag {
        short: b'Z',
        long: "enable-ssl",
        arg: Arg::None,
        help: "",
        default: None,
        stat: "",
        action: Action::Lacking("TLS"),
    },
    Flag {
        short: b'N',
        long: "napi-ids",
        arg: Arg::Required("count"),
        help: "",
        default: None,
        stat: "num_napi_ids",
        action: Action::Lacking("NAPI id"),
    },
    Flag {
        short: b'o',
        long: "extended",
        arg: Arg::Required("list"),
        help: "comma separated list of extended options",
        default: None,
        stat: "",
        action: Action::Set(words::apply),
    },
];

/// Reads the arguments (without the program name). `program` is used in complaints as getopt does.
///
/// # Errors
/// An [`Exit`] to carry out: the answer of `-h`, `-i` or `-V` with status 0, or a refusal.
pub fn parse(program: &str, args: &[String]) -> Result<Settings, Exit> {
    let names: Vec<Name> = FLAGS
        .iter()
        .map(|f| Name {
            short: f.short,
            long: f.long,
            arg: f.arg,
        })
        .collect();
    let mut settings = Settings::default();
    let end = getopt::split(&names, args, |index, value| {
        let value = value.unwrap_or("").trim_start();
        match &FLAGS[index].action {
            Action::Set(set) => set(&mut settings, value),
            Action::Print(print) => Err(Exit::new(0, print(&settings))),
            Action::Lacking(what) => Err(lacking(what)),
        }
    });
    match end {
        Ok(()) => {}
        Err(Fault::Found(exit)) => return Err(exit),
        Err(Fault::Usage(line)) => {
            let text = format!("{program}: {line}\nIllegal argument \"?\"");
            return Err(Exit::new(1, text));
        }
    }
    check(&settings)?;
    Ok(settings)
}

/// The checks that need more than one option, in memcached's order.
fn check(s: &Settings) -> Result<(), Exit> {
    let (size, chunk) = (s.item_size_max, s.slab_chunk_max);
    let text = if size < 1024 {
        "Item max size cannot be less than 1024 bytes.".into()
    } else if size > s.max_bytes / 2 {
        "Cannot set item size limit higher than 1/2 of memory max.".into()
    } else if size > 1 << 30 {
        "Cannot set item size limit higher than a gigabyte.".into()
    } else if chunk > size {
        format!("slab_chunk_max (bytes: {chunk}) cannot be larger than -I (item_size_max {size})")
    } else if !size.is_multiple_of(chunk) {
        format!(
            "-I (item_size_max: {size}) must be evenly divisible by slab_chunk_max (bytes: {chunk})"
        )
    } else if let Some(size) = s
        .slab_sizes
        .iter()
        .flatten()
        .find(|&&n| u64::from(n) > chunk || n < s.chunk_size)
    {
        format!("slab size {size} is out of valid range")
    } else {
        // What is left are bounds of this engine's own.
        return s
            .engine()
            .validate()
            .map_err(|error| Exit::new(EX_USAGE, error.to_string()));
    };
    Err(Exit::new(EX_USAGE, text))
}

/// What `-h` prints: every option this server has, with the values set so far.
fn help(settings: &Settings) -> String {
    let mut out = String::from(VERSION_LINE);
    for flag in FLAGS
        .iter()
        .filter(|f| !matches!(f.action, Action::Lacking(_)))
    {
        let mut left = format!("-{}, --{}", char::from(flag.short), flag.long);
        if let Arg::Required(name) = flag.arg {
            left.push_str(&format!("=<{name}>"));
        }
        let mut lines = flag.help.lines();
        out.push_str(&format!("\n{left:<25} {}", lines.next().unwrap_or("")));
        for line in lines {
            out.push_str(&format!("\n{:<25} {line}", ""));
        }
        if let Some(default) = flag.default {
            out.push_str(&format!(" (default: {})", default(settings)));
        }
    }
    words::help(&mut out);
    out
}

/// The refusal of something memcached can and this server cannot.
fn lacking(what: &str) -> Exit {
    Exit::new(
        EX_USAGE,
        format!("This server is not built with {what} support."),
    )
}

/// C `atoi`: blanks, sign, leading digits, whatever follows ignored; no digits make 0. Saturates.
fn number(text: &str) -> i64 {
    let text = text.trim_start();
    let (negative, digits) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    let value = digits
        .bytes()
        .take_while(u8::is_ascii_digit)
        .fold(0i64, |n, d| {
            n.saturating_mul(10).saturating_add((d - b'0').into())
        });
    // What C calls an int; wider numbers are no use to any option and would wrap there.
    let value = value.min(i32::MAX.into());
    if negative { -value } else { value }
}

/// C `strtol(text, 8)` as far as a file mode goes.
fn octal(text: &str) -> u32 {
    let digits = text.bytes().take_while(|b| (b'0'..=b'7').contains(b));
    digits.fold(0u32, |n, d| n.wrapping_mul(8) + u32::from(d - b'0')) & 0o7777
}

/// C `atof` for plain decimal numbers: the longest prefix that is one, else 0.
fn decimal(text: &str) -> f64 {
    let end = text
        .bytes()
        .take_while(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
        .count();
    (0..=end)
        .rev()
        .find_map(|n| text[..n].parse().ok())
        .unwrap_or(0.0)
}

/// A port option: -1 to 65535.
fn port(text: &str) -> Result<i64, Exit> {
    match number(text) {
        n @ -1..=65535 => Ok(n),
        // Differs from memcached, which takes a number below -1 modulo 2^16: nobody means that.
        n => Err(Exit::new(
            EX_USAGE,
            format!("ERROR: Invalid port number {n}."),
        )),
    }
}

/// A number that must be greater than 0; `what` starts the complaint.
fn positive(text: &str, what: &str) -> Result<u32, Exit> {
    match u32::try_from(number(text)) {
        Ok(n) if n > 0 => Ok(n),
        _ => Err(Exit::new(1, format!("{what} must be greater than 0"))),
    }
}

/// A file name that means the same file after a change of directory.
fn absolute(path: &str) -> std::path::PathBuf {
    // Fails only for an empty name or a lost working directory; opening it will then say so.
    std::path::absolute(path).unwrap_or_else(|_| path.into())
}

/// The `stats settings` names that belong to options, for the test that compares both.
pub fn stat_names() -> impl Iterator<Item = &'static str> {
    FLAGS.iter().map(|f| f.stat).filter(|n| !n.is_empty())
}

#[cfg(test)]
mod tests;
