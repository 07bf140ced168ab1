//! How a batch is carried out.
//!
//! The rows are grouped by the node that has their record, and the groups go out side by side, in rounds: after each, the
//! rows that may do better are asked for again.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use spikelet_wire::batch::BatchFlags;
use spikelet_wire::{DecodeError, ResultCode};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::super::Options;
use super::super::single::{Output, fits};
use super::BatchRecord;
use crate::batch_request::{self, Prepared};
use crate::cluster::{Cluster, Node};
use crate::error::Error;
use crate::record::OrderedRecord;
use crate::response::{self, BatchMessages};
use crate::retry::{Attempts, Failure, FailureCause};

/// A batch under way.
pub(super) struct BatchRun {
    rows: Arc<[Prepared]>,
    flags: BatchFlags,
    deadline: Option<Instant>,
    states: Vec<RowState>,
}

struct RowState {
    attempts: Attempts,
    result: Option<RowResult>,
    /// Whether the row was refused in this round and goes into the next.
    asked_again: bool,
}

enum RowResult {
    Answered(Result<OrderedRecord, Error>),
    /// The row shares the fate of its group.
    Lost(Error),
}

/// The rows that one node is asked for, by their numbers in the batch.
type Group = (Arc<Node>, Vec<usize>);

/// What a group came back with: the rows that were answered, and how it ended.
struct GroupEnd {
    node: Arc<Node>,
    rows: Vec<usize>,
    answers: Vec<(usize, Result<OrderedRecord, Failure>)>,
    end: Result<ResultCode, Failure>,
}

impl BatchRun {
    pub(super) fn new(rows: Arc<[Prepared]>, flags: BatchFlags, options: &Options) -> Self {
        let states = rows.iter().map(|row| RowState {
            attempts: options.attempts(row.content.writes()),
            result: None,
            asked_again: false,
        });
        Self {
            states: states.collect(),
            deadline: options.deadline(),
            rows,
            flags,
        }
    }

    /// Asks for all rows that have no result, and gives the pause before the next round if there is to be one.
    pub(super) async fn round(&mut self, cluster: &Cluster, options: &Options) -> Result<Option<Duration>, Error> {
        let mut pause = None;
        for end in self.ask(self.groups(cluster)?, options).await? {
            let later = self.settle(cluster, end);
            pause = pause.max(later);
        }
        Ok(pause)
    }

    fn groups(&self, cluster: &Cluster) -> Result<Vec<Group>, Error> {
        let view = cluster.view();
        let mut groups: Vec<Group> = Vec::new();
        // A row of an unknown namespace ends the server's batch, so it goes apart from the others.
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

    async fn ask(&self, mut groups: Vec<Group>, options: &Options) -> Result<Vec<GroupEnd>, Error> {
        let ask = |(node, rows): Group| {
            let mut frame = BytesMut::new();
            let timing = (options.read_touch_ttl, options.policy.server_timeout());
            let asked = rows.iter().filter_map(|&at| self.rows.get(at));
            batch_request::encode(&mut frame, self.flags, asked, timing)?;
            let (all, deadline, socket_timeout) = (self.rows.clone(), self.deadline, options.policy.socket_timeout);
            Ok::<_, Error>(ask_group(node, rows, all, frame, deadline, socket_timeout))
        };
        if groups.len() == 1 {
            return Ok(match groups.pop() {
                Some(group) => vec![ask(group)?.await],
                None => Vec::new(),
            });
        }
        let mut asked = JoinSet::new();
        for group in groups {
            asked.spawn(ask(group)?);
        }
        Ok(asked.join_all().await)
    }

    /// Takes over what a group came back with.
    fn settle(&mut self, cluster: &Cluster, end: GroupEnd) -> Option<Duration> {
        let GroupEnd {
            node,
            rows,
            answers,
            end,
        } = end;
        let mut pause = None;
        for (at, answer) in answers {
            let Some(state) = self.states.get_mut(at) else { continue };
            match answer {
                Ok(record) => state.result = Some(RowResult::Answered(Ok(record))),
                Err(failure) => {
                    let later = state.next(&failure, self.deadline);
                    if later.is_none() {
                        let error = failure.into_error().at(&node.name);
                        let error = error.with_doubt(state.attempts.in_doubt());
                        state.result = Some(RowResult::Answered(Err(error)));
                    } else {
                        state.asked_again = true;
                    }
                    pause = pause.max(later);
                }
            }
        }
        let failure = match end {
            Ok(ResultCode::OK) => Failure {
                cause: FailureCause::Protocol(DecodeError::new("a row was not answered", 0)),
                sent: true,
            },
            Ok(code) => Failure::ended(code),
            Err(failure) => failure,
        };
        if failure.suggests_change() {
            cluster.suspect_change();
        }
        let mut lost = Vec::new();
        for at in rows {
            let Some(state) = self.states.get_mut(at) else { continue };
            if std::mem::take(&mut state.asked_again) || state.result.is_some() {
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

    /// The results; an error where no row got as far as an answer of its own.
    pub(super) fn finish<O: Output>(self) -> Result<Vec<BatchRecord<O>>, Error> {
        let mut records = Vec::with_capacity(self.rows.len());
        let (mut lost, mut in_doubt) = (0, false);
        for (row, state) in self.rows.iter().zip(self.states) {
            let result = match state.result {
                Some(RowResult::Answered(answer)) => answer,
                Some(RowResult::Lost(error)) => {
                    lost += 1;
                    in_doubt |= error.in_doubt();
                    Err(error)
                }
                None => Err(Error::cluster("the row was not asked for")),
            };
            records.push(BatchRecord {
                key: row.key.clone(),
                result: O::from_answer(result),
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
        self.attempts.next(failure).filter(|pause| fits(*pause, deadline))
    }
}

async fn ask_group(
    node: Arc<Node>,
    rows: Vec<usize>,
    all: Arc<[Prepared]>,
    frame: BytesMut,
    deadline: Option<Instant>,
    socket_timeout: Duration,
) -> GroupEnd {
    let mut answers = Vec::with_capacity(rows.len());
    let receive = BatchMessages {
        socket_timeout,
        row: |message: &spikelet_wire::Message<'_>| {
            // The server tells the row's number in its group.
            let at = rows.get(message.header.transaction_ttl as usize);
            let unasked = DecodeError::new("the answer to a row that was not asked for", 0);
            let at = *at.ok_or(unasked)?;
            let row = all.get(at).ok_or(unasked)?;
            let answer = match message.header.result_code() {
                ResultCode::OK => Ok(response::record(message, &row.key)?),
                _ => Err(response::refusal(message)),
            };
            answers.push((at, answer));
            Ok(())
        },
    };
    let end = node.exchange(&frame, deadline, receive).await;
    GroupEnd {
        node,
        rows,
        answers,
        end,
    }
}
