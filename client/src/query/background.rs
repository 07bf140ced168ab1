//! Background queries: something done to every record that a query finds, while the client goes on.

use bytes::BytesMut;
use spikelet_wire::{FieldType, Header, Info1, Info2, MessageWriter, ResultCode};
use tokio::task::JoinSet;

use super::{Query, request};
use crate::admin::Task;
use crate::cluster::Cluster;
use crate::command::run::Run;
use crate::command::{Command, Options};
use crate::error::Error;
use crate::operation::{self, Operation};
use crate::policy::Ttl;
use crate::request::check_size;
use crate::response::OneMessage;
use crate::udf::{IntoArguments, UdfCall};

/// In the field [`UDF_OP`](FieldType::UDF_OP): nothing is answered.
const IN_THE_BACKGROUND: u8 = 2;

/// A command that has the servers do something to every record that a query finds; it gives a [`Task`] to
/// [wait](crate::Client::wait) for.
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
    /// Has the servers carry out operations that write on every record that is found; among them may be
    /// [`delete`](Operation::delete).
    ///
    /// They tell nobody how often that fails. What the query would select of the records, and where it would begin, has no
    /// say: every partition is looked into. It fails with [`PARAMETER`](crate::ResultCode::PARAMETER) for an operation that
    /// reads, and with [`NOT_FOUND`](crate::ResultCode::NOT_FOUND) for a set that there is not.
    pub fn operate(self, operations: impl IntoIterator<Item = Operation>) -> Command<C, Background> {
        let verb = Background {
            query: self.verb,
            work: Work::Operations(operations.into_iter().collect()),
        };
        Command::new(self.client, verb, self.options)
    }

    /// Has the servers apply a UDF to every record that is found, as they [carry out operations](Self::operate).
    pub fn execute_udf(self, module: &str, function: &str, arguments: impl IntoArguments) -> Command<C, Background> {
        let verb = Background {
            query: self.verb,
            work: Work::Udf(UdfCall::new(module, function, arguments)),
        };
        Command::new(self.client, verb, self.options)
    }
}

impl<C> Command<C, Background> {
    /// How long the records live from when they are written.
    pub fn ttl(mut self, ttl: impl Into<Ttl>) -> Self {
        self.options.write.ttl = Some(ttl.into());
        self
    }

    /// Whether deletions leave tombstones (Enterprise Edition).
    pub fn durable_delete(mut self, durable_delete: bool) -> Self {
        self.options.write.durable_delete = Some(durable_delete);
        self
    }
}

impl Run for Background {
    type Output = Task;

    async fn run(self, cluster: &Cluster, options: Options) -> Result<Task, Error> {
        self.query.check()?;
        if let Work::Operations(operations) = &self.work {
            operation::check_all(operations)?;
        }
        let id = super::new_id();
        let mut frame = BytesMut::new();
        self.encode(&mut frame, &options, id);
        check_size(&frame)?;
        let frame = frame.freeze();
        let mut asked = JoinSet::new();
        for node in cluster.view().nodes.iter().cloned() {
            let (frame, options) = (frame.clone(), options.clone());
            asked.spawn(async move {
                let (deadline, socket_timeout) = (options.deadline(), options.policy.socket_timeout);
                let answer = node.exchange(&frame, deadline, OneMessage { socket_timeout }).await;
                (node, answer)
            });
        }
        let (mut begun, mut unknown, mut failed) = (0, None, None);
        while let Some(asked) = asked.join_next().await {
            let Ok((node, answer)) = asked else {
                return Err(Error::cluster("a node was not asked"));
            };
            let error = match answer.map(|answer| answer.code()) {
                Ok(Ok(ResultCode::OK)) => {
                    begun += 1;
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
                let in_doubt = begun > 0 || error.in_doubt();
                Err(error.with_doubt(in_doubt))
            }
            (None, Some(error)) if begun == 0 => Err(error),
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
            // What a UDF does is not for the header to say.
            Work::Udf(_) => header.info1.insert(Info1::READ),
        }
        let mut message = MessageWriter::frame(out, &header);
        request::write_subject(&mut message, &self.query, options, id);
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
