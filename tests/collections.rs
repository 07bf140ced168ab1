//! Random sequences of list and map operations: the server's functions against a naive model.
//!
//! Pools of values and keys are tiny, so that operations collide. `PROPTEST_CASES` says how many sequences are tried.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::FileFailurePersistence;
use spikelet::ops::{Particle, cdt};
use spikelet_tests::model::{Answer, Outcome, Want, list, map};
use spikelet_wire::cdt::ReturnType as R;
use spikelet_wire::context::{Context, Step};
use spikelet_wire::list::ListWriteFlags;
use spikelet_wire::map::MapWriteFlags;
use spikelet_wire::{MapOrder, Value};

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => (-2..4_i64).prop_map(Value::Int),
        3 => select(vec!["", "a", "b"]).prop_map(Value::from),
        1 => Just(Value::Nil),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => select(vec![0.5, 2.0]).prop_map(Value::Float),
        1 => vec((0..2_i64).prop_map(Value::Int), 0..3).prop_map(Value::List),
    ]
}

fn key() -> impl Strategy<Value = Value> {
    prop_oneof![
        (-1..4_i64).prop_map(Value::Int),
        select(vec!["a", "b", "c"]).prop_map(Value::from),
        Just(Value::Blob(vec![1])),
    ]
}

/// Different values; asked for twice a value may come twice.
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
    -7..8_i64
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

/// Inversion is only for operations that select several; for them the server inverts what `EXISTS` says as well.
fn want(of_map: bool, multi: bool) -> impl Strategy<Value = Want> {
    (kind(of_map), any::<bool>()).prop_map(move |(kind, inverted)| Want {
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

fn list_call() -> impl Strategy<Value = list::Call> {
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
        3 => (items(), list_flags()).prop_map(|(items, flags)| Call::Append(items, flags)),
        2 => (index(), items(), list_flags()).prop_map(|(i, items, flags)| Call::Insert(i, items, flags)),
        1 => (index(), value(), list_flags()).prop_map(|(i, value, flags)| Call::Set(i, value, flags)),
        1 => (index(), -2..3_i64).prop_map(|(i, n)| Call::Increment(i, n)),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(down, drop)| Call::Sort(down, drop)),
        4 => (one, want(false, false), any::<bool>()).prop_map(|(by, want, remove)| Call::Select(by, want, remove)),
        8 => (several, want(false, true), any::<bool>()).prop_map(|(by, want, remove)| Call::Select(by, want, remove)),
    ]
}

fn map_call() -> impl Strategy<Value = map::Call> {
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
        1 => select(vec![0_u8, 1, 3, 0x13]).prop_map(Call::SetOrder),
        4 => (key(), value(), map_flags()).prop_map(|(key, value, flags)| Call::Put(key, value, flags)),
        3 => (pairs, map_flags()).prop_map(|(pairs, flags)| Call::PutItems(pairs, flags)),
        1 => (key(), -2..3_i64).prop_map(|(key, n)| Call::Increment(key, n)),
        4 => (one, want(true, false), any::<bool>()).prop_map(|(by, want, remove)| Call::Select(by, want, remove)),
        8 => (several, want(true, true), any::<bool>()).prop_map(|(by, want, remove)| Call::Select(by, want, remove)),
    ]
}

/// Applies an operation to a bin and gives the answer as a client reads it.
fn serve(
    bin: &mut Option<Particle>,
    (argument, modifies): &(Vec<u8>, bool),
) -> Result<Value, spikelet_wire::ResultCode> {
    let result = match modifies {
        true => cdt::modify(bin, argument),
        false => cdt::read(bin.as_ref(), argument),
    };
    Ok(result?.map_or(Value::Nil, |particle| particle.to_value().unwrap()))
}

/// A bin that holds a value.
fn bin_of(value: &Value) -> Option<Particle> {
    let (particle_type, data) = value.to_particle();
    Some(Particle::from_wire(particle_type, &data).unwrap())
}

