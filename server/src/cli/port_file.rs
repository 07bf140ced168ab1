//! The file that tells the port.

use std::ffi::OsString;
use std::path::Path;
use std::{fs, io};

/// Writes the port, so that nobody sees the file before the number is in it.
pub(super) fn write(path: &Path, port: u16) -> io::Result<()> {
    let mut beside = OsString::from(path);
    beside.push(format!(".{}", std::process::id()));
    fs::write(&beside, port.to_string())?;
    fs::rename(&beside, path).inspect_err(|_| {
        let _ = fs::remove_file(&beside);
    })
}
