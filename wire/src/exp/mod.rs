//! The expression language: filters, and what the operations `EXP_READ` and `EXP_MODIFY` evaluate.
//!
//! An expression is msgpack. A list whose first element is the code of an [`Operator`] applies it to the rest of the
//! list. Anything else is a literal. A list literal is wrapped in [`Operator::Quote`].
//!
//! ```
//! use spikelet_wire::exp::{Form, Operand, Operator, Type};
//!
//! assert_eq!(Operator::from_code(3), Some(Operator::Gt));
//! assert_eq!(Operator::Gt.form(), Form::Exactly(&[Operand::Comparable, Operand::Comparable]));
//! assert_eq!(Operator::Mod.form(), Form::Exactly(&[Operand::Of(Type::Int), Operand::Of(Type::Int)]));
//! ```

pub mod build;
mod operator;
pub mod path;
mod value_type;

pub use operator::{Form, Operand, Operator, Yield};
pub use value_type::Type;

/// The operation language of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum CallSystem {
    /// An operation on a list or map.
    Cdt = 0,
    /// An operation on the bits of a blob.
    Bits = 1,
    /// An operation on a HyperLogLog.
    Hll = 2,
}

impl CallSystem {
    /// A flag next to the system: the operation modifies, and the call's value is the modified value.
    pub const MODIFY_LOCAL: u64 = 0x40;

    /// The system with a code, which must not include [`MODIFY_LOCAL`](Self::MODIFY_LOCAL).
    #[must_use]
    pub const fn from_code(code: u64) -> Option<Self> {
        match code {
            0 => Some(Self::Cdt),
            1 => Some(Self::Bits),
            2 => Some(Self::Hll),
            _ => None,
        }
    }
}

/// A variable that a path expression sets for each element that it visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum LoopVariable {
    /// The key of a map entry.
    Key = 0,
    /// The list element, or the value of a map entry.
    Value = 1,
    /// The index of a list element, from 0.
    Index = 2,
}

impl LoopVariable {
    /// All variables, in the order of their codes.
    pub const ALL: [Self; 3] = [Self::Key, Self::Value, Self::Index];

    /// The variable with a code.
    #[must_use]
    pub fn from_code(code: u64) -> Option<Self> {
        Self::ALL.get(usize::try_from(code).ok()?).copied()
    }
}

/// The flags of the operations `EXP_READ` and `EXP_MODIFY`, which follow the expression: `[expression, flags]`.
pub mod flags {
    /// Fails with `BIN_EXISTS` (6) if the bin exists; only for `EXP_MODIFY`.
    pub const CREATE_ONLY: u64 = 1 << 0;
    /// Fails with `BIN_NOT_FOUND` (17) if the bin does not exist; only for `EXP_MODIFY`.
    pub const UPDATE_ONLY: u64 = 1 << 1;
    /// Lets nil delete the bin; without the flag it fails with `OP_NOT_APPLICABLE` (26). Only for `EXP_MODIFY`.
    pub const ALLOW_DELETE: u64 = 1 << 2;
    /// Leaves the bin unchanged if `CREATE_ONLY` or `UPDATE_ONLY` would fail; only for `EXP_MODIFY`.
    pub const POLICY_NO_FAIL: u64 = 1 << 3;
    /// Returns no value and leaves the bin unchanged if the expression is unknown; without the flag it fails with
    /// `OP_NOT_APPLICABLE` (26).
    pub const EVAL_NO_FAIL: u64 = 1 << 4;

    /// The flags that `EXP_READ` accepts.
    pub const READ: u64 = EVAL_NO_FAIL;
    /// The flags that `EXP_MODIFY` accepts.
    pub const MODIFY: u64 = CREATE_ONLY | UPDATE_ONLY | ALLOW_DELETE | POLICY_NO_FAIL | EVAL_NO_FAIL;
}

/// The options of a regular expression.
///
/// They are those of `regcomp` in the C library on Linux, to which the server passes them.
pub mod regex_flags {
    /// The extended syntax; without it, the basic one.
    pub const EXTENDED: i64 = 1;
    /// Matching ignores case.
    pub const ICASE: i64 = 2;
    /// `^` and `$` match at line ends, and `.` and `[^a]` do not match a newline.
    pub const NEWLINE: i64 = 4;
    /// The position of the match is not reported; has no effect here.
    pub const NOSUB: i64 = 8;
}
