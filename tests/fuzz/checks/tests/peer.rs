//! The model that our server is held against, held against stock memcached: the same seeds and
//! mutations, as far as they are requests that every release understands the same way.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mcrs::codec::Decoded;
use mcrs::codec::text::request;
use mcrs_fuzz_checks::inputs::{Mutator, known};
use mcrs_fuzz_checks::line::{self, Line};
use mcrs_fuzz_checks::meta_line::Meta;
use mcrs_fuzz_checks::server::exec::{End, Step};
use mcrs_fuzz_checks::server::input;
use mcrs_fuzz_checks::server::model::{Held, Model, Sizes};
use mcrs_testkit::{Address, Program, Server, need};

/// Mutations, and the time for them on a slow machine.
const MUTATIONS: usize = 400;
const TIME: Duration = Duration::from_secs(3);

/// memcached's own.
const SIZES: Sizes = Sizes {
    item_max: 1 << 20,
    chunk_max: 512 << 10,
};

/// A connection to memcached.
struct Peer(BufReader<TcpStream>);

impl Peer {
    fn connect(server: &Server) -> Peer {
        let Address::Tcp(address) = server.address() else {
            panic!("started on TCP");
        };
        let stream = TcpStream::connect(address).expect("memcached accepts");
        stream.set_nodelay(true).expect("a socket can be set");
        let patience = Some(Duration::from_secs(20));
        stream
            .set_read_timeout(patience)
            .expect("a socket can be set");
        Peer(BufReader::new(stream))
    }

    fn send(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).expect("memcached reads");
    }

    /// One line, its end included.
    fn line(&mut self) -> Vec<u8> {
        let mut line = Vec::new();
        self.0
            .read_until(b'\n', &mut line)
            .expect("memcached answers");
        line
    }

    /// Values up to `END`, or a line in their place; all of it.
    fn values(&mut self) -> Vec<u8> {
        let mut reply = Vec::new();
        loop {
            let line = self.line();
            reply.extend_from_slice(&line);
            if !line.starts_with(b"VALUE ") {
                return reply;
            }
            let len: usize = word(&line, 3);
            let mut value = vec![0; len + 2];
            self.0.read_exact(&mut value).expect("memcached answers");
            reply.extend_from_slice(&value);
        }
    }

    /// The answer of a meta command, if there is one: an `mn` was sent behind it.
    fn meta(&mut self) -> Vec<u8> {
        let mut reply = Vec::new();
        loop {
            let line = self.line();
            if line == b"MN\r\n" {
                return reply;
            }
            reply.extend_from_slice(&line);
            if line.starts_with(b"VA ") {
                let len: usize = word(&line, 1);
                let mut value = vec![0; len + 2];
                self.0.read_exact(&mut value).expect("memcached answers");
                reply.extend_from_slice(&value);
            }
        }
    }

    /// What it has of a key.
    fn held(&mut self, key: &[u8]) -> Option<Held> {
        self.send(&[b"gets ", key, b"\r\n"].concat());
        let reply = self.values();
        if reply == b"END\r\n" {
            return None;
        }
        let end = reply.iter().position(|&b| b == b'\n').expect("a line") + 1;
        let (head, rest) = reply.split_at(end);
        let value = rest.strip_suffix(b"\r\nEND\r\n").expect("one value");
        Some(Held {
            flags: word(head, 2),
            value: value.to_vec(),
            cas: word(head, 4),
            inner: None,
        })
    }

    /// Empties it; the last CAS id that it gave.
    fn reset(&mut self) -> u64 {
        self.send(b"flush_all\r\nset probe 0 0 0\r\n\r\n");
        assert_eq!(self.line(), b"OK\r\n");
        assert_eq!(self.line(), b"STORED\r\n");
        let probe = self.held(b"probe").expect("just stored");
        self.send(b"delete probe\r\n");
        assert_eq!(self.line(), b"DELETED\r\n");
        probe.cas
    }
}

/// A number in a line.
fn word<T: std::str::FromStr>(line: &[u8], index: usize) -> T {
    let text = std::str::from_utf8(line).expect("text but for the key");
    let word = text.split_ascii_whitespace().nth(index);
    let number = word.and_then(|word| word.parse().ok());
    number.unwrap_or_else(|| panic!("word {index} of {text}"))
}

