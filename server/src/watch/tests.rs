//! Lines from events to watchers, without threads and sockets.

use std::sync::Arc;
use std::task::{Wake, Waker};

use super::*;
use crate::crawler::Report;

/// Log lines of 64 bytes and more fit a few times.
const ROOM: u64 = 512;

fn watch(worker_bytes: u64, watcher_bytes: u64) -> &'static Watch {
    Box::leak(Box::new(Watch::new(
        2,
        worker_bytes,
        watcher_bytes,
        Streams::NONE,
    )))
}

/// A subscription that no thread delivers to: [`Watch::deliver`] does when the test says so.
fn subscribe(watch: &'static Watch, streams: Streams) -> Subscription {
    let watcher = Arc::new(Watcher::new(streams, watch.watcher_bytes));
    let mut watchers = watch.watchers();
    watchers.push(Arc::clone(&watcher));
    watch.note_wanted(&watchers);
    drop(watchers);
    Subscription::new(watch, watcher)
}

struct Noted(AtomicU32);

impl Wake for Noted {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

fn taken(subscription: &Subscription) -> String {
    let mut out = Vec::new();
    subscription.take(&mut out, usize::MAX, Waker::noop());
    String::from_utf8(out).expect("lines are text")
}

/// The line without its time.
fn without_time(line: &str) -> &str {
    let (time, rest) = line.split_once(' ').expect("a time in front");
    let (seconds, micros) = time
        .strip_prefix("ts=")
        .and_then(|t| t.split_once('.'))
        .expect("seconds and microseconds");
    assert!(seconds.parse::<u64>().is_ok_and(|s| s > 1_700_000_000));
    assert!(micros.parse::<u32>().is_ok_and(|m| m < 1_000_000));
    rest
}

fn get(key: &[u8]) -> Event<'_> {
    Event::Get {
        key,
        status: "found",
        class: 3,
        client: 7,
        bytes: 12,
    }
}

const DELETE: Event<'_> = Event::Delete {
    key: b"d",
    command: "md",
    class: 1,
    bytes: 2,
};

#[test]
fn every_event_has_its_line() {
    let here = "127.0.0.1:99".parse().expect("an address");
    let there = "[::1]:5".parse().expect("an address");
    let evicted = Evicted {
        key: b"e",
        fetched: true,
        ttl: None,
        idle: 5,
        class: 2,
        bytes: 9,
    };
    let cases = [
        (
            get(b"a b"),
            "item_get key=a%20b status=found clsid=3 cfd=7 size=12",
        ),
        (DELETE, "deleted key=d cmd=md clsid=1 size=2"),
        (
            Event::Store {
                key: b"\xff",
                status: "stored",
                command: "cas",
                ttl: 4,
                class: 3,
                client: 7,
                bytes: 12,
            },
            "item_store key=%FF status=stored cmd=cas ttl=4 clsid=3 cfd=7 size=12",
        ),
        (
            Event::Evict(evicted),
            "eviction key=e fetch=yes ttl=-1 la=5 clsid=2 size=9",
        ),
        (
            Event::Evict(Evicted {
                fetched: false,
                ttl: Some(8),
                ..evicted
            }),
            "eviction key=e fetch=no ttl=8 la=5 clsid=2 size=9",
        ),
        (
            Event::ConnNew {
                origin: Origin::Tcp(here),
                client: 30,
            },
            "conn_new rip=127.0.0.1 rport=99 transport=tcp cfd=30",
        ),
        (
            Event::ConnClose {
                origin: Origin::Local,
                reason: CloseReason::IdleTimeout,
                client: 30,
            },
            "conn_close rip=unix rport=0 transport=local reason=idle_timeout cfd=30",
        ),
        (
            Event::ConnClose {
                origin: Origin::Udp(there),
                reason: CloseReason::Normal,
                client: 30,
            },
            "conn_close rip=::1 rport=5 transport=udp reason=normal cfd=30",
        ),
        (
            Event::TlsError {
                client: 30,
                text: "bad certificate",
            },
            "conntlserr fd=30 msg=bad certificate",
        ),
        (
            Event::SlabMove {
                from: 1,
                to: 0,
                arrived: false,
            },
            "slab_move src=1 dst=0 state=fail",
        ),
        (
            Event::Crawl(Report {
                class: 5,
                low_mark: 2,
                next_reclaims: 3,
                since_run: 60,
                next_run: 5,
                elapsed: 1,
                examined: 100,
                reclaimed: 7,
            }),
            "lru_crawler crawler=5 lru=cold low_mark=2 next_reclaims=3 since_run=60 next_run=5 \
             elapsed=1 examined=100 reclaimed=7",
        ),
    ];
    for (event, line) in cases {
        let mut out = Vec::new();
        event.encode(Duration::new(1_800_000_000, 42_000), 17, &mut out);
        let want = format!("ts=1800000000.42 gid=17 type={line}\n");
        assert_eq!(String::from_utf8_lossy(&out), want);
    }
}

