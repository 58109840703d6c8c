//! A real server process, ready when [`Server::start`] returns and gone when the value is dropped.
//!
//! Ready means: the process lives, it is the one that holds the listening socket, and a connection
//! has been accepted. So two tests that pick the same port never talk to each other's server.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::net::{Address, free_port};
use crate::program::Program;
use crate::raw::Raw;
use crate::wait::PATIENCE;

/// How often a start is tried on another port before it counts as failed.
const TRIES: usize = 10;

/// A running server. Dropping it kills the process, by its id.
///
/// Do not keep one in a `static`: statics are not dropped, and the process would stay behind.
#[derive(Debug)]
pub struct Server {
    program: Program,
    args: Vec<String>,
    address: Address,
    child: Child,
    dir: TempDir,
}

impl Server {
    /// Starts `program` on a free TCP port of 127.0.0.1, UDP off, with `extra` arguments after ours.
    ///
    /// # Panics
    /// When it does not come up; the message holds what it wrote to standard error.
    #[must_use]
    #[track_caller]
    pub fn start(program: &Program, extra: &[&str]) -> Self {
        let mut last = String::new();
        for _ in 0..TRIES {
            let address = Address::Tcp(([127, 0, 0, 1], free_port()).into());
            match Self::try_start(program, extra, address) {
                Ok(server) => return server,
                Err(error) => last = error,
            }
        }
        panic!("{} did not start: {last}", program.name());
    }

    /// Starts `program` on a unix socket in a directory of its own.
    ///
    /// # Panics
    /// When it does not come up.
    #[must_use]
    #[track_caller]
    pub fn start_unix(program: &Program, extra: &[&str]) -> Self {
        let place = crate::temp_dir();
        let address = Address::Unix(place.path().join("socket"));
        match Self::launch(program, extra, address, place) {
            Ok(server) => server,
            Err(error) => panic!("{} did not start: {error}", program.name()),
        }
    }

    fn try_start(program: &Program, extra: &[&str], address: Address) -> Result<Self, String> {
        Self::launch(program, extra, address, crate::temp_dir())
    }

    fn launch(
        program: &Program,
        extra: &[&str],
        address: Address,
        dir: TempDir,
    ) -> Result<Self, String> {
        let mut args: Vec<String> = match &address {
            Address::Tcp(addr) => ["-l", &addr.ip().to_string(), "-U", "0", "-p"]
                .into_iter()
                .map(str::to_owned)
                .chain([addr.port().to_string()])
                .collect(),
            Address::Unix(path) => vec!["-s".into(), path.display().to_string()],
        };
        if running_as_root() {
            args.extend(["-u".into(), "nobody".into()]);
        }
        args.extend(extra.iter().map(|&arg| arg.to_owned()));
        let child = spawn(program, &args, &dir)?;
        let mut server = Self {
            program: program.clone(),
            args,
            address,
            child,
            dir,
        };
        server.await_ready()?;
        Ok(server)
    }

