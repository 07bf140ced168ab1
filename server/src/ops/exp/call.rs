//! The operator `call`: operations on lists, maps, bits and HyperLogLogs.

use spikelet_wire::ResultCode;
use spikelet_wire::exp::CallSystem;

use super::evaluate::{Evaluation, Operands};
use super::path;
use super::program::{Call, Piece};
use super::value::{Unknown, Value};
use crate::ops::{Particle, bits, cdt, hll};

impl<'v> Evaluation<'_, 'v> {
    /// The result of an operation that reads, or the bin after one that modifies. Unknown if the operation fails.
    pub(super) fn call(&mut self, call: &Call<'v>, operands: Operands) -> Result<Value<'v>, Unknown> {
        let mut at = self.all(operands);
        let mut argument = Vec::new();
        for piece in &call.pieces {
            match piece {
                Piece::Written(bytes) => argument.extend_from_slice(bytes),
                Piece::Operand => self.node(at.next().ok_or(Unknown)?)?.pack(&mut argument)?,
            }
        }
        self.steps.take(argument.len())?;
        let bin = self.node(at.next().ok_or(Unknown)?)?;
        self.steps.take(bin.size())?;
        let result = match call.modifies {
            true => {
                let mut bin = bin.into_particle()?;
                self.modify(call, &mut bin, &argument).map_err(|_| Unknown)?;
                bin
            }
            false => {
                let made;
                let bin = match bin.as_particle() {
                    Some(bin) => bin,
                    None => {
                        // A read of nil is unknown.
                        made = bin.into_particle()?.ok_or(Unknown)?;
                        &made
                    }
                };
                self.read(call, bin, &argument).map_err(|_| Unknown)?
            }
        };
        let value = result.map_or(Value::Nil, Value::from_particle);
        self.steps.take(value.size())?;
        if value.is(call.value) { Ok(value) } else { Err(Unknown) }
    }

    fn read(&self, call: &Call<'v>, bin: &Particle, argument: &[u8]) -> Result<Option<Particle>, ResultCode> {
        let bin = Some(bin);
        match call.system {
            Some(CallSystem::Cdt) if call.is_path => path::read_within(bin, argument, call.depth, self.steps),
            Some(CallSystem::Bits) => bits::read(bin, argument),
            Some(CallSystem::Hll) => hll::read(bin, argument),
            Some(CallSystem::Cdt) => cdt::read(bin, argument),
            None => Err(ResultCode::PARAMETER),
        }
    }

    fn modify(
        &self,
        call: &Call<'v>,
        bin: &mut Option<Particle>,
        argument: &[u8],
    ) -> Result<Option<Particle>, ResultCode> {
        match call.system {
            Some(CallSystem::Cdt) if call.is_path => path::modify_within(bin, argument, call.depth, self.steps),
            Some(CallSystem::Bits) => bits::modify(bin, argument),
            Some(CallSystem::Hll) => hll::modify(bin, argument),
            Some(CallSystem::Cdt) => cdt::modify(bin, argument),
            None => Err(ResultCode::PARAMETER),
        }
    }
}
