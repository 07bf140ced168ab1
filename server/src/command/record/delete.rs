//! Deletes of whole records.

use spikelet_wire::{Info2, ResultCode};

use super::generation;
use super::identity::{check_key, check_set};
use super::reply::{Metadata, Refused, Reply};
use super::request::Request;
use super::view::View;
use crate::clock::Now;
use crate::refusal::{Feature, Refusal};
use crate::store::{Namespace, Record};

/// Executes a delete. Its reply never has metadata.
pub(super) fn delete(
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<ResultCode, Refused> {
    remove(now, namespace, request)?;
    reply.status(ResultCode::OK, Metadata::default());
    Ok(ResultCode::OK)
}

fn remove(now: Now, namespace: &Namespace, request: &Request<'_>) -> Result<(), Refusal> {
    if request.header.info2.contains(Info2::DURABLE_DELETE) {
        return Err(Refusal::EnterpriseOnly(Feature::DurableDeletes));
    }
    let mut partition = namespace.partition_mut(request.partition()).ok_or(Refusal::NotFound)?;
    // The real server does not check whether the record has expired: as long as it is stored it can be deleted.
    let record = partition.get(&request.digest).ok_or(Refusal::NotFound)?;
    check(now, namespace, request, record)?;
    namespace.remove(&mut partition, &request.digest);
    Ok(())
}

fn check(now: Now, namespace: &Namespace, request: &Request<'_>, record: &Record) -> Result<(), Refusal> {
    check_set(namespace, request, record)?;
    generation::check(request, Some(record))?;
    request
        .filter
        .check(&View::of(now, namespace, &request.digest, record))?;
    check_key(request, record)
}
