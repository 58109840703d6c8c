//! Counters: each is defined here once, with the name clients see.
//!
//! Every worker has its own set, written by that worker alone, so counting costs a load and a
//! store and no cache line travels. Asking sums them up. What the engine counts (evictions,
//! reclaims, figures of slab classes) is the engine's; `groups.rs` prints both.

mod buffers;
mod conns;
mod groups;
mod prefixes;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

pub use buffers::{BufferTotals, Buffers, Share};
pub use conns::{Asker, ConnInfo, ConnState, Conns, Peer, tcp_name, udp_name};
pub use groups::{Put, conn_list, general, items, own, settings, sizes, slabs};
pub use prefixes::{Prefix, Prefixes};

/// Declares the per-worker counters and the struct of their sums.
macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What one worker counts. Aligned so that no two workers share a cache line.
        #[derive(Debug, Default)]
        #[repr(align(128))]
        pub struct Counters {
            $($(#[$doc])* pub $name: Counter,)*
            /// What its connections hold.
            pub buffers: Buffers,
        }

        /// Sums over all workers.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct Totals {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl Totals {
            fn sum(workers: &[Counters]) -> Totals {
                let mut totals = Totals::default();
                for worker in workers {
                    $(totals.$name += worker.$name.get();)*
                }
                totals
            }

            fn since(&self, before: &Totals) -> Totals {
                Totals { $($name: self.$name.saturating_sub(before.$name),)* }
            }
        }
    };
}

counters! {
    /// Keys looked up by `get` and `gets`.
    cmd_get,
    /// Storage commands whose item could be allocated, whatever became of it.
    cmd_set,
    /// `flush_all` commands, refused ones included.
    cmd_flush,
    /// `touch`, and keys of `gat` and `gats`, hit or miss.
    cmd_touch,
    /// `me` commands.
    cmd_meta,
    /// Keys of `get` and `gets` that were found.
    get_hits,
    /// Keys of `get` and `gets` that were not.
    get_misses,
    /// `delete` of a missing key.
    delete_misses,
    /// `delete` that removed something.
    delete_hits,
    /// `incr` of a missing key.
    incr_misses,
    /// `incr` that counted.
    incr_hits,
    /// `decr` of a missing key.
    decr_misses,
    /// `decr` that counted.
    decr_hits,
    /// `cas` of a missing key.
    cas_misses,
    /// `cas` with the right id.
    cas_hits,
    /// `cas` with another id.
    cas_badval,
    /// `touch`, `gat` and `gats` keys found.
    touch_hits,
    /// `touch`, `gat` and `gats` keys not found.
    touch_misses,
    /// Stores refused because the item is over `-I`.
    store_too_large,
    /// Stores refused for lack of memory.
    store_no_memory,
    /// Logins tried, with a name and a password.
    auth_cmds,
    /// Logins refused.
    auth_errors,
    /// Connections closed because there was no memory to read into.
    read_buf_oom,
    /// Replies given up because they would have taken too much memory.
    response_obj_oom,
    /// TLS handshakes that failed.
    ssl_handshake_errors,
    /// Failures of TLS, those of handshakes among them.
    ssl_proto_errors,
    /// TLS handshakes that resumed nothing, if sessions can be resumed.
    ssl_new_sessions,
    /// Bytes that came in over sockets.
    bytes_read,
    /// Bytes that went out over sockets.
    bytes_written,
    /// Times a connection had used up its `-R` requests and waited for its next turn.
    conn_yields,
}

/// A number one thread writes and all may read.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Counts `n` up. Only the owning worker calls this.
    #[inline]
    pub fn add(&self, n: u64) {
        // Not a read-modify-write instruction: there is one writer.
        self.0.store(self.0.load(Relaxed).wrapping_add(n), Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// All counters of a server.
#[derive(Debug)]
pub struct Stats {
    workers: Box<[Counters]>,
    /// What the sums were at the last reset: workers are not disturbed by it.
    baseline: Mutex<Totals>,
    /// Connections.
    pub conns: Conns,
    /// Figures by prefix of keys.
    pub prefixes: Prefixes,
}

impl Stats {
    /// Counters at 0 for this many workers, whose connections may hold so many buffers each (0: any
    /// number).
    pub fn new(workers: u32, buffers: u32, prefixes: Prefixes) -> Stats {
        let counters = |_| Counters {
            buffers: Buffers::limited(buffers),
            ..Counters::default()
        };
        Stats {
            workers: (0..workers).map(counters).collect(),
            baseline: Mutex::new(Totals::default()),
            conns: Conns::default(),
            prefixes,
        }
    }

    /// The set of one worker, from 0.
    ///
    /// # Panics
    /// If there are not that many workers.
    pub fn worker(&self, index: usize) -> &Counters {
        &self.workers[index]
    }

    /// What connections hold, of all workers.
    pub fn buffers(&self) -> BufferTotals {
        BufferTotals::sum(self.workers.iter().map(|worker| &worker.buffers))
    }

    /// Sums since the last reset.
    pub fn totals(&self) -> Totals {
        let baseline = self.baseline.lock().unwrap_or_else(PoisonError::into_inner);
        Totals::sum(&self.workers).since(&baseline)
    }

    /// Starts counting from 0 again.
    pub fn reset(&self) {
        let mut baseline = self.baseline.lock().unwrap_or_else(PoisonError::into_inner);
        *baseline = Totals::sum(&self.workers);
        self.conns.reset();
        self.prefixes.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_over_workers_and_since_the_reset() {
        let stats = Stats::new(2, 0, Prefixes::new(b':', false));
        stats.worker(0).cmd_get.add(3);
        stats.worker(1).cmd_get.add(4);
        assert_eq!(stats.totals().cmd_get, 7);
        stats.reset();
        assert_eq!(stats.totals(), Totals::default());
        stats.worker(1).cmd_get.add(1);
        assert_eq!(stats.totals().cmd_get, 1);
    }

    #[test]
    fn workers_share_no_cache_line() {
        assert!(align_of::<Counters>() >= 128 && size_of::<Counters>().is_multiple_of(128));
    }
}
