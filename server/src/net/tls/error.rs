//! Errors of TLS: at the start, and in the handshake with a client.

use std::fmt;
use std::io;

use rustls::{AlertDescription, CertificateError};

/// Why TLS cannot be set up.
#[derive(Debug)]
#[non_exhaustive]
pub enum TlsError {
    /// The text has no certificate or key in PEM, or one that is damaged. It says which.
    Pem(&'static str),
    /// A certificate is set without its key, or a key without its certificate.
    Unpaired,
    /// The server has no TLS.
    Off,
    /// The certificate, the key or the authorities cannot be used.
    Unusable(rustls::Error),
    /// The authorities of clients cannot be used.
    Authorities(rustls::server::VerifierBuilderError),
    /// A certificate cannot be made, for example for a name with characters that certificates do not have.
    NotMade(rcgen::Error),
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pem(what) => write!(f, "{what} is not there in PEM, or damaged"),
            Self::Unpaired => f.write_str("a certificate needs its private key, and a private key its certificate"),
            Self::Off => f.write_str("the server has no TLS: configure it with `Builder::tls`"),
            Self::Unusable(_) => f.write_str("the certificate, its key or an authority cannot be used"),
            Self::Authorities(_) => f.write_str("the authorities of clients' certificates cannot be used"),
            Self::NotMade(_) => f.write_str("a certificate cannot be made"),
        }
    }
}

impl std::error::Error for TlsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Pem(_) | Self::Unpaired | Self::Off => None,
            Self::Unusable(error) => Some(error),
            Self::Authorities(error) => Some(error),
            Self::NotMade(error) => Some(error),
        }
    }
}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        Self::Unusable(error)
    }
}

impl From<rcgen::Error> for TlsError {
    fn from(error: rcgen::Error) -> Self {
        Self::NotMade(error)
    }
}

/// Why a handshake failed, and what to do.
pub(super) struct HandshakeError<'e>(pub(super) &'e io::Error);

impl fmt::Display for HandshakeError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tls = self.0.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
        match tls {
            Some(rustls::Error::InvalidMessage(_) | rustls::Error::InappropriateMessage { .. }) => f.write_str(
                "the client does not speak TLS: enable TLS in the client, or connect it to the port without TLS",
            ),
            Some(rustls::Error::NoCertificatesPresented) => {
                f.write_str("the client has no certificate, and tls-authenticate-client requires one")
            }
            Some(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
                f.write_str("the client's certificate is from an authority that the server does not trust: see ca-file")
            }
            Some(rustls::Error::AlertReceived(alert)) => {
                let about_certificate = matches!(
                    alert,
                    AlertDescription::BadCertificate
                        | AlertDescription::UnknownCA
                        | AlertDescription::CertificateExpired
                        | AlertDescription::CertificateUnknown
                );
                match about_certificate {
                    true => write!(
                        f,
                        "the client refuses the server's certificate ({alert:?}): see its ca-file and TLS name"
                    ),
                    false => write!(f, "the client refuses: {alert:?}"),
                }
            }
            _ => self.0.fmt(f),
        }
    }
}
