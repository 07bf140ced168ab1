//! Snapshots: a copy of what a server holds, which can be restored.

use std::fmt;
use std::sync::Arc;

use super::State;
use super::foreign_sindexes::ForeignSindexesSnapshot;
use super::parameters::ParametersSnapshot;
use super::security::Security;
use super::smd::{SmdItem, SmdSnapshot};
use super::xdr::XdrSnapshot;
use crate::access::Accounts;
use crate::clock::Now;
use crate::cluster::Lost;
use crate::config::Config;
use crate::store::sindex::Build;
use crate::store::{Namespace, NamespaceSnapshot};

/// What a server held at one moment: records, sets, secondary indexes, truncations, masking rules, XDR filters, UDF modules, users
/// and roles, and the settings that `set-config` changes.
///
/// A snapshot shares records and index entries with the server and copies them on write: taking one costs microseconds, and
/// keeping one costs the memory of what was written since. A clone is the same snapshot. It outlives its server, and can be
/// restored into another one.
#[derive(Debug, Clone)]
pub struct Snapshot(Arc<Contents>);

#[derive(Debug)]
struct Contents {
    /// With the names of the namespaces, in the order of the configuration.
    namespaces: Vec<(String, NamespaceSnapshot)>,
    foreign_sindexes: ForeignSindexesSnapshot,
    smd: SmdSnapshot,
    parameters: ParametersSnapshot,
    xdr: XdrSnapshot,
    /// `None` without security, and for those of the start.
    accounts: Option<Arc<Accounts>>,
    #[cfg(feature = "udf")]
    modules: Vec<(String, Arc<[u8]>)>,
}

impl Snapshot {
    /// The names of the namespaces, in the order of the server's configuration.
    pub fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.0.namespaces.iter().map(|(name, _)| name.as_str())
    }

    /// The number of records, expired records that were not removed yet included.
    #[must_use]
    pub fn objects(&self) -> u64 {
        self.0.namespaces.iter().map(|(_, namespace)| namespace.objects()).sum()
    }

    /// The snapshot of a server that was just started.
    fn empty(config: &Config) -> Self {
        let namespaces = config.namespaces.iter();
        Self(Arc::new(Contents {
            namespaces: namespaces
                .map(|config| (config.name.clone(), NamespaceSnapshot::new(config)))
                .collect(),
            foreign_sindexes: ForeignSindexesSnapshot::default(),
            smd: SmdSnapshot::default(),
            parameters: ParametersSnapshot::default(),
            xdr: XdrSnapshot::default(),
            accounts: None,
            #[cfg(feature = "udf")]
            modules: Vec::new(),
        }))
    }

    fn namespace(&self, name: &str) -> Option<&NamespaceSnapshot> {
        let mut namespaces = self.0.namespaces.iter();
        namespaces
            .find(|(other, _)| other == name)
            .map(|(_, namespace)| namespace)
    }
}

/// Why a snapshot cannot be restored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RestoreError {
    /// The snapshot is of a server with other namespaces.
    Namespaces {
        /// The namespaces of the snapshot.
        snapshot: Vec<String>,
        /// The namespaces of the server.
        server: Vec<String>,
    },
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Namespaces { snapshot, server } = self;
        let (snapshot, server) = (snapshot.join(", "), server.join(", "));
        write!(
            f,
            "the snapshot is of the namespaces {snapshot}, and the server has {server}"
        )
    }
}

impl std::error::Error for RestoreError {}

impl State {
    /// Takes a snapshot.
    ///
    /// All records are locked together, so that a snapshot holds either everything that a command did or nothing of it, and
    /// counters and indexes agree with the records.
    #[must_use]
    pub(crate) fn snapshot(&self) -> Snapshot {
        let locked: Vec<_> = self.namespaces().iter().map(Namespace::lock).collect();
        let saved = locked.iter().map(|locked| locked.save());
        let names = self.namespaces().iter().map(|namespace| namespace.name.clone());
        Snapshot(Arc::new(Contents {
            namespaces: names.zip(saved).collect(),
            foreign_sindexes: self.foreign_sindexes().save(),
            smd: self.smd().save(),
            parameters: self.parameters().save(),
            xdr: self.xdr().save(),
            accounts: self.security().map(Security::accounts),
            #[cfg(feature = "udf")]
            modules: self.modules().all(),
        }))
    }

