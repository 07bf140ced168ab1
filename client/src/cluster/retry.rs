//! Retries: whether a failed attempt is repeated, and whether a write may have been applied.

use std::time::Duration;

use bytes::Bytes;
use spikelet_wire::ResultCode;
use tokio::time::Instant;

use super::Cluster;
use super::failure::Failure;
use super::info::{InfoText, NOT_AUTHENTICATED};
use super::node::Node;
#[cfg(feature = "security")]
use super::reply::SecurityReply;
use super::reply::{OneMessage, Reply};
use crate::clock;
use crate::error::Error;
use crate::key::Key;

/// The longest pause before a retry.
const MAX_SLEEP: Duration = Duration::from_millis(250);

/// The attempts at one command.
#[derive(Debug, Clone)]
pub(crate) struct Attempts {
    failed: u32,
    max_retries: u32,
    sleep: Duration,
    writes: bool,
    retry_in_doubt: bool,
    in_doubt: bool,
}

impl Attempts {
    pub(crate) const fn new(max_retries: u32, sleep: Duration, writes: bool, retry_in_doubt: bool) -> Self {
        Self {
            failed: 0,
            max_retries,
            sleep,
            writes,
            retry_in_doubt,
            in_doubt: false,
        }
    }

    /// The number of failed attempts.
    pub(crate) const fn failed(&self) -> u32 {
        self.failed
    }

    /// Whether a failed attempt may have been applied.
    pub(crate) const fn in_doubt(&self) -> bool {
        self.in_doubt
    }

    /// Records a failure, and returns the pause before the next attempt; `None` if the command has failed.
    ///
    /// A write whose attempt may have been applied is retried only with `retry_in_doubt`.
    fn next(&mut self, failure: &Failure) -> Option<Duration> {
        let doubt = self.writes && failure.leaves_doubt();
        self.in_doubt |= doubt;
        self.failed += 1;
        let again = failure.is_retryable() && (!doubt || self.retry_in_doubt) && self.failed <= self.max_retries;
        again.then(|| self.sleep.saturating_mul(1 << (self.failed - 1).min(16)).min(MAX_SLEEP))
    }

    /// Like [`next`](Self::next), but `None` also if the pause would not end before the deadline.
    pub(crate) fn next_before(&mut self, deadline: Option<Instant>, failure: &Failure) -> Option<Duration> {
        let fits = |pause: &Duration| deadline.is_none_or(|deadline| clock::now() + *pause < deadline);
        self.next(failure).filter(fits)
    }
}

impl Cluster {
    /// Sends the request of a command on one record to the node that owns the record's partition.
    ///
    /// After a failure it is sent again, to the next replica in turn, as often as `attempts` allows. `observe` is called with
    /// every reply, those that report a failure included.
    pub(crate) async fn send_to_partition(
        &self,
        key: &Key,
        request: &Bytes,
        deadline: Option<Instant>,
        socket_timeout: Duration,
        attempts: &mut Attempts,
        mut observe: impl FnMut(&Reply),
    ) -> Result<Reply, Error> {
        loop {
            let node = self.node_for(&self.view(), key, attempts.failed());
            let node = node.map_err(|error| error.with_doubt(attempts.in_doubt()))?;
            let reply = attempt(&node, request, deadline, socket_timeout).await;
            match reply.and_then(|reply| {
                observe(&reply);
                reply.into_result()
            }) {
                Ok(reply) => return Ok(reply),
                Err(failure) => self.retry_or_fail(&node, deadline, attempts, failure).await?,
            }
        }
    }

    /// Sends an info request to a node, as often as `attempts` allows, and returns the text of the reply.
    pub(crate) async fn send_info(
        &self,
        node: &Node,
        request: &[u8],
        deadline: Option<Instant>,
        socket_timeout: Duration,
        attempts: &mut Attempts,
    ) -> Result<String, Error> {
        loop {
            match node.exchange(request, deadline, InfoText { socket_timeout }).await {
                Ok(reply) if !reply.starts_with(NOT_AUTHENTICATED) => return Ok(reply),
                Ok(_) => {
                    let failure = Failure::refused(ResultCode::NOT_AUTHENTICATED);
                    self.retry_or_fail(node, deadline, attempts, failure).await?;
                }
                Err(failure) => self.retry_or_fail(node, deadline, attempts, failure).await?,
            }
        }
    }

    /// Sends a request of the security protocol to a node, as often as `attempts` allows, and returns the bodies of the frames of
    /// the reply.
    #[cfg(feature = "security")]
    pub(crate) async fn send_security(
        &self,
        node: &Node,
        request: &[u8],
        deadline: Option<Instant>,
        reply: SecurityReply,
        attempts: &mut Attempts,
    ) -> Result<Vec<Bytes>, Error> {
        loop {
            match node.exchange(request, deadline, reply).await {
                Ok((ResultCode::OK, bodies)) => return Ok(bodies),
                Ok((code, _)) => {
                    self.retry_or_fail(node, deadline, attempts, Failure::refused(code))
                        .await?;
                }
                Err(failure) => self.retry_or_fail(node, deadline, attempts, failure).await?,
            }
        }
    }

