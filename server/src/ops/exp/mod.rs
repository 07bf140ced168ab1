//! Expressions: filters, and the operations `EXP_READ` and `EXP_MODIFY`.
//!
//! An expression is built once for a command: `build` decodes it and checks its types into a `program`. Every error of an
//! expression is found then. `evaluate` runs the program on a record, and has no errors: the value may be unknown. It is
//! unknown if a bin is missing or has another type, for a division by zero, if a called operation fails, and so is every
//! operator that needs an unknown operand. A filter that is unknown does not match.
//!
//! The operators are evaluated by `arithmetic.rs`, `compare.rs`, `metadata.rs` and `call.rs`; `path` holds path expressions.

mod arithmetic;
mod build;
mod call;
mod compare;
mod evaluate;
mod expression;
mod metadata;
mod operation;
pub(crate) mod path;
mod program;
mod record_view;
mod regex;
mod value;

pub(crate) use self::expression::Expression;
pub(crate) use self::operation::{BinChange, check_modify_op, modify_op, read_op};
pub(crate) use self::record_view::RecordView;

#[cfg(test)]
mod tests;
