//! Tests of path expressions, each in a few words.

use spikelet_wire::exp::path as wire;
use spikelet_wire::msgpack::write;
use spikelet_wire::{Map, MapOrder, Value};

use super::*;
use crate::ops::exp::build::MAX_DEPTH;
use crate::ops::exp::evaluate::{Evaluation, LoopVariables};
use crate::ops::exp::expression::Expression;
use crate::ops::exp::value::Unknown;

fn packed(value: impl Into<Value>) -> Vec<u8> {
    let mut out = Vec::new();
    value.into().pack(&mut out);
    out
}

/// An operator and its operands, which are msgpack already.
fn op(code: u8, operands: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    write::list(&mut out, operands.len() as u32 + 1);
    write::int(&mut out, i64::from(code));
    out.extend(operands.concat());
    out
}

/// The variable of a type: 0 is the key, 1 the value, 2 the index.
fn variable(of: u8, which: u8) -> Vec<u8> {
    op(122, &[packed(of), packed(which)])
}

fn greater(than: i64) -> Vec<u8> {
    op(3, &[variable(2, 1), packed(than)])
}

fn call(steps: &[(u64, Vec<u8>)], flags: i64, modify: Option<Vec<u8>>) -> Vec<u8> {
    let mut out = Vec::new();
    write::list(&mut out, 3 + u32::from(modify.is_some()));
    write::int(&mut out, wire::SELECT);
    write::list(&mut out, 2 * steps.len() as u32);
    for (code, value) in steps {
        write::uint(&mut out, *code);
        out.extend_from_slice(value);
    }
    write::int(&mut out, flags);
    out.extend(modify.unwrap_or_default());
    out
}

fn bin(value: impl Into<Value>) -> Particle {
    let (particle_type, data) = value.into().to_particle();
    Particle::bytes(particle_type, &data)
}

#[track_caller]
fn selected(value: &Value, steps: &[(u64, Vec<u8>)], flags: i64) -> Result<Value, ResultCode> {
    let result = read(Some(&bin(value.clone())), &call(steps, flags, None))?;
    Ok(result.expect("a result").to_value().expect("a readable result"))
}

#[track_caller]
fn modified(value: &Value, steps: &[(u64, Vec<u8>)], flags: i64, by: Vec<u8>) -> Result<Value, ResultCode> {
    let mut bin = Some(bin(value.clone()));
    assert_eq!(modify(&mut bin, &call(steps, flags, Some(by)))?, None);
    Ok(bin.expect("a bin").to_value().expect("a readable bin"))
}

