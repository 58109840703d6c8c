//! Options about the process: account, terminal, files, and what is printed.

use super::values::absolute;
use super::{Flag, VERSION_LINE, help, words};

/// In the order of `-h`.
pub(super) const FLAGS: &[Flag] = &[
    Flag::new(
        b'd',
        "daemon",
        "run as a daemon; returns when the server listens",
    )
    .switches(|s| s.daemon = true),
    Flag::new(
        b'u',
        "user",
        "assume identity of <user> (only when run as root)",
    )
    .takes("user", |s, v| {
        s.user = Some(v.to_string());
        Ok(())
    }),
    Flag::new(b'P', "pidfile", "save PID in <file>").takes("file", |s, v| {
        s.pid_file = Some(absolute(v));
        Ok(())
    }),
    Flag::new(b'r', "enable-coredumps", "maximize core file limit")
        .switches(|s| s.coredumps = true),
    Flag::new(
        b'v',
        "verbose",
        "print errors and warnings; -vv also commands and replies,\n\
         -vvv also what connections are doing",
    )
    .with_any_argument()
    .switches(|s| s.verbosity = s.verbosity.saturating_add(1))
    .shown_as("verbosity"),
    Flag::new(b'h', "help", "print this help and exit").prints(help::text),
    Flag::new(b'i', "license", "print the licence and exit").prints(|_| {
        format!(
            "{VERSION_LINE}\n\nmcrsd is licensed under either of\n  \
             the Apache License, Version 2.0, or\n  the MIT licence\nat your option."
        )
    }),
    Flag::new(b'V', "version", "print version and exit").prints(|_| VERSION_LINE.into()),
    Flag::new(0, "man", "print the manual page and exit (mcrsd's own)").prints(help::manual),
    Flag::new(
        b'o',
        "extended",
        "comma separated list of extended options:",
    )
    .takes("list", words::apply),
];
