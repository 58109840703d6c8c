//! Frames of datagrams: any bytes as a request, and replies of any length.

use mcrs::codec::udp::{FRAME_LEN, Frame, MAX_MESSAGE_LEN, MAX_REPLY_LEN, replies, request};

/// A datagram is split as its bytes say, and a reply of some length is cut into numbered datagrams
/// that are full but for the last one and make it whole.
pub fn check(data: &[u8]) {
    let Some((frame, rest)) = Frame::split(data) else {
        assert!(data.len() < FRAME_LEN);
        return assert_eq!(request(data), None);
    };
    let number = |at: usize| u16::from_be_bytes([data[at], data[at + 1]]);
    assert_eq!(
        (frame.id, frame.sequence, frame.total),
        (number(0), number(2), number(4))
    );
    assert_eq!(rest, &data[8..]);
    assert_eq!(frame.encode()[..6], data[..6]);
    assert_eq!(frame.encode()[6..], [0, 0]);
    let accepted = number(4) == 1 && data.len() > 8;
    assert_eq!(request(data), accepted.then_some((frame.id, rest)));
    if accepted {
        let again = [&Frame::of_request(frame.id).encode(), rest].concat();
        assert_eq!(request(&again), Some((frame.id, rest)));
    }

    // As many bytes as the datagram says in what is left of it.
    let digits = rest
        .iter()
        .take(4)
        .fold(0, |n, &byte| n << 8 | usize::from(byte));
    let len = digits % (MAX_MESSAGE_LEN + 2 * MAX_REPLY_LEN);
    let Some(datagrams) = replies(frame.id, len) else {
        return assert!(len > MAX_MESSAGE_LEN);
    };
    assert!(len <= MAX_MESSAGE_LEN);
    let total = len.div_ceil(MAX_REPLY_LEN - FRAME_LEN);
    let mut count = 0;
    let mut end = 0;
    for (frame, range) in datagrams {
        let numbers = (usize::from(frame.sequence), usize::from(frame.total));
        assert_eq!(numbers, (count, total));
        assert_eq!(range.start, end);
        let size = FRAME_LEN + range.len();
        assert!(size == MAX_REPLY_LEN || (range.end == len && size < MAX_REPLY_LEN));
        assert!(!range.is_empty());
        (count, end) = (count + 1, range.end);
    }
    assert_eq!((count, end), (total, len));
}
