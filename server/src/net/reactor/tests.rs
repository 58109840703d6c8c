//! Who is polled, when, and how often.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

/// What a test has a task do when it is polled.
type Act = Box<dyn FnMut(&mut Probe, &Waker) -> Polled + Send>;

/// A task that tells of each poll.
struct Probe {
    name: u32,
    socket: UnixStream,
    readiness: Readiness,
    told: Sender<u32>,
    act: Option<Act>,
}

impl Task for Probe {
    fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    fn readiness(&mut self) -> &mut Readiness {
        &mut self.readiness
    }

    fn poll(&mut self, waker: &Waker) -> Polled {
        self.told.send(self.name).expect("the test listens");
        let mut act = self.act.take().expect("it is always put back");
        let polled = act(self, waker);
        self.act = Some(act);
        polled
    }
}

/// A reactor whose messages are tasks, and what those tell.
struct Bench {
    reactor: Reactor<Box<Probe>>,
    tell: Sender<u32>,
    told: Receiver<u32>,
}

impl Bench {
    fn new() -> Bench {
        let (tell, told) = channel();
        Bench {
            reactor: Reactor::new().expect("descriptors can be had"),
            tell,
            told,
        }
    }

    /// A task, and the other end of its socket.
    fn probe(
        &self,
        name: u32,
        act: impl FnMut(&mut Probe, &Waker) -> Polled + Send + 'static,
    ) -> (Box<Probe>, UnixStream) {
        let (near, far) = UnixStream::pair().expect("sockets can be had");
        near.set_nonblocking(true).expect("a socket can be set");
        let probe = Probe {
            name,
            socket: near,
            readiness: Readiness::default(),
            told: self.tell.clone(),
            act: Some(Box::new(act)),
        };
        (Box::new(probe), far)
    }

    fn add(
        &mut self,
        name: u32,
        act: impl FnMut(&mut Probe, &Waker) -> Polled + Send + 'static,
    ) -> UnixStream {
        let (probe, far) = self.probe(name, act);
        self.reactor.add(probe).expect("a socket can be watched");
        far
    }

    /// Who is polled in one turn, in order.
    fn turn(&mut self) -> Vec<u32> {
        assert!(self.reactor.turn(false, |reactor, probe| {
            reactor.add(probe).expect("a socket can be watched");
        }));
        self.told.try_iter().collect()
    }
}

/// Reads what there is; over at the end.
fn drain(probe: &mut Probe, _: &Waker) -> Polled {
    let mut buffer = [0; 64];
    while probe.readiness.is_readable() {
        match (&probe.socket).read(&mut buffer) {
            Ok(0) => return Polled::Over,
            Ok(len) if len < buffer.len() => probe.readiness.set_drained(),
            Ok(_) => {}
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                probe.readiness.set_empty();
            }
        }
    }
    Polled::Waits
}

#[test]
fn a_task_is_polled_when_something_comes_and_only_then() {
    let mut bench = Bench::new();
    let mut first = bench.add(1, drain);
    let mut second = bench.add(2, drain);
    assert_eq!(bench.turn(), []);
    second.write_all(b"x").expect("room");
    assert_eq!(bench.turn(), [2]);
    assert_eq!(bench.turn(), []);
    first.write_all(b"x").expect("room");
    second.write_all(b"x").expect("room");
    assert_eq!(bench.turn(), [1, 2]);
}

#[test]
fn an_end_that_came_with_the_last_bytes_is_not_forgotten() {
    let mut bench = Bench::new();
    let mut far = bench.add(1, drain);
    far.write_all(b"last").expect("room");
    drop(far);
    assert_eq!(bench.turn(), [1]);
    assert_eq!(bench.reactor.tasks(), 0);
}

