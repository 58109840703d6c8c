//! Messages of the binary protocol in a transcript. See `tests/transcripts/README.md`.

use std::collections::HashMap;

use mcrs_testkit::Frame;

use super::{Part, parse_parts};

/// What a message says of itself unless told otherwise.
const OPAQUE: u32 = 0x6d63_7273;

/// Opcodes by name; the quiet ones end in q.
const OPCODES: [(&str, u8); 36] = [
    ("get", 0x00),
    ("set", 0x01),
    ("add", 0x02),
    ("replace", 0x03),
    ("delete", 0x04),
    ("incr", 0x05),
    ("decr", 0x06),
    ("quit", 0x07),
    ("flush", 0x08),
    ("getq", 0x09),
    ("noop", 0x0a),
    ("version", 0x0b),
    ("getk", 0x0c),
    ("getkq", 0x0d),
    ("append", 0x0e),
    ("prepend", 0x0f),
    ("stat", 0x10),
    ("setq", 0x11),
    ("addq", 0x12),
    ("replaceq", 0x13),
    ("deleteq", 0x14),
    ("incrq", 0x15),
    ("decrq", 0x16),
    ("quitq", 0x17),
    ("flushq", 0x18),
    ("appendq", 0x19),
    ("prependq", 0x1a),
    ("verbosity", 0x1b),
    ("touch", 0x1c),
    ("gat", 0x1d),
    ("gatq", 0x1e),
    ("sasl_list", 0x20),
    ("sasl_auth", 0x21),
    ("sasl_step", 0x22),
    ("gatk", 0x23),
    ("gatkq", 0x24),
];

/// Statuses by name, with the words that come with them.
const STATUSES: [(&str, u16, &str); 9] = [
    ("not_found", 0x01, "Not found"),
    ("exists", 0x02, "Data exists for key."),
    ("too_large", 0x03, "Too large."),
    ("invalid", 0x04, "Invalid arguments"),
    ("not_stored", 0x05, "Not stored."),
    (
        "non_numeric",
        0x06,
        "Non-numeric server-side value for incr or decr",
    ),
    ("auth_error", 0x20, "Auth failure."),
    ("unknown", 0x81, "Unknown command"),
    ("no_memory", 0x82, "Out of memory allocating item"),
];

/// A message with holes in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// Everything that is known beforehand.
    fixed: Frame,
    cas: Vec<Part>,
    key: Vec<Part>,
    value: Vec<Part>,
}

impl Message {
    /// Reads `NAME field=value ...`.
    pub(super) fn parse(text: &str, reply: bool) -> Result<Message, String> {
        let mut words = text.split_whitespace();
        let name = words.next().ok_or("a message needs an opcode")?;
        let known = OPCODES.iter().find(|(known, _)| *known == name);
        let opcode = match known {
            Some((_, opcode)) => *opcode,
            None => number(name)? as u8,
        };
        let mut fixed = match reply {
            true => Frame::reply(opcode, 0),
            false => Frame::request(opcode),
        };
        fixed.opaque = OPAQUE;
        let (mut cas, mut key, mut value) = (Vec::new(), Vec::new(), None);
        for word in words {
            let (field, text) = word.split_once('=').ok_or(format!("no = in {word}"))?;
            match field {
                "key" => key = parse_parts(text, false)?,
                "value" => value = Some(parse_parts(text, false)?),
                "cas" => cas = parse_parts(text, false)?,
                "extras" => fixed.extras.extend(hex(text)?),
                "flags" | "exptime" | "level" => {
                    fixed.extras.extend((number(text)? as u32).to_be_bytes());
                }
                "delta" | "initial" | "number" => {
                    let bytes = number(text)?.to_be_bytes();
                    if field == "number" {
                        value = Some(vec![Part::Bytes(bytes.to_vec())]);
                    } else {
                        fixed.extras.extend(bytes);
                    }
                }
                "opaque" => fixed.opaque = number(text)? as u32,
                "magic" => fixed.magic = number(text)? as u8,
                "reserved" => fixed.status = number(text)? as u16,
                "keylen" => fixed.key_len = Some(number(text)? as u16),
                "bodylen" => fixed.body_len = Some(number(text)? as u32),
                "status" => {
                    let known = STATUSES.iter().find(|(known, ..)| *known == text);
                    let Some((_, status, words)) = known else {
                        fixed.status = number(text)? as u16;
                        continue;
                    };
                    fixed.status = *status;
                    value = value.or_else(|| Some(vec![Part::Bytes(words.as_bytes().to_vec())]));
                }
                _ => return Err(format!("unknown field {field}")),
            }
        }
        Ok(Message {
            fixed,
            cas,
            key,
            value: value.unwrap_or_default(),
        })
    }

