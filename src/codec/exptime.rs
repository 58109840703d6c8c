//! When an item expires: the number on the wire and what it means.
//!
//! 0 means never, a negative number already expired, 1 to 2592000 (30 days) seconds from now, and
//! anything larger a Unix time. Source: memcached doc/protocol.txt, "Expiration times".

/// The largest number that is still relative, in seconds: 30 days.
pub const MAX_RELATIVE_SEC: i64 = 60 * 60 * 24 * 30;

/// What a wire number means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exptime {
    /// The item does not expire.
    Never,
    /// The item is expired from the start.
    Past,
    /// Seconds from now, 1 to 2592000.
    In(u32),
    /// A Unix time in seconds, above 2592000.
    At(i64),
}

impl Exptime {
    /// Reads a wire number.
    ///
    /// ```
    /// use mcrs::codec::exptime::Exptime;
    /// assert_eq!(Exptime::from_wire(600), Exptime::In(600));
    /// assert_eq!(Exptime::from_wire(2592001), Exptime::At(2592001));
    /// ```
    pub fn from_wire(n: i64) -> Exptime {
        match n {
            0 => Exptime::Never,
            ..0 => Exptime::Past,
            1..=MAX_RELATIVE_SEC => Exptime::In(n as u32),
            _ => Exptime::At(n),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_days_are_the_last_relative_time() {
        assert_eq!(Exptime::from_wire(0), Exptime::Never);
        assert_eq!(Exptime::from_wire(-1), Exptime::Past);
        assert_eq!(Exptime::from_wire(1), Exptime::In(1));
        assert_eq!(Exptime::from_wire(2_592_000), Exptime::In(2_592_000));
        assert_eq!(Exptime::from_wire(2_592_001), Exptime::At(2_592_001));
    }
}
