//! The time of list and map operations by the number of elements, and the throughput of map puts over sockets.

use bytes::BytesMut;
use spikelet::Now;
use spikelet::unstable::{Config, Session, State, handle};
use spikelet_wire::cdt::{CallWriter, Operation, ReturnType};
use spikelet_wire::context::Context;
use spikelet_wire::list::ListOp;
use spikelet_wire::map::MapOp;
use spikelet_wire::{FrameHeader, FrameType, Map, MapOrder, Op, OpCode, Value};

use crate::clock::now;
use crate::closed_loop::{Load, Outcome};
use crate::request::{Requests, sample};

/// A list of the integers from 0.
fn list(elements: i64) -> Value {
    Value::List((0..elements).map(Value::Int).collect())
}

/// A map of the integers from 0 to themselves, ordered by key.
fn map(entries: i64) -> Value {
    let mut map: Map = (0..entries).map(|n| (n, n)).collect();
    map.order = MapOrder::KeyOrdered;
    Value::Map(map)
}

fn call(operation: Operation) -> CallWriter {
    CallWriter::new(operation)
}

/// Measures each operation on collections of 10, 1,000 and 100,000 elements.
pub(crate) fn cost() {
    println!("\ncollections: nanoseconds per operation by the number of elements, without sockets");
    println!(
        "{:<12} {:>12} {:>12} {:>12} {:>12} {:>12}",
        "elements", "append, pop", "list by rank", "map put", "map by key", "map by rank"
    );
    for elements in [10, 1_000, 100_000] {
        let middle = elements / 2;
        let value = ReturnType::Value as i64;
        // The pop keeps the length of the list.
        let append = call(ListOp::Append.operation()).value(&Value::Int(7));
        let pop = call(ListOp::Pop.operation()).int(-1);
        let list_by_rank = call(ListOp::GetByRank.operation()).int(value).int(middle);
        // The new value has another size than the old one, so all bytes after it move.
        let put = call(MapOp::Put.operation())
            .value(&Value::Int(middle))
            .value(&Value::Int(7));
        let by_key = call(MapOp::GetByKey.operation()).int(value).value(&Value::Int(middle));
        let map_by_rank = call(MapOp::GetByRank.operation()).int(value).int(middle);
        let columns = [
            (list(elements), OpCode::CDT_MODIFY, vec![append, pop]),
            (list(elements), OpCode::CDT_READ, vec![list_by_rank]),
            (map(elements), OpCode::CDT_MODIFY, vec![put]),
            (map(elements), OpCode::CDT_READ, vec![by_key]),
            (map(elements), OpCode::CDT_READ, vec![map_by_rank]),
        ]
        .map(|(collection, code, calls)| format!("{:>12.0}", nanoseconds(&collection, code, calls)));
        println!("{elements:<12} {}", columns.join(" "));
    }
}

/// Nanoseconds per message with these operations on a collection.
fn nanoseconds(collection: &Value, code: OpCode, calls: Vec<CallWriter>) -> f64 {
    let state = State::new(Config::default());
    let (mut session, mut out) = (Session::default(), BytesMut::new());
    let mut handle = |frame: &[u8]| {
        let body = &frame[FrameHeader::SIZE..];
        let header = FrameHeader::new(FrameType::MESSAGE, body.len());
        out.clear();
        let _ = handle(&state, Now(500_000_000_000), &mut session, header, body, &mut out);
        assert_eq!(out[FrameHeader::SIZE + 5], 0, "the result code");
    };
    let (particle_type, data) = collection.to_particle();
    handle(Requests::write(sample(1), &[Op::new(OpCode::WRITE, b"c", particle_type, &data)]).frame(0));
    let calls: Vec<Vec<u8>> = calls.into_iter().map(|call| call.finish(&Context::default())).collect();
    let ops: Vec<Op<'_>> = calls
        .iter()
        .map(|call| Op::new(code, b"c", particle_type, call))
        .collect();
    let request = Requests::write(sample(1), &ops);
    let (start, mut rounds) = (now(), 0_u32);
    while rounds < 10 || start.elapsed().as_millis() < 200 {
        handle(request.frame(0));
        rounds += 1;
    }
    start.elapsed().as_nanos() as f64 / f64::from(rounds)
}

/// Measures puts into maps of 100 entries, over sockets.
pub(crate) fn throughput(load: impl Fn(usize) -> Load) {
    println!("\ncollections: puts into maps of 100 entries, over sockets");
    Outcome::print_head();
    let (particle_type, data) = map(100).to_particle();
    let create = Op::new(OpCode::WRITE, b"c", particle_type, &data);
    load(32).once(&Requests::write(sample(1000), &[create]));
    let call = call(MapOp::Put.operation())
        .value(&Value::Int(50))
        .value(&Value::Int(7));
    let call = call.finish(&Context::default());
    let puts = Requests::write(sample(1000), &[Op::new(OpCode::CDT_MODIFY, b"c", particle_type, &call)]);
    for depth in [1, 32] {
        load(depth).run(&puts).print(&format!("map put at depth {depth}"));
    }
}
