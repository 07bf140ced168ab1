//! The store: namespaces, partitions, records, sets and secondary indexes, and the locks on them.
//!
//! A write locks the partition of its record, and updates the secondary indexes under that lock.

pub(crate) mod bin;
mod conflict_resolution;
mod look_up;
pub(crate) mod masking;
mod merge;
pub(crate) mod namespace;
mod namespace_settings;
pub(crate) mod partition;
pub(crate) mod partition_group;
mod partition_locks;
pub(crate) mod record;
mod record_lock;
pub(crate) mod set;
mod set_settings;
pub(crate) mod sindex;
mod sindex_build;
mod snapshot;
mod stop_writes;
mod sweep;
pub(crate) mod transactions;
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
pub(crate) use sweep::TruncationSweep;
pub(crate) use usage::Usage;
