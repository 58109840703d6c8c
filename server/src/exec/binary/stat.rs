//! Statistics: one reply per figure, then one without a name.

use std::fmt::{Arguments, Write};

use mcrs::codec::binary::Status;
use mcrs::codec::binary::reply::Head;

use super::ReplyTo;
use crate::exec::{Context, Output};
use crate::stats;

/// Answers with the figures of a group; those of the server if it is empty.
///
/// Source: mcrsd.md 4: other groups of the text protocol, such as `conns`, are not known here.
pub(super) fn run(context: &Context, to: ReplyTo, group: &[u8], out: &mut Output) {
    let shared = context.shared;
    let mut text = String::new();
    let mut put = |name: &str, value: Arguments<'_>| {
        text.clear();
        // Writing to memory does not fail.
        let _ = text.write_fmt(value);
        figure(to, name, &text, out);
    };
    match group {
        b"" => stats::general(shared, &mut put),
        b"settings" => stats::settings(shared, &mut put),
        b"items" => stats::items(shared, &mut put),
        b"slabs" => stats::slabs(shared, &mut put),
        b"sizes" => put("sizes_status", format_args!("disabled")),
        b"reset" => {
            shared.reset_stats();
        }
        _ => return to.error(Status::NOT_FOUND, out),
    }
    figure(to, "", "", out);
}

fn figure(to: ReplyTo, name: &str, value: &str, out: &mut Output) {
    let head = Head {
        key: name.as_bytes(),
        // Figures are short; a list address is the longest, and that is one argument of a command.
        value_len: value.len() as u32,
        ..to.head(Status::OK)
    };
    head.encode(out.bytes());
    out.bytes().extend_from_slice(value.as_bytes());
}
