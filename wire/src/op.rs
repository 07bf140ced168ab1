//! The operations of a message: a code, a bin and a value.

use bytes::{BufMut, BytesMut};

use crate::particle::ParticleType;

/// The code of an operation on a bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OpCode(pub u8);

impl OpCode {
    /// Reads a bin, or all bins if the name is empty.
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
    /// Increments the generation and resets the TTL.
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

/// An operation of a request, or a bin of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Op<'a> {
    /// The operation's code.
    pub code: OpCode,
    /// The type of the value.
    pub particle_type: ParticleType,
    /// Bit 0: a last update time of 8 bytes precedes the value (XDR).
    pub flags: u8,
    /// The bin's name. The server accepts up to 15 bytes.
    pub name: &'a [u8],
    /// The value's bytes.
    pub value: &'a [u8],
}

impl<'a> Op<'a> {
    /// The number of bytes before the name.
    pub const HEADER: usize = 8;

    /// Creates an operation on a bin.
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

    /// Appends the operation: the size of the rest (4 bytes), code, particle type, flags, size of the name, name,
    /// value.
    ///
    /// A name of more than 255 bytes cannot be encoded. Callers must reject it first.
    pub fn write(&self, out: &mut BytesMut) {
        write_header(out, self.code, self.particle_type, self.name, self.value.len());
        out.put_slice(self.value);
    }
}

/// Appends an operation without its value. The caller appends the `value_size` bytes of the value.
pub fn write_header(out: &mut BytesMut, code: OpCode, particle_type: ParticleType, name: &[u8], value_size: usize) {
    let name = &name[..name.len().min(usize::from(u8::MAX))];
    out.put_u32((4 + name.len() + value_size) as u32);
    out.put_slice(&[code.0, particle_type.0, 0, name.len() as u8]);
    out.put_slice(name);
}
