//! A text server of a page or two: a map, and memcached's rules word for word. It reads lines by
//! [`crate::line`], not by our decoder. The meta commands are in `meta.rs`.
//!
//! Source: memcached doc/protocol.txt; memcached 1.6.45, measured. Where an outcome depends on how
//! many bytes an item takes besides key and value, the server's is taken over.

mod meta;

use std::collections::HashMap;

use super::exec::{End, Step};
use crate::line::{self, Line};
use crate::number::strtoul;

const FORMAT: &[u8] = b"CLIENT_ERROR bad command line format\r\n";
const TOO_LARGE: &[u8] = b"SERVER_ERROR object too large for cache\r\n";
/// Times up to this are relative, in seconds.
const MONTH: i64 = 60 * 60 * 24 * 30;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Item {
    flags: u32,
    value: Vec<u8>,
    /// `None` until the server was asked: an id above all earlier ones.
    cas: Option<u64>,
    /// The Unix time at which it is gone, in seconds; `None` for never.
    expiry: Option<i64>,
    /// Somebody read it.
    fetched: bool,
    /// Its key was given in base64.
    encoded: bool,
    /// It is out of date.
    stale: bool,
    /// Somebody was asked to store a new value.
    sent: bool,
}

impl Item {
    /// One just stored.
    fn new(flags: u32, value: Vec<u8>, expiry: Option<i64>) -> Item {
        Item {
            flags,
            value,
            cas: None,
            expiry,
            fetched: false,
            encoded: false,
            stale: false,
            sent: false,
        }
    }
}

/// Item headers and the like are shorter than this, in bytes.
const OVERHEAD_MAX: usize = 160;

/// An item as the judged server has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Client flags.
    pub flags: u32,
    /// The value.
    pub value: Vec<u8>,
    /// The CAS id.
    pub cas: u64,
    /// What only our own server tells.
    pub inner: Option<Inner>,
}

/// What a server knows about an item besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inner {
    /// The Unix time at which it is gone, in seconds; `None` for never.
    pub expiry: Option<i64>,
    /// Whether it was read.
    pub fetched: bool,
    /// Whether its key was given in base64.
    pub encoded: bool,
}

/// How a server is set up, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// The largest item, header, key and value together.
    pub item_max: usize,
    /// The largest chunk; longer items are in several.
    pub chunk_max: usize,
}

/// What the server should hold, at one moment of time.
#[derive(Debug)]
pub struct Model {
    sizes: Sizes,
    items: HashMap<Vec<u8>, Item>,
    /// The Unix time in seconds.
    now: i64,
    /// The last CAS id seen.
    last_cas: u64,
    /// A pending flush whose second is this one: everything is gone as soon as it is looked at.
    flushing: bool,
}

/// How much room an item needs, as far as it can be told from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Size {
    Fits,
    Unclear,
    TooLarge,
}

impl Size {
    /// Of an item with so many bytes of key and value against a limit.
    fn of(bytes: usize, limit: usize) -> Size {
        if bytes > limit {
            Size::TooLarge
        } else if bytes + OVERHEAD_MAX > limit {
            Size::Unclear
        } else {
            Size::Fits
        }
    }
}

impl Model {
    /// An empty server at a Unix time in seconds, and the last CAS id it gave.
    pub fn new(sizes: Sizes, now: i64, last_cas: u64) -> Model {
        Model {
            sizes,
            items: HashMap::new(),
            now,
            last_cas,
            flushing: false,
        }
    }

    /// Judges an answer, does what the request says, and compares what the server now has of the
    /// keys it named.
    ///
    /// # Panics
    /// When the answer is another one than memcached's, or the items differ.
    pub fn judge(&mut self, step: &Step<'_>, held: &dyn Fn(&[u8]) -> Option<Held>) {
        for key in self.answer(step, held) {
            self.compare(&key, held(&key));
        }
    }

