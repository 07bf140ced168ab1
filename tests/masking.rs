//! Masking: what users without `read-masked` and `write-masked` see of masked bins, and may do with them.

use spikelet::{Edition, Server};
use spikelet_client::ops::expression;
use spikelet_client::{
    BatchRow, Client, Error, Index, IndexType, Key, Operation, Predicate, Privilege, ResultCode, Value, bins, exp,
};

/// A cluster with a rule for each function, and a record.
async fn start(nodes: usize) -> Server {
    let server = Server::builder()
        .edition(Edition::Enterprise)
        .nodes(nodes)
        .user("app", "secret", ["read-write-udf", "read-masked", "write-masked"])
        .user("analyst", "secret", ["read-write-udf"])
        .user("dba", "secret", ["masking-admin", "sindex-admin", "udf-admin"])
        .start()
        .unwrap();
    let dba = client(&server, "dba").await;
    add(&dba, "bin=ssn;type=string;function=redact;position=0;length=7;value=*").await;
    add(&dba, "bin=email;type=string;function=constant;value=hidden@example.com").await;
    add(&dba, "bin=salary;type=integer;function=constant;value=0").await;
    let app = client(&server, "app").await;
    app.put(key(), record()).await.unwrap();
    server
}

async fn client(server: &Server, user: &str) -> Client {
    Client::builder(server.hosts()).user(user, "secret").await.unwrap()
}

async fn add(client: &Client, rule: &str) {
    let answer = client
        .info(format!("masking:namespace=test;set=people;{rule}"))
        .await
        .unwrap();
    assert_eq!(answer, "ok", "{rule}");
}

fn key() -> Key {
    Key::new("test", "people", 1)
}

fn record() -> spikelet_client::Bins {
    bins! {"name" => "Ann", "ssn" => "123-45-6789", "email" => "ann@acme.com", "salary" => 1000}
}

