//! The journal: its entries for the client's commands, filters, waiting, and the messages of failed assertions.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use spikelet::journal::{Ended, Entry, ExistsAction, Filter, GenerationCheck};
use spikelet::{Command, ResultCode, Server};
use spikelet_client::ops::{list, map};
use spikelet_client::{BatchRow, Client, Index, IndexType, Key, Operation, OptionalExt as _, Predicate, bins};
use spikelet_tests::common::{failure, key, with_journal};

/// The limit on waiting in real time, which is only reached if a test fails.
const LIMIT: Duration = Duration::from_secs(10);

/// The text of an entry from the command on. The part before it differs from run to run.
fn text(entry: &Entry) -> String {
    let text = entry.to_string();
    let (_, text) = text.split_once(&entry.request.command.to_string()).unwrap();
    format!("{}{text}", entry.request.command)
}

#[tokio::test]
async fn every_command_is_displayed_in_a_line() {
    let (server, client) = with_journal().await;
    let user = key("user1");
    client
        .put(&user, bins! {"name" => "Alice"})
        .ttl(Duration::from_secs(300))
        .create_only()
        .send_key(true)
        .await
        .unwrap();
    client.get(key("nobody")).await.optional().unwrap();
    client.exists(&user).await.unwrap();
    client
        .operate(&user)
        .op(list("l").append(1))
        .op(map("m").put("a", "b"))
        .add("n", 5)
        .get("name")
        .generation_equal(1)
        .await
        .unwrap();
    client.touch(&user).await.unwrap();
    client.remove(&user).await.unwrap();
    let mut records = client.query("test", "demo").stream();
    while records.next().await.is_some() {}

    let digest = "03161f352c8ab85448952c896ecdaa122b3c4e71";
    let nobody = server.journal().key("nobody").last().unwrap().request.digest.unwrap();
    let lines: Vec<String> = server.journal().iter().map(|entry| text(&entry)).collect();
    assert_eq!(
        lines,
        [
            r#"write test/demo/"user1" write name="Alice" [ttl 300s, create only] -> OK, generation 1"#.to_owned(),
            format!("read test/demo/{nobody} -> NOT_FOUND"),
            format!("exists test/demo/{digest} -> OK, generation 1"),
            format!(
                "operate test/demo/{digest} list.append l(1), map.put m(\"a\", \"b\"), add n=5, read name \
                 [generation 1] -> OK, generation 2"
            ),
            format!("touch test/demo/{digest} touch -> OK, generation 3"),
            format!("delete test/demo/{digest} -> OK"),
            "query test/demo -> OK".to_owned(),
        ]
    );
}

#[tokio::test]
async fn entries_are_typed() {
    let (server, client) = with_journal().await;
    server.clock().freeze();
    client
        .put(key("user1"), bins! {"name" => "Alice"})
        .replace_only()
        .generation_equal(7)
        .await
        .unwrap_err();
    let entry = server.journal().last().unwrap();
    assert_eq!((entry.time, entry.node), (server.clock().now(), server.nodes()[0].id));
    assert!(entry.peer.unwrap().ip().is_loopback());
    let asked = &entry.request;
    assert_eq!((asked.command, asked.writes), (Command::Write, true));
    assert_eq!(
        (asked.namespace.as_deref(), asked.set.as_deref()),
        (Some("test"), Some("demo"))
    );
    assert_eq!(
        (&asked.operations[0].bin[..], asked.operations[0].value.clone()),
        ("name", Some("Alice".into()))
    );
    assert_eq!(asked.policies.exists_action, ExistsAction::ReplaceOnly);
    assert_eq!(asked.policies.generation, GenerationCheck::Equal(7));
    assert_eq!(
        (entry.outcome.ended, entry.outcome.code),
        (Ended::Answered, Some(ResultCode::NOT_FOUND))
    );
}

