//! Stop-writes: limits of a set, from which writes to it are refused.

use std::sync::atomic::Ordering;

use super::{Namespace, SetId};
use crate::refusal::Refusal;

impl Namespace {
    /// Refuses to add a record to a set that has reached its `stop-writes-count`.
    ///
    /// # Errors
    /// [`Refusal::StopWrites`]
    pub(crate) fn check_stop_writes_count(&self, set: Option<SetId>) -> Result<(), Refusal> {
        let Some(set) = self.sets.configured(set) else {
            return Ok(());
        };
        match set.settings.stop_writes_count.load(Ordering::Relaxed) {
            0 => Ok(()),
            limit if set.objects.load(Ordering::Relaxed) < limit => Ok(()),
            _ => Err(Refusal::StopWrites),
        }
    }

    /// Refuses to write a record of a set whose records exceed its `stop-writes-size`.
    ///
    /// # Errors
    /// [`Refusal::StopWrites`]
    pub(crate) fn check_stop_writes_size(&self, set: Option<SetId>) -> Result<(), Refusal> {
        let Some(set) = self.sets.configured(set) else {
            return Ok(());
        };
        match set.settings.stop_writes_size.load(Ordering::Relaxed) {
            0 => Ok(()),
            limit if set.data_used_bytes.load(Ordering::Relaxed) <= limit => Ok(()),
            _ => Err(Refusal::StopWrites),
        }
    }
}
