//! getstats and getextendedstats.

use mcrs::client::Outcome;

use super::Pool;
use super::pool::with_servers;
use crate::scratch::Scratch;
use crate::zend::{Call, Class, NewArray, Object, Out, Owned, R};

/// What can be asked for. Source: pecl/memcache; `settings` and others are refused there too.
const TYPES: [&[u8]; 6] = [
    b"reset",
    b"malloc",
    b"slabs",
    b"cachedump",
    b"items",
    b"sizes",
];

/// Levels of arrays that colons in a name can make; what is left of the name is the last key.
/// Servers use two; a malicious one could otherwise nest until PHP's recursion fails.
const MAX_DEPTH: usize = 8;

/// The statistics of the first server that has any.
pub(crate) fn getstats(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    let (object, call) = call.object(Class::Pool, 0, 3)?;
    let Some(pool) = prepare(object, call, s)? else {
        return Ok(Out::FALSE);
    };
    let servers = pool.with(|client| client.server_count());
    let mut empty = false;
    for server in 0..servers {
        s.batch.clear();
        s.batch.stats(server, &s.unpacked);
        pool.exchange(object, s)?;
        match result(s, 0) {
            Statistics::Entries(entries) => return Ok(Out::Array(entries)),
            Statistics::Reset => return Ok(Out::TRUE),
            Statistics::Empty => empty = true,
            Statistics::Failed => {}
        }
    }
    // Differs from pecl/memcache: a server that has nothing to tell (`items` of an empty one) is
    // an empty array, because false says that nobody answered.
    Ok(if empty {
        Out::Array(NewArray::with_capacity(0))
    } else {
        Out::FALSE
    })
}

/// The statistics of every server by `host:port`, false for one that did not answer.
pub(crate) fn getextendedstats(call: Call<'_>, s: &mut Scratch) -> R<Out> {
    let (object, call) = call.object(Class::Pool, 0, 3)?;
    let Some(pool) = prepare(object, call, s)? else {
        return Ok(Out::FALSE);
    };
    let servers = pool.with(|client| client.server_count());
    for server in 0..servers {
        s.batch.stats(server, &s.unpacked);
    }
    pool.exchange(object, s)?;
    let mut all = NewArray::with_capacity(servers as u32);
    for server in 0..servers {
        let value = match result(s, server) {
            Statistics::Entries(entries) => Owned::array(entries),
            Statistics::Empty => Owned::array(NewArray::with_capacity(0)),
            Statistics::Reset => Owned::bool(true),
            Statistics::Failed => Owned::bool(false),
        };
        s.unpacked.clear();
        pool.with(|client| client.address(server).write_name(&mut s.unpacked));
        all.set(&s.unpacked, value);
    }
    Ok(Out::Array(all))
}

/// Reads the arguments; `s.unpacked` gets the words to send after `stats`. Warns and gives `None`
/// for a type that is not known.
fn prepare<'a>(object: Object<'a>, call: Call<'_>, s: &mut Scratch) -> R<Option<&'a Pool>> {
    let kind = match call.value(0) {
        Some(_) => Some(call.str(0)?.bytes()),
        None => None,
    };
    let slab = call.int(1, 0)?;
    let limit = call.int(2, 100)?;
    let Some(pool) = with_servers(object, s)? else {
        return Ok(None);
    };
    if let Some(kind) = kind {
        if !TYPES.contains(&kind) {
            s.voice.warn(c"Invalid stats type")?;
            return Ok(None);
        }
        s.unpacked.extend_from_slice(kind);
        if slab != 0 {
            s.unpacked
                .extend_from_slice(format!(" {slab} {limit}").as_bytes());
        }
    }
    Ok(Some(pool))
}

/// What one server told.
enum Statistics {
    Entries(NewArray),
    /// Nothing but the end.
    Empty,
    /// `RESET`
    Reset,
    Failed,
}

fn result(s: &Scratch, request: usize) -> Statistics {
    if s.batch.outcome(request) != Outcome::Done {
        return Statistics::Failed;
    }
    let text = s.batch.text(request);
    if text.is_empty() {
        return Statistics::Empty;
    }
    if text.starts_with(b"RESET") {
        return Statistics::Reset;
    }
    let mut entries = NewArray::with_capacity(0);
    for line in text.split(|&b| b == b'\n').filter(|line| !line.is_empty()) {
        add_line(&mut entries, line);
    }
    Statistics::Entries(entries)
}

/// Adds one line: `STAT name value`, `ITEM key [3 b; 115 s]`, `a b` or a single word.
fn add_line(entries: &mut NewArray, line: &[u8]) {
    if let Some(rest) = line.strip_prefix(b"STAT ") {
        let (name, value) = split_word(rest).unwrap_or((rest, b""));
        add_nested(entries, name, value);
    } else if let Some((key, parts)) = item(line) {
        let mut list = NewArray::with_capacity(2);
        for part in parts.split(|&b| b == b';') {
            let part = part.trim_ascii();
            list.push(Owned::bytes(
                split_word(part).map_or(part, |(word, _)| word),
            ));
        }
        entries.set(key, Owned::array(list));
    } else if let Some((name, value)) = split_word(line) {
        // Differs from pecl/memcache, which leaves a NUL byte at the end of both.
        entries.set(name, Owned::bytes(value));
    } else {
        entries.push(Owned::bytes(line));
    }
}

/// The key of an `ITEM` line and what is between its brackets.
fn item(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (key, rest) = split_word(line.strip_prefix(b"ITEM ")?)?;
    let inside = rest.strip_prefix(b"[")?;
    Some((key, inside.strip_suffix(b"]").unwrap_or(inside)))
}

/// The first word and what follows the blank behind it.
fn split_word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = text.iter().position(|&b| b == b' ')?;
    Some((&text[..blank], &text[blank + 1..]))
}

/// Sets `items:1:number` as `["items" => [1 => ["number" => …]]]`.
fn add_nested(entries: &mut NewArray, name: &[u8], value: &[u8]) {
    let mut parts = name.splitn(MAX_DEPTH, |&b| b == b':').peekable();
    let Some(first) = parts.next() else { return };
    if parts.peek().is_none() {
        return entries.set(first, Owned::bytes(value));
    }
    let mut inner = entries.child(first);
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            inner.set(part, Owned::bytes(value));
        } else {
            inner = inner.into_child(part);
        }
    }
}
