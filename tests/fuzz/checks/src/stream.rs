//! What every decoder of a stream owes its caller.

use mcrs::codec::{DecodeError, Decoded};

/// Decodes message after message until the bytes end or are refused: each takes at least one byte
/// and not more than there are, every beginning of it is incomplete unless it `may` be refused, and
/// what follows it does not matter.
pub fn decode_all<'a, T: std::fmt::Debug>(
    mut data: &'a [u8],
    decode: impl Fn(&'a [u8]) -> Result<Decoded<T>, DecodeError>,
    may: impl Fn(&[u8]) -> bool,
    mut check: impl FnMut(&'a [u8], &T),
) {
    loop {
        match decode(data) {
            Ok(Decoded::Complete { value, consumed }) => {
                assert!((1..=data.len()).contains(&consumed), "{consumed} bytes");
                let message = &data[..consumed];
                check(message, &value);
                // The cuts near both ends are where decoders go wrong.
                let near = (0..consumed).filter(|cut| *cut < 40 || consumed - cut < 40);
                for cut in near {
                    let beginning = &message[..cut];
                    let sound = match decode(beginning) {
                        Ok(Decoded::Incomplete) => !may(beginning),
                        Ok(Decoded::Complete { .. }) => false,
                        Err(_) => may(beginning),
                    };
                    assert!(sound, "cut at {cut} of {consumed}");
                }
                let alone = decode(message);
                let Ok(Decoded::Complete {
                    value: ref same,
                    consumed: all,
                }) = alone
                else {
                    panic!("alone it is {alone:?}");
                };
                assert_eq!(all, consumed);
                assert_eq!(format!("{same:?}"), format!("{value:?}"));
                data = &data[consumed..];
            }
            Ok(Decoded::Incomplete) => return,
            Err(error) => {
                assert!(error.offset <= data.len(), "{error:?} of {}", data.len());
                return;
            }
        }
    }
}
