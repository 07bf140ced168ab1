//! Commands on one record, whether they come alone, as a row of a batch, or from a background query.

mod delete;
pub(super) mod filter;
mod generation;
mod identity;
pub(super) mod operation;
pub(super) mod proxy;
mod read;
pub(super) mod reply;
pub(super) mod request;
#[cfg(feature = "udf")]
pub(super) mod udf;
pub(super) mod view;
mod void_time;
pub(super) mod write;

use spikelet_wire::{Info1, Info2, Info4, ResultCode};

use self::reply::{Refused, Reply};
use self::request::Request;
use crate::clock::Now;
use crate::refusal::{Feature, Refusal};
use crate::state::State;
use crate::store::Namespace;

/// The most operations that a message may have.
pub(super) const MAX_OPS: usize = 32 * 1024;

/// Executes a command on one record, writes its reply, and counts its result.
pub(super) fn execute(
    state: &State,
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> ResultCode {
    let result = execute_uncounted(state, now, namespace, request, reply);
    let code = result.unwrap_or_else(|refused| reply.refuse(refused));
    request.counted.count(request.header.info2, request.fields.udf, code);
    code
}

fn execute_uncounted(
    state: &State,
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<ResultCode, Refused> {
    let header = &request.header;
    if header.info2.contains(Info2::WRITE) {
        request.check_xdr(namespace)?;
        if header.info2.contains(Info2::DELETE) {
            delete::delete(now, namespace, request, reply)
        } else if request.fields.udf {
            execute_udf(state, now, namespace, request, reply)
        } else if header.info4.intersects(Info4::MRT_ROLL_FORWARD | Info4::MRT_ROLL_BACK) {
            Err(Refusal::EnterpriseOnly(Feature::Transactions).into())
        } else {
            write::write(now, namespace, request, reply)
        }
    } else if header.info1.contains(Info1::READ) {
        if header.info4.contains(Info4::MRT_VERIFY_READ) {
            Err(Refusal::EnterpriseOnly(Feature::Transactions).into())
        } else {
            read::read(now, namespace, request, reply)
        }
    } else {
        Err(Refusal::NoCommand.into())
    }
}

#[cfg(feature = "udf")]
fn execute_udf(
    state: &State,
    now: Now,
    namespace: &Namespace,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<ResultCode, Refused> {
    udf::udf(now, namespace, state.modules(), request, reply)
}

#[cfg(not(feature = "udf"))]
fn execute_udf(_: &State, _: Now, _: &Namespace, _: &Request<'_>, _: &mut Reply<'_>) -> Result<ResultCode, Refused> {
    Err(Refusal::Unsupported(Feature::Udfs).into())
}
