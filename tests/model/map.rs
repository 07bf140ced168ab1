//! A model of map operations.

use spikelet_wire::cdt::{CallWriter, ReturnType};
use spikelet_wire::context::Context;
use spikelet_wire::map::{MapOp as Op, MapWriteFlags as Flags};
use spikelet_wire::{MapOrder, ResultCode, Value};

use super::{ExpectedValue, Outcome, ReturnSpec, give, order, others, positions, same};

/// A map, as entries sorted by key. Its order only affects what a client reads.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Map {
    /// The order that the server reports.
    pub order: MapOrder,
    /// The entries.
    pub pairs: Vec<(Value, Value)>,
}

/// An operation on a map.
#[derive(Debug, Clone)]
pub enum Call {
    /// Sets the order, given as flags.
    SetOrder(u8),
    /// Writes an entry. If there is no map, creates one with these flags.
    Put(Value, Value, u8, Flags),
    /// Writes entries. If there is no map, creates one with these flags.
    PutItems(Vec<(Value, Value)>, u8, Flags),
    /// Adds to a number. If there is no map, creates one with these flags.
    Increment(Value, i64, u8),
    /// Removes all entries.
    Clear,
    /// Selects entries, and optionally removes them.
    Select(By, ReturnSpec, bool),
    /// Counts the entries.
    Size,
}

/// How entries are selected.
#[derive(Debug, Clone)]
pub enum By {
    /// One key.
    Key(Value),
    /// From a key (inclusive) to another (exclusive).
    KeyInterval(Value, Option<Value>),
    /// Several keys.
    AnyKey(Vec<Value>),
    /// By index: one entry, or several with a count.
    Index(i64, Option<i64>),
    /// Starting at an index relative to that of a key.
    RelativeIndex(Value, i64, i64),
    /// By rank.
    Rank(i64, Option<i64>),
    /// The first entry with a value.
    First(Value),
    /// All entries with a value.
    Equal(Value),
    /// All entries with one of several values.
    AnyOf(Vec<Value>),
    /// From a value (inclusive) to another (exclusive).
    Interval(Value, Option<Value>),
    /// Starting at a rank relative to that of a value.
    RelativeRank(Value, i64, i64),
}

impl Map {
    /// Applies an operation and returns the expected result.
    pub fn apply(&mut self, call: &Call) -> Outcome {
        match call {
            Call::SetOrder(flags) => {
                self.order = order_of(*flags);
                Ok(ExpectedValue::Exactly(Value::Nil))
            }
            Call::Size => Ok(ExpectedValue::Exactly(Value::Int(self.pairs.len() as i64))),
            Call::Clear => {
                self.pairs.clear();
                Ok(ExpectedValue::Exactly(Value::Nil))
            }
            Call::Put(key, value, _, flags) => self.put(&[(key.clone(), value.clone())], *flags, false),
            Call::PutItems(pairs, _, flags) => self.put(pairs, *flags, true),
            Call::Increment(key, by, _) => {
                let sum = match self.get(key) {
                    None => Value::Int(*by),
                    Some(Value::Int(old)) => Value::Int(old.wrapping_add(*by)),
                    Some(Value::Float(old)) => Value::Float(old + *by as f64),
                    Some(_) => return Err(ResultCode::PARAMETER),
                };
                self.set(key, &sum);
                Ok(ExpectedValue::Exactly(sum))
            }
            Call::Select(by, returns, remove) => self.select(by, *returns, *remove),
        }
    }

