//! The state of a multi-record transaction, which its commands share: what it has read, what it has written, and how far it is.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use spikelet_wire::mrt::MAX_DURATION;
use spikelet_wire::{Digest, FieldType, Message};

use crate::error::Error;
use crate::key::Key;

/// The version of a record, as the server encodes it.
pub(crate) type Version = [u8; 7];

/// The state of a transaction.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) id: u64,
    /// The address of the cluster to which the transaction belongs.
    cluster: usize,
    progress: Mutex<Progress>,
    /// Held by whoever changes the monitor or ends the transaction.
    pub(crate) turn: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Progress {
    phase: Phase,
    /// In seconds, rounded up; `None` for the server's default.
    timeout: Option<u64>,
    namespace: Option<String>,
    /// When the server ends the transaction, as it reported when the monitor was created.
    deadline: Option<u32>,
    /// Whether a request to create the monitor was sent.
    monitor_was_sent: bool,
    /// The records of which the monitor knows.
    monitored: BTreeSet<Digest>,
    /// The records that the transaction has read and not written, with their versions.
    reads: BTreeMap<Digest, (Key, Version)>,
    /// The records that it has written, or may have written.
    writes: BTreeMap<Digest, Key>,
    /// The records of which it is not known whether the last write was applied.
    doubtful: BTreeSet<Digest>,
    /// Whether there ever was a write in doubt. The server may execute it late, so the monitor must stay.
    keeps_monitor: bool,
    /// The number of commands that are being executed.
    running: usize,
    commit_in_doubt: bool,
}

/// How far a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Phase {
    /// It takes commands.
    #[default]
    Open,
    /// The records that it has read are being verified.
    Verifying,
    /// They are verified.
    Verified,
    /// It is committed, and its records are to be rolled forward.
    Committed,
    /// It is aborted, and its records are to be rolled back.
    Aborted,
    /// It is committed and has ended.
    CommitEnded,
    /// It is aborted and has ended.
    AbortEnded,
}

impl Phase {
    const fn description(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Verifying | Self::Verified => "being committed",
            Self::Committed | Self::CommitEnded => "committed",
            Self::Aborted | Self::AbortEnded => "aborted",
        }
    }
}

/// What a request on one record says of its transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Fields {
    id: Option<[u8; 8]>,
    version: Option<Version>,
    deadline: Option<[u8; 4]>,
}

