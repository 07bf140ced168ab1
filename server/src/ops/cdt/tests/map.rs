use spikelet_wire::map::MapOp as Op;

use super::*;

const NO_OVERWRITE: i64 = 1;
const NO_CREATE: i64 = 2;
const NO_FAIL: i64 = 4;
const PARTIAL: i64 = 8;

fn unordered<const N: usize>(of: [(&str, i64); N]) -> Value {
    pairs(MapOrder::Unordered, of)
}

#[test]
fn put_creates_the_bin_in_the_requested_order() {
    let mut bin = Bin::missing();
    assert_eq!(bin.apply(map(Op::Put).value("b").value(1).int(1).int(0)), Ok(1.into()));
    assert_eq!(
        bin.apply(map(Op::PutItems).value(unordered([("c", 2), ("a", 3)]))),
        Ok(3.into())
    );
    assert_eq!(bin.value(), pairs(MapOrder::KeyOrdered, [("a", 3), ("b", 1), ("c", 2)]));
    bin.apply(map(Op::SetType).int(3)).unwrap();
    assert_eq!(
        bin.value(),
        pairs(MapOrder::KeyValueOrdered, [("a", 3), ("b", 1), ("c", 2)])
    );
}

#[test]
fn keys_are_integers_strings_and_blobs() {
    let mut bin = Bin::missing();
    for key in [Value::from(-7), "k".into(), (&[1, 2]).into()] {
        assert!(bin.apply(map(Op::Put).value(key).value(1)).is_ok());
    }
    for key in [Value::Nil, true.into(), 1.5.into(), [1].into()] {
        assert_eq!(bin.apply(map(Op::Put).value(key).value(1)), Err(ResultCode::PARAMETER));
    }
}

#[test]
fn write_flags_restrict_the_keys_that_are_written() {
    let mut bin = Bin::new(unordered([("a", 1)]));
    let put = |key: &str, flags| map(Op::Put).value(key).value(9).int(0).int(flags);
    assert_eq!(bin.apply(put("a", NO_OVERWRITE)), Err(ResultCode::ELEMENT_EXISTS));
    assert_eq!(bin.apply(put("b", NO_CREATE)), Err(ResultCode::ELEMENT_NOT_FOUND));
    assert_eq!(bin.apply(put("b", NO_CREATE | NO_FAIL)), Ok(1.into()));
    let both = |flags| {
        map(Op::PutItems)
            .value(unordered([("a", 9), ("b", 9)]))
            .int(0)
            .int(flags)
    };
    assert_eq!(bin.apply(both(NO_OVERWRITE | NO_FAIL)), Ok(1.into()));
    assert_eq!(bin.apply(both(NO_OVERWRITE | NO_FAIL | PARTIAL)), Ok(2.into()));
    assert_eq!(bin.value(), unordered([("a", 1), ("b", 9)]));
    assert_eq!(
        bin.apply(map(Op::Add).value("a").value(0)),
        Err(ResultCode::ELEMENT_EXISTS)
    );
    assert_eq!(
        bin.apply(map(Op::Replace).value("c").value(0)),
        Err(ResultCode::ELEMENT_NOT_FOUND)
    );
    let replace = map(Op::ReplaceItems).value(unordered([("c", 0)]));
    assert_eq!(Bin::missing().apply(replace), Err(ResultCode::ELEMENT_NOT_FOUND));
}

#[test]
fn numbers_are_incremented_and_decremented() {
    let mut bin = Bin::missing();
    assert_eq!(bin.apply(map(Op::Increment).value("n").value(5)), Ok(5.into()));
    assert_eq!(bin.apply(map(Op::Decrement).value("n").value(7)), Ok((-2).into()));
    assert_eq!(bin.apply(map(Op::Decrement).value("f").value(0.5)), Ok((-0.5).into()));
    bin.apply(map(Op::Put).value("s").value("x")).unwrap();
    assert_eq!(
        bin.apply(map(Op::Increment).value("s").value(1)),
        Err(ResultCode::PARAMETER)
    );
}

#[test]
fn pairs_are_selected_by_key() {
    let mut bin = Bin::new(unordered([("a", 3), ("b", 1), ("c", 2), ("d", 1)]));
    let mut get = |call: Call| bin.apply(call);
    assert_eq!(get(map(Op::GetByKey).int(VALUE).value("c")), Ok(2.into()));
    assert_eq!(get(map(Op::GetByKey).int(VALUE).value("x")), Ok(Value::Nil));
    assert_eq!(get(map(Op::GetByKey).int(RANK).value("b")), Ok(0.into()));
    assert_eq!(get(map(Op::GetByKey).int(INDEX).value("x")), Ok((-1).into()));
    let interval = |kind| map(Op::GetByKeyInterval).int(kind).value("b").value("d");
    assert_eq!(get(interval(KEY)), Ok(["b", "c"].into()));
    assert_eq!(get(interval(KEY | INVERTED)), Ok(["a", "d"].into()));
    assert_eq!(
        get(interval(ORDERED_MAP)),
        Ok(pairs(MapOrder::KeyOrdered, [("b", 1), ("c", 2)]))
    );
    assert_eq!(
        get(map(Op::GetByKeyList).int(VALUE).value(["d", "x", "a"])),
        Ok([3, 1].into())
    );
    assert_eq!(
        get(map(Op::GetByKeyList).int(INDEX).value(["d", "x", "a"])),
        Ok([3, 0].into())
    );
    assert_eq!(
        get(map(Op::GetByKeyRelIndexRange).int(KEY).value("b").int(-1).int(2)),
        Ok(["a", "b"].into())
    );
}

