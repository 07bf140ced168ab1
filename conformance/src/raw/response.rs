//! A message of a response as it stands on the wire.

use spikelet_wire::{Header, Message, ResultCode, Value};

use crate::transcript::{Answer, Answered};

/// A message that was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct RawAnswer {
    /// Its header.
    pub header: Header,
    /// Its bins, in order.
    pub bins: Vec<(String, Value)>,
}

impl RawAnswer {
    /// The result code.
    #[must_use]
    pub const fn code(&self) -> ResultCode {
        self.header.result_code()
    }

    pub(super) fn decode(message: &Message<'_>) -> Result<Self, spikelet_wire::DecodeError> {
        let bins = message.ops().map(|op| {
            let name = String::from_utf8_lossy(op.name).into_owned();
            Ok((name, Value::from_particle(op.particle_type, op.value)?))
        });
        Ok(Self {
            header: message.header,
            bins: bins.collect::<Result<_, _>>()?,
        })
    }

    /// As it stands in a transcript.
    pub(crate) fn describe(&self) -> Answer {
        match self.code() {
            ResultCode::OK => {
                let bins = self.bins.iter().map(|(name, value)| (name.as_str(), value));
                Answer::Record(Answered::new(bins, self.header.generation, self.header.record_ttl))
            }
            code => Answer::Refused(code),
        }
    }
}
