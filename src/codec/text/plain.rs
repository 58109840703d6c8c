//! A short way for the requests that are nearly all there are, if they are written as nearly every
//! client writes them: servers see nothing as often. Whatever else a line may be,
//! [`decode`](super::request::decode) knows.

use super::CRLF;
use super::request::{Store, StoreVerb};
use super::words::{find, find_blank_or_control};
use crate::codec::key::MAX_KEY_LEN;
use crate::codec::{meta, num};

/// Takes a `get` of one key off the front of `buf`; how many bytes it is. What
/// [`decode`](super::request::decode) makes of it, without a second look at any byte and without
/// asking what else it might be.
#[inline]
pub fn decode_get(buf: &[u8]) -> Option<(&[u8], usize)> {
    let (key, rest) = split_key(buf.strip_prefix(b"get ")?)?;
    let rest = rest.strip_prefix(CRLF)?;
    Some((key, buf.len() - rest.len()))
}

/// A key without control bytes, 1 to 250 bytes long, and what follows it.
#[inline]
fn split_key(buf: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = find_blank_or_control(buf)?;
    (1..=MAX_KEY_LEN).contains(&end).then(|| buf.split_at(end))
}

/// The same for the line of a `set` that wants an answer.
#[inline]
pub fn decode_set(buf: &[u8]) -> Option<(Store<'_>, usize)> {
    let (key, rest) = split_key(buf.strip_prefix(b"set ")?)?;
    let (flags, rest) = num::plain(rest.strip_prefix(b" ")?)?;
    let (exptime, rest) = num::plain(rest.strip_prefix(b" ")?)?;
    let (len, rest) = num::plain(rest.strip_prefix(b" ")?)?;
    let rest = rest.strip_prefix(CRLF)?;
    let store = Store {
        verb: StoreVerb::Set,
        key,
        flags,
        exptime: exptime.into(),
        len,
        cas: 0,
        noreply: false,
    };
    Some((store, buf.len() - rest.len()))
}

/// The same for an `mg` of a key that is given as it is.
#[inline]
pub fn decode_meta_get(buf: &[u8]) -> Option<(&[u8], meta::Flags<'_>, usize)> {
    let (key, rest) = split_key(buf.strip_prefix(b"mg ")?)?;
    let (flags, rest) = rest.split_at(find(rest, b'\n')?);
    let flags = meta::request::plain_flags(flags.strip_suffix(b"\r")?)?;
    Some((key, flags, buf.len() - rest.len() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Decoded;
    use crate::codec::text::{Request, request};

    #[test]
    fn what_nearly_every_client_sends_is_decoded_without_detours() {
        let key = "k".repeat(MAX_KEY_LEN);
        for line in ["get k", "get kü\x7f", &format!("get {key}")] {
            let bytes = format!("{line}\r\nget next\r\n").into_bytes();
            let plain = decode_get(&bytes).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(plain, (&bytes[4..line.len()], line.len() + 2), "{line}");
        }
        for line in [
            "set k 0 0 5",
            "set k 7 999999999 007",
            &format!("set {key} 1 2 3"),
        ] {
            let bytes = format!("{line}\r\nvalue\r\n").into_bytes();
            let (store, consumed) = decode_set(&bytes).unwrap_or_else(|| panic!("{line}"));
            let value = Ok(Request::Store(store));
            assert_eq!(
                request::decode(&bytes),
                Ok(Decoded::Complete { value, consumed })
            );
        }
        for line in [
            "mg k",
            "mg kü v",
            "mg k s v  t f O123 k q",
            "mg k v N30 T60 R5 C7 E8 F9 MX J1 D2 ",
            &format!("mg {key} v"),
        ] {
            let bytes = format!("{line}\r\nmn\r\n").into_bytes();
            let (key, flags, end) = decode_meta_get(&bytes).unwrap_or_else(|| panic!("{line}"));
            let Ok(Decoded::Complete { value, consumed }) = request::decode(&bytes) else {
                panic!("{line}");
            };
            let Ok(Request::Meta(meta::Request::Get {
                key: named,
                flags: all,
            })) = value
            else {
                panic!("{line}");
            };
            assert_eq!((named.token(), named.is_binary()), (key, false), "{line}");
            assert_eq!((all, consumed), (flags, end), "{line}");
        }
    }

    #[test]
    fn everything_else_is_left_to_the_decoder() {
        let long = "k".repeat(MAX_KEY_LEN + 1);
        for line in [
            "get k\n",
            "get k",
            "get k\r",
            "get k\r\r\n",
            "get k\t\r\n",
            "get k\0\r\n",
            "get  k\r\n",
            "get k \r\n",
            "get k l\r\n",
            "get \r\n",
            "gets k\r\n",
            " get k\r\n",
            "",
            "g",
            &format!("get {long}\r\n"),
        ] {
            assert_eq!(decode_get(line.as_bytes()), None, "{line}");
        }
        for line in [
            "set k 0 0 5\n",
            "set k 0 0 5",
            "set k 0 0 5\r",
            "set k 0 0 5 noreply\r\n",
            "set k 0 0  5\r\n",
            "set k 0 -1 5\r\n",
            "set k 0 0 1000000000\r\n",
            "set  0 0 5\r\n",
            "set k 0 0\r\n",
            "set k 0 0 \r\n",
            "set k x 0 5\r\n",
            "set k 0 0 5x\r\n",
            "set k\r\n",
            "add k 0 0 5\r\n",
            "set",
            "set ",
            "set k",
            &format!("set {long} 0 0 5\r\n"),
        ] {
            assert_eq!(decode_set(line.as_bytes()), None, "{line}");
        }
        for line in [
            "mg k v\n",
            "mg k v",
            "mg k v\r",
            "mg k\tb v\r\n",
            "mg k b\r\n",
            "mg a2s= b v\r\n",
            "mg k v v\r\n",
            "mg k v !\r\n",
            "mg k Tx\r\n",
            "mg  k v\r\n",
            "mg\r\n",
            "mg \r\n",
            "ms k 1\r\n",
            &format!("mg k O{}\r\n", "o".repeat(32)),
            &format!("mg k{}\r\n", " P L".repeat(10)),
            &format!("mg {long} v\r\n"),
        ] {
            assert_eq!(decode_meta_get(line.as_bytes()), None, "{line}");
        }
    }
}
