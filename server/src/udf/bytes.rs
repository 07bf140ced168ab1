//! Bytes, as scripts see them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mlua::{AnyUserData, Lua, MultiValue, Table, UserData, UserDataFields, UserDataMethods, Value};
use spikelet_wire::ParticleType;

use super::arguments::{Arguments, Object};
use super::limits::MEMORY;
use super::{errors, functions, limits};

/// Bytes. They grow when something is written after their end.
#[derive(Debug)]
pub(super) struct Bytes {
    pub(super) particle_type: ParticleType,
    /// The bytes written. Only [`get_var_int`] reads those after `size`.
    buffer: Vec<u8>,
    size: usize,
    /// The capacity that the real server would have. Scripts can query it; it reserves nothing here.
    capacity: usize,
    allocated: Allocated,
}

impl Object for Bytes {
    const NAME: &'static str = "Bytes";
}

impl UserData for Bytes {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field("__name", Self::NAME);
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_function("__index", |lua, values: MultiValue| {
            get_byte(&Arguments::new(lua, values))
        });
        methods.add_meta_function("__newindex", |lua, values: MultiValue| {
            set_byte(lua, &Arguments::new(lua, values))
        });
        // Lua passes its operand twice, and so the length of bytes is 0, as in the real server.
        methods.add_meta_function("__len", |lua, values: MultiValue| size(&Arguments::new(lua, values)));
        methods.add_meta_function("__tostring", |lua, values: MultiValue| {
            let object = Arguments::new(lua, values).object::<Self>(1)?;
            Ok(super::tostring::bytes(&object)?.unwrap_or_else(|| "Bytes()".to_owned()))
        });
    }
}

impl Bytes {
    pub(super) fn create(lua: &Lua, particle_type: ParticleType, data: &[u8]) -> mlua::Result<AnyUserData> {
        let bytes = lua.create_userdata(Self {
            particle_type,
            buffer: Vec::new(),
            size: 0,
            capacity: data.len(),
            allocated: Allocated::none(lua),
        })?;
        if put(lua, &bytes, 0, data)? {
            Ok(bytes)
        } else {
            Err(errors::out_of_memory())
        }
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        self.buffer.get(..self.size).unwrap_or_default()
    }
}

/// Memory outside Lua's allocator. It has the same limit as the Lua state.
#[derive(Debug)]
struct Allocated {
    all: Arc<AtomicUsize>,
    size: usize,
}

/// The size of all bytes objects of a Lua state.
#[derive(Debug, Default)]
struct AllBytes(Arc<AtomicUsize>);

impl Allocated {
    fn none(lua: &Lua) -> Self {
        let all = match lua.app_data_ref::<AllBytes>() {
            Some(all) => Arc::clone(&all.0),
            None => {
                let all = Arc::default();
                lua.set_app_data(AllBytes(Arc::clone(&all)));
                all
            }
        };
        Self { all, size: 0 }
    }
}

impl Drop for Allocated {
    fn drop(&mut self) {
        self.all.fetch_sub(self.size, Ordering::Relaxed);
    }
}

/// Makes room for `size` bytes. Returns whether there was enough memory.
fn reserve(lua: &Lua, object: &AnyUserData, size: usize) -> mlua::Result<bool> {
    let (all, more) = {
        let bytes = object.borrow::<Bytes>()?;
        (
            Arc::clone(&bytes.allocated.all),
            size.saturating_sub(bytes.allocated.size),
        )
    };
    if more > 0 {
        let fits = || all.load(Ordering::Relaxed).saturating_add(more) <= MEMORY;
        if !fits() {
            // Lua does not know the size of bytes objects that are garbage.
            lua.gc_collect()?;
        }
        if !fits() {
            return Ok(false);
        }
    }
    let mut bytes = object.borrow_mut::<Bytes>()?;
    all.fetch_add(more, Ordering::Relaxed);
    bytes.allocated.size += more;
    bytes.capacity = bytes.capacity.max(size);
    if bytes.buffer.len() < size {
        limits::spend(lua, size)?;
        bytes.buffer.resize(size, 0);
    }
    Ok(true)
}

/// Writes data at `at`. Bytes before it that were never written are 0.
fn put(lua: &Lua, object: &AnyUserData, at: usize, data: &[u8]) -> mlua::Result<bool> {
    let end = at.saturating_add(data.len());
    if !reserve(lua, object, end)? {
        return Ok(false);
    }
    let mut bytes = object.borrow_mut::<Bytes>()?;
    if let Some(place) = bytes.buffer.get_mut(at..end) {
        place.copy_from_slice(data);
    }
    bytes.size = bytes.size.max(end);
    Ok(true)
}

