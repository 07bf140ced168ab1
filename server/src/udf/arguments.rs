//! The arguments that scripts pass to functions: converted as in the real server, refused with its error messages.

use mlua::{AnyUserData, Lua, LuaString, MultiValue, Table, UserData, Value};

use super::errors;

/// A class of objects that scripts use, with its name in error messages.
pub(super) trait Object: UserData + 'static {
    const NAME: &'static str;
}

/// The arguments of a call, counted from 1.
pub(super) struct Arguments<'l> {
    lua: &'l Lua,
    values: MultiValue,
    /// The name of the function in error messages if the script calls it without a name.
    name: &'static str,
}

impl<'l> Arguments<'l> {
    pub(super) const fn new(lua: &'l Lua, values: MultiValue) -> Self {
        Self::named(lua, values, "?")
    }

    /// The arguments of one of Lua's own functions, by its name.
    pub(super) const fn named(lua: &'l Lua, values: MultiValue, name: &'static str) -> Self {
        Self { lua, values, name }
    }

    pub(super) const fn lua(&self) -> &'l Lua {
        self.lua
    }

    pub(super) fn all(&self) -> &MultiValue {
        &self.values
    }

    /// The number of arguments, including those that are nil.
    pub(super) fn count(&self) -> usize {
        self.values.len()
    }

    pub(super) fn get(&self, number: usize) -> &Value {
        number
            .checked_sub(1)
            .and_then(|at| self.values.get(at))
            .unwrap_or(&Value::Nil)
    }

    /// An object of a class.
    pub(super) fn object<T: Object>(&self, number: usize) -> mlua::Result<AnyUserData> {
        match self.get(number) {
            Value::UserData(object) if object.is::<T>() => Ok(object.clone()),
            Value::UserData(_) => Err(self.expected(number, T::NAME)),
            _ => Err(self.expected(number, "userdata")),
        }
    }

    /// An integer, or a string that holds one.
    pub(super) fn integer(&self, number: usize) -> mlua::Result<i64> {
        match self.get(number) {
            Value::Nil => Err(self.expected(number, "number")),
            _ => self.integer_or(number, 0),
        }
    }

    /// An integer, or a string that holds one; `default` for nil and a missing argument.
    pub(super) fn integer_or(&self, number: usize, default: i64) -> mlua::Result<i64> {
        let value = self.get(number);
        match value {
            Value::Nil => return Ok(default),
            Value::Integer(n) => return Ok(*n),
            Value::Number(_) | Value::String(_) => {}
            _ => return Err(self.expected(number, "number")),
        }
        match self.lua.coerce_integer(value.clone())? {
            Some(n) => Ok(n),
            None if self.lua.coerce_number(value.clone())?.is_some() => {
                Err(self.wrong(number, "number has no integer representation"))
            }
            None => Err(self.expected(number, "number")),
        }
    }

    /// A string, or a number as a string.
    pub(super) fn text(&self, number: usize) -> mlua::Result<LuaString> {
        match self.string(number)? {
            Some(text) => Ok(text),
            None => Err(self.expected(number, "string")),
        }
    }

    /// A string, or a number as a string; `None` for nil and a missing argument.
    pub(super) fn string(&self, number: usize) -> mlua::Result<Option<LuaString>> {
        match self.get(number) {
            Value::Nil => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            value @ (Value::Integer(_) | Value::Number(_)) => self.lua.coerce_string(value.clone()),
            _ => Err(self.expected(number, "string")),
        }
    }

    /// The error for an argument of the wrong type.
    pub(super) fn expected(&self, number: usize, wanted: &str) -> mlua::Error {
        let got = if number > self.values.len() {
            "no value".to_owned()
        } else {
            match self.get(number) {
                Value::UserData(object) => class(object).unwrap_or_else(|| "userdata".to_owned()),
                Value::Error(_) => "userdata".to_owned(),
                Value::Integer(_) => "number".to_owned(),
                Value::LightUserData(_) => "light userdata".to_owned(),
                Value::Table(table) => class_name(table).unwrap_or_else(|| "table".to_owned()),
                value => value.type_name().to_owned(),
            }
        };
        self.wrong(number, &format!("{wanted} expected, got {got}"))
    }

    /// The error for a wrong argument. It names the function as the script called it.
    pub(super) fn wrong(&self, number: usize, what: &str) -> mlua::Error {
        let (name, is_method) = self
            .lua
            .inspect_stack(0, |debug| {
                let names = debug.names();
                (
                    names.name.map(|name| name.into_owned()),
                    names.name_what == Some("method"),
                )
            })
            .unwrap_or_default();
        let name = name.unwrap_or_else(|| self.name.to_owned());
        let text = match number {
            1 if is_method => format!("calling '{name}' on bad self ({what})"),
            // Lua does not count the object of a method call.
            _ => format!("bad argument #{} to '{name}' ({what})", number - usize::from(is_method)),
        };
        errors::raise(self.lua, &text)
    }
}

/// The class name that a script gave its table.
fn class_name(table: &Table) -> Option<String> {
    match table.metatable()?.raw_get("__name").ok()? {
        Value::String(name) => Some(name.to_string_lossy()),
        _ => None,
    }
}

/// The class name of an object.
pub(super) fn class(object: &AnyUserData) -> Option<String> {
    let name: LuaString = object.metatable().ok()?.get("__name").ok()?;
    Some(name.to_string_lossy())
}
