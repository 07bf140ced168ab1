//! The execution of a UDF on one record.

use spikelet_wire::Value;

use super::command::{Command, Execute, OnRecords, Transactional};
use super::options::Options;
use super::request::Content;
use super::response::{UDF_SUCCESS, ordered_record};
use super::single;
use super::udf_call::UdfCall;
use crate::cluster::Cluster;
use crate::error::Error;
use crate::key::Key;
use crate::policy::Ttl;

/// A command that executes a UDF on a record and returns its result.
#[derive(Debug, Clone)]
pub struct ExecuteUdf {
    key: Key,
    content: Content,
}

impl ExecuteUdf {
    pub(crate) fn new(key: impl Into<Key>, call: UdfCall) -> Self {
        Self {
            key: key.into(),
            content: Content::udf(call),
        }
    }
}

impl OnRecords for ExecuteUdf {}
impl Transactional for ExecuteUdf {}

impl<C> Command<C, ExecuteUdf> {
    /// Sets the time to live of the record if the UDF writes it.
    pub fn ttl(mut self, ttl: impl Into<Ttl>) -> Self {
        self.options.write.ttl = Some(ttl.into());
        self
    }

    /// Sets whether a deletion by the UDF leaves a tombstone (Enterprise Edition).
    pub fn durable_delete(mut self, durable_delete: bool) -> Self {
        self.options.write.durable_delete = Some(durable_delete);
        self
    }
}

impl Execute for ExecuteUdf {
    type Output = Value;

    async fn execute(self, cluster: &Cluster, options: Options) -> Result<Value, Error> {
        let reply = single::send(cluster, &self.key, &self.content, &options).await?;
        let results = ordered_record(&reply.message()?, &self.key)?.bins;
        let result = results.into_iter().find(|(name, _)| name == UDF_SUCCESS);
        Ok(result.map_or(Value::Nil, |(_, value)| value))
    }
}
