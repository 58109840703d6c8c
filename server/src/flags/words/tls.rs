//! Words about TLS. Source: mcrsd.md 6; the texts of refusals were measured on memcached 1.6.18.

use super::{Exit, Value, Word};
use crate::flags::{ClientCert, FileName, MinVersion};

/// In the order of `-h`; none in a server that is built without TLS.
pub(super) const WORDS: &[Word] = if cfg!(feature = "tls") { TLS } else { &[] };

const TLS: &[Word] = &[
    Word::new(
        "ssl_chain_cert",
        "certificate chain file in PEM format, the server's own first",
    )
    .takes(|s, v| {
        s.tls.chain_cert = Some(FileName::new(v.text));
        Ok(())
    })
    .shown_as("ssl_chain_cert"),
    Word::new("ssl_key", "file of its private key")
        .takes(|s, v| {
            s.tls.key = Some(FileName::new(v.text));
            Ok(())
        })
        .shown_as("ssl_key"),
    Word::new("ssl_keyformat", "format of that file, 1 (PEM) or 2 (DER)")
        .takes(|s, v| {
            s.tls.key_format = whole(v)?;
            Ok(())
        })
        .defaults_to(|s| s.tls.key_format.to_string())
        .shown_as("ssl_keyformat"),
    Word::new(
        "ssl_verify_mode",
        "whether clients show certificates: 0 (no), 1 (if they have one),\n\
         2 or 3 (they must)",
    )
    .takes(|s, v| {
        s.tls.verify = match whole(v)? {
            0 => ClientCert::None,
            1 => ClientCert::Ask,
            2 => ClientCert::Require,
            3 => ClientCert::RequireOnce,
            _ => return Err(invalid(v)),
        };
        Ok(())
    })
    .defaults_to(|s| (s.tls.verify as u8).to_string())
    .shown_as("ssl_verify_mode"),
    Word::new(
        "ssl_ca_cert",
        "file of the CAs whose clients are accepted, in PEM format",
    )
    .takes(|s, v| {
        s.tls.ca_cert = Some(FileName::new(v.text));
        Ok(())
    })
    .shown_as("ssl_ca_cert"),
    Word::new(
        "ssl_ciphers",
        "cipher suites of TLS 1.2, in OpenSSL's list syntax",
    )
    .takes(|s, v| {
        s.tls.ciphers = Some(v.text.to_string());
        Ok(())
    })
    .shown_as("ssl_ciphers"),
    Word::new(
        "ssl_wbuf_size",
        "kilobytes encrypted and written at once, at most 1024",
    )
    .takes(|s, v| {
        let kilobytes = u64::try_from(whole(v)?).map_err(|_| v.unparsable())?;
        s.tls.wbuf_bytes = kilobytes.saturating_mul(1024);
        Ok(())
    })
    .defaults_to(|s| (s.tls.wbuf_bytes >> 10).to_string())
    .shown_as("ssl_wbuf_size"),
    Word::new("ssl_session_cache", "let clients resume sessions")
        .switches(|s| s.tls.session_cache = true)
        .shown_as("ssl_session_cache"),
    Word::new("ssl_kernel_tls", "")
        .switches(|s| s.tls.kernel_tls = true)
        .shown_as("ssl_kernel_tls"),
    Word::new(
        "ssl_min_version",
        "oldest version to speak, 2 (TLS 1.2) or 3 (1.3); 0 and 1 mean 2,\n\
         because this server has nothing older",
    )
    .takes(|s, v| {
        s.tls.min_version = match whole(v)? {
            0 => MinVersion::Tls10,
            1 => MinVersion::Tls11,
            2 => MinVersion::Tls12,
            3 => MinVersion::Tls13,
            _ => return Err(invalid(v)),
        };
        Ok(())
    })
    .defaults_to(|s| (s.tls.min_version as u8).to_string())
    .shown_as("ssl_min_version"),
];

/// A whole number, perhaps below 0, with nothing behind it but blanks.
fn whole(value: Value<'_>) -> Result<i64, Exit> {
    value
        .text
        .trim_ascii()
        .parse()
        .map_err(|_| value.unparsable())
}

fn invalid(value: Value<'_>) -> Exit {
    let text = format!("Invalid {}. Use help to see valid options.", value.name);
    Exit::new(1, text)
}
