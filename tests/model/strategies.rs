//! Strategies for sequences. The pools of values, keys and indexes are small, so that operations affect the same
//! elements.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use spikelet_conformance::proptest::strategies::{bit_operation, blob, key, plain, step, value};
use spikelet_conformance::proptest::{Exists, Generation};
use spikelet_wire::Value;
use spikelet_wire::cdt::ReturnType as R;
use spikelet_wire::context::Step;
use spikelet_wire::list::ListWriteFlags;
use spikelet_wire::map::MapWriteFlags;
use spikelet_wire::message::ttl;

use super::record::{Op, Request};
use super::{ReturnSpec, list, map};

/// Up to three distinct values.
fn distinct(strategy: impl Strategy<Value = Value>) -> impl Strategy<Value = Vec<Value>> {
    vec(strategy, 0..4).prop_map(|values| {
        let mut distinct: Vec<Value> = Vec::new();
        for value in values {
            if !distinct.contains(&value) {
                distinct.push(value);
            }
        }
        distinct
    })
}

fn index() -> impl Strategy<Value = i64> {
    prop_oneof![3 => -3..4_i64, 1 => -7..8_i64]
}

fn kind(of_map: bool) -> impl Strategy<Value = R> {
    let mut kinds = vec![
        R::None,
        R::Index,
        R::ReverseIndex,
        R::Rank,
        R::ReverseRank,
        R::Count,
        R::Value,
        R::Exists,
    ];
    if of_map {
        kinds.extend([R::Key, R::KeyValue]);
    }
    select(kinds)
}

/// Only operations that select several elements can be inverted. For them the server also inverts the result of
/// `EXISTS`.
fn returns(of_map: bool, multi: bool) -> impl Strategy<Value = ReturnSpec> {
    (kind(of_map), any::<bool>()).prop_map(move |(kind, inverted)| ReturnSpec {
        kind,
        inverted: inverted && multi && kind != R::Exists,
    })
}

fn list_flags() -> impl Strategy<Value = ListWriteFlags> {
    prop_oneof![Just(0), 0..16_u64].prop_map(ListWriteFlags::from_bits_truncate)
}

fn map_flags() -> impl Strategy<Value = MapWriteFlags> {
    prop_oneof![Just(0), 0..16_u64].prop_map(MapWriteFlags::from_bits_truncate)
}

/// An operation on a list.
pub fn list_call() -> impl Strategy<Value = list::Call> {
    use list::{By, Call, Items};
    let items = || prop_oneof![value().prop_map(Items::One), vec(value(), 0..4).prop_map(Items::Many)];
    let one = prop_oneof![
        index().prop_map(|i| By::Index(i, None)),
        index().prop_map(|i| By::Rank(i, None)),
        value().prop_map(By::First),
    ];
    let several = prop_oneof![
        (index(), 0..5_i64).prop_map(|(i, n)| By::Index(i, Some(n))),
        (index(), 0..5_i64).prop_map(|(i, n)| By::Rank(i, Some(n))),
        value().prop_map(By::Equal),
        distinct(value()).prop_map(By::AnyOf),
        (value(), of(value())).prop_map(|(start, end)| By::Interval(start, end)),
        (value(), -3..4_i64, 0..5_i64).prop_map(|(value, rank, n)| By::RelativeRank(value, rank, n)),
    ];
    prop_oneof![
        1 => any::<bool>().prop_map(Call::SetOrder),
        4 => (items(), any::<bool>(), list_flags()).prop_map(|(items, order, flags)| Call::Append(items, order, flags)),
        2 => (index(), items(), list_flags()).prop_map(|(i, items, flags)| Call::Insert(i, items, flags)),
        1 => (index(), value(), list_flags()).prop_map(|(i, value, flags)| Call::Set(i, value, flags)),
        1 => (index(), -2..3_i64, any::<bool>()).prop_map(|(i, n, order)| Call::Increment(i, n, order)),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(down, drop)| Call::Sort(down, drop)),
        1 => Just(Call::Clear),
        1 => (index(), count(), any::<bool>()).prop_map(|(i, count, remove)| Call::Get(i, count, remove)),
        1 => (index(), count()).prop_map(|(i, count)| Call::Remove(i, count)),
        1 => (index(), 0..5_i64).prop_map(|(i, n)| Call::Trim(i, n)),
        1 => Just(Call::Size),
        4 => (one, returns(false, false), any::<bool>()).prop_map(|(by, returns, remove)| Call::Select(by, returns, remove)),
        8 => (several, returns(false, true), any::<bool>()).prop_map(|(by, returns, remove)| Call::Select(by, returns, remove)),
    ]
}