#[tokio::test]
async fn a_batch_is_one_entry_and_filters_match_its_rows() {
    let (server, client) = with_journal().await;
    client.put(key("user1"), bins! {"n" => 1}).await.unwrap();
    client
        .batch([
            BatchRow::read(key("user1")),
            BatchRow::write(Key::new("test", "other", 2), bins! {"n" => 2}),
            BatchRow::read(key("nobody")),
        ])
        .await
        .unwrap();
    let entry = server.journal().last().unwrap();
    assert_eq!(
        (entry.request.command, entry.request.writes, entry.outcome.records),
        (Command::Batch, true, 3)
    );
    let rows: Vec<_> = entry
        .rows
        .iter()
        .map(|row| (row.index, row.request.command, row.code))
        .collect();
    let codes = [ResultCode::OK, ResultCode::OK, ResultCode::NOT_FOUND].map(Some);
    assert_eq!(
        rows,
        [
            (0, Command::Read, codes[0]),
            (1, Command::Write, codes[1]),
            (2, Command::Read, codes[2])
        ]
    );
    let [first, second, third] = [0, 1, 2].map(|at: usize| entry.rows[at].request.digest.unwrap());
    assert_eq!(
        text(&entry),
        format!(
            "batch [0: read test/demo/{first} -> OK; 1: write test/other/{second} write n=2 -> OK; \
             2: read test/demo/{third} -> NOT_FOUND] -> OK, 3 rows"
        )
    );
    let journal = || server.journal().command(Command::Batch);
    journal().set("other").key(2).assert_count(1);
    journal().set("none").assert_count(0);
    journal().outcome(ResultCode::NOT_FOUND).assert_count(1);
    // The filters for writes and for the set must match the same row.
    server.journal().writes().set("other").assert_count(1);
    server.journal().reads().set("other").assert_count(0);
}

#[tokio::test]
async fn a_query_is_recorded_with_its_number_of_records() {
    let (server, client) = with_journal().await;
    for n in 0..300 {
        server.insert("test", "demo", n, [("n", n)]).unwrap();
    }
    let mut records = client.query("test", "demo").stream();
    while let Some(record) = records.next().await {
        record.unwrap();
    }
    let entries = server.journal().command(Command::Query).set("demo").entries();
    assert_eq!(entries.iter().map(|entry| entry.outcome.records).sum::<u64>(), 300);
    let ended = entries.iter().map(|entry| (entry.outcome.ended, entry.outcome.code));
    assert!(
        ended.clone().all(|end| end == (Ended::Answered, Some(ResultCode::OK))),
        "{:?}",
        ended.collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn queries_and_udfs_are_displayed_with_their_arguments() {
    const ADD: &str = "function add(r, bin, n) r[bin] = r[bin] + n; aerospike:update(r) end\n\
                       function all(stream) return stream end";
    let (server, client) = with_journal().await;
    server.insert("test", "demo", "user1", [("n", 1)]).unwrap();
    client
        .wait(&client.register_udf("m.lua", ADD).await.unwrap())
        .await
        .unwrap();
    let index = Index::on("n", IndexType::Numeric);
    let building = client.create_index("test", "demo", "by_n", index).await.unwrap();
    client.wait(&building).await.unwrap();
    let first = server.journal().next_number();

    let query = || client.query("test", "demo");
    client.execute_udf(key("user1"), "m", "add", ("n", 5)).await.unwrap();
    let some = query().matching(Predicate::range("n", 1..=9)).bins(["n"]);
    assert_eq!(some.await.unwrap().records.len(), 1);
    let added = query().operate([Operation::add("n", 1)]).await.unwrap();
    client.wait(&added).await.unwrap();
    let called = query().execute_udf("m", "add", ("n", 2)).await.unwrap();
    client.wait(&called).await.unwrap();
    query().aggregate("m", "all", ()).stream().next().await;

    let digest = server.journal().key("user1").last().unwrap().request.digest.unwrap();
    let lines: Vec<String> = server.journal().since(first).iter().map(|entry| text(&entry)).collect();
    let begins = [
        format!(r#"udf test/demo/{digest} m.add("n", 5) -> OK"#),
        "query test/demo read n where n between 1 and 9 -> OK, 1 record".to_owned(),
        "query test/demo add n=1 [in the background] -> OK".to_owned(),
        r#"query test/demo m.add("n", 2) [in the background] -> OK"#.to_owned(),
        "query test/demo m.all() -> ".to_owned(),
    ];
    assert_eq!(lines.len(), begins.len(), "{lines:#?}");
    for (line, begin) in lines.iter().zip(begins) {
        assert!(line.starts_with(&begin), "{line}");
    }
}

#[tokio::test]
async fn info_commands_are_only_returned_on_request() {
    let (server, client) = with_journal().await;
    client.info("build").await.unwrap();
    server.journal().assert_count(0);
    let entry = server
        .journal()
        .command(Command::Info)
        .iter()
        .find(|entry| entry.info == ["build"]);
    assert!(entry.unwrap().to_string().contains(" info build -> "));
    assert!(server.journal().command(Command::Everything).count() > 1);
}

#[tokio::test]
async fn a_test_waits_for_requests_of_another_task() {
    let (server, client) = with_journal().await;
    let first = server.journal().next_number();
    let writes = tokio::spawn(async move {
        for user in ["user1", "user2"] {
            client.put(key(user), bins! {"n" => 1}).await.unwrap();
            client.get(key(user)).await.unwrap();
        }
    });
    let entries = server
        .journal()
        .wait_for(2)
        .writes()
        .set("demo")
        .since(first)
        .timeout_async(LIMIT)
        .await
        .unwrap();
    assert!(entries.len() == 2 && entries.iter().all(|entry| entry.request.writes));
    writes.await.unwrap();
    server
        .journal()
        .set("demo")
        .assert_sequence([Command::Write, Command::Read, Command::Write, Command::Read]);
}

#[test]
fn a_test_waits_without_a_runtime() {
    let server = Server::builder().journal(10).start().unwrap();
    let client = spikelet_client::blocking::Client::connect(server.addr()).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| client.put(key("user1"), bins! {"n" => 1}).call().unwrap());
        let entries = server
            .journal()
            .wait_for(1)
            .key("user1")
            .set("demo")
            .timeout(LIMIT)
            .unwrap();
        assert_eq!(entries[0].outcome.code, Some(ResultCode::OK));
    });
    let unmet = server
        .journal()
        .wait_for(2)
        .writes()
        .timeout(Duration::ZERO)
        .unwrap_err()
        .to_string();
    assert!(
        unmet.starts_with("expected 2 × write within 0ns, found 1\nthe last 1 of 1 entries:\n  #"),
        "{unmet}"
    );
}

