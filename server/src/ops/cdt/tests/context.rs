use spikelet_wire::context::{ListCreate, Step};
use spikelet_wire::list::ListOp;
use spikelet_wire::map::MapOp;

use super::*;

fn at<const N: usize>(steps: [Step; N]) -> Context {
    steps.into_iter().collect()
}

#[test]
fn a_context_leads_into_lists_and_maps() {
    let inner = pairs(MapOrder::Unordered, [("k", [4, 5])]);
    let mut bin = Bin::new(values([[9].into(), inner]));
    let ways = [
        at([Step::ListIndex(1), Step::MapKey("k".into())]),
        at([Step::ListIndex(-1), Step::MapIndex(0)]),
        at([Step::ListRank(1), Step::MapRank(0)]),
        at([Step::ListIndex(1), Step::MapValue([4, 5].into())]),
    ];
    for way in &ways {
        assert_eq!(bin.apply_at(list(ListOp::Size), way), Ok(2.into()), "{way:?}");
    }
    assert_eq!(bin.apply_at(list(ListOp::Append).value(6), &ways[0]), Ok(3.into()));
    let inner = pairs(MapOrder::Unordered, [("k", [4, 5, 6])]);
    assert_eq!(bin.value(), values([[9].into(), inner]));
}

#[test]
fn a_context_without_an_element_is_not_applicable() {
    let mut bin = Bin::new(values([[9].into(), 1.into()]));
    let mut size = |step| bin.apply_at(list(ListOp::Size), &at([step]));
    assert_eq!(size(Step::ListIndex(2)), Err(ResultCode::OP_NOT_APPLICABLE));
    assert_eq!(size(Step::MapKey("k".into())), Err(ResultCode::OP_NOT_APPLICABLE));
    assert_eq!(size(Step::ListValue(7.into())), Err(ResultCode::OP_NOT_APPLICABLE));
    // The element at the context is not a list.
    assert_eq!(size(Step::ListIndex(1)), Err(ResultCode::INCOMPATIBLE_TYPE));
    let mut number = Bin::new(1);
    let size = number.apply_at(list(ListOp::Size), &at([Step::ListIndex(0)]));
    assert_eq!(size, Err(ResultCode::PARAMETER));
}

#[test]
fn an_element_of_an_ordered_list_moves_when_it_changes() {
    let mut bin = Bin::missing();
    bin.apply(list(ListOp::SetType).int(1)).unwrap();
    bin.apply(list(ListOp::AppendItems).value(values([[1].into(), [2].into(), [3].into()])))
        .unwrap();
    bin.apply_at(list(ListOp::Set).int(0).value(5), &at([Step::ListIndex(0)]))
        .unwrap();
    assert_eq!(bin.value(), values([[2].into(), [3].into(), [5].into()]));
    bin.apply_at(list(ListOp::Set).int(0).value(1), &at([Step::ListValue([5].into())]))
        .unwrap();
    assert_eq!(bin.value(), values([[1].into(), [2].into(), [3].into()]));
}

#[test]
fn a_context_creates_missing_elements() {
    let mut bin = Bin::missing();
    let way = at([
        Step::MapKeyCreate("a".into(), MapOrder::KeyOrdered),
        Step::ListIndexCreate(1, ListCreate::Padded),
    ]);
    assert_eq!(bin.apply_at(map(MapOp::Put).value("k").value(1), &way), Ok(1.into()));
    let made = values([Value::Nil, pairs(MapOrder::Unordered, [("k", 1)])]);
    assert_eq!(bin.value(), pairs(MapOrder::KeyOrdered, [("a", made)]));
    let ordered = at([Step::MapKey("a".into()), Step::ListIndexCreate(2, ListCreate::Ordered)]);
    bin.apply_at(list(ListOp::Append).value(2).int(1).int(0), &ordered)
        .unwrap();
    assert_eq!(
        bin.apply_at(list(ListOp::Size), &at([Step::MapKey("a".into())])),
        Ok(3.into())
    );
}

#[test]
fn reads_removals_and_errors_create_nothing() {
    let way = || at([Step::MapKeyCreate("a".into(), MapOrder::Unordered)]);
    let mut bin = Bin::new(pairs(MapOrder::Unordered, [("b", 1)]));
    assert_eq!(
        bin.apply_at(list(ListOp::Size), &way()),
        Err(ResultCode::OP_NOT_APPLICABLE)
    );
    assert_eq!(bin.apply_at(list(ListOp::Pop).int(0), &way()), Ok(Value::Nil));
    let bounded = list(ListOp::Insert).int(1).value(1).int(2);
    assert_eq!(bin.apply_at(bounded, &way()), Err(ResultCode::OP_NOT_APPLICABLE));
    assert_eq!(bin.value(), pairs(MapOrder::Unordered, [("b", 1)]));
    // Adding no element creates the list that it would be added to.
    bin.apply_at(list(ListOp::AppendItems).value(Value::List(Vec::new())), &way())
        .unwrap();
    assert_eq!(bin.apply_at(list(ListOp::Size), &way()), Ok(0.into()));
}

