//! Whether a failed attempt is tried again, and whether a write may have been applied.

use std::io;
use std::time::Duration;

use spikelet_wire::{DecodeError, ResultCode};

use crate::error::{Cause, Error};

/// The longest pause before a retry.
const MAX_SLEEP: Duration = Duration::from_millis(250);

/// How an attempt failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) cause: FailureCause,
    /// Whether all of the request left this machine. A server carries out nothing of a request that it has not whole.
    pub(crate) sent: bool,
}

#[derive(Debug)]
pub(crate) enum FailureCause {
    /// The server answered, and refused.
    Refused(ResultCode),
    /// A UDF failed, and said why.
    Udf(String),
    /// The server ended the batch without an answer to the row, which may have been carried out.
    Ended(ResultCode),
    /// The time for the attempt ran out.
    Timeout,
    /// The connection could not be made or broke.
    Io(io::Error),
    /// What the server sent cannot be read.
    Protocol(DecodeError),
}

impl Failure {
    pub(crate) const fn refused(code: ResultCode) -> Self {
        Self {
            cause: FailureCause::Refused(code),
            sent: true,
        }
    }

    /// The row of a batch that ended without answering it.
    pub(crate) const fn ended(code: ResultCode) -> Self {
        let cause = match code {
            // These come before anything is carried out.
            ResultCode::BATCH_DISABLED
            | ResultCode::BATCH_MAX_REQUESTS_EXCEEDED
            | ResultCode::BATCH_QUEUES_FULL
            | ResultCode::UNSUPPORTED_FEATURE => FailureCause::Refused(code),
            code => FailureCause::Ended(code),
        };
        Self { cause, sent: true }
    }

    /// Whether a write that failed so may have been applied.
    pub(crate) fn leaves_doubt(&self) -> bool {
        match self.cause {
            // The server gave up waiting, for instance for a replica; what it had done it does not take back.
            FailureCause::Refused(code) => code == ResultCode::TIMEOUT,
            FailureCause::Udf(_) => false,
            _ => self.sent,
        }
    }

    /// Whether another attempt may go better.
    pub(crate) fn is_passing(&self) -> bool {
        match self.cause {
            FailureCause::Refused(code) => matches!(
                code,
                ResultCode::TIMEOUT | ResultCode::UNAVAILABLE | ResultCode::DEVICE_OVERLOAD | ResultCode::KEY_BUSY
            ),
            FailureCause::Timeout | FailureCause::Io(_) => true,
            FailureCause::Udf(_) | FailureCause::Ended(_) | FailureCause::Protocol(_) => false,
        }
    }

    /// Whether the cluster may look different from what the client knows.
    pub(crate) fn suggests_change(&self) -> bool {
        match self.cause {
            FailureCause::Refused(code) => code == ResultCode::UNAVAILABLE,
            FailureCause::Io(_) => true,
            FailureCause::Udf(_) | FailureCause::Ended(_) | FailureCause::Timeout | FailureCause::Protocol(_) => false,
        }
    }

    pub(crate) fn into_error(self) -> Error {
        Error::new(match self.cause {
            FailureCause::Refused(code) | FailureCause::Ended(code) => Cause::Server(code),
            FailureCause::Udf(text) => Cause::Info(ResultCode::UDF_BAD_RESPONSE, text),
            FailureCause::Timeout => Cause::Timeout,
            FailureCause::Io(error) => Cause::Connection(error),
            FailureCause::Protocol(error) => Cause::Protocol(error),
        })
    }
}

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

    /// How many attempts failed.
    pub(crate) const fn failed(&self) -> u32 {
        self.failed
    }

    /// Whether any attempt may have been applied although it failed.
    pub(crate) const fn in_doubt(&self) -> bool {
        self.in_doubt
    }

    /// Takes note of a failure and gives the pause before the next attempt, if there is to be one.
    pub(crate) fn next(&mut self, failure: &Failure) -> Option<Duration> {
        let doubt = self.writes && failure.leaves_doubt();
        self.in_doubt |= doubt;
        self.failed += 1;
        let again = failure.is_passing() && (!doubt || self.retry_in_doubt) && self.failed <= self.max_retries;
        again.then(|| self.sleep.saturating_mul(1 << (self.failed - 1).min(16)).min(MAX_SLEEP))
    }
}

#[cfg(test)]
mod tests {
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
        assert_eq!(attempts.next(&Failure::ended(ResultCode::BATCH_QUEUES_FULL)), None);
        assert!(!attempts.in_doubt());
        let mut attempts = writes();
        assert_eq!(attempts.next(&Failure::ended(ResultCode::PARAMETER)), None);
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
    fn what_cannot_be_read_is_not_tried_again() {
        let mut attempts = reads();
        let failure = Failure {
            cause: FailureCause::Protocol(DecodeError::new("damaged", 0)),
            sent: true,
        };
        assert_eq!(attempts.next(&failure), None);
    }
}
