//! Tests of basic queries.

use super::*;

#[test]
fn records_are_ordered_by_partition_and_descending_digest() {
    let server = Server::new();
    let digests = in_order(server.fill(MANY, "s"));
    assert_eq!(Request::all().digests(&server), digests);
}

#[test]
fn replies_are_whole_frames_of_a_limited_size_and_end_with_a_last_message() {
    let server = Server::new();
    server.fill(MANY, "s");
    let frames = Request::all().frames(&server);
    assert!(frames.len() > 3, "{} frames", frames.len());
    let (last, records) = frames.split_last().unwrap();
    assert!(records.iter().flatten().all(|reply| !reply.is_last()));
    assert_eq!(last.len(), 1);
    assert!(last[0].is_last() && last[0].header.result_code() == ResultCode::OK);
}

#[test]
fn a_filter_on_large_values_makes_more_steps() {
    const RECORDS: usize = 100;
    let server = Server::new();
    for key in 0..RECORDS {
        server.put_sized(key, "s", 100_000);
    }
    let mut request = Request::all();
    request.header.info1 = Info1::READ | Info1::GET_NO_BINS;
    let steps = |request: &Request| {
        let (mut query, mut out, mut steps) = (request.query(&server), BytesMut::new(), 1);
        while query.step(&server.0, NOW, &mut out) != Step::Done {
            steps += 1;
        }
        let found = frames(&out)
            .iter()
            .flatten()
            .filter(|reply| reply.digest.is_some())
            .count();
        (steps, found)
    };
    let (without, found) = steps(&request);
    assert!(without <= 2 && found == RECORDS, "{without} steps, {found} records");
    let filter = spikelet_wire::exp::build::string_bin("b").gt("w");
    let (with, found) = steps(&request.with(FieldType::FILTER_EXPRESSION, filter.as_bytes()));
    assert!(with > RECORDS / 4 && found == RECORDS, "{with} steps, {found} records");
}

#[test]
fn a_short_query_ends_within_its_frame() {
    let server = Server::new();
    server.fill(3, "s");
    let mut request = Request::all();
    request.header.info1 |= Info1::SHORT_QUERY;
    let frames = request.frames(&server);
    assert_eq!((frames.len(), frames[0].len()), (1, 4));
    assert!(frames[0][3].is_last());
}

#[test]
fn a_short_query_that_takes_too_long_ends_with_a_timeout() {
    let server = Server::new();
    server.fill(MANY, "s");
    let mut request = Request::all();
    request.header.info1 |= Info1::SHORT_QUERY;
    request.header.transaction_ttl = 100;
    let mut query = request.query(&server);
    let mut out = BytesMut::new();
    assert_eq!(query.step(&server.0, NOW, &mut out), Step::More);
    assert_eq!(query.step(&server.0, Now(NOW.0 + 101), &mut out), Step::Done);
    let replies: Vec<_> = frames(&out).into_iter().flatten().collect();
    assert!(replies.len() < MANY);
    assert_eq!(replies.last().unwrap().header.result_code(), ResultCode::TIMEOUT);
}

#[test]
fn a_query_finds_the_records_of_the_set_that_it_names() {
    let server = Server::new();
    let (of_s, of_t) = (server.fill(20, "s"), server.fill(10, "t"));
    let find = |set| Request { set, ..Request::all() }.digests(&server);
    assert_eq!(find("s"), in_order(of_s.clone()));
    assert_eq!(find("t"), in_order(of_t.clone()));
    assert_eq!(find("").len(), 30);
    assert_eq!(find("none"), []);
    let long: &'static str = "s23456789012345678901234567890123456789012345678901234567890123";
    assert_eq!(
        (Request {
            set: long,
            ..Request::all()
        })
        .code(&server),
        ResultCode::OK
    );
    assert_eq!(
        (Request {
            set: "s234567890123456789012345678901234567890123456789012345678901234",
            ..Request::all()
        })
        .code(&server),
        ResultCode::PARAMETER
    );
}

