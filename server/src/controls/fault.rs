//! `spikelet/fault`.

use std::time::Duration;

use super::call::{Call, Reply, done};
use super::selector::selector;
use crate::handle::fault::{Faults, Reaction};
use crate::state::ControlError;

/// `id=1`
pub(super) fn add(call: &Call<'_>) -> Reply {
    let reaction = reaction(call)?;
    let mut fault = Faults::new(call.shared.faults()).with_selector(selector(call)?);
    let seed = call.parsed_if_given("seed")?.unwrap_or_default();
    fault = fault.seed(seed);
    if let Some(probability) = call.parsed_if_given::<f64>("probability")? {
        if !(0.0..=1.0).contains(&probability) {
            return Err(ControlError::parameter(format!("bad probability '{probability}'")));
        }
        fault = fault.probability(seed, probability);
    }
    if let Some(nth) = call.parsed_if_given("nth")? {
        fault = fault.nth(nth);
    }
    if let Some(times) = call.parsed_if_given("times")? {
        fault = fault.times(times);
    }
    Ok(format!("id={}", fault.react(reaction).id()))
}

/// Exactly one of `result`, `delay-ms` and `reaction`.
fn reaction(call: &Call<'_>) -> Result<Reaction, ControlError> {
    let (code, delay) = (call.result_code("result")?, call.parsed_if_given("delay-ms")?);
    match (code, delay, call.optional("reaction")) {
        (Some(code), None, None) => Ok(Reaction::Answer(code)),
        (None, Some(ms), None) => Ok(Reaction::Delay(Duration::from_millis(ms))),
        (None, None, Some("truncate")) => Ok(Reaction::Truncate(call.parsed("bytes")?)),
        (None, None, Some("stall")) => Ok(Reaction::Stall(call.parsed("bytes")?)),
        (None, None, Some(name)) => Reaction::named(name).ok_or_else(|| {
            let names = Reaction::names();
            ControlError::parameter(format!("bad reaction '{name}', expected one of {names}"))
        }),
        _ => Err(ControlError::parameter(
            "exactly one of 'result', 'delay-ms' and 'reaction' is required",
        )),
    }
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
