//! Tests of secondary index queries, and of the indexes themselves.

use spikelet_wire::msgpack::write;
use spikelet_wire::{Map, Value};

use super::*;
use crate::store::Namespace;

impl Server {
    fn put_bins(&self, key: i64, set: &str, bins: &[(&str, Value)]) -> Digest {
        let digest = Digest::of(set, &UserKey::from(key));
        self.write(&digest, set, Info2::WRITE, bins);
        digest
    }

    fn write(&self, digest: &Digest, set: &str, info2: Info2, bins: &[(&str, Value)]) {
        let header = Header {
            info2,
            record_ttl: if set == "brief" { 10 } else { 0 },
            ..Header::default()
        };
        let mut body = BytesMut::new();
        let mut message = MessageWriter::bare(&mut body, &header);
        message.field(FieldType::NAMESPACE, b"test");
        message.field(FieldType::SET, set.as_bytes());
        message.field(FieldType::DIGEST, &digest.0);
        for (name, value) in bins {
            let (particle_type, bytes) = value.to_particle();
            message.op(&Op::new(OpCode::WRITE, name.as_bytes(), particle_type, &bytes));
        }
        message.finish();
        let mut out = BytesMut::new();
        assert!(matches!(self.handle(NOW, 0, &body, &mut out), Flow::Continue));
        assert_eq!(out[13], 0, "the result code of a write");
    }

    fn index(&self, parameters: &str) {
        assert_eq!(self.info(&format!("sindex-create:ns=test;{parameters}\n")), "ok");
    }

    fn namespace(&self) -> &Namespace {
        &self.0.namespaces()[0]
    }

    fn entries(&self, name: &str) -> usize {
        self.namespace().sindexes.by_name(name).unwrap().entries()
    }
}

fn ints(bin: &str, first: i64, last: i64) -> Vec<u8> {
    let ends = [&first.to_be_bytes()[..], &last.to_be_bytes()];
    range(bin, ParticleType::INTEGER, ends)
}

fn bytes(bin: &str, particle_type: ParticleType, value: &[u8]) -> Vec<u8> {
    range(bin, particle_type, [value, value])
}

fn range(bin: &str, particle_type: ParticleType, ends: [&[u8]; 2]) -> Vec<u8> {
    let mut field = vec![1, bin.len() as u8];
    field.extend_from_slice(bin.as_bytes());
    field.push(particle_type.0);
    for end in ends {
        field.extend_from_slice(&(end.len() as u32).to_be_bytes());
        field.extend_from_slice(end);
    }
    field
}

impl Request {
    fn find(range: Vec<u8>) -> Self {
        Self::all().with(FieldType::INDEX_RANGE, &range)
    }

    fn of_type(self, index_type: u8) -> Self {
        self.with(FieldType::INDEX_TYPE, &[index_type])
    }

    /// Runs the query, and returns the values by which records were found, sorted.
    fn values(&self, server: &Server) -> Vec<i64> {
        let replies = self.replies(server);
        let mut values: Vec<_> = replies.iter().filter_map(|reply| reply.value).collect();
        values.sort_unstable();
        values
    }
}

fn text(text: &str) -> Value {
    Value::from(text)
}

fn geo(text: &str) -> Value {
    Value::GeoJson(text.to_owned())
}

fn int_list(values: impl IntoIterator<Item = i64>) -> Value {
    Value::List(values.into_iter().map(Value::Int).collect())
}

#[test]
fn integers_are_found_by_range_with_their_values() {
    let server = Server::new();
    server.index("set=s;indexname=i;bin=a;type=numeric");
    for n in -50..50 {
        server.put_bins(n, "s", &[("a", Value::Int(n / 2))]);
    }
    server.put_bins(100, "other", &[("a", Value::Int(1))]);
    server.put_bins(101, "s", &[("a", text("1"))]);
    let mut request = Request::find(ints("a", -1, 2));
    assert_eq!(request.code(&server), ResultCode::INDEX_NOT_FOUND);
    request.set = "s";
    assert_eq!(request.values(&server), [-1, -1, 0, 0, 0, 1, 1, 2, 2]);
    let replies = request.replies(&server);
    let (last, records) = replies.split_last().unwrap();
    assert!(last.is_last() && last.header.result_code() == ResultCode::OK);
    let expected = [
        FieldType::NAMESPACE,
        FieldType::DIGEST,
        FieldType::SET,
        FieldType::BVALS,
    ];
    assert!(records.iter().all(|reply| reply.fields == expected));
    let mut all = Request::find(ints("a", i64::MIN, i64::MAX));
    all.set = "s";
    assert_eq!(all.values(&server).len(), 100);
}