/// An operation on a map.
pub fn map_call() -> impl Strategy<Value = map::Call> {
    use map::{By, Call};
    let one = prop_oneof![
        key().prop_map(By::Key),
        index().prop_map(|i| By::Index(i, None)),
        index().prop_map(|i| By::Rank(i, None)),
        value().prop_map(By::First),
    ];
    let several = prop_oneof![
        (key(), of(key())).prop_map(|(start, end)| By::KeyInterval(start, end)),
        distinct(key()).prop_map(By::AnyKey),
        (index(), 0..5_i64).prop_map(|(i, n)| By::Index(i, Some(n))),
        (key(), -3..4_i64, 0..5_i64).prop_map(|(key, i, n)| By::RelativeIndex(key, i, n)),
        (index(), 0..5_i64).prop_map(|(i, n)| By::Rank(i, Some(n))),
        value().prop_map(By::Equal),
        distinct(value()).prop_map(By::AnyOf),
        (value(), of(value())).prop_map(|(start, end)| By::Interval(start, end)),
        (value(), -3..4_i64, 0..5_i64).prop_map(|(value, i, n)| By::RelativeRank(value, i, n)),
    ];
    let pairs = (distinct(key()), vec(value(), 4)).prop_map(|(keys, values)| keys.into_iter().zip(values).collect());
    prop_oneof![
        1 => order().prop_map(Call::SetOrder),
        4 => (key(), value(), order(), map_flags()).prop_map(|(key, value, o, flags)| Call::Put(key, value, o, flags)),
        3 => (pairs, order(), map_flags()).prop_map(|(pairs, order, flags)| Call::PutItems(pairs, order, flags)),
        1 => (key(), -2..3_i64, order()).prop_map(|(key, n, order)| Call::Increment(key, n, order)),
        1 => Just(Call::Clear),
        1 => Just(Call::Size),
        4 => (one, returns(true, false), any::<bool>()).prop_map(|(by, returns, remove)| Call::Select(by, returns, remove)),
        8 => (several, returns(true, true), any::<bool>()).prop_map(|(by, returns, remove)| Call::Select(by, returns, remove)),
    ]
}

/// The number of elements for an operation without a return type.
fn count() -> impl Strategy<Value = list::Count> {
    use list::Count;
    prop_oneof![Just(Count::One), (0..5_i64).prop_map(Count::Some), Just(Count::All)]
}

/// The flags of a map's order, one of them with a persisted index.
fn order() -> impl Strategy<Value = u8> {
    select(vec![0_u8, 1, 3, 0x13])
}

/// The steps of a context, mostly none.
fn context() -> impl Strategy<Value = Vec<Step>> {
    prop_oneof![5 => Just(Vec::new()), 2 => vec(step(), 1..3)]
}

/// A value of a bin: a value of an element, a blob, or a nested list or map.
fn bin_value() -> impl Strategy<Value = Value> {
    prop_oneof![scalar(), blob(), vec(value(), 0..5).prop_map(Value::List), pairs()]
}

/// A value that can be added or appended, or any value.
fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![3 => plain(), 1 => blob()]
}

/// A map.
fn pairs() -> impl Strategy<Value = Value> {
    (distinct(key()), vec(value(), 4)).prop_map(|(keys, values)| {
        let mut pairs: Vec<_> = keys.into_iter().zip(values).collect();
        pairs.sort_by(|(a, _), (b, _)| super::order(a, b));
        Value::Map(pairs.into_iter().collect())
    })
}

