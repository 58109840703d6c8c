//! `mcrs flush`: empties every server.

use clap::Args;
use mcrs::Client;

use super::{Answer, Failure};

/// Invalidate everything on every server
#[derive(Args)]
pub(crate) struct Flush {
    /// Do it so many seconds from now.
    #[arg(long, value_name = "SEC", default_value_t = 0,
        allow_negative_numbers = true, value_parser = clap::value_parser!(i32).range(0..))]
    delay: i32,
}

impl Flush {
    pub(crate) fn run(self, client: &mut Client) -> Result<Answer, Failure> {
        for server in 0..client.server_count() {
            client.flush(server, self.delay)?;
        }
        Ok(Answer::Yes)
    }
}
