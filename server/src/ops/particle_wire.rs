//! The value of a bin on the wire: validation, decoding and encoding.

use bytes::{BufMut, BytesMut};
use spikelet_wire::{ParticleType, ResultCode};

use super::particle::{wire_float, wire_int};
use super::{Particle, ParticleRef, cdt, geo, hll};

impl Particle {
    /// Decodes a value that a client wrote.
    ///
    /// An integer may have 1, 2, 4 or 8 bytes; the shorter ones are unsigned. [`ParticleType::NULL`] is not a value: writing
    /// it deletes the bin, which is the caller's task.
    ///
    /// # Errors
    /// - [`ResultCode::PARAMETER`]: no such type, a number or boolean of a wrong size, a boolean above 1, or bytes that
    ///   are not a HyperLogLog.
    /// - [`ResultCode::SERVER_ERROR`]: a list or map that cannot be stored; see `cdt::from_wire`.
    /// - [`ResultCode::GEO_INVALID_GEOJSON`]: the text is not GeoJSON that the server supports.
    pub fn from_wire(particle_type: ParticleType, data: &[u8]) -> Result<Self, ResultCode> {
        Ok(match particle_type {
            ParticleType::INTEGER => Self::Int(wire_int(data).ok_or(ResultCode::PARAMETER)?),
            ParticleType::FLOAT => Self::Float(wire_float(data).ok_or(ResultCode::PARAMETER)?),
            ParticleType::BOOL => match data {
                [0] => Self::Bool(false),
                [1] => Self::Bool(true),
                _ => return Err(ResultCode::PARAMETER),
            },
            ParticleType::HLL if !hll::Sketch::is_valid(data) => return Err(ResultCode::PARAMETER),
            ParticleType::GEOJSON => return geo::from_wire(data),
            ParticleType::LIST | ParticleType::MAP => Self::bytes(particle_type, &cdt::from_wire(particle_type, data)?),
            _ if Self::is_known(particle_type) => Self::bytes(particle_type, data),
            _ => return Err(ResultCode::PARAMETER),
        })
    }

    /// The size on the wire, in bytes.
    #[must_use]
    pub fn wire_size(&self) -> usize {
        match self.view() {
            ParticleRef::Int(_) | ParticleRef::Float(_) => 8,
            ParticleRef::Bool(_) => 1,
            ParticleRef::Bytes(ParticleType::MAP, bytes) => cdt::to_wire(bytes).len(),
            ParticleRef::Bytes(_, bytes) => bytes.len(),
        }
    }

    /// Appends the bytes of the value as they go over the wire.
    pub fn write(&self, out: &mut BytesMut) {
        match self.view() {
            ParticleRef::Int(n) => out.put_i64(n),
            ParticleRef::Float(n) => out.put_f64(n),
            ParticleRef::Bool(b) => out.put_u8(u8::from(b)),
            ParticleRef::Bytes(ParticleType::MAP, bytes) => out.put_slice(&cdt::to_wire(bytes)),
            ParticleRef::Bytes(_, bytes) => out.put_slice(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_four_sizes() {
        let int = |data: &[u8]| Particle::from_wire(ParticleType::INTEGER, data);
        assert_eq!(int(&[0xff]), Ok(Particle::Int(255)));
        assert_eq!(int(&[0, 5]), Ok(Particle::Int(5)));
        assert_eq!(int(&[0xff; 4]), Ok(Particle::Int(0xffff_ffff)));
        assert_eq!(int(&[0xff; 8]), Ok(Particle::Int(-1)));
        for size in [0, 3, 7, 9, 16] {
            assert_eq!(int(&vec![0; size]), Err(ResultCode::PARAMETER), "{size}");
        }
    }

    #[test]
    fn unknown_types_are_refused() {
        for particle_type in [0, 5, 6, 13, 14, 15, 21, 22, 24, 255] {
            let refused = Particle::from_wire(ParticleType(particle_type), b"x");
            assert_eq!(refused, Err(ResultCode::PARAMETER), "{particle_type}");
        }
        let vector = Particle::from_wire(ParticleType::VECTOR, b"x");
        assert_eq!(vector, Ok(Particle::bytes(ParticleType::VECTOR, &b"x"[..])));
        for boolean in [&[][..], &[2], &[0, 1]] {
            assert_eq!(
                Particle::from_wire(ParticleType::BOOL, boolean),
                Err(ResultCode::PARAMETER)
            );
        }
    }
}
