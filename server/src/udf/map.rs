//! Maps, as scripts see them.

use std::cmp::Ordering;

use mlua::{AnyUserData, Lua, LuaString, MultiValue, Table, UserData, UserDataFields, UserDataMethods, Value};
use spikelet_wire::ParticleType;

use super::arguments::{Arguments, Object};
use super::bytes::Bytes;
use super::iterator::{Iterator, Yields};
use super::value::{element, kept, text_of};
use super::{functions, limits};

/// A map. Its pairs are in a Lua table, so that the memory limit and the garbage collector of the Lua state apply to them.
/// Iterators visit them in the order of the [keys](sorted_keys).
#[derive(Debug, Clone, Copy)]
pub(super) struct Map {
    /// The flags that it had in its bin. It is stored with the same flags.
    pub(super) flags: u8,
    len: usize,
}

impl Object for Map {
    const NAME: &'static str = "Map";
}

impl UserData for Map {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field("__name", Self::NAME);
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_function("__index", |lua, values: MultiValue| {
            let arguments = Arguments::new(lua, values);
            get(lua, &arguments.object::<Self>(1)?, arguments.get(2))
        });
        methods.add_meta_function("__newindex", |lua, values: MultiValue| {
            let arguments = Arguments::new(lua, values);
            let map = arguments.object::<Self>(1)?;
            match kept(arguments.get(3)) {
                Some(value) => set(lua, &map, arguments.get(2), value).map(drop),
                // A record is ignored. Any other value that a map cannot hold removes the key.
                None if super::record::is_record(arguments.get(3)) => Ok(()),
                None => remove(lua, &map, arguments.get(2)),
            }
        });
        methods.add_meta_function("__len", |lua, values: MultiValue| size(&Arguments::new(lua, values)));
        methods.add_meta_function("__tostring", |lua, values: MultiValue| {
            super::tostring::map(lua, &Arguments::new(lua, values))
        });
    }
}

impl Map {
    /// An empty map.
    pub(super) fn create(lua: &Lua, flags: u8) -> mlua::Result<AnyUserData> {
        let map = lua.create_userdata(Self { flags, len: 0 })?;
        map.set_user_value(lua.create_table()?)?;
        Ok(map)
    }
}

/// The functions of `map`.
pub(super) fn library(lua: &Lua) -> mlua::Result<Table> {
    let library = lua.create_table()?;
    for name in ["create", "new"] {
        functions::function(lua, &library, name, |lua, arguments| {
            let mut created = MultiValue::new();
            if arguments.count() == 1 && arguments.integer_or(1, 0)? >= 1 {
                created.push_back(Value::UserData(Map::create(lua, 0)?));
            }
            Ok(created)
        })?;
    }
    functions::function(lua, &library, "remove", |lua, arguments| {
        remove(lua, &arguments.object::<Map>(1)?, arguments.get(2))
    })?;
    functions::function(lua, &library, "size", |_, arguments| size(arguments))?;
    functions::function(lua, &library, "nbytes", |lua, arguments| {
        let map = arguments.object::<Map>(1)?;
        super::value::packed_size(lua, &Value::UserData(map))
    })?;
    let iterators = [
        ("iterator", Yields::Pairs),
        ("pairs", Yields::Pairs),
        ("keys", Yields::Keys),
        ("values", Yields::Values),
    ];
    for (name, yields) in iterators {
        functions::function(lua, &library, name, move |lua, arguments| {
            Iterator::over_map(lua, &arguments.object::<Map>(1)?, yields)
        })?;
    }
    functions::function(lua, &library, "tostring", super::tostring::map)?;
    Ok(library)
}

/// `map()`, and `map{..}`: the pairs of a table, without those that a map cannot hold.
pub(super) fn construct(lua: &Lua, arguments: &Arguments<'_>) -> mlua::Result<AnyUserData> {
    arguments.integer_or(3, 0)?;
    let map = Map::create(lua, 0)?;
    if let (2 | 3, Value::Table(table)) = (arguments.count(), arguments.get(2)) {
        for pair in table.pairs::<Value, Value>() {
            let (key, value) = pair?;
            if let Some(value) = kept(&value) {
                set(lua, &map, &key, value)?;
            }
        }
    }
    Ok(map)
}

