//! Strong consistency: which partitions can be used, by the roster of the namespace and the nodes that are there.

use spikelet_wire::{PARTITIONS, PartitionId};

use super::balance::{Member, succession};
use super::node::Node;
use super::node_bits::{bit, positions};
use super::partition_table::PartitionTable;
use super::roster::{Roster, RosterNode};
use crate::clock::Now;

/// Whether a partition can be read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Availability {
    /// It can.
    #[default]
    Available,
    /// It cannot while nodes of the roster are missing.
    Unavailable,
    /// It cannot although all nodes of the roster are there: they have lost their copies together.
    Dead,
}

/// The numbers of partitions of a namespace with strong consistency that cannot be read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Outage {
    /// Partitions that cannot be used while nodes of the roster are missing (`unavailable_partitions`).
    pub unavailable: u32,
    /// Partitions that cannot be used although no node of the roster is missing, until they are revived: all copies were lost
    /// (`dead_partitions`).
    pub dead: u32,
    /// Partitions that were dead and are available, because the namespace has `auto-revive` (`auto_revived_partitions`).
    pub auto_revived: u32,
}

/// What a partition table of a namespace with strong consistency has besides.
#[derive(Debug, Clone, Default)]
pub(super) struct Consistency {
    /// The roster of the last balance.
    pub(super) roster: Roster,
    /// The roster of the next balance.
    pub(super) pending: Roster,
    /// The number of changes to the cluster when the pending roster was set. Of two subclusters that meet, the later one counts.
    pending_since: u64,
    /// The regime of the last balance. It grows with every balance.
    pub(super) regime: u32,
    /// The partitions, by number.
    partitions: Vec<Partition>,
    /// The nodes whose copies the next balance revives, one bit each.
    revived: u64,
    auto_revive: bool,
    auto_revived: u32,
}

/// A partition.
#[derive(Debug, Clone, Copy, Default)]
struct Partition {
    /// The regime in which it was last available; 0 if it never was.
    regime: u32,
    availability: Availability,
}

impl Consistency {
    pub(super) fn new(roster: Roster, auto_revive: bool) -> Self {
        Self {
            pending: roster,
            partitions: vec![Partition::default(); usize::from(PARTITIONS)],
            auto_revive,
            ..Self::default()
        }
    }

    pub(super) const fn is_auto_reviving(&self) -> bool {
        self.auto_revive
    }

    pub(super) fn availability(&self, id: PartitionId) -> Availability {
        self.partition(id).availability
    }

    /// The regime in which a partition was last available.
    pub(super) fn regime_of(&self, id: PartitionId) -> u32 {
        self.partition(id).regime
    }

    pub(super) fn outage(&self) -> Outage {
        let mut outage = Outage {
            auto_revived: self.auto_revived,
            ..Outage::default()
        };
        for partition in &self.partitions {
            match partition.availability {
                Availability::Available => {}
                Availability::Unavailable => outage.unavailable += 1,
                Availability::Dead => outage.dead += 1,
            }
        }
        outage
    }

    /// Sets the roster of the next balance.
    pub(super) fn set_pending(&mut self, roster: Roster, changes: u64) {
        (self.pending, self.pending_since) = (roster, changes);
    }

    /// Has the next balance revive the copies of a node.
    pub(super) const fn revive(&mut self, node: usize) {
        self.revived |= bit(node);
    }

    fn partition(&self, id: PartitionId) -> Partition {
        self.partitions.get(usize::from(id.get())).copied().unwrap_or_default()
    }

    fn set(&mut self, id: PartitionId, partition: Partition) {
        if let Some(known) = self.partitions.get_mut(usize::from(id.get())) {
            *known = partition;
        }
    }
}

