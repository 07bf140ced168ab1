//! Which part of each partition a query has read, and which node has the rest.

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
    /// The index of the stop that was used last: records arrive partition after partition.
    last: usize,
}

/// A partition, and the position of the query in it.
#[derive(Debug)]
struct Stop {
    partition: PartitionId,
    /// The last record that was returned.
    after: Option<Position>,
    /// How often a node failed to return it.
    failed: u32,
    is_done: bool,
}

/// The partitions that are requested from one node.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) node: Arc<Node>,
    /// The partitions, by their index in the tracker.
    stops: Vec<usize>,
    /// The maximum number of records that the node returns.
    pub(super) limit: Option<u64>,
}

impl Tracker {
    pub(super) fn new(cursor: &Cursor) -> Self {
        let stops = cursor.stops().iter().map(|&(partition, after)| Stop {
            partition,
            after,
            failed: 0,
            is_done: false,
        });
        Self {
            stops: stops.collect(),
            last: 0,
        }
    }

    /// The position of the query.
    pub(super) fn cursor(&self) -> Cursor {
        let stops = self.stops.iter().filter(|stop| !stop.is_done);
        Cursor::new(stops.map(|stop| (stop.partition, stop.after)))
    }

    /// The partitions that are not done, grouped by the node from which they are requested.
    ///
    /// A limit is divided among the nodes, with at least one record for each.
    pub(super) fn groups(&self, cluster: &Cluster, namespace: &str, limit: Option<u64>) -> Result<Vec<Group>, Error> {
        let view = cluster.view();
        let mut groups: Vec<Group> = Vec::new();
        // Partitions that no node claims are requested from any node: the server replies with the right error.
        let mut any_node = None;
        let partitions = view.partitions.namespace(namespace);
        for (at, stop) in self.stops.iter().enumerate().filter(|(_, stop)| !stop.is_done) {
            let node = match (
                partitions.and_then(|partitions| partitions.owner(stop.partition, stop.failed)),
                &any_node,
            ) {
                (Some(node), _) | (None, Some(node)) => node.clone(),
                (None, None) => any_node.insert(cluster.any_node(&view)?).clone(),
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

    /// The partitions of a group, and the position of the query in each.
    pub(super) fn positions(&self, group: &Group) -> impl Iterator<Item = (PartitionId, Option<Position>)> {
        let stops = group.stops.iter().filter_map(|at| self.stops.get(*at));
        stops.map(|stop| (stop.partition, stop.after))
    }

    /// Records the position of a record that was returned.
    pub(super) fn reach(&mut self, position: Position) -> Result<(), DecodeError> {
        let unexpected = DecodeError::new("a record of a partition that was not requested", 0);
        let at = self.find(position.digest.partition_id()).ok_or(unexpected)?;
        let stop = self.stops.get_mut(at).ok_or(unexpected)?;
        stop.after = Some(position);
        self.last = at;
        Ok(())
    }

    /// Marks the partitions of a group as done, except for those that its node does not have.
    pub(super) fn finish(&mut self, group: &Group, missing: &[PartitionId]) {
        for at in &group.stops {
            if let Some(stop) = self.stops.get_mut(*at) {
                stop.is_done = !missing.contains(&stop.partition);
            }
        }
    }

    /// Counts a failure for partitions that the node does not have, so that they are requested from another node.
    pub(super) fn fail(&mut self, missing: &[PartitionId]) {
        for partition in missing {
            if let Some(stop) = self.find(*partition).and_then(|at| self.stops.get_mut(at)) {
                stop.failed += 1;
            }
        }
    }

    /// Counts a failure for all partitions of a group, so that they are requested from other nodes.
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
