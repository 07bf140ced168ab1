//! The operations on lists.

mod rank;
mod select;
mod write;

use spikelet_wire::ResultCode;
use spikelet_wire::cdt::{Call, ReturnType};
use spikelet_wire::list::ListOp;

use super::Target;
use super::arguments::Arguments;
use super::collection::{Collection, Done, Outcome};
use super::return_type::{ReturnSpec, int};

pub(super) use rank::{equal_index, find, least_equal, ranked};
use select::Select;
pub(super) use write::nils;

/// Applies an operation that reads.
///
/// # Errors
/// `PARAMETER` for an operation that does not read, or for arguments that are not its own; else as the operation.
pub(super) fn read<'a>(op: ListOp, call: Call<'a>, list: &Collection<'a>) -> Outcome<'a> {
    if op == ListOp::Size {
        return Ok(Done::result(int(list.count)));
    }
    if op.operation().modifies {
        return Err(ResultCode::PARAMETER);
    }
    let (want, select) = request(op, &mut Arguments::new(call, &op.operation())?)?.ok_or(ResultCode::PARAMETER)?;
    let selected = select.apply(list, want)?;
    Ok(Done {
        result: selected.result,
        edit: None,
    })
}

/// Applies an operation that modifies.
///
/// # Errors
/// `PARAMETER` for an operation that does not modify, or for arguments that are not its own; `INCOMPATIBLE_TYPE` for
/// sorting what does not exist; else as the operation.
pub(super) fn modify<'a>(op: ListOp, call: Call<'a>, target: &Target<'a>) -> Outcome<'a> {
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
        // Where there is nothing, nothing is removed, whatever the arguments.
        _ => return Ok(Done::default()),
    }
    if op == Op::Clear {
        return Ok(write::clear(&target.or_fresh(false, 0)));
    }
    let mut arguments = Arguments::new(call, &op.operation())?;
    if let Some((want, select)) = request(op, &mut arguments)? {
        let list = target.or_fresh(false, 0);
        let selected = select.apply(&list, want)?;
        return Ok(Done {
            edit: selected.elements.removed(&list, &mut list.elements())?,
            result: selected.result,
        });
    }
    let write = write::Write::read(op, &mut arguments)?;
    let list = target.or_fresh(false, write.order());
    let done = write.apply(&list)?;
    Ok(target.at_least(&list, done))
}

/// What an operation selects and what it wants of it; nothing for an operation that does not select.
fn request<'a>(op: ListOp, arguments: &mut Arguments<'a>) -> Result<Option<(ReturnSpec, Select<'a>)>, ResultCode> {
    use ListOp as Op;
    let a = arguments;
    Ok(Some(match op {
        Op::Get | Op::Pop => (ReturnSpec::of(ReturnType::Value, false), Select::Index(a.index()?, 1)),
        Op::Remove => (ReturnSpec::of(ReturnType::Count, false), Select::Index(a.index()?, 1)),
        Op::GetRange | Op::PopRange => {
            let want = ReturnSpec::of(ReturnType::Value, true);
            (want, Select::Index(a.index()?, a.count()?))
        }
        Op::RemoveRange => (
            ReturnSpec::of(ReturnType::Count, true),
            Select::Index(a.index()?, a.count()?),
        ),
        Op::Trim => {
            let want = ReturnSpec {
                inverted: true,
                ..ReturnSpec::of(ReturnType::Count, true)
            };
            (want, Select::Index(a.index()?, a.count()?))
        }
        Op::GetByIndex | Op::RemoveByIndex => (a.want(false)?, Select::Index(a.index()?, 1)),
        Op::GetByRank | Op::RemoveByRank => (a.want(false)?, Select::Rank(a.index()?, 1)),
        Op::GetByIndexRange | Op::RemoveByIndexRange => (a.want(true)?, Select::Index(a.index()?, a.count()?)),
        Op::GetByRankRange | Op::RemoveByRankRange => (a.want(true)?, Select::Rank(a.index()?, a.count()?)),
        Op::GetByValue | Op::RemoveByValue => (a.want(false)?, Select::Equal(a.value()?)),
        Op::GetAllByValue | Op::RemoveAllByValue => (a.want(true)?, Select::Equal(a.value()?)),
        Op::GetAllByValueList | Op::RemoveAllByValueList => (a.want(true)?, Select::AnyOf(a.value()?)),
        Op::GetByValueInterval | Op::RemoveByValueInterval => {
            (a.want(true)?, Select::Interval(a.value()?, a.optional_value()?))
        }
        Op::GetByValueRelRankRange | Op::RemoveByValueRelRankRange => {
            (a.want(true)?, Select::RelativeRank(a.value()?, a.index()?, a.count()?))
        }
        _ => return Ok(None),
    }))
}
