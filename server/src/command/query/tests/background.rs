//! Tests of background queries.

use super::*;

#[test]
fn background_queries_change_the_records_that_they_find() {
    let server = Server::new();
    server.fill(MANY, "s");
    server.put(1, "t");
    let mut request = Request::all();
    request.header = Header {
        info2: Info2::WRITE,
        ..Header::default()
    };
    request.fields.clear();
    request.set = "s";
    request.ops = vec![(OpCode::TOUCH, b"")];
    let mut out = BytesMut::new();
    let Flow::Background(mut query) = request.start(&server, &mut out) else {
        panic!("not a background query");
    };
    let replies = frames(&out);
    assert!(replies.len() == 1 && replies[0][0].is_last());
    out.clear();
    while query.step(&server.0, NOW, &mut out) != Step::Done {}
    assert!(out.is_empty());
    drop(query);
    let generations = |set| -> Vec<u32> {
        let replies = Request { set, ..Request::all() }.replies(&server);
        replies
            .iter()
            .filter(|a| a.digest.is_some())
            .map(|a| a.header.generation)
            .collect()
    };
    assert_eq!(generations("s"), [2; MANY]);
    assert_eq!(generations("t"), [1]);
    let shown = server.info("query-show:id=1\n");
    assert!(
        shown.contains(":rps=10000:active-threads=0:status=done(ok):"),
        "{shown}"
    );
    assert!(shown.contains(&format!(":recs-succeeded={MANY}:")), "{shown}");

    let refused = |change: &dyn Fn(&mut Request)| {
        let mut request = request.clone();
        change(&mut request);
        request.code(&server)
    };
    assert_eq!(refused(&|request| request.set = "none"), ResultCode::NOT_FOUND);
    assert_eq!(refused(&|request| request.ops.clear()), ResultCode::PARAMETER);
    assert_eq!(
        refused(&|request| request.ops.push((OpCode::READ, b"a"))),
        ResultCode::PARAMETER
    );
    assert_eq!(
        refused(&|request| request.ops.push((OpCode::EXP_MODIFY, b"a"))),
        ResultCode::PARAMETER
    );
    assert_eq!(
        refused(&|request| request.header.info1 = Info1::SHORT_QUERY),
        ResultCode::PARAMETER
    );
    let limit = (FieldType::RECORDS_PER_SECOND, 10_001u32.to_be_bytes().to_vec());
    assert_eq!(
        refused(&|request| request.fields.push(limit.clone())),
        ResultCode::PARAMETER
    );
}

#[test]
fn a_small_background_query_is_done_when_its_reply_is_sent() {
    let server = Server::new();
    server.fill(100, "s");
    let mut request = Request::all();
    request.header = Header {
        info2: Info2::WRITE,
        ..Header::default()
    };
    request.ops = vec![(OpCode::DELETE_ALL, b"")];
    assert_eq!(request.code(&server), ResultCode::OK);
    assert_eq!(Request::all().digests(&server), []);
}
