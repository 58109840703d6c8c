//! Speed and memory of the storage engine without network.
//!
//! `cargo bench -p mcrsd --bench engine` prints time per operation on one thread and more, and the
//! process memory per item of full caches. Arguments after `--` choose: `speed`, `memory`, `pause`.
//!
//! Wall clock on a shared machine is noise: what is measured is the time each thread had a core,
//! each figure is the best of several rounds, and one and several threads take turns. Memory is the process's resident memory after filling until the
//! cache evicts, less what it was before the engine was made; each case runs in a process of its
//! own, started from here.

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use mcrsd::engine::{Config, Engine, Facts, Hashed, Mode, Shown, Stored};

const KEYS: u64 = 1 << 20;
const ROUNDS: usize = 5;
const BATCH: u64 = 1 << 20;

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["fill", key, value] => fill(number(key), number(value)),
        ["speed"] => speed(),
        ["memory"] => memory(),
        ["pause"] => pause(),
        _ => {
            speed();
            memory();
            pause();
        }
    }
}

fn number(word: &str) -> usize {
    word.parse().expect("a number")
}

/// Pseudo-random numbers (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d);
        ((u128::from(number) * u128::from(bound)) >> 64) as u64
    }
}

/// A key of exactly `len` bytes, hex digits of the number first.
fn key(number: u64, len: usize, buffer: &mut [u8; 250]) -> &[u8] {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for (i, byte) in buffer[..len.min(16)].iter_mut().enumerate() {
        *byte = b"0123456789abcdef"[(mixed >> (i * 4) & 15) as usize];
    }
    buffer[len.min(16)..len].fill(b'.');
    &buffer[..len]
}

fn set(engine: &Engine, key: &[u8], value: &[u8]) {
    let mut draft = engine.reserve(key, 0, 0, value.len(), 1).expect("room");
    draft.fill(value, 1).expect("room");
    assert!(matches!(
        engine.commit(draft, Mode::Set, 1),
        Stored::Done { .. }
    ));
}

/// Reads as a network layer does: short values are copied where they are.
fn get(engine: &Engine, key: Hashed<'_>) -> bool {
    const MOST: usize = 1024;
    let mut output = [0; MOST];
    let copy = |facts: &Facts, value: &[u8]| {
        output[..value.len()].copy_from_slice(value);
        black_box((facts.flags, &output));
    };
    match engine.get_short(key, MOST, 1, copy) {
        Shown::Short(()) => true,
        Shown::Long(item) => {
            black_box(item.pieces().map(<[u8]>::len).sum::<usize>());
            true
        }
        Shown::Nothing => false,
    }
}

/// Nanoseconds for a get in batches of 16, whose keys are announced before.
fn batched(engine: &Engine) -> f64 {
    let mut random = Random(0x5eed);
    let mut buffers = [[0; 250]; 16];
    let start = on_core();
    for _ in 0..BATCH / 16 {
        for buffer in &mut buffers {
            key(random.below(KEYS), 16, buffer);
        }
        let keys = buffers
            .each_ref()
            .map(|buffer| engine.hashed(&buffer[..16]));
        engine.prefetch(&keys);
        for key in keys {
            assert!(get(engine, key));
        }
    }
    (on_core() - start).as_secs_f64() * 1e9 / BATCH as f64
}

fn speed() {
    let config = Config {
        memory_limit_bytes: 1 << 30,
        hash_power: 20,
        ..Config::default()
    };
    let engine = Engine::new(config).expect("a valid configuration");
    let value = [b'v'; 100];
    let mut buffer = [0; 250];
    for number in 0..KEYS {
        set(&engine, key(number, 16, &mut buffer), &value);
    }
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    println!(
        "key 16, value 100, {KEYS} items, uniform; ns on a core per operation, best of {ROUNDS}"
    );
    println!(
        "{:28} {:>9} {:>9} {:>9}",
        "",
        "1 thread",
        format!("{threads} threads"),
        "scaling"
    );
    for (name, sets, keys) in [
        ("get", 0, KEYS),
        ("set (overwrite)", 100, KEYS),
        ("90 get / 10 set", 10, KEYS),
        ("get, 1000 items", 0, 1000),
        ("90 / 10, 1000 items", 10, 1000),
        ("get, 1 item", 0, 1),
    ] {
        let (mut one, mut many) = (Duration::MAX, Duration::MAX);
        for _ in 0..ROUNDS {
            one = one.min(run(&engine, 1, sets, keys));
            many = many.min(run(&engine, threads, sets, keys));
        }
        let each = |time: Duration| time.as_secs_f64() * 1e9 / BATCH as f64;
        let (one, many) = (each(one), each(many));
        println!(
            "{name:28} {one:9.1} {many:9.1} {:9.2}",
            one * threads as f64 / many
        );
    }
    let best = (0..ROUNDS)
        .map(|_| batched(&engine))
        .fold(f64::MAX, f64::min);
    println!("{:28} {best:9.1}", "get, 16 announced at a time");
    let small = Config {
        memory_limit_bytes: 64 << 20,
        ..Config::default()
    };
    let engine = Engine::new(small).expect("a valid configuration");
    let mut best = Duration::MAX;
    for round in 0..ROUNDS as u64 {
        let start = on_core();
        for number in 0..BATCH {
            set(
                &engine,
                key(number + round * BATCH, 16, &mut buffer),
                &value,
            );
        }
        best = best.min(on_core() - start);
    }
    assert!(engine.stats().evictions > 0);
    let each = best.as_secs_f64() * 1e9 / BATCH as f64;
    println!("{:28} {each:9.1}", "set (evicting)");
}

