//! Running scenarios and recorded cases on a target.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use spikelet_client::{Client, Policy};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::clock;
use crate::context::Context;
use crate::outcome::End;
use crate::recorded;
use crate::results::{TargetRun, TestResult, Verdict};
use crate::scenario::Scenario;
use crate::target::{
    Target, TargetSpec, Unavailable, recorded_namespaces, recorded_ttl_namespaces, recorded_udf_directory,
};
use crate::transcript::Entry;

/// How many scenarios run at a time: those that wait for something to expire do not hold up the others.
const AT_A_TIME: usize = 16;
/// For how long a scenario may run.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs scenarios on a target. `progress` is told each result as it comes.
///
/// # Errors
/// When no client can be connected to it.
pub async fn scenarios(
    target: &Target,
    scenarios: &[Scenario],
    progress: impl Fn(&TestResult),
) -> Result<TargetRun, Unavailable> {
    let started = clock::start();
    let policy = Policy {
        total_timeout: Duration::from_secs(10),
        ..Policy::default()
    };
    let client = Client::builder(target.hosts()).policy(policy).await;
    let client = client.map_err(|error| Unavailable(format!("cannot connect to {}: {error}", target.hosts())))?;
    // A set of this run alone, so that no record of an earlier one is in the way.
    let set = format!("conformance-{:08x}{:04x}", clock::now(), std::process::id() & 0xffff);
    let turns = Arc::new(Semaphore::new(AT_A_TIME));
    let mut running = JoinSet::new();
    for (index, scenario) in scenarios.iter().copied().enumerate() {
        let (mut context, transcript) = Context::new(client.clone(), target.hosts(), &set, scenario.id());
        let turns = Arc::clone(&turns);
        running.spawn(async move {
            let turn = turns.acquire().await;
            let started = clock::start();
            let end = tokio::time::timeout(PATIENCE, (scenario.run)(&mut context)).await;
            drop(turn);
            let verdict = match end {
                Ok(Ok(())) => Verdict::Passed,
                Ok(Err(End::Failed(what))) => Verdict::Failed(what),
                Ok(Err(End::Skipped(why))) => Verdict::Skipped(why),
                Err(_) => Verdict::Failed(format!("not done within {} seconds", PATIENCE.as_secs())),
            };
            let result = TestResult {
                name: scenario.id(),
                verdict,
                took: started.elapsed(),
                transcript: take(&transcript),
            };
            (index, result)
        });
    }
    let mut results = Vec::new();
    while let Some(ended) = running.join_next().await {
        let Ok((index, result)) = ended else { continue };
        progress(&result);
        results.push((index, result));
    }
    // A server that goes on living need not keep our records.
    let _ = client.truncate(Context::NAMESPACE, &set).await;
    // A task that panicked has no result of its own.
    for (index, scenario) in scenarios.iter().enumerate() {
        if !results.iter().any(|(at, _)| *at == index) {
            let result = TestResult {
                name: scenario.id(),
                verdict: Verdict::Failed("the scenario panicked".to_owned()),
                took: Duration::ZERO,
                transcript: Vec::new(),
            };
            progress(&result);
            results.push((index, result));
        }
    }
    results.sort_by_key(|(index, _)| *index);
    Ok(TargetRun {
        target: target.name().to_owned(),
        results: results.into_iter().map(|(_, result)| result).collect(),
        took: started.elapsed(),
    })
}

fn take(transcript: &Mutex<Vec<Entry>>) -> Vec<Entry> {
    std::mem::take(&mut *transcript.lock().unwrap_or_else(|e| e.into_inner()))
}

/// Plays an area of the recorded cases: on a server of its own for the embedded target, on the target itself elsewhere.
/// `progress` is told how many cases were played, and of how many.
///
/// A case that does not match is a result of its own; those that match are one result together.
///
/// # Errors
/// When there is no such area, or the server cannot be reached.
pub async fn recorded(
    spec: &TargetSpec,
    target: &Target,
    area: &str,
    progress: impl Fn(usize, usize) + Send + Sync + 'static,
) -> Result<Vec<TestResult>, Unavailable> {
    let started = clock::start();
    let unavailable = |error: &dyn std::fmt::Display| Unavailable(error.to_string());
    let skipped = |why: &str| {
        vec![TestResult {
            name: format!("recorded/{area}"),
            verdict: Verdict::Skipped(why.to_owned()),
            took: Duration::ZERO,
            transcript: Vec::new(),
        }]
    };
    let cases = recorded::area(area).map_err(|error| unavailable(&error))?;
    let own = match (spec, area) {
        (TargetSpec::Embedded, "ttl") => Some(recorded_ttl_namespaces()),
        (TargetSpec::Embedded, "udf") => Some(recorded_udf_directory()),
        (TargetSpec::Embedded, _) => Some(recorded_namespaces()),
        (_, "ttl") => return Ok(skipped("it was recorded with namespaces of another configuration")),
        (TargetSpec::Docker { .. }, "udf") => {
            return Ok(skipped("its answers name a directory of the recorded server"));
        }
        (TargetSpec::DockerCluster { .. }, _) => return Ok(skipped("it was recorded on a single node")),
        _ => None,
    };
    let own = own
        .map(spikelet::Builder::start)
        .transpose()
        .map_err(|error| unavailable(&error))?;
    let addr = match &own {
        Some(server) => server.addr(),
        None => target.addr().await.map_err(|error| unavailable(&error))?,
    };
    let area = area.to_owned();
    let played = tokio::task::spawn_blocking(move || {
        let report = recorded::replay(addr, &cases, |played| progress(played, cases.len()));
        let result = |name, verdict| TestResult {
            name,
            verdict,
            took: Duration::ZERO,
            transcript: Vec::new(),
        };
        let mut results: Vec<_> = report
            .mismatches
            .iter()
            .map(|mismatch| {
                let name = format!("recorded/{area}/{}", mismatch.case.id);
                result(name, Verdict::Failed(mismatch.to_string()))
            })
            .collect();
        let matched = result(format!("recorded/{area} ({} cases)", report.matched()), Verdict::Passed);
        if report.matched() > 0 {
            results.insert(
                0,
                TestResult {
                    took: started.elapsed(),
                    ..matched
                },
            );
        }
        results
    });
    played.await.map_err(|error| unavailable(&error))
}
