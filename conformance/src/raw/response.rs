//! Raw responses.

use spikelet_wire::{Header, Message, ResultCode, Value};

use crate::transcript::{RecordResponse, Response};

/// A message of a raw response.
#[derive(Debug, Clone, PartialEq)]
pub struct RawResponse {
    /// The header.
    pub header: Header,
    /// The bins, in order.
    pub bins: Vec<(String, Value)>,
}

impl RawResponse {
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

    /// The response as written into a transcript.
    pub(crate) fn to_response(&self) -> Response {
        match self.code() {
            ResultCode::OK => {
                let bins = self.bins.iter().map(|(name, value)| (name.as_str(), value));
                Response::Record(RecordResponse::new(
                    bins,
                    self.header.generation,
                    self.header.record_ttl,
                ))
            }
            code => Response::Rejected(code),
        }
    }
}
