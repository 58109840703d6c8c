//! The pool against servers that send whatever they like, on a made-up network with a made-up clock.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mcrs::client::{ArithVerb, StoreVerb, store_head};
use mcrs::error::ErrorKind;
use mcrs::hash::HashFn;
use mcrs::options::Strategy;
use mcrs::pool::{
    Address, Batch, Event, Exchange, Failover, Failure, LinkState, Outcome, Pool, Retry, Server,
    ServerOptions,
};

use crate::Input;

/// More than any exchange can need: each round sends, receives, connects or fails something.
const ROUNDS_MAX: usize = 20_000;

/// What the servers have to say, together and in order; and what happens on the way.
struct World<'a> {
    /// Decides; when it is used up everything goes well.
    control: Input<'a>,
    /// The bytes that servers send.
    bytes: Input<'a>,
    /// What came on each connection since the present operation began, and which slot that was.
    came: Vec<(usize, Vec<u8>)>,
    now: Instant,
}

/// A connection of which only the closing matters.
#[derive(Debug)]
struct Wire;

/// A pool, a few operations, and any bytes for answers: every operation ends; what is found was
/// asked for, once, and consists of bytes that came; without bytes there is no answer.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let servers = 1 + input.below(3);
    let mut pool = pool(&mut input, servers);
    let operations = 1 + input.below(4);
    let control_len = input.below(64);
    let mut world = World {
        control: Input::new(input.take(control_len)),
        bytes: input,
        came: Vec::new(),
        now: Instant::now(),
    };
    let mut batch = Batch::default();
    for _ in 0..operations {
        batch.clear();
        let asked = ask(&mut batch, &mut world.control, servers);
        world.came.clear();
        let mut events = Vec::new();
        let exchange = pool.start(&mut batch, &mut events, world.now);
        world.run(exchange);
        answered(&batch, &asked, &world.came);
        events.iter().for_each(|event| reported(event, servers));
        world.now += Duration::from_millis(world.control.byte().into());
    }
}

fn pool(input: &mut Input<'_>, servers: usize) -> Pool<Wire> {
    let strategy = [Strategy::Standard, Strategy::Consistent][input.below(2)];
    let mut pool = Pool::new(strategy, [HashFn::Crc32, HashFn::Fnv][input.below(2)]);
    pool.set_failover(Failover {
        allowed: input.below(4) != 0,
        max_attempts: 1 + input.below(20) as u32,
    });
    for i in 0..servers {
        let address = Address {
            host: b"host".to_vec(),
            tcp_port: i as u32,
            udp_port: 0,
        };
        let options = ServerOptions {
            timeout: Duration::from_secs(1),
            retry: [Retry::Never, Retry::from_secs(0), Retry::from_secs(1)][input.below(3)],
            up: true,
        };
        pool.add(Arc::new(Mutex::new(Server::new(address, options))), 1);
    }
    pool
}

/// What a batch asked for.
#[derive(Default)]
struct Asked {
    keys: Vec<Vec<u8>>,
    /// For each request that is no retrieval: the answers it may get.
    allowed: Vec<fn(Outcome) -> bool>,
}

/// Fills a batch: many keys, or up to four single operations.
fn ask(batch: &mut Batch, control: &mut Input<'_>, servers: usize) -> Asked {
    use Outcome::{
        ClientError, Done, Exists, NotFound, NotStored, Number, OutOfMemory, Text, TooLarge,
        Unanswered,
    };
    let mut asked = Asked::default();
    let keys = || (0..10u8).map(|i| format!("k{i}").into_bytes());
    let kind = control.below(8);
    if kind == 0 {
        let cas = control.below(2) == 1;
        // The same key may be asked for twice.
        let twice = keys().take(control.below(3));
        asked.keys = keys().chain(twice).collect();
        for key in &asked.keys {
            batch.multi_get(key, cas);
        }
        return asked;
    }
    for i in 0..=control.below(4) {
        let key = format!("k{i}").into_bytes();
        let member = control.below(servers);
        let allowed: fn(Outcome) -> bool = match (kind + i) % 7 {
            0 => {
                batch.get(&key, false);
                asked.keys.push(key);
                |outcome| matches!(outcome, Done | Unanswered)
            }
            1 | 2 => {
                let head = store_head(StoreVerb::Cas, &key, 1, 2, 3);
                batch.store(head, b"value");
                |outcome| {
                    let answers = [Done, NotFound, NotStored, Exists, Unanswered];
                    let refusals = [ClientError, TooLarge, OutOfMemory];
                    answers.contains(&outcome) || refusals.contains(&outcome)
                }
            }
            3 => {
                batch.arith(ArithVerb::Incr, &key, 1);
                |outcome| match outcome {
                    Number(n) => (i64::MIN.into()..=u64::MAX.into()).contains(&n),
                    other => [Done, NotFound, ClientError, Unanswered].contains(&other),
                }
            }
            4 => {
                batch.delete(&key);
                |outcome| [Done, NotFound, ClientError, Unanswered].contains(&outcome)
            }
            5 => {
                batch.version(member);
                |outcome| [Text, ClientError, Unanswered].contains(&outcome)
            }
            _ => {
                batch.stats(member, b"items");
                |outcome| [Done, ClientError, Unanswered].contains(&outcome)
            }
        };
        asked.allowed.push(allowed);
    }
    asked
}

