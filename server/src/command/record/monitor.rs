//! The monitor of a transaction: a record that the client writes, with the id of the transaction and the digests of the records
//! that it writes.
//!
//! It lets the server end the transaction when the client does not. The client creates it before its first write (bin `id`), adds
//! digests (`keyds`), marks it when the transaction is committed (`fwd`), and deletes it at the end.

use std::sync::atomic::Ordering;

use spikelet_wire::message::ttl;
use spikelet_wire::mrt::{DIGESTS, FORWARD, ID, MAX_DURATION};
use spikelet_wire::{Digest, Info2, OpCode, ResultCode, Value};

use super::on_copy::Effect;
use super::reply::{Metadata, Refused, Reply};
use super::request::Request;
use super::{read, write};
use crate::clock::Now;
use crate::refusal::Refusal;
use crate::store::transactions::Monitor;
use crate::store::{Namespace, Record};

/// The most records that a transaction may write: as many digests as a monitor of 90 KiB holds.
const MAX_WRITES: usize = 4096;
/// The default of `mrt-duration`, in seconds.
const DEFAULT_DURATION: u32 = 10;

pub(super) fn execute(
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<ResultCode, Refused> {
    let info2 = request.header.info2;
    if !info2.contains(Info2::WRITE) {
        return read::read(now, namespace, request, reply);
    }
    if info2.contains(Info2::DELETE) {
        return close(namespace, request, reply);
    }
    change(now, namespace, request, reply)
}

/// Creates the monitor, or adds digests to it, or marks it as committed.
fn change(
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<ResultCode, Refused> {
    let writes = |bin: &str| {
        request
            .message
            .ops()
            .any(|op| op.name == bin.as_bytes() && op.code != OpCode::READ)
    };
    let monitor = namespace.transactions.monitor(&request.digest);
    let deadline = match (&monitor, writes(ID)) {
        (Some(_), true) => return Err(Refusal::MonitorExists.into()),
        (Some(monitor), false) if monitor.is_committed => return Err(Refusal::TransactionCommitted.into()),
        (Some(monitor), false) => monitor.deadline,
        (None, true) => new_deadline(now, namespace, request)?,
        (None, false) => return Err(ended(namespace, request, writes(FORWARD)).into()),
    };
    let mut partition = namespace.partition_or_create(request.partition());
    // The monitor does not expire like a record: it ends its transaction at the deadline.
    let mut request = request.clone();
    request.header.record_ttl = ttl::NEVER;
    let mut written = bytes::BytesMut::new();
    reply.set_deadline(deadline);
    let found = partition.get(&request.digest);
    let (result, effect) = write::on_copy(now, namespace, &request, found, &mut reply.elsewhere(&mut written));
    result?;
    let Effect::Put(record) = effect else {
        return Err(Refusal::MonitorBins.into());
    };
    let changed = read_monitor(&record, deadline).ok_or(Refusal::MonitorBins)?;
    if changed.keys.len() > MAX_WRITES {
        return Err(Refusal::TooManyWrites(changed.keys.len() as u32).into());
    }
    namespace.insert(&mut partition, request.digest, record);
    namespace.transactions.set_monitor(request.digest, changed);
    reply.append(&written);
    Ok(ResultCode::OK)
}

/// Deletes the monitor at the end of its transaction.
fn close(namespace: &Namespace, request: &Request<'_>, reply: &mut Reply<'_>) -> Result<ResultCode, Refused> {
    namespace
        .transactions
        .remove_monitor(&request.digest)
        .ok_or(Refusal::NotFound)?;
    if let Some(mut partition) = namespace.partition_mut(request.partition()) {
        namespace.remove(&mut partition, &request.digest);
        partition.shrink();
    }
    reply.status(ResultCode::OK, Metadata::default());
    Ok(ResultCode::OK)
}

/// When a transaction that begins now ends, in seconds since 2010.
fn new_deadline(now: Now, namespace: &Namespace, request: &Request<'_>) -> Result<u32, Refusal> {
    let settings = &namespace.settings;
    if settings.disable_mrt_writes.load(Ordering::Relaxed) {
        return Err(Refusal::TransactionsDisabled);
    }
    let duration = match (request.header.record_ttl, settings.mrt_duration.load(Ordering::Relaxed)) {
        (ttl::DEFAULT, 0) => DEFAULT_DURATION,
        (ttl::DEFAULT, duration) => duration,
        (ttl @ 1..=MAX_DURATION, _) => ttl,
        (ttl, _) => return Err(Refusal::TtlOverMax { ttl, max: MAX_DURATION }),
    };
    Ok(now.seconds().saturating_add(duration))
}

/// Why a monitor that does not exist cannot be changed.
fn ended(namespace: &Namespace, request: &Request<'_>, commits: bool) -> Refusal {
    match (namespace.transactions.ended(&request.digest), commits) {
        (Some(true), _) => Refusal::TransactionCommitted,
        (Some(false), true) => Refusal::TransactionAborted,
        (Some(false), false) => Refusal::TransactionExpired,
        (None, _) => Refusal::NotFound,
    }
}

/// Reads the bins of a monitor.
fn read_monitor(record: &Record, deadline: u32) -> Option<Monitor> {
    let mut monitor = Monitor {
        transaction: 0,
        deadline,
        keys: Vec::new(),
        is_committed: false,
    };
    let mut has_id = false;
    for bin in &record.bins {
        match (
            std::str::from_utf8(bin.name.as_bytes()).ok()?,
            bin.value.to_value().ok()?,
        ) {
            (ID, Value::Int(id)) => (monitor.transaction, has_id) = (id as u64, true),
            (DIGESTS, Value::List(keys)) => {
                let keys = keys.into_iter().map(|key| match key {
                    Value::Blob(bytes) => Digest::try_from(&bytes[..]).ok(),
                    _ => None,
                });
                monitor.keys = keys.collect::<Option<_>>()?;
            }
            (FORWARD, Value::Bool(is_committed)) => monitor.is_committed = is_committed,
            _ => return None,
        }
    }
    has_id.then_some(monitor)
}
