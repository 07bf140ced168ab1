//! Reading and writing records without a connection.

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

/// A record in a server.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The namespace.
    pub namespace: String,
    /// The set, if any.
    pub set: Option<String>,
    /// The user key, if a client sent it with a write.
    pub key: Option<UserKey>,
    /// The digest, which identifies the record.
    pub digest: Digest,
    /// The number of writes, from 1 to 65535, after which it starts again at 1.
    pub generation: u16,
    /// When the record expires, in seconds since 2010-01-01T00:00:00Z; 0 for never.
    pub void_time: u32,
    /// When the record was last written.
    pub last_update: Now,
    /// The bins by name. Invalid UTF-8 in a name is replaced.
    pub bins: BTreeMap<String, Value>,
}

impl Record {
    /// Returns the remaining TTL at the time `now`, in seconds; `None` if the record never expires.
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
    /// Returns the record with a key, unless it has expired. The empty set name stands for no set.
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

    /// Returns the record with a key as the subcluster of a node holds it, while the network is [cut](Self::partition).
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
        let lives = namespace.exists(record, self.now());
        lives.then(|| Record::of(namespace, digest, record))
    }

    /// Returns all records that have not expired, by namespace, then in scan order.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        let mut records = Vec::new();
        self.each(|namespace, digest, record| records.push(Record::of(namespace, digest, record)));
        records
    }

    /// Returns the number of records that have not expired.
    #[must_use]
    pub fn count(&self) -> usize {
        let mut count = 0;
        self.each(|_, _, _| count += 1);
        count
    }

    /// Removes all records from all namespaces. Later writes are not affected, even in the same millisecond.
    pub fn truncate(&self) {
        self.shared().split.truncate();
    }

    /// Writes bins to a record, as a put of a client that also sends the user key. Creates the record if there is none.
    ///
    /// # Errors
    /// The result code that a client would get:
    /// - [`ResultCode::INVALID_NAMESPACE`] if there is no such namespace
    /// - [`ResultCode::BIN_NAME`] if a bin name has more than 15 bytes
    /// - [`ResultCode::RECORD_TOO_BIG`]
    /// - [`ResultCode::PARAMETER`] if there are no bins
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
        let _ = command::handle(self.state(), self.now(), &mut Session::own(), header, body, &mut out);
        let answer = out.get(FrameHeader::SIZE..).map(Message::decode);
        answer
            .and_then(Result::ok)
            .map_or(ResultCode::SERVER_ERROR, |answer| answer.header.result_code())
    }

    fn each(&self, mut visit: impl FnMut(&Namespace, Digest, &store::Record)) {
        let now = self.now();
        for namespace in self.state().namespaces() {
            for partition in namespace
                .partition_ids()
                .into_iter()
                .filter_map(|id| namespace.partition(id))
            {
                let ordered = partition.records_after(None).into_iter();
                let live = ordered.filter(|(_, record)| namespace.is_visible(record, now));
                live.for_each(|(digest, record)| visit(namespace, *digest, record));
            }
        }
    }
}
