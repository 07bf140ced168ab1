//! Lists, as scripts see them.

use mlua::{AnyUserData, Lua, MultiValue, Table, UserData, UserDataFields, UserDataMethods, Value};

use super::arguments::{Arguments, Object};
use super::iterator::Iterator;
use super::state::{self, MEMORY};
use super::value::{element, kept};

/// A list. Its elements are in a table of the Lua state, so that the state's limit of memory and its garbage collector
/// hold for them as well.
#[derive(Debug, Clone, Copy)]
pub(super) struct List {
    /// The flags that came with it from a bin: a list that was ordered is ordered again when it is stored.
    pub(super) flags: u8,
    /// How many elements it can have, where it is not to grow.
    limit: Option<usize>,
}

impl Object for List {
    const NAME: &'static str = "List";
}

impl UserData for List {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field("__name", Self::NAME);
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_function("__index", |lua, values: MultiValue| index(&Arguments::new(lua, values)));
        methods.add_meta_function("__newindex", |lua, values: MultiValue| {
            set(lua, &Arguments::new(lua, values))
        });
        methods.add_meta_function("__len", |lua, values: MultiValue| size(&Arguments::new(lua, values)));
        methods.add_meta_function("__tostring", |lua, values: MultiValue| {
            super::text::list(lua, &Arguments::new(lua, values))
        });
    }
}

impl List {
    /// A list of the elements in a table, each in the form in which it is [`kept`].
    pub(super) fn create(lua: &Lua, flags: u8, elements: &Table) -> mlua::Result<AnyUserData> {
        Self { flags, limit: None }.with(lua, elements)
    }

    fn with(self, lua: &Lua, elements: &Table) -> mlua::Result<AnyUserData> {
        let list = lua.create_userdata(self)?;
        list.set_user_value(elements)?;
        Ok(list)
    }
}

/// The elements of a list.
pub(super) fn elements(list: &AnyUserData) -> mlua::Result<Table> {
    list.user_value()
}

/// The functions of `list`.
pub(super) fn library(lua: &Lua) -> mlua::Result<Table> {
    let library = lua.create_table()?;
    state::function(lua, &library, "append", |lua, arguments| {
        let list = arguments.object::<List>(1)?;
        insert(lua, &list, usize::MAX, arguments.get(2))
    })?;
    state::function(lua, &library, "prepend", |lua, arguments| {
        let list = arguments.object::<List>(1)?;
        insert(lua, &list, 0, arguments.get(2))
    })?;
    state::function(lua, &library, "insert", |lua, arguments| {
        let list = arguments.object::<List>(1)?;
        match position(arguments.integer_or(2, 0)?) {
            Some(at) => insert(lua, &list, at, arguments.get(3)),
            None => Ok(()),
        }
    })?;
    state::function(lua, &library, "remove", remove)?;
    state::function(lua, &library, "concat", |lua, arguments| {
        let (list, other) = (arguments.object::<List>(1)?, arguments.object::<List>(2)?);
        let other = elements(&other)?;
        let count = other.raw_len();
        let limit = limit(&list)?;
        let into = elements(&list)?;
        if limit.is_none_or(|limit| into.raw_len().saturating_add(count) <= limit) {
            copy(lua, &other, 0..count, &into)?;
        }
        Ok(())
    })?;
    state::function(lua, &library, "trim", |lua, arguments| {
        let list = elements(&arguments.object::<List>(1)?)?;
        let Some(at) = position(arguments.integer_or(2, 0)?) else {
            return Ok(());
        };
        let count = list.raw_len();
        state::spend(lua, count.saturating_sub(at))?;
        (at..count).try_for_each(|_| list.raw_pop::<Value>().map(drop))
    })?;
    state::function(lua, &library, "take", |lua, arguments| {
        part(lua, arguments, |n, _| 0..n)
    })?;
    state::function(lua, &library, "drop", |lua, arguments| {
        part(lua, arguments, |n, count| n..count)
    })?;
    state::function(lua, &library, "size", |_, arguments| size(arguments))?;
    state::function(lua, &library, "nbytes", |lua, arguments| {
        let list = arguments.object::<List>(1)?;
        super::value::packed_size(lua, &Value::UserData(list))
    })?;
    state::function(lua, &library, "iterator", |lua, arguments| {
        Iterator::over_list(lua, &arguments.object::<List>(1)?)
    })?;
    state::function(lua, &library, "tostring", super::text::list)?;
    for name in ["create", "new"] {
        state::function(lua, &library, name, create)?;
    }
    Ok(library)
}

/// `list()`, and `list{..}`: the values of a table's numeric keys. What can be no element becomes nil.
pub(super) fn construct(lua: &Lua, arguments: &Arguments<'_>) -> mlua::Result<AnyUserData> {
    let elements = lua.create_table()?;
    // The library itself is the first argument of its call.
    if let (2, Value::Table(table)) = (arguments.count(), arguments.get(2)) {
        for pair in table.pairs::<Value, Value>() {
            let (key, value) = pair?;
            if matches!(key, Value::Integer(_) | Value::Number(_)) {
                elements.raw_push(kept(&value).unwrap_or(Value::NULL))?;
            }
        }
    }
    List::create(lua, 0, &elements)
}

