//! The thread that does what nobody waits for: it carries pages where they should be and crawls for
//! dead items, each in small steps, so that those who are served hardly feel it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::crawler::{Report, STEPS_PER_PAUSE};
use crate::engine::Chore;
use crate::exec::Shared;
use crate::watch::Event;

/// How often to look for work. Shorter than a tick, so that nothing is much late.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Rest between two steps of a page that moves.
const PAUSE: Duration = Duration::from_micros(100);
/// Rest when what is on a page that moves is in use.
const WAIT: Duration = Duration::from_millis(5);

/// The running thread.
#[derive(Debug)]
pub struct Upkeep {
    end: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Upkeep {
    /// Starts it.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(shared: &'static Shared) -> io::Result<Upkeep> {
        let end = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&end);
        let thread = std::thread::Builder::new()
            .name("mcrsd-upkeep".into())
            .spawn(move || work(shared, &ended))?;
        Ok(Upkeep { end, thread })
    }

    /// Lets it finish the step it is in, and ends it.
    pub fn finish(self) {
        self.end.store(true, Relaxed);
        self.thread.thread().unpark();
        // Had it panicked it would have told so itself; there is nothing left to end.
        let _ = self.thread.join();
    }
}

fn work(shared: &Shared, end: &AtomicBool) {
    shared.adopt_upkeep();
    let mut crawl_at = Instant::now();
    let mut hash_power = shared.engine.stats().hash_power_level;
    while !end.load(Relaxed) {
        let now = shared.clock.now();
        let pages = match shared.engine.tend(now) {
            Chore::Done => LOOK_EVERY,
            Chore::More => PAUSE,
            Chore::Wait => WAIT,
        };
        if shared.verbosity.load(Relaxed) > 1 {
            tell_growth(shared.engine.stats().hash_power_level, &mut hash_power);
        }
        let crawler = crawl(shared, now, &mut crawl_at).unwrap_or(LOOK_EVERY);
        std::thread::park_timeout(pages.min(crawler));
    }
}

/// Tells that the hash table has grown since `before`. It grows bit by bit, by those who store, so
/// there is no moment between beginning and end.
fn tell_growth(power: u32, before: &mut u32) {
    if power > *before {
        eprintln!("Hash table expansion starting\nHash table expansion done");
        *before = power;
    }
}

/// Does a step of the crawler if it is time for one. How long it rests, if it has work to go on with.
fn crawl(shared: &Shared, now: u32, at: &mut Instant) -> Option<Duration> {
    let tuning = shared.tuning();
    if !tuning.crawler {
        return None;
    }
    if Instant::now() >= *at {
        let (engine, tocrawl) = (&shared.engine, tuning.crawler_tocrawl);
        let mut tell = |report: &Report| shared.watch.log_system(&Event::Crawl(*report));
        if !shared.crawler.step(engine, tocrawl, now, &mut tell) {
            return None;
        }
        let pause = Duration::from_micros(tuning.crawler_sleep_us.into());
        *at = Instant::now() + pause / STEPS_PER_PAUSE;
    }
    Some(at.saturating_duration_since(Instant::now()))
}
