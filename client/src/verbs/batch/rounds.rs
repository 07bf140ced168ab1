//! The execution of a batch, in rounds.
//!
//! Each round groups the rows by the node that owns their record, and sends all groups concurrently. Rows that failed and
//! can be retried go into the next round.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use spikelet_wire::batch::BatchFlags;
use spikelet_wire::{DecodeError, FrameType, Info3, Message, ResultCode};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::super::command::Execute;
use super::super::options::Options;
use super::super::request::compress;
use super::super::response::ordered_record;
use super::super::single::Output;
use super::super::transaction;
use super::request::{self, PreparedRow};
use super::{Batch, BatchRecord};
use crate::cluster::{Attempts, Cluster, Connection, ConnectionError, Failure, FailureCause, Node, Receive};
use crate::error::Error;
use crate::record::OrderedRecord;
use crate::transaction::{Running, State, Version, version};

impl<O: Output> Execute for Batch<O> {
    type Output = Vec<BatchRecord<O>>;

    async fn execute(self, cluster: &Cluster, options: Options) -> Result<Self::Output, Error> {
        // Without this flag the first failed row would end the batch.
        let mut flags = BatchFlags::REPORT_ALL_ERRORS;
        flags.set(BatchFlags::INLINE_IN_MEMORY, self.inline);
        flags.set(BatchFlags::INLINE_ON_DEVICE, self.inline_on_device);
        let mut rows = Vec::with_capacity(self.rows.len());
        for row in self.rows {
            let content = row.content.map_err(|error| error.duplicate())?;
            content.check()?;
            rows.push(PreparedRow {
                key: row.key,
                content,
                options: row.options.or(&options.write),
                transaction: None,
            });
        }
        let deadline = options.deadline();
        let mut running = None;
        if let Some(transaction) = &options.transaction {
            running = Some(Box::pin(begin(cluster, &mut rows, &options, (transaction, deadline))).await?);
        }
        run(cluster, rows, (flags, running), &options, deadline).await
    }
}

/// Begins a batch that is part of a transaction.
async fn begin(
    cluster: &Cluster,
    rows: &mut [PreparedRow],
    options: &Options,
    (state, deadline): (&Arc<State>, Option<Instant>),
) -> Result<Running, Error> {
    let records = rows.iter().map(|row| (&row.key, row.content.writes()));
    let mut running = transaction::begin(cluster, records, options, (state, deadline)).await?;
    for row in rows {
        let writes = row.content.writes();
        row.options.durable_delete.get_or_insert(true);
        row.transaction = Some(state.fields(&row.key, writes));
        if writes {
            running.send(&row.key);
        }
    }
    Ok(running)
}

/// Executes the rows of a batch.
pub(super) async fn run<O: Output>(
    cluster: &Cluster,
    rows: Vec<PreparedRow>,
    (flags, running): (BatchFlags, Option<Running>),
    options: &Options,
    deadline: Option<Instant>,
) -> Result<Vec<BatchRecord<O>>, Error> {
    let states = rows.iter().map(|row| RowState {
        attempts: options.attempts(row.content.writes()),
        result: None,
        version: None,
        is_retried: false,
    });
    let mut run = BatchRun {
        states: states.collect(),
        deadline,
        rows: rows.into(),
        flags,
    };
    while let Some(pause) = run.round(cluster, options).await? {
        tokio::time::sleep(pause).await;
    }
    if let Some(mut running) = running {
        run.settle_transaction(&mut running);
    }
    run.finish()
}

/// A batch that is being executed.
struct BatchRun {
    rows: Arc<[PreparedRow]>,
    flags: BatchFlags,
    deadline: Option<Instant>,
    states: Vec<RowState>,
}

struct RowState {
    attempts: Attempts,
    result: Option<RowResult>,
    /// The version of the record, in a transaction.
    version: Option<Version>,
    /// Whether the row failed in this round on its own and goes into the next round.
    is_retried: bool,
}

enum RowResult {
    Replied(Result<OrderedRecord, Error>),
    /// The row had no reply of its own: its group failed.
    Lost(Error),
}

/// The rows sent to one node, by their index in the batch.
type Group = (Arc<Node>, Vec<usize>);

