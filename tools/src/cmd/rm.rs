//! `mcrs rm`: deletes keys.

use std::ffi::OsString;

use clap::Args;
use mcrs::Client;

use super::{Answer, Failure, each, made};

/// Delete keys
///
/// Exit status 1 if one was not there.
#[derive(Args)]
pub(crate) struct Rm {
    #[arg(required = true)]
    keys: Vec<OsString>,
}

impl Rm {
    pub(crate) fn run(self, client: &mut Client) -> Result<Answer, Failure> {
        each(&self.keys, |key| Ok(made(&client.delete(key)?)))
    }
}
