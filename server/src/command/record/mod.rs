//! Commands on one record, whether they come alone, as a row of a batch, or from a background query.

mod delete;
pub(super) mod filter;
mod generation;
mod identity;
pub(super) mod mask;
mod monitor;
pub(super) mod offloaded;
mod on_copy;
pub(super) mod operation;
pub(super) mod proxy;
mod read;
pub(super) mod reply;
pub(super) mod request;
mod transaction;
#[cfg(feature = "udf")]
pub(super) mod udf;
pub(super) mod view;
mod void_time;
pub(super) mod write;

use spikelet_wire::{Digest, Info1, Info2, Info4, ResultCode};

use self::reply::{Refused, Reply};
use self::request::Request;
use crate::clock::Now;
#[cfg(not(feature = "udf"))]
use crate::refusal::Feature;
use crate::refusal::Refusal;
use crate::store::{Namespace, Waiting};

/// The most operations that a message may have.
pub(super) const MAX_OPS: usize = 32 * 1024;

/// Whether a command may access its record.
pub(super) enum Access {
    /// It may.
    Free,
    /// Another command has locked the record. This one waits until the record is unlocked, and is executed then.
    Wait(Waiting),
    /// Too many commands wait already: [`Refusal::KeyBusy`].
    Busy,
}

/// Checks the lock of a record.
pub(super) fn access(namespace: &Namespace, digest: &Digest, is_write: bool) -> Access {
    if !namespace.record_locks.is_locked(digest) {
        return Access::Free;
    }
    namespace
        .record_locks
        .wait(digest, is_write)
        .map_or(Access::Busy, Access::Wait)
}

/// Executes a command on one record that is not [`offloaded`], writes its reply, and counts its result.
pub(super) fn execute(now: Now, namespace: &Namespace, request: &Request<'_>, reply: &mut Reply<'_>) -> ResultCode {
    let result = execute_uncounted(now, namespace, request, reply);
    request.count(result.unwrap_or_else(|refused| reply.refuse(refused)))
}

fn execute_uncounted(
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<ResultCode, Refused> {
    let header = &request.header;
    if namespace.settings.strong_consistency && transaction::concerns(request) {
        return transaction::execute(now, namespace, request, reply);
    }
    if header.info2.contains(Info2::WRITE) {
        request.check_xdr(namespace)?;
        if header.info2.contains(Info2::DELETE) {
            delete::delete(now, namespace, request, reply)
        } else if request.fields.udf {
            Err(no_udfs().into())
        } else if header.info4.intersects(Info4::MRT_ROLL_FORWARD | Info4::MRT_ROLL_BACK) {
            Err(transaction::no_transactions(namespace).into())
        } else {
            write::write(now, namespace, request, reply)
        }
    } else if header.info1.contains(Info1::READ) {
        if header.info4.contains(Info4::MRT_VERIFY_READ) {
            Err(transaction::no_transactions(namespace).into())
        } else {
            read::read(now, namespace, request, reply)
        }
    } else {
        Err(Refusal::NoCommand.into())
    }
}

/// With the feature `udf`, a UDF is an [`offloaded`] command.
#[cfg(feature = "udf")]
const fn no_udfs() -> Refusal {
    Refusal::Code(ResultCode::SERVER_ERROR)
}

#[cfg(not(feature = "udf"))]
const fn no_udfs() -> Refusal {
    Refusal::Unsupported(Feature::Udfs)
}
