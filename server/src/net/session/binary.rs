//! Requests of the binary protocol, out of the input and into `exec`.

use mcrs::codec::Decoded;
use mcrs::codec::binary::{HEADER_LEN, request};

use super::dialogue::{Dialogue, Phase};
use crate::exec::{Next, Output, binary};
use crate::watch::CloseReason;

impl Dialogue {
    /// Carries out the request at `at`, and moves `at` behind it; `false` if its header, extras
    /// and key, or the data of a login, are not all there yet.
    #[inline]
    pub(super) fn run_frame(&mut self, input: &[u8], at: &mut usize, output: &mut Output) -> bool {
        let rest = &input[*at..];
        if rest.len() < HEADER_LEN {
            return false;
        }
        if self.worker.verbosity() <= 1 && self.run_plain_get(rest, at, output) {
            return true;
        }
        // Looked at where it is: requests are large for something to move about.
        let decoded = request::decode(rest);
        let (value, consumed) = match &decoded {
            Ok(Decoded::Complete { value, consumed }) => (value, *consumed),
            Ok(Decoded::Incomplete) => return false,
            // Whatever this is, it is not this protocol.
            Err(_) => {
                self.phase = Phase::Closing(CloseReason::Error);
                return true;
            }
        };
        let context = &self.worker.context;
        let token_len = match value {
            Ok(request) => binary::token_len(context, &request.command),
            Err(_) => 0,
        };
        let Some((token, ahead)) = rest[consumed..].split_at_checked(token_len) else {
            return false;
        };
        *at += consumed + token_len;
        self.note_command();
        let mark = output.mark();
        let next = match value {
            Ok(request) => binary::run(context, &mut self.login, request, token, ahead, output),
            Err(bad) => binary::refuse(&self.login, bad, output),
        };
        if self.worker.verbosity() > 1 {
            self.log_frame(&rest[..HEADER_LEN], output.since(mark));
        }
        if !matches!(next, Next::Done) {
            self.follow(next, input, at, output);
        }
        true
    }

    /// Does that with the request that nearly all are, if nothing is the matter with it; `false`, and
    /// nothing is done, for everything else.
    #[inline]
    fn run_plain_get(&mut self, rest: &[u8], at: &mut usize, output: &mut Output) -> bool {
        let Some((get, consumed)) = request::decode_plain_get(rest) else {
            return false;
        };
        if self.login.bars(get.opcode) {
            return false;
        }
        *at += consumed;
        self.note_command();
        binary::get(&self.worker.context, &get, output);
        true
    }

    /// The `-vv` lines of a request: headers only, in rows of four bytes.
    #[cold]
    fn log_frame(&self, request: &[u8], reply: &[u8]) {
        let fd = self.fd;
        eprintln!("<{fd} Read binary protocol data:{}", rows('<', fd, request));
        if let Some(reply) = reply.get(..HEADER_LEN) {
            eprintln!(">{fd} Writing bin response:{}", rows('>', fd, reply));
        }
    }
}

/// A header, four bytes to a line.
fn rows(sign: char, fd: i32, header: &[u8]) -> String {
    let mut out = String::new();
    for row in header.chunks(4) {
        out.push_str(&format!("\n{sign}{fd}   "));
        for byte in row {
            out.push_str(&format!(" 0x{byte:02x}"));
        }
    }
    out
}
