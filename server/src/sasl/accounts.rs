//! Users and their passwords: in a `sasldb`, and in a text file.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::sasldb;
use crate::secret::Secret;

/// Largest file that is looked into, in bytes.
const FILE_MAX_BYTES: u64 = 16 << 20;

/// Longest user and password together in the text file. Source: mcrsd.md 7.1.
const LISTED_MAX_BYTES: usize = 252;

/// Where users are kept. A file that cannot be read has none.
#[derive(Debug)]
pub(super) struct Accounts {
    sasldb: PathBuf,
    passwords: Option<PathBuf>,
    /// The name of this machine, which users without a realm belong to.
    host: String,
}

impl Accounts {
    pub(super) fn new(sasldb: PathBuf, passwords: Option<PathBuf>) -> Accounts {
        let host = nix::unistd::gethostname().unwrap_or_default();
        Accounts {
            sasldb,
            passwords,
            host: host.to_string_lossy().into_owned(),
        }
    }

    /// The files, if none of them can be read: then nobody can log in.
    pub(super) fn unreadable(&self) -> Option<String> {
        let files = self.passwords.iter().chain([&self.sasldb]);
        let names: Vec<String> = files
            .clone()
            .map(|path| path.display().to_string())
            .collect();
        let unreadable = files.into_iter().all(|path| File::open(path).is_err());
        unreadable.then(|| names.join(" or "))
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Whether there is such a user with this password, in the text file or in the database.
    pub(super) fn admit(&self, user: &[u8], password: &[u8]) -> bool {
        let is = |known: Option<Vec<u8>>| {
            // Unknown users take as long as known ones.
            let secret = Secret::new(known.as_deref().unwrap_or_default());
            let same = secret.is_some_and(|secret| secret.is(password) == 1);
            same && known.is_some()
        };
        is(self.in_text(user)) | is(self.in_database(user))
    }

    /// The password of a user: the text file's comes first.
    ///
    /// Differs from memcached, which looks into that file for PLAIN only: its users would be
    /// offered mechanisms that they cannot use.
    pub(super) fn password_of(&self, user: &[u8]) -> Option<Vec<u8>> {
        self.in_text(user).or_else(|| self.in_database(user))
    }

    fn in_text(&self, user: &[u8]) -> Option<Vec<u8>> {
        listed(&read(self.passwords.as_deref()?)?, user)
    }

    fn in_database(&self, user: &[u8]) -> Option<Vec<u8>> {
        let (name, realm) = self.parts(user);
        let file = read(&self.sasldb)?;
        sasldb::find(&file, |key| {
            let mut parts = key.split(|&byte| byte == 0);
            parts.next() == Some(name)
                && parts.next().is_some_and(|own| match realm {
                    Some(realm) => own == realm,
                    None => self.is_here(own),
                })
                && parts.next() == Some(b"userPassword")
                && parts.next().is_none()
        })
    }

    /// Whether two names mean one user.
    pub(super) fn are_one(&self, one: &[u8], other: &[u8]) -> bool {
        let ((one, its), (other, others)) = (self.parts(one), self.parts(other));
        one == other
            && match (its, others) {
                (Some(its), Some(others)) => its == others,
                (Some(realm), None) | (None, Some(realm)) => self.is_here(realm),
                (None, None) => true,
            }
    }

    /// Name and realm of `name[@realm]`.
    fn parts<'u>(&self, user: &'u [u8]) -> (&'u [u8], Option<&'u [u8]>) {
        match user.iter().rposition(|&byte| byte == b'@') {
            Some(at) => (&user[..at], Some(&user[at + 1..])),
            None => (user, None),
        }
    }

    /// Whether a realm is this machine: `saslpasswd2` writes its name, in full where it has one.
    fn is_here(&self, realm: &[u8]) -> bool {
        let rest = realm.strip_prefix(self.host.as_bytes());
        rest.is_some_and(|rest| rest.is_empty() || rest[0] == b'.')
    }
}

/// The whole file, if it can be read and is not absurd.
fn read(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(FILE_MAX_BYTES + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= FILE_MAX_BYTES).then_some(bytes)
}

/// The password in the first of the lines `user:password[:...]` that is of this user.
fn listed(text: &[u8], user: &[u8]) -> Option<Vec<u8>> {
    let mut lines = text.split(|&byte| byte == b'\n');
    let rest = lines.find_map(|line| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        line.strip_prefix(user)?.strip_prefix(b":")
    })?;
    let password = rest.split(|&byte| byte == b':').next()?;
    let fits = user.len() + password.len() <= LISTED_MAX_BYTES;
    fits.then(|| password.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_text_file_are_user_password_and_more() {
        let text = b"alice:secret\r\nbob:pw:more:of it\nalice:other\nempty:\nlast:x";
        let password = |user: &str| {
            let found = listed(text, user.as_bytes())?;
            Some(String::from_utf8(found).expect("text"))
        };
        assert_eq!(password("alice").as_deref(), Some("secret"));
        assert_eq!(password("bob").as_deref(), Some("pw"));
        assert_eq!(password("empty").as_deref(), Some(""));
        assert_eq!(password("last").as_deref(), Some("x"));
        for nobody in ["", "alic", "alice:secret", "carol", "more"] {
            assert_eq!(password(nobody), None, "{nobody}");
        }
        let long = "p".repeat(LISTED_MAX_BYTES - 1);
        let text = format!("u:{long}\nuu:{long}");
        let found = listed(text.as_bytes(), b"u");
        assert_eq!(found.as_deref(), Some(long.as_bytes()));
        assert_eq!(listed(text.as_bytes(), b"uu"), None);
    }

    #[test]
    fn users_without_a_realm_are_of_this_machine() {
        let mut accounts = Accounts::new("/nowhere".into(), None);
        accounts.host = "box".into();
        for (one, other) in [
            ("a", "a"),
            ("a@box", "a"),
            ("a", "a@box.example.org"),
            ("a@x", "a@x"),
        ] {
            assert!(accounts.are_one(one.as_bytes(), other.as_bytes()));
        }
        for (one, other) in [("a", "b"), ("a@boxer", "a"), ("a@x", "a"), ("a@x", "a@y")] {
            assert!(!accounts.are_one(one.as_bytes(), other.as_bytes()));
        }
        assert!(!accounts.admit(b"a", b""), "nobody is known");
    }
}
