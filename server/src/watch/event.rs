//! What can happen, and the line that tells of it.

use std::fmt;
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use crate::crawler::Report;
use crate::engine::Evicted;
use crate::quote::quote;

/// Kinds of events, each a bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Stream {
    /// Lookups.
    Fetchers = 1,
    /// Stores.
    Mutations = 2,
    /// Items that go to make room.
    Evictions = 4,
    /// Connections that come and go.
    ConnEvents = 8,
    /// What the server does of its own accord.
    SysEvents = 16,
    /// Deletes.
    Deletions = 32,
}

/// A set of kinds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Streams(u32);

impl Streams {
    /// No kind.
    pub const NONE: Streams = Streams(0);

    /// The kinds a word of the `watch` command means; possibly none, for those of memcached's proxy
    /// and its raw commands.
    pub fn named(word: &[u8]) -> Option<Streams> {
        Some(match word {
            b"fetchers" => Stream::Fetchers.into(),
            b"mutations" => Stream::Mutations.into(),
            b"evictions" => Stream::Evictions.into(),
            b"connevents" => Stream::ConnEvents.into(),
            b"sysevents" => Stream::SysEvents.into(),
            b"deletions" => Stream::Deletions.into(),
            b"rawcmds" | b"proxyreqs" | b"proxyevents" | b"proxyuser" => Streams::NONE,
            _ => return None,
        })
    }

    /// These and those.
    #[must_use]
    pub fn and(self, other: Streams) -> Streams {
        Streams(self.0 | other.0)
    }

    /// As a set of the bits of [`Stream`].
    pub(super) fn bits(self) -> u32 {
        self.0
    }
}

impl From<Stream> for Streams {
    fn from(stream: Stream) -> Streams {
        Streams(stream as u32)
    }
}

/// Where a client comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The Unix socket.
    Local,
    /// TCP.
    Tcp(SocketAddr),
    /// UDP.
    Udp(SocketAddr),
}

/// Who ended a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// The client, by closing or by `quit`.
    Normal,
    /// The server, over something the client did.
    Error,
    /// The server, after a time without commands.
    IdleTimeout,
    /// The end of the server.
    Shutdown,
}

impl CloseReason {
    fn name(self) -> &'static str {
        match self {
            CloseReason::Normal => "normal",
            CloseReason::Error => "error",
            CloseReason::IdleTimeout => "idle_timeout",
            CloseReason::Shutdown => "shutdown",
        }
    }
}

/// Something that happened. Classes are numbered from 1, 0 is none; `client` is a descriptor; bytes are
/// those of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A key was looked up, by whatever command.
    Get {
        /// 1 ..= 250 bytes.
        key: &'a [u8],
        /// What was found, a word.
        status: &'static str,
        /// Class of the item, if one was found.
        class: u8,
        /// Who asked.
        client: i32,
        /// Bytes of the item, if one was found.
        bytes: usize,
    },
    /// A storage command is over.
    Store {
        /// 1 ..= 250 bytes.
        key: &'a [u8],
        /// What became of it, a word.
        status: &'static str,
        /// Its name.
        command: &'static str,
        /// Seconds the item has to live, 0 for ever.
        ttl: u32,
        /// Class of the item.
        class: u8,
        /// Who asked.
        client: i32,
        /// Bytes of the item.
        bytes: usize,
    },
    /// A delete did delete.
    Delete {
        /// 1 ..= 250 bytes.
        key: &'a [u8],
        /// Its name.
        command: &'static str,
        /// Class of the item.
        class: u8,
        /// Bytes of the item.
        bytes: usize,
    },
    /// An item went to make room.
    Evict(Evicted<'a>),
    /// A client came.
    ConnNew {
        /// From there.
        origin: Origin,
        /// It is.
        client: i32,
    },
    /// A client went.
    ConnClose {
        /// From there.
        origin: Origin,
        /// Who ended it.
        reason: CloseReason,
        /// It was.
        client: i32,
    },
    /// TLS failed with a client.
    TlsError {
        /// It is.
        client: i32,
        /// How, in one line.
        text: &'a str,
    },
    /// A page went from one class to another, or did not get there.
    SlabMove {
        /// The class it was in.
        from: u8,
        /// The class it was to go to.
        to: u8,
        /// Whether it got there.
        arrived: bool,
    },
    /// The crawler has been through a class.
    Crawl(Report),
}