fn agree(expected: &Outcome, answer: &Result<Value, spikelet_wire::ResultCode>) -> bool {
    match (expected, answer) {
        (Ok(expected), Ok(answer)) => expected.allows(answer),
        (expected, answer) => expected.as_ref().err() == answer.as_ref().err(),
    }
}

/// What is left of the collection, for a model that does not know it.
fn left(bin: Option<&Particle>) -> Value {
    bin.map_or(Value::Nil, |particle| particle.to_value().unwrap())
}

/// Sequences that failed once stand beside this file, and are tried first.
fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn lists_are_as_the_model_has_them(calls in vec(list_call(), 1..20)) {
        let mut bin = bin_of(&Value::List(Vec::new()));
        let mut model = list::List::default();
        for call in &calls {
            let before = model.clone();
            let (expected, known) = model.apply(call);
            let answer = serve(&mut bin, &call.encode(&Context::default()));
            prop_assert!(agree(&expected, &answer), "{before:?} {call:?}: {answer:?}, not {expected:?}");
            let Value::List(items) = left(bin.as_ref()) else { panic!("no list is left") };
            match known {
                true => prop_assert_eq!(&items, &model.items, "{:?} {:?}", before, call),
                false => model.items = items,
            }
        }
    }

    #[test]
    fn maps_are_as_the_model_has_them(calls in vec(map_call(), 1..20)) {
        let mut bin = bin_of(&Value::Map(spikelet_wire::Map::default()));
        let mut model = map::Map::default();
        for call in &calls {
            let before = model.clone();
            let expected = model.apply(call);
            let answer = serve(&mut bin, &call.encode(&Context::default()));
            prop_assert!(agree(&expected, &answer), "{before:?} {call:?}: {answer:?}, not {expected:?}");
            let Value::Map(pairs) = left(bin.as_ref()) else { panic!("no map is left") };
            let pairs: Vec<_> = pairs.into_iter().collect();
            prop_assert_eq!(&pairs, &model.pairs, "{:?} {:?}", before, call);
        }
    }

    /// An operation does to a collection inside of another what it does to the bin's own.
    #[test]
    fn contexts_change_nothing_but_the_place(calls in vec(list_call(), 1..10), in_map in any::<bool>()) {
        let (outer, step) = match in_map {
            true => {
                let mut map = spikelet_wire::Map::new(MapOrder::KeyOrdered);
                map.insert("a", 1);
                map.insert("k", Value::List(Vec::new()));
                map.insert("z", 2);
                (Value::Map(map), Step::MapKey("k".into()))
            }
            false => (Value::List(vec![7.into(), Value::List(Vec::new()), 8.into()]), Step::ListIndex(1)),
        };
        let context: Context = std::iter::once(step.clone()).collect();
        let (mut inner, mut outer) = (bin_of(&Value::List(Vec::new())), bin_of(&outer));
        for call in &calls {
            let answer = serve(&mut inner, &call.encode(&Context::default()));
            prop_assert_eq!(&serve(&mut outer, &call.encode(&context)), &answer, "{:?}", call);
            let found = match left(outer.as_ref()) {
                Value::Map(map) => {
                    prop_assert_eq!((map.get("a"), map.get("z")), (Some(&1.into()), Some(&2.into())));
                    map.get("k").cloned().unwrap_or_default()
                }
                Value::List(items) => {
                    prop_assert_eq!((&items[0], &items[2]), (&7.into(), &8.into()));
                    items[1].clone()
                }
                other => panic!("{other} is left"),
            };
            prop_assert_eq!(found, left(inner.as_ref()), "{:?}", call);
        }
    }
}

#[test]
fn an_answer_in_any_order_is_compared_as_a_set() {
    let holds = Answer::Holds(vec![1.into(), 2.into()]);
    assert!(holds.allows(&[2, 1].into()));
    assert!(!holds.allows(&[2, 2].into()));
    assert!(!holds.allows(&1.into()));
}
