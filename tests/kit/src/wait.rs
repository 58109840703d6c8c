//! Waiting for a condition instead of sleeping for a guess.

use std::time::{Duration, Instant};

/// How long anything in a test may take before it counts as hung.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Polls `condition` until it holds; at most [`PATIENCE`].
///
/// `what` finishes the sentence "waited in vain for ...".
///
/// # Panics
/// When the time is over.
#[track_caller]
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    let mut pause = Duration::from_micros(200);
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_as_soon_as_the_condition_holds() {
        let mut calls = 0;
        wait_until("three calls", || {
            calls += 1;
            calls == 3
        });
        assert_eq!(calls, 3);
    }
}
