//! The functions of Lua's string library that may take long: searches and repetitions.
//!
//! Lua's own functions cannot be interrupted. These count every step, and end when the time limit of the script is reached.

use std::ops::Range;

use mlua::{Function, IntoLuaMulti, Lua, LuaString, MultiValue, Table, Value};

use super::super::arguments::Arguments;
use super::super::functions::replace_function;
use super::super::limits::MEMORY;
use super::super::{errors, limits};
use super::pattern::{Captured, ESCAPE, Matcher, PatternError, Payer, plain};
use super::protected::Protected;

/// Replaces Lua's functions, for calls by name and by method.
pub(super) fn install(lua: &Lua) -> mlua::Result<()> {
    let library: Table = lua.globals().raw_get("string")?;
    let protected = Protected::new(lua)?;
    replace_function(lua, &library, "string.find", |lua, arguments| {
        search(lua, arguments, Search::Find)
    })?;
    replace_function(lua, &library, "string.match", |lua, arguments| {
        search(lua, arguments, Search::Match)
    })?;
    replace_function(lua, &library, "string.gmatch", gmatch)?;
    replace_function(lua, &library, "string.gsub", move |lua, arguments| {
        gsub(lua, arguments, &protected)
    })?;
    replace_function(lua, &library, "string.rep", rep)
}

/// Counts the steps of a search towards the time limit of the script.
struct Script<'l>(&'l Lua);

