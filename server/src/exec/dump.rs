//! Listing items to a client: `lru_crawler metadump` and `mgdump`, and `stats cachedump`.
//!
//! The first two list everything there is, at the pace at which the client reads. Nothing is
//! gathered: each piece of the list is made when the one before has been taken, so a dump of any
//! length holds no more than an [`Output`] that is full. The third looks at everything before it lists
//! the newest, which are a bounded number of bytes. Either way the work is done in small pieces, and
//! others are served in between.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::Write;
use std::task::Waker;

use mcrs::codec::meta;
use mcrs::codec::text::CRLF;

use super::{Context, Output, Shared};
use crate::crawler::Lease;
use crate::engine::{ItemRef, Quota, Walk};
use crate::quote::quote;

/// Buckets looked at before others get their turn, for the sake of tables with few items to list.
const BUCKETS: u32 = 1024;

/// Bytes that `stats cachedump` answers at most. Source: mcrsd.md 2.11.
const NEWEST_MAX_BYTES: usize = 2 << 20;

/// What a dump tells of each item. Source: mcrsd.md 2.9.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `metadump`: a line of names and values.
    Meta,
    /// `mgdump`: a command that gets it.
    Get,
}

/// What is listed.
#[derive(Debug)]
enum List {
    /// Everything.
    All {
        form: Form,
        lease: Lease,
        /// Whether there is an answer already.
        begun: bool,
    },
    /// The newest.
    Newest(Newest),
}

/// A dump under way.
#[derive(Debug)]
pub struct Dump {
    walk: Walk,
    quota: Quota,
    list: List,
}

impl Dump {
    /// A dump of everything that has answered nothing yet.
    pub(super) fn all(shared: &Shared, form: Form, quota: Quota, lease: Lease) -> Dump {
        let list = List::All {
            form,
            lease,
            begun: false,
        };
        let walk = shared.engine.walk();
        Dump { walk, quota, list }
    }

    /// A dump of the newest items of a class, so many at most.
    pub(super) fn newest(shared: &Shared, class: usize, limit: usize) -> Dump {
        let mut quota = Quota::none();
        quota.add(class, 0);
        Dump {
            walk: shared.engine.walk(),
            quota,
            list: List::Newest(Newest {
                limit,
                ..Newest::default()
            }),
        }
    }

    /// Whether it may take as long as the client likes.
    pub fn needs_stream(&self) -> bool {
        matches!(self.list, List::All { .. })
    }

    /// Appends some more of the list, or the end of it. Whether there is more to come.
    pub fn run(&mut self, context: &Context, out: &mut Output) -> bool {
        let shared = context.shared;
        let now = shared.clock.now();
        if let List::All { lease, begun, .. } = &mut self.list {
            lease.note_progress(now);
            if !*begun {
                *begun = true;
                out.line("OK");
            }
        }
        for _ in 0..BUCKETS {
            if out.is_full() && self.needs_stream() {
                return true;
            }
            let (walk, list) = (&mut self.walk, &mut self.list);
            let more = shared
                .engine
                .show(walk, &self.quota, now, |item| match list {
                    List::All {
                        form: Form::Meta, ..
                    } => describe(shared, item, out.bytes()),
                    List::All {
                        form: Form::Get, ..
                    } => name(item, out.bytes()),
                    List::Newest(newest) => newest.add(shared, item),
                });
            if !more {
                self.end(out);
                return false;
            }
        }
        true
    }

    /// Appends what comes when everything has been looked at.
    fn end(&mut self, out: &mut Output) {
        match &mut self.list {
            List::All {
                form: Form::Get, ..
            } => return out.line("EN"),
            List::All { .. } => {}
            List::Newest(newest) => std::mem::take(newest).append_to(out.bytes()),
        }
        out.line("END");
    }

    /// Notes that the client took something of it.
    pub fn note_progress(&self, now: u32) {
        if let List::All { lease, .. } = &self.list {
            lease.note_progress(now);
        }
    }

    /// Whether the client is to be dropped for reading nothing; else `task` is woken when that has
    /// to be asked again.
    pub fn is_given_up(&self, task: &Waker) -> bool {
        match &self.list {
            List::All { lease, .. } => lease.is_given_up(task),
            List::Newest(_) => false,
        }
    }
}

/// What tells a newer item from an older one: CAS ids ascend; without them it is the last access.
type Age = (u64, u32);

/// The lines of the newest items seen so far.
#[derive(Debug, Default)]
struct Newest {
    /// Most lines.
    limit: usize,
    /// The oldest on top.
    lines: BinaryHeap<Reverse<(Age, Box<[u8]>)>>,
    bytes: usize,
}

impl Newest {
    fn add(&mut self, shared: &Shared, item: &ItemRef<'_>) {
        let age = (item.cas(), item.last_access());
        let full = self.lines.len() == self.limit;
        let is_older = |oldest: &Reverse<(Age, _)>| age < oldest.0.0;
        // A key with bytes of any value would break the line.
        if item.has_encoded_key() || full && self.lines.peek().is_none_or(is_older) {
            return;
        }
        let mut line = Vec::with_capacity(item.key().len() + 32);
        line.extend_from_slice(b"ITEM ");
        line.extend_from_slice(item.key());
        let expiry = shared.clock.unix_of(item.expiry());
        // Writing to memory does not fail.
        let _ = write!(line, " [{} b; {expiry} s]\r\n", item.value_len());
        self.bytes += line.len();
        self.lines.push(Reverse((age, line.into())));
        while self.lines.len() > self.limit || self.bytes > NEWEST_MAX_BYTES - b"END\r\n".len() {
            let oldest = self.lines.pop();
            self.bytes -= oldest.map_or(self.bytes, |Reverse((_, line))| line.len());
        }
    }

    /// Appends the lines, the newest first.
    fn append_to(self, out: &mut Vec<u8>) {
        out.reserve(self.bytes);
        for Reverse((_, line)) in self.lines.into_sorted_vec() {
            out.extend_from_slice(&line);
        }
    }
}

/// The line of an item in a `metadump`: it ends in a blank and a line feed.
fn describe(shared: &Shared, item: &ItemRef<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"key=");
    quote(out, item.key());
    let clock = &shared.clock;
    let exp = match item.expiry() {
        0 => -1,
        expiry => clock.unix_of(expiry),
    };
    let fetch = if item.was_fetched() { "yes" } else { "no" };
    // Writing to memory does not fail.
    let _ = writeln!(
        out,
        " exp={exp} la={} cas={} fetch={fetch} cls={} size={} flags={} ",
        clock.unix_of(item.last_access()),
        item.cas(),
        item.class(),
        item.total_bytes(),
        item.flags(),
    );
}

/// The line of an item in an `mgdump`.
fn name(item: &ItemRef<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"mg ");
    let encoded = item.has_encoded_key();
    meta::push_key(out, item.key(), encoded);
    if encoded {
        out.extend_from_slice(b" b");
    }
    out.extend_from_slice(CRLF);
}
