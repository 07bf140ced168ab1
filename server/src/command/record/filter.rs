//! Filters: whether a command applies to a record.

use super::view::View;
use crate::ops::exp::Expression;
use crate::refusal::Refusal;
use crate::store::sindex::Search;

/// The filter of a command.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::command) enum Filter<'a> {
    /// No filter.
    #[default]
    None,
    /// An expression that was not decoded yet. A command on a record that does not exist never decodes it.
    Unread(&'a [u8]),
    /// A decoded expression.
    Built(&'a Expression<'a>),
    /// The search of a secondary index query, with its expression if it has one.
    Search(&'a Search, Option<&'a Expression<'a>>),
}

impl Filter<'_> {
    /// Whether it evaluates an expression, which may go through all values of a record.
    pub(in crate::command) const fn evaluates(&self) -> bool {
        !matches!(self, Self::None | Self::Search(_, None))
    }

    /// Checks whether a record passes the filter.
    ///
    /// # Errors
    /// `PARAMETER` for an expression that cannot be built, [`Refusal::FilteredOut`] for a record that does not pass,
    /// [`Refusal::NotFound`] for a record that the secondary index query does not match.
    pub(in crate::command) fn check(&self, view: &View<'_>) -> Result<(), Refusal> {
        let passes = match self {
            Self::None => true,
            Self::Unread(bytes) => Expression::build_filter(bytes)?.matches(view, view.now),
            Self::Built(expression) => expression.matches(view, view.now),
            Self::Search(search, expression) => {
                let passes = expression.is_none_or(|expression| expression.matches(view, view.now));
                if passes && !search.matches(view.digest, view.bins) {
                    return Err(Refusal::NotFound);
                }
                passes
            }
        };
        if passes { Ok(()) } else { Err(Refusal::FilteredOut) }
    }
}