#[test]
fn an_index_of_all_records_serves_a_set_that_has_none() {
    let server = Server::new();
    server.index("indexname=i;indexdata=a,NUMERIC");
    server.put_bins(1, "s", &[("a", Value::Int(7))]);
    server.put_bins(2, "t", &[("a", Value::Int(7))]);
    let mut request = Request::find(ints("a", 7, 7));
    assert_eq!(request.values(&server), [7, 7]);
    request.set = "s";
    assert_eq!(request.values(&server), [7]);
    request.set = "unknown";
    assert!(request.values(&server).is_empty());
}

#[test]
fn strings_and_blobs_are_found_by_equality() {
    let server = Server::new();
    server.index("indexname=s;bin=a;type=string");
    server.index("indexname=b;bin=a;type=blob");
    let of_text = server.put_bins(1, "s", &[("a", text("x"))]);
    let of_bytes = server.put_bins(2, "s", &[("a", Value::Blob(b"x".to_vec()))]);
    let long = "y".repeat(2047);
    let of_long = server.put_bins(3, "s", &[("a", text(&long))]);
    server.put_bins(4, "s", &[("a", text(&"z".repeat(2049)))]);
    let find = |particle_type, value: &[u8]| Request::find(bytes("a", particle_type, value)).digests(&server);
    assert_eq!(find(ParticleType::STRING, b"x"), [of_text]);
    assert_eq!(find(ParticleType::BLOB, b"x"), [of_bytes]);
    assert_eq!(find(ParticleType::STRING, long.as_bytes()), [of_long]);
    assert!(find(ParticleType::STRING, b"X").is_empty());
    assert_eq!(server.entries("s"), 2);
    let too_long = Request::find(bytes("a", ParticleType::STRING, &[b'y'; 2048]));
    assert_eq!(too_long.code(&server), ResultCode::PARAMETER);
}

#[test]
fn every_write_updates_an_index() {
    let server = Server::new();
    server.index("indexname=i;bin=a;type=numeric");
    let values = || Request::find(ints("a", i64::MIN, i64::MAX)).values(&server);
    let digest = server.put_bins(1, "s", &[("a", Value::Int(1))]);
    assert_eq!(values(), [1]);
    server.put_bins(1, "s", &[("a", Value::Int(2))]);
    assert_eq!(values(), [2]);
    server.put_bins(1, "s", &[("b", Value::Int(3))]);
    assert_eq!(values(), [2]);
    server.put_bins(1, "s", &[("a", text("2"))]);
    assert_eq!((values(), server.entries("i")), (vec![], 0));
    server.put_bins(1, "s", &[("a", Value::Int(4))]);
    server.write(&digest, "s", Info2::WRITE | Info2::DELETE, &[]);
    assert_eq!((values(), server.entries("i")), (vec![], 0));
    server.put_bins(2, "brief", &[("a", Value::Int(5))]);
    server.put_bins(3, "s", &[("a", Value::Int(6))]);
    let later = Now(NOW.0 + 20_000);
    for id in server.namespace().partition_ids() {
        server.namespace().sweep(id, later);
    }
    assert_eq!(server.entries("i"), 1);
    server.namespace().clear();
    assert_eq!(server.entries("i"), 0);
}

#[test]
fn a_record_that_replaces_an_expired_one_replaces_its_entries() {
    let server = Server::new();
    server.index("indexname=i;bin=a;type=numeric");
    let digest = server.put_bins(1, "brief", &[("a", Value::Int(1))]);
    server.put_bins(2, "s", &[("b", Value::Int(1))]);
    let namespace = server.namespace();
    let mut partition = namespace.partition_mut(digest.partition_id()).unwrap();
    let mut record = partition.get(&digest).cloned().unwrap();
    record.bins[0].value = crate::ops::Particle::Int(2);
    namespace.insert(&mut partition, digest, record);
    drop(partition);
    assert_eq!(server.entries("i"), 1);
    assert_eq!(Request::find(ints("a", 2, 2)).values(&server), [2]);
}

