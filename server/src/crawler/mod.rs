//! The crawler: drops dead items in the background, and keeps order among those who walk over
//! everything.
//!
//! A *run* goes over the items of some classes, by command or by `schedule.rs`, and drops the dead
//! ones. A *dump* goes over them for a client, at the pace at which that client reads; there is one
//! at a time, and while there is, no command starts a run. The thread of `upkeep.rs` does the runs
//! piece by piece, so that an engine in use hardly feels them.

mod schedule;

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crate::engine::{CLASSES_MAX, Engine, Quota, Walk};
use schedule::{Schedule, Tally};

/// Items looked at in one step: few, so that whoever waits for the processor does not wait long.
const STEP_ITEMS: u64 = 100;
/// Steps of one pause. Source: mcrsd.md 1.3, `lru_crawler_sleep`: a pause after every 1000 items.
pub const STEPS_PER_PAUSE: u32 = (PAUSE_ITEMS / STEP_ITEMS) as u32;
/// Items after which memcached pauses.
const PAUSE_ITEMS: u64 = 1000;
/// Buckets visited in one step at most, for the sake of large tables with few items.
const STEP_BUCKETS: u32 = 4096;
/// Ticks a dump waits for a client that reads nothing. Source: mcrsd.md 2.9.
const PATIENCE: u32 = 30 * 60;

/// Why nothing was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A dump, or for a dump a run that was commanded, is under way.
    Busy,
    /// There is nothing to look at.
    Nothing,
}

/// What came of a run over a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Counted from 1.
    pub class: u8,
    /// Items that must be about to expire for the next run to be worth it.
    pub low_mark: u64,
    /// Items that will expire within the hour.
    pub next_reclaims: u64,
    /// Ticks since the run before ended, or since the launch.
    pub since_run: u32,
    /// Ticks until the next run.
    pub next_run: u32,
    /// Ticks that the run took.
    pub elapsed: u32,
    /// Items looked at.
    pub examined: u64,
    /// Dead items dropped.
    pub reclaimed: u64,
}

/// A run under way.
#[derive(Debug)]
struct Run {
    walk: Walk,
    /// What is left to look at.
    quota: Quota,
    /// The classes it is about.
    classes: Vec<usize>,
    /// By class, counted from 0.
    tallies: Box<[Tally]>,
    began: u32,
    commanded: bool,
    /// Items looked at.
    examined: u64,
}

impl Run {
    fn new(engine: &Engine, quota: Quota, commanded: bool, now: u32) -> Run {
        Run {
            walk: engine.walk(),
            classes: quota.classes().collect(),
            quota,
            tallies: vec![Tally::default(); CLASSES_MAX].into(),
            began: now,
            commanded,
            examined: 0,
        }
    }
}

#[derive(Debug)]
struct State {
    run: Option<Run>,
    dump: Option<Arc<Progress>>,
    schedule: Schedule,
    /// By class, counted from 0, the tick at which the last run ended.
    ended: [u32; CLASSES_MAX],
    /// What is still to be told.
    reports: Vec<Report>,
}

impl State {
    /// Goes on with the run under way by so many items or buckets. Whether there is more to do.
    fn advance(&mut self, engine: &Engine, items: u64, buckets: u32, now: u32) -> bool {
        let Some(run) = &mut self.run else {
            return false;
        };
        let (mut examined, mut more) = (0, true);
        for _ in 0..buckets {
            if examined >= items || !more {
                break;
            }
            let tallies = &mut run.tallies;
            more = engine.reap(&mut run.walk, &mut run.quota, now, |class, found| {
                examined += 1;
                tallies[usize::from(class) - 1].add(found, now);
            });
        }
        run.examined += examined;
        more = more && !run.quota.is_used_up();
        if !more && let Some(run) = self.run.take() {
            self.conclude(&run, now);
        }
        more
    }

    /// Ends a run: decides when each of its classes is due again, and notes what came of it.
    fn conclude(&mut self, run: &Run, now: u32) {
        for &class in &run.classes {
            let tally = &run.tallies[class - 1];
            let next_run = self.schedule.note(class, tally, now);
            let before = std::mem::replace(&mut self.ended[class - 1], now);
            if tally.examined > 0 {
                self.reports.push(Report {
                    class: class as u8,
                    low_mark: tally.low_mark(),
                    next_reclaims: tally.next_reclaims(),
                    since_run: now.saturating_sub(before),
                    next_run,
                    elapsed: now.saturating_sub(run.began),
                    examined: tally.examined,
                    reclaimed: tally.reclaimed,
                });
            }
        }
    }

    fn is_active(&self) -> bool {
        self.run.is_some() || self.dump.is_some()
    }
}

/// The crawler of a server.
#[derive(Debug)]
pub struct Crawler {
    state: Mutex<State>,
    /// Runs and dumps started, and how many of them a reset of the figures has forgotten.
    starts: AtomicU64,
    forgotten: AtomicU64,
    running: AtomicBool,
}

impl Crawler {
    /// A crawler that will look at everything soon after `now`.
    pub fn new(now: u32) -> Crawler {
        Crawler {
            state: Mutex::new(State {
                run: None,
                dump: None,
                schedule: Schedule::new(now),
                ended: [now; CLASSES_MAX],
                reports: Vec::new(),
            }),
            starts: AtomicU64::new(0),
            forgotten: AtomicU64::new(0),
            running: AtomicBool::new(false),
        }
    }

