//! The functions of Lua's table library that may take long, or never end if a metatable makes them. They end when the time limit of
//! the script is reached.
//!
//! The memory limits the size of a table without a metatable. Other tables, and values with a length and elements, are handled by a
//! script, whose instructions are counted.

use mlua::{Function, Lua, LuaString, MultiValue, Table, Value};

use super::super::arguments::Arguments;
use super::super::functions::replace_function;
use super::super::limits::MEMORY;
use super::super::{errors, limits};
use super::protected::{Protected, thrown};

/// The maximum number of elements that are sorted at once, if no function of the script is called.
const FEW: i64 = 64;

/// Replaces Lua's functions.
pub(super) fn install(lua: &Lua) -> mlua::Result<()> {
    let library: Table = lua.globals().raw_get("table")?;
    let tools = Tools {
        protected: Protected::new(lua)?,
        functions: lua.load(include_str!("table.lua")).set_name("=table").eval()?,
        sort: library.raw_get("sort")?,
        less: lua
            .load("local a, b = ... return a < b")
            .set_name(LESS)
            .into_function()?,
    };
    let all: [(&'static str, Implementation); 5] = [
        ("table.concat", concat),
        ("table.insert", insert),
        ("table.remove", remove),
        ("table.move", move_elements),
        ("table.sort", sort),
    ];
    for (name, implementation) in all {
        let tools = tools.clone();
        replace_function(lua, &library, name, move |lua, arguments| {
            implementation(&Call {
                lua,
                arguments,
                tools: &tools,
            })
        })?;
    }
    Ok(())
}

type Implementation = fn(&Call<'_, '_>) -> mlua::Result<MultiValue>;

const LESS: &str = "=less";
/// The place in Lua's message that values cannot be compared. Its own `sort` is not a script, and has none.
const LESS_POSITION: &str = "less:1: ";

#[derive(Debug, Clone)]
struct Tools {
    protected: Protected,
    /// The functions of `table.lua`.
    functions: Table,
    sort: Function,
    less: Function,
}

/// A call of one of the functions.
struct Call<'c, 'l> {
    lua: &'c Lua,
    arguments: &'c Arguments<'l>,
    tools: &'c Tools,
}

impl Call<'_, '_> {
    /// An argument that is a table, or has these metamethods.
    fn check_table(&self, number: usize, metamethods: &[&str]) -> mlua::Result<()> {
        let metatable = match self.arguments.get(number) {
            Value::Table(_) | Value::UserData(_) => return Ok(()),
            Value::String(_) => self.lua.type_metatable::<LuaString>(),
            _ => None,
        };
        let has = |metatable: &Table| {
            metamethods
                .iter()
                .all(|name| metatable.raw_get(*name).is_ok_and(|f: Value| !f.is_nil()))
        };
        match metatable {
            Some(metatable) if has(&metatable) => Ok(()),
            _ => Err(self.arguments.expected(number, "table")),
        }
    }

    /// The first argument, if it is a table without a metatable.
    fn plain(&self) -> Option<&Table> {
        match self.arguments.get(1) {
            Value::Table(table) if table.metatable().is_none() => Some(table),
            _ => None,
        }
    }

    fn length(&self) -> mlua::Result<i64> {
        if let Some(table) = self.plain() {
            return Ok(table.raw_len() as i64);
        }
        let length = self.help("length", [self.arguments.get(1).clone()])?;
        match self.lua.coerce_integer(length)? {
            Some(length) => Ok(length),
            None => Err(errors::raise(self.lua, "object length is not an integer")),
        }
    }

    fn help(&self, name: &str, arguments: impl IntoIterator<Item = Value>) -> mlua::Result<Value> {
        let function: Function = self.tools.functions.raw_get(name)?;
        self.tools.protected.call(&function, arguments)
    }

    fn table(&self) -> Value {
        self.arguments.get(1).clone()
    }
}

fn nothing() -> MultiValue {
    MultiValue::new()
}

fn one(value: Value) -> MultiValue {
    MultiValue::from_iter([value])
}

fn concat(call: &Call<'_, '_>) -> mlua::Result<MultiValue> {
    let (lua, arguments) = (call.lua, call.arguments);
    call.check_table(1, &["__index", "__len"])?;
    let length = call.length()?;
    let separator = arguments.string(2)?;
    let separator = separator.as_ref().map(LuaString::as_bytes);
    let separator = separator.as_deref().unwrap_or_default();
    let (first, last) = (arguments.integer_or(3, 1)?, arguments.integer_or(4, length)?);
    let (elements, offset) = match call.plain() {
        Some(table) => (table.clone(), 0),
        None => {
            let copied = call.help("copy", [call.table(), Value::Integer(first), Value::Integer(last)])?;
            let Value::Table(copied) = copied else {
                return Ok(nothing());
            };
            (copied, first.wrapping_sub(1))
        }
    };
    let mut out = Vec::new();
    for at in first..=last {
        let value: Value = elements.raw_get(at.wrapping_sub(offset))?;
        let text = match value {
            Value::String(ref text) => Some(text.clone()),
            Value::Integer(_) | Value::Number(_) => lua.coerce_string(value.clone())?,
            _ => None,
        };
        let Some(text) = text else {
            let kind = value.type_name();
            let text = format!("invalid value ({kind}) at index {at} in table for 'concat'");
            return Err(errors::raise(lua, &text));
        };
        let text = text.as_bytes();
        limits::spend(lua, 1 + (text.len() + separator.len()) / 16)?;
        out.extend_from_slice(&text);
        if at < last {
            out.extend_from_slice(separator);
        }
        if out.len() > MEMORY {
            return Err(errors::out_of_memory());
        }
    }
    Ok(one(Value::String(lua.create_string(out)?)))
}

fn insert(call: &Call<'_, '_>) -> mlua::Result<MultiValue> {
    let arguments = call.arguments;
    call.check_table(1, &["__index", "__newindex", "__len"])?;
    let last = call.length()?.wrapping_add(1);
    let at = match arguments.count() {
        2 => last,
        3 => arguments.integer(2)?,
        _ => return Err(errors::raise(call.lua, "wrong number of arguments to 'insert'")),
    };
    // Compared as unsigned numbers, as in Lua: a number below 1 is greater than every length.
    if arguments.count() == 3 && at.wrapping_sub(1) as u64 >= last as u64 {
        return Err(arguments.wrong(2, "position out of bounds"));
    }
    let value = arguments.get(arguments.count()).clone();
    match call.plain() {
        Some(table) if at == last => table.raw_set(at, value)?,
        Some(table) => {
            limits::spend(call.lua, distance(at, last))?;
            table.raw_insert(at, value)?;
        }
        None => {
            call.help(
                "insert",
                [call.table(), Value::Integer(last), Value::Integer(at), value],
            )?;
        }
    }
    Ok(nothing())
}

fn remove(call: &Call<'_, '_>) -> mlua::Result<MultiValue> {
    let arguments = call.arguments;
    call.check_table(1, &["__index", "__newindex", "__len"])?;
    let last = call.length()?;
    let at = arguments.integer_or(2, last)?;
    if at != last && at.wrapping_sub(1) as u64 > last as u64 {
        return Err(arguments.wrong(2, "position out of bounds"));
    }
    let Some(table) = call.plain() else {
        let removed = call.help("remove", [call.table(), Value::Integer(last), Value::Integer(at)])?;
        return Ok(one(removed));
    };
    let removed = table.raw_get(at)?;
    if (1..=last).contains(&at) {
        limits::spend(call.lua, distance(at, last))?;
        table.raw_remove(at)?;
    } else {
        table.raw_set(at, Value::Nil)?;
    }
    Ok(one(removed))
}

fn distance(from: i64, to: i64) -> usize {
    usize::try_from(to.saturating_sub(from)).unwrap_or_default()
}

fn move_elements(call: &Call<'_, '_>) -> mlua::Result<MultiValue> {
    let arguments = call.arguments;
    let (first, last, at) = (arguments.integer(2)?, arguments.integer(3)?, arguments.integer(4)?);
    let target = if arguments.get(5).is_nil() { 1 } else { 5 };
    call.check_table(1, &["__index"])?;
    call.check_table(target, &["__newindex"])?;
    let to = arguments.get(target).clone();
    if last >= first {
        if first <= 0 && last >= i64::MAX.wrapping_add(first) {
            return Err(arguments.wrong(3, "too many elements to move"));
        }
        let more = last - first;
        if at > i64::MAX - more {
            return Err(arguments.wrong(4, "destination wrap around"));
        }
        let is_apart = at > last || at <= first || *arguments.get(1) != to;
        let numbers = [first, last, at].map(Value::Integer);
        let ends = [to.clone(), Value::Boolean(!is_apart)];
        call.help("move", [call.table()].into_iter().chain(numbers).chain(ends))?;
    }
    Ok(one(to))
}

fn sort(call: &Call<'_, '_>) -> mlua::Result<MultiValue> {
    let (lua, arguments, tools) = (call.lua, call.arguments, call.tools);
    call.check_table(1, &["__index", "__newindex", "__len"])?;
    let length = call.length()?;
    if length <= 1 {
        return Ok(nothing());
    }
    if length >= i64::from(i32::MAX) {
        return Err(arguments.wrong(1, "array too big"));
    }
    let less = match arguments.get(2) {
        Value::Nil if length <= FEW && call.plain().is_some() => Value::Nil,
        Value::Nil => Value::Function(tools.less.clone()),
        // The work of a function of the server is not counted.
        Value::Function(less) if less.info().what == "C" => Value::Function(counted(call, less)?),
        Value::Function(less) => Value::Function(less.clone()),
        _ => return Err(arguments.expected(2, "function")),
    };
    let sorted = tools.protected.call(&tools.sort, [call.table(), less]);
    sorted.map(|_| nothing()).map_err(|error| match thrown(&error) {
        Some(Value::String(text)) => {
            let text = text.to_string_lossy();
            match text.strip_prefix(LESS_POSITION) {
                Some(text) => mlua::Error::RuntimeError(text.to_owned()),
                None if text == "invalid order function for sorting" => errors::raise(lua, &text),
                None => error,
            }
        }
        _ => error,
    })
}

/// A function that counts each of its calls as work.
fn counted(call: &Call<'_, '_>, function: &Function) -> mlua::Result<Function> {
    const WORK: usize = 10;
    let (protected, function) = (call.tools.protected.clone(), function.clone());
    call.lua.create_function(move |lua, arguments: MultiValue| {
        limits::spend(lua, WORK)?;
        protected.call(&function, arguments)
    })
}

#[cfg(test)]
mod tests;
