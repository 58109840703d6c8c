//! `ssl_ciphers`: lists of cipher suites in OpenSSL's syntax, as far as it is about the suites of
//! TLS 1.2 that rustls has. Those of TLS 1.3 are not subject to it, there as here.
//!
//! Source: openssl-ciphers(1).

use rustls::{CipherSuite, SupportedCipherSuite};

/// OpenSSL's name of each suite, and the words that it is meant by as well.
const NAMES: &[(CipherSuite, &str, &[&str])] = &[
    (
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        &["AES", "AES256", "AESGCM", "SHA384", "ECDSA", "aECDSA"],
    ),
    (
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        "ECDHE-RSA-AES256-GCM-SHA384",
        &["AES", "AES256", "AESGCM", "SHA384", "aRSA"],
    ),
    (
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        &["CHACHA20", "SHA256", "ECDSA", "aECDSA"],
    ),
    (
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        "ECDHE-RSA-CHACHA20-POLY1305",
        &["CHACHA20", "SHA256", "aRSA"],
    ),
    (
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        &["AES", "AES128", "AESGCM", "SHA256", "ECDSA", "aECDSA"],
    ),
    (
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        "ECDHE-RSA-AES128-GCM-SHA256",
        &["AES", "AES128", "AESGCM", "SHA256", "aRSA"],
    ),
];

/// Words that mean every suite in [`NAMES`].
const EVERY: &[&str] = &[
    "ALL", "DEFAULT", "HIGH", "TLSv1.2", "kECDHE", "kEECDH", "ECDHE", "EECDH", "ECDH",
];

/// The suites of `all` that a list asks for, in its order, and those of TLS 1.3. `None` if it asks
/// for none of TLS 1.2: words that OpenSSL knows and rustls has no suite for mean nothing, and so
/// do words nobody knows.
pub(super) fn select(
    list: &str,
    all: &[SupportedCipherSuite],
) -> Option<Vec<SupportedCipherSuite>> {
    let mut chosen: Vec<usize> = Vec::new();
    let mut killed: Vec<usize> = Vec::new();
    for word in list
        .split([':', ',', ';', ' '])
        .filter(|word| !word.is_empty())
    {
        let (sign, pattern) = match word.as_bytes()[0] {
            sign @ (b'!' | b'-' | b'+' | b'@') => (sign, &word[1..]),
            _ => (b' ', word),
        };
        let meant = |index: &usize| pattern.split('+').all(|part| means(part, *index));
        match sign {
            b'!' => {
                killed.extend((0..NAMES.len()).filter(meant));
                chosen.retain(|index| !meant(index));
            }
            b'-' => chosen.retain(|index| !meant(index)),
            b'+' => {
                let (moved, kept): (Vec<usize>, _) = chosen.iter().partition(|index| meant(index));
                chosen = [kept, moved].concat();
            }
            // Of @STRENGTH and @SECLEVEL: all suites are as strong as a level may ask for.
            b'@' => {}
            _ => {
                let new = (0..NAMES.len()).filter(meant);
                let new = new.filter(|n| !chosen.contains(n) && !killed.contains(n));
                chosen.extend(new.collect::<Vec<_>>());
            }
        }
    }
    let find = |index: &usize| all.iter().find(|suite| suite.suite() == NAMES[*index].0);
    let mut suites: Vec<SupportedCipherSuite> = chosen.iter().filter_map(find).copied().collect();
    if suites.is_empty() {
        return None;
    }
    suites.extend(all.iter().filter(|suite| suite.tls13().is_some()));
    Some(suites)
}

/// Whether a word means the suite of [`NAMES`] with this index.
fn means(word: &str, index: usize) -> bool {
    let (_, name, words) = &NAMES[index];
    *name == word || words.contains(&word) || EVERY.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OpenSSL's names of the suites of TLS 1.2 that a list asks for.
    fn chosen(list: &str) -> Vec<&'static str> {
        let all = rustls::crypto::ring::ALL_CIPHER_SUITES;
        let suites = select(list, all).unwrap_or_default();
        let of_13 = suites
            .iter()
            .filter(|suite| suite.tls13().is_some())
            .count();
        assert!(suites.is_empty() || of_13 == 3, "{list}: {suites:?}");
        let name = |suite: &SupportedCipherSuite| {
            let found = NAMES.iter().find(|(id, ..)| *id == suite.suite());
            found.map(|(_, name, _)| *name)
        };
        suites.iter().filter_map(name).collect()
    }

    #[test]
    fn every_suite_of_the_provider_has_its_name() {
        let all = rustls::crypto::ring::ALL_CIPHER_SUITES;
        let of_12 = all.iter().filter(|suite| suite.tls13().is_none()).count();
        assert_eq!((chosen("ALL").len(), of_12), (NAMES.len(), NAMES.len()));
    }

    #[test]
    fn lists_are_read_as_openssl_reads_them() {
        assert_eq!(
            chosen("ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305"),
            [
                "ECDHE-RSA-AES128-GCM-SHA256",
                "ECDHE-ECDSA-CHACHA20-POLY1305"
            ]
        );
        assert_eq!(chosen("AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256").len(), 1);
        assert_eq!(chosen("HIGH:!aNULL:!MD5").len(), 6);
        assert_eq!(chosen("AESGCM+aRSA:@STRENGTH").len(), 2);
        assert_eq!(chosen("ALL:!ECDSA:-AES256").len(), 2);
        assert_eq!(chosen("ALL:!CHACHA20:CHACHA20").len(), 4);
        assert_eq!(chosen("ALL:-CHACHA20:CHACHA20").last(), Some(&NAMES[3].1));
        assert_eq!(chosen("ALL:+AES256").last(), Some(&NAMES[1].1));
    }

    #[test]
    fn lists_of_nothing_are_told() {
        for list in [
            "",
            "NONSENSE",
            "AES128-SHA",
            "ALL:!ALL",
            "TLS_AES_128_GCM_SHA256",
            "!é",
        ] {
            assert_eq!(chosen(list), [""; 0], "{list}");
        }
    }
}
