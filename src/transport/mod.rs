//! Sockets, poll(2) and the clock: drives an [`Exchange`] to its end, blocking.
//!
//! It knows bytes and time-outs, and neither the protocol nor which server should be asked. No
//! threads, no signal handlers, no globals: the host program may fork and may be threaded. All
//! sockets are non-blocking and close-on-exec; `SIGPIPE` is never raised.
//!
//! This is the only module of the core that opens sockets and reads clocks.

mod clock;
mod resolve;
mod socket;

use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use smallvec::SmallVec;

pub use clock::now;
pub use socket::Link;

use crate::error::ErrorKind;
use crate::pool::{Exchange, Failure, LinkState, USUAL_SERVERS};
use socket::{Received, Sent};

/// Closed by the server in the middle of an answer, in pecl/memcache's words.
const CLOSED: &str = "Read failed (socket was unexpectedly closed)";

/// Drives `exchange` until every request is answered or given up.
///
/// `epoch` names the process: connections made under another one belong to the parent of a fork
/// and are left alone (closed here without a word to the server).
///
/// `now` is the time at which the exchange was started.
pub fn run(mut exchange: Exchange<'_, Link>, epoch: u64, mut now: Instant) {
    drop_stale(&mut exchange, epoch);
    let mut last_activity = now;
    loop {
        connect_all(&mut exchange, epoch);
        transmit_all(&mut exchange);
        if exchange.is_done() {
            return;
        }
        // A failure just now may have put requests onto a server that has no connection yet.
        if (0..exchange.slots()).any(|slot| exchange.wants_connect(slot)) {
            continue;
        }
        now = wait(&mut exchange, &mut last_activity, now);
    }
}

/// Drops connections that cannot be used any more, before anything is sent on them: closed ones,
/// and ones on which a server has said something unasked, which would be taken for the answer to
/// the next request. The look costs one system call a connection and is worth it.
fn drop_stale(exchange: &mut Exchange<'_, Link>, epoch: u64) {
    for slot in 0..exchange.slots() {
        let wanted = exchange.link_state(slot) == LinkState::Up && exchange.is_wanted(slot);
        let sound = |link: &Link| link.epoch() == epoch && link.is_quiet();
        if wanted && !exchange.link_ref(slot).is_some_and(sound) {
            exchange.discard_link(slot);
        }
    }
}

/// Begins to connect wherever a connection is wanted.
fn connect_all(exchange: &mut Exchange<'_, Link>, epoch: u64) {
    for slot in 0..exchange.slots() {
        // The loop is for servers that fail at once and are usable again at once: the pool bounds
        // how often it asks.
        while exchange.wants_connect(slot) {
            let address = exchange.address(slot).clone();
            let deadline = clock::now() + exchange.connect_timeout(slot);
            match resolve::resolve(&address.host, address.tcp_port) {
                Ok(targets) => match Link::connect(targets, deadline, epoch) {
                    Ok(link) => {
                        let connected = link.is_connected();
                        exchange.set_link(slot, link);
                        if connected {
                            exchange.handle_connected(slot);
                        }
                    }
                    Err(errno) => {
                        fail_connect(exchange, slot, socket::failure(ErrorKind::Connect, errno))
                    }
                },
                Err(resolve::Error::Unresolved(text)) => {
                    exchange.note_unresolved(slot, text.clone());
                    fail_connect(exchange, slot, Failure::new(ErrorKind::Connect, text));
                }
                Err(resolve::Error::Unsupported(text)) => {
                    fail_connect(exchange, slot, Failure::new(ErrorKind::Connect, text));
                }
            }
        }
    }
}

fn fail_connect(exchange: &mut Exchange<'_, Link>, slot: usize, why: Failure) {
    let text = [b"Connection failed: ", &why.text[..]].concat();
    exchange.handle_connect_error(slot, Failure { text, ..why }, clock::now());
}