/// Holds answers against the questions and against what came on each connection.
fn answered(batch: &Batch, asked: &Asked, came: &[(usize, Vec<u8>)]) {
    let all: usize = came.iter().map(|(_, stream)| stream.len()).sum();
    let mut found = vec![false; asked.keys.len()];
    let mut bytes = 0;
    for hit in batch.hits() {
        assert_eq!(
            hit.key, asked.keys[hit.index],
            "a hit that was not asked for"
        );
        assert!(!found[hit.index], "two hits for one question");
        found[hit.index] = true;
        bytes += hit.value.len() + "VALUE k0 0 0\n\r\n".len();
        let mut streams = came.iter().map(|(_, stream)| stream);
        let len = hit.value.len();
        let there = len == 0 || streams.any(|s| s.windows(len).any(|window| window == hit.value));
        assert!(there, "bytes that no server sent");
    }
    assert!(bytes <= all, "more was found than came");
    for (request, outcome) in batch.outcomes().enumerate() {
        if let Some(allowed) = asked.allowed.get(request) {
            assert!(allowed(outcome), "request {request}: {outcome:?}");
        }
        assert!(
            all > 1 || outcome == Outcome::Unanswered,
            "an answer out of nothing"
        );
        assert!(batch.text(request).len() <= all);
    }
}

fn reported(event: &Event, servers: usize) {
    let (server, error) = match event {
        Event::ServerFailed { server, error, .. } | Event::Refused { server, error, .. } => {
            (server, error)
        }
        other => panic!("no name was looked up: {other:?}"),
    };
    assert!((server.tcp_port as usize) < servers);
    assert!(
        !error.contains(&0) && error.len() <= 4096,
        "{} bytes",
        error.len()
    );
}

impl World<'_> {
    /// Drives an exchange to its end, as a transport does.
    fn run(&mut self, mut exchange: Exchange<'_, Wire>) {
        for rounds in 0.. {
            if exchange.is_done() {
                return;
            }
            assert!(rounds < ROUNDS_MAX, "the operation does not end");
            let mut moved = false;
            for slot in 0..exchange.slots() {
                moved |= self.step(&mut exchange, slot);
            }
            if !moved {
                self.now += exchange.reply_timeout();
                exchange.handle_timeout(self.now);
            }
        }
    }

    /// Notes what came on a connection.
    fn note(&mut self, slot: usize, bytes: &[u8]) {
        let mut streams = self.came.iter_mut().rev();
        match streams.find(|(of, _)| *of == slot) {
            Some((_, stream)) => stream.extend_from_slice(bytes),
            // Connected before the present operation.
            None => self.came.push((slot, bytes.to_vec())),
        }
    }

    /// Lets one thing happen on one connection; false if nothing can.
    fn step(&mut self, exchange: &mut Exchange<'_, Wire>, slot: usize) -> bool {
        let closed = || Failure::new(ErrorKind::Closed, "closed");
        if exchange.wants_connect(slot) {
            if self.control.byte() % 8 == 7 {
                let refused = Failure::new(ErrorKind::Connect, "refused");
                exchange.handle_connect_error(slot, refused, self.now);
            } else {
                exchange.set_link(slot, Wire);
                self.came.push((slot, Vec::new()));
            }
            return true;
        }
        match exchange.link_state(slot) {
            LinkState::Down => return false,
            LinkState::Connecting => {
                exchange.handle_connected(slot);
                return true;
            }
            LinkState::Up => {}
        }
        let decision = self.control.byte();
        let mut moved = false;
        if exchange.wants_transmit(slot) {
            let len: usize = exchange.transmit(slot).map(<[u8]>::len).sum();
            assert!(len > 0, "nothing to send after all");
            // Mostly all of it.
            let sent = if decision & 1 == 0 {
                len
            } else {
                len.div_ceil(2)
            };
            exchange.handle_sent(slot, sent);
            moved = true;
        }
        if !exchange.wants_receive(slot) {
            return moved;
        }
        match decision >> 1 {
            // Closes, or says nothing for a while.
            127 => exchange.handle_closed(slot, closed(), self.now),
            126 => return moved,
            // Says something: up to a line of it, or all.
            few => {
                let most = if few == 0 {
                    usize::MAX
                } else {
                    usize::from(few)
                };
                let bytes = self.bytes.take(most.min(16 << 10));
                if bytes.is_empty() {
                    exchange.handle_closed(slot, closed(), self.now);
                } else {
                    exchange.link_and_space(slot).1[..bytes.len()].copy_from_slice(bytes);
                    exchange.handle_received(slot, bytes.len(), self.now);
                    self.note(slot, bytes);
                }
            }
        }
        true
    }
}
