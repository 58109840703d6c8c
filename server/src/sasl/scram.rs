//! SCRAM: both sides prove that they know the password, and nobody says it.
//!
//! Source: RFC 5802, RFC 7677. Channel binding is not offered, names are compared as they are.

use hmac::{Hmac, KeyInit, Mac};
use mcrs::codec::meta::base64;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::MAX_TOKEN_LEN;

/// Rounds of hashing a password, the fewest that RFC 7677 allows: each login costs a worker a few
/// milliseconds.
const ROUNDS: u32 = 4096;

/// Random bytes of the nonce, and of the salt.
const NONCE_BYTES: usize = 18;
const SALT_BYTES: usize = 16;

/// Bytes of the longest hash.
const HASH_MAX_BYTES: usize = 32;

/// Which hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
}

impl Hash {
    fn len(self) -> usize {
        match self {
            Hash::Sha1 => 20,
            Hash::Sha256 => 32,
        }
    }

    /// The keyed hash.
    fn mac(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        // Keys of any length are good.
        match self {
            Hash::Sha1 => Hmac::<Sha1>::new_from_slice(key).map_or_else(
                |_| Vec::new(),
                |mac| mac.chain_update(message).finalize().into_bytes().to_vec(),
            ),
            Hash::Sha256 => Hmac::<Sha256>::new_from_slice(key).map_or_else(
                |_| Vec::new(),
                |mac| mac.chain_update(message).finalize().into_bytes().to_vec(),
            ),
        }
    }

    fn hash(self, message: &[u8]) -> Vec<u8> {
        match self {
            Hash::Sha1 => Sha1::digest(message).to_vec(),
            Hash::Sha256 => Sha256::digest(message).to_vec(),
        }
    }

    /// What stands for a password.
    fn salted(self, password: &[u8], salt: &[u8]) -> Vec<u8> {
        let mut out = vec![0; self.len()];
        match self {
            Hash::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>(password, salt, ROUNDS, &mut out),
            Hash::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, ROUNDS, &mut out),
        }
        out
    }
}

/// A login whose first message was answered.
#[derive(Debug)]
pub(super) struct Exchange {
    hash: Hash,
    user: Vec<u8>,
    /// The client's word on channel binding and whom to act as, which it repeats.
    header: Vec<u8>,
    /// Of both sides.
    nonce: Vec<u8>,
    salt: [u8; SALT_BYTES],
    /// What was said so far, as it is signed.
    said: Vec<u8>,
}

impl Exchange {
    /// Answers the client's first message: `n,[a=NAME],n=NAME,r=NONCE[,...]`. `None` if it is none,
    /// or wants what there is not.
    pub(super) fn begin(hash: Hash, message: &[u8]) -> Option<(Exchange, Vec<u8>)> {
        let mut random = [0; NONCE_BYTES + SALT_BYTES];
        getrandom::fill(&mut random).ok()?;
        let (nonce, salt) = random.split_at(NONCE_BYTES);
        let mut ours = Vec::new();
        base64::encode(&mut ours, nonce);
        Exchange::answer(hash, message, &ours, *salt.first_chunk()?)
    }

    /// The same with randomness given.
    fn answer(
        hash: Hash,
        message: &[u8],
        nonce: &[u8],
        salt: [u8; SALT_BYTES],
    ) -> Option<(Exchange, Vec<u8>)> {
        let commas: Vec<usize> = (0..message.len()).filter(|&i| message[i] == b',').collect();
        let header_len = commas.get(1)? + 1;
        let (header, bare) = message.split_at(header_len);
        // "p" would bind the channel, and other letters mean nothing.
        if !matches!(header[..commas[0]], [b'n' | b'y']) {
            return None;
        }
        let mut attributes = bare.split(|&byte| byte == b',');
        let user = unescape(attributes.next()?.strip_prefix(b"n=")?)?;
        let theirs = attributes.next()?.strip_prefix(b"r=")?;
        let act_as = &header[commas[0] + 1..header_len - 1];
        let allowed = match act_as.strip_prefix(b"a=") {
            Some(name) => unescape(name)? == user,
            None => act_as.is_empty(),
        };
        if !allowed || user.is_empty() || theirs.is_empty() {
            return None;
        }
        let nonce = [theirs, nonce].concat();
        let mut answer = [b"r=", &nonce[..], b",s="].concat();
        base64::encode(&mut answer, &salt);
        answer.extend_from_slice(format!(",i={ROUNDS}").as_bytes());
        let exchange = Exchange {
            hash,
            user,
            header: header.to_vec(),
            nonce,
            salt,
            said: [bare, b",", &answer].concat(),
        };
        Some((exchange, answer))
    }

    /// Who wants to log in.
    pub(super) fn user(&self) -> &[u8] {
        &self.user
    }