/// Time this thread has had a core so far.
fn on_core() -> Duration {
    let status = std::fs::read_to_string("/proc/thread-self/schedstat").expect("a Linux system");
    let nanoseconds = status
        .split_ascii_whitespace()
        .next()
        .and_then(|word| word.parse().ok());
    Duration::from_nanos(nanoseconds.expect("a number"))
}

/// Time for [`BATCH`] operations on each of so many threads.
fn run(engine: &Engine, threads: usize, sets_percent: u64, keys: u64) -> Duration {
    let barrier = std::sync::Barrier::new(threads);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                let barrier = &barrier;
                scope.spawn(move || {
                    let mut random = Random(0x5eed + thread as u64);
                    let (mut buffer, value) = ([0; 250], [b'w'; 100]);
                    barrier.wait();
                    let start = on_core();
                    for _ in 0..BATCH {
                        let key = key(random.below(keys), 16, &mut buffer);
                        if random.below(100) < sets_percent {
                            set(engine, key, &value);
                        } else {
                            assert!(get(engine, engine.hashed(key)));
                        }
                    }
                    on_core() - start
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().expect("no panic"))
            .max()
    })
    .unwrap_or_default()
}

fn memory() {
    println!("\nprocess memory per item, -m 64, filled until it evicts");
    for (key, value) in [(16, 32), (20, 100), (30, 500)] {
        let this = std::env::current_exe().expect("the path of this program");
        let words = ["fill".to_owned(), key.to_string(), value.to_string()];
        let status = Command::new(this).args(words).status().expect("a process");
        assert!(status.success());
    }
}

/// Fills a cache and prints what an item costs.
fn fill(key_len: usize, value_len: usize) {
    let before = resident();
    let engine = Engine::new(Config::default()).expect("the default configuration is valid");
    let (mut buffer, value) = ([0; 250], vec![b'v'; value_len]);
    let mut stored = 0;
    // A quarter more than fits, so that steady eviction is what is measured.
    while engine.stats().evictions * 5 < stored || stored < 1000 {
        for _ in 0..1000 {
            set(&engine, key(stored, key_len, &mut buffer), &value);
            stored += 1;
        }
    }
    let stats = engine.stats();
    let items = stats.curr_items as f64;
    let all = (resident() - before) as f64;
    println!(
        "key {key_len:2} value {value_len:3}: {:6.1} bytes ({:5.1} in pages, {:4.1} in the table), \
         {items} items",
        all / items,
        stats.total_malloced_bytes as f64 / items,
        stats.hash_bytes as f64 / items,
    );
}

/// Resident memory of this process in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a Linux system");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .expect("VmRSS");
    let kilobytes = line.split_ascii_whitespace().nth(1).expect("a number");
    number(kilobytes) as u64 * 1024
}

/// The longest single store while the table grows from small to large.
fn pause() {
    let config = Config {
        memory_limit_bytes: 1 << 30,
        ..Config::default()
    };
    let engine = Engine::new(config).expect("a valid configuration");
    let mut buffer = [0; 250];
    let mut times: Vec<u64> = Vec::with_capacity(4 * KEYS as usize);
    for number in 0..4 * KEYS {
        let key = key(number, 16, &mut buffer);
        let start = Instant::now();
        set(&engine, key, b"value");
        times.push(start.elapsed().as_nanos() as u64);
    }
    times.sort_unstable();
    let at = |part: f64| times[(times.len() as f64 * part) as usize];
    println!(
        "\nset while the table grows to {} items: median {} ns, p99 {}, p99.9 {}, p99.99 {}, max {}",
        times.len(),
        at(0.5),
        at(0.99),
        at(0.999),
        at(0.9999),
        times[times.len() - 1],
    );
}
