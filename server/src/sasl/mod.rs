//! Logging in to the binary protocol (`-S`): SASL with the users of Cyrus SASL's `sasldb`, or of a
//! password file.
//!
//! Speaks PLAIN (RFC 4616), CRAM-MD5 (RFC 2195) and SCRAM with SHA-1 and SHA-256 (RFC 5802, RFC
//! 7677), and knows no connection: a client's data goes in, what to answer comes out. Users are
//! looked up at each login, so that changes count at once. `config.rs` reads the configuration
//! file, `accounts.rs` finds users, `sasldb.rs` reads the database, `scram.rs` has that mechanism.
//!
//! Source: mcrsd.md 7.1; the answers to clients that break the rules: memcached 1.6.18, measured.

mod accounts;
mod config;
mod sasldb;
mod scram;

use std::path::PathBuf;

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;

use crate::flags::Exit;
use crate::secret::Secret;
use accounts::Accounts;
use config::Config;
pub use config::Files;
pub use sasldb::find as find_in_sasldb;
use scram::{Exchange, Hash};

/// Longest data of one message, in bytes. Names and passwords have 255 at most.
pub const MAX_TOKEN_LEN: usize = 1024;

/// Longest name of a mechanism, in bytes. Source: mcrsd.md 4.
pub const MAX_MECHANISM_LEN: usize = 32;

/// A way to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mechanism {
    Plain,
    CramMd5,
    Scram(Hash),
}

impl Mechanism {
    /// The strongest first.
    const ALL: [Mechanism; 4] = [
        Mechanism::Scram(Hash::Sha256),
        Mechanism::Scram(Hash::Sha1),
        Mechanism::CramMd5,
        Mechanism::Plain,
    ];

    fn name(self) -> &'static str {
        match self {
            Mechanism::Plain => "PLAIN",
            Mechanism::CramMd5 => "CRAM-MD5",
            Mechanism::Scram(Hash::Sha1) => "SCRAM-SHA-1",
            Mechanism::Scram(Hash::Sha256) => "SCRAM-SHA-256",
        }
    }
}

/// Who may log in, and how.
#[derive(Debug)]
pub struct Sasl {
    mechanisms: Vec<Mechanism>,
    accounts: Accounts,
    /// As in Cyrus SASL: from 3 on failed logins are told about.
    log_level: u32,
}

/// A login that goes on.
#[derive(Debug)]
pub struct Conversation(State);

#[derive(Debug)]
enum State {
    /// The mechanism was named, nothing else was said.
    Named(Mechanism),
    /// This challenge was sent.
    Challenged(Vec<u8>),
    /// The client's first message of SCRAM was answered.
    Scram(Exchange),
    /// The client is known; it was told something that proves that we know it too.
    Proved,
}

/// What became of a message.
#[derive(Debug)]
pub enum Step {
    /// The client has logged in.
    Done,
    /// It is to go on, with this to go by.
    Continue(Conversation, Vec<u8>),
    /// It has not. With some mechanisms it may go on all the same.
    Failed(Option<Conversation>),
}

impl Sasl {
    /// Reads the configuration.
    ///
    /// # Errors
    /// It is there and cannot be understood, or asks for what there is not; status 1.
    pub fn load(files: &Files) -> Result<Sasl, Exit> {
        let failed = |text: String| Exit::new(1, format!("Error initializing sasl: {text}"));
        let config = match files.read() {
            Ok(Some(text)) => Config::parse(&text).map_err(failed)?,
            Ok(None) => Config::default(),
            Err(error) => return Err(failed(error)),
        };
        let named = |name: &str| {
            let mut all = Mechanism::ALL.into_iter();
            all.find(|mechanism| mechanism.name().eq_ignore_ascii_case(name))
        };
        let mechanisms = match &config.mech_list {
            Some(names) => names.split_whitespace().filter_map(named).collect(),
            None => Mechanism::ALL.to_vec(),
        };
        let sasldb = config.sasldb_path.unwrap_or_else(|| "/etc/sasldb2".into());
        let accounts = Accounts::new(PathBuf::from(sasldb), files.passwords.clone());
        if let Some(files) = accounts.unreadable() {
            // They may come yet: each login looks again.
            eprintln!("WARNING: nobody can log in yet: {files} cannot be read");
        }
        Ok(Sasl {
            mechanisms,
            accounts,
            log_level: config.log_level,
        })
    }