impl Payer for Script<'_> {
    type Error = mlua::Error;

    fn spend(&self, steps: usize) -> mlua::Result<()> {
        limits::spend(self.0, steps)
    }

    fn error(&self, error: PatternError) -> mlua::Error {
        errors::raise(self.0, &error.to_string())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Search {
    Find,
    Match,
}

fn search(lua: &Lua, arguments: &Arguments<'_>, search: Search) -> mlua::Result<MultiValue> {
    let (subject, pattern) = (arguments.text(1)?, arguments.text(2)?);
    let (subject, pattern) = (&*subject.as_bytes(), &*pattern.as_bytes());
    let nothing = || Ok(MultiValue::from_iter([Value::Nil]));
    let start = start(arguments.integer_or(3, 1)?, subject.len());
    if start > subject.len() {
        return nothing();
    }
    let finds = search == Search::Find;
    if finds && (is_true(arguments.get(4)) || plain::is_plain(pattern)) {
        return match plain::find(subject, pattern, start, &Script(lua))? {
            Some(at) => (at + 1, at + pattern.len()).into_lua_multi(lua),
            None => nothing(),
        };
    }
    let (pattern, is_anchored) = without_anchor(pattern);
    let mut matcher = Matcher::new(subject, pattern, Script(lua));
    for at in start..=subject.len() {
        if let Some(end) = matcher.match_at(at)? {
            let mut found = MultiValue::new();
            if finds {
                found.extend([Value::Integer(at as i64 + 1), Value::Integer(end as i64)]);
            }
            let whole = (!finds).then_some(at..end);
            found.extend(captures(lua, &matcher, subject, whole)?);
            return Ok(found);
        }
        if is_anchored {
            break;
        }
    }
    nothing()
}

fn gmatch(lua: &Lua, arguments: &Arguments<'_>) -> mlua::Result<Function> {
    let (subject, pattern) = (arguments.text(1)?, arguments.text(2)?);
    let mut start = start(arguments.integer_or(3, 1)?, subject.as_bytes().len());
    // No empty match begins where the last match ended.
    let mut last = None;
    lua.create_function_mut(move |lua, _: MultiValue| {
        let (subject, pattern) = (&*subject.as_bytes(), &*pattern.as_bytes());
        let mut matcher = Matcher::new(subject, pattern, Script(lua));
        let mut at = start;
        while at <= subject.len() {
            if let Some(end) = matcher.match_at(at)?.filter(|end| last != Some(*end)) {
                (start, last) = (end, Some(end));
                return captures(lua, &matcher, subject, Some(at..end));
            }
            at += 1;
        }
        Ok(MultiValue::from_iter([Value::Nil]))
    })
}

/// The replacement of `gsub`.
enum Replacement {
    Text(LuaString),
    Table(Table),
    Function(Function),
}

fn gsub(lua: &Lua, arguments: &Arguments<'_>, protected: &Protected) -> mlua::Result<(LuaString, usize)> {
    let (text, pattern) = (arguments.text(1)?, arguments.text(2)?);
    let (subject, pattern) = (&*text.as_bytes(), &*pattern.as_bytes());
    let most = arguments.integer_or(4, i64::MAX)?;
    let replacement = match arguments.get(3) {
        Value::Table(table) => Replacement::Table(table.clone()),
        Value::Function(function) => Replacement::Function(function.clone()),
        Value::String(_) | Value::Integer(_) | Value::Number(_) => Replacement::Text(arguments.text(3)?),
        _ => return Err(arguments.expected(3, "string/function/table")),
    };
    let most = usize::try_from(most).unwrap_or_default();
    let (pattern, is_anchored) = without_anchor(pattern);
    let mut matcher = Matcher::new(subject, pattern, Script(lua));
    let mut out = Vec::new();
    let (mut at, mut last, mut count, mut is_changed) = (0, None, 0, false);
    while count < most {
        let end = matcher.match_at(at)?;
        if let Some(end) = end.filter(|end| last != Some(*end)) {
            count += 1;
            is_changed |= replace(lua, &matcher, subject, at..end, &replacement, protected, &mut out)?;
            (at, last) = (end, Some(end));
        } else if let Some(&byte) = subject.get(at) {
            out.push(byte);
            at += 1;
        } else {
            break;
        }
        if out.len() > MEMORY {
            return Err(errors::out_of_memory());
        }
        if is_anchored {
            break;
        }
    }
    if !is_changed {
        return Ok((text.clone(), count));
    }
    out.extend_from_slice(subject.get(at..).unwrap_or_default());
    Ok((lua.create_string(out)?, count))
}

/// Appends the replacement of a match, and returns whether it differs from the match.
fn replace(
    lua: &Lua,
    matcher: &Matcher<'_, Script<'_>>,
    subject: &[u8],
    whole: Range<usize>,
    replacement: &Replacement,
    protected: &Protected,
    out: &mut Vec<u8>,
) -> mlua::Result<bool> {
    let value = match replacement {
        Replacement::Text(text) => {
            expand(matcher, subject, &whole, &text.as_bytes(), out)?;
            return Ok(true);
        }
        Replacement::Table(table) => {
            let key = value(lua, subject, matcher.capture(0, &whole)?)?;
            protected.index(table, key)?
        }
        Replacement::Function(function) => {
            let arguments = captures(lua, matcher, subject, Some(whole.clone()))?;
            protected.call(function, arguments)?
        }
    };
    let text = match &value {
        Value::Nil | Value::Boolean(false) => {
            out.extend_from_slice(subject.get(whole).unwrap_or_default());
            return Ok(false);
        }
        Value::String(_) | Value::Integer(_) | Value::Number(_) => lua.coerce_string(value.clone())?,
        _ => None,
    };
    let Some(text) = text else {
        let text = format!("invalid replacement value (a {})", value.type_name());
        return Err(errors::raise(lua, &text));
    };
    out.extend_from_slice(&text.as_bytes());
    Ok(true)
}

/// Appends a replacement, in which `%1` is a capture and `%0` the whole match.
fn expand(
    matcher: &Matcher<'_, Script<'_>>,
    subject: &[u8],
    whole: &Range<usize>,
    text: &[u8],
    out: &mut Vec<u8>,
) -> mlua::Result<()> {
    let payer = matcher.payer();
    payer.spend(text.len() / 16)?;
    let mut text = text.iter();
    while let Some(&byte) = text.next() {
        if byte != ESCAPE {
            out.push(byte);
            continue;
        }
        let captured = match text.next() {
            Some(&ESCAPE) => {
                out.push(ESCAPE);
                continue;
            }
            Some(b'0') => Captured::Text(whole.clone()),
            Some(digit @ b'1'..=b'9') => matcher.capture(usize::from(digit - b'1'), whole)?,
            _ => return Err(payer.error(PatternError::InvalidReplacement)),
        };
        match captured {
            Captured::Text(range) => {
                payer.spend(range.len() / 16)?;
                out.extend_from_slice(subject.get(range).unwrap_or_default());
            }
            Captured::Position(position) => out.extend_from_slice(position.to_string().as_bytes()),
        }
        if out.len() > MEMORY {
            return Err(errors::out_of_memory());
        }
    }
    Ok(())
}

fn rep(lua: &Lua, arguments: &Arguments<'_>) -> mlua::Result<LuaString> {
    let (text, times) = (arguments.text(1)?, arguments.integer(2)?);
    let separator = arguments.string(3)?;
    let text = &*text.as_bytes();
    let separator = separator.as_ref().map(LuaString::as_bytes);
    let separator = separator.as_deref().unwrap_or_default();
    let times = u64::try_from(times).unwrap_or_default();
    let Some(more) = times.checked_sub(1) else {
        return lua.create_string("");
    };
    let one = text.len() as u64 + separator.len() as u64;
    if one > i64::MAX as u64 / times {
        return Err(errors::raise(lua, "resulting string too large"));
    }
    // A repetition of an empty text is empty.
    if one == 0 {
        return lua.create_string("");
    }
    let size = usize::try_from(one * more).unwrap_or(usize::MAX);
    if size > MEMORY {
        return Err(errors::out_of_memory());
    }
    limits::spend(lua, size / 16)?;
    let mut out = Vec::with_capacity(size + text.len());
    for _ in 0..more {
        out.extend_from_slice(text);
        out.extend_from_slice(separator);
    }
    out.extend_from_slice(text);
    lua.create_string(out)
}

/// The captures of a match. Without captures, the whole match if it is given.
fn captures(
    lua: &Lua,
    matcher: &Matcher<'_, Script<'_>>,
    subject: &[u8],
    whole: Option<Range<usize>>,
) -> mlua::Result<MultiValue> {
    let count = matcher.count().max(usize::from(whole.is_some()));
    let whole = whole.unwrap_or_default();
    (0..count)
        .map(|number| value(lua, subject, matcher.capture(number, &whole)?))
        .collect()
}

fn value(lua: &Lua, subject: &[u8], captured: Captured) -> mlua::Result<Value> {
    Ok(match captured {
        Captured::Text(range) => Value::String(lua.create_string(subject.get(range).unwrap_or_default())?),
        Captured::Position(position) => Value::Integer(position as i64),
    })
}

fn without_anchor(pattern: &[u8]) -> (&[u8], bool) {
    match pattern.strip_prefix(b"^") {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    }
}

/// The start of a search. A position starts at 1, and a negative one counts from the end.
fn start(init: i64, length: usize) -> usize {
    let from_end = usize::try_from(init.unsigned_abs()).unwrap_or(usize::MAX);
    if init >= 0 {
        from_end.saturating_sub(1)
    } else {
        length.saturating_sub(from_end)
    }
}

const fn is_true(value: &Value) -> bool {
    !matches!(value, Value::Nil | Value::Boolean(false))
}

#[cfg(test)]
mod tests;
