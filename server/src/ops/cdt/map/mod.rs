//! Map operations: dispatch, and a file for each way to select or modify.

mod increment;
mod pairs;
mod put;
mod remove;
mod select;
mod set_order;
mod write;

use spikelet_wire::ResultCode;
use spikelet_wire::cdt::Call;
use spikelet_wire::map::MapOp;

pub(super) use self::pairs::Pairs;
use self::select::Select;
use super::arguments::Arguments;
use super::collection::Collection;
use super::outcome::{OpResult, Outcome};
use super::result::int;
use super::return_type::ReturnSpec;
use super::target::Target;

/// Executes an operation that reads.
///
/// # Errors
/// `PARAMETER` for an operation that modifies, or for invalid arguments; else as the operation.
pub(super) fn read<'a>(op: MapOp, call: Call<'a>, map: &Collection<'a>) -> OpResult<'a> {
    if op == MapOp::Size {
        return Ok(Outcome::result(int(map.count)));
    }
    if op.operation().modifies {
        return Err(ResultCode::PARAMETER);
    }
    let (spec, select) = selection(op, &mut Arguments::new(call, &op.operation())?)?.ok_or(ResultCode::PARAMETER)?;
    let selected = select.apply(map, spec)?;
    Ok(Outcome {
        result: selected.result,
        edit: None,
    })
}

/// Executes an operation that modifies.
///
/// # Errors
/// `PARAMETER` for an operation that reads, or for invalid arguments; `ELEMENT_NOT_FOUND` for replacing several pairs of a
/// missing map; else as the operation.
pub(super) fn modify<'a>(op: MapOp, call: Call<'a>, target: &Target<'a>) -> OpResult<'a> {
    use MapOp as Op;
    let creates = matches!(
        op,
        Op::SetType | Op::Add | Op::AddItems | Op::Put | Op::PutItems | Op::Replace | Op::Increment | Op::Decrement
    );
    match (op, target) {
        _ if !op.operation().modifies => return Err(ResultCode::PARAMETER),
        (_, Target::Present(_)) => {}
        (Op::ReplaceItems, _) => return Err(ResultCode::ELEMENT_NOT_FOUND),
        _ if creates => {}
        // Removing from a missing map succeeds, whatever the arguments.
        _ => return Ok(Outcome::default()),
    }
    if op == Op::Clear {
        return Ok(remove::clear(&target.or_new(true, 0)));
    }
    let mut arguments = Arguments::new(call, &op.operation())?;
    if let Some((spec, select)) = selection(op, &mut arguments)? {
        let map = target.or_new(true, 0);
        return remove::selected(&map, &select, spec);
    }
    let write = write::Write::read(op, &mut arguments)?;
    let map = target.or_new(true, write.order(target.is_outermost()));
    let outcome = write.apply(&map, target)?;
    Ok(target.ensure_created(&map, outcome))
}

/// The return type and the selection of an operation; `None` for an operation that does not select.
fn selection<'a>(op: MapOp, arguments: &mut Arguments<'a>) -> Result<Option<(ReturnSpec, Select<'a>)>, ResultCode> {
    use MapOp as Op;
    let a = arguments;
    Ok(Some(match op {
        Op::GetByKey | Op::RemoveByKey => (a.return_spec(false)?, Select::Key(a.value()?)),
        Op::GetByIndex | Op::RemoveByIndex => (a.return_spec(false)?, Select::Index(a.index()?, 1)),
        Op::GetByRank | Op::RemoveByRank => (a.return_spec(false)?, Select::Rank(a.index()?, 1)),
        Op::GetByValue | Op::RemoveByValue => (a.return_spec(false)?, Select::Value(a.value()?)),
        Op::GetAllByValue | Op::RemoveAllByValue => (a.return_spec(true)?, Select::Value(a.value()?)),
        Op::GetByKeyList | Op::RemoveByKeyList => (a.return_spec(true)?, Select::AnyKey(a.value()?)),
        Op::GetByValueList | Op::RemoveByValueList => (a.return_spec(true)?, Select::AnyValue(a.value()?)),
        Op::GetByIndexRange | Op::RemoveByIndexRange => (a.return_spec(true)?, Select::Index(a.index()?, a.count()?)),
        Op::GetByRankRange | Op::RemoveByRankRange => (a.return_spec(true)?, Select::Rank(a.index()?, a.count()?)),
        Op::GetByKeyInterval | Op::RemoveByKeyInterval => (
            a.return_spec(true)?,
            Select::KeyInterval(a.value()?, a.optional_value()?),
        ),
        Op::GetByValueInterval | Op::RemoveByValueInterval => (
            a.return_spec(true)?,
            Select::ValueInterval(a.value()?, a.optional_value()?),
        ),
        Op::GetByKeyRelIndexRange | Op::RemoveByKeyRelIndexRange => (
            a.return_spec(true)?,
            Select::RelativeIndex(a.value()?, a.index()?, a.count()?),
        ),
        Op::GetByValueRelRankRange | Op::RemoveByValueRelRankRange => (
            a.return_spec(true)?,
            Select::RelativeRank(a.value()?, a.index()?, a.count()?),
        ),
        _ => return Ok(None),
    }))
}
