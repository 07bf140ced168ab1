//! Clusters: the nodes' information about each other, and commands that are sent to any node. The scenarios also pass
//! on a single node.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use spikelet_client::{Key, ResultCode, bins};
use spikelet_wire::info::parameters;
use spikelet_wire::{Header, Info1, Info2, OpCode, PARTITIONS};
use tokio::time::sleep;

use crate::assertions::{expect_eq, expect_true};
use crate::context::{Context, ask};
use crate::outcome::{NotPassed, Outcome};
use crate::raw::RawRequest;
use crate::scenario::scenarios;

scenarios![
    every_partition_has_one_master,
    replicas_are_on_nodes_of_their_own,
    nodes_agree_on_the_cluster,
    peers_name_one_another,
    any_node_reads,
    any_node_writes,
    any_node_refuses_alike,
    expired_on_every_node,
    deleted_on_every_node,
    a_query_finds_every_record_once,
    objects_are_counted_with_their_replicas,
    nodes_count_what_they_pass_on,
];

/// The response of each node to an info command, by node name.
async fn info(t: &Context, command: &str) -> Result<HashMap<String, String>, NotPassed> {
    Ok(t.client().info_all(command).await?.into_iter().collect())
}

/// A value of `statistics`, from each node.
async fn statistic(t: &Context, name: &str) -> Result<HashMap<String, String>, NotPassed> {
    value(t, "statistics", name).await
}

/// A value in the response to an info command, from each node.
async fn value(t: &Context, command: &str, name: &str) -> Result<HashMap<String, String>, NotPassed> {
    let all = info(t, command).await?;
    let values = all.into_iter().map(|(node, text)| {
        let value = parameters(&text).find(|(of, _)| *of == name);
        let value = value.map(|(_, value)| value.to_owned());
        Ok((
            node,
            value.ok_or_else(|| NotPassed::failed(format_args!("there is no {name}")))?,
        ))
    });
    values.collect()
}

/// The address that each node reports.
async fn addresses(t: &Context) -> Result<Vec<String>, NotPassed> {
    Ok(info(t, "service-clear-std").await?.into_values().collect())
}

/// The partition bitmaps of each node in the scenarios' namespace, one for each replica position.
async fn bitmaps(t: &Context) -> Result<Vec<Vec<Vec<u8>>>, NotPassed> {
    let prefix = format!("{}:", Context::NAMESPACE);
    let of_node = |text: String| {
        let of_namespace = text.split(';').find_map(|part| part.strip_prefix(&prefix));
        let maps = of_namespace.unwrap_or_default().split(',').skip(2);
        maps.map(|map| BASE64_STANDARD.decode(map)).collect::<Result<_, _>>()
    };
    let nodes = info(t, "replicas").await?.into_values().map(of_node);
    let nodes: Result<Vec<Vec<Vec<u8>>>, _> = nodes.collect();
    nodes.map_err(NotPassed::failed)
}

fn read() -> Header {
    Header {
        info1: Info1::READ | Info1::GET_ALL,
        ..Header::default()
    }
}

fn write() -> Header {
    Header {
        info2: Info2::WRITE,
        ..Header::default()
    }
}

/// The result code and the generation of each node's response to a request.
async fn each_node_answers(t: &Context, request: &RawRequest) -> Result<Vec<(ResultCode, u32)>, NotPassed> {
    let mut answers = Vec::new();
    for address in addresses(t).await? {
        let answer = Context::send_to_node(&address, request).await?;
        answers.push((answer.code(), answer.header.generation));
    }
    Ok(answers)
}

/// Fails unless every node responds that there is no such record.
async fn no_node_finds(t: &mut Context, key: &Key, what: &str) -> Outcome {
    let answers = each_node_answers(t, &RawRequest::new(key, read())).await?;
    expect_true!(
        answers.iter().all(|(code, _)| *code == ResultCode::NOT_FOUND),
        "the nodes answer {answers:?}"
    );
    t.transcribe_text(what, "not found");
    Ok(())
}

