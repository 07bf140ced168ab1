//! Multi-record transactions of a namespace: the records that they have written and not committed, and their monitors.
//!
//! A partition holds the records as everybody sees them. What a transaction writes stays beside them until the transaction is
//! committed: then the provisional record replaces the one in the partition. Secondary indexes, queries and statistics know
//! nothing of provisional records, as on the real server.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use spikelet_wire::mrt::MONITOR_SET;
use spikelet_wire::{Digest, PartitionId};

use super::sweep::is_lost;
use super::{Namespace, Partition, Record, SetId};
use crate::clock::Now;

/// The transactions of a namespace.
#[derive(Debug, Default)]
pub struct Transactions {
    table: Mutex<TransactionsSnapshot>,
    /// The number of provisional records and monitors. Without any, nothing else is looked at.
    count: AtomicUsize,
    /// Their counters, which begin anew with the server.
    pub(crate) counters: TransactionCounters,
}

/// A copy of the transactions at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct TransactionsSnapshot {
    provisionals: HashMap<Digest, Provisional>,
    /// By the digest of the monitor's record.
    monitors: BTreeMap<Digest, Monitor>,
    /// How the last transactions ended that ended by their deadline, by the digest of the monitor's record.
    ended: BTreeMap<Digest, bool>,
}

/// How many ended transactions are remembered.
const MAX_ENDED: usize = 4096;

/// A record that a transaction has written and not committed, which locks the record.
#[derive(Debug, Clone)]
pub(crate) struct Provisional {
    /// The id of the transaction.
    pub(crate) transaction: u64,
    /// The record as the transaction sees it. It is a tombstone if the transaction has deleted it.
    pub(crate) record: Record,
    /// When the record is unlocked if the monitor of the transaction is lost, in seconds since 2010.
    pub(crate) deadline: u32,
}

/// The monitor of a transaction: it ends the transaction when the client does not.
#[derive(Debug, Clone)]
pub(crate) struct Monitor {
    /// The id of the transaction.
    pub(crate) transaction: u64,
    /// When the transaction ends, in seconds since 2010.
    pub(crate) deadline: u32,
    /// The digests of the records that the transaction writes.
    pub(crate) keys: Vec<Digest>,
    /// Whether the transaction is committed, so that its records are to be rolled forward.
    pub(crate) is_committed: bool,
}

/// The counters of transactions, for all nodes together.
#[derive(Debug, Default)]
pub(crate) struct TransactionCounters {
    pub(crate) fail_blocked: AtomicU64,
    pub(crate) fail_version_mismatch: AtomicU64,
    pub(crate) verify_read_success: AtomicU64,
    pub(crate) verify_read_error: AtomicU64,
    pub(crate) roll_forward_success: AtomicU64,
    pub(crate) roll_back_success: AtomicU64,
    pub(crate) monitor_roll_forward_success: AtomicU64,
    pub(crate) monitor_roll_back_success: AtomicU64,
    pub(crate) monitor_roll_tombstone_creates: AtomicU64,
}

impl Transactions {
    /// The number of provisional records and monitors.
    pub(crate) fn counts(&self) -> (usize, usize) {
        if self.is_empty() {
            return (0, 0);
        }
        let table = self.lock();
        (table.provisionals.len(), table.monitors.len())
    }