    /// Whether a failed login is worth a line on stderr.
    pub fn tells_failures(&self) -> bool {
        self.log_level >= 3
    }

    /// Names of the mechanisms, separated by blanks; empty if there are none.
    pub fn mechanisms(&self) -> String {
        let names: Vec<&str> = self.mechanisms.iter().map(|m| m.name()).collect();
        names.join(" ")
    }

    /// Begins a login. `unix` is the time, in seconds.
    pub fn begin(&self, mechanism: &[u8], data: &[u8], unix: i64) -> Step {
        let mut known = self.mechanisms.iter().copied();
        let named = known.find(|m| m.name().as_bytes().eq_ignore_ascii_case(mechanism));
        match named {
            None => Step::Failed(None),
            Some(Mechanism::CramMd5) if data.is_empty() => self.challenge(unix),
            // The server speaks first.
            Some(Mechanism::CramMd5) => Step::Failed(None),
            Some(named) if data.is_empty() => {
                Step::Continue(Conversation(State::Named(named)), Vec::new())
            }
            Some(named) => self.step(Conversation(State::Named(named)), data),
        }
    }

    /// Goes on with a login.
    pub fn step(&self, conversation: Conversation, data: &[u8]) -> Step {
        match conversation.0 {
            State::Named(Mechanism::Plain) => match self.plain(data) {
                Some(()) => Step::Done,
                None => Step::Failed(Some(Conversation(State::Named(Mechanism::Plain)))),
            },
            State::Named(Mechanism::Scram(hash)) => match Exchange::begin(hash, data) {
                Some((exchange, answer)) => {
                    Step::Continue(Conversation(State::Scram(exchange)), answer)
                }
                None => Step::Failed(None),
            },
            State::Named(Mechanism::CramMd5) => Step::Failed(None),
            State::Challenged(challenge) => match self.respond(&challenge, data) {
                Some(()) => Step::Done,
                None => Step::Failed(None),
            },
            State::Scram(exchange) => {
                let password = self.accounts.password_of(exchange.user());
                match exchange.finish(password.as_deref(), data) {
                    Some(proof) => Step::Continue(Conversation(State::Proved), proof),
                    None => Step::Failed(None),
                }
            }
            State::Proved if data.is_empty() => Step::Done,
            State::Proved => Step::Failed(None),
        }
    }

    /// PLAIN: `authorisation NUL user NUL password`. The first is empty or means the user.
    fn plain(&self, data: &[u8]) -> Option<()> {
        let mut parts = data.split(|&byte| byte == 0);
        let (act_as, user, password) = (parts.next()?, parts.next()?, parts.next()?);
        let sound = parts.next().is_none()
            && !user.is_empty()
            && !password.is_empty()
            && (act_as.is_empty() || self.accounts.are_one(act_as, user));
        (sound && self.accounts.admit(user, password)).then_some(())
    }

    /// CRAM-MD5: a text that nobody has seen before.
    fn challenge(&self, unix: i64) -> Step {
        let mut random = [0; 16];
        if getrandom::fill(&mut random).is_err() {
            return Step::Failed(None);
        }
        let random = u128::from_ne_bytes(random);
        let host = self.accounts.host();
        let challenge = format!("<{random}.{unix}@{host}>").into_bytes();
        Step::Continue(
            Conversation(State::Challenged(challenge.clone())),
            challenge,
        )
    }

    /// CRAM-MD5: `user` and the challenge's digest with the password as key, in lower-case hex.
    fn respond(&self, challenge: &[u8], data: &[u8]) -> Option<()> {
        let blank = data.iter().rposition(|&byte| byte == b' ')?;
        let (user, said) = (&data[..blank], &data[blank + 1..]);
        let password = self.accounts.password_of(user);
        // Unknown users take as long as known ones.
        let mut mac = Hmac::<Md5>::new_from_slice(password.as_deref().unwrap_or_default()).ok()?;
        mac.update(challenge);
        let digest: String = mac
            .finalize()
            .into_bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let right = Secret::new(digest.as_bytes())?.is(said) == 1;
        (right && password.is_some()).then_some(())
    }
}

#[cfg(test)]
mod tests;
