//! Values that a list operation stores.

use spikelet_wire::ResultCode;

use crate::ops::cdt::collection::Collection;
use crate::ops::cdt::normalise::append_normalised;

/// One value, or a list of them, as the client sent it.
pub(super) enum Items<'a> {
    One(&'a [u8]),
    Many(&'a [u8]),
}

/// Values to store, in their stored form.
pub(super) enum Values {
    One(Vec<u8>),
    Many { contents: Vec<u8>, count: u32 },
}

impl Values {
    /// Brings values into their stored form.
    ///
    /// # Errors
    /// `PARAMETER` if a value cannot be stored, or a list of values is not a list.
    pub(super) fn of(items: &Items<'_>) -> Result<Self, ResultCode> {
        let list = match items {
            Items::One(value) => return normalised(value).map(Self::One),
            Items::Many(list) => normalised(list)?,
        };
        let parsed = Collection::parse(&list).filter(|list| !list.is_map);
        let parsed = parsed.ok_or(ResultCode::PARAMETER)?;
        let (count, head) = (parsed.count, list.len() - parsed.contents.len());
        let mut contents = list;
        contents.drain(..head);
        Ok(Self::Many { contents, count })
    }
}

/// Brings a value into its stored form.
///
/// # Errors
/// `PARAMETER` if it cannot be stored.
pub(super) fn normalised(value: &[u8]) -> Result<Vec<u8>, ResultCode> {
    let mut stored = Vec::new();
    append_normalised(&mut stored, value, false).ok_or(ResultCode::PARAMETER)?;
    Ok(stored)
}