    /// Judges the client's second message, `c=HEADER,r=NONCE,p=PROOF`; our own proof, if the client
    /// knows the password. Unknown users, who have none, take as long as known ones.
    pub(super) fn finish(self, password: Option<&[u8]>, message: &[u8]) -> Option<Vec<u8>> {
        let proof_at = message.windows(3).rposition(|bytes| bytes == b",p=")?;
        let (bare, proof) = (&message[..proof_at], &message[proof_at + 3..]);
        let mut attributes = bare.split(|&byte| byte == b',');
        let mut buffer = [0; MAX_TOKEN_LEN];
        let header = base64::decode(attributes.next()?.strip_prefix(b"c=")?, &mut buffer)?;
        let nonce = attributes.next()?.strip_prefix(b"r=")?;
        if header != self.header || nonce != self.nonce {
            return None;
        }
        let mut buffer = [0; HASH_MAX_BYTES + 3];
        let proof = base64::decode(proof, &mut buffer)?;
        let hash = self.hash;
        let signed = [&self.said[..], b",", bare].concat();
        let salted = hash.salted(password.unwrap_or_default(), &self.salt);
        let stored = hash.hash(&hash.mac(&salted, b"Client Key"));
        let signature = hash.mac(&stored, &signed);
        // The proof is the client's key, hidden under the signature. Only hashes are compared, so
        // the time it takes tells nothing that would help.
        let key: Vec<u8> = proof.iter().zip(&signature).map(|(a, b)| a ^ b).collect();
        let right = proof.len() == hash.len() && hash.hash(&key) == stored && password.is_some();
        right.then(|| {
            let server_key = hash.mac(&salted, b"Server Key");
            let mut answer = b"v=".to_vec();
            base64::encode(&mut answer, &hash.mac(&server_key, &signed));
            answer
        })
    }
}

/// A name in which `=2C` stands for a comma and `=3D` for an equals sign; `None` of anything else
/// behind one.
fn unescape(name: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut parts = name.split(|&byte| byte == b'=');
    out.extend_from_slice(parts.next()?);
    for part in parts {
        let (code, rest) = part.split_at_checked(2)?;
        out.push(match code {
            b"2C" => b',',
            b"3D" => b'=',
            _ => return None,
        });
        out.extend_from_slice(rest);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The dialogue of RFC 7677, section 3.
    #[test]
    fn the_example_of_the_standard_works() {
        let salt = "W22ZaJ0SNY7soEsUEjb6gQ==";
        let mut buffer = [0; 18];
        let salt = *base64::decode(salt.as_bytes(), &mut buffer)
            .and_then(|salt| salt.first_chunk())
            .expect("16 bytes");
        let begin = || {
            let first = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
            let nonce = b"%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
            Exchange::answer(Hash::Sha256, first, nonce, salt).expect("sound")
        };
        let (exchange, answer) = begin();
        let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let want = format!("r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
        assert_eq!(answer.escape_ascii().to_string(), want);
        assert_eq!(exchange.user(), b"user");
        let last = format!("c=biws,r={nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        let proof = exchange.finish(Some(b"pencil"), last.as_bytes());
        let want = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
        assert_eq!(proof.as_deref(), Some(&want[..]));
        let refused = |password: Option<&[u8]>, message: &str| {
            begin().0.finish(password, message.as_bytes()).is_none()
        };
        assert!(refused(Some(b"pencils"), &last));
        assert!(refused(None, &last));
        assert!(refused(Some(b"pencil"), &last.replace("biws", "eSws")));
        assert!(refused(Some(b"pencil"), &last.replace("r=rO", "r=ro")));
        assert!(refused(Some(b"pencil"), &last.replace("p=dH", "p=dh")));
        assert!(refused(Some(b"pencil"), &last.replace("AndVQ=", "")));
        assert!(refused(Some(b"pencil"), "c=biws"));
        assert!(refused(Some(b"pencil"), ""));
        // Without a password the hash of an empty one is no way in.
        assert!(refused(None, ""));
    }

    #[test]
    fn first_messages_that_want_what_there_is_not_are_refused() {
        let refused = |message: &str| Exchange::begin(Hash::Sha1, message.as_bytes()).is_none();
        assert!(!refused("n,,n=a,r=x"));
        assert!(!refused("y,a=a,n=a,r=x,more"));
        for message in [
            "",
            "n,,",
            "n,,n=a",
            "n,,n=,r=x",
            "n,,n=a,r=",
            "n,a=b,n=a,r=x",
            "n,b,n=a,r=x",
            "p=tls-unique,,n=a,r=x",
            "n,,m=x,n=a,r=x",
            "n,,n=a=2,r=x",
            "n,,n=a=41,r=x",
        ] {
            assert!(refused(message), "{message}");
        }
    }

    #[test]
    fn names_may_hold_commas_and_equals_signs() {
        assert_eq!(unescape(b"a=2Cb=3D").as_deref(), Some(&b"a,b="[..]));
        assert_eq!(unescape(b"plain").as_deref(), Some(&b"plain"[..]));
        assert_eq!(unescape(b"a=2c"), None);
    }
}
