//! How many lookups miss: each way of choosing who must go, over traces and made-up mixes.
//!
//! `cargo bench -p mcrsd --bench replay -- FILE...` replays traces (big-endian 32-bit numbers, one
//! requested key each; the first 400,000) and then the mixes below, against a look-aside cache: what
//! is missed is stored. Values have 60 + crc32(key) mod 1500 bytes unless the mix says otherwise. A
//! word `mixes` replays the mixes alone; a number chooses the megabytes of the cache.

use mcrsd::engine::{Config, Engine, Eviction, Mode, Stored};

/// Requests of a mix.
const REQUESTS: u32 = 400_000;

/// Pseudo-random numbers (xorshift64*).
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Numbers from 0 of which the nth is chosen in proportion to 1 / (n + 1)^skew.
struct Zipf(Vec<f64>);

impl Zipf {
    fn new(numbers: u32, skew: f64) -> Zipf {
        let mut sum = 0.0;
        let weights = (1..=numbers).map(|n| {
            sum += f64::from(n).powf(-skew);
            sum
        });
        Zipf(weights.collect())
    }

    fn draw(&self, random: &mut Random) -> u32 {
        let at = random.unit() * self.0.last().copied().unwrap_or(0.0);
        self.0.partition_point(|&sum| sum < at) as u32
    }
}

/// A requested key and the length of its value.
type Request = (u32, usize);

fn usual_len(key: u32) -> usize {
    60 + crc32fast::hash(format!("t:{key:x}").as_bytes()) as usize % 1500
}

fn with_usual_len(key: u32) -> Request {
    (key, usual_len(key))
}

/// A mix by its name.
type Mix = (String, Vec<Request>);

fn mixes() -> Vec<Mix> {
    let skews = [(0.7, 60_000), (0.8, 60_000), (0.9, 100_000), (1.0, 100_000)];
    let steep = [(1.1, 200_000), (1.2, 500_000)];
    let mut mixes: Vec<Mix> = Vec::new();
    for (skew, keys) in skews.into_iter().chain(steep) {
        let zipf = Zipf::new(keys, skew);
        let mut random = Random(7);
        let keys = (0..REQUESTS).map(|_| zipf.draw(&mut random));
        mixes.push((format!("zipf {skew}"), keys.map(with_usual_len).collect()));
    }
    let mut random = Random(8);
    let mut add = |name: &str, keys, next: &mut dyn FnMut(u32, u32, &mut Random) -> Request| {
        let zipf = Zipf::new(keys, 0.9);
        let requests = (0..REQUESTS).map(|i| {
            let drawn = zipf.draw(&mut random);
            next(i, drawn, &mut random)
        });
        mixes.push((name.to_owned(), requests.collect()));
    };
    add("zipf 0.9 and scans", 40_000, &mut |i, drawn, _| {
        with_usual_len(if i % 10_000 < 8_000 {
            drawn
        } else {
            (1 << 24) + i
        })
    });
    add("a loop of 15 MB", 1, &mut |i, _, _| {
        with_usual_len(i % 18_000)
    });
    add("zipf 0.9 and a loop", 30_000, &mut |i, drawn, random| {
        let looped = random.unit() < 0.33;
        with_usual_len(if looped {
            (1 << 25) + i / 3 % 20_000
        } else {
            drawn
        })
    });
    add("zipf 0.9 that drifts", 30_000, &mut |i, drawn, _| {
        with_usual_len(drawn + i / 20)
    });
    add("small, then large", 40_000, &mut |i, drawn, _| {
        let third = i / (REQUESTS / 3 + 1);
        let key = drawn + third * 50_000;
        let len = match third {
            0 => 60 + usual_len(key) % 200,
            1 => 1000 + usual_len(key) % 1000,
            _ => usual_len(key),
        };
        (key, len)
    });
    add("100, 500 and 5000 bytes", 60_000, &mut |_, drawn, _| {
        let len = match usual_len(drawn) % 10 {
            0..6 => 100,
            6..9 => 500 + usual_len(drawn) % 200,
            _ => 3000 + usual_len(drawn) * 4000 / 1560,
        };
        (drawn, len)
    });
    mixes
}

fn trace(file: &str) -> Mix {
    let bytes = std::fs::read(file).expect("a readable trace");
    let keys = bytes
        .chunks_exact(4)
        .take(REQUESTS as usize)
        .map(|key| u32::from_be_bytes(key.try_into().expect("four bytes")));
    let name = file.rsplit('/').next().unwrap_or(file);
    (name.to_owned(), keys.map(with_usual_len).collect())
}

/// Part of the lookups that miss.
fn miss_ratio(requests: &[Request], megabytes: u64, eviction: Eviction) -> f64 {
    let engine = Engine::new(Config {
        memory_limit_bytes: megabytes << 20,
        eviction,
        ..Config::default()
    })
    .expect("a valid configuration");
    let value = [b'v'; 8000];
    let mut misses = 0;
    for (i, &(key, len)) in (0..).zip(requests) {
        let (key, now) = (format!("t:{key:x}"), 1 + i / 1000);
        if engine.get(key.as_bytes(), now).is_none() {
            misses += 1;
            let mut draft = engine
                .reserve(key.as_bytes(), 0, 0, len, now)
                .expect("room");
            draft.fill(&value[..len], now).expect("room");
            let stored = engine.commit(draft, Mode::Set, now);
            assert!(matches!(stored, Stored::Done { .. }));
        }
    }
    f64::from(misses) / requests.len() as f64
}

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let (sizes, files): (Vec<_>, Vec<_>) =
        words.iter().partition(|word| word.parse::<u64>().is_ok());
    let mut sizes: Vec<u64> = sizes.iter().filter_map(|size| size.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![8, 24];
    }
    let traces = files.into_iter().filter(|&word| word != "mixes");
    let all: Vec<Mix> = traces.map(|file| trace(file)).chain(mixes()).collect();
    for megabytes in sizes {
        print!("{:28}", format!("missed at -m {megabytes}"));
        for eviction in Eviction::ALL {
            print!("{:>9}", eviction.name());
        }
        println!();
        let mut product = [0.0; Eviction::ALL.len()];
        for (name, requests) in &all {
            print!("{name:28}");
            for (sum, eviction) in product.iter_mut().zip(Eviction::ALL) {
                let ratio = miss_ratio(requests, megabytes, eviction);
                *sum += ratio.ln();
                print!("{ratio:9.4}");
            }
            println!();
        }
        print!("{:28}", "geometric mean");
        for sum in product {
            print!("{:9.4}", (sum / all.len() as f64).exp());
        }
        println!();
    }
}
