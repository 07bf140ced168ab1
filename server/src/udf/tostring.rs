//! `tostring` for collections and bytes.

use mlua::{AnyUserData, Lua, Table, Value};

use super::arguments::Arguments;
use super::bytes::Bytes;
use super::geojson::{self, GeoJson};
use super::list::{self, List};
use super::map::{self, Map};
use super::value::text_of;
use super::{errors, limits};

/// How deep lists and maps may nest.
const MAX_DEPTH: usize = 256;

/// `[1, "two"]`
pub(super) fn list(lua: &Lua, arguments: &Arguments<'_>) -> mlua::Result<mlua::LuaString> {
    whole(lua, Value::UserData(arguments.object::<List>(1)?))
}

/// `{1:"one", "two":2}`
pub(super) fn map(lua: &Lua, arguments: &Arguments<'_>) -> mlua::Result<mlua::LuaString> {
    whole(lua, Value::UserData(arguments.object::<Map>(1)?))
}

fn whole(lua: &Lua, value: Value) -> mlua::Result<mlua::LuaString> {
    let mut out = Vec::new();
    append(lua, &value, MAX_DEPTH, &mut out)?;
    lua.create_string(out)
}

/// `41 42`; `None` for no bytes.
pub(super) fn bytes(object: &AnyUserData) -> mlua::Result<Option<String>> {
    let bytes = object.borrow::<Bytes>()?;
    let hex: Vec<String> = bytes.as_slice().iter().map(|byte| format!("{byte:02X}")).collect();
    Ok(if hex.is_empty() { None } else { Some(hex.join(" ")) })
}

/// Appends a value. Returns whether it has a text.
fn append(lua: &Lua, value: &Value, depth: usize, out: &mut Vec<u8>) -> mlua::Result<bool> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(errors::raise(lua, "collections nested too deep"));
    };
    limits::spend(lua, 1)?;
    if out.len() > limits::MEMORY {
        return Err(errors::out_of_memory());
    }
    let mut quoted = |text: &[u8]| {
        out.push(b'"');
        out.extend_from_slice(text_of(text));
        out.push(b'"');
    };
    match value {
        Value::Boolean(b) => out.extend_from_slice(b.to_string().as_bytes()),
        Value::Integer(n) => out.extend_from_slice(n.to_string().as_bytes()),
        Value::Number(n) => out.extend_from_slice(double(*n).as_bytes()),
        Value::String(text) => quoted(&text.as_bytes()),
        Value::UserData(object) if object.is::<GeoJson>() => quoted(&geojson::text(object)?.as_bytes()),
        Value::UserData(object) if object.is::<List>() => append_list(lua, object, depth, out)?,
        Value::UserData(object) if object.is::<Map>() => append_map(lua, object, depth, out)?,
        Value::UserData(object) if object.is::<Bytes>() => match bytes(object)? {
            Some(text) => out.extend_from_slice(text.as_bytes()),
            None => return Ok(false),
        },
        _ => out.extend_from_slice(b"NIL"),
    }
    Ok(true)
}

fn append_list(lua: &Lua, object: &AnyUserData, depth: usize, out: &mut Vec<u8>) -> mlua::Result<()> {
    let elements = list::elements(object)?;
    out.push(b'[');
    for at in 1..=elements.raw_len() {
        if at > 1 {
            out.extend_from_slice(b", ");
        }
        if !append(lua, &elements.raw_get(at)?, depth, out)? {
            out.extend_from_slice(b"<NULL>");
        }
    }
    out.push(b']');
    Ok(())
}

fn append_map(lua: &Lua, object: &AnyUserData, depth: usize, out: &mut Vec<u8>) -> mlua::Result<()> {
    let pairs: Table = object.user_value()?;
    out.push(b'{');
    for (number, key) in map::sorted_keys(lua, object)?.into_iter().enumerate() {
        let before = out.len();
        if number > 0 {
            out.extend_from_slice(b", ");
        }
        let has_text = append(lua, &map::decoded(lua, &key)?, depth, out)? && {
            out.push(b':');
            append(lua, &pairs.raw_get(key)?, depth, out)?
        };
        // The real server stops at the first pair without a text.
        if !has_text {
            out.truncate(before);
            break;
        }
    }
    out.push(b'}');
    Ok(())
}

/// A double in up to 16 digits, as C's `%.16g`.
fn double(n: f64) -> String {
    const DIGITS: i32 = 16;
    if !n.is_finite() {
        let sign = if n.is_sign_negative() { "-" } else { "" };
        return format!("{sign}{}", if n.is_nan() { "nan" } else { "inf" });
    }
    let scientific = format!("{n:.*e}", DIGITS as usize - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let trimmed = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if (-4..DIGITS).contains(&exponent) {
        trimmed(&format!("{n:.*}", (DIGITS - 1 - exponent).max(0) as usize))
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{}e{sign}{:02}", trimmed(mantissa), exponent.abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_written_as_c_writes_them() {
        let cases = [
            (0.0, "0"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (1.0 / 3.0, "0.3333333333333333"),
            (1e15, "1000000000000000"),
            (1e16, "1e+16"),
            (1.25e-5, "1.25e-05"),
            (0.0001, "0.0001"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (n, text) in cases {
            assert_eq!(double(n), text);
        }
    }
}
