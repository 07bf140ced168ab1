//! The `spikelet-conformance` program: its output, its files and its exit status.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Runs the program and returns its exit status and output.
fn program(arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_spikelet-conformance"))
        .args(arguments)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn it_lists_scenarios_and_areas() {
    let (status, text) = program(&["--list", "--filter", "generation/*", "--filter", "recorded/kv"]);
    assert_eq!(status, 0, "{text}");
    assert!(
        text.contains("generation/counts_up\n") && text.ends_with("recorded/kv\n"),
        "{text}"
    );
}

#[test]
fn it_runs_compares_and_reports() {
    let (junit, markdown) = (file("report.xml"), file("report.md"));
    let two = [
        "--target",
        "embedded",
        "--target",
        "embedded",
        "--compare",
        "--filter",
        "generation/*",
    ];
    let files = [
        "--junit",
        junit.to_str().unwrap(),
        "--markdown",
        markdown.to_str().unwrap(),
    ];
    let (status, text) = program(&[&two[..], &files].concat());
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("embedded: 15 passed, 0 failed"), "{text}");
    let junit = fs::read_to_string(junit).unwrap();
    assert_eq!(junit.matches("<testcase ").count(), 30, "{junit}");
    let markdown = fs::read_to_string(markdown).unwrap();
    assert!(
        markdown.contains("| generation | 15 passed | 15 passed |"),
        "{markdown}"
    );
}

#[test]
fn the_exit_status_reports_the_outcome() {
    // Nothing listens on port 1, and nothing has this name.
    assert_eq!(program(&["--target", "127.0.0.1:1"]).0, 3);
    assert_eq!(program(&["--filter", "nothing/of/this/name"]).0, 3);
    assert_eq!(program(&["--target", "nonsense"]).0, 2);
    assert_eq!(program(&["--recorded", "nonsense"]).0, 2);
    assert_eq!(program(&["--divergences", "/nonexistent/file"]).0, 2);
}

#[test]
fn a_stale_divergence_fails_the_run() {
    let divergences = file("stale.toml");
    fs::write(
        &divergences,
        "[[divergence]]\nname = \"generation/equal\"\nreason = \"once upon a time\"\n",
    )
    .unwrap();
    let arguments = [
        "--filter",
        "generation/*",
        "--divergences",
        divergences.to_str().unwrap(),
    ];
    let (status, text) = program(&arguments);
    assert_eq!(status, 1, "{text}");
    assert!(text.contains("STALE    divergence \"generation/equal\""), "{text}");
}
