//! The scenarios, with a file for each subject.
//!
//! To add a scenario, write an `async fn` that takes a [`Context`](crate::context::Context) in the file of its subject,
//! and add its name to the list at the top of that file. A scenario uses only its own records, whose keys come from
//! [`key`](crate::context::Context::key), and does not depend on the server that it runs on.

mod batch;
mod bits;
mod cluster;
mod collections_context;
mod collections_list;
mod collections_map;
mod community;
mod durable_deletes;
mod exists_action;
mod expressions;
mod generation;
mod hll;
mod indexes;
mod info;
mod keys;
mod limits;
mod modify;
mod operate;
mod operation_cases;
mod own_set;
mod paths;
mod queries;
mod records;
mod security;
mod transactions;
mod ttl;
mod udf;
mod values;

use crate::scenario::Scenario;

const SUBJECTS: &[&[Scenario]] = &[
    values::SCENARIOS,
    records::SCENARIOS,
    modify::SCENARIOS,
    exists_action::SCENARIOS,
    generation::SCENARIOS,
    ttl::SCENARIOS,
    keys::SCENARIOS,
    limits::SCENARIOS,
    operate::SCENARIOS,
    batch::SCENARIOS,
    queries::SCENARIOS,
    indexes::SCENARIOS,
    udf::SCENARIOS,
    info::SCENARIOS,
    cluster::SCENARIOS,
    collections_list::SCENARIOS,
    collections_map::SCENARIOS,
    collections_context::SCENARIOS,
    bits::SCENARIOS,
    hll::SCENARIOS,
    expressions::SCENARIOS,
    paths::SCENARIOS,
    community::SCENARIOS,
    durable_deletes::SCENARIOS,
    transactions::SCENARIOS,
    security::SCENARIOS,
];

/// All scenarios.
pub fn all() -> impl Iterator<Item = Scenario> {
    SUBJECTS.iter().copied().flatten().copied()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_many() {
        let names: HashSet<_> = all().map(|scenario| scenario.id()).collect();
        assert_eq!(names.len(), all().count());
        assert!(names.len() >= 100, "{} scenarios", names.len());
    }
}