/// `list.create(capacity, step)`: a list that grows by steps, and with a step of 0 does not.
fn create(lua: &Lua, arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    let mut created = MultiValue::new();
    if !(1..=2).contains(&arguments.count()) {
        return Ok(created);
    }
    let (capacity, step) = (arguments.integer_or(1, -1)?, arguments.integer_or(2, 10)?);
    if capacity < 0 || step < 0 {
        return Ok(created);
    }
    let limit = (step == 0).then(|| usize::try_from(capacity).unwrap_or(usize::MAX));
    let list = List { flags: 0, limit }.with(lua, &lua.create_table()?)?;
    created.push_back(Value::UserData(list));
    Ok(created)
}

/// Scripts count from 1.
fn position(index: i64) -> Option<usize> {
    usize::try_from(index).ok()?.checked_sub(1)
}

fn limit(list: &AnyUserData) -> mlua::Result<Option<usize>> {
    Ok(list.borrow::<List>()?.limit)
}

/// Inserts a value; where that is behind the end, nils come before it. What can be no element is left out.
fn insert(lua: &Lua, list: &AnyUserData, at: usize, value: &Value) -> mlua::Result<()> {
    let Some(value) = kept(value) else {
        return Ok(());
    };
    let limit = limit(list)?;
    let elements = elements(list)?;
    let count = elements.raw_len();
    let at = if at == usize::MAX { count } else { at };
    if limit.is_some_and(|limit| count.max(at) >= limit) {
        return Ok(());
    }
    if at < count {
        state::spend(lua, count - at)?;
        return elements.raw_insert(at as i64 + 1, value);
    }
    pad(lua, &elements, count..at)?;
    elements.raw_push(value)
}

/// Appends nils.
fn pad(lua: &Lua, elements: &Table, range: std::ops::Range<usize>) -> mlua::Result<()> {
    check_size(range.len())?;
    for _ in range {
        state::spend(lua, 1)?;
        elements.raw_push(Value::NULL)?;
    }
    Ok(())
}

fn set(lua: &Lua, arguments: &Arguments<'_>) -> mlua::Result<()> {
    let list = arguments.object::<List>(1)?;
    // The real server takes the lower 32 bits of an index.
    let Some(at) = (arguments.integer_or(2, 0)? as u32).checked_sub(1) else {
        return Ok(());
    };
    let at = at as usize;
    let elements = elements(&list)?;
    if at >= elements.raw_len() {
        return insert(lua, &list, at, arguments.get(3));
    }
    match kept(arguments.get(3)) {
        Some(value) => elements.raw_set(at + 1, value),
        None => Ok(()),
    }
}

fn index(arguments: &Arguments<'_>) -> mlua::Result<Value> {
    let list = arguments.object::<List>(1)?;
    let index = arguments.integer_or(2, 0)? as u32;
    elements(&list)?.raw_get(index).map(element)
}

fn size(arguments: &Arguments<'_>) -> mlua::Result<usize> {
    Ok(elements(&arguments.object::<List>(1)?)?.raw_len())
}

fn remove(lua: &Lua, arguments: &Arguments<'_>) -> mlua::Result<()> {
    let list = elements(&arguments.object::<List>(1)?)?;
    let count = list.raw_len();
    match position(arguments.integer_or(2, 0)?) {
        Some(at) if at < count => {
            state::spend(lua, count - at)?;
            list.raw_remove(at as i64 + 1)
        }
        _ => Ok(()),
    }
}

/// A new list of some of the elements, told from a number and how many there are; nil for a number under 1.
fn part(
    lua: &Lua,
    arguments: &Arguments<'_>,
    range: impl FnOnce(usize, usize) -> std::ops::Range<usize>,
) -> mlua::Result<Value> {
    let list = arguments.object::<List>(1)?;
    let n = match usize::try_from(arguments.integer_or(2, 0)?) {
        Ok(n) if n > 0 => n,
        _ => return Ok(Value::Nil),
    };
    let limited = limit(&list)?.is_some();
    let elements = elements(&list)?;
    let count = elements.raw_len();
    let range = range(n.min(count), count);
    let limit = limited.then_some(range.len());
    let copied = lua.create_table()?;
    copy(lua, &elements, range, &copied)?;
    List { flags: 0, limit }.with(lua, &copied).map(Value::UserData)
}

/// Refuses at once what the memory cannot hold.
fn check_size(count: usize) -> mlua::Result<()> {
    const ELEMENT: usize = 16;
    if count > MEMORY / ELEMENT {
        Err(state::out_of_memory())
    } else {
        Ok(())
    }
}

fn copy(lua: &Lua, from: &Table, range: std::ops::Range<usize>, into: &Table) -> mlua::Result<()> {
    check_size(range.len())?;
    for at in range {
        state::spend(lua, 1)?;
        into.raw_push(from.raw_get::<Value>(at + 1)?)?;
    }
    Ok(())
}