    /// Waits until the process accepts connections; says why it never will.
    fn await_ready(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        let mut pause = Duration::from_micros(500);
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("{status}; it said: {}", self.stderr()));
            }
            if self.is_ours() {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("not ready in time; it said: {}", self.stderr()));
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    /// True when a connection is accepted, and by our process rather than by another that was faster
    /// to take the port. For a unix socket the directory is ours alone, so connecting is proof
    /// enough.
    fn is_ours(&self) -> bool {
        let Address::Tcp(addr) = &self.address else {
            return self.address.connect(PATIENCE).is_ok();
        };
        let Some(inode) = listening_inode(addr.port()) else {
            return false;
        };
        match has_open(self.child.id(), &format!("socket:[{inode}]")) {
            Some(ours) => ours && self.address.connect(PATIENCE).is_ok(),
            None => self.says_its_pid(),
        }
    }

    /// The second way to know our process: `stats` tells the process id. For root without the right
    /// to look into processes of other users, as in a container. Whoever answers no `stats` (binary
    /// protocol only, login needed) is believed.
    fn says_its_pid(&self) -> bool {
        let Ok(mut raw) = Raw::try_connect(&self.address) else {
            return false;
        };
        let Ok(reply) = raw.try_ask(b"stats\r\n", b"\r\n") else {
            return true;
        };
        let reply = String::from_utf8_lossy(&reply);
        match reply.trim_end().strip_prefix("STAT pid ") {
            Some(pid) => pid == self.child.id().to_string(),
            None => true,
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Its TCP port. Panics for a unix socket.
    #[must_use]
    #[track_caller]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kilobytes of memory the process has resident.
    ///
    /// # Panics
    /// When it is gone.
    #[must_use]
    pub fn resident_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()));
        let status = status.expect("it lives");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.expect("VmRSS").trim().trim_end_matches(" kB");
        number.parse().expect("a number")
    }

    /// The binary it runs.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Everything it wrote to standard error so far (`-v` lines, complaints).
    #[must_use]
    pub fn stderr(&self) -> String {
        let bytes = std::fs::read(self.log_path()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn log_path(&self) -> PathBuf {
        self.dir.path().join("stderr")
    }

    /// A new connection to it.
    ///
    /// # Panics
    /// When it does not accept.
    #[must_use]
    #[track_caller]
    pub fn connect(&self) -> Raw {
        Raw::connect(&self.address)
    }

    /// Sends it a signal by name, such as `STOP`, `CONT`, `TERM` or `USR1`.
    ///
    /// # Panics
    /// When the process is gone.
    #[track_caller]
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "kill -s {name} {pid}"
        );
    }

    /// Waits for the process to end by itself, for instance after [`Self::signal`].
    ///
    /// # Panics
    /// When it does not.
    #[track_caller]
    pub fn wait_for_exit(&mut self) -> ExitStatus {
        let mut status = None;
        crate::wait_until("the server to end", || {
            status = self.child.try_wait().expect("wait for our own child");
            status.is_some()
        });
        status.expect("the loop ended on a status")
    }

    /// Kills the process now. Its port refuses connections afterwards.
    pub fn kill(&mut self) {
        // Both fail only when the process has already been reaped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Kills the process and starts an empty one with the same arguments at the same address.
    ///
    /// # Panics
    /// When the new one does not come up, for instance because another test took the port in
    /// between (rare: ports are drawn from a wide range).
    #[track_caller]
    pub fn restart(&mut self) {
        self.kill();
        let started = spawn(&self.program, &self.args, &self.dir).and_then(|child| {
            self.child = child;
            self.await_ready()
        });
        if let Err(error) = started {
            panic!("{} did not restart: {error}", self.program.name());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts the process with its standard error in a file of `dir`.
fn spawn(program: &Program, args: &[String], dir: &TempDir) -> Result<Child, String> {
    let log = File::create(dir.path().join("stderr")).map_err(|error| error.to_string())?;
    Command::new(program.path())
        .args(args)
        .envs(program.env().iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .map_err(|error| format!("{}: {error}", program.path().display()))
}

/// True when this process has root's rights, in which case memcached insists on `-u`.
fn running_as_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0)
}

/// The inode of the socket that listens on 127.0.0.1:`port`.
///
/// Source: Linux `Documentation/networking/proc_net_tcp.rst`: the second column is the local address
/// in hexadecimal, the fourth the state (0A is LISTEN), the tenth the inode.
fn listening_inode(port: u16) -> Option<String> {
    let table = std::fs::read_to_string("/proc/net/tcp").ok()?;
    let suffix = format!(":{port:04X}");
    table.lines().skip(1).find_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let (local, state, inode) = (columns.get(1)?, columns.get(3)?, columns.get(9)?);
        (local.ends_with(&suffix) && *state == "0A").then(|| (*inode).to_owned())
    })
}

/// Whether process `pid` has a descriptor whose link reads `link`; `None` when we may not look.
fn has_open(pid: u32, link: &str) -> Option<bool> {
    let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    let links = descriptors
        .flatten()
        .map(|entry| std::fs::read_link(entry.path()));
    let mut seen = links.flatten().peekable();
    seen.peek()?;
    Some(seen.any(|to| to.as_os_str() == link))
}
