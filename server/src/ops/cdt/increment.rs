//! Increments of numbers inside collections.

use spikelet_wire::ResultCode;
use spikelet_wire::msgpack::{Reader, Token, write};

use crate::ops::Particle;

/// A number.
#[derive(Debug, Clone, Copy)]
enum Number {
    Int(i64),
    Float(f64),
}

/// Adds to a number, or subtracts from it. Returns the sum as a result, and its stored form.
///
/// The sum has the type of the stored number, or of the argument if no number is stored. A missing or nil argument adds 1.
///
/// # Errors
/// `PARAMETER` if either is not a number.
pub(super) fn add(
    number: Option<&[u8]>,
    argument: Option<&[u8]>,
    subtract: bool,
) -> Result<(Particle, Vec<u8>), ResultCode> {
    let delta = match argument.map(token).transpose()? {
        Some(Token::Nil) | None => Number::Int(1),
        Some(token) => self::number(token)?,
    };
    let delta = match delta {
        Number::Int(n) if subtract => Number::Int(n.wrapping_neg()),
        Number::Float(n) if subtract => Number::Float(-n),
        delta => delta,
    };
    let number = number.map(|bytes| self::number(token(bytes)?)).transpose()?;
    let sum = match (number, delta) {
        (None, Number::Float(b)) => Number::Float(0.0 + b),
        (None, delta) => delta,
        (Some(Number::Int(a)), Number::Int(b)) => Number::Int(a.wrapping_add(b)),
        (Some(Number::Int(a)), Number::Float(b)) => Number::Int(a.wrapping_add(truncated(b))),
        (Some(Number::Float(a)), Number::Int(b)) => Number::Float(a + b as f64),
        (Some(Number::Float(a)), Number::Float(b)) => Number::Float(a + b),
    };
    let mut stored = Vec::new();
    Ok(match sum {
        Number::Int(n) => {
            write::int(&mut stored, n);
            (Particle::Int(n), stored)
        }
        Number::Float(n) => {
            write::float(&mut stored, n);
            (Particle::Float(n), stored)
        }
    })
}

fn token(bytes: &[u8]) -> Result<Token<'_>, ResultCode> {
    Reader::new(bytes).token().map_err(|_| ResultCode::PARAMETER)
}

const fn number(token: Token<'_>) -> Result<Number, ResultCode> {
    match token {
        Token::Int(n) => Ok(Number::Int(n)),
        Token::Uint(n) => Ok(Number::Int(n as i64)),
        Token::Float(n) => Ok(Number::Float(n)),
        _ => Err(ResultCode::PARAMETER),
    }
}

/// The integer part. A value out of range becomes `i64::MIN`, as on x86-64.
const fn truncated(n: f64) -> i64 {
    // 2^63 is the first double out of range. The comparison is false for NaN.
    if n >= -9_223_372_036_854_775_808.0 && n < 9_223_372_036_854_775_808.0 {
        n as i64
    } else {
        i64::MIN
    }
}
