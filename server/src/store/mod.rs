//! What the server keeps: namespaces, partitions, records. Locks live here and nowhere else.

pub(crate) mod bin;
pub(crate) mod block;
mod build;
mod locks;
mod merge;
pub(crate) mod namespace;
pub(crate) mod partition;
pub(crate) mod record;
mod record_lock;
pub(crate) mod set;
mod set_settings;
pub(crate) mod sindex;
mod snapshot;
mod usage;

pub(crate) use bin::{Bin, BinName, Bins};
pub(crate) use namespace::Namespace;
pub(crate) use partition::{HeldRecord, Partition};
pub(crate) use record::Record;
pub(crate) use record_lock::{RecordLock, Waiting};
pub(crate) use set::SetSnapshot;
pub(crate) use set::{Set, SetId, Sets};
pub(crate) use set_settings::SetSettings;
pub(crate) use sindex::Sindexes;
pub(crate) use sindex::SindexesSnapshot;
pub(crate) use snapshot::NamespaceSnapshot;
pub(crate) use usage::Usage;
