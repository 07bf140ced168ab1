//! TLS: which servers the client trusts, and the certificate that it presents.

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use spikelet_wire::certificate::CertificateNames;
use tokio_rustls::TlsConnector;

use super::transport::Transport;
use crate::error::Error;

/// The TLS configuration of a client: the authorities that it trusts, and its own certificate.
///
/// The certificate of a node must be valid, come from one of the authorities, and have the TLS name of the node as a DNS name
/// or as its common name. The name of a seed host is given with it, as `host:tls-name:port`; without it, it is the name of the
/// cluster if that is [set](crate::ClientBuilder::cluster_name), and the host otherwise. Nodes tell the names of other nodes.
///
/// ```no_run
/// use spikelet_client::{Client, Tls};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let tls = Tls::trusting(std::fs::read("ca.pem")?)?
///     .identity(std::fs::read("client.pem")?, std::fs::read("client.key")?)?;
/// let client = Client::builder("10.0.0.1:prod.example:4333").tls(tls).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Tls {
    /// `None` if the configuration was made elsewhere.
    verifier: Option<Arc<Verifier>>,
    config: Arc<ClientConfig>,
    is_for_login_only: bool,
}

impl Tls {
    /// Trusts the authorities whose certificates these are, in PEM, and no others.
    ///
    /// # Errors
    /// [`ErrorKind::Argument`](crate::ErrorKind::Argument) if there is no certificate, or one is damaged.
    pub fn trusting(authorities: impl AsRef<[u8]>) -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(authorities.as_ref(), "the authorities")? {
            roots.add(certificate).map_err(unusable)?;
        }
        let provider = Arc::new(ring::default_provider());
        let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        let inner = inner
            .build()
            .map_err(|error| Error::argument(format!("the authorities: {error}")))?;
        let verifier = Arc::new(Verifier(inner));
        let config = Arc::new(builder(&verifier)?.with_no_client_auth());
        Ok(Self {
            verifier: Some(verifier),
            config,
            is_for_login_only: false,
        })
    }

    /// Uses a configuration of rustls, for example with the authorities of the system.
    pub fn from_config(config: impl Into<Arc<ClientConfig>>) -> Self {
        Self {
            verifier: None,
            config: config.into(),
            is_for_login_only: false,
        }
    }

    /// Presents this certificate chain, in PEM, to servers that require one. The private key is in PEM: PKCS #8, PKCS #1 or SEC 1,
    /// unencrypted.
    ///
    /// # Errors
    /// [`ErrorKind::Argument`](crate::ErrorKind::Argument) if the certificate or the key is missing or damaged, if they do not
    /// belong together, and if the configuration is [from elsewhere](Self::from_config).
    pub fn identity(self, certificate: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Result<Self, Error> {
        let Some(verifier) = self.verifier else {
            return Err(Error::argument("the identity belongs into the configuration of rustls"));
        };
        let chain = certificates(certificate.as_ref(), "the client's certificate")?;
        let key = PrivateKeyDer::from_pem_slice(key.as_ref());
        let key = key.map_err(|error| Error::argument(format!("the client's private key: {error}")))?;
        let config = builder(&verifier)?
            .with_client_auth_cert(chain, key)
            .map_err(unusable)?;
        Ok(Self {
            verifier: Some(verifier),
            config: Arc::new(config),
            is_for_login_only: self.is_for_login_only,
        })
    }

    /// Uses TLS only where the client logs in, so that the password is protected and commands cost no more than without TLS.
    ///
    /// The seed hosts are TLS addresses, and each node is asked for its address without TLS. A client that does not log in uses TLS
    /// for everything nevertheless.
    #[must_use]
    pub const fn for_login_only(mut self) -> Self {
        self.is_for_login_only = true;
        self
    }

    pub(super) const fn is_for_login_only(&self) -> bool {
        self.is_for_login_only
    }

    /// Does the handshake with a server of this name.
    pub(super) async fn connect(&self, stream: Transport, name: &str) -> io::Result<Transport> {
        let invalid = |_| io::Error::new(io::ErrorKind::InvalidInput, format!("{name:?} is no TLS name"));
        let name = ServerName::try_from(name.to_owned()).map_err(invalid)?;
        let connector = TlsConnector::from(Arc::clone(&self.config));
        Ok(Transport::Tls(Box::new(connector.connect(name, stream).await?)))
    }
}

type Builder = rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>;

fn builder(verifier: &Arc<Verifier>) -> Result<Builder, Error> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(unusable)?;
    // "Dangerous" since a verifier could trust everybody. Ours trusts less than it seems: see there.
    let verifier = Arc::clone(verifier) as Arc<dyn ServerCertVerifier>;
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier))
}

fn unusable(error: rustls::Error) -> Error {
    Error::argument(format!("TLS cannot be set up: {error}"))
}

fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(Error::argument(format!("{what}: no certificate in PEM"))),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(Error::argument(format!("{what}: {error}"))),
    }
}

/// Verifies servers as rustls does, but accepts a TLS name also as the common name of a certificate, as Aerospike's own clients
/// do: certificates of Aerospike clusters often have no other name.
#[derive(Debug)]
struct Verifier(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self
            .0
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // The names are compared last: everything else was verified.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if has_common_name(end_entity, &server_name.to_str()) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

fn has_common_name(certificate: &CertificateDer<'_>, name: &str) -> bool {
    let names = CertificateNames::decode(certificate).ok();
    let common_name = names.and_then(|names| names.common_name);
    common_name.is_some_and(|common_name| common_name.eq_ignore_ascii_case(name))
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}