    /// Waits before the next attempt, or returns the error with which the command fails.
    async fn retry_or_fail(
        &self,
        node: &Node,
        deadline: Option<Instant>,
        attempts: &mut Attempts,
        failure: Failure,
    ) -> Result<(), Error> {
        if failure.suggests_change() {
            self.suspect_change();
        }
        if failure.is_logged_out() {
            node.log_out();
        }
        match attempts.next_before(deadline, &failure) {
            Some(pause) => {
                tracing::debug!(node = %node.name, ?failure, ?pause, "trying again");
                tokio::time::sleep(pause).await;
                Ok(())
            }
            None => Err(failure.into_error().at(&node.name).with_doubt(attempts.in_doubt())),
        }
    }
}

async fn attempt(
    node: &Node,
    request: &Bytes,
    deadline: Option<Instant>,
    socket_timeout: Duration,
) -> Result<Reply, Failure> {
    match node.pipelines.is_empty() {
        true => node.exchange(request, deadline, OneMessage { socket_timeout }).await,
        false => {
            node.pipelines
                .exchange(&node.endpoint, request.clone(), deadline, socket_timeout)
                .await
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use spikelet_wire::DecodeError;

    use super::super::failure::FailureCause;
    use super::*;

    const SLEEP: Duration = Duration::from_millis(5);

    fn broken(sent: bool) -> Failure {
        Failure {
            cause: FailureCause::Io(io::ErrorKind::ConnectionReset.into()),
            sent,
        }
    }

    fn timeout(sent: bool) -> Failure {
        Failure {
            cause: FailureCause::Timeout,
            sent,
        }
    }

    fn reads() -> Attempts {
        Attempts::new(2, SLEEP, false, false)
    }

    fn writes() -> Attempts {
        Attempts::new(2, SLEEP, true, false)
    }

    #[test]
    fn reads_are_tried_again_with_growing_pauses_and_leave_no_doubt() {
        let mut attempts = reads();
        assert_eq!(attempts.next(&broken(true)), Some(SLEEP));
        assert_eq!(attempts.next(&timeout(true)), Some(SLEEP * 2));
        assert_eq!(attempts.next(&broken(true)), None);
        assert!(!attempts.in_doubt());
        let mut patient = Attempts::new(u32::MAX, SLEEP, false, false);
        assert_eq!(
            (0..40).filter_map(|_| patient.next(&broken(false))).last(),
            Some(MAX_SLEEP)
        );
    }

    #[test]
    fn writes_are_tried_again_only_when_they_were_not_sent_whole() {
        let mut attempts = writes();
        assert_eq!(attempts.next(&broken(false)), Some(SLEEP));
        assert!(!attempts.in_doubt());
        assert_eq!(attempts.next(&broken(true)), None);
        assert!(attempts.in_doubt());

        let mut attempts = writes();
        assert_eq!(attempts.next(&timeout(true)), None);
        assert!(attempts.in_doubt());
    }

    #[test]
    fn refusals_leave_no_doubt_except_the_servers_timeout() {
        for code in [
            ResultCode::GENERATION,
            ResultCode::RECORD_EXISTS,
            ResultCode::SERVER_ERROR,
        ] {
            let mut attempts = writes();
            assert_eq!(attempts.next(&Failure::refused(code)), None);
            assert!(!attempts.in_doubt(), "{code}");
        }
        for code in [
            ResultCode::UNAVAILABLE,
            ResultCode::DEVICE_OVERLOAD,
            ResultCode::KEY_BUSY,
        ] {
            let mut attempts = writes();
            assert_eq!(attempts.next(&Failure::refused(code)), Some(SLEEP), "{code}");
            assert!(!attempts.in_doubt(), "{code}");
        }
        let mut attempts = writes();
        assert_eq!(
            attempts.next(&Failure::batch_ended(ResultCode::BATCH_QUEUES_FULL)),
            None
        );
        assert!(!attempts.in_doubt());
        let mut attempts = writes();
        assert_eq!(attempts.next(&Failure::batch_ended(ResultCode::PARAMETER)), None);
        assert!(attempts.in_doubt());
        let mut attempts = writes();
        assert_eq!(attempts.next(&Failure::refused(ResultCode::TIMEOUT)), None);
        assert!(attempts.in_doubt());
        assert_eq!(reads().next(&Failure::refused(ResultCode::TIMEOUT)), Some(SLEEP));
    }

    #[test]
    fn doubt_stays_once_the_user_lets_a_doubtful_write_be_retried() {
        let mut attempts = Attempts::new(2, SLEEP, true, true);
        assert_eq!(attempts.next(&broken(true)), Some(SLEEP));
        assert_eq!(attempts.next(&Failure::refused(ResultCode::GENERATION)), None);
        assert!(attempts.in_doubt());
    }

    #[test]
    fn a_reply_that_cannot_be_decoded_is_not_retried() {
        let mut attempts = reads();
        let failure = Failure {
            cause: FailureCause::Protocol(DecodeError::new("damaged", 0)),
            sent: true,
        };
        assert_eq!(attempts.next(&failure), None);
    }
}
