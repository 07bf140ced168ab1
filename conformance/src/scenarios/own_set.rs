//! A set that belongs to one scenario, for queries and truncations.

use spikelet_client::{Key, Record};

use crate::context::Context;
use crate::outcome::End;

/// The set that a scenario has for itself.
pub(super) fn own_set(t: &Context) -> String {
    format!("{}-{:08x}", t.set(), t.number() as u32)
}

/// Keys of a set of the scenario's own.
pub(super) fn own_keys(t: &Context, count: i64) -> Vec<Key> {
    let set = own_set(t);
    (0..count)
        .map(|n| Key::new(Context::NAMESPACE, set.as_str(), n))
        .collect()
}

/// The values of the bin `n` of all records, sorted.
pub(super) fn numbers(records: &[Record]) -> Result<Vec<i64>, End> {
    let numbers: Result<Vec<i64>, _> = records.iter().map(|record| record.get("n")).collect();
    let mut numbers = numbers?;
    numbers.sort_unstable();
    Ok(numbers)
}
