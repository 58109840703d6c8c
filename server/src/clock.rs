//! The server's clock: ticks of one second, the same for all threads, never going back.
//!
//! A tick is what the engine calls `now`. The first one is 2, because memcached's is, and because 1
//! is then free to mean "gone since before the start".

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use mcrs::codec::exptime::Exptime;

/// The tick the server starts at. Source: `process_started`, memcached; `uptime` shows it.
pub const FIRST: u32 = 2;

/// An expiry tick that is over whenever it is looked at.
const PAST: u32 = 1;

/// The clock. One thread calls [`advance`](Clock::advance), everybody reads.
#[derive(Debug)]
pub struct Clock {
    started: Instant,
    /// Unix time of tick 0, in seconds. Later steps of the system clock are ignored.
    epoch: i64,
    /// The tick it started at.
    first: u32,
    tick: AtomicU32,
    #[cfg(feature = "debug-commands")]
    bent: std::sync::Mutex<Bent>,
}

/// How scripts changed the course of time.
#[cfg(feature = "debug-commands")]
#[derive(Debug, Default)]
struct Bent {
    /// Seconds to add to those gone by.
    offset: i64,
    paused: bool,
}

impl Clock {
    /// Starts now.
    pub fn start() -> Clock {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH);
        let unix = unix.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX));
        Clock {
            started: Instant::now(),
            epoch: unix - i64::from(FIRST),
            first: FIRST,
            tick: AtomicU32::new(FIRST),
            #[cfg(feature = "debug-commands")]
            bent: Default::default(),
        }
    }

    /// Starts at this tick, which is now.
    pub fn start_at(tick: u32) -> Clock {
        let fresh = Clock::start();
        Clock {
            epoch: fresh.unix() - i64::from(tick),
            first: tick,
            tick: AtomicU32::new(tick),
            ..fresh
        }
    }

    /// The current tick.
    #[inline]
    pub fn now(&self) -> u32 {
        self.tick.load(Relaxed)
    }

    /// Catches up with the time gone by; called about once a second.
    #[cfg(not(feature = "debug-commands"))]
    pub fn advance(&self) {
        // 136 years of seconds fit.
        let seconds = u32::try_from(self.started.elapsed().as_secs()).unwrap_or(u32::MAX);
        self.tick.store(self.first.saturating_add(seconds), Relaxed);
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

#[cfg(feature = "debug-commands")]
impl Clock {
    /// Catches up with the time gone by, as far as it is not stopped.
    pub fn advance(&self) {
        let bent = self.bent();
        if !bent.paused {
            self.show(&bent);
        }
    }

    /// Moves the clock by so many seconds, also backwards, at once and for good. Before the first
    /// tick it stands still, and time to come makes up for that.
    pub fn shift(&self, seconds: i64) {
        let mut bent = self.bent();
        bent.offset = bent.offset.saturating_add(seconds);
        if bent.paused {
            let tick = i64::from(self.now()).saturating_add(seconds);
            self.tick.store(in_range(tick), Relaxed);
        } else {
            self.show(&bent);
        }
    }

    /// Stops the clock.
    pub fn pause(&self) {
        self.bent().paused = true;
    }

    /// Lets the clock go on from where it would be if it had not been stopped.
    pub fn resume(&self) {
        let mut bent = self.bent();
        bent.paused = false;
        self.show(&bent);
    }

    fn bent(&self) -> std::sync::MutexGuard<'_, Bent> {
        self.bent
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn show(&self, bent: &Bent) {
        let seconds = i64::try_from(self.started.elapsed().as_secs()).unwrap_or(i64::MAX);
        let tick = seconds
            .saturating_add(self.first.into())
            .saturating_add(bent.offset);
        self.tick.store(in_range(tick), Relaxed);
    }
}

/// A tick that the clock can show: 1 is the past of everything.
#[cfg(feature = "debug-commands")]
fn in_range(tick: i64) -> u32 {
    u32::try_from(tick.max(1)).unwrap_or(u32::MAX)
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

    #[test]
    fn time_goes_on_where_it_was() {
        let (fresh, clock) = (Clock::start(), Clock::start_at(1000));
        assert_eq!((clock.now(), clock.expiry(10)), (1000, 1010));
        assert!((0..10).contains(&(clock.unix() - fresh.unix())));
        clock.advance();
        assert!((1000..1010).contains(&clock.now()));
    }

    #[test]
    #[cfg(feature = "debug-commands")]
    fn scripts_move_and_stop_it() {
        let clock = Clock::start();
        let unix = clock.unix();
        clock.shift(100);
        assert_eq!((clock.now(), clock.unix()), (102, unix + 100));
        clock.advance();
        assert_eq!(clock.now(), 102);
        clock.shift(-200);
        assert_eq!(clock.now(), 1);
        clock.shift(100);
        assert_eq!(clock.now(), 2, "as if nothing had been");
        clock.pause();
        clock.shift(50);
        clock.advance();
        assert_eq!(clock.now(), 52);
        clock.resume();
        assert_eq!(clock.now(), 52);
    }
}
