//! Limits of a script: its memory and its time.
//!
//! Two things count against the time: the instructions of the script, and the work that functions of the server report with
//! [`spend`]. So a script ends soon after its time limit, whatever it calls.

use std::cell::Cell;
use std::time::Duration;

use mlua::{HookTriggers, Lua, VmState};

use super::errors;
use crate::clock::Deadline;

/// How much memory a Lua state may use, in bytes. Bytes objects may use as much again.
pub(super) const MEMORY: usize = 64 * 1024 * 1024;
/// How many instructions run between two looks at the clock.
const INSTRUCTIONS: u32 = 1000;
/// How much work runs between two looks at the clock, in elements or bytes.
const WORK: usize = 10_000;

/// The deadline of the running script, and the work since the last look at the clock.
#[derive(Debug)]
struct Watch {
    deadline: Deadline,
    work: Cell<usize>,
}

/// Prepares a new Lua state, whose first script may run for `limit`.
pub(super) fn install(lua: &Lua, limit: Duration) -> mlua::Result<()> {
    lua.set_memory_limit(MEMORY)?;
    set_time(lua, limit);
    // Coroutines inherit the hook.
    lua.set_global_hook(HookTriggers::new().every_nth_instruction(INSTRUCTIONS), |lua, _| {
        check_time(lua).map(|()| VmState::Continue)
    })
}

/// Lets the next script run for `limit`.
pub(super) fn set_time(lua: &Lua, limit: Duration) {
    lua.set_app_data(Watch {
        deadline: Deadline::after(limit),
        work: Cell::new(0),
    });
}

/// Whether a state can be used again. A script that was stopped may have left anything half done.
pub(super) fn is_sound(lua: &Lua) -> bool {
    let in_time = lua
        .app_data_ref::<Watch>()
        .is_some_and(|watch| !watch.deadline.has_passed());
    in_time && lua.used_memory() < MEMORY / 2
}

/// Counts work that the server does for a script, in elements or bytes.
///
/// # Errors
/// When the time of the script is over. The clock is read only now and then.
pub(super) fn spend(lua: &Lua, work: usize) -> mlua::Result<()> {
    let total = match lua.app_data_ref::<Watch>() {
        Some(watch) => watch
            .work
            .replace(watch.work.get().saturating_add(work) % WORK)
            .saturating_add(work),
        None => return Ok(()),
    };
    if total < WORK { Ok(()) } else { check_time(lua) }
}

/// # Errors
/// When the time of the script is over.
pub(super) fn check_time(lua: &Lua) -> mlua::Result<()> {
    match lua.app_data_ref::<Watch>() {
        Some(watch) if watch.deadline.has_passed() => {}
        _ => return Ok(()),
    }
    Err(errors::raise(lua, "UDF Execution Timeout"))
}
