//! Sessions without sockets: however the bytes come and go, the replies are the same.

mod binary;

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};

use mcrs_testkit::Frame;

use super::*;
use crate::engine::Engine;
use crate::exec::Shared;
use crate::flags::Settings;
use crate::net::worker::Stop;
use crate::stats::Peer;

/// The test's end of a connection.
#[derive(Debug, Default)]
struct End {
    /// What the session will read, a piece at a time.
    input: VecDeque<Vec<u8>>,
    /// Whether the session finds the end after the last piece.
    finished: bool,
    /// How many more bytes the session can write.
    window: usize,
    output: Vec<u8>,
    /// The present piece must be waited for once.
    pending: bool,
}

/// The session's end.
#[derive(Debug)]
pub(in crate::net) struct Fake(Arc<Mutex<End>>);

impl Fake {
    pub(in crate::net) fn poll_read(&mut self, buf: &mut [u8]) -> Poll<std::io::Result<usize>> {
        let mut end = self.0.lock().expect("no panic before");
        if std::mem::replace(&mut end.pending, false) {
            return Poll::Pending;
        }
        let finished = end.finished;
        let Some(piece) = end.input.front_mut() else {
            return if finished {
                Poll::Ready(Ok(0))
            } else {
                Poll::Pending
            };
        };
        let taken = piece.len().min(buf.len());
        buf[..taken].copy_from_slice(&piece[..taken]);
        piece.drain(..taken);
        if piece.is_empty() {
            end.input.pop_front();
            end.pending = true;
        }
        Poll::Ready(Ok(taken))
    }

    pub(in crate::net) fn poll_write(
        &mut self,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        let mut end = self.0.lock().expect("no panic before");
        let offered: usize = slices.iter().map(|slice| slice.len()).sum();
        assert!(offered > 0, "a write of nothing");
        let mut taken = 0;
        for slice in slices {
            let piece = &slice[..slice.len().min(end.window)];
            end.window -= piece.len();
            end.output.extend_from_slice(piece);
            taken += piece.len();
        }
        if taken == 0 {
            return Poll::Pending;
        }
        Poll::Ready(Ok(taken))
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A worker nobody but the tests of one function uses.
fn worker(settings: Settings) -> &'static Worker {
    let engine = Engine::new(settings.engine()).expect("an engine");
    let shared: &'static Shared = Box::leak(Box::new(Shared::new(settings, engine)));
    let stop: &'static Stop = Box::leak(Box::default());
    Box::leak(Box::new(Worker {
        context: crate::exec::Context::of_worker(shared, 0),
        stop,
    }))
}

/// A connection between a test and a session.
struct Talk {
    session: Option<Session>,
    end: Arc<Mutex<End>>,
    woken: Arc<Woken>,
}

impl Talk {
    fn new(worker: &'static Worker) -> Talk {
        Talk::with(worker, Protocol::Auto)
    }

    fn with(worker: &'static Worker, protocol: Protocol) -> Talk {
        let shared = worker.context.shared;
        assert!(shared.stats.conns.enter(u32::MAX));
        let end = Arc::new(Mutex::new(End {
            window: usize::MAX,
            ..End::default()
        }));
        let stream = Stream::Fake(Fake(Arc::clone(&end)));
        let info = Arc::new(ConnInfo::new(Peer::Unix, 0, 2));
        let session = Session::new(stream, worker, info, protocol);
        Talk {
            session: Some(session),
            end,
            woken: Arc::new(Woken(AtomicBool::new(false))),
        }
    }

    fn end(&self) -> std::sync::MutexGuard<'_, End> {
        self.end.lock().expect("no panic before")
    }

    /// Polls the session until it waits for something the test has not given.
    fn run(&mut self) {
        let waker = Waker::from(Arc::clone(&self.woken));
        while let Some(session) = &mut self.session {
            let pieces = self.end.lock().expect("no panic before").input.len();
            match session.poll(&waker) {
                Polled::Over => self.session = None,
                Polled::Again => {}
                Polled::Waits => {
                    let woken = self.woken.0.swap(false, Ordering::Relaxed);
                    let end = self.end();
                    let more = end.window > 0 && !end.input.is_empty();
                    if !woken && !more && end.input.len() == pieces {
                        return;
                    }
                }
            }
        }
    }

    /// Everything the session answers to these pieces, and whether it closed.
    fn answer<'a>(
        worker: &'static Worker,
        pieces: impl IntoIterator<Item = &'a [u8]>,
    ) -> (Vec<u8>, bool) {
        let mut talk = Talk::new(worker);
        talk.end().input = pieces
            .into_iter()
            .filter(|piece| !piece.is_empty())
            .map(<[u8]>::to_vec)
            .collect();
        talk.run();
        let closed = talk.session.is_none();
        let output = std::mem::take(&mut talk.end().output);
        (output, closed)
    }
}

