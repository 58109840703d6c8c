use std::time::Instant;

/// The time, from the one place of the core that reads it.
#[allow(
    clippy::disallowed_methods,
    reason = "the transport is where time enters"
)]
pub fn now() -> Instant {
    Instant::now()
}
