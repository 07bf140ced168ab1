//! The tables of supported features in the README and the book agree with what the server reports.
//!
//! `SPIKELET_WRITE_TABLES=1 cargo test --package spikelet-tests --test support_tables` rewrites them.

use std::fs;
use std::path::Path;

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
