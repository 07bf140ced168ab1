//! Splits: while the network between nodes is cut, each subcluster has a state of its own.

use std::ops::Deref;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use super::{RestoreError, Snapshot, State};
use crate::clock::Now;
use crate::cluster::{Cluster, ClusterError, Origin, positions};
use crate::store::Namespace;

/// The states of the subclusters, and which node is in which. There is one subcluster unless the network is cut.
#[derive(Debug)]
pub(crate) struct Split {
    /// The state of the first subcluster, whichever nodes are in it.
    first: Arc<State>,
    /// Locked for reading while a state is used, so that nothing is written to a subcluster that a node has left.
    others: RwLock<Others>,
}

#[derive(Debug)]
struct Others {
    states: Vec<Arc<State>>,
    /// The subcluster of each node, by the node's position.
    of_node: [u8; Cluster::MAX_NODES],
}

/// The state of a node's subcluster. Subclusters do not change while this exists.
#[derive(Debug)]
pub(crate) struct SubclusterState<'s> {
    first: &'s State,
    others: RwLockReadGuard<'s, Others>,
    at: usize,
}

impl Deref for SubclusterState<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        let other = self.at.checked_sub(1).and_then(|at| self.others.states.get(at));
        other.map_or(self.first, |state| state)
    }
}

impl Split {
    pub(crate) const fn new(first: Arc<State>) -> Self {
        let others = Others {
            states: Vec::new(),
            of_node: [0; Cluster::MAX_NODES],
        };
        Self {
            first,
            others: RwLock::new(others),
        }
    }

    /// The state of a node's subcluster, for a short use.
    pub(crate) fn of(&self, node: usize) -> SubclusterState<'_> {
        let others = self.read();
        SubclusterState {
            first: &self.first,
            at: others.of_node.get(node).copied().map_or(0, usize::from),
            others,
        }
    }

    /// The state of a node's subcluster, for a caller that may change the subclusters.
    pub(crate) fn state_of(&self, node: usize) -> Arc<State> {
        let others = self.read();
        let at = others.of_node.get(node).copied().map_or(0, usize::from);
        others.state(&self.first, at)
    }

    /// The states of all subclusters.
    pub(crate) fn all(&self) -> Vec<Arc<State>> {
        let first = std::iter::once(Arc::clone(&self.first));
        first.chain(self.read().states.iter().cloned()).collect()
    }

    /// Changes the cluster, and with it what each subcluster holds: partitions whose last copy is gone are lost, subclusters
    /// that part each keep what they hold, and subclusters that meet are merged.
    ///
    /// # Errors
    /// The error of the change; nothing changes then.
    pub(crate) fn change<T>(
        &self,
        now: Now,
        change: impl FnOnce(&mut Cluster) -> Result<T, ClusterError>,
    ) -> Result<T, ClusterError> {
        let mut others = self.others.write().unwrap_or_else(PoisonError::into_inner);
        let mut cluster = Cluster::clone(&self.first.cluster());
        let balanced = cluster.changes();
        cluster.keep_copies(&self.first.configured_tables());
        others
            .states
            .iter()
            .for_each(|state| cluster.keep_copies(&state.configured_tables()));
        let changed = change(&mut cluster)?;
        let is_balanced = cluster.changes() != balanced;
        let origins = cluster.take_origins();
        if !origins.is_empty() {
            others.rearrange(&self.first, &origins, now);
            others.of_node = std::array::from_fn(|node| cluster.subcluster_of(node).map_or(0, |at| at as u8));
        }
        self.first.set_cluster(cluster);
        if is_balanced {
            self.first.apply_factors();
            others.states.iter().for_each(|state| state.apply_factors());
        }
        Ok(changed)
    }

    /// Restores a snapshot into every subcluster.
    ///
    /// # Errors
    /// [`RestoreError::Namespaces`] if the names of the namespaces differ; nothing changes then.
    pub(crate) fn restore(&self, now: Now, snapshot: &Snapshot) -> Result<(), RestoreError> {
        self.all().iter().try_for_each(|state| state.restore(now, snapshot))
    }

    /// Removes everything from every subcluster, and restores the settings of the configuration and the first rosters.
    pub(crate) fn reset(&self, now: Now) {
        self.all().iter().for_each(|state| state.reset());
        let is_consistent = |namespace: &Namespace| namespace.settings.strong_consistency;
        if self.first.namespaces().iter().any(is_consistent) {
            let reset = self.change(now, |cluster| {
                cluster.reset_rosters(now);
                Ok(())
            });
            debug_assert_eq!(reset, Ok(()));
        }
    }

    /// Removes all records from every subcluster.
    pub(crate) fn truncate(&self) {
        for state in self.all() {
            state.namespaces().iter().for_each(Namespace::clear);
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Others> {
        self.others.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Others {
    fn state(&self, first: &Arc<State>, at: usize) -> Arc<State> {
        let other = at.checked_sub(1).and_then(|at| self.states.get(at));
        Arc::clone(other.unwrap_or(first))
    }

    /// Makes one state for each subcluster from its origins: the states of the subclusters that its nodes come from.
    fn rearrange(&mut self, first: &Arc<State>, origins: &[Vec<Origin>], now: Now) {
        let is_base = |at: usize, from: usize| {
            origins
                .get(at)
                .and_then(|of| of.first())
                .is_some_and(|of| of.subcluster == from)
        };
        // A state that is needed at another place is saved before any state changes.
        let saved: Vec<Option<Snapshot>> = (0..=self.states.len())
            .map(|from| {
                let stays = origins.iter().enumerate().all(|(at, of)| {
                    of.iter().all(|origin| origin.subcluster != from) || (at == from && is_base(at, from))
                });
                (!stays).then(|| self.state(first, from).snapshot())
            })
            .collect();
        let saved = |from: usize| saved.get(from).and_then(Option::as_ref);
        let mut states = Vec::new();
        for (at, of) in origins.iter().enumerate() {
            let Some((base, more)) = of.split_first() else { continue };
            let state = match at {
                0 => Arc::clone(first),
                at if base.subcluster == at => self.state(first, at),
                _ => Arc::new(first.for_subcluster(now)),
            };
            if base.subcluster != at
                && let Some(snapshot) = saved(base.subcluster)
            {
                state.replace_by(now, snapshot);
            }
            state.lose(&base.lost);
            for origin in more {
                // The number of a set may stand for another set in the merged state.
                positions(origin.nodes).for_each(|node| first.abort_queries(node));
                if let Some(snapshot) = saved(origin.subcluster) {
                    state.merge(now, snapshot, &origin.lost);
                }
            }
            if at > 0 {
                states.push(state);
            }
        }
        self.states = states;
    }
}