async fn every_partition_has_one_master(t: &mut Context) -> Outcome {
    let nodes = bitmaps(t).await?;
    let masters: Vec<u32> = (0..usize::from(PARTITIONS) / 8)
        .map(|byte| {
            let claims = nodes.iter().filter_map(|maps| maps.first()?.get(byte));
            // A partition that two nodes claim is counted twice, and one that no node claims is missing.
            let (sum, union) = claims.fold((0, 0), |(sum, union), bits| (sum + bits.count_ones(), union | bits));
            if union == 0xFF { sum } else { 0 }
        })
        .collect();
    expect_eq!(masters, vec![8; usize::from(PARTITIONS) / 8]);
    t.transcribe_text("replicas", "one master for each partition");
    Ok(())
}

async fn replicas_are_on_nodes_of_their_own(t: &mut Context) -> Outcome {
    let nodes = bitmaps(t).await?;
    let places = nodes.first().map_or(0, Vec::len);
    expect_true!(
        (1..=nodes.len()).contains(&places) && nodes.iter().all(|maps| maps.len() == places),
        "{} nodes have {places} replicas",
        nodes.len()
    );
    let mut kept = 0;
    for maps in &nodes {
        for byte in 0..usize::from(PARTITIONS) / 8 {
            let (union, sum) = maps.iter().fold((0, 0), |(union, sum), map| {
                let bits = map.get(byte).copied().unwrap_or(0);
                (union | bits, sum + bits.count_ones())
            });
            expect_true!(union.count_ones() == sum, "a node keeps a partition twice");
            kept += sum as usize;
        }
    }
    expect_eq!(kept, places * usize::from(PARTITIONS));
    t.transcribe_text("replicas", "each on a node of its own");
    Ok(())
}

async fn nodes_agree_on_the_cluster(t: &mut Context) -> Outcome {
    let keys = info(t, "cluster-stable:").await?;
    let nodes: Vec<&String> = keys.keys().collect();
    let key = keys.values().next().cloned().unwrap_or_default();
    expect_true!(
        u64::from_str_radix(&key, 16).is_ok_and(|key| key != 0),
        "the cluster's key is {key:?}"
    );
    expect_true!(keys.values().all(|other| *other == key), "the nodes have {keys:?}");
    for (node, said) in info(t, &format!("cluster-stable:size={}", nodes.len())).await? {
        expect_true!(said == key, "{node} says {said:?}");
    }
    for (name, expected) in [
        ("cluster_key", key.clone()),
        ("cluster_size", nodes.len().to_string()),
        ("cluster_integrity", "true".to_owned()),
        ("cluster_is_member", "true".to_owned()),
    ] {
        let said = statistic(t, name).await?;
        expect_true!(said.values().all(|said| *said == expected), "{name} is {said:?}");
        t.transcribe_text(name, "the same everywhere");
    }
    let number = |id: &String| u64::from_str_radix(id, 16).unwrap_or(0);
    let highest = nodes.iter().map(|id| number(id)).max();
    let principals = statistic(t, "cluster_principal").await?;
    expect_true!(
        principals.values().all(|id| Some(number(id)) == highest),
        "the principal is {principals:?}"
    );
    t.transcribe_text("cluster_principal", "the highest id");
    Ok(())
}

async fn peers_name_one_another(t: &mut Context) -> Outcome {
    let peers = info(t, "peers-clear-std").await?;
    let generations = info(t, "peers-generation").await?;
    for (node, text) in &peers {
        let generation = text.split(',').next();
        expect_eq!(generation, generations.get(node).map(String::as_str));
        for other in peers.keys() {
            let named = text.contains(&format!("[{other},"));
            expect_true!(named == (other != node), "the peers of {node} are {text:?}");
        }
    }
    t.transcribe_text("peers-clear-std", "all others");
    Ok(())
}

async fn any_node_reads(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    let answers = each_node_answers(t, &RawRequest::new(&key, read())).await?;
    expect_true!(
        answers.iter().all(|answer| *answer == (ResultCode::OK, 1)),
        "the nodes answer {answers:?}"
    );
    t.transcribe_text("a read sent to each node", "the record");
    Ok(())
}

