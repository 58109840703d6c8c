//! Files that are read at the start and again on SIGHUP.

use std::path::Path;

use crate::exec::{Malformed, Shared, Users};
use crate::flags::Exit;
use crate::process::told;

/// Reads the users of `-Y`.
///
/// # Errors
/// The file cannot be read, or is no list of users; status 1.
pub fn read_users(path: &Path) -> Result<Users, Exit> {
    let name = path.display();
    let text = std::fs::read(path).map_err(|error| {
        let reason = told(&error);
        let text =
            format!("Could not open authfile [{name}] for reading, error {reason}: {reason}");
        Exit::new(1, text)
    })?;
    Users::parse(&text).map_err(|Malformed| {
        let text = format!("Authfile [{name}] has a malformed entry. Should be 'user:password'");
        Exit::new(1, text)
    })
}

/// Reads everything again. What cannot be read stays as it was, with a warning.
pub(super) fn reload(shared: &Shared) {
    if let Some(path) = &shared.settings.auth_file {
        match read_users(path) {
            Ok(users) => shared.users.replace(users),
            Err(exit) => eprintln!("WARNING: {}; the users of before stay", exit.text),
        }
    }
    if let Some(tls) = &shared.tls
        && let Err(text) = tls.reload(shared.clock.now())
    {
        eprintln!("{text}");
    }
}
