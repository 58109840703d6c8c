//! Skipping a test aloud: the reason reaches the terminal, and where everything is known to be
//! installed a skip is a failure.

use std::fmt;
use std::io::Write;

/// Something a test needs and this machine lacks; its text says what and how to get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing(pub String);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Missing {}

/// True where a skip is a failure: `MCRS_TEST_NO_SKIP=1` or `CI=true`.
fn skips_are_failures(env: impl Fn(&str) -> Option<String>) -> bool {
    env("MCRS_TEST_NO_SKIP").as_deref() == Some("1") || env("CI").as_deref() == Some("true")
}

/// Says that the running test is skipped, and why. The caller returns right after it.
///
/// The line `SKIP <test>: <reason>` goes to the real standard error, past the capture of the test
/// harness, so that a passing run still shows it.
///
/// # Panics
/// Where skips are failures, see the crate's environment table.
#[track_caller]
pub fn skip(reason: impl fmt::Display) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("?");
    assert!(
        !skips_are_failures(|name| std::env::var(name).ok()),
        "{test} may not be skipped here, but {reason}"
    );
    inapplicable(reason);
}

/// Says that the running test has no meaning here, and why: nothing is missing that could be
/// installed, for instance because the test is about root and somebody else runs it. The caller
/// returns right after it. Unlike [`skip()`], it never fails.
pub fn inapplicable(reason: impl fmt::Display) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("?");
    // A closed standard error only loses the message.
    let _ = writeln!(std::io::stderr(), "SKIP {test}: {reason}");
}

/// The value of a `Result<T, Missing>`, or [`skip()`] and `return` from the test.
///
/// ```no_run
/// # fn a_test() {
/// use mcrs_testkit::{Program, Server, need};
/// let server = Server::start(&need!(Program::memcached()), &["-m", "16"]);
/// # }
/// ```
#[macro_export]
macro_rules! need {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(missing) => {
                $crate::skip(missing);
                return;
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env_of<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| {
            let found = pairs.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn skips_fail_where_the_environment_says_so() {
        assert!(!skips_are_failures(env_of(&[])));
        assert!(!skips_are_failures(env_of(&[("MCRS_TEST_NO_SKIP", "0")])));
        assert!(skips_are_failures(env_of(&[("MCRS_TEST_NO_SKIP", "1")])));
        assert!(skips_are_failures(env_of(&[("CI", "true")])));
    }
}
