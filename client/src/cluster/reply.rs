//! The reply to a command on one record: one message.

use std::time::Duration;

use bytes::Bytes;
use spikelet_wire::{DecodeError, FrameType, Message, ResultCode};

use super::connection::{Connection, ConnectionError, Receive};
use super::failure::{Failure, FailureCause};

/// A reply of one message, whose structure was checked.
#[derive(Debug)]
pub(crate) struct Reply(Bytes);

impl Reply {
    pub(super) fn new(body: Bytes) -> Result<Self, DecodeError> {
        Message::decode(&body)?;
        Ok(Self(body))
    }

    /// The message.
    pub(crate) fn message(&self) -> Result<Message<'_>, DecodeError> {
        Message::decode(&self.0)
    }

    /// Turns a reply with a result code other than OK into a failure.
    pub(super) fn into_result(self) -> Result<Self, Failure> {
        let failure = match self.message() {
            Ok(message) if message.header.result_code() == ResultCode::OK => None,
            Ok(message) => Some(Failure::from_message(&message)),
            Err(error) => Some(Failure {
                cause: FailureCause::Protocol(error),
                sent: true,
            }),
        };
        failure.map_or(Ok(self), Err)
    }
}

/// Receives a reply of one message.
pub(crate) struct OneMessage {
    pub(crate) socket_timeout: Duration,
}

impl Receive for OneMessage {
    type Reply = Reply;

    async fn receive(self, connection: &mut Connection) -> Result<Reply, ConnectionError> {
        let body = connection.receive(FrameType::MESSAGE, self.socket_timeout).await?;
        Ok(Reply::new(body)?)
    }
}
