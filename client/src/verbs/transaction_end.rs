//! Transactions, and the verbs that end them: commit and abort.
//!
//! A commit verifies that no record was written since the transaction has read it, marks the monitor as committed, makes each
//! written record visible (rolls it forward), and deletes the monitor. An abort rolls the records back and deletes the monitor.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use spikelet_wire::ResultCode;
use tokio::time::Instant;

use super::batch::{self, BatchRecord};
use super::command::{Command, Execute, Transactional};
use super::options::Options;
use super::request::Content;
use super::transaction::{address, monitor};
use crate::clock;
use crate::cluster::Cluster;
use crate::error::{Cause, Error};
use crate::key::Key;
use crate::transaction::{Fields, Phase, State};

/// How many records one batch verifies or rolls.
const BATCH: usize = 1000;

/// A multi-record transaction: its commands read and write several records of one namespace, all or none.
///
/// A client [begins](crate::Client::begin) it. Commands are part of it by [`in_transaction`](Command::in_transaction): commands
/// on single records, batches and UDFs. What it writes is seen by its own reads only, until it is [committed](Self::commit).
/// Meanwhile the records that it has written are locked: other writes of them, and commands of other transactions, fail with
/// [`MRT_BLOCKED`](ResultCode::MRT_BLOCKED) (120).
///
/// The commit fails, and the transaction is aborted, if a record that it has read was written since. So committed transactions
/// have the same effect as if they had been executed one after the other.
///
/// It needs a namespace of the Enterprise Edition with strong consistency. Elsewhere its commands fail with
/// [`ENTERPRISE_ONLY`](ResultCode::ENTERPRISE_ONLY) (25) or [`UNSUPPORTED_FEATURE`](ResultCode::UNSUPPORTED_FEATURE) (16).
///
/// A transaction that is dropped without a commit is not aborted by the client: its records stay locked until the
/// [timeout](Self::timeout) passes and the server rolls them back. Call [`abort`](Self::abort) to unlock them at once.
///
/// A clone is the same transaction, for use in another task.
///
/// ```no_run
/// # use spikelet_client::{Client, CommitStatus, Error, Key};
/// # async fn example(client: Client, alice: Key, bob: Key) -> Result<(), Error> {
/// let txn = client.begin();
/// client.increment(&alice, "balance", -10).in_transaction(&txn).await?;
/// client.increment(&bob, "balance", 10).in_transaction(&txn).await?;
/// match txn.commit().await {
///     Ok(_) => println!("committed"),
///     Err(error) if error.in_doubt() => println!("committed or not; commit again to find out"),
///     Err(error) => println!("not committed, because of {:?}: {error}", error.unverified_keys()),
/// }
/// # Ok(())
/// # }
/// ```
///
/// Queries cannot be part of a transaction:
///
/// ```compile_fail,E0277
/// # use spikelet_client::{Client, Error};
/// # async fn example(client: Client) -> Result<(), Error> {
/// let txn = client.begin();
/// client.query("test", "demo").in_transaction(&txn).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a transaction has an effect only if it is committed"]
pub struct Transaction<C> {
    client: C,
    state: Arc<State>,
    options: Options,
}

/// How a transaction was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CommitStatus {
    /// Everything that it has written is visible.
    Committed,
    /// It is committed, but some of its records may still be locked and seen as before. The server makes them visible when the
    /// timeout of the transaction passes. Another [`commit`](Transaction::commit) tries to do it sooner.
    RollForwardAbandoned,
}

/// How a transaction was aborted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AbortStatus {
    /// Nothing is left of it.
    Aborted,
    /// It is aborted, but some of its records may still be locked. The server unlocks them when the timeout of the transaction
    /// passes. Another [`abort`](Transaction::abort) tries to do it sooner.
    RollBackAbandoned,
}

/// A command that commits a transaction.
#[derive(Debug, Clone)]
pub struct Commit(Arc<State>);

/// A command that aborts a transaction.
#[derive(Debug, Clone)]
pub struct Abort(Arc<State>);

impl<C> Transaction<C> {
    pub(crate) fn new(client: C, cluster: &Cluster, options: Options) -> Self {
        Self {
            client,
            state: Arc::new(State::new(address(cluster))),
            options,
        }
    }

