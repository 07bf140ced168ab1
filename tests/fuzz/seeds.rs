//! Writes the seeds of every fuzz target as files, for libFuzzer: `fuzz-seeds DIRECTORY`.

use std::path::PathBuf;
use std::{env, fs, io};

use spikelet_tests::fuzz_targets::TARGETS;

/// Longer seeds slow libFuzzer down more than they help.
const LONGEST: usize = 4096;

fn main() -> io::Result<()> {
    let directory = env::args_os().nth(1).map(PathBuf::from);
    let directory = directory.ok_or_else(|| io::Error::other("usage: fuzz-seeds DIRECTORY"))?;
    for target in TARGETS {
        let directory = directory.join(target.name);
        fs::create_dir_all(&directory)?;
        let seeds = target.seeds(1);
        let short = seeds.iter().filter(|seed| seed.len() <= LONGEST);
        let written = short
            .enumerate()
            .map(|(i, seed)| fs::write(directory.join(format!("{i:05}")), seed));
        println!("{}: {}", target.name, written.collect::<io::Result<Vec<_>>>()?.len());
    }
    Ok(())
}
