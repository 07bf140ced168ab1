//! The response to a command.

use std::fmt;
use std::io;

use spikelet_wire::{FrameHeader, FrameType, Message, OpCode, ParticleType, ResultCode, Value};

/// The maximum difference between two void times, in seconds. The clocks differ, and so do the arrival times of
/// commands.
const VOID_TIME_TOLERANCE: u32 = 5;

/// The response to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The result code of the command.
    pub code: ResultCode,
    /// The record's generation.
    pub generation: u32,
    /// When the record expires, in seconds since 2010; 0 for never.
    pub void_time: u32,
    /// The results, in order.
    pub results: Vec<OpResult>,
}

/// The result of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpResult {
    /// The code of the operation in the response.
    pub code: OpCode,
    /// The bin.
    pub bin: String,
    /// The type of the value.
    pub particle_type: ParticleType,
    /// The value's bytes.
    pub data: Vec<u8>,
}

impl Response {
    /// Decodes a frame.
    ///
    /// # Errors
    /// If it is not exactly one message.
    pub fn decode(frame: &[u8]) -> io::Result<Self> {
        let invalid = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
        let Some((head, body)) = frame.split_first_chunk() else {
            return Err(invalid("the response is not a frame".to_owned()));
        };
        let header = FrameHeader::decode(*head);
        if header.frame_type != FrameType::MESSAGE || header.size != body.len() as u64 {
            return Err(invalid(format!(
                "the response is a frame of type {}",
                header.frame_type.0
            )));
        }
        let message = Message::decode(body).map_err(|error| invalid(error.to_string()))?;
        let results = message.ops().map(|op| OpResult {
            code: op.code,
            bin: String::from_utf8_lossy(op.name).into_owned(),
            particle_type: op.particle_type,
            data: op.value.to_vec(),
        });
        Ok(Self {
            code: message.header.result_code(),
            generation: message.header.generation,
            void_time: message.header.record_ttl,
            results: results.collect(),
        })
    }

    /// Whether it equals the response of another server. Void times may differ by a few seconds.
    #[must_use]
    pub fn agrees(&self, other: &Self) -> bool {
        self.agrees_except_void_time(other) && self.void_time.abs_diff(other.void_time) <= VOID_TIME_TOLERANCE
    }

    /// Whether it equals the response of another server except for the void time, for servers with different clocks.
    #[must_use]
    pub fn agrees_except_void_time(&self, other: &Self) -> bool {
        self.code == other.code
            && self.generation == other.generation
            && (self.void_time == 0) == (other.void_time == 0)
            && self.results == other.results
    }
}

impl OpResult {
    /// The value; [`Value::Other`] if it does not decode.
    #[must_use]
    pub fn value(&self) -> Value {
        Value::from_particle(self.particle_type, &self.data)
            .unwrap_or_else(|_| Value::Other(self.particle_type, self.data.clone()))
    }
}

impl fmt::Display for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.code != ResultCode::OK {
            write!(f, "{:?}, ", self.code)?;
        }
        write!(f, "generation {}", self.generation)?;
        if self.void_time != 0 {
            write!(f, ", void time {}", self.void_time)?;
        }
        for result in &self.results {
            write!(f, ", {:?} = {}", result.bin, result.value())?;
        }
        Ok(())
    }
}
