//! TLS: certificates for tests, and certificates with faults.

use std::net::SocketAddr;

use super::Server;
use crate::net::{Certificate, CertificateKind, Shared, TlsError};

/// # TLS
///
/// A server with [TLS](crate::Builder::tls) accepts connections with TLS beside those without. The methods need the cargo feature
/// `tls`.
///
/// ```
/// use spikelet::{Edition, Server, TlsConfig};
///
/// let server = Server::builder().edition(Edition::Enterprise).tls(TlsConfig::default()).start()?;
/// let authority = server.ca_certificate()?; // the client's `cafile`
/// assert!(authority.starts_with("-----BEGIN CERTIFICATE-----"));
/// println!("clients connect to {}", server.tls_hosts()); // 127.0.0.1:localhost:40123
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Server {
    /// Returns the address on which the first node accepts TLS connections; `None` without TLS.
    #[must_use]
    pub fn tls_addr(&self) -> Option<SocketAddr> {
        self.state().cluster().node(0).and_then(|node| node.tls_address)
    }

    /// Returns the TLS name of the servers, which clients check; `None` without TLS.
    #[must_use]
    pub fn tls_name(&self) -> Option<String> {
        self.state().config().tls.as_ref().map(|tls| tls.name.clone())
    }

    /// Returns the TLS addresses of the nodes that are up, separated by commas, with the TLS name between host and port, as
    /// clients take seed hosts: `127.0.0.1:localhost:40123`. Without TLS it is empty.
    #[must_use]
    pub fn tls_hosts(&self) -> String {
        let cluster = self.state().cluster();
        let name = self.state().config().tls.as_ref().map_or("", |tls| &tls.name);
        let up = cluster.nodes().iter().filter(|node| node.is_up());
        let addresses = up.filter_map(|node| node.tls_address);
        let hosts: Vec<_> = addresses
            .map(|address| match address {
                SocketAddr::V4(v4) => format!("{}:{name}:{}", v4.ip(), v4.port()),
                SocketAddr::V6(v6) => format!("[{}]:{name}:{}", v6.ip(), v6.port()),
            })
            .collect();
        hosts.join(",")
    }

    /// Returns the certificate, in PEM, of the authority of all certificates that the server makes. Clients need it to trust the
    /// server, unless the certificate is [configured](crate::TlsConfig::certificate).
    ///
    /// # Errors
    /// [`TlsError::Off`].
    pub fn ca_certificate(&self) -> Result<String, TlsError> {
        self.shared().ca_certificate()
    }

    /// Makes a certificate for a client, with this common name. The server accepts it, unless other authorities are
    /// [configured](crate::TlsConfig::ca).
    ///
    /// # Errors
    /// [`TlsError::Off`]; [`TlsError::NotMade`] if no certificate can have the name.
    pub fn client_certificate(&self, name: &str) -> Result<Certificate, TlsError> {
        self.shared().client_certificate(name)
    }

    /// Sets the certificate that the server presents on new connections, such as one that has expired. All but the valid one are
    /// made by the [authority](Self::ca_certificate) of the server, or by another one.
    ///
    /// ```
    /// use spikelet::{CertificateKind, Edition, Server, TlsConfig};
    ///
    /// let server = Server::builder().edition(Edition::Enterprise).tls(TlsConfig::default()).start()?;
    /// server.present_certificate(CertificateKind::Expired)?;
    /// // Clients refuse to connect now, and accept the server again after this.
    /// server.present_certificate(CertificateKind::Valid)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`TlsError::Off`].
    pub fn present_certificate(&self, kind: CertificateKind) -> Result<(), TlsError> {
        self.shared().present_certificate(kind)
    }
}

impl Shared {
    pub(crate) fn ca_certificate(&self) -> Result<String, TlsError> {
        Ok(self.tls.as_ref().ok_or(TlsError::Off)?.authority())
    }

    pub(crate) fn client_certificate(&self, name: &str) -> Result<Certificate, TlsError> {
        self.tls.as_ref().ok_or(TlsError::Off)?.client_certificate(name)
    }

    pub(crate) fn present_certificate(&self, kind: CertificateKind) -> Result<(), TlsError> {
        self.tls.as_ref().ok_or(TlsError::Off)?.present(kind)
    }
}
