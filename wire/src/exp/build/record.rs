//! Expressions that read a record: bins, metadata, and the variables of path expressions.

use super::expression::{Exp, ExpType, GeoJson, Hll};
use crate::exp::{LoopVariable, Operator};
use crate::msgpack::write;
use crate::value::{Map, Value};

fn raw(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    write::raw(&mut out, bytes);
    out
}

fn int(n: i64) -> Vec<u8> {
    let mut out = Vec::new();
    write::int(&mut out, n);
    out
}

/// The value of a bin; unknown if the record has no such bin, or one of another type.
///
/// ```
/// use spikelet_wire::exp::build::{Exp, bin};
///
/// let age: Exp<i64> = bin("age");
/// ```
pub fn bin<T: ExpType>(name: &str) -> Exp<T> {
    Exp::operator(Operator::Bin, &[&int(i64::from(T::TYPE.code())), &raw(name.as_bytes())])
}

macro_rules! bins {
    ($($(#[doc = $doc:literal])+ $name:ident -> $of:ty;)*) => {
        $($(#[doc = $doc])+
        pub fn $name(name: &str) -> Exp<$of> {
            bin(name)
        })*
    };
}

bins! {
    /// The value of a bin with a boolean.
    bool_bin -> bool;
    /// The value of a bin with an integer.
    int_bin -> i64;
    /// The value of a bin with a double.
    float_bin -> f64;
    /// The value of a bin with text.
    string_bin -> String;
    /// The value of a bin with bytes.
    blob_bin -> Vec<u8>;
    /// The value of a bin with a list.
    list_bin -> Vec<Value>;
    /// The value of a bin with a map.
    map_bin -> Map;
    /// The value of a bin with a geographic point or region.
    geo_bin -> GeoJson;
    /// The value of a bin with a HyperLogLog.
    hll_bin -> Hll;
}

/// The particle type of a bin; 0 if the record has no such bin.
pub fn bin_type(name: &str) -> Exp<i64> {
    Exp::operator(Operator::BinType, &[&raw(name.as_bytes())])
}

/// Whether the record has a bin.
pub fn bin_exists(name: &str) -> Exp<bool> {
    bin_type(name).ne(0)
}

/// The record's stored key: an integer, text or bytes.
pub fn key<T: ExpType>() -> Exp<T> {
    Exp::operator(Operator::Key, &[&int(i64::from(T::TYPE.code()))])
}

/// The last four bytes of the record's digest, little-endian, modulo an integer.
pub fn digest_modulo(modulo: i32) -> Exp<i64> {
    Exp::operator(Operator::DigestModulo, &[&int(i64::from(modulo))])
}

macro_rules! metadata {
    ($($(#[doc = $doc:literal])+ $name:ident -> $of:ty = $operator:ident;)*) => {
        $($(#[doc = $doc])+
        pub fn $name() -> Exp<$of> {
            Exp::operator(Operator::$operator, &[])
        })*
    };
}

metadata! {
    /// When the record was last written, in nanoseconds since 1970.
    last_update -> i64 = LastUpdate;
    /// Milliseconds since the record was last written.
    since_update -> i64 = SinceUpdate;
    /// When the record expires, in nanoseconds since 1970; -1 for never.
    void_time -> i64 = VoidTime;
    /// Seconds until the record expires; -1 for never.
    ttl -> i64 = Ttl;
    /// The name of the record's set; empty for none.
    set_name -> String = SetName;
    /// Whether the record's key is stored.
    key_exists -> bool = KeyExists;
    /// Whether the record is a tombstone.
    is_tombstone -> bool = IsTombstone;
    /// The record's size, in bytes.
    record_size -> i64 = RecordSize;
    /// The record's size on a device, in bytes; 0 in memory. Deprecated by the server for [`record_size`].
    device_size -> i64 = DeviceSize;
    /// The record's size in memory, in bytes. Deprecated by the server for [`record_size`].
    memory_size -> i64 = MemorySize;
}

fn variable<T: ExpType>(variable: LoopVariable) -> Exp<T> {
    Exp::operator(
        Operator::VarBuiltin,
        &[&int(i64::from(T::TYPE.code())), &int(variable as i64)],
    )
}

/// In a path expression, the key of the visited map entry; unknown in a list.
pub fn loop_key<T: ExpType>() -> Exp<T> {
    variable(LoopVariable::Key)
}

/// In a path expression, the visited list element, or the value of the visited map entry.
pub fn loop_value<T: ExpType>() -> Exp<T> {
    variable(LoopVariable::Value)
}

/// In a path expression, the index of the visited list element; unknown in a map.
pub fn loop_index() -> Exp<i64> {
    variable(LoopVariable::Index)
}
