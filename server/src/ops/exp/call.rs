//! Calls into the operations on lists, maps, bits and HyperLogLogs.

use spikelet_wire::ResultCode;
use spikelet_wire::exp::CallSystem;

use super::Unknown;
use super::evaluate::{Evaluation, Operands};
use super::node::{Call, Piece};
use super::value::Value;
use crate::ops::{Particle, bits, hll};

impl<'v> Evaluation<'_, 'v> {
    /// The result of an operation, or what a modifying one leaves behind; unknown where the operation fails.
    pub(super) fn call(&mut self, call: &Call<'v>, operands: Operands) -> Result<Value<'v>, Unknown> {
        let mut at = self.all(operands);
        let mut argument = Vec::new();
        for piece in &call.pieces {
            match piece {
                Piece::Written(bytes) => argument.extend_from_slice(bytes),
                Piece::Operand => self.node(at.next().ok_or(Unknown)?)?.pack(&mut argument)?,
            }
            self.step(argument.len())?;
        }
        let bin = self.node(at.next().ok_or(Unknown)?)?;
        let system = call.system.ok_or(Unknown)?;
        let result = match call.modifies {
            true => {
                let mut bin = bin.into_particle()?;
                modify(system, &mut bin, &argument).map_err(|_| Unknown)?;
                bin
            }
            false => {
                let made;
                let bin = match bin.as_particle() {
                    Some(bin) => Some(bin),
                    None => {
                        made = bin.into_particle()?;
                        made.as_ref()
                    }
                };
                read(system, bin, &argument).map_err(|_| Unknown)?
            }
        };
        let value = result.map_or(Value::Nil, Value::from_particle);
        self.step(value.size())?;
        if value.is(call.value) { Ok(value) } else { Err(Unknown) }
    }
}

fn read(system: CallSystem, bin: Option<&Particle>, argument: &[u8]) -> Result<Option<Particle>, ResultCode> {
    match system {
        CallSystem::Bits => bits::read(bin, argument),
        CallSystem::Hll => hll::read(bin, argument),
        CallSystem::Cdt => Err(ResultCode::UNSUPPORTED_FEATURE),
    }
}

fn modify(system: CallSystem, bin: &mut Option<Particle>, argument: &[u8]) -> Result<Option<Particle>, ResultCode> {
    match system {
        CallSystem::Bits => bits::modify(bin, argument),
        CallSystem::Hll => hll::modify(bin, argument),
        CallSystem::Cdt => Err(ResultCode::UNSUPPORTED_FEATURE),
    }
}
