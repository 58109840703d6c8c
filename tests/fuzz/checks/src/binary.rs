//! The binary protocol: any bytes as what a client or a server sends.

use mcrs::codec::binary::request::{self, BadRequest, Request};
use mcrs::codec::binary::{Command, HEADER_LEN, Reply, Status};
use mcrs::codec::{DecodeErrorKind, Limits};

use crate::stream::decode_all;

/// Small enough that a fuzzer reaches it.
const LIMITS: Limits = Limits {
    max_line_len: 0,
    max_value_len: 1000,
};

/// A stream of requests: each says the same however it is cut, what a second reader says, and gives
/// the same bytes again when it is printed.
pub fn request_check(data: &[u8]) {
    let foreign = request::decode(data).is_err_and(|error| error.kind == DecodeErrorKind::BadMagic);
    assert_eq!(foreign, is_not(data, 0x80));
    decode_all(
        data,
        request::decode,
        |_| false,
        |message, decoded| {
            let read = read(message);
            short_cut(message, decoded);
            match (decoded, read) {
                (Ok(request), Ok(read)) => {
                    assert_eq!(told(request), read);
                    let mut printed = b"kept".to_vec();
                    request.encode(&mut printed);
                    assert_eq!(&printed[4..], cleared(message, 5..8));
                    assert_eq!(request.opcode(), message[1]);
                }
                (Err(bad), Err(read)) => {
                    assert_eq!(message.len(), HEADER_LEN, "nothing but the header is taken");
                    assert_eq!(*bad, read);
                }
                (decoded, read) => panic!("{decoded:?} is {read:?}"),
            }
        },
    );
}

/// What the short cut makes of a message, if it knows it, is the same; it knows all gets.
fn short_cut(message: &[u8], decoded: &Result<Request<'_>, BadRequest>) {
    let told = match decoded {
        Ok(request) => match request.command {
            Command::Get { key, with_key } => Some((
                request.opcode(),
                request.quiet,
                with_key,
                request.opaque,
                key,
                message.len(),
            )),
            _ => None,
        },
        Err(_) => None,
    };
    let short = request::decode_plain_get(message).map(|(get, len)| {
        (
            get.opcode,
            get.quiet,
            get.with_key,
            get.opaque,
            get.key,
            len,
        )
    });
    assert_eq!(short, told);
}

fn is_not(bytes: &[u8], magic: u8) -> bool {
    bytes.first().is_some_and(|&first| first != magic)
}

/// A message without what nobody looks at.
fn cleared(message: &[u8], at: std::ops::Range<usize>) -> Vec<u8> {
    let mut message = message.to_vec();
    message[at].fill(0);
    message
}

/// What a request says: name, quietness, opaque, CAS id, key, extras, length of the value.
type Told = (&'static str, bool, u32, u64, Vec<u8>, Vec<u8>, u32);

/// Big endian.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |n, &byte| n << 8 | u64::from(byte))
}

/// Reads a request from the description of the protocol.
fn read(message: &[u8]) -> Result<Told, BadRequest> {
    let code = message[1];
    let key_len = number(&message[2..4]) as usize;
    let extras_len = usize::from(message[4]);
    let body_len = number(&message[8..12]) as usize;
    let opaque = number(&message[12..16]) as u32;
    let bad = |status, swallow: usize, close| BadRequest {
        opcode: code,
        opaque,
        status,
        swallow: swallow as u32,
        close,
    };
    if body_len > 1 << 30 {
        return Err(bad(Status::INVALID_ARGUMENTS, 0, true));
    }
    let Some(value_len) = body_len.checked_sub(key_len + extras_len) else {
        return Err(bad(Status::UNKNOWN_COMMAND, 0, true));
    };
    let (name, quiet) = match code {
        0x00 => ("get", false),
        0x09 => ("get", true),
        0x0c => ("getk", false),
        0x0d => ("getk", true),
        0x01 => ("set", false),
        0x11 => ("set", true),
        0x02 => ("add", false),
        0x12 => ("add", true),
        0x03 => ("replace", false),
        0x13 => ("replace", true),
        0x04 => ("delete", false),
        0x14 => ("delete", true),
        0x05 => ("incr", false),
        0x15 => ("incr", true),
        0x06 => ("decr", false),
        0x16 => ("decr", true),
        0x07 => ("quit", false),
        0x17 => ("quit", true),
        0x08 => ("flush", false),
        0x18 => ("flush", true),
        0x0a => ("noop", false),
        0x0b => ("version", false),
        0x0e => ("append", false),
        0x19 => ("append", true),
        0x0f => ("prepend", false),
        0x1a => ("prepend", true),
        0x10 => ("stat", false),
        0x1b => ("verbosity", false),
        0x1c => ("touch", false),
        0x1d => ("gat", false),
        0x1e => ("gat", true),
        0x23 => ("gatk", false),
        0x24 => ("gatk", true),
        0x20 => ("sasl list", false),
        0x21 => ("sasl auth", false),
        0x22 => ("sasl step", false),
        _ => return Err(bad(Status::UNKNOWN_COMMAND, body_len, false)),
    };
    let keyless = ["quit", "flush", "noop", "version", "verbosity", "sasl list"].contains(&name);
    let valued = [
        "set",
        "add",
        "replace",
        "append",
        "prepend",
        "sasl auth",
        "sasl step",
    ];
    let extras: &[usize] = match name {
        "set" | "add" | "replace" => &[8],
        "incr" | "decr" => &[20],
        "touch" | "gat" | "gatk" => &[4],
        "flush" | "verbosity" => &[0, 4],
        _ => &[0],
    };
    let key_fits = match name {
        "stat" => key_len <= 250,
        _ if keyless => key_len == 0,
        _ => (1..=250).contains(&key_len),
    };
    if !key_fits || !extras.contains(&extras_len) || (value_len > 0 && !valued.contains(&name)) {
        return Err(bad(Status::INVALID_ARGUMENTS, 0, true));
    }
    let (extras, key) = message[HEADER_LEN..].split_at(extras_len);
    let cas = number(&message[16..24]);
    let (key, extras) = (key.to_vec(), extras.to_vec());
    Ok((name, quiet, opaque, cas, key, extras, value_len as u32))
}

