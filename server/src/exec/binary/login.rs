//! Logging in: which mechanisms there are, and one or more messages back and forth.
//!
//! Source: mcrsd.md 7.1; which failures leave what: memcached 1.6.18, measured.

use mcrs::codec::binary::{Command, Op, Opcode, Status};

use super::ReplyTo;
use crate::exec::{Context, Next, Output};
use crate::sasl::{Conversation, MAX_MECHANISM_LEN, MAX_TOKEN_LEN, Sasl, Step};

/// Where a client stands. One word: most clients need not log in.
#[derive(Debug, Default)]
pub struct Login(Option<Box<Stage>>);

/// Where a client stands who must log in before anything else.
#[derive(Debug)]
enum Stage {
    /// It has not.
    Due,
    /// It is about to.
    Begun(Conversation),
    /// It has.
    Done,
}

impl Login {
    /// For a client who has said nothing yet.
    pub fn of(context: &Context) -> Login {
        let must = context.shared.sasl.is_some();
        Login(must.then(|| Box::new(Stage::Due)))
    }

    /// Whether a client may not ask for this yet.
    #[inline]
    pub fn bars(&self, opcode: u8) -> bool {
        match self.0.as_deref() {
            None | Some(Stage::Done) => false,
            Some(Stage::Due | Stage::Begun(_)) => !is_open(opcode),
        }
    }
}

/// Whether anybody may ask for it.
fn is_open(opcode: u8) -> bool {
    let known = Opcode::from_wire(opcode).map(|opcode| opcode.op);
    let open = [Op::SaslList, Op::SaslAuth, Op::SaslStep, Op::Version];
    known.is_some_and(|op| open.contains(&op))
}

/// Bytes behind the request that must have come before it is carried out: the data of a login that
/// is to be heard.
pub fn token_len(context: &Context, command: &Command<'_>) -> usize {
    match *command {
        Command::Sasl { len, .. } if context.shared.sasl.is_some() => {
            let len = len as usize;
            if len <= MAX_TOKEN_LEN { len } else { 0 }
        }
        _ => 0,
    }
}

/// Answers with the names of the mechanisms.
pub(super) fn list(sasl: &Sasl, to: ReplyTo, out: &mut Output) {
    let names = sasl.mechanisms();
    if names.is_empty() {
        to.error(Status::AUTH_ERROR, out);
    } else {
        to.words(Status::OK, &names, out);
    }
}

/// One message of a client that wants to log in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Message<'a> {
    /// It goes on with what was begun.
    pub(super) step: bool,
    pub(super) mechanism: &'a [u8],
    /// Bytes of its data.
    pub(super) len: u32,
    /// These, unless they are too many to be heard; then they are still to come.
    pub(super) token: &'a [u8],
}

impl Message<'_> {
    fn is_heard(&self) -> bool {
        self.token.len() == self.len as usize
    }

    fn refuse(&self, to: ReplyTo, status: Status, out: &mut Output) -> Next {
        if !self.is_heard() {
            return to.swallow(self.len, status);
        }
        to.error(status, out);
        Next::Done
    }
}

/// Hears a message and answers it. An attempt ends the login of before, whatever becomes of it.
pub(super) fn hear(
    context: &Context,
    sasl: &Sasl,
    login: &mut Login,
    to: ReplyTo,
    message: &Message<'_>,
    out: &mut Output,
) -> Next {
    if message.mechanism.len() > MAX_MECHANISM_LEN {
        return message.refuse(to, Status::INVALID_ARGUMENTS, out);
    }
    let Some(stage) = &mut login.0 else {
        return message.refuse(to, Status::UNKNOWN_COMMAND, out);
    };
    let before = std::mem::replace(&mut **stage, Stage::Due);
    let unix = context.shared.clock.unix();
    let step = match before {
        _ if !message.is_heard() => Step::Failed(None),
        _ if !message.step => sasl.begin(message.mechanism, message.token, unix),
        // Which mechanism it is has been settled.
        Stage::Begun(conversation) => sasl.step(conversation, message.token),
        _ => Step::Failed(None),
    };
    match step {
        Step::Continue(conversation, challenge) => {
            **stage = Stage::Begun(conversation);
            to.bytes(Status::AUTH_CONTINUE, &challenge, out);
            return Next::Done;
        }
        Step::Done => {
            **stage = Stage::Done;
            context.counters.auth_cmds.add(1);
            to.words(Status::OK, "Authenticated", out);
            return Next::Done;
        }
        Step::Failed(None) => {}
        Step::Failed(Some(conversation)) => **stage = Stage::Begun(conversation),
    }
    context.counters.auth_cmds.add(1);
    context.counters.auth_errors.add(1);
    if sasl.tells_failures() {
        eprintln!("SASL (severity 3): a login failed");
    }
    message.refuse(to, Status::AUTH_ERROR, out)
}