    /// The bytes to send.
    pub(crate) fn bytes(&self, bound: &HashMap<String, Vec<u8>>) -> Result<Vec<u8>, String> {
        let cas = Part::bytes(&self.cas, bound)?;
        let frame = Frame {
            cas: decimal(&cas)?,
            ..self.fixed.clone()
        };
        let key = Part::bytes(&self.key, bound)?;
        let value = Part::bytes(&self.value, bound)?;
        Ok(frame.key(key).value(value).bytes())
    }

    /// Compares with what came, and binds the names.
    pub(crate) fn check(
        &self,
        came: &Frame,
        bound: &mut HashMap<String, Vec<u8>>,
    ) -> Result<(), String> {
        let mut want = Frame {
            cas: came.cas,
            ..self.fixed.clone()
        };
        let cas = came.cas.to_string().into_bytes();
        match &self.cas[..] {
            [Part::Digits(name)] if came.cas != 0 => {
                if let Some(name) = name {
                    bound.insert(name.clone(), cas);
                }
            }
            [Part::Digits(_)] => return Err("the CAS id is 0".into()),
            parts => want.cas = decimal(&Part::bytes(parts, bound)?)?,
        }
        let filled = |parts: &[Part], came: &[u8]| match parts {
            [Part::Anything] => Ok(came.to_vec()),
            parts => Part::bytes(parts, bound),
        };
        let key = filled(&self.key, &came.key)?;
        let value = filled(&self.value, &came.value)?;
        let want = want.key(key).value(value);
        if want != *came {
            return Err(format!("got {}\nwanted {}", show(came), show(&want)));
        }
        Ok(())
    }
}

/// A message for people.
pub(crate) fn show(frame: &Frame) -> String {
    let known = OPCODES.iter().find(|(_, opcode)| *opcode == frame.opcode);
    let lossy = |bytes: &[u8]| match bytes {
        [first @ .., _] if first.len() > 100 => format!("{} bytes", bytes.len()),
        bytes => bytes.escape_ascii().to_string(),
    };
    format!(
        "{} status={:#x} opaque={:#x} cas={} extras={} key={} value={}",
        known.map_or("?", |(name, _)| name),
        frame.status,
        frame.opaque,
        frame.cas,
        lossy(&frame.extras),
        lossy(&frame.key),
        lossy(&frame.value),
    )
}

fn number(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| format!("{text} is no number"))
}

/// Decimal digits, or none for 0.
fn decimal(digits: &[u8]) -> Result<u64, String> {
    match std::str::from_utf8(digits) {
        Ok("") => Ok(0),
        Ok(text) => number(text),
        Err(_) => Err("a CAS id is a number".into()),
    }
}

fn hex(text: &str) -> Result<Vec<u8>, String> {
    let pairs = (0..text.len()).step_by(2);
    let bytes = pairs.map(|at| {
        let pair = text.get(at..at + 2)?;
        u8::from_str_radix(pair, 16).ok()
    });
    let bytes: Option<Vec<u8>> = bytes.collect();
    bytes.ok_or(format!("{text} is not hexadecimal"))
}
