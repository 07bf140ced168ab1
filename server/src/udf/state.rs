//! Lua states: what a module's script is loaded into and runs in.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use mlua::chunk::ChunkMode;
use mlua::{
    Error, Function, HookTriggers, IntoLuaMulti, Lua, LuaOptions, LuaString, MultiValue, StdLib, Table, Value, VmState,
};

use super::arguments::{self, Arguments};
use super::host::{self, CallTime, Host};
use super::modules::Sources;
use super::protected::thrown;
use super::record::{Record, Work};
use super::{Returned, bytes, geojson, iterator, linear, list, map, record, string, table, value};
use crate::clock::{Deadline, Now};

/// How much memory a state may use, in bytes; and as much again for [`bytes`].
pub(super) const MEMORY: usize = 64 * 1024 * 1024;
/// After how many instructions the clock is looked at.
const INSTRUCTIONS: u32 = 1000;
/// After how much work of the server's own, counted in elements and bytes, the clock is looked at.
const WORK: usize = 10_000;
/// How long a script may take to be loaded.
const LOADING: Duration = Duration::from_secs(1);

/// A call of a UDF, as a message asks for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    /// The name of the module's file, without what makes it a file of Lua.
    pub(crate) module: &'a [u8],
    pub(crate) function: &'a [u8],
    /// The arguments behind the record, a list; anything else is no arguments.
    pub(crate) arguments: &'a [u8],
    /// How long it may run.
    pub(crate) limit: Duration,
}

/// What a UDF came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It returned.
    Success(Returned),
    /// It failed, or could not be called.
    Failure(Vec<u8>),
}

impl Answer {
    /// The real server's word for a module that there is not, or that cannot be loaded.
    pub(super) fn no_module() -> Self {
        Self::Failure(b"UDF: Execution Error 1".to_vec())
    }
}

/// A Lua state, with a module loaded or about to be.
#[derive(Debug)]
pub(super) struct State {
    lua: Lua,
    host: Table,
}

/// When a script is to end, and what the server did for it since it last looked at the clock.
#[derive(Debug)]
struct Watch {
    deadline: Deadline,
    work: Cell<usize>,
}

impl Watch {
    fn new(limit: Duration) -> Self {
        Self {
            deadline: Deadline::after(limit),
            work: Cell::new(0),
        }
    }
}

