//! `mcrs get`: writes values to standard output.

use std::ffi::OsString;
use std::io::IsTerminal;

use clap::Args;
use mcrs::Client;

use super::{Answer, Failure, each, print};

/// Write the values of keys to standard output, one after the other
///
/// Compressed values are written unpacked; nothing is added between values unless the output is a
/// terminal. Exit status 1 if a key is missing.
#[derive(Args)]
pub(crate) struct Get {
    #[arg(required = true)]
    keys: Vec<OsString>,
    /// Write a line `flags=N cas=N bytes=N` before each value; `bytes` is that of the value as
    /// written.
    #[arg(long)]
    head: bool,
}

impl Get {
    pub(crate) fn run(self, client: &mut Client) -> Result<Answer, Failure> {
        let line_by_line = self.head || std::io::stdout().is_terminal();
        each(&self.keys, |key| {
            let Some(item) = client.get(key)? else {
                return Ok(false);
            };
            if self.head {
                let (flags, cas, bytes) = (item.flags, item.cas, item.value.len());
                print(format!("flags={flags} cas={cas} bytes={bytes}\n").as_bytes())?;
            }
            print(&item.value)?;
            if line_by_line {
                print(b"\n")?;
            }
            Ok(true)
        })
    }
}
