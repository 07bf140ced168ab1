//! Answers: what a target made of a command.

use std::fmt;
use std::io;

use spikelet_wire::{FrameHeader, FrameType, Message, OpCode, ParticleType, ResultCode, Value};

/// How far two void times may lie apart, in seconds: clocks differ, and so does the time at which a command arrives.
const CLOCKS_DIFFER: u32 = 5;

/// The answer to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// How the command ended.
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
    /// The code that it is answered with.
    pub code: OpCode,
    /// The bin.
    pub bin: String,
    /// The type of the value.
    pub particle_type: ParticleType,
    /// The value's bytes.
    pub data: Vec<u8>,
}

impl Answer {
    /// Reads a frame.
    ///
    /// # Errors
    /// When it is not one whole message.
    pub fn decode(frame: &[u8]) -> io::Result<Self> {
        let invalid = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
        let Some((head, body)) = frame.split_first_chunk() else {
            return Err(invalid("the answer is no frame".to_owned()));
        };
        let header = FrameHeader::decode(*head);
        if header.frame_type != FrameType::MESSAGE || header.size != body.len() as u64 {
            return Err(invalid(format!(
                "the answer is a frame of type {}",
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

    /// Whether another server's answer says the same. Void times may lie a few seconds apart.
    #[must_use]
    pub fn agrees(&self, other: &Self) -> bool {
        self.agrees_but_for_time(other) && self.void_time.abs_diff(other.void_time) <= CLOCKS_DIFFER
    }

    /// Whether another server's answer says the same, where the two have clocks of their own.
    #[must_use]
    pub fn agrees_but_for_time(&self, other: &Self) -> bool {
        self.code == other.code
            && self.generation == other.generation
            && (self.void_time == 0) == (other.void_time == 0)
            && self.results == other.results
    }
}

impl OpResult {
    /// The value; as bytes of its type where it does not decode.
    #[must_use]
    pub fn value(&self) -> Value {
        Value::from_particle(self.particle_type, &self.data)
            .unwrap_or_else(|_| Value::Other(self.particle_type, self.data.clone()))
    }
}

impl fmt::Display for Answer {
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
