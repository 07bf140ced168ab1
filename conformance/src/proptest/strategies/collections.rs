//! Strategies for all list and map operations, with arguments that match their parameters.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use spikelet_client::Operation;
use spikelet_wire::cdt::{self, CallWriter, Parameter, ReturnType};
use spikelet_wire::context::{Context, ListCreate, Step};
use spikelet_wire::list::ListOp;
use spikelet_wire::map::MapOp;
use spikelet_wire::{MapOrder, OpCode, ParticleType, Value};

use super::values::{key, map, mostly, value};
use crate::proptest::display::has_return_type;

/// An argument.
#[derive(Debug, Clone)]
enum Argument {
    Int(i64),
    Value(Value),
}

/// A list operation, mostly on the bin `list`.
pub fn lists() -> impl Strategy<Value = Operation> {
    let calls = select(ListOp::ALL).prop_flat_map(|op| call(op.operation(), false));
    (mostly("list"), calls).prop_map(|(bin, (code, argument))| on(bin, code, argument))
}

/// A map operation, mostly on the bin `map`.
pub fn maps() -> impl Strategy<Value = Operation> {
    let calls = select(MapOp::ALL).prop_flat_map(|op| call(op.operation(), true));
    (mostly("map"), calls).prop_map(|(bin, (code, argument))| on(bin, code, argument))
}

fn on(bin: &str, code: OpCode, argument: Vec<u8>) -> Operation {
    Operation::raw(code, bin, ParticleType::BLOB, argument)
}

/// The arguments of an operation, with some or all of the optional ones, for the collection that a context selects.
fn call(op: cdt::Operation, on_map: bool) -> impl Strategy<Value = (OpCode, Vec<u8>)> {
    let parameters = op.required.iter().chain(op.optional).enumerate();
    let arguments: Vec<_> = parameters
        .map(|(at, &parameter)| argument(&op, at, parameter, on_map))
        .collect();
    let required = op.required.len();
    let code = if op.modifies {
        OpCode::CDT_MODIFY
    } else {
        OpCode::CDT_READ
    };
    let given = required..=required + op.optional.len();
    (arguments, given, context()).prop_map(move |(arguments, given, context)| {
        let call = arguments
            .iter()
            .take(given)
            .fold(CallWriter::new(op), |call, argument| match argument {
                Argument::Int(n) => call.int(*n),
                Argument::Value(value) => call.value(value),
            });
        (code, call.finish(&context))
    })
}

fn argument(op: &cdt::Operation, at: usize, parameter: Parameter, on_map: bool) -> BoxedStrategy<Argument> {
    let selects = has_return_type(op);
    // A value to compare with may also be a wildcard or infinity.
    let compared = || prop_oneof![20 => value(), 1 => Just(Value::Infinity), 1 => Just(Value::Wildcard)];
    let is_key = on_map && (op.name.contains("Key") || (at == 0 && !selects));
    match parameter {
        Parameter::Index => prop_oneof![3 => -3..4_i64, 1 => -8..9_i64]
            .prop_map(Argument::Int)
            .boxed(),
        Parameter::Count => (0..5_i64).prop_map(Argument::Int).boxed(),
        Parameter::Flags if selects => return_type().prop_map(Argument::Int).boxed(),
        Parameter::Flags if op.name == "SetType" => order().prop_map(Argument::Int).boxed(),
        // The order precedes the write flags. For an operation without an order, it is taken as write flags.
        Parameter::Flags => prop_oneof![order(), 0..16_i64].prop_map(Argument::Int).boxed(),
        Parameter::Stored if op.name.ends_with("Items") && on_map => map().prop_map(Argument::Value).boxed(),
        Parameter::Stored if op.name.ends_with("Items") => vec(value(), 0..4)
            .prop_map(|values| Argument::Value(values.into()))
            .boxed(),
        Parameter::Value if op.name.ends_with("List") && is_key => {
            vec(key(), 0..4).prop_map(|keys| Argument::Value(keys.into())).boxed()
        }
        Parameter::Value if op.name.ends_with("List") => vec(compared(), 0..4)
            .prop_map(|values| Argument::Value(values.into()))
            .boxed(),
        Parameter::Stored | Parameter::Value if is_key => key().prop_map(Argument::Value).boxed(),
        Parameter::Stored => value().prop_map(Argument::Value).boxed(),
        Parameter::Value => compared().prop_map(Argument::Value).boxed(),
    }
}

/// A return type, sometimes inverted.
fn return_type() -> impl Strategy<Value = i64> {
    let codes: Vec<i64> = (0..20)
        .filter(|&code| ReturnType::from_code(code).is_some())
        .map(|code| code as i64)
        .collect();
    let inverted = prop_oneof![4 => Just(0), 1 => Just(ReturnType::INVERTED as i64)];
    (select(codes), inverted).prop_map(|(code, inverted)| code | inverted)
}

/// The flags of an order, sometimes with a persisted index.
fn order() -> impl Strategy<Value = i64> {
    select(vec![0_i64, 1, 3, 0x11, 0x13])
}

/// A context, mostly without steps.
pub fn context() -> impl Strategy<Value = Context> {
    let steps = prop_oneof![5 => Just(Vec::new()), 2 => vec(step(), 1..3)];
    steps.prop_map(|steps| steps.into_iter().collect())
}

/// A step of a context.
pub fn step() -> impl Strategy<Value = Step> {
    let create = select(vec![ListCreate::Unordered, ListCreate::Padded, ListCreate::Ordered]);
    let order = select(vec![
        MapOrder::Unordered,
        MapOrder::KeyOrdered,
        MapOrder::KeyValueOrdered,
    ]);
    prop_oneof![
        (-3..4_i64).prop_map(Step::ListIndex),
        (-3..5_i64, create).prop_map(|(i, create)| Step::ListIndexCreate(i, create)),
        (-3..3_i64).prop_map(Step::ListRank),
        value().prop_map(Step::ListValue),
        (-3..3_i64).prop_map(Step::MapIndex),
        (-3..3_i64).prop_map(Step::MapRank),
        key().prop_map(Step::MapKey),
        (key(), order).prop_map(|(key, order)| Step::MapKeyCreate(key, order)),
        value().prop_map(Step::MapValue),
    ]
}
