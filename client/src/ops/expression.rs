//! Expressions as operations: their values as results, or written into bins.

use spikelet_wire::exp::build::Exp;
use spikelet_wire::exp::flags;
use spikelet_wire::{OpCode, ParticleType};

use crate::operation::Operation;

/// An operation that evaluates an expression: it gives the value under a name, or writes it into a bin.
///
/// ```
/// use spikelet_client::exp::int_bin;
/// use spikelet_client::ops::expression;
///
/// let operations = [
///     expression("sum").read(int_bin("a") + int_bin("b")),
///     expression("total").create_only().write(int_bin("a") + int_bin("b")),
///     expression("ratio").eval_no_fail().read(int_bin("a") / int_bin("b")),
/// ];
/// ```
pub fn expression(bin: impl Into<String>) -> OnExpression {
    OnExpression {
        bin: bin.into(),
        flags: 0,
    }
}

/// An operation that evaluates an expression; see [`expression`].
///
/// Flags stand before the operation; those that only a write has leave no [`read`](Self::read).
#[derive(Debug, Clone)]
#[must_use = "say whether to read or to write"]
pub struct OnExpression<const WRITES: bool = false> {
    bin: String,
    flags: u64,
}

impl<const WRITES: bool> OnExpression<WRITES> {
    fn with<const W: bool>(self, flag: u64) -> OnExpression<W> {
        OnExpression {
            bin: self.bin,
            flags: self.flags | flag,
        }
    }

    /// Where the expression is unknown, succeeds: gives no value, and leaves the bin as it is. Otherwise it fails with
    /// [`OP_NOT_APPLICABLE`](crate::ResultCode::OP_NOT_APPLICABLE) (26).
    pub fn eval_no_fail(self) -> Self {
        self.with(flags::EVAL_NO_FAIL)
    }

    /// Only if there is no such bin; fails with [`BIN_EXISTS`](crate::ResultCode::BIN_EXISTS) (6) otherwise.
    pub fn create_only(self) -> OnExpression<true> {
        self.with(flags::CREATE_ONLY)
    }

    /// Only if there is such a bin; fails with [`BIN_NOT_FOUND`](crate::ResultCode::BIN_NOT_FOUND) (17) otherwise.
    pub fn update_only(self) -> OnExpression<true> {
        self.with(flags::UPDATE_ONLY)
    }

    /// Lets an expression whose value is nil delete the bin; otherwise that fails with
    /// [`OP_NOT_APPLICABLE`](crate::ResultCode::OP_NOT_APPLICABLE) (26).
    pub fn allow_delete(self) -> OnExpression<true> {
        self.with(flags::ALLOW_DELETE)
    }

    /// Where [`create_only`](Self::create_only) or [`update_only`](Self::update_only) forbids the write, or the value is nil
    /// and may not delete, succeeds and leaves the bin as it is.
    pub fn no_fail(self) -> OnExpression<true> {
        self.with(flags::POLICY_NO_FAIL)
    }

    /// Evaluates an expression and writes its value into the bin. There is no result.
    pub fn write<T>(self, expression: impl Into<Exp<T>>) -> Operation {
        self.operation(OpCode::EXP_MODIFY, &expression.into())
    }

    fn operation<T>(self, code: OpCode, expression: &Exp<T>) -> Operation {
        let argument = expression.to_argument(self.flags);
        Operation::raw(code, self.bin, ParticleType::BLOB, argument)
    }
}

impl OnExpression {
    /// Evaluates an expression, and gives its value as the result of a bin of this name, whether there is one or not.
    pub fn read<T>(self, expression: impl Into<Exp<T>>) -> Operation {
        self.operation(OpCode::EXP_READ, &expression.into())
    }
}
