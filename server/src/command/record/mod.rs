//! Commands on one record, whether they come alone, as a row of a batch, or from a query.

pub(super) mod bin_ops;
mod delete;
pub(super) mod filter;
mod generation;
mod identity;
pub(super) mod proxy;
mod read;
pub(super) mod reply;
pub(super) mod request;
#[cfg(feature = "udf")]
pub(super) mod udf;
mod void_time;
pub(super) mod write;

use spikelet_wire::{Info1, Info2, Info4, ResultCode};

use self::reply::{Metadata, Reply};
use self::request::Request;
use crate::clock::Now;
use crate::state::State;
use crate::store::Namespace;

/// The most operations that a message may have.
pub(super) const MAX_OPS: usize = 32 * 1024;

/// Executes a command on one record, writes its reply, and counts how it ended.
pub(super) fn execute(
    state: &State,
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> ResultCode {
    let code = execute_uncounted(state, now, namespace, request, reply);
    request.counted.count(request.header.info2, request.fields.udf, code);
    code
}

fn execute_uncounted(
    state: &State,
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> ResultCode {
    let header = &request.header;
    if header.info2.contains(Info2::WRITE) {
        if header.info2.contains(Info2::DELETE) {
            delete::delete(now, namespace, request, reply)
        } else if request.fields.udf {
            execute_udf(state, now, namespace, request, reply)
        } else if header.info4.intersects(Info4::MRT_ROLL_FORWARD | Info4::MRT_ROLL_BACK) {
            refuse(reply, ResultCode::ENTERPRISE_ONLY)
        } else {
            write::write(now, namespace, request, reply)
        }
    } else if header.info1.contains(Info1::READ) {
        if header.info4.contains(Info4::MRT_VERIFY_READ) {
            refuse(reply, ResultCode::ENTERPRISE_ONLY)
        } else {
            read::read(now, namespace, request, reply)
        }
    } else {
        refuse(reply, ResultCode::PARAMETER)
    }
}

#[cfg(feature = "udf")]
fn execute_udf(
    state: &State,
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> ResultCode {
    udf::udf(now, namespace, state.modules(), request, reply)
}

#[cfg(not(feature = "udf"))]
fn execute_udf(_: &State, _: Now, _: &Namespace, _: &Request<'_>, reply: &mut Reply<'_>) -> ResultCode {
    refuse(reply, ResultCode::UNSUPPORTED_FEATURE)
}

/// Replies with a result code alone, and returns it.
pub(super) fn refuse(reply: &mut Reply<'_>, code: ResultCode) -> ResultCode {
    reply.status(code, Metadata::default());
    code
}
