//! Which servers a key may go to, and in which order.
//!
//! Source: pecl/memcache 8.2, spec section 5.5; `vectors/hash-servers.tsv`, `failover-order.tsv`.

use crate::ring::Ring;

/// The rules for servers that do not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failover {
    /// Ask other servers at all (`memcache.allow_failover`).
    pub allowed: bool,
    /// How many other places of a key are looked at, 1 or more
    /// (`memcache.max_failover_attempts`).
    pub max_attempts: u32,
}

impl Default for Failover {
    fn default() -> Self {
        Failover {
            allowed: true,
            max_attempts: 20,
        }
    }
}

/// The other places of a key: where `key-0`, `key-1`, … belong.
#[derive(Debug, Clone, Default)]
pub(super) struct Probe {
    /// Servers that failed this request.
    taken: Vec<usize>,
    next: u32,
}

/// The server that a request for `key` goes to first. It may be unusable, if all that were looked
/// at are.
pub(super) fn choose(
    ring: &Ring,
    key: &[u8],
    failover: Failover,
    usable: impl Fn(usize) -> bool,
) -> usize {
    let mut server = ring.pick(key);
    if failover.allowed && !usable(server) {
        for i in 0..failover.max_attempts.max(1) {
            server = other_place(ring, key, i);
            if usable(server) {
                break;
            }
        }
    }
    server
}

impl Probe {
    /// The next server to try after `failed` has failed this request, or `None` to give up.
    pub(super) fn next(
        &mut self,
        ring: &Ring,
        key: &[u8],
        failed: usize,
        servers: usize,
        failover: Failover,
        usable: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let mut server = failed;
        loop {
            if !failover.allowed || self.exhausted(servers, failover) {
                return None;
            }
            loop {
                if !self.taken.contains(&server) {
                    self.taken.push(server);
                }
                server = self.step(ring, key, failover);
                if usable(server) || self.exhausted(servers, failover) {
                    break;
                }
            }
            if usable(server) {
                return Some(server);
            }
        }
    }

    fn exhausted(&self, servers: usize, failover: Failover) -> bool {
        self.next >= failover.max_attempts || self.taken.len() >= servers
    }

    /// At least one step, then on until a server that is not taken.
    fn step(&mut self, ring: &Ring, key: &[u8], failover: Failover) -> usize {
        loop {
            let server = other_place(ring, key, self.next);
            self.next += 1;
            if !self.taken.contains(&server) || self.next >= failover.max_attempts {
                return server;
            }
        }
    }
}

/// Where `key-i` belongs; the text may exceed 250 bytes.
fn other_place(ring: &Ring, key: &[u8], i: u32) -> usize {
    let mut text = Vec::with_capacity(key.len() + 11);
    text.extend_from_slice(key);
    text.push(b'-');
    crate::codec::num::push_u64(&mut text, u64::from(i));
    ring.pick(&text)
}

#[cfg(test)]
#[path = "route_tests.rs"]
mod tests;
