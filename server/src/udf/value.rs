//! Conversion of values between the wire and Lua.

use mlua::{AnyUserData, Lua, Table, Value};
use spikelet_wire::msgpack::{COMPARE_ONLY, ORDERED, PERSIST_INDEX, Reader, Token, VALUE_ORDERED, write};
use spikelet_wire::{ParticleType, ResultCode};

use super::Returned;
use super::bytes::Bytes;
use super::geojson::{self, GeoJson};
use super::list::{self, List};
use super::map::{self, Map};
use super::{errors, limits};
use crate::ops::{Particle, ParticleRef, order};

/// How deep lists and maps may nest.
const MAX_DEPTH: usize = 256;
/// The maximum size of a packed value, in bytes. A collection can hold another one many times, and so be larger packed than
/// in memory.
const MAX_PACKED: usize = limits::MEMORY;
/// The flag of a map that preserves the order of its pairs: it becomes a list of keys and values.
const PRESERVE_ORDER: u8 = 8;

/// A value in the form in which collections hold it; `None` for a value that they cannot hold. A Lua table cannot hold nil,
/// so nil becomes [`Value::NULL`].
pub(super) fn kept(value: &Value) -> Option<Value> {
    match value {
        Value::Nil => Some(Value::NULL),
        Value::Boolean(_) | Value::Integer(_) | Value::Number(_) | Value::String(_) => Some(value.clone()),
        Value::UserData(object)
            if object.is::<List>() || object.is::<Map>() || object.is::<Bytes>() || object.is::<GeoJson>() =>
        {
            Some(value.clone())
        }
        _ => None,
    }
}

/// A value that was taken from a collection.
pub(super) fn element(value: Value) -> Value {
    match value {
        Value::LightUserData(_) => Value::Nil,
        value => value,
    }
}