    /// Starts a run over the quota's classes; joins them to those of a run under way, which begins
    /// again.
    ///
    /// # Errors
    /// Nothing was started.
    pub fn crawl(&self, engine: &Engine, mut quota: Quota, now: u32) -> Result<(), Refusal> {
        if quota.is_used_up() {
            return Err(Refusal::Nothing);
        }
        let mut state = self.state();
        if state.dump.is_some() {
            state.schedule.defer(now);
            return Err(Refusal::Busy);
        }
        if let Some(run) = &state.run {
            quota.extend(&run.quota);
        }
        state.run = Some(Run::new(engine, quota, true, now));
        state.schedule.defer(now);
        self.start();
        Ok(())
    }

    /// Starts a dump over the quota's classes, which lasts until the lease is dropped.
    ///
    /// # Errors
    /// Nothing was started.
    pub fn dump(&'static self, engine: &Engine, quota: &Quota, now: u32) -> Result<Lease, Refusal> {
        if quota.is_used_up() {
            return Err(Refusal::Nothing);
        }
        let mut state = self.state();
        state.schedule.defer(now);
        // A run that would end without a pause is ended here: it may not even have begun.
        let commanded = |state: &State| {
            state
                .run
                .as_ref()
                .filter(|run| run.commanded)
                .map(|run| run.examined)
        };
        if let Some(left) = commanded(&state).and_then(|examined| PAUSE_ITEMS.checked_sub(examined))
        {
            state.advance(engine, left, 2 * STEP_BUCKETS, now);
        }
        if commanded(&state).is_some() || state.dump.is_some() {
            return Err(Refusal::Busy);
        }
        let progress = Arc::new(Progress::new(now));
        state.dump = Some(Arc::clone(&progress));
        self.start();
        Ok(Lease {
            crawler: self,
            progress,
        })
    }

    /// Does a piece of the work there is: goes on with a run, or starts one that is due, of
    /// `tocrawl` items per class, 0 for all. Gives up a dump whose client does not read. `tell` gets
    /// what came of a run that ends. Whether there is more to do at once.
    pub fn step(
        &self,
        engine: &Engine,
        tocrawl: u32,
        now: u32,
        tell: &mut dyn FnMut(&Report),
    ) -> bool {
        let mut state = self.state();
        let state = &mut *state;
        if let Some(dump) = &state.dump {
            dump.check(now);
        }
        if state.run.is_none() {
            let quota = state.schedule.due(now, tocrawl);
            if !quota.is_used_up() {
                self.start();
                state.run = Some(Run::new(engine, quota, false, now));
            }
        }
        let more = state.advance(engine, STEP_ITEMS, STEP_BUCKETS, now);
        state.reports.drain(..).for_each(|report| tell(&report));
        self.running.store(state.is_active(), Relaxed);
        more
    }

    /// Has everything looked at soon, for it was flushed: what is dead takes memory.
    pub fn hurry(&self, now: u32) {
        self.state().schedule.hurry(now);
    }

    /// Ends a run under way; what it has dropped is gone.
    pub fn stop(&self) {
        let mut state = self.state();
        state.run = None;
        self.running.store(state.is_active(), Relaxed);
    }

    /// Whether a run or a dump is under way.
    pub fn is_running(&self) -> bool {
        self.running.load(Relaxed)
    }

    /// Runs and dumps started since the last reset.
    pub fn starts(&self) -> u64 {
        self.starts.load(Relaxed) - self.forgotten.load(Relaxed)
    }

    /// Forgets the starts so far.
    pub fn reset_stats(&self) {
        self.forgotten.store(self.starts.load(Relaxed), Relaxed);
    }

    fn start(&self) {
        self.starts.fetch_add(1, Relaxed);
        self.running.store(true, Relaxed);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a dump gets on; shared between the crawler and the dump.
#[derive(Debug)]
struct Progress {
    /// The tick at which the client took something last.
    last: AtomicU32,
    given_up: AtomicBool,
    /// Of the task that waits for the client.
    waker: Mutex<Option<Waker>>,
}

impl Progress {
    fn new(now: u32) -> Progress {
        Progress {
            last: AtomicU32::new(now),
            given_up: AtomicBool::new(false),
            waker: Mutex::new(None),
        }
    }

    fn waker(&self) -> MutexGuard<'_, Option<Waker>> {
        self.waker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the dump up if the client has read nothing for too long.
    fn check(&self, now: u32) {
        if now.saturating_sub(self.last.load(Relaxed)) > PATIENCE {
            self.given_up.store(true, Relaxed);
            if let Some(waker) = self.waker().take() {
                waker.wake();
            }
        }
    }
}

/// The right to dump. Dropping it lets others.
#[derive(Debug)]
pub struct Lease {
    crawler: &'static Crawler,
    progress: Arc<Progress>,
}

impl Lease {
    /// Notes that the client took something.
    pub fn note_progress(&self, now: u32) {
        self.progress.last.store(now, Relaxed);
    }

    /// Has the task woken should the client be given up; whether it is already.
    pub fn is_given_up(&self, task: &Waker) -> bool {
        let mut waker = self.progress.waker();
        if !waker.as_ref().is_some_and(|known| known.will_wake(task)) {
            *waker = Some(task.clone());
        }
        self.progress.given_up.load(Relaxed)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut state = self.crawler.state();
        state.dump = None;
        self.crawler.running.store(state.is_active(), Relaxed);
    }
}

#[cfg(test)]
mod tests;
