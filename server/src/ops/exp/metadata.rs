//! The operators that read a record: metadata, key, digest and bins.

use std::borrow::Cow;

use spikelet_wire::ParticleType;
use spikelet_wire::exp::{Operator, Type};

use super::evaluate::Evaluation;
use super::record_view::RecordView;
use super::value::{Unknown, Value};
use crate::clock::Now;
use crate::ops::Particle;

/// Whether an operator reads metadata. The digest does not count, since it never changes.
pub(super) const fn is_metadata(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::DeviceSize
            | Operator::LastUpdate
            | Operator::SinceUpdate
            | Operator::VoidTime
            | Operator::Ttl
            | Operator::SetName
            | Operator::KeyExists
            | Operator::IsTombstone
            | Operator::MemorySize
            | Operator::RecordSize
    )
}

impl<'v> Evaluation<'_, 'v> {
    fn record(&self) -> Result<&'v dyn RecordView, Unknown> {
        self.record.ok_or(Unknown)
    }

    pub(super) fn metadata(&self, operator: Operator) -> Result<Value<'v>, Unknown> {
        let record = self.record()?;
        Ok(match operator {
            // Records are stored in memory only.
            Operator::DeviceSize => Value::Int(0),
            Operator::MemorySize | Operator::RecordSize => Value::Int(i64::from(record.stored_size())),
            Operator::LastUpdate => Value::Int(record.last_update().unix_nanoseconds()),
            Operator::SinceUpdate => {
                let since = self.now.0.saturating_sub(record.last_update().0);
                Value::Int(i64::try_from(since).unwrap_or(i64::MAX))
            }
            Operator::VoidTime => Value::Int(match record.void_time() {
                0 => -1,
                seconds => Now(u64::from(seconds) * 1000).unix_nanoseconds(),
            }),
            Operator::Ttl => Value::Int(match record.void_time() {
                0 => -1,
                // A record that has just expired has a TTL of one second.
                seconds => i64::from(seconds.saturating_sub(self.now.seconds()).max(1)),
            }),
            Operator::SetName => match record.set_name() {
                Cow::Borrowed(name) => Value::borrowed(ParticleType::STRING, name),
                Cow::Owned(name) => Value::from_particle(Particle::bytes(ParticleType::STRING, &name)),
            },
            Operator::KeyExists => Value::Bool(record.key().is_some()),
            Operator::IsTombstone => Value::Bool(record.is_tombstone()),
            _ => return Err(Unknown),
        })
    }

    pub(super) fn digest_modulo(&self, modulo: i32) -> Result<Value<'v>, Unknown> {
        let [.., a, b, c, d] = self.record()?.digest().0;
        let bits = i64::from(u32::from_le_bytes([a, b, c, d]));
        Ok(Value::Int(bits.checked_rem(i64::from(modulo)).ok_or(Unknown)?))
    }

    pub(super) fn key(&self, of: Type) -> Result<Value<'v>, Unknown> {
        let (key_type, bytes) = self.record()?.key().ok_or(Unknown)?;
        if key_type != of.particle_type() {
            return Err(Unknown);
        }
        match of {
            Type::Int => Ok(Value::Int(i64::from_be_bytes(bytes.try_into().map_err(|_| Unknown)?))),
            _ => Ok(Value::borrowed(key_type, bytes)),
        }
    }

    pub(super) fn bin(&self, of: Type, name: &[u8]) -> Result<Value<'v>, Unknown> {
        let bin = self.record()?.bin(name).ok_or(Unknown)?;
        match bin.particle_type() == of.particle_type() {
            true => Ok(Value::of_particle(bin)),
            false => Err(Unknown),
        }
    }

    pub(super) fn bin_type(&self, name: &[u8]) -> Result<Value<'v>, Unknown> {
        let bin = self.record()?.bin(name);
        let of = bin.map_or(ParticleType::NULL, |bin| bin.particle_type());
        Ok(Value::Int(i64::from(of.0)))
    }
}
