//! The Lua object `aerospike`: creates, updates and removes the record, and writes to the log.

use mlua::{AnyUserData, Lua, MultiValue, UserData, UserDataFields, UserDataMethods, Value};

use super::arguments::{Arguments, Object};
use super::errors;
use super::record::{Record, Work};
use crate::clock::Now;

/// The object `aerospike`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Aerospike;

impl Object for Aerospike {
    const NAME: &'static str = "Aerospike";
}

/// The server's time when the script was called.
#[derive(Debug, Clone, Copy)]
pub(super) struct CallTime(pub(super) Now);

impl UserData for Aerospike {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field("__name", Self::NAME);
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_function("create", |lua, values: MultiValue| {
            on_record(lua, values, |work| work.create(lua))
        });
        methods.add_function("update", |lua, values: MultiValue| {
            on_record(lua, values, |work| work.update(lua))
        });
        methods.add_function("remove", |lua, values: MultiValue| {
            on_record(lua, values, |work| work.remove(lua))
        });
        methods.add_function("exists", |lua, values: MultiValue| {
            on_record(lua, values, |work| Ok(work.exists()))
        });
        methods.add_function("log", |lua, values: MultiValue| {
            let arguments = Arguments::new(lua, values);
            arguments.object::<Self>(1)?;
            let level = arguments.integer_or(2, 0)?;
            let message = arguments.string(3)?;
            // The script called `trace`, `debug`, `info` or `warn`, which called this function.
            let message = message.map(|message| message.to_string_lossy()).unwrap_or_default();
            log(level, &errors::position(lua, 2), &message);
            Ok(())
        });
        methods.add_function("get_current_time", |lua, values: MultiValue| {
            Arguments::new(lua, values).object::<Self>(1)?;
            Ok(now(lua).unix_nanoseconds() / 1_000_000)
        });
        // The real server has these functions, and they do nothing.
        for name in ["set_context", "get_config"] {
            methods.add_function(name, |lua, values: MultiValue| {
                Arguments::new(lua, values).object::<Self>(1)?;
                Ok(0)
            });
        }
    }
}

/// The server's time when the script was called.
pub(super) fn now(lua: &Lua) -> Now {
    lua.app_data_ref::<CallTime>().map(|time| time.0).unwrap_or_default()
}

/// Logs a message of a script. Level 1 is a warning, 2 info, 3 debug, 4 trace.
pub(super) fn log(level: i64, position: &str, message: &str) {
    match level {
        ..=1 => tracing::warn!(target: "spikelet::udf", "{position}{message}"),
        2 => tracing::info!(target: "spikelet::udf", "{position}{message}"),
        3 => tracing::debug!(target: "spikelet::udf", "{position}{message}"),
        _ => tracing::trace!(target: "spikelet::udf", "{position}{message}"),
    }
}

fn on_record<T>(lua: &Lua, values: MultiValue, work: impl FnOnce(&mut Work) -> mlua::Result<T>) -> mlua::Result<T> {
    let arguments = Arguments::new(lua, values);
    arguments.object::<Aerospike>(1)?;
    let record: AnyUserData = match arguments.get(2) {
        Value::UserData(object) if object.is::<Record>() => object.clone(),
        _ => return Err(arguments.expected(2, Record::NAME)),
    };
    Record::with(lua, &record, work)
}
