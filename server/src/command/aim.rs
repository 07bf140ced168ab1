//! Which requests are meant, by a fault or by whoever reads the journal.

use std::fmt;

use spikelet_wire::{Digest, UserKey};

use super::kind::Command;
use super::subject::Subject;
use crate::cluster::NodeId;

/// Which requests are meant: all of it must fit.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Aim {
    pub(crate) command: Command,
    pub(crate) namespace: Option<String>,
    /// The empty name stands for no set.
    pub(crate) set: Option<String>,
    pub(crate) record: Option<Record>,
    pub(crate) node: Option<NodeId>,
}

/// Which record is meant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Record {
    Key(UserKey),
    Digest(Digest),
}

/// The methods that narrow an aim, for whatever holds one; where, is given as the path behind `self`.
macro_rules! aiming {
    ($($aim:tt)*) => {
        /// Only what is asked of this namespace.
        pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
            self $($aim)* .namespace = Some(namespace.into());
            self
        }

        /// Only what is asked of this set; the empty name stands for no set.
        pub fn set(mut self, set: impl Into<String>) -> Self {
            self $($aim)* .set = Some(set.into());
            self
        }

        /// Only what is asked of the record of this key, in the set that is named or, without one, in any that the request
        /// names. Most requests carry no key but a digest, by which the record is known.
        pub fn key(mut self, key: impl Into<spikelet_wire::UserKey>) -> Self {
            self $($aim)* .record = Some($crate::command::aim::Record::Key(key.into()));
            self
        }

        /// Only what is asked of the record of this digest, in place of a key.
        pub fn digest(mut self, digest: spikelet_wire::Digest) -> Self {
            self $($aim)* .record = Some($crate::command::aim::Record::Digest(digest));
            self
        }

        /// Only what the node of this id is asked, as `0xB2`.
        pub fn node(mut self, id: impl Into<$crate::cluster::NodeId>) -> Self {
            self $($aim)* .node = Some(id.into());
            self
        }
    };
}

pub(crate) use aiming;

impl Aim {
    pub(crate) fn is_at_node(&self, node: NodeId) -> bool {
        self.node.is_none_or(|wanted| wanted == node)
    }

    /// Whether this is meant, whatever the node.
    pub(crate) fn is_at(&self, subject: &Subject<'_>) -> bool {
        self.command.includes(subject.kind) && self.is_at_place(subject)
    }

    /// Whether this record or these records are meant, whatever is done to them.
    pub(crate) fn is_at_place(&self, subject: &Subject<'_>) -> bool {
        let is = |wanted: &Option<String>, found: Option<&[u8]>| {
            wanted
                .as_ref()
                .is_none_or(|wanted| found.unwrap_or_default() == wanted.as_bytes())
        };
        is(&self.namespace, subject.namespace)
            && match &self.record {
                Some(Record::Key(key)) => self.is_at_key(key, subject),
                Some(Record::Digest(digest)) => subject.digest == Some(*digest),
                None => is(&self.set, subject.set),
            }
    }

    /// Whether any place is meant, even one that is not named.
    pub(crate) const fn is_everywhere(&self) -> bool {
        self.namespace.is_none() && self.set.is_none() && self.record.is_none()
    }

    /// The digest decides: clients send it with every record, but set and key only where they are needed.
    fn is_at_key(&self, key: &UserKey, subject: &Subject<'_>) -> bool {
        let set = match &self.set {
            Some(set) => Some(set.as_str()),
            None => std::str::from_utf8(subject.set.unwrap_or_default()).ok(),
        };
        subject.digest.is_some() && set.map(|set| Digest::of(set, key)) == subject.digest
    }
}

/// As the parameters of a control, with a colon between them.
impl fmt::Display for Aim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "command={}", self.command)?;
        for (name, value) in [("namespace", &self.namespace), ("set", &self.set)] {
            value.as_ref().map_or(Ok(()), |value| write!(f, ":{name}={value}"))?;
        }
        match &self.record {
            Some(Record::Key(key @ UserKey::Int(_))) => write!(f, ":int-key={key}")?,
            Some(Record::Key(key @ UserKey::String(_))) => write!(f, ":key={key}")?,
            Some(Record::Key(key @ UserKey::Blob(_))) => write!(f, ":blob-key={key}")?,
            Some(Record::Digest(digest)) => write!(f, ":digest={digest}")?,
            None => {}
        }
        self.node.map_or(Ok(()), |node| write!(f, ":node={node}"))
    }
}