#[test]
fn a_collection_created_together_with_its_bin_keeps_the_flag_of_a_persisted_index() {
    let created = |call: Call, bin: &mut Bin| {
        bin.apply_at(call, &at([Step::ListIndexCreate(0, ListCreate::Unordered)]))?;
        Ok::<_, ResultCode>(
            bin.0
                .as_ref()
                .and_then(|bin| bin.bytes_of(ParticleType::LIST))
                .unwrap()
                .to_vec(),
        )
    };
    let in_new_bin = |call| created(call, &mut Bin::missing());
    assert_eq!(
        in_new_bin(map(MapOp::SetType).int(0x10)),
        Ok(vec![0x91, 0x81, 0xc7, 0, 0x10, 0xc0])
    );
    assert_eq!(
        in_new_bin(list(ListOp::SetType).int(0x11)),
        Ok(vec![0x91, 0x91, 0xc7, 0, 0x11])
    );
    let append = list(ListOp::Append).value(7).int(0x10).int(0);
    assert_eq!(in_new_bin(append), Ok(vec![0x91, 0x92, 0xc7, 0, 0x10, 7]));
    let no_pairs = map(MapOp::PutItems).value(Value::Map(Map::default())).int(0x10).int(0);
    assert_eq!(in_new_bin(no_pairs), Ok(vec![0x91, 0x81, 0xc7, 0, 0x10, 0xc0]));
    let put = map(MapOp::Put).value(1).value(2).int(0x11).int(0);
    assert_eq!(in_new_bin(put), Ok(vec![0x91, 0x82, 0xc7, 0, 1, 0xc0, 1, 2]));
    // In a bin that exists the flag is dropped.
    let mut empty = Bin::new(Value::List(Vec::new()));
    assert_eq!(
        created(map(MapOp::SetType).int(0x11), &mut empty),
        Ok(vec![0x91, 0x81, 0xc7, 0, 1, 0xc0])
    );
}

#[test]
fn the_index_of_a_padded_element_wraps_around() {
    let way = |index| at([Step::ListIndexCreate(index, ListCreate::Padded), Step::ListIndex(0)]);
    let mut bin = Bin::new([1, 2]);
    // Nothing is written, so nothing shows how far the list would be padded.
    assert_eq!(bin.apply_at(list(ListOp::Clear), &way(-10)), Ok(Value::Nil));
    let replace = map(MapOp::ReplaceItems).value(Value::Map(Map::default()));
    assert_eq!(bin.apply_at(replace, &way(-10)), Err(ResultCode::ELEMENT_NOT_FOUND));
    assert_eq!(
        bin.apply_at(list(ListOp::Append).value(9), &way(-10)),
        Err(ResultCode::RECORD_TOO_BIG)
    );
    assert_eq!(bin.value(), [1, 2].into());
    bin.apply_at(list(ListOp::Append).value(9), &way(3 - (1 << 32)))
        .unwrap();
    assert_eq!(
        bin.value(),
        values([1.into(), 2.into(), Value::Nil, values([[9].into()])])
    );
}

#[test]
fn nothing_can_be_stored_after_a_wildcard_in_the_context() {
    let way = at([Step::ListValue(values([1.into(), Value::Wildcard]))]);
    let mut bin = Bin::new(values([[1, 2].into()]));
    assert_eq!(bin.apply_at(list(ListOp::Size), &way), Ok(2.into()));
    assert_eq!(
        bin.apply_at(list(ListOp::Append).value(3), &way),
        Err(ResultCode::PARAMETER)
    );
    assert_eq!(bin.apply_at(list(ListOp::Pop).int(0), &way), Ok(1.into()));
}

#[test]
fn the_element_at_a_context_is_returned_as_a_particle() {
    let bin = Bin::new(values([pairs(MapOrder::Unordered, [("k", "v")]), Value::Nil]))
        .0
        .unwrap();
    let found = |steps: Context| {
        let mut packed = Vec::new();
        steps.pack(&mut packed);
        super::super::at_context(&bin, &packed).map(|particle| value(&particle))
    };
    assert_eq!(
        found(at([Step::ListIndex(0), Step::MapKey("k".into())])),
        Some("v".into())
    );
    assert_eq!(found(at([Step::ListIndex(0), Step::MapKey("x".into())])), None);
    assert_eq!(found(at([Step::ListIndex(1)])), None);
    assert_eq!(found(at([Step::ListIndexCreate(2, ListCreate::Padded)])), None);
}