impl Fields {
    /// The fields of a verification, which is not a command of the transaction.
    pub(crate) fn of_verification(version: Version) -> Self {
        Self {
            version: Some(version),
            ..Self::default()
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (FieldType, &[u8])> {
        let fields = [
            (FieldType::MRT_ID, self.id.as_ref().map(|id| &id[..])),
            (
                FieldType::RECORD_VERSION,
                self.version.as_ref().map(|version| &version[..]),
            ),
            (
                FieldType::MRT_DEADLINE,
                self.deadline.as_ref().map(|deadline| &deadline[..]),
            ),
        ];
        fields
            .into_iter()
            .filter_map(|(field_type, data)| data.map(|data| (field_type, data)))
    }
}

/// The version of the record in a reply; `None` if the transaction has written the record.
pub(crate) fn version(message: &Message<'_>) -> Option<Version> {
    message.field(FieldType::RECORD_VERSION)?.try_into().ok()
}

/// The deadline of the transaction in a reply of its monitor.
pub(crate) fn deadline(message: &Message<'_>) -> Option<u32> {
    let bytes = message.field(FieldType::MRT_DEADLINE)?.try_into().ok()?;
    Some(u32::from_le_bytes(bytes))
}

impl State {
    /// The state of a transaction that begins.
    pub(crate) fn new(cluster: usize) -> Self {
        Self {
            // The standard library seeds its hashes at random. The server takes an id of 0 for none.
            id: RandomState::new().build_hasher().finish().max(1),
            cluster,
            progress: Mutex::default(),
            turn: tokio::sync::Mutex::new(()),
        }
    }

    pub(crate) fn set_timeout(&self, timeout: Duration) {
        let part = u64::from(timeout.subsec_nanos() != 0);
        self.lock().timeout = Some(timeout.as_secs().saturating_add(part));
    }

    /// The TTL of the monitor; `None` for the server's default.
    pub(crate) fn ttl(&self) -> Option<u32> {
        self.lock().timeout.and_then(|timeout| u32::try_from(timeout).ok())
    }

    /// Begins a command on these records.
    ///
    /// # Errors
    /// If the transaction takes no commands, or none on these records.
    pub(crate) fn enter<'k>(
        self: &Arc<Self>,
        cluster: usize,
        keys: impl IntoIterator<Item = &'k Key>,
    ) -> Result<Running, Error> {
        if cluster != self.cluster {
            return Err(Error::argument("the transaction belongs to another client"));
        }
        let mut progress = self.lock();
        if progress.phase != Phase::Open {
            let what = progress.phase.description();
            return Err(Error::transaction(format!(
                "the transaction is {what} and takes no more commands; begin another one"
            )));
        }
        if let Some(timeout) = progress
            .timeout
            .filter(|timeout| !(1..=u64::from(MAX_DURATION)).contains(timeout))
        {
            return Err(Error::argument(format!(
                "the timeout of the transaction is {timeout} s, and must be from 1 to {MAX_DURATION} s"
            )));
        }
        for key in keys {
            let namespace = progress.namespace.get_or_insert_with(|| key.namespace().to_owned());
            if namespace != key.namespace() {
                return Err(Error::argument(format!(
                    "the transaction is in the namespace {namespace}, and the record in {}; a transaction has one namespace",
                    key.namespace()
                )));
            }
        }
        progress.running += 1;
        drop(progress);
        Ok(Running {
            state: self.clone(),
            unsettled: BTreeMap::new(),
        })
    }

    /// What a request on a record says of the transaction.
    pub(crate) fn fields(&self, key: &Key, writes: bool) -> Fields {
        let progress = self.lock();
        let read = progress.reads.get(&key.digest());
        Fields {
            id: Some(self.id.to_le_bytes()),
            version: read.map(|(_, version)| *version),
            deadline: progress.deadline.filter(|_| writes).map(u32::to_le_bytes),
        }
    }

    /// What the request that rolls a record says of the transaction.
    pub(crate) fn roll_fields(&self) -> Fields {
        Fields {
            id: Some(self.id.to_le_bytes()),
            ..Fields::default()
        }
    }

    /// Of these records, those of which the monitor does not know yet.
    pub(crate) fn unmonitored(&self, digests: impl Iterator<Item = Digest>) -> BTreeSet<Digest> {
        let progress = self.lock();
        digests.filter(|digest| !progress.monitored.contains(digest)).collect()
    }

    /// Records that the monitor knows of these records.
    pub(crate) fn set_monitored(&self, digests: BTreeSet<Digest>, deadline: u32) {
        let mut progress = self.lock();
        progress.deadline = Some(deadline);
        progress.monitored.extend(digests);
    }

    /// Whether the monitor exists for certain.
    pub(crate) fn has_monitor(&self) -> bool {
        self.lock().deadline.is_some()
    }

    /// Records that a request to create the monitor is sent, and returns whether one was sent before.
    pub(crate) fn send_monitor(&self) -> bool {
        std::mem::replace(&mut self.lock().monitor_was_sent, true)
    }

    /// The namespace, once a command has named it.
    pub(crate) fn namespace(&self) -> Option<String> {
        self.lock().namespace.clone()
    }

    pub(crate) fn phase(&self) -> Phase {
        self.lock().phase
    }

    pub(crate) fn set_phase(&self, phase: Phase) {
        self.lock().phase = phase;
    }

    /// Checks whether the transaction can be committed. It takes no more commands then.
    pub(crate) fn begin_commit(&self) -> Result<(), Error> {
        let mut progress = self.lock();
        progress.check_end()?;
        if matches!(progress.phase, Phase::Aborted | Phase::AbortEnded) {
            return Err(Error::transaction(
                "the transaction was aborted, and cannot be committed".to_owned(),
            ));
        }
        if progress.phase != Phase::Open {
            return Ok(());
        }
        if let Some(key) = progress.doubtful.first().and_then(|digest| progress.writes.get(digest)) {
            return Err(Error::transaction(format!(
                "it is not known whether the write of {key} was applied; write the record again, or abort the transaction"
            )));
        }
        progress.phase = Phase::Verifying;
        Ok(())
    }

    /// Checks whether the transaction can be aborted. It takes no more commands then.
    pub(crate) fn begin_abort(&self) -> Result<(), Error> {
        let mut progress = self.lock();
        progress.check_end()?;
        match progress.phase {
            Phase::Open | Phase::Verifying | Phase::Verified if !progress.commit_in_doubt => {
                progress.phase = Phase::Aborted;
                Ok(())
            }
            Phase::Aborted | Phase::AbortEnded => Ok(()),
            Phase::Committed | Phase::CommitEnded => Err(Error::transaction(
                "the transaction was committed, and cannot be aborted".to_owned(),
            )),
            Phase::Open | Phase::Verifying | Phase::Verified => Err(Error::transaction(
                "the commit is in doubt; commit again to learn whether the transaction is committed".to_owned(),
            )),
        }
    }

    pub(crate) fn set_commit_in_doubt(&self, in_doubt: bool) {
        self.lock().commit_in_doubt = in_doubt;
    }

    pub(crate) fn commit_in_doubt(&self) -> bool {
        self.lock().commit_in_doubt
    }

    /// The records that the transaction has read and not written, with their versions.
    pub(crate) fn reads(&self) -> Vec<(Key, Version)> {
        self.lock().reads.values().cloned().collect()
    }

    /// The records that the transaction has written.
    pub(crate) fn writes(&self) -> Vec<Key> {
        self.lock().writes.values().cloned().collect()
    }

    /// Whether the monitor is to be deleted after the records were rolled. If a write may still arrive at the server, it must
    /// stay, so that the server rolls the record back.
    pub(crate) fn closes_monitor(&self) -> bool {
        let progress = self.lock();
        progress.deadline.is_some() && !progress.keeps_monitor
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress {
    fn check_end(&self) -> Result<(), Error> {
        match self.running {
            0 => Ok(()),
            count => Err(Error::transaction(format!(
                "{count} commands of the transaction are still being executed"
            ))),
        }
    }

    fn doubt(&mut self, digest: Digest, key: Key) {
        self.reads.remove(&digest);
        self.writes.insert(digest, key);
        self.doubtful.insert(digest);
        self.keeps_monitor = true;
    }
}

/// A command of a transaction that is being executed.
///
/// If it is dropped before its outcome is known, its writes are in doubt.
#[derive(Debug)]
pub(crate) struct Running {
    state: Arc<State>,
    unsettled: BTreeMap<Digest, Key>,
}

impl Running {
    /// Records that the write of a record is sent.
    pub(crate) fn send(&mut self, key: &Key) {
        self.unsettled.insert(key.digest(), key.clone());
    }

    /// Records the outcome of the command for one record, and the version that the reply named.
    pub(crate) fn settle(&mut self, key: &Key, writes: bool, result: Result<(), &Error>, version: Option<Version>) {
        let digest = key.digest();
        self.unsettled.remove(&digest);
        let mut progress = self.state.lock();
        if writes && result.is_err_and(Error::in_doubt) {
            progress.doubt(digest, key.clone());
        } else if let Some(version) = version {
            // A read may be answered after a write of the same record that was sent later.
            if !progress.writes.contains_key(&digest) {
                // What the transaction has read first must still be there at the end.
                progress.reads.entry(digest).or_insert((key.clone(), version));
            }
        } else if writes && result.is_ok() {
            progress.reads.remove(&digest);
            progress.doubtful.remove(&digest);
            progress.writes.insert(digest, key.clone());
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut progress = self.state.lock();
        progress.running -= 1;
        for (digest, key) in std::mem::take(&mut self.unsettled) {
            progress.doubt(digest, key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Cause, ErrorKind};

    fn key(n: i64) -> Key {
        Key::new("test", "demo", n)
    }

    fn state() -> Arc<State> {
        Arc::new(State::new(1))
    }

    fn write(state: &Arc<State>, n: i64, result: Result<(), &Error>, version: Option<Version>) {
        let mut running = state.enter(1, [&key(n)]).unwrap();
        running.send(&key(n));
        running.settle(&key(n), true, result, version);
    }

    #[test]
    fn a_write_takes_its_record_from_the_reads() {
        let state = state();
        state
            .enter(1, [&key(1)])
            .unwrap()
            .settle(&key(1), false, Ok(()), Some([7; 7]));
        assert_eq!(state.fields(&key(1), true).version, Some([7; 7]));
        assert_eq!(state.reads(), [(key(1), [7; 7])]);
        write(&state, 1, Ok(()), None);
        assert_eq!((state.reads(), state.writes()), (vec![], vec![key(1)]));
        assert_eq!(state.fields(&key(1), true).version, None);
    }

    #[test]
    fn a_write_that_was_refused_counts_as_a_read_if_the_reply_names_a_version() {
        let state = state();
        let refused = Error::new(Cause::Server(spikelet_wire::ResultCode::GENERATION));
        write(&state, 1, Err(&refused), Some([7; 7]));
        assert_eq!((state.reads().len(), state.writes()), (1, vec![]));
        write(&state, 2, Err(&refused), None);
        assert_eq!((state.reads().len(), state.writes()), (1, vec![]));
    }

    #[test]
    fn a_write_in_doubt_keeps_the_monitor_and_must_be_repeated() {
        let state = state();
        state.set_monitored(BTreeSet::new(), 100);
        assert!(state.closes_monitor());
        // Its future was dropped.
        state.enter(1, [&key(1)]).unwrap().send(&key(1));
        assert!(!state.closes_monitor());
        let refused = state.begin_commit().unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Transaction);
        assert!(refused.to_string().contains("test:demo:1"), "{refused}");
        write(&state, 1, Ok(()), None);
        state.begin_commit().unwrap();
        assert!(!state.closes_monitor(), "the first write may still arrive");
    }

    #[test]
    fn a_transaction_has_one_client_one_namespace_and_one_end() {
        let state = state();
        assert_eq!(state.enter(2, [&key(1)]).unwrap_err().kind(), ErrorKind::Argument);
        let running = state.enter(1, [&key(1)]).unwrap();
        let other = Key::new("bar", "demo", 1);
        let refused = state.enter(1, [&other]).unwrap_err().to_string();
        assert!(refused.contains("test") && refused.contains("bar"), "{refused}");
        assert_eq!(state.begin_commit().unwrap_err().kind(), ErrorKind::Transaction);
        drop(running);
        state.begin_abort().unwrap();
        state.begin_abort().unwrap();
        assert!(state.begin_commit().is_err());
        assert!(
            state
                .enter(1, [&key(1)])
                .unwrap_err()
                .to_string()
                .contains("is aborted")
        );
    }

    #[test]
    fn a_commit_in_doubt_cannot_be_aborted() {
        let state = state();
        state.begin_commit().unwrap();
        state.set_commit_in_doubt(true);
        assert!(state.begin_abort().is_err());
        state.set_commit_in_doubt(false);
        state.begin_abort().unwrap();
    }

    #[test]
    fn timeouts_are_whole_seconds_from_1_to_120() {
        for (timeout, ttl) in [
            (Duration::from_millis(1), Some(1)),
            (Duration::from_millis(1500), Some(2)),
            (Duration::from_secs(120), Some(120)),
            (Duration::ZERO, None),
            (Duration::from_millis(120_001), None),
            (Duration::MAX, None),
        ] {
            let state = state();
            state.set_timeout(timeout);
            let entered = state.enter(1, [&key(1)]);
            assert_eq!(entered.is_ok(), ttl.is_some(), "{timeout:?}");
            if ttl.is_some() {
                assert_eq!(state.ttl(), ttl);
            }
        }
    }
}