/// A string as the real server reads it from Lua: up to the first zero byte.
pub(super) fn text_of(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// The value of a bin; `None` for one that scripts cannot read.
pub(super) fn from_particle(lua: &Lua, particle: &Particle) -> mlua::Result<Option<Value>> {
    Ok(Some(match particle.view() {
        ParticleRef::Int(n) => Value::Integer(n),
        ParticleRef::Float(n) => Value::Number(n),
        ParticleRef::Bool(b) => Value::Boolean(b),
        ParticleRef::Bytes(ParticleType::STRING, text) => Value::String(lua.create_string(text_of(text))?),
        ParticleRef::Bytes(ParticleType::LIST | ParticleType::MAP, data) => return from_msgpack(lua, data),
        ParticleRef::Bytes(ParticleType::GEOJSON, data) => {
            let [_, high, low, rest @ ..] = data else {
                return Ok(None);
            };
            let cells = usize::from(u16::from_be_bytes([*high, *low])) * 8;
            Value::UserData(GeoJson::create(lua, rest.get(cells..).unwrap_or_default())?)
        }
        ParticleRef::Bytes(particle_type, data) => Value::UserData(Bytes::create(lua, particle_type, data)?),
    }))
}

/// The first value in msgpack data; `None` if it is malformed.
pub(super) fn from_msgpack(lua: &Lua, data: &[u8]) -> mlua::Result<Option<Value>> {
    // Announced sizes are not trusted: memory is allocated for what is read.
    unpack(lua, &mut Reader::new(data), MAX_DEPTH)
}

fn unpack(lua: &Lua, reader: &mut Reader<'_>, depth: usize) -> mlua::Result<Option<Value>> {
    let (Ok(token), Some(depth)) = (reader.token(), depth.checked_sub(1)) else {
        return Ok(None);
    };
    Ok(Some(match token {
        Token::Nil => Value::Nil,
        Token::Bool(b) => Value::Boolean(b),
        Token::Int(n) => Value::Integer(n),
        Token::Uint(n) => Value::Integer(n as i64),
        Token::Float(n) => Value::Number(n),
        Token::Bytes(bytes) => match bytes.split_first() {
            Some((&particle_type, data)) => byte_string(lua, ParticleType(particle_type), data)?,
            None => byte_string(lua, ParticleType::NULL, &[])?,
        },
        // Wildcards and infinity, which only compare, are nil in scripts.
        Token::Ext(COMPARE_ONLY, _) => Value::Nil,
        Token::Ext(..) => return Ok(None),
        Token::List(count) => return unpack_list(lua, reader, count, depth),
        Token::Map(count) => return unpack_map(lua, reader, count, depth),
    }))
}

fn byte_string(lua: &Lua, particle_type: ParticleType, data: &[u8]) -> mlua::Result<Value> {
    match particle_type {
        ParticleType::STRING => lua.create_string(text_of(data)).map(Value::String),
        ParticleType::GEOJSON => GeoJson::create(lua, data).map(Value::UserData),
        _ => Bytes::create(lua, particle_type, data).map(Value::UserData),
    }
}

/// The flags of a collection, 0 if there are none, and the number of elements after them.
fn flags(reader: &mut Reader<'_>, count: u32) -> (u8, u32) {
    match reader.peek() {
        Ok(Token::Ext(flags, _)) if count > 0 && flags != COMPARE_ONLY => {
            let _ = reader.token();
            (flags as u8, count - 1)
        }
        _ => (0, count),
    }
}

fn unpack_list(lua: &Lua, reader: &mut Reader<'_>, count: u32, depth: usize) -> mlua::Result<Option<Value>> {
    let (flags, count) = flags(reader, count);
    let elements = lua.create_table()?;
    for _ in 0..count {
        let Some(value) = unpack(lua, reader, depth)? else {
            return Ok(None);
        };
        elements.raw_push(kept(&value).unwrap_or(Value::NULL))?;
    }
    List::create(lua, flags, &elements).map(|list| Some(Value::UserData(list)))
}

fn unpack_map(lua: &Lua, reader: &mut Reader<'_>, count: u32, depth: usize) -> mlua::Result<Option<Value>> {
    let (flags, pairs) = flags(reader, count);
    // The flags of a map are a key, and have a value.
    if pairs != count && reader.element().is_err() {
        return Ok(None);
    }
    if flags & PRESERVE_ORDER != 0 {
        return unpack_list(lua, reader, pairs.saturating_mul(2), depth);
    }
    let map = Map::create(lua, flags)?;
    for _ in 0..pairs {
        let (Some(key), Some(value)) = (unpack(lua, reader, depth)?, unpack(lua, reader, depth)?) else {
            return Ok(None);
        };
        if !map::set(lua, &map, &key, kept(&value).unwrap_or(Value::NULL))? {
            return Ok(None);
        }
    }
    Ok(Some(Value::UserData(map)))
}

/// The return value of a script, as the client gets it. An unsupported value becomes nil.
pub(super) fn returned(lua: &Lua, value: &Value) -> mlua::Result<Returned> {
    let (particle_type, data) = match value {
        Value::Boolean(b) => (ParticleType::BOOL, vec![u8::from(*b)]),
        Value::Integer(n) => (ParticleType::INTEGER, n.to_be_bytes().to_vec()),
        Value::Number(n) => (ParticleType::FLOAT, n.to_be_bytes().to_vec()),
        Value::String(text) => (ParticleType::STRING, text_of(&text.as_bytes()).to_vec()),
        Value::UserData(object) => match kind(object) {
            Kind::List => (ParticleType::LIST, packed(lua, value, Form::Answered)?),
            Kind::Map => (ParticleType::MAP, packed(lua, value, Form::Answered)?),
            Kind::Bytes => (ParticleType::BLOB, object.borrow::<Bytes>()?.as_slice().to_vec()),
            // Flags 0, and no cells.
            Kind::GeoJson => (
                ParticleType::GEOJSON,
                [&[0; 3], &*geojson::text(object)?.as_bytes()].concat(),
            ),
            Kind::None => (ParticleType::NULL, Vec::new()),
        },
        _ => (ParticleType::NULL, Vec::new()),
    };
    Ok(Returned { particle_type, data })
}

/// A value as a bin stores it.
pub(super) fn stored(lua: &Lua, value: &Value) -> mlua::Result<Result<Particle, ResultCode>> {
    let particle = match value {
        Value::Boolean(b) => Particle::Bool(*b),
        Value::Integer(n) => Particle::Int(*n),
        Value::Number(n) => Particle::Float(*n),
        Value::String(text) => Particle::bytes(ParticleType::STRING, text_of(&text.as_bytes())),
        Value::UserData(object) => match kind(object) {
            kind @ (Kind::List | Kind::Map) => {
                let packed = packed(lua, value, Form::Stored)?;
                let particle_type = if kind == Kind::List {
                    ParticleType::LIST
                } else {
                    ParticleType::MAP
                };
                return Ok(Particle::from_wire(particle_type, &packed));
            }
            Kind::Bytes => {
                let bytes = object.borrow::<Bytes>()?;
                Particle::bytes(blob_type(bytes.particle_type), bytes.as_slice())
            }
            Kind::GeoJson => {
                let data = [&[0; 3], &*geojson::text(object)?.as_bytes()].concat();
                return Ok(Particle::from_wire(ParticleType::GEOJSON, &data));
            }
            Kind::None => return Ok(Err(ResultCode::INCOMPATIBLE_TYPE)),
        },
        _ => return Ok(Err(ResultCode::INCOMPATIBLE_TYPE)),
    };
    Ok(Ok(particle))
}

/// The type that bytes are stored as: blob, except for these types.
const fn blob_type(particle_type: ParticleType) -> ParticleType {
    match particle_type {
        ParticleType::JAVA_BLOB
        | ParticleType::CSHARP_BLOB
        | ParticleType::PYTHON_BLOB
        | ParticleType::RUBY_BLOB
        | ParticleType::PHP_BLOB
        | ParticleType::ERLANG_BLOB
        | ParticleType::VECTOR
        | ParticleType::HLL => particle_type,
        _ => ParticleType::BLOB,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    List,
    Map,
    Bytes,
    GeoJson,
    None,
}

fn kind(object: &AnyUserData) -> Kind {
    if object.is::<List>() {
        Kind::List
    } else if object.is::<Map>() {
        Kind::Map
    } else if object.is::<Bytes>() {
        Kind::Bytes
    } else if object.is::<GeoJson>() {
        Kind::GeoJson
    } else {
        Kind::None
    }
}

/// The size of a collection as msgpack, in bytes.
pub(super) fn packed_size(lua: &Lua, value: &Value) -> mlua::Result<usize> {
    packed(lua, value, Form::Answered).map(|packed| packed.len())
}

/// The purpose of packed data. Lists are returned without their flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Answered,
    Stored,
}

fn packed(lua: &Lua, value: &Value, form: Form) -> mlua::Result<Vec<u8>> {
    let mut out = Vec::new();
    pack(lua, value, form, MAX_DEPTH, &mut out)?;
    Ok(out)
}

fn pack(lua: &Lua, value: &Value, form: Form, depth: usize, out: &mut Vec<u8>) -> mlua::Result<()> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(errors::raise(lua, "collections nested too deep"));
    };
    limits::spend(lua, 1)?;
    if out.len() > MAX_PACKED {
        return Err(errors::out_of_memory());
    }
    match value {
        Value::Boolean(b) => write::bool(out, *b),
        Value::Integer(n) => write::int(out, *n),
        Value::Number(n) => write::float(out, *n),
        Value::String(text) => write::bytes(out, ParticleType::STRING, text_of(&text.as_bytes())),
        Value::UserData(object) => match kind(object) {
            Kind::List => return pack_list(lua, object, form, depth, out),
            Kind::Map => return pack_map(lua, object, form, depth, out),
            Kind::Bytes => {
                let bytes = object.borrow::<Bytes>()?;
                write::bytes(out, bytes.particle_type, bytes.as_slice());
            }
            Kind::GeoJson => write::bytes(out, ParticleType::GEOJSON, &geojson::text(object)?.as_bytes()),
            Kind::None => write::nil(out),
        },
        _ => write::nil(out),
    }
    Ok(())
}

