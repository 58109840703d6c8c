//! Requests of the binary protocol carried out one by one, without a session.

use mcrs::codec::Decoded;
use mcrs::codec::binary::{Command, Header, REQUEST_MAGIC, request};
use mcrsd::exec::binary::{self, Login};
use mcrsd::exec::{Context, Next, Output};

use super::exec::drain;

/// Carries out requests until the input ends or the connection is closed; all replies.
pub fn carry_out(context: &Context, mut data: &[u8]) -> Vec<u8> {
    let mut replies = Vec::new();
    let mut output = Output::default();
    let mut login = Login::of(context);
    let mut open = true;
    while open {
        let Ok(Decoded::Complete { value, consumed }) = request::decode(data) else {
            break;
        };
        data = &data[consumed..];
        let next = match value {
            Ok(request) => binary::run(context, &mut login, &request, b"", data, &mut output),
            Err(bad) => binary::refuse(&login, &bad, &mut output),
        };
        let block = |len: usize| data.get(..len);
        let used = match next {
            Next::Done => Some(0),
            Next::Value(mut upload) => {
                let len = upload.remaining();
                assert_eq!(
                    upload.terminator(),
                    b"",
                    "nothing ends a value but its length"
                );
                block(len).map(|block| {
                    assert_eq!(upload.fill(context, block), Ok(len), "there is memory");
                    upload.finish(context, true, &mut output);
                    len
                })
            }
            Next::Taken(len) => Some(len),
            Next::Swallow { bytes, reply } => {
                let len = usize::try_from(bytes).expect("a gigabyte");
                block(len).map(|_| {
                    reply.send(&mut output);
                    len
                })
            }
            Next::Close(_) => None,
            Next::More { .. } | Next::Dump(_) | Next::Watch(_) | Next::Stop { .. } => {
                panic!("not of this protocol: {next:?}")
            }
        };
        match used {
            Some(used) => data = &data[used..],
            None => open = false,
        }
        drain(&mut output, &mut replies);
    }
    replies
}

/// Whether a request changes how much a session writes to standard error.
pub(super) fn is_verbosity(data: &[u8]) -> bool {
    let mut starts = (0..data.len()).filter(|&at| data[at] == REQUEST_MAGIC);
    starts.any(|at| {
        let decoded = request::decode(&data[at..]);
        let Ok(Decoded::Complete { value, .. }) = decoded else {
            return false;
        };
        value.is_ok_and(|request| matches!(request.command, Command::Verbosity { .. }))
    })
}

/// The replies that are no statistics: those depend on the time and on the connection.
pub(super) fn without_stats(mut replies: &[u8]) -> Vec<u8> {
    let mut kept = Vec::new();
    while let Some(header) = Header::read(replies) {
        let body = usize::try_from(header.body_len).expect("a gigabyte");
        let len = mcrs::codec::binary::HEADER_LEN + body;
        let (reply, rest) = replies.split_at(len.min(replies.len()));
        if header.opcode != STAT {
            kept.extend_from_slice(reply);
        }
        replies = rest;
    }
    kept.extend_from_slice(replies);
    kept
}

/// The opcode of statistics.
const STAT: u8 = 0x10;
