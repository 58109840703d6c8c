//! Values: hostile zlib streams, and what was packed unpacks.

use mcrs::error::ErrorKind;
use mcrs::value::compress::{Compression, unpack};
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_zlib_with_limit};

use crate::Input;

/// The longest value asked for: what 60 bytes of deflate can become.
const MOST_LEN: usize = 64 << 10;

/// Any bytes as a zlib stream: what comes out is bounded and what another decoder makes of them.
pub fn unpack_check(data: &[u8]) {
    let mut input = Input::new(data);
    let max_len = [0, 1, 100, MOST_LEN][input.below(4)];
    let stream = input.rest();
    let unpacked = unpack(stream, max_len);
    match &unpacked {
        Ok(value) => {
            assert!(value.len() <= max_len, "{} bytes", value.len());
            // A vector that grows doubles.
            assert!(value.capacity() <= 2 * max_len + (64 << 10));
        }
        Err(error) => assert!(matches!(
            error.kind(),
            ErrorKind::Decode | ErrorKind::TooLarge
        )),
    }
    let other = decompress_to_vec_zlib_with_limit(stream, max_len);
    match (&unpacked, other) {
        (Ok(ours), Ok(theirs)) => assert_eq!(*ours, theirs),
        (Err(ours), Err(theirs)) => {
            let over = theirs.status == TINFLStatus::HasMoreOutput;
            assert!(over || ours.kind() == ErrorKind::Decode, "{theirs:?}");
        }
        (ours, theirs) => panic!("{ours:?}, but another decoder: {theirs:?}"),
    }
}

/// Any bytes as a value: what is packed saves what it must and comes back.
pub fn pack_check(data: &[u8]) {
    let mut input = Input::new(data);
    let min_savings = [0.0, 0.2, 0.9, 1.0, -1.0, f64::NAN][input.below(6)];
    let threshold_bytes = [0, 1, 50, 20_000][input.below(4)];
    let asked = input.below(2) == 1;
    // Short inputs become long values.
    let times = 1 + input.below(64);
    let value = input.rest().repeat(times);
    let compression = Compression {
        threshold_bytes,
        min_savings,
    };
    let Some(stream) = compression.pack(&value, asked) else {
        return;
    };
    assert!(asked || (threshold_bytes > 0 && value.len() >= threshold_bytes));
    let room = value.len() as f64 * (1.0 - min_savings);
    assert!(stream.len() as f64 <= room, "{} of {room}", stream.len());
    let back = unpack(&stream, value.len()).expect("what was packed unpacks");
    assert_eq!(back, value);
}
