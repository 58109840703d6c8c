//! What clients feel of the work behind the scenes: latency of single requests while the hash table
//! grows, the crawler runs and pages move, beside the latency when none of it is done: of the same
//! server, or for growth of one whose table is large enough from the start.
//!
//! One worker, loopback. One client asks, waits for the answer and asks again: gets and sets of 100
//! bytes in turns. Quiet and busy spells of a tenth of a second alternate, so that a noisy machine is
//! noisy to both; the first milliseconds of each belong to neither.
//!
//! Run by `cargo bench -p mcrsd --bench pauses`. Words after `--` choose rows: `growth`, `crawler`,
//! `moves`. `MCRS_BENCH_MCRSD` names another binary, `MCRS_BENCH_SPELLS` another number of spells than
//! 60 of each kind.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::{park_timeout, scope};
use std::time::{Duration, Instant};

use mcrs_testkit::{Program, Server};

/// How long it is quiet, or busy, at a time.
const SPELL: Duration = Duration::from_millis(100);
/// How much of a spell is left for things to settle.
const SETTLE: Duration = Duration::from_millis(5);
/// How much of its quiet p99 a server may reach when busy.
const BAR: f64 = 1.1;
/// The highest class there may be.
const LAST_CLASS: u32 = 63;
/// Keys of the client whose latency is measured.
const KEYS: usize = 1000;

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let ours = std::env::var("MCRS_BENCH_MCRSD");
    let ours = ours.unwrap_or_else(|_| env!("CARGO_BIN_EXE_mcrsd").to_owned());
    let ours = Program::at(ours).expect("a server");
    println!(
        "latency of one request after the other, microseconds; busy p99 to quiet p99 <= {BAR}"
    );
    println!(
        "{:32} {:>9} {:>9} {:>9} {:>9} {:>7}",
        "", "p50", "p99", "busy p50", "busy p99", "ratio"
    );
    for row in ROWS {
        if words.is_empty() || words.iter().any(|word| word == row.word) {
            measure(row, &ours);
        }
    }
}

/// Something to do to a server.
type Act = fn(&mut Admin, busy: bool);

/// What is measured.
struct Row {
    word: &'static str,
    name: &'static str,
    /// Options of the server, and of the one that is asked in quiet spells if it is another.
    args: &'static [&'static str],
    quiet_args: Option<&'static [&'static str]>,
    prepare: Act,
    /// Done again and again, in quiet spells too.
    disturb: Act,
}

const ROWS: &[Row] = &[
    Row {
        word: "growth",
        name: "the hash table grows",
        args: &["-t", "1", "-m", "1024", "-o", "no_lru_crawler"],
        // The same stores of new keys into a table that is large enough from the start.
        quiet_args: Some(&["-t", "1", "-m", "1024", "-o", "no_lru_crawler,hashpower=24"]),
        prepare: |_, _| (),
        disturb: |admin, _| {
            admin.store(admin.stored, 50);
            admin.stored += 50;
            park_timeout(Duration::from_micros(200));
        },
    },
    Row {
        word: "crawler",
        name: "the crawler runs",
        args: &["-t", "1", "-m", "1024", "-o", "no_lru_crawler"],
        quiet_args: None,
        prepare: |admin, _| {
            (0..2000).for_each(|batch| admin.store(batch * 500, 500));
            admin.ask("lru_crawler enable\r\n");
        },
        disturb: |admin, busy| {
            admin.ask(if busy {
                "lru_crawler crawl all\r\n"
            } else {
                "verbosity 0\r\n"
            });
            park_timeout(Duration::from_millis(2));
        },
    },
    Row {
        word: "moves",
        name: "pages move",
        args: &[
            "-t",
            "1",
            "-m",
            "1024",
            "-o",
            "no_lru_crawler,slab_automove=0",
        ],
        quiet_args: None,
        prepare: |admin, _| {
            (0..800).for_each(|batch| admin.store(batch * 500, 500));
            admin.class = admin.largest_class();
            // Every other item goes, so that the others find room wherever they are moved.
            (0..200_000).for_each(|number| admin.ask(&format!("delete key-{:08}\r\n", 2 * number)));
        },
        // To the last class and back.
        disturb: |admin, busy| {
            let (class, other) = if busy {
                (admin.class, LAST_CLASS)
            } else {
                (0, 0)
            };
            admin.ask(&format!("slabs reassign {class} {other}\r\n"));
            admin.ask(&format!("slabs reassign {other} {class}\r\n"));
            park_timeout(Duration::from_millis(5));
        },
    },
];

