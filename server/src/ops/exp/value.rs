//! The values of expressions, borrowed from the expression or the record where possible.

use std::ops::Deref;
use std::sync::Arc;

use spikelet_wire::ParticleType;
use spikelet_wire::exp::Type;
use spikelet_wire::msgpack::write;

use crate::ops::Particle;
use crate::ops::geo::{self, Geometry};

/// The value of an expression is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unknown;

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Value<'v> {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// The bytes of a particle.
    Bytes(ParticleType, Data<'v>),
    /// The text of a point or region, without cells.
    GeoJson(Data<'v>),
    /// Msgpack extensions: infinity, wildcard and others.
    Extension(Data<'v>),
    /// The instruction to a path expression to remove an element.
    Remove,
}

/// Bytes that are cheap to clone.
#[derive(Debug, Clone)]
pub(super) enum Data<'v> {
    /// Bytes of the expression, or of the record's metadata.
    Borrowed(&'v [u8]),
    /// The bytes of a bin. Calls on the bin use the whole particle.
    Bin(&'v Particle),
    /// The bytes of a computed value.
    Made(Arc<Particle>),
}

impl Deref for Data<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        let particle = match self {
            Self::Borrowed(bytes) => return bytes,
            Self::Bin(particle) => particle,
            Self::Made(particle) => &**particle,
        };
        match particle {
            Particle::Bytes(bytes) => bytes,
            _ => &[],
        }
    }
}

impl<'v> Value<'v> {
    pub(super) fn borrowed(particle_type: ParticleType, bytes: &'v [u8]) -> Self {
        Self::Bytes(particle_type, Data::Borrowed(bytes))
    }

    pub(super) fn of_particle(particle: &'v Particle) -> Self {
        match particle {
            Particle::Int(n) => Self::Int(*n),
            Particle::Float(n) => Self::Float(*n),
            Particle::Bool(b) => Self::Bool(*b),
            Particle::Bytes(bytes) => Self::Bytes(bytes.particle_type(), Data::Bin(particle)),
        }
    }

    pub(super) fn from_particle(particle: Particle) -> Self {
        match particle {
            Particle::Int(n) => Self::Int(n),
            Particle::Float(n) => Self::Float(n),
            Particle::Bool(b) => Self::Bool(b),
            Particle::Bytes(ref bytes) => Self::Bytes(bytes.particle_type(), Data::Made(Arc::new(particle))),
        }
    }

    /// The value as a particle. `None` is nil.
    pub(super) fn into_particle(self) -> Result<Option<Particle>, Unknown> {
        Ok(Some(match self {
            Self::Nil => return Ok(None),
            Self::Bool(b) => Particle::Bool(b),
            Self::Int(n) => Particle::Int(n),
            Self::Float(n) => Particle::Float(n),
            Self::Bytes(particle_type, Data::Borrowed(bytes)) => Particle::bytes(particle_type, bytes),
            Self::Bytes(_, Data::Bin(particle)) => particle.clone(),
            Self::Bytes(_, Data::Made(particle)) => Arc::unwrap_or_clone(particle),
            Self::GeoJson(text) => geo::from_wire(&[&[0; 3], &*text].concat()).map_err(|_| Unknown)?,
            Self::Extension(_) | Self::Remove => return Err(Unknown),
        }))
    }

    /// The particle that holds the value, if there is one already.
    pub(super) fn as_particle(&self) -> Option<&Particle> {
        match self {
            Self::Bytes(_, Data::Bin(particle)) => Some(particle),
            Self::Bytes(_, Data::Made(particle)) => Some(particle),
            _ => None,
        }
    }

    /// Appends the value in msgpack, as an element of a list or a parameter of an operation.
    pub(super) fn pack(&self, out: &mut Vec<u8>) -> Result<(), Unknown> {
        match self {
            Self::Nil => write::nil(out),
            Self::Bool(b) => write::bool(out, *b),
            Self::Int(n) => write::int(out, *n),
            Self::Float(n) => write::float(out, *n),
            Self::Bytes(ParticleType::LIST | ParticleType::MAP, data) | Self::Extension(data) => {
                out.extend_from_slice(data);
            }
            Self::Bytes(ParticleType::GEOJSON, data) => {
                write::bytes(out, ParticleType::GEOJSON, geo::text(data).ok_or(Unknown)?)
            }
            Self::Bytes(particle_type, data) => write::bytes(out, *particle_type, data),
            Self::GeoJson(text) => write::bytes(out, ParticleType::GEOJSON, text),
            Self::Remove => return Err(Unknown),
        }
        Ok(())
    }

    pub(super) fn is(&self, expected: Type) -> bool {
        match self {
            Self::Nil => expected == Type::Nil,
            Self::Bool(_) => expected == Type::Bool,
            Self::Int(_) => expected == Type::Int,
            Self::Float(_) => expected == Type::Float,
            Self::Bytes(particle_type, _) => *particle_type == expected.particle_type(),
            Self::GeoJson(_) => expected == Type::GeoJson,
            Self::Extension(_) | Self::Remove => false,
        }
    }

    pub(super) const fn bool(&self) -> Result<bool, Unknown> {
        match self {
            Self::Bool(b) => Ok(*b),
            _ => Err(Unknown),
        }
    }

    pub(super) const fn int(&self) -> Result<i64, Unknown> {
        match self {
            Self::Int(n) => Ok(*n),
            _ => Err(Unknown),
        }
    }

    pub(super) const fn float(&self) -> Result<f64, Unknown> {
        match self {
            Self::Float(n) => Ok(*n),
            _ => Err(Unknown),
        }
    }

    pub(super) fn bytes(&self, expected: ParticleType) -> Result<&[u8], Unknown> {
        match self {
            Self::Bytes(particle_type, data) if *particle_type == expected => Ok(data),
            _ => Err(Unknown),
        }
    }

    pub(super) fn geometry(&self) -> Result<Geometry, Unknown> {
        match self {
            Self::GeoJson(_) | Self::Bytes(ParticleType::GEOJSON, _) => {
                Geometry::parse(self.bytes_or_text()?).ok_or(Unknown)
            }
            _ => Err(Unknown),
        }
    }

    /// The bytes of a value that is kept as bytes, or the text of a point or region.
    pub(super) fn bytes_or_text(&self) -> Result<&[u8], Unknown> {
        match self {
            Self::GeoJson(text) => Ok(text),
            Self::Bytes(ParticleType::GEOJSON, data) => geo::text(data).ok_or(Unknown),
            Self::Bytes(_, data) => Ok(data),
            _ => Err(Unknown),
        }
    }

    /// The number of bytes that the value holds.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Bytes(_, data) | Self::GeoJson(data) | Self::Extension(data) => data.len(),
            _ => 0,
        }
    }

    pub(super) const fn size_as_instruction(&self) -> usize {
        match self {
            Self::Nil | Self::Remove => 8,
            Self::Int(_) | Self::Float(_) => 16,
            Self::Bool(_) | Self::Bytes(..) | Self::Extension(_) => 24,
            Self::GeoJson(_) => 40,
        }
    }
}
