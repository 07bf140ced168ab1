//! A model of list operations.

use spikelet_wire::ResultCode;
use spikelet_wire::Value;
use spikelet_wire::cdt::{CallWriter, ReturnType};
use spikelet_wire::context::Context;
use spikelet_wire::list::{ListOp as Op, ListWriteFlags as Flags};

use super::{ExpectedValue, Outcome, ReturnSpec, give, order, others, positions, same, sorted};

/// A list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct List {
    /// Whether the list is ordered.
    pub ordered: bool,
    /// The elements.
    pub items: Vec<Value>,
}

/// An operation on a list.
#[derive(Debug, Clone)]
pub enum Call {
    /// Sets whether the list is ordered.
    SetOrder(bool),
    /// Appends values. If there is no list, creates one that is ordered or not.
    Append(Items, bool, Flags),
    /// Inserts values before an index.
    Insert(i64, Items, Flags),
    /// Sets an element.
    Set(i64, Value, Flags),
    /// Adds to a number. If there is no list, creates one that is ordered or not.
    Increment(i64, i64, bool),
    /// Sorts the list: whether in descending order, and whether duplicates are removed.
    Sort(bool, bool),
    /// Removes all elements.
    Clear,
    /// Selects elements, and optionally removes them.
    Select(By, ReturnSpec, bool),
    /// Returns elements starting at an index, and optionally removes them.
    Get(i64, Count, bool),
    /// Removes elements starting at an index.
    Remove(i64, Count),
    /// Removes all elements except those starting at an index.
    Trim(i64, i64),
    /// Counts the elements.
    Size,
}

/// The number of elements for an operation without a return type.
#[derive(Debug, Clone, Copy)]
pub enum Count {
    /// One element, which is returned as it is.
    One,
    /// This number of elements, which are returned as a list.
    Some(i64),
    /// All elements up to the end, which are returned as a list.
    All,
}

/// One value, or several.
#[derive(Debug, Clone)]
pub enum Items {
    /// One.
    One(Value),
    /// Several.
    Many(Vec<Value>),
}

/// How elements are selected.
#[derive(Debug, Clone)]
pub enum By {
    /// By index: one element, or several with a count.
    Index(i64, Option<i64>),
    /// By rank.
    Rank(i64, Option<i64>),
    /// The first element that equals a value.
    First(Value),
    /// All elements that equal a value.
    Equal(Value),
    /// All elements that equal one of several values.
    AnyOf(Vec<Value>),
    /// From a value (inclusive) to another (exclusive).
    Interval(Value, Option<Value>),
    /// Starting at a rank relative to that of a value.
    RelativeRank(Value, i64, i64),
}

impl List {
    /// Applies an operation. Returns the expected result, and whether the model knows the list afterwards.
    pub fn apply(&mut self, call: &Call) -> (Outcome, bool) {
        let mut after = self.clone();
        let (outcome, known) = match call {
            Call::Select(by, returns, remove) => after.select(by, *returns, *remove),
            write => (after.write(write).map(ExpectedValue::Exactly), true),
        };
        // An operation that fails changes nothing.
        if outcome.is_ok() {
            *self = after;
        }
        (outcome, known)
    }

