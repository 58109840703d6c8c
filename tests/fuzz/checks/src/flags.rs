//! The server's command line.

use mcrsd::flags::{Exit, parse};

/// Words, one a line: they make settings from which an engine's can be checked, or a reason to end.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let args: Vec<String> = text.lines().map(str::to_owned).collect();
    match parse("mcrsd", &args) {
        Ok(settings) => {
            assert!(settings.threads >= 1);
            assert!(settings.reqs_per_event >= 1);
            assert!(settings.growth_factor > 1.0);
            // Whatever it says, it says it and does not panic.
            if let Err(error) = settings.engine().validate() {
                assert!(!error.to_string().is_empty());
            }
        }
        Err(Exit { status, text }) => {
            assert!((0..=71).contains(&status), "{status}");
            assert!(status != 0 || !text.is_empty(), "an answer without words");
        }
    }
}
