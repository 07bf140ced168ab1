//! Conflict resolution: which of two records with the same digest is kept.

use super::Record;
use crate::config::ConflictResolutionPolicy::{self, Generation, LastUpdateTime};

impl ConflictResolutionPolicy {
    /// Whether `record` replaces `existing`, which has the same digest.
    pub(super) fn prefers(self, record: &Record, existing: &Record) -> bool {
        let (last_update, generation) = (record.last_update, record.generation);
        match self {
            // Generations are compared as numbers, even if one of them has wrapped around after 65535.
            Generation => (generation, last_update) > (existing.generation, existing.last_update),
            LastUpdateTime if last_update == existing.last_update => {
                let ahead = generation.wrapping_sub(existing.generation);
                (1..0x8000).contains(&ahead)
            }
            LastUpdateTime => last_update > existing.last_update,
        }
    }
}
