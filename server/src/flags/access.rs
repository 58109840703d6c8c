//! Options about what clients may do: who they must be, and which commands work.

use super::values::absolute;
use super::{Exit, Flag};

/// In the order of `-h`.
pub(super) const FLAGS: &[Flag] = &[
    Flag::new(
        b'S',
        "enable-sasl",
        "turn on SASL authentication, in the binary protocol only",
    )
    .switches(|s| s.sasl = true)
    .shown_as("auth_enabled_sasl"),
    Flag::new(
        b'Y',
        "auth-file",
        "users of the text protocol, who must then log in with set:\n\
         lines of user:password, read again on SIGHUP",
    )
    .takes("file", |s, v| {
        s.auth_file = Some(absolute(v));
        Ok(())
    })
    .shown_as("auth_enabled_ascii"),
    Flag::new(
        b'A',
        "enable-shutdown",
        "enable the \"shutdown\" command of the text protocol",
    )
    .switches(|s| s.shutdown_command = true)
    .shown_as("shutdown_command"),
    Flag::new(b'F', "disable-flush-all", "disable the flush_all command")
        .switches(|s| s.flush_enabled = false)
        .shown_as("flush_enabled"),
    Flag::new(
        b'X',
        "disable-dumping",
        "disable the commands that list keys: stats cachedump and detail,\n\
         lru_crawler metadump and mgdump",
    )
    .switches(|s| s.dump_enabled = false)
    .shown_as("dump_enabled"),
    Flag::new(
        b'W',
        "disable-watch",
        "disable the watch command (live log)",
    )
    .switches(|s| s.watch_enabled = false),
    Flag::new(
        b'D',
        "",
        "what ends the prefix of a key in the figures of \"stats detail\",\n\
         which this option turns on from the start",
    )
    .takes("char", |s, v| {
        let Some(&delimiter) = v.as_bytes().first() else {
            return Err(Exit::new(1, "No delimiter specified"));
        };
        s.prefix_delimiter = delimiter;
        s.detail_enabled = true;
        Ok(())
    })
    .defaults_to(|s| char::from(s.prefix_delimiter).to_string())
    .shown_as("stat_key_prefix"),
];
