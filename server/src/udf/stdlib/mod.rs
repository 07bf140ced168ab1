//! Functions of Lua's standard library that end when the time limit of the script is reached.
//!
//! Lua checks the time limit between two instructions of the script, and a call of one of its own functions is one
//! instruction. Searches, sorts and repetitions can run for hours within such a call. The functions here do the same as
//! Lua's, with the same error messages, and report their work to [`limits`](super::limits). Without them a script could
//! keep its record locked, and its thread busy, for as long as it likes.

#[cfg(test)]
mod compared;
mod linear;
mod pattern;
mod protected;
mod string;
mod table;

use mlua::Lua;

pub(super) use self::protected::thrown;

/// Replaces the functions of a new Lua state.
pub(super) fn install(lua: &Lua) -> mlua::Result<()> {
    string::install(lua)?;
    table::install(lua)?;
    linear::install(lua)
}
