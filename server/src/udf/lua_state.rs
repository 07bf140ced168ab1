//! Lua states, in which the scripts of modules run.

use std::sync::Arc;
use std::time::Duration;

use mlua::chunk::ChunkMode;
use mlua::{Error, Function, Lua, LuaOptions, LuaString, MultiValue, StdLib, Table, Value};

use super::aerospike::{self, Aerospike, CallTime};
use super::arguments::{self, Arguments};
use super::errors::message;
use super::functions::{constructor, function};
use super::record::{Record, Work};
use super::sources::Sources;
use super::stdlib::{self, thrown};
use super::{Returned, bytes, geojson, iterator, limits, list, map, record, value};
use crate::clock::Now;

/// How long a script may take to load.
const LOADING: Duration = Duration::from_secs(1);

/// A call of a UDF, as a message requests it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    /// The file name of the module, without `.lua`.
    pub(crate) module: &'a [u8],
    pub(crate) function: &'a [u8],
    /// The arguments after the record, a list as msgpack. Anything else means no arguments.
    pub(crate) arguments: &'a [u8],
    /// How long it may run.
    pub(crate) limit: Duration,
}

/// The result of a UDF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It returned.
    Success(Returned),
    /// It failed, or could not be called.
    Failure(Vec<u8>),
}

impl Answer {
    /// The real server's message for a module that does not exist or cannot be loaded.
    pub(super) fn no_module() -> Self {
        Self::Failure(b"UDF: Execution Error 1".to_vec())
    }
}

/// A Lua state, for the script of one module.
#[derive(Debug)]
pub(super) struct LuaState {
    lua: Lua,
    host: Table,
}

impl LuaState {
    /// A state with the libraries for scripts, and no script.
    pub(super) fn new(sources: &Arc<Sources>) -> mlua::Result<Self> {
        let libraries = StdLib::COROUTINE | StdLib::TABLE | StdLib::STRING | StdLib::UTF8 | StdLib::MATH | StdLib::OS;
        let lua = Lua::new_with(libraries, LuaOptions::default())?;
        limits::install(&lua, LOADING)?;
        let globals = lua.globals();
        for (name, library, construct) in [
            ("list", list::library(&lua)?, Some(constructor(&lua, list::construct)?)),
            ("map", map::library(&lua)?, Some(constructor(&lua, map::construct)?)),
            (
                "bytes",
                bytes::library(&lua)?,
                Some(constructor(&lua, bytes::construct)?),
            ),
            (
                "geojson",
                lua.create_table()?,
                Some(constructor(&lua, geojson::construct)?),
            ),
            ("iterator", iterator::library(&lua)?, None),
            ("record", record::library(&lua)?, None),
        ] {
            let meta = lua.create_table()?;
            meta.raw_set("__metatable", &library)?;
            meta.raw_set("__call", construct)?;
            library.set_metatable(Some(meta))?;
            globals.raw_set(name, library)?;
        }
        stdlib::install(&lua)?;
        let host = host_functions(&lua, sources)?;
        lua.load(include_str!("prelude.lua"))
            .set_name("=prelude")
            .call::<()>(&host)?;
        Ok(Self { lua, host })
    }

    /// Loads a module. Returns whether it loaded.
    pub(super) fn load(&self, module: &[u8]) -> mlua::Result<bool> {
        limits::set_time(&self.lua, LOADING);
        let (ok, _): (bool, Value) = self.function("load")?.call(self.lua.create_string(module)?)?;
        Ok(ok)
    }

    /// Runs a script that is not registered yet. `name` appears in error messages.
    ///
    /// # Errors
    /// Lua's error message.
    pub(super) fn run(&self, name: &str, script: &[u8]) -> Result<(), Vec<u8>> {
        limits::set_time(&self.lua, LOADING);
        let text = |error: Error| message(&error).into_bytes();
        let chunk = self.lua.load(script).set_name(name).set_mode(ChunkMode::Text);
        let chunk = chunk.into_function().map_err(text)?;
        let (ok, reason): (bool, Value) = self.function("run").and_then(|run| run.call(chunk)).map_err(text)?;
        match reason {
            _ if ok => Ok(()),
            Value::String(reason) => Err(reason.as_bytes().to_vec()),
            Value::Integer(reason) => Err(reason.to_string().into_bytes()),
            _ => Err(b"(Null error message returned by lua)".to_vec()),
        }
    }

    /// Applies a function to a record.
    pub(super) fn apply(&self, call: &Call<'_>, record: &Record, now: Now) -> Answer {
        limits::set_time(&self.lua, call.limit);
        self.lua.set_app_data(CallTime(now));
        self.apply_within(call, record)
            .unwrap_or_else(|error| Answer::Failure(message(&error).into_bytes()))
    }

    fn apply_within(&self, call: &Call<'_>, record: &Record) -> mlua::Result<Answer> {
        let lua = &self.lua;
        lua.globals().raw_set("aerospike", Aerospike)?;
        let mut arguments = self.arguments(call)?;
        arguments.push_front(Value::UserData(lua.create_userdata(record.clone())?));
        arguments.push_front(Value::String(lua.create_string(call.function)?));
        let (ok, result): (bool, Value) = self.function("apply_record")?.call(arguments)?;
        Ok(match (ok, result) {
            (true, result) => Answer::Success(value::returned(lua, &result)?),
            (false, result) => failure(&result),
        })
    }

