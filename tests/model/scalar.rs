//! A model of add, append and prepend.

use spikelet_wire::{ResultCode, Value};

/// The value of a bin after adding a number.
///
/// # Errors
/// The expected result code.
pub fn add(bin: Option<&Value>, by: &Value) -> Result<Value, ResultCode> {
    match (bin, by) {
        (None, by) => Ok(by.clone()),
        (Some(Value::Int(a)), Value::Int(b)) => Ok(Value::Int(a.wrapping_add(*b))),
        (Some(Value::Float(a)), Value::Float(b)) => Ok(Value::Float(a + b)),
        _ => Err(ResultCode::INCOMPATIBLE_TYPE),
    }
}

/// The value of a bin after appending a value.
///
/// # Errors
/// The expected result code.
pub fn append(bin: Option<&Value>, value: &Value) -> Result<Value, ResultCode> {
    match (bin, value) {
        (None, value) => Ok(value.clone()),
        (Some(Value::String(a)), Value::String(b)) => Ok(Value::String(format!("{a}{b}"))),
        (Some(Value::Blob(a)), Value::Blob(b)) => Ok(Value::Blob([a.as_slice(), b].concat())),
        _ => Err(ResultCode::INCOMPATIBLE_TYPE),
    }
}

/// The value of a bin after prepending a value.
///
/// # Errors
/// The expected result code.
pub fn prepend(bin: Option<&Value>, value: &Value) -> Result<Value, ResultCode> {
    match (bin, value) {
        (Some(Value::String(a)), Value::String(b)) => Ok(Value::String(format!("{b}{a}"))),
        (Some(Value::Blob(a)), Value::Blob(b)) => Ok(Value::Blob([b.as_slice(), a].concat())),
        (bin, value) => append(bin, value),
    }
}
