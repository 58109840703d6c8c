//! The options of `mcrsd`: one table, from which parsing, checks, `-h` and the manual page derive.
//!
//! Meanings, defaults, refusals and exit statuses are memcached's. What memcached has and this server has
//! not is in the table too, so that it is refused with a clear line instead of being taken for something else.
//! Next: the table's parts are `network.rs`, `memory.rs`, `process.rs` and `access.rs`, and `words/` for the
//! words of `-o`; `getopt.rs` splits arguments, `values.rs` reads them, `check.rs` looks at combinations,
//! `help.rs` prints, `settings.rs` has the outcome.

mod access;
mod check;
mod getopt;
mod help;
mod memory;
mod network;
mod process;
mod settings;
mod tls;
mod values;
mod words;

pub use settings::{BUFFER_BYTES, Protocol, Settings};
pub use tls::{ClientCert, FileName, MinVersion, TlsSettings};

use getopt::{Arg, Fault, Name};

/// The memcached release this server answers as. Clients parse it and gate features by it.
pub const MEMCACHED_VERSION: &str = "1.6.45";

/// First line of `-V`, `-h` and `-i`.
pub const VERSION_LINE: &str = concat!("memcached 1.6.45 (mcrsd ", env!("CARGO_PKG_VERSION"), ")");

/// Environment variable with the start value of the figure of memory taken, in bytes.
/// Source: mcrsd.md 9.
pub const INITIAL_MALLOC: &str = "T_MEMD_INITIAL_MALLOC";

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
#[derive(Clone, Copy)]
enum Action {
    /// Changes settings.
    Set(fn(&mut Settings, &str) -> Result<(), Exit>),
    /// Changes settings; takes no argument, or ignores it.
    Switch(fn(&mut Settings)),
    /// Prints something and ends the process with status 0.
    Print(fn(&Settings) -> String),
}

/// One option.
#[derive(Clone, Copy)]
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
    /// The feature it belongs to, if this server has not got that: the option is refused.
    lacking: Option<&'static str>,
}

impl Flag {
    /// An option by its letter (0: none) and long name (empty: none).
    const fn new(short: u8, long: &'static str, help: &'static str) -> Flag {
        Flag {
            short,
            long,
            arg: Arg::None,
            help,
            default: None,
            stat: "",
            action: Action::Switch(|_| {}),
            lacking: None,
        }
    }

    /// It takes an argument, called `name` in the help, and does this with it.
    const fn takes(
        self,
        name: &'static str,
        set: fn(&mut Settings, &str) -> Result<(), Exit>,
    ) -> Flag {
        Flag {
            arg: Arg::Required(name),
            action: Action::Set(set),
            ..self
        }
    }

    /// It takes no argument and does this.
    const fn switches(self, switch: fn(&mut Settings)) -> Flag {
        Flag {
            action: Action::Switch(switch),
            ..self
        }
    }

    /// It prints this and ends the process.
    const fn prints(self, print: fn(&Settings) -> String) -> Flag {
        Flag {
            action: Action::Print(print),
            ..self
        }
    }

    /// In its long form it may have an argument, which means nothing.
    const fn with_any_argument(self) -> Flag {
        Flag {
            arg: Arg::Optional,
            ..self
        }
    }

    /// `-h` shows this as its default.
    const fn defaults_to(self, default: fn(&Settings) -> String) -> Flag {
        Flag {
            default: Some(default),
            ..self
        }
    }

    /// `stats settings` shows it under this name.
    const fn shown_as(self, stat: &'static str) -> Flag {
        Flag { stat, ..self }
    }

    /// It is refused, because this server has no such feature.
    const fn lacking(self, feature: &'static str) -> Flag {
        Flag {
            lacking: Some(feature),
            ..self
        }
    }
}

/// The table. Order is that of `-h`.
fn flags() -> impl Iterator<Item = &'static Flag> {
    [network::FLAGS, memory::FLAGS, access::FLAGS, process::FLAGS]
        .into_iter()
        .flatten()
}

/// Reads the arguments (without the program name). `program` is used in complaints as getopt does.
///
/// # Errors
/// An [`Exit`] to carry out: the answer of `-h`, `-i` or `-V` with status 0, or a refusal.
pub fn parse(program: &str, args: &[String]) -> Result<Settings, Exit> {
    let flags: Vec<&Flag> = flags().collect();
    let names: Vec<Name> = flags
        .iter()
        .map(|f| Name {
            short: f.short,
            long: f.long,
            arg: f.arg,
        })
        .collect();
    let mut settings = Settings::default();
    let end = getopt::split(&names, args, |index, value| {
        let flag = flags[index];
        if let Some(feature) = flag.lacking {
            return Err(lacking(feature));
        }
        match flag.action {
            Action::Set(set) => set(&mut settings, value.unwrap_or("").trim_start()),
            Action::Switch(switch) => {
                switch(&mut settings);
                Ok(())
            }
            Action::Print(print) => Err(Exit::new(0, print(&settings))),
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
    check::combination(&mut settings)?;
    Ok(settings)
}

/// The refusal of something memcached can and this server cannot.
fn lacking(feature: &str) -> Exit {
    Exit::new(
        EX_USAGE,
        format!("This server is not built with {feature} support."),
    )
}

/// The `stats settings` names that belong to options, for the test that compares both.
pub fn stat_names() -> impl Iterator<Item = &'static str> {
    let words = words::all().map(|word| word.stat());
    flags()
        .map(|flag| flag.stat)
        .chain(words)
        .filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests;