/// The functions of `bytes`.
pub(super) fn library(lua: &Lua) -> mlua::Result<Table> {
    let library = lua.create_table()?;
    functions::function(lua, &library, "size", |_, arguments| size(arguments))?;
    functions::function(lua, &library, "set_size", |_, arguments| {
        if arguments.count() != 2 {
            return Ok(false);
        }
        let (bytes, size) = (arguments.object::<Bytes>(1)?, arguments.integer_or(2, 0)?);
        // It returns whether there is room, and makes none.
        let capacity = bytes.borrow::<Bytes>()?.capacity;
        Ok(usize::try_from(size).is_ok_and(|size| size <= capacity))
    })?;
    functions::function(lua, &library, "get_type", |_, arguments| {
        let mut given = MultiValue::new();
        if arguments.count() >= 1 {
            let bytes = arguments.object::<Bytes>(1)?;
            let particle_type = bytes.borrow::<Bytes>()?.particle_type.0;
            given.push_back(Value::Integer(particle_type.into()));
        }
        Ok(given)
    })?;
    functions::function(lua, &library, "set_type", |_, arguments| {
        if arguments.count() != 2 {
            return Ok(false);
        }
        let (bytes, particle_type) = (arguments.object::<Bytes>(1)?, arguments.integer_or(2, 0)?);
        if particle_type == 0 {
            return Ok(false);
        }
        bytes.borrow_mut::<Bytes>()?.particle_type = ParticleType(particle_type as u8);
        Ok(true)
    })?;
    functions::function(lua, &library, "get_byte", |_, arguments| get_byte(arguments))?;
    functions::function(lua, &library, "set_byte", set_byte)?;
    functions::function(lua, &library, "append_byte", |lua, arguments| {
        write_integer(lua, arguments, Place::End, Integer::BYTE)
    })?;
    for integer in Integer::ALL {
        for suffix in integer.suffixes() {
            let name = |verb| format!("{verb}_int{}{suffix}", integer.size * 8);
            functions::function(lua, &library, &name("get"), move |_, arguments| {
                read_integer(arguments, integer)
            })?;
            functions::function(lua, &library, &name("set"), move |lua, arguments| {
                write_integer(lua, arguments, Place::Index, integer)
            })?;
            functions::function(lua, &library, &name("append"), move |lua, arguments| {
                write_integer(lua, arguments, Place::End, integer)
            })?;
        }
    }
    functions::function(lua, &library, "get_var_int", |_, arguments| get_var_int(arguments))?;
    functions::function(lua, &library, "set_var_int", |lua, arguments| {
        write_var_int(lua, arguments, Place::Index)
    })?;
    functions::function(lua, &library, "append_var_int", |lua, arguments| {
        write_var_int(lua, arguments, Place::End)
    })?;
    functions::function(lua, &library, "get_string", |lua, arguments| {
        match range(lua, arguments)? {
            Some(data) => lua.create_string(data).map(|text| one(Value::String(text))),
            None => Ok(MultiValue::new()),
        }
    })?;
    functions::function(lua, &library, "get_bytes", |lua, arguments| {
        match range(lua, arguments)? {
            Some(data) => Bytes::create(lua, ParticleType::BLOB, &data).map(|bytes| one(Value::UserData(bytes))),
            None => Ok(MultiValue::new()),
        }
    })?;
    functions::function(lua, &library, "set_string", |lua, arguments| {
        write_string(lua, arguments, Place::Index)
    })?;
    functions::function(lua, &library, "append_string", |lua, arguments| {
        write_string(lua, arguments, Place::End)
    })?;
    functions::function(lua, &library, "set_bytes", |lua, arguments| {
        write_bytes(lua, arguments, Place::Index)
    })?;
    functions::function(lua, &library, "append_bytes", |lua, arguments| {
        write_bytes(lua, arguments, Place::End)
    })?;
    Ok(library)
}

