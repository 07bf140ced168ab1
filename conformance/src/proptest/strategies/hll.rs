//! Strategies for HyperLogLog operations.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use spikelet_client::Operation;
use spikelet_wire::hll::{HllOperation, HllWriteFlags};
use spikelet_wire::{OpCode, ParticleType, Value};

use super::values::mostly;

/// A HyperLogLog operation, mostly on the bin `hll`, except those that take other HyperLogLogs.
pub fn hlls() -> impl Strategy<Value = Operation> {
    (mostly("hll"), hll_operation()).prop_map(|(bin, operation)| {
        let mut argument = Vec::new();
        operation.encode(&mut argument);
        let code = if operation.is_read() {
            OpCode::HLL_READ
        } else {
            OpCode::HLL_MODIFY
        };
        Operation::raw(code, bin, ParticleType::BLOB, argument)
    })
}

/// A HyperLogLog operation that takes no other HyperLogLogs, with few index bits, and its flags.
pub fn hll_operation() -> impl Strategy<Value = HllOperation<'static>> {
    use HllOperation as Op;
    let flags = || prop_oneof![2 => Just(0), 1 => 0..16_u64].prop_map(HllWriteFlags::from_bits_truncate);
    let index_bits = || select(vec![None, Some(4), Some(5), Some(6), Some(17)]);
    let minhash_bits = || select(vec![None, None, Some(0), Some(4), Some(51)]);
    let elements = || {
        let element = prop_oneof![
            (0..9_i64).prop_map(Value::Int),
            select(vec!["", "a", "b"]).prop_map(Value::from),
        ];
        vec(element, 1..5).prop_map(|values| values.iter().collect::<spikelet_wire::hll::Elements<'static>>())
    };
    let shape = || (index_bits(), minhash_bits(), flags());
    prop_oneof![
        2 => shape().prop_map(|(index_bits, minhash_bits, flags)| Op::Init { index_bits, minhash_bits, flags }),
        6 => (elements(), shape()).prop_map(|(elements, (index_bits, minhash_bits, flags))| Op::Add {
            elements,
            index_bits,
            minhash_bits,
            flags,
        }),
        1 => Just(Op::RefreshCount {}),
        1 => index_bits().prop_map(|index_bits| Op::Fold { index_bits }),
        2 => Just(Op::GetCount {}),
        1 => Just(Op::Describe {}),
        2 => elements().prop_map(|elements| Op::MayContain { elements }),
    ]
}
