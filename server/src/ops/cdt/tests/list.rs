use spikelet_wire::list::ListOp as Op;

use super::*;

const UNIQUE: i64 = 1;
const BOUNDED: i64 = 2;
const NO_FAIL: i64 = 4;
const PARTIAL: i64 = 8;

#[test]
fn appending_creates_the_bin_and_counts() {
    let mut bin = Bin::missing();
    assert_eq!(bin.apply(list(Op::Append).value("a")), Ok(1.into()));
    assert_eq!(bin.apply(list(Op::AppendItems).value(["b", "c"])), Ok(3.into()));
    assert_eq!(bin.value(), ["a", "b", "c"].into());
}

#[test]
fn an_ordered_list_places_values_at_their_rank() {
    let mut bin = Bin::missing();
    assert_eq!(
        bin.apply(list(Op::AppendItems).value([3, 1]).int(1).int(0)),
        Ok(2.into())
    );
    assert_eq!(bin.apply(list(Op::Append).value(2)), Ok(3.into()));
    assert_eq!(bin.value(), [1, 2, 3].into());
    // Insert and set take an index, which an ordered list does not accept.
    assert_eq!(
        bin.apply(list(Op::Insert).int(0).value(9)),
        Err(ResultCode::OP_NOT_APPLICABLE)
    );
    assert_eq!(
        bin.apply(list(Op::Set).int(0).value(9)),
        Err(ResultCode::OP_NOT_APPLICABLE)
    );
    // An incremented number moves to its new rank.
    assert_eq!(bin.apply(list(Op::Increment).int(0).value(5)), Ok(6.into()));
    assert_eq!(bin.value(), [2, 3, 6].into());
}

#[test]
fn inserting_beyond_the_end_fills_up_with_nil() {
    let mut bin = Bin::new([1]);
    assert_eq!(bin.apply(list(Op::Insert).int(3).value(2)), Ok(4.into()));
    assert_eq!(bin.value(), values([1.into(), Value::Nil, Value::Nil, 2.into()]));
    assert_eq!(bin.apply(list(Op::Insert).int(-1).value(3)), Ok(5.into()));
    assert_eq!(
        bin.apply(list(Op::Insert).int(-6).value(4)),
        Err(ResultCode::OP_NOT_APPLICABLE)
    );
    let bounded = |flags| list(Op::Insert).int(9).value(0).int(flags);
    assert_eq!(bin.apply(bounded(BOUNDED)), Err(ResultCode::OP_NOT_APPLICABLE));
    assert_eq!(bin.apply(bounded(BOUNDED | NO_FAIL)), Ok(5.into()));
}

#[test]
fn padding_beyond_the_size_of_a_record_is_refused() {
    let mut bin = Bin::new([1]);
    let far = list(Op::Set).int(1 << 30).value(1);
    assert_eq!(bin.apply(far), Err(ResultCode::RECORD_TOO_BIG));
    assert_eq!(bin.value(), [1].into());
}

#[test]
fn unique_values_are_refused_skipped_or_ignored() {
    let mut bin = Bin::new([1, 2]);
    let append = |items: Value, flags| list(Op::AppendItems).value(items).int(0).int(flags);
    assert_eq!(
        bin.apply(append([2, 3].into(), UNIQUE)),
        Err(ResultCode::ELEMENT_EXISTS)
    );
    assert_eq!(
        bin.apply(append([3, 3].into(), UNIQUE)),
        Err(ResultCode::OP_NOT_APPLICABLE)
    );
    assert_eq!(bin.apply(append([2, 3].into(), UNIQUE | NO_FAIL)), Ok(2.into()));
    assert_eq!(
        bin.apply(append([2, 3, 3].into(), UNIQUE | NO_FAIL | PARTIAL)),
        Ok(3.into())
    );
    assert_eq!(bin.value(), [1, 2, 3].into());
    // An element may be set to its own value.
    assert_eq!(bin.apply(list(Op::Set).int(0).value(1).int(UNIQUE)), Ok(Value::Nil));
    assert_eq!(
        bin.apply(list(Op::Set).int(0).value(2).int(UNIQUE)),
        Err(ResultCode::ELEMENT_EXISTS)
    );
}

