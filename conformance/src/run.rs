//! The runner: runs scenarios and recorded cases on a target.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use spikelet_client::{Client, Policy};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::clock;
use crate::context::Context;
use crate::needs::{Needs, Offers};
use crate::outcome::NotPassed;
use crate::recorded;
use crate::results::{TargetRun, TestResult, Verdict};
use crate::scenario::Scenario;
use crate::target::{
    Target, TargetSpec, Unavailable, recorded_namespaces, recorded_ttl_namespaces, recorded_udf_directory,
};
use crate::transcript::Entry;

/// The number of scenarios that run at a time, so that those that wait for an expiry do not delay the others.
const MAX_CONCURRENT: usize = 16;
/// How long a scenario may run.
const SCENARIO_TIMEOUT: Duration = Duration::from_secs(60);

/// Runs scenarios on a target and calls `progress` with each result.
///
/// # Errors
/// If no client can connect to the target.
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
    let builder = Client::builder(target.hosts()).policy(policy);
    let client = match target.login() {
        Some((user, password)) => builder.user(user, password).await,
        None => builder.await,
    };
    let client = client.map_err(|error| Unavailable(format!("cannot connect to {}: {error}", target.hosts())))?;
    let offers = Offers::of(&client).await;
    let offers = offers.map_err(|error| Unavailable(format!("cannot ask {}: {error}", target.hosts())))?;
    // The set is unique to this run, so that records of an earlier run do not interfere.
    let set = format!("conformance-{:08x}{:04x}", clock::now(), std::process::id() & 0xffff);
    let permits = Arc::new(Semaphore::new(MAX_CONCURRENT));
    let mut running = JoinSet::new();
    let mut results = Vec::new();
    for (index, scenario) in scenarios.iter().copied().enumerate() {
        let (mut context, transcript) = Context::new(client.clone(), target.hosts(), &set, scenario.id());
        let namespace = match offers.namespace(scenario.needs) {
            Ok(namespace) => namespace,
            Err(why) => {
                let result = TestResult {
                    name: scenario.id(),
                    verdict: Verdict::Skipped(why),
                    duration: Duration::ZERO,
                    transcript: Vec::new(),
                };
                progress(&result);
                results.push((index, result));
                continue;
            }
        };
        context.set_namespace(namespace);
        let permits = Arc::clone(&permits);
        running.spawn(async move {
            let permit = permits.acquire().await;
            let started = clock::start();
            let end = tokio::time::timeout(SCENARIO_TIMEOUT, (scenario.run)(&mut context)).await;
            drop(permit);
            let verdict = match end {
                Ok(Ok(())) => Verdict::Passed,
                Ok(Err(NotPassed::Failed(what))) => Verdict::Failed(what),
                Ok(Err(NotPassed::Skipped(why))) => Verdict::Skipped(why),
                Err(_) => Verdict::Failed(format!("not finished within {} seconds", SCENARIO_TIMEOUT.as_secs())),
            };
            let result = TestResult {
                name: scenario.id(),
                verdict,
                duration: started.elapsed(),
                transcript: take(&transcript),
            };
            (index, result)
        });
    }
    while let Some(ended) = running.join_next().await {
        let Ok((index, result)) = ended else { continue };
        progress(&result);
        results.push((index, result));
    }
    // A server that outlives the run should not keep its records.
    for needs in [Needs::Nothing, Needs::StrongConsistency] {
        if let Ok(namespace) = offers.namespace(needs) {
            let _ = client.truncate(namespace, &set).await;
        }
    }
    // A task that panicked has not returned a result.
    for (index, scenario) in scenarios.iter().enumerate() {
        if !results.iter().any(|(at, _)| *at == index) {
            let result = TestResult {
                name: scenario.id(),
                verdict: Verdict::Failed("the scenario panicked".to_owned()),
                duration: Duration::ZERO,
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
        duration: started.elapsed(),
    })
}

fn take(transcript: &Mutex<Vec<Entry>>) -> Vec<Entry> {
    std::mem::take(&mut *transcript.lock().unwrap_or_else(|e| e.into_inner()))
}

/// Replays an area of the recorded cases: for the embedded target on a new server, otherwise on the target itself.
/// Calls `progress` with the number of cases replayed so far and their total number.
///
/// Each case that does not match is a result. All cases that match are one result together.
///
/// # Errors
/// If there is no such area, or the server cannot be reached.
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
            duration: Duration::ZERO,
            transcript: Vec::new(),
        }]
    };
    let cases = recorded::area(area).map_err(|error| unavailable(&error))?;
    let embedded = match (spec, area) {
        (TargetSpec::Embedded, "ttl") => Some(recorded_ttl_namespaces()),
        (TargetSpec::Embedded, "udf") => Some(recorded_udf_directory()),
        (TargetSpec::Embedded, _) => Some(recorded_namespaces()),
        (_, "ttl") => return Ok(skipped("it was recorded with a different namespace configuration")),
        (TargetSpec::Docker { .. }, "udf") => {
            return Ok(skipped("its responses contain a directory of the recorded server"));
        }
        (TargetSpec::DockerCluster { .. }, _) => return Ok(skipped("it was recorded on a single node")),
        _ => None,
    };
    let embedded = embedded
        .map(spikelet::Builder::start)
        .transpose()
        .map_err(|error| unavailable(&error))?;
    let addr = match &embedded {
        Some(server) => server.addr(),
        None => target.addr().await.map_err(|error| unavailable(&error))?,
    };
    let area = area.to_owned();
    let replayed = tokio::task::spawn_blocking(move || {
        let report = recorded::replay(addr, &cases, |replayed| progress(replayed, cases.len()));
        let result = |name, verdict| TestResult {
            name,
            verdict,
            duration: Duration::ZERO,
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
                    duration: started.elapsed(),
                    ..matched
                },
            );
        }
        results
    });
    replayed.await.map_err(|error| unavailable(&error))
}
