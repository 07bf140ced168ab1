//! Lists, as scripts see them.

use mlua::{AnyUserData, Lua, MultiValue, Table, UserData, UserDataFields, UserDataMethods, Value};

use super::arguments::{Arguments, Object};
use super::iterator::Iterator;
use super::limits::MEMORY;
use super::value::{element, kept};
use super::{errors, functions, limits};

/// A list. Its elements are in a Lua table, so that the memory limit and the garbage collector of the Lua state apply to
/// them.
#[derive(Debug, Clone, Copy)]
pub(super) struct List {
    /// The flags that it had in its bin. A list that was ordered is sorted again when it is stored.
    pub(super) flags: u8,
    /// The maximum number of elements of a list that cannot grow.
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
            super::tostring::list(lua, &Arguments::new(lua, values))
        });
    }
}

impl List {
    /// A list of the elements in a table, each in [`kept`] form.
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
    functions::function(lua, &library, "append", |lua, arguments| {
        let list = arguments.object::<List>(1)?;
        insert(lua, &list, usize::MAX, arguments.get(2))
    })?;
    functions::function(lua, &library, "prepend", |lua, arguments| {
        let list = arguments.object::<List>(1)?;
        insert(lua, &list, 0, arguments.get(2))
    })?;
    functions::function(lua, &library, "insert", |lua, arguments| {
        let list = arguments.object::<List>(1)?;
        match position(arguments.integer_or(2, 0)?) {
            Some(at) => insert(lua, &list, at, arguments.get(3)),
            None => Ok(()),
        }
    })?;
    functions::function(lua, &library, "remove", remove)?;
    functions::function(lua, &library, "concat", |lua, arguments| {
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
    functions::function(lua, &library, "trim", |lua, arguments| {
        let list = elements(&arguments.object::<List>(1)?)?;
        let Some(at) = position(arguments.integer_or(2, 0)?) else {
            return Ok(());
        };
        let count = list.raw_len();
        limits::spend(lua, count.saturating_sub(at))?;
        (at..count).try_for_each(|_| list.raw_pop::<Value>().map(drop))
    })?;
    functions::function(lua, &library, "take", |lua, arguments| {
        part(lua, arguments, |n, _| 0..n)
    })?;
    functions::function(lua, &library, "drop", |lua, arguments| {
        part(lua, arguments, |n, count| n..count)
    })?;
    functions::function(lua, &library, "size", |_, arguments| size(arguments))?;
    functions::function(lua, &library, "nbytes", |lua, arguments| {
        let list = arguments.object::<List>(1)?;
        super::value::packed_size(lua, &Value::UserData(list))
    })?;
    functions::function(lua, &library, "iterator", |lua, arguments| {
        Iterator::over_list(lua, &arguments.object::<List>(1)?)
    })?;
    functions::function(lua, &library, "tostring", super::tostring::list)?;
    for name in ["create", "new"] {
        functions::function(lua, &library, name, create)?;
    }
    Ok(library)
}

/// `list()`, and `list{..}`: the values at the numeric keys of a table. A value that a list cannot hold becomes nil.
pub(super) fn construct(lua: &Lua, arguments: &Arguments<'_>) -> mlua::Result<AnyUserData> {
    let elements = lua.create_table()?;
    // The first argument is the library itself.
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

/// `list.create(capacity, step)`: with a step of 0 the list cannot grow.
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

/// Inserts a value. After the end, nils fill the gap. A value that a list cannot hold is ignored.
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
        limits::spend(lua, count - at)?;
        return elements.raw_insert(at as i64 + 1, value);
    }
    pad(lua, &elements, count..at)?;
    elements.raw_push(value)
}

/// Appends nils.
fn pad(lua: &Lua, elements: &Table, range: std::ops::Range<usize>) -> mlua::Result<()> {
    check_size(range.len())?;
    for _ in range {
        limits::spend(lua, 1)?;
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
            limits::spend(lua, count - at)?;
            list.raw_remove(at as i64 + 1)
        }
        _ => Ok(()),
    }
}

/// A new list of a range of elements. `range` gets the requested number and the number of elements. Nil for a number under 1.
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

/// Refuses sizes that exceed the memory limit, before anything is allocated.
fn check_size(count: usize) -> mlua::Result<()> {
    const ELEMENT: usize = 16;
    if count > MEMORY / ELEMENT {
        Err(errors::out_of_memory())
    } else {
        Ok(())
    }
}

fn copy(lua: &Lua, from: &Table, range: std::ops::Range<usize>, into: &Table) -> mlua::Result<()> {
    check_size(range.len())?;
    for at in range {
        limits::spend(lua, 1)?;
        into.raw_push(from.raw_get::<Value>(at + 1)?)?;
    }
    Ok(())
}
