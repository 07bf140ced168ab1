//! Filter expressions: whether a command applies to a record at all.

use spikelet_wire::ResultCode;

use super::bin_ops::View;

/// The filter of a command.
#[derive(Debug, Clone, Default)]
pub(super) enum Filter<'a> {
    /// There is none.
    #[default]
    None,
    /// The bytes of an expression, not yet looked at: a command on a record that does not exist never looks.
    #[allow(dead_code)] // until expressions are built
    Unread(&'a [u8]),
}

impl<'a> Filter<'a> {
    /// An expression that is looked at now.
    ///
    /// # Errors
    /// [`ResultCode::PARAMETER`] for one that cannot be built.
    pub(super) fn build(bytes: &'a [u8]) -> Result<Self, ResultCode> {
        Ok(Self::Unread(bytes))
    }

    /// Whether the record passes.
    ///
    /// # Errors
    /// [`ResultCode::PARAMETER`] for an expression that cannot be built, [`ResultCode::FILTERED_OUT`] for a record that
    /// does not pass.
    pub(super) fn check(&self, _view: &View<'_>) -> Result<(), ResultCode> {
        match self {
            Self::None => Ok(()),
            Self::Unread(_) => Err(ResultCode::UNSUPPORTED_FEATURE),
        }
    }
}
