//! Maps.

use spikelet_wire::cdt::{CallWriter, ReturnType};
use spikelet_wire::context::Context;
use spikelet_wire::map::{MapOp as Op, MapWriteFlags as Flags};
use spikelet_wire::{MapOrder, ResultCode, Value};

use super::{ExpectedValue, Outcome, ReturnSpec, give, order, others, positions, same};

/// A map: its pairs by key. Its order changes nothing but what a client reads of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Map {
    /// How the server says that it keeps it.
    pub order: MapOrder,
    /// Its pairs.
    pub pairs: Vec<(Value, Value)>,
}

/// An operation on a map.
#[derive(Debug, Clone)]
pub enum Call {
    /// Sets the order, as the flags that say it.
    SetOrder(u8),
    /// Writes a pair, where there is no map to one with these flags.
    Put(Value, Value, u8, Flags),
    /// Writes pairs, where there is no map to one with these flags.
    PutItems(Vec<(Value, Value)>, u8, Flags),
    /// Adds to a number, where there is no map in one with these flags.
    Increment(Value, i64, u8),
    /// Removes all pairs.
    Clear,
    /// Selects pairs, and removes them if so asked.
    Select(By, ReturnSpec, bool),
    /// Counts the pairs.
    Size,
}

/// By what pairs are selected.
#[derive(Debug, Clone)]
pub enum By {
    /// A key.
    Key(Value),
    /// From one key on, before another.
    KeyInterval(Value, Option<Value>),
    /// Some keys.
    AnyKey(Vec<Value>),
    /// By index: one pair, or with a count several.
    Index(i64, Option<i64>),
    /// From an index on, counted from that of a key.
    RelativeIndex(Value, i64, i64),
    /// By rank.
    Rank(i64, Option<i64>),
    /// The first that has a value.
    First(Value),
    /// All that have a value.
    Equal(Value),
    /// All that have one of some values.
    AnyOf(Vec<Value>),
    /// From one value on, before another.
    Interval(Value, Option<Value>),
    /// From a rank on, counted from that of a value.
    RelativeRank(Value, i64, i64),
}

impl Map {
    /// Applies an operation and gives the expected answer.
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
        // The server writes a whole map into an empty one, even what DO_PARTIAL would have it leave out.
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
                let wanted = relative(base, *index, *count);
                (matching(&|i| wanted.contains(&i)), true)
            }
            By::Rank(index, count) => {
                let wanted = positions(*index, *count, n)?;
                (matching(&|i| wanted.contains(&rank(i))), count.is_some())
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
                let wanted = relative(base, *index, *count);
                (matching(&|i| wanted.contains(&rank(i))), true)
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

/// The order that flags name.
#[must_use]
pub const fn order_of(flags: u8) -> MapOrder {
    match flags & 3 {
        0 => MapOrder::Unordered,
        1 => MapOrder::KeyOrdered,
        _ => MapOrder::KeyValueOrdered,
    }
}

impl Call {
    /// Whether it modifies the map.
    #[must_use]
    pub const fn modifies(&self) -> bool {
        !matches!(self, Self::Select(_, _, false) | Self::Size)
    }

    /// Whether it makes a map where there is none, and with which flags.
    #[must_use]
    pub const fn creates(&self) -> Option<u8> {
        match self {
            Self::Put(_, _, flags, _) | Self::PutItems(_, flags, _) | Self::Increment(_, _, flags) => Some(*flags),
            Self::SetOrder(_) => Some(0),
            _ => None,
        }
    }

    /// The operation as it goes over the wire, and whether it modifies.
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
