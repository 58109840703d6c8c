//! The parts of a certificate that rustls keeps to itself, read from its DER form.
//!
//! rustls leaves certificates to webpki, which takes version 3 only. OpenSSL, and with it
//! memcached, takes version 1 too, and `openssl x509 -req` makes them. So the few fields that
//! matter are read here. Nothing is trusted because it could be read.
//!
//! Source: RFC 5280, section 4.1; X.690 for DER.

use rustls::CertificateError;
use rustls::pki_types::{SubjectPublicKeyInfoDer, UnixTime};

const BIT_STRING: u8 = 0x03;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
/// The explicit tag of the version.
const VERSION: u8 = 0xa0;

/// A certificate taken apart; slices of the encoding it was read from.
#[derive(Debug)]
pub(super) struct Certificate<'a> {
    /// Whether it is of version 1, which has no extensions.
    pub(super) is_v1: bool,
    /// The bytes that are signed.
    pub(super) signed: &'a [u8],
    /// The algorithm they are signed with: the content of an AlgorithmIdentifier.
    pub(super) signature_algorithm: &'a [u8],
    /// The signature.
    pub(super) signature: &'a [u8],
    /// Name of who signed it: the content of a Name.
    pub(super) issuer: &'a [u8],
    /// Name of whom it is about, likewise.
    pub(super) subject: &'a [u8],
    /// The key of whom it is about: a whole SubjectPublicKeyInfo.
    pub(super) public_key: SubjectPublicKeyInfoDer<'a>,
    /// First and last second of its life, in seconds since 1970.
    valid: (i64, i64),
}

impl<'a> Certificate<'a> {
    /// Reads one; `None` if `der` is no certificate.
    pub(super) fn parse(der: &'a [u8]) -> Option<Certificate<'a>> {
        let mut outer = Reader(der);
        let mut certificate = Reader(outer.expect(SEQUENCE)?);
        let (_, tbs, signed) = certificate.next()?;
        let signature_algorithm = certificate.expect(SEQUENCE)?;
        // The first byte counts unused bits; a signature has none.
        let signature = certificate.expect(BIT_STRING)?.strip_prefix(&[0])?;

        let mut tbs = Reader(tbs);
        let is_v1 = tbs.0.first() != Some(&VERSION);
        if !is_v1 {
            tbs.expect(VERSION)?;
        }
        let _serial = tbs.next()?;
        let _algorithm = tbs.expect(SEQUENCE)?;
        let issuer = tbs.expect(SEQUENCE)?;
        let mut validity = Reader(tbs.expect(SEQUENCE)?);
        let valid = (validity.time()?, validity.time()?);
        let subject = tbs.expect(SEQUENCE)?;
        let (tag, _, public_key) = tbs.next()?;
        (tag == SEQUENCE).then_some(Certificate {
            is_v1,
            signed,
            signature_algorithm,
            signature,
            issuer,
            subject,
            public_key: public_key.into(),
            valid,
        })
    }

    /// Whether `now` is in its life.
    ///
    /// # Errors
    /// It is before or after.
    pub(super) fn valid_at(&self, now: UnixTime) -> Result<(), CertificateError> {
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        if now < self.valid.0 {
            return Err(CertificateError::NotValidYet);
        }
        if now > self.valid.1 {
            return Err(CertificateError::Expired);
        }
        Ok(())
    }
}

/// What is left of a run of DER values.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The next value: its tag, its content, and all of it.
    fn next(&mut self) -> Option<(u8, &'a [u8], &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (len, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            // As many bytes of length as nobody's certificate needs, and no overflow.
            0x81..=0x83 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
                let len = bytes.iter().fold(0, |n, b| n << 8 | usize::from(*b));
                (len, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(len)?;
        let whole = &self.0[..self.0.len() - rest.len()];
        self.0 = rest;
        Some((tag, content, whole))
    }

    /// The content of the next value, which must have this tag.
    fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next()
            .and_then(|(found, content, _)| (found == tag).then_some(content))
    }