impl Event<'_> {
    /// Its kind.
    pub fn stream(&self) -> Stream {
        match self {
            Event::Get { .. } => Stream::Fetchers,
            Event::Store { .. } => Stream::Mutations,
            Event::Delete { .. } => Stream::Deletions,
            Event::Evict(_) => Stream::Evictions,
            Event::ConnNew { .. } | Event::ConnClose { .. } | Event::TlsError { .. } => {
                Stream::ConnEvents
            }
            Event::SlabMove { .. } | Event::Crawl(_) => Stream::SysEvents,
        }
    }

    /// Its name in the line.
    fn name(&self) -> &'static str {
        match self {
            Event::Get { .. } => "item_get",
            Event::Store { .. } => "item_store",
            Event::Delete { .. } => "deleted",
            Event::Evict(_) => "eviction",
            Event::ConnNew { .. } => "conn_new",
            Event::ConnClose { .. } => "conn_close",
            Event::TlsError { .. } => "conntlserr",
            Event::SlabMove { .. } => "slab_move",
            Event::Crawl(_) => "lru_crawler",
        }
    }

    /// The key it is about, if it is about one.
    fn key(&self) -> Option<&[u8]> {
        match self {
            Event::Get { key, .. } | Event::Store { key, .. } | Event::Delete { key, .. } => {
                Some(key)
            }
            Event::Evict(item) => Some(item.key),
            Event::ConnNew { .. }
            | Event::ConnClose { .. }
            | Event::TlsError { .. }
            | Event::SlabMove { .. }
            | Event::Crawl(_) => None,
        }
    }

    /// Appends its line: `time` is since 1970, `serial` the number among all lines.
    pub(super) fn encode(&self, time: Duration, serial: u64, out: &mut Vec<u8>) {
        let (seconds, micros, name) = (time.as_secs(), time.subsec_micros(), self.name());
        // Writing to memory does not fail.
        let _ = write!(out, "ts={seconds}.{micros} gid={serial} type={name} ");
        if let Some(key) = self.key() {
            out.extend_from_slice(b"key=");
            quote(out, key);
            out.push(b' ');
        }
        let _ = writeln!(out, "{}", Rest(self));
    }
}

/// What a line says behind the key.
struct Rest<'a>(&'a Event<'a>);

impl fmt::Display for Rest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self.0 {
            Event::Get {
                status,
                class,
                client,
                bytes,
                ..
            } => write!(f, "status={status} clsid={class} cfd={client} size={bytes}"),
            Event::Store {
                status,
                command,
                ttl,
                class,
                client,
                bytes,
                ..
            } => write!(
                f,
                "status={status} cmd={command} ttl={ttl} clsid={class} cfd={client} size={bytes}"
            ),
            Event::Delete {
                command,
                class,
                bytes,
                ..
            } => write!(f, "cmd={command} clsid={class} size={bytes}"),
            Event::Evict(Evicted {
                fetched,
                ttl,
                idle,
                class,
                bytes,
                ..
            }) => {
                let fetch = if fetched { "yes" } else { "no" };
                let ttl = ttl.map_or(-1, i64::from);
                write!(
                    f,
                    "fetch={fetch} ttl={ttl} la={idle} clsid={class} size={bytes}"
                )
            }
            Event::ConnNew { origin, client } => write!(f, "{origin} cfd={client}"),
            Event::ConnClose {
                origin,
                reason,
                client,
            } => write!(f, "{origin} reason={} cfd={client}", reason.name()),
            Event::TlsError { client, text } => write!(f, "fd={client} msg={text}"),
            Event::SlabMove { from, to, arrived } => {
                let state = if arrived { "ok" } else { "fail" };
                write!(f, "src={from} dst={to} state={state}")
            }
            // There are no segments: all items are where memcached keeps the cold ones.
            Event::Crawl(Report {
                class,
                low_mark,
                next_reclaims,
                since_run,
                next_run,
                elapsed,
                examined,
                reclaimed,
            }) => write!(
                f,
                "crawler={class} lru=cold low_mark={low_mark} next_reclaims={next_reclaims} \
                 since_run={since_run} next_run={next_run} elapsed={elapsed} \
                 examined={examined} reclaimed={reclaimed}"
            ),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (address, transport) = match self {
            Origin::Local => return f.write_str("rip=unix rport=0 transport=local"),
            Origin::Tcp(address) => (address, "tcp"),
            Origin::Udp(address) => (address, "udp"),
        };
        let (ip, port) = (address.ip(), address.port());
        write!(f, "rip={ip} rport={port} transport={transport}")
    }
}