    fn write(&mut self, call: &Call) -> Result<Value, ResultCode> {
        let n = self.items.len();
        match call {
            Call::SetOrder(ordered) => {
                self.ordered = *ordered;
                self.keep_order();
                Ok(Value::Nil)
            }
            Call::Append(items, _, flags) => self.add(n as i64, items, *flags),
            Call::Insert(..) | Call::Set(..) if self.ordered => Err(ResultCode::OP_NOT_APPLICABLE),
            Call::Insert(index, items, flags) => self.add(*index, items, *flags),
            Call::Set(index, value, flags) if *index >= n as i64 => {
                self.add(*index, &Items::One(value.clone()), *flags).map(|_| Value::Nil)
            }
            Call::Set(index, value, flags) => {
                let i = positions(*index, None, n)?[0];
                let mut others = self.items.clone();
                others.remove(i);
                if flags.contains(Flags::ADD_UNIQUE) && others.iter().any(|other| same(other, value)) {
                    return no_fail(*flags, ResultCode::ELEMENT_EXISTS, Value::Nil);
                }
                self.items[i] = value.clone();
                Ok(Value::Nil)
            }
            Call::Increment(index, by, _) => {
                let index = if *index < 0 { *index + n as i64 } else { *index };
                let index = usize::try_from(index).map_err(|_| ResultCode::OP_NOT_APPLICABLE)?;
                if self.ordered && index > n {
                    return Err(ResultCode::OP_NOT_APPLICABLE);
                }
                let sum = match self.items.get(index) {
                    Some(Value::Int(old)) => Value::Int(old.wrapping_add(*by)),
                    Some(Value::Float(old)) => Value::Float(old + *by as f64),
                    Some(_) => return Err(ResultCode::PARAMETER),
                    None => Value::Int(*by),
                };
                if index >= self.items.len() {
                    self.items.resize(index + 1, Value::Nil);
                }
                self.items[index] = sum.clone();
                self.keep_order();
                Ok(sum)
            }
            Call::Sort(down, drop) => {
                if !self.ordered {
                    self.items = sorted(std::mem::take(&mut self.items));
                    if *down {
                        self.items.reverse();
                    }
                }
                let distinct = self.items.windows(2).any(|pair| !same(&pair[0], &pair[1]));
                if *drop && *down && distinct && !self.ordered {
                    return Err(ResultCode::PARAMETER);
                }
                if *drop {
                    self.items.dedup_by(|b, a| same(a, b));
                }
                Ok(Value::Nil)
            }
            Call::Clear => {
                self.items.clear();
                Ok(Value::Nil)
            }
            Call::Get(index, count, remove) => {
                let selected = count.positions(*index, n)?;
                let given: Vec<Value> = selected.iter().map(|&i| self.items[i].clone()).collect();
                if *remove {
                    self.keep(&others(&selected, n));
                }
                Ok(match count {
                    Count::One => given[0].clone(),
                    _ => Value::List(given),
                })
            }
            Call::Remove(index, count) => {
                let selected = count.positions(*index, n)?;
                self.keep(&others(&selected, n));
                Ok(Value::Int(selected.len() as i64))
            }
            Call::Trim(index, count) => {
                let kept = positions(*index, Some(*count), n)?;
                self.keep(&kept);
                Ok(Value::Int((n - kept.len()) as i64))
            }
            Call::Size => Ok(Value::Int(n as i64)),
            Call::Select(..) => unreachable!("selected elsewhere"),
        }
    }

    fn keep(&mut self, positions: &[usize]) {
        self.items = positions.iter().map(|&i| self.items[i].clone()).collect();
    }

    fn keep_order(&mut self) {
        if self.ordered {
            self.items = sorted(std::mem::take(&mut self.items));
        }
    }

    fn add(&mut self, index: i64, items: &Items, flags: Flags) -> Result<Value, ResultCode> {
        let n = self.items.len();
        let count = |items: &[Value]| Value::Int(items.len() as i64);
        let mut new = match items {
            Items::One(value) => vec![value.clone()],
            Items::Many(values) if values.is_empty() => return Ok(count(&self.items)),
            Items::Many(values) => values.clone(),
        };
        let index = if index < 0 { index + n as i64 } else { index };
        let index = usize::try_from(index).map_err(|_| ResultCode::OP_NOT_APPLICABLE)?;
        if flags.contains(Flags::INSERT_BOUNDED) && index > n {
            return no_fail(flags, ResultCode::OP_NOT_APPLICABLE, count(&self.items));
        }
        if flags.contains(Flags::ADD_UNIQUE) {
            let mut kept: Vec<Value> = Vec::new();
            let mut wrong = Vec::new();
            // An ordered list checks for duplicates among the new values before it checks its own elements.
            if self.ordered {
                new = sorted(new);
                if new.windows(2).any(|pair| same(&pair[0], &pair[1])) {
                    wrong.push(ResultCode::OP_NOT_APPLICABLE);
                }
            }
            for value in new {
                if self.items.iter().any(|item| same(item, &value)) {
                    wrong.push(ResultCode::ELEMENT_EXISTS);
                } else if kept.iter().any(|item| same(item, &value)) {
                    wrong.push(ResultCode::OP_NOT_APPLICABLE);
                } else {
                    kept.push(value);
                }
            }
            let partial = flags.contains(Flags::NO_FAIL | Flags::DO_PARTIAL);
            if let Some(&code) = wrong.first()
                && !partial
            {
                return no_fail(flags, code, count(&self.items));
            }
            new = kept;
            if new.is_empty() {
                return Ok(count(&self.items));
            }
        }
        if index > n {
            self.items.resize(index, Value::Nil);
        }
        self.items.splice(index..index, new);
        self.keep_order();
        Ok(count(&self.items))
    }

