//! Operations that evaluate an expression and return its value, or write it into a bin.

use spikelet_wire::exp::build::Exp;
use spikelet_wire::exp::flags;
use spikelet_wire::{OpCode, ParticleType};

use crate::operation::Operation;

/// An operation that evaluates an expression, and returns the value under a name or writes it into a bin.
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
/// Flags are set before the operation. With flags that only a write has, [`read`](Self::read) is not available.
#[derive(Debug, Clone)]
#[must_use = "call `read` or `write`"]
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

    /// If the expression is unknown, succeeds without a value, and leaves the bin unchanged.
    ///
    /// Without this flag it fails with [`OP_NOT_APPLICABLE`](crate::ResultCode::OP_NOT_APPLICABLE) (26).
    pub fn eval_no_fail(self) -> Self {
        self.with(flags::EVAL_NO_FAIL)
    }

    /// Fails with [`BIN_EXISTS`](crate::ResultCode::BIN_EXISTS) (6) if the bin exists.
    pub fn create_only(self) -> OnExpression<true> {
        self.with(flags::CREATE_ONLY)
    }

    /// Fails with [`BIN_NOT_FOUND`](crate::ResultCode::BIN_NOT_FOUND) (17) if the bin does not exist.
    pub fn update_only(self) -> OnExpression<true> {
        self.with(flags::UPDATE_ONLY)
    }

    /// Lets an expression whose value is nil delete the bin.
    ///
    /// Without this flag it fails with [`OP_NOT_APPLICABLE`](crate::ResultCode::OP_NOT_APPLICABLE) (26).
    pub fn allow_delete(self) -> OnExpression<true> {
        self.with(flags::ALLOW_DELETE)
    }

    /// If [`create_only`](Self::create_only) or [`update_only`](Self::update_only) forbids the write, or the value is nil
    /// and deletion is not allowed, succeeds and leaves the bin unchanged.
    pub fn no_fail(self) -> OnExpression<true> {
        self.with(flags::POLICY_NO_FAIL)
    }

    /// Evaluates an expression and writes its value into the bin. It returns no result.
    pub fn write<T>(self, expression: impl Into<Exp<T>>) -> Operation {
        self.operation(OpCode::EXP_MODIFY, &expression.into())
    }

    fn operation<T>(self, code: OpCode, expression: &Exp<T>) -> Operation {
        let argument = expression.to_argument(self.flags);
        Operation::raw(code, self.bin, ParticleType::BLOB, argument)
    }
}

impl OnExpression {
    /// Evaluates an expression and returns its value as a bin of this name, whether or not the record has one.
    pub fn read<T>(self, expression: impl Into<Exp<T>>) -> Operation {
        self.operation(OpCode::EXP_READ, &expression.into())
    }
}
