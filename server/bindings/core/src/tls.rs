//! TLS: where clients connect, and their certificates.

use spikelet::{CertificateKind, Value};

use crate::argument::Argument;
use crate::error::Error;
use crate::plain::Plain;
use crate::server::Server;

/// # TLS
///
/// Errors are [`Kind::Closed`](crate::Kind::Closed), [`Kind::Forked`](crate::Kind::Forked), and
/// [`Kind::Value`](crate::Kind::Value) for a server without TLS.
impl Server {
    /// Returns the hosts and TLS ports of the nodes that are up, each with the TLS name. Without TLS there are none.
    ///
    /// # Errors
    /// See above.
    pub fn tls_hosts(&self) -> Result<Vec<(String, u16, String)>, Error> {
        self.with(|server| {
            let name = server.tls_name().unwrap_or_default();
            let up = server.nodes().into_iter().filter(spikelet::Node::is_up);
            let addresses = up.filter_map(|node| node.tls_address);
            Ok(addresses
                .map(|address| (address.ip().to_string(), address.port(), name.clone()))
                .collect())
        })
    }

    /// Returns the certificate of the authority of the certificates that the server makes, in PEM.
    ///
    /// # Errors
    /// See above.
    pub fn ca_certificate(&self) -> Result<String, Error> {
        self.with(|server| Ok(server.ca_certificate()?))
    }

    /// Makes a certificate for a client with this common name: an object with `certificate` and `key`, in PEM.
    ///
    /// # Errors
    /// See above, and [`Kind::Value`](crate::Kind::Value) if no certificate can have the name.
    pub fn client_certificate(&self, name: &str) -> Result<Plain, Error> {
        self.with(|server| {
            let made = server.client_certificate(name)?;
            Ok(Plain::Named(vec![
                ("certificate", made.certificate.into()),
                ("key", made.key.into()),
            ]))
        })
    }

    /// Sets the certificate that the server presents on new connections.
    ///
    /// # Errors
    /// See above, and [`Kind::Type`](crate::Kind::Type) and [`Kind::Value`](crate::Kind::Value) for the kind.
    pub fn present_certificate(&self, kind: &Value) -> Result<(), Error> {
        let argument = Argument::new("kind", kind);
        let given = argument.text()?;
        let named = CertificateKind::NAMES.into_iter().find(|(_, name)| *name == given);
        let (kind, _) = named.ok_or_else(|| {
            let names = CertificateKind::NAMES.map(|(_, name)| name).join(", ");
            argument.wrong_value(&format!("one of {names}"))
        })?;
        self.with(|server| Ok(server.present_certificate(kind)?))
    }
}
