//! Keys in lines of text: any bytes, as characters that neither end a word nor a line.
//!
//! Source: mcrsd.md 2.9; used by dumps.

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Appends a key with every byte outside `A-Z a-z 0-9 - . _ ~` as `%` and two upper case digits:
/// at most three characters for each byte.
pub fn quote(out: &mut Vec<u8>, key: &[u8]) {
    for &byte in key {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(byte);
        } else {
            let [high, low] = [byte >> 4, byte & 15].map(|digit| HEX[usize::from(digit)]);
            out.extend_from_slice(&[b'%', high, low]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_plain_is_quoted() {
        let mut out = Vec::new();
        quote(&mut out, b"aZ09-._~ %/\n\0\xff+");
        assert_eq!(out, b"aZ09-._~%20%25%2F%0A%00%FF%2B");
    }
}
