//! `spikelet/fault`.

use super::call::{Call, Reply, done};
use crate::fault_rules::Plan;
use crate::handle::fault::{FaultBuilder, Faults, Reaction};
use crate::selector::{Command, Selector};
use crate::state::ControlError;

/// `id=1`
pub(super) fn add(call: &Call<'_>) -> Reply {
    let reaction = reaction(call)?;
    let fault = Faults::new(call.shared.faults()).on(Command::Any);
    let fault = call.each(
        &[Selector::PARAMETERS, Plan::PARAMETERS].concat(),
        fault,
        FaultBuilder::parameter,
    )?;
    Ok(format!("id={}", fault.react(reaction).id()))
}

/// Exactly one of `result`, `delay-ms` and `reaction`.
fn reaction(call: &Call<'_>) -> Result<Reaction, ControlError> {
    let given = (
        call.optional("result"),
        call.optional("delay-ms"),
        call.optional("reaction"),
    );
    Ok(match given {
        (code @ Some(_), None, None) => Reaction::by_name("result", code)?,
        (None, ms @ Some(_), None) => Reaction::by_name("delay-ms", ms)?,
        (None, None, Some(name)) => Reaction::by_name(name, call.optional("bytes"))?,
        _ => {
            return Err(ControlError::parameter(
                "exactly one of 'result', 'delay-ms' and 'reaction' is required",
            ));
        }
    })
}

/// `id=1:command=write:result=18:matched=3:fired=2;id=2:...`
pub(super) fn list(call: &Call<'_>) -> Reply {
    let faults = Faults::new(call.shared.faults()).list();
    let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
    Ok(faults.join(";"))
}

pub(super) fn remove(call: &Call<'_>) -> Reply {
    let id = call.parsed("id")?;
    match Faults::new(call.shared.faults()).remove(id) {
        true => done(),
        false => Err(ControlError::parameter(format!("there is no fault {id}"))),
    }
}

pub(super) fn clear(call: &Call<'_>) -> Reply {
    Faults::new(call.shared.faults()).clear();
    done()
}
