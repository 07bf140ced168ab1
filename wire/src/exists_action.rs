//! The record exists action of a write. It is encoded as at most one flag in two bytes of the header.

use crate::flags::{Info2, Info3};
use crate::message::Header;

/// What a write does if the record exists, and if it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExistsAction {
    /// Creates it or updates its bins.
    #[default]
    Update,
    /// Creates it, or fails with [`RECORD_EXISTS`](crate::ResultCode::RECORD_EXISTS).
    CreateOnly,
    /// Updates its bins, or fails with [`NOT_FOUND`](crate::ResultCode::NOT_FOUND).
    UpdateOnly,
    /// Creates it or replaces all of its bins.
    Replace,
    /// Replaces all of its bins, or fails with [`NOT_FOUND`](crate::ResultCode::NOT_FOUND).
    ReplaceOnly,
}

impl ExistsAction {
    /// The action that a header's flags select.
    #[must_use]
    pub const fn of(header: &Header) -> Self {
        let (info2, info3) = (header.info2, header.info3);
        if info2.contains(Info2::CREATE_ONLY) {
            Self::CreateOnly
        } else if info3.contains(Info3::UPDATE_ONLY) {
            Self::UpdateOnly
        } else if info3.contains(Info3::CREATE_OR_REPLACE) {
            Self::Replace
        } else if info3.contains(Info3::REPLACE_ONLY) {
            Self::ReplaceOnly
        } else {
            Self::Update
        }
    }

    /// Sets the flag of the action in a header.
    pub fn apply(self, header: &mut Header) {
        match self {
            Self::Update => {}
            Self::CreateOnly => header.info2.insert(Info2::CREATE_ONLY),
            Self::UpdateOnly => header.info3.insert(Info3::UPDATE_ONLY),
            Self::Replace => header.info3.insert(Info3::CREATE_OR_REPLACE),
            Self::ReplaceOnly => header.info3.insert(Info3::REPLACE_ONLY),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_round_trips_through_a_header() {
        use ExistsAction::*;
        for action in [Update, CreateOnly, UpdateOnly, Replace, ReplaceOnly] {
            let mut header = Header::default();
            action.apply(&mut header);
            assert_eq!(ExistsAction::of(&header), action);
        }
    }
}
