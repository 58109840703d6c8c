//! What `-Z` and the `ssl_` words of `-o` amount to.
//!
//! Source: mcrsd.md 6. Whether the files can be used is found out by `crate::tls`, which reads them.

use std::fmt;
use std::path::{Path, PathBuf};

use super::values::absolute;

/// A file named on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName {
    given: String,
    path: PathBuf,
}

impl FileName {
    pub(super) fn new(given: &str) -> FileName {
        FileName {
            given: given.to_string(),
            path: absolute(given),
        }
    }

    /// The same file after a change of directory.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Display for FileName {
    /// As it was given.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.given)
    }
}

/// What clients must show of themselves. The numbers are those of `ssl_verify_mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientCert {
    /// 0: nothing; a certificate is not asked for.
    #[default]
    None,
    /// 1: a certificate that verifies, or none.
    Ask,
    /// 2: a certificate that verifies.
    Require,
    /// 3: likewise, and not again on the same connection. There is no second time in any mode,
    /// because renegotiation is refused.
    RequireOnce,
}

impl ClientCert {
    /// OpenSSL's bits for it, as `stats settings` shows them.
    pub fn bits(self) -> u8 {
        match self {
            ClientCert::None => 0,
            ClientCert::Ask => 1,
            ClientCert::Require => 3,
            ClientCert::RequireOnce => 7,
        }
    }
}

/// The oldest version of TLS to speak. The numbers are those of `ssl_min_version`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MinVersion {
    /// 0. Differs from memcached: means 1.2, because this server speaks nothing older.
    Tls10,
    /// 1. Likewise.
    Tls11,
    /// 2.
    #[default]
    Tls12,
    /// 3.
    Tls13,
}

impl MinVersion {
    /// As `stats settings` shows it.
    pub fn name(self) -> &'static str {
        match self {
            MinVersion::Tls10 => "tlsv1.0",
            MinVersion::Tls11 => "tlsv1.1",
            MinVersion::Tls12 => "tlsv1.2",
            MinVersion::Tls13 => "tlsv1.3",
        }
    }
}

/// The settings of TLS.
#[derive(Clone, Debug)]
pub struct TlsSettings {
    /// Whether TCP listeners speak TLS, unless told otherwise.
    pub enabled: bool,
    /// Certificates of the server, its own first, PEM.
    pub chain_cert: Option<FileName>,
    /// Private key of the first of them.
    pub key: Option<FileName>,
    /// 1 for PEM and 2 for DER; others are refused when the key is read.
    pub key_format: i64,
    /// What clients show of themselves, where a listener does not say otherwise.
    pub verify: ClientCert,
    /// Whose certificates are accepted of clients, PEM.
    pub ca_cert: Option<FileName>,
    /// Cipher suites of TLS 1.2, in OpenSSL's list syntax.
    pub ciphers: Option<String>,
    /// Most bytes that are encrypted and written at once.
    pub wbuf_bytes: u64,
    /// Whether sessions can be resumed.
    pub session_cache: bool,
    /// Whether the kernel is to encrypt. It is refused when TLS starts.
    pub kernel_tls: bool,
    /// The oldest version to speak.
    pub min_version: MinVersion,
}

impl Default for TlsSettings {
    fn default() -> Self {
        TlsSettings {
            enabled: false,
            chain_cert: None,
            key: None,
            key_format: 1,
            verify: ClientCert::None,
            ca_cert: None,
            ciphers: None,
            wbuf_bytes: 16 << 10,
            session_cache: false,
            kernel_tls: false,
            min_version: MinVersion::Tls12,
        }
    }
}
