//! The tables of supported features in the README and the book agree with what the server reports, and the book's list of
//! crashes with the one that the conformance suite uses.
//!
//! `SPIKELET_WRITE_TABLES=1 cargo test --package spikelet-tests --test support_tables` rewrites them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use spikelet_client::Operation;
use spikelet_conformance::known_crashes::{KNOWN_CRASHES, KnownCrash};
use spikelet_conformance::proptest::display::DisplayOperation;
use spikelet_wire::{FrameHeader, Message};

/// Checks that the text between `<!-- name -->` and `<!-- /name -->` in a file equals `table`.
fn check(file: &str, name: &str, table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let text = fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = text.split_once(&begin).unwrap();
    let (found, behind) = rest.split_once(&end).unwrap();
    let expected = format!("\n{table}\n");
    if std::env::var_os("SPIKELET_WRITE_TABLES").is_some() {
        fs::write(&path, format!("{before}{begin}{expected}{end}{behind}")).unwrap();
    } else {
        assert_eq!(
            found, expected,
            "{file} is out of date; the head of this test says how to write it anew"
        );
    }
}

#[test]
fn the_readme_lists_what_is_supported() {
    check("README.md", "support", &spikelet::support::table().to_string());
}

#[test]
fn the_book_lists_every_control() {
    check(
        "docs/controls.md",
        "controls",
        &spikelet::support::control_table().to_string(),
    );
}

#[test]
fn the_book_lists_the_parameters_that_have_an_effect() {
    check(
        "docs/configuration.md",
        "parameters",
        &spikelet::support::parameter_table().to_string(),
    );
}

#[test]
fn the_book_lists_every_known_crash() {
    let crashes: Vec<_> = KNOWN_CRASHES.iter().map(section).collect();
    check("docs/found-in-the-real-server.md", "crashes", &crashes.join("\n\n"));
}

/// A crash as a section of the book.
fn section(crash: &KnownCrash) -> String {
    let mut text = format!("## `{}`\n\n{}\n\n{}\n", crash.id, crash.what, crash.reason);
    let observed = match crash.recorded {
        [] => "observed, not recorded; the requests were made from the observation and from the server's public source, and have not been sent to a real server".to_owned(),
        recorded => format!("recorded as `{}`", recorded.join("`, `")),
    };
    write!(text, "\nVersions: {}; {observed}.\n", crash.versions.join(", ")).unwrap();
    for (i, request) in crash.requests.iter().enumerate() {
        let (description, n) = (describe(request), i + 1);
        write!(text, "\n{n}. {description}\n\n   ```text\n   {request}\n   ```\n").unwrap();
    }
    text.trim_end().to_owned()
}

/// The operations of a request frame in hex.
fn describe(request: &str) -> String {
    let digits = request.as_bytes().chunks(2);
    let frame: Vec<u8> = digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    let message = Message::decode(&frame[FrameHeader::SIZE..]).unwrap();
    let operations = message.ops().map(|op| {
        let bin = String::from_utf8_lossy(op.name).into_owned();
        let operation = Operation::raw(op.code, bin, op.particle_type, op.value.to_vec());
        format!("`{}`", DisplayOperation(&operation))
    });
    let operations: Vec<_> = operations.collect();
    match &operations[..] {
        [] => "a read of all bins".to_owned(),
        operations => operations.join(", "),
    }
}
