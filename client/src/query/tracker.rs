//! What of each partition a query has seen, and which node to ask for the rest.

use std::sync::Arc;

use spikelet_wire::{DecodeError, PartitionId};

use super::cursor::{Cursor, Position};
use crate::cluster::{Cluster, Node};
use crate::error::Error;

/// The partitions of a query.
#[derive(Debug)]
pub(super) struct Tracker {
    /// By partition, in order, each once.
    stops: Vec<Stop>,
    /// The stop that was used last: records come partition after partition.
    last: usize,
}

#[derive(Debug)]
struct Stop {
    partition: PartitionId,
    behind: Option<Position>,
    /// How often a node that was asked for it failed.
    failed: u32,
    is_done: bool,
}

/// What one node is asked for.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) node: Arc<Node>,
    /// By their places in the tracker.
    stops: Vec<usize>,
    /// How many records the node may answer.
    pub(super) limit: Option<u64>,
}

impl Tracker {
    pub(super) fn new(cursor: &Cursor) -> Self {
        let stops = cursor.stops().iter().map(|&(partition, behind)| Stop {
            partition,
            behind,
            failed: 0,
            is_done: false,
        });
        Self {
            stops: stops.collect(),
            last: 0,
        }
    }

    /// Where the query stands.
    pub(super) fn cursor(&self) -> Cursor {
        let stops = self.stops.iter().filter(|stop| !stop.is_done);
        Cursor::new(stops.map(|stop| (stop.partition, stop.behind)))
    }

    /// The partitions that are not done, by the node that is to be asked for them.
    ///
    /// A limit is shared out among the nodes, and each may answer one record at least.
    pub(super) fn groups(&self, cluster: &Cluster, namespace: &str, limit: Option<u64>) -> Result<Vec<Group>, Error> {
        let view = cluster.view();
        let mut groups: Vec<Group> = Vec::new();
        // What no node claims is left to any node: the server knows what is wrong with it.
        let mut anyone = None;
        let table = view.partitions.get(namespace);
        for (at, stop) in self.stops.iter().enumerate().filter(|(_, stop)| !stop.is_done) {
            let node = match (
                table.and_then(|table| table.owner(stop.partition, stop.failed)),
                &anyone,
            ) {
                (Some(node), _) | (None, Some(node)) => node.clone(),
                (None, None) => anyone.insert(cluster.any_node(&view)?).clone(),
            };
            match groups.iter_mut().find(|group| Arc::ptr_eq(&group.node, &node)) {
                Some(group) => group.stops.push(at),
                None => groups.push(Group {
                    node,
                    stops: vec![at],
                    limit: None,
                }),
            }
        }
        if let Some(limit) = limit {
            let nodes = groups.len().max(1) as u64;
            for (group, at) in groups.iter_mut().zip(0..) {
                group.limit = Some((limit / nodes + u64::from(at < limit % nodes)).max(1));
            }
        }
        Ok(groups)
    }

    /// The partitions of a group, and where the query stands in them.
    pub(super) fn positions(&self, group: &Group) -> impl Iterator<Item = (PartitionId, Option<Position>)> {
        let stops = group.stops.iter().filter_map(|at| self.stops.get(*at));
        stops.map(|stop| (stop.partition, stop.behind))
    }

    /// Takes note of a record that was handed out.
    pub(super) fn reach(&mut self, position: Position) -> Result<(), DecodeError> {
        let unasked = DecodeError::new("a record of a partition that was not asked for", 0);
        let at = self.find(position.digest.partition_id()).ok_or(unasked)?;
        let stop = self.stops.get_mut(at).ok_or(unasked)?;
        stop.behind = Some(position);
        self.last = at;
        Ok(())
    }

    /// The group's node has answered all that there is in its partitions, apart from those that it does not have.
    pub(super) fn finish(&mut self, group: &Group, missing: &[PartitionId]) {
        for at in &group.stops {
            if let Some(stop) = self.stops.get_mut(*at) {
                stop.is_done = !missing.contains(&stop.partition);
            }
        }
    }

    /// Another node is to be asked for a partition that the one asked does not have.
    pub(super) fn fail(&mut self, missing: &[PartitionId]) {
        for partition in missing {
            if let Some(stop) = self.find(*partition).and_then(|at| self.stops.get_mut(at)) {
                stop.failed += 1;
            }
        }
    }

    /// Another node is to be asked for all partitions of a group.
    pub(super) fn fail_all(&mut self, group: &Group) {
        for at in &group.stops {
            if let Some(stop) = self.stops.get_mut(*at) {
                stop.failed += 1;
            }
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.stops.iter().all(|stop| stop.is_done)
    }

    fn find(&self, partition: PartitionId) -> Option<usize> {
        match self.stops.get(self.last) {
            Some(stop) if stop.partition == partition => Some(self.last),
            _ => self.stops.binary_search_by_key(&partition, |stop| stop.partition).ok(),
        }
    }
}
