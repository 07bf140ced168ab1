//! Results: particles made of msgpack values.

use spikelet_wire::msgpack::{Reader, Token, write};
use spikelet_wire::{ParticleType, ResultCode};

use super::head::append_head;
use crate::ops::Particle;

/// A result, or the code with which the return type is refused.
pub(super) type ParticleResult = Result<Option<Particle>, ResultCode>;

/// The particle of one value; `None` for nil.
///
/// # Errors
/// `SERVER_ERROR` for an extension, which has no particle type.
pub(crate) fn particle(value: &[u8]) -> ParticleResult {
    let token = Reader::new(value).token().map_err(|_| ResultCode::SERVER_ERROR)?;
    Ok(Some(match token {
        Token::Nil => return Ok(None),
        Token::Bool(b) => Particle::Bool(b),
        Token::Int(n) => Particle::Int(n),
        Token::Uint(n) => Particle::Int(n as i64),
        Token::Float(n) => Particle::Float(n),
        Token::List(_) => Particle::bytes(ParticleType::LIST, value),
        Token::Map(_) => Particle::bytes(ParticleType::MAP, value),
        Token::Bytes(bytes) => bytes_particle(bytes),
        Token::Ext(..) => return Err(ResultCode::SERVER_ERROR),
    }))
}

fn bytes_particle(bytes: &[u8]) -> Particle {
    let (&particle_type, data) = bytes.split_first().unwrap_or((&ParticleType::BLOB.0, &[]));
    match ParticleType(particle_type) {
        // Without cells: they are not stored inside collections.
        ParticleType::GEOJSON => Particle::bytes(ParticleType::GEOJSON, &[&[0; 3], data].concat()),
        known @ (ParticleType::STRING
        | ParticleType::JAVA_BLOB
        | ParticleType::CSHARP_BLOB
        | ParticleType::PYTHON_BLOB
        | ParticleType::RUBY_BLOB
        | ParticleType::PHP_BLOB
        | ParticleType::ERLANG_BLOB
        | ParticleType::VECTOR
        | ParticleType::HLL) => Particle::bytes(known, data),
        _ => Particle::bytes(ParticleType::BLOB, data),
    }
}

pub(super) const fn int(n: u32) -> Particle {
    Particle::Int(n as i64)
}

/// A list of integers.
pub(super) fn int_list(numbers: impl IntoIterator<Item = i64>) -> Particle {
    let (mut contents, mut n) = (Vec::new(), 0);
    for number in numbers {
        write::int(&mut contents, number);
        n += 1;
    }
    list_of(&contents, n)
}

/// A list of values.
pub(super) fn list<'a>(values: impl Iterator<Item = &'a [u8]>) -> Particle {
    let (mut contents, mut n) = (Vec::new(), 0);
    for value in values {
        contents.extend_from_slice(value);
        n += 1;
    }
    list_of(&contents, n)
}

/// A list of `n` encoded elements.
pub(super) fn list_of(contents: &[u8], n: u32) -> Particle {
    let mut out = Vec::with_capacity(contents.len() + 5);
    append_head(&mut out, false, n, 0);
    out.extend_from_slice(contents);
    Particle::bytes(ParticleType::LIST, &out)
}

/// A map of pairs, with flags.
pub(super) fn map<'a>(pairs: impl Iterator<Item = &'a [u8]>, flags: Option<u8>) -> Particle {
    let (mut contents, mut n) = (Vec::new(), 0);
    for pair in pairs {
        contents.extend_from_slice(pair);
        n += 1;
    }
    let mut out = Vec::with_capacity(contents.len() + 9);
    append_head(&mut out, true, n, flags.unwrap_or_default());
    out.extend_from_slice(&contents);
    Particle::bytes(ParticleType::MAP, &out)
}
