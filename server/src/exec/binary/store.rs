//! Storing: from the head of the command to the value, and the answer when that is complete.

use mcrs::codec::binary::Status;
use mcrs::codec::meta::request::StoreMode;

use super::ReplyTo;
use crate::engine::{Mode, ReserveError, Stored, Terms};
use crate::exec::upload::{Answer, Intake};
use crate::exec::{Context, Next, Output, Upload};

/// A storage command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Store<'a> {
    pub(super) mode: StoreMode,
    pub(super) key: &'a [u8],
    pub(super) flags: u32,
    pub(super) exptime: u32,
    /// Bytes of the value.
    pub(super) len: u32,
    /// The CAS id the item must have: makes a compare-and-store of set, add and replace alike.
    pub(super) compare: Option<u64>,
}

/// Makes room for a value, or stores it at once.
pub(super) fn begin(
    context: &Context,
    to: ReplyTo,
    store: &Store<'_>,
    ahead: &[u8],
    out: &mut Output,
) -> Next {
    // Without CAS ids there is nothing to compare. Source: memcached 1.6.18, measured.
    let compare = store.compare.filter(|_| context.shared.settings.cas);
    let joins = matches!(store.mode, StoreMode::Append | StoreMode::Prepend);
    let mode = match (store.mode, compare) {
        (StoreMode::Append, _) => Mode::Append,
        (StoreMode::Prepend, _) => Mode::Prepend,
        (_, Some(cas)) => Mode::Cas(cas),
        (StoreMode::Set, None) => Mode::Set,
        (StoreMode::Add, None) => Mode::Add,
        (StoreMode::Replace, None) => Mode::Replace,
    };
    let intake = Intake {
        key: store.key,
        encoded_key: false,
        flags: store.flags,
        expiry: context.shared.clock.expiry(store.exptime.into()),
        len: store.len as usize,
        mode,
        terms: Terms {
            compare: compare.filter(|_| joins),
            ..Terms::default()
        },
        replaces: store.mode == StoreMode::Set,
    };
    context.count_set(store.key);
    match Upload::begin(context, &intake, Answer::Binary(to), ahead, out) {
        Ok(next) => next,
        Err(ReserveError::TooLarge) => to.swallow(store.len, Status::TOO_LARGE),
        Err(ReserveError::NoMemory) => to.swallow(store.len, Status::OUT_OF_MEMORY),
    }
}

/// Answers what became of a value.
pub(in crate::exec) fn finish_store(to: ReplyTo, mode: Mode, stored: Stored, out: &mut Output) {
    let status = match (stored, mode) {
        (Stored::Done { cas }, _) => return to.success(cas, out),
        (Stored::NotStored, Mode::Add) | (Stored::Exists, _) => Status::EXISTS,
        (Stored::NotStored, Mode::Replace) | (Stored::NotFound, _) => Status::NOT_FOUND,
        (Stored::NotStored, _) => Status::NOT_STORED,
    };
    to.error(status, out);
}
