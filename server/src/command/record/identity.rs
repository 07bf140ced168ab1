//! Checks of the set and the key in a request against the record with its digest.

use super::request::Request;
use crate::refusal::Refusal;
use crate::store::{Namespace, Record};

/// Checks the set that a request names, if it names one.
///
/// # Errors
/// [`Refusal::OtherSet`] if the record is in another set, or in none.
pub(super) fn check_set(namespace: &Namespace, request: &Request<'_>, record: &Record) -> Result<(), Refusal> {
    match request.set() {
        Some(set) if record.set.is_none() || namespace.sets.find(set) != record.set => Err(Refusal::OtherSet),
        _ => Ok(()),
    }
}

/// Checks the key that a request sends, if it sends one and the record has a stored one.
///
/// # Errors
/// [`Refusal::KeyMismatch`] if they differ.
pub(super) fn check_key(request: &Request<'_>, record: &Record) -> Result<(), Refusal> {
    match (request.fields.key, record.key.as_deref()) {
        (Some(sent), Some(stored)) if sent != stored => Err(Refusal::KeyMismatch),
        _ => Ok(()),
    }
}

/// Checks whether a key can be stored.
///
/// # Errors
/// [`Refusal::KeySize`] for an empty key, and for an integer key without exactly 8 bytes.
pub(super) fn check_new_key(key: Option<&[u8]>) -> Result<(), Refusal> {
    match key {
        None => Ok(()),
        // An integer key is its particle type and 8 bytes.
        Some([1, integer @ ..]) if integer.len() != 8 => Err(Refusal::KeySize(integer.len() as u32)),
        Some([]) => Err(Refusal::KeySize(0)),
        Some(_) => Ok(()),
    }
}
