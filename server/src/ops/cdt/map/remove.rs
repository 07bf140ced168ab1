//! Removing pairs from a map.

use super::select::Select;
use crate::ops::cdt::collection::Collection;
use crate::ops::cdt::outcome::{Edit, OpResult, Outcome};
use crate::ops::cdt::return_type::ReturnSpec;

/// Removes all pairs.
pub(super) fn clear<'a>(map: &Collection<'a>) -> Outcome<'a> {
    Outcome::edit(Edit::of(map, 0, Vec::new()))
}

/// Removes the selected pairs.
///
/// # Errors
/// Those of [`Select::apply`]; `PARAMETER` if the map is damaged.
pub(super) fn selected<'a>(map: &Collection<'a>, select: &Select<'_>, spec: ReturnSpec) -> OpResult<'a> {
    let selected = select.apply(map, spec)?;
    Ok(Outcome {
        edit: selected.elements.removed(map, &mut map.elements())?,
        result: selected.result,
    })
}
