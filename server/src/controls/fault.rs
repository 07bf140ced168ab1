//! `spikelet/fault`.

use std::time::Duration;

use spikelet_wire::ResultCode;

use super::aim::aim;
use super::ask::{Answered, Ask, done};
use crate::command::ControlError;
use crate::fault::Reaction;

/// `id=1`
pub(super) fn add(ask: &Ask<'_>) -> Answered {
    let reaction = reaction(ask)?;
    let mut fault = ask.shared.faults().aimed(aim(ask)?);
    let seed = ask.parsed_if_given("seed")?.unwrap_or_default();
    fault = fault.seed(seed);
    if let Some(probability) = ask.parsed_if_given::<f64>("probability")? {
        if !(0.0..=1.0).contains(&probability) {
            return Err(ControlError::parameter(format!("bad probability '{probability}'")));
        }
        fault = fault.probability(seed, probability);
    }
    if let Some(nth) = ask.parsed_if_given("nth")? {
        fault = fault.nth(nth);
    }
    if let Some(times) = ask.parsed_if_given("times")? {
        fault = fault.times(times);
    }
    Ok(format!("id={}", fault.react(reaction).id()))
}

/// One of three ways to say what becomes of the commands.
fn reaction(ask: &Ask<'_>) -> Result<Reaction, ControlError> {
    let (code, delay) = (ask.parsed_if_given::<u8>("result")?, ask.parsed_if_given("delay-ms")?);
    match (code, delay, ask.optional("reaction")) {
        (Some(code), None, None) => Ok(Reaction::Answer(ResultCode(code))),
        (None, Some(ms), None) => Ok(Reaction::Delay(Duration::from_millis(ms))),
        (None, None, Some("truncate")) => Ok(Reaction::Truncate(ask.parsed("bytes")?)),
        (None, None, Some("stall")) => Ok(Reaction::Stall(ask.parsed("bytes")?)),
        (None, None, Some(name)) => Reaction::named(name).ok_or_else(|| {
            let names = Reaction::names();
            ControlError::parameter(format!("bad reaction '{name}', there are {names}"))
        }),
        _ => Err(ControlError::parameter(
            "one of 'result', 'delay-ms' and 'reaction' is needed",
        )),
    }
}

/// `id=1:command=write:result=18:matched=3:fired=2;id=2:...`
pub(super) fn list(ask: &Ask<'_>) -> Answered {
    let faults = ask.shared.faults().list();
    let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
    Ok(faults.join(";"))
}

pub(super) fn remove(ask: &Ask<'_>) -> Answered {
    let id = ask.parsed("id")?;
    match ask.shared.faults().remove(id) {
        true => done(),
        false => Err(ControlError::parameter(format!("there is no fault {id}"))),
    }
}

pub(super) fn clear(ask: &Ask<'_>) -> Answered {
    ask.shared.faults().clear();
    done()
}