/// The reply to the row with this index in the batch, and the version of the record that it names.
type RowReply = (usize, Result<OrderedRecord, Failure>, Option<Version>);

/// The outcome of a group: the rows that have a reply, and how the group ended.
struct GroupEnd {
    node: Arc<Node>,
    rows: Vec<usize>,
    replies: Vec<RowReply>,
    end: Result<ResultCode, Failure>,
}

impl BatchRun {
    /// Sends all rows that have no result yet. Returns the pause before the next round if one is needed.
    async fn round(&mut self, cluster: &Cluster, options: &Options) -> Result<Option<Duration>, Error> {
        let mut pause = None;
        for end in self.send(self.groups(cluster)?, options).await? {
            let later = self.settle(cluster, end);
            pause = pause.max(later);
        }
        Ok(pause)
    }

    fn groups(&self, cluster: &Cluster) -> Result<Vec<Group>, Error> {
        let view = cluster.view();
        let mut groups: Vec<Group> = Vec::new();
        // The server ends a batch at a row of an unknown namespace, so such rows go into a group of their own.
        let mut stray = Vec::new();
        for (at, (row, state)) in self.rows.iter().zip(&self.states).enumerate() {
            if state.result.is_some() {
                continue;
            }
            let Some(node) = cluster.owner(&view, &row.key, state.attempts.failed()) else {
                stray.push(at);
                continue;
            };
            match groups.iter_mut().find(|(of, _)| Arc::ptr_eq(of, &node)) {
                Some((_, rows)) => rows.push(at),
                None => groups.push((node, vec![at])),
            }
        }
        if !stray.is_empty() {
            groups.push((cluster.any_node(&view)?, stray));
        }
        Ok(groups)
    }

    async fn send(&self, mut groups: Vec<Group>, options: &Options) -> Result<Vec<GroupEnd>, Error> {
        let send = |(node, rows): Group| {
            let mut frame = BytesMut::new();
            let group = rows.iter().filter_map(|&at| self.rows.get(at));
            request::encode(&mut frame, self.flags, group, options.server_options())?;
            let frame = compress(frame, &options.policy);
            let (all, deadline, socket_timeout) = (self.rows.clone(), self.deadline, options.policy.socket_timeout);
            Ok::<_, Error>(send_group(node, rows, all, frame, deadline, socket_timeout))
        };
        if groups.len() == 1 {
            return Ok(match groups.pop() {
                Some(group) => vec![send(group)?.await],
                None => Vec::new(),
            });
        }
        let mut sends = JoinSet::new();
        for group in groups {
            sends.spawn(send(group)?);
        }
        Ok(sends.join_all().await)
    }

    /// Records the outcome of a group. Returns the pause before the next round if a row is to be retried.
    fn settle(&mut self, cluster: &Cluster, end: GroupEnd) -> Option<Duration> {
        let GroupEnd {
            node,
            rows,
            replies,
            end,
        } = end;
        let mut pause = None;
        for (at, reply, version) in replies {
            let Some(state) = self.states.get_mut(at) else { continue };
            state.version = version;
            match reply {
                Ok(record) => state.result = Some(RowResult::Replied(Ok(record))),
                Err(failure) => {
                    let later = state.next(&failure, self.deadline);
                    if later.is_none() {
                        let error = failure.into_error().at(&node.name);
                        let error = error.with_doubt(state.attempts.in_doubt());
                        state.result = Some(RowResult::Replied(Err(error)));
                    } else {
                        state.is_retried = true;
                    }
                    pause = pause.max(later);
                }
            }
        }
        let failure = match end {
            Ok(ResultCode::OK) => Failure {
                cause: FailureCause::Protocol(DecodeError::new("a row has no reply", 0)),
                sent: true,
            },
            Ok(code) => Failure::batch_ended(code),
            Err(failure) => failure,
        };
        if failure.suggests_change() {
            cluster.suspect_change();
        }
        if failure.is_logged_out() {
            node.log_out();
        }
        let mut lost = Vec::new();
        for at in rows {
            let Some(state) = self.states.get_mut(at) else { continue };
            if std::mem::take(&mut state.is_retried) || state.result.is_some() {
                continue;
            }
            match state.next(&failure, self.deadline) {
                None => lost.push(at),
                later => pause = pause.max(later),
            }
        }
        let error = failure.into_error().at(&node.name);
        for at in lost {
            if let Some(state) = self.states.get_mut(at) {
                let error = error.duplicate().with_doubt(state.attempts.in_doubt());
                state.result = Some(RowResult::Lost(error));
            }
        }
        pause
    }