/// `bytes()` and `bytes(capacity)`.
pub(super) fn construct(lua: &Lua, arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    // The library itself is the first argument of its call.
    let capacity = match arguments.count() {
        1 => 0,
        2 => arguments.integer_or(2, 0)? as u32 as usize,
        _ => return Ok(MultiValue::new()),
    };
    let object = Bytes::create(lua, ParticleType::BLOB, &[])?;
    object.borrow_mut::<Bytes>()?.capacity = capacity;
    Ok(one(Value::UserData(object)))
}

fn one(value: Value) -> MultiValue {
    MultiValue::from_iter([value])
}

fn size(arguments: &Arguments<'_>) -> mlua::Result<usize> {
    if arguments.count() != 1 {
        return Ok(0);
    }
    let object = arguments.object::<Bytes>(1)?;
    let size = object.borrow::<Bytes>()?.size;
    Ok(size)
}

/// Where a value is written. An index is an argument before the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Index,
    End,
}

impl Place {
    /// The number of the argument that holds the value.
    const fn argument(self) -> usize {
        match self {
            Self::Index => 3,
            Self::End => 2,
        }
    }

    /// The position in the buffer; `None` for an invalid index.
    fn find(self, arguments: &Arguments<'_>, object: &AnyUserData) -> mlua::Result<Option<usize>> {
        match self {
            Self::Index => Ok(offset(arguments.integer_or(2, 0)?)),
            Self::End => Ok(Some(object.borrow::<Bytes>()?.size)),
        }
    }
}

/// Scripts count from 1, in 32 bits.
fn offset(index: i64) -> Option<usize> {
    u32::try_from(index).ok()?.checked_sub(1).map(|at| at as usize)
}

/// The format of an integer.
#[derive(Debug, Clone, Copy)]
struct Integer {
    size: usize,
    is_little: bool,
    is_signed: bool,
}

impl Integer {
    const BYTE: Self = Self {
        size: 1,
        is_little: false,
        is_signed: false,
    };
    const ALL: [Self; 6] = [
        Self::signed(2, false),
        Self::signed(2, true),
        Self::signed(4, false),
        Self::signed(4, true),
        Self::signed(8, false),
        Self::signed(8, true),
    ];

    const fn signed(size: usize, is_little: bool) -> Self {
        Self {
            size,
            is_little,
            is_signed: true,
        }
    }

    /// The suffixes of function names. Big-endian is the default.
    const fn suffixes(self) -> &'static [&'static str] {
        if self.is_little { &["_le"] } else { &["", "_be"] }
    }

    fn takes(self, n: i64) -> bool {
        let bits = self.size * 8;
        match (self.is_signed, bits) {
            (_, 64..) => true,
            (true, _) => (-(1 << (bits - 1))..1 << (bits - 1)).contains(&n),
            (false, _) => (0..1 << bits).contains(&n),
        }
    }

    fn encode(self, n: i64) -> Vec<u8> {
        if self.is_little {
            n.to_le_bytes().into_iter().take(self.size).collect()
        } else {
            n.to_be_bytes().into_iter().skip(8 - self.size).collect()
        }
    }

    fn decode(self, data: &[u8]) -> i64 {
        let push = |n: i64, byte: &u8| n << 8 | i64::from(*byte);
        let n = if self.is_little {
            data.iter().rev().fold(0, push)
        } else {
            data.iter().fold(0, push)
        };
        let unused = 64 - 8 * self.size;
        if self.is_signed { n << unused >> unused } else { n }
    }
}

fn get_byte(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    read_integer(arguments, Integer::BYTE)
}

fn set_byte(lua: &Lua, arguments: &Arguments<'_>) -> mlua::Result<bool> {
    write_integer(lua, arguments, Place::Index, Integer::BYTE)
}

fn read_integer(arguments: &Arguments<'_>, integer: Integer) -> mlua::Result<MultiValue> {
    if arguments.count() != 2 {
        return Ok(MultiValue::new());
    }
    let object = arguments.object::<Bytes>(1)?;
    let at = offset(arguments.integer_or(2, 0)?);
    let bytes = object.borrow::<Bytes>()?;
    let data = at.and_then(|at| bytes.as_slice().get(at..)?.get(..integer.size));
    Ok(data.map_or_else(MultiValue::new, |data| one(Value::Integer(integer.decode(data)))))
}

fn write_integer(lua: &Lua, arguments: &Arguments<'_>, place: Place, integer: Integer) -> mlua::Result<bool> {
    if arguments.count() != place.argument() {
        return Ok(false);
    }
    let object = arguments.object::<Bytes>(1)?;
    let at = place.find(arguments, &object)?;
    let n = arguments.integer_or(place.argument(), 0)?;
    match at {
        Some(at) if integer.takes(n) => put(lua, &object, at, &integer.encode(n)),
        _ => Ok(false),
    }
}

