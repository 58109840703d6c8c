//! Certificates and keys, read from the files that the `ssl_` words name.
//!
//! A failure is one line: what, which file, why.

use std::fs;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::x509::Certificate;
use crate::flags::{FileName, TlsSettings};

/// The server's certificates, its own first, with the key of that one.
pub(super) fn identity(
    settings: &TlsSettings,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, String> {
    let what = "the certificate chain";
    let (name, bytes) = read(what, settings.chain_cert.as_ref())?;
    let chain = certificates(&bytes).map_err(|why| failed(what, name, &why))?;

    let what = "the key";
    let (name, bytes) = read(what, settings.key.as_ref())?;
    let key = private_key(&bytes, settings.key_format).map_err(|why| failed(what, name, &why))?;
    let key = provider.key_provider.load_private_key(key);
    let key = key.map_err(|error| match error {
        rustls::Error::General(why) => failed(what, name, &why),
        error => failed(what, name, &error.to_string()),
    })?;
    let of_chain = chain.first().and_then(|first| Certificate::parse(first));
    let of_chain = of_chain.map(|certificate| certificate.public_key);
    // rustls would compare too, but takes no certificate of version 1.
    if of_chain.is_none() || key.public_key() != of_chain {
        return Err(failed(what, name, "it is not the key of the certificate"));
    }
    Ok(CertifiedKey::new(chain, key))
}

/// The certificates that clients are judged by; none when no file is named.
pub(super) fn authorities(
    settings: &TlsSettings,
) -> Result<Arc<[CertificateDer<'static>]>, String> {
    if settings.ca_cert.is_none() {
        return Ok(Arc::default());
    }
    let (name, bytes) = read(AUTHORITIES, settings.ca_cert.as_ref())?;
    let found = certificates(&bytes).map_err(|why| failed(AUTHORITIES, name, &why))?;
    Ok(found.into())
}

/// What the file of `ssl_ca_cert` is called in complaints.
pub(super) const AUTHORITIES: &str = "the CA certificate";

/// The complaint about a file.
pub(super) fn failed(what: &str, name: &dyn std::fmt::Display, why: &str) -> String {
    format!("Error loading {what}: {name} : {why}")
}

fn read<'a>(what: &str, name: Option<&'a FileName>) -> Result<(&'a FileName, Vec<u8>), String> {
    let name = name.ok_or_else(|| failed(what, &"(null)", "no file is named"))?;
    match fs::read(name.path()) {
        Ok(bytes) => Ok((name, bytes)),
        Err(error) => Err(failed(what, name, &crate::process::told(&error))),
    }
}

/// Every certificate of a PEM file; at least one.
fn certificates(bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(bytes).collect();
    let found = found.map_err(|error| error.to_string())?;
    if found.is_empty() {
        return Err("no certificate in it".into());
    }
    if found.iter().any(|der| Certificate::parse(der).is_none()) {
        return Err("a certificate in it cannot be read".into());
    }
    Ok(found)
}

/// The first key of a PEM file, or the one that a DER file is.
fn private_key(bytes: &[u8], format: i64) -> Result<PrivateKeyDer<'static>, String> {
    match format {
        1 => PrivateKeyDer::from_pem_slice(bytes).map_err(|error| match error {
            pem::Error::NoItemsFound => "no private key in it".into(),
            other => other.to_string(),
        }),
        2 => PrivateKeyDer::try_from(bytes)
            .map(|key| key.clone_key())
            .map_err(str::to_string),
        _ => Err("ssl_keyformat must be 1 (PEM) or 2 (DER)".into()),
    }
}
