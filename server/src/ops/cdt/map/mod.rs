//! The operations on maps.

mod pairs;
mod select;
mod write;

use spikelet_wire::ResultCode;
use spikelet_wire::cdt::Call;
use spikelet_wire::map::MapOp;

use super::Target;
use super::arguments::Arguments;
use super::collection::{Collection, Done, Outcome};
use super::return_type::{ReturnSpec, int};

pub(super) use pairs::Pairs;
use select::Select;

/// Applies an operation that reads.
///
/// # Errors
/// `PARAMETER` for an operation that does not read, or for arguments that are not its own; else as the operation.
pub(super) fn read<'a>(op: MapOp, call: Call<'a>, map: &Collection<'a>) -> Outcome<'a> {
    if op == MapOp::Size {
        return Ok(Done::result(int(map.count)));
    }
    if op.operation().modifies {
        return Err(ResultCode::PARAMETER);
    }
    let (want, select) = request(op, &mut Arguments::new(call, &op.operation())?)?.ok_or(ResultCode::PARAMETER)?;
    let selected = select.apply(map, want)?;
    Ok(Done {
        result: selected.result,
        edit: None,
    })
}

/// Applies an operation that modifies.
///
/// # Errors
/// `PARAMETER` for an operation that does not modify, or for arguments that are not its own; `ELEMENT_NOT_FOUND` for
/// replacing in what does not exist; else as the operation.
pub(super) fn modify<'a>(op: MapOp, call: Call<'a>, target: &Target<'a>) -> Outcome<'a> {
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
        // Where there is nothing, nothing is removed, whatever the arguments.
        _ => return Ok(Done::default()),
    }
    if op == Op::Clear {
        return Ok(write::clear(&target.or_fresh(true, 0)));
    }
    let mut arguments = Arguments::new(call, &op.operation())?;
    if let Some((want, select)) = request(op, &mut arguments)? {
        let map = target.or_fresh(true, 0);
        let selected = select.apply(&map, want)?;
        return Ok(Done {
            edit: selected.elements.removed(&map, &mut map.elements())?,
            result: selected.result,
        });
    }
    let write = write::Write::read(op, &mut arguments)?;
    let map = target.or_fresh(true, write.order(target.is_outermost()));
    let done = write.apply(&map, target.is_outermost())?;
    Ok(target.at_least(&map, done))
}

/// What an operation selects and what it wants of it; nothing for an operation that does not select.
fn request<'a>(op: MapOp, arguments: &mut Arguments<'a>) -> Result<Option<(ReturnSpec, Select<'a>)>, ResultCode> {
    use MapOp as Op;
    let a = arguments;
    Ok(Some(match op {
        Op::GetByKey | Op::RemoveByKey => (a.want(false)?, Select::Key(a.value()?)),
        Op::GetByIndex | Op::RemoveByIndex => (a.want(false)?, Select::Index(a.index()?, 1)),
        Op::GetByRank | Op::RemoveByRank => (a.want(false)?, Select::Rank(a.index()?, 1)),
        Op::GetByValue | Op::RemoveByValue => (a.want(false)?, Select::Value(a.value()?)),
        Op::GetAllByValue | Op::RemoveAllByValue => (a.want(true)?, Select::Value(a.value()?)),
        Op::GetByKeyList | Op::RemoveByKeyList => (a.want(true)?, Select::AnyKey(a.value()?)),
        Op::GetByValueList | Op::RemoveByValueList => (a.want(true)?, Select::AnyValue(a.value()?)),
        Op::GetByIndexRange | Op::RemoveByIndexRange => (a.want(true)?, Select::Index(a.index()?, a.count()?)),
        Op::GetByRankRange | Op::RemoveByRankRange => (a.want(true)?, Select::Rank(a.index()?, a.count()?)),
        Op::GetByKeyInterval | Op::RemoveByKeyInterval => {
            (a.want(true)?, Select::KeyInterval(a.value()?, a.optional_value()?))
        }
        Op::GetByValueInterval | Op::RemoveByValueInterval => {
            (a.want(true)?, Select::ValueInterval(a.value()?, a.optional_value()?))
        }
        Op::GetByKeyRelIndexRange | Op::RemoveByKeyRelIndexRange => {
            (a.want(true)?, Select::RelativeIndex(a.value()?, a.index()?, a.count()?))
        }
        Op::GetByValueRelRankRange | Op::RemoveByValueRelRankRange => {
            (a.want(true)?, Select::RelativeRank(a.value()?, a.index()?, a.count()?))
        }
        _ => return Ok(None),
    }))
}