/// Keys are integers, strings and bytes. In the table they are integers, and strings whose first byte is the particle type.
const TEXT: u8 = ParticleType::STRING.0;
const BYTES: u8 = ParticleType::BLOB.0;

/// A key in the form of the table; `None` for a value that cannot be a key.
fn coded(lua: &Lua, key: &Value) -> mlua::Result<Option<Value>> {
    let prefixed = |prefix: u8, key: &[u8]| {
        let mut coded = Vec::with_capacity(key.len() + 1);
        coded.push(prefix);
        coded.extend_from_slice(key);
        lua.create_string(&coded).map(|coded| Some(Value::String(coded)))
    };
    match key {
        Value::Integer(n) => Ok(Some(Value::Integer(*n))),
        Value::String(text) => prefixed(TEXT, text_of(&text.as_bytes())),
        Value::UserData(object) => match object.borrow::<Bytes>() {
            Ok(bytes) if bytes.particle_type == ParticleType::BLOB => prefixed(BYTES, bytes.as_slice()),
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

/// A key of the table, as scripts see it.
pub(super) fn decoded(lua: &Lua, key: &Value) -> mlua::Result<Value> {
    let Value::String(coded) = key else {
        return Ok(key.clone());
    };
    match coded.as_bytes().split_first() {
        Some((&BYTES, key)) => Bytes::create(lua, ParticleType::BLOB, key).map(Value::UserData),
        Some((_, key)) => lua.create_string(key).map(Value::String),
        None => Ok(Value::Nil),
    }
}

/// A key of the table as the content of a msgpack string, which begins with the particle type; `None` for an integer.
pub(super) const fn byte_string(key: &Value) -> Option<&LuaString> {
    match key {
        Value::String(coded) => Some(coded),
        _ => None,
    }
}

pub(super) fn get(lua: &Lua, map: &AnyUserData, key: &Value) -> mlua::Result<Value> {
    match coded(lua, key)? {
        Some(key) => map.user_value::<Table>()?.raw_get(key).map(element),
        None => Ok(Value::Nil),
    }
}

/// Sets the value of a key, in [`kept`] form. Returns whether the key is valid.
pub(super) fn set(lua: &Lua, map: &AnyUserData, key: &Value, value: Value) -> mlua::Result<bool> {
    let Some(key) = coded(lua, key)? else {
        return Ok(false);
    };
    let pairs: Table = map.user_value()?;
    let is_new = pairs.raw_get::<Value>(&key)?.is_nil();
    pairs.raw_set(key, value)?;
    if is_new {
        map.borrow_mut::<Map>()?.len += 1;
    }
    Ok(true)
}

fn remove(lua: &Lua, map: &AnyUserData, key: &Value) -> mlua::Result<()> {
    let Some(key) = coded(lua, key)? else {
        return Ok(());
    };
    let pairs: Table = map.user_value()?;
    if !pairs.raw_get::<Value>(&key)?.is_nil() {
        pairs.raw_set(key, Value::Nil)?;
        map.borrow_mut::<Map>()?.len -= 1;
    }
    Ok(())
}

fn size(arguments: &Arguments<'_>) -> mlua::Result<usize> {
    Ok(arguments.object::<Map>(1)?.borrow::<Map>()?.len)
}

/// The keys in the form of the table, in order: integers, then strings, then bytes.
pub(super) fn sorted_keys(lua: &Lua, map: &AnyUserData) -> mlua::Result<Vec<Value>> {
    let len = map.borrow::<Map>()?.len;
    // Sorting takes some steps for each key.
    limits::spend(lua, len.saturating_mul(8))?;
    let mut keys = Vec::with_capacity(len);
    map.user_value::<Table>()?.for_each(|key: Value, _: Value| {
        keys.push(key);
        Ok(())
    })?;
    keys.sort_unstable_by(|a, b| match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
        (Value::Integer(_), _) => Ordering::Less,
        (_, Value::Integer(_)) => Ordering::Greater,
        (Value::String(a), Value::String(b)) => a.as_bytes().cmp(&b.as_bytes()),
        _ => Ordering::Equal,
    });
    Ok(keys)
}
