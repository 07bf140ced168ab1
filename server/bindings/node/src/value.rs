//! Values between JavaScript and the server.
//!
//! `lib/values.js` knows the same form: a bigint is an integer, a number is a double, and what has no type of its own in JavaScript
//! is an object with a `type`.

use napi::bindgen_prelude::{
    BigInt, Buffer, BufferSlice, FromNapiValue, JsObjectValue, Null, Object, ToNapiValue, Unknown,
};
use napi::{Env, Error, JsValue, Result, Status, ValueType, sys};
use spikelet_bindings::{Arguments, Map, Naming, Plain, Value};
use spikelet_wire::ParticleType;

use crate::error;

/// A value of a bin, a key, or an argument.
pub struct Js(pub(crate) Value);

impl FromNapiValue for Js {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        // SAFETY: the caller passes a value of this environment.
        let value = unsafe { Unknown::from_napi_value(env, value) }?;
        read(&value).map(Self)
    }
}

impl ToNapiValue for Js {
    unsafe fn to_napi_value(env: sys::napi_env, value: Self) -> Result<sys::napi_value> {
        // SAFETY: the caller passes the current environment.
        unsafe {
            match value.0 {
                Value::Nil => Null::to_napi_value(env, Null),
                Value::Bool(flag) => bool::to_napi_value(env, flag),
                Value::Int(n) => BigInt::to_napi_value(env, n.into()),
                Value::Float(x) => f64::to_napi_value(env, x),
                Value::String(text) => String::to_napi_value(env, text),
                Value::Blob(bytes) => Buffer::to_napi_value(env, bytes.into()),
                Value::List(items) => Vec::to_napi_value(env, items.into_iter().map(Js).collect()),
                Value::Map(map) => {
                    let items = map.into_iter().flat_map(|(key, value)| [Js(key), Js(value)]);
                    tagged(env, "map", items.collect::<Vec<_>>(), None)
                }
                Value::GeoJson(text) => tagged(env, "geojson", text, None),
                Value::Hll(bytes) => tagged(env, "hll", Buffer::from(bytes), None),
                Value::Other(particle, bytes) => tagged(env, "particle", Buffer::from(bytes), Some(particle)),
                Value::Infinity => tagged(env, "infinity", Null, None),
                Value::Wildcard => tagged(env, "wildcard", Null, None),
                // No value that a server holds is of another kind.
                other => String::to_napi_value(env, other.to_string()),
            }
        }
    }
}

/// What the server returns: values, times and objects.
pub struct JsPlain(pub(crate) Plain);

impl ToNapiValue for JsPlain {
    unsafe fn to_napi_value(env: sys::napi_env, value: Self) -> Result<sys::napi_value> {
        // SAFETY: the caller passes the current environment.
        unsafe {
            match value.0 {
                Plain::Value(value) => Js::to_napi_value(env, Js(value)),
                Plain::Time(ms) => tagged(env, "time", ms, None),
                Plain::List(items) => Vec::to_napi_value(env, items.into_iter().map(JsPlain).collect()),
                Plain::Named(fields) => {
                    let mut object = Object::new(&Env::from_raw(env))?;
                    for (name, field) in fields {
                        object.set(Naming::Camel.show(name), JsPlain(field))?;
                    }
                    tagged(env, "object", object, None)
                }
            }
        }
    }
}

impl Js {
    /// The pairs of a map whose keys are strings.
    pub(crate) fn named(self) -> error::Result<Arguments> {
        let pairs = match self.0 {
            Value::Map(map) => map.into_iter().map(|(name, value)| match name {
                Value::String(name) => Some((name, value)),
                _ => None,
            }),
            _ => return Err(error::argument("expected an object")),
        };
        let pairs: Option<Arguments> = pairs.collect();
        pairs.ok_or_else(|| error::argument("expected a string for every name"))
    }

    /// The items of a list.
    pub(crate) fn items(self) -> error::Result<Vec<Value>> {
        match self.0 {
            Value::List(items) => Ok(items),
            _ => Err(error::argument("expected an array")),
        }
    }
}

fn tagged(
    env: sys::napi_env,
    tag: &str,
    value: impl ToNapiValue,
    particle: Option<ParticleType>,
) -> Result<sys::napi_value> {
    let env = Env::from_raw(env);
    let mut object = Object::new(&env)?;
    object.set("type", tag)?;
    object.set("value", value)?;
    if let Some(particle) = particle {
        object.set("particle", u32::from(particle.0))?;
    }
    // SAFETY: the object is of this environment.
    unsafe { Object::to_napi_value(env.raw(), object) }
}

/// Nesting is limited by `lib/values.js`, which makes this form.
fn read(value: &Unknown<'_>) -> Result<Value> {
    // SAFETY: each cast is to the type that the value has.
    unsafe {
        match value.get_type()? {
            ValueType::Undefined | ValueType::Null => Ok(Value::Nil),
            ValueType::Boolean => Ok(Value::Bool(value.cast()?)),
            ValueType::Number => Ok(Value::Float(value.cast()?)),
            ValueType::BigInt => match value.cast::<BigInt>()?.get_i64() {
                (n, true) => Ok(Value::Int(n)),
                _ => Err(unknown("a bigint of more than 64 bits")),
            },
            ValueType::String => Ok(Value::String(value.cast()?)),
            ValueType::Object => read_object(value),
            other => Err(unknown(&other.to_string())),
        }
    }
}

fn read_object(value: &Unknown<'_>) -> Result<Value> {
    if value.is_buffer()? {
        // SAFETY: it is a buffer.
        let bytes: BufferSlice<'_> = unsafe { value.cast() }?;
        return Ok(Value::Blob(bytes.to_vec()));
    }
    // SAFETY: it is an object.
    let object: Object<'_> = unsafe { value.cast() }?;
    if value.is_array()? {
        return items(&object).map(Value::List);
    }
    let tag: String = object.get_named_property("type")?;
    match tag.as_str() {
        "map" => {
            let mut flat = items(&object.get_named_property("value")?)?.into_iter();
            let mut map = Map::default();
            while let (Some(key), Some(value)) = (flat.next(), flat.next()) {
                map.insert(key, value);
            }
            Ok(Value::Map(map))
        }
        "geojson" => object.get_named_property("value").map(Value::GeoJson),
        "hll" => bytes(&object).map(Value::Hll),
        "particle" => {
            let particle: u32 = object.get_named_property("particle")?;
            let particle = u8::try_from(particle).map_err(|_| unknown("a particle type over 255"))?;
            Ok(Value::Other(ParticleType(particle), bytes(&object)?))
        }
        tag => Err(unknown(tag)),
    }
}

fn bytes(object: &Object<'_>) -> Result<Vec<u8>> {
    let bytes: BufferSlice<'_> = object.get_named_property("value")?;
    Ok(bytes.to_vec())
}

fn items(array: &Object<'_>) -> Result<Vec<Value>> {
    (0..array.get_array_length()?)
        .map(|at| array.get_element::<Unknown<'_>>(at).and_then(|item| read(&item)))
        .collect()
}

fn unknown(what: &str) -> Error {
    Error::new(
        Status::InvalidArg,
        format!("{what} has no form between JavaScript and the server"),
    )
}
