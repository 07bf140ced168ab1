//! Deletes of whole records.

use spikelet_wire::{Info2, ResultCode};

use super::bin_ops::View;
use super::generation;
use super::identity::{check_key, check_set};
use super::reply::{Metadata, Reply};
use super::request::Request;
use crate::clock::Now;
use crate::store::{Namespace, Record};

/// Carries out a delete. Its answer never has metadata.
pub(super) fn delete(now: Now, namespace: &Namespace, request: &Request<'_>, reply: &mut Reply<'_>) -> ResultCode {
    let code = match remove(now, namespace, request) {
        Ok(()) => ResultCode::OK,
        Err(code) => code,
    };
    reply.status(code, Metadata::default());
    code
}

fn remove(now: Now, namespace: &Namespace, request: &Request<'_>) -> Result<(), ResultCode> {
    if request.header.info2.contains(Info2::DURABLE_DELETE) {
        return Err(ResultCode::ENTERPRISE_ONLY);
    }
    let mut partition = namespace
        .partition_mut(request.partition())
        .ok_or(ResultCode::NOT_FOUND)?;
    // Whether the record has expired is not asked: what is still there can be deleted.
    let record = partition.get(&request.digest).ok_or(ResultCode::NOT_FOUND)?;
    check(now, namespace, request, record)?;
    namespace.remove(&mut partition, &request.digest);
    Ok(())
}

fn check(now: Now, namespace: &Namespace, request: &Request<'_>, record: &Record) -> Result<(), ResultCode> {
    check_set(namespace, request, record)?;
    generation::check(request, Some(record))?;
    request
        .filter
        .check(&View::of(now, namespace, &request.digest, record))?;
    check_key(request, record)
}
