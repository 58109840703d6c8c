//! Sockets and threads: listening, accepting, and moving bytes between clients and `exec`.
//!
//! ```text
//!  accept threads, one per listener       workers, -t of them
//!  ┌────────────────────────────┐ socket  ┌───────────────────────────────────────┐
//!  │ block in accept(2)         ├────────►│ one reactor each                      │
//!  └────────────────────────────┘  round  │  ┌─────────┐ ┌─────────┐ ┌─────────┐  │
//!  main thread                     robin  │  │ session │ │ session │ │ session │  │
//!  ┌────────────────────────────┐         │  └────┬────┘ └────┬────┘ └────┬────┘  │
//!  │ the clock, signals         │         │       └──── read buffer ──────┘       │
//!  └────────────────────────────┘         │             output, of the thread     │
//!                                         └──────────────────┬────────────────────┘
//!                                                            ▼ exec → engine, shared by all
//! ```
//!
//! A connection stays with its worker, so a session needs no lock of its own; a UDP socket is read
//! by whichever worker is first. One read and one vectored write serve a whole batch of pipelined
//! requests. Next: `listener.rs` for sockets, `worker.rs` for threads, `reactor.rs` for their loop,
//! `session/` for one connection, `udp.rs` for datagrams.

mod accept;
mod entry;
mod inherited;
mod listener;
mod napi;
mod reactor;
mod reload;
mod session;
mod stream;
#[cfg_attr(not(feature = "tls"), path = "tls_absent.rs")]
mod tls;
mod udp;
mod worker;

pub use listener::{Sockets, open};
pub use reload::read_users;

use std::convert::Infallible;
use std::time::Duration;

use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval};

use crate::exec::Shared;
use crate::flags::{Exit, Settings};
use crate::upkeep::Upkeep;
use listener::DatagramSocket;
pub use worker::Solo;
use worker::{Handle, Stop};

/// How often the clock is looked at. Shorter than a tick, so that a tick is never much late.
const CLOCK_EVERY: Duration = Duration::from_millis(250);

/// How a server came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// SIGINT, SIGTERM or `shutdown`.
    Normally,
    /// SIGUSR1 or `shutdown graceful`: workers finished what they were doing.
    Gracefully,
}

/// Serves at most `clients` clients at a time until told to stop. `ready` is called once, when
/// clients are accepted.
///
/// # Errors
/// Threads or runtimes could not be had; status 1.
pub fn serve(
    shared: &'static Shared,
    sockets: Sockets,
    clients: u32,
    ready: impl FnOnce(),
) -> Result<Ended, Exit> {
    let failed = |error: std::io::Error| Exit::new(1, format!("failed to start threads: {error}"));
    let stop: &'static Stop = Box::leak(Box::default());
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(failed)?;
    // Before clients come, so that a signal from here on finds its handler.
    let signals = runtime.block_on(async { Signals::new() }).map_err(failed)?;
    let mut shares = share(&shared.settings, sockets.datagrams).map_err(failed)?;
    let workers: Result<Vec<Handle>, _> = (0..shared.settings.threads as usize)
        .map(|index| Handle::start(index, shared, stop, std::mem::take(&mut shares[index])))
        .collect();
    let workers = workers.map_err(failed)?;
    let inboxes = workers.iter().map(Handle::inbox).collect();
    let upkeep = Upkeep::start(shared).map_err(failed)?;
    accept::start(shared, sockets.listeners, clients, inboxes).map_err(failed)?;
    ready();
    let ended = runtime.block_on(async {
        tokio::select! {
            ended = signals.wait(shared, stop) => ended,
            never = keep_time(shared) => match never {},
        }
    });
    if ended == Ended::Gracefully {
        workers.into_iter().for_each(Handle::finish);
        upkeep.finish();
    }
    Ok(ended)
}

/// Gives each worker its UDP sockets: a descriptor of each, or with several entries of `-l` one
/// worker each of them, as memcached does it.
fn share(
    settings: &Settings,
    sockets: Vec<DatagramSocket>,
) -> std::io::Result<Vec<Vec<DatagramSocket>>> {
    let workers = settings.threads as usize;
    let mut shares: Vec<Vec<DatagramSocket>> = (0..workers).map(|_| Vec::new()).collect();
    for (number, datagrams) in sockets.into_iter().enumerate() {
        for further in 1..settings.threads_per_udp() as usize {
            shares[(number + further) % workers].push(datagrams.try_clone()?);
        }
        shares[number % workers].push(datagrams);
    }
    Ok(shares)
}

/// Advances the clock for ever, and by it ends idle connections.
async fn keep_time(shared: &Shared) -> Infallible {
    let mut ticks = interval(CLOCK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let idle_timeout_sec = shared.settings.idle_timeout_sec;
    let mut looked_at = shared.clock.now();
    loop {
        ticks.tick().await;
        shared.clock.advance();
        let now = shared.clock.now();
        if idle_timeout_sec > 0 && now != looked_at {
            looked_at = now;
            shared.stats.conns.kick_idle(idle_timeout_sec, now);
        }
    }
}

/// The signals that end a server, and the one that has it read files again.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    user1: Signal,
    hangup: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Signals> {
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            user1: signal(SignalKind::user_defined1())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn wait(mut self, shared: &Shared, stop: &Stop) -> Ended {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return Ended::Normally,
                _ = self.terminate.recv() => return Ended::Normally,
                _ = self.user1.recv() => return Ended::Gracefully,
                _ = self.hangup.recv() => reload::reload(shared),
                graceful = stop.asked() => {
                    return if graceful { Ended::Gracefully } else { Ended::Normally };
                }
            }
        }
    }
}