#[test]
fn who_wants_more_has_one_turn_at_a_time() {
    let mut bench = Bench::new();
    let mut greedy = bench.add(1, |_, waker| {
        waker.wake_by_ref();
        Polled::Again
    });
    let mut modest = bench.add(2, drain);
    greedy.write_all(b"x").expect("room");
    assert_eq!(bench.turn(), [1]);
    greedy.write_all(b"y").expect("room");
    modest.write_all(b"x").expect("room");
    assert_eq!(bench.turn(), [2, 1], "others first");
    for _ in 0..10 {
        assert_eq!(bench.turn(), [1], "woken as well, and polled once");
    }
}

#[test]
fn who_lacked_room_hears_of_it() {
    let mut bench = Bench::new();
    let fill = |probe: &mut Probe, waker: &Waker| {
        while probe.readiness.is_writable() {
            if let Err(error) = (&probe.socket).write(&[0; 4096]) {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                probe.readiness.set_full();
            }
        }
        drain(probe, waker)
    };
    let mut far = bench.add(1, fill);
    assert_eq!(bench.turn(), [], "room is no news to who has not asked");
    far.write_all(b"begin").expect("room");
    assert_eq!(bench.turn(), [1]);
    assert_eq!(bench.turn(), []);
    for _ in 0..2 {
        far.set_nonblocking(true).expect("a socket can be set");
        while far.read(&mut [0; 4096]).is_ok() {}
        assert_eq!(bench.turn(), [1]);
    }
}

#[test]
fn a_waker_outlives_its_task_and_wakes_nobody_else() {
    let mut bench = Bench::new();
    let (tell, wakers) = channel();
    let mut far = bench.add(1, move |_, waker| {
        tell.send(waker.clone()).expect("the test listens");
        Polled::Over
    });
    far.write_all(b"x").expect("room");
    assert_eq!(bench.turn(), [1]);
    let waker = wakers.recv().expect("it was polled");
    let mut other = bench.add(2, drain);
    assert_eq!(bench.reactor.slots.len(), 1, "in the same place");
    waker.wake();
    assert_eq!(bench.turn(), []);
    other.write_all(b"x").expect("room");
    assert_eq!(bench.turn(), [2]);
}

#[test]
fn messages_and_wakers_end_its_sleep() {
    let bench = Bench::new();
    let (tell, wakers) = channel();
    let (probe, mut far) = bench.probe(1, move |probe, waker| {
        probe.readiness.set_empty();
        tell.send(waker.clone()).expect("the test listens");
        Polled::Waits
    });
    let (ours, told) = (bench.reactor.inbox(), bench.told);
    let mut reactor = bench.reactor;
    let thread = std::thread::spawn(move || {
        reactor.run(|reactor, probe| reactor.add(probe).expect("a socket can be watched"));
    });
    assert!(ours.put(probe).is_ok());
    far.write_all(b"x").expect("room");
    for _ in 0..100 {
        assert_eq!(told.recv(), Ok(1));
        wakers.recv().expect("it was polled").wake();
    }
    ours.close();
    thread.join().expect("no panic");
    let (late, _far) = Bench::new().probe(2, drain);
    assert!(ours.put(late).is_err(), "nobody is there");
}

#[test]
fn messages_do_not_outlive_the_reactor() {
    let bench = Bench::new();
    let inbox = bench.reactor.inbox();
    let (early, mut far) = bench.probe(1, drain);
    let (late, _far) = bench.probe(2, drain);
    assert!(inbox.put(early).is_ok());
    drop(bench.reactor);
    far.set_nonblocking(true).expect("a socket can be set");
    assert_eq!(far.read(&mut [0]).expect("the end"), 0);
    assert!(inbox.put(late).is_err());
}

#[test]
fn a_panic_ends_its_task_alone() {
    let mut bench = Bench::new();
    let (probe, mut bad) = bench.probe(1, |_, _| panic!("as the test wants it"));
    let probe = Box::new(Contained(*probe));
    bench.reactor.add(probe).expect("a socket can be watched");
    let mut good = bench.add(2, drain);
    for _ in 0..2 {
        bad.write_all(b"x").ok();
        good.write_all(b"x").expect("room");
        assert!(bench.turn().contains(&2));
    }
    assert_eq!(bench.reactor.tasks(), 1);
}
