//! Real sessions: the same bytes in any pieces, read and answered at any pace, get the answers they
//! get when requests are carried out one by one.

use std::cell::RefCell;
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;

use mcrs::codec::binary::REQUEST_MAGIC;
use mcrs::codec::text::request::MAX_LINE_LEN;
use mcrsd::net::Solo;

use super::exec::{carry_out, is_verbosity};
use super::{Bed, frames, input};
use crate::input::{Input, pieces};
use crate::request::is_get;

/// More turns than a session can need for an input of a few kilobytes and what it answers.
const TURNS_MAX: usize = 1_000_000;

/// Two servers with the same past: one that carries out requests, one that has sessions.
struct Pair {
    plain: Bed,
    served: Bed,
    solo: Solo,
}

impl Pair {
    fn new() -> Pair {
        let (plain, served) = Bed::pair(Bed::new);
        Pair {
            plain,
            solo: Solo::new(served.context.shared).expect("descriptors can be had"),
            served,
        }
    }
}

thread_local! {
    static PAIR: RefCell<Option<Pair>> = const { RefCell::new(None) };
}

/// A client's bytes, cut: what comes back is what the requests were answered one by one.
pub fn check(data: &[u8]) {
    let mut control = Input::new(data);
    // Whether the client reads only when it has sent everything.
    let late = control.below(4) == 3;
    let cuts = control.take(4);
    if !is_answered_alike(control.rest()) {
        return;
    }
    PAIR.with_borrow_mut(|pair| {
        let pair = pair.get_or_insert_with(Pair::new);
        let last_cas = pair.plain.reset();
        assert_eq!(pair.served.reset(), last_cas, "the servers parted");
        let Case { data, expected } = Case::of(control.rest(), last_cas, &pair.plain);
        let answered = converse(&pair.solo, &data, cuts, late);
        let clean = without_stats(&data);
        let (expected, answered) = (clean(&expected), clean(&answered));
        assert!(
            expected == answered,
            "to the bytes cut: {}\nto the requests: {}",
            answered.escape_ascii(),
            expected.escape_ascii()
        );
        let clients = pair.served.context.shared.stats.conns.clients();
        assert_eq!(clients, 0, "the session was counted out");
    });
}

/// What a client sends, and what it is answered when requests are carried out one by one.
pub(super) struct Case {
    pub(super) data: Vec<u8>,
    pub(super) expected: Vec<u8>,
}

impl Case {
    /// Of the bytes of an input that are requests.
    pub(super) fn of(rest: &[u8], last_cas: u64, bed: &Bed) -> Case {
        if is_binary(rest) {
            let expected = frames::carry_out(&bed.context, rest);
            let data = rest.to_vec();
            return Case { data, expected };
        }
        let data = input(rest, last_cas);
        let mut expected = Vec::new();
        carry_out(&bed.context, &data, |step| {
            expected.extend_from_slice(&step.reply);
        });
        Case { data, expected }
    }
}

fn is_binary(data: &[u8]) -> bool {
    data.first() == Some(&REQUEST_MAGIC)
}

/// Takes statistics out of answers to these bytes: they depend on the time and on the connection.
pub(super) fn without_stats(data: &[u8]) -> fn(&[u8]) -> Vec<u8> {
    if is_binary(data) {
        frames::without_stats
    } else {
        without_stat_lines
    }
}

/// Whether requests are answered the same in any pieces, and without the session logging each of
/// them to standard error from some point on.
pub(super) fn is_answered_alike(data: &[u8]) -> bool {
    if is_binary(data) {
        return !frames::is_verbosity(data);
    }
    !is_verbosity(data) && !has_long_line(data) && !has_dump(data)
}

/// Whether there is a request that is refused when replies to others wait, and whose answer is in an
/// order of the server's own.
fn has_dump(data: &[u8]) -> bool {
    let mut lines = data.split(|&b| b == b'\n');
    lines.any(|line| {
        let mut words = line.split(|&b| b == b' ').filter(|word| !word.is_empty());
        words.next() == Some(b"lru_crawler")
            && words.next().is_some_and(|word| word.ends_with(b"dump"))
    })
}

/// Whether there may be a line that is taken when it comes whole, and refused when it does not.
/// Only the first is known to be a `get`: of another, a value may take the front.
fn has_long_line(data: &[u8]) -> bool {
    // With the longest CAS ids there could be in it.
    let data = input(data, u64::MAX - u64::from(u8::MAX));
    let mut lines = data.split_inclusive(|&b| b == b'\n').enumerate();
    lines.any(|(number, line)| {
        let taken = number == 0 && is_get(line);
        line.len() > MAX_LINE_LEN && line.ends_with(b"\n") && !taken
    })
}

/// Sends the bytes in pieces and reads what comes, until the session is over.
fn converse(solo: &Solo, data: &[u8], cuts: &[u8], late: bool) -> Vec<u8> {
    let (mut client, server) = UnixStream::pair().expect("a pair of sockets can be had");
    client.set_nonblocking(true).expect("a socket can be set");
    solo.admit(server, None).expect("a socket can be watched");
    let mut answered = Vec::new();
    let mut pieces = pieces(data, cuts);
    let mut piece: &[u8] = &[];
    let mut sending = true;
    for turn in 0.. {
        assert!(turn < TURNS_MAX, "the session does not end");
        if piece.is_empty() && sending {
            match pieces.next() {
                Some(next) => piece = next,
                None => {
                    sending = false;
                    // The session may be gone already.
                    let _ = client.shutdown(Shutdown::Write);
                }
            }
        }
        let wrote = match client.write(piece) {
            Ok(wrote) => wrote,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            // The session is gone, and takes no more.
            Err(_) => {
                sending = false;
                piece.len()
            }
        };
        let stuck = wrote < piece.len();
        piece = &piece[wrote..];
        let sessions = solo.turn();
        // Who does not read is in the end not read from.
        if !late || !sending || stuck {
            let ended = read(&mut client, &mut answered);
            if ended && sessions == 0 {
                break;
            }
        }
    }
    answered
}

/// Reads what there is; whether that is the end.
fn read(client: &mut UnixStream, answered: &mut Vec<u8>) -> bool {
    let mut buffer = [0; 8192];
    loop {
        match client.read(&mut buffer) {
            Ok(0) => return true,
            Ok(n) => answered.extend_from_slice(&buffer[..n]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            // Closed with bytes of ours unread.
            Err(_) => return true,
        }
    }
}

/// The lines that are no statistics.
fn without_stat_lines(reply: &[u8]) -> Vec<u8> {
    let lines = reply.split_inclusive(|&b| b == b'\n');
    let kept = lines.filter(|line| !line.starts_with(b"STAT "));
    kept.flatten().copied().collect()
}
