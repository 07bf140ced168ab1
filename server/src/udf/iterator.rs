//! Iterators over lists and maps.

use mlua::{AnyUserData, Function, Lua, MultiValue, Table, UserData, UserDataFields, Value};

use super::arguments::Object;
use super::value::element;
use super::{functions, list, map};

/// The position of an iterator. It holds the table of the collection, and the sorted keys of a map.
#[derive(Debug)]
pub(super) struct Iterator {
    at: usize,
    yields: Yields,
}

/// What an iterator returns for each element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Yields {
    Elements,
    Pairs,
    Keys,
    Values,
}

/// The user values that hold the table of the collection, and the keys.
const CONTENTS: usize = 1;
const KEYS: usize = 2;

impl Object for Iterator {
    const NAME: &'static str = "Iterator";
}

impl UserData for Iterator {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field("__name", Self::NAME);
    }
}

impl Iterator {
    /// The function and the state for a `for` loop over a list.
    pub(super) fn over_list(lua: &Lua, list: &AnyUserData) -> mlua::Result<(Function, AnyUserData)> {
        Self::over(lua, Yields::Elements, &list::elements(list)?)
    }

    /// The function and the state for a `for` loop over a map.
    pub(super) fn over_map(lua: &Lua, map: &AnyUserData, yields: Yields) -> mlua::Result<(Function, AnyUserData)> {
        let (next, iterator) = Self::over(lua, yields, &map.user_value::<Table>()?)?;
        let keys = lua.create_sequence_from(map::sorted_keys(lua, map)?)?;
        iterator.set_nth_user_value(KEYS, keys)?;
        Ok((next, iterator))
    }

    fn over(lua: &Lua, yields: Yields, contents: &Table) -> mlua::Result<(Function, AnyUserData)> {
        let iterator = lua.create_userdata(Self { at: 0, yields })?;
        iterator.set_nth_user_value(CONTENTS, contents)?;
        Ok((lua.named_registry_value(NEXT)?, iterator))
    }
}

/// The registry name of the function that all iterators share.
const NEXT: &str = "spikelet.next";

/// The functions of `iterator`.
pub(super) fn library(lua: &Lua) -> mlua::Result<Table> {
    let library = lua.create_table()?;
    functions::function(lua, &library, "next", |lua, arguments| {
        next(lua, &arguments.object::<Iterator>(1)?)
    })?;
    functions::function(lua, &library, "has_next", |_, arguments| {
        let iterator = arguments.object::<Iterator>(1)?;
        let position = iterator.borrow::<Iterator>()?;
        let kept = if position.yields == Yields::Elements {
            CONTENTS
        } else {
            KEYS
        };
        Ok(position.at < iterator.nth_user_value::<Table>(kept)?.raw_len())
    })?;
    lua.set_named_registry_value(NEXT, library.raw_get::<Function>("next")?)?;
    Ok(library)
}

fn next(lua: &Lua, iterator: &AnyUserData) -> mlua::Result<MultiValue> {
    let (at, yields) = {
        let mut position = iterator.borrow_mut::<Iterator>()?;
        position.at += 1;
        (position.at, position.yields)
    };
    let contents: Table = iterator.nth_user_value(CONTENTS)?;
    let mut given = MultiValue::new();
    if yields == Yields::Elements {
        let value: Value = contents.raw_get(at)?;
        if !value.is_nil() {
            given.push_back(element(value));
        }
        return Ok(given);
    }
    let key: Value = iterator.nth_user_value::<Table>(KEYS)?.raw_get(at)?;
    if key.is_nil() {
        return Ok(given);
    }
    if yields != Yields::Values {
        given.push_back(map::decoded(lua, &key)?);
    }
    if yields != Yields::Keys {
        given.push_back(element(contents.raw_get(key)?));
    }
    Ok(given)
}
