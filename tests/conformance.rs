//! All scenarios on the embedded server, and the comparison of servers by the suite.

use std::time::Duration;

use spikelet_conformance::divergences::Divergences;
use spikelet_conformance::needs::Needs;
use spikelet_conformance::report::Report;
use spikelet_conformance::results::{TargetRun, Verdict};
use spikelet_conformance::run;
use spikelet_conformance::scenario::Scenario;
use spikelet_conformance::scenarios;
use spikelet_conformance::target::TargetSpec;
use spikelet_conformance::transcript::Response;

async fn run(scenarios: &[Scenario]) -> TargetRun {
    run_on(&TargetSpec::Embedded, scenarios).await
}

async fn run_on(target: &TargetSpec, scenarios: &[Scenario]) -> TargetRun {
    let target = target.start().await.unwrap();
    run::scenarios(&target, scenarios, |_| {}).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_passes_on_the_embedded_server() {
    passes_whole(&TargetSpec::Embedded, ENTERPRISE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_passes_on_an_embedded_cluster() {
    passes_whole(&TargetSpec::EmbeddedCluster, ENTERPRISE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_security_scenarios_pass_on_an_embedded_cluster_with_security() {
    let security: Vec<_> = scenarios::all()
        .filter(|scenario| scenario.needs == Needs::Security)
        .collect();
    assert!(security.len() > 10);
    let run = run_on(&TargetSpec::EmbeddedSecurity, &security).await;
    let report = Report::new(vec![run.clone()], &Divergences::bundled().unwrap());
    assert!(!report.failed(), "{report}");
    let skipped = run.count(|verdict| matches!(verdict, Verdict::Skipped(_)));
    assert_eq!(skipped, 0, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_passes_on_an_embedded_server_of_the_enterprise_edition() {
    passes_whole(&TargetSpec::EmbeddedEnterprise, &[Needs::Community, Needs::Security]).await;
}

const ENTERPRISE: &[Needs] = &[Needs::Enterprise, Needs::StrongConsistency, Needs::Security];

/// All scenarios pass, except for those whose needs are `unmet`: they are skipped.
async fn passes_whole(target: &TargetSpec, unmet: &[Needs]) {
    let all: Vec<_> = scenarios::all().collect();
    let run = run_on(target, &all).await;
    let report = Report::new(vec![run.clone()], &Divergences::bundled().unwrap());
    assert!(!report.failed(), "{report}");
    for (scenario, result) in all.iter().zip(&run.results) {
        let is_skipped = matches!(result.verdict, Verdict::Skipped(_));
        assert_eq!(is_skipped, unmet.contains(&scenario.needs), "{result:?}");
        assert_eq!(result.transcript.is_empty(), is_skipped, "{result:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_server_twice_leaves_the_same_transcripts() {
    let some: Vec<_> = scenarios::all().filter(|scenario| scenario.subject != "ttl").collect();
    let first = run(&some).await;
    let mut second = run(&some).await;
    second.compare(&first);
    let report = Report::new(vec![second], &Divergences::default());
    assert!(!report.failed(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_different_response_is_a_failure() {
    let some: Vec<_> = scenarios::all()
        .filter(|scenario| scenario.subject == "generation")
        .collect();
    let first = run(&some).await;
    let mut second = first.clone();
    let changed = second.results[3].transcript.last_mut().unwrap();
    changed.response = Response::Text("something else".to_owned());
    let name = second.results[3].name.clone();
    second.compare(&first);
    let failed: Vec<_> = second
        .results
        .iter()
        .filter(|result| result.verdict != Verdict::Passed)
        .collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].name, name);
    assert!(
        matches!(&failed[0].verdict, Verdict::Failed(what) if what.contains("something else")),
        "{failed:?}"
    );
}

#[tokio::test]
async fn an_unavailable_target_is_skipped_and_not_passed() {
    let target = TargetSpec::Address("127.0.0.1:1".to_owned());
    let scenarios: Vec<_> = scenarios::all().take(3).collect();
    let started = target.start().await.unwrap();
    let why = run::scenarios(&started, &scenarios, |_| {}).await.unwrap_err();
    let run = TargetRun::unavailable(&target, &scenarios, &why);
    assert_eq!(run.count(|verdict| matches!(verdict, Verdict::Skipped(_))), 3);
    assert_eq!(run.duration, Duration::ZERO);
    let report = Report::new(vec![run], &Divergences::default());
    assert!(!report.failed() && !report.ran());
    assert!(
        report
            .to_string()
            .contains("all 3 skipped: cannot connect to 127.0.0.1:1"),
        "{report}"
    );
    assert!(report.markdown().contains("All tests skipped"), "{}", report.markdown());
}