#[tokio::test]
async fn failures_show_expected_and_actual_requests() {
    let (server, client) = with_journal().await;
    client.put(key("user1"), bins! {"n" => 1}).await.unwrap();
    client.get(key("user1")).await.unwrap();

    let journal = server.journal().set("demo");
    let count = failure(|| journal.clone().writes().assert_count(2));
    assert!(
        count.starts_with("expected 2 × write set demo, found 1\nthe last 2 of 2 entries:\n  #"),
        "{count}"
    );
    assert!(
        count.contains("n=1 -> OK, generation 1\n") && count.ends_with(" -> OK, generation 1"),
        "{count}"
    );

    journal.assert_sequence([
        (Command::Write, "user1", ResultCode::OK),
        (Command::Read, "user1", ResultCode::OK),
    ]);
    let sequence = failure(|| journal.assert_sequence([(Command::Write, "user1"), (Command::Read, "user2")]));
    let lines: Vec<&str> = sequence.lines().collect();
    assert_eq!(
        lines[0],
        "unexpected sequence of journal entries (filter: request set demo)"
    );
    assert_eq!(lines[1], r#"  expected write key "user1""#);
    assert_eq!(lines[3], r#"! expected read key "user2""#);
    assert!(
        lines[4].starts_with("     found #") && lines[4].contains(" read test/demo/"),
        "{sequence}"
    );
    let longer = failure(|| journal.assert_sequence([Command::Write, Command::Read, Command::Delete]));
    assert!(longer.contains("! expected delete\n     found nothing\n"), "{longer}");
    let shorter = failure(|| journal.assert_sequence([Filter::new().writes()]));
    assert!(shorter.contains("! expected nothing\n     found #"), "{shorter}");
}

#[test]
fn without_a_journal_the_error_names_the_builder_method() {
    let server = Server::start().unwrap();
    for text in [
        failure(|| server.journal().assert_count(0)),
        failure(|| server.journal().assert_sequence::<Command>([])),
        server.journal().wait_for(1).timeout(LIMIT).unwrap_err().to_string(),
        server.journal().to_string(),
    ] {
        assert!(text.contains("Server::builder().journal(1000)"), "{text}");
    }
}

#[tokio::test]
async fn the_last_entries_are_kept_and_dropped_ones_counted() {
    let server = Server::builder().journal(3).start().unwrap();
    let client = Client::connect(server.addr()).await.unwrap();
    server.journal().clear();
    let dropped = server.journal().dropped();
    for n in 0..5 {
        client.put(Key::new("test", "demo", n), bins! {"n" => n}).await.unwrap();
    }
    let kept = server.journal().command(Command::Everything).entries();
    assert_eq!(kept.len(), 3);
    assert!(kept.is_sorted_by_key(|entry| entry.number) && kept[2].number + 1 == server.journal().next_number());
    assert!(server.journal().dropped() >= dropped + 2);
    server.journal().clear();
    server.journal().assert_count(0);
}

#[tokio::test]
async fn large_requests_are_kept_without_their_operations() {
    let (server, client) = with_journal().await;
    client
        .put(key("user1"), bins! {"b" => vec![0_u8; 3 << 19]})
        .await
        .unwrap_err();
    let entry = server.journal().key("user1").last().unwrap();
    assert!(entry.is_shortened && entry.request.operations.is_empty());
    assert_eq!(
        (entry.request.command, entry.request.set.as_deref()),
        (Command::Write, Some("demo"))
    );
}

#[tokio::test]
async fn an_observer_is_called_before_the_client_gets_the_response() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let lines = Arc::clone(&told);
    let server = Server::builder()
        .journal(0)
        .on_request(Filter::new().writes(), move |entry| {
            lines.lock().unwrap().push(entry.request.command)
        })
        .start()
        .unwrap();
    let client = Client::connect(server.addr()).await.unwrap();
    client.put(key("user1"), bins! {"n" => 1}).await.unwrap();
    client.get(key("user1")).await.unwrap();
    assert_eq!(*told.lock().unwrap(), [Command::Write]);
}

#[tokio::test]
async fn an_observer_is_called_for_queries_without_a_journal() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let records = Arc::clone(&told);
    let server = Server::builder()
        .journal(0)
        .on_request(Command::Query.into(), move |entry| {
            records.lock().unwrap().push(entry.outcome.records)
        })
        .start()
        .unwrap();
    let client = Client::connect(server.addr()).await.unwrap();
    for n in 0..3 {
        server.insert("test", "demo", n, [("n", n)]).unwrap();
    }
    let page = client.query("test", "demo").await.unwrap();
    assert_eq!((page.records.len(), told.lock().unwrap().iter().sum::<u64>()), (3, 3));
}