/// Measures a row and prints it.
fn measure(row: &Row, program: &Program) {
    let spells = std::env::var("MCRS_BENCH_SPELLS").ok();
    let spells: u32 = spells.and_then(|text| text.parse().ok()).unwrap_or(60);
    let server = Server::start(program, row.args);
    let other = row.quiet_args.map(|args| Server::start(program, args));
    let quiet = other.as_ref().unwrap_or(&server);
    let mut admins = [Admin::new(quiet), Admin::new(&server)];
    let mut clients = [Client::new(quiet), Client::new(&server)];
    (row.prepare)(&mut admins[1], true);
    admins[0].class = admins[1].class;
    let (busy, since, end) = (
        AtomicBool::new(false),
        AtomicU64::new(0),
        AtomicBool::new(false),
    );
    let start = Instant::now();
    let elapsed = || start.elapsed().as_nanos() as u64;
    let mut taken = [Vec::new(), Vec::new()];
    scope(|scope| {
        scope.spawn(|| {
            for spell in 0..2 * spells {
                let is_busy = spell % 2 == 1;
                busy.store(is_busy, Relaxed);
                since.store(elapsed(), Relaxed);
                let begun = Instant::now();
                while begun.elapsed() < SPELL {
                    (row.disturb)(&mut admins[usize::from(is_busy)], is_busy);
                }
            }
            end.store(true, Relaxed);
        });
        while !end.load(Relaxed) {
            let (is_busy, begun) = (busy.load(Relaxed), since.load(Relaxed));
            let time = clients[usize::from(is_busy)].ask_one();
            let settled = elapsed().saturating_sub(begun) > SETTLE.as_nanos() as u64;
            if settled && is_busy == busy.load(Relaxed) {
                taken[usize::from(is_busy)].push(time);
            }
        }
    });
    let [quiet, busy] = taken.map(|mut times| {
        times.sort_unstable();
        let at = |part: f64| times[(times.len() as f64 * part) as usize] as f64 / 1e3;
        (at(0.5), at(0.99))
    });
    let ratio = busy.1 / quiet.1;
    let verdict = if ratio <= BAR { "" } else { "  over" };
    println!(
        "{:32} {:9.1} {:9.1} {:9.1} {:9.1} {ratio:7.2}{verdict}",
        row.name, quiet.0, quiet.1, busy.0, busy.1
    );
}

/// The client whose latency is measured.
struct Client {
    socket: TcpStream,
    asked: usize,
}

impl Client {
    fn new(server: &Server) -> Client {
        let socket = connect(server);
        let mut client = Client { socket, asked: 0 };
        // A set first, so that every get finds something.
        for _ in 0..2 * KEYS {
            client.ask_one();
        }
        client
    }

    /// Asks one request and waits for its answer; nanoseconds.
    fn ask_one(&mut self) -> u64 {
        let key = self.asked / 2 % KEYS;
        let (request, end) = if self.asked.is_multiple_of(2) {
            let value = "v".repeat(100);
            (
                format!("set probe-{key:04} 0 0 100\r\n{value}\r\n"),
                "STORED\r\n",
            )
        } else {
            (format!("get probe-{key:04}\r\n"), "END\r\n")
        };
        self.asked += 1;
        let begun = Instant::now();
        self.socket.write_all(request.as_bytes()).expect("it reads");
        read_until(&mut self.socket, end);
        begun.elapsed().as_nanos() as u64
    }
}

/// The client that gives the server work.
struct Admin {
    socket: TcpStream,
    stored: usize,
    class: u32,
}

impl Admin {
    fn new(server: &Server) -> Admin {
        let socket = connect(server);
        Admin {
            socket,
            stored: 0,
            class: 0,
        }
    }

    /// Asks something that is answered by one line.
    fn ask(&mut self, request: &str) {
        self.socket.write_all(request.as_bytes()).expect("it reads");
        read_until(&mut self.socket, "\r\n");
    }

    /// Stores so many items from a number on.
    fn store(&mut self, first: usize, count: usize) {
        let value = "v".repeat(100);
        let mut text = String::new();
        for number in first..first + count {
            text.push_str(&format!(
                "set key-{number:08} 0 0 100 noreply\r\n{value}\r\n"
            ));
        }
        text.push_str("version\r\n");
        self.ask(&text);
    }

    /// The class with the most pages.
    fn largest_class(&mut self) -> u32 {
        self.socket.write_all(b"stats slabs\r\n").expect("it reads");
        let text = read_until(&mut self.socket, "END\r\n");
        let pages = text.lines().filter_map(|line| {
            let (class, rest) = line.strip_prefix("STAT ")?.split_once(':')?;
            let pages = rest.strip_prefix("total_pages ")?;
            Some((pages.parse::<u64>().ok()?, class.parse().ok()?))
        });
        pages.max().map_or(1, |(_, class)| class)
    }
}

fn connect(server: &Server) -> TcpStream {
    let socket = TcpStream::connect(("127.0.0.1", server.port())).expect("it accepts");
    socket.set_nodelay(true).expect("TCP_NODELAY");
    socket
}

/// Reads until what came ends so.
fn read_until(socket: &mut TcpStream, end: &str) -> String {
    let (mut text, mut buffer) = (Vec::new(), [0; 16 << 10]);
    while !text.ends_with(end.as_bytes()) {
        let got = socket.read(&mut buffer).expect("it answers");
        assert!(got > 0, "the server closed");
        text.extend_from_slice(&buffer[..got]);
    }
    String::from_utf8(text).expect("plain text")
}
