//! Logging in to the text protocol, as `-Y` demands: a `set` whose value is a name and a password.
//!
//! Source: mcrsd.md 7.2.

use mcrs::codec::num;
use mcrs::codec::text::request::MAX_LINE_LEN;
use mcrs::codec::text::{CRLF, Words};

use super::dialogue::{Dialogue, Phase};
use crate::exec::{Context, Output};
use crate::watch::CloseReason;

/// Shortest line that is answered, its LF not counted; shorter ones end the connection.
const MIN_LINE_LEN: usize = 6;

/// Longest name and password together, with the blank between them, in bytes.
const MAX_TOKEN_LEN: usize = 16384;

/// Name and password on their way in.
#[derive(Debug)]
pub(super) struct Token {
    /// How many bytes belong to it, the line end behind it included.
    len: usize,
    bytes: Vec<u8>,
}

impl Dialogue {
    /// Takes the line at `at` of a client who has not logged in, and moves `at` behind it; `false`
    /// if its end is not there yet.
    pub(super) fn run_login(&mut self, input: &[u8], at: &mut usize, output: &mut Output) -> bool {
        let rest = &input[*at..];
        let Some(end) = memchr::memchr(b'\n', rest) else {
            if rest.len() > MAX_LINE_LEN {
                self.phase = Phase::Closing(CloseReason::Error);
            }
            return rest.len() > MAX_LINE_LEN;
        };
        *at += end + 1;
        if end < MIN_LINE_LEN {
            self.phase = Phase::Closing(CloseReason::Error);
            return true;
        }
        let line = &rest[..end];
        let reply = match token_len(line.strip_suffix(b"\r").unwrap_or(line)) {
            None => "CLIENT_ERROR unauthenticated",
            Some(len) if len > MAX_TOKEN_LEN => "CLIENT_ERROR auth token too long",
            Some(len) => {
                self.phase = Phase::Token(Box::new(Token {
                    len: len + CRLF.len(),
                    bytes: Vec::new(),
                }));
                return true;
            }
        };
        self.answer_login(reply, output);
        true
    }

    /// Takes what `input` has of name and password, and answers if that is all.
    pub(super) fn run_token(&mut self, input: &[u8], at: &mut usize, output: &mut Output) {
        let Phase::Token(token) = &mut self.phase else {
            return;
        };
        let rest = &input[*at..];
        let taken = rest.len().min(token.len - token.bytes.len());
        token.bytes.extend_from_slice(&rest[..taken]);
        *at += taken;
        if token.bytes.len() < token.len {
            return;
        }
        let (phase, reply) = match judge(&self.worker.context, &token.bytes) {
            Ok(()) => (Phase::Request, "STORED"),
            Err(reply) => (Phase::Login, reply),
        };
        self.phase = phase;
        self.answer_login(reply, output);
    }

    fn answer_login(&self, reply: &'static str, output: &mut Output) {
        self.note_command();
        output.line(reply);
        if self.worker.verbosity() > 1 {
            // What was said is not for the log.
            eprintln!(">{} {reply}", self.fd);
        }
    }
}

/// The length of name and password, if the line announces them: `set <key> <flags> <exptime> <len>`,
/// of which only the last counts.
fn token_len(line: &[u8]) -> Option<usize> {
    let mut words = Words::new(line);
    if words.next() != Some(b"set") {
        return None;
    }
    let len = num::u32_strict(words.nth(3)?)?;
    usize::try_from(len).ok()
}

/// Whether this is a user, with the line end behind; else what to answer.
fn judge(context: &Context, token: &[u8]) -> Result<(), &'static str> {
    let token = token
        .strip_suffix(CRLF)
        .ok_or("CLIENT_ERROR bad command line termination")?;
    let blank =
        memchr::memchr(b' ', token).ok_or("CLIENT_ERROR bad authentication token format")?;
    let (name, password) = (&token[..blank], &token[blank + 1..]);
    context.counters.auth_cmds.add(1);
    if context.shared.users.admit(name, password) {
        return Ok(());
    }
    context.counters.auth_errors.add(1);
    Err("CLIENT_ERROR authentication failure")
}
