//! The program `spikelet`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(spikelet::cli::run(std::env::args_os()))
}
