//! Random sequences of list and map operations: the server's functions are compared with a naive model.
//!
//! The pools of values and keys are small, so that operations affect the same elements. `PROPTEST_CASES` sets the
//! number of sequences.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use spikelet::unstable::{Particle, cdt};
use spikelet_tests::model::strategies::{list_call, map_call};
use spikelet_tests::model::{ExpectedValue, Outcome, list, map};
use spikelet_wire::context::{Context, Step};
use spikelet_wire::{MapOrder, Value};

/// Applies an operation to a bin and returns the result as a client reads it.
fn apply(
    bin: &mut Option<Particle>,
    (argument, modifies): &(Vec<u8>, bool),
) -> Result<Value, spikelet_wire::ResultCode> {
    let result = match modifies {
        true => cdt::modify(bin, argument),
        false => cdt::read(bin.as_ref(), argument),
    };
    Ok(result?.map_or(Value::Nil, |particle| particle.to_value().unwrap()))
}

/// A bin with a value.
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

/// The value of the bin after an operation; nil for no bin.
fn value_of(bin: Option<&Particle>) -> Value {
    bin.map_or(Value::Nil, |particle| particle.to_value().unwrap())
}

/// Saves failed sequences in a file next to this one. They are run first.
fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn lists_agree_with_the_model(calls in vec(list_call(), 1..20)) {
        let mut bin = bin_of(&Value::List(Vec::new()));
        let mut model = list::List::default();
        for call in &calls {
            let before = model.clone();
            let (expected, known) = model.apply(call);
            let answer = apply(&mut bin, &call.encode(&Context::default()));
            prop_assert!(agree(&expected, &answer), "{before:?} {call:?}: {answer:?}, not {expected:?}");
            let Value::List(items) = value_of(bin.as_ref()) else { panic!("the bin is not a list") };
            match known {
                true => prop_assert_eq!(&items, &model.items, "{:?} {:?}", before, call),
                false => model.items = items,
            }
        }
    }

    #[test]
    fn maps_agree_with_the_model(calls in vec(map_call(), 1..20)) {
        let mut bin = bin_of(&Value::Map(spikelet_wire::Map::default()));
        let mut model = map::Map::default();
        for call in &calls {
            let before = model.clone();
            let expected = model.apply(call);
            let answer = apply(&mut bin, &call.encode(&Context::default()));
            prop_assert!(agree(&expected, &answer), "{before:?} {call:?}: {answer:?}, not {expected:?}");
            let Value::Map(pairs) = value_of(bin.as_ref()) else { panic!("the bin is not a map") };
            let pairs: Vec<_> = pairs.into_iter().collect();
            prop_assert_eq!(&pairs, &model.pairs, "{:?} {:?}", before, call);
        }
    }

    /// An operation has the same effect on a nested collection as on the bin's collection.
    #[test]
    fn an_operation_on_a_nested_collection_has_the_same_effect(calls in vec(list_call(), 1..10), in_map in any::<bool>()) {
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
            let answer = apply(&mut inner, &call.encode(&Context::default()));
            prop_assert_eq!(&apply(&mut outer, &call.encode(&context)), &answer, "{:?}", call);
            let found = match value_of(outer.as_ref()) {
                Value::Map(map) => {
                    prop_assert_eq!((map.get("a"), map.get("z")), (Some(&1.into()), Some(&2.into())));
                    map.get("k").cloned().unwrap_or_default()
                }
                Value::List(items) => {
                    prop_assert_eq!((&items[0], &items[2]), (&7.into(), &8.into()));
                    items[1].clone()
                }
                other => panic!("the bin is {other}"),
            };
            prop_assert_eq!(found, value_of(inner.as_ref()), "{:?}", call);
        }
    }
}

#[test]
fn a_result_in_any_order_is_compared_as_a_multiset() {
    let holds = ExpectedValue::InAnyOrder(vec![1.into(), 2.into()]);
    assert!(holds.allows(&[2, 1].into()));
    assert!(!holds.allows(&[2, 2].into()));
    assert!(!holds.allows(&1.into()));
}
