//! The port file.

use std::ffi::OsString;
use std::path::Path;
use std::{fs, io};

/// Writes the ports, one per line, and moves the file into place when it is complete.
pub(super) fn write(path: &Path, ports: &[u16]) -> io::Result<()> {
    let mut beside = OsString::from(path);
    beside.push(format!(".{}", std::process::id()));
    let lines: Vec<_> = ports.iter().map(u16::to_string).collect();
    fs::write(&beside, lines.join("\n"))?;
    fs::rename(&beside, path).inspect_err(|_| {
        let _ = fs::remove_file(&beside);
    })
}
