//! Tests of the operations on small collections.

mod context;
mod list;
mod map;
mod stored;

use spikelet_wire::cdt::{CallWriter, Operation, ReturnType};
use spikelet_wire::context::Context;
use spikelet_wire::list::ListOp;
use spikelet_wire::map::MapOp;
use spikelet_wire::{Map, MapOrder, ParticleType, ResultCode, Value};

use super::{modify, read};
use crate::ops::Particle;

/// A bin, and the operations on it.
struct Bin(Option<Particle>);

/// An operation whose arguments are written like values.
struct Call(CallWriter, Operation);

/// Return types, as they are written.
const COUNT: i64 = ReturnType::Count as i64;
const EXISTS: i64 = ReturnType::Exists as i64;
const INDEX: i64 = ReturnType::Index as i64;
const KEY: i64 = ReturnType::Key as i64;
const KEY_VALUE: i64 = ReturnType::KeyValue as i64;
const NONE: i64 = ReturnType::None as i64;
const ORDERED_MAP: i64 = ReturnType::OrderedMap as i64;
const RANK: i64 = ReturnType::Rank as i64;
const REVERSE_INDEX: i64 = ReturnType::ReverseIndex as i64;
const VALUE: i64 = ReturnType::Value as i64;
const INVERTED: i64 = ReturnType::INVERTED as i64;

impl Bin {
    fn new(value: impl Into<Value>) -> Self {
        let (particle_type, data) = value.into().to_particle();
        Self(Some(Particle::from_wire(particle_type, &data).unwrap()))
    }

    /// An ordered list of numbers.
    fn ordered(numbers: &[i64]) -> Self {
        let mut bin = Self::new(numbers.to_vec());
        bin.apply(list(ListOp::SetType).int(1)).unwrap();
        bin
    }

    fn missing() -> Self {
        Self(None)
    }

    /// The result of an operation.
    fn apply(&mut self, call: Call) -> Result<Value, ResultCode> {
        self.apply_at(call, &Context::default())
    }

    /// The result of an operation on the collection at a context.
    fn apply_at(&mut self, call: Call, context: &Context) -> Result<Value, ResultCode> {
        let argument = call.0.finish(context);
        let result = match call.1.modifies {
            true => modify(&mut self.0, &argument),
            false => read(self.0.as_ref(), &argument),
        };
        Ok(result?.map_or(Value::Nil, |particle| value(&particle)))
    }

    fn value(&self) -> Value {
        self.0.as_ref().map_or(Value::Nil, value)
    }
}

impl Call {
    fn int(self, n: i64) -> Self {
        Self(self.0.int(n), self.1)
    }

    fn value(self, value: impl Into<Value>) -> Self {
        Self(self.0.value(&value.into()), self.1)
    }
}

fn list(op: ListOp) -> Call {
    Call(CallWriter::new(op.operation()), op.operation())
}

fn map(op: MapOp) -> Call {
    Call(CallWriter::new(op.operation()), op.operation())
}

/// A value as a client reads it.
fn value(particle: &Particle) -> Value {
    match particle {
        Particle::Bytes(bytes) if bytes.particle_type() == ParticleType::MAP => {
            Value::from_particle(ParticleType::MAP, &super::to_wire(bytes)).unwrap()
        }
        other => other.to_value().unwrap(),
    }
}

/// A list of values of several types.
fn values<const N: usize>(values: [Value; N]) -> Value {
    Value::List(values.into())
}

/// A map of an order.
fn pairs<K: Into<Value>, V: Into<Value>, const N: usize>(order: MapOrder, pairs: [(K, V); N]) -> Value {
    let mut map = Map::new(order);
    for (key, value) in pairs {
        map.insert(key, value);
    }
    Value::Map(map)
}