#[test]
fn lists_and_maps_are_found_by_their_elements() {
    let server = Server::new();
    server.index("indexname=l;bin=l;type=numeric;indextype=list");
    server.index("indexname=k;bin=m;type=string;indextype=mapkeys");
    server.index("indexname=v;bin=m;type=numeric;indextype=MAPVALUES");
    let map: Map = [(text("x"), Value::Int(1)), (text("y"), text("1"))]
        .into_iter()
        .collect();
    let of_map = server.put_bins(1, "s", &[("m", Value::Map(map))]);
    let of_list = server.put_bins(2, "s", &[("l", int_list([3, 1, 3, -7]))]);
    let find = |range, index_type| Request::find(range).of_type(index_type).digests(&server);
    // A record that is found by several values is returned once.
    assert_eq!(find(ints("l", -10, 10), 1), [of_list]);
    assert_eq!(find(ints("l", 3, 3), 1), [of_list]);
    assert!(find(ints("l", 2, 2), 1).is_empty());
    assert_eq!(server.entries("l"), 3);
    assert_eq!(find(bytes("m", ParticleType::STRING, b"y"), 2), [of_map]);
    assert_eq!(find(ints("m", 1, 1), 3), [of_map]);
    assert_eq!(
        Request::find(ints("l", 1, 1)).code(&server),
        ResultCode::INDEX_NOT_FOUND
    );
    assert_eq!(
        Request::find(ints("l", 1, 1)).of_type(9).code(&server),
        ResultCode::INDEX_NOT_FOUND
    );
}

#[test]
fn a_record_is_returned_once_for_each_hundred_entries() {
    let server = Server::new();
    server.index("indexname=l;bin=l;type=numeric;indextype=list");
    server.put_bins(1, "s", &[("l", int_list(0..250))]);
    let values = Request::find(ints("l", 0, 1000)).of_type(1).values(&server);
    assert_eq!(values, [0, 100, 200]);
}

#[test]
fn an_index_can_be_on_a_nested_value() {
    let server = Server::new();
    // [list_index(1)], in base64.
    server.index("indexname=i;bin=l;type=numeric;context=khAB");
    let inside = server.put_bins(1, "s", &[("l", int_list([5, 6]))]);
    server.put_bins(2, "s", &[("l", int_list([6]))]);
    let request = Request::find(ints("l", 6, 6));
    assert_eq!(request.code(&server), ResultCode::INDEX_NOT_FOUND);
    let request = request.with(FieldType::INDEX_CONTEXT, &[0x92, 0x10, 1]);
    assert_eq!(request.digests(&server), [inside]);
    // 1 is not encoded in its shortest form.
    let request = Request::find(ints("l", 6, 6)).with(FieldType::INDEX_CONTEXT, &[0x92, 0x10, 0xcc, 1]);
    assert_eq!(request.code(&server), ResultCode::PARAMETER);
}

#[test]
fn an_index_can_be_on_an_expression() {
    let server = Server::new();
    // The sum of the integer bins a and b.
    let mut sum = Vec::new();
    write::list(&mut sum, 3);
    write::int(&mut sum, 20);
    for name in ["a", "b"] {
        write::list(&mut sum, 3);
        write::int(&mut sum, 81);
        write::int(&mut sum, 2);
        write::raw(&mut sum, name.as_bytes());
    }
    let text = "kxSTUQKhYZNRAqFi";
    server.index(&format!("indexname=i;exp={text};type=numeric"));
    let found = server.put_bins(1, "s", &[("a", Value::Int(1)), ("b", Value::Int(2))]);
    server.put_bins(2, "s", &[("a", Value::Int(3))]);
    let request = Request::find(ints("", 3, 3)).with(FieldType::INDEX_EXPRESSION, &sum);
    assert_eq!(request.digests(&server), [found]);
    server.put_bins(1, "s", &[("b", Value::Int(3))]);
    assert!(request.digests(&server).is_empty());
    let bad = |parameters: &str| server.info(&format!("sindex-create:ns=test;indexname=j;{parameters}\n"));
    assert_eq!(
        bad(&format!("exp={text};type=string")),
        "ERROR:4:bad 'exp' - expression type 'numeric' does not match expected type 'string'"
    );
    // The TTL is metadata.
    assert_eq!(bad("exp=kUU=;type=numeric"), "ERROR:4:bad 'exp'");
}

