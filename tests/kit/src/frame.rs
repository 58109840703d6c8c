//! Messages of memcached's binary protocol as bytes; for tests of servers.

/// Bytes of a header.
pub const FRAME_HEADER_LEN: usize = 24;

/// A request or a reply, made field by field. Lengths follow from the parts unless a test lies
/// about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// First byte: 0x80 for requests, 0x81 for replies.
    pub magic: u8,
    /// The command.
    pub opcode: u8,
    /// Of a reply; reserved in a request.
    pub status: u16,
    /// Comes back as sent.
    pub opaque: u32,
    /// A CAS id, 0 for none.
    pub cas: u64,
    /// Fields of the command.
    pub extras: Vec<u8>,
    /// The key.
    pub key: Vec<u8>,
    /// The value.
    pub value: Vec<u8>,
    /// What to say of the key's length instead of the truth.
    pub key_len: Option<u16>,
    /// What to say of the body's length instead of the truth.
    pub body_len: Option<u32>,
}

impl Frame {
    /// A request without a body.
    #[must_use]
    pub fn request(opcode: u8) -> Frame {
        Frame {
            magic: 0x80,
            opcode,
            status: 0,
            opaque: 0,
            cas: 0,
            extras: Vec::new(),
            key: Vec::new(),
            value: Vec::new(),
            key_len: None,
            body_len: None,
        }
    }

    /// A reply without a body.
    #[must_use]
    pub fn reply(opcode: u8, status: u16) -> Frame {
        Frame {
            magic: 0x81,
            status,
            ..Frame::request(opcode)
        }
    }

    /// With these extras.
    #[must_use]
    pub fn extras(self, extras: impl AsRef<[u8]>) -> Frame {
        let extras = extras.as_ref().to_vec();
        Frame { extras, ..self }
    }

    /// With this key.
    #[must_use]
    pub fn key(self, key: impl AsRef<[u8]>) -> Frame {
        let key = key.as_ref().to_vec();
        Frame { key, ..self }
    }

    /// With this value.
    #[must_use]
    pub fn value(self, value: impl AsRef<[u8]>) -> Frame {
        let value = value.as_ref().to_vec();
        Frame { value, ..self }
    }

    /// The message.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let body = self.extras.len() + self.key.len() + self.value.len();
        let key_len = self.key_len.unwrap_or(self.key.len() as u16);
        let body_len = self.body_len.unwrap_or(body as u32);
        let mut out = vec![self.magic, self.opcode];
        out.extend_from_slice(&key_len.to_be_bytes());
        out.extend_from_slice(&[self.extras.len() as u8, 0]);
        out.extend_from_slice(&self.status.to_be_bytes());
        out.extend_from_slice(&body_len.to_be_bytes());
        out.extend_from_slice(&self.opaque.to_be_bytes());
        out.extend_from_slice(&self.cas.to_be_bytes());
        out.extend_from_slice(&self.extras);
        out.extend_from_slice(&self.key);
        out.extend_from_slice(&self.value);
        out
    }

    /// Takes a message off the front of `bytes`; the rest. `None` if it is not complete.
    #[must_use]
    pub fn split(bytes: &[u8]) -> Option<(Frame, &[u8])> {
        let header: &[u8; FRAME_HEADER_LEN] = bytes.first_chunk()?;
        let number = |at: usize, len: usize| {
            let bytes = &header[at..at + len];
            bytes.iter().fold(0u64, |n, &byte| n << 8 | u64::from(byte))
        };
        let body = bytes
            .get(FRAME_HEADER_LEN..)?
            .get(..number(8, 4) as usize)?;
        let (extras, body) = body.split_at_checked(usize::from(header[4]))?;
        let (key, value) = body.split_at_checked(number(2, 2) as usize)?;
        let frame = Frame {
            magic: header[0],
            status: number(6, 2) as u16,
            opaque: number(12, 4) as u32,
            cas: number(16, 8),
            ..Frame::request(header[1])
        };
        let frame = frame.extras(extras).key(key).value(value);
        let rest = &bytes[frame.bytes().len()..];
        Some((frame, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The request and the reply of the protocol's own example. Source: memcached
    /// doc/protocol-binary.txt, "Get, Get Quietly".
    #[test]
    fn the_example_of_the_document_comes_out() {
        let get = Frame::request(0x00).key("Hello").bytes();
        let mut want = vec![0x80, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 5];
        want.resize(24, 0);
        want.extend_from_slice(b"Hello");
        assert_eq!(get, want);

        let reply = Frame {
            cas: 1,
            ..Frame::reply(0x00, 0)
        };
        let reply = reply.extras([0xde, 0xad, 0xbe, 0xef]).value("World");
        let mut want = vec![0x81, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 9];
        want.resize(23, 0);
        want.extend_from_slice(b"\x01\xde\xad\xbe\xefWorld");
        assert_eq!(reply.bytes(), want);
        let stream = [&want[..], &get].concat();
        assert_eq!(Frame::split(&stream), Some((reply, &get[..])));
        assert_eq!(Frame::split(&want[..want.len() - 1]), None);
    }
}