#[test]
fn a_query_returns_the_requested_part_of_a_record() {
    let server = Server::new();
    server.put(7, "s");
    let one = |request: Request| {
        request
            .replies(&server)
            .into_iter()
            .find(|reply| reply.digest.is_some())
    };
    let names = |request: Request| -> Option<Vec<Vec<u8>>> {
        Some(one(request)?.bins.into_iter().map(|(name, _)| name).collect())
    };
    let all = one(Request::all()).unwrap();
    assert_eq!(all.fields, [FieldType::NAMESPACE, FieldType::DIGEST, FieldType::SET]);
    assert_eq!((all.header.generation, all.header.info1), (1, Info1::empty()));
    assert_eq!(all.bins[0], (b"a".to_vec(), 7u64.to_be_bytes().to_vec()));
    assert_eq!(names(Request::all()).unwrap(), [b"a", b"b"]);

    let mut no_bins = Request::all();
    no_bins.header.info1 = Info1::READ | Info1::GET_NO_BINS;
    let header = one(no_bins).unwrap();
    assert_eq!((header.bins.len(), header.header.info1), (0, Info1::GET_NO_BINS));

    let reads = |ops: &[(OpCode, &'static [u8])]| Request {
        ops: ops.to_vec(),
        ..Request::all()
    };
    assert_eq!(
        names(reads(&[(OpCode::READ, b"z"), (OpCode::READ, b"b")])).unwrap(),
        [b"b"]
    );
    // A record without any of the bins is left out.
    assert_eq!(names(reads(&[(OpCode::READ, b"z")])), None);
    let mut every = reads(&[(OpCode::READ, b"z"), (OpCode::READ, b"b")]);
    every.header.info2 = Info2::RESPOND_ALL_OPS;
    assert_eq!(names(every).unwrap(), [b"z", b"b"]);
    // So is a record for which an operation fails.
    assert_eq!(names(reads(&[(OpCode::READ, b"a"), (OpCode::BITS_READ, b"a")])), None);
    assert_eq!(reads(&[(OpCode::INCR, b"a")]).code(&server), ResultCode::PARAMETER);

    let list = Request::all().with(FieldType::QUERY_BINLIST, b"\x02\x01b\x01z");
    assert_eq!(names(list.clone()).unwrap(), [b"b"]);
    assert_eq!(names(Request::all().with(FieldType::QUERY_BINLIST, b"\x01\x01z")), None);
    assert_eq!(
        Request::all()
            .with(FieldType::QUERY_BINLIST, b"\x02\x01b")
            .code(&server),
        ResultCode::PARAMETER
    );
    let both = Request {
        ops: vec![(OpCode::READ, b"a")],
        ..list
    };
    assert_eq!(both.code(&server), ResultCode::PARAMETER);
}

#[test]
fn the_maximum_applies_to_records_that_pass_the_filter() {
    let server = Server::new();
    server.fill(100, "s");
    // a > 89
    let filter = [0x93, 3, 0x93, 0x51, 2, 0xa1, b'a', 89];
    let request = Request::all().with(FieldType::FILTER_EXPRESSION, &filter);
    assert_eq!(request.digests(&server).len(), 10);
    assert_eq!(
        request
            .with(FieldType::SAMPLE_MAX, &4u64.to_be_bytes())
            .digests(&server)
            .len(),
        4
    );
    assert_eq!(
        Request::all().with(FieldType::FILTER_EXPRESSION, &[0x93]).code(&server),
        ResultCode::PARAMETER
    );
}

#[test]
fn fields_are_checked() {
    let server = Server::new();
    server.put(1, "s");
    let id = |n: u16| n.to_le_bytes();
    let partitions = |data: &[u8]| {
        let mut request = Request::all();
        request.fields.clear();
        request.with(FieldType::PARTITION_IDS, data).code(&server)
    };
    assert_eq!(partitions(&[]), ResultCode::PARAMETER);
    assert_eq!(partitions(&id(PARTITIONS)), ResultCode::PARAMETER);
    assert_eq!(partitions(&[id(5), id(5)].concat()), ResultCode::PARAMETER);
    // An incomplete entry at the end is ignored.
    assert_eq!(partitions(&[5, 0, 6]), ResultCode::OK);
    let digest = Digest::of("s", &UserKey::from(1));
    assert_eq!(
        Request::all().resume(&[digest.partition_id()], &[digest]).code(&server),
        ResultCode::PARAMETER
    );
    let wrong = |field, data: &[u8]| Request::all().with(field, data).code(&server);
    for field in [
        FieldType::RECORDS_PER_SECOND,
        FieldType::SOCKET_TIMEOUT,
        FieldType::SAMPLE_MAX,
        FieldType::INDEX_NAME,
        FieldType::BVALS,
    ] {
        assert_eq!(wrong(field, &[]), ResultCode::PARAMETER, "{:?}", field.name());
    }

    let mut unsupported = Request::all();
    unsupported.header.info3 = Info3::empty();
    assert_eq!(unsupported.code(&server), ResultCode::UNSUPPORTED_FEATURE);
    let mut nowhere = Request::all();
    nowhere.fields.clear();
    assert_eq!(nowhere.code(&server), ResultCode::UNSUPPORTED_FEATURE);
    let mut short = Request::all().with(FieldType::RECORDS_PER_SECOND, &[0, 0, 0, 1]);
    short.header.info1 |= Info1::SHORT_QUERY;
    assert_eq!(short.code(&server), ResultCode::PARAMETER);
}

#[test]
fn a_node_reports_the_partitions_that_it_does_not_have() {
    let node = |n: u64| Node::new(NodeId(0xB1 + n), ([127, 0, 0, 1], 3000 + n as u16).into());
    let cluster = Cluster::new("c".to_owned(), (0..2).map(node).collect());
    let server = Server(State::with_cluster(Config::default(), cluster, NOW));
    server.fill(500, "s");
    let (mut found, mut unavailable) = (Vec::new(), Vec::new());
    for node in 0..2 {
        for reply in (Request { node, ..Request::all() }).replies(&server) {
            if reply.header.info3.contains(Info3::PARTITION_DONE) {
                assert_eq!(reply.header.result_code(), ResultCode::UNAVAILABLE);
                unavailable.push(reply.header.generation);
            }
            found.extend(reply.digest);
        }
    }
    assert_eq!(found.len(), 500);
    unavailable.sort_unstable();
    assert_eq!(unavailable, (0..u32::from(PARTITIONS)).collect::<Vec<_>>());
}

#[test]
fn a_limited_query_waits_between_steps() {
    let server = Server::new();
    server.fill(100, "s");
    let mut query = Request::all()
        .with(FieldType::RECORDS_PER_SECOND, &100u32.to_be_bytes())
        .query(&server);
    let (mut waited, mut out) = (Duration::ZERO, BytesMut::new());
    loop {
        match query.step(&server.0, NOW, &mut out) {
            Step::Wait(duration) => waited += duration,
            Step::More | Step::Locked => {}
            Step::Done => break,
        }
    }
    assert!((Duration::from_millis(950)..Duration::from_millis(1050)).contains(&waited));
}

#[test]
fn expired_and_truncated_records_are_not_found() {
    let server = Server::new();
    let digest = server.put(1, "s");
    server.put(2, "s");
    let namespace = &server.0.namespaces()[0];
    namespace
        .partition_mut(digest.partition_id())
        .unwrap()
        .get_mut(&digest)
        .unwrap()
        .void_time = 1;
    assert_eq!(Request::all().digests(&server).len(), 1);
    namespace.truncate(None, Now(NOW.0 + 1));
    assert_eq!(Request::all().digests(&server), []);
}
