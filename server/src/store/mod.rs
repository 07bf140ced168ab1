//! What the server keeps: namespaces, partitions, records. Locks live here and nowhere else.

pub mod bin;
mod merge;
pub mod namespace;
pub mod partition;
pub mod record;
pub mod set;
mod shards;
pub mod sindex;
mod state;

pub use bin::{Bin, BinName, Bins};
pub use namespace::Namespace;
pub use partition::Partition;
pub use record::Record;
pub(crate) use set::SetState;
pub use set::{Set, SetId, Sets};
pub use shards::{PartitionMut, PartitionRef};
pub use sindex::{Sindex, Sindexes};
pub(crate) use state::State;
