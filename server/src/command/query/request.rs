//! The request of a query: its message, and the state that a step reads and changes.

use std::sync::Arc;

use spikelet_wire::{Header, Info3, Message, PartitionId, ResultCode};

use super::fields::{self, SetFilter};
use super::source::Source;
use crate::clock::Now;
use crate::cluster::{Availability, Cluster};
use crate::command::record::filter::Filter;
use crate::command::record::mask::Masks;
use crate::command::record::request::Fields;
use crate::ops::exp::Expression;
use crate::refusal::Refusal;
use crate::state::{JobDescription, JobKind, NamespaceStats, Session, State};
use crate::store::Namespace;

/// The message of a query, and the state that one of its steps reads and changes.
pub(super) struct QueryRequest<'a> {
    pub(super) state: &'a State,
    /// A copy for the whole step, which checks many partitions.
    pub(super) cluster: Arc<Cluster>,
    pub(super) now: Now,
    pub(super) session: &'a Session,
    pub(super) namespace: &'a Namespace,
    pub(super) message: Message<'a>,
    pub(super) fields: Fields<'a>,
    pub(super) filter: Filter<'a>,
}

impl QueryRequest<'_> {
    /// Checks the filter expression.
    ///
    /// # Errors
    /// `PARAMETER` for an invalid expression.
    pub(super) fn check_filter(&self) -> Result<(), Refusal> {
        self.fields.filter.map(Expression::build_filter).transpose()?;
        Ok(())
    }

    /// What the user sees masked.
    pub(super) fn masks(&self) -> Masks {
        Masks::of(self.namespace, self.session)
    }

    /// Refuses a secondary index of values that the user sees masked only.
    ///
    /// # Errors
    /// `ROLE_VIOLATION`.
    pub(super) fn check_search(&self, source: &Source) -> Result<(), Refusal> {
        let set = match source.set {
            SetFilter::One(set) => Some(set),
            SetFilter::Any | SetFilter::Unknown => None,
        };
        let search = source.search().map(|search| &**search);
        self.masks().check_search(self.namespace, set, search)
    }

    /// The counters of the namespace on the session's node.
    pub(super) fn stats(&self) -> &NamespaceStats {
        self.session.stats.of(self.namespace)
    }

    /// Whether the session's node has a full copy of a partition that is available.
    pub(super) fn is_full(&self, partition: PartitionId) -> bool {
        let table = self.namespace.table();
        let node = self.session.node;
        let subcluster = self.cluster.subcluster(node);
        subcluster.is_full(node, table, partition)
            && subcluster.availability(table, partition) == Availability::Available
    }

    /// Whether the session's node is the working master of a partition.
    pub(super) fn is_master(&self, partition: PartitionId) -> bool {
        let table = self.namespace.table();
        let node = self.session.node;
        self.cluster.subcluster(node).working_master(table, partition) == Some(node)
    }

    /// The part of the job description that is the same for all kinds of jobs.
    pub(super) fn describe(&self, kind: JobKind) -> JobDescription {
        JobDescription {
            id: fields::transaction_id(&self.message),
            node: self.session.node,
            namespace: self.namespace.name.clone(),
            set: self
                .fields
                .set
                .filter(|set| !set.is_empty())
                .map(|set| String::from_utf8_lossy(set).into_owned()),
            index: None,
            partitions: None,
            records_per_second: None,
            peer: self.session.peer,
            socket_timeout: None,
            kind,
            #[cfg(feature = "udf")]
            udf: None,
            started: self.now,
        }
    }
}

/// The header of the last message of a reply.
pub(super) fn last_message(code: ResultCode) -> Header {
    Header {
        info3: Info3::LAST,
        ..Header::result(code)
    }
}
