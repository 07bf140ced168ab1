//! TLS: the certificates of the server, and the handshake with clients.
//!
//! A connection with TLS is served as any other once its handshake is done. The handshake happens on the thread that serves the
//! connections: with the certificates that the server makes it takes well under a millisecond.

mod authority;
mod error;

use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use spikelet_wire::certificate::CertificateNames;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use self::authority::Authority;
pub use self::authority::Certificate;
use self::error::HandshakeError;
pub use self::error::TlsError;
use super::serve::{self, Ends};
use super::{Shared, fault};
use crate::config::{AuthenticateClient, TlsConfig};

/// How long a client may take for its handshake. Then its connection is closed.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The TLS of a server.
#[derive(Debug)]
pub(crate) struct Tls {
    acceptor: Acceptor,
    name: String,
    authority: Authority,
    /// The configured certificate.
    given: Option<Arc<CertifiedKey>>,
    presented: Arc<Presented>,
    /// The names that clients may have; `None` for any.
    client_names: Option<Vec<String>>,
    provider: Arc<CryptoProvider>,
}

/// The certificate that servers present to clients: the right one, or one with a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum CertificateKind {
    /// The configured certificate, or the one that was made at the start.
    #[default]
    Valid,
    /// It expired in 2001.
    Expired,
    /// It is valid from 2098.
    NotYetValid,
    /// It is for another name, `wrong.invalid`.
    WrongName,
    /// It is from another authority.
    Untrusted,
    /// It is not a certificate.
    Garbage,
}

impl CertificateKind {
    /// All kinds, with their names in controls.
    pub const NAMES: [(Self, &str); 6] = [
        (Self::Valid, "valid"),
        (Self::Expired, "expired"),
        (Self::NotYetValid, "not-yet-valid"),
        (Self::WrongName, "wrong-name"),
        (Self::Untrusted, "untrusted"),
        (Self::Garbage, "garbage"),
    ];
}

struct Acceptor(TlsAcceptor);

impl std::fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Acceptor")
    }
}

/// The certificate that is presented.
#[derive(Debug)]
struct Presented(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Presented {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl Tls {
    /// Sets up TLS. Makes an authority, and a certificate unless there is one in the configuration.
    ///
    /// # Errors
    /// When a certificate or a key cannot be read, used or made.
    pub(crate) fn new(config: &TlsConfig) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let authority = Authority::new("Spikelet test authority")?;
        let given = match (&config.certificate, &config.key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(certified(certificate, key, &provider)?),
            _ => return Err(TlsError::Unpaired),
        };
        let certificate = match &given {
            Some(given) => Arc::clone(given),
            None => authority.for_server(&config.name, CertificateKind::Valid, &provider)?,
        };
        let presented = Arc::new(Presented(RwLock::new(certificate)));
        let builder =
            ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
        let builder = match config.authenticate_client {
            AuthenticateClient::False => builder.with_no_client_auth(),
            AuthenticateClient::Any | AuthenticateClient::Names(_) => {
                let mut roots = RootCertStore::empty();
                match &config.ca {
                    Some(ca) => {
                        for certificate in certificates(ca, "an authority of clients")? {
                            roots.add(certificate)?;
                        }
                    }
                    None => roots.add(authority.der().clone())?,
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
                builder.with_client_cert_verifier(verifier.build().map_err(TlsError::Authorities)?)
            }
        };
        let mut server = builder.with_cert_resolver(Arc::clone(&presented) as Arc<dyn ResolvesServerCert>);
        // A client that resumes a session does not look at the certificate, which may have changed.
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.send_tls13_tickets = 0;
        Ok(Self {
            acceptor: Acceptor(TlsAcceptor::from(Arc::new(server))),
            name: config.name.clone(),
            authority,
            given,
            presented,
            client_names: match &config.authenticate_client {
                AuthenticateClient::Names(names) => Some(names.clone()),
                AuthenticateClient::False | AuthenticateClient::Any => None,
            },
            provider,
        })
    }

    /// The certificate, in PEM, of the authority of all certificates that the server makes.
    pub(crate) fn authority(&self) -> String {
        self.authority.pem()
    }

    /// Makes a certificate for a client.
    ///
    /// # Errors
    /// When no certificate can have the name.
    pub(crate) fn client_certificate(&self, name: &str) -> Result<Certificate, TlsError> {
        self.authority.for_client(name)
    }

    /// Changes the certificate that new connections get.
    ///
    /// # Errors
    /// When no certificate can be made.
    pub(crate) fn present(&self, kind: CertificateKind) -> Result<(), TlsError> {
        let issue = |authority: &Authority| authority.for_server(&self.name, kind, &self.provider);
        let certificate = match (kind, &self.given) {
            (CertificateKind::Valid, Some(given)) => Arc::clone(given),
            (CertificateKind::Untrusted, _) => issue(&Authority::new("Spikelet untrusted authority")?)?,
            _ => issue(&self.authority)?,
        };
        *self.presented.0.write().unwrap_or_else(PoisonError::into_inner) = certificate;
        Ok(())
    }

    /// Does the handshake with a client. Returns the names in the client's certificate, if it has one.
    async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> io::Result<(TlsStream<S>, Option<CertificateNames>)> {
        let handshake = timeout(HANDSHAKE, self.acceptor.0.accept(stream)).await;
        let stream = handshake.unwrap_or_else(|_| {
            let text = format!(
                "the client has not finished the handshake in {} seconds",
                HANDSHAKE.as_secs()
            );
            Err(io::Error::new(io::ErrorKind::TimedOut, text))
        })?;
        let certificates = stream.get_ref().1.peer_certificates();
        let names = certificates.and_then(|certificates| certificates.first());
        let names = names
            .map(|certificate| CertificateNames::decode(certificate))
            .transpose();
        let names = names.map_err(io::Error::other)?;
        if let Some(allowed) = &self.client_names {
            let is_allowed = |names: &CertificateNames| allowed.iter().any(|name| names.has(name));
            if !names.as_ref().is_some_and(is_allowed) {
                return Err(io::Error::other(
                    "the client's certificate has none of the names in tls-authenticate-client",
                ));
            }
        }
        Ok((stream, names))
    }
}

/// Serves a connection with TLS until either side ends it. The arguments are those of [`serve`](serve::serve).
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    tls: Arc<Tls>,
    shared: Arc<Shared>,
    node: usize,
    stream: S,
    mut ends: Ends,
    reset: impl FnOnce(&S),
) {
    let peer = ends.peer;
    let Some(stream) = fault::admit(&shared, node, peer, stream, reset).await else {
        return;
    };
    match tls.handshake(stream).await {
        Ok((stream, names)) => {
            ends.certificate = names.map(Arc::new);
            serve::serve_admitted(shared, node, stream, ends).await;
        }
        Err(error) => tracing::warn!(?peer, node, "TLS handshake: {}", HandshakeError(&error)),
    }
}

fn certified(certificate: &str, key: &str, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, TlsError> {
    let chain = certificates(certificate, "the certificate")?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| TlsError::Pem("the private key"))?;
    let key = CertifiedKey::new(chain, provider.key_provider.load_private_key(key)?);
    match key.keys_match() {
        // Unknown for some kinds of keys.
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => Ok(Arc::new(key)),
        Err(error) => Err(error.into()),
    }
}

fn certificates(pem: &str, what: &'static str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(TlsError::Pem(what)),
    }
}
