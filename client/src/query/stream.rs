//! The stream of a query's records.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use futures_core::Stream;
use spikelet_wire::{DecodeError, PartitionId, ResultCode};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, Sleep};

use super::cursor::Cursor;
use super::receive::{Event, Found, QueryMessages, What};
use super::request::{self, Ask};
use super::tracker::{Group, Tracker};
use super::{Query, Selection};
use crate::client::Client;
use crate::cluster::{Cluster, Node};
use crate::command::Options;
use crate::command::single::fits;
use crate::error::Error;
use crate::record::Record;
use crate::retry::{Attempts, Failure, FailureCause};

/// The records that a query finds, as they come in.
///
/// They come from all nodes at once, each in the order of its partitions; they come only as fast as they are taken, since
/// little more than what was asked for is kept here. When the stream is dropped, the servers stop looking.
///
/// It is a [`Stream`], and has a [`next`](Self::next) of its own besides:
///
/// ```no_run
/// # async fn example(client: spikelet_client::Client) -> Result<(), spikelet_client::Error> {
/// let mut records = client.query("test", "demo").stream();
/// while let Some(record) = records.next().await {
///     println!("{:?}", record?.bins);
/// }
/// # Ok(())
/// # }
/// ```
///
/// After an error there are no more records. The [cursor](Self::cursor) is good for going on later all the same.
#[must_use = "a stream does nothing until it is asked for records"]
pub struct Records {
    client: Client,
    run: Run,
}

impl Records {
    pub(super) fn new(client: Client, query: Query, options: Options) -> Self {
        Self {
            client,
            run: Run::new(query, options),
        }
    }

    /// The next record; none where there are no more.
    pub async fn next(&mut self) -> Option<Result<Record, Error>> {
        poll_fn(|cx| self.run.poll(self.client.cluster(), cx)).await
    }

    /// Where the query stands: behind the record that was handed out last.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        self.run.cursor()
    }

    /// The id by which the servers list the query, and by which it can be aborted; another one whenever nodes are asked
    /// again.
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.run.id
    }
}

impl Stream for Records {
    type Item = Result<Record, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        this.run.poll(this.client.cluster(), cx)
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").finish_non_exhaustive()
    }
}

/// A query under way.
///
/// It goes on in rounds. In each, the partitions that are not done are asked for, of all nodes side by side; what a round
/// leaves over, because a node failed or was only asked for its share, is for the next.
pub(super) struct Run {
    query: Query,
    options: Options,
    /// An error here is told when the stream is asked for its first record.
    tracker: Result<Tracker, Option<Error>>,
    /// How many records may still be handed out.
    remaining: Option<u64>,
    /// Whether nodes are told how many they may answer.
    tells_limit: bool,
    attempts: Attempts,
    deadline: Option<Instant>,
    id: u64,
    buffered: std::vec::IntoIter<Found>,
    state: State,
}

enum State {
    Fresh,
    Pausing(Pin<Box<Sleep>>),
    Running(Round),
    Over,
}

struct Round {
    groups: Vec<Asked>,
    events: mpsc::Receiver<Event>,
    tasks: JoinSet<()>,
}

/// A request that a node is to be sent.
struct Errand {
    node: Arc<Node>,
    frame: BytesMut,
    receive: QueryMessages,
}

/// A group, and what came of it.
struct Asked {
    group: Group,
    received: u64,
    missing: Vec<PartitionId>,
    end: Option<Result<ResultCode, Failure>>,
}

impl Run {
    pub(super) fn new(query: Query, options: Options) -> Self {
        let tracker = query.check().and_then(|()| query.places.cursor());
        Self {
            tracker: tracker.map(|cursor| Tracker::new(&cursor)).map_err(Some),
            remaining: query.max_records,
            tells_limit: true,
            attempts: options.attempts(false),
            deadline: None,
            id: super::new_id(),
            buffered: Vec::new().into_iter(),
            state: State::Fresh,
            query,
            options,
        }
    }

    pub(super) fn cursor(&self) -> Cursor {
        match &self.tracker {
            Ok(tracker) => tracker.cursor(),
            Err(_) => Cursor::new([].into_iter()),
        }
    }

    pub(super) async fn next(&mut self, cluster: &Cluster) -> Option<Result<Record, Error>> {
        poll_fn(|cx| self.poll(cluster, cx)).await
    }

    /// The next record, if it is here already.
    pub(super) fn next_buffered(&mut self) -> Option<Result<Record, Error>> {
        self.take()
    }

    pub(super) const fn is_under_way(&self) -> bool {
        matches!(self.state, State::Running(_))
    }

    /// Waits until nothing is under way any more.
    pub(super) async fn stop(&mut self) {
        if let State::Running(round) = &mut self.state {
            round.events.close();
            round.tasks.shutdown().await;
        }
        self.state = State::Over;
    }

    pub(super) fn poll(&mut self, cluster: &Cluster, cx: &mut Context<'_>) -> Poll<Option<Result<Record, Error>>> {
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
                State::Fresh => {
                    self.deadline = self.options.deadline();
                    self.state = self.begin(cluster)?;
                }
                State::Pausing(sleep) => {
                    ready!(sleep.as_mut().poll(cx));
                    self.state = self.begin(cluster)?;
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

    /// Takes a record out of those that are here.
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
            if *remaining == 0 && !self.tells_limit {
                // Nodes that do not know the limit would go on.
                self.state = State::Over;
            }
        }
        Some(Ok(found.record))
    }

