//! The server's clock: ticks of one second, the same for all threads, never going back.
//!
//! A tick is what the engine calls `now`. The first one is 2, because memcached's is, and because 1
//! is then free to mean "gone since before the start".

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use mcrs::codec::exptime::Exptime;

/// The tick the server starts at. Source: `process_started`, memcached; `uptime` shows it.
const FIRST: u32 = 2;

/// An expiry tick that is over whenever it is looked at.
const PAST: u32 = 1;

/// The clock. One thread calls [`advance`](Clock::advance), everybody reads.
#[derive(Debug)]
pub struct Clock {
    started: Instant,
    /// Unix time of tick 0, in seconds. Later steps of the system clock are ignored.
    epoch: i64,
    tick: AtomicU32,
}

impl Clock {
    /// Starts now.
    pub fn start() -> Clock {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH);
        let unix = unix.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX));
        Clock {
            started: Instant::now(),
            epoch: unix - i64::from(FIRST),
            tick: AtomicU32::new(FIRST),
        }
    }

    /// The current tick.
    #[inline]
    pub fn now(&self) -> u32 {
        self.tick.load(Relaxed)
    }

    /// Catches up with the time gone by; called about once a second.
    pub fn advance(&self) {
        // 136 years of seconds fit.
        let seconds = u32::try_from(self.started.elapsed().as_secs()).unwrap_or(u32::MAX - FIRST);
        self.tick.store(FIRST.saturating_add(seconds), Relaxed);
    }

    /// Unix time of the current tick, in seconds.
    pub fn unix(&self) -> i64 {
        self.epoch + i64::from(self.now())
    }

    /// The tick at which an item with this wire exptime is gone; 0 is never.
    ///
    /// Source: mcrsd.md 2.2: a Unix time that is not after the server's start is over at once.
    #[inline]
    pub fn expiry(&self, exptime: i64) -> u32 {
        match Exptime::from_wire(exptime) {
            Exptime::Never => 0,
            Exptime::Past => PAST,
            Exptime::In(seconds) => self.now().saturating_add(seconds),
            Exptime::At(unix) => {
                let tick = unix.saturating_sub(self.epoch).max(PAST.into());
                u32::try_from(tick).unwrap_or(u32::MAX)
            }
        }
    }

    /// The Unix time of an expiry tick, in seconds; 0 for never.
    pub fn unix_of(&self, expiry: u32) -> i64 {
        match expiry {
            0 => 0,
            tick => self.epoch + i64::from(tick),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exptimes_become_ticks() {
        let clock = Clock::start();
        assert_eq!(clock.now(), 2);
        assert_eq!(clock.expiry(0), 0);
        assert_eq!(clock.expiry(-1), 1);
        assert_eq!(clock.expiry(1), 3);
        assert_eq!(clock.expiry(2_592_000), 2_592_002);
        assert_eq!(clock.expiry(2_592_001), 1, "a Unix time of long ago");
        assert_eq!(clock.expiry(clock.unix() + 100), 102);
        assert_eq!(clock.unix_of(clock.expiry(100)), clock.unix() + 100);
    }
}