    fn is_empty(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    /// The id of the transaction that has locked a record.
    pub(crate) fn owner(&self, digest: &Digest) -> Option<u64> {
        if self.is_empty() {
            return None;
        }
        self.lock().provisionals.get(digest).map(|found| found.transaction)
    }

    /// What a transaction has made of a record.
    pub(crate) fn provisional(&self, digest: &Digest) -> Option<Provisional> {
        if self.is_empty() {
            return None;
        }
        self.lock().provisionals.get(digest).cloned()
    }

    /// Stores what a transaction has made of a record.
    pub(crate) fn set_provisional(&self, digest: Digest, provisional: Provisional) {
        let mut table = self.lock();
        table.provisionals.insert(digest, provisional);
        self.recount(&table);
    }

    /// The monitor whose record has this digest.
    pub(crate) fn monitor(&self, digest: &Digest) -> Option<Monitor> {
        if self.is_empty() {
            return None;
        }
        self.lock().monitors.get(digest).cloned()
    }

    /// All monitors, with the digests of their records.
    pub(crate) fn monitors(&self) -> Vec<(Digest, Monitor)> {
        let table = self.lock();
        let monitors = table.monitors.iter();
        monitors.map(|(digest, monitor)| (*digest, monitor.clone())).collect()
    }

    /// Stores a monitor.
    pub(crate) fn set_monitor(&self, digest: Digest, monitor: Monitor) {
        let mut table = self.lock();
        table.ended.remove(&digest);
        table.monitors.insert(digest, monitor);
        self.recount(&table);
    }

    /// Removes a monitor.
    pub(crate) fn remove_monitor(&self, digest: &Digest) -> Option<Monitor> {
        let mut table = self.lock();
        let removed = table.monitors.remove(digest);
        self.recount(&table);
        removed
    }

    /// Whether the transaction of a monitor that no longer exists was committed when it ended by its deadline; `None` if it did
    /// not.
    pub(crate) fn ended(&self, digest: &Digest) -> Option<bool> {
        self.lock().ended.get(digest).copied()
    }

    fn take_provisional(&self, digest: &Digest, transaction: u64) -> Option<Record> {
        if self.is_empty() {
            return None;
        }
        let mut table = self.lock();
        if table.provisionals.get(digest)?.transaction != transaction {
            return None;
        }
        let taken = table.provisionals.remove(digest);
        self.recount(&table);
        taken.map(|taken| taken.record)
    }

    fn take_due(&self, now: Now) -> Vec<(Digest, Monitor)> {
        if self.is_empty() {
            return Vec::new();
        }
        let mut table = self.lock();
        let due = |monitor: &Monitor| monitor.deadline <= now.seconds();
        let taken: Vec<_> = table
            .monitors
            .iter()
            .filter(|(_, monitor)| due(monitor))
            .map(|(digest, _)| *digest)
            .collect();
        let mut ended = Vec::new();
        for digest in taken {
            if let Some(monitor) = table.monitors.remove(&digest) {
                if table.ended.len() >= MAX_ENDED {
                    table.ended.pop_first();
                }
                table.ended.insert(digest, monitor.is_committed);
                ended.push((digest, monitor));
            }
        }
        self.recount(&table);
        ended
    }

    /// The records that are still locked after the deadline of their transactions, which have no monitor any more.
    fn take_orphans(&self, now: Now) {
        if self.is_empty() {
            return;
        }
        let mut table = self.lock();
        if !table
            .provisionals
            .values()
            .any(|provisional| provisional.deadline <= now.seconds())
        {
            return;
        }
        let monitored: BTreeSet<u64> = table.monitors.values().map(|monitor| monitor.transaction).collect();
        table.provisionals.retain(|_, provisional| {
            provisional.deadline > now.seconds() || monitored.contains(&provisional.transaction)
        });
        self.recount(&table);
    }

    /// Drops all transactions.
    pub(super) fn clear(&self) {
        let mut table = self.lock();
        *table = TransactionsSnapshot::default();
        self.recount(&table);
    }

    pub(super) fn save(&self) -> TransactionsSnapshot {
        self.lock().clone()
    }

    pub(super) fn restore(&self, snapshot: &TransactionsSnapshot) {
        let mut table = self.lock();
        table.clone_from(snapshot);
        self.recount(&table);
    }

    fn recount(&self, table: &TransactionsSnapshot) {
        let count = table.provisionals.len() + table.monitors.len();
        self.count.store(count, Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, TransactionsSnapshot> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Namespace {
    /// Ends the lock of a transaction on a record: the provisional record replaces the one in the locked partition, or is
    /// dropped. Returns whether the transaction had locked the record.
    pub(crate) fn roll(&self, partition: &mut Partition, digest: &Digest, transaction: u64, forward: bool) -> bool {
        let Some(record) = self.transactions.take_provisional(digest, transaction) else {
            return false;
        };
        if forward && self.is_truncated(&record) {
            self.remove(partition, digest);
        } else if forward {
            self.track_void_time(record.void_time);
            self.insert(partition, *digest, record);
        }
        true
    }

    /// Ends the transactions whose deadline has passed: those that were committed are rolled forward, and all others back.
    pub(crate) fn end_due_transactions(&self, now: Now) {
        for (digest, monitor) in self.transactions.take_due(now) {
            let counters = &self.transactions.counters;
            let counter = match monitor.is_committed {
                true => &counters.monitor_roll_forward_success,
                false => &counters.monitor_roll_back_success,
            };
            for key in &monitor.keys {
                let mut partition = self.partition_or_create(key.partition_id());
                let is_new = partition.get(key).is_none();
                if self.roll(&mut partition, key, monitor.transaction, monitor.is_committed) {
                    counter.fetch_add(1, Ordering::Relaxed);
                    if is_new && partition.get(key).is_some_and(|record| !record.is_live()) {
                        counters.monitor_roll_tombstone_creates.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
            if let Some(mut partition) = self.partition_mut(digest.partition_id()) {
                self.remove(&mut partition, &digest);
            }
        }
        self.transactions.take_orphans(now);
    }

    /// Drops what the transactions have written to a partition before a time, or all of it, and the monitors there, as when no
    /// node with a copy is left.
    pub(super) fn lose_transactions(&self, id: PartitionId, before: Option<Now>) {
        if self.transactions.is_empty() {
            return;
        }
        let monitors = self.partition(id);
        let mut table = self.transactions.lock();
        table
            .provisionals
            .retain(|digest, provisional| digest.partition_id() != id || !is_lost(&provisional.record, before));
        table.monitors.retain(|digest, _| {
            let record = monitors.as_ref().and_then(|partition| partition.get(digest));
            digest.partition_id() != id || record.is_some_and(|record| !is_lost(record, before))
        });
        self.transactions.recount(&table);
    }

    /// Takes over the transactions of another subcluster, except for those that have ended here. Of two transactions that have
    /// locked one record, that of this subcluster keeps it.
    pub(super) fn merge_transactions(&self, other: &TransactionsSnapshot, set_id: impl Fn(SetId) -> Option<SetId>) {
        if other.provisionals.is_empty() && other.monitors.is_empty() {
            return;
        }
        let mut table = self.transactions.lock();
        let ended: BTreeSet<u64> = other
            .monitors
            .iter()
            .filter(|(digest, _)| table.ended.contains_key(digest))
            .map(|(_, monitor)| monitor.transaction)
            .collect();
        for (digest, monitor) in &other.monitors {
            if !ended.contains(&monitor.transaction) {
                let own = table.monitors.entry(*digest).or_insert_with(|| monitor.clone());
                own.is_committed |= monitor.is_committed;
                let new = monitor.keys.iter().filter(|key| !own.keys.contains(key));
                let new: Vec<Digest> = new.copied().collect();
                own.keys.extend(new);
            }
        }
        for (digest, provisional) in &other.provisionals {
            if !ended.contains(&provisional.transaction) {
                table.provisionals.entry(*digest).or_insert_with(|| {
                    let mut provisional = provisional.clone();
                    provisional.record.set = provisional.record.set.and_then(&set_id);
                    provisional
                });
            }
        }
        self.transactions.recount(&table);
    }

    /// Whether a record is the monitor of a transaction. Queries do not see it.
    pub(crate) fn is_monitor(&self, set: Option<SetId>) -> bool {
        self.settings.strong_consistency && set.is_some() && set == self.sets.find(MONITOR_SET.as_bytes())
    }
}
