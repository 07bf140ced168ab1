//! The execution of a query, in rounds.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use spikelet_wire::{PartitionId, ResultCode};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::super::command::Execute;
use super::super::options::Options;
use super::super::request::compress;
use super::cursor::Cursor;
use super::receive::{Event, EventKind, Found, QueryMessages};
use super::request::{self, NodeQuery};
use super::tracker::{Group, Tracker};
use super::{Page, Query, Selection, new_id};
use crate::clock;
use crate::cluster::{Attempts, Cluster, Failure, FailureCause, Node};
use crate::error::Error;
use crate::record::Record;

impl Execute for Query {
    type Output = Page;

    async fn execute(self, cluster: &Cluster, options: Options) -> Result<Page, Error> {
        let mut run = QueryRun::new(self, options);
        let mut records = Vec::new();
        while let Some(record) = run.next(cluster).await {
            records.push(record?);
        }
        let cursor = run.cursor();
        Ok(Page { records, cursor })
    }
}

/// A query that is being executed.
///
/// It runs in rounds. Each round requests the partitions that are not done from all nodes concurrently. What is left after
/// a round, because a node failed or was limited to its share of the records, goes into the next round.
pub(crate) struct QueryRun {
    query: Query,
    options: Options,
    /// An error is returned when the first record is requested.
    tracker: Result<Tracker, Option<Error>>,
    /// How many more records may be returned; `None` for no limit.
    remaining: Option<u64>,
    /// Whether the limit of records is sent to the nodes.
    sends_limit: bool,
    attempts: Attempts,
    deadline: Option<Instant>,
    pub(super) id: u64,
    buffered: std::vec::IntoIter<Found>,
    state: State,
}

enum State {
    New,
    /// Waits before the next round.
    Waiting(Pin<Box<dyn Future<Output = ()> + Send + Sync>>),
    Running(Round),
    Over,
}

struct Round {
    groups: Vec<GroupState>,
    events: mpsc::Receiver<Event>,
    tasks: JoinSet<()>,
}

/// A request that is to be sent to a node.
struct NodeRequest {
    node: Arc<Node>,
    frame: BytesMut,
    receive: QueryMessages,
}

/// A group, and what its node has returned.
struct GroupState {
    group: Group,
    received: u64,
    missing: Vec<PartitionId>,
    end: Option<Result<ResultCode, Failure>>,
}

impl QueryRun {
    pub(crate) fn new(query: Query, options: Options) -> Self {
        let tracker = query.check().and_then(|()| query.start.cursor());
        Self {
            tracker: tracker.map(|cursor| Tracker::new(&cursor)).map_err(Some),
            remaining: query.max_records,
            sends_limit: true,
            attempts: options.attempts(false),
            deadline: None,
            id: new_id(),
            buffered: Vec::new().into_iter(),
            state: State::New,
            query,
            options,
        }
    }

    pub(crate) fn cursor(&self) -> Cursor {
        match &self.tracker {
            Ok(tracker) => tracker.cursor(),
            Err(_) => Cursor::new([].into_iter()),
        }
    }

    pub(crate) async fn next(&mut self, cluster: &Cluster) -> Option<Result<Record, Error>> {
        poll_fn(|cx| self.poll(cluster, cx)).await
    }

    /// The next record, if it has been received already.
    pub(crate) fn next_buffered(&mut self) -> Option<Result<Record, Error>> {
        self.take()
    }

    pub(crate) const fn is_running(&self) -> bool {
        matches!(self.state, State::Running(_))
    }

    /// Stops the query, and waits until its requests have ended.
    pub(crate) async fn stop(&mut self) {
        if let State::Running(round) = &mut self.state {
            round.events.close();
            round.tasks.shutdown().await;
        }
        self.state = State::Over;
    }

    pub(crate) fn poll(&mut self, cluster: &Cluster, cx: &mut Context<'_>) -> Poll<Option<Result<Record, Error>>> {
        match ready!(self.poll_record(cluster, cx)) {
            Ok(record) => Poll::Ready(record.map(Ok)),
            Err(error) => {
                self.state = State::Over;
                self.buffered = Vec::new().into_iter();
                Poll::Ready(Some(Err(error)))
            }
        }
    }