async fn any_node_writes(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 0}))?;
    let add = RawRequest::new(&key, write()).op(OpCode::INCR, "n", 1);
    let answers = each_node_answers(t, &add).await?;
    expect_true!(
        answers.iter().all(|(code, _)| *code == ResultCode::OK),
        "the nodes answer {answers:?}"
    );
    let record = t.client().get(&key).await?;
    expect_eq!(record.get::<i64>("n").ok(), i64::try_from(answers.len()).ok());
    expect_eq!(usize::try_from(record.generation).ok(), Some(answers.len() + 1));
    t.transcribe_text("a write sent to each node", "written once by each");
    Ok(())
}

async fn any_node_refuses_alike(t: &mut Context) -> Outcome {
    let key = t.key("a");
    let answers = each_node_answers(t, &RawRequest::new(&key, read())).await?;
    expect_true!(
        answers.iter().all(|answer| *answer == (ResultCode::NOT_FOUND, 0)),
        "the nodes answer {answers:?}"
    );
    t.transcribe_text("a read of nothing sent to each node", "not found");
    Ok(())
}

async fn expired_on_every_node(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}).ttl(Duration::from_secs(1)))?;
    sleep(Duration::from_millis(3100)).await;
    no_node_finds(t, &key, "a read of an expired record sent to each node").await
}

async fn deleted_on_every_node(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    ask!(t, remove(&key))?;
    no_node_finds(t, &key, "a read of a deleted record sent to each node").await
}

async fn a_query_finds_every_record_once(t: &mut Context) -> Outcome {
    let set = format!("{}c", t.set());
    let keys: Vec<_> = (0..300)
        .map(|n| Key::new(Context::NAMESPACE, set.as_str(), n))
        .collect();
    for (n, key) in keys.iter().enumerate() {
        t.client().put(key, bins! {"n" => n as i64}).await?;
    }
    let page = t.client().query(Context::NAMESPACE, &set).await?;
    let mut found: Vec<i64> = page.records.iter().filter_map(|record| record.get("n").ok()).collect();
    found.sort_unstable();
    expect_eq!(found, (0..300).collect::<Vec<i64>>());
    t.transcribe_text("a query of 300 records on all nodes", "each of them once");
    Ok(())
}

async fn objects_are_counted_with_their_replicas(t: &mut Context) -> Outcome {
    let set = format!("{}o", t.set());
    for n in 0..100 {
        let key = Key::new(Context::NAMESPACE, set.as_str(), n);
        t.client().put(&key, bins! {"n" => n}).await?;
    }
    let places = bitmaps(t).await?.first().map_or(0, Vec::len) as u64;
    let mut objects = 0;
    for sets in info(t, &format!("sets/{}/{set}", Context::NAMESPACE)).await?.values() {
        let sets = sets.trim_end_matches(';').replace(':', ";");
        let count = parameters(&sets).find(|(name, _)| *name == "objects");
        objects += count.and_then(|(_, value)| value.parse::<u64>().ok()).unwrap_or(0);
    }
    expect_eq!(objects, 100 * places);
    t.transcribe_text("sets, of all nodes", "every record and its replicas");
    Ok(())
}

/// A counter of the scenarios' namespace, added up over all nodes.
async fn counted(t: &Context, name: &str) -> Result<u64, NotPassed> {
    let command = format!("namespace/{}", Context::NAMESPACE);
    let values = value(t, &command, name).await?.into_values();
    Ok(values.filter_map(|value| value.parse::<u64>().ok()).sum())
}

/// The difference may be larger, because other scenarios run at the same time.
async fn nodes_count_what_they_pass_on(t: &mut Context) -> Outcome {
    const COUNTERS: [&str; 3] = [
        "client_proxy_complete",
        "from_proxy_write_success",
        "client_write_success",
    ];
    let mut before = Vec::new();
    for name in COUNTERS {
        before.push(counted(t, name).await?);
    }
    let add = RawRequest::new(&t.key("a"), write()).op(OpCode::INCR, "n", 1);
    let others = each_node_answers(t, &add).await?.len() as u64 - 1;
    for ((name, before), at_least) in COUNTERS.into_iter().zip(before).zip([others, others, 1]) {
        let more = counted(t, name).await? - before;
        expect_true!(more >= at_least, "{name} has grown by {more}");
    }
    t.transcribe_text("a write sent to each node", "passed on by all but one");
    Ok(())
}
