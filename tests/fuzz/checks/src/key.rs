//! Keys: what a caller gave becomes what may be sent.

use mcrs::codec::key::{self, Key, KeyError, MAX_KEY_LEN};

use crate::Input;

/// A prefix and a key fixed up, against the definition; and any bytes taken for a key.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let prefix_len = usize::from(input.byte()) * 2;
    let prefix = input.take(prefix_len);
    let key = input.rest();

    let mut out = b"kept".to_vec();
    let fit = key::fix_up(&mut out, prefix, key);
    assert!(out.starts_with(b"kept"));
    let fixed = &out[4..];
    assert_eq!(fit, !key.is_empty());
    let clean = |&b: &u8| if b <= b' ' { b'_' } else { b };
    let by_definition: Vec<u8> = if fit {
        let both = prefix.iter().chain(key);
        both.take(MAX_KEY_LEN).map(clean).collect()
    } else {
        Vec::new()
    };
    assert_eq!(fixed, by_definition);
    if fit {
        assert!(Key::new(fixed).is_ok(), "a fixed key can be sent");
        let mut again = Vec::new();
        assert!(key::fix_up(&mut again, b"", fixed));
        assert_eq!(again, fixed, "a fixed key stays as it is");
    }

    let expected = match key.len() {
        0 => Err(KeyError::Empty),
        251.. => Err(KeyError::TooLong),
        _ if key.iter().any(|b| *b <= b' ') => Err(KeyError::ControlByte),
        _ => Ok(key),
    };
    assert_eq!(Key::new(key).map(Key::as_bytes), expected);
}
