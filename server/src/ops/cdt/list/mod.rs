//! List operations: dispatch, and a file for each way to select or modify.

mod append;
mod increment;
mod insert;
mod position;
mod rank;
mod remove;
mod select;
mod set;
mod sort;
mod values;
mod write;

use spikelet_wire::ResultCode;
use spikelet_wire::cdt::{Call, ReturnType};
use spikelet_wire::list::ListOp;

pub(super) use self::position::nils;
pub(super) use self::rank::{equal_index, find, least_equal, ranked};
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
pub(super) fn read<'a>(op: ListOp, call: Call<'a>, list: &Collection<'a>) -> OpResult<'a> {
    if op == ListOp::Size {
        return Ok(Outcome::result(int(list.count)));
    }
    if op.operation().modifies {
        return Err(ResultCode::PARAMETER);
    }
    let (spec, select) = selection(op, &mut Arguments::new(call, &op.operation())?)?.ok_or(ResultCode::PARAMETER)?;
    let selected = select.apply(list, spec)?;
    Ok(Outcome {
        result: selected.result,
        edit: None,
    })
}

/// Executes an operation that modifies.
///
/// # Errors
/// `PARAMETER` for an operation that reads, or for invalid arguments; `INCOMPATIBLE_TYPE` for sorting a missing list; else
/// as the operation.
pub(super) fn modify<'a>(op: ListOp, call: Call<'a>, target: &Target<'a>) -> OpResult<'a> {
    use ListOp as Op;
    let creates = matches!(
        op,
        Op::SetType | Op::Append | Op::AppendItems | Op::Insert | Op::InsertItems | Op::Set | Op::Increment
    );
    match (op, target) {
        _ if !op.operation().modifies => return Err(ResultCode::PARAMETER),
        (Op::Sort, Target::Missing | Target::Created { in_bin: false }) => return Err(ResultCode::INCOMPATIBLE_TYPE),
        (Op::Sort, _) | (_, Target::Present(_)) => {}
        _ if creates => {}
        // Removing from a missing list succeeds, whatever the arguments.
        _ => return Ok(Outcome::default()),
    }
    if op == Op::Clear {
        return Ok(remove::clear(&target.or_new(false, 0)));
    }
    let mut arguments = Arguments::new(call, &op.operation())?;
    if let Some((spec, select)) = selection(op, &mut arguments)? {
        let list = target.or_new(false, 0);
        return remove::selected(&list, &select, spec);
    }
    let write = write::Write::read(op, &mut arguments)?;
    let list = target.or_new(false, write.order(target.nested_keeps_index()));
    let outcome = write.apply(&list, target.nested_keeps_index())?;
    Ok(target.ensure_created(&list, outcome))
}

/// The return type and the selection of an operation; `None` for an operation that does not select.
fn selection<'a>(op: ListOp, arguments: &mut Arguments<'a>) -> Result<Option<(ReturnSpec, Select<'a>)>, ResultCode> {
    use ListOp as Op;
    let a = arguments;
    Ok(Some(match op {
        Op::Get | Op::Pop => (ReturnSpec::of(ReturnType::Value, false), Select::Index(a.index()?, 1)),
        Op::Remove => (ReturnSpec::of(ReturnType::Count, false), Select::Index(a.index()?, 1)),
        Op::GetRange | Op::PopRange => {
            let spec = ReturnSpec::of(ReturnType::Value, true);
            (spec, Select::Index(a.index()?, a.count()?))
        }
        Op::RemoveRange => (
            ReturnSpec::of(ReturnType::Count, true),
            Select::Index(a.index()?, a.count()?),
        ),
        Op::Trim => {
            let spec = ReturnSpec {
                inverted: true,
                ..ReturnSpec::of(ReturnType::Count, true)
            };
            (spec, Select::Index(a.index()?, a.count()?))
        }
        Op::GetByIndex | Op::RemoveByIndex => (a.return_spec(false)?, Select::Index(a.index()?, 1)),
        Op::GetByRank | Op::RemoveByRank => (a.return_spec(false)?, Select::Rank(a.index()?, 1)),
        Op::GetByIndexRange | Op::RemoveByIndexRange => (a.return_spec(true)?, Select::Index(a.index()?, a.count()?)),
        Op::GetByRankRange | Op::RemoveByRankRange => (a.return_spec(true)?, Select::Rank(a.index()?, a.count()?)),
        Op::GetByValue | Op::RemoveByValue => (a.return_spec(false)?, Select::Equal(a.value()?)),
        Op::GetAllByValue | Op::RemoveAllByValue => (a.return_spec(true)?, Select::Equal(a.value()?)),
        Op::GetAllByValueList | Op::RemoveAllByValueList => (a.return_spec(true)?, Select::AnyOf(a.value()?)),
        Op::GetByValueInterval | Op::RemoveByValueInterval => {
            (a.return_spec(true)?, Select::Interval(a.value()?, a.optional_value()?))
        }
        Op::GetByValueRelRankRange | Op::RemoveByValueRelRankRange => (
            a.return_spec(true)?,
            Select::RelativeRank(a.value()?, a.index()?, a.count()?),
        ),
        _ => return Ok(None),
    }))
}
