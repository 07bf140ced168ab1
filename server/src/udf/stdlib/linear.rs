//! Lua's functions whose work is proportional to the size of a text. The work counts towards the time limit of the script.

use mlua::{Error, Function, Lua, MultiValue, Table, Value};

use super::super::arguments::Arguments;
use super::super::functions::replace_function;
use super::super::{errors, limits};
use super::protected::{Protected, thrown};

const ALL: [&str; 7] = [
    "string.format",
    "string.lower",
    "string.reverse",
    "string.upper",
    "tonumber",
    "utf8.len",
    "utf8.offset",
];
/// The number of bytes that count as one unit of work.
const BYTES: usize = 16;

/// Replaces them with functions that count their work.
pub(super) fn install(lua: &Lua) -> mlua::Result<()> {
    let protected = Protected::new(lua)?;
    for name in ALL {
        let (library, function): (Table, _) = match name.split_once('.') {
            Some((library, function)) => (lua.globals().raw_get(library)?, function),
            None => (lua.globals(), name),
        };
        let (function, protected): (Function, _) = (library.raw_get(function)?, protected.clone());
        replace_function(lua, &library, name, move |lua, arguments| {
            call(lua, arguments, &function, &protected)
        })?;
    }
    Ok(())
}

fn call(lua: &Lua, arguments: &Arguments<'_>, function: &Function, protected: &Protected) -> mlua::Result<MultiValue> {
    let text = arguments.all().iter().filter_map(Value::as_string);
    limits::spend(lua, text.map(|text| text.as_bytes().len() / BYTES).sum())?;
    let called = protected.call_for_all(function, arguments.all().iter().cloned());
    called.map_err(|error| match thrown(&error) {
        Some(Value::String(text)) => named(lua, arguments, &text.to_string_lossy()).unwrap_or(error),
        _ => error,
    })
}

/// An error of Lua's function, without the line of the script and the name by which the script called the function.
fn named(lua: &Lua, arguments: &Arguments<'_>, text: &str) -> Option<Error> {
    if let Some(bad) = text.strip_prefix("bad argument #") {
        let (number, what) = bad.split_once(" to '")?;
        let (_, what) = what.split_once("' (")?;
        return Some(arguments.wrong(number.parse().ok()?, what.strip_suffix(')')?));
    }
    let is_own = ["invalid ", "initial position ", "'__tostring' must"]
        .iter()
        .any(|own| text.starts_with(own));
    is_own.then(|| errors::raise(lua, text))
}

#[cfg(test)]
mod tests {
    use super::super::compared::Pair;

    #[test]
    fn they_answer_what_luas_own_answer() {
        let pair = Pair::new("return told(pcall(load(..., '=s')))", super::install);
        for script in [
            "return string.format('%5.1f|%d|%s|%q|%x', 1.25, 3, 'a', 'b\\n', 255)",
            "return string.format('%d', 1.5)",
            "return string.format('%d', 'x')",
            "return string.format('%y', 1)",
            "return string.format('%s')",
            "return ('%d'):format({})",
            "return string.format()",
            "return string.format('%s', setmetatable({}, {__tostring = function() return 'T' end}))",
            "return string.format('%s', setmetatable({}, {__tostring = function() return 1 end}))",
            "return string.format('%s', setmetatable({}, {__tostring = function() error('no') end}))",
            "return string.format('%s', setmetatable({}, {__tostring = function() error({}) end}))",
            "return pcall(string.format, '%d', 'x')",
            "return ('aBc'):upper(), ('aBc'):lower(), ('aBc'):reverse(), string.upper(12)",
            "return string.upper()",
            "return string.reverse({})",
            "return select(2, pcall(string.lower, nil))",
            "return tonumber('0x10'), tonumber('z', 36), tonumber('x'), tonumber(' 5 '), tonumber(5)",
            "return tonumber()",
            "return tonumber(5, 10)",
            "return tonumber('5', 99)",
            "return utf8.len('é'), utf8.len('\\xff'), utf8.offset('éa', 2)",
            "return utf8.len('\\xff')",
            "return utf8.len('abc', 9)",
            "return utf8.offset('é', 1, 2)",
            "return utf8.offset('abc', 1, 9)",
        ] {
            pair.check(&[script.into()]).unwrap_or_else(|error| panic!("{error}"));
        }
    }
}
