//! Who may log in: names and passwords, and the comparison with what a client says.

use std::sync::{PoisonError, RwLock};

use crate::secret::Secret;

/// Longest `name:password` line, its end not counted. Source: mcrsd.md 7.2.
const LINE_MAX_BYTES: usize = 255;

/// The users of a password file.
#[derive(Debug, Default)]
pub struct Users(Vec<User>);

/// One user.
#[derive(Debug)]
struct User {
    name: Secret,
    password: Secret,
}

/// A line that is no `name:password`, or none at all.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed;

impl Users {
    /// Reads lines of `name:password`; the password goes to the end of its line, colons included.
    /// The last line need not be ended.
    ///
    /// Differs from memcached, which takes the first eight lines only.
    ///
    /// # Errors
    /// An empty or overlong line, one without a colon or with a carriage return (which no client
    /// could send), or no line.
    pub fn parse(text: &[u8]) -> Result<Users, Malformed> {
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let user = |line: &[u8]| {
            let at = line.iter().position(|&b| b == b':')?;
            if line.len() > LINE_MAX_BYTES || line.contains(&b'\r') {
                return None;
            }
            Some(User {
                name: Secret::new(&line[..at])?,
                password: Secret::new(&line[at + 1..])?,
            })
        };
        let users: Option<Vec<User>> = text.split(|&b| b == b'\n').map(user).collect();
        users.map(Users).ok_or(Malformed)
    }

    /// Whether there is such a user. The time this takes depends on the length of what was said and
    /// on the number of users, not on how much of it is right.
    pub fn admit(&self, name: &[u8], password: &[u8]) -> bool {
        let admitted = self.0.iter().fold(0, |admitted, user| {
            admitted | (user.name.is(name) & user.password.is(password))
        });
        admitted == 1
    }
}

/// The users of now. They are replaced as a whole; who has logged in stays so.
#[derive(Debug, Default)]
pub struct UserList(RwLock<Users>);

impl UserList {
    /// Puts others in their place.
    pub fn replace(&self, users: Users) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = users;
    }

    /// Whether there is such a user now.
    pub fn admit(&self, name: &[u8], password: &[u8]) -> bool {
        let users = self.0.read().unwrap_or_else(PoisonError::into_inner);
        users.admit(name, password)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_lines_of_name_and_password() {
        let users = Users::parse(b"foo:bar\nbaz:qux quux\na:b:c\n:\nlast:one").expect("fine");
        for (name, password) in [
            ("foo", "bar"),
            ("baz", "qux quux"),
            ("a", "b:c"),
            ("", ""),
            ("last", "one"),
        ] {
            assert!(
                users.admit(name.as_bytes(), password.as_bytes()),
                "{name}:{password}"
            );
        }
        for (name, password) in [
            ("foo", ""),
            ("foo", "ba"),
            ("foo", "bar\0"),
            ("foo", "barr"),
            ("baz", "bar"),
            ("a:b", "c"),
            ("", "x"),
        ] {
            assert!(
                !users.admit(name.as_bytes(), password.as_bytes()),
                "{name}:{password}"
            );
        }
        assert!(!users.admit(b"foo", &[b'x'; 16384]));
        assert!(!Users::default().admit(b"", b""));
    }

    #[test]
    fn there_may_be_many() {
        let text: String = (0..100).map(|n| format!("user{n}:word{n}\n")).collect();
        let users = Users::parse(text.as_bytes()).expect("fine");
        assert!(users.admit(b"user99", b"word99") && !users.admit(b"user99", b"word98"));
    }

    #[test]
    fn what_is_no_list_of_users_is_malformed() {
        for text in [
            "",
            "\n",
            "foo\n",
            "foo:bar\n\n",
            "\nfoo:bar\n",
            "foo:bar\r\n",
        ] {
            assert_eq!(
                Users::parse(text.as_bytes()).err(),
                Some(Malformed),
                "{text:?}"
            );
        }
        let line = |len: usize| format!("u:{}", "p".repeat(len - 2));
        assert!(Users::parse(line(255).as_bytes()).is_ok());
        assert!(Users::parse(line(256).as_bytes()).is_err());
    }
}
