//! Contexts: paths from a bin's collection to a nested one.
//!
//! A context is a list of pairs of an integer and a value, one pair for each step. The integer says how the value
//! selects an element, whether in a list or a map, and how a missing collection is created.

use crate::error::DecodeError;
use crate::msgpack::{ORDERED, Reader, VALUE_ORDERED, write};
use crate::value::{MapOrder, Value};

/// The mask for how a step selects an element.
pub const BASE_MASK: u64 = 0x0f;
/// By index.
pub const BY_INDEX: u64 = 0;
/// By rank.
pub const BY_RANK: u64 = 1;
/// By key.
pub const BY_KEY: u64 = 2;
/// By value.
pub const BY_VALUE: u64 = 3;
/// By expression; only in path expressions.
pub const BY_EXPRESSION: u64 = 4;
/// The step selects in a list.
pub const LIST: u64 = 0x10;
/// The step selects in a map.
pub const MAP: u64 = 0x20;
/// The mask for the kind of collection that is created if it is missing; 0 for none.
pub const CREATE_MASK: u64 = 0xc0;
/// An unordered list or map.
pub const CREATE_UNORDERED: u64 = 0x40;
/// An unordered list, padded with nil up to the index; a map ordered by key.
pub const CREATE_PADDED_OR_KEY_ORDERED: u64 = 0x80;
/// An ordered list; a map ordered by key and value.
pub const CREATE_ORDERED: u64 = 0xc0;
/// The created collection persists its index.
pub const CREATE_PERSIST_INDEX: u64 = 0x100;

/// The path from a bin's collection to a nested one.
///
/// ```
/// use spikelet_wire::context::Context;
///
/// let context = Context::new().map_key("lists").list_index(-1);
/// assert_eq!(context.steps().len(), 2);
/// ```
#[must_use]
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Context(Vec<Step>);

/// One step of a [`Context`].
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// The element at an index of a list.
    ListIndex(i64),
    /// The element at an index of a list. If it is missing it is created, as a list or as the next step requires.
    ListIndexCreate(i64, ListCreate),
    /// The element with a rank in a list.
    ListRank(i64),
    /// The first element of a list that equals a value.
    ListValue(Value),
    /// The value of the key at an index of a map.
    MapIndex(i64),
    /// The value with a rank in a map.
    MapRank(i64),
    /// The value of a key of a map.
    MapKey(Value),
    /// The value of a key of a map. If it is missing it is created.
    MapKeyCreate(Value, MapOrder),
    /// The first value of a map that equals a value.
    MapValue(Value),
    /// Any other integer, and its value.
    Other(u64, Value),
}

/// The kind of list that a step creates if it is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListCreate {
    /// An unordered list; the index may not be past its end.
    Unordered,
    /// An unordered list, padded with nil up to the index.
    Padded,
    /// An ordered list.
    Ordered,
}

impl Context {
    /// An empty context, which selects the bin's collection itself.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Selects the element at an index of a list; a negative index counts from the end.
    pub fn list_index(self, index: i64) -> Self {
        self.then(Step::ListIndex(index))
    }

    /// Selects the element at an index of a list, which is created if it is missing.
    pub fn list_index_create(self, index: i64, create: ListCreate) -> Self {
        self.then(Step::ListIndexCreate(index, create))
    }

    /// Selects the element with a rank in a list; a negative rank counts from the greatest.
    pub fn list_rank(self, rank: i64) -> Self {
        self.then(Step::ListRank(rank))
    }

    /// Selects the first element of a list that equals a value.
    pub fn list_value(self, value: impl Into<Value>) -> Self {
        self.then(Step::ListValue(value.into()))
    }

    /// Selects the value of the key at an index of a map; a negative index counts from the end.
    pub fn map_index(self, index: i64) -> Self {
        self.then(Step::MapIndex(index))
    }

    /// Selects the value with a rank in a map; a negative rank counts from the greatest.
    pub fn map_rank(self, rank: i64) -> Self {
        self.then(Step::MapRank(rank))
    }

