//! The collection that a modifying operation is applied to.

use super::collection::Collection;
use super::outcome::{Edit, Outcome};

/// The collection that a modifying operation is applied to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target<'a> {
    /// A collection that exists.
    Present(Collection<'a>),
    /// There is no bin.
    Missing,
    /// The context creates the collection.
    Created {
        /// Whether the bin exists.
        in_bin: bool,
    },
}

impl<'a> Target<'a> {
    /// The collection, or an empty one with these flags.
    pub(super) const fn or_new(&self, is_map: bool, flags: u8) -> Collection<'a> {
        match self {
            Self::Present(collection) => *collection,
            Self::Missing | Self::Created { .. } => Collection::new_empty(is_map, flags),
        }
    }

    /// Whether this is the bin's own collection, not a nested one.
    pub(super) const fn is_outermost(&self) -> bool {
        match self {
            Self::Present(collection) => collection.outermost,
            Self::Missing => true,
            Self::Created { .. } => false,
        }
    }

    /// Whether a nested collection keeps the flag of a persisted index. The server takes it for the bin's own collection if
    /// the context creates the bin too.
    pub(super) const fn nested_keeps_index(&self) -> bool {
        matches!(self, Self::Created { in_bin: false })
    }

    /// Makes sure that a missing bin is created, even by an operation that writes no element.
    pub(super) fn ensure_created(&self, collection: &Collection<'a>, mut outcome: Outcome<'a>) -> Outcome<'a> {
        if matches!(self, Self::Missing) && outcome.edit.is_none() {
            outcome.edit = Some(Edit::unchanged(collection));
        }
        outcome
    }
}
