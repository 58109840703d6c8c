//! `mcrs touch`: gives keys another expiry.

use std::ffi::OsString;

use clap::Args;
use mcrs::Client;

use super::{Answer, Failure, each, made};

/// Give keys another expiry
///
/// Exit status 1 if one was not there.
#[derive(Args)]
pub(crate) struct Touch {
    /// Seconds until they expire, at most 2592000 (30 days); a larger number is a Unix time; 0 is
    /// never; a negative one is now.
    #[arg(value_name = "SEC", allow_negative_numbers = true)]
    exptime: i32,
    #[arg(required = true)]
    keys: Vec<OsString>,
}

impl Touch {
    pub(crate) fn run(self, client: &mut Client) -> Result<Answer, Failure> {
        let exptime = self.exptime;
        each(&self.keys, |key| Ok(made(&client.touch(key, exptime)?)))
    }
}
