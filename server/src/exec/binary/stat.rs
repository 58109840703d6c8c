//! Statistics: one reply per figure, then one without a name.

use std::fmt::{Arguments, Write};

use mcrs::codec::binary::Status;
use mcrs::codec::binary::reply::Head;

use super::ReplyTo;
use crate::exec::stats::{Detail, detail, dump_prefixes};
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
        figure(to, name, text.as_bytes(), out);
    };
    match group {
        b"" => stats::general(shared, &mut put),
        b"settings" => stats::settings(shared, &mut put),
        b"items" => stats::items(shared, &mut put),
        b"slabs" => stats::slabs(shared, &mut put),
        b"sizes" => stats::sizes(shared, &mut put),
        b"reset" => shared.reset_stats(),
        b"detail on" | b"detail off" | b"detail dump" => {
            match detail(shared, group.split(|&b| b == b' ').nth(1)) {
                Detail::Said("OK") => {}
                Detail::Said(_) => return to.error(Status::NOT_FOUND, out),
                Detail::Dump => {
                    let mut lines = Vec::new();
                    dump_prefixes(shared, &mut lines);
                    lines.extend_from_slice(b"END\r\n");
                    figure(to, "detailed", &lines, out);
                }
            }
        }
        _ => return to.error(Status::NOT_FOUND, out),
    }
    figure(to, "", b"", out);
}

fn figure(to: ReplyTo, name: &str, value: &[u8], out: &mut Output) {
    let head = Head {
        key: name.as_bytes(),
        // The list of all prefixes is the longest, some 20 MB.
        value_len: value.len() as u32,
        ..to.head(Status::OK)
    };
    head.encode(out.bytes());
    out.bytes().extend_from_slice(value);
}
