//! Removing elements from a list.

use super::select::Select;
use crate::ops::cdt::collection::Collection;
use crate::ops::cdt::outcome::{Edit, OpResult, Outcome};
use crate::ops::cdt::return_type::ReturnSpec;

/// Removes all elements.
pub(super) fn clear<'a>(list: &Collection<'a>) -> Outcome<'a> {
    Outcome::edit(Edit::of(list, 0, Vec::new()))
}

/// Removes the selected elements.
///
/// # Errors
/// Those of [`Select::apply`]; `PARAMETER` if the list is damaged.
pub(super) fn selected<'a>(list: &Collection<'a>, select: &Select<'_>, spec: ReturnSpec) -> OpResult<'a> {
    let selected = select.apply(list, spec)?;
    Ok(Outcome {
        edit: selected.elements.removed(list, &mut list.elements())?,
        result: selected.result,
    })
}
