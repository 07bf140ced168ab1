//! Executes the operations of `CDT_READ` and `CDT_MODIFY`.

use spikelet_wire::cdt::{CONTEXT, Call, Parameter};
use spikelet_wire::list::ListOp;
use spikelet_wire::map::MapOp;
use spikelet_wire::{ParticleType, ResultCode};

use super::collection::Collection;
use super::context::Path;
use super::outcome::OpResult;
use super::target::Target;
use super::{list, map};
use crate::ops::order::Kind;
use crate::ops::{Particle, ParticleRef};

/// Executes an operation that reads a list or map, or a collection nested in it.
///
/// `argument` is the operation's code and its arguments, as [`spikelet_wire::cdt`] describes them. The result is `None` if
/// the operation returns nothing, and if there is no bin.
///
/// # Errors
/// - `PARAMETER`: the argument is malformed, or its operation does not read.
/// - `INCOMPATIBLE_TYPE`: the bin, or the value at the context, is not a collection of the operation's type.
/// - `OP_NOT_APPLICABLE`: no such element, no value at the context, or a return type that the operation does not support.
pub(crate) fn read(bin: Option<&Particle>, argument: &[u8]) -> Result<Option<Particle>, ResultCode> {
    let Some(bin) = bin else {
        return Ok(None);
    };
    let call = Call::read(argument).map_err(|_| ResultCode::PARAMETER)?;
    if call.code == CONTEXT {
        let (context, call) = with_context(call)?;
        let path = Path::follow(Some(collection_bytes(bin)?), context, false)?;
        let call = call.inner().map_err(|_| ResultCode::PARAMETER)?;
        return Ok(apply_read(Collection::parse(path.bytes()), call)?.result);
    }
    Ok(apply_read(bin_collection(bin), call)?.result)
}

/// Executes an operation that modifies a list or map, or a collection nested in it.
///
/// An operation that writes creates a missing bin. On an error the bin is unchanged.
///
/// # Errors
/// As [`read`], and
/// - `ELEMENT_EXISTS`, `ELEMENT_NOT_FOUND`: the write flags do not allow the element to be overwritten or created.
/// - `PARAMETER`: a value cannot be stored, or an increment meets a value that is not a number.
/// - `RECORD_TOO_BIG`: a list would be padded with more nils than a record can hold.
pub(crate) fn modify(bin: &mut Option<Particle>, argument: &[u8]) -> Result<Option<Particle>, ResultCode> {
    let call = Call::read(argument).map_err(|_| ResultCode::PARAMETER)?;
    let (result, changed) = if call.code == CONTEXT {
        let (context, call) = with_context(call)?;
        let root = bin.as_ref().map(collection_bytes).transpose()?;
        let path = Path::follow(root, context, true)?;
        let call = call.inner().map_err(|_| ResultCode::PARAMETER)?;
        let outcome = apply_modify(path.target(), call, path.holds_compare_only)?;
        (
            outcome.result,
            outcome.edit.map(|edit| path.replace(&edit)).transpose()?,
        )
    } else {
        let target = match bin {
            Some(bin) => bin_collection(bin).map(Target::Present),
            None => Some(Target::Missing),
        };
        let outcome = apply_modify(target, call, false)?;
        (outcome.result, outcome.edit.map(|edit| edit.encode(&[], &[])))
    };
    if let Some(changed) = changed {
        let particle_type = match Kind::first_of(&changed) {
            Some(Kind::List) => ParticleType::LIST,
            _ => ParticleType::MAP,
        };
        *bin = Some(Particle::bytes(particle_type, &changed));
    }
    Ok(result)
}

/// Splits a call with a context into the context and the call of the operation.
fn with_context(mut call: Call<'_>) -> Result<(&[u8], Call<'_>), ResultCode> {
    if call.arguments != 2 {
        return Err(ResultCode::PARAMETER);
    }
    let context = call.value().map_err(|_| ResultCode::PARAMETER)?;
    Ok((context, call))
}

/// The bytes of a bin that holds a list or map. A context cannot start in any other bin.
pub(super) fn collection_bytes(bin: &Particle) -> Result<&[u8], ResultCode> {
    match bin.view() {
        ParticleRef::Bytes(ParticleType::LIST | ParticleType::MAP, bytes) => Ok(bytes),
        _ => Err(ResultCode::PARAMETER),
    }
}

/// The collection in a bin, if it holds one.
fn bin_collection(bin: &Particle) -> Option<Collection<'_>> {
    let collection = Collection::parse(collection_bytes(bin).ok()?)?;
    Some(Collection {
        outermost: true,
        ..collection
    })
}

/// The code of the first map operation. All codes below are list operations.
const FIRST_MAP: u32 = 64;

fn apply_read<'a>(collection: Option<Collection<'a>>, call: Call<'a>) -> OpResult<'a> {
    let is_map = call.code >= FIRST_MAP;
    let collection = collection.filter(|collection| collection.is_map == is_map);
    let collection = collection.ok_or(ResultCode::INCOMPATIBLE_TYPE)?;
    match (ListOp::from_code(call.code), MapOp::from_code(call.code)) {
        (Some(op), _) => list::read(op, call, &collection),
        (_, Some(op)) => map::read(op, call, &collection),
        _ => Err(ResultCode::PARAMETER),
    }
}

fn apply_modify<'a>(target: Option<Target<'a>>, call: Call<'a>, refuse_stored: bool) -> OpResult<'a> {
    let is_map = call.code >= FIRST_MAP;
    let fits = |target: &Target<'_>| match target {
        Target::Present(collection) => collection.is_map == is_map,
        Target::Missing | Target::Created { .. } => true,
    };
    let target = target.filter(fits).ok_or(ResultCode::INCOMPATIBLE_TYPE)?;
    let (list_op, map_op) = (ListOp::from_code(call.code), MapOp::from_code(call.code));
    let operation = list_op.map(ListOp::operation).or_else(|| map_op.map(MapOp::operation));
    if refuse_stored && operation.is_some_and(|op| op.required.contains(&Parameter::Stored)) {
        return Err(ResultCode::PARAMETER);
    }
    match (list_op, map_op) {
        (Some(op), _) => list::modify(op, call, &target),
        (_, Some(op)) => map::modify(op, call, &target),
        _ => Err(ResultCode::PARAMETER),
    }
}
