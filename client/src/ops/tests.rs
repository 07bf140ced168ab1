use std::collections::BTreeSet;

use spikelet_wire::bits::{BitOp, BitOperation};
use spikelet_wire::cdt::{self, Call};
use spikelet_wire::hll::{HllOp, HllOperation};
use spikelet_wire::list::ListOp;
use spikelet_wire::map::MapOp;
use spikelet_wire::{OpCode, Value};

use super::*;
use crate::exp::{Exp, blob_bin, hll_bin, int_bin, list_bin, map_bin};
use crate::{MapOrder, Operation};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The argument of an operation, in hexadecimal.
fn argument(operation: &Operation) -> String {
    hex(&operation.argument().1)
}

fn encoded<T>(expression: &Exp<T>) -> String {
    hex(expression.as_bytes())
}

macro_rules! selecting {
    ($l:ident, $returns:expr; $($get:ident $remove:ident ($($argument:expr),*));* $(;)?) => {
        vec![$($l("b").$get($($argument,)* $returns), $l("b").$remove($($argument,)* $returns)),*]
    };
}

fn list_operations() -> Vec<Operation> {
    let mut operations = vec![
        list("b").set_order(ListOrder::Ordered),
        list("b").append(1),
        list("b").append_items([1]),
        list("b").insert(0, 1),
        list("b").insert_items(0, [1]),
        list("b").pop(0),
        list("b").pop_range(0..),
        list("b").remove(0),
        list("b").remove_range(0..2),
        list("b").set(0, 1),
        list("b").trim(0, 1),
        list("b").clear(),
        list("b").increment(0, 1),
        list("b").sort(ListSortFlags::DESCENDING),
        list("b").size(),
        list("b").get(0),
        list("b").get_range(..2),
    ];
    operations.extend(selecting! { list, ListReturn::Value;
        get_by_index remove_by_index(0);
        get_by_value remove_by_value(1);
        get_by_rank remove_by_rank(-1);
        get_all_by_value remove_all_by_value(1);
        get_by_value_list remove_by_value_list([1, 2]);
        get_by_index_range remove_by_index_range(1..3);
        get_by_value_interval remove_by_value_interval(1..3);
        get_by_rank_range remove_by_rank_range(-3..);
        get_by_value_rel_rank_range remove_by_value_rel_rank_range(5, -1..2);
    });
    operations
}

fn map_operations() -> Vec<Operation> {
    let mut operations = vec![
        map("b").set_order(MapOrder::KeyOrdered),
        map("b").add("k", 1),
        map("b").add_items([("k", 1)]),
        map("b").put("k", 1),
        map("b").put_items([("k", 1)]),
        map("b").replace("k", 1),
        map("b").replace_items([("k", 1)]),
        map("b").increment("k", 1),
        map("b").decrement("k", 1),
        map("b").clear(),
        map("b").size(),
    ];
    operations.extend(selecting! { map, MapReturn::KeyValue;
        get_by_key remove_by_key("k");
        get_by_index remove_by_index(0);
        get_by_value remove_by_value(1);
        get_by_rank remove_by_rank(0);
        get_by_key_list remove_by_key_list(["k"]);
        get_all_by_value remove_all_by_value(1);
        get_by_value_list remove_by_value_list([1]);
        get_by_key_interval remove_by_key_interval("a".."z");
        get_by_index_range remove_by_index_range(..2);
        get_by_value_interval remove_by_value_interval(..5);
        get_by_rank_range remove_by_rank_range(0..=1);
        get_by_key_rel_index_range remove_by_key_rel_index_range("k", 0..);
        get_by_value_rel_rank_range remove_by_value_rel_rank_range(1, 0..);
    });
    operations
}

/// Holds operations to their description, and gives their codes.
fn codes(operations: &[Operation], described: impl Fn(u32) -> cdt::Operation) -> BTreeSet<u8> {
    let code = |operation: &Operation| {
        let argument = operation.argument().1;
        let call = Call::read(&argument).unwrap();
        let described = described(call.code);
        assert!(call.fits(&described), "{} {}", described.name, hex(&argument));
        assert_eq!(operation.code() == OpCode::CDT_MODIFY, described.modifies);
        described.code
    };
    operations.iter().map(code).collect()
}

#[test]
fn there_is_a_builder_for_every_operation() {
    let lists = codes(&list_operations(), |code| ListOp::from_code(code).unwrap().operation());
    assert_eq!(lists, ListOp::ALL.iter().map(|op| op.operation().code).collect());
    let maps = codes(&map_operations(), |code| MapOp::from_code(code).unwrap().operation());
    assert_eq!(maps, MapOp::ALL.iter().map(|op| op.operation().code).collect());
}