    /// Begins a round.
    fn begin(&mut self, cluster: &Cluster) -> Result<State, Error> {
        // The servers may still have the round before under its id.
        if !matches!(self.state, State::Fresh) {
            self.id = super::new_id();
        }
        let tracker = match &mut self.tracker {
            Ok(tracker) => tracker,
            Err(error) => return error.take().map_or(Ok(State::Over), Err),
        };
        if tracker.is_done() || self.remaining == Some(0) {
            return Ok(State::Over);
        }
        let limit = self.remaining.filter(|_| self.tells_limit);
        let groups = tracker.groups(cluster, &self.query.namespace, limit)?;
        let at_once = self.query.max_concurrent_nodes.map_or(groups.len(), NonZeroUsize::get);
        let (sender, events) = mpsc::channel(at_once.clamp(1, groups.len().max(1)));
        let mut errands = VecDeque::with_capacity(groups.len());
        for (at, group) in groups.iter().enumerate() {
            let mut frame = BytesMut::new();
            let ask = Ask {
                positions: tracker.positions(group),
                limit: group.limit,
                id: self.id,
            };
            request::encode(&mut frame, &self.query, &self.options, ask)?;
            let receive = QueryMessages {
                events: sender.clone(),
                group: at,
                namespace: self.query.namespace.clone(),
                is_aggregation: self.query.aggregation.is_some(),
                has_operations: matches!(self.query.selection, Selection::Operations(_)),
                socket_timeout: self.options.policy.socket_timeout,
            };
            let node = group.node.clone();
            errands.push_back(Errand { node, frame, receive });
        }
        let mut tasks = JoinSet::new();
        let errands = Arc::new(Mutex::new(errands));
        for _ in 0..at_once.min(groups.len()) {
            tasks.spawn(run_errands(errands.clone(), self.deadline));
        }
        Ok(State::Running(Round {
            groups: groups.into_iter().map(Asked::new).collect(),
            events,
            tasks,
        }))
    }

    /// Takes note of what a round has left over, and gives what is to come next.
    fn settle(&mut self, cluster: &Cluster) -> Result<State, Error> {
        let State::Running(round) = std::mem::replace(&mut self.state, State::Over) else {
            return Ok(State::Over);
        };
        let Ok(tracker) = &mut self.tracker else {
            return Ok(State::Over);
        };
        let is_full = self.remaining == Some(0);
        // The server counts a record that has none of the bins asked for, and does not answer it.
        let hides_records = matches!(self.query.selection, Selection::Operations(_));
        let mut failed: Option<(Failure, Arc<str>)> = None;
        for asked in round.groups {
            let Asked {
                group,
                received,
                missing,
                end,
            } = asked;
            let failure = match end {
                // So do old servers say that there are no records.
                Some(Ok(ResultCode::OK | ResultCode::NOT_FOUND | ResultCode::FILTERED_OUT)) => {
                    match group.limit {
                        Some(limit) if received >= limit => {}
                        Some(_) if hides_records => self.tells_limit = false,
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
                None => Some(Failure {
                    cause: FailureCause::Protocol(DecodeError::new("an answer without an end", 0)),
                    sent: true,
                }),
            };
            if let Some(failure) = failure {
                if failure.suggests_change() {
                    cluster.suspect_change();
                }
                // What will not pass decides.
                if failed.as_ref().is_none_or(|(other, _)| other.is_passing()) {
                    failed = Some((failure, group.node.name.clone()));
                }
            }
        }
        let Some((failure, node)) = failed else {
            return self.begin(cluster);
        };
        if is_full && failure.is_passing() {
            return Ok(State::Over);
        }
        // What was made out of records once would be made out of them twice.
        let can_go_on = self.query.aggregation.is_none();
        let pause = self.attempts.next(&failure).filter(|_| can_go_on);
        match pause.filter(|pause| fits(*pause, self.deadline)) {
            Some(pause) => {
                tracing::debug!(%node, ?failure, ?pause, "asking again for what is missing");
                Ok(State::Pausing(Box::pin(tokio::time::sleep(pause))))
            }
            None => Err(failure.into_error().at(&node)),
        }
    }
}

impl Round {
    /// Takes note of an event, and gives the records in it.
    fn take(&mut self, event: Event) -> Option<Vec<Found>> {
        let asked = self.groups.get_mut(event.group)?;
        match event.what {
            What::Records(records) => {
                asked.received += records.len() as u64;
                return Some(records);
            }
            What::Missing(partition) => asked.missing.push(partition),
            // Why it ended may come before the end.
            What::End(end) => {
                asked.end.get_or_insert(end);
            }
        }
        None
    }
}

/// Runs errands, one after the other, until none is left.
async fn run_errands(errands: Arc<Mutex<VecDeque<Errand>>>, deadline: Option<Instant>) {
    let next = || errands.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    while let Some(Errand { node, frame, receive }) = next() {
        let (events, group) = (receive.events.clone(), receive.group);
        let what = What::End(node.exchange(&frame, deadline, receive).await);
        // Nobody listens any more where the stream was dropped.
        let _ = events.send(Event { group, what }).await;
    }
}

impl Asked {
    const fn new(group: Group) -> Self {
        Self {
            group,
            received: 0,
            missing: Vec::new(),
            end: None,
        }
    }
}
