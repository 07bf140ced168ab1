//! The recordings that come with this crate, one file per area.

use std::io::{self, BufRead as _, BufReader, Read};

use flate2::read::GzDecoder;

use super::case::{Case, Expected};

macro_rules! recordings {
    ($($area:literal),*) => {
        /// The areas of the recordings that come with this crate.
        pub const AREAS: &[&str] = &[$($area),*];

        const RECORDINGS: &[&[u8]] = &[$(include_bytes!(concat!("../../recordings/", $area, ".jsonl.gz"))),*];
    };
}

recordings!(
    "kv",
    "ttl",
    "batch",
    "malformed",
    "list",
    "map",
    "ctx",
    "bits",
    "hll",
    "exp",
    "call",
    "path",
    "scan",
    "sindex",
    "udf",
    "forms",
    "edge"
);

/// The cases of an area that comes with this crate.
///
/// # Errors
/// If there is no such area.
pub fn area(name: &str) -> io::Result<Vec<Case>> {
    let found = AREAS.iter().zip(RECORDINGS).find(|(area, _)| **area == name);
    let (_, recording) = found.ok_or_else(|| {
        let known = AREAS.join(", ");
        io::Error::new(
            io::ErrorKind::NotFound,
            format!("there is no area {name:?}; the areas are {known}"),
        )
    })?;
    read(GzDecoder::new(*recording))
}

/// The `work-directory` of the real server with which an area was recorded. Error texts of UDFs contain the path of
/// their module. `None` if no response contains it.
#[must_use]
pub fn work_directory(cases: &[Case]) -> Option<String> {
    const MODULES: &[u8] = b"/usr/udf/lua/";
    let frames = cases
        .iter()
        .flat_map(|case| &case.steps)
        .filter_map(|step| match &step.expected {
            Expected::Frames(frames) => Some(frames),
            _ => None,
        });
    frames.flatten().find_map(|frame| {
        let end = frame.windows(MODULES.len()).position(|window| window == MODULES)?;
        let before = frame.get(..end)?;
        // The name of the bin precedes the path, and contains no slash.
        let start = before.iter().position(|byte| *byte == b'/')?;
        String::from_utf8(before.get(start..)?.to_vec()).ok()
    })
}

/// The cases whose last request crashed the real server. Their end is not a response to reproduce.
///
/// # Errors
/// Never, as long as the recording is valid.
pub fn crashes() -> io::Result<Vec<Case>> {
    read(&include_bytes!("../../recordings/crashes.jsonl")[..])
}

/// Loads a recording from a file, which is compressed if its name ends in `.gz`.
///
/// # Errors
/// If the file cannot be read, or a line is not a valid case.
pub fn load(path: &std::path::Path) -> io::Result<Vec<Case>> {
    let file = std::fs::File::open(path)?;
    match path.extension().is_some_and(|extension| extension == "gz") {
        true => read(GzDecoder::new(file)),
        false => read(file),
    }
}

fn read(recording: impl Read) -> io::Result<Vec<Case>> {
    let lines = BufReader::new(recording).lines();
    lines.map(|line| Ok(serde_json::from_str(&line?)?)).collect()
}
