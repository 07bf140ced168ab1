//! The official client for Rust, from crates.io, against a server: `spikelet-third-party-rust [faults | tls AUTHORITY] HOST:PORT`.
//!
//! With `faults` the server must have been started with `--controls`; with `tls`, with three nodes and TLS.

mod faults;
mod tls;

use aerospike::operations;
use aerospike::*;

const SET: &str = "third-party-rust";

/// The result code with which a command failed.
fn failed<T: std::fmt::Debug>(result: Result<T>) -> ResultCode {
    let error = result.expect_err("an error of the server");
    error
        .server_result_code()
        .unwrap_or_else(|| panic!("expected an error of the server, got {error:?}"))
}

#[tokio::main]
async fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [address] => official(address).await,
        ["faults", address] => faults::run(address).await,
        ["tls", authority, address] => tls::run(authority, address).await,
        _ => panic!("usage: spikelet-third-party-rust [faults | tls AUTHORITY] HOST:PORT"),
    }
}

async fn official(address: &str) {
    let client = Client::new(&ClientPolicy::default(), &address).await.expect("connect");
    let (read, write) = (ReadPolicy::default(), WritePolicy::default());
    let key = as_key!("test", SET, "one");
    let missing = as_key!("test", SET, "missing");
    let keys = [
        as_key!("test", SET, 0),
        as_key!("test", SET, 1),
        as_key!("test", SET, 2),
    ];
    for known in [&key, &keys[0], &keys[1], &keys[2]] {
        client
            .delete(&write, known)
            .await
            .expect("delete the records of an earlier run");
    }

    let bins = [
        as_bin!("i", 42),
        as_bin!("f", 3.5),
        as_bin!("s", "text"),
        as_bin!("b", true),
        as_bin!("raw", as_blob!(vec![0u8, 255u8])),
        as_bin!("l", as_list![1, "two"]),
        as_bin!("m", as_map!("a" => 1)),
    ];
    client.put(&write, &key, &bins).await.expect("put");
    let record = client.get(&read, &key, Bins::All).await.expect("get");
    assert_eq!((record.bins.len(), record.generation), (7, 1));
    for bin in &bins {
        assert_eq!(
            record.bins.get(&bin.name),
            Some(&bin.value.clone().into()),
            "bin {}",
            bin.name
        );
    }
    let record = client.get(&read, &key, Bins::from(["i"])).await.expect("select");
    assert_eq!(record.bins.len(), 1);
    assert!(client.exists(&read, &key).await.expect("exists"));
    assert!(!client.exists(&read, &missing).await.expect("exists"));
    assert_eq!(
        failed(client.get(&read, &missing, Bins::All).await),
        ResultCode::KeyNotFoundError
    );

    let create_only = WritePolicy {
        record_exists_action: RecordExistsAction::CreateOnly,
        ..WritePolicy::default()
    };
    assert_eq!(
        failed(client.put(&create_only, &key, &bins).await),
        ResultCode::KeyExistsError
    );
    let mut generation = WritePolicy::new(9, Expiration::NamespaceDefault);
    generation.generation_policy = GenerationPolicy::ExpectGenEqual;
    assert_eq!(
        failed(client.put(&generation, &key, &bins).await),
        ResultCode::GenerationError
    );
    generation.generation = 1;
    client
        .put(&generation, &key, &bins)
        .await
        .expect("put of the expected generation");

    let ttl = WritePolicy::new(0, Expiration::Seconds(1000));
    client.put(&ttl, &key, &bins).await.expect("put with a TTL");
    let record = client.get(&read, &key, Bins::All).await.expect("get");
    let left = record.time_to_live().expect("a TTL").as_secs();
    assert!((990..=1001).contains(&left), "{left} seconds left");
    assert_eq!(record.generation, 3);

    let (more, suffix) = (as_bin!("i", 8), as_bin!("s", "!"));
    let ops = [
        operations::add(&more),
        operations::append(&suffix),
        operations::get_bin("i"),
        operations::get_bin("s"),
    ];
    let record = client.operate(&write, &key, &ops).await.expect("operate");
    // One result for each operation on a bin; the first of each only writes.
    let results = |read| Some(Value::MultiResult(vec![Value::Nil, read]));
    assert_eq!(record.bins.get("i"), results(Value::from(50)).as_ref());
    assert_eq!(record.bins.get("s"), results(Value::from("text!")).as_ref());

    let (batch, reads, writes) = (
        BatchPolicy::default(),
        BatchReadPolicy::default(),
        BatchWritePolicy::default(),
    );
    let views = as_bin!("views", 1);
    let mut rows: Vec<_> = keys
        .iter()
        .map(|key| BatchOperation::write(&writes, key.clone(), vec![operations::add(&views)]))
        .collect();
    client.batch(&batch, &mut rows).await.expect("batch of writes");
    assert!(
        rows.iter().all(|row| row.result_code() == Some(ResultCode::Ok)),
        "{rows:?}"
    );
    let mut wanted = keys.to_vec();
    wanted.push(missing);
    let mut rows: Vec<_> = wanted
        .iter()
        .map(|key| BatchOperation::read(&reads, key.clone(), Bins::All))
        .collect();
    client.batch(&batch, &mut rows).await.expect("batch of reads");
    let found: Vec<_> = rows.iter().map(|row| row.record().is_some()).collect();
    assert_eq!(found, [true, true, true, false]);
    let deletes = BatchDeletePolicy::default();
    let mut rows: Vec<_> = keys
        .iter()
        .map(|key| BatchOperation::delete(&deletes, key.clone()))
        .collect();
    client.batch(&batch, &mut rows).await.expect("batch of deletes");
    assert!(!client.exists(&read, &keys[0]).await.expect("exists"));

    assert!(client.delete(&write, &key).await.expect("delete"));
    assert!(!client.delete(&write, &key).await.expect("delete"));
    println!("aerospike for Rust: all as on the real server");
}
