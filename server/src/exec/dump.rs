//! Listing all items to a client, at the pace at which it reads: `lru_crawler metadump` and `mgdump`.
//!
//! Nothing is gathered: each piece of the list is made when the one before has been taken, so a
//! dump of any length holds no more than an [`Output`] that is full.

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

/// What a dump tells of each item. Source: mcrsd.md 2.9.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `metadump`: a line of names and values.
    Meta,
    /// `mgdump`: a command that gets it.
    Get,
}

/// A dump under way.
#[derive(Debug)]
pub struct Dump {
    form: Form,
    walk: Walk,
    quota: Quota,
    lease: Lease,
    /// Whether there is an answer already.
    begun: bool,
}

impl Dump {
    /// A dump that has answered nothing yet.
    pub(super) fn new(shared: &Shared, form: Form, quota: Quota, lease: Lease) -> Dump {
        Dump {
            form,
            walk: shared.engine.walk(),
            quota,
            lease,
            begun: false,
        }
    }

    /// Appends some more of the list, or the end of it. Whether there is more to come.
    pub fn run(&mut self, context: &Context, out: &mut Output) -> bool {
        let shared = context.shared;
        let now = shared.clock.now();
        self.lease.note_progress(now);
        if !self.begun {
            self.begun = true;
            out.line("OK");
        }
        for _ in 0..BUCKETS {
            if out.is_full() {
                return true;
            }
            let form = self.form;
            let walk = &mut self.walk;
            let more = shared.engine.show(walk, &self.quota, now, |item| {
                let bytes = out.bytes();
                match form {
                    Form::Meta => describe(shared, item, bytes),
                    Form::Get => name(item, bytes),
                }
            });
            if !more {
                out.line(match form {
                    Form::Meta => "END",
                    Form::Get => "EN",
                });
                return false;
            }
        }
        true
    }

    /// Notes that the client took something of it.
    pub fn note_progress(&self, now: u32) {
        self.lease.note_progress(now);
    }

    /// Whether the client is to be dropped for reading nothing; else `task` is woken when that has
    /// to be asked again.
    pub fn is_given_up(&self, task: &Waker) -> bool {
        self.lease.is_given_up(task)
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
