//! Items that stay over a restart (`-e FILE`): FILE holds the pages of the engine, and FILE.meta,
//! written at a graceful stop and deleted by the next start, says how to go on with them. Source:
//! mcrsd.md 8.10.
//!
//! FILE.meta is text: a version line, the settings that must be the same, the time, what the
//! engine keeps, and a checksum over all of it. Neither file is trusted: this one must make sense
//! as a whole, or the server does not start; what each page says is checked item by item.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, Flock, FlockArg, fallocate};
use sha2::{Digest, Sha256};

use crate::clock::Clock;
use crate::engine::{CLASSES_MAX, Engine, Snapshot};
use crate::exec::Shared;
use crate::flags::{Exit, Settings};
use crate::process::suffixed;

/// The first line; another number means another layout of pages or text.
const VERSION: &str = "mcrsd-memory 1";
/// A line for a page or a class is no longer than this, in bytes.
const LINE_MAX: u64 = 64;
/// Nor is everything else together.
const REST_MAX: u64 = 16 << 10;
/// Bytes of the smallest page.
const PAGE_LEAST: u64 = 64 << 10;

/// An engine on the file, with the items it holds if they can be had, and the clock to go with it.
///
/// # Errors
/// The file cannot be used or another server uses it, or FILE.meta makes no sense; status 1.
pub fn open(path: &Path, settings: &Settings) -> Result<(Engine, Clock), Exit> {
    let config = settings.engine();
    let bytes = config.memory_limit_bytes;
    let failed = |what: &str, error: io::Error| {
        Exit::new(1, format!("failed to {what} {}: {error}", path.display()))
    };
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o700)
        .open(path)
        .map_err(|error| failed("open memory file", error))?;
    let file = Flock::lock(file, FlockArg::LockExclusiveNonblock)
        .map_err(|(_, error)| failed("lock memory file", error.into()))?;
    let meta = meta_of(path);
    let found = read_meta(&meta, bytes).map_err(|error| failed("read the meta file of", error))?;
    let held = file.metadata().map(|metadata| metadata.len());
    let held = held.map_err(|error| failed("open memory file", error))?;
    let kept = match found {
        None => Err("no metadata file".to_owned()),
        Some(text) => {
            let kept = Meta::parse(&text).ok_or_else(|| {
                let text = format!("[restart] corrupt metadata file {}", meta.display());
                Exit::new(1, text)
            })?;
            kept.usable(settings, held, bytes)
        }
    };
    // All that may be refused comes before anything is done to what is there.
    let engine =
        Engine::on_file(config, file.as_fd()).map_err(|error| Exit::new(1, error.to_string()))?;
    take(&file, bytes).map_err(|error| {
        // Perhaps it got a part of it.
        let _ = file.set_len(held);
        failed("take the memory of", error)
    })?;
    if kept.is_err() {
        // What is there is no use to anybody, and must read as zero.
        let cleared = file.set_len(0).and_then(|()| take(&file, bytes));
        cleared.map_err(|error| failed("clear memory file", error))?;
    }
    // Locked as long as the process lives.
    std::mem::forget(file);
    let clock = match kept {
        Ok((snapshot, tick)) => {
            engine.resume(&snapshot, tick).map_err(|_| {
                let text = format!("[restart] corrupt metadata file {}", meta.display());
                Exit::new(1, text)
            })?;
            Clock::start_at(tick)
        }
        Err(why) => {
            eprintln!("[restart] starting empty: {why}");
            engine.start_empty();
            Clock::start()
        }
    };
    match fs::remove_file(&meta) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(failed("remove the meta file of", error))
        }
        _ => Ok((engine, clock)),
    }
}

/// Makes the file so many bytes long. They are taken now, so that a full file system is a refusal to
/// start and not a crash later.
fn take(file: &File, bytes: u64) -> io::Result<()> {
    let len = i64::try_from(bytes).unwrap_or(i64::MAX);
    match fallocate(file, FallocateFlags::empty(), 0, len) {
        // A file system without such a call may still have the room.
        Err(Errno::EOPNOTSUPP) => file.set_len(bytes),
        taken => taken.map_err(io::Error::from),
    }
}

