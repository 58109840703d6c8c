//! `mcrs where`: which server a key belongs to.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use clap::Args;
use mcrs::Client;
use mcrs::client::Key;

use super::{Answer, Failure, print};

/// Print which server each key belongs to; asks no server
#[derive(Args)]
pub(crate) struct Where {
    #[arg(required = true)]
    keys: Vec<OsString>,
}

impl Where {
    pub(crate) fn run(self, client: &mut Client) -> Result<Answer, Failure> {
        for key in &self.keys {
            let fit = Key::new(key.as_bytes())?;
            let server = client
                .choose(fit.as_bytes())
                .ok_or("there are no servers")?;
            let name = client.address(server).name();
            print(&[key.as_bytes(), b"\t", name.as_bytes(), b"\n"].concat())?;
        }
        Ok(Answer::Yes)
    }
}