#[tokio::test]
async fn the_journal_is_available_through_controls() {
    let server = Server::builder().controls(true).start().unwrap();
    let client = Client::connect(server.addr()).await.unwrap();
    let ask = async |control: &str| client.info(control).await;
    assert!(
        ask("spikelet/journal")
            .await
            .unwrap_err()
            .to_string()
            .contains("no journal is kept")
    );
    assert_eq!(ask("spikelet/journal/start:capacity=100").await.unwrap(), "ok");
    client.put(key("user1"), bins! {"a" => "x;y%"}).await.unwrap();
    client.get(key("user2")).await.optional().unwrap();

    let all = ask("spikelet/journal").await.unwrap();
    let items: Vec<&str> = all.split(';').collect();
    assert_eq!(items.len(), 2, "{all}");
    assert!(items[0].contains(r#"write a="x%3By%25" -> OK, generation 1"#), "{all}");
    assert_eq!(ask("spikelet/journal:last=1;command=read").await.unwrap(), items[1]);
    for (filter, count) in [
        ("set=demo", "2"),
        ("command=write;set=demo", "1"),
        ("key=user2;result=2", "1"),
        ("since=9", "0"),
        ("digest=03161f352c8ab85448952c896ecdaa122b3c4e71", "1"),
        ("int-key=1", "0"),
        ("node=A2", "0"),
    ] {
        assert_eq!(
            ask(&format!("spikelet/journal/count:{filter}")).await.unwrap(),
            count,
            "{filter}"
        );
    }
    let wrong = ask("spikelet/journal/count:command=put").await.unwrap_err().to_string();
    assert!(
        wrong.contains("bad command 'put', expected one of any, everything, read"),
        "{wrong}"
    );

    assert_eq!(ask("spikelet/journal/stop").await.unwrap(), "ok");
    client.get(key("user2")).await.optional().unwrap();
    assert_eq!(ask("spikelet/journal/count").await.unwrap(), "2");
    assert_eq!(ask("spikelet/journal/clear").await.unwrap(), "ok");
    assert_eq!(ask("spikelet/journal/count:command=everything").await.unwrap(), "0");
}