#[test]
fn pairs_are_selected_by_index_value_and_rank() {
    let mut bin = Bin::new(unordered([("a", 3), ("b", 1), ("c", 2), ("d", 1)]));
    let mut get = |call: Call| bin.apply(call);
    assert_eq!(get(map(Op::GetByIndex).int(KEY).int(-1)), Ok("d".into()));
    assert_eq!(
        get(map(Op::GetByIndex).int(KEY).int(4)),
        Err(ResultCode::OP_NOT_APPLICABLE)
    );
    assert_eq!(get(map(Op::GetByIndexRange).int(RANK).int(0).int(2)), Ok([3, 0].into()));
    // Equal values are ranked by key.
    assert_eq!(
        get(map(Op::GetByRankRange).int(KEY).int(0)),
        Ok(["b", "d", "c", "a"].into())
    );
    assert_eq!(get(map(Op::GetByRank).int(KEY).int(-1)), Ok("a".into()));
    assert_eq!(get(map(Op::GetByValue).int(KEY).value(1)), Ok("b".into()));
    assert_eq!(get(map(Op::GetAllByValue).int(KEY).value(1)), Ok(["b", "d"].into()));
    assert_eq!(
        get(map(Op::GetByValueInterval).int(KEY).value(2)),
        Ok(["a", "c"].into())
    );
    assert_eq!(get(map(Op::GetByValueList).int(COUNT).value([1, 3, 9])), Ok(3.into()));
    assert_eq!(
        get(map(Op::GetByValueRelRankRange).int(KEY).value(2).int(0)),
        Ok(["c", "a"].into())
    );
    // A range of indexes needs the order by key, and a range of ranks the order by value.
    assert_eq!(
        get(map(Op::GetByRankRange).int(9).int(0)),
        Err(ResultCode::OP_NOT_APPLICABLE)
    );
    assert_eq!(
        get(map(Op::GetByIndexRange).int(11).int(0)),
        Err(ResultCode::OP_NOT_APPLICABLE)
    );
}

#[test]
fn a_persisted_order_by_value_is_the_order_of_results() {
    let by_value = || map(Op::GetByValueInterval).int(KEY).value(0);
    let mut bin = Bin::new(unordered([("a", 3), ("b", 1), ("c", 2)]));
    bin.apply(map(Op::SetType).int(3)).unwrap();
    assert_eq!(bin.apply(by_value()), Ok(["a", "b", "c"].into()));
    bin.apply(map(Op::SetType).int(0x13)).unwrap();
    assert_eq!(bin.apply(by_value()), Ok(["b", "c", "a"].into()));
    assert_eq!(bin.apply(map(Op::SetType).int(4)), Err(ResultCode::OP_NOT_APPLICABLE));
}

#[test]
fn removing_keeps_the_order_of_the_rest() {
    let mut bin = Bin::new(pairs(MapOrder::KeyOrdered, [(1, "x"), (2, "y"), (3, "x"), (4, "z")]));
    assert_eq!(bin.apply(map(Op::RemoveAllByValue).int(COUNT).value("x")), Ok(2.into()));
    assert_eq!(bin.value(), pairs(MapOrder::KeyOrdered, [(2, "y"), (4, "z")]));
    let rest = map(Op::RemoveByIndexRange).int(KEY_VALUE).int(0);
    assert!(matches!(bin.apply(rest), Ok(Value::Map(map)) if map.len() == 2));
    assert_eq!(bin.value(), Value::Map(Map::new(MapOrder::KeyOrdered)));
    bin.apply(map(Op::Put).value(1).value(1)).unwrap();
    bin.apply(map(Op::Clear)).unwrap();
    assert_eq!(bin.apply(map(Op::Size)), Ok(0.into()));
    assert_eq!(bin.value(), Value::Map(Map::new(MapOrder::KeyOrdered)));
}

#[test]
fn an_unsorted_map_from_an_expression_has_indexes_by_key() {
    // {"b": 1, "a": 2}, as only an expression or a UDF can leave it.
    let stored = [0x82, 0xa2, 3, b'b', 1, 0xa2, 3, b'a', 2];
    let mut bin = Bin(Some(Particle::bytes(ParticleType::MAP, &stored)));
    assert_eq!(bin.apply(map(Op::GetByIndex).int(KEY).int(0)), Ok("a".into()));
    assert_eq!(bin.apply(map(Op::GetByKey).int(INDEX).value("b")), Ok(1.into()));
    assert_eq!(bin.apply(map(Op::RemoveByIndex).int(VALUE).int(0)), Ok(2.into()));
    assert_eq!(bin.value(), unordered([("b", 1)]));
}
