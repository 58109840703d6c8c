//! Which certificates of clients are good.
//!
//! webpki judges, but for two kinds that it refuses and OpenSSL, and with it memcached, accepts:
//! certificates that are in the file of CAs themselves, which is how people try things out with
//! one self-signed certificate, and certificates of version 1.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};
use webpki::RawPublicKeyEntity;

use super::x509::Certificate;

/// Judges clients by the certificates of a file, `ssl_ca_cert`.
pub(super) struct Verifier {
    required: bool,
    /// The certificates of the file.
    trusted: Arc<[CertificateDer<'static>]>,
    /// None when there is no file: then nobody is good.
    webpki: Option<Arc<dyn ClientCertVerifier>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    /// Trusts `trusted`, none or more. A client without a certificate is good unless `required`.
    ///
    /// # Errors
    /// One of them is no certificate.
    pub(super) fn new(
        trusted: &Arc<[CertificateDer<'static>]>,
        required: bool,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Verifier, Error> {
        let mut roots = RootCertStore::empty();
        for certificate in trusted.iter() {
            roots.add(certificate.clone())?;
        }
        let webpki = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone());
        let webpki = match trusted.is_empty() {
            true => None,
            false => Some(webpki.build().map_err(|e| Error::General(e.to_string()))?),
        };
        Ok(Verifier {
            required,
            trusted: Arc::clone(trusted),
            webpki,
            algorithms: provider.signature_verification_algorithms,
        })
    }

    /// Judges a certificate of version 1: it must be signed by one of the trusted ones, and in its
    /// life. There is nothing else in it to look at.
    fn judge_v1(&self, certificate: &Certificate<'_>, now: UnixTime) -> Result<(), Error> {
        certificate.valid_at(now)?;
        let trusted = self
            .trusted
            .iter()
            .filter_map(|der| Certificate::parse(der));
        for signer in trusted.filter(|signer| signer.subject == certificate.issuer) {
            let algorithms = self.algorithms.all.iter().copied().filter(|algorithm| {
                algorithm.signature_alg_id().as_ref() == certificate.signature_algorithm
            });
            if is_signed(
                &signer,
                algorithms,
                certificate.signed,
                certificate.signature,
            ) {
                return Ok(());
            }
        }
        Err(CertificateError::UnknownIssuer.into())
    }
}

/// Whether one of the algorithms says that the owner of a certificate has signed a message.
fn is_signed(
    by: &Certificate<'_>,
    mut algorithms: impl Iterator<Item = &'static dyn SignatureVerificationAlgorithm>,
    message: &[u8],
    signature: &[u8],
) -> bool {
    RawPublicKeyEntity::try_from(&by.public_key).is_ok_and(|key| {
        algorithms.any(|algorithm| key.verify_signature(algorithm, message, signature).is_ok())
    })
}

/// A certificate of version 1; `None` for others, which are webpki's.
fn v1<'a>(der: &'a CertificateDer<'_>) -> Option<Certificate<'a>> {
    Certificate::parse(der).filter(|certificate| certificate.is_v1)
}

impl ClientCertVerifier for Verifier {
    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if self.trusted.contains(end_entity) {
            let certificate = Certificate::parse(end_entity);
            certificate
                .ok_or(CertificateError::BadEncoding)?
                .valid_at(now)?;
        } else if let Some(certificate) = v1(end_entity) {
            self.judge_v1(&certificate, now)?;
        } else {
            let webpki = self
                .webpki
                .as_ref()
                .ok_or(CertificateError::UnknownIssuer)?;
            webpki.verify_client_cert(end_entity, intermediates, now)?;
        }
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match v1(cert) {
            Some(certificate) => {
                // What the scheme may mean in TLS 1.2: it leaves the curve open.
                let mapping = self.algorithms.mapping.iter();
                let meant = mapping.filter(|(scheme, _)| *scheme == signed.scheme);
                let meant = meant.flat_map(|(_, algorithms)| algorithms.iter().copied());
                if is_signed(&certificate, meant, message, signed.signature()) {
                    return Ok(HandshakeSignatureValid::assertion());
                }
                Err(CertificateError::BadSignature.into())
            }
            None => verify_tls12_signature(message, cert, signed, &self.algorithms),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match v1(cert) {
            Some(certificate) => {
                let key = &certificate.public_key;
                verify_tls13_signature_with_raw_key(message, key, signed, &self.algorithms)
            }
            None => verify_tls13_signature(message, cert, signed, &self.algorithms),
        }
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.webpki.as_ref().map_or(&[], |v| v.root_hint_subjects())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.required
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("required", &self.required)
            .field("trusted", &self.trusted.len())
            .finish_non_exhaustive()
    }
}
