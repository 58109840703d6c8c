//! `mcrs stat`: statistics of every server.

use clap::Args;
use mcrs::Client;

use super::{Answer, Failure, print};

/// Print statistics of every server
#[derive(Args)]
pub(crate) struct Stat {
    /// Which: nothing for the general ones, or settings, items, slabs, sizes, conns, ...
    words: Vec<String>,
}

impl Stat {
    pub(crate) fn run(self, client: &mut Client) -> Result<Answer, Failure> {
        let words = self.words.join(" ");
        let several = client.server_count() > 1;
        for server in 0..client.server_count() {
            let lines = client.stats(server, words.as_bytes())?;
            if several {
                print(format!("# {}\n", client.address(server).name()).as_bytes())?;
            }
            for line in lines.split_inclusive(|&byte| byte == b'\n') {
                print(line.strip_prefix(b"STAT ").unwrap_or(line))?;
            }
        }
        Ok(Answer::Yes)
    }
}