/// A bin, mostly one with the operation's type of value.
fn bin(of: &'static str) -> impl Strategy<Value = &'static str> {
    prop_oneof![12 => Just(of), 1 => select(vec![LIST, MAP, BLOB, SCALAR])]
}

const LIST: &str = "list";
const MAP: &str = "map";
const BLOB: &str = "blob";
const SCALAR: &str = "scalar";

/// An operation on one of a few bins.
pub fn op() -> impl Strategy<Value = Op> {
    let any_bin = || select(vec![LIST, MAP, BLOB, SCALAR]);
    let scalar = || prop_oneof![9 => scalar(), 1 => bin_value()];
    prop_oneof![
        2 => any_bin().prop_map(Op::Read),
        2 => (any_bin(), bin_value()).prop_map(|(bin, value)| Op::Write(bin, value)),
        2 => any_bin().prop_map(Op::RemoveBin),
        3 => (bin(SCALAR), scalar()).prop_map(|(bin, value)| Op::Write(bin, value)),
        2 => (bin(SCALAR), scalar()).prop_map(|(bin, value)| Op::Add(bin, value)),
        2 => (bin(SCALAR), scalar()).prop_map(|(bin, value)| Op::Append(bin, value)),
        2 => (bin(SCALAR), scalar()).prop_map(|(bin, value)| Op::Prepend(bin, value)),
        1 => Just(Op::Touch),
        1 => Just(Op::DeleteAll),
        18 => (bin(LIST), list_call(), context()).prop_map(|(bin, call, context)| Op::List(bin, call, context)),
        18 => (bin(MAP), map_call(), context()).prop_map(|(bin, call, context)| Op::Map(bin, call, context)),
        12 => (bin(BLOB), bit_operation()).prop_map(|(bin, op)| Op::Bits(bin, op)),
    ]
}

/// The operations of a command; `None` deletes the record.
fn ops() -> impl Strategy<Value = Option<Vec<Op>>> {
    prop_oneof![
        40 => vec(op(), 1..5).prop_map(Some),
        2 => Just(Some(vec![Op::ReadAll])),
        // Few operations can be combined with it.
        1 => vec(prop_oneof![Just(Op::ReadAll), op()], 1..3).prop_map(Some),
        1 => Just(None),
    ]
}

/// A command on one of two records.
pub fn request() -> impl Strategy<Value = Request> {
    let exists = prop_oneof![
        40 => Just(Exists::Update),
        1 => Just(Exists::UpdateOnly),
        1 => Just(Exists::Replace),
        1 => Just(Exists::ReplaceOnly),
        1 => Just(Exists::CreateOnly),
    ];
    let generation = prop_oneof![
        30 => Just(Generation::Any),
        1 => (0..4_u32).prop_map(Generation::Equal),
        1 => (0..4_u32).prop_map(Generation::Less),
    ];
    let ttl = prop_oneof![
        20 => Just(ttl::DEFAULT),
        2 => Just(ttl::NEVER),
        3 => Just(ttl::DONT_UPDATE),
        9 => 100..103_u32,
        1 => Just(400_000_000),
    ];
    (0..2_u8, exists, generation, ttl, any::<bool>(), ops()).prop_map(
        |(record, exists, generation, ttl, respond_all_ops, ops)| Request {
            record,
            exists,
            generation,
            ttl,
            respond_all_ops,
            ops,
        },
    )
}

/// The command that creates a record with a bin of each type.
fn first(record: u8) -> impl Strategy<Value = Request> {
    let write = |bin| move |value| Op::Write(bin, value);
    let ops = (
        vec(value(), 0..5).prop_map(Value::List).prop_map(write(LIST)),
        any::<bool>().prop_map(|ordered| Op::List(LIST, list::Call::SetOrder(ordered), Vec::new())),
        pairs().prop_map(write(MAP)),
        order().prop_map(|order| Op::Map(MAP, map::Call::SetOrder(order), Vec::new())),
        blob().prop_map(write(BLOB)),
        scalar().prop_map(write(SCALAR)),
    );
    ops.prop_map(move |(a, b, c, d, e, f)| Request {
        record,
        exists: Exists::Update,
        generation: Generation::Any,
        ttl: ttl::DEFAULT,
        respond_all_ops: false,
        ops: Some(vec![a, b, c, d, e, f]),
    })
}

/// An event of a sequence.
#[derive(Debug, Clone)]
pub enum Event {
    /// A command.
    Request(Request),
    /// Advances the time, in seconds.
    Wait(u32),
}

/// A sequence of commands. Time advances only if allowed.
pub fn sequence(may_wait: bool) -> impl Strategy<Value = Vec<Event>> {
    let wait = select(if may_wait { vec![1, 99, 100, 101] } else { vec![0] });
    let event = prop_oneof![12 => request().prop_map(Event::Request), 1 => wait.prop_map(Event::Wait)];
    let records = prop_oneof![
        3 => (first(0), first(1)).prop_map(|(a, b)| vec![a, b]),
        1 => Just(Vec::new()),
    ];
    (records, vec(event, 1..16)).prop_map(|(records, mut events)| {
        events.splice(0..0, records.into_iter().map(Event::Request));
        events
    })
}
