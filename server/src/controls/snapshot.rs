//! `spikelet/snapshot` and `spikelet/reset`.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::call::{Call, Reply, done};
use crate::state::{ControlError, Snapshot};

/// The snapshots that clients took, by name.
#[derive(Debug, Default)]
pub(super) struct Snapshots(Mutex<BTreeMap<String, Snapshot>>);

impl Snapshots {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Snapshot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Replaces a snapshot with the same name.
pub(super) fn save(call: &Call<'_>) -> Reply {
    let name = name(call)?;
    let snapshot = call.shared.state.snapshot();
    call.snapshots.lock().insert(name.to_owned(), snapshot);
    done()
}

pub(super) fn restore(call: &Call<'_>) -> Reply {
    let name = name(call)?;
    let snapshot = call.snapshots.lock().get(name).cloned();
    let snapshot = snapshot.ok_or_else(|| unknown(name))?;
    call.shared
        .split
        .restore(call.shared.clock.now(), &snapshot)
        .map_err(|error| ControlError::parameter(error.to_string()))?;
    done()
}

/// `name=a:objects=3;name=b:objects=0`
pub(super) fn list(call: &Call<'_>) -> Reply {
    let snapshots = call.snapshots.lock();
    let items = snapshots
        .iter()
        .map(|(name, snapshot)| format!("name={name}:objects={}", snapshot.objects()));
    Ok(items.collect::<Vec<_>>().join(";"))
}

pub(super) fn drop(call: &Call<'_>) -> Reply {
    let name = name(call)?;
    let dropped = call.snapshots.lock().remove(name);
    dropped.map_or_else(|| Err(unknown(name)), |_| done())
}

pub(super) fn reset(call: &Call<'_>) -> Reply {
    call.shared.split.reset(call.shared.clock.now());
    done()
}

/// A name must not contain the separators of the info protocol.
fn name<'a>(call: &Call<'a>) -> Result<&'a str, ControlError> {
    let name = call.required("name")?;
    if name.is_empty() || name.contains([':', '=']) {
        return Err(ControlError::parameter(format!("bad name '{name}'")));
    }
    Ok(name)
}

fn unknown(name: &str) -> ControlError {
    ControlError::parameter(format!("no snapshot '{name}', see spikelet/snapshot/list"))
}