    /// Judges an answer and does what the request says; the keys to compare.
    fn answer(&mut self, step: &Step<'_>, held: &dyn Fn(&[u8]) -> Option<Held>) -> Vec<Vec<u8>> {
        let reply = &step.reply[..];
        let request = line::read(step.line);
        let expect = |expected: &[u8], noreply: bool| {
            let expected = if noreply { b"" } else { expected };
            assert!(
                reply == expected,
                "{request:?}\n  answered: {}\n  expected: {}",
                reply.escape_ascii(),
                expected.escape_ascii()
            );
        };
        let closes = matches!(request, Line::Quit | Line::Bad { close: true, .. });
        assert_eq!(step.end == End::Closed, closes, "{request:?}");
        match &request {
            Line::Get { touch, cas, keys } => {
                if keys.iter().any(|key| key.len() > 250) {
                    expect(FORMAT, false);
                    // Keys before the long one may have been read and touched.
                    for key in keys {
                        self.adopt(key, held(key));
                    }
                } else {
                    expect(&self.get(keys, *touch, *cas), false);
                }
                let keys = keys.iter().filter(|key| key.len() <= 250);
                return keys.map(|key| key.to_vec()).collect();
            }
            Line::Store {
                key, len, noreply, ..
            } => {
                let changed = self.is_new(key, held(key));
                let expected = self.store(&request, step, changed);
                expect(&expected, *noreply);
                if step.end == End::Unfinished
                    && self.size(key.len() + *len as usize) == Size::Unclear
                {
                    return Vec::new();
                }
                return vec![key.to_vec()];
            }
            Line::Delete { key, noreply } => {
                let found = self.take(key).is_some();
                let expected: &[u8] = if found {
                    b"DELETED\r\n"
                } else {
                    b"NOT_FOUND\r\n"
                };
                expect(expected, *noreply);
                return vec![key.to_vec()];
            }
            Line::Arith {
                up,
                key,
                delta,
                noreply,
            } => {
                let changed = self.is_new(key, held(key));
                let expected = self.arith(*up, key, *delta, changed);
                expect(&expected, *noreply);
                return vec![key.to_vec()];
            }
            Line::Touch {
                key,
                exptime,
                noreply,
            } => {
                let found = self.live(key).is_some();
                let expected: &[u8] = if found {
                    b"TOUCHED\r\n"
                } else {
                    b"NOT_FOUND\r\n"
                };
                expect(expected, *noreply);
                self.read(key, Some((*exptime).into()));
                return vec![key.to_vec()];
            }
            Line::FlushAll { exptime, noreply } => {
                expect(b"OK\r\n", *noreply);
                self.flush(exptime.unwrap_or(0).into());
            }
            Line::Meta(request) => {
                expect(&self.meta(request, step, held), false);
                // What was announced and may be too large is known when it has come.
                return match step.end {
                    End::Done => vec![request.key.clone()],
                    _ => Vec::new(),
                };
            }
            Line::Verbosity { noreply, .. } => expect(b"OK\r\n", *noreply),
            Line::Version => expect(b"VERSION 1.6.45\r\n", false),
            Line::Quit | Line::Bad { close: true, .. } => expect(b"", false),
            Line::Stats { .. } => {
                let ends: [&[u8]; 4] = [b"END\r\n", b"RESET\r\n", b"ERROR\r\n", b"OK\r\n"];
                let refused = reply.starts_with(b"CLIENT_ERROR ") && reply.ends_with(b"\r\n");
                assert!(refused || ends.iter().any(|end| reply.ends_with(end)));
            }
            // What the server's own commands say is theirs to know.
            Line::Other { noreply, .. } => {
                assert!(reply.ends_with(b"\r\n") || (*noreply && reply.is_empty()));
            }
            Line::Bad {
                reply: text,
                swallow,
                noreply,
                ..
            } => {
                if step.end == End::Unfinished {
                    expect(b"", false);
                } else {
                    assert_eq!(step.block.map_or(0, |block| block.len() as u64), *swallow);
                    expect(format!("{text}\r\n").as_bytes(), *noreply);
                }
            }
        }
        Vec::new()
    }

    /// How an item with so many bytes of key and value fits.
    fn size(&self, bytes: usize) -> Size {
        Size::of(bytes, self.sizes.item_max)
    }

