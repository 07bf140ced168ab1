//! Info commands. The texts differ from server to server, so that transcripts contain only conclusions from them.

use spikelet_client::{ResultCode, bins};
use spikelet_wire::info::parameters;

use crate::assertions::{expect_eq, expect_refused, expect_true};
use crate::context::{Context, ask};
use crate::outcome::{NotPassed, Outcome};
use crate::scenario::scenarios;

scenarios![
    build,
    node,
    namespaces,
    features,
    replicas,
    peers,
    generations,
    namespace,
    unknown_namespace,
    sets_count_records,
    unknown_command_refused,
    truncate,
    truncate_without_namespace_refused,
];

/// How often a truncation is tried again that was not finished in time.
const TRUNCATE_RETRIES: usize = 5;

async fn info(t: &Context, command: &str) -> Result<String, NotPassed> {
    Ok(t.client().info(command).await?)
}

async fn build(t: &mut Context) -> Outcome {
    let build = info(t, "build").await?;
    let numbers: Vec<u32> = build.split(['.', '-']).map_while(|part| part.parse().ok()).collect();
    expect_true!(numbers.len() >= 3, "the build is {build:?}");
    t.transcribe_text("build", "numbers");
    Ok(())
}

async fn node(t: &mut Context) -> Outcome {
    let name = info(t, "node").await?;
    expect_true!(
        u64::from_str_radix(&name, 16).is_ok_and(|id| id != 0),
        "the node is {name:?}"
    );
    t.transcribe_text("node", "a number");
    Ok(())
}

async fn namespaces(t: &mut Context) -> Outcome {
    let names = info(t, "namespaces").await?;
    expect_true!(
        names.split(';').any(|name| name == Context::NAMESPACE),
        "the namespaces are {names:?}"
    );
    t.transcribe_text("namespaces", Context::NAMESPACE);
    Ok(())
}

async fn features(t: &mut Context) -> Outcome {
    let features = info(t, "features").await?;
    for feature in [
        "batch-any",
        "blob-bits",
        "cdt-list",
        "cdt-map",
        "float",
        "geo",
        "peers",
        "pipelining",
        "replicas",
    ] {
        expect_true!(
            features.split(';').any(|of| of == feature),
            "{feature:?} is not among {features:?}"
        );
        t.transcribe_text("features", feature);
    }
    Ok(())
}

async fn replicas(t: &mut Context) -> Outcome {
    // NAME:REGIME,REPLICAS,BITMAP...;NAME:...  A bitmap of 4096 partitions has 684 digits in base64.
    let replicas = info(t, "replicas").await?;
    let prefix = format!("{}:", Context::NAMESPACE);
    let of_namespace = replicas.split(';').find_map(|part| part.strip_prefix(&prefix));
    let parts: Vec<_> = of_namespace.unwrap_or_default().split(',').collect();
    let [_, count, bitmaps @ ..] = &parts[..] else {
        return Err(NotPassed::failed(format_args!("the replicas are {replicas:?}")));
    };
    expect_eq!(count.parse().ok(), Some(bitmaps.len()));
    expect_true!(
        bitmaps.iter().all(|bitmap| bitmap.len() == 684),
        "a bitmap of another size in {replicas:?}"
    );
    t.transcribe_text("replicas", "bitmaps of 4096 partitions");
    Ok(())
}

async fn peers(t: &mut Context) -> Outcome {
    // GENERATION,PORT,[[...],...]
    let peers = info(t, "peers-clear-std").await?;
    let parts: Vec<_> = peers.splitn(3, ',').collect();
    let [generation, port, list] = parts[..] else {
        return Err(NotPassed::failed(format_args!("the peers are {peers:?}")));
    };
    expect_true!(
        generation.parse::<u32>().is_ok() && port.parse::<u16>().is_ok(),
        "the peers are {peers:?}"
    );
    expect_true!(list.starts_with('[') && list.ends_with(']'), "the peers are {peers:?}");
    t.transcribe_text("peers-clear-std", "generation, port and list");
    Ok(())
}

async fn generations(t: &mut Context) -> Outcome {
    for command in ["peers-generation", "partition-generation", "rebalance-generation"] {
        let generation = info(t, command).await?;
        expect_true!(generation.parse::<u32>().is_ok(), "{command} is {generation:?}");
        t.transcribe_text(command, "a number");
    }
    Ok(())
}

async fn namespace(t: &mut Context) -> Outcome {
    let text = info(t, &format!("namespace/{}", Context::NAMESPACE)).await?;
    for name in [
        "objects",
        "default-ttl",
        "nsup-period",
        "replication-factor",
        "allow-ttl-without-nsup",
    ] {
        expect_true!(
            parameters(&text).any(|(of, _)| of == name),
            "the namespace does not report {name:?}"
        );
        t.transcribe_text("namespace", name);
    }
    Ok(())
}

async fn unknown_namespace(t: &mut Context) -> Outcome {
    let said = info(t, "namespace/nope").await?;
    t.transcribe_text("namespace/nope", said.clone());
    expect_eq!(said, "type=unknown");
    Ok(())
}

async fn sets_count_records(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    let mut objects = 0;
    for (_, sets) in t
        .client()
        .info_all(format!("sets/{}/{}", Context::NAMESPACE, t.set()))
        .await?
    {
        let sets = sets.trim_end_matches(';').replace(':', ";");
        let count = parameters(&sets).find(|(name, _)| *name == "objects");
        objects += count.and_then(|(_, value)| value.parse::<u64>().ok()).unwrap_or(0);
    }
    expect_true!(objects >= 1, "the set has {objects} records");
    t.transcribe_text("sets", "at least one record");
    Ok(())
}

async fn unknown_command_refused(t: &mut Context) -> Outcome {
    expect_refused!(ask!(t, info("no-such-command")), PARAMETER);
    Ok(())
}

async fn truncate(t: &mut Context) -> Outcome {
    let set = format!("{}t", t.set());
    let keys: Vec<_> = (0..3)
        .map(|n| spikelet_client::Key::new(Context::NAMESPACE, set.as_str(), n))
        .collect();
    ask!(t, batch_write(keys.iter().map(|key| (key, bins! {"n" => 1}))))?;
    // Truncation would not remove records of the current millisecond.
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    // A cluster has to agree on the truncation. If it is busy it answers that this took too long.
    let mut truncated = t.client().truncate(Context::NAMESPACE, &set).await;
    for _ in 0..TRUNCATE_RETRIES {
        if !matches!(&truncated, Err(error) if error.result_code() == Some(ResultCode::TIMEOUT)) {
            break;
        }
        truncated = t.client().truncate(Context::NAMESPACE, &set).await;
    }
    t.transcribe("truncate(Context::NAMESPACE, &set)", &truncated);
    truncated?;
    for _ in 0..50 {
        if t.client()
            .batch_read(&keys)
            .await?
            .iter()
            .all(|row| row.result.is_err())
        {
            t.transcribe_text("batch_read", "nothing is left");
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    Err(NotPassed::failed("the records are still there after five seconds"))
}

async fn truncate_without_namespace_refused(t: &mut Context) -> Outcome {
    expect_refused!(ask!(t, info("truncate:set=nope")), INVALID_NAMESPACE);
    Ok(())
}
