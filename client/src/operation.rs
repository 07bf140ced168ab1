//! Operations: reads and writes of single bins, for `operate` and batches.

use std::borrow::Cow;

use spikelet_wire::message::MessageWriter;
use spikelet_wire::{Op, OpCode, ParticleType, Value};

use crate::error::Error;

/// An operation of an [`operate`](crate::Client::operate), of a row of a batch, or of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    code: OpCode,
    bin: String,
    argument: Argument,
}

#[derive(Debug, Clone, PartialEq)]
enum Argument {
    Value(Value),
    Raw(ParticleType, Vec<u8>),
}

/// Rejects operations that cannot be encoded.
pub(crate) fn check_all(operations: &[Operation]) -> Result<(), Error> {
    match u16::try_from(operations.len()) {
        Ok(_) => operations.iter().try_for_each(Operation::check),
        Err(_) => Err(Error::argument("a command has over 65535 operations")),
    }
}

impl Operation {
    /// An operation with any code, whose argument is already encoded as on the wire.
    pub fn raw(
        code: OpCode,
        bin: impl Into<String>,
        particle_type: ParticleType,
        argument: impl Into<Vec<u8>>,
    ) -> Self {
        Self {
            code,
            bin: bin.into(),
            argument: Argument::Raw(particle_type, argument.into()),
        }
    }

    fn new(code: OpCode, bin: impl Into<String>, value: impl Into<Value>) -> Self {
        Self {
            code,
            bin: bin.into(),
            argument: Argument::Value(value.into()),
        }
    }

    /// Reads a bin.
    pub fn get(bin: impl Into<String>) -> Self {
        Self::new(OpCode::READ, bin, ())
    }

    /// Reads all bins.
    #[must_use]
    pub fn get_all() -> Self {
        Self::new(OpCode::READ, "", ())
    }

    /// Writes a bin; [`Value::Nil`] deletes it.
    pub fn write(bin: impl Into<String>, value: impl Into<Value>) -> Self {
        Self::new(OpCode::WRITE, bin, value)
    }

    /// Deletes a bin.
    pub fn remove_bin(bin: impl Into<String>) -> Self {
        Self::new(OpCode::WRITE, bin, ())
    }

    /// Adds to a number, integer or double; a bin that does not exist counts as 0.
    pub fn add(bin: impl Into<String>, value: impl Into<Value>) -> Self {
        Self::new(OpCode::INCR, bin, value)
    }

    /// Appends to text or bytes; a bin that does not exist counts as empty.
    pub fn append(bin: impl Into<String>, value: impl Into<Value>) -> Self {
        Self::new(OpCode::APPEND, bin, value)
    }

    /// Prepends to text or bytes; a bin that does not exist counts as empty.
    pub fn prepend(bin: impl Into<String>, value: impl Into<Value>) -> Self {
        Self::new(OpCode::PREPEND, bin, value)
    }

    /// Increments the record's generation and resets its TTL.
    #[must_use]
    pub fn touch() -> Self {
        Self::new(OpCode::TOUCH, "", ())
    }

    /// Deletes the record's bins. Later writes in the same command create the record again.
    #[must_use]
    pub fn delete() -> Self {
        Self::new(OpCode::DELETE_ALL, "", ())
    }

    /// The code of the operation.
    #[must_use]
    pub const fn code(&self) -> OpCode {
        self.code
    }

    /// The name of the bin; empty for an operation on the whole record.
    #[must_use]
    pub fn bin(&self) -> &str {
        &self.bin
    }

    /// Whether the operation only reads.
    #[must_use]
    pub const fn reads(&self) -> bool {
        matches!(
            self.code,
            OpCode::READ | OpCode::CDT_READ | OpCode::EXP_READ | OpCode::BITS_READ | OpCode::HLL_READ
        )
    }

    /// Whether the operation reads all bins.
    pub(crate) fn reads_all(&self) -> bool {
        self.code == OpCode::READ && self.bin.is_empty()
    }

    /// Rejects an operation that cannot be encoded. Names over 15 bytes are refused by the server.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match u8::try_from(self.bin.len()) {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::argument("a bin's name is over 255 bytes")),
        }
    }

    /// The type and the bytes of the argument, as encoded on the wire.
    #[must_use]
    pub fn argument(&self) -> (ParticleType, Cow<'_, [u8]>) {
        match &self.argument {
            Argument::Raw(particle_type, data) => (*particle_type, data.into()),
            Argument::Value(Value::String(s)) => (ParticleType::STRING, s.as_bytes().into()),
            Argument::Value(Value::Blob(b)) => (ParticleType::BLOB, b.into()),
            Argument::Value(value) => {
                let (particle_type, data) = value.to_particle();
                (particle_type, data.into())
            }
        }
    }

    /// Writes the operation into a message.
    pub(crate) fn write_to(&self, message: &mut MessageWriter<'_>) {
        let mut write = |particle_type, data: &[u8]| {
            message.op(&Op::new(self.code, self.bin.as_bytes(), particle_type, data));
        };
        // The common scalars are encoded without an allocation.
        match &self.argument {
            Argument::Value(Value::Nil) => write(ParticleType::NULL, &[]),
            Argument::Value(Value::Int(n)) => write(ParticleType::INTEGER, &n.to_be_bytes()),
            Argument::Value(Value::Float(n)) => write(ParticleType::FLOAT, &n.to_be_bytes()),
            Argument::Value(_) | Argument::Raw(..) => {
                let (particle_type, data) = self.argument();
                write(particle_type, &data);
            }
        }
    }
}
