//! The `spikelet-conformance` program.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use spikelet_conformance::divergences::{Divergences, matches};
use spikelet_conformance::progress::Progress;
use spikelet_conformance::recorded;
use spikelet_conformance::report::Report;
use spikelet_conformance::results::TargetRun;
use spikelet_conformance::run;
use spikelet_conformance::scenario::Scenario;
use spikelet_conformance::scenarios;
use spikelet_conformance::target::{TargetSpec, Unavailable};

/// Checks that servers that speak the Aerospike protocol behave as the real one does.
#[derive(Debug, Parser)]
#[command(version, after_long_help = AFTER_HELP)]
struct Arguments {
    /// The server to test: `embedded`, `embedded-cluster`, `embedded-enterprise`, `embedded-security`, `docker`,
    /// `docker-cluster` or HOST:PORT; may be repeated
    #[arg(long, value_name = "TARGET", default_value = "embedded")]
    target: Vec<TargetSpec>,

    /// The user that logs in on servers at HOST:PORT with security. It needs the roles of a user administrator, and may access data
    #[arg(long, value_name = "NAME", requires = "password")]
    user: Option<String>,

    /// The password of the user
    #[arg(long, requires = "user")]
    password: Option<String>,

    /// The container image
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,

    /// Requires the transcripts of all targets to agree with those of the first
    #[arg(long)]
    compare: bool,

    /// Runs only scenarios and areas whose names match the pattern, such as `ttl/*`; may be repeated
    #[arg(long, value_name = "PATTERN")]
    filter: Vec<String>,

    /// Lists the scenarios and the areas of recorded cases without running them
    #[arg(long)]
    list: bool,

    /// The areas of recorded cases to replay, separated by commas; `none` for none. The default is all areas, or none
    /// on a server at HOST:PORT, because the cases need an empty server
    #[arg(long, value_name = "AREAS", value_delimiter = ',')]
    recorded: Option<Vec<String>>,

    /// Writes the transcripts of all scenarios to stdout
    #[arg(long)]
    transcripts: bool,

    /// Reads the accepted divergences from a file instead of using the built-in list
    #[arg(long, value_name = "FILE")]
    divergences: Option<PathBuf>,

    /// Writes the report as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,

    /// Writes the report as Markdown
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
Examples:
  spikelet-conformance
      Run all scenarios and recorded cases against the embedded server.

  spikelet-conformance --target docker --target embedded --compare --junit report.xml
      Run against the real server and the embedded one, and compare their transcripts.

  spikelet-conformance --target 127.0.0.1:3000 --filter 'batch/*'
      Run the batch scenarios against a running server, which needs a namespace `test` that allows TTLs.

  spikelet-conformance --target 10.1.2.3:3000 --user suite --password secret --filter 'security/*'
      Run the security scenarios against an Enterprise cluster.

Exit status:
  0  at least one test ran, and none failed
  1  a test failed or diverged, or an accepted divergence is stale
  2  the command line is invalid, or a file cannot be read or written
  3  no test ran: no target was available, or the filter matches nothing
  130  the run was interrupted; containers that were started for it are removed";

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let done = runtime
        .map_err(|error| format!("cannot start: {error}"))
        .and_then(|runtime| {
            runtime.block_on(async {
                tokio::select! {
                    done = run(arguments) => done,
                    // Containers are removed when the run is dropped.
                    () = interrupted() => Ok(ExitCode::from(INTERRUPTED)),
                }
            })
        });
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("spikelet-conformance: {error}");
            ExitCode::from(2)
        }
    }
}

/// The exit status after a signal, by the convention of shells for Ctrl-C.
const INTERRUPTED: u8 = 130;

/// Waits until the program is asked to stop: by Ctrl-C, or by SIGTERM.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

async fn run(arguments: Arguments) -> Result<ExitCode, String> {
    let divergences = match &arguments.divergences {
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
            Divergences::parse(&text).map_err(|error| format!("{}: {error}", file.display()))?
        }
        None => Divergences::bundled().map_err(|error| error.to_string())?,
    };
    for area in arguments.recorded.iter().flatten().filter(|area| *area != "none") {
        recorded::area(area).map_err(|error| error.to_string())?;
    }
    let is_selected = |name: &str| arguments.filter.is_empty() || arguments.filter.iter().any(|of| matches(of, name));
    let scenarios: Vec<Scenario> = scenarios::all()
        .filter(|scenario| is_selected(&scenario.id()))
        .collect();
    if arguments.list {
        scenarios.iter().for_each(|scenario| println!("{}", scenario.id()));
        let areas = recorded::AREAS.iter().map(|area| format!("recorded/{area}"));
        areas
            .filter(|area| is_selected(area))
            .for_each(|area| println!("{area}"));
        return Ok(ExitCode::SUCCESS);
    }

    let login = arguments.user.as_deref().zip(arguments.password.as_deref());
    let mut runs: Vec<TargetRun> = Vec::new();
    for spec in &arguments.target {
        let spec = match &arguments.image {
            Some(image) => spec.clone().with_image(image),
            None => spec.clone(),
        };
        let areas: Vec<&str> = match &arguments.recorded {
            Some(areas) => areas
                .iter()
                .map(String::as_str)
                .filter(|area| *area != "none")
                .collect(),
            None if matches!(spec, TargetSpec::Address(_) | TargetSpec::EmbeddedSecurity) => Vec::new(),
            None => recorded::AREAS.to_vec(),
        };
        let areas: Vec<&str> = areas
            .into_iter()
            .filter(|area| is_selected(&format!("recorded/{area}")))
            .collect();
        let run = match run_target(&spec, login, &scenarios, &areas).await {
            Ok(mut run) => {
                if let Some(first) = runs.first().filter(|_| arguments.compare) {
                    run.compare(first);
                }
                run
            }
            Err(why) => TargetRun::unavailable(&spec, &scenarios, &why),
        };
        runs.push(run);
    }

    if arguments.transcripts {
        for result in runs.iter().flat_map(|run| &run.results) {
            println!("{}", result.name);
            result.transcript.iter().for_each(|entry| println!("  {entry}"));
        }
    }
    let report = Report::new(runs, &divergences);
    print!("{report}");
    for (file, text) in [
        (&arguments.junit, report.junit()),
        (&arguments.markdown, report.markdown()),
    ] {
        if let Some(file) = file {
            std::fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))?;
        }
    }
    Ok(match (report.failed(), report.ran()) {
        (true, _) => ExitCode::from(1),
        (false, true) => ExitCode::SUCCESS,
        (false, false) => ExitCode::from(3),
    })
}

async fn run_target(
    spec: &TargetSpec,
    login: Option<(&str, &str)>,
    scenarios: &[Scenario],
    areas: &[&str],
) -> Result<TargetRun, Unavailable> {
    let mut target = spec.start().await?;
    if let (TargetSpec::Address(_), Some((user, password))) = (spec, login) {
        target = target.with_login(user, password);
    }
    let progress = Progress::new(target.name(), scenarios.len());
    let mut run = run::scenarios(&target, scenarios, |result| progress.result(result)).await?;
    drop(progress);
    for area in areas {
        let progress = Progress::new(format!("{} recorded/{area}", target.name()), 0);
        let results = run::recorded(spec, &target, area, move |done, of| progress.done(done, of)).await?;
        run.duration += results
            .iter()
            .map(|result| result.duration)
            .sum::<std::time::Duration>();
        run.results.extend(results);
    }
    Ok(run)
}
