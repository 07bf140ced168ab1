//! Faults as the official client sees them. They are armed through the client itself.

use std::time::{Duration, Instant};

use aerospike::*;

const SET: &str = "third-party-rust-faults";

/// How a command failed, as far as this client distinguishes failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failed {
    Answered(ResultCode),
    Timeout,
    Connection,
    Unreadable,
}

impl Failed {
    fn of(error: &Error) -> Self {
        // The cause says more than what wraps it.
        match error.cause().map(Self::of) {
            None | Some(Self::Unreadable) => {}
            Some(cause) => return cause,
        }
        match error.kind() {
            ErrorKind::Server { rc, .. } => Self::Answered(*rc),
            ErrorKind::Timeout => Self::Timeout,
            ErrorKind::Connection | ErrorKind::Io(_) => Self::Connection,
            _ => Self::Unreadable,
        }
    }
}

/// The client's view of a write that a fault affects: how it failed, whether it was applied, and whether the client
/// retries it.
///
/// A write that was applied must be in doubt. This client also reports some as in doubt that the server refused.
const REACTIONS: [(&str, Failed, bool, bool); 9] = [
    ("result=18", Failed::Answered(ResultCode::DeviceOverload), false, true),
    ("result=14", Failed::Answered(ResultCode::KeyBusy), false, true),
    ("reaction=ignore", Failed::Timeout, false, true),
    ("reaction=silence-after", Failed::Timeout, true, true),
    ("reaction=stall;bytes=29", Failed::Timeout, true, true),
    ("reaction=cut-before", Failed::Connection, false, true),
    ("reaction=cut-after", Failed::Connection, true, true),
    ("reaction=truncate;bytes=29", Failed::Connection, true, true),
    ("reaction=corrupt;seed=1", Failed::Unreadable, true, false),
];

/// A client with short timeouts.
struct Hurried {
    client: Client,
    once: BasePolicy,
    twice: BasePolicy,
}

impl Hurried {
    async fn control(&self, command: &str) -> String {
        let command = format!("spikelet/fault/{command}");
        let nodes = self.client.nodes();
        let answers = nodes[0].info(&AdminPolicy::default(), &[&command]).await;
        let answer = answers.expect("info").swap_remove(&command).expect("an answer");
        assert!(!answer.starts_with("ERROR"), "{command}: {answer}");
        answer
    }

    async fn put(&self, policy: &BasePolicy, key: &Key, value: i64) -> Result<()> {
        let policy = WritePolicy {
            base_policy: policy.clone(),
            ..WritePolicy::default()
        };
        self.client.put(&policy, key, &[as_bin!("a", value)]).await
    }

    async fn generation(&self, policy: &BasePolicy, key: &Key) -> Result<u32> {
        let policy = ReadPolicy {
            base_policy: policy.clone(),
            ..ReadPolicy::default()
        };
        match self.client.get(&policy, key, Bins::All).await {
            Err(error) if error.server_result_code() == Some(ResultCode::KeyNotFoundError) => Ok(0),
            record => record.map(|record| record.generation),
        }
    }
}

pub async fn run(address: &str) {
    let client = Client::new(&ClientPolicy::default(), &address).await.expect("connect");
    let policy = |max_retries, total_timeout| BasePolicy {
        socket_timeout: 300,
        total_timeout,
        max_retries,
        sleep_between_retries: 0,
        ..WritePolicy::default().base_policy
    };
    let hurried = Hurried {
        client,
        once: policy(0, 300),
        twice: policy(1, 5000),
    };
    hurried.control("clear").await;
    writes(&hurried).await;
    reads(&hurried).await;
    batches(&hurried).await;
    delays(&hurried).await;
    connections(&hurried, address).await;
    println!("faults, seen by aerospike for Rust: each as the failure it names");
}

