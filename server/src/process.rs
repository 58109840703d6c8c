//! The process around the server: limits, account, session, pid file. Called once each while
//! starting, in the order of `main.rs`, while there is only one thread.

use std::fs;
use std::io::{self, Read, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::mman::{MlockAllFlags, mlockall};
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, setrlimit};
use nix::unistd::{self, Pid, User};

use crate::engine::Engine;
use crate::flags::{EX_NOUSER, EX_OSERR, EX_USAGE, Exit, Settings};

/// Descriptors one worker uses for itself: epoll, its duplicate and a wake-up, with some to spare.
/// Source: `reserved_fds`, memcached.
pub const RESERVED_PER_THREAD: u32 = 5;

/// Descriptors of the process outside workers and clients: standard streams, listeners, log files.
const RESERVED_OTHER: u32 = 32;

/// Raises the core file limit, to unlimited if allowed, else to the hard limit (`-r`).
pub fn allow_core_files() -> Result<(), Exit> {
    let refused = || Exit::new(EX_OSERR, "failed to ensure core file creation");
    if setrlimit(Resource::RLIMIT_CORE, RLIM_INFINITY, RLIM_INFINITY).is_err() {
        let (_, hard) = getrlimit(Resource::RLIMIT_CORE).map_err(|_| refused())?;
        setrlimit(Resource::RLIMIT_CORE, hard, hard).map_err(|_| refused())?;
    }
    match getrlimit(Resource::RLIMIT_CORE) {
        Ok((soft, _)) if soft > 0 => Ok(()),
        _ => Err(refused()),
    }
}

/// Makes sure that the system gives large pages to those who ask for them (`-L`).
pub fn need_large_pages() -> Result<(), Exit> {
    match fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled") {
        Ok(choice) if !choice.contains("[never]") => Ok(()),
        _ => Err(Exit::new(
            1,
            "failed to enable large pages: the system has no transparent huge pages",
        )),
    }
}

/// Makes room for `-c` clients and the descriptors the server needs besides. Returns how many
/// clients there is room for, at most `-c`.
///
/// Differs from memcached, which sets the limit to `-c` and lets its own descriptors count: here
/// `-c` counts clients.
pub fn allow_descriptors(settings: &Settings) -> Result<u32, Exit> {
    let refused = || {
        Exit::new(
            EX_OSERR,
            "failed to set rlimit for open files. Try starting as root or requesting smaller maxconns value.",
        )
    };
    let reserved = settings
        .threads
        .saturating_mul(RESERVED_PER_THREAD)
        .saturating_add(RESERVED_OTHER);
    let clients = u64::from(settings.max_conns);
    let wanted = clients + u64::from(reserved);
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).map_err(|_| refused())?;
    if soft >= wanted {
        return Ok(settings.max_conns);
    }
    if setrlimit(Resource::RLIMIT_NOFILE, wanted, hard.max(wanted)).is_ok() {
        return Ok(settings.max_conns);
    }
    if hard < clients {
        return Err(refused());
    }
    // Allowed for `-c` as memcached counts it, but not for our own descriptors on top.
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).map_err(|_| refused())?;
    match hard.saturating_sub(reserved.into()) {
        0 => Err(Exit::new(
            1,
            "Maxconns setting is too low, use -c to increase.",
        )),
        left => Ok(u32::try_from(left.min(clients)).unwrap_or(settings.max_conns)),
    }
}

/// Leaves root for the account of `-u`: no supplementary groups, its group, its user.
pub fn switch_user(settings: &Settings) -> Result<(), Exit> {
    if !unistd::geteuid().is_root() && !unistd::getuid().is_root() {
        return Ok(());
    }
    let name = match settings.user.as_deref() {
        None | Some("") => {
            return Err(Exit::new(EX_USAGE, "must add '-u root' to start as root"));
        }
        Some(name) => name,
    };
    let Ok(Some(user)) = User::from_name(name) else {
        let text = format!("can't find the user {name} to switch to");
        return Err(Exit::new(EX_NOUSER, text));
    };
    unistd::setgroups(&[])
        .and_then(|()| unistd::setgid(user.gid))
        .and_then(|()| unistd::setuid(user.uid))
        .map_err(|error| {
            let text = format!("failed to assume identity of user {name}: {}", error.desc());
            Exit::new(EX_OSERR, text)
        })
}

/// Tells about settings that work but are hardly meant. Source: memcached 1.6.18, measured.
pub fn warn_about(settings: &Settings) {
    if settings.threads > 64 {
        eprintln!(
            "WARNING: Setting a high number of worker threads is not recommended.\n \
             Set this value to the number of cores in your machine or less."
        );
    }
}

/// Locks all memory (`-k`). Failure is a warning only, as in memcached; so this comes after the
/// address space for items has been set aside, which a small limit on locked memory would refuse.
pub fn lock_memory() {
    // As pages come into use, not all of the address space set aside for them at once.
    let on_fault = MlockAllFlags::from_bits_retain(nix::libc::MCL_ONFAULT);
    let all = MlockAllFlags::MCL_CURRENT | MlockAllFlags::MCL_FUTURE | on_fault;
    if let Err(error) = mlockall(all) {
        eprintln!("warning: -k invalid, mlockall() failed: {}", error.desc());
    }
}

/// Names the parent, so that a copy of the variable in some other process means nothing.
const DAEMON_ENV: &str = "MCRS_DAEMON_PARENT";

