//! The frame in front of every datagram: 8 bytes, numbers big endian. What is behind it is text,
//! meta or binary, as over a stream; the first byte decides, for each datagram anew.
//!
//! ```text
//! 0    2           4           6     8
//! | id | sequence  | total     | 0   | data ...
//! ```
//!
//! A request is one datagram. A reply is as many as it takes, all with the request's id, numbered
//! from 0. Source: memcached doc/protocol.txt, "UDP protocol"; sizes measured with 1.6.45.

use std::ops::Range;

/// Bytes of a frame.
pub const FRAME_LEN: usize = 8;

/// Longest datagram of a reply, in bytes, frame included.
pub const MAX_REPLY_LEN: usize = 1400;

/// Bytes of data in a full datagram of a reply.
const DATA_LEN: usize = MAX_REPLY_LEN - FRAME_LEN;

/// Longest reply in bytes, as many datagrams as can be numbered: 91 MB.
pub const MAX_MESSAGE_LEN: usize = DATA_LEN * u16::MAX as usize;

/// A frame. The last two bytes, reserved, are 0 and ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// The client's; goes back with each datagram of the reply.
    pub id: u16,
    /// Which datagram of its message this is, from 0.
    pub sequence: u16,
    /// How many there are.
    pub total: u16,
}

impl Frame {
    /// Splits a datagram; `None` if it is shorter than a frame.
    pub fn split(datagram: &[u8]) -> Option<(Frame, &[u8])> {
        let (&[i0, i1, s0, s1, t0, t1, _, _], data) = datagram.split_first_chunk::<FRAME_LEN>()?;
        let frame = Frame {
            id: u16::from_be_bytes([i0, i1]),
            sequence: u16::from_be_bytes([s0, s1]),
            total: u16::from_be_bytes([t0, t1]),
        };
        Some((frame, data))
    }

    /// The frame of a request.
    pub fn of_request(id: u16) -> Frame {
        Frame {
            id,
            sequence: 0,
            total: 1,
        }
    }

    /// The bytes in front of the data.
    pub fn encode(self) -> [u8; FRAME_LEN] {
        let [i0, i1] = self.id.to_be_bytes();
        let [s0, s1] = self.sequence.to_be_bytes();
        let [t0, t1] = self.total.to_be_bytes();
        [i0, i1, s0, s1, t0, t1, 0, 0]
    }
}

/// The id and the data of a request. `None` if the datagram is to be dropped: it is one of several,
/// or it holds no data. The sequence number is ignored.
pub fn request(datagram: &[u8]) -> Option<(u16, &[u8])> {
    let (frame, data) = Frame::split(datagram)?;
    (frame.total == 1 && !data.is_empty()).then_some((frame.id, data))
}

/// The datagrams of a reply of `len` bytes: frames, and which bytes of the reply go behind each. No
/// datagrams for no bytes; `None` above [`MAX_MESSAGE_LEN`].
///
/// Differs from memcached, as mcrsd.md section 5 allows: all datagrams that answer one request are
/// numbered together, while memcached begins again at 0 with each value, and sends an empty frame
/// for silence.
pub fn replies(id: u16, len: usize) -> Option<Replies> {
    let total = u16::try_from(len.div_ceil(DATA_LEN)).ok()?;
    Some(Replies {
        id,
        len,
        total,
        sequence: 0,
    })
}

/// The datagrams of a reply that are still to be made; see [`replies`].
#[derive(Debug, Clone)]
pub struct Replies {
    id: u16,
    /// Bytes of the whole reply.
    len: usize,
    total: u16,
    /// The number of the next one.
    sequence: u16,
}

impl Iterator for Replies {
    type Item = (Frame, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        let &mut Replies {
            id,
            len,
            total,
            sequence,
        } = self;
        if sequence == total {
            return None;
        }
        self.sequence += 1;
        let start = usize::from(sequence) * DATA_LEN;
        let frame = Frame {
            id,
            sequence,
            total,
        };
        Some((frame, start..len.min(start + DATA_LEN)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: pecl/memcache, recorded: `wire.json`, `udp/multiget` and `udp/reply-in-3-datagrams`.
    #[test]
    fn frames_are_those_on_the_wire() {
        let asked = b"\0\0\0\0\0\x01\0\0get a b c\r\n";
        assert_eq!(request(asked), Some((0, &b"get a b c\r\n"[..])));
        assert_eq!(Frame::of_request(0).encode(), asked[..8]);
        let answer = b"\0\0\0\x02\0\x03\0\0xx\r\nEND\r\n";
        let (frame, data) = Frame::split(answer).expect("a frame");
        assert_eq!(
            frame,
            Frame {
                id: 0,
                sequence: 2,
                total: 3
            }
        );
        assert_eq!((frame.encode().as_slice(), data), answer.split_at(8));
        let numbers = Frame {
            id: 0x0102,
            sequence: 0x0304,
            total: 0x0506,
        };
        assert_eq!(numbers.encode(), [1, 2, 3, 4, 5, 6, 0, 0]);
        let read = Frame::split(&[1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(read, Some((numbers, &b""[..])));
    }

    #[test]
    fn what_is_no_request_is_dropped() {
        let frame = |total: u8, rest: &[u8]| [&[0, 1, 0, 0, 0, total, 0, 0], rest].concat();
        assert_eq!(request(&frame(2, b"get k\r\n")), None);
        assert_eq!(request(&frame(0, b"get k\r\n")), None);
        assert_eq!(request(&frame(1, b"")), None);
        for len in 0..8 {
            assert_eq!(request(&frame(1, b"")[..len]), None);
        }
        let numbered = b"\0\x01\0\x09\0\x01\0\0x";
        assert_eq!(request(numbered), Some((1, &b"x"[..])));
        let reserved = b"\0\x01\0\0\0\x01\xff\xffx";
        assert_eq!(request(reserved), Some((1, &b"x"[..])));
    }

    #[test]
    fn replies_are_cut_at_1400_bytes_and_numbered() {
        for (len, starts) in [
            (0, &[][..]),
            (1, &[0]),
            (1392, &[0]),
            (1393, &[0, 1392]),
            (4000, &[0, 1392, 2784]),
        ] {
            let ends = starts.iter().skip(1).chain([&len]);
            let pieces: Vec<_> = starts.iter().zip(ends).map(|(&s, &e)| s..e).collect();
            let sent: Vec<_> = replies(7, len).expect("short").collect();
            let total = pieces.len() as u16;
            assert_eq!(sent.len(), pieces.len());
            for (at, ((frame, range), want)) in sent.into_iter().zip(pieces).enumerate() {
                let sequence = at as u16;
                assert_eq!(
                    frame,
                    Frame {
                        id: 7,
                        sequence,
                        total
                    }
                );
                assert!(range.len() + FRAME_LEN <= MAX_REPLY_LEN);
                assert_eq!(range, want);
            }
        }
        let longest = replies(7, MAX_MESSAGE_LEN).expect("as long as can be");
        assert_eq!(longest.last().map(|(frame, _)| frame.sequence), Some(65534));
        assert!(replies(7, MAX_MESSAGE_LEN + 1).is_none());
    }
}