    /// Sets after how long the server ends the transaction if it is not committed: from 1 to 120 seconds, rounded up to whole
    /// seconds. The default is the server's `mrt-duration`, 10 seconds unless it was changed.
    ///
    /// The time begins with the first write; a later change has no effect. With a value out of range the commands of the
    /// transaction fail with [`ErrorKind::Argument`](crate::ErrorKind::Argument).
    pub fn timeout(self, timeout: Duration) -> Self {
        self.state.set_timeout(timeout);
        self
    }

    /// The id of the transaction, which the client chooses at random.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.state.id
    }
}

impl<C: Clone> Transaction<C> {
    /// Commits the transaction. It takes no more commands then.
    ///
    /// By default the total timeout is 10 seconds, the socket timeout is 3 seconds, and there are at most 5 retries.
    ///
    /// If it fails, the transaction is
    ///
    /// - perhaps committed, if the error is [in doubt](crate::Error::in_doubt). Another `commit` finds out.
    /// - aborted, if the error has [`unverified_keys`](crate::Error::unverified_keys), or if the server has ended the transaction:
    ///   [`MRT_ABORTED`](ResultCode::MRT_ABORTED) (125), [`MRT_EXPIRED`](ResultCode::MRT_EXPIRED) (122) or
    ///   [`NOT_FOUND`](ResultCode::NOT_FOUND) (2).
    /// - not committed, and can be committed or aborted, for every other error: while commands of it are being executed, while
    ///   one of its writes is in doubt, or if the cluster could not be reached.
    ///
    /// A transaction that was committed before is not changed.
    pub fn commit(&self) -> Command<C, Commit> {
        Command::new(self.client.clone(), Commit(self.state.clone()), self.options.clone())
    }

    /// Aborts the transaction: everything that it has written is undone. It takes no more commands then.
    ///
    /// Timeouts and retries are those of [`commit`](Self::commit). It fails with
    /// [`ErrorKind::Transaction`](crate::ErrorKind::Transaction) if the transaction is committed or its commit is in doubt, and
    /// while commands of it are being executed.
    pub fn abort(&self) -> Command<C, Abort> {
        Command::new(self.client.clone(), Abort(self.state.clone()), self.options.clone())
    }
}

impl<C> fmt::Debug for Transaction<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("id", &self.state.id)
            .finish_non_exhaustive()
    }
}

impl<C, V> Command<C, V> {
    /// Makes the command part of a transaction.
    ///
    /// It fails with [`ErrorKind::Transaction`](crate::ErrorKind::Transaction) if the transaction has ended, and with
    /// [`ErrorKind::Argument`](crate::ErrorKind::Argument) if the transaction belongs to another client or is in another
    /// namespace. The server's result codes for it are
    ///
    /// - [`MRT_BLOCKED`](ResultCode::MRT_BLOCKED) (120): another transaction has written the record,
    /// - [`MRT_VERSION_MISMATCH`](ResultCode::MRT_VERSION_MISMATCH) (121): the record was written since the transaction read it,
    /// - [`MRT_EXPIRED`](ResultCode::MRT_EXPIRED) (122): the timeout of the transaction has passed,
    /// - [`MRT_TOO_MANY_WRITES`](ResultCode::MRT_TOO_MANY_WRITES) (123): the transaction writes more than 4096 records.
    pub fn in_transaction(mut self, transaction: &Transaction<C>) -> Self
    where
        V: Transactional,
    {
        self.options.transaction = Some(transaction.state.clone());
        self
    }
}

impl Execute for Commit {
    type Output = CommitStatus;

    async fn execute(self, cluster: &Cluster, options: Options) -> Result<CommitStatus, Error> {
        let end = End::new(cluster, &self.0, &options);
        let turn = clock::until(end.deadline, self.0.turn.lock()).await;
        let _turn = turn.ok_or_else(|| Error::new(Cause::Timeout))?;
        self.0.begin_commit()?;
        end.commit().await
    }
}

impl Execute for Abort {
    type Output = AbortStatus;

    async fn execute(self, cluster: &Cluster, options: Options) -> Result<AbortStatus, Error> {
        let end = End::new(cluster, &self.0, &options);
        let turn = clock::until(end.deadline, self.0.turn.lock()).await;
        let _turn = turn.ok_or_else(|| Error::new(Cause::Timeout))?;
        self.0.begin_abort()?;
        Ok(end.roll_back().await)
    }
}

/// The end of a transaction. Each step leaves a phase from which another attempt goes on.
struct End<'a> {
    cluster: &'a Cluster,
    state: &'a State,
    options: Options,
    deadline: Option<Instant>,
}

