//! A set that is unique to a scenario, for queries and truncation.

use spikelet_client::{Key, Record};

use crate::context::Context;
use crate::outcome::NotPassed;

/// The name of the scenario's own set.
pub(super) fn own_set(t: &Context) -> String {
    format!("{}-{:08x}", t.set(), t.unique_number() as u32)
}

/// Keys in the scenario's own set.
pub(super) fn own_keys(t: &Context, count: i64) -> Vec<Key> {
    let set = own_set(t);
    (0..count)
        .map(|n| Key::new(Context::NAMESPACE, set.as_str(), n))
        .collect()
}

/// The values of the bin `n` of all records, sorted.
pub(super) fn numbers(records: &[Record]) -> Result<Vec<i64>, NotPassed> {
    let numbers: Result<Vec<i64>, _> = records.iter().map(|record| record.get("n")).collect();
    let mut numbers = numbers?;
    numbers.sort_unstable();
    Ok(numbers)
}
