//! Base64 of keys, after RFC 4648 section 4: the standard alphabet, padding required.
//!
//! Own code instead of a crate: keys are at most 250 characters, are decoded into a buffer on the
//! stack, and which texts are refused is part of the protocol. Differs from memcached: padding
//! ends the text, while memcached takes what is before padding in its middle. Like memcached: bits
//! left over in the last character are ignored (`YR==` is `a`). Source: memcached 1.6.18, measured.

/// Characters for 0 to 63.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What is no character of the alphabet.
const NONE: u8 = 0xff;

/// The number of each character.
const NUMBERS: [u8; 256] = {
    let mut numbers = [NONE; 256];
    let mut i = 0;
    while i < ALPHABET.len() {
        numbers[ALPHABET[i] as usize] = i as u8;
        i += 1;
    }
    numbers
};

/// The bytes that `text` stands for, written to the front of `buf`. `None` if it stands for none
/// or for no bytes at all, or if `buf` is shorter than three bytes for every four characters.
pub fn decode<'b>(text: &[u8], buf: &'b mut [u8]) -> Option<&'b [u8]> {
    let (groups, odd) = text.as_chunks::<4>();
    let padding = text.iter().rev().take_while(|&&b| b == b'=').count();
    if !odd.is_empty() || groups.is_empty() || padding > 2 {
        return None;
    }
    let len = groups.len() * 3 - padding;
    let text = &text[..text.len() - padding];
    let out = buf.get_mut(..groups.len() * 3)?;
    for (group, out) in text.chunks(4).zip(out.as_chunks_mut::<3>().0) {
        let mut bits = 0u32;
        for at in 0..4 {
            let number = match group.get(at) {
                Some(&character) => NUMBERS[usize::from(character)],
                None => 0,
            };
            if number == NONE {
                return None;
            }
            bits = bits << 6 | u32::from(number);
        }
        let [_, bytes @ ..] = bits.to_be_bytes();
        *out = bytes;
    }
    Some(&out[..len])
}

/// Appends the text for `bytes`.
pub fn encode(out: &mut Vec<u8>, bytes: &[u8]) {
    for group in bytes.chunks(3) {
        let mut whole = [0; 4];
        whole[1..=group.len()].copy_from_slice(group);
        let bits = u32::from_be_bytes(whole);
        for at in 0..4 {
            out.push(if at <= group.len() {
                ALPHABET[(bits >> (18 - 6 * at) & 63) as usize]
            } else {
                b'='
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Option<Vec<u8>> {
        let mut buf = [0; 300];
        decode(text.as_bytes(), &mut buf).map(<[u8]>::to_vec)
    }

    /// Source: RFC 4648, section 10.
    #[test]
    fn the_examples_of_the_rfc_hold() {
        for (bytes, text) in [
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            let mut out = b"kept".to_vec();
            encode(&mut out, bytes.as_bytes());
            assert_eq!(&out[4..], text.as_bytes());
            assert_eq!(decoded(text).as_deref(), Some(bytes.as_bytes()));
        }
    }

    #[test]
    fn every_byte_and_length_comes_back() {
        for len in 1..=200 {
            for start in [0u8, 100, 200] {
                let bytes: Vec<u8> = (0..len).map(|i| start.wrapping_add(i as u8)).collect();
                let mut text = Vec::new();
                encode(&mut text, &bytes);
                assert_eq!(text.len(), bytes.len().div_ceil(3) * 4);
                let text = String::from_utf8(text).expect("ASCII");
                assert_eq!(decoded(&text), Some(bytes));
            }
        }
    }

    /// Source: memcached 1.6.18, measured, but for the last two.
    #[test]
    fn what_is_no_base64_is_refused() {
        for text in [
            "", "Y", "YQ", "YQ=", "====", "=Q==", "Y===", "YW-_", "YQ==\n", "Y Q=", "YQ==YQ=",
            "YWE=YWE=", "Y==Q",
        ] {
            assert_eq!(decoded(text), None, "{text:?}");
        }
        assert_eq!(decoded("YR==").as_deref(), Some(&b"a"[..]));
        assert_eq!(decode(b"YWFhYQ==", &mut [0; 5]), None);
    }
}
