//! Figures about connections, and the list of them that `stats conns` prints.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use nix::sys::socket::{Shutdown, shutdown};

use crate::watch::Origin;

/// Who is at the other end.
#[derive(Debug, Clone, Copy)]
pub enum Peer {
    /// A TCP client.
    Tcp(SocketAddr),
    /// A client of the Unix socket.
    Unix,
    /// Nobody: the socket listens.
    Listening,
    /// Whoever sends a datagram.
    Datagrams(&'static Asker),
}

impl Peer {
    /// What the log calls it; nothing for sockets that are no client.
    pub fn origin(&self) -> Option<Origin> {
        match self {
            Peer::Tcp(address) => Some(Origin::Tcp(*address)),
            Peer::Unix => Some(Origin::Local),
            Peer::Listening | Peer::Datagrams(_) => None,
        }
    }
}

/// Who sent the datagram that a UDP socket is being read for, if any.
#[derive(Debug, Default)]
pub struct Asker(Mutex<Option<SocketAddr>>);

impl Asker {
    /// Notes who it is.
    pub fn set(&self, address: Option<SocketAddr>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = address;
    }

    /// Who it is.
    pub fn get(&self) -> Option<SocketAddr> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A TCP address as `stats conns` prints it.
pub fn tcp_name(address: &SocketAddr) -> String {
    match address {
        SocketAddr::V4(_) => format!("tcp:{address}"),
        SocketAddr::V6(_) => format!("tcp6:{address}"),
    }
}

/// A UDP address likewise.
pub fn udp_name(address: &SocketAddr) -> String {
    match address {
        SocketAddr::V4(_) => format!("udp:{address}"),
        SocketAddr::V6(_) => format!("udp6:{address}"),
    }
}

/// What a connection is doing, in memcached's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ConnState {
    /// Waits for clients.
    Listening,
    /// Accepted, nothing read yet.
    NewCommand,
    /// Waits for a command.
    Read,
    /// Carries out a command.
    Parse,
    /// Waits for the rest of a value.
    Value,
    /// Throws away a value.
    Swallow,
    /// Waits for the client to take a reply.
    Write,
    /// Is sent log lines.
    Watch,
    /// Is being closed for having been idle.
    Closing,
}

impl ConnState {
    const ALL: [ConnState; 9] = [
        ConnState::Listening,
        ConnState::NewCommand,
        ConnState::Read,
        ConnState::Parse,
        ConnState::Value,
        ConnState::Swallow,
        ConnState::Write,
        ConnState::Watch,
        ConnState::Closing,
    ];

    /// The word `stats conns` shows.
    pub fn name(self) -> &'static str {
        match self {
            ConnState::Listening => "conn_listening",
            ConnState::NewCommand => "conn_new_cmd",
            ConnState::Read => "conn_read",
            ConnState::Parse => "conn_parse_cmd",
            ConnState::Value => "conn_nread",
            ConnState::Swallow => "conn_swallow",
            ConnState::Write => "conn_mwrite",
            ConnState::Watch => "conn_watch",
            ConnState::Closing => "conn_closing",
        }
    }
}

/// What is known of one connection while it is open.
#[derive(Debug)]
pub struct ConnInfo {
    /// The other end.
    pub peer: Peer,
    /// The listening socket, as `Conns::listeners` numbers it.
    pub listener: u32,
    state: AtomicU8,
    last_command: AtomicU32,
}

impl ConnInfo {
    /// A connection accepted from a listener at a tick.
    pub fn new(peer: Peer, listener: u32, now: u32) -> ConnInfo {
        let state = match peer {
            Peer::Listening => ConnState::Listening,
            Peer::Datagrams(_) => ConnState::Read,
            _ => ConnState::NewCommand,
        };
        ConnInfo {
            peer,
            listener,
            state: AtomicU8::new(state as u8),
            last_command: AtomicU32::new(now),
        }
    }

    /// Notes what the connection is doing.
    #[inline]
    pub fn set_state(&self, state: ConnState) {
        self.state.store(state as u8, Relaxed);
    }

    /// Notes that a command came at this tick.
    #[inline]
    pub fn set_last_command(&self, now: u32) {
        self.last_command.store(now, Relaxed);
    }

    /// What the connection is doing.
    pub fn state(&self) -> ConnState {
        ConnState::ALL[usize::from(self.state.load(Relaxed))]
    }

