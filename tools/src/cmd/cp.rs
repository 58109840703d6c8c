//! `mcrs cp`: stores files.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use clap::Args;
use mcrs::Client;

use super::set::ItemArgs;
use super::{Answer, Failure};

/// Store files, each under its name
#[derive(Args)]
pub(crate) struct Cp {
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    item: ItemArgs,
    /// Put this before each name.
    #[arg(long, value_name = "TEXT", default_value = "")]
    prefix: OsString,
    /// Use the path as given, not only its last part.
    #[arg(long)]
    path: bool,
}

impl Cp {
    pub(crate) fn run(self, client: &mut Client) -> Result<Answer, Failure> {
        for file in &self.files {
            let named = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
            let value = std::fs::read(file).map_err(|error| named(&error))?;
            let name = if self.path {
                Some(file.as_os_str())
            } else {
                file.file_name()
            };
            let name = name.ok_or_else(|| named(&"has no name"))?;
            let key = [self.prefix.as_bytes(), name.as_bytes()].concat();
            let (flags, exptime) = (self.item.flags, self.item.exptime);
            client
                .set(&key, &value, flags, exptime.into())
                .map_err(|error| named(&error))?;
        }
        Ok(Answer::Yes)
    }
}
