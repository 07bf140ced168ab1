//! The engines of a server: one, and one more for each further side of a network that is cut.

use std::ops::Deref;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use crate::clock::Now;
use crate::cluster::{Cluster, ClusterError, Origin, positions};
use crate::command::{Engine, Snapshot};

/// The engines, and which of them is a node's.
#[derive(Debug)]
pub(crate) struct Sides {
    /// That of the first side, whichever nodes that has.
    first: Arc<Engine>,
    /// Held for reading by whoever asks an engine, so that nothing is written to a side that a node has left.
    others: RwLock<Others>,
}

#[derive(Debug)]
struct Others {
    engines: Vec<Arc<Engine>>,
    /// The place of each node's side, by the node's position.
    of_node: [u8; Cluster::MAX_NODES],
}

/// The engine of a node. As long as there is this, the sides stay what they are.
#[derive(Debug)]
pub(crate) struct Side<'s> {
    first: &'s Engine,
    others: RwLockReadGuard<'s, Others>,
    place: usize,
}

impl Deref for Side<'_> {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        let other = self.place.checked_sub(1).and_then(|at| self.others.engines.get(at));
        other.map_or(self.first, |engine| engine)
    }
}

impl Sides {
    pub(crate) const fn new(first: Arc<Engine>) -> Self {
        let others = Others {
            engines: Vec::new(),
            of_node: [0; Cluster::MAX_NODES],
        };
        Self {
            first,
            others: RwLock::new(others),
        }
    }

    /// The engine of the side that a node is on, to be asked at once.
    pub(crate) fn of(&self, node: usize) -> Side<'_> {
        let others = self.read();
        Side {
            first: &self.first,
            place: others.of_node.get(node).copied().map_or(0, usize::from),
            others,
        }
    }

    /// The same for whom may change the sides.
    pub(crate) fn engine_of(&self, node: usize) -> Arc<Engine> {
        let others = self.read();
        let place = others.of_node.get(node).copied().map_or(0, usize::from);
        others.engine(&self.first, place)
    }

    /// The engines of all sides.
    pub(crate) fn all(&self) -> Vec<Arc<Engine>> {
        let first = std::iter::once(Arc::clone(&self.first));
        first.chain(self.read().engines.iter().cloned()).collect()
    }

    /// Changes the cluster, unless that fails, and what each side holds by it: what nodes had that are gone is lost, who can
    /// no longer see one another goes on with what it has, and who can again has what either had.
    ///
    /// # Errors
    /// That of the change.
    pub(crate) fn change<T>(
        &self,
        now: Now,
        change: impl FnOnce(&mut Cluster) -> Result<T, ClusterError>,
    ) -> Result<T, ClusterError> {
        let mut others = self.others.write().unwrap_or_else(PoisonError::into_inner);
        let mut cluster = Cluster::clone(&self.first.cluster());
        let changed = change(&mut cluster)?;
        let origins = cluster.take_origins();
        if !origins.is_empty() {
            others.become_of(&self.first, &origins, now);
            others.of_node = std::array::from_fn(|node| cluster.side_of(node).map_or(0, |side| side as u8));
        }
        self.first.set_cluster(cluster);
        Ok(changed)
    }

    fn read(&self) -> RwLockReadGuard<'_, Others> {
        self.others.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Others {
    fn engine(&self, first: &Arc<Engine>, place: usize) -> Arc<Engine> {
        let other = place.checked_sub(1).and_then(|at| self.engines.get(at));
        Arc::clone(other.unwrap_or(first))
    }

    /// Has there be an engine for each side, of what it is made of.
    fn become_of(&mut self, first: &Arc<Engine>, origins: &[Vec<Origin>], now: Now) {
        let is_base = |place: usize, side: usize| {
            origins
                .get(place)
                .and_then(|of| of.first())
                .is_some_and(|of| of.side == side)
        };
        // What goes to another place is kept before anything changes where it is.
        let kept: Vec<Option<Snapshot>> = (0..=self.engines.len())
            .map(|side| {
                let stays = origins.iter().enumerate().all(|(place, of)| {
                    of.iter().all(|origin| origin.side != side) || (place == side && is_base(place, side))
                });
                (!stays).then(|| self.engine(first, side).snapshot())
            })
            .collect();
        let kept = |side: usize| kept.get(side).and_then(Option::as_ref);
        let mut engines = Vec::new();
        for (place, of) in origins.iter().enumerate() {
            let Some((base, more)) = of.split_first() else { continue };
            let engine = match place {
                0 => Arc::clone(first),
                place if base.side == place => self.engine(first, place),
                _ => Arc::new(first.beside(now)),
            };
            if base.side != place
                && let Some(snapshot) = kept(base.side)
            {
                engine.follow(now, snapshot);
            }
            engine.lose(&base.lost);
            for origin in more {
                // The number that stands for a set may stand for another one here.
                positions(origin.nodes).for_each(|node| first.abort_queries(node));
                if let Some(snapshot) = kept(origin.side) {
                    engine.merge(now, snapshot, &origin.lost);
                }
            }
            if place > 0 {
                engines.push(engine);
            }
        }
        self.engines = engines;
    }
}