async fn writes(hurried: &Hurried) {
    for (number, (reaction, expected, applied, is_retried)) in REACTIONS.into_iter().enumerate() {
        let key = as_key!("test", SET, number as i64);
        let fault = format!("add:command=write;namespace=test;set={SET};int-key={number};times=1;{reaction}");
        hurried.control(&fault).await;
        let error = hurried.put(&hurried.once, &key, 1).await.expect_err(reaction);
        assert_eq!(Failed::of(&error), expected, "{reaction}: {error:?}");
        assert!(error.in_doubt() || !applied, "{reaction}: {error:?}");
        let before = hurried.generation(&hurried.twice, &key).await.expect("get");
        assert_eq!(before, u32::from(applied), "{reaction}");

        hurried.control(&fault).await;
        let again = hurried.put(&hurried.twice, &key, 2).await;
        assert_eq!(again.is_ok(), is_retried, "{reaction}: {again:?}");
        let written = u32::from(applied) + u32::from(is_retried);
        let generation = hurried.generation(&hurried.twice, &key).await.expect("get");
        assert_eq!(generation, before + written, "{reaction}");
        let list = hurried.control("list").await;
        assert_eq!(list.matches(":fired=1").count(), 2, "{list}");
        hurried.control("clear").await;
    }
}

async fn reads(hurried: &Hurried) {
    let key = as_key!("test", SET, "read");
    hurried.put(&hurried.twice, &key, 1).await.expect("put");
    for (reaction, expected, _, is_retried) in REACTIONS {
        let fault = format!("add:command=read;set={SET};key=read;times=1;{reaction}");
        hurried.control(&fault).await;
        let error = hurried.generation(&hurried.once, &key).await.expect_err(reaction);
        assert_eq!(Failed::of(&error), expected, "{reaction}: {error:?}");
        hurried.control(&fault).await;
        let again = hurried.generation(&hurried.twice, &key).await;
        assert_eq!(again.is_ok(), is_retried, "{reaction}: {again:?}");
    }
    hurried.control("clear").await;
}

async fn batches(hurried: &Hurried) {
    let policy = BatchPolicy {
        base_policy: hurried.once.clone(),
        ..BatchPolicy::default()
    };
    let (writes, bin) = (BatchWritePolicy::default(), as_bin!("a", 1));
    let keys: Vec<_> = (0..3).map(|n| as_key!("test", SET, format!("row {n}"))).collect();
    let mut rows: Vec<_> = keys
        .iter()
        .map(|key| BatchOperation::write(&writes, key.clone(), vec![operations::put(&bin)]))
        .collect();
    hurried
        .control(&format!("add:command=write;set={SET};key=row 1;times=1;result=18"))
        .await;
    hurried.client.batch(&policy, &mut rows).await.expect("batch");
    let codes: Vec<_> = rows.iter().map(BatchOperation::result_code).collect();
    let expected = [ResultCode::Ok, ResultCode::DeviceOverload, ResultCode::Ok];
    assert_eq!(codes, expected.map(Some));
    for (key, generation) in keys.iter().zip([1, 0, 1]) {
        assert_eq!(hurried.generation(&hurried.twice, key).await.expect("get"), generation);
    }
    hurried
        .control(&format!("add:command=batch;set={SET};times=1;reaction=cut-after"))
        .await;
    let error = hurried.client.batch(&policy, &mut rows).await.expect_err("cut");
    assert_eq!(Failed::of(&error), Failed::Connection, "{error:?}");
    for (key, generation) in keys.iter().zip([2, 1, 2]) {
        assert_eq!(hurried.generation(&hurried.twice, key).await.expect("get"), generation);
    }
}

async fn delays(hurried: &Hurried) {
    let key = as_key!("test", SET, "late");
    hurried
        .control(&format!("add:command=write;set={SET};times=1;delay-ms=600"))
        .await;
    let error = hurried.put(&hurried.once, &key, 1).await.expect_err("late");
    assert_eq!(Failed::of(&error), Failed::Timeout, "{error:?}");
    assert_eq!(hurried.generation(&hurried.twice, &key).await.expect("get"), 0);
    hurried
        .control(&format!("add:command=write;set={SET};times=1;delay-ms=100"))
        .await;
    let start = Instant::now();
    hurried
        .put(&hurried.twice, &as_key!("test", SET, "later"), 1)
        .await
        .expect("put");
    assert!(start.elapsed() >= Duration::from_millis(100));
    while hurried.generation(&hurried.twice, &key).await.expect("get") == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    hurried.control("clear").await;
}

async fn connections(hurried: &Hurried, address: &str) {
    let id = hurried.control("add:command=connect;reaction=refuse-connections").await;
    let refused = Client::new(&ClientPolicy::default(), &address).await;
    assert!(refused.is_err());
    hurried.control(&format!("remove:{id}")).await;
    let client = Client::new(&ClientPolicy::default(), &address).await;
    assert!(client.is_ok());
}