#[test]
fn an_index_can_be_requested_by_its_name() {
    let server = Server::new();
    server.index("indexname=i;bin=a;type=numeric");
    server.put_bins(1, "s", &[("a", Value::Int(1))]);
    let named = |range, name: &[u8]| Request::find(range).with(FieldType::INDEX_NAME, name);
    assert_eq!(named(ints("", 1, 1), b"i").values(&server), [1]);
    assert_eq!(named(ints("", 1, 1), b"j").code(&server), ResultCode::INDEX_NOT_FOUND);
    assert_eq!(named(ints("a", 1, 1), b"i").code(&server), ResultCode::PARAMETER);
    assert_eq!(Request::find(ints("", 1, 1)).code(&server), ResultCode::PARAMETER);
    // The index has no values of this type.
    assert!(
        named(bytes("", ParticleType::STRING, b"x"), b"i")
            .values(&server)
            .is_empty()
    );
}

#[test]
fn ranges_are_checked() {
    let server = Server::new();
    server.index("indexname=i;bin=a;type=numeric");
    let whole = ints("a", 1, 2);
    for size in 0..whole.len() {
        let request = Request::find(whole[..size].to_vec());
        assert_eq!(request.code(&server), ResultCode::PARAMETER, "{size} bytes");
    }
    assert_eq!(Request::find(ints("a", 2, 1)).code(&server), ResultCode::PARAMETER);
    let geojson = bytes("a", ParticleType::GEOJSON, b"{}");
    assert_eq!(Request::find(geojson).code(&server), ResultCode::PARAMETER);
    assert_eq!(
        Request::find(bytes("a", ParticleType::FLOAT, &[0; 8])).code(&server),
        ResultCode::PARAMETER
    );
}

#[test]
fn a_query_resumes_after_a_value_and_a_digest() {
    let server = Server::new();
    server.index("indexname=i;bin=a;type=numeric");
    let total = 3000;
    for n in 0..total {
        server.put_bins(n, "s", &[("a", Value::Int(n % 100))]);
    }
    let mut after: Vec<Option<(Digest, i64)>> = vec![None; usize::from(PARTITIONS)];
    let mut found = Vec::new();
    loop {
        let resumed: Vec<_> = after.iter().flatten().collect();
        let fresh = PartitionId::all().filter(|id| after[usize::from(id.get())].is_none());
        let mut request = Request::find(ints("a", 0, 99)).with(FieldType::SAMPLE_MAX, &170u64.to_be_bytes());
        request.fields[0].1 = ids(fresh);
        if !resumed.is_empty() {
            let digests: Vec<u8> = resumed.iter().flat_map(|(digest, _)| digest.0).collect();
            let values: Vec<u8> = resumed.iter().flat_map(|(_, value)| value.to_le_bytes()).collect();
            assert_eq!(
                request.clone().with(FieldType::DIGESTS, &digests).code(&server),
                ResultCode::PARAMETER
            );
            request = request
                .with(FieldType::DIGESTS, &digests)
                .with(FieldType::BVALS, &values);
        }
        let before = found.len();
        for reply in request.replies(&server) {
            let Some(place) = reply.digest.zip(reply.value) else {
                continue;
            };
            let last = &mut after[usize::from(place.0.partition_id().get())];
            // Sort by value, then by digest.
            assert!(last.is_none_or(|last| (last.1, last.0) < (place.1, place.0)));
            *last = Some(place);
            found.push(place.0);
        }
        if found.len() == before {
            break;
        }
    }
    assert_eq!(found.len(), total as usize);
    found.sort_unstable();
    found.dedup();
    assert_eq!(found.len(), total as usize);
}

