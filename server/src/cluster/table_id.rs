//! Which partition table a namespace uses.

/// Identifies a partition table: namespaces with the same replication factor share one, and a namespace with strong consistency
/// has one of its own, since it has a roster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct TableId {
    /// The replication factor.
    pub(crate) replication_factor: u32,
    /// The position in the configuration of the namespace, if it has strong consistency.
    pub(crate) consistent: Option<usize>,
}

/// The table that the namespaces with this replication factor share.
impl From<u32> for TableId {
    fn from(replication_factor: u32) -> Self {
        Self {
            replication_factor,
            consistent: None,
        }
    }
}