    /// Selects the value of a key of a map.
    pub fn map_key(self, key: impl Into<Value>) -> Self {
        self.then(Step::MapKey(key.into()))
    }

    /// Selects the value of a key of a map, which is created if it is missing. If the map is missing too, it is created
    /// with this order.
    pub fn map_key_create(self, key: impl Into<Value>, order: MapOrder) -> Self {
        self.then(Step::MapKeyCreate(key.into(), order))
    }

    /// Selects the first value of a map that equals a value.
    pub fn map_value(self, value: impl Into<Value>) -> Self {
        self.then(Step::MapValue(value.into()))
    }

    /// Makes the collection that the last step creates persist its index. The server accepts this for the first step
    /// only.
    pub fn persist_index(mut self) -> Self {
        if let Some(step) = self.0.pop() {
            let code = step.code() | CREATE_PERSIST_INDEX;
            self.0.push(Step::Other(code, step.into_value()));
        }
        self
    }

    /// Appends a step.
    pub fn then(mut self, step: Step) -> Self {
        self.0.push(step);
        self
    }

    /// Whether it selects the bin's collection itself.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its steps.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Decodes a context from msgpack.
    ///
    /// # Errors
    /// If it is not a list of pairs of an integer and a value, or [`Value::unpack`] rejects a value.
    pub fn unpack(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.at();
        let n = reader.list()?;
        if n % 2 != 0 {
            return Err(DecodeError::new("a step of a context without a value", at));
        }
        let mut context = Self::default();
        for _ in 0..n / 2 {
            let code = reader.int()?.cast_unsigned();
            context = context.then(Step::of(code, Value::unpack(reader)?));
        }
        Ok(context)
    }

    /// Appends the context as msgpack.
    pub fn pack(&self, out: &mut Vec<u8>) {
        write::list(out, 2 * self.0.len() as u32);
        self.0.iter().for_each(|step| step.pack(out));
    }
}

impl FromIterator<Step> for Context {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl Step {
    fn of(code: u64, value: Value) -> Self {
        const LIST_INDEX: u64 = LIST | BY_INDEX;
        const LIST_RANK: u64 = LIST | BY_RANK;
        const LIST_VALUE: u64 = LIST | BY_VALUE;
        const MAP_INDEX: u64 = MAP | BY_INDEX;
        const MAP_RANK: u64 = MAP | BY_RANK;
        const MAP_KEY: u64 = MAP | BY_KEY;
        const MAP_VALUE: u64 = MAP | BY_VALUE;
        match (code & !CREATE_MASK, code & CREATE_MASK, value) {
            (LIST_INDEX, 0, Value::Int(n)) => Self::ListIndex(n),
            (LIST_INDEX, CREATE_UNORDERED, Value::Int(n)) => Self::ListIndexCreate(n, ListCreate::Unordered),
            (LIST_INDEX, CREATE_PADDED_OR_KEY_ORDERED, Value::Int(n)) => Self::ListIndexCreate(n, ListCreate::Padded),
            (LIST_INDEX, CREATE_ORDERED, Value::Int(n)) => Self::ListIndexCreate(n, ListCreate::Ordered),
            (LIST_RANK, 0, Value::Int(n)) => Self::ListRank(n),
            (LIST_VALUE, 0, value) => Self::ListValue(value),
            (MAP_INDEX, 0, Value::Int(n)) => Self::MapIndex(n),
            (MAP_RANK, 0, Value::Int(n)) => Self::MapRank(n),
            (MAP_KEY, 0, value) => Self::MapKey(value),
            (MAP_KEY, CREATE_UNORDERED, value) => Self::MapKeyCreate(value, MapOrder::Unordered),
            (MAP_KEY, CREATE_PADDED_OR_KEY_ORDERED, value) => Self::MapKeyCreate(value, MapOrder::KeyOrdered),
            (MAP_KEY, CREATE_ORDERED, value) => Self::MapKeyCreate(value, MapOrder::KeyValueOrdered),
            (MAP_VALUE, 0, value) => Self::MapValue(value),
            (_, _, value) => Self::Other(code, value),
        }
    }

