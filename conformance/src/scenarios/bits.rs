//! All bit operations, with every flag.

use spikelet_client::ops::{BitIntegerFlags as Int, BitResizeFlags as Resize, OnBits, bits};
use spikelet_client::{Operation, ResultCode as Code};

use super::operation_cases::{bytes, cases, leaves, nothing, reads, refused};
use crate::context::Context;
use crate::outcome::Outcome;
use crate::scenario::scenarios;

scenarios![
    resize,
    insert_and_remove,
    set,
    or_xor_and_not,
    shifts,
    add_and_subtract,
    overflow,
    set_int,
    get,
    count_and_scan,
    get_int,
    write_flags,
    partial,
    not_a_blob,
    no_bin,
];

fn b() -> OnBits<&'static str> {
    bits("b")
}

fn blob() -> Operation {
    Operation::write("b", bytes([0b0000_0001, 0b0100_0010, 0b0000_0011]))
}

async fn resize(t: &mut Context) -> Outcome {
    cases!(t, blob();
        b().resize(4, Resize::empty()) => leaves(bytes([1, 0x42, 3, 0])),
        b().resize(2, Resize::empty()) => leaves(bytes([1, 0x42])),
        b().resize(4, Resize::FROM_FRONT) => leaves(bytes([0, 1, 0x42, 3])),
        b().resize(2, Resize::FROM_FRONT) => leaves(bytes([0x42, 3])),
        b().resize(4, Resize::GROW_ONLY) => leaves(bytes([1, 0x42, 3, 0])),
        b().resize(2, Resize::GROW_ONLY) => refused(Code::PARAMETER),
        b().resize(2, Resize::SHRINK_ONLY) => leaves(bytes([1, 0x42])),
        b().resize(4, Resize::SHRINK_ONLY) => refused(Code::PARAMETER),
        b().no_fail().resize(4, Resize::SHRINK_ONLY) => reads(()),
        b().resize(-1, Resize::empty()) => refused(Code::PARAMETER),
    );
    Ok(())
}

async fn insert_and_remove(t: &mut Context) -> Outcome {
    cases!(t, blob();
        b().insert(1, [9, 8]) => leaves(bytes([1, 9, 8, 0x42, 3])),
        b().insert(-1, [9]) => leaves(bytes([1, 0x42, 9, 3])),
        b().insert(4, [9]) => leaves(bytes([1, 0x42, 3, 0, 9])),
        b().remove(0, 1) => leaves(bytes([0x42, 3])),
        b().remove(-1, 1) => leaves(bytes([1, 0x42])),
        b().remove(2, 2) => refused(Code::PARAMETER),
    );
    Ok(())
}

async fn set(t: &mut Context) -> Outcome {
    cases!(t, blob();
        b().set(0, 8, [0xff]) => leaves(bytes([0xff, 0x42, 3])),
        b().set(4, 8, [0xff]) => leaves(bytes([0x0f, 0xf2, 3])),
        b().set(-4, 4, [0xa0]) => leaves(bytes([1, 0x42, 0x0a])),
        b().set(20, 8, [0xff]) => refused(Code::OP_NOT_APPLICABLE),
        b().set(0, 0, [0xff]) => refused(Code::PARAMETER),
    );
    Ok(())
}

async fn or_xor_and_not(t: &mut Context) -> Outcome {
    cases!(t, blob();
        b().or(8, 8, [0x0f]) => leaves(bytes([1, 0x4f, 3])),
        b().xor(8, 8, [0x0f]) => leaves(bytes([1, 0x4d, 3])),
        b().and(8, 8, [0x0f]) => leaves(bytes([1, 0x02, 3])),
        b().not(8, 8) => leaves(bytes([1, 0xbd, 3])),
        b().not(4, 4) => leaves(bytes([0x0e, 0x42, 3])),
    );
    Ok(())
}

async fn shifts(t: &mut Context) -> Outcome {
    cases!(t, blob();
        b().lshift(0, 16, 4) => leaves(bytes([0x14, 0x20, 3])),
        b().rshift(8, 16, 4) => leaves(bytes([1, 0x04, 0x20])),
        b().lshift(0, 8, 9) => leaves(bytes([0, 0x42, 3])),
    );
    Ok(())
}

async fn add_and_subtract(t: &mut Context) -> Outcome {
    cases!(t, blob();
        b().add(0, 16, 1, Int::empty()) => leaves(bytes([1, 0x43, 3])),
        b().subtract(0, 16, 0x43, Int::empty()) => leaves(bytes([0, 0xff, 3])),
        b().add(16, 8, -1, Int::SIGNED) => leaves(bytes([1, 0x42, 2])),
        b().add(20, 4, 4, Int::empty()) => leaves(bytes([1, 0x42, 7])),
        b().add(0, 65, 1, Int::empty()) => refused(Code::PARAMETER),
    );
    Ok(())
}