fn map(pairs: impl IntoIterator<Item = (&'static str, Value)>, order: MapOrder) -> Value {
    let mut map = Map::new(order);
    for (key, value) in pairs {
        map.insert(key, value);
    }
    Value::Map(map)
}

fn shop() -> Value {
    let nested = map([("x", 5.into()), ("y", 1.into())], MapOrder::KeyOrdered);
    map(
        [("a", vec![1, 2, 3].into()), ("b", 7.into()), ("m", nested)],
        MapOrder::KeyOrdered,
    )
}

fn all() -> (u64, Vec<u8>) {
    (4, packed(true))
}

#[test]
fn a_tree_keeps_the_shape_and_loses_the_order() {
    let expected = map([("a", vec![2, 3].into()), ("b", 7.into())], MapOrder::Unordered);
    let steps = [(10, packed(["a", "b"])), (4, greater(1))];
    assert_eq!(selected(&shop(), &steps, 0), Ok(expected));
    assert_eq!(
        selected(&shop(), &[(2, packed("none"))], 0),
        Ok(Value::Map(Map::default()))
    );
}

#[test]
fn leaves_come_as_a_list() {
    assert_eq!(selected(&shop(), &[all(), all()], 0x11), Ok(vec![1, 2, 3, 5, 1].into()));
    assert_eq!(
        selected(&shop(), &[(2, packed("m")), (4, greater(1))], 2),
        Ok(["x"].into())
    );
    let both = Value::List(vec!["x".into(), 5.into()]);
    assert_eq!(selected(&shop(), &[(2, packed("m")), (4, greater(1))], 3), Ok(both));
    // Lists have no keys.
    let keys_of_list = [(2, packed("a")), all()];
    assert_eq!(selected(&shop(), &keys_of_list, 2), Err(ResultCode::INCOMPATIBLE_TYPE));
    assert_eq!(selected(&shop(), &keys_of_list, 0x12), Ok(Value::List(Vec::new())));
}

#[test]
fn a_single_element_is_selected_by_index_and_rank() {
    let list = Value::from(vec![5, 9, 5, 1]);
    assert_eq!(selected(&list, &[(0x10, packed(-1))], 1), Ok([1].into()));
    assert_eq!(selected(&list, &[(0x11, packed(-1))], 1), Ok([9].into()));
    assert_eq!(selected(&list, &[(0x10, packed(4))], 1), Ok(Value::List(Vec::new())));
    assert_eq!(
        selected(&shop(), &[(0x20, packed(1))], 3),
        Ok(Value::List(vec!["b".into(), 7.into()]))
    );
}

#[test]
fn a_step_can_have_a_further_condition() {
    let and = |expression| (0x204, expression);
    assert_eq!(
        selected(&shop(), &[(2, packed("b")), and(greater(6))], 1),
        Ok([7].into())
    );
    assert_eq!(
        selected(&shop(), &[(2, packed("b")), and(greater(7))], 1),
        Ok(Value::List(Vec::new()))
    );
    let invalid = [
        vec![and(greater(7))],
        vec![all(), and(greater(7))],
        vec![(2, packed("b")), and(packed(true)), and(packed(true))],
        vec![(0x10, packed("no index"))],
        vec![(5, packed(0))],
        vec![],
    ];
    for steps in invalid {
        assert_eq!(selected(&shop(), &steps, 0), Err(ResultCode::PARAMETER), "{steps:?}");
    }
}

#[test]
fn an_unknown_value_fails_without_no_fail() {
    // The value of "a" is not an integer.
    assert_eq!(selected(&shop(), &[(4, greater(0))], 1), Err(ResultCode::PARAMETER));
    assert_eq!(selected(&shop(), &[(4, greater(0))], 0x11), Ok([7].into()));
    let doubled = || op(20, &[variable(2, 1), variable(2, 1)]);
    assert_eq!(modified(&shop(), &[all()], 4, doubled()), Err(ResultCode::SERVER_ERROR));
    let nested = map([("x", 5.into()), ("y", 1.into())], MapOrder::KeyOrdered);
    let expected = map(
        [("a", vec![1, 2, 3].into()), ("b", 14.into()), ("m", nested)],
        MapOrder::KeyOrdered,
    );
    assert_eq!(modified(&shop(), &[all()], 0x14, doubled()), Ok(expected));
}

#[test]
fn elements_are_replaced_and_removed() {
    let remove = || op(100, &[]);
    assert_eq!(
        modified(&[1, 5, 2].into(), &[(4, greater(1))], 4, remove()),
        Ok([1].into())
    );
    let expected = map([("a", vec![1, 2, 3].into()), ("b", 7.into())], MapOrder::KeyOrdered);
    assert_eq!(modified(&shop(), &[(2, packed("m"))], 4, remove()), Ok(expected));
    let index = variable(2, 2);
    assert_eq!(modified(&["a", "b"].into(), &[all()], 4, index), Ok([0, 1].into()));
    let wildcard = packed(Value::Wildcard);
    assert_eq!(modified(&[1].into(), &[all()], 4, wildcard), Err(ResultCode::PARAMETER));
    // A read does not modify.
    let argument = call(&[all()], 4, Some(remove()));
    assert_eq!(read(Some(&bin([1])), &argument), Err(ResultCode::PARAMETER));
}

#[test]
fn a_modified_ordered_list_is_sorted() {
    let negated = op(21, &[variable(2, 1)]);
    let list = Particle::bytes(ParticleType::LIST, &[0x94, 0xc7, 0, 1, 1, 2, 3]);
    let mut bin = Some(list);
    let result = modify(&mut bin, &call(&[all()], 4, Some(negated)));
    assert_eq!(result, Ok(None));
    let expected = Particle::bytes(ParticleType::LIST, &[0x94, 0xc7, 0, 1, 0xfd, 0xfe, 0xff]);
    assert_eq!(bin, Some(expected));
}

#[test]
fn the_nesting_of_expressions_and_paths_is_limited() {
    // Each call selects from a list of one element, by an expression that is the next call.
    let nested = |depth: usize| {
        (0..depth).fold(packed(true), |inner, _| {
            let select = call(&[(4, inner)], 1, None);
            op(127, &[packed(4), packed(0), select, op(126, &[packed([1])])])
        })
    };
    let evaluated = |depth| {
        let expression = nested(depth);
        let expression = Expression::build(&expression).expect("only the outermost is built at once");
        Evaluation::of_element(expression.program(), &LoopVariables::default(), &Steps::default())
            .value()
            .map(|value| value.bytes(ParticleType::LIST).expect("a list").to_vec())
    };
    assert_eq!(evaluated(1), Ok(vec![0x91, 1]));
    // A list is not a boolean.
    assert_eq!(evaluated(2), Ok(vec![0x90]));
    assert_eq!(evaluated(MAX_DEPTH / 2 - 1), Ok(vec![0x90]));
    assert_eq!(evaluated(MAX_DEPTH), Err(Unknown));
}

#[test]
fn only_collections_have_paths() {
    let argument = call(&[all()], 0, None);
    assert_eq!(read(None, &argument), Err(ResultCode::INCOMPATIBLE_TYPE));
    assert_eq!(
        read(Some(&Particle::Int(1)), &argument),
        Err(ResultCode::INCOMPATIBLE_TYPE)
    );
    for damaged in [&[0x93, 0xcc, 0xfe][..], &[0x93, 0xcc, 0xfe, 0x92, 4, 0xc3, 5]] {
        assert_eq!(read(Some(&bin([1])), damaged), Err(ResultCode::PARAMETER));
    }
}
