//! Starting the server in ways the test kit does not know: without `-l`, or so that it fails.

#![allow(dead_code, reason = "each test crate uses its own part of it")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use mcrs_testkit::{TempDir, temp_dir, wait_until};

/// The program under test.
pub(crate) const MCRSD: &str = env!("CARGO_BIN_EXE_mcrsd");

/// Arguments every start needs when the tests run as root.
pub(crate) fn user() -> &'static [&'static str] {
    if nix::unistd::geteuid().is_root() {
        &["-u", "nobody"]
    } else {
        &[]
    }
}

/// Runs a program to its end.
pub(crate) fn run(program: &Path, args: &[&str]) -> Output {
    Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .expect("it starts")
}

/// Runs ours to its end; exit status and what it said on stderr.
pub(crate) fn refused(args: &[&str]) -> (Option<i32>, String) {
    let output = run(Path::new(MCRSD), &[user(), args].concat());
    (output.status.code(), stderr(&output))
}

/// What a program that has ended said on stderr.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A server with exactly these arguments, killed when dropped.
pub(crate) struct Running {
    child: Child,
    dir: TempDir,
}

impl Running {
    /// Ready when its sockets are.
    pub(crate) fn start(args: &[&str]) -> Running {
        let dir = temp_dir();
        let log = std::fs::File::create(dir.path().join("stderr")).expect("a file");
        let child = Command::new(MCRSD)
            .args(user())
            .args(args)
            .env("MEMCACHED_PORT_FILENAME", dir.path().join("ports"))
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("it starts");
        let mut running = Running { child, dir };
        wait_until("the sockets", || {
            let ended = running.child.try_wait().expect("our own child");
            assert!(ended.is_none(), "{args:?}: {}", running.stderr());
            running.port_file().exists()
        });
        running
    }

    fn port_file(&self) -> PathBuf {
        self.dir.path().join("ports")
    }

    /// What it wrote to the file that MEMCACHED_PORT_FILENAME names.
    pub(crate) fn ports(&self) -> String {
        std::fs::read_to_string(self.port_file()).expect("readable")
    }

    /// What it said on stderr so far.
    pub(crate) fn stderr(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("stderr")).expect("readable")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when the process has already been reaped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
