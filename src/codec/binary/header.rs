//! The header of every message.

/// Bytes of a header.
pub const HEADER_LEN: usize = 24;

/// First byte of a request.
pub const REQUEST_MAGIC: u8 = 0x80;

/// First byte of a reply.
pub const REPLY_MAGIC: u8 = 0x81;

/// A header. The data type, always 0 and ignored by servers, is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// [`REQUEST_MAGIC`] or [`REPLY_MAGIC`].
    pub magic: u8,
    /// The command.
    pub opcode: u8,
    /// Bytes of the key.
    pub key_len: u16,
    /// Bytes of the extras.
    pub extras_len: u8,
    /// Of a reply. In a request the field is reserved and ignored.
    pub status: u16,
    /// Bytes of extras, key and value together.
    pub body_len: u32,
    /// The client's; comes back as sent.
    pub opaque: u32,
    /// A CAS id, 0 for none.
    pub cas: u64,
}

impl Header {
    /// Reads the header at the front of `buf`; `None` if there is less than one.
    #[inline]
    pub fn read(buf: &[u8]) -> Option<Header> {
        let bytes: &[u8; HEADER_LEN] = buf.first_chunk()?;
        let [magic, opcode, k0, k1, extras_len, _, s0, s1, rest @ ..] = bytes;
        let [b0, b1, b2, b3, o0, o1, o2, o3, cas @ ..] = rest;
        Some(Header {
            magic: *magic,
            opcode: *opcode,
            key_len: u16::from_be_bytes([*k0, *k1]),
            extras_len: *extras_len,
            status: u16::from_be_bytes([*s0, *s1]),
            body_len: u32::from_be_bytes([*b0, *b1, *b2, *b3]),
            opaque: u32::from_be_bytes([*o0, *o1, *o2, *o3]),
            cas: u64::from_be_bytes(*cas),
        })
    }

    /// Bytes in front of the value.
    #[inline]
    pub fn head_len(&self) -> usize {
        HEADER_LEN + usize::from(self.extras_len) + usize::from(self.key_len)
    }

    /// Bytes of the value; `None` if the body is shorter than extras and key.
    #[inline]
    pub fn value_len(&self) -> Option<u32> {
        let front = u32::from(self.key_len) + u32::from(self.extras_len);
        self.body_len.checked_sub(front)
    }

    /// Appends the header.
    #[inline]
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut bytes = [0; HEADER_LEN];
        bytes[0] = self.magic;
        bytes[1] = self.opcode;
        bytes[2..4].copy_from_slice(&self.key_len.to_be_bytes());
        bytes[4] = self.extras_len;
        bytes[6..8].copy_from_slice(&self.status.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.body_len.to_be_bytes());
        bytes[12..16].copy_from_slice(&self.opaque.to_be_bytes());
        bytes[16..].copy_from_slice(&self.cas.to_be_bytes());
        out.extend_from_slice(&bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_its_place() {
        let bytes: Vec<u8> = (1..=24).collect();
        let header = Header::read(&bytes).expect("24 bytes");
        assert_eq!(
            header,
            Header {
                magic: 1,
                opcode: 2,
                key_len: 0x0304,
                extras_len: 5,
                status: 0x0708,
                body_len: 0x090a_0b0c,
                opaque: 0x0d0e_0f10,
                cas: 0x1112_1314_1516_1718,
            }
        );
        assert_eq!(header.head_len(), 24 + 0x0304 + 5);
        assert_eq!(header.value_len(), Some(0x090a_0b0c - 0x0304 - 5));
        let mut out = b"kept".to_vec();
        header.encode(&mut out);
        let mut same = bytes.clone();
        same[5] = 0;
        assert_eq!(out[4..], same);
        assert_eq!(Header::read(&bytes[..23]), None);
        let short = Header {
            body_len: 0x0308,
            ..header
        };
        assert_eq!(short.value_len(), None);
    }
}
