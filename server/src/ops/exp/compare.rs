//! Comparisons of values of the same type.

use std::cmp::Ordering;

use spikelet_wire::ParticleType;
use spikelet_wire::exp::Operator;
use spikelet_wire::msgpack::Reader;

use super::value::{Unknown, Value};
use crate::ops::order;

/// Whether a comparison holds between two values.
pub(super) fn compare(operator: Operator, left: &Value<'_>, right: &Value<'_>) -> Result<bool, Unknown> {
    let order = match (left, right) {
        (Value::Nil, Value::Nil) => Some(Ordering::Equal),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (Value::Float(left), Value::Float(right)) => left.partial_cmp(right),
        (Value::Bytes(left_type, left), Value::Bytes(right_type, right)) if left_type == right_type => match *left_type
        {
            ParticleType::STRING | ParticleType::BLOB => Some(left.cmp(right)),
            ParticleType::LIST | ParticleType::MAP => Some(order::compare_in_order(left, right).ok_or(Unknown)?),
            _ => return Err(Unknown),
        },
        (Value::Extension(left), Value::Extension(right)) => Some(order::compare_in_order(left, right).ok_or(Unknown)?),
        _ => return Err(Unknown),
    };
    Ok(match operator {
        Operator::Eq => order == Some(Ordering::Equal),
        Operator::Ne => order != Some(Ordering::Equal),
        Operator::Gt => order == Some(Ordering::Greater),
        Operator::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        Operator::Lt => order == Some(Ordering::Less),
        Operator::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        _ => return Err(Unknown),
    })
}

/// Whether a list holds an element.
pub(super) fn contains(list: &[u8], element: &[u8]) -> Result<bool, Unknown> {
    let mut reader = Reader::new(list);
    // The flags of an ordered list count as an element here, which equals only a wildcard.
    for _ in 0..reader.list().map_err(|_| Unknown)? {
        if order::compare(element, reader.element().map_err(|_| Unknown)?).is_eq() {
            return Ok(true);
        }
    }
    Ok(false)
}
