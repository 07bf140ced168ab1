//! The configuration of TLS.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};

/// The configuration of TLS, in Aerospike's own terms. The default is a free port of 127.0.0.1, the TLS name `localhost`, a
/// certificate that is made at the start, and clients without certificates.
///
/// Files are given by their contents.
#[derive(Clone, PartialEq, Eq)]
pub struct TlsConfig {
    /// The address on which the first node accepts TLS connections (`tls-address`, `tls-port`). Further nodes use the ports
    /// that follow, and free ports if the port is 0.
    pub listen: SocketAddr,
    /// The name of the servers, which their certificate must have (`tls-name`). Nodes tell it to clients.
    pub name: String,
    /// The certificate chain of the servers, in PEM (`cert-file`). If it is `None`, a certificate is made, which names `name`,
    /// `localhost`, 127.0.0.1 and ::1.
    pub certificate: Option<String>,
    /// The private key of `certificate`, in PEM (`key-file`): PKCS #8, PKCS #1 or SEC 1, unencrypted.
    pub key: Option<String>,
    /// The certificates of the authorities of clients' certificates, in PEM (`ca-file`). If it is `None`, clients'
    /// certificates are those that the server [makes](crate::Server::client_certificate).
    pub ca: Option<String>,
    /// Whether clients must have certificates (`tls-authenticate-client`).
    pub authenticate_client: AuthenticateClient,
}

/// Whether clients must have certificates (`tls-authenticate-client`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AuthenticateClient {
    /// They need none.
    #[default]
    False,
    /// They need one with any name.
    Any,
    /// They need one with one of these names, as common name or as DNS name.
    Names(Vec<String>),
}

impl AuthenticateClient {
    /// Reads the values of `tls-authenticate-client`: `any`, `false`, or names. Without values it is `False`.
    ///
    /// # Errors
    /// If `any` or `false` is combined with other values, as on the real server.
    #[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "there is no TLS"))]
    pub(crate) fn from_values(values: &[String]) -> Result<Self, &'static str> {
        match values {
            [] => Ok(Self::False),
            [value] if value == "any" => Ok(Self::Any),
            [value] if value == "false" => Ok(Self::False),
            _ if values.iter().any(|value| value == "any" || value == "false") => {
                Err("\"any\" and \"false\" cannot be combined with other values")
            }
            _ => Ok(Self::Names(values.to_vec())),
        }
    }
}

impl TlsConfig {
    /// The longest TLS name, in bytes.
    const LONGEST_NAME: usize = 253;

    /// Whether the name can be told to clients: it is not empty, not too long, and has no character that separates names.
    pub(crate) fn has_valid_name(&self) -> bool {
        let is_separator = |c: char| c.is_whitespace() || c.is_control() || ":;,=/[]".contains(c);
        !self.name.is_empty() && self.name.len() <= Self::LONGEST_NAME && !self.name.contains(is_separator)
    }
}

impl Default for TlsConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            name: "localhost".to_owned(),
            certificate: None,
            key: None,
            ca: None,
            authenticate_client: AuthenticateClient::False,
        }
    }
}

/// Does not show the private key.
impl fmt::Debug for TlsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsConfig")
            .field("listen", &self.listen)
            .field("name", &self.name)
            .field("authenticate_client", &self.authenticate_client)
            .finish_non_exhaustive()
    }
}
