//! Path expressions: many elements of a list or map, selected or modified at once.
//!
//! A path is a list of steps (`step.rs`). Each step says which elements of a collection it follows: one element by index, rank
//! or key, or all for which an expression is true. `walk.rs` follows the steps. The elements at the end of a path are the
//! leaves.

mod decode;
mod modify;
mod quickselect;
mod step;
mod variables;
mod walk;

use spikelet_wire::{ParticleType, ResultCode};

use self::decode::{Output, Path};
use self::walk::Walk;
use super::evaluate::Steps;
use crate::ops::{Particle, ParticleRef};

/// Selects elements of a bin.
///
/// # Errors
/// - `PARAMETER` (4): the call is malformed or modifies, an expression is not valid or unknown, or a step does not fit
///   the collection that it is applied to.
/// - `INCOMPATIBLE_TYPE` (12): the bin is not a list or map, or the keys of a list are requested.
/// - `SERVER_ERROR` (1): the collection is damaged.
pub(crate) fn read(bin: Option<&Particle>, argument: &[u8]) -> Result<Option<Particle>, ResultCode> {
    read_within(bin, argument, 0, &Steps::default())
}

/// Modifies elements of a bin, or selects them.
///
/// # Errors
/// As [`read`], and `SERVER_ERROR` (1) if the modifying expression is unknown, `INCOMPATIBLE_TYPE` (12) if its value cannot be
/// stored.
pub(crate) fn modify(bin: &mut Option<Particle>, argument: &[u8]) -> Result<Option<Particle>, ResultCode> {
    modify_within(bin, argument, 0, &Steps::default())
}

pub(super) fn read_within(
    bin: Option<&Particle>,
    argument: &[u8],
    depth: usize,
    steps: &Steps,
) -> Result<Option<Particle>, ResultCode> {
    let (particle_type, bytes) = collection(bin)?;
    match Path::parse(argument, depth)? {
        Path {
            output: Output::Modified(_),
            ..
        } => Err(ResultCode::PARAMETER),
        path => Walk::new(&path, bytes, steps).select(particle_type).map(Some),
    }
}

pub(super) fn modify_within(
    bin: &mut Option<Particle>,
    argument: &[u8],
    depth: usize,
    steps: &Steps,
) -> Result<Option<Particle>, ResultCode> {
    let (particle_type, bytes) = collection(bin.as_ref())?;
    let path = Path::parse(argument, depth)?;
    let result = Walk::new(&path, bytes, steps).select(particle_type)?;
    Ok(match path.output {
        Output::Modified(_) => {
            *bin = Some(result);
            None
        }
        _ => Some(result),
    })
}

fn collection(bin: Option<&Particle>) -> Result<(ParticleType, &[u8]), ResultCode> {
    match bin.map(Particle::view) {
        Some(ParticleRef::Bytes(particle_type @ (ParticleType::LIST | ParticleType::MAP), bytes)) => {
            Ok((particle_type, bytes))
        }
        _ => Err(ResultCode::INCOMPATIBLE_TYPE),
    }
}

#[cfg(test)]
mod tests;
