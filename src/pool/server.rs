//! One server of a pool: where it is, whether it may be used, and its connection.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::conn::Conn;
use crate::options::MAX_TIMEOUT;

/// Where a server is, in the words in which it was added. Placement hashes `host:tcp_port`, so
/// these are kept byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// A name, an IPv4 address, `[v6]`, or `unix:///path`.
    pub host: Vec<u8>,
    /// 0 for unix sockets.
    pub tcp_port: u32,
    /// 0: none. Only reported; UDP is not built yet.
    pub udp_port: u32,
}

impl Address {
    /// Appends `host:port`, byte for byte.
    pub fn write_name(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.host);
        out.push(b':');
        out.extend_from_slice(self.tcp_port.to_string().as_bytes());
    }

    /// `host:port`, with bytes that are no UTF-8 replaced.
    pub fn name(&self) -> String {
        format!("{}:{}", String::from_utf8_lossy(&self.host), self.tcp_port)
    }
}

/// When a failed server may be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Not until its status is set by hand.
    Never,
    /// After this long.
    After(Duration),
}

impl Retry {
    /// pecl/memcache's `retry_interval`: seconds, negative for never.
    pub fn from_secs(secs: i64) -> Retry {
        u64::try_from(secs).map_or(Retry::Never, |s| Retry::After(Duration::from_secs(s)))
    }
}

/// How a server is to be treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerOptions {
    /// For connecting; the smallest of a pool's is also how long it waits for replies.
    pub timeout: Duration,
    /// When to try again after a failure.
    pub retry: Retry,
    /// False: marked failed from the start.
    pub up: bool,
}

impl ServerOptions {
    /// Times that can be added to a clock.
    fn bounded(self) -> ServerOptions {
        ServerOptions {
            timeout: self.timeout.min(MAX_TIMEOUT),
            ..self
        }
    }
}

impl Default for ServerOptions {
    /// 1 second, 15 seconds, up: pecl/memcache's defaults.
    fn default() -> Self {
        let retry = Retry::After(Duration::from_secs(15));
        ServerOptions {
            timeout: Duration::from_secs(1),
            retry,
            up: true,
        }
    }
}

/// Whether a server is believed to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Health {
    Up,
    /// Since when; `None`: marked by hand and never tried.
    Failed(Option<Instant>),
}

/// How far a server's connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// There is none.
    Down,
    /// It is being made.
    Connecting,
    /// Bytes can flow.
    Up,
}

/// A server and its connection. `L` is the transport's idea of a connection: the pool stores it
/// and drops it, and never looks inside.
#[derive(Debug)]
pub struct Server<L> {
    pub(super) address: Arc<Address>,
    pub(super) options: ServerOptions,
    health: Health,
    pub(super) conn: Conn,
    pub(super) link: Option<L>,
    pub(super) link_state: LinkState,
    /// The connection was taken over from an earlier use of the process and nothing has come from
    /// it since: it may well be stale, which is no failure of the server.
    pub(super) unproven: bool,
}

impl<L> Server<L> {
    /// A server without a connection.
    pub fn new(address: Address, options: ServerOptions) -> Server<L> {
        let options = options.bounded();
        Server {
            address: Arc::new(address),
            options,
            health: if options.up {
                Health::Up
            } else {
                Health::Failed(None)
            },
            conn: Conn::default(),
            link: None,
            link_state: LinkState::Down,
            unproven: false,
        }
    }

    /// Where it is.
    pub fn address(&self) -> &Arc<Address> {
        &self.address
    }

    /// Not marked failed. Also true of a server that was never tried.
    pub fn is_up(&self) -> bool {
        self.health == Health::Up
    }

    /// May be asked: up, or its retry interval is over.
    pub fn is_usable(&self, now: Instant) -> bool {
        match (self.health, self.options.retry) {
            (Health::Up, _) => true,
            (Health::Failed(_), Retry::Never) => false,
            (Health::Failed(None), Retry::After(_)) => true,
            (Health::Failed(Some(at)), Retry::After(pause)) => {
                now.saturating_duration_since(at) >= pause
            }
        }
    }

    /// Takes the times of new options and keeps its health: for a shared server that another pool
    /// takes into use.
    pub fn set_times(&mut self, options: ServerOptions) {
        self.options = ServerOptions {
            up: self.options.up,
            ..options.bounded()
        };
    }

    /// Takes new options; a server that was marked failed and shall be up is tried at its next
    /// use, one that shall be down keeps the time of its last failure.
    pub(super) fn set_options(&mut self, options: ServerOptions) {
        self.options = options.bounded();
        match (options.up, self.health) {
            (true, _) => self.health = Health::Up,
            (false, Health::Up) => {
                self.health = Health::Failed(None);
                self.drop_link();
            }
            (false, Health::Failed(_)) => {}
        }
    }

    pub(super) fn mark_failed(&mut self, now: Instant) {
        self.health = Health::Failed(Some(now));
    }

    pub(super) fn mark_connected(&mut self) {
        self.health = Health::Up;
        self.link_state = LinkState::Up;
    }

    /// Closes the connection; requests that are pending stay so.
    pub(super) fn drop_link(&mut self) {
        self.link = None;
        self.link_state = LinkState::Down;
        self.unproven = false;
        self.conn.restart();
    }

    /// Marks the connection, if there is one, as taken over from an earlier use: whether it still
    /// works is unknown.
    pub fn take_over(&mut self) {
        self.unproven = self.link_state == LinkState::Up;
    }
}