    fn poll_record(&mut self, cluster: &Cluster, cx: &mut Context<'_>) -> Poll<Result<Option<Record>, Error>> {
        loop {
            if let Some(record) = self.take() {
                return Poll::Ready(record.map(Some));
            }
            match &mut self.state {
                State::Over => return Poll::Ready(Ok(None)),
                State::New => {
                    self.deadline = self.options.deadline();
                    self.state = match cluster.is_tended() {
                        true => self.start(cluster)?,
                        false => State::Waiting(Box::pin(resumed(cluster, self.deadline))),
                    };
                }
                State::Waiting(wait) => {
                    ready!(wait.as_mut().poll(cx));
                    self.state = self.start(cluster)?;
                }
                State::Running(round) => match ready!(round.events.poll_recv(cx)) {
                    Some(event) => {
                        if let Some(records) = round.take(event) {
                            self.buffered = records.into_iter();
                        }
                    }
                    None => self.state = self.settle(cluster)?,
                },
            }
        }
    }

    /// Takes the next of the records that have been received.
    fn take(&mut self) -> Option<Result<Record, Error>> {
        if self.remaining == Some(0) {
            return None;
        }
        let found = self.buffered.next()?;
        let tracker = self.tracker.as_mut().ok()?;
        if let Some(Err(error)) = found.position().map(|position| tracker.reach(position)) {
            return Some(Err(error.into()));
        }
        if let Some(remaining) = &mut self.remaining {
            *remaining -= 1;
            if *remaining == 0 && !self.sends_limit {
                // Nodes that were not sent the limit would continue.
                self.state = State::Over;
            }
        }
        Some(Ok(found.record))
    }

    /// Starts a round.
    fn start(&mut self, cluster: &Cluster) -> Result<State, Error> {
        let tracker = match &mut self.tracker {
            Ok(tracker) => tracker,
            Err(error) => return error.take().map_or(Ok(State::Over), Err),
        };
        if tracker.is_done() || self.remaining == Some(0) {
            return Ok(State::Over);
        }
        let limit = self.remaining.filter(|_| self.sends_limit);
        let groups = tracker.groups(cluster, &self.query.namespace, limit)?;
        let at_once = self.query.max_concurrent_nodes.map_or(groups.len(), NonZeroUsize::get);
        let (sender, events) = mpsc::channel(at_once.clamp(1, groups.len().max(1)));
        let mut requests = VecDeque::with_capacity(groups.len());
        for (at, group) in groups.iter().enumerate() {
            let mut frame = BytesMut::new();
            let node_query = NodeQuery {
                positions: tracker.positions(group),
                limit: group.limit,
                id: self.id,
            };
            request::encode(&mut frame, &self.query, &self.options, node_query)?;
            let frame = compress(frame, &self.options.policy);
            let receive = QueryMessages {
                events: sender.clone(),
                group: at,
                namespace: self.query.namespace.clone(),
                is_aggregation: self.query.aggregation.is_some(),
                has_operations: matches!(self.query.selection, Selection::Operations(_)),
                socket_timeout: self.options.policy.socket_timeout,
            };
            let node = group.node.clone();
            requests.push_back(NodeRequest { node, frame, receive });
        }
        let mut tasks = JoinSet::new();
        let requests = Arc::new(Mutex::new(requests));
        for _ in 0..at_once.min(groups.len()) {
            tasks.spawn(run_requests(requests.clone(), self.deadline));
        }
        Ok(State::Running(Round {
            groups: groups.into_iter().map(GroupState::new).collect(),
            events,
            tasks,
        }))
    }

