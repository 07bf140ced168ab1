//! Operations on scalar bins: add, append and prepend.
//!
//! Each of them creates a missing bin with its operand as the value, whatever the type.

use spikelet_wire::{ParticleType, ResultCode};

use super::bytes::Bytes;
use super::particle::{Particle, wire_float, wire_int};

/// The size of an increment in the form of memcached: the amount, and 8 unused bytes.
const MEMCACHED_INCREMENT: usize = 16;

/// Adds to an integer, which wraps, or to a double. The two types do not mix.
///
/// # Errors
/// - [`ResultCode::INCOMPATIBLE_TYPE`]: bin and operand are not both integers or both doubles.
/// - [`ResultCode::PARAMETER`]: a type that cannot be written, or a number of a wrong size.
/// - [`ResultCode::SERVER_ERROR`]: the bin holds GeoJSON.
pub(crate) fn incr(bin: &mut Option<Particle>, particle_type: ParticleType, value: &[u8]) -> Result<(), ResultCode> {
    let Some(particle) = existing(bin, particle_type, value)? else {
        return Ok(());
    };
    match particle {
        Particle::Int(n) if particle_type == ParticleType::INTEGER => *n = added(*n, value)?,
        Particle::Float(n) if particle_type == ParticleType::FLOAT => {
            *n += wire_float(value).ok_or(ResultCode::PARAMETER)?;
        }
        other => return Err(refusal(other)),
    }
    Ok(())
}

/// Appends to a string or blob.
///
/// # Errors
/// - [`ResultCode::INCOMPATIBLE_TYPE`]: the bin's type differs from the operand's, or cannot be appended to.
/// - [`ResultCode::PARAMETER`]: a type that cannot be written.
/// - [`ResultCode::SERVER_ERROR`]: the bin holds GeoJSON.
pub(crate) fn append(bin: &mut Option<Particle>, particle_type: ParticleType, value: &[u8]) -> Result<(), ResultCode> {
    concat(bin, particle_type, value, |old, value| [old, value].concat())
}

/// Prepends to a string or blob.
///
/// # Errors
/// As [`append`].
pub(crate) fn prepend(bin: &mut Option<Particle>, particle_type: ParticleType, value: &[u8]) -> Result<(), ResultCode> {
    concat(bin, particle_type, value, |old, value| [value, old].concat())
}

fn concat(
    bin: &mut Option<Particle>,
    particle_type: ParticleType,
    value: &[u8],
    join: fn(&[u8], &[u8]) -> Vec<u8>,
) -> Result<(), ResultCode> {
    let Some(particle) = existing(bin, particle_type, value)? else {
        return Ok(());
    };
    match particle {
        Particle::Bytes(bytes) if bytes.particle_type() == particle_type && can_grow(particle_type) => {
            *bytes = Bytes::new(particle_type, &join(bytes, value));
            Ok(())
        }
        other => Err(refusal(other)),
    }
}

/// The value of an existing bin. A missing bin is created with the operand, and `None` is returned.
fn existing<'a>(
    bin: &'a mut Option<Particle>,
    particle_type: ParticleType,
    value: &[u8],
) -> Result<Option<&'a mut Particle>, ResultCode> {
    if !Particle::is_known(particle_type) {
        return Err(ResultCode::PARAMETER);
    }
    if bin.is_none() {
        *bin = Some(Particle::from_wire(particle_type, value)?);
        return Ok(None);
    }
    Ok(bin.as_mut())
}

fn added(n: i64, value: &[u8]) -> Result<i64, ResultCode> {
    if let (MEMCACHED_INCREMENT, Some(&amount)) = (value.len(), value.first_chunk()) {
        // A decrement in the form of memcached stops at 0.
        let amount = i64::from_be_bytes(amount);
        let sum = n.wrapping_add(amount);
        return Ok(if amount < 0 && sum as u64 > n as u64 { 0 } else { sum });
    }
    Ok(n.wrapping_add(wire_int(value).ok_or(ResultCode::PARAMETER)?))
}

/// Whether values of this type can be appended to.
const fn can_grow(particle_type: ParticleType) -> bool {
    !matches!(
        particle_type,
        ParticleType::LIST | ParticleType::MAP | ParticleType::HLL | ParticleType::GEOJSON
    )
}

/// The code with which a value of the wrong type is refused.
fn refusal(particle: &Particle) -> ResultCode {
    match particle.particle_type() {
        ParticleType::GEOJSON => ResultCode::SERVER_ERROR,
        _ => ResultCode::INCOMPATIBLE_TYPE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_wrap_and_do_not_mix_with_doubles() {
        let mut bin = Some(Particle::Int(i64::MAX));
        incr(&mut bin, ParticleType::INTEGER, &1_i64.to_be_bytes()).unwrap();
        assert_eq!(bin, Some(Particle::Int(i64::MIN)));
        let refused = incr(&mut bin, ParticleType::FLOAT, &1_f64.to_be_bytes());
        assert_eq!(refused, Err(ResultCode::INCOMPATIBLE_TYPE));
        assert_eq!(bin, Some(Particle::Int(i64::MIN)));
    }

    #[test]
    fn short_integers_are_unsigned() {
        let mut bin = Some(Particle::Int(1));
        incr(&mut bin, ParticleType::INTEGER, &[0xff]).unwrap();
        assert_eq!(bin, Some(Particle::Int(256)));
    }

    #[test]
    fn a_decrement_of_memcached_stops_at_zero() {
        let mut bin = Some(Particle::Int(3));
        let down = [(-5_i64).to_be_bytes(), [0; 8]].concat();
        incr(&mut bin, ParticleType::INTEGER, &down).unwrap();
        assert_eq!(bin, Some(Particle::Int(0)));
    }

    #[test]
    fn a_missing_bin_is_created() {
        let mut bin = None;
        append(&mut bin, ParticleType::BOOL, &[1]).unwrap();
        assert_eq!(bin, Some(Particle::Bool(true)));
        let mut bin = None;
        assert_eq!(prepend(&mut bin, ParticleType::NULL, &[]), Err(ResultCode::PARAMETER));
        assert_eq!(bin, None);
    }

    #[test]
    fn only_values_of_the_same_type_are_joined() {
        let mut bin = Some(Particle::bytes(ParticleType::STRING, &b"mid"[..]));
        append(&mut bin, ParticleType::STRING, b"-end").unwrap();
        prepend(&mut bin, ParticleType::STRING, b"start-").unwrap();
        let joined = Particle::bytes(ParticleType::STRING, &b"start-mid-end"[..]);
        assert_eq!(bin, Some(joined.clone()));
        let refused = append(&mut bin, ParticleType::BLOB, b"x");
        assert_eq!((refused, bin), (Err(ResultCode::INCOMPATIBLE_TYPE), Some(joined)));
        let mut list = Some(Particle::bytes(ParticleType::LIST, &[0x90][..]));
        assert_eq!(
            append(&mut list, ParticleType::LIST, &[0x90]),
            Err(ResultCode::INCOMPATIBLE_TYPE)
        );
    }
}
