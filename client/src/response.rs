//! Answers: how they are received, and the records in them.

use std::time::Duration;

use bytes::Bytes;
use spikelet_wire::{DecodeError, FrameType, Info3, Message, ResultCode, Value};

use crate::cluster::Receive;
use crate::connection::{Broken, Connection};
use crate::error::Error;
use crate::key::Key;
use crate::record::OrderedRecord;
use crate::retry::{Failure, FailureCause};

/// The name under which a UDF's result stands in an answer.
pub(crate) const UDF_SUCCESS: &str = "SUCCESS";
/// The name under which it stands why a UDF failed.
pub(crate) const UDF_FAILURE: &str = "FAILURE";

/// The answer to a command on one record: one message, whose structure was checked.
#[derive(Debug)]
pub(crate) struct Answer(Bytes);

impl Answer {
    pub(crate) fn new(body: Bytes) -> Result<Self, DecodeError> {
        Message::decode(&body)?;
        Ok(Self(body))
    }

    /// Itself, unless the server refused.
    pub(crate) fn accepted(self) -> Result<Self, Failure> {
        let failure = match Message::decode(&self.0) {
            Ok(message) if message.header.result_code() == ResultCode::OK => None,
            Ok(message) => Some(refusal(&message)),
            Err(error) => Some(Failure {
                cause: FailureCause::Protocol(error),
                sent: true,
            }),
        };
        failure.map_or(Ok(self), Err)
    }

    /// The result code.
    pub(crate) fn code(&self) -> Result<ResultCode, DecodeError> {
        Ok(Message::decode(&self.0)?.header.result_code())
    }

    /// The record in it.
    pub(crate) fn record(&self, key: &Key) -> Result<OrderedRecord, Error> {
        Ok(record(&Message::decode(&self.0)?, key)?)
    }
}

/// Why a message says that what was asked failed.
pub(crate) fn refusal(message: &Message<'_>) -> Failure {
    let code = message.header.result_code();
    match code {
        ResultCode::UDF_BAD_RESPONSE => udf_failure(message),
        code => Failure::refused(code),
    }
}

/// Why a message says that a UDF failed.
pub(crate) fn udf_failure(message: &Message<'_>) -> Failure {
    let failure = Failure::refused(ResultCode::UDF_BAD_RESPONSE);
    match message.ops().find(|op| op.name == UDF_FAILURE.as_bytes()) {
        Some(op) => Failure {
            cause: FailureCause::Udf(String::from_utf8_lossy(op.value).into_owned()),
            ..failure
        },
        None => failure,
    }
}

/// The record of a message.
pub(crate) fn record(message: &Message<'_>, key: &Key) -> Result<OrderedRecord, DecodeError> {
    let mut bins = Vec::with_capacity(message.op_count());
    for op in message.ops() {
        let name = String::from_utf8_lossy(op.name).into_owned();
        bins.push((name, Value::from_particle(op.particle_type, op.value)?));
    }
    Ok(OrderedRecord {
        key: key.clone(),
        bins,
        generation: message.header.generation,
        void_time: message.header.record_ttl,
    })
}

/// Receives one message.
pub(crate) struct OneMessage {
    pub(crate) socket_timeout: Duration,
}

impl Receive for OneMessage {
    type Answer = Answer;

    async fn from(self, connection: &mut Connection) -> Result<Answer, Broken> {
        let body = connection.receive(FrameType::MESSAGE, self.socket_timeout).await?;
        Ok(Answer::new(body)?)
    }
}

/// Receives the answer to a batch: frames of messages, up to the message that says it is the last.
pub(crate) struct BatchMessages<F> {
    pub(crate) socket_timeout: Duration,
    /// Takes each row's message; the number of the row is in its transaction TTL.
    pub(crate) row: F,
}

impl<F> Receive for BatchMessages<F>
where
    F: FnMut(&Message<'_>) -> Result<(), DecodeError> + Send,
{
    /// How the batch as a whole ended.
    type Answer = ResultCode;

    async fn from(mut self, connection: &mut Connection) -> Result<ResultCode, Broken> {
        loop {
            let body = connection.receive(FrameType::MESSAGE, self.socket_timeout).await?;
            let mut rest = &body[..];
            while !rest.is_empty() {
                let (message, behind) = Message::decode_first(rest)?;
                if message.header.info3.contains(Info3::LAST) {
                    return Ok(message.header.result_code());
                }
                (self.row)(&message)?;
                rest = behind;
            }
        }
    }
}

/// Receives the text that answers an info request.
pub(crate) struct InfoText {
    pub(crate) socket_timeout: Duration,
}

impl Receive for InfoText {
    type Answer = String;

    async fn from(self, connection: &mut Connection) -> Result<String, Broken> {
        let body = connection.receive(FrameType::INFO, self.socket_timeout).await?;
        String::from_utf8(body.into()).map_err(|_| DecodeError::new("info that is not UTF-8", 0).into())
    }
}
