//! The variables of the expressions in a path: key, value and index of the visited element.

use spikelet_wire::ParticleType;
use spikelet_wire::exp::LoopVariable;
use spikelet_wire::msgpack::{Reader, Token};

use crate::ops::exp::evaluate::LoopVariables;
use crate::ops::exp::value::{Data, Value};
use crate::ops::geo::Geometry;

/// An element that is visited.
#[derive(Debug, Clone, Copy)]
pub(super) struct Visited<'a> {
    /// The key of a map's pair; empty in a list.
    pub(super) key: &'a [u8],
    pub(super) value: &'a [u8],
    /// The index in a list.
    pub(super) index: Option<usize>,
}

impl<'a> Visited<'a> {
    pub(super) fn variables(&self) -> LoopVariables<'a> {
        let mut variables = LoopVariables::default();
        variables.set(LoopVariable::Key, value(self.key));
        variables.set(LoopVariable::Value, value(self.value));
        let index = self
            .index
            .map(|index| Value::Int(i64::try_from(index).unwrap_or(i64::MAX)));
        variables.set(LoopVariable::Index, index);
        variables
    }
}

/// The value of an element, if it can be the value of an expression.
fn value(element: &[u8]) -> Option<Value<'_>> {
    Some(match Reader::new(element).token().ok()? {
        Token::Nil => Value::Nil,
        Token::Bool(b) => Value::Bool(b),
        Token::Int(n) => Value::Int(n),
        Token::Uint(n) => Value::Int(n as i64),
        Token::Float(n) => Value::Float(n),
        Token::List(_) => Value::borrowed(ParticleType::LIST, element),
        Token::Map(_) => Value::borrowed(ParticleType::MAP, element),
        Token::Bytes([particle_type, bytes @ ..]) => match ParticleType(*particle_type) {
            ParticleType::GEOJSON => {
                Geometry::parse(bytes)?;
                Value::GeoJson(Data::Borrowed(bytes))
            }
            particle_type @ (ParticleType::STRING | ParticleType::BLOB | ParticleType::HLL) => {
                Value::borrowed(particle_type, bytes)
            }
            _ => return None,
        },
        Token::Bytes([]) | Token::Ext(..) => return None,
    })
}
