//! Particle types: the types of bin values.

/// The type of a value on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ParticleType(pub u8);

impl ParticleType {
    /// No value. Writing it deletes the bin.
    pub const NULL: Self = Self(0);
    /// A signed integer, up to 8 bytes big-endian.
    pub const INTEGER: Self = Self(1);
    /// A double, 8 bytes big-endian.
    pub const FLOAT: Self = Self(2);
    /// UTF-8 text; the server does not check it.
    pub const STRING: Self = Self(3);
    /// Bytes.
    pub const BLOB: Self = Self(4);
    /// Bytes serialized by a Java client.
    pub const JAVA_BLOB: Self = Self(7);
    /// Bytes serialized by a C# client.
    pub const CSHARP_BLOB: Self = Self(8);
    /// Bytes serialized by a Python client.
    pub const PYTHON_BLOB: Self = Self(9);
    /// Bytes serialized by a Ruby client.
    pub const RUBY_BLOB: Self = Self(10);
    /// Bytes serialized by a PHP client.
    pub const PHP_BLOB: Self = Self(11);
    /// Bytes serialized by an Erlang client.
    pub const ERLANG_BLOB: Self = Self(12);
    /// Vectors; the server keeps them as bytes.
    pub const VECTOR: Self = Self(16);
    /// One byte, 0 or 1.
    pub const BOOL: Self = Self(17);
    /// A HyperLogLog.
    pub const HLL: Self = Self(18);
    /// A map, in msgpack.
    pub const MAP: Self = Self(19);
    /// A list, in msgpack.
    pub const LIST: Self = Self(20);
    /// GeoJSON: one byte of flags, the number of cells (2 bytes), the cells (8 bytes each), then the text.
    pub const GEOJSON: Self = Self(23);
}
