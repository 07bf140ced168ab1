//! The operations `EXP_READ` and `EXP_MODIFY`, whose argument is `[expression, flags]` with optional flags.

use spikelet_wire::ResultCode;
use spikelet_wire::exp::flags;
use spikelet_wire::msgpack::{Reader, Token};

use super::expression::Expression;
use super::record_view::RecordView;
use super::value::Unknown;
use crate::clock::Now;
use crate::ops::Particle;

/// The change to the bin that an operation names.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum BinChange {
    /// The bin is unchanged.
    Keep,
    /// The bin is set to a value.
    Set(Particle),
    /// The bin is deleted, if it exists.
    Delete,
}

/// Evaluates the expression of an operation `EXP_READ`.
///
/// # Errors
/// `PARAMETER` (4) if the expression or a flag is not valid; `OP_NOT_APPLICABLE` (26) if the expression is unknown. With the
/// flag `EVAL_NO_FAIL` an unknown expression has no value instead.
pub(crate) fn read_op(argument: &[u8], record: &dyn RecordView, now: Now) -> Result<Option<Particle>, ResultCode> {
    let (expression, given) = parse(argument, flags::READ)?;
    match expression.evaluate(record, now) {
        Ok(value) => Ok(value),
        Err(Unknown) if given & flags::EVAL_NO_FAIL != 0 => Ok(None),
        Err(Unknown) => Err(ResultCode::OP_NOT_APPLICABLE),
    }
}

/// Evaluates the expression of an operation `EXP_MODIFY`. `bin_exists` says whether the bin exists.
///
/// # Errors
/// `PARAMETER` (4) if the expression or a flag is not valid; `BIN_EXISTS` (6) or `BIN_NOT_FOUND` (17) if the flags require a
/// missing or an existing bin; `OP_NOT_APPLICABLE` (26) if the expression is unknown, or nil and the flags do not allow the
/// deletion of the bin.
pub(crate) fn modify_op(
    argument: &[u8],
    record: &dyn RecordView,
    now: Now,
    bin_exists: bool,
) -> Result<BinChange, ResultCode> {
    let (expression, given) = parse(argument, flags::MODIFY)?;
    let is = |flag| given & flag != 0;
    let refused = match bin_exists {
        true => is(flags::CREATE_ONLY).then_some(ResultCode::BIN_EXISTS),
        false => is(flags::UPDATE_ONLY).then_some(ResultCode::BIN_NOT_FOUND),
    };
    if let Some(code) = refused {
        return if is(flags::POLICY_NO_FAIL) {
            Ok(BinChange::Keep)
        } else {
            Err(code)
        };
    }
    match expression.evaluate(record, now) {
        Ok(Some(value)) => Ok(BinChange::Set(value)),
        Ok(None) if !bin_exists => Ok(BinChange::Keep),
        Ok(None) if is(flags::ALLOW_DELETE) => Ok(BinChange::Delete),
        // The server is meant to check one flag here, but accepts any.
        Ok(None) if given != 0 => Ok(BinChange::Keep),
        Ok(None) => Err(ResultCode::OP_NOT_APPLICABLE),
        Err(Unknown) if is(flags::EVAL_NO_FAIL) => Ok(BinChange::Keep),
        Err(Unknown) => Err(ResultCode::OP_NOT_APPLICABLE),
    }
}

/// Checks the argument of an operation `EXP_MODIFY` without a record.
///
/// # Errors
/// `PARAMETER` (4) if the expression or a flag is not valid.
pub(crate) fn check_modify_op(argument: &[u8]) -> Result<(), ResultCode> {
    parse(argument, flags::MODIFY).map(drop)
}

fn parse(argument: &[u8], allowed: u64) -> Result<(Expression<'_>, u64), ResultCode> {
    let parameter = |_| ResultCode::PARAMETER;
    let mut reader = Reader::new(argument);
    let count = reader.list().map_err(parameter)?;
    if !(1..=2).contains(&count) {
        return Err(ResultCode::PARAMETER);
    }
    let expression = reader.element().map_err(parameter)?;
    // A value that is not an integer counts as no flags.
    let given = match reader.token() {
        Ok(Token::Int(n)) => n as u64,
        Ok(Token::Uint(n)) => n,
        _ => 0,
    };
    if given & !allowed != 0 {
        return Err(ResultCode::PARAMETER);
    }
    Ok((Expression::build(expression)?, given))
}
