//! What an expression evaluates to, borrowed from the expression or the record where that can be.

use std::ops::Deref;
use std::sync::Arc;

use spikelet_wire::ParticleType;
use spikelet_wire::exp::Type;
use spikelet_wire::msgpack::write;

use super::Unknown;
use crate::ops::Particle;
use crate::ops::geo::{self, Geometry};

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Value<'v> {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// The bytes of a particle.
    Bytes(ParticleType, Data<'v>),
    /// The text of a point or region, without its cells.
    GeoJson(Data<'v>),
    /// Msgpack that is no value: infinity, wildcard and other extensions.
    Extension(Data<'v>),
    /// The order of a path expression to remove an element.
    Remove,
}

/// Bytes that are cheap to clone.
#[derive(Debug, Clone)]
pub(super) enum Data<'v> {
    /// In the expression, or in the record's metadata.
    Borrowed(&'v [u8]),
    /// Those of a bin, which is at hand as a whole where an operation is called on it.
    Bin(&'v Particle),
    /// Those of a value that came of evaluating.
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

    /// As a bin's value: `None` is nil.
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

    /// The particle that holds it, where there is one already.
    pub(super) fn as_particle(&self) -> Option<&Particle> {
        match self {
            Self::Bytes(_, Data::Bin(particle)) => Some(particle),
            Self::Bytes(_, Data::Made(particle)) => Some(particle),
            _ => None,
        }
    }

    /// Appends it as an element of a list, or a parameter of an operation.
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

    pub(super) fn is(&self, wanted: Type) -> bool {
        match self {
            Self::Nil => wanted == Type::Nil,
            Self::Bool(_) => wanted == Type::Bool,
            Self::Int(_) => wanted == Type::Int,
            Self::Float(_) => wanted == Type::Float,
            Self::Bytes(particle_type, _) => *particle_type == wanted.particle_type(),
            Self::GeoJson(_) => wanted == Type::GeoJson,
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

    pub(super) fn bytes(&self, wanted: ParticleType) -> Result<&[u8], Unknown> {
        match self {
            Self::Bytes(particle_type, data) if *particle_type == wanted => Ok(data),
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

    /// The bytes of a blob and its like, the text of a point or region.
    pub(super) fn bytes_or_text(&self) -> Result<&[u8], Unknown> {
        match self {
            Self::GeoJson(text) => Ok(text),
            Self::Bytes(ParticleType::GEOJSON, data) => geo::text(data).ok_or(Unknown),
            Self::Bytes(_, data) => Ok(data),
            _ => Err(Unknown),
        }
    }

    /// How many bytes it holds.
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
