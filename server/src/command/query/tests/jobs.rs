//! Tests of long queries as jobs.

use super::*;

#[test]
fn long_queries_are_listed_and_can_be_aborted() {
    let server = Server::new();
    server.fill(MANY, "s");
    let request = Request {
        set: "s",
        ..Request::all()
    }
    .with(FieldType::TRANSACTION_ID, &77u64.to_be_bytes());
    let mut query = request.query(&server);
    let mut out = BytesMut::new();
    assert_eq!(query.step(&server.0, NOW, &mut out), Step::More);
    let shown = server.info("query-show:id=77\n");
    assert!(
        shown.starts_with(
            "trid=77:ns=test:set=s:n-pids-requested=4096:n-keyds-requested=0:rps=0:active-threads=1:status=active(ok):"
        ),
        "{shown}"
    );
    // Its id is taken while it runs, and after it has ended.
    assert_eq!(request.code(&server), ResultCode::PARAMETER);
    assert_eq!(server.info("query-abort:id=77\n"), "ok");
    out.clear();
    assert_eq!(query.step(&server.0, NOW, &mut out), Step::Done);
    assert_eq!(frames(&out)[0][0].header.result_code(), ResultCode::QUERY_ABORTED);
    drop(query);
    assert!(server.info("query-show\n").contains("status=done(user-aborted)"));
    assert_eq!(server.info("query-abort:id=77\n"), "ERROR:2:id not active");
    assert_eq!(request.code(&server), ResultCode::PARAMETER);

    Request::all().replies(&server);
    let shown = server.info("query-show\n");
    let done = format!(
        "status=done(ok):job-progress=100.00:run-time=0:time-since-done=0:recs-throttled=0:recs-filtered-meta=0:recs-filtered-bins=0:recs-succeeded={MANY}:recs-failed=0:from=:job-type=basic:net-io-bytes="
    );
    assert!(
        shown.starts_with("trid=1:ns=test:n-pids-requested=4096:") && shown.contains(&done),
        "{shown}"
    );

    Request::all()
        .query(&server)
        .abandon(&server.0, JobEnd::ResponseTimeout);
    assert!(
        server
            .info("query-show:id=2\n")
            .contains("status=done(abandoned-response-timeout)")
    );
    let statistics = server.info("namespace/test\n");
    for count in ["complete=1", "error=1", "abort=1"] {
        assert!(
            statistics.contains(&format!(";pi_query_long_basic_{count};")),
            "{count}"
        );
    }
    drop(Request::all().query(&server));
    assert!(
        server
            .info("query-show:id=3\n")
            .contains("status=done(abandoned-response-error)")
    );
}
