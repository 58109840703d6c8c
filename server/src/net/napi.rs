//! Choosing a worker by the queue of the network card that a client came through (`-N`).
//!
//! Clients of one queue go to one worker, so that the processor that takes the card's interrupts
//! for a queue also serves its clients. Which queue goes with which worker is found out as clients
//! come. Source: mcrsd.md 1.2; the order of assignment and the counters were measured on 1.6.18.

use std::io;
use std::os::fd::AsFd;
use std::sync::{Mutex, PoisonError};

use nix::sys::socket::getsockopt;
use nix::{getsockopt_impl, sockopt_impl};

sockopt_impl!(
    /// The receive queue of a connection, 0 if none is known.
    IncomingNapiId,
    GetOnly,
    libc::SOL_SOCKET,
    libc::SO_INCOMING_NAPI_ID,
    u32
);

/// The queue a socket's last packet came through; `None` if it is not known, as on loopback.
pub(super) fn queue_of(socket: &impl AsFd) -> io::Result<Option<u32>> {
    let id = getsockopt(socket, IncomingNapiId)?;
    Ok((id != 0).then_some(id))
}

/// Which queue is which worker's.
#[derive(Debug)]
pub(super) struct Queues {
    /// Most queues told apart, at least 1.
    most: usize,
    /// By worker.
    known: Mutex<Vec<u32>>,
}

/// A worker for a queue.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// The one the queue is assigned to.
    Worker(usize),
    /// There are more queues than were named; all are assigned anew, this one first.
    Anew(usize),
}

impl Queues {
    pub(super) fn new(most: usize) -> Queues {
        Queues {
            most,
            known: Mutex::default(),
        }
    }

    /// The worker of a queue, from 0 to below the number of queues.
    pub(super) fn choose(&self, queue: u32) -> Choice {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(worker) = known.iter().position(|&id| id == queue) {
            return Choice::Worker(worker);
        }
        let anew = known.len() >= self.most;
        if anew {
            known.clear();
        }
        known.push(queue);
        let worker = known.len() - 1;
        if anew {
            Choice::Anew(worker)
        } else {
            Choice::Worker(worker)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_queue_has_its_worker() {
        let queues = Queues::new(2);
        assert_eq!(queues.choose(70), Choice::Worker(0));
        assert_eq!(queues.choose(71), Choice::Worker(1));
        assert_eq!(queues.choose(70), Choice::Worker(0));
        assert_eq!(queues.choose(71), Choice::Worker(1));
    }

    #[test]
    fn one_queue_too_many_assigns_all_anew() {
        let queues = Queues::new(2);
        queues.choose(70);
        queues.choose(71);
        assert_eq!(queues.choose(72), Choice::Anew(0));
        assert_eq!(queues.choose(71), Choice::Worker(1));
        assert_eq!(queues.choose(70), Choice::Anew(0));
    }
}