#[test]
fn points_are_found_in_regions_and_regions_around_points() {
    let server = Server::new();
    server.index("indexname=g;bin=g;type=geo2dsphere");
    let point = |x: f64, y: f64| format!(r#"{{"type":"Point","coordinates":[{x},{y}]}}"#);
    let square =
        r#"{"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10],[0,0]],[[4,4],[6,4],[6,6],[4,6],[4,4]]]}"#;
    let circle = r#"{"type":"AeroCircle","coordinates":[[20,20],1000]}"#;
    let inside = server.put_bins(1, "s", &[("g", geo(&point(1.0, 1.0)))]);
    let in_hole = server.put_bins(2, "s", &[("g", geo(&point(5.0, 5.0)))]);
    let near = server.put_bins(3, "s", &[("g", geo(&point(20.001, 20.0)))]);
    let of_square = server.put_bins(4, "s", &[("g", geo(square))]);
    let of_circle = server.put_bins(5, "s", &[("g", geo(circle))]);
    let find = |text: &str| Request::find(bytes("g", ParticleType::GEOJSON, text.as_bytes())).digests(&server);
    assert_eq!(find(square), [inside]);
    assert_eq!(find(circle), [near]);
    assert_eq!(find(&point(2.0, 9.0)), [of_square]);
    assert!(find(&point(5.0, 5.0)).is_empty());
    assert_eq!(find(&point(20.0, 20.001)), [of_circle]);
    let both = r#"{"type":"MultiPolygon","coordinates":[[[[4,4],[6,4],[6,6],[4,6],[4,4]]],[[[20,19],[21,19],[21,21],[20,21],[20,19]]]]}"#;
    let mut found = find(both);
    found.sort_unstable();
    let mut expected = [in_hole, near];
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn an_index_is_built_from_existing_records() {
    let server = Server::new();
    server.fill(1000, "s");
    server.index("set=s;indexname=i;bin=a;type=numeric");
    assert_eq!(server.entries("i"), 1000);
    let mut request = Request::find(ints("a", 10, 12));
    request.set = "s";
    assert_eq!(request.values(&server), [10, 11, 12]);
    let statistics = server.info("sindex-stat:ns=test;indexname=i\n");
    assert!(statistics.starts_with("entries=1000;"), "{statistics}");
    assert!(statistics.contains(";load_pct=100;"), "{statistics}");
}

#[test]
fn a_large_index_is_built_in_the_background_and_not_readable_before() {
    let server = Server::new();
    server.fill(70_000, "s");
    let mut out = BytesMut::new();
    let line = b"sindex-create:ns=test;indexname=i;bin=a;type=numeric\n";
    let header = FrameHeader::new(FrameType::INFO, line.len());
    let mut session = server.0.connect(0, None);
    let flow = crate::command::handle(&server.0, NOW, &mut session, header, line, &mut out);
    let Flow::Background(mut query) = flow else {
        panic!("not built in the background: {flow:?}");
    };
    let request = Request::find(ints("a", 1, 1));
    assert_eq!(request.code(&server), ResultCode::INDEX_NOT_READABLE);
    assert!(server.info("sindex-list:ns=test\n").ends_with(":state=WO"));
    server.put_bins(1, "s", &[("a", Value::Int(2))]);
    while query.step(&server.0, NOW, &mut out) != Step::Done {}
    assert!(request.values(&server).is_empty());
    assert_eq!(server.entries("i"), 70_000);
    assert!(server.info("sindex-list:ns=test\n").ends_with(":state=RW"));
}

#[test]
fn a_query_of_an_index_that_is_dropped_ends() {
    let server = Server::new();
    server.index("indexname=i;bin=a;type=numeric");
    server.fill(MANY, "s");
    let request = Request::find(ints("a", 0, i64::MAX));
    let mut query = request.query(&server);
    let mut out = BytesMut::new();
    assert_eq!(query.step(&server.0, NOW, &mut out), Step::More);
    assert_eq!(server.info("sindex-delete:ns=test;indexname=i\n"), "ok");
    while query.step(&server.0, NOW, &mut out) != Step::Done {}
    let replies: Vec<_> = frames(&out).into_iter().flatten().collect();
    assert!(replies.len() < MANY);
    assert_eq!(replies.last().unwrap().header.result_code(), ResultCode::OK);
    assert_eq!(request.code(&server), ResultCode::INDEX_NOT_FOUND);
}

#[test]
fn a_background_query_changes_the_records_that_an_index_finds() {
    let server = Server::new();
    server.index("indexname=i;bin=a;type=numeric");
    server.fill(100, "s");
    let mut request = Request::find(ints("a", 10, 19));
    request.header = Header {
        info2: Info2::WRITE,
        ..Header::default()
    };
    request.ops = vec![(OpCode::WRITE, b"b")];
    assert_eq!(request.code(&server), ResultCode::OK);
    let has_b = |reply: &ReplyMessage| reply.bins.iter().any(|(name, _)| name == b"b");
    let left = Request::all()
        .replies(&server)
        .iter()
        .filter(|reply| has_b(reply))
        .count();
    assert_eq!(left, 90);
    let jobs = server.info("query-show:\n");
    assert!(
        jobs.contains(":sindex-name=i:") && jobs.contains(":recs-succeeded=10:"),
        "{jobs}"
    );
}

#[test]
fn indexes_are_listed_and_named() {
    let server = Server::new();
    let create = |parameters: &str| server.info(&format!("sindex-create:ns=test;{parameters}\n"));
    let list = |parameters: &str| server.info(&format!("sindex-list:{parameters}\n"));
    assert_eq!(
        create("set=s;indexname=i;bin=l;type=string;indextype=list;context=khAB"),
        "ok"
    );
    let expected =
        "ns=test:indexname=i:set=s:bin=l:type=string:indextype=list:context=[list_index(1)]:exp=null:state=RW";
    assert_eq!(list("ns=test"), expected);
    assert_eq!(list("ns=test;b64=true"), expected.replace("[list_index(1)]", "khAB"));
    // An index with the same definition is renamed.
    assert_eq!(
        create("set=s;indexname=j;bin=l;type=string;indextype=list;context=khAB"),
        "ok"
    );
    assert_eq!(list("ns=test"), expected.replace("indexname=i", "indexname=j"));
    assert_eq!(
        create("indexname=j;bin=l;type=string"),
        "ERROR:200:'indexname' already exists with different definition"
    );
    assert_eq!(create("indexname=own;set=s;indextype=set"), "ok");
    assert_eq!(
        list("ns=test").split(';').nth(1),
        Some("ns=test:indexname=own:set=s:indextype=set")
    );
    assert_eq!(server.info("sindex-exists:ns=test;indexname=own\n"), "true");
    assert_eq!(server.info("sindex-exists:ns=test;indexname=i\n"), "false");
    for (parameters, error) in [
        ("bin=a;type=numeric", "missing 'indexname'"),
        ("indexname=x;bin=a", "both 'indexdata' and 'type' are missing"),
        ("indexname=x;type=numeric", "both 'bin' and 'exp' are missing"),
        ("indexname=x;indexdata=a", "'indexdata' missing bin type"),
        ("indexname=x;bin=a;type=numeric;context=k", "'context' invalid base64"),
        (
            "indexname=x;bin=a;type=numeric;context=kA==",
            "'context' invalid cdt context",
        ),
        (
            "indexname=x;bin=a;type=numeric;context=khDMAQ==",
            "'context' not normalized msgpack",
        ),
        (
            "indexname=x;indextype=set;set=s;bin=a",
            "bin parameter is not supported for set index",
        ),
    ] {
        assert_eq!(create(parameters), format!("ERROR:4:{error}"), "{parameters}");
    }
}

#[test]
fn indexes_of_unknown_namespaces_are_known_by_name() {
    let server = Server::new();
    let create = |parameters: &str| server.info(&format!("sindex-create:ns=nope;indexname=i;{parameters}\n"));
    assert_eq!(create("bin=a;type=numeric"), "ok");
    assert_eq!(create("bin=a;type=numeric"), "ok");
    assert_eq!(
        create("bin=b;type=numeric"),
        "ERROR:200:'indexname' already exists with different definition"
    );
    assert_eq!(server.info("sindex-delete:ns=nope;indexname=i\n"), "ok");
    assert_eq!(create("bin=b;type=numeric"), "ok");
}

#[test]
fn the_number_of_indexes_is_limited() {
    let server = Server::new();
    for n in 0..256 {
        server.index(&format!("indexname=i{n};bin=b{n};type=numeric"));
    }
    assert_eq!(
        server.info("sindex-create:ns=test;indexname=more;bin=more;type=numeric\n"),
        "ERROR:206:already at sindex definition limit"
    );
    server.index("indexname=renamed;bin=b7;type=numeric");
}