    fn select(&mut self, by: &By, returns: ReturnSpec, remove: bool) -> (Outcome, bool) {
        let n = self.items.len();
        let in_order = sorted(self.items.clone());
        let has_equal = in_order.windows(2).any(|pair| order(&pair[0], &pair[1]).is_eq());
        let below = |value: &Value| self.items.iter().filter(|item| order(item, value).is_lt()).count();
        let wants_rank = matches!(returns.kind, ReturnType::Rank | ReturnType::ReverseRank);
        let wants_index = matches!(returns.kind, ReturnType::Index | ReturnType::ReverseIndex);
        // In an unordered list, the ranks of equal values are unspecified.
        let by_rank = matches!(by, By::Rank(..) | By::RelativeRank(..));
        let is_open = by_rank && has_equal && !self.ordered;
        let known = !(is_open && remove);
        let mut by_value: Vec<usize> = (0..n).collect();
        by_value.sort_by(|&a, &b| order(&self.items[a], &self.items[b]));
        let matching = |test: &dyn Fn(&Value) -> bool| (0..n).filter(|&i| test(&self.items[i])).collect::<Vec<_>>();
        let at_ranks = |ranks: Vec<usize>| {
            let mut places: Vec<_> = ranks.iter().filter_map(|&rank| by_value.get(rank).copied()).collect();
            places.sort_unstable();
            places
        };
        let (selected, multi) = match by {
            By::Index(index, count) => (positions(*index, *count, n), count.is_some()),
            By::Rank(rank, count) => (positions(*rank, *count, n).map(at_ranks), count.is_some()),
            By::First(value) => {
                let mut all = matching(&|item| same(item, value));
                all.truncate(1);
                (Ok(all), false)
            }
            By::Equal(value) => (Ok(matching(&|item| same(item, value))), true),
            By::AnyOf(values) => (Ok(matching(&|item| values.iter().any(|value| same(item, value)))), true),
            By::Interval(start, end) => {
                let inside = |item: &Value| {
                    order(item, start).is_ge() && end.as_ref().is_none_or(|end| order(item, end).is_lt())
                };
                (Ok(matching(&inside)), true)
            }
            By::RelativeRank(value, rank, count) => {
                let start = below(value) as i64 + rank;
                let ranks = (start..start + count).filter_map(|rank| usize::try_from(rank).ok());
                (Ok(at_ranks(ranks.collect())), true)
            }
        };
        let mut selected = match selected {
            Ok(selected) => selected,
            Err(code) => return (Err(code), true),
        };
        if returns.inverted {
            selected = others(&selected, n);
        }
        let answer = match (is_open && wants_index, wants_rank && has_equal) {
            (false, false) => give(
                returns,
                multi,
                &selected,
                n,
                |i| below(&self.items[i]),
                |i| self.items[i].clone(),
            ),
            _ => ExpectedValue::Any,
        };
        if remove {
            self.keep(&others(&selected, n));
        }
        (Ok(answer), known)
    }
}

fn no_fail(flags: Flags, code: ResultCode, value: Value) -> Result<Value, ResultCode> {
    match flags.contains(Flags::NO_FAIL) {
        true => Ok(value),
        false => Err(code),
    }
}

impl Count {
    fn positions(self, index: i64, n: usize) -> Result<Vec<usize>, ResultCode> {
        match self {
            Self::One => positions(index, None, n),
            Self::Some(count) => positions(index, Some(count), n),
            Self::All => positions(index, Some(i64::MAX), n),
        }
    }
}

impl Call {
    /// Whether the operation modifies the list.
    #[must_use]
    pub const fn modifies(&self) -> bool {
        !matches!(self, Self::Select(_, _, false) | Self::Get(_, _, false) | Self::Size)
    }

