//! Background queries: the servers change every record that a query finds, without the client waiting.

use bytes::BytesMut;
use spikelet_wire::{FieldType, Header, Info1, Info2, MessageWriter, ResultCode};
use tokio::task::JoinSet;

use super::super::admin::Task;
use super::super::command::{Command, Execute};
use super::super::options::Options;
use super::super::request::{check_size, compress};
use super::super::udf_call::{IntoArguments, UdfCall};
use super::{Query, new_id, request};
use crate::cluster::{Cluster, OneMessage};
use crate::error::Error;
use crate::operation::{self, Operation};
use crate::policy::Ttl;

/// The value of the field [`UDF_OP`](FieldType::UDF_OP) for a UDF whose results are not returned.
const IN_THE_BACKGROUND: u8 = 2;

/// A command that changes every record that a query finds. It returns a [`Task`] to [wait](crate::Client::wait) for.
#[derive(Debug, Clone)]
pub struct Background {
    query: Query,
    work: Work,
}

/// What is done to each record.
#[derive(Debug, Clone)]
enum Work {
    Operations(Vec<Operation>),
    Udf(UdfCall),
}

impl<C> Command<C, Query> {
    /// Executes write operations on every record that is found, [`delete`](Operation::delete) included.
    ///
    /// The servers do not report records for which that fails. The selected bins, a range of partitions, a cursor and a
    /// maximum number of records are ignored: all partitions are queried.
    ///
    /// It fails with [`PARAMETER`](crate::ResultCode::PARAMETER) (4) for a read operation, and with
    /// [`NOT_FOUND`](crate::ResultCode::NOT_FOUND) (2) for a set that does not exist.
    pub fn operate(self, operations: impl IntoIterator<Item = Operation>) -> Command<C, Background> {
        let verb = Background {
            query: self.verb,
            work: Work::Operations(operations.into_iter().collect()),
        };
        Command::new(self.client, verb, self.options)
    }

    /// Executes a UDF on every record that is found, under the same conditions as [operations](Self::operate).
    pub fn execute_udf(self, module: &str, function: &str, arguments: impl IntoArguments) -> Command<C, Background> {
        let verb = Background {
            query: self.verb,
            work: Work::Udf(UdfCall::new(module, function, arguments)),
        };
        Command::new(self.client, verb, self.options)
    }
}

impl<C> Command<C, Background> {
    /// Sets the time to live of the records that are written.
    pub fn ttl(mut self, ttl: impl Into<Ttl>) -> Self {
        self.options.write.ttl = Some(ttl.into());
        self
    }

    /// Sets whether deletions leave tombstones (Enterprise Edition).
    pub fn durable_delete(mut self, durable_delete: bool) -> Self {
        self.options.write.durable_delete = Some(durable_delete);
        self
    }
}

impl Execute for Background {
    type Output = Task;

    async fn execute(self, cluster: &Cluster, options: Options) -> Result<Task, Error> {
        self.query.check()?;
        if let Work::Operations(operations) = &self.work {
            operation::check_all(operations)?;
        }
        let id = new_id();
        let mut frame = BytesMut::new();
        self.encode(&mut frame, &options, id);
        check_size(&frame)?;
        let frame = compress(frame, &options.policy).freeze();
        let mut requests = JoinSet::new();
        for node in cluster.view().nodes.iter().cloned() {
            let (frame, options) = (frame.clone(), options.clone());
            requests.spawn(async move {
                let (deadline, socket_timeout) = (options.deadline(), options.policy.socket_timeout);
                let reply = node.exchange(&frame, deadline, OneMessage { socket_timeout }).await;
                (node, reply)
            });
        }
        let (mut started, mut unknown, mut failed) = (0, None, None);
        while let Some(request) = requests.join_next().await {
            let Ok((node, reply)) = request else {
                return Err(Error::cluster("a node was not queried"));
            };
            let error = match reply.map(|reply| reply.message().map(|message| message.header.result_code())) {
                Ok(Ok(ResultCode::OK)) => {
                    started += 1;
                    continue;
                }
                Ok(Ok(code)) => Error::from(code),
                Ok(Err(error)) => Error::from(error).with_doubt(true),
                Err(failure) => {
                    let in_doubt = failure.leaves_doubt();
                    failure.into_error().with_doubt(in_doubt)
                }
            };
            let error = error.at(&node.name);
            match error.is_not_found() {
                // Not every node has records of the set.
                true => unknown = Some(error),
                false => failed = Some(error),
            }
        }
        match (failed, unknown) {
            (Some(error), _) => {
                let in_doubt = started > 0 || error.in_doubt();
                Err(error.with_doubt(in_doubt))
            }
            (None, Some(error)) if started == 0 => Err(error),
            (None, _) => Ok(Task::query(id)),
        }
    }
}

impl Background {
    fn encode(&self, out: &mut BytesMut, options: &Options, id: u64) {
        let mut header = Header::default();
        match &self.work {
            Work::Operations(_) => {
                header.info2.insert(Info2::WRITE);
                options.write.apply(&mut header);
            }
            // A UDF is not marked as a write in the header: it decides itself what it does.
            Work::Udf(_) => header.info1.insert(Info1::READ),
        }
        let mut message = MessageWriter::frame(out, &header);
        request::write_common_fields(&mut message, &self.query, options, id);
        match &self.work {
            Work::Operations(operations) => operations.iter().for_each(|operation| operation.write_to(&mut message)),
            Work::Udf(call) => {
                message.field(FieldType::UDF_OP, &[IN_THE_BACKGROUND]);
                call.write_to(&mut message);
            }
        }
        message.finish();
    }
}
