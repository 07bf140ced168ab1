//! Compares our functions with Lua's own, in tests.

use std::fmt;

use mlua::{Function, Lua, LuaOptions, LuaString, MultiValue, StdLib, Value};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::super::errors;
use super::protected::thrown;

const TOLD: &str = "local function told(ok, ...)
  local words = table.pack(ok, ...)
  for i = 1, words.n do
    local word = words[i]
    if type(word) == 'userdata' then word = text(word) end
    words[i] = math.type(word) or type(word)
    if type(word) ~= 'table' and type(word) ~= 'function' then words[i] = words[i] .. ' ' .. tostring(word) end
  end
  return table.concat(words, '|')
end
";

/// A Lua state with Lua's functions, and one with ours.
pub(super) struct Pair {
    original: State,
    ours: State,
}

impl Pair {
    /// Calls a script with arguments. It returns text; its function `told` converts its arguments to text.
    pub(super) fn new(script: &str, install: fn(&Lua) -> mlua::Result<()>) -> Self {
        Self {
            original: State::new(script, |_| {}),
            ours: State::new(script, |lua| install(lua).unwrap()),
        }
    }

    pub(super) fn check(&self, arguments: &[Argument]) -> Result<(), TestCaseError> {
        let (ours, original) = (self.ours.call(arguments), self.original.call(arguments));
        prop_assert_eq!(ours, original, "{:?}", arguments);
        Ok(())
    }
}

/// Checks four times as many cases as `PROPTEST_CASES` says, because they are small.
pub(super) fn check_many(pair: &Pair, arguments: &impl Strategy<Value = Vec<Argument>>) {
    let config = ProptestConfig {
        cases: 4 * ProptestConfig::default().cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    TestRunner::new(config)
        .run(arguments, |arguments| pair.check(&arguments))
        .unwrap_or_else(|error| panic!("{error}"));
}

#[derive(Clone)]
pub(super) enum Argument {
    Nil,
    True,
    Int(i64),
    Double(f64),
    Text(Vec<u8>),
    Table,
}

impl Argument {
    fn value(&self, lua: &Lua) -> Value {
        match self {
            Self::Nil => Value::Nil,
            Self::True => Value::Boolean(true),
            Self::Int(n) => Value::Integer(*n),
            Self::Double(n) => Value::Number(*n),
            Self::Text(text) => Value::String(lua.create_string(text).unwrap()),
            Self::Table => {
                let (table, meta) = (lua.create_table().unwrap(), lua.create_table().unwrap());
                meta.set("__name", "Thing").unwrap();
                table.set_metatable(Some(meta)).unwrap();
                Value::Table(table)
            }
        }
    }
}

impl fmt::Debug for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("nil"),
            Self::True => f.write_str("true"),
            Self::Int(n) => n.fmt(f),
            Self::Double(n) => n.fmt(f),
            Self::Text(text) => write!(f, "{:?}", String::from_utf8_lossy(text)),
            Self::Table => f.write_str("{}"),
        }
    }
}

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self::Text(text.as_bytes().to_vec())
    }
}

impl From<i64> for Argument {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}

struct State {
    lua: Lua,
    script: Function,
}

impl State {
    fn new(script: &str, prepare: impl FnOnce(&Lua)) -> Self {
        let libraries = StdLib::STRING | StdLib::TABLE | StdLib::MATH | StdLib::UTF8;
        let lua = Lua::new_with(libraries, LuaOptions::default()).unwrap();
        prepare(&lua);
        let text = lua.create_function(|lua, value: Value| {
            let Value::Error(error) = &value else {
                return Ok(value);
            };
            match thrown(error) {
                Some(value) => Ok(value),
                None => lua.create_string(errors::message(error)).map(Value::String),
            }
        });
        lua.globals().set("text", text.unwrap()).unwrap();
        let script = lua
            .load(format!("{TOLD}{script}"))
            .set_name("=t")
            .into_function()
            .unwrap();
        Self { lua, script }
    }

    fn call(&self, arguments: &[Argument]) -> String {
        let arguments = arguments.iter().map(|argument| argument.value(&self.lua));
        let told: LuaString = self.script.call(arguments.collect::<MultiValue>()).unwrap();
        String::from_utf8_lossy(&told.as_bytes()).into_owned()
    }
}