/// What [`daemonise`] made of this process.
pub enum Role {
    /// Serve. The pledge is kept by [`Daemon::ready`].
    Server(Option<Daemon>),
    /// The server has been started in another process, or failed to: end with this status.
    Parent(i32),
}

/// A server that has left the terminal and whose parent waits for its word.
pub struct Daemon {
    keep_stderr: bool,
}

/// Leaves the terminal (`-d`).
///
/// The program is started once more with the same arguments, in a session of its own; this process
/// waits until that one listens and passes its failure on. A second start instead of a fork keeps
/// the server free of unsafe code, and gives the parent somebody to wait for.
///
/// Differs from memcached, whose parent is gone with status 0 before a socket is bound.
pub fn daemonise(settings: &Settings) -> Result<Role, Exit> {
    if !settings.daemon {
        return Ok(Role::Server(None));
    }
    let failed = |error: &dyn std::fmt::Display| {
        Exit::new(
            1,
            format!("failed to daemon() in order to daemonize: {error}"),
        )
    };
    let parent = std::env::var(DAEMON_ENV).ok().and_then(|v| v.parse().ok());
    if parent == Some(unistd::getppid().as_raw()) {
        unistd::setsid().map_err(|error| failed(&error))?;
        if !settings.coredumps {
            std::env::set_current_dir("/").map_err(|error| failed(&error))?;
        }
        return Ok(Role::Server(Some(Daemon {
            keep_stderr: settings.verbosity > 0,
        })));
    }
    let mut args = std::env::args_os();
    let mut command = Command::new(std::env::current_exe().map_err(|error| failed(&error))?);
    if let Some(name) = args.next() {
        command.arg0(name);
    }
    let mut child = command
        .args(args)
        .env(DAEMON_ENV, unistd::getpid().to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&error))?;
    let mut word = [0u8; 1];
    let heard = child.stdout.take().map(|mut pipe| pipe.read(&mut word));
    if matches!(heard, Some(Ok(1))) {
        return Ok(Role::Parent(0));
    }
    let status = child.wait().map_err(|error| failed(&error))?;
    Ok(Role::Parent(status.code().unwrap_or(1)))
}

impl Daemon {
    /// Tells the parent that clients can connect, and lets go of the terminal (stderr stays with
    /// `-v`).
    pub fn ready(self) -> io::Result<()> {
        io::stdout().write_all(b"!")?;
        io::stdout().flush()?;
        let null = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/null")?;
        unistd::dup2_stdin(&null)?;
        unistd::dup2_stdout(&null)?;
        if !self.keep_stderr {
            unistd::dup2_stderr(&null)?;
        }
        Ok(())
    }
}

/// Tells the service manager how far the server is, if there is one that wants to know. Source:
/// sd_notify(3): one datagram to the socket that the environment names.
pub fn notify(state: &str) {
    let Some(name) = std::env::var_os("NOTIFY_SOCKET") else {
        return;
    };
    let address = match name.as_encoded_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        _ => SocketAddr::from_pathname(&name),
    };
    // A manager that is not there, or does not listen, is no reason not to serve.
    let _ = address.and_then(|to| UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &to));
}

/// Writes the pid file (`-P`): to `FILE.tmp`, then renamed. Trouble is told and survived.
pub fn write_pid_file(path: &Path) {
    if let Some(pid) = fs::read_to_string(path)
        .ok()
        .and_then(|s| s.trim().parse().ok())
        && nix::sys::signal::kill(Pid::from_raw(pid), None).is_ok()
    {
        eprintln!("WARNING: The pid file contained the following (running) pid: {pid}");
    }
    let temporary = suffixed(path, ".tmp");
    if let Err(error) = fs::write(&temporary, format!("{}\n", std::process::id())) {
        eprintln!(
            "Could not open the pid file {} for writing: {}",
            temporary.display(),
            told(&error)
        );
    } else if let Err(error) = fs::rename(&temporary, path) {
        eprintln!(
            "Could not rename the pid file from {} to {}: {}",
            temporary.display(),
            path.display(),
            told(&error)
        );
    }
}

/// Whether this process may open a socket or run a shell. Asked by a developer command.
#[cfg(feature = "debug-commands")]
pub fn can_misbehave() -> bool {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
    let shell = Command::new("/bin/sh")
        .args(["-c", ":"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    socket.is_ok() || shell.is_ok()
}

/// Removes the pid file at a normal stop of a daemon.
pub fn remove_pid_file(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        let (name, reason) = (path.display(), told(&error));
        eprintln!("Could not remove the pid file {name}: {reason}");
    }
}

/// Prints what the options and the system allow: with `-v`, when clients can come.
pub fn print_limits(settings: &Settings, clients: u32) {
    eprintln!(
        "mcrsd {}: {} MB for items of up to {} bytes, {clients} clients, {} threads",
        env!("CARGO_PKG_VERSION"),
        settings.max_bytes >> 20,
        settings.item_size_max,
        settings.threads
    );
}

/// Prints the table of slab classes, the start of `-vv`. Scripts read it, hence the widths.
pub fn print_classes(engine: &Engine) {
    for (index, (bytes, count)) in engine.classes().iter().enumerate() {
        eprintln!(
            "slab class {:>3}: chunk size {bytes:>9} perslab {count:>7}",
            index + 1
        );
    }
}

/// `path` with something behind its last name.
pub(crate) fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The C library's text for a system error, without the number Rust puts behind it.
pub(crate) fn told(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => nix::errno::Errno::from_raw(number).desc().to_string(),
        None => error.to_string(),
    }
}
