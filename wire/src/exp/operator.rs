//! The operators of expressions: a table of code, name, operands and type.

use super::value_type::Type;

/// The required type of an operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    /// Of any type.
    Any,
    /// Of this type.
    Of(Type),
    /// An integer or a double, the same for all operands of the operator.
    Number,
    /// Any comparable type, the same for all operands of the operator: not GeoJSON and not HyperLogLog.
    Comparable,
}

/// The form of an operator's operands, which follow its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Exactly these operands.
    Exactly(&'static [Operand]),
    /// This number of operands or more.
    AtLeast(usize, Operand),
    /// A special form, documented at the operator.
    Own,
}

/// The type of an operator's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Yield {
    /// Always this type.
    Is(Type),
    /// The type of its operands.
    Operands,
    /// Given in the expression, or derived from its parts.
    Own,
}

macro_rules! operators {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $text:literal: $form:expr => $yields:expr;)*) => {
        /// An operator, whose code is the first element of a list.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Operator {
            $($(#[doc = $doc])+ $name = $code,)*
        }

        impl Operator {
            /// All operators, in the order of their codes.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The operator with a code.
            #[must_use]
            pub const fn from_code(code: u64) -> Option<Self> {
                match code {
                    $($code => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// Its name, as the server's log shows it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// The form of its operands.
            #[must_use]
            pub const fn form(self) -> Form {
                match self {
                    $(Self::$name => $form,)*
                }
            }

            /// The type of its value.
            #[must_use]
            pub const fn yields(self) -> Yield {
                match self {
                    $(Self::$name => $yields,)*
                }
            }
        }
    };
}

use Form::{AtLeast, Exactly, Own};
use Operand::{Any, Comparable, Number, Of};
use Type::{Bool, Float, GeoJson, Int, List, String};
use Yield::{Is, Operands};

const COMPARED: Form = Exactly(&[Comparable, Comparable]);
const INTS: Form = Exactly(&[Of(Int), Of(Int)]);
const FLOATS: Form = Exactly(&[Of(Float), Of(Float)]);
const SCAN: Form = Exactly(&[Of(Int), Of(Bool)]);
const NONE: Form = Exactly(&[]);

operators! {
    /// Neither true nor false. As a result of `cond` it is valid for any type.
    Unknown = 0, "unknown": NONE => Is(Bool);
    /// Equal.
    Eq = 1, "eq": COMPARED => Is(Bool);
    /// Not equal.
    Ne = 2, "ne": COMPARED => Is(Bool);
    /// Greater.
    Gt = 3, "gt": COMPARED => Is(Bool);
    /// Greater or equal.
    Ge = 4, "ge": COMPARED => Is(Bool);
    /// Less.
    Lt = 5, "lt": COMPARED => Is(Bool);
    /// Less or equal.
    Le = 6, "le": COMPARED => Is(Bool);
    /// `[options, pattern, text]`: whether a POSIX regular expression matches; see [`regex_flags`](super::regex_flags).
    CmpRegex = 7, "cmp_regex": Own => Is(Bool);
    /// Whether a region contains a point; the operands may be in either order.
    CmpGeo = 8, "cmp_geo": Exactly(&[Of(GeoJson), Of(GeoJson)]) => Is(Bool);
    /// Whether a list has an element equal to a value.
    InList = 9, "in_list": Exactly(&[Any, Of(List)]) => Is(Bool);

    /// All are true.
    And = 16, "and": AtLeast(2, Of(Bool)) => Is(Bool);
    /// Any is true.
    Or = 17, "or": AtLeast(2, Of(Bool)) => Is(Bool);
    /// The negation.
    Not = 18, "not": Exactly(&[Of(Bool)]) => Is(Bool);
    /// Exactly one is true.
    Exclusive = 19, "exclusive": AtLeast(2, Of(Bool)) => Is(Bool);

    /// The sum.
    Add = 20, "add": AtLeast(1, Number) => Operands;
    /// The first operand minus the others; a single operand is negated.
    Sub = 21, "sub": AtLeast(1, Number) => Operands;
    /// The product.
    Mul = 22, "mul": AtLeast(1, Number) => Operands;
    /// The first operand divided by the product of the others; for a single operand, its reciprocal.
    Div = 23, "div": AtLeast(1, Number) => Operands;
    /// The power.
    Pow = 24, "pow": FLOATS => Is(Float);
    /// The logarithm of a number to a base.
    Log = 25, "log": FLOATS => Is(Float);
    /// The remainder, with the sign of the first operand.
    Mod = 26, "mod": INTS => Is(Int);
    /// The absolute value.
    Abs = 27, "abs": Exactly(&[Number]) => Operands;
    /// Rounded down.
    Floor = 28, "floor": Exactly(&[Of(Float)]) => Is(Float);
    /// Rounded up.
    Ceil = 29, "ceil": Exactly(&[Of(Float)]) => Is(Float);
    /// Converted to an integer, rounded towards zero.
    ToInt = 30, "to_int": Exactly(&[Of(Float)]) => Is(Int);
    /// Converted to a double.
    ToFloat = 31, "to_float": Exactly(&[Of(Int)]) => Is(Float);

    /// Bitwise and.
    IntAnd = 32, "int_and": AtLeast(1, Of(Int)) => Is(Int);
    /// Bitwise or.
    IntOr = 33, "int_or": AtLeast(1, Of(Int)) => Is(Int);
    /// Bitwise xor.
    IntXor = 34, "int_xor": AtLeast(1, Of(Int)) => Is(Int);
    /// Bitwise not.
    IntNot = 35, "int_not": Exactly(&[Of(Int)]) => Is(Int);
    /// Shifted left.
    IntLshift = 36, "int_lshift": INTS => Is(Int);
    /// Shifted right, filled with zeros.
    IntRshift = 37, "int_rshift": INTS => Is(Int);
    /// Shifted right, filled with the sign bit.
    IntArshift = 38, "int_arshift": INTS => Is(Int);
    /// The number of bits that are set.
    IntCount = 39, "int_count": Exactly(&[Of(Int)]) => Is(Int);
    /// The index, from the highest bit, of the first bit with a value; -1 for none.
    IntLscan = 40, "int_lscan": SCAN => Is(Int);
    /// The index, from the highest bit, of the last bit with a value; -1 for none.
    IntRscan = 41, "int_rscan": SCAN => Is(Int);

    /// The minimum.
    Min = 50, "min": AtLeast(1, Number) => Operands;
    /// The maximum.
    Max = 51, "max": AtLeast(1, Number) => Operands;

    /// `[modulo]`: the last four bytes of the digest, little-endian, modulo an integer.
    DigestModulo = 64, "digest_modulo": Own => Is(Int);
    /// The record's size on a device, in bytes; 0 in memory. Deprecated for [`RecordSize`](Self::RecordSize).
    DeviceSize = 65, "device_size": NONE => Is(Int);
    /// When the record was last written, in nanoseconds since 1970.
    LastUpdate = 66, "last_update": NONE => Is(Int);
    /// Milliseconds since the record was last written.
    SinceUpdate = 67, "since_update": NONE => Is(Int);
    /// When the record expires, in nanoseconds since 1970; -1 for never.
    VoidTime = 68, "void_time": NONE => Is(Int);
    /// Seconds until the record expires; -1 for never.
    Ttl = 69, "ttl": NONE => Is(Int);
    /// The name of the record's set; empty for none.
    SetName = 70, "set_name": NONE => Is(String);
    /// Whether the record's key is stored.
    KeyExists = 71, "key_exists": NONE => Is(Bool);
    /// Whether the record is a tombstone.
    IsTombstone = 72, "is_tombstone": NONE => Is(Bool);
    /// The record's size in memory, in bytes. Deprecated for [`RecordSize`](Self::RecordSize).
    MemorySize = 73, "memory_size": NONE => Is(Int);
    /// The record's size, in bytes.
    RecordSize = 74, "record_size": NONE => Is(Int);

    /// `[type]`: the record's stored key; its type is integer, string or blob.
    Key = 80, "key": Own => Yield::Own;
    /// `[type, name]`: the value of a bin.
    Bin = 81, "bin": Own => Yield::Own;
    /// `[name]`: the particle type of a bin; 0 if the record has no such bin.
    BinType = 82, "bin_type": Own => Is(Int);

    /// Removes the element that a path expression modifies.
    ResultRemove = 100, "result_remove": NONE => Yield::Own;
    /// The keys of a map.
    MapKeys = 101, "map_keys": Exactly(&[Any]) => Is(List);
    /// The values of a map.
    MapValues = 102, "map_values": Exactly(&[Any]) => Is(List);

    /// `[type, variable]`: a [`LoopVariable`](super::LoopVariable).
    VarBuiltin = 122, "var_builtin": Own => Yield::Own;
    /// `[condition, value, ..., default]`: the value after the first condition that is true.
    Cond = 123, "cond": Own => Yield::Own;
    /// `[name]`: the value of a variable.
    Var = 124, "var": Own => Yield::Own;
    /// `[name, value, ..., expression]`: the value of an expression that may use the variables.
    Let = 125, "let": Own => Yield::Own;
    /// `[list]`: a list literal.
    Quote = 126, "quote": Own => Is(List);
    /// `[type, system, operation, bin]`: an operation on a value; see [`CallSystem`](super::CallSystem).
    Call = 127, "call": Own => Yield::Own;
}

impl Operator {
    /// Its code.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_has_the_code_that_finds_it() {
        for &operator in Operator::ALL {
            assert_eq!(Operator::from_code(u64::from(operator.code())), Some(operator));
        }
        for unused in [10, 15, 42, 75, 83, 103, 121, 128, u64::MAX] {
            assert_eq!(Operator::from_code(unused), None);
        }
    }

    #[test]
    fn the_type_of_a_number_operator_is_that_of_its_operands() {
        for &operator in Operator::ALL {
            let numbers = matches!(operator.form(), Exactly([Number, ..]) | AtLeast(_, Number));
            assert_eq!(numbers, operator.yields() == Operands, "{}", operator.name());
        }
    }
}