#[test]
fn bits_are_told_as_they_are_described() {
    use BitIntegerFlags as Int;
    let flags = BitWriteFlags::NO_FAIL;
    let (offset, size, value, integer_flags) = (-8, 8, &[7][..], Int::SIGNED | Int::WRAP);
    let on = || bits("b").no_fail();
    let writes = [
        (on().resize(4, BitResizeFlags::FROM_FRONT), {
            let resize_flags = BitResizeFlags::FROM_FRONT;
            BitOperation::Resize {
                byte_size: 4,
                flags,
                resize_flags,
            }
        }),
        (
            on().insert(1, [7]),
            BitOperation::Insert {
                byte_offset: 1,
                value,
                flags,
            },
        ),
        (
            on().remove(1, 2),
            BitOperation::Remove {
                byte_offset: 1,
                byte_size: 2,
                flags,
            },
        ),
        (
            on().set(-8, 8, [7]),
            BitOperation::Set {
                offset,
                size,
                value,
                flags,
            },
        ),
        (
            on().or(-8, 8, [7]),
            BitOperation::Or {
                offset,
                size,
                value,
                flags,
            },
        ),
        (
            on().xor(-8, 8, [7]),
            BitOperation::Xor {
                offset,
                size,
                value,
                flags,
            },
        ),
        (
            on().and(-8, 8, [7]),
            BitOperation::And {
                offset,
                size,
                value,
                flags,
            },
        ),
        (on().not(-8, 8), BitOperation::Not { offset, size, flags }),
        (
            on().lshift(-8, 8, 3),
            BitOperation::LeftShift {
                offset,
                size,
                shift: 3,
                flags,
            },
        ),
        (
            on().rshift(-8, 8, 3),
            BitOperation::RightShift {
                offset,
                size,
                shift: 3,
                flags,
            },
        ),
        (on().add(-8, 8, 3, integer_flags), {
            BitOperation::Add {
                offset,
                size,
                value: 3,
                flags,
                integer_flags,
            }
        }),
        (on().subtract(-8, 8, 3, integer_flags), {
            BitOperation::Subtract {
                offset,
                size,
                value: 3,
                flags,
                integer_flags,
            }
        }),
        (
            on().set_int(-8, 8, -3),
            BitOperation::SetInt {
                offset,
                size,
                value: -3,
                flags,
            },
        ),
        (bits("b").get(-8, 8), BitOperation::Get { offset, size }),
        (bits("b").count(-8, 8), BitOperation::Count { offset, size }),
        (
            bits("b").lscan(-8, 8, true),
            BitOperation::LeftScan {
                offset,
                size,
                value: true,
            },
        ),
        (
            bits("b").rscan(-8, 8, false),
            BitOperation::RightScan {
                offset,
                size,
                value: false,
            },
        ),
        (bits("b").get_int(-8, 8, Int::SIGNED), {
            BitOperation::GetInt {
                offset,
                size,
                integer_flags: Int::SIGNED,
            }
        }),
    ];
    for ((operation, expected), op) in writes.iter().zip(BitOp::ALL) {
        assert_eq!(BitOperation::decode(&operation.argument().1).unwrap(), *expected);
        assert_eq!(expected.code(), u32::from(op.code()));
        assert_eq!(operation.reads(), op.is_read());
    }
    assert_eq!(writes.len(), BitOp::ALL.len());
}

#[test]
fn hyperloglogs_are_told_as_they_are_described() {
    let other = || [Value::Hll(vec![1])];
    let operations = [
        hll("b").index_bits(8).create_only().init(),
        hll("b").minhash_bits(20).add(["a"]),
        hll("b").allow_fold().set_union(other()),
        hll("b").refresh_count(),
        hll("b").fold(4),
        hll("b").get_count(),
        hll("b").get_union(other()),
        hll("b").get_union_count(other()),
        hll("b").get_intersect_count(other()),
        hll("b").get_similarity(other()),
        hll("b").describe(),
        hll("b").may_contain(["a"]),
    ];
    for (operation, op) in operations.iter().zip(HllOp::ALL) {
        let argument = operation.argument().1;
        let decoded = HllOperation::decode(&argument).unwrap();
        assert_eq!(decoded.code(), u32::from(op.code()));
        assert_eq!(operation.reads(), op.is_read());
    }
    assert_eq!(operations.len(), HllOp::ALL.len());
    assert_eq!(argument(&operations[0]), "940008ff01");
    assert_eq!(argument(&operations[1]), "94019 1a20361ff14".replace(' ', ""));
    assert_eq!(argument(&operations[2]), "930291a2120108");
    assert_eq!(argument(&hll("b").index_bits(8).add([1])), "9301910108");
    assert_eq!(argument(&hll("b").add([1])), "92019101");
}