/// Reads an integer of 7 bits a byte, the lowest first, and its size in bytes.
fn get_var_int(arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    if arguments.count() != 2 {
        return Ok(MultiValue::new());
    }
    let object = arguments.object::<Bytes>(1)?;
    let Some(at) = offset(arguments.integer_or(2, 0)?) else {
        return Ok(MultiValue::new());
    };
    let bytes = object.borrow::<Bytes>()?;
    let data = bytes.buffer.get(at..).unwrap_or_default();
    let size = data.iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
    let n = data
        .iter()
        .take(size.min(5))
        .rev()
        .fold(0_u64, |n, byte| n << 7 | u64::from(byte & 0x7f));
    Ok(MultiValue::from_iter([
        Value::Integer((n as u32).into()),
        Value::Integer(size as i64),
    ]))
}

/// Returns how many bytes were written. They do not change the size, even if they were appended.
fn write_var_int(lua: &Lua, arguments: &Arguments<'_>, place: Place) -> mlua::Result<usize> {
    const LONGEST: usize = 5;
    if arguments.count() != place.argument() {
        return Ok(0);
    }
    let object = arguments.object::<Bytes>(1)?;
    let at = place.find(arguments, &object)?;
    let n = arguments.integer_or(place.argument(), 0)?;
    let (Some(at), Ok(n)) = (at, i32::try_from(n)) else {
        return Ok(0);
    };
    if !reserve(lua, &object, at.saturating_add(LONGEST))? {
        return Ok(0);
    }
    let mut data = Vec::with_capacity(LONGEST);
    let mut n = n as u32;
    while n >= 0x80 {
        data.push(n as u8 | 0x80);
        n >>= 7;
    }
    data.push(n as u8);
    let mut bytes = object.borrow_mut::<Bytes>()?;
    if let Some(place) = bytes.buffer.get_mut(at..at.saturating_add(data.len())) {
        place.copy_from_slice(&data);
    }
    Ok(data.len())
}

/// The data at an index, of a length; bytes after the end are 0.
fn range(lua: &Lua, arguments: &Arguments<'_>) -> mlua::Result<Option<Vec<u8>>> {
    if arguments.count() != 3 {
        return Ok(None);
    }
    let object = arguments.object::<Bytes>(1)?;
    let (index, length) = (arguments.integer_or(2, 0)?, arguments.integer_or(3, 0)?);
    let (Some(at), Ok(length)) = (offset(index), u32::try_from(length)) else {
        return Ok(None);
    };
    let length = length as usize;
    if length > MEMORY {
        return Err(errors::out_of_memory());
    }
    limits::spend(lua, length)?;
    let bytes = object.borrow::<Bytes>()?;
    let data = bytes.as_slice().get(at..).unwrap_or_default();
    let mut copy = data.get(..length).unwrap_or(data).to_vec();
    copy.resize(length, 0);
    Ok(Some(copy))
}

fn write_string(lua: &Lua, arguments: &Arguments<'_>, place: Place) -> mlua::Result<bool> {
    if arguments.count() != place.argument() {
        return Ok(false);
    }
    let object = arguments.object::<Bytes>(1)?;
    let at = place.find(arguments, &object)?;
    let text = arguments.string(place.argument())?;
    match (at, text) {
        (Some(at), Some(text)) if place == Place::Index || !text.as_bytes().is_empty() => {
            put(lua, &object, at, &text.as_bytes())
        }
        _ => Ok(false),
    }
}

/// Writes the first bytes of another bytes object.
fn write_bytes(lua: &Lua, arguments: &Arguments<'_>, place: Place) -> mlua::Result<bool> {
    let number = place.argument();
    if arguments.count() != number + 1 {
        return Ok(false);
    }
    let object = arguments.object::<Bytes>(1)?;
    let at = place.find(arguments, &object)?;
    let other = arguments.object::<Bytes>(number)?;
    let length = arguments.integer_or(number + 1, 0)?;
    let (Some(at), Ok(length)) = (at, u32::try_from(length)) else {
        return Ok(false);
    };
    let mut data = other.borrow::<Bytes>()?.as_slice().to_vec();
    data.truncate(length as usize);
    put(lua, &object, at, &data)
}
