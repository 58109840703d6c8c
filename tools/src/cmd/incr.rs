//! `mcrs incr`: adds to a counter.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use clap::Args;
use mcrs::client::ArithVerb;
use mcrs::{Client, Outcome};

use super::{Answer, Failure, missed, print};

/// Add to a counter and print its new value
///
/// Subtracting stops at 0, adding goes on from 0 after 18446744073709551615. Exit status 1 if the
/// key was not there.
#[derive(Args)]
pub(crate) struct Incr {
    key: OsString,
    /// What to add, -18446744073709551615 to 18446744073709551615; negative numbers are subtracted.
    #[arg(default_value_t = 1, allow_negative_numbers = true, value_parser = delta)]
    delta: i128,
}

fn delta(word: &str) -> Result<i128, String> {
    let range = i128::from(u64::MAX);
    let number: Result<i128, _> = word.parse();
    match number {
        Ok(number) if (-range..=range).contains(&number) => Ok(number),
        _ => Err(format!("a whole number, {} to {range}", -range)),
    }
}

impl Incr {
    pub(crate) fn run(self, client: &mut Client) -> Result<Answer, Failure> {
        let verb = if self.delta < 0 {
            ArithVerb::Decr
        } else {
            ArithVerb::Incr
        };
        let amount = u64::try_from(self.delta.unsigned_abs())?;
        match client.arith(verb, self.key.as_bytes(), amount)? {
            Outcome::Number(number) => {
                print(format!("{number}\n").as_bytes())?;
                Ok(Answer::Yes)
            }
            _ => {
                missed(&self.key);
                Ok(Answer::No)
            }
        }
    }
}