    /// Records what a round has left over, and returns the next state.
    fn settle(&mut self, cluster: &Cluster) -> Result<State, Error> {
        let State::Running(round) = std::mem::replace(&mut self.state, State::Over) else {
            return Ok(State::Over);
        };
        let Ok(tracker) = &mut self.tracker else {
            return Ok(State::Over);
        };
        let is_full = self.remaining == Some(0);
        // The server counts a record that has none of the requested bins, but does not return it.
        let hides_records = matches!(self.query.selection, Selection::Operations(_));
        let mut failed: Option<(Failure, Arc<str>)> = None;
        for state in round.groups {
            let GroupState {
                group,
                received,
                missing,
                end,
            } = state;
            let failure = match end {
                // With the latter two codes older servers report that there are no records.
                Some(Ok(ResultCode::OK | ResultCode::NOT_FOUND | ResultCode::FILTERED_OUT)) => {
                    match group.limit {
                        Some(limit) if received >= limit => {}
                        Some(_) if hides_records => self.sends_limit = false,
                        _ => tracker.finish(&group, &missing),
                    }
                    tracker.fail(&missing);
                    (!missing.is_empty()).then(|| Failure::refused(ResultCode::UNAVAILABLE))
                }
                Some(Ok(code)) => {
                    tracker.fail_all(&group);
                    Some(Failure::refused(code))
                }
                Some(Err(failure)) => {
                    tracker.fail_all(&group);
                    Some(failure)
                }
                // Its task was dropped.
                None => Some(Failure {
                    cause: FailureCause::Io(io::Error::other("the runtime in which the query was started has ended")),
                    sent: true,
                }),
            };
            if let Some(failure) = failure {
                if failure.suggests_change() {
                    cluster.suspect_change();
                }
                if failure.is_logged_out() {
                    group.node.log_out();
                }
                // A failure that cannot be retried takes precedence.
                if failed.as_ref().is_none_or(|(other, _)| other.is_retryable()) {
                    failed = Some((failure, group.node.name.clone()));
                }
            }
        }
        // The servers may still list this round under its id.
        self.id = new_id();
        let Some((failure, node)) = failed else {
            return self.start(cluster);
        };
        if is_full && failure.is_retryable() {
            return Ok(State::Over);
        }
        // A retry would aggregate some records twice.
        let can_retry = self.query.aggregation.is_none();
        let pause = self.attempts.next_before(self.deadline, &failure);
        match pause.filter(|_| can_retry) {
            Some(pause) => {
                tracing::debug!(%node, ?failure, ?pause, "retrying the partitions that are missing");
                Ok(State::Waiting(Box::pin(tokio::time::sleep(pause))))
            }
            None => Err(failure.into_error().at(&node)),
        }
    }
}

impl Round {
    /// Records an event, and returns the records in it.
    fn take(&mut self, event: Event) -> Option<Vec<Found>> {
        let state = self.groups.get_mut(event.group)?;
        match event.kind {
            EventKind::Records(records) => {
                state.received += records.len() as u64;
                return Some(records);
            }
            EventKind::Missing(partition) => state.missing.push(partition),
            // The reason may arrive before the end itself.
            EventKind::End(end) => {
                state.end.get_or_insert(end);
            }
        }
        None
    }
}

/// Waits until the cluster is tended again, or the deadline has passed.
fn resumed(cluster: &Cluster, deadline: Option<Instant>) -> impl Future<Output = ()> + Send + Sync + use<> {
    let resumed = cluster.resume_tending();
    async move { clock::until(deadline, resumed).await.unwrap_or_default() }
}

/// Sends requests, one after the other, until none is left.
async fn run_requests(requests: Arc<Mutex<VecDeque<NodeRequest>>>, deadline: Option<Instant>) {
    let next = || requests.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    while let Some(NodeRequest { node, frame, receive }) = next() {
        let (events, group) = (receive.events.clone(), receive.group);
        let kind = EventKind::End(node.exchange(&frame, deadline, receive).await);
        // The receiver is gone if the stream was dropped.
        let _ = events.send(Event { group, kind }).await;
    }
}

impl GroupState {
    const fn new(group: Group) -> Self {
        Self {
            group,
            received: 0,
            missing: Vec::new(),
            end: None,
        }
    }
}
