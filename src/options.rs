//! The options of a client, stated once: [`TABLE`] gives each one's name, default, range, meaning
//! and source, and reads its value. C setters, PHP's directives, the tools and the documentation
//! are checked against it.

use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::hash::HashFn;

/// How keys are spread (`memcache.hash_strategy`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strategy {
    /// Hash modulo weighted buckets in order of addition: nearly every key moves when a server is
    /// added.
    Standard,
    /// A table of 1024 slots filled from points on a circle: few keys move. The default.
    #[default]
    Consistent,
}

impl Strategy {
    /// Reads the name of a strategy: `standard` or `consistent`, in any case.
    pub fn from_name(name: &str) -> Option<Strategy> {
        [Strategy::Standard, Strategy::Consistent]
            .into_iter()
            .find(|s| s.name().eq_ignore_ascii_case(name))
    }

    /// The name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Strategy::Standard => "standard",
            Strategy::Consistent => "consistent",
        }
    }
}

/// Largest weight of a server. pecl/memcache has no limit, but builds 160 points a unit: beyond
/// this, building would take seconds.
pub const MAX_WEIGHT: u32 = 1_000_000;

/// Longest time-out that means anything: a year. Longer ones are taken for it.
pub const MAX_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The options of a client. The defaults are pecl/memcache's.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// How keys are spread over servers.
    pub hash_strategy: Strategy,
    /// The hash that does it.
    pub hash_function: HashFn,
    /// Ask other servers for the keys of one that failed.
    pub allow_failover: bool,
    /// How many other places of a key are looked at, 1 or more.
    pub max_failover_attempts: u32,
    /// Values of at least this many bytes are compressed; 0: none.
    pub compress_threshold_bytes: usize,
    /// The share of a value that compression must save, 0.0 to 1.0.
    pub min_savings: f64,
    /// Time-out of servers that are added without one: for connecting, and the smallest of a
    /// client's for replies.
    pub timeout: Duration,
    /// How long a failed server is left alone, in seconds; negative: for good.
    pub retry_interval_sec: i64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            hash_strategy: Strategy::default(),
            hash_function: HashFn::default(),
            allow_failover: true,
            max_failover_attempts: 20,
            compress_threshold_bytes: 20_000,
            min_savings: 0.2,
            timeout: Duration::from_secs(1),
            retry_interval_sec: 15,
        }
    }
}

/// One row of the option table.
pub struct OptionDef {
    /// The name, with its unit where it is a number. Where pecl/memcache has a directive
    /// `memcache.<name>`, the name is that one.
    pub name: &'static str,
    /// The default, as [`Options::set`] reads it.
    pub default: &'static str,
    /// What is accepted.
    pub range: &'static str,
    /// What it does.
    pub meaning: &'static str,
    /// Where name, default and range come from.
    pub source: &'static str,
    set: fn(&mut Options, &str) -> Option<()>,
}

impl std::fmt::Debug for OptionDef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} = {} ({})", self.name, self.default, self.range)
    }
}

/// Reads a number within bounds.
fn number<T: std::str::FromStr + PartialOrd>(value: &str, least: T, most: T) -> Option<T> {
    value.parse().ok().filter(|n| *n >= least && *n <= most)
}

/// Every option.
pub const TABLE: &[OptionDef] = &[
    OptionDef {
        name: "hash_strategy",
        default: "consistent",
        range: "standard, consistent",
        meaning: "how keys are spread over servers",
        source: "pecl/memcache memcache.hash_strategy",
        set: |o, v| Strategy::from_name(v).map(|s| o.hash_strategy = s),
    },
    OptionDef {
        name: "hash_function",
        default: "crc32",
        range: "crc32, fnv",
        meaning: "the hash that spreads keys",
        source: "pecl/memcache memcache.hash_function",
        set: |o, v| HashFn::from_name(v).map(|h| o.hash_function = h),
    },
    OptionDef {
        name: "allow_failover",
        default: "1",
        range: "0, 1",
        meaning: "ask other servers for the keys of one that failed",
        source: "pecl/memcache memcache.allow_failover",
        set: |o, v| number::<u8>(v, 0, 1).map(|n| o.allow_failover = n == 1),
    },
    OptionDef {
        name: "max_failover_attempts",
        default: "20",
        range: "1 to 4294967295",
        meaning: "how many other places of a key are looked at",
        source: "pecl/memcache memcache.max_failover_attempts",
        set: |o, v| number(v, 1, u32::MAX).map(|n| o.max_failover_attempts = n),
    },
    OptionDef {
        name: "compress_threshold",
        default: "20000",
        range: "0 to 2147483647 bytes, 0 for never",
        meaning: "values of at least this many bytes are compressed",
        source: "pecl/memcache memcache.compress_threshold",
        set: |o, v| number(v, 0, i32::MAX as usize).map(|n| o.compress_threshold_bytes = n),
    },
    OptionDef {
        name: "min_savings",
        default: "0.2",
        range: "0.0 to 1.0",
        meaning: "the share of a value that compression must save",
        source: "pecl/memcache setCompressThreshold()",
        set: |o, v| number(v, 0.0, 1.0).map(|n| o.min_savings = n),
    },
    OptionDef {
        name: "timeout_ms",
        default: "1000",
        range: "0 to 31536000000 milliseconds",
        meaning: "time-out of servers added from now on, for connecting and for replies",
        source: "pecl/memcache addServer(), which has it in seconds",
        set: |o, v| {
            let most = MAX_TIMEOUT.as_millis() as u64;
            number(v, 0, most).map(|n| o.timeout = Duration::from_millis(n))
        },
    },
    OptionDef {
        name: "retry_interval_sec",
        default: "15",
        range: "-1 to 2147483647 seconds, -1 for never",
        meaning: "how long a failed server is left alone; for servers added from now on",
        source: "pecl/memcache addServer()",
        set: |o, v| number(v, -1, i64::from(i32::MAX)).map(|n| o.retry_interval_sec = n),
    },
];

impl Options {
    /// Sets one option by its name.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for a name that is not in [`TABLE`] or a value outside its
    /// range; the text says what is accepted.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let refuse = |text: String| Err(Error::new(ErrorKind::InvalidArgument, text));
        let Some(def) = TABLE.iter().find(|def| def.name == name) else {
            return refuse(format!("there is no option \"{name}\""));
        };
        match (def.set)(self, value) {
            Some(()) => Ok(()),
            None => refuse(format!("{name} takes {} (\"{value}\" given)", def.range)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_of_the_table_are_the_defaults() {
        let mut options = Options::default();
        for def in TABLE {
            options.set(def.name, def.default).expect(def.name);
        }
        assert_eq!(options, Options::default());
    }

    #[test]
    fn what_is_out_of_range_is_refused_and_changes_nothing() {
        let mut options = Options::default();
        for (name, value) in [
            ("hash_strategy", "ketama"),
            ("hash_function", ""),
            ("allow_failover", "2"),
            ("max_failover_attempts", "0"),
            ("compress_threshold", "-1"),
            ("min_savings", "1.1"),
            ("min_savings", "NaN"),
            ("timeout_ms", "1s"),
            ("retry_interval_sec", "-2"),
            ("nonsense", "1"),
        ] {
            let error = options.set(name, value).expect_err(name);
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.text().contains(name));
        }
        assert_eq!(options, Options::default());
    }
}
