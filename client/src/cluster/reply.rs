//! The reply to a command on one record: one message; and that to a request of the security protocol.

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

/// Receives the reply to a request of the security protocol: its result code, and the bodies of its frames.
#[cfg(feature = "security")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct SecurityReply {
    pub(crate) socket_timeout: Duration,
    /// Whether the reply goes on until a message that ends it, as those to queries do.
    pub(crate) is_query: bool,
}

#[cfg(feature = "security")]
impl Receive for SecurityReply {
    type Reply = (ResultCode, Vec<Bytes>);

    async fn receive(self, connection: &mut Connection) -> Result<Self::Reply, ConnectionError> {
        use spikelet_wire::admin::AdminMessage;

        let mut bodies = Vec::new();
        loop {
            let body = connection.receive(FrameType::SECURITY, self.socket_timeout).await?;
            let mut rest = &body[..];
            let mut end = None;
            while end.is_none() && !rest.is_empty() {
                let (message, behind) = AdminMessage::decode_first(rest)?;
                rest = behind;
                end = match message.result {
                    ResultCode::OK if self.is_query => None,
                    ResultCode::QUERY_END => Some(ResultCode::OK),
                    code => Some(code),
                };
            }
            bodies.push(body);
            if let Some(code) = end {
                return Ok((code, bodies));
            }
        }
    }
}