fn masked() -> spikelet_client::Bins {
    bins! {"name" => "Ann", "ssn" => "*******6789", "email" => "hidden@example.com", "salary" => 0}
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> ResultCode {
    result.unwrap_err().result_code().unwrap()
}

#[tokio::test]
async fn reads_of_every_kind_show_masked_values() {
    let server = start(2).await;
    let (app, analyst) = (client(&server, "app").await, client(&server, "analyst").await);
    assert_eq!(app.get(key()).await.unwrap().bins, record());
    assert_eq!(analyst.get(key()).await.unwrap().bins, masked());
    let one = analyst.select(key(), ["ssn"]).await.unwrap();
    assert_eq!(one.bins, bins! {"ssn" => "*******6789"});
    for (client, expected) in [(&app, record()), (&analyst, masked())] {
        let rows = client.batch_read([key()]).await.unwrap();
        assert_eq!(rows[0].record().unwrap().bins, expected);
        let found = client.query("test", "people").await.unwrap().records;
        assert_eq!(found[0].bins, expected);
        let found = client.query("test", "").await.unwrap().records;
        assert_eq!(found[0].bins, expected);
        let touched = client.operate(key()).touch().get_all().await.unwrap();
        assert_eq!(touched.bins, expected);
    }
    // A filter and an expression see what the user sees.
    let is_ann = || exp::string_bin("ssn").eq("123-45-6789");
    assert_eq!(
        app.query("test", "people")
            .filter(is_ann())
            .await
            .unwrap()
            .records
            .len(),
        1
    );
    assert!(
        analyst
            .query("test", "people")
            .filter(is_ann())
            .await
            .unwrap()
            .records
            .is_empty()
    );
    assert_eq!(
        code(analyst.get(key()).filter(is_ann()).await),
        ResultCode::FILTERED_OUT
    );
    let write = || analyst.put(key(), bins! {"name" => "Eve"}).filter(is_ann());
    assert_eq!(code(write().await), ResultCode::FILTERED_OUT);
    assert_eq!(
        code(analyst.remove(key()).filter(is_ann()).await),
        ResultCode::FILTERED_OUT
    );
    let copy = [expression("copy").write(exp::string_bin("ssn")), Operation::get("copy")];
    let copied = analyst.operate(key()).ops(copy).await.unwrap();
    assert_eq!(copied.get::<String>("copy").unwrap(), "*******6789");
}

#[tokio::test]
async fn changes_of_masked_bins_are_refused() {
    let server = start(1).await;
    let (app, analyst) = (client(&server, "app").await, client(&server, "analyst").await);
    let refused = [
        Operation::write("ssn", "0"),
        Operation::remove_bin("ssn"),
        Operation::append("email", "x"),
        Operation::prepend("email", "x"),
        Operation::add("salary", 1),
        Operation::delete(),
        expression("ssn").write(exp::string_bin("name")),
    ];
    for operation in refused {
        let result = analyst.operate(key()).op(operation.clone()).await;
        assert_eq!(code(result), ResultCode::ROLE_VIOLATION, "{operation:?}");
    }
    let replace = analyst.put(key(), bins! {"name" => "Eve"}).replace();
    assert_eq!(code(replace.await), ResultCode::ROLE_VIOLATION);
    for durable in [false, true] {
        let remove = analyst.remove(key()).durable_delete(durable);
        assert_eq!(code(remove.await), ResultCode::ROLE_VIOLATION);
    }
    let rows = analyst.batch_write([(key(), bins! {"ssn" => "0"})]).await.unwrap();
    assert_eq!(rows[0].result_code(), Some(ResultCode::ROLE_VIOLATION));
    let rows = analyst
        .batch([BatchRow::operate(key(), [Operation::get("ssn")])])
        .await
        .unwrap();
    assert_eq!(rows[0].record().unwrap().bins, bins! {"ssn" => "*******6789"});
    assert_eq!(app.get(key()).await.unwrap().bins, record(), "nothing was changed");
    // Other bins, and records without a masked bin, are as always.
    analyst.put(key(), bins! {"name" => "Eve"}).await.unwrap();
    analyst.touch(key()).await.unwrap();
    // A bin that is not there yet is not masked. Its type must be that of the rule, for everybody.
    let other = Key::new("test", "people", 2);
    analyst.put(&other, bins! {"ssn" => "987-65-4321"}).await.unwrap();
    assert_eq!(app.get(&other).await.unwrap().bins, bins! {"ssn" => "987-65-4321"});
    let third = Key::new("test", "people", 3);
    for client in [&app, &analyst] {
        let result = client.put(&third, bins! {"ssn" => 1}).await;
        assert_eq!(code(result), ResultCode::INCOMPATIBLE_TYPE);
        let result = client.operate(&third).op(Operation::add("email", 1)).await;
        assert_eq!(code(result), ResultCode::INCOMPATIBLE_TYPE);
    }
    assert_eq!(server.count(), 2);
    app.put(key(), bins! {"ssn" => "0"}).await.unwrap();
    app.remove(key()).await.unwrap();
}

#[tokio::test]
async fn udfs_see_masked_values_and_cannot_change_them() {
    let server = start(1).await;
    let (dba, app, analyst) = (
        client(&server, "dba").await,
        client(&server, "app").await,
        client(&server, "analyst").await,
    );
    let script = "function read(r, bin) return r[bin] end
        function write(r, bin, value) r[bin] = value; aerospike:update(r); return r[bin] end";
    dba.wait(&dba.register_udf("m.lua", script).await.unwrap())
        .await
        .unwrap();
    let read = |client: &Client| client.execute_udf(key(), "m", "read", ("ssn",));
    assert_eq!(read(&app).await.unwrap(), Value::from("123-45-6789"));
    assert_eq!(read(&analyst).await.unwrap(), Value::from("*******6789"));
    let write = |client: &Client, value: Value| client.execute_udf(key(), "m", "write", ("ssn", value));
    assert_eq!(code(write(&analyst, "0".into()).await), ResultCode::ROLE_VIOLATION);
    assert_eq!(code(write(&app, 0.into()).await), ResultCode::INCOMPATIBLE_TYPE);
    assert_eq!(app.get(key()).await.unwrap().bins, record());
    assert_eq!(write(&app, "0".into()).await.unwrap(), Value::from("0"));
    // The real server checks the bins that a UDF sets, and not those that it removes.
    analyst
        .execute_udf(key(), "m", "write", ("ssn", Value::Nil))
        .await
        .unwrap();
    assert!(app.get(key()).await.unwrap().bins.get("ssn").is_none());
}

#[tokio::test]
async fn aggregations_and_background_queries_respect_masks() {
    let server = start(2).await;
    let (dba, app, analyst) = (
        client(&server, "dba").await,
        client(&server, "app").await,
        client(&server, "analyst").await,
    );
    let script = "function all(s) return s : map(function(r) return r.salary end) end";
    dba.wait(&dba.register_udf("a.lua", script).await.unwrap())
        .await
        .unwrap();
    for (client, expected) in [(&app, 1000), (&analyst, 0)] {
        let query = client.query("test", "people").aggregate("a", "all", ());
        assert_eq!(query.await.unwrap(), [Value::from(expected)]);
    }
    let change = |client: &Client| {
        let operations = [Operation::write("salary", 5), Operation::write("seen", 1)];
        client.query("test", "people").operate(operations)
    };
    analyst.wait(&change(&analyst).await.unwrap()).await.unwrap();
    assert_eq!(
        app.get(key()).await.unwrap().bins,
        record(),
        "the record was left as it was"
    );
    app.wait(&change(&app).await.unwrap()).await.unwrap();
    assert_eq!(app.get(key()).await.unwrap().get::<i64>("salary").unwrap(), 5);
}

#[tokio::test]
async fn privileges_for_masked_bins_are_of_a_namespace_or_a_set() {
    let server = Server::builder()
        .edition(Edition::Enterprise)
        .role(
            "own",
            ["read-write", "read-masked.test.people", "write-masked.test.other"],
        )
        .user("own", "secret", ["own"])
        .user("dba", "secret", ["masking-admin", "data-admin"])
        .start()
        .unwrap();
    let (dba, own) = (client(&server, "dba").await, client(&server, "own").await);
    add(&dba, "bin=ssn;type=string;function=redact").await;
    let long = "9".repeat(100_000);
    own.put(key(), bins! {"ssn" => long.as_str(), "list" => [1]})
        .await
        .unwrap();
    let other = Key::new("test", "other", 1);
    own.put(&other, bins! {"ssn" => "123"}).await.unwrap();
    assert_eq!(own.get(key()).await.unwrap().get::<String>("ssn").unwrap(), long);
    // The set `other` has no rules.
    own.put(&other, bins! {"ssn" => "456"}).await.unwrap();
    assert_eq!(
        code(own.put(key(), bins! {"ssn" => "0"}).await),
        ResultCode::ROLE_VIOLATION
    );
    // Large values are read on a copy of the record.
    let admin = Client::builder(server.hosts()).user("admin", "admin").await.unwrap();
    let revoked = ["read-masked.test.people".parse::<Privilege>().unwrap()];
    admin.revoke_privileges("own", revoked).await.unwrap();
    let operations = [spikelet_client::ops::list("list").size(), Operation::get("ssn")];
    let read = own.operate(key()).ops(operations).await.unwrap();
    assert_eq!(read.get::<String>("ssn").unwrap(), "*".repeat(100_000));
    // All that the server keeps of a record is for those who may see it.
    let digest: String = key().digest().0.iter().map(|byte| format!("{byte:02x}")).collect();
    let asked = dba.info(format!("debug-record:namespace=test;keyd={digest}")).await;
    let text = asked.unwrap_or_else(|error| error.to_string());
    assert!(text.contains("read-masked"), "{text}");
    let metadata = dba
        .info(format!("debug-record-meta:namespace=test;keyd={digest}"))
        .await;
    assert!(metadata.unwrap().contains("n-bins=2"));
}

#[tokio::test]
async fn an_index_of_a_masked_bin_is_refused() {
    let server = start(1).await;
    let (dba, app, analyst) = (
        client(&server, "dba").await,
        client(&server, "app").await,
        client(&server, "analyst").await,
    );
    for (name, index) in [
        ("salaries", Index::on("salary", IndexType::Numeric)),
        ("names", Index::on("name", IndexType::String)),
    ] {
        dba.wait(&dba.create_index("test", "people", name, index).await.unwrap())
            .await
            .unwrap();
    }
    let salary = |client: &Client, set: &str| client.query("test", set).matching(Predicate::equal("salary", 1000));
    assert_eq!(salary(&app, "people").await.unwrap().records.len(), 1);
    assert_eq!(code(salary(&analyst, "people").await), ResultCode::ROLE_VIOLATION);
    let names = analyst
        .query("test", "people")
        .matching(Predicate::equal("name", "Ann"));
    assert_eq!(names.await.unwrap().records[0].bins, masked());
}

#[tokio::test]
async fn rules_are_shown_replaced_and_removed() {
    let server = start(1).await;
    let (dba, analyst) = (client(&server, "dba").await, client(&server, "analyst").await);
    let shown = "ns=test;set=people;bin=email;type=string;function=constant;value=hidden@example.com:\
                 ns=test;set=people;bin=salary;type=integer;function=constant;value=0:\
                 ns=test;set=people;bin=ssn;type=string;function=redact;position=0;length=7;value=*";
    for command in ["masking-show", "masking-show:", "masking-show:ns=test;set=people;"] {
        assert_eq!(analyst.info(command).await.unwrap(), shown);
    }
    assert_eq!(dba.info("masking-show:ns=test;set=other;").await.unwrap(), "");
    add(&dba, "bin=ssn;type=string;function=redact").await;
    assert_eq!(
        analyst.get(key()).await.unwrap().get::<String>("ssn").unwrap(),
        "***********"
    );
    let snapshot = server.snapshot();
    add(&dba, "bin=ssn;type=string;function=remove").await;
    assert_eq!(
        analyst.get(key()).await.unwrap().get::<String>("ssn").unwrap(),
        "123-45-6789"
    );
    server.restore(&snapshot).unwrap();
    assert_eq!(
        analyst.get(key()).await.unwrap().get::<String>("ssn").unwrap(),
        "***********"
    );
    assert!(
        dba.info("smd-show:module=masking")
            .await
            .unwrap()
            .contains("test|people|ssn|string=redact")
    );
    server.reset();
    assert_eq!(dba.info("masking-show").await.unwrap(), "");
    for (rule, error) in [
        ("", "missing 'bin'"),
        ("bin=a;type=string", "missing 'function'"),
        ("bin=a;type=number;function=redact", "unknown 'type'"),
        ("bin=a;type=string;function=hash", "unknown 'function'"),
        ("bin=a;type=string;function=remove", "rule not found"),
        ("bin=a;type=integer;function=redact", "needs type string"),
        ("bin=a;type=integer;function=constant;value=x", "bad 'value'"),
        ("bin=a;type=string;function=constant", "missing 'value'"),
        ("bin=a;type=string;function=redact;value=xx", "one character"),
        ("bin=a;type=string;function=redact;length=-1", "bad 'length'"),
        ("bin=a234567890123456;type=string;function=redact", "too long"),
    ] {
        let asked = dba.info(format!("masking:namespace=test;set=people;{rule}")).await;
        let text = asked.unwrap_or_else(|error| error.to_string());
        assert!(text.contains(error), "{rule}: {text}");
    }
    let refused = analyst
        .info("masking:namespace=test;set=people;bin=a;type=string;function=redact")
        .await;
    let text = refused.unwrap_or_else(|error| error.to_string());
    assert!(text.contains("masking-admin"), "{text}");
}

#[tokio::test]
async fn without_security_rules_are_refused() {
    let server = Server::builder().edition(Edition::Enterprise).start().unwrap();
    let client = Client::connect(server.hosts()).await.unwrap();
    let asked = client
        .info("masking:namespace=test;set=s;bin=a;type=string;function=redact")
        .await;
    let text = asked.unwrap_or_else(|error| error.to_string());
    assert!(text.contains("needs security"), "{text}");
    assert_eq!(client.info("masking-show").await.unwrap(), "");
}

#[tokio::test]
async fn the_later_rule_is_kept_when_the_network_heals() {
    let server = start(2).await;
    server.clock().freeze();
    let [first, second] = [0, 1].map(|node| server.nodes()[node].id);
    let dba = client(&server, "dba").await;
    server.partition(&[first], &[second]).unwrap();
    server.clock().advance(std::time::Duration::from_secs(1));
    let alone = Client::builder(server.nodes()[1].address)
        .user("dba", "secret")
        .await
        .unwrap();
    add(&alone, "bin=ssn;type=string;function=remove").await;
    assert!(alone.info("masking-show").await.unwrap().matches("bin=").count() == 2);
    server.heal();
    for _ in 0..4 {
        assert_eq!(dba.info("masking-show").await.unwrap().matches("bin=").count(), 2);
    }
}
