//! Test furniture: real servers on free ports, a scripted byte server, a raw connection, temporary
//! directories and loud skips.
//!
//! It knows bytes and processes, and nothing of `mcrs`: no test may have our client agree with our
//! own types and call that a proof. It is not for production code.
//!
//! # Layout
//! - [`program`]: where a server binary lies ([`Program`]); [`artefact`] finds what `make dist` made.
//! - [`server`]: a running process of one ([`Server`]), ready when `start` returns, gone on drop.
//! - [`script`]: [`Script`] and [`FakeServer`], which say and expect exact bytes, and misbehave.
//! - [`raw`]: [`Raw`], one connection that sends and expects bytes.
//! - [`frame`]: [`Frame`], a message of the binary protocol.
//! - [`net`]: [`Address`], [`free_port`], [`DeadPort`] (refuses), [`BlackHole`] (never accepts).
//! - [`skip`]: [`skip()`], [`need!`] and [`inapplicable()`].
//! - [`wait`]: [`wait_until`], in place of a sleep.
//!
//! # Environment
//! | variable | meaning |
//! |---|---|
//! | `MCRS_TEST_DIST` | directory of built artefacts; default `target/dist` |
//! | `MCRS_TEST_MCRSD`, `MCRS_TEST_MCRS`, `MCRS_TEST_MEMCACHED` | one binary |
//! | `MCRS_TEST_EXTENSION` | the PHP extension `memcache_rs.so` |
//! | `MCRS_TEST_NO_SKIP=1` or `CI=true` | a skip for want of something is a failure |

pub mod frame;
pub mod net;
pub mod program;
pub mod raw;
pub mod script;
pub mod server;
pub mod skip;
pub mod wait;

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;

pub use frame::Frame;
pub use net::{Address, BlackHole, DeadPort, free_port};
pub use program::{Program, artefact};
pub use raw::Raw;
pub use script::{FakeServer, Script};
pub use server::Server;
pub use skip::{Missing, inapplicable, skip};
pub use tempfile::TempDir;
pub use wait::wait_until;

/// The directory of the workspace, where `Cargo.lock` lies.
#[must_use]
pub fn workspace() -> std::path::PathBuf {
    // Cargo says at run time whose test this is. What was compiled in may name another checkout:
    // one whose build directory was copied here.
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(std::path::PathBuf::from);
    let package = package.unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let root = package
        .ancestors()
        .find(|dir| dir.join("Cargo.lock").is_file());
    root.expect("the workspace has a lock file").to_owned()
}

/// A new directory, removed with everything in it when the value is dropped.
///
/// Every user may enter and write (mode 0777), because a server started by root serves as `nobody`
/// and makes its unix socket there.
///
/// # Panics
/// When the directory cannot be made.
#[must_use]
pub fn temp_dir() -> TempDir {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::with_prefix("mcrs-test-").expect("make a temporary directory");
    let open_to_all = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(dir.path(), open_to_all).expect("open the temporary directory");
    dir
}

/// A file without a name, gone when it is dropped.
#[derive(Debug)]
pub struct TempFile(std::fs::File);

impl TempFile {
    /// Of so many zero bytes.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn new(len: u64) -> TempFile {
        let file = tempfile::tempfile().expect("make a temporary file");
        file.set_len(len).expect("make room in it");
        TempFile(file)
    }

    /// Its descriptor.
    #[must_use]
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    /// All of it.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    pub fn read(&self) -> Vec<u8> {
        let len = self.0.metadata().expect("its length").len();
        let mut bytes = vec![0; usize::try_from(len).expect("it fits")];
        self.0.read_exact_at(&mut bytes, 0).expect("all of it");
        bytes
    }

    /// Writes over what is there from byte `at` on.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, bytes: &[u8], at: u64) {
        self.0.write_all_at(bytes, at).expect("room for it");
    }
}

/// Bytes as readable text: printable ASCII as it is, the rest as `\r`, `\n`, `\xNN`.
#[must_use]
pub fn show(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}