    /// Replaces everything by what a snapshot holds. Aborts long queries, as `query-abort-all` does, and builds to the end an
    /// index that was being built.
    ///
    /// # Errors
    /// [`RestoreError::Namespaces`] if the names of the namespaces differ; nothing changes then.
    pub(crate) fn restore(&self, now: Now, snapshot: &Snapshot) -> Result<(), RestoreError> {
        let namespaces: Option<Vec<&NamespaceSnapshot>> = self
            .namespaces()
            .iter()
            .map(|namespace| snapshot.namespace(&namespace.name))
            .collect();
        let namespaces = namespaces
            .filter(|namespaces| namespaces.len() == snapshot.0.namespaces.len())
            .ok_or_else(|| RestoreError::Namespaces {
                snapshot: snapshot.namespaces().map(str::to_owned).collect(),
                server: self.namespaces().iter().map(|other| other.name.clone()).collect(),
            })?;
        self.abort_all_queries();
        self.replace(&namespaces, snapshot, now);
        Ok(())
    }

    /// Replaces everything by what a snapshot of another subcluster of the same cluster holds. Queries go on.
    pub(super) fn replace_by(&self, now: Now, snapshot: &Snapshot) {
        let namespaces: Vec<_> = snapshot.0.namespaces.iter().map(|(_, namespace)| namespace).collect();
        self.replace(&namespaces, snapshot, now);
    }

    /// Merges what another subcluster held, without what that subcluster has lost. Of two records with the same digest the
    /// winner of the namespace's conflict resolution is kept; of indexes and UDF modules the last change is kept.
    pub(super) fn merge(&self, now: Now, snapshot: &Snapshot, lost: &[Lost]) {
        for (namespace, (_, other)) in self.namespaces().iter().zip(&snapshot.0.namespaces) {
            let lost = lost.iter().find(|lost| lost.table == namespace.table());
            namespace.merge(other, lost.map_or(&[], |lost| &lost.partitions));
        }
        for item in self.smd().merge(&snapshot.0.smd) {
            match item {
                SmdItem::Sindex { namespace, name } => {
                    let own = self.namespaces().iter().find(|other| other.name == namespace);
                    let Some((own, other)) = own.zip(snapshot.namespace(&namespace)) else {
                        continue;
                    };
                    if let Some(build) = own.merge_sindex(&name, other) {
                        finish(build, own, now);
                    }
                }
                SmdItem::Masking { namespace, set, bin } => {
                    let own = self.namespaces().iter().find(|other| other.name == namespace);
                    if let Some((own, other)) = own.zip(snapshot.namespace(&namespace)) {
                        own.merge_masking(&set, bin, other);
                    }
                }
                SmdItem::Xdr(name) => self.xdr().merge(&name, &snapshot.0.xdr),
                SmdItem::User(name) => self.merge_accounts(snapshot, |own, other| own.merge_user(&name, other)),
                SmdItem::Role(name) => self.merge_accounts(snapshot, |own, other| own.merge_role(&name, other)),
                // Truncations are merged with the records, and nothing is evicted.
                SmdItem::Evict(_) | SmdItem::Truncate { .. } => {}
                #[cfg(feature = "udf")]
                SmdItem::Module(file) => self.modules().merge(&file, &snapshot.0.modules),
                #[cfg(not(feature = "udf"))]
                SmdItem::Module(_) => {}
            }
        }
    }

    fn merge_accounts(&self, snapshot: &Snapshot, merge: impl FnOnce(&mut Accounts, &Accounts)) {
        let (Some(security), Some(other)) = (self.security(), &snapshot.0.accounts) else {
            return;
        };
        // It never fails.
        let _ = security.change(|own| {
            merge(own, other);
            own.drop_unknown_roles();
            Ok(())
        });
    }

    /// Removes everything and restores the settings of the configuration. Aborts long queries, as `query-abort-all` does.
    pub(super) fn reset(&self) {
        self.abort_all_queries();
        self.replace_by(Now::default(), &Snapshot::empty(self.config()));
        self.apply_factors();
    }

    /// A state with the same settings, sets, indexes and modules, but no records: what this one would refuse now, that one
    /// refuses, and this one stays as it is.
    pub(crate) fn rehearsal(&self, now: Now) -> Self {
        let rehearsal = self.for_subcluster(now);
        for (own, namespace) in rehearsal.namespaces().iter().zip(self.namespaces()) {
            own.copy_metadata_from(namespace);
        }
        #[cfg(feature = "udf")]
        rehearsal.modules().restore(&self.modules().all());
        rehearsal
    }

    fn replace(&self, namespaces: &[&NamespaceSnapshot], snapshot: &Snapshot, now: Now) {
        let mut locked: Vec<_> = self.namespaces().iter().map(Namespace::lock).collect();
        for (locked, namespace) in locked.iter_mut().zip(namespaces) {
            locked.restore(namespace);
        }
        drop(locked);
        self.foreign_sindexes().restore(&snapshot.0.foreign_sindexes);
        self.smd().restore(&snapshot.0.smd);
        self.parameters().restore(&snapshot.0.parameters);
        self.xdr().restore(&snapshot.0.xdr);
        self.apply_query_max_done();
        if let Some(security) = self.security() {
            security.restore(snapshot.0.accounts.as_ref());
        }
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
