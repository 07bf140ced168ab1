//! Recorded bytes, damaged at random, go through everything that takes bytes from a peer; nothing may panic.
//!
//! `PROPTEST_CASES` says how many for each target. `fuzz/` holds the same targets for libFuzzer.

use proptest::prelude::*;
use proptest::sample::Index;
use spikelet_tests::fuzz_targets::{TARGETS, Target};

/// One in so many recorded cases of each area is a seed.
const EVERY: usize = 10;
/// How many inputs each target gets, where the environment does not say.
const CASES: u32 = 1000;

/// A damage to bytes.
#[derive(Debug, Clone)]
enum Damage {
    /// One byte becomes another.
    Set(Index, u8),
    /// One bit is turned over.
    Flip(Index, u8),
    /// Some bytes go.
    Remove(Index, usize),
    /// Some bytes come in.
    Insert(Index, Vec<u8>),
    /// Some bytes come in that stand elsewhere.
    Repeat(Index, Index, usize),
    /// The rest is that of another seed.
    Splice(Index, Index, Index),
    /// The rest goes.
    Cut(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    // What sizes, counts and codes are damaged to: the limits of integers, and heads of msgpack.
    let telling = prop::sample::select(
        &[
            0, 1, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xc0, 0xc1, 0xc7, 0xcf, 0xd3, 0xdb, 0xdd, 0xdf, 0xff,
        ][..],
    );
    let byte = prop_oneof![telling, any::<u8>()];
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), byte.clone()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        2 => (at(), 0..8_u8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        1 => (at(), 1..16_usize).prop_map(|(at, n)| Damage::Remove(at, n)),
        1 => (at(), prop::collection::vec(byte, 1..16)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        1 => (at(), at(), 1..64_usize).prop_map(|(at, from, n)| Damage::Repeat(at, from, n)),
        1 => (at(), at(), at()).prop_map(|(at, seed, from)| Damage::Splice(at, seed, from)),
        1 => at().prop_map(Damage::Cut),
    ]
}

fn apply(damage: &Damage, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    let place = |at: &Index, bytes: &[u8]| at.index(bytes.len() + 1);
    let some = |from: &Index, n: usize, bytes: &[u8]| bytes.iter().skip(place(from, bytes)).take(n).copied().collect();
    match damage {
        Damage::Set(at, byte) => {
            if !bytes.is_empty() {
                *at.get_mut(bytes) = *byte;
            }
        }
        Damage::Flip(at, bit) => {
            if !bytes.is_empty() {
                *at.get_mut(bytes) ^= 1 << bit;
            }
        }
        Damage::Remove(at, n) => {
            let from = place(at, bytes);
            let to = bytes.len().min(from + n);
            bytes.drain(from..to);
        }
        Damage::Insert(at, inserted) => {
            let at = place(at, bytes);
            bytes.splice(at..at, inserted.iter().copied());
        }
        Damage::Repeat(at, from, n) => {
            let repeated: Vec<u8> = some(from, *n, bytes);
            let at = place(at, bytes);
            bytes.splice(at..at, repeated);
        }
        Damage::Splice(at, seed, from) => {
            let other = seed.get(seeds);
            let rest: Vec<u8> = some(from, usize::MAX, other);
            bytes.truncate(place(at, bytes));
            bytes.extend(rest);
        }
        Damage::Cut(at) => bytes.truncate(place(at, bytes)),
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
    let damages = prop::collection::vec(damage(), 1..6);
    proptest!(config, |(seed in any::<Index>(), damages in damages)| {
        let mut bytes = seed.get(&seeds).clone();
        damages.iter().for_each(|damage| apply(damage, &mut bytes, &seeds));
        (target.run)(&bytes);
    });
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
