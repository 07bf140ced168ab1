//! All faults at random, under load. Writes that the client acknowledges were applied, those that are in doubt may have
//! been applied, and no others were.

use std::time::Duration;

use spikelet::{Command, ResultCode, Server};
use spikelet_client::{BatchRow, Client, Key, Operation, Policy};

const WRITERS: i64 = 8;
const WRITES: i64 = 150;

const HURRIED: Policy = Policy {
    total_timeout: Duration::from_secs(2),
    socket_timeout: Duration::from_millis(40),
    max_retries: 2,
    sleep_between_retries: Duration::ZERO,
    compress: false,
    read_mode: spikelet_client::ReadMode::Session,
};

fn arm(server: &Server, seed: u64) {
    let on = |number, probability| {
        server
            .faults()
            .on(Command::Any)
            .namespace("test")
            .probability(seed + number, probability)
    };
    on(0, 0.05).delay(Duration::from_millis(5));
    on(1, 0.05).device_overload();
    on(2, 0.05).key_busy();
    on(3, 0.02).cut_before();
    on(4, 0.02).cut_after();
    on(5, 0.01).ignore();
    on(6, 0.01).silence_after();
    on(7, 0.02).truncate(9);
    on(8, 0.01).stall(9);
    on(9, 0.02).corrupt();
    on(10, 0.02).answer(ResultCode::TIMEOUT);
    server
        .faults()
        .on(Command::Connect)
        .probability(seed, 0.05)
        .refuse_connections();
}

/// How often something was added, according to the client.
#[derive(Debug, Default)]
struct Known {
    acknowledged: i64,
    in_doubt: i64,
    refused: i64,
}

impl Known {
    fn note<T>(&mut self, result: Result<T, spikelet_client::Error>) {
        match result {
            Ok(_) => self.acknowledged += 1,
            Err(error) if error.in_doubt() => self.in_doubt += 1,
            Err(_) => self.refused += 1,
        }
    }

    fn check(&self, what: &str, added: i64) {
        let possible = self.acknowledged..=self.acknowledged + self.in_doubt;
        assert!(
            possible.contains(&added),
            "{what}: {added} were added, known is {self:?}"
        );
    }
}

fn key(writer: i64) -> Key {
    Key::new("test", "storm", writer)
}

fn count(server: &Server, writer: i64) -> i64 {
    let record = server.record("test", "storm", writer);
    record.map_or(0, |record| match record.bins.get("n") {
        Some(spikelet::Value::Int(n)) => *n,
        other => panic!("{other:?}"),
    })
}

/// Lets each writer add 1 to its own record, and compares the records with the client's results.
async fn weather(server: &Server, client: &Client) -> Known {
    let writers = (0..WRITERS).map(|writer| {
        let client = client.clone();
        tokio::spawn(async move {
            let mut known = Known::default();
            for _ in 0..WRITES {
                known.note(client.operate(key(writer)).add("n", 1).get("n").policy(HURRIED).await);
            }
            known
        })
    });
    let mut all = Known::default();
    for (writer, known) in (0..).zip(writers.collect::<Vec<_>>()) {
        let known = known.await.unwrap();
        known.check(&format!("writer {writer}"), count(server, writer));
        all.acknowledged += known.acknowledged;
        all.in_doubt += known.in_doubt;
        all.refused += known.refused;
    }
    all
}

#[tokio::test]
async fn in_doubt_is_correct() {
    let server = Server::start().unwrap();
    let client = Client::connect(server.addr()).await.unwrap();
    arm(&server, 1);
    let known = weather(&server, &client).await;
    assert!(
        known.acknowledged > WRITERS * WRITES / 2 && known.in_doubt > 0,
        "{known:?}"
    );
    assert!(server.faults().list().iter().all(|fault| fault.fired() > 0));

    server.faults().clear();
    for writer in 0..WRITERS {
        client.operate(key(writer)).add("n", 1).max_retries(0).await.unwrap();
    }
}

#[tokio::test]
async fn in_doubt_is_correct_for_pipelined_commands() {
    let server = Server::start().unwrap();
    let client = Client::builder(server.addr()).pipelines(2).await.unwrap();
    arm(&server, 2);
    let known = weather(&server, &client).await;
    assert!(known.acknowledged > 0 && known.in_doubt > 0, "{known:?}");
    server.faults().clear();
    client.operate(key(0)).add("n", 1).policy(HURRIED).await.unwrap();
}

#[tokio::test]
async fn in_doubt_is_correct_for_each_batch_row() {
    let server = Server::start().unwrap();
    let client = Client::connect(server.addr()).await.unwrap();
    arm(&server, 3);
    server.faults().on(Command::Write).probability(3, 0.3).device_overload();
    let mut known: Vec<Known> = (0..WRITERS).map(|_| Known::default()).collect();
    for _ in 0..WRITES {
        let rows = (0..WRITERS).map(|writer| BatchRow::operate(key(writer), [Operation::add("n", 1)]));
        match client.batch(rows).policy(HURRIED).await {
            Ok(records) => {
                for (known, record) in known.iter_mut().zip(records) {
                    known.note(record.result);
                }
            }
            Err(error) => known.iter_mut().for_each(|known| match error.in_doubt() {
                true => known.in_doubt += 1,
                false => known.refused += 1,
            }),
        }
    }
    for (writer, known) in (0..).zip(&known) {
        known.check(&format!("row {writer}"), count(&server, writer));
        assert!(known.acknowledged > 0 && known.in_doubt > 0, "{known:?}");
    }
    assert!(known.iter().any(|known| known.refused > 0), "{known:?}");
}
