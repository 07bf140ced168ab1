//! Checks that a request means the record which its digest finds: by set, and by the stored key.

use spikelet_wire::ResultCode;

use super::request::Request;
use crate::store::{Namespace, Record};

/// Checks the set that a request names, if it names one.
///
/// # Errors
/// [`ResultCode::PARAMETER`] if the record is in another set, or in none.
pub(super) fn check_set(namespace: &Namespace, request: &Request<'_>, record: &Record) -> Result<(), ResultCode> {
    match request.set() {
        Some(set) if record.set.is_none() || namespace.sets.find(set) != record.set => Err(ResultCode::PARAMETER),
        _ => Ok(()),
    }
}

/// Checks the key that a request sends, if it sends one and the record has a stored one.
///
/// # Errors
/// [`ResultCode::KEY_MISMATCH`] if they differ.
pub(super) fn check_key(request: &Request<'_>, record: &Record) -> Result<(), ResultCode> {
    match (request.fields.key, record.key.as_deref()) {
        (Some(sent), Some(stored)) if sent != stored => Err(ResultCode::KEY_MISMATCH),
        _ => Ok(()),
    }
}

/// Checks whether a key can be stored.
///
/// # Errors
/// [`ResultCode::UNSUPPORTED_FEATURE`] for an empty key, and for an integer key that has not 8 bytes.
pub(super) fn check_new_key(key: Option<&[u8]>) -> Result<(), ResultCode> {
    match key {
        None => Ok(()),
        // An integer key is its type and 8 bytes.
        Some([1, integer @ ..]) if integer.len() != 8 => Err(ResultCode::UNSUPPORTED_FEATURE),
        Some([]) => Err(ResultCode::UNSUPPORTED_FEATURE),
        Some(_) => Ok(()),
    }
}