    /// Whether the operation creates a missing list, and with which order.
    #[must_use]
    pub const fn creates(&self) -> Option<bool> {
        match self {
            Self::Append(_, ordered, _) | Self::Increment(_, _, ordered) => Some(*ordered),
            Self::SetOrder(_) | Self::Insert(..) | Self::Set(..) => Some(false),
            _ => None,
        }
    }

    /// The encoded operation, and whether it modifies.
    #[must_use]
    pub fn encode(&self, context: &Context) -> (Vec<u8>, bool) {
        let call = |op: Op| CallWriter::new(op.operation());
        let list = |values: &[Value]| Value::List(values.to_vec());
        let writer = match self {
            Self::SetOrder(ordered) => call(Op::SetType).int((*ordered).into()),
            Self::Append(Items::One(value), ordered, flags) => call(Op::Append)
                .value(value)
                .int((*ordered).into())
                .int(flags.bits() as i64),
            Self::Append(Items::Many(values), ordered, flags) => call(Op::AppendItems)
                .value(&list(values))
                .int((*ordered).into())
                .int(flags.bits() as i64),
            Self::Insert(index, Items::One(value), flags) => {
                call(Op::Insert).int(*index).value(value).int(flags.bits() as i64)
            }
            Self::Insert(index, Items::Many(values), flags) => call(Op::InsertItems)
                .int(*index)
                .value(&list(values))
                .int(flags.bits() as i64),
            Self::Set(index, value, flags) => call(Op::Set).int(*index).value(value).int(flags.bits() as i64),
            Self::Increment(index, by, ordered) => {
                call(Op::Increment).int(*index).int(*by).int((*ordered).into()).int(0)
            }
            Self::Sort(down, drop) => call(Op::Sort).int(i64::from(*down) + 2 * i64::from(*drop)),
            Self::Clear => call(Op::Clear),
            Self::Get(i, count, remove) => {
                let either = |get: Op, pop: Op| call(if *remove { pop } else { get }).int(*i);
                match count {
                    Count::One => either(Op::Get, Op::Pop),
                    Count::Some(n) => either(Op::GetRange, Op::PopRange).int(*n),
                    Count::All => either(Op::GetRange, Op::PopRange),
                }
            }
            Self::Remove(i, Count::One) => call(Op::Remove).int(*i),
            Self::Remove(i, Count::Some(n)) => call(Op::RemoveRange).int(*i).int(*n),
            Self::Remove(i, Count::All) => call(Op::RemoveRange).int(*i),
            Self::Trim(i, n) => call(Op::Trim).int(*i).int(*n),
            Self::Size => call(Op::Size),
            Self::Select(by, returns, remove) => {
                let inverted = if returns.inverted { ReturnType::INVERTED } else { 0 };
                let kind = (u64::from(returns.kind as u16) | inverted) as i64;
                let either = |get: Op, removing: Op| call(if *remove { removing } else { get }).int(kind);
                match by {
                    By::Index(i, None) => either(Op::GetByIndex, Op::RemoveByIndex).int(*i),
                    By::Index(i, Some(n)) => either(Op::GetByIndexRange, Op::RemoveByIndexRange).int(*i).int(*n),
                    By::Rank(i, None) => either(Op::GetByRank, Op::RemoveByRank).int(*i),
                    By::Rank(i, Some(n)) => either(Op::GetByRankRange, Op::RemoveByRankRange).int(*i).int(*n),
                    By::First(value) => either(Op::GetByValue, Op::RemoveByValue).value(value),
                    By::Equal(value) => either(Op::GetAllByValue, Op::RemoveAllByValue).value(value),
                    By::AnyOf(values) => either(Op::GetAllByValueList, Op::RemoveAllByValueList).value(&list(values)),
                    By::Interval(start, end) => {
                        let from = either(Op::GetByValueInterval, Op::RemoveByValueInterval).value(start);
                        end.iter().fold(from, CallWriter::value)
                    }
                    By::RelativeRank(value, rank, n) => {
                        let from = either(Op::GetByValueRelRankRange, Op::RemoveByValueRelRankRange).value(value);
                        from.int(*rank).int(*n)
                    }
                }
            }
        };
        let modifies = self.modifies();
        (writer.finish(context), modifies)
    }
}