#[test]
fn numbers_keep_their_type() {
    let mut bin = Bin::new(values([1.into(), 2.5.into(), "x".into()]));
    let add = |index, number: Value| list(Op::Increment).int(index).value(number);
    assert_eq!(bin.apply(add(0, 2.9.into())), Ok(3.into()));
    assert_eq!(bin.apply(add(1, 1.into())), Ok(3.5.into()));
    assert_eq!(bin.apply(add(0, Value::Nil)), Ok(4.into()));
    assert_eq!(bin.apply(add(2, 1.into())), Err(ResultCode::PARAMETER));
    assert_eq!(bin.apply(add(4, 0.5.into())), Ok(0.5.into()));
    assert_eq!(bin.apply(add(0, i64::MAX.into())), Ok((i64::MIN + 3).into()));
}

#[test]
fn a_descending_sort_cannot_drop_duplicates() {
    let mut bin = Bin::new([2, 1, 2]);
    bin.apply(list(Op::Sort).int(1)).unwrap();
    assert_eq!(bin.value(), [2, 2, 1].into());
    assert_eq!(bin.apply(list(Op::Sort).int(3)), Err(ResultCode::PARAMETER));
    bin.apply(list(Op::Sort).int(2)).unwrap();
    assert_eq!(bin.value(), [1, 2].into());
    assert_eq!(Bin::missing().apply(list(Op::Sort)), Err(ResultCode::INCOMPATIBLE_TYPE));
}

#[test]
fn elements_are_selected_by_index_and_rank() {
    let mut bin = Bin::new([30, 10, 20]);
    let mut get = |call: Call| bin.apply(call);
    assert_eq!(get(list(Op::Get).int(-1)), Ok(20.into()));
    assert_eq!(get(list(Op::Get).int(3)), Err(ResultCode::OP_NOT_APPLICABLE));
    assert_eq!(get(list(Op::GetRange).int(1)), Ok([10, 20].into()));
    assert_eq!(get(list(Op::GetByIndex).int(RANK).int(0)), Ok(2.into()));
    assert_eq!(
        get(list(Op::GetByIndexRange).int(REVERSE_INDEX).int(1)),
        Ok([0, 1].into())
    );
    assert_eq!(
        get(list(Op::GetByIndexRange).int(VALUE | INVERTED).int(1).int(1)),
        Ok([30, 20].into())
    );
    assert_eq!(get(list(Op::GetByRank).int(VALUE).int(-1)), Ok(30.into()));
    // A range that starts before the first element is cut off.
    assert_eq!(
        get(list(Op::GetByIndexRange).int(VALUE).int(-5).int(3)),
        Ok([30].into())
    );
    // Ranks are counted from the nearer end, and the values are in the order in which they are found.
    assert_eq!(
        get(list(Op::GetByRankRange).int(VALUE).int(0).int(2)),
        Ok([20, 10].into())
    );
    assert_eq!(
        get(list(Op::GetByRankRange).int(VALUE).int(1).int(2)),
        Ok([20, 30].into())
    );
}

