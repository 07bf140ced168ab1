//! Strategies for expressions, and for the operations that evaluate them.

use proptest::prelude::*;
use proptest::sample::select;
use spikelet_client::Operation;
use spikelet_client::ops::{bits, hll, list as on_list, map as on_map};
use spikelet_wire::exp::build::{
    Exp, bin_exists, bin_type, blob_bin, digest_modulo, float_bin, hll_bin, int_bin, is_tombstone, key_exists,
    list_bin, map_bin, since_update, string_bin, ttl, void_time,
};
use spikelet_wire::exp::flags;
use spikelet_wire::{OpCode, ParticleType, Value};

use super::values::{bin, list, value};

/// The maximum depth of an expression, and its approximate number of parts.
const DEPTH: u32 = 3;
const PARTS: u32 = 12;

/// An operation that evaluates an expression and sometimes writes the value into a bin.
pub fn expressions() -> impl Strategy<Value = Operation> {
    let read_flags = prop_oneof![Just(0), Just(flags::EVAL_NO_FAIL)];
    let write_flags = prop_oneof![2 => Just(flags::EVAL_NO_FAIL), 1 => 0..=flags::MODIFY];
    prop_oneof![
        2 => (any_argument(read_flags)).prop_map(|argument| {
            Operation::raw(OpCode::EXP_READ, "result", ParticleType::BLOB, argument)
        }),
        1 => (bin(), any_argument(write_flags)).prop_map(|(bin, argument)| {
            Operation::raw(OpCode::EXP_MODIFY, bin, ParticleType::BLOB, argument)
        }),
    ]
}

/// The argument of such an operation: an expression of any type, and flags.
fn any_argument(flags: impl Strategy<Value = u64> + Clone) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        (bool_expression(), flags.clone()).prop_map(|(expression, flags)| expression.to_argument(flags)),
        (int_expression(), flags.clone()).prop_map(|(expression, flags)| expression.to_argument(flags)),
        (float_expression(), flags.clone()).prop_map(|(expression, flags)| expression.to_argument(flags)),
        (list_expression(), flags).prop_map(|(expression, flags)| expression.to_argument(flags)),
    ]
}

/// An expression that is an integer.
pub fn int_expression() -> impl Strategy<Value = Exp<i64>> {
    let leaf = prop_oneof![
        3 => (-3..5_i64).prop_map(Exp::from),
        3 => bin().prop_map(int_bin),
        1 => bin().prop_map(bin_type),
        1 => select(vec![i64::MIN, i64::MAX]).prop_map(Exp::from),
        1 => list_expression().prop_map(|list| on_list(list).size()),
        1 => bin().prop_map(|bin| on_map(map_bin(bin)).size()),
        1 => (bin(), 0..20_i64, 1..20_i64).prop_map(|(bin, from, size)| bits(blob_bin(bin)).count(from, size)),
        1 => bin().prop_map(|bin| hll(hll_bin(bin)).get_count()),
        1 => (1..5).prop_map(digest_modulo),
    ];
    leaf.prop_recursive(DEPTH, PARTS, 2, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            (0..10_u8, two).prop_map(|(operator, (a, b))| match operator {
                0 => a + b,
                1 => a - b,
                2 => a * b,
                3 => a / b,
                4 => a % b,
                5 => a & b,
                6 => a | b,
                7 => a ^ b,
                8 => a.min(b),
                _ => a.max(b),
            }),
            inner.clone().prop_map(Exp::<i64>::abs),
            inner.clone().prop_map(|a| -a),
            inner.clone().prop_map(|a| !a),
            (inner.clone(), 0..70_i64).prop_map(|(a, by)| a << by),
            (inner.clone(), 0..70_i64).prop_map(|(a, by)| a >> by),
            inner.clone().prop_map(|a| a.count_ones()),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| a.clone().gt(b.clone()).then(b).otherwise(c)),
        ]
    })
}

/// An expression that is a double.
pub fn float_expression() -> impl Strategy<Value = Exp<f64>> {
    let leaf = prop_oneof![
        2 => select(vec![0.0, 0.5, -2.5, 1e300]).prop_map(Exp::from),
        2 => bin().prop_map(float_bin),
        1 => int_expression().prop_map(Exp::<i64>::to_float),
    ];
    leaf.prop_recursive(DEPTH, PARTS, 2, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            (0..6_u8, two).prop_map(|(operator, (a, b))| match operator {
                0 => a + b,
                1 => a - b,
                2 => a * b,
                3 => a / b,
                4 => a.min(b),
                _ => a.max(b),
            }),
            inner.clone().prop_map(Exp::<f64>::floor),
            inner.prop_map(Exp::<f64>::ceil),
        ]
    })
}

/// An expression that is a list.
fn list_expression() -> impl Strategy<Value = Exp<Vec<Value>>> {
    prop_oneof![
        bin().prop_map(list_bin),
        bin().prop_map(|bin| map_bin(bin).keys()),
        bin().prop_map(|bin| map_bin(bin).values()),
        (bin(), -2..3_i64).prop_map(|(bin, n)| on_list(list_bin(bin)).append(n)),
    ]
}

/// An expression that is true or false, such as a filter.
pub fn bool_expression() -> impl Strategy<Value = Exp<bool>> {
    let lists = list().prop_map(|list| match list {
        Value::List(items) => items,
        _ => Vec::new(),
    });
    let leaf = prop_oneof![
        4 => (0..6_u8, int_expression(), int_expression()).prop_map(|(by, a, b)| compare(by, a, b)),
        2 => (0..6_u8, float_expression(), float_expression()).prop_map(|(by, a, b)| compare(by, a, b)),
        2 => (0..6_u8, bin(), select(vec!["", "a", "ab"])).prop_map(|(by, bin, text)| {
            compare(by, string_bin(bin), Exp::from(text.to_owned()))
        }),
        1 => (0..6_u8, bin(), bin()).prop_map(|(by, a, b)| compare(by, blob_bin(a), blob_bin(b))),
        1 => (0..6_u8, list_expression(), list_expression()).prop_map(|(by, a, b)| compare(by, a, b)),
        1 => (int_expression(), lists).prop_map(|(a, list)| a.is_in(list)),
        2 => bin().prop_map(bin_exists),
        1 => metadata(),
        1 => value().prop_map(|value| Exp::from(value == Value::Nil)),
    ];
    leaf.prop_recursive(DEPTH, PARTS, 2, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            (0..3_u8, two).prop_map(|(operator, (a, b))| match operator {
                0 => a.and(b),
                1 => a.or(b),
                _ => a.xor(b),
            }),
            inner.prop_map(|a| !a),
        ]
    })
}

/// A condition on a record's metadata. It does not depend on when exactly a command arrives.
fn metadata() -> impl Strategy<Value = Exp<bool>> {
    prop_oneof![
        // TTLs of the commands are 1000 seconds or never.
        select(vec![-1, 0, 500, 2000]).prop_map(|seconds| ttl().gt(seconds)),
        Just(()).prop_map(|()| void_time().eq(-1)),
        Just(()).prop_map(|()| since_update().lt(1_000_000)),
        Just(()).prop_map(|()| key_exists()),
        Just(()).prop_map(|()| is_tombstone()),
    ]
}

fn compare<T: spikelet_wire::exp::build::Comparable>(by: u8, a: Exp<T>, b: Exp<T>) -> Exp<bool> {
    match by {
        0 => a.eq(b),
        1 => a.ne(b),
        2 => a.gt(b),
        3 => a.ge(b),
        4 => a.lt(b),
        _ => a.le(b),
    }
}