#[test]
fn flags_are_told_as_far_as_they_are_said() {
    assert_eq!(argument(&list("b").append(5)), "920105");
    assert_eq!(argument(&list("b").ordered().append(5)), "93010501");
    assert_eq!(argument(&list("b").add_unique().no_fail().append(5)), "9401050005");
    assert_eq!(argument(&list("b").insert_bounded().insert(1, 5)), "9403010502");
    assert_eq!(argument(&list("b").ordered().persist_index().create()), "920011");
    assert_eq!(
        argument(&map("b").key_ordered().create_only().put(1, 2)),
        "954301020101"
    );
    assert_eq!(argument(&map("b").key_value_ordered().add(1, 2)), "9441010203");
    assert_eq!(argument(&bits("b").partial().not(0, 1)), "9407000108");
    let wrapped = bits("b").add(0, 8, 1, BitIntegerFlags::WRAP);
    assert_eq!(argument(&wrapped), "960a0008010004");
}

#[test]
fn ranges_are_a_start_and_a_count() {
    let range = |range: Span<InCommand>| argument(&list("b").get_range(range));
    assert_eq!(range((-3..).into()), "9212fd");
    assert_eq!(range((..).into()), "921200");
    assert_eq!(range((2..5).into()), "93120203");
    assert_eq!(range((2..=5).into()), "93120204");
    assert_eq!(range((..5).into()), "93120005");
    assert_eq!(range((-5..-2).into()), "9312fb03");
    assert_eq!(range((-1, 7).into()), "9312ff07");
    #[expect(clippy::reversed_empty_ranges, reason = "that is what is tested")]
    let empty = range((5..2).into());
    assert_eq!(empty, "93120500");
    let interval = |range: Interval<InCommand>| argument(&list("b").get_by_value_interval(range, ListReturn::Count));
    assert_eq!(interval((1..3).into()), "9419050103");
    assert_eq!(interval((1..).into()), "93190501");
    assert_eq!(interval((..3).into()), "941905c003");
    assert_eq!(interval((..).into()), "931905c0");
    let inverted = list("b").get_all_by_value(Value::Wildcard, ListReturn::Index.inverted());
    assert_eq!(argument(&inverted), "9316ce00010001d4ff00");
}

#[test]
fn contexts_come_before_the_call() {
    let context = ctx().map_key("a").list_index(-1);
    assert_eq!(argument(&list("b").at(context).append(5)), "93ccff9422a2036110ff920105");
    let context = ctx().map_key_create("a", MapOrder::KeyOrdered).persist_index();
    assert_eq!(argument(&list("b").at(context).size()), "93ccff92cd01a2a203619110");
    let context = ctx()
        .list_index_create(2, ListCreate::Padded)
        .list_rank(0)
        .list_value(1);
    assert_eq!(
        argument(&map("b").at(context).size()),
        "93ccff96cc90021100130 19160".replace(' ', "")
    );
    let context = ctx().map_index(0).map_rank(-1).map_value("v");
    assert_eq!(argument(&map("b").at(context).size()), "93ccff96200021ff23a203769160");
}

#[test]
fn expressions_take_expressions() {
    let appended = list(list_bin("l")).append([7]);
    assert_eq!(encoded(&appended), "957f0440 9201927e9107 935104a16c".replace(' ', ""));
    let counted = list(map_bin("m"))
        .at(ctx().map_key("k"))
        .get_by_rank_range((int_bin("i"), 2), ListReturn::Count)
        .int();
    let expected = "957f0200 93ccff9222a2036b 941a05935102a16902 935105a16d";
    assert_eq!(encoded(&counted), expected.replace(' ', ""));
    let bit = bits(blob_bin("b")).lscan(int_bin("i"), 8, true);
    assert_eq!(encoded(&bit), "957f0201 9434935102a16908c3 935106a162".replace(' ', ""));
    let union = hll(hll_bin("h")).get_union_count(hll_bin("g"));
    assert_eq!(encoded(&union), "957f0202 9234935109a167 935109a168".replace(' ', ""));
    let put = map(map_bin("m")).put("k", list_bin("l"));
    assert_eq!(
        encoded(&put),
        "957f0540 9343a2036b935104a16c 935105a16d".replace(' ', "")
    );
}
