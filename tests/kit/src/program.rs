//! Finding programs: stock memcached, and what `make dist` laid down.

use std::path::{Path, PathBuf};

use crate::skip::Missing;

/// A server binary that takes memcached's options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    path: PathBuf,
    env: Vec<(String, String)>,
}

impl Program {
    /// Stock memcached: `MCRS_TEST_MEMCACHED`, else the first one on `PATH`, else `/usr/bin`.
    ///
    /// # Errors
    /// [`Missing`] when there is none.
    pub fn memcached() -> Result<Self, Missing> {
        if let Some(path) = std::env::var_os("MCRS_TEST_MEMCACHED") {
            return Self::at(PathBuf::from(path));
        }
        let search = std::env::var_os("PATH").unwrap_or_default();
        let mut dirs: Vec<PathBuf> = std::env::split_paths(&search).collect();
        dirs.push(PathBuf::from("/usr/bin"));
        dirs.iter()
            .map(|dir| dir.join("memcached"))
            .find(|path| path.is_file())
            .map(Self::bare)
            .ok_or_else(|| Missing("memcached is not installed (run `make deps`)".into()))
    }

    /// Our server, as built by `make dist`, or `MCRS_TEST_MCRSD`.
    ///
    /// # Errors
    /// [`Missing`] when it has not been built.
    pub fn mcrsd() -> Result<Self, Missing> {
        artefact("mcrsd").map(Self::bare)
    }

    /// A binary at a known place, such as `env!("CARGO_BIN_EXE_mcrsd")`.
    ///
    /// # Errors
    /// [`Missing`] when no file is there.
    pub fn at(path: impl Into<PathBuf>) -> Result<Self, Missing> {
        let path = path.into();
        if path.is_file() {
            return Ok(Self::bare(path));
        }
        Err(Missing(format!("there is no {}", path.display())))
    }

    fn bare(path: PathBuf) -> Self {
        let env = Vec::new();
        Self { path, env }
    }

    /// A tool that a package brings, by any of its names: on `PATH`, or where `make deps` unpacks
    /// what is not to be installed.
    ///
    /// # Errors
    /// [`Missing`] when there is none.
    pub fn tool(names: &[&str], package: &str) -> Result<Self, Missing> {
        let search = std::env::var_os("PATH").unwrap_or_default();
        let mut dirs: Vec<PathBuf> = std::env::split_paths(&search).collect();
        dirs.push(crate::workspace().join("target/interop/usr/sbin"));
        let places = names
            .iter()
            .flat_map(|name| dirs.iter().map(move |dir| dir.join(name)));
        places
            .into_iter()
            .find(|path| path.is_file())
            .map(Self::bare)
            .ok_or_else(|| Missing(format!("{package} is not installed (run `make deps`)")))
    }

    /// The same, to be run with a variable in its environment.
    #[must_use]
    pub fn with_env(mut self, name: &str, value: impl AsRef<Path>) -> Self {
        let value = value.as_ref().to_string_lossy().into_owned();
        self.env.push((name.into(), value));
        self
    }

    /// Variables in its environment besides our own.
    pub(crate) fn env(&self) -> &[(String, String)] {
        &self.env
    }

    /// The binary's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file name, for messages: `memcached` or `mcrsd`.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }
}

/// The directory into which `make dist` puts what it built.
#[must_use]
pub fn dist() -> PathBuf {
    if let Some(dir) = std::env::var_os("MCRS_TEST_DIST") {
        return PathBuf::from(dir);
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| PathBuf::from("target"));
    crate::workspace().join(target).join("dist")
}

/// A file that `make dist` makes, by its name there: `mcrsd`, `mcrs`, `memcache_rs.so`,
/// `libmcrs.a`, ... Three of them can be named by a variable of their own, see the crate docs.
///
/// # Errors
/// [`Missing`] when it has not been built.
pub fn artefact(name: &str) -> Result<PathBuf, Missing> {
    let variable = match name {
        "mcrsd" => Some("MCRS_TEST_MCRSD"),
        "mcrs" => Some("MCRS_TEST_MCRS"),
        "memcache_rs.so" => Some("MCRS_TEST_EXTENSION"),
        _ => None,
    };
    let named = variable.and_then(std::env::var_os).map(PathBuf::from);
    let path = named.unwrap_or_else(|| dist().join(name));
    if path.is_file() {
        return Ok(path);
    }
    let hint = "run `make dist`";
    Err(Missing(format!("there is no {} ({hint})", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_missing_with_a_hint() {
        let missing = artefact("no-such-artefact").expect_err("nobody builds it");
        assert!(missing.0.contains("make dist"), "{missing}");
        assert!(Program::at("/no/such/binary").is_err());
    }
}