    /// The tick of the last command.
    pub fn last_command(&self) -> u32 {
        self.last_command.load(Relaxed)
    }
}

/// Figures about connections.
#[derive(Debug)]
pub struct Conns {
    clients: AtomicU32,
    total: AtomicU64,
    rejected: AtomicU64,
    most: AtomicU32,
    /// Listeners that do not accept at present, and since when there are any.
    paused: Mutex<(u32, Option<Instant>)>,
    disabled: AtomicU64,
    disabled_us: AtomicU64,
    idle_kicks: AtomicU64,
    unexpected_queues: AtomicU64,
    unknown_queues: AtomicU64,
    open: Mutex<BTreeMap<i32, Arc<ConnInfo>>>,
    listeners: Mutex<Vec<String>>,
}

impl Default for Conns {
    fn default() -> Self {
        Conns {
            clients: AtomicU32::new(0),
            total: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
            most: AtomicU32::new(0),
            paused: Mutex::default(),
            disabled: AtomicU64::new(0),
            disabled_us: AtomicU64::new(0),
            idle_kicks: AtomicU64::new(0),
            unexpected_queues: AtomicU64::new(0),
            unknown_queues: AtomicU64::new(0),
            open: Mutex::default(),
            listeners: Mutex::default(),
        }
    }
}

impl Conns {
    /// Notes a listening socket by descriptor and address; returns its number.
    pub fn add_listener(&self, fd: i32, address: String, now: u32) -> u32 {
        self.add(fd, address, Peer::Listening, now).listener
    }

    /// Notes a UDP socket by descriptor and address.
    pub fn add_datagrams(
        &self,
        fd: i32,
        address: String,
        asker: &'static Asker,
        now: u32,
    ) -> Arc<ConnInfo> {
        self.add(fd, address, Peer::Datagrams(asker), now)
    }

    fn add(&self, fd: i32, address: String, peer: Peer, now: u32) -> Arc<ConnInfo> {
        let number = {
            let mut listeners = self.listeners();
            listeners.push(address);
            u32::try_from(listeners.len() - 1).unwrap_or(u32::MAX)
        };
        let info = Arc::new(ConnInfo::new(peer, number, now));
        self.lock().insert(fd, Arc::clone(&info));
        self.total.fetch_add(1, Relaxed);
        self.note_most();
        info
    }

    /// Counts a client in, unless there are `limit` of them already. Every success is paid back by
    /// [`leave`](Conns::leave).
    pub fn enter(&self, limit: u32) -> bool {
        let entered = self
            .clients
            .fetch_update(Relaxed, Relaxed, |n| (n < limit).then_some(n + 1))
            .is_ok();
        if entered {
            self.total.fetch_add(1, Relaxed);
            self.note_most();
        }
        entered
    }

    /// Counts a client out.
    pub fn leave(&self) {
        self.clients.fetch_sub(1, Relaxed);
    }

    /// Puts a client on the list under its descriptor.
    pub fn list(&self, fd: i32, info: Arc<ConnInfo>) {
        self.lock().insert(fd, info);
    }

    /// Takes a client off the list. Call it before the descriptor is closed: afterwards the number
    /// may be another client's.
    pub fn unlist(&self, fd: i32) {
        self.lock().remove(&fd);
    }

    /// Counts a client turned away.
    pub fn reject(&self) {
        self.rejected.fetch_add(1, Relaxed);
    }

    /// Notes that a listener stops accepting.
    pub fn pause(&self) {
        let mut paused = self.paused();
        paused.0 += 1;
        if paused.1.is_none() {
            paused.1 = Some(Instant::now());
            self.disabled.fetch_add(1, Relaxed);
        }
    }

    /// Notes that it goes on.
    pub fn resume(&self) {
        let mut paused = self.paused();
        paused.0 -= 1;
        if paused.0 == 0
            && let Some(since) = paused.1.take()
        {
            let us = u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
            self.disabled_us.fetch_add(us, Relaxed);
        }
    }

    /// Notes a client of a network queue more than there are workers for.
    pub fn note_unexpected_queue(&self) {
        self.unexpected_queues.fetch_add(1, Relaxed);
    }

    /// Notes a client whose network queue is not known.
    pub fn note_unknown_queue(&self) {
        self.unknown_queues.fetch_add(1, Relaxed);
    }

    /// How many there were of these two.
    pub fn queue_trouble(&self) -> (u64, u64) {
        (
            self.unexpected_queues.load(Relaxed),
            self.unknown_queues.load(Relaxed),
        )
    }

