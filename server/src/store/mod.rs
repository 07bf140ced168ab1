//! What the server keeps: namespaces, partitions, records. Locks live here and nowhere else.

pub mod bin;
pub mod counters;
pub mod namespace;
pub mod partition;
pub mod record;
pub mod set;
pub mod sindex;

pub use bin::{Bin, BinName, Bins};
pub use namespace::Namespace;
pub use partition::Partition;
pub use record::Record;
pub use set::{Set, SetId, Sets};
pub use sindex::{Sindex, Sindexes};
