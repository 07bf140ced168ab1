//! An authority that is made at the start, and the certificates that it issues.

use std::fmt;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;

use super::{CertificateKind, TlsError};

/// An authority, with its own key.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its private key, both in PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate.
    pub certificate: String,
    /// The private key, in PKCS #8.
    pub key: String,
}

impl Authority {
    /// Makes an authority of this name.
    pub(super) fn new(name: &str) -> Result<Self, TlsError> {
        let mut params = params(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Ok(Self(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?))
    }

    /// Its certificate in PEM.
    pub(super) fn pem(&self) -> String {
        self.0.pem()
    }

    pub(super) fn der(&self) -> &CertificateDer<'static> {
        self.0.der()
    }

    /// Issues a certificate to a client, for whom it is the common name.
    pub(super) fn for_client(&self, name: &str) -> Result<Certificate, TlsError> {
        let mut params = params(name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.0)?;
        Ok(Certificate {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        })
    }

    /// Issues a certificate to a server.
    pub(super) fn for_server(
        &self,
        name: &str,
        kind: CertificateKind,
        provider: &CryptoProvider,
    ) -> Result<Arc<CertifiedKey>, TlsError> {
        let key = KeyPair::generate()?;
        let signing_key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let signing_key = provider.key_provider.load_private_key(signing_key)?;
        let certificate = match kind {
            CertificateKind::Garbage => CertificateDer::from(b"not a certificate".to_vec()),
            _ => {
                let names = match kind {
                    CertificateKind::WrongName => vec!["wrong.invalid".to_owned()],
                    _ => [name, "localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec(),
                };
                let mut params = CertificateParams::new(names.clone())?;
                params.distinguished_name = common_name(names.first().map_or(name, String::as_str));
                params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
                params.use_authority_key_identifier_extension = true;
                (params.not_before, params.not_after) = match kind {
                    CertificateKind::Expired => (date_time_ymd(2000, 1, 1), date_time_ymd(2001, 1, 1)),
                    CertificateKind::NotYetValid => (date_time_ymd(2098, 1, 1), date_time_ymd(2099, 1, 1)),
                    _ => (date_time_ymd(2000, 1, 1), date_time_ymd(2099, 1, 1)),
                };
                params.signed_by(&key, &self.0)?.der().clone()
            }
        };
        Ok(Arc::new(CertifiedKey::new(vec![certificate], signing_key)))
    }
}

/// A certificate with a common name, valid in this century.
fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = common_name(name);
    (params.not_before, params.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(2099, 1, 1));
    params.use_authority_key_identifier_extension = true;
    params
}

fn common_name(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority")
    }
}

/// Does not show the private key.
impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}