    fn pack(&self, out: &mut Vec<u8>) {
        write::uint(out, self.code());
        match self {
            Self::ListIndex(n) | Self::ListIndexCreate(n, _) => write::int(out, *n),
            Self::ListRank(n) | Self::MapIndex(n) | Self::MapRank(n) => write::int(out, *n),
            Self::ListValue(value) | Self::MapKey(value) | Self::MapKeyCreate(value, _) => value.pack(out),
            Self::MapValue(value) | Self::Other(_, value) => value.pack(out),
        }
    }

    fn into_value(self) -> Value {
        match self {
            Self::ListIndex(n) | Self::ListIndexCreate(n, _) => Value::Int(n),
            Self::ListRank(n) | Self::MapIndex(n) | Self::MapRank(n) => Value::Int(n),
            Self::ListValue(value) | Self::MapKey(value) | Self::MapKeyCreate(value, _) => value,
            Self::MapValue(value) | Self::Other(_, value) => value,
        }
    }

    const fn code(&self) -> u64 {
        match self {
            Self::ListIndex(_) => LIST | BY_INDEX,
            Self::ListIndexCreate(_, create) => LIST | BY_INDEX | create.code(),
            Self::ListRank(_) => LIST | BY_RANK,
            Self::ListValue(_) => LIST | BY_VALUE,
            Self::MapIndex(_) => MAP | BY_INDEX,
            Self::MapRank(_) => MAP | BY_RANK,
            Self::MapKey(_) => MAP | BY_KEY,
            Self::MapKeyCreate(_, order) => MAP | BY_KEY | map_create_code(*order),
            Self::MapValue(_) => MAP | BY_VALUE,
            Self::Other(code, _) => *code,
        }
    }
}

impl ListCreate {
    const fn code(self) -> u64 {
        match self {
            Self::Unordered => CREATE_UNORDERED,
            Self::Padded => CREATE_PADDED_OR_KEY_ORDERED,
            Self::Ordered => CREATE_ORDERED,
        }
    }
}

const fn map_create_code(order: MapOrder) -> u64 {
    match order {
        MapOrder::Unordered => CREATE_UNORDERED,
        MapOrder::KeyOrdered => CREATE_PADDED_OR_KEY_ORDERED,
        MapOrder::KeyValueOrdered => CREATE_ORDERED,
    }
}

/// The flags of the map that a step with this integer creates.
#[must_use]
pub const fn created_map_flags(code: u64) -> u8 {
    match code & CREATE_MASK {
        CREATE_PADDED_OR_KEY_ORDERED => ORDERED,
        CREATE_ORDERED => ORDERED | VALUE_ORDERED,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_round_trip() {
        let context = Context::new()
            .list_index(-1)
            .list_index_create(3, ListCreate::Unordered)
            .list_index_create(3, ListCreate::Padded)
            .list_index_create(3, ListCreate::Ordered)
            .list_rank(0)
            .list_value("a")
            .map_index(1)
            .map_rank(-2)
            .map_key("k")
            .map_key_create("k", MapOrder::Unordered)
            .map_key_create("k", MapOrder::KeyOrdered)
            .map_key_create("k", MapOrder::KeyValueOrdered)
            .map_value(7)
            .then(Step::Other(0x99, Value::Nil));
        let mut packed = Vec::new();
        context.pack(&mut packed);
        assert_eq!(Context::unpack(&mut Reader::new(&packed)), Ok(context));
        for size in 0..packed.len() {
            let cut = packed.get(..size).unwrap();
            assert!(Context::unpack(&mut Reader::new(cut)).is_err(), "{size} bytes");
        }
        // Three items are not pairs.
        assert!(Context::unpack(&mut Reader::new(&[0x93, 0x10, 1, 2])).is_err());
    }
}
