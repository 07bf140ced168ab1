//! Path expressions: elements at many places of a list or map, selected or modified at once.
//!
//! A path is a list of steps. Each says which elements of a collection it follows: one, by index, rank or key, or those
//! for which an expression is true. The elements at its end are the leaves.

mod modify;
mod rank;
mod step;
mod variables;
mod walk;

use spikelet_wire::exp::path as wire;
use spikelet_wire::msgpack::{Reader, Token};
use spikelet_wire::{ParticleType, ResultCode};

use self::step::Step;
use self::walk::Walk;
use super::evaluate::Steps;
use super::{Expression, MAX_DEPTH};
use crate::ops::{Particle, ParticleRef};

const KEYS_AND_VALUES: i64 = wire::KEYS | wire::VALUES;

/// Selects elements of a bin.
///
/// # Errors
/// - `PARAMETER` (4): the call is malformed or modifies, an expression is not valid or unknown, a step does not fit the
///   collection that it meets.
/// - `INCOMPATIBLE_TYPE` (12): the bin is no list or map, or keys are wanted of a list.
/// - `SERVER_ERROR` (1): the collection is damaged.
pub(crate) fn read(bin: Option<&Particle>, argument: &[u8]) -> Result<Option<Particle>, ResultCode> {
    read_within(bin, argument, 0, &Steps::default())
}

/// Modifies elements of a bin, or selects them.
///
/// # Errors
/// As [`read`], and `SERVER_ERROR` (1) where the expression that modifies is unknown, `INCOMPATIBLE_TYPE` (12) where it
/// gives what cannot be stored.
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
            wanted: Wanted::Modified(_),
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
    Ok(match path.wanted {
        Wanted::Modified(_) => {
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

/// A call: `[0xfe, [step, ...], flags]`, and an expression behind the flags where they say that it modifies.
#[derive(Debug)]
struct Path<'a> {
    steps: Vec<Step<'a>>,
    wanted: Wanted<'a>,
    no_fail: bool,
}

/// What is wanted of the elements that a path leads to.
#[derive(Debug)]
enum Wanted<'a> {
    /// They, in collections like those that they are in.
    Tree,
    /// A list of them, with their keys, their values, or both.
    Leaves { keys: bool, values: bool },
    /// The collection with the values of an expression in their place.
    Modified(Expression<'a>),
}

impl<'a> Path<'a> {
    fn parse(argument: &'a [u8], depth: usize) -> Result<Self, ResultCode> {
        let damaged = |_| ResultCode::PARAMETER;
        let mut reader = Reader::new(argument);
        let arguments = reader.list().map_err(damaged)?;
        reader.int().map_err(damaged)?;
        let pairs = reader.list().map_err(damaged)? as usize;
        if pairs == 0 || pairs % 2 == 1 || pairs / 2 > wire::MAX_STEPS {
            return Err(ResultCode::PARAMETER);
        }
        // An expression is evaluated inside of as many walks as there are steps.
        let depth = depth + pairs / 2;
        if depth >= MAX_DEPTH {
            return Err(ResultCode::PARAMETER);
        }
        let mut steps: Vec<Step<'a>> = Vec::new();
        for _ in 0..pairs / 2 {
            Step::parse(&mut reader, &mut steps, depth)?;
        }
        let flags = match reader.token().map_err(damaged)? {
            Token::Int(flags) => flags,
            Token::Uint(flags) => flags as i64,
            _ => return Err(ResultCode::PARAMETER),
        };
        let leaves = |keys, values| (Some(Wanted::Leaves { keys, values }), 3);
        let (wanted, expected) = match flags & wire::RESULT_MASK {
            wire::TREE => (Some(Wanted::Tree), 3),
            wire::VALUES => leaves(false, true),
            wire::KEYS => leaves(true, false),
            KEYS_AND_VALUES => leaves(true, true),
            wire::MODIFY => (None, 4),
            _ => return Err(ResultCode::PARAMETER),
        };
        if arguments != expected {
            return Err(ResultCode::PARAMETER);
        }
        let wanted = match wanted {
            Some(wanted) => wanted,
            None => {
                let bytes = reader.element().map_err(damaged)?;
                Wanted::Modified(Expression::build_within(bytes, depth)?)
            }
        };
        Ok(Self {
            steps,
            wanted,
            no_fail: flags & wire::NO_FAIL != 0,
        })
    }
}

#[cfg(test)]
mod tests;
