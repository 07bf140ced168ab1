//! The execution of a UDF on one record.

use spikelet_wire::Value;

use super::command::{Execute, OnRecords};
use super::options::Options;
use super::request::Content;
use super::response::{UDF_SUCCESS, ordered_record};
use super::single;
use super::udf_call::UdfCall;
use crate::cluster::Cluster;
use crate::error::Error;
use crate::key::Key;

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

impl Execute for ExecuteUdf {
    type Output = Value;

    async fn execute(self, cluster: &Cluster, options: Options) -> Result<Value, Error> {
        let reply = single::send(cluster, &self.key, &self.content, &options).await?;
        let results = ordered_record(&reply.message()?, &self.key)?.bins;
        let result = results.into_iter().find(|(name, _)| name == UDF_SUCCESS);
        Ok(result.map_or(Value::Nil, |(_, value)| value))
    }
}
