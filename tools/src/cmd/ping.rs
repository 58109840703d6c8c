//! `mcrs ping`: which servers answer, and how fast.

use std::time::Instant;

use clap::Args;
use mcrs::Client;

use super::{Answer, Failure, print};

/// Ask every server for its version
///
/// Prints version and time of each. Exit status 1 if one does not answer.
#[derive(Args)]
pub(crate) struct Ping {}

impl Ping {
    pub(crate) fn run(self, client: &mut Client) -> Result<Answer, Failure> {
        let mut answer = Answer::Yes;
        for server in 0..client.server_count() {
            let name = client.address(server).name();
            // Connecting is not part of the time: the answer is what a request would wait for.
            client.connect(server);
            let began = Instant::now();
            match client.version(server) {
                Ok(version) => {
                    let took_ms = began.elapsed().as_secs_f64() * 1000.0;
                    let version = String::from_utf8_lossy(&version);
                    print(format!("{name}\t{version}\t{took_ms:.3} ms\n").as_bytes())?;
                }
                Err(error) => {
                    eprintln!("mcrs: {error}");
                    answer = Answer::No;
                }
            }
        }
        Ok(answer)
    }
}
