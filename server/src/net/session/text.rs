//! Lines of the text protocol, out of the input and into `exec`.

use mcrs::codec::Decoded;
use mcrs::codec::text::plain;
use mcrs::codec::text::request::{self, Keys};

use super::dialogue::{Dialogue, Phase};
use crate::exec::{self, Next, Output, Refusal};
use crate::watch::CloseReason;

impl Dialogue {
    /// Carries out the request line at `at`, and moves `at` behind it; `false` if its end is not
    /// there yet.
    #[inline]
    pub(super) fn run_line(&mut self, input: &[u8], at: &mut usize, output: &mut Output) -> bool {
        let rest = &input[*at..];
        if self.worker.verbosity() <= 1 && self.run_plain(input, at, output) {
            return true;
        }
        // Looked at where it is: requests are large for something to move about.
        let decoded = request::decode(rest);
        let (value, consumed) = match &decoded {
            Ok(Decoded::Complete { value, consumed }) => (value, *consumed),
            Ok(Decoded::Incomplete) => return false,
            Err(_) => {
                self.phase = Phase::Closing(CloseReason::Error);
                return true;
            }
        };
        *at += consumed;
        self.note_command();
        let verbose = self.worker.verbosity() > 1;
        if verbose {
            self.log_line(&rest[..consumed]);
        }
        let mark = output.mark();
        let next = match value {
            Ok(request) => {
                let ahead = &rest[consumed..];
                exec::run(&self.worker.context, request, ahead, output)
            }
            Err(bad) if bad.close => Next::Close(CloseReason::Error),
            Err(bad) => Next::Swallow {
                bytes: bad.swallow,
                reply: Refusal::line(bad.reply, bad.noreply),
            },
        };
        if verbose {
            self.log_reply(output.since(mark));
        }
        if !matches!(next, Next::Done) {
            self.follow(next, input, at, output);
        }
        true
    }

    /// Does that with the three requests that are nearly all there are, if they are written as nearly
    /// always; `false`, and nothing is done, for everything else.
    #[inline]
    fn run_plain(&mut self, input: &[u8], at: &mut usize, output: &mut Output) -> bool {
        let rest = &input[*at..];
        let context = &self.worker.context;
        if let Some((key, consumed)) = plain::decode_get(rest) {
            *at += consumed;
            self.note_command();
            exec::get(context, key, output);
        } else if let Some((store, consumed)) = plain::decode_set(rest) {
            *at += consumed;
            self.note_command();
            match exec::store(context, &store, &rest[consumed..], output) {
                Next::Taken(len) => *at += len,
                next => self.follow(next, input, at, output),
            }
        } else if let Some((key, flags, consumed)) = plain::decode_meta_get(rest) {
            *at += consumed;
            self.note_command();
            exec::meta_get(context, key, &flags, output);
        } else {
            return false;
        }
        true
    }

    /// Looks up further keys of a retrieval whose answers filled the output.
    pub(super) fn run_keys(&mut self, input: &[u8], at: &mut usize, output: &mut Output) {
        let Phase::Keys { retrieval, rest } = self.phase else {
            return;
        };
        let line = &input[*at..];
        let next = retrieval.run(&self.worker.context, Keys::new(&line[..rest]), output);
        // The line is complete: it was when the command was first looked at.
        let end = memchr::memchr(b'\n', &line[rest..]).map_or(0, |end| end + 1);
        *at += rest + end;
        self.follow(next, input, at, output);
    }

    /// The `-vv` line of a request.
    #[cold]
    fn log_line(&self, line: &[u8]) {
        eprintln!("<{} {}", self.fd, line.trim_ascii_end().escape_ascii());
    }

    /// The `-vv` line of a reply.
    #[cold]
    pub(super) fn log_reply(&self, reply: &[u8]) {
        // Values are the users' own: the last line only, before which they are; of the meta
        // protocol the first one, behind which they are.
        let is_newline = |&b: &u8| b == b'\n';
        let shown = if reply.starts_with(b"VA ") {
            reply.split(is_newline).next()
        } else {
            reply.trim_ascii_end().rsplit(is_newline).next()
        };
        if let Some(line) = shown.filter(|line| !line.is_empty()) {
            eprintln!(">{} {}", self.fd, line.trim_ascii_end().escape_ascii());
        }
    }
}