/// Writes FILE.meta, when nobody uses the engine any more.
///
/// # Errors
/// It cannot be written; status 1, and there is none.
pub fn save(path: &Path, shared: &Shared) -> Result<(), Exit> {
    shared.clock.advance();
    let mut text = format!(
        "{VERSION}\n{}\nclock {} {}\n{}",
        fingerprint(&shared.settings),
        shared.clock.unix(),
        shared.clock.now(),
        shared.engine.snapshot()
    );
    let sum = checksum(&text);
    let _ = writeln!(text, "sum {sum}");
    let meta = meta_of(path);
    // Whole or not at all: half a file would keep the next server from starting.
    let half = suffixed(&meta, ".tmp");
    let write = || {
        let _ = fs::remove_file(&half);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&half)?;
        file.write_all(text.as_bytes())?;
        fs::rename(&half, &meta)
    };
    write().map_err(|error: io::Error| {
        let _ = fs::remove_file(&half);
        Exit::new(1, format!("failed to write {}: {error}", meta.display()))
    })
}

/// What FILE.meta says.
struct Meta<'t> {
    /// `None` if another version wrote it, of which nothing else is understood.
    content: Option<Content<'t>>,
}

struct Content<'t> {
    fingerprint: &'t str,
    /// Unix time and tick at the stop.
    unix: i64,
    tick: u32,
    snapshot: Snapshot,
}

impl<'t> Meta<'t> {
    /// `None` if it makes no sense.
    fn parse(text: &'t str) -> Option<Meta<'t>> {
        let (version, _) = text.split_once('\n')?;
        if version != VERSION {
            let other = version.strip_prefix("mcrsd-memory ")?;
            other.parse::<u32>().ok()?;
            return Some(Meta { content: None });
        }
        let (signed, sum) = text.strip_suffix('\n')?.rsplit_once('\n')?;
        let signed = &text[..=signed.len()];
        if sum.strip_prefix("sum ")? != checksum(signed) {
            return None;
        }
        let mut parts = signed.splitn(4, '\n').skip(1);
        let fingerprint = parts.next()?;
        let (unix, tick) = parts.next()?.strip_prefix("clock ")?.split_once(' ')?;
        let content = Content {
            fingerprint,
            unix: unix.parse().ok()?,
            tick: tick.parse().ok()?,
            snapshot: parts.next()?.parse().ok()?,
        };
        Some(Meta {
            content: Some(content),
        })
    }

    /// What to go on with and the present tick, or why not.
    fn usable(
        self,
        settings: &Settings,
        held: u64,
        wanted: u64,
    ) -> Result<(Snapshot, u32), String> {
        let Some(content) = self.content else {
            return Err("the metadata file is of another version".into());
        };
        let now = fingerprint(settings);
        let mut pairs = content.fingerprint.split(' ').zip(now.split(' '));
        if let Some((_, setting)) = pairs.find(|(then, now)| then != now) {
            let name = setting.split('=').next().unwrap_or(setting);
            return Err(format!("{name} has changed"));
        }
        if content.fingerprint != now {
            return Err("settings have changed".into());
        }
        if held != wanted {
            return Err(format!(
                "the memory file has {held} bytes instead of {wanted}"
            ));
        }
        let down = Clock::start().unix().checked_sub(content.unix);
        let down = down.and_then(|seconds| u32::try_from(seconds).ok());
        let down = down.ok_or("the clock went backwards")?;
        // Of the ticks some are left, whatever the time: nobody has a century to go back to.
        match content
            .tick
            .checked_add(down)
            .filter(|&tick| tick < u32::MAX / 2)
        {
            Some(tick) => Ok((content.snapshot, tick)),
            None => Err("it was stopped too long ago".into()),
        }
    }
}

/// The settings that decide what pages look like, as one line of pairs.
fn fingerprint(settings: &Settings) -> String {
    let config = settings.engine();
    let sizes = match &config.slab_sizes {
        Some(sizes) => format!("{sizes:?}").replace(' ', ""),
        None => format!("{}", config.growth_factor),
    };
    format!(
        "max_bytes={} chunk_size={} item_size_max={} slab_sizes={sizes} slab_chunk_max={} cas_enabled={} slab_reassign={}",
        config.memory_limit_bytes,
        config.min_space,
        config.item_size_max,
        config.slab_chunk_max,
        config.cas,
        settings.slab_reassign,
    )
}

fn checksum(text: &str) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(text) {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

fn meta_of(path: &Path) -> PathBuf {
    suffixed(path, ".meta")
}

/// The text of FILE.meta for so many bytes of memory, `None` if there is none. One that is too long
/// is cut off, and then makes no sense.
fn read_meta(path: &Path, bytes: u64) -> io::Result<Option<String>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let lines = bytes / PAGE_LEAST + CLASSES_MAX as u64;
    let mut text = Vec::new();
    file.take(lines * LINE_MAX + REST_MAX)
        .read_to_end(&mut text)?;
    Ok(Some(String::from_utf8(text).unwrap_or_default()))
}
