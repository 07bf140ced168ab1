//! Strategies for bit operations.

use proptest::prelude::*;
use proptest::sample::select;
use spikelet_client::Operation;
use spikelet_wire::bits::{BitIntegerFlags, BitOperation, BitResizeFlags, BitWriteFlags};
use spikelet_wire::{OpCode, ParticleType};

use super::values::mostly;

/// A bit operation, mostly on the bin `blob`.
pub fn bits() -> impl Strategy<Value = Operation> {
    (mostly("blob"), bit_operation()).prop_map(|(bin, operation)| {
        let mut argument = Vec::new();
        operation.encode(&mut argument);
        let code = if operation.is_read() {
            OpCode::BITS_READ
        } else {
            OpCode::BITS_MODIFY
        };
        Operation::raw(code, bin, ParticleType::BLOB, argument)
    })
}

/// A bit operation within a few bytes. Its parameters are in range, but not always inside the blob.
pub fn bit_operation() -> impl Strategy<Value = BitOperation<'static>> {
    use BitOperation as Op;
    let flags = || {
        let partial = Just(BitWriteFlags::PARTIAL.bits());
        prop_oneof![3 => Just(0), 2 => partial, 1 => 0..16_u64].prop_map(BitWriteFlags::from_bits_truncate)
    };
    let offset = || prop_oneof![3 => 0..10_i64, 1 => -20..28_i64];
    let size = || prop_oneof![2 => 1..10_i64, 1 => 1..20_i64];
    let kinds = |most: u64| (0..=most).prop_map(BitIntegerFlags::from_bits_truncate);
    let bytes = || {
        select(vec![
            &[0xff_u8, 0x0f, 0xa5][..],
            &[0x00, 0x81, 0x7e],
            &[0x5a, 0xff, 0xff],
        ])
    };
    // The summand fits into any of these sizes, signed or unsigned.
    let summand = || (offset(), 3..17_i64, 0..4_i64, flags(), kinds(5));
    let combined = || (offset(), size(), bytes(), flags());
    let changed = prop_oneof![
        (0..5_i64, flags(), 0..6_u64).prop_map(|(byte_size, flags, resize)| Op::Resize {
            byte_size,
            flags: flags - BitWriteFlags::PARTIAL,
            resize_flags: BitResizeFlags::from_bits_truncate(resize),
        }),
        (-3..5_i64, bytes(), flags()).prop_map(|(byte_offset, value, flags)| Op::Insert {
            byte_offset,
            value,
            flags: flags - BitWriteFlags::PARTIAL,
        }),
        (-3..4_i64, 1..4_i64, flags()).prop_map(|(byte_offset, byte_size, flags)| Op::Remove {
            byte_offset,
            byte_size,
            flags,
        }),
        combined().prop_map(|(offset, size, value, flags)| Op::Set {
            offset,
            size,
            value,
            flags
        }),
        combined().prop_map(|(offset, size, value, flags)| Op::Or {
            offset,
            size,
            value,
            flags
        }),
        combined().prop_map(|(offset, size, value, flags)| Op::Xor {
            offset,
            size,
            value,
            flags
        }),
        combined().prop_map(|(offset, size, value, flags)| Op::And {
            offset,
            size,
            value,
            flags
        }),
        (offset(), size(), flags()).prop_map(|(offset, size, flags)| Op::Not { offset, size, flags }),
        (offset(), size(), 0..20_i64, flags()).prop_map(|(offset, size, shift, flags)| Op::LeftShift {
            offset,
            size,
            shift,
            flags,
        }),
        (offset(), size(), 0..20_i64, flags()).prop_map(|(offset, size, shift, flags)| Op::RightShift {
            offset,
            size,
            shift,
            flags,
        }),
        summand().prop_map(|(offset, size, value, flags, integer_flags)| Op::Add {
            offset,
            size,
            value,
            flags,
            integer_flags,
        }),
        summand().prop_map(|(offset, size, value, flags, integer_flags)| Op::Subtract {
            offset,
            size,
            value,
            flags,
            integer_flags,
        }),
        (offset(), size(), -9..99_i64, flags()).prop_map(|(offset, size, value, flags)| Op::SetInt {
            offset,
            size,
            value,
            flags,
        }),
    ];
    let read = prop_oneof![
        (offset(), size()).prop_map(|(offset, size)| Op::Get { offset, size }),
        (offset(), size()).prop_map(|(offset, size)| Op::Count { offset, size }),
        (offset(), size(), any::<bool>()).prop_map(|(offset, size, value)| Op::LeftScan { offset, size, value }),
        (offset(), size(), any::<bool>()).prop_map(|(offset, size, value)| Op::RightScan { offset, size, value }),
        (offset(), size(), kinds(1)).prop_map(|(offset, size, integer_flags)| Op::GetInt {
            offset,
            size,
            integer_flags,
        }),
    ];
    prop_oneof![3 => changed.prop_map(only_allowed_flags), 1 => read]
}

/// Removes flags that the operation does not accept, or that contradict each other.
fn only_allowed_flags(mut op: BitOperation<'static>) -> BitOperation<'static> {
    use BitOperation as Op;
    let mut allowed = BitWriteFlags::UPDATE_ONLY | BitWriteFlags::NO_FAIL;
    match op {
        Op::Resize { .. } | Op::Insert { .. } => allowed |= BitWriteFlags::CREATE_ONLY,
        Op::Add { .. } | Op::Subtract { .. } | Op::SetInt { .. } => {}
        _ => allowed |= BitWriteFlags::PARTIAL,
    }
    match &mut op {
        Op::Resize { flags, .. }
        | Op::Insert { flags, .. }
        | Op::Remove { flags, .. }
        | Op::Set { flags, .. }
        | Op::Or { flags, .. }
        | Op::Xor { flags, .. }
        | Op::And { flags, .. }
        | Op::Not { flags, .. }
        | Op::LeftShift { flags, .. }
        | Op::RightShift { flags, .. }
        | Op::Add { flags, .. }
        | Op::Subtract { flags, .. }
        | Op::SetInt { flags, .. } => {
            *flags &= allowed;
            if flags.contains(BitWriteFlags::CREATE_ONLY) {
                *flags -= BitWriteFlags::UPDATE_ONLY;
            }
        }
        _ => {}
    }
    op
}