fn transmit_all(exchange: &mut Exchange<'_, Link>) {
    for slot in 0..exchange.slots() {
        while exchange.wants_transmit(slot) {
            match transmit(exchange, slot) {
                Sent::Some(n) => exchange.handle_sent(slot, n),
                Sent::Full => break,
                Sent::Failed(errno) => {
                    let failure = socket::failure(ErrorKind::Io, errno);
                    exchange.handle_closed(slot, failure, clock::now());
                }
            }
        }
    }
}

fn transmit(exchange: &Exchange<'_, Link>, slot: usize) -> Sent {
    match exchange.link_ref(slot) {
        Some(link) => link.send(exchange.transmit(slot)),
        None => Sent::Failed(rustix::io::Errno::NOTCONN),
    }
}

/// Waits for the first thing to happen on any connection and deals with all that did. Returns the
/// time.
fn wait(exchange: &mut Exchange<'_, Link>, last_activity: &mut Instant, now: Instant) -> Instant {
    let mut deadline = None::<Instant>;
    let mut waiting: SmallVec<[(usize, PollFlags); USUAL_SERVERS]> = SmallVec::new();
    let mut fds: SmallVec<[PollFd<'_>; USUAL_SERVERS]> = SmallVec::new();
    for slot in 0..exchange.slots() {
        let Some(link) = exchange.link_ref(slot) else {
            continue;
        };
        let (flags, until) = match exchange.link_state(slot) {
            LinkState::Connecting => (PollFlags::OUT, link.deadline()),
            _ if exchange.wants_receive(slot) => {
                let out = exchange.wants_transmit(slot);
                let flags = if out {
                    PollFlags::IN | PollFlags::OUT
                } else {
                    PollFlags::IN
                };
                (flags, *last_activity + exchange.reply_timeout())
            }
            _ => continue,
        };
        deadline = Some(deadline.map_or(until, |d| d.min(until)));
        waiting.push((slot, PollFlags::empty()));
        fds.push(PollFd::new(link, flags));
    }
    let left = deadline.unwrap_or(now).saturating_duration_since(now);
    // EINTR and the like: look again with the time that is left.
    let count = poll(&mut fds, Some(&timespec(left))).unwrap_or(0);
    for ((_, events), fd) in waiting.iter_mut().zip(&fds) {
        *events = fd.revents();
    }
    drop(fds);
    let now = clock::now();
    if count > 0 {
        *last_activity = now;
    }
    for (slot, events) in waiting {
        match exchange.link_state(slot) {
            LinkState::Connecting => finish_connect(exchange, slot, !events.is_empty(), now),
            LinkState::Up if events.intersects(!PollFlags::OUT) => receive(exchange, slot, now),
            _ => {}
        }
    }
    if now >= *last_activity + exchange.reply_timeout() {
        exchange.handle_timeout(now);
        *last_activity = now;
    }
    now
}

/// Rounded up to a whole millisecond, so that a wait is never cut short of its deadline.
fn timespec(left: Duration) -> Timespec {
    let ms = left.as_micros().div_ceil(1000);
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    Timespec {
        tv_sec: ms / 1000,
        tv_nsec: ms % 1000 * 1_000_000,
    }
}

fn finish_connect(exchange: &mut Exchange<'_, Link>, slot: usize, ready: bool, now: Instant) {
    let Some(link) = exchange.link(slot) else {
        return;
    };
    match link.poll_connected(ready, now) {
        Ok(true) => exchange.handle_connected(slot),
        Ok(false) => {}
        Err(errno) => fail_connect(exchange, slot, socket::failure(ErrorKind::Connect, errno)),
    }
}

fn receive(exchange: &mut Exchange<'_, Link>, slot: usize, now: Instant) {
    match read(exchange, slot) {
        Received::Some(n) => exchange.handle_received(slot, n, now),
        Received::Nothing => {}
        Received::Closed => {
            exchange.handle_closed(slot, Failure::new(ErrorKind::Closed, CLOSED), now)
        }
    }
}

fn read(exchange: &mut Exchange<'_, Link>, slot: usize) -> Received {
    let (link, space) = exchange.link_and_space(slot);
    link.map_or(Received::Closed, |link| link.receive(space))
}