#[test]
fn watchers_get_the_streams_they_asked_for() {
    let watch = watch(1 << 16, 1 << 16);
    assert!(!watch.wants(Stream::Fetchers));
    watch.log(watch.logger(0), &get(b"nobody sees it"));
    let gets = subscribe(watch, Stream::Fetchers.into());
    let both = subscribe(
        watch,
        Streams::from(Stream::Fetchers).and(Stream::Deletions.into()),
    );
    watch.log(watch.logger(0), &get(b"a"));
    watch.log(watch.logger(1), &DELETE);
    assert!(watch.deliver(&mut Vec::new()) && !watch.deliver(&mut Vec::new()));
    let line = "gid=1 type=item_get key=a status=found clsid=3 cfd=7 size=12\n";
    assert_eq!(without_time(&taken(&gets)), line);
    let lines = taken(&both);
    let lines: Vec<&str> = lines.lines().map(without_time).collect();
    assert_eq!(lines[0], line.trim_end());
    assert_eq!(lines[1], "gid=2 type=deleted key=d cmd=md clsid=1 size=2");
    drop(both);
    assert!(watch.wants(Stream::Fetchers) && !watch.wants(Stream::Deletions));
    drop(gets);
    assert!(!watch.wants(Stream::Fetchers));
    let stats = watch.stats();
    assert_eq!((stats.worker_written, stats.watcher_sent), (2, 3));
    assert_eq!(stats.watchers, 0);
}

#[test]
fn a_full_watcher_is_told_how_much_it_missed() {
    let watch = watch(1 << 16, ROOM);
    let slow = subscribe(watch, Stream::Fetchers.into());
    for _ in 0..100 {
        watch.log(watch.logger(0), &get(b"key"));
    }
    watch.deliver(&mut Vec::new());
    let stats = watch.stats();
    assert_eq!(stats.watcher_sent + stats.watcher_skipped, 100);
    let first = taken(&slow);
    assert!(first.len() as u64 <= ROOM && first.lines().count() as u64 == stats.watcher_sent);
    watch.log(watch.logger(0), &get(b"key"));
    watch.deliver(&mut Vec::new());
    let then = taken(&slow);
    let notice = format!("skipped={}\n", stats.watcher_skipped);
    assert!(then.starts_with(&notice), "{then}");
    assert_eq!(then.lines().count(), 2);
}

#[test]
fn a_full_worker_loses_lines_and_counts_them() {
    let watch = watch(ROOM, 1 << 16);
    let watcher = subscribe(watch, Stream::Fetchers.into());
    for _ in 0..100 {
        watch.log(watch.logger(0), &get(&[0; 250]));
        watch.log(watch.logger(1), &get(b"k"));
    }
    let stats = watch.stats();
    assert_eq!(stats.worker_written + stats.worker_dropped, 200);
    assert!(stats.worker_dropped >= 100, "a line longer than the buffer");
    watch.deliver(&mut Vec::new());
    assert_eq!(taken(&watcher).lines().count() as u64, stats.worker_written);
    watch.reset_stats();
    assert_eq!(watch.stats().worker_dropped, 0);
}

#[test]
fn who_waits_is_woken_once() {
    let watch = watch(1 << 16, 1 << 16);
    let watcher = subscribe(watch, Stream::Fetchers.into());
    let noted = Arc::new(Noted(AtomicU32::new(0)));
    let mut out = Vec::new();
    watcher.take(&mut out, 10, &Waker::from(Arc::clone(&noted)));
    for _ in 0..2 {
        watch.log(watch.logger(0), &get(b"a"));
        watch.deliver(&mut Vec::new());
    }
    assert_eq!(noted.0.load(Relaxed), 1);
    watcher.take(&mut out, 10, &Waker::from(noted));
    assert_eq!(out.len(), 10, "no more than asked for");
}

#[test]
fn there_is_a_limit_to_watchers() {
    let watch = watch(0, 0);
    let all: Vec<_> = (0..WATCHERS_MAX)
        .map(|_| watch.subscribe(Streams::NONE).expect("room"))
        .collect();
    let refused = watch.subscribe(Streams::NONE).map(drop);
    assert_eq!(refused, Err(SubscribeError::TooMany));
    drop(all);
    assert!(watch.subscribe(Streams::NONE).is_ok());
}