impl PartitionTable {
    /// Balances the partitions among those of the nodes `alive`, one bit each, that are on the roster. Partitions that may not be
    /// used, or whose data is not there, belong to no node.
    pub(super) fn balance_by_roster(&mut self, nodes: &[Node], alive: u64, regime: u32, now: Now) {
        let Some(mut consistency) = self.consistency.take() else {
            return;
        };
        consistency.roster = consistency.pending.clone();
        consistency.regime = regime;
        consistency.auto_revived = 0;
        let roster = consistency.roster.nodes();
        let position = |entry: &RosterNode| {
            let found = nodes.iter().position(|node| node.id == entry.id);
            found.filter(|at| alive & bit(*at) != 0)
        };
        let present: Vec<Option<usize>> = roster.iter().map(position).collect();
        let of_roster: Vec<Member> = roster.iter().enumerate().map(Member::of_roster).collect();
        let members: Vec<Member> = roster
            .iter()
            .zip(&present)
            .filter_map(|(entry, at)| {
                let node = nodes.get((*at)?)?;
                Some(Member {
                    rack: entry.rack,
                    ..Member::of((*at)?, node)
                })
            })
            .collect();
        let (roster_size, bits) = (
            roster.len(),
            members.iter().fold(0, |bits, member| bits | bit(member.at)),
        );
        let copies = usize::try_from(self.factor).unwrap_or(usize::MAX).min(roster_size);
        let active = self.shape(&members);
        self.successions.clear();
        self.full.resize(usize::from(PARTITIONS), 0);
        for id in PartitionId::all() {
            let order = succession(id, &members, active, self.replicas);
            let keepers = order.iter().take(self.replicas);
            let keepers = keepers.fold(0, |bits, at| bits | bit(usize::from(*at)));
            self.successions.extend(order);
            let expected = succession(id, &of_roster, roster_size, copies);
            let is_present = |at: &u8| present.get(usize::from(*at)).copied().flatten().is_some();
            let replicas = expected.get(..copies).unwrap_or_default();
            let has_quorum = has_quorum(replicas, roster_size, members.len(), is_present);
            let before = consistency.partition(id);
            let mut full = self.full(id) & bits;
            let mut availability = match (has_quorum, full) {
                (false, _) => Availability::Unavailable,
                (true, 0) if before.regime == 0 => Availability::Available,
                (true, 0) if members.len() == roster_size => Availability::Dead,
                (true, 0) => Availability::Unavailable,
                (true, _) => Availability::Available,
            };
            if availability == Availability::Dead {
                let is_revived = replicas
                    .iter()
                    .filter_map(|at| present.get(usize::from(*at)).copied().flatten())
                    .any(|at| consistency.revived & bit(at) != 0);
                if is_revived || consistency.auto_revive {
                    availability = Availability::Available;
                    consistency.auto_revived += u32::from(!is_revived);
                }
            }
            let is_available = availability == Availability::Available;
            let regime = if is_available { regime } else { before.regime };
            consistency.set(id, Partition { regime, availability });
            if !is_available {
                self.set_full(id, self.full(id) & alive);
                if let Some(subsets) = self.subsets.get_mut(&id) {
                    subsets.retain(|subset| alive & bit(subset.node) != 0);
                }
                continue;
            }
            if full == 0 || full & keepers == keepers {
                full = keepers;
            }
            self.set_full(id, full);
            self.await_copies(id, keepers & !full, now);
        }
        consistency.revived = 0;
        self.consistency = Some(consistency);
        self.initial = (0..nodes.len()).map(|node| self.migrations(node)).collect();
    }

    /// Adds the copies that the nodes of another subcluster have, of which `members` are in this one now. Where one of the two was
    /// available later, the other's copies are out of date.
    pub(super) fn join_by_regime(&mut self, other: &Self, members: u64) {
        let (Some(mut own), Some(theirs)) = (self.consistency.take(), &other.consistency) else {
            return;
        };
        if theirs.pending_since > own.pending_since {
            own.pending = theirs.pending.clone();
            own.pending_since = theirs.pending_since;
        }
        own.revived |= theirs.revived;
        for id in PartitionId::all() {
            let (mine, regime) = (own.partition(id), theirs.regime_of(id));
            let is_complete =
                |table: &Self| table.full(id) & members != 0 || table.subsets_on(id, members).next().is_none();
            if regime > mine.regime {
                own.set(id, Partition { regime, ..mine });
                if is_complete(other) {
                    self.set_full(id, 0);
                    self.subsets.remove(&id);
                }
            } else if regime < mine.regime && is_complete(self) {
                continue;
            }
            self.set_full(id, self.full(id) | other.full(id));
            let subsets: Vec<_> = other.subsets_on(id, u64::MAX).copied().collect();
            if !subsets.is_empty() {
                self.subsets.entry(id).or_default().extend(subsets);
            }
        }
        self.consistency = Some(own);
    }

    /// Whether one of the `others` was available later in a partition, and one of the nodes `members` has a full copy of that.
    pub(super) fn is_superseded(&self, id: PartitionId, others: &[&Self], members: u64) -> bool {
        let regime = |table: &Self| table.consistency.as_ref().map_or(0, |known| known.regime_of(id));
        let own = regime(self);
        others
            .iter()
            .any(|other| regime(other) > own && other.full(id) & members != 0)
    }

    fn set_full(&mut self, id: PartitionId, nodes: u64) {
        if let Some(full) = self.full.get_mut(usize::from(id.get())) {
            *full = nodes;
        }
    }
}

/// Whether the nodes that are present may use a partition, of which the nodes `replicas` are to keep the copies if all nodes of the
/// roster are present; the first of them is the roster master.
///
/// They may if they include all of the replicas; if they are the majority of the roster and include one of the replicas; or if
/// they are exactly half of the roster and include the roster master. No two sides of a cut network meet these conditions.
fn has_quorum(replicas: &[u8], roster: usize, present: usize, is_present: impl Fn(&u8) -> bool) -> bool {
    let Some(master) = replicas.first() else {
        return false;
    };
    replicas.iter().all(&is_present)
        || 2 * present > roster && replicas.iter().any(&is_present)
        || 2 * present == roster && is_present(master)
}

/// The nodes of a subcluster as a roster: the observed nodes.
pub(super) fn observed(nodes: &[Node], members: u64) -> Roster {
    let members = positions(members).filter_map(|at| nodes.get(at));
    Roster::new(members.map(|node| RosterNode {
        id: node.id,
        rack: node.configured_rack(),
    }))
}
