//! Calls of what a script gave the server to call, which fail as it fails.

use mlua::{Error, Function, Lua, MultiValue, Table, Value};
use thiserror::Error;

/// Lua's own `pcall`, and what is called through it.
#[derive(Debug, Clone)]
pub(super) struct Protected {
    pcall: Function,
    index: Function,
}

/// What a script threw: any value, which an [`Error`] alone would turn into text with a traceback.
#[derive(Debug, Error)]
#[error("{}", .0.to_string().unwrap_or_default())]
struct Thrown(Value);

impl Protected {
    /// To be made before a script can put something else in `pcall`'s place.
    pub(super) fn new(lua: &Lua) -> mlua::Result<Self> {
        Ok(Self {
            pcall: lua.globals().raw_get("pcall")?,
            index: lua
                .load("local t, k = ... return t[k]")
                .set_name("=index")
                .into_function()?,
        })
    }

    /// The first value that a function returns.
    pub(super) fn call(&self, function: &Function, arguments: impl IntoIterator<Item = Value>) -> mlua::Result<Value> {
        let mut arguments = MultiValue::from_iter(arguments);
        arguments.push_front(Value::Function(function.clone()));
        match self.pcall.call::<(bool, Value)>(arguments)? {
            (true, value) => Ok(value),
            (false, Value::Error(error)) => Err(*error),
            (false, value) => Err(Error::external(Thrown(value))),
        }
    }

    /// An element of a table, which its metatable may make.
    pub(super) fn index(&self, table: &Table, key: Value) -> mlua::Result<Value> {
        if table.metatable().is_none() {
            return table.raw_get(key);
        }
        self.call(&self.index, [Value::Table(table.clone()), key])
    }
}

/// The value that a script threw, if it was one.
pub(super) fn thrown(error: &Error) -> Option<Value> {
    match error {
        Error::CallbackError { cause, .. } | Error::WithContext { cause, .. } => thrown(cause),
        other => other.downcast_ref::<Thrown>().map(|thrown| thrown.0.clone()),
    }
}