    fn get(&self, key: &Value) -> Option<&Value> {
        self.pairs.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    fn set(&mut self, key: &Value, value: &Value) {
        self.pairs.retain(|(k, _)| k != key);
        self.pairs.push((key.clone(), value.clone()));
        self.pairs.sort_by(|(a, _), (b, _)| order(a, b));
    }

    fn put(&mut self, new: &[(Value, Value)], flags: Flags, several: bool) -> Outcome {
        let count = |map: &Self| Ok(ExpectedValue::Exactly(Value::Int(map.pairs.len() as i64)));
        let partial = several && flags.contains(Flags::NO_FAIL | Flags::DO_PARTIAL);
        // The server writes all entries into an empty map, even those that DO_PARTIAL would skip.
        let all_at_once = partial && self.pairs.is_empty();
        let mut after = self.clone();
        let mut new = new.to_vec();
        new.sort_by(|(a, _), (b, _)| order(a, b));
        for (key, value) in &new {
            let wrong = match self.get(key) {
                Some(_) if flags.contains(Flags::NO_OVERWRITE) => Some(ResultCode::ELEMENT_EXISTS),
                None if flags.contains(Flags::NO_CREATE) && !all_at_once => Some(ResultCode::ELEMENT_NOT_FOUND),
                _ => None,
            };
            match wrong {
                None => after.set(key, value),
                Some(_) if partial => {}
                Some(_) if flags.contains(Flags::NO_FAIL) => return count(self),
                Some(code) => return Err(code),
            }
        }
        *self = after;
        count(self)
    }

    fn select(&mut self, by: &By, returns: ReturnSpec, remove: bool) -> Outcome {
        let pairs = self.pairs.clone();
        let n = pairs.len();
        let before = |a: &(Value, Value), b: &(Value, Value)| order(&a.1, &b.1).then_with(|| order(&a.0, &b.0)).is_lt();
        let rank = |i: usize| pairs.iter().filter(|pair| before(pair, &pairs[i])).count();
        let matching = |test: &dyn Fn(usize) -> bool| (0..n).filter(|&i| test(i)).collect::<Vec<_>>();
        let inside = |item: &Value, start: &Value, end: &Option<Value>| {
            order(item, start).is_ge() && end.as_ref().is_none_or(|end| order(item, end).is_lt())
        };
        let relative = |base: usize, index: i64, count: i64| {
            let start = base as i64 + index;
            (start..start + count)
                .filter_map(|i| usize::try_from(i).ok())
                .collect::<Vec<_>>()
        };
        let wants_rank = matches!(returns.kind, ReturnType::Rank | ReturnType::ReverseRank);
        let (selected, multi) = match by {
            By::Key(key) => (matching(&|i| pairs[i].0 == *key), false),
            By::KeyInterval(start, end) => (matching(&|i| inside(&pairs[i].0, start, end)), true),
            By::AnyKey(_) if wants_rank => return Err(ResultCode::OP_NOT_APPLICABLE),
            By::AnyKey(keys) => (matching(&|i| keys.contains(&pairs[i].0)), true),
            By::Index(index, count) => (positions(*index, *count, n)?, count.is_some()),
            By::RelativeIndex(key, index, count) => {
                let base = pairs.iter().filter(|(k, _)| order(k, key).is_lt()).count();
                let selected = relative(base, *index, *count);
                (matching(&|i| selected.contains(&i)), true)
            }
            By::Rank(index, count) => {
                let selected = positions(*index, *count, n)?;
                (matching(&|i| selected.contains(&rank(i))), count.is_some())
            }
            By::First(value) => {
                let mut all = matching(&|i| same(&pairs[i].1, value));
                all.truncate(1);
                (all, false)
            }
            By::Equal(value) => (matching(&|i| same(&pairs[i].1, value)), true),
            By::AnyOf(values) => (matching(&|i| values.iter().any(|value| same(&pairs[i].1, value))), true),
            By::Interval(start, end) => (matching(&|i| inside(&pairs[i].1, start, end)), true),
            By::RelativeRank(value, index, count) => {
                let base = pairs.iter().filter(|(_, v)| order(v, value).is_lt()).count();
                let selected = relative(base, *index, *count);
                (matching(&|i| selected.contains(&rank(i))), true)
            }
        };
        let selected = if returns.inverted {
            others(&selected, n)
        } else {
            selected
        };
        let element = |i: usize| match returns.kind {
            ReturnType::Key => pairs[i].0.clone(),
            ReturnType::Value => pairs[i].1.clone(),
            _ => Value::List(vec![pairs[i].0.clone(), pairs[i].1.clone()]),
        };
        let answer = give(returns, multi, &selected, n, rank, element);
        if remove {
            self.pairs = others(&selected, n).into_iter().map(|i| pairs[i].clone()).collect();
        }
        Ok(answer)
    }
}

/// The order in flags.
#[must_use]
pub const fn order_of(flags: u8) -> MapOrder {
    match flags & 3 {
        0 => MapOrder::Unordered,
        1 => MapOrder::KeyOrdered,
        _ => MapOrder::KeyValueOrdered,
    }
}

impl Call {
    /// Whether the operation modifies the map.
    #[must_use]
    pub const fn modifies(&self) -> bool {
        !matches!(self, Self::Select(_, _, false) | Self::Size)
    }