async fn overflow(t: &mut Context) -> Outcome {
    cases!(t, blob();
        b().add(16, 8, 0xfe, Int::empty()) => refused(Code::OP_NOT_APPLICABLE),
        b().add(16, 8, 0xfe, Int::SATURATE) => leaves(bytes([1, 0x42, 0xff])),
        b().add(16, 8, 0xfe, Int::WRAP) => leaves(bytes([1, 0x42, 1])),
        b().add(16, 8, 0x7d, Int::SIGNED) => refused(Code::OP_NOT_APPLICABLE),
        b().add(16, 8, 0x7d, Int::SIGNED | Int::SATURATE) => leaves(bytes([1, 0x42, 0x7f])),
        b().add(16, 8, 0x7d, Int::SIGNED | Int::WRAP) => leaves(bytes([1, 0x42, 0x80])),
        b().subtract(16, 8, 4, Int::empty()) => refused(Code::OP_NOT_APPLICABLE),
        b().subtract(16, 8, 4, Int::SATURATE) => leaves(bytes([1, 0x42, 0])),
        b().subtract(16, 8, 4, Int::WRAP) => leaves(bytes([1, 0x42, 0xff])),
        b().no_fail().subtract(16, 8, 4, Int::empty()) => reads(()),
    );
    Ok(())
}

async fn set_int(t: &mut Context) -> Outcome {
    cases!(t, blob();
        b().set_int(0, 16, 0x1234) => leaves(bytes([0x12, 0x34, 3])),
        b().set_int(4, 8, -1) => leaves(bytes([0x0f, 0xf2, 3])),
        b().set_int(0, 65, 1) => refused(Code::PARAMETER),
    );
    Ok(())
}

async fn get(t: &mut Context) -> Outcome {
    cases!(t, blob();
        b().get(0, 8) => reads(bytes([1])),
        b().get(4, 8) => reads(bytes([0x14])),
        b().get(-8, 8) => reads(bytes([3])),
        b().get(0, 5) => reads(bytes([0])),
        b().get(20, 5) => refused(Code::OP_NOT_APPLICABLE),
    );
    Ok(())
}

async fn count_and_scan(t: &mut Context) -> Outcome {
    cases!(t, blob();
        b().count(0, 24) => reads(5),
        b().count(8, 8) => reads(2),
        b().lscan(0, 24, true) => reads(7),
        b().lscan(8, 8, true) => reads(1),
        b().lscan(0, 7, true) => reads(-1),
        b().lscan(0, 8, false) => reads(0),
        b().rscan(0, 24, true) => reads(23),
        b().rscan(0, 24, false) => reads(21),
        b().rscan(0, 7, true) => reads(-1),
    );
    Ok(())
}

async fn get_int(t: &mut Context) -> Outcome {
    cases!(t, blob();
        b().get_int(0, 16, Int::empty()) => reads(0x0142),
        b().get_int(9, 2, Int::empty()) => reads(2),
        b().get_int(9, 2, Int::SIGNED) => reads(-2),
        b().get_int(0, 65, Int::empty()) => refused(Code::PARAMETER),
    );
    Ok(())
}

async fn write_flags(t: &mut Context) -> Outcome {
    cases!(t, blob();
        b().create_only().resize(4, Resize::empty()) => refused(Code::BIN_EXISTS),
        b().create_only().no_fail().resize(4, Resize::empty()) => reads(()),
        b().update_only().resize(2, Resize::empty()) => leaves(bytes([1, 0x42])),
        b().no_fail().set(20, 8, [0xff]) => reads(()),
    );
    cases!(t, nothing();
        b().create_only().resize(2, Resize::empty()) => leaves(bytes([0, 0])),
        b().update_only().resize(2, Resize::empty()) => refused(Code::BIN_NOT_FOUND),
        b().update_only().no_fail().insert(0, [1]) => reads(()),
    );
    Ok(())
}

async fn partial(t: &mut Context) -> Outcome {
    cases!(t, blob();
        b().partial().set(20, 8, [0xff]) => leaves(bytes([1, 0x42, 0x0f])),
        b().partial().not(20, 8) => leaves(bytes([1, 0x42, 0x0c])),
        b().partial().remove(2, 2) => leaves(bytes([1, 0x42])),
        b().partial().not(24, 8) => refused(Code::OP_NOT_APPLICABLE),
        b().partial().no_fail().not(24, 8) => reads(()),
    );
    Ok(())
}

async fn not_a_blob(t: &mut Context) -> Outcome {
    cases!(t, Operation::write("b", "text");
        b().get(0, 8) => refused(Code::INCOMPATIBLE_TYPE),
        b().not(0, 8) => refused(Code::INCOMPATIBLE_TYPE),
        b().no_fail().not(0, 8) => refused(Code::INCOMPATIBLE_TYPE),
    );
    Ok(())
}

async fn no_bin(t: &mut Context) -> Outcome {
    cases!(t, nothing();
        b().get(0, 8) => reads(()),
        b().insert(1, [9]) => leaves(bytes([0, 9])),
        b().resize(2, Resize::empty()) => leaves(bytes([0, 0])),
        b().not(0, 8) => refused(Code::BIN_NOT_FOUND),
        b().no_fail().not(0, 8) => reads(()),
    );
    Ok(())
}
