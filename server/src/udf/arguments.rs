//! The arguments of the functions that scripts call: taken as the real server takes them, refused in its words.

use mlua::{AnyUserData, Lua, LuaString, MultiValue, Table, UserData, Value};

use super::state;

/// A class of objects that scripts see, under the name that error messages give it.
pub(super) trait Object: UserData + 'static {
    const NAME: &'static str;
}

/// The arguments of a call, counted from 1.
pub(super) struct Arguments<'l> {
    lua: &'l Lua,
    values: MultiValue,
    /// What the function is called where the script gives it no name.
    name: &'static str,
}

impl<'l> Arguments<'l> {
    pub(super) const fn new(lua: &'l Lua, values: MultiValue) -> Self {
        Self::named(lua, values, "?")
    }

    /// Those of one of Lua's own functions, which has a name of its own.
    pub(super) const fn named(lua: &'l Lua, values: MultiValue, name: &'static str) -> Self {
        Self { lua, values, name }
    }

    pub(super) const fn lua(&self) -> &'l Lua {
        self.lua
    }

    pub(super) fn all(&self) -> &MultiValue {
        &self.values
    }

    /// How many there are; a nil that was passed counts.
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

    /// An integer, or text that is one.
    pub(super) fn integer(&self, number: usize) -> mlua::Result<i64> {
        match self.get(number) {
            Value::Nil => Err(self.expected(number, "number")),
            _ => self.integer_or(number, 0),
        }
    }

    /// An integer, or text that is one; `default` where it is nil or not there.
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

    /// Text, or a number as text.
    pub(super) fn text(&self, number: usize) -> mlua::Result<LuaString> {
        match self.string(number)? {
            Some(text) => Ok(text),
            None => Err(self.expected(number, "string")),
        }
    }

    /// Text, or a number as text; none where it is nil or not there.
    pub(super) fn string(&self, number: usize) -> mlua::Result<Option<LuaString>> {
        match self.get(number) {
            Value::Nil => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            value @ (Value::Integer(_) | Value::Number(_)) => self.lua.coerce_string(value.clone()),
            _ => Err(self.expected(number, "string")),
        }
    }

    /// The error that an argument is not of a type.
    pub(super) fn expected(&self, number: usize, wanted: &str) -> mlua::Error {
        let got = if number > self.values.len() {
            "no value".to_owned()
        } else {
            match self.get(number) {
                Value::UserData(object) => class(object).unwrap_or("userdata").to_owned(),
                Value::Error(_) => "userdata".to_owned(),
                Value::Integer(_) => "number".to_owned(),
                Value::LightUserData(_) => "light userdata".to_owned(),
                Value::Table(table) => class_name(table).unwrap_or_else(|| "table".to_owned()),
                value => value.type_name().to_owned(),
            }
        };
        self.wrong(number, &format!("{wanted} expected, got {got}"))
    }

    /// The error that an argument is wrong, which names the function as the script called it.
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
            // What stands before the colon of a method call is not counted.
            _ => format!("bad argument #{} to '{name}' ({what})", number - usize::from(is_method)),
        };
        state::raise(self.lua, &text)
    }
}

/// What a script calls the class of its table.
fn class_name(table: &Table) -> Option<String> {
    match table.metatable()?.raw_get("__name").ok()? {
        Value::String(name) => Some(name.to_string_lossy()),
        _ => None,
    }
}

/// The class of an object.
pub(super) fn class(object: &AnyUserData) -> Option<&'static str> {
    use super::{bytes::Bytes, geojson::GeoJson, host::Host, iterator::Iterator, list::List, map::Map, record::Record};
    macro_rules! first_of {
        ($($class:ty),*) => {
            $(if object.is::<$class>() { return Some(<$class>::NAME); })*
        };
    }
    first_of!(List, Map, Bytes, Record, GeoJson, Iterator, Host);
    None
}
