//! Options by name and value, as PHP's directives and the C setters hand them on.

use mcrs::Options;
use mcrs::error::ErrorKind;
use mcrs::options::MAX_TIMEOUT;

/// Lines of `name=value`: what is accepted is within its range, what is refused changes nothing.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut options = Options::default();
    for line in text.lines() {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        let before = options.clone();
        if let Err(error) = options.set(name, value) {
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert_eq!(options, before, "a refused option changed something");
        }
        assert!(options.max_failover_attempts >= 1);
        assert!(options.compress_threshold_bytes <= i32::MAX as usize);
        assert!((0.0..=1.0).contains(&options.min_savings));
        assert!(options.timeout <= MAX_TIMEOUT);
        assert!((-1..=i64::from(i32::MAX)).contains(&options.retry_interval_sec));
    }
}
