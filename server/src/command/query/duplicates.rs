//! Removing duplicates: a record with several values in a range is found several times.

use spikelet_wire::Digest;

use crate::store::partition_group::GROUP_SIZE;

/// The records that were recently found in each partition of a group.
///
/// An index finds a record once for each of its values. The real server reads a hundred entries of a partition at a time, and
/// returns a record once for each hundred that it occurs in.
#[derive(Debug, Default, Clone)]
pub(super) struct Duplicates(Vec<Recent>);

#[derive(Debug, Default, Clone)]
struct Recent {
    entries: usize,
    digests: Vec<Digest>,
}

impl Duplicates {
    /// The number of entries among which duplicates are removed.
    const ENTRIES: usize = 100;

    /// Adds an entry. Returns whether its record was found before, among the same hundred entries.
    pub(super) fn is_duplicate(&mut self, digest: &Digest) -> bool {
        self.0.resize(usize::from(GROUP_SIZE), Recent::default());
        let Some(recent) = self.0.get_mut(usize::from(digest.partition_id().get() % GROUP_SIZE)) else {
            return false;
        };
        let is_duplicate = recent.digests.contains(digest);
        if !is_duplicate {
            recent.digests.push(*digest);
        }
        recent.entries += 1;
        if recent.entries == Self::ENTRIES {
            *recent = Recent::default();
        }
        is_duplicate
    }
}