    /// The next value as seconds since 1970: `YYMMDDhhmmssZ` or `YYYYMMDDhhmmssZ`.
    fn time(&mut self) -> Option<i64> {
        let (tag, text, _) = self.next()?;
        let digits = text.strip_suffix(b"Z")?;
        let (year, rest) = match tag {
            UTC_TIME => match two_digits(digits)? {
                (year @ 0..50, rest) => (2000 + year, rest),
                (year, rest) => (1900 + year, rest),
            },
            GENERALIZED_TIME => {
                let (century, rest) = two_digits(digits)?;
                let (year, rest) = two_digits(rest)?;
                (century * 100 + year, rest)
            }
            _ => return None,
        };
        let (month, rest) = two_digits(rest)?;
        let (day, rest) = two_digits(rest)?;
        let (hour, rest) = two_digits(rest)?;
        let (minute, rest) = two_digits(rest)?;
        let (second, rest) = two_digits(rest)?;
        let plausible = (1..=12).contains(&month) && (1..=31).contains(&day) && rest.is_empty();
        plausible.then(|| {
            days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
        })
    }
}

fn two_digits(text: &[u8]) -> Option<(i64, &[u8])> {
    let (digits, rest) = text.split_at_checked(2)?;
    let number = digits.iter().try_fold(0, |n, b| {
        b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0'))
    })?;
    Some((number, rest))
}

/// Days from 1 January 1970 to a day of the Gregorian calendar.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March have their odd day last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days_in_year = (153 * month + 2) / 5 + day - 1;
    // 719,468 days lie between 1 March of the year 0 and 1 January 1970.
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + days_in_year
        - 719_468
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A certificate with nothing in it, of a version or of version 1, and a key of two bytes.
    fn certificate(version: Option<u8>, times: [&[u8]; 2]) -> Vec<u8> {
        let tlv = |tag: u8, content: &[u8]| {
            let len = u8::try_from(content.len()).expect("a short one");
            match len {
                0..0x80 => [&[tag, len], content].concat(),
                _ => [&[tag, 0x81, len], content].concat(),
            }
        };
        let tagged = |time: &[u8]| tlv(if time.len() > 13 { 0x18 } else { 0x17 }, time);
        let tbs = [
            version.map_or(vec![], |v| tlv(0xa0, &[2, 1, v])),
            tlv(2, &[7]),
            tlv(0x30, b"alg"),
            tlv(0x30, b"issuer"),
            tlv(0x30, &times.map(tagged).concat()),
            tlv(0x30, b"subject"),
            tlv(0x30, b"key"),
        ];
        let outer = [
            tlv(0x30, &tbs.concat()),
            tlv(0x30, b"alg"),
            tlv(3, b"\0sig"),
        ];
        tlv(0x30, &outer.concat())
    }

    #[test]
    fn fields_are_found_in_both_versions() {
        for version in [None, Some(2)] {
            let der = certificate(version, [b"700101000000Z", b"20700101000000Z"]);
            let got = Certificate::parse(&der).expect("a certificate");
            assert_eq!(got.is_v1, version.is_none());
            assert_eq!((got.issuer, got.subject), (&b"issuer"[..], &b"subject"[..]));
            assert_eq!(
                (got.signature, got.signature_algorithm),
                (&b"sig"[..], &b"alg"[..])
            );
            assert_eq!(got.public_key.as_ref(), b"\x30\x03key");
            assert_eq!(
                got.signed,
                &der[2 + usize::from(der[1] == 0x81)..][..got.signed.len()]
            );
            assert_eq!(got.valid, (0, 3_155_760_000));
        }
    }

    #[test]
    fn a_life_has_two_ends() {
        let der = certificate(None, [b"991231235959Z", b"20240229120000Z"]);
        let got = Certificate::parse(&der).expect("a certificate");
        assert_eq!(got.valid, (946_684_799, 1_709_208_000));
        let at = |secs| got.valid_at(UnixTime::since_unix_epoch(Duration::from_secs(secs)));
        assert_eq!(at(946_684_798), Err(CertificateError::NotValidYet));
        assert_eq!((at(946_684_799), at(1_709_208_000)), (Ok(()), Ok(())));
        assert_eq!(at(1_709_208_001), Err(CertificateError::Expired));
    }

    #[test]
    fn what_is_cut_off_or_bent_is_no_certificate_and_no_panic() {
        let der = certificate(Some(2), [b"700101000000Z", b"20700101000000Z"]);
        for end in 0..der.len() {
            assert!(Certificate::parse(&der[..end]).is_none(), "{end}");
        }
        for at in 0..der.len() {
            for byte in [0, 0x30, 0x7f, 0x80, 0x83, 0x84, 0xff] {
                let mut bent = der.clone();
                bent[at] = byte;
                // Some of them are certificates still.
                let _ = Certificate::parse(&bent);
            }
        }
        let bad = certificate(None, [b"701301000000Z", b"700101000000Z"]);
        assert!(Certificate::parse(&bad).is_none(), "the thirteenth month");
    }
}