/// The requests of an input that all releases understand the same way, printed anew, each with its
/// data block.
fn understood(mut data: &[u8], now: i64) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let plain = |key: &[u8]| key.iter().all(u8::is_ascii_graphic) && key != b"noreply";
    // An exptime that means the same for as long as the test takes.
    let lasting = |exptime: i64| !(1..1000).contains(&exptime) && (exptime - now).abs() > 1000;
    let mut requests = Vec::new();
    while let Ok(Decoded::Complete { value, consumed }) = request::decode(data) {
        let request = line::decoded(&value);
        data = &data[consumed..];
        let mut block = None;
        let same = match &request {
            Line::Get { touch, keys, .. } => {
                keys.iter().all(|key| plain(key) && key.len() <= 250)
                    && touch.is_none_or(|exptime| lasting(exptime.into()))
            }
            Line::Store {
                key, exptime, len, ..
            } => {
                let Some(bytes) = data.get(..*len as usize + 2) else {
                    break;
                };
                data = &data[bytes.len()..];
                block = Some(bytes.to_vec());
                plain(key) && lasting(*exptime) && is_plain_block(bytes)
            }
            Line::Delete { key, .. } | Line::Arith { key, .. } => plain(key),
            Line::Touch { key, exptime, .. } => plain(key) && lasting((*exptime).into()),
            Line::FlushAll { exptime, .. } => exptime.is_none_or(|exptime| exptime <= 0),
            Line::Meta(meta) => {
                if meta.verb == b's' {
                    let Some(bytes) = data.get(..meta.len as usize + 2) else {
                        break;
                    };
                    data = &data[bytes.len()..];
                    block = Some(bytes.to_vec());
                }
                plain(&meta.key)
                    && block.as_deref().is_none_or(is_plain_block)
                    && meta_is_the_same(meta, lasting)
            }
            _ => false,
        };
        if let (true, Ok(request)) = (same, value) {
            let mut line = Vec::new();
            request.encode(&mut line);
            requests.push((line, block));
        }
    }
    requests
}

/// Whether 1.6.18 does with a data block what is expected: what it does with the rest of one that does
/// not end is its own; and incr of blanks reads on behind the value, into whatever was there before.
fn is_plain_block(block: &[u8]) -> bool {
    let blanks = block.iter().all(|b| b.is_ascii_whitespace() || *b == 0x0b);
    block.ends_with(b"\r\n") && (block.len() == 2 || !blanks)
}

/// Whether 1.6.18 answers a meta command as 1.6.45 does, however long it takes.
fn meta_is_the_same(meta: &Meta<'_>, lasting: impl Fn(i64) -> bool) -> bool {
    let known: &[u8] = match meta.verb {
        b'g' => b"kOqvsfcuTNIFMPLJD",
        b's' => b"kOqvfctTFMCIPLJD",
        b'd' => b"kOqvsfctTCIFMPLJD",
        b'a' => b"kOqvsfcNJDCMIFPL",
        _ => return false,
    };
    let exptime = |letter: u8| {
        meta.number(letter)
            .map(|n| i64::try_from(n).expect("32 bits"))
    };
    meta.flags.len() < 16
        && meta.flags.iter().all(|(letter, arg)| {
            let argument = arg.iter().all(u8::is_ascii_graphic);
            known.contains(letter) && argument && (*letter != b'M' || arg.len() == 1)
        })
        && [b'T', b'N'].into_iter().all(|letter| exptime(letter).is_none_or(&lasting))
        // It answers when it creates a number, in spite of q.
        && !(meta.verb == b'a' && meta.has(b'N') && meta.has(b'q'))
}

/// Sends the requests of an input one by one; the model judges each answer. The number of requests.
fn converse(peer: &RefCell<Peer>, data: &[u8]) -> usize {
    let judged = catch_unwind(AssertUnwindSafe(|| judge(peer, data)));
    judged.unwrap_or_else(|panic| {
        eprintln!("the input is {}", data.escape_ascii());
        resume_unwind(panic)
    })
}

fn judge(peer: &RefCell<Peer>, data: &[u8]) -> usize {
    let last_cas = peer.borrow_mut().reset();
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = since.expect("after 1970").as_secs() as i64;
    let mut model = Model::new(SIZES, now, last_cas);
    let requests = understood(&input(data, last_cas), now);
    for (line, block) in &requests {
        let mut asked = peer.borrow_mut();
        let request = line::read(line);
        let end: &[u8] = match request {
            Line::Meta(_) => b"mn\r\n",
            _ => b"",
        };
        asked.send(&[&line[..], block.as_deref().unwrap_or_default(), end].concat());
        let silent = line.ends_with(b" noreply\r\n");
        let reply = match request {
            Line::Get { .. } => asked.values(),
            Line::Meta(_) => asked.meta(),
            _ if silent => Vec::new(),
            _ => asked.line(),
        };
        drop(asked);
        let step = Step {
            line,
            block: block.as_deref(),
            reply,
            end: End::Done,
            consumed: 0,
        };
        model.judge(&step, &|key| peer.borrow_mut().held(key));
    }
    requests.len()
}

#[test]
fn memcached_answers_as_the_model_says() {
    // Without the threads that look at items beside us: what is being looked at is not padded.
    let args = ["-m", "64", "-t", "1", "-o", "no_modern"];
    let server = Server::start(&need!(Program::memcached()), &args);
    let peer = RefCell::new(Peer::connect(&server));
    let mut requests = 0;
    let known = known("server_exec");
    for (_, data) in &known {
        requests += converse(&peer, data);
    }
    let mut mutator = Mutator::new(known.into_iter().map(|(_, data)| data).collect());
    let started = Instant::now();
    for _ in 0..MUTATIONS {
        if started.elapsed() > TIME {
            break;
        }
        requests += converse(&peer, &mutator.mutate());
    }
    assert!(requests > 100, "{requests} requests are too few to tell");
}