impl<'a> End<'a> {
    fn new(cluster: &'a Cluster, state: &'a State, options: &Options) -> Self {
        Self {
            cluster,
            state,
            options: options.for_protocol(),
            deadline: options.deadline(),
        }
    }

    async fn commit(&self) -> Result<CommitStatus, Error> {
        if self.state.phase() == Phase::Verifying {
            if let Err(error) = self.verify().await {
                self.state.set_phase(Phase::Aborted);
                self.roll_back().await;
                return Err(error);
            }
            self.state.set_phase(Phase::Verified);
        }
        if self.state.phase() == Phase::Verified {
            if self.state.has_monitor() {
                self.mark_committed().await?;
            }
            self.state.set_phase(Phase::Committed);
        }
        if self.state.phase() == Phase::Committed {
            if self.roll(true).await.is_err() {
                return Ok(CommitStatus::RollForwardAbandoned);
            }
            // The server deletes a monitor that is left at its deadline.
            if self.close().await.is_ok() {
                self.state.set_phase(Phase::CommitEnded);
            }
        }
        Ok(CommitStatus::Committed)
    }

    /// Marks the monitor as committed, the moment that decides.
    async fn mark_committed(&self) -> Result<(), Error> {
        // If this future is dropped, nobody knows.
        let was_in_doubt = self.state.commit_in_doubt();
        self.state.set_commit_in_doubt(true);
        let result = monitor::mark_committed(self.cluster, self.state, &self.options, self.deadline).await;
        let Err(error) = result else {
            self.state.set_commit_in_doubt(false);
            return Ok(());
        };
        let ended = match error.result_code() {
            Some(ResultCode::MRT_ABORTED | ResultCode::MRT_EXPIRED) => true,
            // A monitor that was marked is deleted as well in the end.
            Some(ResultCode::NOT_FOUND) => !was_in_doubt && !error.in_doubt(),
            _ => false,
        };
        if ended {
            self.state.set_phase(Phase::AbortEnded);
        }
        let in_doubt = !ended && (was_in_doubt || error.in_doubt());
        self.state.set_commit_in_doubt(in_doubt);
        Err(error.with_doubt(in_doubt))
    }

    async fn roll_back(&self) -> AbortStatus {
        if self.state.phase() == Phase::Aborted {
            if self.roll(false).await.is_err() {
                return AbortStatus::RollBackAbandoned;
            }
            if self.close().await.is_ok() {
                self.state.set_phase(Phase::AbortEnded);
            }
        }
        AbortStatus::Aborted
    }

    /// Verifies that no record was written since the transaction has read it.
    async fn verify(&self) -> Result<(), Error> {
        let reads = self.state.reads().into_iter();
        let reads = reads.map(|(key, version)| (key, Fields::of_verification(version)));
        let failed = self.send(reads.collect(), Content::verify).await;
        let Some((_, first)) = failed.first() else {
            return Ok(());
        };
        let keys = failed.iter().map(|(key, _)| key.clone()).collect();
        Err(Error::new(Cause::Unverified(keys, Box::new(first.duplicate()))))
    }

    /// Makes what the transaction has written visible, or drops it.
    async fn roll(&self, forward: bool) -> Result<(), ()> {
        let writes = self.state.writes().into_iter();
        let writes = writes.map(|key| (key, self.state.roll_fields()));
        let failed = self.send(writes.collect(), || Content::roll(forward)).await;
        for (key, error) in &failed {
            tracing::debug!(%key, %error, forward, "a record was not rolled");
        }
        if failed.is_empty() { Ok(()) } else { Err(()) }
    }

    async fn close(&self) -> Result<(), Error> {
        if !self.state.closes_monitor() {
            return Ok(());
        }
        monitor::close(self.cluster, self.state, &self.options, self.deadline).await
    }

    /// Sends a request for each record, and returns the records for which it failed.
    async fn send(&self, records: Vec<(Key, Fields)>, content: impl Fn() -> Content) -> Vec<(Key, Error)> {
        let mut failed = Vec::new();
        for records in records.chunks(BATCH) {
            let sent = batch::send_all(self.cluster, content(), records.to_vec(), &self.options, self.deadline);
            match sent.await {
                Ok(results) => failed.extend(results.into_iter().filter_map(failure)),
                Err(error) => {
                    let keys = records.iter().map(|(key, _)| key.clone());
                    failed.extend(keys.map(|key| (key, error.duplicate())));
                }
            }
        }
        failed
    }
}

fn failure(row: BatchRecord) -> Option<(Key, Error)> {
    row.result.err().map(|error| (row.key, error))
}
