//! Looking into a server, and preparing what it holds, without a connection.

use std::collections::BTreeMap;

use bytes::BytesMut;
use spikelet_wire::message::ttl;
use spikelet_wire::{
    Digest, FieldType, FrameHeader, Header, Info2, Message, MessageWriter, Op, OpCode, ResultCode, UserKey, Value,
};

use super::{Server, TopologyError};
use crate::clock::Now;
use crate::cluster::NodeId;
use crate::command;
use crate::state::{Session, State};
use crate::store::{self, Namespace};

/// A record, as a test looks at it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The namespace that it is in.
    pub namespace: String,
    /// The set that it is in, if any.
    pub set: Option<String>,
    /// The user's key, where it was sent to be stored.
    pub key: Option<UserKey>,
    /// What it is found by.
    pub digest: Digest,
    /// How often it was written, from 1; behind 65535 comes 1 again.
    pub generation: u16,
    /// When it expires, in seconds since 2010-01-01T00:00:00Z; 0 for never.
    pub void_time: u32,
    /// When it was last written.
    pub last_update: Now,
    /// Its bins, by name. A name that is not UTF-8 has its wrong bytes replaced.
    pub bins: BTreeMap<String, Value>,
}

impl Record {
    /// How many seconds it lives from `now` on; `None` for one that never expires.
    #[must_use]
    pub const fn ttl(&self, now: Now) -> Option<u32> {
        match self.void_time {
            0 => None,
            void_time => Some(void_time.saturating_sub(now.seconds())),
        }
    }

    fn of(namespace: &Namespace, digest: Digest, record: &store::Record) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let value = |bin: &store::Bin| {
            let (particle_type, bytes) = (bin.value.particle_type(), &mut BytesMut::new());
            let known = bin.value.to_value();
            known.unwrap_or_else(|_| {
                bin.value.write(bytes);
                Value::Other(particle_type, bytes.to_vec())
            })
        };
        Self {
            namespace: namespace.name.clone(),
            set: record
                .set
                .and_then(|id| namespace.sets.get(id))
                .map(|set| text(&set.name)),
            key: record.key.as_deref().and_then(|key| UserKey::from_field(key).ok()),
            digest,
            generation: record.generation,
            void_time: record.void_time,
            last_update: record.last_update,
            bins: record
                .bins
                .iter()
                .map(|bin| (text(bin.name.as_bytes()), value(bin)))
                .collect(),
        }
    }
}

impl Server {
    /// The record of a key, if there is one that has not expired. The empty set stands for none.
    ///
    /// ```
    /// let server = spikelet::Server::start()?;
    /// server.insert("test", "demo", "user1", [("name", "Alice")])?;
    /// let record = server.record("test", "demo", "user1").unwrap();
    /// assert_eq!(record.bins["name"], "Alice".into());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn record(&self, namespace: &str, set: &str, key: impl Into<UserKey>) -> Option<Record> {
        self.record_in(self.state(), namespace, set, &key.into())
    }

    /// The record of a key as a node's subcluster holds it, while the network between nodes is [cut](Self::partition).
    ///
    /// # Errors
    /// [`ClusterError::Unknown`](crate::ClusterError::Unknown) if there is no such node.
    pub fn record_at(
        &self,
        node: impl Into<NodeId>,
        namespace: &str,
        set: &str,
        key: impl Into<UserKey>,
    ) -> Result<Option<Record>, TopologyError> {
        let node = self.state().cluster().position(node.into())?;
        let state = self.shared().split.state_of(node);
        Ok(self.record_in(&state, namespace, set, &key.into()))
    }

    fn record_in(&self, state: &State, namespace: &str, set: &str, key: &UserKey) -> Option<Record> {
        let digest = Digest::of(set, key);
        let namespace = state.namespace(Some(namespace.as_bytes()))?;
        let partition = namespace.partition(digest.partition_id())?;
        let record = partition.get(&digest)?;
        let lives = !namespace.is_expired_or_truncated(record, self.now());
        lives.then(|| Record::of(namespace, digest, record))
    }

    /// All records that have not expired: by namespace, then in the order of a scan.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        let mut records = Vec::new();
        self.each(|namespace, digest, record| records.push(Record::of(namespace, digest, record)));
        records
    }

    /// How many records there are that have not expired.
    #[must_use]
    pub fn count(&self) -> usize {
        let mut count = 0;
        self.each(|_, _, _| count += 1);
        count
    }

    /// Removes all records of all namespaces. Nothing of it remains: what is written next is there.
    pub fn truncate(&self) {
        self.shared().split.truncate();
    }

    /// Puts a record, as a client that sends its key does: into the bins of an existing one, or into a new one.
    ///
    /// # Errors
    /// The result code that the client would get: [`ResultCode::INVALID_NAMESPACE`], [`ResultCode::BIN_NAME`] for a name
    /// over 15 bytes, [`ResultCode::RECORD_TOO_BIG`], [`ResultCode::PARAMETER`] for no bins at all.
    pub fn insert<N, V>(
        &self,
        namespace: &str,
        set: &str,
        key: impl Into<UserKey>,
        bins: impl IntoIterator<Item = (N, V)>,
    ) -> Result<(), ResultCode>
    where
        N: AsRef<str>,
        V: Into<Value>,
    {
        let key = key.into();
        let header = Header {
            info2: Info2::WRITE,
            record_ttl: ttl::DEFAULT,
            ..Header::default()
        };
        let mut request = BytesMut::new();
        let mut message = MessageWriter::bare(&mut request, &header);
        message.field(FieldType::NAMESPACE, namespace.as_bytes());
        message.field(FieldType::SET, set.as_bytes());
        message.field(FieldType::KEY, &key.to_field());
        message.field(FieldType::DIGEST, &Digest::of(set, &key).0);
        for (name, value) in bins {
            let (particle_type, bytes) = value.into().to_particle();
            let name = name.as_ref().as_bytes();
            if name.len() > usize::from(u8::MAX) {
                return Err(ResultCode::BIN_NAME);
            }
            message.op(&Op::new(OpCode::WRITE, name, particle_type, &bytes));
        }
        message.finish();
        match self.execute(&request) {
            ResultCode::OK => Ok(()),
            code => Err(code),
        }
    }

    /// Executes a message, and returns the result code of the reply.
    fn execute(&self, body: &[u8]) -> ResultCode {
        let header = FrameHeader::new(spikelet_wire::FrameType::MESSAGE, body.len());
        let mut out = BytesMut::new();
        let _ = command::handle(
            self.state(),
            self.now(),
            &mut Session::default(),
            header,
            body,
            &mut out,
        );
        let answer = out.get(FrameHeader::SIZE..).map(Message::decode);
        answer
            .and_then(Result::ok)
            .map_or(ResultCode::SERVER_ERROR, |answer| answer.header.result_code())
    }

    fn each(&self, mut visit: impl FnMut(&Namespace, Digest, &store::Record)) {
        let now = self.now();
        for namespace in self.namespaces() {
            for partition in namespace
                .partition_ids()
                .into_iter()
                .filter_map(|id| namespace.partition(id))
            {
                let ordered = partition.behind(None).into_iter();
                let live = ordered.filter(|(_, record)| !namespace.is_expired_or_truncated(record, now));
                live.for_each(|(digest, record)| visit(namespace, *digest, record));
            }
        }
    }

    fn namespaces(&self) -> &[Namespace] {
        self.state().namespaces()
    }
}