    /// Takes down what the transaction has read and written.
    fn settle_transaction(&self, running: &mut Running) {
        for (row, state) in self.rows.iter().zip(&self.states) {
            let result = match &state.result {
                Some(RowResult::Replied(Ok(_))) => Ok(()),
                Some(RowResult::Replied(Err(error)) | RowResult::Lost(error)) => Err(error),
                None => continue,
            };
            running.settle(&row.key, row.content.writes(), result, state.version);
        }
    }

    /// The results of the rows; an error if no row has a reply of its own.
    fn finish<O: Output>(self) -> Result<Vec<BatchRecord<O>>, Error> {
        let mut records = Vec::with_capacity(self.rows.len());
        let (mut lost, mut in_doubt) = (0, false);
        for (row, state) in self.rows.iter().zip(self.states) {
            let result = match state.result {
                Some(RowResult::Replied(result)) => result,
                Some(RowResult::Lost(error)) => {
                    lost += 1;
                    in_doubt |= error.in_doubt();
                    Err(error)
                }
                None => Err(Error::cluster("the row was not sent")),
            };
            records.push(BatchRecord {
                key: row.key.clone(),
                result: O::from_result(result),
            });
        }
        match records.first() {
            Some(BatchRecord { result: Err(error), .. }) if lost == records.len() => {
                Err(error.duplicate().with_doubt(in_doubt))
            }
            _ => Ok(records),
        }
    }
}

impl RowState {
    fn next(&mut self, failure: &Failure, deadline: Option<Instant>) -> Option<Duration> {
        self.attempts.next_before(deadline, failure)
    }
}

async fn send_group(
    node: Arc<Node>,
    rows: Vec<usize>,
    all: Arc<[PreparedRow]>,
    frame: BytesMut,
    deadline: Option<Instant>,
    socket_timeout: Duration,
) -> GroupEnd {
    let mut replies = Vec::with_capacity(rows.len());
    let receive = BatchMessages {
        socket_timeout,
        row: |message: &Message<'_>| {
            // The server returns the index of the row in its group.
            let at = rows.get(message.header.transaction_ttl as usize);
            let unexpected = DecodeError::new("a reply to a row that was not requested", 0);
            let at = *at.ok_or(unexpected)?;
            let row = all.get(at).ok_or(unexpected)?;
            let result = match message.header.result_code() {
                ResultCode::OK => Ok(ordered_record(message, &row.key)?),
                _ => Err(Failure::from_message(message)),
            };
            replies.push((at, result, version(message)));
            Ok(())
        },
    };
    let end = node.exchange(&frame, deadline, receive).await;
    GroupEnd {
        node,
        rows,
        replies,
        end,
    }
}

/// Receives the reply to a batch: frames of messages, up to the message that is marked as the last.
struct BatchMessages<F> {
    socket_timeout: Duration,
    /// Called with each row's message. The index of the row in its group is in the message's transaction TTL.
    row: F,
}

impl<F> Receive for BatchMessages<F>
where
    F: FnMut(&Message<'_>) -> Result<(), DecodeError> + Send,
{
    /// The result code of the batch as a whole.
    type Reply = ResultCode;

    async fn receive(mut self, connection: &mut Connection) -> Result<ResultCode, ConnectionError> {
        loop {
            let body = connection.receive(FrameType::MESSAGE, self.socket_timeout).await?;
            let mut rest = &body[..];
            while !rest.is_empty() {
                let (message, remaining) = Message::decode_first(rest)?;
                if message.header.info3.contains(Info3::LAST) {
                    return Ok(message.header.result_code());
                }
                (self.row)(&message)?;
                rest = remaining;
            }
        }
    }
}
