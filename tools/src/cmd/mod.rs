//! The subcommands: each a struct that clap fills and a `run` that asks the client.

use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

use clap::Subcommand;
use mcrs::{Client, Outcome};

mod cp;
mod flush;
mod get;
mod incr;
mod ping;
mod rm;
mod set;
mod stat;
mod touch;
mod r#where;

/// What the servers said to the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// All of it is so: exit status 0.
    Yes,
    /// Something is not so: exit status 1.
    No,
}

/// Why there is no answer: exit status 2.
pub(crate) type Failure = Box<dyn Error>;

#[derive(Subcommand)]
pub(crate) enum Command {
    Get(get::Get),
    Set(set::Set),
    Cp(cp::Cp),
    Rm(rm::Rm),
    Touch(touch::Touch),
    Incr(incr::Incr),
    Stat(stat::Stat),
    Ping(ping::Ping),
    Flush(flush::Flush),
    Where(r#where::Where),
}

impl Command {
    pub(crate) fn run(self, client: &mut Client) -> Result<Answer, Failure> {
        match self {
            Self::Get(get) => get.run(client),
            Self::Set(set) => set.run(client),
            Self::Cp(cp) => cp.run(client),
            Self::Rm(rm) => rm.run(client),
            Self::Touch(touch) => touch.run(client),
            Self::Incr(incr) => incr.run(client),
            Self::Stat(stat) => stat.run(client),
            Self::Ping(ping) => ping.run(client),
            Self::Flush(flush) => flush.run(client),
            Self::Where(place) => place.run(client),
        }
    }
}

/// Does `ask` for every key, says on standard error which of them it did not find, and answers for
/// all together.
fn each(
    keys: &[OsString],
    mut ask: impl FnMut(&[u8]) -> Result<bool, Failure>,
) -> Result<Answer, Failure> {
    let mut answer = Answer::Yes;
    for key in keys {
        if !ask(key.as_bytes())? {
            missed(key);
            answer = Answer::No;
        }
    }
    Ok(answer)
}

/// Whoever typed the key may read it.
fn missed(key: &OsStr) {
    eprintln!("mcrs: {}: not found", key.display());
}

/// Whether a change was made; the outcomes that say no are the same for every verb.
fn made(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Done | Outcome::Number(_))
}

/// Writes to standard output; a closed pipe is a failure like any other.
fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}
