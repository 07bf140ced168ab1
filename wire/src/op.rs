//! The operations of a message: a code, a bin and a value.

use bytes::{BufMut, BytesMut};

use crate::particle::ParticleType;

/// What an operation does to its bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OpCode(pub u8);

impl OpCode {
    /// Reads a bin; without a name, all of them.
    pub const READ: Self = Self(1);
    /// Writes a bin; a value without a type deletes it.
    pub const WRITE: Self = Self(2);
    /// Reads from a list or map.
    pub const CDT_READ: Self = Self(3);
    /// Modifies a list or map.
    pub const CDT_MODIFY: Self = Self(4);
    /// Adds to a number.
    pub const INCR: Self = Self(5);
    /// Evaluates an expression.
    pub const EXP_READ: Self = Self(7);
    /// Evaluates an expression and writes its value into the bin.
    pub const EXP_MODIFY: Self = Self(8);
    /// Appends to a string or blob.
    pub const APPEND: Self = Self(9);
    /// Prepends to a string or blob.
    pub const PREPEND: Self = Self(10);
    /// Counts the generation up and sets the TTL anew.
    pub const TOUCH: Self = Self(11);
    /// Reads bits of a blob.
    pub const BITS_READ: Self = Self(12);
    /// Modifies bits of a blob.
    pub const BITS_MODIFY: Self = Self(13);
    /// Deletes the record; has no bin.
    pub const DELETE_ALL: Self = Self(14);
    /// Reads from a HyperLogLog.
    pub const HLL_READ: Self = Self(15);
    /// Modifies a HyperLogLog.
    pub const HLL_MODIFY: Self = Self(16);
}

/// One operation of a message, or one bin of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Op<'a> {
    /// What it does.
    pub code: OpCode,
    /// The type of the value.
    pub particle_type: ParticleType,
    /// Bit 0: a last update time of 8 bytes stands between name and value (XDR).
    pub flags: u8,
    /// The bin's name, up to 15 bytes where the server takes it.
    pub name: &'a [u8],
    /// The value's bytes.
    pub value: &'a [u8],
}

impl<'a> Op<'a> {
    /// Bytes of an operation before its name.
    pub const HEADER: usize = 8;

    /// An operation on a bin.
    #[must_use]
    pub const fn new(code: OpCode, name: &'a [u8], particle_type: ParticleType, value: &'a [u8]) -> Self {
        Self {
            code,
            particle_type,
            flags: 0,
            name,
            value,
        }
    }

    /// Appends the operation: size of what follows (4 bytes), code, particle type, flags, size of the name, name, value.
    ///
    /// A name over 255 bytes cannot be told on the wire; callers refuse it before.
    pub fn write(&self, out: &mut BytesMut) {
        write_header(out, self.code, self.particle_type, self.name, self.value.len());
        out.put_slice(self.value);
    }
}

/// Appends all of an operation but its value, of which `value_size` bytes are to follow.
pub fn write_header(out: &mut BytesMut, code: OpCode, particle_type: ParticleType, name: &[u8], value_size: usize) {
    let name = &name[..name.len().min(usize::from(u8::MAX))];
    out.put_u32((4 + name.len() + value_size) as u32);
    out.put_slice(&[code.0, particle_type.0, 0, name.len() as u8]);
    out.put_slice(name);
}