    /// Whether a request changed or replaced the item.
    fn is_new(&mut self, key: &[u8], held: Option<Held>) -> bool {
        let before = self.live(key).and_then(|item| item.cas);
        held.is_some_and(|held| Some(held.cas) != before)
    }

    fn compare(&mut self, key: &[u8], held: Option<Held>) {
        let last_cas = self.last_cas;
        let name = key.escape_ascii();
        match (self.live(key), held) {
            (None, None) => {}
            (Some(item), Some(held)) => {
                let cas = item.cas.unwrap_or(held.cas);
                if item.cas.is_none() {
                    assert!(cas > last_cas, "{name}: CAS id {cas} after {last_cas}");
                }
                let expected = Held {
                    flags: item.flags,
                    value: item.value.clone(),
                    cas,
                    inner: held.inner.map(|_| Inner {
                        expiry: item.expiry,
                        fetched: item.fetched,
                        encoded: item.encoded,
                    }),
                };
                assert_eq!(held, expected, "what is under {name}");
                if item.cas.replace(cas).is_none() {
                    self.last_cas = cas;
                }
            }
            (model, held) => panic!("{name}: {held:?} is there instead of {model:?}"),
        }
    }

    /// Takes over what cannot be told: whether an item was read, and touched.
    fn adopt(&mut self, key: &[u8], held: Option<Held>) {
        match (self.live(key), held) {
            (Some(item), Some(held)) => {
                if let Some(inner) = held.inner {
                    (item.expiry, item.fetched) = (inner.expiry, inner.fetched);
                }
            }
            _ => drop(self.items.remove(key)),
        }
    }

    /// Marks an item as read, and touches it.
    fn read(&mut self, key: &[u8], touch: Option<i64>) {
        let expiry = touch.map(|exptime| self.expiry(exptime));
        let Some(item) = self.live(key) else { return };
        item.fetched = true;
        match expiry {
            Some(Some(expiry)) => item.expiry = expiry,
            Some(None) => drop(self.items.remove(key)),
            None => {}
        }
    }

    /// The item of a key, if there is one.
    fn live(&mut self, key: &[u8]) -> Option<&mut Item> {
        if self.flushing {
            self.items.remove(key);
        }
        self.items.get_mut(key)
    }

    fn take(&mut self, key: &[u8]) -> Option<Item> {
        let item = self.live(key)?.clone();
        self.items.remove(key);
        Some(item)
    }

    /// When an item with this exptime is gone; the outer `None` is at once. The server started this
    /// second.
    fn expiry(&self, exptime: i64) -> Option<Option<i64>> {
        match exptime {
            0 => Some(None),
            ..0 => None,
            1..=MONTH => Some(Some(self.now + exptime)),
            unix => (unix > self.now).then_some(Some(unix)),
        }
    }

    fn flush(&mut self, exptime: i64) {
        let in_seconds = match exptime {
            ..=MONTH => exptime,
            unix => unix - self.now,
        };
        if in_seconds <= 0 {
            self.items.clear();
            self.flushing = false;
        } else {
            // A point of time means everything up to the second before it.
            self.flushing = in_seconds == 1;
        }
    }

    fn get(&mut self, keys: &[&[u8]], touch: Option<i32>, with_cas: bool) -> Vec<u8> {
        let mut reply = Vec::new();
        for key in keys {
            let Some(item) = self.live(key) else { continue };
            reply.extend_from_slice(b"VALUE ");
            reply.extend_from_slice(key);
            let (flags, len) = (item.flags, item.value.len());
            reply.extend_from_slice(format!(" {flags} {len}").as_bytes());
            if with_cas {
                let cas = item.cas.expect("asked for after each change");
                reply.extend_from_slice(format!(" {cas}").as_bytes());
            }
            reply.extend_from_slice(b"\r\n");
            reply.extend_from_slice(&item.value);
            reply.extend_from_slice(b"\r\n");
            self.read(key, touch.map(i64::from));
        }
        reply.extend_from_slice(b"END\r\n");
        reply
    }

