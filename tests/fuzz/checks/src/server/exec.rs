//! Requests carried out one by one, without a session: decode, run, and do what is left to do.

use std::cell::RefCell;

use mcrs::codec::Decoded;
use mcrs::codec::text::Request;
use mcrs::codec::text::request::{self, Keys};
use mcrsd::exec::{self, Context, Next, Output, Refusal};
use mcrsd::watch::CloseReason;

use super::model::{Held, Inner, Model};
use super::{Bed, SIZES, input};

/// One request and what became of it.
#[derive(Debug)]
pub struct Step<'a> {
    /// Its line, end included.
    pub line: &'a [u8],
    /// For a storage command whose data was read: all of it, with the two bytes behind it.
    pub block: Option<&'a [u8]>,
    /// The answer.
    pub reply: Vec<u8>,
    /// How it ended.
    pub end: End,
    /// Bytes of the input it took.
    pub consumed: usize,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It was carried out.
    Done,
    /// Its data has not all come.
    Unfinished,
    /// It closes the connection.
    Closed,
}

/// Carries out requests until the input ends or the connection is closed.
pub fn carry_out(context: &Context, mut data: &[u8], mut each: impl FnMut(&Step<'_>)) {
    while let Some(step) = next(context, data) {
        data = &data[step.consumed..];
        each(&step);
        if step.end != End::Done {
            return;
        }
    }
}

/// Carries out the first request, if it is all there and the client sends lines.
fn next<'a>(context: &Context, data: &'a [u8]) -> Option<Step<'a>> {
    let Ok(Decoded::Complete { value, consumed }) = request::decode(data) else {
        return None;
    };
    let (line, rest) = data.split_at(consumed);
    let mut step = Step {
        line,
        block: None,
        reply: Vec::new(),
        end: End::Done,
        consumed,
    };
    let mut output = Output::default();
    let mut next = match value {
        Ok(request) => exec::run(context, &request, rest, &mut output),
        Err(bad) if bad.close => Next::Close(CloseReason::Error),
        Err(bad) => Next::Swallow {
            bytes: bad.swallow,
            reply: Refusal::line(bad.reply, bad.noreply),
        },
    };
    loop {
        next = match next {
            Next::Done => break,
            Next::More { retrieval, rest } => {
                drain(&mut output, &mut step.reply);
                let line = line.strip_suffix(b"\n").unwrap_or(line);
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                let keys = Keys::new(&line[line.len() - rest..]);
                retrieval.run(context, keys, &mut output)
            }
            Next::Value(mut upload) => {
                let len = upload.remaining();
                let terminator = upload.terminator();
                let Some(block) = rest.get(..len + terminator.len()) else {
                    step.end = End::Unfinished;
                    break;
                };
                let taken = upload.fill(context, &block[..len]);
                assert_eq!(taken, Ok(len), "there is memory");
                step.block = Some(block);
                step.consumed += block.len();
                upload.finish(context, block.ends_with(terminator), &mut output);
                break;
            }
            Next::Taken(bytes) => {
                step.block = Some(&rest[..bytes]);
                step.consumed += bytes;
                break;
            }
            Next::Swallow { bytes, reply } => {
                let bytes = usize::try_from(bytes).expect("32 bits and two");
                let Some(block) = rest.get(..bytes) else {
                    step.end = End::Unfinished;
                    break;
                };
                step.block = Some(block);
                step.consumed += bytes;
                reply.send(&mut output);
                break;
            }
            Next::Dump(mut dump) => {
                while dump.run(context, &mut output) {
                    drain(&mut output, &mut step.reply);
                }
                break;
            }
            Next::Close(_) | Next::Watch(_) | Next::Stop { .. } => {
                step.end = End::Closed;
                break;
            }
        };
    }
    drain(&mut output, &mut step.reply);
    Some(step)
}

/// Takes all of the output.
pub(super) fn drain(output: &mut Output, out: &mut Vec<u8>) {
    while !output.is_empty() {
        let written = output.write::<()>(|slices| {
            slices.iter().for_each(|slice| out.extend_from_slice(slice));
            Ok(slices.iter().map(|slice| slice.len()).sum())
        });
        assert_ne!(written, Ok(0), "nothing offered although not empty");
    }
    output.clear();
}

thread_local! {
    static BED: RefCell<Option<Bed>> = const { RefCell::new(None) };
}

/// A stream of requests: each answer, and what the server holds of the keys named, is what the model
/// says; CAS ids ascend.
pub fn check(data: &[u8]) {
    BED.with_borrow_mut(|bed| {
        let bed = bed.get_or_insert_with(Bed::new);
        let last_cas = bed.reset();
        let data = input(data, last_cas);
        let clock = &bed.context.shared.clock;
        let mut model = Model::new(SIZES, clock.unix(), last_cas);
        let held = |key: &[u8]| {
            let item = bed.engine().peek(key, bed.now())?;
            Some(Held {
                flags: item.flags(),
                value: item.pieces().flatten().copied().collect(),
                cas: item.cas(),
                inner: Some(Inner {
                    expiry: (item.expiry() != 0).then(|| clock.unix_of(item.expiry())),
                    fetched: item.was_fetched(),
                    encoded: item.has_encoded_key(),
                }),
            })
        };
        carry_out(&bed.context, &data, |step| model.judge(step, &held));
    });
}

/// Whether a decoder sees a request that changes how much a session writes to standard error.
pub(super) fn is_verbosity(data: &[u8]) -> bool {
    let mut lines = data.split_inclusive(|&b| b == b'\n');
    lines.any(|line| {
        let decoded = request::decode(line);
        matches!(
            decoded,
            Ok(Decoded::Complete {
                value: Ok(Request::Verbosity { .. }),
                ..
            })
        )
    })
}
