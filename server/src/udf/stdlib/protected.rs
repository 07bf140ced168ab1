//! Calls of functions that a script passed to the server. Their errors are passed on to the script unchanged.

use std::fmt;

use mlua::{Error, Function, Lua, MultiValue, Table, Value};

/// Lua's own `pcall`, and the calls through it.
#[derive(Debug, Clone)]
pub(super) struct Protected {
    pcall: Function,
    index: Function,
}

/// A value that a script threw. An [`Error`] would convert it to text with a traceback.
#[derive(Debug)]
struct Thrown(Value);

impl fmt::Display for Thrown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_string().unwrap_or_default())
    }
}

impl std::error::Error for Thrown {}

impl Protected {
    /// Call this before a script can replace `pcall`.
    pub(super) fn new(lua: &Lua) -> mlua::Result<Self> {
        Ok(Self {
            pcall: lua.globals().raw_get("pcall")?,
            index: lua
                .load("local t, k = ... return t[k]")
                .set_name("=index")
                .into_function()?,
        })
    }

    /// Calls a function and returns its first result.
    pub(super) fn call(&self, function: &Function, arguments: impl IntoIterator<Item = Value>) -> mlua::Result<Value> {
        let mut values = self.call_for_all(function, arguments)?;
        Ok(values.pop_front().unwrap_or(Value::Nil))
    }

    /// Calls a function and returns all its results.
    pub(super) fn call_for_all(
        &self,
        function: &Function,
        arguments: impl IntoIterator<Item = Value>,
    ) -> mlua::Result<MultiValue> {
        let mut arguments = MultiValue::from_iter(arguments);
        arguments.push_front(Value::Function(function.clone()));
        let mut values: MultiValue = self.pcall.call(arguments)?;
        if let Some(Value::Boolean(true)) = values.pop_front() {
            return Ok(values);
        }
        Err(match values.pop_front() {
            Some(Value::Error(error)) => *error,
            value => Error::external(Thrown(value.unwrap_or(Value::Nil))),
        })
    }

    /// An element of a table, by its metatable if it has one.
    pub(super) fn index(&self, table: &Table, key: Value) -> mlua::Result<Value> {
        if table.metatable().is_none() {
            return table.raw_get(key);
        }
        self.call(&self.index, [Value::Table(table.clone()), key])
    }
}

/// The value that a script threw, if the error is one.
pub(in crate::udf) fn thrown(error: &Error) -> Option<Value> {
    match error {
        Error::CallbackError { cause, .. } | Error::WithContext { cause, .. } => thrown(cause),
        other => other.downcast_ref::<Thrown>().map(|thrown| thrown.0.clone()),
    }
}