    /// Applies a function to a stream of records. `next` returns the records one by one, `write` gets the results.
    pub(super) fn apply_stream(
        &self,
        call: &Call<'_>,
        now: Now,
        mut next: impl FnMut() -> Option<Work>,
        mut write: impl FnMut(Returned),
    ) -> Result<(), Vec<u8>> {
        limits::set_time(&self.lua, call.limit);
        self.lua.set_app_data(CallTime(now));
        let mut last: Option<Record> = None;
        let applied = self.lua.scope(|scope| {
            let lua = &self.lua;
            lua.globals().raw_set("aerospike", Aerospike)?;
            let next = scope.create_function_mut(|lua, ()| {
                // A script can use a record until it requests the next one.
                if let Some(last) = last.take() {
                    last.take();
                }
                let Some(work) = next() else { return Ok(Value::Nil) };
                let record = Record::new(work);
                last = Some(record.clone());
                lua.create_userdata(record).map(Value::UserData)
            })?;
            let write = scope.create_function_mut(|lua, value: Value| {
                write(value::returned(lua, &value)?);
                Ok(())
            })?;
            let mut arguments = self.arguments(call)?;
            arguments.push_front(Value::Function(write));
            arguments.push_front(Value::Function(next));
            arguments.push_front(Value::String(lua.create_string(call.function)?));
            self.function("apply_stream")?.call::<(bool, Value)>(arguments)
        });
        // 2 is Lua's code for an error while a script runs.
        let failed = |text: &[u8]| Err([b"UDF: Execution Error 2 : ", text].concat());
        match applied {
            Ok((true, _)) => Ok(()),
            Ok((false, Value::String(reason))) => failed(value::text_of(&reason.as_bytes())),
            Ok((false, _)) => failed(b""),
            Err(error) => failed(message(&error).as_bytes()),
        }
    }

    /// Whether the state can be used for another call.
    pub(super) fn is_sound(&self) -> bool {
        limits::is_sound(&self.lua)
    }

    fn arguments(&self, call: &Call<'_>) -> mlua::Result<MultiValue> {
        let Some(Value::UserData(arguments)) = value::from_msgpack(&self.lua, call.arguments)? else {
            return Ok(MultiValue::new());
        };
        if !arguments.is::<list::List>() {
            return Ok(MultiValue::new());
        }
        let elements = list::elements(&arguments)?;
        (1..=elements.raw_len())
            .map(|at| elements.raw_get(at).map(value::element))
            .collect()
    }

    fn function(&self, name: &str) -> mlua::Result<Function> {
        self.host.raw_get(name)
    }
}

/// The failure for an error value. The real server expects a string.
fn failure(reason: &Value) -> Answer {
    Answer::Failure(match reason {
        Value::String(text) => value::text_of(&text.as_bytes()).to_vec(),
        _ => b"result value type unexpected".to_vec(),
    })
}

/// The functions that only the prelude can call.
fn host_functions(lua: &Lua, sources: &Arc<Sources>) -> mlua::Result<Table> {
    let host = lua.create_table()?;
    host.raw_set("path", sources.path())?;
    function(lua, &host, "text", |lua, arguments| {
        // A script must not catch the error that its time is over.
        limits::check_time(lua)?;
        Ok(match arguments.get(1) {
            Value::Error(error) => match thrown(error) {
                Some(value) => value,
                None => Value::String(lua_text(arguments, error)?),
            },
            value => value.clone(),
        })
    })?;
    function(lua, &host, "class", |_, arguments| {
        Ok(arguments.get(1).as_userdata().and_then(arguments::class))
    })?;
    function(lua, &host, "spend", |lua, arguments| {
        limits::spend(lua, usize::try_from(arguments.integer_or(1, 0)?).unwrap_or_default())
    })?;
    function(lua, &host, "seconds", |lua, _| {
        Ok(aerospike::now(lua).unix_nanoseconds() / 1_000_000_000)
    })?;
    function(lua, &host, "log", |_, arguments| {
        let text = arguments.string(2)?.map(|text| text.to_string_lossy());
        aerospike::log(arguments.integer_or(1, 0)?, "", &text.unwrap_or_default());
        Ok(())
    })?;
    let sources = Arc::clone(sources);
    function(lua, &host, "find", move |lua, arguments| find(lua, arguments, &sources))?;
    Ok(host)
}

fn lua_text(arguments: &Arguments<'_>, error: &Error) -> mlua::Result<LuaString> {
    arguments.lua().create_string(message(error))
}

/// The compiled script of a registered module and its path; or nil and the error message.
fn find(lua: &Lua, arguments: &Arguments<'_>, sources: &Sources) -> mlua::Result<(Value, String)> {
    let name = arguments
        .string(1)?
        .map(|name| name.to_string_lossy())
        .unwrap_or_default();
    let file = format!("{}.lua", name.replace('.', "/"));
    let path = format!("{}/{file}", sources.path());
    let Some(script) = sources.get(&file) else {
        let reason = format!("module '{name}' not found:\n\tno field package.preload['{name}']\n\tno file '{path}'");
        return Ok((Value::Nil, reason));
    };
    let chunk = lua.load(&*script).set_name(format!("@{path}"));
    Ok(match chunk.set_mode(ChunkMode::Text).into_function() {
        Ok(chunk) => (Value::Function(chunk), path),
        Err(error) => {
            let reason = message(&error);
            (
                Value::Nil,
                format!("error loading module '{name}' from file '{path}':\n\t{reason}"),
            )
        }
    })
}
