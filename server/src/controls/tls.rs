//! `spikelet/tls/...`: certificates for tests, and certificates with faults.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::call::{Call, Reply, done};
use crate::net::{CertificateKind, TlsError};
use crate::state::ControlError;

/// The certificate in PEM, in base64: an info reply has one line for each command.
pub(super) fn authority(call: &Call<'_>) -> Reply {
    Ok(STANDARD.encode(call.shared.ca_certificate()?))
}

/// `certificate=BASE64;key=BASE64`
pub(super) fn client(call: &Call<'_>) -> Reply {
    let client = call.shared.client_certificate(call.required("name")?)?;
    let [certificate, key] = [client.certificate, client.key].map(|pem| STANDARD.encode(pem));
    Ok(format!("certificate={certificate};key={key}"))
}

pub(super) fn present(call: &Call<'_>) -> Reply {
    let text = call.required("kind")?;
    let known = CertificateKind::NAMES.iter().find(|(_, name)| *name == text);
    let (kind, _) = known.ok_or_else(|| {
        let names = CertificateKind::NAMES.map(|(_, name)| name).join(", ");
        ControlError::parameter(format!("bad kind '{text}', expected {names}"))
    })?;
    call.shared.present_certificate(*kind)?;
    done()
}

impl From<TlsError> for ControlError {
    fn from(error: TlsError) -> Self {
        Self::parameter(error.to_string())
    }
}
