//! TLS as far as it is no matter of sockets: what a server offers, to whom, with which keys.
//!
//! Read once at the start and again when asked to; connections that are open keep what they began
//! with. Source: mcrsd.md 6. Next: `files.rs` for certificates and keys, `clients.rs` for
//! certificates of clients, `ciphers.rs` for lists of cipher suites; `net/tls.rs` moves the bytes.
//!
//! Differs from memcached: nothing older than TLS 1.2 is spoken, and no session is resumed unless
//! `ssl_session_cache` is given.

mod ciphers;
mod clients;
mod files;
mod x509;

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::server::{
    NoServerSessionStorage, ServerSessionMemoryCache, UnbufferedServerConnection,
    WebPkiClientVerifier, danger::ClientCertVerifier,
};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, SupportedProtocolVersion};

use crate::clock::FIRST;
use crate::flags::{ClientCert, EX_USAGE, Exit, MinVersion, Settings, TlsSettings};

/// Sessions kept for resumption, for each thing clients may have to show. OpenSSL keeps 20,480
/// altogether.
const SESSIONS_MAX: usize = 8192;

/// Most bytes encrypted and written at once, whatever `ssl_wbuf_size` says: a client that does not
/// read makes us hold as many.
const WBUF_MAX: usize = 1 << 20;

/// What all TLS connections of a server share.
#[derive(Debug)]
pub struct Tls {
    settings: TlsSettings,
    provider: Arc<CryptoProvider>,
    offers: RwLock<Offers>,
    /// Tick of the last reading.
    loaded: AtomicU32,
}

/// What is offered, by what clients have to show.
#[derive(Debug)]
struct Offers {
    none: Arc<ServerConfig>,
    ask: Arc<ServerConfig>,
    require: Arc<ServerConfig>,
}

impl Tls {
    /// Reads what the settings name; `None` if they do not ask for TLS.
    ///
    /// # Errors
    /// Files or words that cannot be used; status 64.
    pub fn load(settings: &Settings) -> Result<Option<Tls>, Exit> {
        let settings = &settings.tls;
        if !settings.enabled {
            return Ok(None);
        }
        let usage = |text: String| Exit::new(EX_USAGE, text);
        if settings.kernel_tls {
            return Err(usage("Kernel TLS offload is not available".into()));
        }
        let mut provider = ring::default_provider();
        // In memcached's order, in which files come first.
        let (identity, trusted) = read(settings, &provider).map_err(usage)?;
        if let Some(list) = &settings.ciphers {
            provider.cipher_suites = ciphers::select(list, &provider.cipher_suites)
                .ok_or_else(|| usage(format!("Error setting the provided cipher(s): {list}")))?;
        }
        let provider = Arc::new(provider);
        let offers = Offers::new(settings, &provider, identity, &trusted).map_err(usage)?;
        Ok(Some(Tls {
            settings: settings.clone(),
            provider,
            offers: RwLock::new(offers),
            loaded: AtomicU32::new(FIRST),
        }))
    }

    /// Reads the files again, for connections from now on. `now` is the tick.
    ///
    /// # Errors
    /// The line that says what is wrong with them; then everything stays as it is.
    pub fn reload(&self, now: u32) -> Result<(), String> {
        let (identity, trusted) = read(&self.settings, &self.provider)?;
        // Nothing is resumed that began with the old files: the new ones may trust fewer clients.
        let offers = Offers::new(&self.settings, &self.provider, identity, &trusted)?;
        *self.offers.write().unwrap_or_else(PoisonError::into_inner) = offers;
        self.loaded.store(now, Relaxed);
        Ok(())
    }

    /// The clock shows `now`, and the files have only just been read: it is that of a server before
    /// this one.
    pub fn count_from(&self, now: u32) {
        self.loaded.store(now, Relaxed);
    }

    /// The tick of the last reading.
    pub fn loaded(&self) -> u32 {
        self.loaded.load(Relaxed)
    }

    /// Most bytes to encrypt and write at once.
    pub fn write_bytes(&self) -> usize {
        usize::try_from(self.settings.wbuf_bytes)
            .map_or(WBUF_MAX, |bytes| bytes.clamp(1024, WBUF_MAX))
    }

    /// Whether sessions can be resumed.
    pub fn resumes(&self) -> bool {
        self.settings.session_cache
    }

    /// The server's end of a new connection.
    ///
    /// # Errors
    /// There is no randomness to be had.
    pub fn accept(&self, client: ClientCert) -> Result<UnbufferedServerConnection, rustls::Error> {
        let offers = self.offers.read().unwrap_or_else(PoisonError::into_inner);
        let offer = match client {
            ClientCert::None => &offers.none,
            ClientCert::Ask => &offers.ask,
            ClientCert::Require | ClientCert::RequireOnce => &offers.require,
        };
        UnbufferedServerConnection::new(Arc::clone(offer))
    }
}

/// The server's own certificates with the key, and those that clients are judged by.
type Files = (Arc<CertifiedKey>, Arc<[CertificateDer<'static>]>);

fn read(settings: &TlsSettings, provider: &CryptoProvider) -> Result<Files, String> {
    let identity = files::identity(settings, provider)?;
    Ok((Arc::new(identity), files::authorities(settings)?))
}

impl Offers {
    fn new(
        settings: &TlsSettings,
        provider: &Arc<CryptoProvider>,
        identity: Arc<CertifiedKey>,
        trusted: &Arc<[CertificateDer<'static>]>,
    ) -> Result<Offers, String> {
        let offer = |clients: Arc<dyn ClientCertVerifier>| {
            offer(settings, provider, Arc::clone(&identity), clients)
        };
        let judged = |required: bool| -> Result<Arc<dyn ClientCertVerifier>, String> {
            let verifier = clients::Verifier::new(trusted, required, provider);
            Ok(Arc::new(verifier.map_err(|error| {
                let name = settings.ca_cert.as_ref();
                let name = name.map(ToString::to_string).unwrap_or_default();
                files::failed(files::AUTHORITIES, &name, &error.to_string())
            })?))
        };
        Ok(Offers {
            none: offer(WebPkiClientVerifier::no_client_auth())?,
            ask: offer(judged(false)?)?,
            require: offer(judged(true)?)?,
        })
    }
}

fn offer(
    settings: &TlsSettings,
    provider: &Arc<CryptoProvider>,
    identity: Arc<CertifiedKey>,
    clients: Arc<dyn ClientCertVerifier>,
) -> Result<Arc<ServerConfig>, String> {
    let versions: &[&SupportedProtocolVersion] = match settings.min_version {
        MinVersion::Tls13 => &[&TLS13],
        MinVersion::Tls10 | MinVersion::Tls11 | MinVersion::Tls12 => &[&TLS13, &TLS12],
    };
    let mut config = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(versions)
        .map_err(|error| error.to_string())?
        .with_client_cert_verifier(clients)
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(identity)));
    // Each offer has sessions of its own: what was resumed would not be judged again.
    if settings.session_cache {
        config.session_storage = ServerSessionMemoryCache::new(SESSIONS_MAX);
    } else {
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
    }
    Ok(Arc::new(config))
}
