//! Functions of the server that scripts can call.

use mlua::{Function, IntoLuaMulti, Lua, MultiValue, Table};

use super::arguments::Arguments;

/// Adds a function to a library.
pub(super) fn function<R: IntoLuaMulti>(
    lua: &Lua,
    library: &Table,
    name: &str,
    function: impl Fn(&Lua, &Arguments<'_>) -> mlua::Result<R> + Send + 'static,
) -> mlua::Result<()> {
    let function = lua.create_function(move |lua, values: MultiValue| function(lua, &Arguments::new(lua, values)))?;
    library.raw_set(name, function)
}

/// Replaces a function of Lua's own; `name` includes the library, as in `string.rep`.
pub(super) fn replace_function<R: IntoLuaMulti>(
    lua: &Lua,
    library: &Table,
    name: &'static str,
    function: impl Fn(&Lua, &Arguments<'_>) -> mlua::Result<R> + Send + 'static,
) -> mlua::Result<()> {
    let function =
        lua.create_function(move |lua, values: MultiValue| function(lua, &Arguments::named(lua, values, name)))?;
    library.raw_set(name.rsplit('.').next(), function)
}

/// Makes a function that constructs objects.
pub(super) fn constructor<R: IntoLuaMulti + 'static>(
    lua: &Lua,
    construct: fn(&Lua, &Arguments<'_>) -> mlua::Result<R>,
) -> mlua::Result<Function> {
    lua.create_function(move |lua, values: MultiValue| construct(lua, &Arguments::new(lua, values)))
}
