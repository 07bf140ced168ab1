//! Filter expressions: whether a command applies to a record at all.

use spikelet_wire::ResultCode;

use super::bin_ops::View;
use crate::ops::exp::Expression;
use crate::store::sindex::Search;

/// The filter of a command.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::command) enum Filter<'a> {
    /// There is none.
    #[default]
    None,
    /// The bytes of an expression, not yet looked at: a command on a record that does not exist never looks.
    Unread(&'a [u8]),
    /// An expression.
    Built(&'a Expression<'a>),
    /// What an index is searched for, and an expression if there is one.
    Search(&'a Search, Option<&'a Expression<'a>>),
}

impl Filter<'_> {
    /// Whether the record passes.
    ///
    /// # Errors
    /// [`ResultCode::PARAMETER`] for an expression that cannot be built, [`ResultCode::FILTERED_OUT`] for a record that
    /// does not pass, [`ResultCode::NOT_FOUND`] for one that an index does not stand for.
    pub(in crate::command) fn check(&self, view: &View<'_>) -> Result<(), ResultCode> {
        let passes = match self {
            Self::None => true,
            Self::Unread(bytes) => Expression::build_filter(bytes)?.matches(view, view.now),
            Self::Built(expression) => expression.matches(view, view.now),
            Self::Search(search, expression) => {
                let passes = expression.is_none_or(|expression| expression.matches(view, view.now));
                if passes && !search.matches(view.digest, view.bins) {
                    return Err(ResultCode::NOT_FOUND);
                }
                passes
            }
        };
        if passes { Ok(()) } else { Err(ResultCode::FILTERED_OUT) }
    }
}
