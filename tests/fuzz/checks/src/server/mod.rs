//! The server on hostile bytes: what it answers, and what it then holds.
//!
//! [`exec`] carries out requests one by one and holds every answer against [`model`], a server of a
//! page; [`session`] sends the same bytes through a real session, cut anywhere, and wants the same
//! answers, and so does [`tls`], through TLS. [`frames`] carries out requests of the binary protocol,
//! [`login`] has what comes before them. [`kept`] restarts it on damaged memory.

pub mod datagram;
pub mod exec;
pub mod frames;
pub mod kept;
pub mod login;
pub mod model;
pub mod session;
pub mod tls;

use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;

use mcrsd::engine::{Delete, Engine, Mode, Stored};
use mcrsd::exec::{Context, Shared};
use mcrsd::flags::{self, Settings, TlsSettings};
use mcrsd::tls::Tls;

use model::Sizes;

/// Small enough that inputs reach them; the first must be a multiple of the second.
const SIZES: Sizes = Sizes {
    item_max: 2048,
    chunk_max: 1024,
};
/// Item memory, in bytes; more than any input fills.
const MEMORY: u64 = 64 << 20;

/// A server without sockets and threads, used for one input after another. Its clock stands still.
#[derive(Debug)]
pub struct Bed {
    context: Context,
}

impl Bed {
    /// A new one; it lives as long as the process.
    ///
    /// # Panics
    /// When the system has no address space for it.
    pub fn new() -> Bed {
        Bed::with(TlsSettings::default())
    }

    /// One and, made by `served`, another with the same past: both started in one second, or times
    /// of day would mean different TTLs to them.
    fn pair(served: impl Fn() -> Bed) -> (Bed, Bed) {
        loop {
            let pair = (Bed::new(), served());
            if pair.0.unix() == pair.1.unix() {
                return pair;
            }
        }
    }

    /// One that speaks TLS with the certificate and key of a file.
    fn with_tls(identity: &Path) -> Bed {
        let words = format!("ssl_chain_cert={0},ssl_key={0}", identity.display());
        let args = ["-Z".into(), "-o".into(), words];
        Bed::with(flags::parse("mcrsd", &args).expect("good options").tls)
    }

    fn with(tls: TlsSettings) -> Bed {
        let settings = Settings {
            tls,
            max_bytes: MEMORY,
            item_size_max: SIZES.item_max as u64,
            slab_chunk_max: SIZES.chunk_max as u64,
            hash_power: Some(12),
            threads: 1,
            // Whether it is taken depends on how many replies before it wait.
            watch_enabled: false,
            ..Settings::default()
        };
        let engine = Engine::new(settings.engine()).expect("these settings are sound");
        let tls = Tls::load(&settings).expect("a certificate of ours");
        let mut shared = Shared::new(settings, engine);
        shared.tls = tls;
        let shared: &'static Shared = Box::leak(Box::new(shared));
        Bed {
            context: Context::of_worker(shared, 0),
        }
    }

    fn engine(&self) -> &'static Engine {
        &self.context.shared.engine
    }

    fn unix(&self) -> i64 {
        self.context.shared.clock.unix()
    }

    fn now(&self) -> u32 {
        self.context.shared.clock.now()
    }

    /// Empties it and undoes what commands may have set; the last CAS id that was given.
    fn reset(&self) -> u64 {
        let shared = self.context.shared;
        shared.engine.flush_all();
        shared.engine.set_memory_limit(MEMORY);
        shared.max_bytes.store(MEMORY, Relaxed);
        shared.verbosity.store(0, Relaxed);
        let probe = b"probe";
        let draft = shared.engine.reserve(probe, 0, 0, 0, self.now());
        let draft = draft.expect("an empty server has room");
        let stored = shared.engine.commit(draft, Mode::Set, self.now());
        let Stored::Done { cas } = stored else {
            panic!("an empty server stores: {stored:?}");
        };
        let gone = shared.engine.delete(probe, Some(cas), self.now());
        assert_eq!(gone, Delete::Done);
        cas
    }
}

impl Default for Bed {
    fn default() -> Bed {
        Bed::new()
    }
}

/// The bytes a client sends: 0x01 and a byte stand for a CAS id that the server may have given, since
/// no fuzzer guesses one.
pub fn input(data: &[u8], last_cas: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    let mut bytes = data.iter();
    while let Some(&byte) = bytes.next() {
        match (byte, bytes.clone().next()) {
            (0x01, Some(&ahead)) => {
                bytes.next();
                out.extend_from_slice((last_cas + u64::from(ahead)).to_string().as_bytes());
            }
            _ => out.push(byte),
        }
    }
    out
}
