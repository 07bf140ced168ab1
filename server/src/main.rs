//! The program `spikelet`.
fn main() {}