#[test]
fn elements_are_selected_by_value() {
    let mut bin = Bin::new([3, 1, 3, 5]);
    let mut get = |call: Call| bin.apply(call);
    assert_eq!(get(list(Op::GetByValue).int(INDEX).value(3)), Ok(0.into()));
    assert_eq!(get(list(Op::GetByValue).int(INDEX).value(4)), Ok((-1).into()));
    assert_eq!(get(list(Op::GetAllByValue).int(INDEX).value(3)), Ok([0, 2].into()));
    assert_eq!(
        get(list(Op::GetAllByValue).int(COUNT | INVERTED).value(3)),
        Ok(2.into())
    );
    assert_eq!(
        get(list(Op::GetAllByValueList).int(VALUE).value([5, 3])),
        Ok([3, 3, 5].into())
    );
    assert_eq!(
        get(list(Op::GetAllByValueList).int(RANK).value([5, 3])),
        Ok([3, 1, 2].into())
    );
    assert_eq!(
        get(list(Op::GetByValueInterval).int(VALUE).value(2).value(5)),
        Ok([3, 3].into())
    );
    assert_eq!(get(list(Op::GetByValueInterval).int(EXISTS).value(6)), Ok(false.into()));
    assert_eq!(
        get(list(Op::GetByValueRelRankRange).int(COUNT).value(2).int(-1)),
        Ok(4.into())
    );
    assert_eq!(
        get(list(Op::GetByValueRelRankRange).int(COUNT).value(2).int(1).int(1)),
        Ok(1.into())
    );
    // Lists have no keys.
    assert_eq!(
        get(list(Op::GetByValue).int(KEY).value(9)),
        Err(ResultCode::OP_NOT_APPLICABLE)
    );
}

#[test]
fn wildcard_and_infinity_can_only_be_compared_with() {
    let pair = |a: i64, b: &str| values([a.into(), b.into()]);
    let mut bin = Bin::new(values([pair(1, "a"), pair(2, "b"), pair(1, "c")]));
    let any_one = values([1.into(), Value::Wildcard]);
    assert_eq!(
        bin.apply(list(Op::GetAllByValue).int(INDEX).value(any_one.clone())),
        Ok([0, 2].into())
    );
    let after_one = list(Op::GetByValueInterval)
        .int(INDEX)
        .value(values([1.into(), Value::Infinity]));
    assert_eq!(bin.apply(after_one), Ok([1].into()));
    assert_eq!(bin.apply(list(Op::Append).value(any_one)), Err(ResultCode::PARAMETER));
}

#[test]
fn removing_returns_the_requested_values_and_keeps_the_rest() {
    let mut bin = Bin::new([5, 6, 7, 8]);
    assert_eq!(bin.apply(list(Op::Pop).int(0)), Ok(5.into()));
    assert_eq!(bin.apply(list(Op::RemoveByValue).int(NONE).value(7)), Ok(Value::Nil));
    assert_eq!(bin.value(), [6, 8].into());
    assert_eq!(bin.apply(list(Op::Trim).int(1).int(1)), Ok(1.into()));
    assert_eq!(bin.value(), [8].into());
    assert_eq!(bin.apply(list(Op::RemoveRange).int(0)), Ok(1.into()));
    assert_eq!(bin.value(), Value::List(Vec::new()));
    // The empty list remains. Removing from a missing bin succeeds.
    assert_eq!(Bin::missing().apply(list(Op::RemoveRange).int(0)), Ok(Value::Nil));
}

#[test]
fn an_ordered_list_stays_ordered_when_it_is_emptied() {
    let mut bin = Bin::ordered(&[2, 1]);
    bin.apply(list(Op::Clear)).unwrap();
    bin.apply(list(Op::AppendItems).value([9, 8])).unwrap();
    assert_eq!(bin.value(), [8, 9].into());
}

#[test]
fn operations_and_arguments_must_fit() {
    let mut bin = Bin::new([1]);
    assert_eq!(bin.apply(list(Op::Get)), Err(ResultCode::PARAMETER));
    assert_eq!(bin.apply(list(Op::Get).value("x")), Err(ResultCode::PARAMETER));
    assert_eq!(bin.apply(map(MapOp::Size)), Err(ResultCode::INCOMPATIBLE_TYPE));
    assert_eq!(modify(&mut bin.0, &[0x91, 16]), Err(ResultCode::PARAMETER));
    assert_eq!(read(bin.0.as_ref(), &[0x92, 1, 1]), Err(ResultCode::PARAMETER));
    assert_eq!(read(bin.0.as_ref(), &[]), Err(ResultCode::PARAMETER));
    assert_eq!(read(None, &[0x91, 16]), Ok(None));
}