fn pack_list(lua: &Lua, object: &AnyUserData, form: Form, depth: usize, out: &mut Vec<u8>) -> mlua::Result<()> {
    let elements = list::elements(object)?;
    let count = elements.raw_len();
    let is_ordered = form == Form::Stored && object.borrow::<List>()?.flags & ORDERED != 0;
    write::list(out, count as u32 + u32::from(is_ordered));
    if !is_ordered {
        return (1..=count).try_for_each(|at| pack(lua, &elements.raw_get(at)?, form, depth, out));
    }
    write::flags(out, ORDERED);
    let mut packed = Vec::with_capacity(count);
    for at in 1..=count {
        let mut one = Vec::new();
        pack(lua, &elements.raw_get(at)?, form, depth, &mut one)?;
        packed.push(one);
    }
    packed.sort_by(|a, b| order::compare(a, b));
    out.extend(packed.concat());
    Ok(())
}

fn pack_map(lua: &Lua, object: &AnyUserData, form: Form, depth: usize, out: &mut Vec<u8>) -> mlua::Result<()> {
    let flags = object.borrow::<Map>()?.flags;
    let flags = match form {
        Form::Answered if flags & ORDERED == 0 => 0,
        Form::Answered => flags,
        Form::Stored => flags & (ORDERED | VALUE_ORDERED | PERSIST_INDEX),
    };
    let keys = map::sorted_keys(lua, object)?;
    let pairs: Table = object.user_value()?;
    write::map(out, keys.len() as u32 + u32::from(flags != 0));
    if flags != 0 {
        write::flags(out, flags);
        write::nil(out);
    }
    for key in keys {
        match map::byte_string(&key) {
            Some(key) => write::raw(out, &key.as_bytes()),
            None => pack(lua, &key, form, depth, out)?,
        }
        pack(lua, &pairs.raw_get(key)?, form, depth, out)?;
    }
    Ok(())
}