    /// Whether the operation creates a missing map, and with which flags.
    #[must_use]
    pub const fn creates(&self) -> Option<u8> {
        match self {
            Self::Put(_, _, flags, _) | Self::PutItems(_, flags, _) | Self::Increment(_, _, flags) => Some(*flags),
            Self::SetOrder(_) => Some(0),
            _ => None,
        }
    }

    /// The encoded operation, and whether it modifies.
    #[must_use]
    pub fn encode(&self, context: &Context) -> (Vec<u8>, bool) {
        let call = |op: Op| CallWriter::new(op.operation());
        let list = |values: &[Value]| Value::List(values.to_vec());
        let writer = match self {
            Self::SetOrder(flags) => call(Op::SetType).int((*flags).into()),
            Self::Put(key, value, order, flags) => {
                let put = call(Op::Put).value(key).value(value);
                put.int((*order).into()).int(flags.bits() as i64)
            }
            Self::PutItems(pairs, order, flags) => {
                let pairs = Value::Map(pairs.iter().cloned().collect());
                let put = call(Op::PutItems).value(&pairs);
                put.int((*order).into()).int(flags.bits() as i64)
            }
            Self::Increment(key, by, order) => call(Op::Increment).value(key).int(*by).int((*order).into()),
            Self::Size => call(Op::Size),
            Self::Clear => call(Op::Clear),
            Self::Select(by, returns, remove) => {
                let inverted = if returns.inverted { ReturnType::INVERTED } else { 0 };
                let kind = (u64::from(returns.kind as u16) | inverted) as i64;
                let either = |get: Op, removing: Op| call(if *remove { removing } else { get }).int(kind);
                match by {
                    By::Key(key) => either(Op::GetByKey, Op::RemoveByKey).value(key),
                    By::KeyInterval(start, end) => {
                        let from = either(Op::GetByKeyInterval, Op::RemoveByKeyInterval).value(start);
                        end.iter().fold(from, CallWriter::value)
                    }
                    By::AnyKey(keys) => either(Op::GetByKeyList, Op::RemoveByKeyList).value(&list(keys)),
                    By::Index(i, None) => either(Op::GetByIndex, Op::RemoveByIndex).int(*i),
                    By::Index(i, Some(n)) => either(Op::GetByIndexRange, Op::RemoveByIndexRange).int(*i).int(*n),
                    By::RelativeIndex(key, i, n) => {
                        let from = either(Op::GetByKeyRelIndexRange, Op::RemoveByKeyRelIndexRange).value(key);
                        from.int(*i).int(*n)
                    }
                    By::Rank(i, None) => either(Op::GetByRank, Op::RemoveByRank).int(*i),
                    By::Rank(i, Some(n)) => either(Op::GetByRankRange, Op::RemoveByRankRange).int(*i).int(*n),
                    By::First(value) => either(Op::GetByValue, Op::RemoveByValue).value(value),
                    By::Equal(value) => either(Op::GetAllByValue, Op::RemoveAllByValue).value(value),
                    By::AnyOf(values) => either(Op::GetByValueList, Op::RemoveByValueList).value(&list(values)),
                    By::Interval(start, end) => {
                        let from = either(Op::GetByValueInterval, Op::RemoveByValueInterval).value(start);
                        end.iter().fold(from, CallWriter::value)
                    }
                    By::RelativeRank(value, i, n) => {
                        let from = either(Op::GetByValueRelRankRange, Op::RemoveByValueRelRankRange).value(value);
                        from.int(*i).int(*n)
                    }
                }
            }
        };
        let modifies = self.modifies();
        (writer.finish(context), modifies)
    }
}
