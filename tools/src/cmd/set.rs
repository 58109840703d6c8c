//! `mcrs set`: stores one value.

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use clap::{Args, ValueEnum};
use mcrs::client::StoreVerb;
use mcrs::{Client, Outcome};

use super::{Answer, Failure, made};

/// Store a value, from the command line or from standard input
///
/// Exit status 1 if the condition of the mode does not hold.
#[derive(Args)]
pub(crate) struct Set {
    key: OsString,
    /// The value; standard input to its end if there is none.
    value: Option<OsString>,
    #[command(flatten)]
    item: ItemArgs,
    /// When to store.
    #[arg(long, value_enum, default_value_t = Mode::Set, conflicts_with = "cas")]
    mode: Mode,
    /// Store only if the item still has this CAS id (`mcrs get --head` shows it).
    #[arg(long, value_name = "ID")]
    cas: Option<u64>,
}

/// What an item has besides its value.
#[derive(Args)]
pub(crate) struct ItemArgs {
    /// Seconds until it expires, at most 2592000 (30 days); a larger number is a Unix time; 0 is
    /// never.
    #[arg(
        long,
        value_name = "SEC",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    pub(crate) exptime: i32,
    /// Client flags. 2 asks for compression, and is stored only if that saves enough; --help says
    /// from which size on a value is compressed without being asked.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) flags: u32,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    /// In any case.
    Set,
    /// Unless the key exists.
    Add,
    /// Only if the key exists.
    Replace,
    /// Behind the value that exists.
    Append,
    /// Before the value that exists.
    Prepend,
}

impl Set {
    pub(crate) fn run(self, client: &mut Client) -> Result<Answer, Failure> {
        let value = match self.value {
            Some(value) => value.into_vec(),
            None => {
                let mut value = Vec::new();
                std::io::stdin().lock().read_to_end(&mut value)?;
                value
            }
        };
        let verb = match (self.cas, self.mode) {
            (Some(_), _) => StoreVerb::Cas,
            (None, Mode::Set) => StoreVerb::Set,
            (None, Mode::Add) => StoreVerb::Add,
            (None, Mode::Replace) => StoreVerb::Replace,
            (None, Mode::Append) => StoreVerb::Append,
            (None, Mode::Prepend) => StoreVerb::Prepend,
        };
        let (flags, exptime) = (self.item.flags, self.item.exptime);
        let cas = self.cas.unwrap_or(0);
        let key = self.key.as_bytes();
        let outcome = client.store(verb, key, &value, flags, exptime.into(), cas)?;
        let why = match outcome {
            _ if made(&outcome) => return Ok(Answer::Yes),
            Outcome::Exists => "the item has changed meanwhile",
            Outcome::NotFound => "there is no such key",
            _ => "the condition of the mode does not hold",
        };
        eprintln!("mcrs: not stored: {why}");
        Ok(Answer::No)
    }
}
