//! Snapshots: what a server holds, kept aside and put back.

use std::sync::Arc;

use super::Engine;
use super::info::ElsewhereState;
use super::smd::{Item, SmdState};
use crate::clock::Now;
use crate::cluster::Lost;
use crate::config::Config;
use crate::store::sindex::Build;
use crate::store::{Namespace, State};

/// What a server held at one moment: records, sets, secondary indexes, truncations, UDF modules, and the settings that
/// `set-config` changes.
///
/// Records and the entries of indexes are shared with the server until one of the two changes, so that taking a snapshot
/// costs nothing to speak of, and keeping one costs what was written since. A clone is the same snapshot. It outlives its
/// server, and another one can hold what it holds.
#[derive(Debug, Clone)]
pub struct Snapshot(Arc<Held>);

#[derive(Debug)]
struct Held {
    /// By the names of the namespaces, in the order of the configuration.
    namespaces: Vec<(String, State)>,
    elsewhere: ElsewhereState,
    smd: SmdState,
    #[cfg(feature = "udf")]
    modules: Vec<(String, Arc<[u8]>)>,
}

impl Snapshot {
    /// The names of its namespaces, in the order of the configuration of its server.
    pub fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.0.namespaces.iter().map(|(name, _)| name.as_str())
    }

    /// How many records it holds, those that had expired and were not removed yet among them.
    #[must_use]
    pub fn objects(&self) -> u64 {
        self.0.namespaces.iter().map(|(_, state)| state.objects()).sum()
    }

    /// That of a server that was just started.
    fn empty(config: &Config) -> Self {
        let namespaces = config.namespaces.iter();
        Self(Arc::new(Held {
            namespaces: namespaces
                .map(|config| (config.name.clone(), State::new(config)))
                .collect(),
            elsewhere: ElsewhereState::default(),
            smd: SmdState::default(),
            #[cfg(feature = "udf")]
            modules: Vec::new(),
        }))
    }

    fn state(&self, namespace: &str) -> Option<&State> {
        let mut namespaces = self.0.namespaces.iter();
        namespaces.find(|(name, _)| name == namespace).map(|(_, state)| state)
    }
}

/// Why a snapshot cannot be restored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The server that it was taken of had other namespaces.
    #[error("the snapshot is of the namespaces {}, and the server has {}", .snapshot.join(", "), .server.join(", "))]
    Namespaces {
        /// Those of the snapshot.
        snapshot: Vec<String>,
        /// Those of the server.
        server: Vec<String>,
    },
}

impl Engine {
    /// Keeps aside what it holds.
    ///
    /// All records are locked at once: every command is in it with all that it did, or not at all, and counters and indexes
    /// agree with the records.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let locked: Vec<_> = self.namespaces().iter().map(Namespace::lock).collect();
        let states = locked.iter().map(|locked| locked.save());
        let names = self.namespaces().iter().map(|namespace| namespace.name.clone());
        Snapshot(Arc::new(Held {
            namespaces: names.zip(states).collect(),
            elsewhere: self.elsewhere().save(),
            smd: self.smd().save(),
            #[cfg(feature = "udf")]
            modules: self.modules().all(),
        }))
    }

    /// Has it hold what a snapshot holds, and nothing else. Long queries that run are aborted, as by `query-abort-all`, and
    /// an index that was being built is built.
    ///
    /// # Errors
    /// [`RestoreError::Namespaces`] where the names of the namespaces are not the same; then nothing changes.
    pub fn restore(&self, now: Now, snapshot: &Snapshot) -> Result<(), RestoreError> {
        let states: Option<Vec<&State>> = self
            .namespaces()
            .iter()
            .map(|namespace| snapshot.state(&namespace.name))
            .collect();
        let states = states
            .filter(|states| states.len() == snapshot.0.namespaces.len())
            .ok_or_else(|| RestoreError::Namespaces {
                snapshot: snapshot.namespaces().map(str::to_owned).collect(),
                server: self.namespaces().iter().map(|other| other.name.clone()).collect(),
            })?;
        self.abort_all_queries();
        self.hold(&states, snapshot, now);
        Ok(())
    }

    /// Has it hold what a snapshot of an engine beside it holds, and nothing else. Queries go on.
    pub(crate) fn follow(&self, now: Now, snapshot: &Snapshot) {
        let states: Vec<&State> = snapshot.0.namespaces.iter().map(|(_, state)| state).collect();
        self.hold(&states, snapshot, now);
    }

    /// Takes in what the engine of another side held, but for what that side has lost. Of two records of one key the better
    /// one is kept, and of indexes and UDF modules what was changed last.
    pub(crate) fn merge(&self, now: Now, snapshot: &Snapshot, lost: &[Lost]) {
        for (namespace, (_, state)) in self.namespaces().iter().zip(&snapshot.0.namespaces) {
            let factor = namespace.settings.replication_factor;
            let lost = lost.iter().find(|lost| lost.replication_factor == factor);
            namespace.merge(state, lost.map_or(&[], |lost| &lost.partitions));
        }
        for item in self.smd().merge(&snapshot.0.smd) {
            match item {
                Item::Sindex { namespace, name } => {
                    let own = self.namespaces().iter().find(|other| other.name == namespace);
                    let Some((own, state)) = own.zip(snapshot.state(&namespace)) else {
                        continue;
                    };
                    if let Some(build) = own.merge_sindex(&name, state) {
                        finish(build, own, now);
                    }
                }
                #[cfg(feature = "udf")]
                Item::Module(file) => self.modules().merge(&file, &snapshot.0.modules),
                #[cfg(not(feature = "udf"))]
                Item::Module(_) => {}
            }
        }
    }

    /// Has it hold nothing, with the settings that it was configured with. Long queries that run are aborted, as by
    /// `query-abort-all`.
    pub fn reset(&self) {
        self.abort_all_queries();
        self.follow(Now::default(), &Snapshot::empty(self.config()));
    }

    /// An engine beside it that holds the same but no records: what it refuses now, this one refuses, and stays as it is.
    pub(crate) fn rehearsal(&self, now: Now) -> Self {
        let rehearsal = self.beside(now);
        for (own, namespace) in rehearsal.namespaces().iter().zip(self.namespaces()) {
            own.resemble(namespace);
        }
        #[cfg(feature = "udf")]
        rehearsal.modules().restore(&self.modules().all());
        rehearsal
    }

    /// The number that stands for a set may stand for another one when something else is held.
    fn abort_all_queries(&self) {
        (0..self.cluster().nodes().len()).for_each(|node| self.abort_queries(node));
    }

    fn hold(&self, states: &[&State], snapshot: &Snapshot, now: Now) {
        let mut locked: Vec<_> = self.namespaces().iter().map(Namespace::lock).collect();
        for (locked, state) in locked.iter_mut().zip(states) {
            locked.restore(state);
        }
        drop(locked);
        self.elsewhere().restore(&snapshot.0.elsewhere);
        self.smd().restore(&snapshot.0.smd);
        #[cfg(feature = "udf")]
        self.modules().restore(&snapshot.0.modules);
        for namespace in self.namespaces() {
            for build in namespace.sindexes.builds() {
                finish(build, namespace, now);
            }
        }
    }
}

/// Builds an index to its end.
fn finish(mut build: Build, namespace: &Namespace, now: Now) {
    while !build.step(namespace, now, usize::MAX) {}
}
