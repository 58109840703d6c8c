//! Cyrus SASL's configuration for the application `memcached`, as far as it means anything here.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where it is looked for unless SASL_CONF_PATH says so. Source: mcrsd.md 7.1.
const PATHS: [&str; 2] = ["/etc/sasl/memcached.conf", "/etc/sasl2/memcached.conf"];

/// The files that the environment names.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// SASL_CONF_PATH: the configuration file, or the directory it is in under its usual name.
    pub config: Option<PathBuf>,
    /// MEMCACHED_SASL_PWDB: users and passwords as text.
    pub passwords: Option<PathBuf>,
}

impl Files {
    /// What the environment says now, so that it means the same after a change of directory.
    pub fn from_env() -> Files {
        let path = |name| {
            let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
            std::path::absolute(&value).ok()
        };
        Files {
            config: path("SASL_CONF_PATH"),
            passwords: path("MEMCACHED_SASL_PWDB"),
        }
    }

    /// The text of the configuration file; `None` if there is none.
    pub(super) fn read(&self) -> Result<Option<String>, String> {
        let found = match &self.config {
            Some(path) if path.is_dir() => Some(path.join("memcached.conf")),
            Some(path) => Some(path.clone()),
            None => {
                let mut known = PATHS.iter().map(Path::new);
                known.find(|path| path.exists()).map(Path::to_path_buf)
            }
        };
        let Some(path) = found else { return Ok(None) };
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                eprintln!("WARNING: there is no {}", path.display());
                Ok(None)
            }
            Err(error) => Err(format!("{}: {error}", path.display())),
        }
    }
}

/// What the file says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Config {
    /// Mechanisms to offer, separated by blanks; absent: all.
    pub(super) mech_list: Option<String>,
    /// The database of users.
    pub(super) sasldb_path: Option<String>,
    /// How much is told about logins, 0 to 7.
    pub(super) log_level: u32,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            mech_list: None,
            sasldb_path: None,
            // Errors. Source: Cyrus SASL, options.
            log_level: 1,
        }
    }
}

impl Config {
    /// Reads lines of `name: value`. Names may be in either case; those that mean nothing here are
    /// passed over, as Cyrus SASL does.
    pub(super) fn parse(text: &str) -> Result<Config, String> {
        let mut config = Config::default();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            let option = line
                .split_once(':')
                .filter(|(name, _)| name.chars().all(part));
            let Some((name, value)) = option else {
                return Err(format!("line {} is not `name: value`", index + 1));
            };
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "mech_list" => config.mech_list = Some(value.to_string()),
                "sasldb_path" => config.sasldb_path = Some(value.to_string()),
                "log_level" => {
                    config.log_level = value.parse().map_err(|_| "log_level is no number")?;
                }
                "pwcheck_method" if !value.split_whitespace().any(|m| m == "auxprop") => {
                    return Err(format!(
                        "pwcheck_method: {value}: this server is not built with any but auxprop"
                    ));
                }
                _ => {}
            }
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_read() {
        let text = "# users\n\n  MECH_LIST: plain  cram-md5 \nsasldb_path:/var/db\nlog_level: 5\n\
                    pwcheck_method: auxprop\nauxprop_plugin: sasldb\n";
        let config = Config::parse(text).expect("sound");
        assert_eq!(
            config,
            Config {
                mech_list: Some("plain  cram-md5".into()),
                sasldb_path: Some("/var/db".into()),
                log_level: 5,
            }
        );
        assert_eq!(Config::parse(""), Ok(Config::default()));
    }

    #[test]
    fn what_is_no_configuration_is_refused() {
        for text in [
            "mech_list PLAIN",
            "mech_list : PLAIN",
            "log_level: many",
            "pwcheck_method: saslauthd",
            "x y: z",
        ] {
            assert!(Config::parse(text).is_err(), "{text}");
        }
    }
}