/// Requests of every shape, good and bad, whose replies hold no CAS id.
const BATCH: &[u8] = b"set a 1 0 5\r\nhello\r\nget a b\r\nappend a 0 0 3 noreply\r\n\r\n!\r\nget a\n\
    set n 0 0 2\r\n41\r\nincr n 1\r\ngat 0 n a\r\nfoo\r\n\r\nset a 0 0 2\r\nxyz\r\nset a x 0 3\r\nabc\r\n\
    set b 0 0 0\r\n\r\nget b\r\ntouch b 0\r\ndelete b\r\ndelete b noreply\r\ncas q 0 0 1 9\r\nz\r\n\
    set big 0 0 99999999\r\nget a\r\n";

fn fresh(worker: &'static Worker) -> &'static Worker {
    worker.context.shared.engine.flush_all();
    worker
}

#[test]
fn replies_are_the_same_at_every_split_of_the_input() {
    let worker = worker(Settings::default());
    let whole = Talk::answer(fresh(worker), [BATCH]);
    let text = String::from_utf8_lossy(&whole.0);
    assert!(
        text.starts_with(
            "STORED\r\nVALUE a 1 5\r\nhello\r\nEND\r\nVALUE a 1 8\r\nhello\r\n!\r\nEND\r\n"
        ),
        "{text}"
    );
    for split in 1..BATCH.len() {
        let (front, back) = BATCH.split_at(split);
        let got = Talk::answer(fresh(worker), [front, back]);
        assert_eq!(got, whole, "split at {split}");
    }
    assert_eq!(Talk::answer(fresh(worker), BATCH.chunks(1)), whole);
    assert_eq!(Talk::answer(fresh(worker), BATCH.chunks(7)), whole);
}

#[test]
fn replies_are_the_same_however_few_requests_a_turn_has() {
    let whole = Talk::answer(fresh(worker(Settings::default())), [BATCH]);
    for reqs_per_event in [1, 2, 3] {
        let worker = worker(Settings {
            reqs_per_event,
            ..Settings::default()
        });
        let got = Talk::answer(worker, [BATCH]);
        assert_eq!(got, whole, "-R {reqs_per_event}");
        assert!(worker.context.shared.stats.totals().conn_yields > 0);
    }
}

#[test]
fn six_requests_in_turns_of_one_yield_five_times() {
    let worker = worker(Settings {
        reqs_per_event: 1,
        ..Settings::default()
    });
    let (output, _) = Talk::answer(worker, [&b"get abc\r\n".repeat(6)[..]]);
    assert_eq!(output, b"END\r\n".repeat(6));
    assert_eq!(worker.context.shared.stats.totals().conn_yields, 5);
}

#[test]
fn replies_are_the_same_however_little_the_client_takes() {
    let worker = worker(Settings::default());
    let mut batch = b"set l 0 0 5000\r\n".to_vec();
    batch.extend_from_slice(&[b'v'; 5000]);
    batch.extend_from_slice(b"\r\nget l l\r\nget l nobody l\r\nversion\r\n");
    let whole = Talk::answer(fresh(worker), [&batch[..]]);
    assert_eq!(whole.0.len(), 8 + 4 * (16 + 5002) + 10 + 16);
    for window in [1, 13, 999, 6000] {
        let mut talk = Talk::new(fresh(worker));
        {
            let mut end = talk.end();
            end.input.push_back(batch.clone());
            end.window = window;
        }
        talk.run();
        while talk.end().output.len() < whole.0.len() {
            talk.end().window = window;
            talk.run();
        }
        assert_eq!(talk.end().output, whole.0, "{window} bytes at a time");
    }
}

#[test]
fn a_client_that_does_not_read_is_not_read_from() {
    let worker = worker(Settings::default());
    let mut talk = Talk::new(worker);
    let value = vec![b'v'; 1000];
    let mut store = b"set k 0 0 1000\r\n".to_vec();
    store.extend_from_slice(&value);
    store.extend_from_slice(b"\r\n");
    talk.end().input.push_back(store);
    talk.run();
    // 3000 requests of 7 bytes would bring 3 MB of answers.
    let piece = b"get k\r\n".repeat(1000);
    {
        let mut end = talk.end();
        end.output.clear();
        end.window = 0;
        end.input = VecDeque::from([piece.clone(), piece.clone(), piece]);
    }
    talk.run();
    assert!(talk.end().input.len() >= 2, "read on although stuck");
    let session = talk.session.as_ref().expect("not closed");
    let kept = session
        .kept
        .as_ref()
        .map_or(0, |kept| kept.bytes.capacity());
    assert!(kept <= 2 * READ_BYTES, "kept {kept} bytes");
    let mut answered = 0;
    while answered < 3000 * (16 + 1002 + 5) {
        talk.end().window = 100_000;
        talk.run();
        let taken = std::mem::take(&mut talk.end().output).len();
        assert!(taken > 0, "nothing more after {answered} bytes");
        answered += taken;
    }
    assert_eq!(answered, 3000 * (16 + 1002 + 5));
}

#[test]
fn an_idle_session_holds_nothing() {
    let worker = worker(Settings::default());
    let mut talk = Talk::new(worker);
    talk.end()
        .input
        .push_back(BATCH[..BATCH.len() - 40].to_vec());
    talk.end()
        .input
        .push_back(b"\r\nget a\r\nversion\r\n".to_vec());
    talk.end().input.push_back(b"get ".to_vec());
    talk.run();
    talk.end().input.push_back(b"a\r\n".to_vec());
    talk.run();
    let session = talk.session.as_ref().expect("open");
    assert!(session.kept.is_none() && session.stuck.is_none());
    assert!(matches!(session.dialogue.phase, dialogue::Phase::Request));
    // What an idle connection costs here; the reactor and the kernel have their own shares.
    assert!(
        size_of::<Session>() <= 128,
        "{} bytes",
        size_of::<Session>()
    );
}

#[test]
fn who_sends_without_end_gives_others_their_turn() {
    let mut talk = Talk::new(worker(Settings::default()));
    let len = READS_MAX as usize * READ_BYTES;
    let head = format!("set too-large 0 0 {}\r\n", 10 * len);
    talk.end()
        .input
        .push_back([head.into_bytes(), vec![b'v'; len]].concat());
    let session = talk.session.as_mut().expect("open");
    assert_eq!(session.poll(Waker::noop()), Polled::Again);
    assert!(
        !talk.end().input.is_empty(),
        "the rest is for the next turn"
    );
    talk.run();
    assert!(talk.end().input.is_empty());
}

#[test]
fn everything_sent_before_the_end_is_answered() {
    let worker = worker(Settings::default());
    let mut talk = Talk::new(worker);
    {
        let mut end = talk.end();
        end.input
            .push_back(b"get a\r\nversion\r\nset a 0 0 10\r\nhalf".to_vec());
        end.finished = true;
    }
    talk.run();
    assert!(talk.session.is_none());
    assert_eq!(talk.end().output, b"END\r\nVERSION 1.6.45\r\n");
    assert_eq!(worker.context.shared.stats.conns.clients(), 0);
}

#[test]
fn lines_without_end_are_cut_off() {
    let worker = worker(Settings::default());
    let (output, closed) = Talk::answer(worker, [&[b'x'; 2049][..]]);
    assert!(output.is_empty() && closed);
    let long = [&b"get "[..], &b"k ".repeat(LINE_MAX / 2 + READ_BYTES)].concat();
    let (output, closed) = Talk::answer(worker, long.chunks(1 << 20));
    assert!(
        output.is_empty() && closed,
        "a get line of {} bytes",
        long.len()
    );
}

#[test]
fn a_hundred_thousand_keys_are_answered_in_pieces() {
    let worker = worker(Settings::default());
    let mut batch = b"set k 0 0 100\r\n".to_vec();
    batch.extend_from_slice(&[b'v'; 100]);
    batch.extend_from_slice(b"\r\nget ");
    batch.extend_from_slice(&b"k ".repeat(100_000));
    batch.extend_from_slice(b"\r\nversion\r\n");
    let (output, _) = Talk::answer(worker, batch.chunks(50_000));
    assert_eq!(output.len(), 8 + 100_000 * (15 + 102) + 5 + 16);
    assert!(output.ends_with(b"END\r\nVERSION 1.6.45\r\n"));
}

#[test]
fn what_finds_no_memory_half_way_is_swallowed_to_its_end() {
    // Values above 1 KiB are in pieces of that size.
    let worker = worker(Settings {
        max_bytes: 1 << 20,
        item_size_max: 16 << 10,
        slab_chunk_max: 1 << 10,
        evictions: false,
        ..Settings::default()
    });
    let lines = [
        "STORED",
        "SERVER_ERROR out of memory storing object",
        HALF_WAY,
    ];
    let lines = lines.map(|line| format!("{line}\r\nVERSION 1.6.45\r\n"));
    let refused = Frame::reply(0x11, 0x82).value("Out of memory allocating item");
    let noop = Frame::reply(0x0a, 0);
    let frames = [[refused.bytes(), noop.bytes()].concat(), noop.bytes()];
    let mut half_way = 0;
    for number in 0..400 {
        let len = 5000 + number % 1000;
        let value = vec![b'v'; len];
        let mut input = format!("set {number} 0 0 {len}\r\n").into_bytes();
        input.extend_from_slice(&[&value[..], b"\r\nversion\r\n"].concat());
        let (output, closed) = Talk::answer(worker, [&input[..]]);
        let known = lines.iter().position(|line| line.as_bytes() == output);
        assert!(known.is_some() && !closed, "{}", output.escape_ascii());
        half_way += usize::from(known == Some(2));
        let set = Frame::request(0x11)
            .extras([0; 8])
            .key(format!("b{number}"));
        let input = [set.value(value).bytes(), Frame::request(0x0a).bytes()].concat();
        let (output, closed) = Talk::answer(worker, [&input[..]]);
        let known = frames.contains(&output);
        assert!(known && !closed, "{}", output.escape_ascii());
    }
    assert!(half_way > 0, "always all or nothing");
}

/// The answer to a value that found memory for a part of it only.
const HALF_WAY: &str = "SERVER_ERROR Out of memory during read";

/// Random numbers that are the same every time. Source: splitmix64, public domain.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    /// `bytes` in short pieces.
    fn cut<'a>(&mut self, mut bytes: &'a [u8]) -> Vec<&'a [u8]> {
        let mut pieces = Vec::new();
        while !bytes.is_empty() {
            let (piece, rest) = bytes.split_at(1 + self.below(bytes.len().min(9)));
            pieces.push(piece);
            bytes = rest;
        }
        pieces
    }
}