    /// Clients connected now.
    pub fn clients(&self) -> u32 {
        self.clients.load(Relaxed)
    }

    /// Open connections, listening ones included, minus 1: what memcached calls current.
    pub fn current(&self) -> u64 {
        let listeners = self.listeners().len() as u64;
        (listeners + u64::from(self.clients())).saturating_sub(1)
    }

    /// Connections ever opened, listening ones included.
    pub fn total(&self) -> u64 {
        self.total.load(Relaxed)
    }

    /// Clients ever turned away.
    pub fn rejected(&self) -> u64 {
        self.rejected.load(Relaxed)
    }

    /// The most connections there have been at once, listening ones included.
    pub fn most(&self) -> u32 {
        self.most.load(Relaxed)
    }

    /// Whether clients are being accepted.
    pub fn accepting(&self) -> bool {
        self.paused().0 == 0
    }

    /// How often accepting stopped, and for how many microseconds altogether.
    pub fn disabled(&self) -> (u64, u64) {
        (self.disabled.load(Relaxed), self.disabled_us.load(Relaxed))
    }

    /// Ends the connections of TCP clients that wait for a command and have had none for more than
    /// so many seconds.
    ///
    /// The session reads the end, and goes; it can still say goodbye, as TLS wants it. A value half read or a
    /// reply half taken does not count as waiting for a command.
    pub fn kick_idle(&self, timeout_sec: u32, now: u32) {
        // A session takes itself off the list before it closes its descriptor, and it has to wait
        // for the list: each number here is of the connection it is listed with.
        for (&fd, info) in self.lock().iter() {
            let waits = matches!(info.state(), ConnState::NewCommand | ConnState::Read);
            let idle = now.saturating_sub(info.last_command()) > timeout_sec;
            if waits && idle && matches!(info.peer, Peer::Tcp(_)) {
                info.set_state(ConnState::Closing);
                self.idle_kicks.fetch_add(1, Relaxed);
                // Fails if the client is gone already.
                let _ = shutdown(fd, Shutdown::Read);
            }
        }
    }

    /// Clients whose connections were ended for having been idle.
    pub fn idle_kicks(&self) -> u64 {
        self.idle_kicks.load(Relaxed)
    }

    /// Everything on the list, by descriptor.
    pub fn snapshot(&self) -> Vec<(i32, Arc<ConnInfo>)> {
        self.lock()
            .iter()
            .map(|(fd, info)| (*fd, Arc::clone(info)))
            .collect()
    }

    /// The address of a listening socket.
    pub fn listener_address(&self, number: u32) -> String {
        let listeners = self.listeners();
        listeners.get(number as usize).cloned().unwrap_or_default()
    }

    pub(super) fn reset(&self) {
        self.total.store(0, Relaxed);
        self.rejected.store(0, Relaxed);
        self.disabled.store(0, Relaxed);
        self.disabled_us.store(0, Relaxed);
        self.idle_kicks.store(0, Relaxed);
        self.unexpected_queues.store(0, Relaxed);
        self.unknown_queues.store(0, Relaxed);
    }

    fn note_most(&self) {
        let now = u32::try_from(self.current() + 1).unwrap_or(u32::MAX);
        self.most.fetch_max(now, Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<i32, Arc<ConnInfo>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn paused(&self) -> MutexGuard<'_, (u32, Option<Instant>)> {
        self.paused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listeners(&self) -> MutexGuard<'_, Vec<String>> {
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_listeners_pause_once() {
        let conns = Conns::default();
        conns.pause();
        conns.pause();
        assert!(!conns.accepting());
        conns.resume();
        assert!(!conns.accepting(), "one of them still pauses");
        assert_eq!(conns.disabled(), (1, 0));
        conns.resume();
        assert!(conns.accepting());
        conns.pause();
        assert_eq!(conns.disabled().0, 2);
    }

    #[test]
    fn clients_are_counted_up_to_the_limit() {
        let conns = Conns::default();
        conns.add_listener(3, "tcp:x".into(), 2);
        assert!(conns.enter(2) && conns.enter(2) && !conns.enter(2));
        assert_eq!((conns.clients(), conns.current(), conns.total()), (2, 2, 3));
        conns.leave();
        assert!(conns.enter(2));
        assert_eq!((conns.most(), conns.total()), (3, 4));
    }
}