impl State {
    /// A state with everything that scripts may use, and nothing loaded.
    pub(super) fn new(sources: &Arc<Sources>) -> mlua::Result<Self> {
        let libraries = StdLib::COROUTINE | StdLib::TABLE | StdLib::STRING | StdLib::UTF8 | StdLib::MATH | StdLib::OS;
        let lua = Lua::new_with(libraries, LuaOptions::default())?;
        lua.set_memory_limit(MEMORY)?;
        lua.set_app_data(Watch::new(LOADING));
        // Coroutines inherit it.
        lua.set_global_hook(HookTriggers::new().every_nth_instruction(INSTRUCTIONS), |lua, _| {
            check_time(lua).map(|()| VmState::Continue)
        })?;
        let globals = lua.globals();
        for (name, library, construct) in [
            ("list", list::library(&lua)?, Some(construct(&lua, list::construct)?)),
            ("map", map::library(&lua)?, Some(construct(&lua, map::construct)?)),
            ("bytes", bytes::library(&lua)?, Some(construct(&lua, bytes::construct)?)),
            (
                "geojson",
                lua.create_table()?,
                Some(construct(&lua, geojson::construct)?),
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
        string::install(&lua)?;
        table::install(&lua)?;
        linear::install(&lua)?;
        let host = host_functions(&lua, sources)?;
        lua.load(include_str!("prelude.lua"))
            .set_name("=prelude")
            .call::<()>(&host)?;
        Ok(Self { lua, host })
    }

    /// Loads a module; tells whether that went well.
    pub(super) fn load(&self, module: &[u8]) -> mlua::Result<bool> {
        self.watch(LOADING);
        let (ok, _): (bool, Value) = self.function("load")?.call(self.lua.create_string(module)?)?;
        Ok(ok)
    }

    /// Runs a script that is not registered yet, under a name.
    ///
    /// # Errors
    /// What is wrong with the script, in Lua's words.
    pub(super) fn run(&self, name: &str, script: &[u8]) -> Result<(), Vec<u8>> {
        self.watch(LOADING);
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
        self.watch(call.limit);
        self.lua.set_app_data(CallTime(now));
        self.apply_within(call, record)
            .unwrap_or_else(|error| Answer::Failure(message(&error).into_bytes()))
    }

    fn apply_within(&self, call: &Call<'_>, record: &Record) -> mlua::Result<Answer> {
        let lua = &self.lua;
        lua.globals().raw_set("aerospike", Host)?;
        let mut arguments = self.arguments(call)?;
        arguments.push_front(Value::UserData(lua.create_userdata(record.clone())?));
        arguments.push_front(Value::String(lua.create_string(call.function)?));
        let (ok, result): (bool, Value) = self.function("apply_record")?.call(arguments)?;
        Ok(match (ok, result) {
            (true, result) => Answer::Success(value::returned(lua, &result)?),
            (false, result) => failure(&result),
        })
    }

    /// Applies a function to a stream of records: `next` gives them one by one, `write` takes what comes out.
    pub(super) fn apply_stream(
        &self,
        call: &Call<'_>,
        now: Now,
        mut next: impl FnMut() -> Option<Work>,
        mut write: impl FnMut(Returned),
    ) -> Result<(), Vec<u8>> {
        self.watch(call.limit);
        self.lua.set_app_data(CallTime(now));
        let mut last: Option<Record> = None;
        let applied = self.lua.scope(|scope| {
            let lua = &self.lua;
            lua.globals().raw_set("aerospike", Host)?;
            let next = scope.create_function_mut(|lua, ()| {
                // As long as the next one is not asked for, a record can be looked at.
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
        // The number is Lua's own for an error while a script runs.
        let failed = |text: &[u8]| Err([b"UDF: Execution Error 2 : ", text].concat());
        match applied {
            Ok((true, _)) => Ok(()),
            Ok((false, Value::String(reason))) => failed(value::text_of(&reason.as_bytes())),
            Ok((false, _)) => failed(b""),
            Err(error) => failed(message(&error).as_bytes()),
        }
    }

    /// Whether the state is fit for another call: a script that was stopped may have left anything half done.
    pub(super) fn is_sound(&self) -> bool {
        let in_time = self
            .lua
            .app_data_ref::<Watch>()
            .is_some_and(|watch| !watch.deadline.has_passed());
        in_time && self.lua.used_memory() < MEMORY / 2
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

    fn watch(&self, limit: Duration) {
        self.lua.set_app_data(Watch::new(limit));
    }

    fn function(&self, name: &str) -> mlua::Result<Function> {
        self.host.raw_get(name)
    }
}

/// Everything but text is unexpected of an error.
fn failure(reason: &Value) -> Answer {
    Answer::Failure(match reason {
        Value::String(text) => value::text_of(&text.as_bytes()).to_vec(),
        _ => b"result value type unexpected".to_vec(),
    })
}

/// What only the prelude can call.
fn host_functions(lua: &Lua, sources: &Arc<Sources>) -> mlua::Result<Table> {
    let host = lua.create_table()?;
    host.raw_set("path", sources.path())?;
    function(lua, &host, "text", |lua, arguments| {
        // Whoever catches errors cannot catch that the time is over.
        check_time(lua)?;
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
        spend(lua, usize::try_from(arguments.integer_or(1, 0)?).unwrap_or_default())
    })?;
    function(lua, &host, "seconds", |lua, _| {
        Ok(host::now(lua).unix_nanoseconds() / 1_000_000_000)
    })?;
    function(lua, &host, "log", |_, arguments| {
        let text = arguments.string(2)?.map(|text| text.to_string_lossy());
        host::log(arguments.integer_or(1, 0)?, "", &text.unwrap_or_default());
        Ok(())
    })?;
    let sources = Arc::clone(sources);
    function(lua, &host, "find", move |lua, arguments| find(lua, arguments, &sources))?;
    Ok(host)
}

fn lua_text(arguments: &Arguments<'_>, error: &Error) -> mlua::Result<LuaString> {
    arguments.lua().create_string(message(error))
}

/// A registered module's script and the path of its file; or nil and why there is none.
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

/// Puts a function in the place of one of Lua's own, whose name tells the library too.
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

fn construct<R: IntoLuaMulti + 'static>(
    lua: &Lua,
    construct: fn(&Lua, &Arguments<'_>) -> mlua::Result<R>,
) -> mlua::Result<Function> {
    lua.create_function(move |lua, values: MultiValue| construct(lua, &Arguments::new(lua, values)))
}

/// Notes work that the server does for a script, which the script's instructions do not tell, and looks at the clock now
/// and then.
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

fn check_time(lua: &Lua) -> mlua::Result<()> {
    match lua.app_data_ref::<Watch>() {
        Some(watch) if watch.deadline.has_passed() => {}
        _ => return Ok(()),
    }
    Err(raise(lua, "UDF Execution Timeout"))
}

/// An error at the place where the script called the function that runs.
pub(super) fn raise(lua: &Lua, text: &str) -> Error {
    Error::RuntimeError(format!("{}{text}", position(lua, 1)))
}

/// What Lua itself says when there is no memory left.
pub(super) fn out_of_memory() -> Error {
    Error::MemoryError("not enough memory".to_owned())
}

/// The file and line of a function that is being called, told by how many calls lie between; nothing where it has none.
pub(super) fn position(lua: &Lua, level: usize) -> String {
    lua.inspect_stack(level, |debug| {
        let source = debug.source();
        match (source.short_src, debug.current_line()) {
            (Some(source), Some(line)) => format!("{source}:{line}: "),
            _ => String::new(),
        }
    })
    .unwrap_or_default()
}

/// The words of an error, without where it came by.
pub(super) fn message(error: &Error) -> String {
    match error {
        Error::CallbackError { cause, .. } | Error::WithContext { cause, .. } => message(cause),
        Error::RuntimeError(text) | Error::MemoryError(text) => text.clone(),
        Error::SyntaxError { message, .. } => message.clone(),
        other => other.to_string(),
    }
}