/// A stretch of input that is nearly right most of the time.
fn nonsense(random: &mut Random) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 0..1 + random.below(12) {
        let verb = random.pick(&[
            "get",
            "gats",
            "gat",
            "set",
            "add",
            "replace",
            "append",
            "prepend",
            "cas",
            "incr",
            "decr",
            "touch",
            "delete",
            "flush_all",
            "verbosity",
            "version",
            "stats",
            "mn",
            "me",
            "",
            "shutdown",
            "watch",
            "cache_memlimit",
            "slabs",
            "\u{1}\u{2}",
            "GET",
        ]);
        out.extend_from_slice(verb.as_bytes());
        for _ in 0..random.below(7) {
            let word = random.pick(&[
                "a",
                "b",
                "c",
                "0",
                "1",
                "3",
                "-1",
                "noreply",
                "99999999999999999999",
                "x",
                "10",
                "2147483647",
                " ",
                "items",
                "slabs",
                "+2",
                "4294967296",
                "HTTP/1.1",
                "1000",
                "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
            ]);
            out.push(b' ');
            out.extend_from_slice(&word.as_bytes().repeat(1 + random.below(4) / 3 * 5));
        }
        out.extend_from_slice(random.pick(&["\r\n", "\n", "\r\n", "\r", " "]).as_bytes());
        if random.below(3) == 0 {
            let data = random.pick(&["", "abc", "0123456789", "\0\r\n", "99"]);
            out.extend_from_slice(data.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
    }
    for _ in 0..random.below(4) {
        let at = random.below(out.len() + 1);
        match random.below(3) {
            0 => out.insert(at, random.next() as u8),
            1 if at < out.len() => drop(out.remove(at)),
            _ if at < out.len() => out[at] = random.next() as u8,
            _ => {}
        }
    }
    out
}

#[test]
fn nonsense_is_answered_the_same_however_it_is_cut() {
    let worker = worker(Settings {
        max_bytes: 8 << 20,
        // Whether it is taken depends on how many replies before it wait.
        watch_enabled: false,
        ..Settings::default()
    });
    for seed in 0..6000 {
        let mut random = Random(seed);
        let input = nonsense(&mut random);
        // Statistics count the bytes and commands of each run.
        if input.windows(5).any(|w| w == b"stats") {
            let _ = Talk::answer(fresh(worker), [&input[..]]);
            continue;
        }
        let whole = Talk::answer(fresh(worker), [&input[..]]);
        let cut = Talk::answer(fresh(worker), random.cut(&input));
        assert_eq!(whole, cut, "seed {seed}: {}", input.escape_ascii());
        assert!(
            whole.0.is_empty() || whole.0.ends_with(b"\r\n") || input[0] == 0x80,
            "seed {seed}"
        );
    }
}
