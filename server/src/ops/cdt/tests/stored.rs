use super::super::{from_wire, is_compact, to_wire};
use super::*;

fn stored(value: &Value) -> Result<Value, ResultCode> {
    let (particle_type, data) = value.to_particle();
    let stored = from_wire(particle_type, &data)?;
    Ok(Value::from_particle(particle_type, &stored).unwrap())
}

fn map(order: MapOrder, keys: &[i64]) -> Value {
    let mut map = Map::new(order);
    for &key in keys {
        map.insert(key, "v");
    }
    Value::Map(map)
}

#[test]
fn unordered_maps_are_sorted_at_every_depth() {
    let inner = Value::List(vec![map(MapOrder::Unordered, &[3, 1, 2])]);
    let mut outer = Map::new(MapOrder::Unordered);
    outer.insert("b", inner);
    outer.insert("a", 1);
    let Value::Map(outer) = stored(&Value::Map(outer)).unwrap() else {
        panic!("no map")
    };
    let keys: Vec<_> = outer.iter().map(|(key, _)| key.clone()).collect();
    assert_eq!(keys, ["a".into(), "b".into()]);
    assert_eq!(
        outer.get("b"),
        Some(&Value::List(vec![map(MapOrder::Unordered, &[1, 2, 3])]))
    );
}

#[test]
fn a_collection_flagged_as_ordered_must_be_in_order() {
    assert!(stored(&map(MapOrder::KeyOrdered, &[1, 2])).is_ok());
    assert_eq!(
        stored(&map(MapOrder::KeyOrdered, &[2, 1])),
        Err(ResultCode::SERVER_ERROR)
    );
    let list = |items: &[u8]| from_wire(ParticleType::LIST, items).map(Vec::from);
    assert_eq!(list(&[0x93, 0xc7, 0, 1, 1, 1]), Ok(vec![0x93, 0xc7, 0, 1, 1, 1]));
    assert_eq!(list(&[0x93, 0xc7, 0, 1, 2, 1]), Err(ResultCode::SERVER_ERROR));
}

#[test]
fn everything_is_stored_in_its_shortest_form() {
    let list = |items: &[u8]| from_wire(ParticleType::LIST, items).map(Vec::from);
    let long = [
        0xdc, 0, 4, 0xd3, 0, 0, 0, 0, 0, 0, 0, 5, 0xd1, 0xff, 0xff, 0xc4, 2, 4, 9, 0xdd, 0, 0, 0, 0,
    ];
    assert_eq!(list(&long), Ok(vec![0x94, 5, 0xff, 0xa2, 4, 9, 0x90]));
    // Floats of 4 bytes stay as they are, and the flag of a persisted index is dropped.
    assert_eq!(
        list(&[0x91, 0xca, 0x3f, 0x80, 0, 0]),
        Ok(vec![0x91, 0xca, 0x3f, 0x80, 0, 0])
    );
    assert_eq!(list(&[0x92, 0xc7, 0, 0x10, 7]), Ok(vec![0x91, 7]));
    assert_eq!(list(&[0x92, 0xc7, 0, 0x11, 7]), Ok(vec![0x92, 0xc7, 0, 1, 7]));
}

#[test]
fn a_bin_header_is_kept_if_no_shorter_str_header_exists() {
    let element = |header: &[u8], size: usize| [header, &vec![4; size]].concat();
    let list = |element: &[u8]| from_wire(ParticleType::LIST, &[&[0x91], element].concat()).map(Vec::from);
    let kept = |element: &[u8]| {
        assert_eq!(list(element), Ok([&[0x91], element].concat()));
        assert!(is_compact(element));
    };
    let rewritten = |from: &[u8], to: &[u8]| {
        assert_eq!(list(from), Ok([&[0x91], to].concat()));
        assert!(!is_compact(from));
    };
    kept(&element(&[0xc4, 32], 32));
    kept(&element(&[0xc4, 255], 255));
    kept(&element(&[0xc5, 1, 0], 256));
    kept(&element(&[0xc6, 0, 1, 0, 0], 1 << 16));
    rewritten(&element(&[0xc4, 31], 31), &element(&[0xbf], 31));
    rewritten(&element(&[0xc5, 0, 255], 255), &element(&[0xd9, 255], 255));
    rewritten(
        &element(&[0xc6, 0, 0, 0xff, 0xff], 65535),
        &element(&[0xda, 0xff, 0xff], 65535),
    );
    rewritten(&element(&[0xda, 0, 32], 32), &element(&[0xd9, 32], 32));
}

#[test]
fn values_under_both_headers_are_equal() {
    let element = |marker: u8| [&[marker, 33, 3][..], &[b'x'; 32]].concat();
    let (bin, str) = (element(0xc4), element(0xd9));
    // A map whose keys are equal, under different headers.
    let map = [&[0x82][..], &bin, &[1], &str, &[2]].concat();
    assert_eq!(from_wire(ParticleType::MAP, &map), Err(ResultCode::SERVER_ERROR));
    let list = from_wire(ParticleType::LIST, &[&[0x92][..], &bin, &str].concat()).unwrap();
    let mut bin = Bin(Some(Particle::bytes(ParticleType::LIST, &list)));
    let text = "x".repeat(32);
    let count = super::list(ListOp::GetAllByValue).int(COUNT).value(text.as_str());
    assert_eq!(bin.apply(count), Ok(2.into()));
}

#[test]
fn the_flag_of_a_persisted_index_is_not_returned() {
    let data = [0x82, 0xc7, 0, 0x13, 0xc0, 1, 2];
    let stored = from_wire(ParticleType::MAP, &data).unwrap();
    assert_eq!(*stored, data);
    assert_eq!(*to_wire(&stored), [0x82, 0xc7, 0, 3, 0xc0, 1, 2]);
    assert_eq!(*to_wire(&[0x82, 0xc7, 0, 0x10, 0xc0, 1, 2]), [0x81, 1, 2]);
}

#[test]
fn values_that_cannot_be_stored_are_refused() {
    let list = |items: &[u8]| from_wire(ParticleType::LIST, items);
    let refused = |items: &[u8]| assert_eq!(list(items), Err(ResultCode::SERVER_ERROR), "{items:?}");
    refused(&[]);
    refused(&[0x91]);
    refused(&[0x91, 1, 2]);
    refused(&[0x91, 0xc1]);
    refused(&[0x80]);
    refused(&[0x91, 0xd4, 0xff, 0]);
    refused(&[0x91, 0x81, 0xc0, 1]);
    refused(&[0x91, 0x82, 1, 1, 1, 1]);
    refused(&[0x91, 0x83, 2, 1, 1, 1, 2, 1]);
    refused(&[0xdd, 0xff, 0xff, 0xff, 0xff]);
    refused(&[0xdf, 0xff, 0xff, 0xff, 0xff, 1]);
}

#[test]
fn nesting_costs_no_stack() {
    let deep = [vec![0x91; 1 << 20], vec![0x90]].concat();
    assert_eq!(from_wire(ParticleType::LIST, &deep).map(Vec::from), Ok(deep));
}
