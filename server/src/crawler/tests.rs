//! The crawler without its thread: steps are taken here, time is a number.

use std::sync::atomic::AtomicUsize;
use std::task::Wake;

use super::*;
use crate::engine::{Config, Mode};

fn engine() -> Engine {
    Engine::new(Config::default()).expect("the default configuration is valid")
}

fn crawler() -> &'static Crawler {
    Box::leak(Box::new(Crawler::new(2)))
}

fn everything() -> Quota {
    let mut quota = Quota::none();
    (1..=CLASSES_MAX).for_each(|class| quota.add(class, 0));
    quota
}

/// Stores an item that is gone at a tick, 0 for never.
fn store(engine: &Engine, key: &str, expiry: u32) {
    let draft = engine.reserve(key.as_bytes(), 0, expiry, 0, 2);
    engine.commit(draft.expect("room"), Mode::Set, 2);
}

/// A step over all items, told to nobody.
fn step(crawler: &Crawler, engine: &Engine, now: u32) -> bool {
    crawler.step(engine, 0, now, &mut |_| ())
}

/// Steps until nothing is left to do at once.
fn settle(crawler: &Crawler, engine: &Engine, now: u32) {
    while step(crawler, engine, now) {}
}

fn reclaimed(engine: &Engine) -> u64 {
    engine.stats().crawler_reclaimed
}

#[test]
fn it_comes_by_itself_after_the_launch_and_again_in_time() {
    let (engine, crawler) = (engine(), crawler());
    store(&engine, "a", 3);
    store(&engine, "b", 7);
    settle(crawler, &engine, 2);
    assert_eq!((reclaimed(&engine), crawler.starts()), (0, 0));
    settle(crawler, &engine, 3);
    assert_eq!((reclaimed(&engine), crawler.starts()), (1, 1));
    settle(crawler, &engine, 7);
    assert_eq!(reclaimed(&engine), 1, "never within five ticks");
    settle(crawler, &engine, 8);
    assert_eq!((reclaimed(&engine), crawler.starts()), (2, 2));
    assert!(!crawler.is_running());
}

#[test]
fn a_command_starts_a_run_and_keeps_the_schedule_away() {
    let (engine, crawler) = (engine(), crawler());
    store(&engine, "a", 3);
    assert_eq!(
        crawler.crawl(&engine, Quota::none(), 3),
        Err(Refusal::Nothing)
    );
    assert_eq!(crawler.crawl(&engine, everything(), 3), Ok(()));
    assert!(crawler.is_running());
    settle(crawler, &engine, 3);
    assert_eq!(reclaimed(&engine), 1);
    store(&engine, "b", 4);
    settle(crawler, &engine, 62);
    assert_eq!(reclaimed(&engine), 1);
    settle(crawler, &engine, 63);
    assert_eq!(reclaimed(&engine), 2);
}

#[test]
fn a_run_that_ends_is_told_of() {
    let (engine, crawler) = (engine(), crawler());
    for (key, expiry) in [("a", 5), ("b", 100), ("c", 20_000), ("d", 0)] {
        store(&engine, key, expiry);
    }
    assert_eq!(crawler.crawl(&engine, everything(), 10), Ok(()));
    let mut told = Vec::new();
    while crawler.step(&engine, 0, 12, &mut |report| told.push(*report)) {}
    let report = Report {
        class: 1,
        low_mark: 1,
        next_reclaims: 1,
        since_run: 10,
        next_run: 60,
        elapsed: 2,
        examined: 4,
        reclaimed: 1,
    };
    assert_eq!(told, [report]);
}

#[test]
fn a_step_is_small_and_a_run_ends() {
    let (engine, crawler) = (engine(), crawler());
    for i in 0..10_000 {
        store(&engine, &format!("key {i}"), 3);
    }
    let mut steps = 0;
    while step(crawler, &engine, 3) {
        steps += 1;
        // A bucket may have some more than what is left of the step.
        assert!(reclaimed(&engine) <= steps * 150, "in {steps} steps");
    }
    assert_eq!(reclaimed(&engine), 10_000);
}

#[test]
fn dumps_and_commands_keep_out_of_each_others_way() {
    let (engine, crawler) = (engine(), crawler());
    (0..5000).for_each(|i| store(&engine, &format!("key {i}"), 0));
    let lease = crawler
        .dump(&engine, &everything(), 2)
        .expect("nothing is under way");
    assert!(crawler.is_running());
    assert_eq!(
        crawler.dump(&engine, &everything(), 2).err(),
        Some(Refusal::Busy)
    );
    assert_eq!(crawler.crawl(&engine, everything(), 2), Err(Refusal::Busy));
    drop(lease);
    assert!(!crawler.is_running());
    assert_eq!(crawler.crawl(&engine, everything(), 2), Ok(()));
    assert_eq!(
        crawler.dump(&engine, &everything(), 2).err(),
        Some(Refusal::Busy)
    );
    assert_eq!(crawler.crawl(&engine, everything(), 2), Ok(()), "joins");
    settle(crawler, &engine, 2);
    assert!(crawler.dump(&engine, &everything(), 2).is_ok());
    assert_eq!(crawler.starts(), 4);
    crawler.reset_stats();
    assert_eq!(crawler.starts(), 0);
}

#[test]
fn a_short_run_is_over_when_a_dump_is_asked_for() {
    let (engine, crawler) = (engine(), crawler());
    (0..900).for_each(|i| store(&engine, &format!("key {i}"), 3));
    assert_eq!(crawler.crawl(&engine, everything(), 3), Ok(()));
    assert!(crawler.dump(&engine, &everything(), 3).is_ok());
    assert_eq!(reclaimed(&engine), 900);
    let mut told = 0;
    while crawler.step(&engine, 0, 3, &mut |_| told += 1) {}
    assert_eq!(told, 1);
}

#[test]
fn a_run_of_the_schedule_does_not_refuse_a_dump() {
    let (engine, crawler) = (engine(), crawler());
    (0..5000).for_each(|i| store(&engine, &format!("key {i}"), 0));
    assert!(step(crawler, &engine, 3), "there is more to do");
    assert!(crawler.dump(&engine, &everything(), 3).is_ok());
}

#[test]
fn stopping_ends_a_run() {
    let (engine, crawler) = (engine(), crawler());
    store(&engine, "a", 3);
    assert_eq!(crawler.crawl(&engine, everything(), 3), Ok(()));
    crawler.stop();
    assert!(!crawler.is_running());
    assert_eq!(reclaimed(&engine), 0);
}

/// Counts how often it is woken.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

#[test]
fn a_client_that_reads_nothing_is_given_up_after_half_an_hour() {
    let (engine, crawler) = (engine(), crawler());
    let lease = crawler
        .dump(&engine, &everything(), 10)
        .expect("nothing is under way");
    let bell = Arc::new(Bell::default());
    let task = Waker::from(Arc::clone(&bell));
    assert!(!lease.is_given_up(&task));
    step(crawler, &engine, 1000);
    lease.note_progress(1000);
    step(crawler, &engine, 2800);
    assert!(!lease.is_given_up(&task) && bell.0.load(Relaxed) == 0);
    step(crawler, &engine, 2801);
    assert!(lease.is_given_up(&task) && bell.0.load(Relaxed) == 1);
    drop(lease);
    assert!(crawler.dump(&engine, &everything(), 2801).is_ok());
}
