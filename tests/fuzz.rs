//! Runs all fuzz targets with randomly damaged bytes from the recordings. None may panic.
//!
//! `PROPTEST_CASES` sets the number of inputs for each target. `fuzz/` contains the same targets for libFuzzer.

use proptest::prelude::*;
use proptest::sample::Index;
use spikelet_tests::fuzz_targets::{TARGETS, Target};

/// One of this number of recorded cases in each area is a seed.
const EVERY: usize = 10;
/// The number of inputs for each target, unless the environment sets it.
const CASES: u32 = 1000;

/// A mutation of bytes.
#[derive(Debug, Clone)]
enum Mutation {
    /// Replaces a byte.
    Set(Index, u8),
    /// Inverts a bit.
    Flip(Index, u8),
    /// Removes bytes.
    Remove(Index, usize),
    /// Inserts bytes.
    Insert(Index, Vec<u8>),
    /// Inserts a copy of other bytes of the input.
    Repeat(Index, Index, usize),
    /// Replaces the rest with that of another seed.
    Splice(Index, Index, Index),
    /// Truncates the input.
    Cut(Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    // Interesting values for sizes, counts and codes: the limits of integers, and heads of msgpack.
    let telling = prop::sample::select(
        &[
            0, 1, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xc0, 0xc1, 0xc7, 0xcf, 0xd3, 0xdb, 0xdd, 0xdf, 0xff,
        ][..],
    );
    let byte = prop_oneof![telling, any::<u8>()];
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), byte.clone()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        2 => (at(), 0..8_u8).prop_map(|(at, bit)| Mutation::Flip(at, bit)),
        1 => (at(), 1..16_usize).prop_map(|(at, n)| Mutation::Remove(at, n)),
        1 => (at(), prop::collection::vec(byte, 1..16)).prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        1 => (at(), at(), 1..64_usize).prop_map(|(at, from, n)| Mutation::Repeat(at, from, n)),
        1 => (at(), at(), at()).prop_map(|(at, seed, from)| Mutation::Splice(at, seed, from)),
        1 => at().prop_map(Mutation::Cut),
    ]
}

fn apply(mutation: &Mutation, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    let place = |at: &Index, bytes: &[u8]| at.index(bytes.len() + 1);
    let some = |from: &Index, n: usize, bytes: &[u8]| bytes.iter().skip(place(from, bytes)).take(n).copied().collect();
    match mutation {
        Mutation::Set(at, byte) => {
            if !bytes.is_empty() {
                *at.get_mut(bytes) = *byte;
            }
        }
        Mutation::Flip(at, bit) => {
            if !bytes.is_empty() {
                *at.get_mut(bytes) ^= 1 << bit;
            }
        }
        Mutation::Remove(at, n) => {
            let from = place(at, bytes);
            let to = bytes.len().min(from + n);
            bytes.drain(from..to);
        }
        Mutation::Insert(at, inserted) => {
            let at = place(at, bytes);
            bytes.splice(at..at, inserted.iter().copied());
        }
        Mutation::Repeat(at, from, n) => {
            let repeated: Vec<u8> = some(from, *n, bytes);
            let at = place(at, bytes);
            bytes.splice(at..at, repeated);
        }
        Mutation::Splice(at, seed, from) => {
            let other = seed.get(seeds);
            let rest: Vec<u8> = some(from, usize::MAX, other);
            bytes.truncate(place(at, bytes));
            bytes.extend(rest);
        }
        Mutation::Cut(at) => bytes.truncate(place(at, bytes)),
    }
}

fn survives(name: &str) {
    let target: &Target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let seeds = target.seeds(EVERY);
    assert!(!seeds.is_empty());
    seeds.iter().for_each(|seed| (target.run)(seed));
    let mut config = ProptestConfig::with_cases(CASES);
    if let Some(cases) = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()) {
        config.cases = cases;
    }
    config.failure_persistence = None;
    let mutations = prop::collection::vec(mutation(), 1..6);
    proptest!(config, |(seed in any::<Index>(), mutations in mutations)| {
        let mut bytes = seed.get(&seeds).clone();
        mutations.iter().for_each(|mutation| apply(mutation, &mut bytes, &seeds));
        (target.run)(&bytes);
    });
}

#[test]
fn regressions_are_among_the_seeds() {
    let particle = TARGETS.iter().find(|target| target.name == "particle").unwrap();
    let list_of_announced_size = vec![20, 0xdd, 0xff, 0xff, 0xff, 0xff];
    assert!(particle.regressions().contains(&list_of_announced_size));
    assert!(particle.seeds(usize::MAX).contains(&list_of_announced_size));
    // A directory with another name would never be run.
    for directory in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/regressions")).unwrap() {
        let name = directory.unwrap().file_name().into_string().unwrap();
        assert!(TARGETS.iter().any(|target| target.name == name), "{name}");
    }
}

#[test]
fn frames() {
    survives("frames");
}

#[test]
fn msgpack() {
    survives("msgpack");
}

#[test]
fn particle() {
    survives("particle");
}

#[test]
fn operation() {
    survives("operation");
}

#[test]
fn expression() {
    survives("expression");
}

#[test]
fn connection() {
    survives("connection");
}

#[test]
fn fixture() {
    survives("fixture");
}

#[test]
fn security() {
    survives("security");
}