/// What our decoder made of it, in the same terms.
fn told(request: &Request<'_>) -> Told {
    use mcrs::codec::binary::Op::*;
    let name = match request.command.op() {
        Get => "get",
        GetK => "getk",
        Set => "set",
        Add => "add",
        Replace => "replace",
        Delete => "delete",
        Incr => "incr",
        Decr => "decr",
        Quit => "quit",
        Flush => "flush",
        Noop => "noop",
        Version => "version",
        Append => "append",
        Prepend => "prepend",
        Stat => "stat",
        Verbosity => "verbosity",
        Touch => "touch",
        Gat => "gat",
        GatK => "gatk",
        SaslList => "sasl list",
        SaslAuth => "sasl auth",
        SaslStep => "sasl step",
    };
    let mut extras = Vec::new();
    let (key, len): (&[u8], u32) = match request.command {
        Command::Get { key, .. } | Command::Delete { key } => (key, 0),
        Command::GetAndTouch { key, exptime, .. } | Command::Touch { key, exptime } => {
            extras.extend(exptime.to_be_bytes());
            (key, 0)
        }
        Command::Store {
            key,
            flags,
            exptime,
            len,
            ..
        } => {
            if ["append", "prepend"].contains(&name) {
                assert_eq!((flags, exptime), (0, 0));
            } else {
                extras.extend([flags.to_be_bytes(), exptime.to_be_bytes()].concat());
            }
            (key, len)
        }
        Command::Arith {
            key,
            delta,
            initial,
            exptime,
            ..
        } => {
            extras.extend([delta.to_be_bytes(), initial.to_be_bytes()].concat());
            extras.extend(exptime.to_be_bytes());
            (key, 0)
        }
        Command::Flush { exptime: number } | Command::Verbosity { level: number } => {
            extras.extend(number.into_iter().flat_map(u32::to_be_bytes));
            (&[], 0)
        }
        Command::Stat { group } => (group, 0),
        Command::Sasl { mechanism, len, .. } => (mechanism, len),
        Command::Quit | Command::Noop | Command::Version | Command::SaslList => (&[], 0),
    };
    let (quiet, opaque, cas) = (request.quiet, request.opaque, request.cas);
    (name, quiet, opaque, cas, key.to_vec(), extras, len)
}

/// A stream of replies: each says the same however it is cut, what its bytes say, and gives them
/// again when it is printed; no value is longer than the limit.
pub fn reply_check(data: &[u8]) {
    refuse_as_they_should(data);
    let decode = |bytes| Reply::decode(bytes, &LIMITS);
    decode_all(
        data,
        decode,
        |_| false,
        |message, reply| {
            let (header, body) = message.split_at(HEADER_LEN);
            assert_eq!(number(&header[8..12]) as usize, body.len());
            let (extras, rest) = body.split_at(usize::from(header[4]));
            let (key, value) = rest.split_at(number(&header[2..4]) as usize);
            assert_eq!((reply.head.extras, reply.head.key), (extras, key));
            assert_eq!(reply.value, value);
            assert_eq!(reply.head.value_len as usize, value.len());
            assert!(value.len() <= LIMITS.max_value_len);
            assert_eq!(reply.head.opcode, header[1]);
            assert_eq!(u64::from(reply.head.status.0), number(&header[6..8]));
            assert_eq!(u64::from(reply.head.opaque), number(&header[12..16]));
            assert_eq!(reply.head.cas, number(&header[16..]));
            let flags = (extras.len() >= 4).then(|| number(&extras[..4]) as u32);
            assert_eq!(reply.flags(), flags);
            assert_eq!(reply.number(), (value.len() == 8).then(|| number(value)));
            let mut printed = b"kept".to_vec();
            reply.head.encode(&mut printed);
            printed.extend_from_slice(reply.value);
            assert_eq!(&printed[4..], cleared(message, 5..6));
        },
    );
}

/// What begins with another byte, has a body too short for its parts or too long a value is no reply.
fn refuse_as_they_should(data: &[u8]) {
    let kind = Reply::decode(data, &LIMITS).err().map(|error| error.kind);
    let expected = match data.get(..HEADER_LEN) {
        _ if is_not(data, 0x81) => Some(DecodeErrorKind::BadMagic),
        None => None,
        Some(header) => {
            let front = number(&header[2..4]) + u64::from(header[4]);
            match number(&header[8..12]).checked_sub(front) {
                None => Some(DecodeErrorKind::BodyTooShort),
                Some(value) => {
                    (value > LIMITS.max_value_len as u64).then_some(DecodeErrorKind::ValueTooLong)
                }
            }
        }
    };
    assert_eq!(kind, expected);
}