    fn arith(&mut self, up: bool, key: &[u8], delta: u64, changed: bool) -> Vec<u8> {
        let chunk_max = self.sizes.chunk_max;
        let Some(item) = self.live(key) else {
            return b"NOT_FOUND\r\n".to_vec();
        };
        // What is in several chunks is no number.
        let in_pieces = match Size::of(key.len() + item.value.len(), chunk_max) {
            Size::Fits => false,
            Size::Unclear => !changed,
            Size::TooLarge => true,
        };
        let number = strtoul(&item.value).filter(|_| !in_pieces);
        let Some(number) = number else {
            let refused = "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n";
            return refused.into();
        };
        let number = if up {
            number.wrapping_add(delta)
        } else {
            number.saturating_sub(delta)
        };
        let digits = number.to_string().into_bytes();
        let reply = [&digits[..], b"\r\n"].concat();
        count(item, digits);
        reply
    }

    fn store(&mut self, request: &Line<'_>, step: &Step<'_>, changed: bool) -> Vec<u8> {
        let Line::Store {
            verb,
            key,
            flags,
            exptime,
            len,
            cas,
            ..
        } = *request
        else {
            return Vec::new();
        };
        let too_large = match self.size(key.len() + len as usize) {
            Size::Fits => false,
            Size::Unclear if step.reply.is_empty() => !changed,
            Size::Unclear => step.reply == TOO_LARGE,
            Size::TooLarge => true,
        };
        if too_large && verb == "set" {
            // Not even an old value may be read after a failed set.
            self.take(key);
        }
        let Some(block) = step.block else {
            return Vec::new();
        };
        assert_eq!(block.len(), len as usize + 2);
        if too_large {
            return TOO_LARGE.to_vec();
        }
        let Some(value) = block.strip_suffix(b"\r\n") else {
            return b"CLIENT_ERROR bad data chunk\r\n".to_vec();
        };
        let old = self.live(key).cloned();
        let mut new = Item::new(flags, value.to_vec(), None);
        match (verb, &old) {
            ("set", _) | ("add", None) | ("replace", Some(_)) => {}
            ("cas", Some(old)) if old.cas == Some(cas) && cas != 0 => {}
            ("cas", Some(_)) => return b"EXISTS\r\n".to_vec(),
            ("cas", None) => return b"NOT_FOUND\r\n".to_vec(),
            ("append" | "prepend", Some(old)) => {
                new = joined(old, value, verb == "append");
                let fits = match self.size(key.len() + new.value.len()) {
                    Size::Fits => true,
                    Size::Unclear => changed,
                    Size::TooLarge => false,
                };
                if !fits {
                    return b"NOT_STORED\r\n".to_vec();
                }
                self.items.insert(key.to_vec(), new);
                return b"STORED\r\n".to_vec();
            }
            _ => {
                if verb == "add" {
                    self.read(key, None);
                }
                return b"NOT_STORED\r\n".to_vec();
            }
        }
        self.put(key, new, exptime);
        b"STORED\r\n".to_vec()
    }

    /// Stores an item with this exptime.
    fn put(&mut self, key: &[u8], item: Item, exptime: i64) {
        match self.expiry(exptime) {
            None => drop(self.items.remove(key)),
            Some(expiry) => {
                let item = Item { expiry, ..item };
                self.items.insert(key.to_vec(), item);
            }
        }
    }
}

/// The item that appending or prepending a value makes.
fn joined(old: &Item, value: &[u8], append: bool) -> Item {
    let value = if append {
        [&old.value, value].concat()
    } else {
        [value, &old.value].concat()
    };
    Item {
        encoded: old.encoded,
        ..Item::new(old.flags, value, old.expiry)
    }
}

/// Puts other digits into a number: what is shorter than before is padded, what is longer makes a
/// new item.
fn count(item: &mut Item, mut digits: Vec<u8>) {
    if digits.len() <= item.value.len() {
        digits.resize(item.value.len(), b' ');
        item.value = digits;
        item.cas = None;
    } else {
        *item = Item {
            encoded: item.encoded,
            ..Item::new(item.flags, digits, item.expiry)
        };
    }
}
