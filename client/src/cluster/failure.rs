//! Why an attempt at a command failed.

use std::io;

use spikelet_wire::{DecodeError, Message, ResultCode};

use super::connection::ConnectionError;
use crate::error::{Cause, Error};

/// The bin of a reply that tells why a UDF failed.
const UDF_FAILURE: &[u8] = b"FAILURE";

/// How an attempt failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) cause: FailureCause,
    /// Whether the whole request left this machine. A server executes nothing of a request that it has received in part.
    pub(crate) sent: bool,
}

/// The cause of a [`Failure`].
#[derive(Debug)]
pub(crate) enum FailureCause {
    /// The server refused the command with this result code.
    Refused(ResultCode),
    /// A UDF failed with this message.
    Udf(String),
    /// The server ended the batch without a reply to the row, which may have been executed.
    BatchEnded(ResultCode),
    /// The attempt timed out.
    Timeout,
    /// The connection could not be opened, or broke.
    Io(io::Error),
    /// The reply could not be decoded.
    Protocol(DecodeError),
}

impl Failure {
    pub(crate) const fn refused(code: ResultCode) -> Self {
        Self {
            cause: FailureCause::Refused(code),
            sent: true,
        }
    }

    /// The failure of an attempt whose request was not sent whole.
    pub(crate) fn before_sending(error: ConnectionError) -> Self {
        Self {
            sent: false,
            ..Self::from(error)
        }
    }

    /// The failure of a row in a batch that ended without a reply to it.
    pub(crate) const fn batch_ended(code: ResultCode) -> Self {
        let cause = match code {
            // With these the server refuses the batch before it executes any row.
            ResultCode::BATCH_DISABLED
            | ResultCode::BATCH_MAX_REQUESTS_EXCEEDED
            | ResultCode::BATCH_QUEUES_FULL
            | ResultCode::NOT_AUTHENTICATED
            | ResultCode::UNSUPPORTED_FEATURE => FailureCause::Refused(code),
            code => FailureCause::BatchEnded(code),
        };
        Self { cause, sent: true }
    }

    /// The failure that a message with a result code other than OK reports.
    pub(crate) fn from_message(message: &Message<'_>) -> Self {
        match message.header.result_code() {
            ResultCode::UDF_BAD_RESPONSE => Self::from_udf_message(message),
            code => Self::refused(code),
        }
    }

    /// The failure of a UDF, with the error message in the reply if there is one.
    pub(crate) fn from_udf_message(message: &Message<'_>) -> Self {
        let failure = Self::refused(ResultCode::UDF_BAD_RESPONSE);
        match udf_failure(message) {
            Some(text) => Self {
                cause: FailureCause::Udf(String::from_utf8_lossy(text).into_owned()),
                ..failure
            },
            None => failure,
        }
    }

    /// Whether a write that failed like this may have been applied.
    pub(crate) fn leaves_doubt(&self) -> bool {
        match self.cause {
            // The server stopped waiting, for instance for a replica; it does not undo what it has applied.
            FailureCause::Refused(code) => code == ResultCode::TIMEOUT,
            FailureCause::Udf(_) => false,
            _ => self.sent,
        }
    }

    /// Whether another attempt may succeed.
    pub(crate) fn is_retryable(&self) -> bool {
        match self.cause {
            FailureCause::Refused(code) => matches!(
                code,
                ResultCode::TIMEOUT
                    | ResultCode::UNAVAILABLE
                    | ResultCode::DEVICE_OVERLOAD
                    | ResultCode::KEY_BUSY
                    | ResultCode::NOT_AUTHENTICATED
                    | ResultCode::EXPIRED_SESSION
            ),
            FailureCause::Timeout | FailureCause::Io(_) => true,
            FailureCause::Udf(_) | FailureCause::BatchEnded(_) | FailureCause::Protocol(_) => false,
        }
    }

    /// Whether the node no longer accepts commands on the connections that are open: the client has to log in again.
    pub(crate) const fn is_logged_out(&self) -> bool {
        matches!(
            self.cause,
            FailureCause::Refused(ResultCode::NOT_AUTHENTICATED | ResultCode::EXPIRED_SESSION)
        )
    }

    /// Whether the failure suggests that the client's view of the cluster is outdated.
    pub(crate) fn suggests_change(&self) -> bool {
        match self.cause {
            FailureCause::Refused(code) => code == ResultCode::UNAVAILABLE,
            FailureCause::Io(_) => true,
            FailureCause::Udf(_) | FailureCause::BatchEnded(_) | FailureCause::Timeout | FailureCause::Protocol(_) => {
                false
            }
        }
    }

    pub(crate) fn into_error(self) -> Error {
        Error::new(match self.cause {
            FailureCause::Refused(code) | FailureCause::BatchEnded(code) => Cause::Server(code),
            FailureCause::Udf(text) => Cause::Info(ResultCode::UDF_BAD_RESPONSE, text),
            FailureCause::Timeout => Cause::Timeout,
            FailureCause::Io(error) => Cause::Connection(error),
            FailureCause::Protocol(error) => Cause::Protocol(error),
        })
    }
}

impl From<ConnectionError> for Failure {
    /// The failure of an attempt whose request was sent.
    fn from(error: ConnectionError) -> Self {
        let cause = match error {
            ConnectionError::Io(error) => FailureCause::Io(error),
            ConnectionError::Protocol(error) => FailureCause::Protocol(error),
            ConnectionError::Timeout => FailureCause::Timeout,
            ConnectionError::Refused(code) => FailureCause::Refused(code),
        };
        Self { cause, sent: true }
    }
}

/// The error message of a UDF that failed; `None` where the reply has none.
pub(crate) fn udf_failure<'a>(message: &Message<'a>) -> Option<&'a [u8]> {
    message.ops().find(|op| op.name == UDF_FAILURE).map(|op| op.value)
}
