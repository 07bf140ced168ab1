//! Incrementing a number in a map.

use spikelet_wire::map::MapWriteFlags;

use super::pairs::Pairs;
use super::put::put;
use crate::ops::cdt::collection::Collection;
use crate::ops::cdt::increment;
use crate::ops::cdt::outcome::{OpResult, Outcome};

/// Adds to the number of a key, or subtracts from it. A missing key is created.
///
/// # Errors
/// `PARAMETER` for a key that cannot be stored, or if either is not a number.
pub(super) fn increment<'a>(map: &Collection<'a>, key: &[u8], number: Option<&[u8]>, subtract: bool) -> OpResult<'a> {
    let pairs = Pairs::of(map)?;
    let old = pairs.find(key).map(|place| pairs.elements().value(place));
    let (sum, stored) = increment::add(old, number, subtract)?;
    let outcome = put(map, key, &stored, MapWriteFlags::empty())?;
    Ok(Outcome {
        result: Some(sum),
        ..outcome
    })
}
